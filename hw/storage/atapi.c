/* SPDX-License-Identifier: MIT */
/*
 * ATAPI CD/DVD-ROM drive: the ATA side of the packet protocol (ATA/ATAPI-6 9.8, SFF-8020i) and the
 * movement of frames; atapi_cmd.c has the packet commands. Read-only media of 2048-byte frames, one
 * track, no audio. Not modelled: overlap, data-out commands.
 */
#include "hw/storage/ide_core.h"

#include "core/trace.h"

#include <string.h>

#define FRAME             2048u
#define SECTORS_PER_FRAME (FRAME / SECTOR_SIZE)
#define RAW_FRAME         2352u
/* Frames that PIO reads gather at once. */
#define PIO_FRAMES 32

/* Interrupt Reason, in the sector count register. */
enum { REASON_COD = 1, REASON_IO = 2 };

uint32_t atapi_frames(const struct ide_drive *d)
{
    uint64_t n = d->blk ? block_sectors(d->blk) / SECTORS_PER_FRAME : 0;
    return n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
}

void atapi_ok(struct ide_drive *d)
{
    memset(&d->cd.sense, 0, sizeof(d->cd.sense));
    d->tf.nsector[0] = REASON_IO | REASON_COD;
    ide_complete(d);
}

void atapi_fail(struct ide_drive *d, uint8_t key, uint8_t asc, uint8_t ascq)
{
    d->cd.sense = (struct ide_sense){ .key = key, .asc = asc, .ascq = ascq };
    d->tf.nsector[0] = REASON_IO | REASON_COD;
    ide_fail(d, (uint8_t)(key << 4 | (key == 5 ? IDE_ER_ABRT : 0)), 0);
}

/* --- data to the host ----------------------------------------------------------------------- */

static void frames_next(struct ide_drive *d);

static void data_moved(struct ide_drive *d)
{
    struct ide_rw *rw = &d->rw;
    rw->lba += rw->chunk;
    rw->remaining -= rw->chunk;
    if (rw->bad) {
        uint32_t lba = (uint32_t)rw->bad_lba;
        atapi_fail(d, 3, 0x11, 0); /* unrecovered read error */
        d->cd.sense.has_lba = true;
        d->cd.sense.lba = lba;
    } else if (rw->remaining) {
        frames_next(d);
    } else {
        atapi_ok(d);
    }
}

static void pio_next(struct ide_drive *d)
{
    struct ide_cd *cd = &d->cd;
    size_t pos = d->end, left = cd->have - pos;
    if (left == 0) {
        data_moved(d);
        return;
    }
    size_t n = left;
    if (n > cd->byte_limit) {
        n = cd->byte_limit & ~1u; /* odd limits count for the last block only */
    }
    d->tf.lba_mid[0] = (uint8_t)n;
    d->tf.lba_high[0] = (uint8_t)(n >> 8);
    d->tf.nsector[0] = REASON_IO;
    ide_pio_begin(d, pos, n, true, pio_next, true);
}

static void data_send(struct ide_drive *d, size_t len)
{
    d->cd.have = len;
    if (d->cd.dma) {
        d->tf.nsector[0] = REASON_IO;
        ide_dma_begin(d, len, true, data_moved);
    } else {
        d->end = 0;
        pio_next(d);
    }
}

/* buf[0..len) is the answer; no more than the host allowed for goes. */
void atapi_reply(struct ide_drive *d, size_t len, size_t allocation)
{
    d->rw.chunk = d->rw.remaining = 0;
    d->rw.bad = false;
    if (len > allocation) {
        len = allocation;
    }
    if (len == 0) {
        atapi_ok(d);
        return;
    }
    data_send(d, len);
}

/* --- frames --------------------------------------------------------------------------------- */

static uint8_t bcd(unsigned n)
{
    return (uint8_t)(n / 10 << 4 | n % 10);
}

/* Mode 1 frames round the user data (ECMA-130): sync, header; EDC and ECC are left zero. */
static void frames_to_raw(struct ide_drive *d, uint32_t lba, uint32_t n)
{
    static const uint8_t sync[12] = { 0,    0xff, 0xff, 0xff, 0xff, 0xff,
                                      0xff, 0xff, 0xff, 0xff, 0xff, 0 };
    for (uint32_t i = n; i-- > 0;) {
        uint8_t *raw = d->buf + (size_t)i * RAW_FRAME;
        uint32_t at = lba + i + 150;
        memmove(raw + 16, d->buf + (size_t)i * FRAME, FRAME);
        memcpy(raw, sync, sizeof(sync));
        raw[12] = bcd(at / (75 * 60) % 100);
        raw[13] = bcd(at / 75 % 60);
        raw[14] = bcd(at % 75);
        raw[15] = 1;
        memset(raw + 16 + FRAME, 0, RAW_FRAME - FRAME - 16);
    }
}

static void frames_settled(struct ide_drive *d)
{
    struct ide_rw *rw = &d->rw;
    rw->bad_lba = rw->lba + rw->done;
    rw->chunk = rw->done;
    if (rw->chunk == 0) {
        data_moved(d);
        return;
    }
    if (d->cd.frame_size == RAW_FRAME) {
        frames_to_raw(d, (uint32_t)rw->lba, rw->chunk);
    }
    data_send(d, (size_t)rw->chunk * d->cd.frame_size);
}

static void frames_request(struct ide_drive *d);

static void frames_done(struct ide_drive *d, int ret)
{
    struct ide_rw *rw = &d->rw;
    if (ret < 0 && rw->req_len > 1) {
        rw->req_limit = rw->req_len / 2; /* find the bad frame */
        frames_request(d);
        return;
    }
    if (ret < 0) {
        ide_log_failure(d, "read of CD frame", rw->lba + rw->done, ret);
        rw->bad = true;
        frames_settled(d);
        return;
    }
    rw->done += rw->req_len;
    if (rw->done == rw->chunk) {
        frames_settled(d);
        return;
    }
    rw->req_limit = rw->req_limit < rw->chunk_max / 2 ? rw->req_limit * 2 : rw->chunk_max;
    frames_request(d);
}

static void frames_request(struct ide_drive *d)
{
    struct ide_rw *rw = &d->rw;
    uint32_t left = rw->chunk - rw->done;
    rw->req_len = left < rw->req_limit ? left : rw->req_limit;
    ide_block_read(d, (rw->lba + rw->done) * SECTORS_PER_FRAME, rw->req_len * SECTORS_PER_FRAME,
                   (size_t)rw->done * FRAME, frames_done);
}

static void frames_next(struct ide_drive *d)
{
    struct ide_rw *rw = &d->rw;
    rw->chunk = rw->remaining < rw->chunk_max ? rw->remaining : rw->chunk_max;
    rw->done = 0;
    if (!ide_buf_reserve(d, (size_t)rw->chunk * d->cd.frame_size)) {
        atapi_fail(d, 4, 0x44, 0); /* internal target failure */
        return;
    }
    frames_request(d);
}

void atapi_read_frames(struct ide_drive *d, uint32_t lba, uint32_t count, unsigned frame_size)
{
    struct ide_rw *rw = &d->rw;
    uint32_t frames = atapi_frames(d);
    if (lba > frames || count > frames - lba || (lba == frames && count)) {
        atapi_fail(d, 5, 0x21, 0); /* address out of range */
        return;
    }
    if (count == 0) {
        atapi_ok(d);
        return;
    }
    memset(rw, 0, sizeof(*rw));
    rw->lba = lba;
    rw->remaining = count;
    rw->chunk_max = d->cd.dma ? IDE_BUF_MAX / RAW_FRAME : PIO_FRAMES;
    rw->req_limit = rw->chunk_max;
    d->cd.frame_size = frame_size;
    frames_next(d);
}

/* --- ATA commands of a packet device -------------------------------------------------------- */

static void signature(struct ide_drive *d)
{
    d->tf.nsector[0] = 1;
    d->tf.lba_low[0] = 1;
    d->tf.lba_mid[0] = 0x14;
    d->tf.lba_high[0] = 0xeb;
}

static void packet_arrived(struct ide_drive *d)
{
    memcpy(d->cd.packet, d->buf, sizeof(d->cd.packet));
    trace_atapi_packet(d->cd.packet[0]);
    atapi_packet(d);
}

static void packet_begin(struct ide_drive *d)
{
    struct ide_cd *cd = &d->cd;
    if ((d->tf.feature[0] & 2) || !ide_buf_reserve(d, 4096)) {
        ide_fail(d, IDE_ER_ABRT, 0);
        return;
    }
    cd->dma = d->tf.feature[0] & 1;
    cd->byte_limit = (uint32_t)(d->tf.lba_high[0] << 8 | d->tf.lba_mid[0]);
    if (cd->byte_limit < 2 || cd->byte_limit == 0xffff) {
        cd->byte_limit = 0xfffe; /* word 126 of IDENTIFY says so for zero */
    }
    d->rw.remaining = 0;
    d->tf.nsector[0] = REASON_COD;
    ide_pio_begin(d, 0, sizeof(cd->packet), false, packet_arrived, false);
}

static void identify_moved(struct ide_drive *d)
{
    d->tf.status = IDE_DRDY | IDE_DSC;
}

static void identify_packet(struct ide_drive *d)
{
    uint16_t w[256] = { 0 };
    if (!ide_buf_reserve(d, SECTOR_SIZE)) {
        ide_fail(d, IDE_ER_ABRT, 0);
        return;
    }
    w[0] = 0x85c0; /* ATAPI, CD-ROM, removable, DRQ within 50 us, 12-byte packets */
    ide_put_string(w + 10, d->serial, 20);
    ide_put_string(w + 23, "1.0", 8);
    ide_put_string(w + 27, d->model, 40);
    w[48] = 1;
    w[49] = 0x0b00; /* IORDY, LBA, DMA */
    w[53] = 0x0007;
    w[63] = (uint16_t)(0x07 | d->mwdma_mode << 8);
    w[64] = 0x03;
    w[65] = w[66] = w[67] = w[68] = 120;
    w[71] = 30; /* us from packet to bus release, and from SERVICE to BSY clear */
    w[72] = 30;
    w[80] = 0x007c;
    w[82] = w[85] = 0x4210; /* NOP, DEVICE RESET, PACKET */
    w[83] = w[84] = w[87] = 0x4000;
    w[88] = (uint16_t)(0x3f | d->udma_mode << 8);
    w[93] = (uint16_t)(0x6000 | (d->unit == 0 ? 0x0001 : 0x0100));
    w[126] = 0xfffe;
    ide_words_to_buf(d, w);
    ide_pio_begin(d, 0, SECTOR_SIZE, true, identify_moved, true);
}

static void device_reset(struct ide_drive *d)
{
    ide_drive_cancel(d);
    atapi_reset(d, false);
    ide_set_intrq(d, false);
}

void atapi_command(struct ide_drive *d, uint8_t cmd)
{
    switch (cmd) {
    case 0x08: device_reset(d); return;
    case 0xa0: packet_begin(d); return;
    case 0xa1: identify_packet(d); return;
    case 0x20:
    case 0xec: /* disk commands abort and show who is here (ATA-6 9.12) */ signature(d); break;
    case 0xe0:
    case 0xe1:
    case 0xe2:
    case 0xe3:
    case 0x94:
    case 0x95:
    case 0x96:
    case 0x97: ide_complete(d); return;
    case 0xe5:
    case 0x98:
        d->tf.nsector[0] = 0xff;
        ide_complete(d);
        return;
    case 0xe6:
    case 0x99:
        d->asleep = true;
        ide_complete(d);
        return;
    case 0xef:
        if (d->tf.feature[0] == 0x03 ? ide_set_transfer_mode(d, d->tf.nsector[0])
                                     : d->tf.feature[0] == 0x66 || d->tf.feature[0] == 0xcc) {
            ide_complete(d);
            return;
        }
        break;
    default: break;
    }
    ide_fail(d, IDE_ER_ABRT, 0);
}

void atapi_reset(struct ide_drive *d, bool hard)
{
    uint8_t device = d->tf.device;
    memset(&d->tf, 0, sizeof(d->tf));
    signature(d);
    d->tf.error = 1;
    d->tf.status = 0; /* DRDY stays clear until the first command (ATA-6 9.12) */
    d->tf.device = hard ? 0xa0 : (uint8_t)(device & 0xb0);
    d->asleep = false;
    if (hard) {
        struct ide_cd *cd = &d->cd;
        memset(&cd->sense, 0, sizeof(cd->sense));
        cd->unit_attention = false;
        cd->event_new = cd->event_removed = cd->event_eject = false;
        cd->door_locked = false;
        d->mwdma_mode = d->udma_mode = 0;
    }
}

void atapi_medium_changed(struct ide_drive *d, struct block *blk)
{
    struct ide_cd *cd = &d->cd;
    bool busy = d->io_active;
    if (busy) {
        ide_drive_cancel(d);
    }
    cd->event_removed = d->blk && !blk;
    cd->event_new = blk != NULL;
    cd->unit_attention = blk != NULL;
    cd->tray_open = cd->door_locked = false;
    d->blk = blk;
    d->sectors = blk ? block_sectors(blk) : 0;
    if (busy) {
        cd->unit_attention = false;
        if (blk) {
            atapi_fail(d, 6, 0x28, 0); /* medium may have changed */
        } else {
            atapi_fail(d, 2, 0x3a, 0); /* no medium */
        }
    }
}
