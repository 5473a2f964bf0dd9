/* SPDX-License-Identifier: MIT */
/*
 * Packet commands of a CD/DVD-ROM drive (MMC-5, SPC-3, SFF-8020i for the old spellings).
 */
#include "hw/storage/ide_core.h"

#include <string.h>

enum sense_key { KEY_NOT_READY = 2, KEY_ILLEGAL = 5, KEY_ATTENTION = 6 };
enum profile { PROFILE_NONE = 0, PROFILE_CD_ROM = 0x08, PROFILE_DVD_ROM = 0x10 };

/* An 80-minute CD; larger media are shown as a DVD. */
#define CD_MAX_FRAMES (80 * 60 * 75u)
#define LEAD_OUT      0xaa

static void put16(uint8_t *p, unsigned v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static void put32(uint8_t *p, uint32_t v)
{
    put16(p, v >> 16);
    put16(p + 2, v & 0xffff);
}

static unsigned get16(const uint8_t *p)
{
    return (unsigned)p[0] << 8 | p[1];
}

static uint32_t get24(const uint8_t *p)
{
    return (uint32_t)p[0] << 16 | get16(p + 1);
}

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)get16(p) << 16 | get16(p + 2);
}

/* Address fields of the TOC: LBA, or minute/second/frame with the two seconds of lead-in. */
static void put_address(uint8_t *p, uint32_t lba, bool msf)
{
    if (!msf) {
        put32(p, lba);
        return;
    }
    lba += 150;
    p[0] = 0;
    p[1] = (uint8_t)(lba / (75 * 60));
    p[2] = (uint8_t)(lba / 75 % 60);
    p[3] = (uint8_t)(lba % 75);
}

static bool medium_present(const struct ide_drive *d)
{
    return d->blk && !d->cd.tray_open;
}

static enum profile profile_of(const struct ide_drive *d)
{
    if (!medium_present(d)) {
        return PROFILE_NONE;
    }
    return atapi_frames(d) > CD_MAX_FRAMES ? PROFILE_DVD_ROM : PROFILE_CD_ROM;
}

static void illegal_field(struct ide_drive *d)
{
    atapi_fail(d, KEY_ILLEGAL, 0x24, 0);
}

static uint8_t *answer(struct ide_drive *d, size_t len)
{
    memset(d->buf, 0, len);
    return d->buf;
}

/* --- SPC ------------------------------------------------------------------------------------ */

static void test_unit_ready(struct ide_drive *d)
{
    atapi_ok(d);
}

static void request_sense(struct ide_drive *d)
{
    struct ide_cd *cd = &d->cd;
    struct ide_sense s = cd->sense;
    uint8_t *p = answer(d, 18);
    if (s.key == 0 && cd->unit_attention) {
        s = (struct ide_sense){ .key = KEY_ATTENTION, .asc = 0x28 };
        cd->unit_attention = false;
    } else if (s.key == 0 && !medium_present(d)) {
        s = (struct ide_sense){ .key = KEY_NOT_READY, .asc = 0x3a, .ascq = cd->tray_open ? 2 : 1 };
    }
    p[0] = s.has_lba ? 0xf0 : 0x70;
    p[2] = s.key;
    if (s.has_lba) {
        put32(p + 3, s.lba);
    }
    p[7] = 10;
    p[12] = s.asc;
    p[13] = s.ascq;
    atapi_reply(d, 18, cd->packet[4]);
}

static void inquiry(struct ide_drive *d)
{
    const uint8_t *cdb = d->cd.packet;
    if ((cdb[1] & 1) || cdb[2]) {
        illegal_field(d); /* no vital product data */
        return;
    }
    uint8_t *p = answer(d, 36);
    p[0] = 0x05; /* CD/DVD */
    p[1] = 0x80; /* removable */
    p[3] = 0x21; /* ATAPI version 2, response format 1 */
    p[4] = 31;
    memcpy(p + 8, "EMU     ", 8);
    memcpy(p + 16, "EMU DVD-ROM     ", 16);
    memcpy(p + 32, "1.0 ", 4);
    atapi_reply(d, 36, get16(cdb + 3));
}

static size_t mode_page(struct ide_drive *d, uint8_t page, uint8_t *p)
{
    switch (page) {
    case 0x01: /* read error recovery */
        p[0] = 0x01;
        p[1] = 6;
        p[3] = 5; /* retries */
        return 8;
    case 0x0d: /* CD device parameters */
        p[0] = 0x0d;
        p[1] = 6;
        p[5] = 60;
        p[7] = 75;
        return 8;
    case 0x2a: /* capabilities and mechanical status */
        p[0] = 0x2a;
        p[1] = 18;
        p[2] = 0x1b; /* reads CD-R, CD-RW, DVD-ROM, DVD-R */
        p[4] = 0x70; /* mode 2 forms 1 and 2, multi-session */
        p[6] = (uint8_t)(0x29 | (d->cd.door_locked ? 2 : 0)); /* tray, eject, lock */
        put16(p + 8, 8448);                                   /* 48x in kB/s */
        put16(p + 10, 2);
        put16(p + 12, 512); /* kB of buffer */
        put16(p + 14, 8448);
        return 20;
    default: return 0;
    }
}

static void mode_sense(struct ide_drive *d)
{
    static const uint8_t pages[] = { 0x01, 0x0d, 0x2a };
    const uint8_t *cdb = d->cd.packet;
    bool ten = cdb[0] == 0x5a;
    size_t len = ten ? 8 : 4, allocation = ten ? get16(cdb + 7) : cdb[4];
    uint8_t page = cdb[2] & 0x3f, medium = d->cd.tray_open ? 0x71 : d->blk ? 0x01 : 0x70;
    if (cdb[2] >> 6 == 3) {
        atapi_fail(d, KEY_ILLEGAL, 0x39, 0); /* saved values are not kept */
        return;
    }
    uint8_t *p = answer(d, 64);
    size_t head = len;
    for (size_t i = 0; i < ARRAY_LEN(pages); i++) {
        if (page == 0x3f || page == pages[i]) {
            len += mode_page(d, pages[i], p + len);
        }
    }
    if (len == head) {
        illegal_field(d);
        return;
    }
    if (cdb[2] >> 6 == 1) { /* changeable values: none */
        for (size_t at = head; at < len; at += 2u + p[at + 1]) {
            memset(p + at + 2, 0, p[at + 1]);
        }
    }
    if (ten) {
        put16(p, (unsigned)len - 2);
        p[2] = medium;
    } else {
        p[0] = (uint8_t)(len - 1);
        p[1] = medium;
    }
    atapi_reply(d, len, allocation);
}

static void prevent_allow(struct ide_drive *d)
{
    d->cd.door_locked = d->cd.packet[4] & 1;
    atapi_ok(d);
}

static void start_stop(struct ide_drive *d)
{
    struct ide_cd *cd = &d->cd;
    bool load_eject = cd->packet[4] & 2, start = cd->packet[4] & 1;
    if (cd->packet[4] >> 4 || !load_eject) {
        atapi_ok(d); /* power conditions, spin up and down */
        return;
    }
    if (!start && cd->door_locked) {
        atapi_fail(d, medium_present(d) ? KEY_ILLEGAL : KEY_NOT_READY, 0x53, 2);
        return;
    }
    if (start && cd->tray_open && d->blk) {
        cd->event_new = cd->unit_attention = true;
    } else if (!start && !cd->tray_open && d->blk) {
        cd->event_removed = true;
        cd->event_new = cd->unit_attention = false;
    }
    cd->tray_open = !start;
    atapi_ok(d);
}

/* --- MMC ------------------------------------------------------------------------------------ */

static void read_capacity(struct ide_drive *d)
{
    uint32_t frames = atapi_frames(d);
    uint8_t *p = answer(d, 8);
    put32(p, frames ? frames - 1 : 0);
    put32(p + 4, 2048);
    atapi_reply(d, 8, 8);
}

static void read_10(struct ide_drive *d)
{
    const uint8_t *cdb = d->cd.packet;
    atapi_read_frames(d, get32(cdb + 2), get16(cdb + 7), 2048);
}

static void read_12(struct ide_drive *d)
{
    const uint8_t *cdb = d->cd.packet;
    atapi_read_frames(d, get32(cdb + 2), get32(cdb + 6), 2048);
}

/* READ CD and READ CD MSF: user data, or whole frames. */
static void read_cd_common(struct ide_drive *d, uint32_t lba, uint32_t count)
{
    const uint8_t *cdb = d->cd.packet;
    unsigned type = cdb[1] >> 2 & 7;
    if (type != 0 && type != 2) {
        atapi_fail(d, KEY_ILLEGAL, 0x64, 0); /* not the mode of this track */
        return;
    }
    if (cdb[10] & 7) {
        illegal_field(d); /* no subchannel data */
        return;
    }
    switch (cdb[9] & 0xf8) {
    case 0x00: atapi_ok(d); break;
    case 0x10: atapi_read_frames(d, lba, count, 2048); break;
    case 0xf8: atapi_read_frames(d, lba, count, 2352); break;
    default: illegal_field(d); break;
    }
}

static void read_cd(struct ide_drive *d)
{
    const uint8_t *cdb = d->cd.packet;
    read_cd_common(d, get32(cdb + 2), get24(cdb + 6));
}

static void read_cd_msf(struct ide_drive *d)
{
    const uint8_t *cdb = d->cd.packet;
    uint32_t from = (cdb[3] * 60u + cdb[4]) * 75 + cdb[5];
    uint32_t to = (cdb[6] * 60u + cdb[7]) * 75 + cdb[8];
    if (from < 150 || to < from) {
        illegal_field(d);
        return;
    }
    read_cd_common(d, from - 150, to - from);
}

static void seek(struct ide_drive *d)
{
    if (get32(d->cd.packet + 2) >= atapi_frames(d)) {
        atapi_fail(d, KEY_ILLEGAL, 0x21, 0);
        return;
    }
    atapi_ok(d);
}

static size_t toc_tracks(struct ide_drive *d, uint8_t *p, uint8_t from, bool msf)
{
    size_t len = 4;
    p[2] = p[3] = 1; /* first and last track */
    if (from <= 1) {
        p[len + 1] = 0x14; /* data, Q channel says position */
        p[len + 2] = 1;
        put_address(p + len + 4, 0, msf);
        len += 8;
    }
    p[len + 1] = 0x14;
    p[len + 2] = LEAD_OUT;
    put_address(p + len + 4, atapi_frames(d), msf);
    return len + 8;
}

static size_t toc_session(uint8_t *p, bool msf)
{
    p[2] = p[3] = 1; /* first and last session */
    p[5] = 0x14;
    p[6] = 1; /* first track of the last session */
    put_address(p + 8, 0, msf);
    return 12;
}

/* Q-channel entries of the lead-in: A0 first track, A1 last track, A2 lead-out, then the track. */
static size_t toc_raw(struct ide_drive *d, uint8_t *p)
{
    static const uint8_t points[] = { 0xa0, 0xa1, 0xa2, 0x01 };
    size_t len = 4;
    p[2] = p[3] = 1;
    for (size_t i = 0; i < ARRAY_LEN(points); i++, len += 11) {
        uint8_t *e = p + len, addr[4];
        e[0] = 1; /* session */
        e[1] = 0x14;
        e[3] = points[i];
        if (points[i] == 0xa0 || points[i] == 0xa1) {
            e[8] = 1;
            continue;
        }
        put_address(addr, points[i] == 0xa2 ? atapi_frames(d) : 0, true);
        memcpy(e + 8, addr + 1, 3);
    }
    return len;
}

static void read_toc(struct ide_drive *d)
{
    const uint8_t *cdb = d->cd.packet;
    bool msf = cdb[1] & 2;
    /* SFF-8020i had the format in the last byte. */
    uint8_t format = cdb[2] & 15 ? cdb[2] & 15 : cdb[9] >> 6, from = cdb[6];
    uint8_t *p = answer(d, 64);
    size_t len;
    switch (format) {
    case 0:
        if (from > 1 && from != LEAD_OUT) {
            illegal_field(d);
            return;
        }
        len = toc_tracks(d, p, from, msf);
        break;
    case 1: len = toc_session(p, msf); break;
    case 2: len = toc_raw(d, p); break;
    default: illegal_field(d); return;
    }
    put16(p, (unsigned)len - 2);
    atapi_reply(d, len, get16(cdb + 7));
}

static void read_subchannel(struct ide_drive *d)
{
    const uint8_t *cdb = d->cd.packet;
    size_t len = 4;
    uint8_t *p = answer(d, 28);
    p[1] = 0x15; /* no audio status to report */
    if (cdb[2] & 0x40) {
        if (cdb[3] == 1) {
            p[4] = 1;
            p[5] = 0x14;
            p[6] = 1;
            p[7] = 1;
            put_address(p + 8, 0, cdb[1] & 2);
            put_address(p + 12, 0, cdb[1] & 2);
            len = 16;
        } else if (cdb[3] == 2 || cdb[3] == 3) {
            p[4] = cdb[3]; /* no catalogue number, no ISRC: valid bit 0 */
            len = 24;
        } else {
            illegal_field(d);
            return;
        }
    }
    put16(p + 2, (unsigned)len - 4);
    atapi_reply(d, len, get16(cdb + 7));
}

/* One feature descriptor: code, version 0, persistent/current bits, data. */
static size_t feature(uint8_t *p, unsigned code, unsigned flags, const uint8_t *data, size_t len)
{
    put16(p, code);
    p[2] = (uint8_t)flags;
    p[3] = (uint8_t)len;
    memcpy(p + 4, data, len);
    return 4 + len;
}

static size_t features(struct ide_drive *d, uint8_t *p, unsigned from, unsigned how)
{
    enum profile now = profile_of(d);
    uint8_t dvd = now == PROFILE_DVD_ROM, cd = now == PROFILE_CD_ROM, any = dvd || cd;
    const uint8_t profiles[8] = { 0, PROFILE_DVD_ROM, dvd, 0, 0, PROFILE_CD_ROM, cd, 0 };
    const uint8_t core[8] = { 0, 0, 0, 2 /* ATAPI */, 0, 0, 0, 0 };
    const uint8_t removable[4] = { 0x29 /* tray, eject, lock */, 0, 0, 0 };
    const uint8_t readable[8] = { 0, 0, 8, 0 /* 2048 bytes */, 0, 1, 0, 0 };
    const uint8_t cd_read[4] = { 0 };
    const struct {
        unsigned code, persistent, current;
        const uint8_t *data;
        size_t len;
    } all[] = {
        { 0x00, 1, 1, profiles, 8 },   { 0x01, 1, 1, core, 8 },     { 0x03, 1, 1, removable, 4 },
        { 0x10, 0, any, readable, 8 }, { 0x1e, 0, cd, cd_read, 4 }, { 0x1f, 0, dvd, cd_read, 0 },
    };
    size_t len = 0;
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        bool wanted = how == 2 ? all[i].code == from : all[i].code >= from;
        if (wanted && (how != 1 || all[i].current)) {
            len += feature(p + len, all[i].code, all[i].persistent << 1 | all[i].current,
                           all[i].data, all[i].len);
        }
    }
    return len;
}

static void get_configuration(struct ide_drive *d)
{
    const uint8_t *cdb = d->cd.packet;
    unsigned how = cdb[1] & 3;
    if (how == 3) {
        illegal_field(d);
        return;
    }
    uint8_t *p = answer(d, 128);
    size_t len = 8 + features(d, p + 8, get16(cdb + 2), how);
    put32(p, (uint32_t)len - 4);
    put16(p + 6, profile_of(d));
    atapi_reply(d, len, get16(cdb + 7));
}

static void get_event_status(struct ide_drive *d)
{
    struct ide_cd *cd = &d->cd;
    const uint8_t *cdb = cd->packet;
    enum { MEDIA_CLASS = 4, EVENT_EJECT = 1, EVENT_NEW = 2, EVENT_REMOVED = 3 };
    if (!(cdb[1] & 1)) {
        illegal_field(d); /* asynchronous notification is not for ATAPI */
        return;
    }
    uint8_t *p = answer(d, 8);
    p[3] = 1 << MEDIA_CLASS;
    if (!(cdb[4] & 1 << MEDIA_CLASS)) {
        put16(p, 2);
        p[2] = 0x80; /* no event of a class we have */
        atapi_reply(d, 4, get16(cdb + 7));
        return;
    }
    put16(p, 6);
    p[2] = MEDIA_CLASS;
    if (cd->event_eject) {
        p[4] = EVENT_EJECT;
        cd->event_eject = false;
    } else if (cd->event_removed) {
        p[4] = EVENT_REMOVED;
        cd->event_removed = false;
    } else if (cd->event_new) {
        p[4] = EVENT_NEW;
        cd->event_new = false;
    }
    p[5] = (uint8_t)((cd->tray_open ? 1 : 0) | (medium_present(d) ? 2 : 0));
    atapi_reply(d, 8, get16(cdb + 7));
}

static void mechanism_status(struct ide_drive *d)
{
    const uint8_t *cdb = d->cd.packet;
    uint8_t *p = answer(d, 8);
    p[1] = d->cd.tray_open ? 0x10 : 0;
    atapi_reply(d, 8, get16(cdb + 8));
}

static void read_disc_information(struct ide_drive *d)
{
    const uint8_t *cdb = d->cd.packet;
    if (cdb[1] & 7) {
        illegal_field(d);
        return;
    }
    uint8_t *p = answer(d, 34);
    put16(p, 32);
    p[2] = 0x0e; /* complete disc, complete last session */
    p[3] = p[4] = p[5] = p[6] = 1;
    p[7] = 0x20;             /* unrestricted use */
    memset(p + 16, 0xff, 8); /* no further lead-in or lead-out can be written */
    atapi_reply(d, 34, get16(cdb + 7));
}

static void read_dvd_structure(struct ide_drive *d)
{
    const uint8_t *cdb = d->cd.packet;
    uint8_t *p = answer(d, 2052);
    uint32_t frames = atapi_frames(d);
    if (profile_of(d) != PROFILE_DVD_ROM) {
        atapi_fail(d, KEY_ILLEGAL, 0x30, 2); /* medium has another format */
        return;
    }
    if (cdb[7] != 0 || cdb[6] != 0) {
        illegal_field(d); /* physical format of layer 0 only */
        return;
    }
    put16(p, 2050);
    p[4] = 1;    /* DVD-ROM */
    p[5] = 0x0f; /* 120 mm */
    p[6] = 1;    /* one layer */
    put32(p + 8, 0x30000);
    put32(p + 12, 0x30000 + frames - 1);
    atapi_reply(d, 2052, get16(cdb + 8));
}

/* --- dispatch ------------------------------------------------------------------------------- */

enum {
    MEDIUM = 1,    /* needs one */
    ATTENTION = 2, /* answers while a unit attention is pending (MMC-5 4.1.6.1) */
};

struct packet_cmd {
    uint8_t code, flags;
    void (*run)(struct ide_drive *d);
};

static const struct packet_cmd commands[] = {
    { 0x00, MEDIUM, test_unit_ready },
    { 0x03, ATTENTION, request_sense },
    { 0x12, ATTENTION, inquiry },
    { 0x1a, 0, mode_sense },
    { 0x1b, 0, start_stop },
    { 0x1e, 0, prevent_allow },
    { 0x25, MEDIUM, read_capacity },
    { 0x28, MEDIUM, read_10 },
    { 0x2b, MEDIUM, seek },
    { 0x42, MEDIUM, read_subchannel },
    { 0x43, MEDIUM, read_toc },
    { 0x46, ATTENTION, get_configuration },
    { 0x4a, ATTENTION, get_event_status },
    { 0x51, MEDIUM, read_disc_information },
    { 0x5a, 0, mode_sense },
    { 0xa8, MEDIUM, read_12 },
    { 0xad, MEDIUM, read_dvd_structure },
    { 0xb9, MEDIUM, read_cd_msf },
    { 0xbb, 0, atapi_ok }, /* SET CD SPEED */
    { 0xbd, 0, mechanism_status },
    { 0xbe, MEDIUM, read_cd },
};

void atapi_packet(struct ide_drive *d)
{
    struct ide_cd *cd = &d->cd;
    const struct packet_cmd *cmd = NULL;
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        if (commands[i].code == cd->packet[0]) {
            cmd = &commands[i];
        }
    }
    if (cd->unit_attention && !(cmd && (cmd->flags & ATTENTION))) {
        cd->unit_attention = false;
        atapi_fail(d, KEY_ATTENTION, 0x28, 0);
        return;
    }
    if (!cmd) {
        atapi_fail(d, KEY_ILLEGAL, 0x20, 0); /* unknown operation code */
        return;
    }
    if ((cmd->flags & MEDIUM) && !medium_present(d)) {
        atapi_fail(d, KEY_NOT_READY, 0x3a, cd->tray_open ? 2 : 1);
        return;
    }
    cmd->run(d);
}
