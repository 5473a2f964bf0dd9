/* SPDX-License-Identifier: MIT */
/*
 * ATA hard disk: the command set of ATA/ATAPI-6 (T13/1410D) without the optional features that no
 * guest needs from a disk that never sleeps or wears out (SMART, security, HPA, CFA, queueing):
 * these are refused with ABRT and IDENTIFY DEVICE doesn't offer them.
 *
 * Reads and writes move through the bounce buffer, one block request for up to IDE_BUF_MAX bytes.
 * When a request fails it is repeated in halves until the bad sector is known: what is before it
 * counts as moved, and its address is what the registers show (UNC for reads, device fault for
 * writes).
 */
#include "hw/storage/ide_core.h"

#include <string.h>

/* Sectors that PIO commands gather or read ahead at once. */
#define PIO_SECTORS 256

enum { POWER_STANDBY = 0x00, POWER_ACTIVE = 0xff };

/* --- addresses ------------------------------------------------------------------------------ */

static uint64_t lba48_of(const struct ide_taskfile *tf)
{
    return (uint64_t)tf->lba_high[1] << 40 | (uint64_t)tf->lba_mid[1] << 32 |
           (uint64_t)tf->lba_low[1] << 24 | (uint64_t)tf->lba_high[0] << 16 |
           (uint64_t)tf->lba_mid[0] << 8 | tf->lba_low[0];
}

/* False: a C/H/S that the current translation doesn't have. */
static bool address_get(const struct ide_drive *d, bool ext, uint64_t *lba)
{
    const struct ide_taskfile *tf = &d->tf;
    if (ext) {
        *lba = lba48_of(tf);
        return true;
    }
    if (tf->device & IDE_DEV_LBA) {
        *lba = (uint64_t)(tf->device & 0x0f) << 24 | (uint64_t)tf->lba_high[0] << 16 |
               (uint64_t)tf->lba_mid[0] << 8 | tf->lba_low[0];
        return true;
    }
    unsigned cyl = tf->lba_high[0] << 8 | tf->lba_mid[0];
    unsigned head = tf->device & 0x0f, sector = tf->lba_low[0];
    if (sector == 0 || sector > d->cur_spt || head >= d->cur_heads || cyl >= d->cur_cyls) {
        return false;
    }
    *lba = ((uint64_t)cyl * d->cur_heads + head) * d->cur_spt + sector - 1;
    return true;
}

static void address_put(struct ide_drive *d, bool ext, uint64_t lba)
{
    struct ide_taskfile *tf = &d->tf;
    if (ext) {
        tf->lba_low[1] = (uint8_t)(lba >> 24);
        tf->lba_mid[1] = (uint8_t)(lba >> 32);
        tf->lba_high[1] = (uint8_t)(lba >> 40);
    } else if (!(tf->device & IDE_DEV_LBA)) {
        uint64_t track = lba / d->cur_spt, cyl = track / d->cur_heads;
        tf->lba_low[0] = (uint8_t)(lba % d->cur_spt + 1);
        tf->lba_mid[0] = (uint8_t)cyl;
        tf->lba_high[0] = (uint8_t)(cyl >> 8);
        tf->device = (uint8_t)((tf->device & 0xf0) | track % d->cur_heads);
        return;
    } else {
        tf->device = (uint8_t)((tf->device & 0xf0) | (lba >> 24 & 0x0f));
    }
    tf->lba_low[0] = (uint8_t)lba;
    tf->lba_mid[0] = (uint8_t)(lba >> 8);
    tf->lba_high[0] = (uint8_t)(lba >> 16);
}

static uint32_t count_get(const struct ide_drive *d, bool ext)
{
    uint32_t n = d->tf.nsector[0];
    if (ext) {
        n |= (uint32_t)d->tf.nsector[1] << 8;
        return n ? n : 65536;
    }
    return n ? n : 256;
}

void ata_geometry(struct ide_drive *d)
{
    d->heads = 16;
    d->spt = 63;
    uint64_t cyls = d->sectors / (16 * 63);
    d->cyls = cyls > 16383 ? 16383 : cyls ? (unsigned)cyls : 1;
    d->cur_cyls = d->cyls;
    d->cur_heads = d->heads;
    d->cur_spt = d->spt;
}

/* --- reads and writes ----------------------------------------------------------------------- */

static void rw_next(struct ide_drive *d);

static void rw_fail(struct ide_drive *d, uint64_t lba, uint8_t error, uint8_t extra)
{
    address_put(d, d->rw.ext, lba);
    ide_fail(d, error, extra);
}

static void flushed_after_write(struct ide_drive *d, int ret)
{
    if (ret < 0) {
        ide_log_failure(d, "flush", d->rw.lba, ret);
        rw_fail(d, d->rw.lba ? d->rw.lba - 1 : 0, IDE_ER_ABRT, IDE_DF);
        return;
    }
    ide_complete(d);
}

static void rw_finish(struct ide_drive *d)
{
    struct ide_rw *rw = &d->rw;
    d->tf.nsector[0] = 0;
    address_put(d, rw->ext, rw->lba - 1); /* of the last sector moved */
    if (rw->write && !d->write_cache) {
        ide_block_flush(d, flushed_after_write); /* write-through */
        return;
    }
    if (!rw->write && !rw->dma && !rw->verify) {
        d->tf.status = IDE_DRDY | IDE_DSC; /* PIO in ends with the last word, without interrupt */
        return;
    }
    ide_complete(d);
}

static void pio_in_block(struct ide_drive *d);
static void request_next(struct ide_drive *d);

static void delivered(struct ide_drive *d)
{
    struct ide_rw *rw = &d->rw;
    rw->lba += rw->chunk;
    rw->remaining -= rw->chunk;
    if (rw->bad && rw->write) {
        rw_fail(d, rw->bad_lba, IDE_ER_ABRT, IDE_DF);
    } else if (rw->bad) {
        rw_fail(d, rw->bad_lba, IDE_ER_UNC, 0);
    } else {
        rw_next(d);
    }
}

/* The back end has done with the chunk, or with what lies before a bad sector. */
static void chunk_settled(struct ide_drive *d)
{
    struct ide_rw *rw = &d->rw;
    rw->bad_lba = rw->lba + rw->done;
    rw->chunk = rw->done;
    if (rw->write || rw->verify) {
        delivered(d);
        return;
    }
    if (rw->bad && !rw->dma) {
        rw->chunk -= rw->chunk % (rw->drq_bytes / SECTOR_SIZE); /* whole DRQ blocks */
    }
    if (rw->chunk == 0) {
        delivered(d);
    } else if (rw->dma) {
        ide_dma_begin(d, (size_t)rw->chunk * SECTOR_SIZE, true, delivered);
    } else {
        d->end = 0;
        pio_in_block(d);
    }
}

static void request_done(struct ide_drive *d, int ret)
{
    struct ide_rw *rw = &d->rw;
    if (ret < 0 && rw->req_len > 1) {
        rw->req_limit = rw->req_len / 2; /* where is it? */
        request_next(d);
        return;
    }
    if (ret < 0) {
        ide_log_failure(d, rw->write ? "write" : "read", rw->lba + rw->done, ret);
        rw->bad = true;
        chunk_settled(d);
        return;
    }
    rw->done += rw->req_len;
    if (rw->done == rw->chunk) {
        chunk_settled(d);
        return;
    }
    rw->req_limit = rw->req_limit < rw->chunk_max / 2 ? rw->req_limit * 2 : rw->chunk_max;
    request_next(d);
}

static void request_next(struct ide_drive *d)
{
    struct ide_rw *rw = &d->rw;
    uint32_t left = rw->chunk - rw->done;
    size_t off = (size_t)rw->done * SECTOR_SIZE;
    rw->req_len = left < rw->req_limit ? left : rw->req_limit;
    if (rw->write) {
        ide_block_write(d, rw->lba + rw->done, rw->req_len, off, request_done);
    } else {
        ide_block_read(d, rw->lba + rw->done, rw->req_len, off, request_done);
    }
}

static void pio_in_block(struct ide_drive *d)
{
    struct ide_rw *rw = &d->rw;
    size_t have = (size_t)rw->chunk * SECTOR_SIZE, pos = d->end;
    if (pos == have) {
        delivered(d);
        return;
    }
    size_t len = have - pos < rw->drq_bytes ? have - pos : rw->drq_bytes;
    ide_pio_begin(d, pos, len, true, pio_in_block, true);
}

static void pio_out_block(struct ide_drive *d)
{
    struct ide_rw *rw = &d->rw;
    size_t want = (size_t)rw->chunk * SECTOR_SIZE, pos = d->end;
    if (pos == want) {
        request_next(d);
        return;
    }
    size_t len = want - pos < rw->drq_bytes ? want - pos : rw->drq_bytes;
    ide_pio_begin(d, pos, len, false, pio_out_block, true);
}

static void chunk_begin(struct ide_drive *d, bool first)
{
    struct ide_rw *rw = &d->rw;
    rw->chunk = rw->remaining < rw->chunk_max ? rw->remaining : rw->chunk_max;
    rw->done = 0;
    size_t bytes = (size_t)rw->chunk * SECTOR_SIZE;
    if (!ide_buf_reserve(d, bytes)) {
        rw_fail(d, rw->lba, IDE_ER_ABRT, 0);
    } else if (!rw->write) {
        request_next(d);
    } else if (rw->dma) {
        ide_dma_begin(d, bytes, false, request_next);
    } else {
        /* The first DRQ block of a PIO write comes without an interrupt, later ones with it
         * (ATA-6 9.7). */
        ide_pio_begin(d, 0, bytes < rw->drq_bytes ? bytes : rw->drq_bytes, false, pio_out_block,
                      !first);
    }
}

static void rw_next(struct ide_drive *d)
{
    if (d->rw.remaining == 0) {
        rw_finish(d);
        return;
    }
    chunk_begin(d, false);
}

enum { RW_WRITE = 1, RW_DMA = 2, RW_EXT = 4, RW_MULTIPLE = 8, RW_VERIFY = 16 };

static void rw_start(struct ide_drive *d, unsigned flags)
{
    struct ide_rw *rw = &d->rw;
    uint64_t lba;
    rw->write = flags & RW_WRITE;
    rw->dma = flags & RW_DMA;
    rw->ext = flags & RW_EXT;
    rw->verify = flags & RW_VERIFY;
    rw->remaining = 0;
    if ((flags & RW_MULTIPLE) && d->multiple == 0) {
        ide_fail(d, IDE_ER_ABRT, 0);
        return;
    }
    if (!address_get(d, rw->ext, &lba)) {
        ide_fail(d, IDE_ER_IDNF, 0);
        return;
    }
    uint32_t count = count_get(d, rw->ext);
    if (lba >= d->sectors || count > d->sectors - lba) {
        /* The first address that doesn't exist; nothing is moved. */
        rw_fail(d, lba > d->sectors ? lba : d->sectors, IDE_ER_IDNF, 0);
        return;
    }
    if (rw->write && block_read_only(d->blk)) {
        rw_fail(d, lba, IDE_ER_ABRT, IDE_DF);
        return;
    }
    d->power = POWER_ACTIVE;
    rw->lba = lba;
    rw->remaining = count;
    rw->bad = false;
    rw->chunk_max = rw->dma || rw->verify ? IDE_BUF_MAX / SECTOR_SIZE : PIO_SECTORS;
    rw->req_limit = rw->chunk_max;
    rw->drq_bytes = (flags & RW_MULTIPLE ? d->multiple : 1u) * SECTOR_SIZE;
    chunk_begin(d, true);
}

/* --- other commands ------------------------------------------------------------------------- */

static void cmd_read(struct ide_drive *d)
{
    rw_start(d, 0);
}

static void cmd_read_ext(struct ide_drive *d)
{
    rw_start(d, RW_EXT);
}

static void cmd_read_multiple(struct ide_drive *d)
{
    rw_start(d, RW_MULTIPLE);
}

static void cmd_read_multiple_ext(struct ide_drive *d)
{
    rw_start(d, RW_MULTIPLE | RW_EXT);
}

static void cmd_read_dma(struct ide_drive *d)
{
    rw_start(d, RW_DMA);
}

static void cmd_read_dma_ext(struct ide_drive *d)
{
    rw_start(d, RW_DMA | RW_EXT);
}

static void cmd_write(struct ide_drive *d)
{
    rw_start(d, RW_WRITE);
}

static void cmd_write_ext(struct ide_drive *d)
{
    rw_start(d, RW_WRITE | RW_EXT);
}

static void cmd_write_multiple(struct ide_drive *d)
{
    rw_start(d, RW_WRITE | RW_MULTIPLE);
}

static void cmd_write_multiple_ext(struct ide_drive *d)
{
    rw_start(d, RW_WRITE | RW_MULTIPLE | RW_EXT);
}

static void cmd_write_dma(struct ide_drive *d)
{
    rw_start(d, RW_WRITE | RW_DMA);
}

static void cmd_write_dma_ext(struct ide_drive *d)
{
    rw_start(d, RW_WRITE | RW_DMA | RW_EXT);
}

static void cmd_verify(struct ide_drive *d)
{
    rw_start(d, RW_VERIFY);
}

static void cmd_verify_ext(struct ide_drive *d)
{
    rw_start(d, RW_VERIFY | RW_EXT);
}

static void seek(struct ide_drive *d)
{
    uint64_t lba;
    if (!address_get(d, false, &lba) || lba >= d->sectors) {
        ide_fail(d, IDE_ER_IDNF, 0);
        return;
    }
    ide_complete(d);
}

static void flush_done(struct ide_drive *d, int ret)
{
    if (ret < 0) {
        ide_log_failure(d, "flush", 0, ret);
        ide_fail(d, IDE_ER_ABRT, IDE_DF);
        return;
    }
    ide_complete(d);
}

static void flush(struct ide_drive *d)
{
    if (block_read_only(d->blk)) {
        ide_complete(d);
        return;
    }
    ide_block_flush(d, flush_done);
}

static void initialize_parameters(struct ide_drive *d)
{
    unsigned heads = (d->tf.device & 0x0f) + 1u, spt = d->tf.nsector[0];
    uint64_t cyls = spt ? d->sectors / (heads * spt) : 0;
    if (cyls == 0) {
        ide_fail(d, IDE_ER_ABRT, 0);
        return;
    }
    d->cur_heads = heads;
    d->cur_spt = spt;
    d->cur_cyls = cyls > 65535 ? 65535 : (unsigned)cyls;
    ide_complete(d);
}

static void set_multiple(struct ide_drive *d)
{
    unsigned n = d->tf.nsector[0];
    if (n > 16 || (n & (n - 1))) {
        d->multiple = 0; /* ATA-6 8.37: refused, and multiple mode is off */
        ide_fail(d, IDE_ER_ABRT, 0);
        return;
    }
    d->multiple = (uint8_t)n;
    ide_complete(d);
}

static void set_features(struct ide_drive *d)
{
    bool ok = true;
    switch (d->tf.feature[0]) {
    case 0x02: d->write_cache = true; break;
    case 0x82:
        /* What is cached goes to the medium before the cache is off. */
        d->write_cache = false;
        flush(d);
        return;
    case 0x03: ok = ide_set_transfer_mode(d, d->tf.nsector[0]); break;
    case 0x55: d->look_ahead = false; break;
    case 0xaa: d->look_ahead = true; break;
    case 0x05:
    case 0x85: /* advanced power management */
    case 0x42:
    case 0xc2: /* acoustic management */ ok = false; break;
    case 0x66:
    case 0xcc: break; /* keep or revert settings at soft reset: accepted */
    default: ok = false; break;
    }
    if (!ok) {
        ide_fail(d, IDE_ER_ABRT, 0);
        return;
    }
    ide_complete(d);
}

static void native_max(struct ide_drive *d, bool ext)
{
    uint64_t last = d->sectors - 1;
    if (!ext && last > 0x0fffffff) {
        last = 0x0fffffff;
    }
    if (!ext) {
        d->tf.device |= IDE_DEV_LBA;
    }
    address_put(d, ext, last);
    ide_complete(d);
}

static void cmd_native_max(struct ide_drive *d)
{
    native_max(d, false);
}

static void cmd_native_max_ext(struct ide_drive *d)
{
    native_max(d, true);
}

static void power_check(struct ide_drive *d)
{
    d->tf.nsector[0] = d->power;
    ide_complete(d);
}

static void power_standby(struct ide_drive *d)
{
    d->power = POWER_STANDBY;
    flush(d);
}

static void power_idle(struct ide_drive *d)
{
    d->power = POWER_ACTIVE;
    ide_complete(d);
}

static void power_sleep(struct ide_drive *d)
{
    d->power = POWER_STANDBY;
    d->asleep = true;
    flush(d);
}

/* Ends a data-in command whose data was one sector. */
static void single_in_moved(struct ide_drive *d)
{
    d->tf.status = IDE_DRDY | IDE_DSC;
}

static void identify(struct ide_drive *d)
{
    if (!ide_buf_reserve(d, SECTOR_SIZE)) {
        ide_fail(d, IDE_ER_ABRT, 0);
        return;
    }
    ata_identify(d);
    d->tf.status |= IDE_DSC;
    ide_pio_begin(d, 0, SECTOR_SIZE, true, single_in_moved, true);
}

static void buffer_read(struct ide_drive *d)
{
    if (!ide_buf_reserve(d, SECTOR_SIZE)) {
        ide_fail(d, IDE_ER_ABRT, 0);
        return;
    }
    memcpy(d->buf, d->host_buf, sizeof(d->host_buf));
    ide_pio_begin(d, 0, SECTOR_SIZE, true, single_in_moved, true);
}

static void buffer_written(struct ide_drive *d)
{
    memcpy(d->host_buf, d->buf, sizeof(d->host_buf));
    ide_complete(d);
}

static void buffer_write(struct ide_drive *d)
{
    if (!ide_buf_reserve(d, SECTOR_SIZE)) {
        ide_fail(d, IDE_ER_ABRT, 0);
        return;
    }
    ide_pio_begin(d, 0, SECTOR_SIZE, false, buffer_written, false);
}

struct ata_cmd {
    uint8_t code;
    void (*run)(struct ide_drive *d);
};

static const struct ata_cmd commands[] = {
    { 0x10, ide_complete }, /* RECALIBRATE */
    { 0x20, cmd_read },
    { 0x21, cmd_read },
    { 0x24, cmd_read_ext },
    { 0x25, cmd_read_dma_ext },
    { 0x27, cmd_native_max_ext },
    { 0x29, cmd_read_multiple_ext },
    { 0x30, cmd_write },
    { 0x31, cmd_write },
    { 0x34, cmd_write_ext },
    { 0x35, cmd_write_dma_ext },
    { 0x39, cmd_write_multiple_ext },
    { 0x40, cmd_verify },
    { 0x41, cmd_verify },
    { 0x42, cmd_verify_ext },
    { 0x70, seek },
    { 0x91, initialize_parameters },
    { 0x94, power_standby },
    { 0x95, power_idle },
    { 0x96, power_standby },
    { 0x97, power_idle },
    { 0x98, power_check },
    { 0x99, power_sleep },
    { 0xc4, cmd_read_multiple },
    { 0xc5, cmd_write_multiple },
    { 0xc6, set_multiple },
    { 0xc8, cmd_read_dma },
    { 0xc9, cmd_read_dma },
    { 0xca, cmd_write_dma },
    { 0xcb, cmd_write_dma },
    { 0xe0, power_standby },
    { 0xe1, power_idle },
    { 0xe2, power_standby },
    { 0xe3, power_idle },
    { 0xe4, buffer_read },
    { 0xe5, power_check },
    { 0xe6, power_sleep },
    { 0xe7, flush },
    { 0xe8, buffer_write },
    { 0xea, flush },
    { 0xec, identify },
    { 0xef, set_features },
    { 0xf8, cmd_native_max },
};

void ata_command(struct ide_drive *d, uint8_t cmd)
{
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        if (commands[i].code == cmd) {
            commands[i].run(d);
            return;
        }
    }
    /* NOP ends with ABRT by definition (ATA-6 8.16); so do SMART and all that isn't offered.
     * IDENTIFY PACKET DEVICE on a disk aborts with the signature in place, as probes expect. */
    if (cmd == 0xa1) {
        d->tf.nsector[0] = d->tf.lba_low[0] = 1;
        d->tf.lba_mid[0] = d->tf.lba_high[0] = 0;
    }
    ide_fail(d, IDE_ER_ABRT, 0);
}

void ata_reset(struct ide_drive *d, bool hard)
{
    uint8_t device = d->tf.device;
    memset(&d->tf, 0, sizeof(d->tf));
    d->tf.nsector[0] = 1;
    d->tf.lba_low[0] = 1;
    d->tf.error = 1; /* diagnostic passed */
    d->tf.status = IDE_DRDY | IDE_DSC;
    d->tf.device = hard ? 0xa0 : (uint8_t)(device & 0xa0);
    d->power = POWER_ACTIVE;
    d->asleep = false;
    if (hard) {
        d->multiple = 0;
        d->write_cache = d->look_ahead = true;
        d->mwdma_mode = d->udma_mode = 0;
        d->cur_cyls = d->cyls;
        d->cur_heads = d->heads;
        d->cur_spt = d->spt;
        memset(d->host_buf, 0, sizeof(d->host_buf));
    }
}
