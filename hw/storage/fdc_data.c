/* SPDX-License-Identifier: MIT */
/*
 * Floppy drives and disks, and the 82077AA commands that read, write and format them.
 */
#include <string.h>

#include "core/log.h"
#include "hw/storage/fdc_int.h"

enum st0_bits { ST0_ABNORMAL = 0x40, ST0_EC = 0x10 };
enum st1_bits { ST1_EN = 0x80, ST1_DE = 0x20, ST1_ND = 0x04, ST1_NW = 0x02, ST1_MA = 0x01 };
enum st2_bits { ST2_CM = 0x40, ST2_DD = 0x20, ST2_WC = 0x10 };
enum rate_bits { R500 = 1, R300 = 2, R250 = 4, R1M = 8 };
enum cmd_bits { CMD_MT = 0x80, CMD_SK = 0x20 };

#define DOUBLE (R300 | R250) /* 5.25" DD disks spin faster in a 1.2M drive */

static const struct disk_format {
    uint16_t sectors;
    uint8_t tracks, heads, spt, rates, drive_type;
} formats[] = {
    { 320, 40, 1, 8, DOUBLE, 2 }, { 360, 40, 1, 9, DOUBLE, 2 }, { 640, 40, 2, 8, DOUBLE, 2 },
    { 720, 40, 2, 9, DOUBLE, 2 }, { 1440, 80, 2, 9, R250, 4 },  { 1600, 80, 2, 10, R250, 4 },
    { 2400, 80, 2, 15, R500, 2 }, { 2880, 80, 2, 18, R500, 4 }, { 3200, 80, 2, 20, R500, 4 },
    { 3360, 80, 2, 21, R500, 4 }, { 3444, 82, 2, 21, R500, 4 }, { 5760, 80, 2, 36, R1M, 5 },
};

/* A size that no format has is that of a boot image: shown as the start of a 1.44M (or 2.88M) disk
 * whose other sectors are zero. */
static const struct disk_format *format_of(uint64_t sectors)
{
    const struct disk_format *f = NULL;
    for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
        if (formats[i].sectors == sectors) {
            return &formats[i];
        }
        if (!f && formats[i].sectors >= sectors && formats[i].sectors % 2880 == 0) {
            f = &formats[i];
        }
    }
    return f;
}

bool fdc_insert(struct fdd *d, struct block *blk)
{
    const struct disk_format *f = blk ? format_of(block_sectors(blk)) : NULL;
    if (blk && !f) {
        return false;
    }
    d->blk = blk;
    d->changed = true;
    d->tracks = f ? f->tracks : 0;
    d->heads = f ? f->heads : 0;
    d->spt = f ? f->spt : 0;
    d->rates = f ? f->rates : 0;
    if (d->type == 0) { /* the drive fits its first disk */
        d->type = f ? f->drive_type : 4;
    }
    return true;
}

/* A step with a disk in the drive resets the change line. RECALIBRATE at track 0 counts: BIOSes
 * rely on heads that power-on left elsewhere. */
void fdc_step_to(struct fdd *d, uint8_t track)
{
    if (d->blk && (track != d->track || track == 0)) {
        d->changed = false;
    }
    d->track = track;
}

void fdc_cancel(struct fdc *f)
{
    if (f->req) {
        block_cancel(f->req);
    }
    f->req = NULL;
    f->io_active = false;
    f->io_seq++;
    f->pos = f->end = 0;
}

/* --- positions ---------------------------------------------------------------------------- */

/* Is a disk under the head whose marks can be read at this data rate? */
static bool readable(const struct fdc *f, const struct fdd *d)
{
    return d->present && d->blk && (d->rates & 1 << f->rate) && d->track < d->tracks;
}

static unsigned head_of(const struct fdc *f)
{
    return f->cmd[1] >> 2 & 1;
}

static uint32_t lba_of(const struct fdc *f, const struct fdd *d)
{
    return ((uint32_t)d->track * d->heads + f->h) * d->spt + f->r - 1u;
}

/* Moves C, H, R behind `n` sectors as the result phase shows them. False: that was the last one. */
static bool advance(struct fdc *f, unsigned n)
{
    bool more = true;
    for (; n > 0; n--) {
        if (f->r != f->eot) {
            f->r++;
            continue;
        }
        f->r = 1;
        if ((f->cmd[0] & CMD_MT) && !f->ignore_id) {
            more = f->h == 0;
            f->c = (uint8_t)(f->c + (f->h ? 1 : 0));
            f->h ^= 1;
        } else {
            more = false;
            f->c++;
        }
    }
    return more;
}

/* Sectors from R to the end of the command on this cylinder. */
static unsigned sectors_left(const struct fdc *f, const struct fdd *d)
{
    unsigned last = f->eot < d->spt ? f->eot : d->spt, n = last >= f->r ? last - f->r + 1u : 0;
    /* A second head follows in the image only when the first one is read to its end. */
    if ((f->cmd[0] & CMD_MT) && !f->ignore_id && f->h == 0 && d->heads == 2 && f->eot == d->spt) {
        n += d->spt;
    }
    return n;
}

/* --- reading and writing ------------------------------------------------------------------ */

static void run_next(struct fdc *f);

static void io_done(void *opaque, int ret);

static void run_io(struct fdc *f)
{
    struct fdd *d = fdc_selected(f);
    uint64_t lba = lba_of(f, d), have = block_sectors(d->blk);
    unsigned n = lba >= have ? 0 : have - lba < f->run ? (unsigned)(have - lba) : f->run;
    size_t bytes = (size_t)n * SECTOR_SIZE;
    f->phase = FDC_BUSY;
    if (n < f->run && f->write) {
        fdc_finish(f, ST0_ABNORMAL | ST0_EC, 0, 0); /* the image ends before the disk does */
        return;
    }
    memset(f->buf + bytes, 0, f->write ? 0 : (size_t)f->run * SECTOR_SIZE - bytes);
    if (n == 0) {
        io_done(f, 0);
        return;
    }
    unsigned seq = ++f->io_seq;
    f->io_active = true;
    struct block_req *req = f->write ? block_write(d->blk, lba, n, f->buf, io_done, f)
                                     : block_read(d->blk, lba, n, f->buf, io_done, f);
    if (f->io_active && f->io_seq == seq) {
        f->req = req;
    }
}

static void io_failed(struct fdc *f, int ret)
{
    if (f->io_errors < 16) { /* a guest may retry for ever */
        f->io_errors++;
        log_err("fdc", "%s of floppy %u, sector %u: %s", f->write ? "write" : "read", f->cmd[1] & 3,
                lba_of(f, fdc_selected(f)), g_strerror(-ret));
    }
    if (f->write) {
        fdc_finish(f, ST0_ABNORMAL | ST0_EC, 0, 0);
    } else {
        fdc_finish(f, ST0_ABNORMAL, ST1_DE, ST2_DD);
    }
}

/* After a run: what ends a command is TC, the end of track without it, or a mark of other kind. */
static void run_moved(struct fdc *f, unsigned sectors)
{
    bool more = advance(f, sectors);
    if (f->deleted) {
        fdc_finish(f, 0, 0, ST2_CM);
    } else if (f->tc) {
        fdc_finish(f, 0, 0, 0);
    } else if (!more) {
        fdc_finish(f, f->verify ? 0 : ST0_ABNORMAL, f->verify ? 0 : ST1_EN, 0);
    } else {
        run_next(f);
    }
}

static void format_next(struct fdc *f);

static void io_done(void *opaque, int ret)
{
    struct fdc *f = opaque;
    f->req = NULL;
    f->io_active = false;
    if (ret < 0 && f->run > 1 && !f->write) {
        f->run_limit = f->run / 2;
        run_next(f);
    } else if (ret < 0) {
        io_failed(f, ret);
    } else if (f->format) {
        f->format_at++;
        format_next(f);
    } else if (f->write || f->verify) {
        run_moved(f, f->run);
    } else {
        fdc_data_begin(f, (size_t)f->run * SECTOR_SIZE, true);
    }
}

/* Writes gather a run, then write it; TC in the middle of a sector fills it with zeros. */
static void write_gathered(struct fdc *f)
{
    size_t used = (f->pos + SECTOR_SIZE - 1) / SECTOR_SIZE;
    if (used == 0) {
        fdc_finish(f, 0, 0, 0);
        return;
    }
    memset(f->buf + f->pos, 0, used * SECTOR_SIZE - f->pos);
    f->run = (unsigned)used;
    run_io(f);
}

void fdc_data_moved(struct fdc *f)
{
    if (f->format) {
        memcpy(f->buf + FDC_BUF / 2, f->buf, f->pos);
        memset(f->buf, f->cmd[5], SECTOR_SIZE);
        f->format_at = 0;
        f->run = 1;
        format_next(f);
    } else if (f->write) {
        write_gathered(f);
    } else {
        run_moved(f, (unsigned)((f->pos + SECTOR_SIZE - 1) / SECTOR_SIZE));
    }
}

/* Does the sector that C, H, R, N name exist here? Reports if not. */
static bool sector_found(struct fdc *f, const struct fdd *d)
{
    if (!readable(f, d)) {
        fdc_finish(f, ST0_ABNORMAL, ST1_MA, 0);
        return false;
    }
    if (f->ignore_id && f->h < d->heads && f->r <= d->spt) {
        return true;
    }
    if (f->c != d->track) {
        fdc_finish(f, ST0_ABNORMAL, ST1_ND, ST2_WC);
        return false;
    }
    if (f->h >= d->heads || f->r == 0 || f->r > d->spt || f->n != 2) {
        fdc_finish(f, ST0_ABNORMAL, ST1_ND, 0);
        return false;
    }
    return true;
}

static void run_next(struct fdc *f)
{
    struct fdd *d = fdc_selected(f);
    if (!sector_found(f, d)) {
        return;
    }
    unsigned n = sectors_left(f, d);
    n = n == 0 ? 1 : n; /* R behind EOT: the chip goes on to the sectors that exist, one by one */
    f->run = n < f->run_limit ? n : f->run_limit;
    if (f->write) {
        fdc_data_begin(f, (size_t)f->run * SECTOR_SIZE, false);
    } else {
        run_io(f);
    }
}

static void transfer_begin(struct fdc *f)
{
    struct fdd *d = fdc_selected(f);
    f->c = f->cmd[2];
    f->h = f->cmd[3];
    f->r = f->cmd[4];
    f->n = f->cmd[5];
    f->eot = f->cmd[6];
    f->format = f->tc = false;
    if (f->ignore_id) {
        f->r = 1; /* from the index hole on */
    }
    f->run_limit = f->deleted ? 1 : FDC_BUF / SECTOR_SIZE;
    if ((f->config & 0x40) && d->present && !f->ignore_id) {
        fdc_step_to(d, f->c); /* implied seek */
    }
    if (f->write && readable(f, d) && block_read_only(d->blk)) {
        fdc_finish(f, ST0_ABNORMAL, ST1_NW, 0);
        return;
    }
    if (f->h != head_of(f)) {
        fdc_finish(f, ST0_ABNORMAL, readable(f, d) ? ST1_ND : ST1_MA, 0);
        return;
    }
    run_next(f);
}

static void transfer(struct fdc *f, bool write, bool verify, bool deleted, bool ignore_id)
{
    f->write = write;
    f->verify = verify;
    f->deleted = deleted;
    f->ignore_id = ignore_id;
    transfer_begin(f);
}

void fdc_cmd_read(struct fdc *f)
{
    transfer(f, false, false, false, false);
}

/* All marks are normal ones: the first sector is read and ends the command, or is skipped, like all
 * others. */
void fdc_cmd_read_deleted(struct fdc *f)
{
    if (f->cmd[0] & CMD_SK) {
        f->c = f->cmd[2];
        f->h = f->cmd[3];
        f->r = f->cmd[4];
        f->n = f->cmd[5];
        fdc_finish(f, ST0_ABNORMAL, readable(f, fdc_selected(f)) ? ST1_ND : ST1_MA, 0);
        return;
    }
    transfer(f, false, false, true, false);
}

void fdc_cmd_read_track(struct fdc *f)
{
    transfer(f, false, false, false, true);
}

void fdc_cmd_verify(struct fdc *f)
{
    transfer(f, false, true, false, false);
}

void fdc_cmd_write(struct fdc *f)
{
    transfer(f, true, false, false, false);
}

void fdc_cmd_read_id(struct fdc *f)
{
    struct fdd *d = fdc_selected(f);
    f->c = d->track;
    f->h = (uint8_t)head_of(f);
    f->n = 2;
    if (!readable(f, d) || f->h >= d->heads) {
        fdc_finish(f, ST0_ABNORMAL, ST1_MA, 0);
        return;
    }
    f->r = (uint8_t)(f->r < d->spt ? f->r + 1 : 1); /* the disk turns */
    fdc_finish(f, 0, 0, 0);
}

/* --- formatting --------------------------------------------------------------------------- */

/* Four bytes a sector came: C, H, R, N. Sectors that this disk can't have are passed over, as a
 * real disk would just carry another layout. */
static void format_next(struct fdc *f)
{
    struct fdd *d = fdc_selected(f);
    size_t ids = f->pos / 4;
    for (; f->format_at < ids; f->format_at++) {
        const uint8_t *id = f->buf + FDC_BUF / 2 + (size_t)f->format_at * 4;
        f->c = id[0];
        f->h = id[1];
        f->r = id[2];
        f->n = id[3];
        if (f->c == d->track && f->h == head_of(f) && f->h < d->heads && f->r >= 1 &&
            f->r <= d->spt && f->n == 2) {
            run_io(f);
            return;
        }
    }
    fdc_finish(f, 0, 0, 0);
}

void fdc_cmd_format(struct fdc *f)
{
    struct fdd *d = fdc_selected(f);
    f->write = f->format = true;
    f->verify = f->deleted = f->ignore_id = f->tc = false;
    f->c = d->track;
    f->h = (uint8_t)head_of(f);
    f->r = 1;
    f->n = f->cmd[2];
    if (!d->present || !d->blk) {
        fdc_finish(f, ST0_ABNORMAL, ST1_MA, 0);
    } else if (block_read_only(d->blk)) {
        fdc_finish(f, ST0_ABNORMAL, ST1_NW, 0);
    } else if (f->cmd[3] == 0) {
        fdc_finish(f, 0, 0, 0);
    } else {
        fdc_data_begin(f, f->cmd[3] * 4u, false);
    }
}
