/* SPDX-License-Identifier: MIT */
/*
 * An IDE channel: command block and control registers, device selection, INTRQ, software reset, the
 * data port and the hand-over to the bus master, by ATA/ATAPI-6 (T13/1410D). No bus of its own.
 *
 * Register writes reach both devices, reads come from the selected one. A device that isn't there
 * reads as zeros, also on an empty channel (real boards pull DD7 down, so that software sees
 * "not busy"; zero is what ATA-6 9.16.1 asks of a device 0 that answers for a missing device 1).
 * Not modelled: overlapped and queued commands, CFA, 8-bit data transfer mode.
 */
#include "hw/storage/ide_core.h"

#include <string.h>

#include "core/log.h"
#include "core/trace.h"

enum {
    REG_DATA,
    REG_ERROR, /* Features on write */
    REG_NSECTOR,
    REG_LBA_LOW,
    REG_LBA_MID,
    REG_LBA_HIGH,
    REG_DEVICE,
    REG_STATUS, /* Command on write */
};

#define CMD_DEVICE_RESET 0x08
#define CMD_DIAGNOSTIC   0x90
/* How long BSY stays after software reset; the standard allows up to 31 s, hosts wait 2 ms. */
#define SRST_BUSY_NS (100 * NS_PER_US)

static struct ide_drive *selected(struct ide_channel *ch)
{
    return &ch->drive[ch->selected];
}

static void update_irq(struct ide_channel *ch)
{
    bool level = selected(ch)->intrq && !(ch->control & IDE_CTL_NIEN);
    bool rose = level && !ch->irq_level;
    if (level != ch->irq_level) {
        trace_ide_irq(ch->name, level);
    }
    ch->irq_level = level;
    if (rose && ch->dma.intrq_rose) {
        ch->dma.intrq_rose(ch->dma.opaque);
    }
    irq_set(ch->irq, level);
}

void ide_set_intrq(struct ide_drive *d, bool on)
{
    d->intrq = on;
    update_irq(d->ch);
}

/* --- commands' tools ------------------------------------------------------------------------ */

bool ide_buf_reserve(struct ide_drive *d, size_t size)
{
    if (d->buf_size >= size) {
        return true;
    }
    uint8_t *bigger = size <= IDE_BUF_MAX ? g_try_realloc(d->buf, size) : NULL;
    if (!bigger) {
        return false;
    }
    memset(bigger + d->buf_size, 0, size - d->buf_size);
    d->buf = bigger;
    d->buf_size = size;
    return true;
}

void ide_complete(struct ide_drive *d)
{
    d->tf.error = 0;
    d->tf.status = IDE_DRDY | IDE_DSC;
    ide_set_intrq(d, true);
}

void ide_fail(struct ide_drive *d, uint8_t error, uint8_t extra_status)
{
    d->rw.remaining = 0;
    d->tf.error = error;
    d->tf.status = IDE_DRDY | IDE_DSC | IDE_ERR | extra_status;
    ide_set_intrq(d, true);
}

void ide_pio_begin(struct ide_drive *d, size_t pos, size_t len, bool to_host,
                   void (*moved)(struct ide_drive *), bool interrupt)
{
    d->pos = pos;
    d->end = pos + len;
    d->to_host = to_host;
    d->moved = moved;
    d->tf.status = (d->tf.status & IDE_DSC) | IDE_DRDY | IDE_DRQ;
    if (interrupt) {
        ide_set_intrq(d, true);
    }
}

static void pio_moved(struct ide_drive *d)
{
    void (*moved)(struct ide_drive *) = d->moved;
    d->moved = NULL;
    d->tf.status = (d->tf.status & ~IDE_DRQ) | IDE_BSY;
    if (moved) {
        moved(d);
    }
}

void ide_dma_begin(struct ide_drive *d, size_t len, bool to_host, void (*moved)(struct ide_drive *))
{
    d->pos = 0;
    d->end = len;
    d->to_host = to_host;
    d->moved = moved;
    d->dma_pending = true;
    d->tf.status = IDE_DRDY | IDE_DSC | IDE_DRQ;
    ide_channel_dma_pump(d->ch);
}

static bool dma_step(struct ide_drive *d)
{
    struct ide_dma_ops *dma = &d->ch->dma;
    size_t n = 0;
    if (dma->transfer) {
        n = dma->transfer(dma->opaque, d->buf + d->pos, d->end - d->pos, d->to_host);
    }
    d->pos += n;
    if (d->pos < d->end) {
        return false; /* waits for the bus master to be started again */
    }
    d->dma_pending = false;
    pio_moved(d);
    return true;
}

/* A loop, not a recursion: `moved` may begin the next burst. */
void ide_channel_dma_pump(struct ide_channel *ch)
{
    if (ch->in_pump) {
        return;
    }
    ch->in_pump = true;
    for (unsigned i = 0; i < 2; i++) {
        while (ch->drive[i].dma_pending && dma_step(&ch->drive[i])) {
        }
    }
    ch->in_pump = false;
}

static void block_done(void *opaque, int ret)
{
    struct ide_drive *d = opaque;
    void (*done)(struct ide_drive *, int) = d->io_done;
    trace_ide_done(ret);
    d->req = NULL;
    d->io_active = false;
    d->io_done = NULL;
    if (done) {
        done(d, ret);
    }
}

void ide_log_failure(struct ide_drive *d, const char *what, uint64_t at, int ret)
{
    if (d->io_errors < 16) {
        d->io_errors++;
        log_err(d->ch->name, "unit %u: %s at %" G_GUINT64_FORMAT ": %s", d->unit, what, at,
                g_strerror(-ret));
    }
}

static unsigned block_begin(struct ide_drive *d, void (*done)(struct ide_drive *, int))
{
    d->tf.status = (d->tf.status & IDE_DSC) | IDE_DRDY | IDE_BSY;
    d->io_active = true;
    d->io_done = done;
    return ++d->io_seq;
}

/* The completion may have run already, and another request begun, when block_* returned. */
static void block_started(struct ide_drive *d, unsigned seq, struct block_req *req)
{
    if (d->io_active && d->io_seq == seq) {
        d->req = req;
    }
}

void ide_block_read(struct ide_drive *d, uint64_t sector, unsigned count, size_t off,
                    void (*done)(struct ide_drive *, int))
{
    unsigned seq = block_begin(d, done);
    trace_ide_read(sector, count);
    block_started(d, seq, block_read(d->blk, sector, count, d->buf + off, block_done, d));
}

void ide_block_write(struct ide_drive *d, uint64_t sector, unsigned count, size_t off,
                     void (*done)(struct ide_drive *, int))
{
    unsigned seq = block_begin(d, done);
    trace_ide_write(sector, count);
    block_started(d, seq, block_write(d->blk, sector, count, d->buf + off, block_done, d));
}

void ide_block_flush(struct ide_drive *d, void (*done)(struct ide_drive *, int))
{
    unsigned seq = block_begin(d, done);
    trace_ide_flush(d->unit);
    block_started(d, seq, block_flush(d->blk, block_done, d));
}

void ide_drive_cancel(struct ide_drive *d)
{
    if (d->req) {
        block_cancel(d->req);
    }
    d->req = NULL;
    d->io_active = false;
    d->io_done = NULL;
    d->moved = NULL;
    d->dma_pending = false;
    d->pos = d->end = 0;
    d->rw.remaining = 0;
}

void ide_put_string(uint16_t *words, const char *s, unsigned chars)
{
    size_t len = strlen(s);
    for (unsigned i = 0; i < chars; i++) {
        uint8_t c = i < len ? (uint8_t)s[i] : ' ';
        uint16_t *w = &words[i / 2];
        *w = i % 2 ? (uint16_t)((*w & 0xff00) | c) : (uint16_t)((*w & 0x00ff) | c << 8);
    }
}

void ide_words_to_buf(struct ide_drive *d, const uint16_t words[256])
{
    for (unsigned i = 0; i < 256; i++) {
        d->buf[2 * i] = (uint8_t)words[i];
        d->buf[2 * i + 1] = (uint8_t)(words[i] >> 8);
    }
}

bool ide_set_transfer_mode(struct ide_drive *d, uint8_t mode)
{
    unsigned n = mode & 7;
    switch (mode >> 3) {
    case 0: /* PIO default, with or without IORDY */
        if (n > 1) {
            return false;
        }
        d->mwdma_mode = d->udma_mode = 0;
        return true;
    case 1: /* PIO flow control 0-4 */
        if (n > 4) {
            return false;
        }
        d->mwdma_mode = d->udma_mode = 0;
        return true;
    case 4: /* multiword DMA 0-2 */
        if (n > 2) {
            return false;
        }
        d->mwdma_mode = (uint8_t)(1 << n);
        d->udma_mode = 0;
        return true;
    case 8: /* Ultra DMA 0-5 */
        if (n > 5) {
            return false;
        }
        d->udma_mode = (uint8_t)(1 << n);
        d->mwdma_mode = 0;
        return true;
    default: return false;
    }
}

/* --- resets --------------------------------------------------------------------------------- */

static void drive_reset(struct ide_drive *d, bool hard)
{
    ide_drive_cancel(d);
    d->intrq = false;
    if (d->kind == IDE_DISK) {
        ata_reset(d, hard);
    } else if (d->kind == IDE_CDROM) {
        atapi_reset(d, hard);
    }
}

static void drives_reset(struct ide_channel *ch, bool hard)
{
    for (unsigned i = 0; i < 2; i++) {
        drive_reset(&ch->drive[i], hard);
    }
    ch->selected = 0;
    update_irq(ch);
}

static void srst_done(void *opaque)
{
    drives_reset(opaque, false);
}

void ide_device_control(struct ide_channel *ch, uint8_t v)
{
    uint8_t changed = ch->control ^ v;
    ch->control = v;
    if (changed & IDE_CTL_SRST) {
        timer_del(&ch->srst_timer);
        if (v & IDE_CTL_SRST) {
            for (unsigned i = 0; i < 2; i++) {
                ide_drive_cancel(&ch->drive[i]);
                ch->drive[i].intrq = false;
                ch->drive[i].tf.status = IDE_BSY;
            }
        } else {
            timer_mod(&ch->srst_timer, clock_now_ns(ch->clock) + SRST_BUSY_NS);
        }
    }
    update_irq(ch);
}

/* EXECUTE DEVICE DIAGNOSTIC: both devices run it, device 0 answers for both. */
static void run_diagnostic(struct ide_channel *ch)
{
    drives_reset(ch, false);
    if (ch->drive[0].kind != IDE_NONE) {
        ide_set_intrq(&ch->drive[0], true);
    }
}

/* --- registers ------------------------------------------------------------------------------ */

static void command_write(struct ide_channel *ch, uint8_t cmd)
{
    struct ide_drive *d = selected(ch);
    trace_ide_command(ch->name, ch->selected, cmd);
    if (d->kind == IDE_NONE) {
        return;
    }
    bool device_reset = cmd == CMD_DEVICE_RESET && d->kind == IDE_CDROM;
    if ((ch->control & IDE_CTL_SRST) || timer_pending(&ch->srst_timer)) {
        return;
    }
    if ((d->tf.status & (IDE_BSY | IDE_DRQ)) && !device_reset) {
        guest_warn(ch->name, "command 0x%02x while device %u is busy (status 0x%02x)", cmd,
                   ch->selected, d->tf.status);
        return;
    }
    if (d->asleep && !device_reset && cmd != CMD_DIAGNOSTIC) {
        return; /* ATA-6 6.11: only a reset wakes it */
    }
    ide_set_intrq(d, false);
    d->command = cmd;
    if (cmd == CMD_DIAGNOSTIC) {
        run_diagnostic(ch);
        return;
    }
    d->tf.error = 0;
    d->tf.status = IDE_BSY | (d->tf.status & (IDE_DRDY | IDE_DSC));
    if (d->kind == IDE_DISK) {
        ata_command(d, cmd);
    } else {
        atapi_command(d, cmd);
    }
}

static void push(uint8_t reg[2], uint8_t v)
{
    reg[1] = reg[0];
    reg[0] = v;
}

static void taskfile_write(struct ide_channel *ch, unsigned reg, uint8_t v)
{
    for (unsigned i = 0; i < 2; i++) {
        struct ide_taskfile *tf = &ch->drive[i].tf;
        switch (reg) {
        case REG_ERROR: push(tf->feature, v); break;
        case REG_NSECTOR: push(tf->nsector, v); break;
        case REG_LBA_LOW: push(tf->lba_low, v); break;
        case REG_LBA_MID: push(tf->lba_mid, v); break;
        case REG_LBA_HIGH: push(tf->lba_high, v); break;
        default: tf->device = v | 0xa0; break;
        }
    }
    if (reg == REG_DEVICE) {
        ch->selected = v & IDE_DEV_DEV1 ? 1 : 0;
        update_irq(ch);
    }
}

static void register_write(struct ide_channel *ch, unsigned reg, uint8_t v)
{
    ch->control &= (uint8_t)~IDE_CTL_HOB; /* any command block write, ATA-6 6.20 */
    if (reg == REG_STATUS) {
        command_write(ch, v);
        return;
    }
    struct ide_drive *d = selected(ch);
    if (d->kind != IDE_NONE && (d->tf.status & (IDE_BSY | IDE_DRQ))) {
        return; /* indeterminate by the standard; a transfer in progress stays what it was */
    }
    taskfile_write(ch, reg, v);
}

uint8_t ide_alt_status(struct ide_channel *ch)
{
    struct ide_drive *d = selected(ch);
    return d->kind == IDE_NONE ? 0 : d->tf.status;
}

static uint8_t register_read(struct ide_channel *ch, unsigned reg)
{
    struct ide_drive *d = selected(ch);
    unsigned hob = ch->control & IDE_CTL_HOB ? 1 : 0;
    if (ch->drive[0].kind == IDE_NONE && ch->drive[1].kind == IDE_NONE) {
        return 0;
    }
    if (reg == REG_DEVICE) {
        return d->tf.device;
    }
    if (d->kind == IDE_NONE) {
        return 0;
    }
    switch (reg) {
    case REG_ERROR: return d->tf.error;
    case REG_NSECTOR: return d->tf.nsector[hob];
    case REG_LBA_LOW: return d->tf.lba_low[hob];
    case REG_LBA_MID: return d->tf.lba_mid[hob];
    case REG_LBA_HIGH: return d->tf.lba_high[hob];
    default: break;
    }
    uint8_t status = d->tf.status;
    if (d->intrq) {
        ide_set_intrq(d, false);
    }
    return status;
}

static bool data_port_ready(const struct ide_drive *d, bool to_host)
{
    return d->kind != IDE_NONE && (d->tf.status & IDE_DRQ) && !d->dma_pending &&
           d->to_host == to_host && d->pos < d->end;
}

static uint32_t data_read(struct ide_channel *ch, unsigned size)
{
    struct ide_drive *d = selected(ch);
    uint32_t v = 0;
    if (!data_port_ready(d, true)) {
        return ch->drive[0].kind == IDE_NONE && ch->drive[1].kind == IDE_NONE ? 0 : UINT32_MAX;
    }
    size_t left = d->end - d->pos;
    memcpy(&v, d->buf + d->pos, left < size ? left : size);
    d->pos += left < size ? left : size;
    if (d->pos == d->end) {
        pio_moved(d);
    }
    return v;
}

static void data_write(struct ide_channel *ch, uint32_t v, unsigned size)
{
    struct ide_drive *d = selected(ch);
    if (!data_port_ready(d, false)) {
        return;
    }
    size_t left = d->end - d->pos;
    memcpy(d->buf + d->pos, &v, left < size ? left : size);
    d->pos += left < size ? left : size;
    if (d->pos == d->end) {
        pio_moved(d);
    }
}

/* Wide accesses to the byte registers are cycles to consecutive ones, as ISA splits them. */
uint32_t ide_command_block_read(struct ide_channel *ch, unsigned reg, unsigned size)
{
    if (reg == REG_DATA) {
        return data_read(ch, size);
    }
    uint32_t v = 0;
    for (unsigned i = 0; i < size; i++) {
        uint32_t byte = reg + i <= REG_STATUS ? register_read(ch, reg + i) : 0xff;
        v |= byte << (8 * i);
    }
    return v;
}

void ide_command_block_write(struct ide_channel *ch, unsigned reg, uint32_t v, unsigned size)
{
    if (reg == REG_DATA) {
        data_write(ch, v, size);
        return;
    }
    for (unsigned i = 0; i < size && reg + i <= REG_STATUS; i++) {
        register_write(ch, reg + i, (uint8_t)(v >> (8 * i)));
    }
}

/* --- life ----------------------------------------------------------------------------------- */

void ide_drive_setup(struct ide_drive *d, enum ide_kind kind, struct block *blk, const char *serial)
{
    d->kind = kind;
    d->blk = blk;
    d->sectors = blk ? block_sectors(blk) : 0;
    g_strlcpy(d->model, kind == IDE_CDROM ? "EMU DVD-ROM" : "EMU HARDDISK", sizeof(d->model));
    g_strlcpy(d->serial, serial, sizeof(d->serial));
    if (kind == IDE_DISK) {
        ata_geometry(d);
    }
    drive_reset(d, true);
}

void ide_channel_init(struct ide_channel *ch, struct clock *clock, struct irq irq,
                      const struct ide_dma_ops *dma, const char *name)
{
    memset(ch, 0, sizeof(*ch));
    ch->clock = clock;
    ch->irq = irq;
    ch->dma = *dma;
    ch->name = name;
    for (unsigned i = 0; i < 2; i++) {
        ch->drive[i].ch = ch;
        ch->drive[i].unit = i;
    }
    timer_init(&ch->srst_timer, clock, srst_done, ch);
}

void ide_channel_exit(struct ide_channel *ch)
{
    timer_del(&ch->srst_timer);
    for (unsigned i = 0; i < 2; i++) {
        ide_drive_cancel(&ch->drive[i]);
        g_free(ch->drive[i].buf);
        ch->drive[i].buf = NULL;
        ch->drive[i].buf_size = 0;
    }
}

void ide_channel_reset(struct ide_channel *ch)
{
    timer_del(&ch->srst_timer);
    ch->control = 0;
    drives_reset(ch, true);
    for (unsigned i = 0; i < 2; i++) {
        ch->drive[i].tf.device = 0xa0;
    }
}
