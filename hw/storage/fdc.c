/* SPDX-License-Identifier: MIT */
/*
 * Intel 82077AA floppy disk controller (datasheet 290166) in PC/AT mode with two drives, on DMA
 * channel 2 and IRQ 6. Machine lock held.
 *
 * Data commands move runs of sectors with one block request and hand them to the DMA controller, or
 * byte by byte through the FIFO (non-DMA mode). Mechanics take no time: seeks end at once. A drive
 * without a disk gives "missing address mark" where the real chip waits for an index pulse that
 * never comes. Host errors: data error in data field for reads, equipment check for writes.
 * Not modelled: SCAN commands, deleted data marks on the medium (every sector has a normal one),
 * sector sizes other than 512 bytes, PS/2 status registers A and B, power-down.
 */
#include "hw/storage/fdc.h"

#include <errno.h>
#include <string.h>

#include "core/log.h"
#include "core/trace.h"
#include "hw/isa/isa.h"
#include "hw/pc/dma8237.h"
#include "hw/storage/fdc_int.h"

#define FDC_IRQ         6
#define FDC_DMA         2
#define VERSION_82077AA 0x90

enum dor_bits { DOR_DRIVE = 0x03, DOR_NRESET = 0x04, DOR_DMAGATE = 0x08 };
enum msr_bits { MSR_RQM = 0x80, MSR_DIO = 0x40, MSR_NONDMA = 0x20, MSR_BUSY = 0x10 };
enum config_bits { CONFIG_EIS = 0x40, CONFIG_EFIFO = 0x20, CONFIG_POLL = 0x10 };
enum specify_bits { SPECIFY_ND = 0x01 };

/* --- interrupt and phases ----------------------------------------------------------------- */

static void update_irq(struct fdc *f)
{
    irq_set(f->isa->irq[FDC_IRQ], f->irq_pending && (f->dor & DOR_DMAGATE));
}

static void set_irq(struct fdc *f, bool on)
{
    f->irq_pending = on;
    update_irq(f);
}

static void phase_command(struct fdc *f)
{
    f->phase = FDC_COMMAND;
    f->cmd_len = 0;
    f->result_len = f->result_pos = 0;
}

/* Results without an interrupt (control commands). */
static void phase_result(struct fdc *f, unsigned len)
{
    f->phase = FDC_RESULT;
    f->result_len = len;
    f->result_pos = 0;
}

static void dma_hold(struct fdc *f, bool on)
{
    if (f->isa->dma) {
        dma8237_hold(f->isa->dma, FDC_DMA, on);
    }
}

void fdc_finish(struct fdc *f, uint8_t st0, uint8_t st1, uint8_t st2)
{
    trace_fdc_finish(st0, st1, st2);
    dma_hold(f, false);
    f->result[0] = (uint8_t)(st0 | (f->cmd[1] & 7));
    f->result[1] = st1;
    f->result[2] = st2;
    f->result[3] = f->c;
    f->result[4] = f->h;
    f->result[5] = f->r;
    f->result[6] = f->n;
    phase_result(f, 7);
    set_irq(f, true);
}

struct fdd *fdc_selected(struct fdc *f)
{
    unsigned unit = f->cmd[1] & 3;
    return unit < FDC_DRIVES ? &f->drive[unit] : &f->absent;
}

/* --- the data path ------------------------------------------------------------------------ */

static void dma_pump(struct fdc *f)
{
    bool tc = false;
    size_t n = 0, left = f->end - f->pos;
    if (!f->isa->dma) {
        return;
    }
    if (f->to_host) {
        n = dma8237_write(f->isa->dma, FDC_DMA, f->buf + f->pos, left, &tc);
    } else {
        n = dma8237_read(f->isa->dma, FDC_DMA, f->buf + f->pos, left, &tc);
    }
    f->pos += n;
    f->tc = tc;
    if (tc || f->pos == f->end) {
        f->phase = FDC_BUSY;
        fdc_data_moved(f);
    }
}

static void dma_ready(void *opaque)
{
    struct fdc *f = opaque;
    if (f->phase == FDC_DMA_DATA && !f->in_pump) {
        f->in_pump = true;
        while (f->phase == FDC_DMA_DATA && dma8237_channel_ready(f->isa->dma, FDC_DMA)) {
            size_t before = f->pos;
            dma_pump(f);
            if (f->phase == FDC_DMA_DATA && f->pos == before) {
                break;
            }
        }
        f->in_pump = false;
    }
}

/* Offers buf[0..len) to the host, or asks it for as much. */
void fdc_data_begin(struct fdc *f, size_t len, bool to_host)
{
    f->pos = 0;
    f->end = len;
    f->to_host = to_host;
    f->tc = false;
    if (f->specify[1] & SPECIFY_ND) {
        f->phase = FDC_PIO_DATA;
        set_irq(f, true);
        return;
    }
    f->phase = FDC_DMA_DATA;
    dma_hold(f, true);
    dma_ready(f);
}

static void pio_byte_done(struct fdc *f)
{
    set_irq(f, false);
    if (++f->pos == f->end) {
        f->phase = FDC_BUSY;
        fdc_data_moved(f);
    } else {
        set_irq(f, true);
    }
}

/* --- control commands --------------------------------------------------------------------- */

static void invalid(struct fdc *f)
{
    f->result[0] = 0x80;
    phase_result(f, 1);
}

static void specify(struct fdc *f)
{
    f->specify[0] = f->cmd[1];
    f->specify[1] = f->cmd[2];
    phase_command(f);
}

static void sense_drive(struct fdc *f)
{
    const struct fdd *d = fdc_selected(f);
    uint8_t st3 = (uint8_t)(0x28 | (f->cmd[1] & 7)); /* ready and two-sided are wired high */
    if (d->present && d->track == 0) {
        st3 |= 0x10;
    }
    if (d->present && (!d->blk || block_read_only(d->blk))) {
        st3 |= 0x40;
    }
    f->result[0] = st3;
    phase_result(f, 1);
}

static void sense_interrupt(struct fdc *f)
{
    for (unsigned i = 0; i < 4; i++) {
        if (f->sense_pending & 1u << i) {
            f->sense_pending &= (uint8_t) ~(1u << i);
            f->seek_pending &= (uint8_t) ~(1u << i);
            f->drive_busy &= (uint8_t) ~(1u << i);
            f->result[0] = f->sense_st0[i];
            f->result[1] = i < FDC_DRIVES ? f->drive[i].track : 0;
            phase_result(f, 2);
            set_irq(f, false);
            return;
        }
    }
    invalid(f); /* nothing to sense */
}

static void seek_done(struct fdc *f, uint8_t st0)
{
    unsigned unit = f->cmd[1] & 3;
    f->sense_st0[unit] = (uint8_t)(st0 | (f->cmd[1] & 7));
    f->sense_pending |= (uint8_t)(1u << unit);
    f->seek_pending |= (uint8_t)(1u << unit);
    f->drive_busy |= (uint8_t)(1u << unit);
    phase_command(f);
    set_irq(f, true);
}

static void recalibrate(struct fdc *f)
{
    struct fdd *d = fdc_selected(f);
    if (!d->present) {
        seek_done(f, 0x70); /* no TRK0 signal: abnormal, seek end, equipment check */
        return;
    }
    f->cmd[1] &= 3;
    fdc_step_to(d, 0);
    seek_done(f, 0x20);
}

static void seek(struct fdc *f)
{
    struct fdd *d = fdc_selected(f);
    if (d->present) {
        fdc_step_to(d, f->cmd[2]);
    }
    seek_done(f, 0x20);
}

static void relative_seek(struct fdc *f)
{
    struct fdd *d = fdc_selected(f);
    int by = f->cmd[0] & 0x40 ? f->cmd[2] : -(int)f->cmd[2], to = d->track + by;
    if (d->present) {
        fdc_step_to(d, to < 0 ? 0 : to > 255 ? 255 : (uint8_t)to);
    }
    seek_done(f, 0x20);
}

static void version(struct fdc *f)
{
    f->result[0] = VERSION_82077AA;
    phase_result(f, 1);
}

static void configure(struct fdc *f)
{
    f->config = f->cmd[2] & 0x7f;
    f->pretrk = f->cmd[3];
    phase_command(f);
}

static void perpendicular(struct fdc *f)
{
    if (f->cmd[1] & 0x80) {
        f->perpendicular = f->cmd[1] & 0x3f;
    } else {
        f->perpendicular = (uint8_t)((f->perpendicular & 0x3c) | (f->cmd[1] & 3));
    }
    phase_command(f);
}

static void lock(struct fdc *f)
{
    f->lock = f->cmd[0] & 0x80;
    f->result[0] = f->lock ? 0x10 : 0;
    phase_result(f, 1);
}

static void dumpreg(struct fdc *f)
{
    uint8_t *p = f->result;
    p[0] = f->drive[0].track;
    p[1] = f->drive[1].track;
    p[2] = p[3] = 0;
    p[4] = f->specify[0];
    p[5] = f->specify[1];
    p[6] = f->eot;
    p[7] = (uint8_t)((f->lock ? 0x80 : 0) | f->perpendicular);
    p[8] = f->config;
    p[9] = f->pretrk;
    phase_result(f, 10);
}

static const struct fdc_cmd {
    uint8_t code, mask, len; /* bytes of the command phase */
    void (*run)(struct fdc *f);
} commands[] = {
    { 0x06, 0x1f, 9, fdc_cmd_read },
    { 0x05, 0x3f, 9, fdc_cmd_write },
    { 0x0c, 0x1f, 9, fdc_cmd_read_deleted },
    { 0x09, 0x3f, 9, fdc_cmd_write },
    { 0x02, 0x9f, 9, fdc_cmd_read_track },
    { 0x16, 0x1f, 9, fdc_cmd_verify },
    { 0x0a, 0xbf, 2, fdc_cmd_read_id },
    { 0x0d, 0xbf, 6, fdc_cmd_format },
    { 0x03, 0xff, 3, specify },
    { 0x04, 0xff, 2, sense_drive },
    { 0x07, 0xff, 2, recalibrate },
    { 0x08, 0xff, 1, sense_interrupt },
    { 0x0f, 0xff, 3, seek },
    { 0x8f, 0xbf, 3, relative_seek },
    { 0x0e, 0xff, 1, dumpreg },
    { 0x10, 0xff, 1, version },
    { 0x12, 0xff, 2, perpendicular },
    { 0x13, 0xff, 4, configure },
    { 0x14, 0x7f, 1, lock }, /* PART ID (18h) came with the 82078 and is invalid here */
};

static const struct fdc_cmd *command_find(uint8_t code)
{
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        if ((code & commands[i].mask) == commands[i].code) {
            return &commands[i];
        }
    }
    return NULL;
}

static void command_byte(struct fdc *f, uint8_t v)
{
    f->cmd[f->cmd_len++] = v;
    const struct fdc_cmd *c = command_find(f->cmd[0]);
    if (!c) {
        guest_warn("fdc", "unknown command 0x%02x", f->cmd[0]);
        invalid(f);
    } else if (f->cmd_len == c->len) {
        trace_fdc_command(f->cmd[0]);
        f->cmd_len = 0;
        f->phase = FDC_BUSY;
        c->run(f);
    }
}

/* --- registers ---------------------------------------------------------------------------- */

static bool in_reset(const struct fdc *f)
{
    return !(f->dor & DOR_NRESET);
}

static void soft_reset(struct fdc *f)
{
    fdc_cancel(f);
    dma_hold(f, false);
    phase_command(f);
    f->sense_pending = f->seek_pending = f->drive_busy = 0;
    if (!f->lock) {
        f->config = CONFIG_EFIFO;
        f->pretrk = 0;
    }
    f->perpendicular &= 0x3c;
    set_irq(f, false);
}

/* Polling finds each drive's ready line changed after a reset: four interrupts to sense. */
static void reset_ended(struct fdc *f)
{
    if (f->config & CONFIG_POLL) {
        return;
    }
    for (unsigned i = 0; i < 4; i++) {
        f->sense_st0[i] = (uint8_t)(0xc0 | i);
    }
    f->sense_pending = 0x0f;
    set_irq(f, true);
}

static void dor_write(struct fdc *f, uint8_t v)
{
    bool was = in_reset(f);
    f->dor = v;
    if (!was && in_reset(f)) {
        soft_reset(f);
    } else if (was && !in_reset(f)) {
        reset_ended(f);
    }
    update_irq(f);
}

static uint8_t msr_read(const struct fdc *f)
{
    uint8_t busy = f->drive_busy;
    if (in_reset(f)) {
        return 0;
    }
    switch (f->phase) {
    case FDC_COMMAND: return (uint8_t)(MSR_RQM | busy | (f->cmd_len ? MSR_BUSY : 0));
    case FDC_RESULT: return (uint8_t)(MSR_RQM | MSR_DIO | MSR_BUSY | busy);
    case FDC_PIO_DATA:
        return (uint8_t)(MSR_RQM | MSR_NONDMA | MSR_BUSY | busy | (f->to_host ? MSR_DIO : 0));
    default: return (uint8_t)(MSR_BUSY | busy | (f->specify[1] & SPECIFY_ND ? MSR_NONDMA : 0));
    }
}

static uint8_t fifo_read(struct fdc *f)
{
    if (in_reset(f)) {
        return 0;
    }
    if (f->phase == FDC_PIO_DATA && f->to_host) {
        uint8_t v = f->buf[f->pos];
        pio_byte_done(f);
        return v;
    }
    if (f->phase != FDC_RESULT) {
        guest_warn("fdc", "FIFO read without data");
        return 0;
    }
    set_irq(f, false);
    uint8_t v = f->result[f->result_pos++];
    if (f->result_pos == f->result_len) {
        phase_command(f);
        if (f->seek_pending) {
            set_irq(f, true); /* another seek has ended meanwhile; a reset interrupts once */
        }
    }
    return v;
}

static void fifo_write(struct fdc *f, uint8_t v)
{
    if (in_reset(f)) {
        return;
    }
    if (f->phase == FDC_PIO_DATA && !f->to_host) {
        f->buf[f->pos] = v;
        pio_byte_done(f);
    } else if (f->phase == FDC_COMMAND) {
        command_byte(f, v);
    } else {
        guest_warn("fdc", "FIFO write 0x%02x while busy", v);
    }
}

static uint8_t dir_read(const struct fdc *f)
{
    unsigned unit = f->dor & DOR_DRIVE;
    if (unit >= FDC_DRIVES || !(f->dor & 0x10u << unit)) {
        return 0; /* no drive drives the line */
    }
    return f->drive[unit].present && f->drive[unit].changed ? 0x80 : 0;
}

static uint32_t port_read(void *opaque, uint16_t off, unsigned size)
{
    struct fdc *f = opaque;
    (void)size;
    switch (off) {
    case 2: return f->dor;
    case 3: return f->tdr;
    case 4: return msr_read(f);
    case 5: return fifo_read(f);
    default: return 0xff; /* 3F0 and 3F1 exist in PS/2 mode only */
    }
}

static void port_write(void *opaque, uint16_t off, uint32_t v, unsigned size)
{
    struct fdc *f = opaque;
    (void)size;
    switch (off) {
    case 2: dor_write(f, (uint8_t)v); break;
    case 3: f->tdr = v & 3; break;
    case 4:
        f->rate = v & 3;
        if (v & 0x80) { /* software reset, clears itself */
            soft_reset(f);
            reset_ended(f);
        }
        break;
    case 5: fifo_write(f, (uint8_t)v); break;
    default: break;
    }
}

static uint32_t dir_port_read(void *opaque, uint16_t off, unsigned size)
{
    (void)off, (void)size;
    return dir_read(opaque);
}

static void ccr_port_write(void *opaque, uint16_t off, uint32_t v, unsigned size)
{
    struct fdc *f = opaque;
    (void)off, (void)size;
    f->rate = v & 3;
}

static const struct ioport_ops port_ops = { port_read, port_write, 1, 1 };
static const struct ioport_ops dir_ops = { dir_port_read, ccr_port_write, 1, 1 };

/* --- life --------------------------------------------------------------------------------- */

static void fdc_reset(struct device *dev)
{
    struct fdc *f = (struct fdc *)dev;
    f->lock = false;
    soft_reset(f);
    f->dor = 0; /* held in reset until software takes it out */
    f->tdr = 0;
    f->rate = 2;
    f->specify[0] = f->specify[1] = 0;
    f->perpendicular = 0;
    for (unsigned i = 0; i < FDC_DRIVES; i++) {
        f->drive[i].track = 0;
    }
    update_irq(f);
}

static void fdc_unrealize(struct device *dev)
{
    struct fdc *f = (struct fdc *)dev;
    fdc_cancel(f);
    if (f->ports > 0) {
        ioport_remove(f->isa->io, 0x3f0, &port_ops, f);
    }
    if (f->ports > 1) {
        ioport_remove(f->isa->io, 0x3f7, &dir_ops, f);
    }
    if (f->ports > 1 && f->isa->dma) {
        dma8237_attach(f->isa->dma, FDC_DMA, NULL, NULL);
    }
    f->ports = 0;
    for (unsigned i = 0; i < FDC_DRIVES; i++) {
        if (f->drives[i]) {
            f->drives[i]->attached = false;
        }
    }
    g_free(f->buf);
    f->buf = NULL;
}

static bool fdc_realize(struct device *dev, GError **err)
{
    struct fdc *f = (struct fdc *)dev;
    f->isa = isa_bus_of(dev);
    f->buf = g_malloc0(FDC_BUF);
    for (unsigned i = 0; i < FDC_DRIVES; i++) {
        struct drive *d = f->drives[i];
        if (!d) {
            continue;
        }
        f->drive[i].present = true;
        if (!fdc_insert(&f->drive[i], d->block)) {
            g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                        "drive '%s': %" G_GUINT64_FORMAT " sectors are too many for a floppy disk "
                        "(at most %u)",
                        d->id ? d->id : block_path(d->block), block_sectors(d->block),
                        FDC_MAX_SECTORS);
            f->drives[i] = NULL;
            fdc_unrealize(dev);
            return false;
        }
        d->attached = true;
    }
    if (ioport_add(f->isa->io, 0x3f0, 6, &port_ops, f, "fdc") == 0) {
        f->ports = 1;
    }
    if (f->ports == 1 && ioport_add(f->isa->io, 0x3f7, 1, &dir_ops, f, "fdc") == 0) {
        f->ports = 2;
    }
    if (f->ports < 2) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                    "floppy controller: ports 0x3f0-0x3f7 are taken by another device");
        fdc_unrealize(dev);
        return false;
    }
    if (f->isa->dma) {
        dma8237_attach(f->isa->dma, FDC_DMA, dma_ready, f);
    }
    fdc_reset(dev);
    return true;
}

static int fdc_change_drive(struct device *dev, struct drive *drive, struct block *medium,
                            bool force)
{
    const struct fdc *f = (struct fdc *)dev;
    (void)force; /* a floppy drive has no lock */
    for (unsigned i = 0; i < FDC_DRIVES; i++) {
        if (f->drives[i] == drive) {
            return fdc_change_medium(dev, i, medium);
        }
    }
    return -ENODEV;
}

const struct device_class fdc_class = {
    .name = "isa-fdc",
    .desc = "floppy controller (82077AA)",
    .bus = BUS_ISA,
    .size = sizeof(struct fdc),
    .realize = fdc_realize,
    .unrealize = fdc_unrealize,
    .reset = fdc_reset,
    .change_medium = fdc_change_drive,
};

struct device *fdc_new(struct isa_bus *bus, struct drive *const drives[2], GError **err)
{
    struct device *dev = device_new(&fdc_class);
    struct fdc *f = (struct fdc *)dev;
    dev->bus = (struct bus *)bus;
    memcpy(f->drives, drives, sizeof(f->drives));
    if (!device_realize(dev, err)) {
        device_free(dev);
        return NULL;
    }
    return dev;
}

uint8_t fdc_cmos_type(struct device *dev, unsigned unit)
{
    const struct fdc *f = (struct fdc *)dev;
    return unit < FDC_DRIVES && f->drive[unit].present ? f->drive[unit].type : 0;
}

int fdc_change_medium(struct device *dev, unsigned unit, struct block *medium)
{
    struct fdc *f = (struct fdc *)dev;
    if (unit >= FDC_DRIVES || !f->drive[unit].present) {
        return -ENODEV;
    }
    if (medium && block_sectors(medium) > FDC_MAX_SECTORS) {
        return -EINVAL;
    }
    if (f->phase != FDC_COMMAND && f->phase != FDC_RESULT && fdc_selected(f) == &f->drive[unit]) {
        fdc_cancel(f);
        fdc_finish(f, 0x40, 0x01, 0); /* the disk went away under the head */
    }
    fdc_insert(&f->drive[unit], medium);
    f->drives[unit]->block = medium;
    return 0;
}
