/* SPDX-License-Identifier: MIT */
/* link: core/trace.c */
/* link: hw/storage/fdc.c hw/storage/fdc_data.c hw/pc/dma8237.c core/device.c core/opts.c */
/* link: core/error.c core/log.c core/clock.c core/ioport.c core/physmem.c core/physmem_access.c */
/* link: core/input.c core/types.c os/posix/[a-z]*.c os/linux/[a-z]*.c */
/* link: tests/fake/isa.c tests/fake/irq.c tests/fake/block.c */
/*
 * The floppy controller with the real DMA controller: sequences as BIOSes and Linux issue them.
 */
#include "backend/block/block.h"
#include "hw/pc/dma8237.h"
#include "hw/storage/fdc.h"
#include "tests/fake/block.h"
#include "tests/fake/isa.h"
#include "tests/fake/unit.h"

#include <errno.h>

#define BUF 0x20000u

struct rig {
    struct fake_isa *isa;
    struct dma8237 *dma;
    struct block *disk[2];
    struct drive drive[2];
    struct device *fdc;
    uint8_t result[10];
    unsigned results;
};

static uint8_t in(struct rig *r, uint16_t port)
{
    return fake_inb(r->isa, port);
}

static void out(struct rig *r, uint16_t port, unsigned v)
{
    fake_outb(r->isa, port, (uint8_t)v);
}

static unsigned irqs(struct rig *r)
{
    return fake_irq_take(&r->isa->irq, 6);
}

static void settle(struct rig *r)
{
    for (unsigned i = 0; i < 2; i++) {
        if (r->disk[i]) {
            fake_block_run_all(r->disk[i]);
        }
    }
}

static void results(struct rig *r)
{
    r->results = 0;
    while ((in(r, 0x3f4) & 0xd0) == 0xd0 && r->results < sizeof(r->result)) {
        r->result[r->results++] = in(r, 0x3f5);
    }
}

static void command(struct rig *r, const uint8_t *bytes, unsigned n)
{
    irqs(r);
    for (unsigned i = 0; i < n; i++) {
        assert_int_equal(in(r, 0x3f4) & 0xc0, 0x80);
        out(r, 0x3f5, bytes[i]);
    }
}

#define COMMAND(r, ...) \
    command((r), (const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }))

/* Sectors 0 = nothing, 1 = an empty drive. */
static struct rig *rig_new(uint64_t a, uint64_t b)
{
    struct rig *r = g_new0(struct rig, 1);
    struct drive *drives[2] = { NULL };
    uint64_t sizes[2] = { a, b };
    GError *err = NULL;
    r->isa = fake_isa_new(MIB(1));
    r->dma = dma8237_new(r->isa->bus.io, r->isa->bus.mem, &err);
    assert_non_null(r->dma);
    r->isa->bus.dma = r->dma;
    for (unsigned i = 0; i < 2; i++) {
        if (sizes[i] > 1) {
            r->disk[i] = fake_block_new(sizes[i]);
            for (uint64_t s = 0; s < sizes[i]; s++) {
                memset(r->disk[i]->data + s * 512, (int)(s & 0xff), 512);
                memcpy(r->disk[i]->data + s * 512, &s, 8);
            }
        }
        r->drive[i].block = r->disk[i];
        drives[i] = sizes[i] ? &r->drive[i] : NULL;
    }
    r->fdc = fdc_new(&r->isa->bus, drives, &err);
    assert_non_null(r->fdc);
    out(r, 0xd6, 0xc0); /* channel 4 cascades, as every BIOS sets it up */
    out(r, 0xd4, 0x00);
    out(r, 0x3f2, 0x00);
    out(r, 0x3f2, 0x1c); /* out of reset, DMA, motor 0 */
    assert_int_equal(irqs(r), 1);
    for (unsigned i = 0; i < 4; i++) { /* polling: four statuses, one interrupt */
        COMMAND(r, 0x08);
        results(r);
        assert_int_equal(r->results, 2);
        assert_int_equal(r->result[0], 0xc0 | i);
        assert_int_equal(irqs(r), 0);
    }
    out(r, 0x3f7, 0); /* 500 kbit/s */
    COMMAND(r, 0x03, 0xaf, 0x02);
    return r;
}

static void rig_free(struct rig *r)
{
    device_free(r->fdc);
    device_free((struct device *)r->dma);
    fake_isa_free(r->isa);
    for (unsigned i = 0; i < 2; i++) {
        if (r->disk[i]) {
            assert_int_equal(fake_block_pending(r->disk[i]), 0);
            fake_block_free(r->disk[i]);
        }
    }
    g_free(r);
}

/* Channel 2, single mode, to (0x46) or from (0x4a) memory at BUF. */
static void dma_setup(struct rig *r, uint8_t mode, unsigned bytes)
{
    out(r, 0x0a, 0x06);
    out(r, 0x0c, 0);
    out(r, 0x0b, mode);
    out(r, 0x04, BUF & 0xff);
    out(r, 0x04, BUF >> 8 & 0xff);
    out(r, 0x81, BUF >> 16);
    out(r, 0x05, (bytes - 1) & 0xff);
    out(r, 0x05, (bytes - 1) >> 8);
    out(r, 0x0a, 0x02);
}

static void seek_to(struct rig *r, unsigned unit, unsigned track)
{
    COMMAND(r, 0x0f, (uint8_t)unit, (uint8_t)track);
    assert_int_equal(irqs(r), 1);
    COMMAND(r, 0x08);
    results(r);
    assert_int_equal(r->result[0], 0x20 | unit);
    assert_int_equal(r->result[1], track);
}

static bool sectors_are(const uint8_t *p, uint64_t lba, unsigned n)
{
    for (unsigned i = 0; i < n; i++, p += 512) {
        uint64_t at;
        memcpy(&at, p, 8);
        if (at != lba + i || p[511] != (uint8_t)(lba + i)) {
            return false;
        }
    }
    return true;
}

static void test_reset(void **state)
{
    (void)state;
    struct rig *r = rig_new(2880, 0);
    COMMAND(r, 0x08); /* nothing to sense any more */
    results(r);
    assert_int_equal(r->results, 1);
    assert_int_equal(r->result[0], 0x80);
    out(r, 0x3f4, 0x80); /* reset by DSR */
    assert_int_equal(irqs(r), 1);
    out(r, 0x3f2, 0x14); /* DMAGATE off: no interrupt */
    assert_false(r->isa->irq.level[6]);
    out(r, 0x3f2, 0x18); /* in reset */
    assert_int_equal(in(r, 0x3f4), 0);
    out(r, 0x3f2, 0x1c);
    COMMAND(r, 0x08);
    results(r);
    COMMAND(r, 0x13, 0, 0x17, 0); /* CONFIGURE: polling off */
    COMMAND(r, 0x94);             /* LOCK keeps that through a reset */
    results(r);
    assert_int_equal(r->result[0], 0x10);
    out(r, 0x3f4, 0x80);
    assert_int_equal(irqs(r), 0);
    COMMAND(r, 0x0e);
    results(r);
    assert_int_equal(r->results, 10);
    assert_int_equal(r->result[8], 0x17);
    COMMAND(r, 0x10);
    results(r);
    assert_int_equal(r->result[0], 0x90);
    COMMAND(r, 0x1f); /* unknown */
    results(r);
    assert_int_equal(r->results, 1);
    assert_int_equal(r->result[0], 0x80);
    rig_free(r);
}

static void test_seek(void **state)
{
    (void)state;
    struct rig *r = rig_new(2880, 1);
    assert_int_equal(in(r, 0x3f7), 0x80); /* changed since power-on */
    COMMAND(r, 0x07, 0x00);
    assert_int_equal(irqs(r), 1);
    assert_int_equal(in(r, 0x3f4), 0x81); /* drive busy until sensed */
    COMMAND(r, 0x08);
    results(r);
    assert_int_equal(r->result[0], 0x20);
    assert_int_equal(r->result[1], 0);
    assert_int_equal(in(r, 0x3f4), 0x80);
    assert_int_equal(in(r, 0x3f7), 0);
    seek_to(r, 0, 40);
    COMMAND(r, 0x04, 0x04);
    results(r);
    assert_int_equal(r->result[0], 0x2c);
    COMMAND(r, 0x8f, 0x00, 5); /* relative, outwards */
    COMMAND(r, 0x08);
    results(r);
    assert_int_equal(r->result[1], 35);
    out(r, 0x3f2, 0x2d); /* empty drive: changed stays */
    COMMAND(r, 0x07, 0x01);
    COMMAND(r, 0x08);
    results(r);
    assert_int_equal(in(r, 0x3f7), 0x80);
    COMMAND(r, 0x07, 0x02); /* no such drive */
    COMMAND(r, 0x08);
    results(r);
    assert_int_equal(r->result[0], 0x72);
    rig_free(r);
}

static void test_read_dma(void **state)
{
    (void)state;
    struct rig *r = rig_new(2880, 0);
    uint8_t *ram = r->isa->ram + BUF;
    seek_to(r, 0, 3);
    /* Five sectors from C3 H1 R4; TC ends it. */
    dma_setup(r, 0x46, 5 * 512);
    COMMAND(r, 0xe6, 0x04, 3, 1, 4, 2, 18, 0x1b, 0xff);
    assert_int_equal(in(r, 0x3f4) & 0x90, 0x10);
    settle(r);
    assert_int_equal(irqs(r), 1);
    results(r);
    assert_int_equal(r->results, 7);
    assert_memory_equal(r->result, ((uint8_t[]){ 0x04, 0, 0, 3, 1, 9, 2 }), 7);
    assert_true(sectors_are(ram, (3 * 2 + 1) * 18 + 3, 5));
    assert_int_equal(r->disk[0]->reads, 1);
    assert_false(r->isa->irq.level[6]);
    /* The whole cylinder with MT. */
    dma_setup(r, 0x46, 36 * 512);
    COMMAND(r, 0xe6, 0x00, 3, 0, 1, 2, 18, 0x1b, 0xff);
    settle(r);
    results(r);
    assert_memory_equal(r->result, ((uint8_t[]){ 0x00, 0, 0, 4, 0, 1, 2 }), 7);
    assert_true(sectors_are(ram, 3 * 36, 36));
    assert_int_equal(r->disk[0]->reads, 2);
    /* No TC before the end of the track. */
    dma_setup(r, 0x46, 0x10000);
    COMMAND(r, 0x66, 0x00, 3, 0, 17, 2, 18, 0x1b, 0xff);
    settle(r);
    results(r);
    assert_memory_equal(r->result, ((uint8_t[]){ 0x40, 0x80, 0, 4, 0, 1, 2 }), 7);
    assert_true(sectors_are(ram, 3 * 36 + 16, 2));
    /* TC in the middle of a sector. */
    memset(ram, 0xee, 1024);
    dma_setup(r, 0x46, 700);
    COMMAND(r, 0x66, 0x00, 3, 0, 1, 2, 18, 0x1b, 0xff);
    settle(r);
    results(r);
    assert_int_equal(r->result[0], 0);
    assert_int_equal(ram[699], 109);
    assert_int_equal(ram[700], 0xee);
    /* The channel is masked: it waits, and goes on when unmasked. */
    dma_setup(r, 0x46, 512);
    out(r, 0x0a, 0x06);
    COMMAND(r, 0x66, 0x00, 3, 0, 2, 2, 18, 0x1b, 0xff);
    settle(r);
    assert_int_equal(irqs(r), 0);
    assert_int_equal(in(r, 0x3f4), 0x10);
    out(r, 0x0a, 0x02);
    assert_int_equal(irqs(r), 1);
    results(r);
    assert_true(sectors_are(ram, 109, 1));
    /* READ DELETED takes one normal sector and says so. */
    dma_setup(r, 0x46, 1024);
    COMMAND(r, 0x4c, 0x00, 3, 0, 2, 2, 18, 0x1b, 0xff);
    settle(r);
    results(r);
    assert_memory_equal(r->result, ((uint8_t[]){ 0x00, 0, 0x40 }), 3);
    rig_free(r);
}

static void test_errors(void **state)
{
    (void)state;
    struct rig *r = rig_new(2880, 1);
    static const struct {
        const char *name;
        uint8_t cmd[9], st[3];
    } cases[] = {
        { "no such sector", { 0x46, 0, 5, 0, 19, 2, 30, 27, 255 }, { 0x40, 0x04, 0 } },
        { "sector 0", { 0x46, 0, 5, 0, 0, 2, 18, 27, 255 }, { 0x40, 0x04, 0 } },
        { "other cylinder", { 0x46, 0, 6, 0, 1, 2, 18, 27, 255 }, { 0x40, 0x04, 0x10 } },
        { "other head", { 0x46, 4, 5, 0, 1, 2, 18, 27, 255 }, { 0x44, 0x04, 0 } },
        { "sectors of 1024", { 0x46, 0, 5, 0, 1, 3, 18, 27, 255 }, { 0x40, 0x04, 0 } },
        { "empty drive", { 0x46, 1, 0, 0, 1, 2, 18, 27, 255 }, { 0x41, 0x01, 0 } },
        { "no drive", { 0x46, 3, 0, 0, 1, 2, 18, 27, 255 }, { 0x43, 0x01, 0 } },
        { "write, no drive", { 0x45, 3, 0, 0, 1, 2, 18, 27, 255 }, { 0x43, 0x01, 0 } },
    };
    seek_to(r, 0, 5);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        dma_setup(r, 0x46, 512);
        command(r, cases[i].cmd, 9);
        settle(r);
        assert_case(cases[i].name, irqs(r) == 1);
        results(r);
        assert_case(cases[i].name, r->results == 7);
        assert_case(cases[i].name, memcmp(r->result, cases[i].st, 3) == 0);
    }
    out(r, 0x3f7, 2); /* the wrong data rate */
    COMMAND(r, 0x4a, 0x00);
    results(r);
    assert_memory_equal(r->result, ((uint8_t[]){ 0x40, 0x01, 0 }), 3);
    out(r, 0x3f7, 0);
    COMMAND(r, 0x4a, 0x00);
    results(r);
    assert_int_equal(r->result[0], 0);
    assert_int_equal(r->result[3], 5);
    /* Host error: the sectors before it arrive. */
    r->disk[0]->bad_sector = 5 * 36 + 3;
    dma_setup(r, 0x46, 9 * 512);
    COMMAND(r, 0x46, 0x00, 5, 0, 1, 2, 18, 0x1b, 0xff);
    settle(r);
    results(r);
    assert_memory_equal(r->result, ((uint8_t[]){ 0x40, 0x20, 0x20, 5, 0, 4, 2 }), 7);
    assert_true(sectors_are(r->isa->ram + BUF, 5 * 36, 3));
    dma_setup(r, 0x4a, 512);
    COMMAND(r, 0x45, 0x00, 5, 0, 4, 2, 18, 0x1b, 0xff);
    settle(r);
    results(r);
    assert_memory_equal(r->result, ((uint8_t[]){ 0x50, 0, 0 }), 3);
    r->disk[0]->read_only = true;
    COMMAND(r, 0x45, 0x00, 5, 0, 1, 2, 18, 0x1b, 0xff);
    results(r);
    assert_memory_equal(r->result, ((uint8_t[]){ 0x40, 0x02, 0 }), 3);
    COMMAND(r, 0x04, 0x00);
    results(r);
    assert_int_equal(r->result[0], 0x68);
    rig_free(r);
}

static void test_write(void **state)
{
    (void)state;
    struct rig *r = rig_new(1440, 0);
    memset(r->isa->ram + BUF, 0x3c, 8192);
    out(r, 0x3f7, 2);             /* 720K: 250 kbit/s */
    COMMAND(r, 0x13, 0, 0x57, 0); /* implied seek */
    dma_setup(r, 0x4a, 4 * 512);
    COMMAND(r, 0xc5, 0x00, 10, 0, 8, 2, 9, 0x1b, 0xff); /* crosses to head 1 */
    settle(r);
    assert_int_equal(irqs(r), 1);
    results(r);
    assert_memory_equal(r->result, ((uint8_t[]){ 0x00, 0, 0, 10, 1, 3, 2 }), 7);
    uint8_t *at = r->disk[0]->data + (10 * 18 + 7) * 512;
    for (unsigned i = 0; i < 2048; i++) {
        assert_int_equal(at[i], 0x3c);
    }
    assert_int_equal(at[2048 + 100], (10 * 18 + 11) & 0xff);
    assert_int_equal(r->disk[0]->writes, 1);
    dma_setup(r, 0x4a, 100); /* the rest of the sector becomes zero */
    COMMAND(r, 0x45, 0x00, 0, 0, 1, 2, 9, 0x1b, 0xff);
    settle(r);
    results(r);
    assert_int_equal(r->disk[0]->data[99], 0x3c);
    assert_int_equal(r->disk[0]->data[100], 0);
    assert_int_equal(r->disk[0]->data[600], 1);
    /* FORMAT TRACK of cylinder 2, head 1. */
    COMMAND(r, 0x0f, 0x04, 2);
    COMMAND(r, 0x08);
    results(r);
    for (unsigned i = 0; i < 9; i++) {
        uint8_t id[4] = { 2, 1, (uint8_t)(9 - i), 2 };
        memcpy(r->isa->ram + BUF + 4 * i, id, 4);
    }
    dma_setup(r, 0x4a, 36);
    COMMAND(r, 0x4d, 0x04, 2, 9, 0x54, 0xf6);
    settle(r);
    results(r);
    assert_int_equal(r->results, 7);
    assert_int_equal(r->result[0], 0x04);
    at = r->disk[0]->data + (2 * 18 + 9) * 512;
    assert_int_equal(at[0], 0xf6);
    assert_int_equal(at[9 * 512 - 1], 0xf6);
    assert_int_equal(at[9 * 512 + 9], (2 * 18 + 18) & 0xff);
    assert_int_equal(at[-1], (2 * 18 + 8) & 0xff);
    rig_free(r);
}

/* Without DMA: byte by byte through the FIFO, an interrupt each. */
static void test_pio(void **state)
{
    (void)state;
    struct rig *r = rig_new(2880, 0);
    uint8_t buf[1024];
    COMMAND(r, 0x03, 0xaf, 0x03);
    COMMAND(r, 0x46, 0x00, 0, 0, 17, 2, 18, 0x1b, 0xff);
    assert_int_equal(in(r, 0x3f4), 0x30);
    settle(r);
    for (unsigned i = 0; i < 1024; i++) {
        assert_int_equal(in(r, 0x3f4), 0xf0);
        buf[i] = in(r, 0x3f5);
    }
    assert_true(sectors_are(buf, 16, 2));
    results(r);
    assert_memory_equal(r->result, ((uint8_t[]){ 0x40, 0x80, 0, 1, 0, 1, 2 }), 7);
    COMMAND(r, 0x45, 0x00, 0, 0, 18, 2, 18, 0x1b, 0xff);
    for (unsigned i = 0; i < 512; i++) {
        assert_int_equal(in(r, 0x3f4), 0xb0);
        out(r, 0x3f5, 0x99);
    }
    settle(r);
    results(r);
    assert_int_equal(r->result[1], 0x80);
    assert_int_equal(r->disk[0]->data[17 * 512 + 511], 0x99);
    /* A reset in the middle; nothing is written. */
    COMMAND(r, 0x45, 0x00, 0, 0, 1, 2, 18, 0x1b, 0xff);
    out(r, 0x3f5, 0x11);
    out(r, 0x3f2, 0x18);
    out(r, 0x3f2, 0x1c);
    settle(r);
    assert_int_equal(r->disk[0]->data[0], 0);
    assert_int_equal(in(r, 0x3f4), 0x80);
    rig_free(r);
}

static void test_formats(void **state)
{
    (void)state;
    static const struct {
        uint64_t sectors;
        uint8_t type, rate, track, head, sector;
        uint64_t lba;
    } cases[] = {
        { 320, 2, 2, 39, 0, 8, 319 },    { 360, 2, 1, 39, 0, 9, 359 },
        { 640, 2, 2, 39, 1, 8, 639 },    { 720, 2, 2, 39, 1, 9, 719 },
        { 1440, 4, 2, 79, 1, 9, 1439 },  { 2400, 2, 0, 79, 1, 15, 2399 },
        { 2880, 4, 0, 79, 1, 18, 2879 }, { 5760, 5, 3, 79, 1, 36, 5759 },
        { 7, 4, 0, 0, 0, 7, 6 },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char name[32];
        snprintf(name, sizeof(name), "%u sectors", (unsigned)cases[i].sectors);
        struct rig *r = rig_new(cases[i].sectors, 0);
        assert_case(name, fdc_cmos_type(r->fdc, 0) == cases[i].type);
        out(r, 0x3f7, cases[i].rate);
        COMMAND(r, 0x13, 0, 0x57, 0);
        dma_setup(r, 0x46, 512);
        COMMAND(r, 0x46, (uint8_t)(cases[i].head << 2), cases[i].track, cases[i].head,
                cases[i].sector, 2, cases[i].sector, 0x1b, 0xff);
        settle(r);
        results(r);
        assert_case(name, (r->result[0] & 0xc0) == 0);
        assert_case(name, sectors_are(r->isa->ram + BUF, cases[i].lba, 1));
        rig_free(r);
    }
    struct rig *r = rig_new(7, 1); /* behind a boot image there are zeros */
    memset(r->isa->ram + BUF, 0xff, 1024);
    dma_setup(r, 0x46, 1024);
    COMMAND(r, 0x46, 0x00, 0, 0, 7, 2, 18, 0x1b, 0xff);
    settle(r);
    results(r);
    assert_int_equal(r->result[0], 0);
    assert_true(sectors_are(r->isa->ram + BUF, 6, 1));
    assert_int_equal(r->isa->ram[BUF + 512], 0);
    assert_int_equal(fdc_cmos_type(r->fdc, 1), 4);
    struct block *big = fake_block_new(6000), *dd = fake_block_new(1440);
    assert_int_equal(fdc_change_medium(r->fdc, 1, big), -EINVAL);
    assert_int_equal(fdc_change_medium(r->fdc, 1, dd), 0);
    assert_int_equal(fdc_change_medium(r->fdc, 1, NULL), 0);
    rig_free(r);
    fake_block_free(big);
    fake_block_free(dd);
}

static void test_random(void **state)
{
    (void)state;
    struct rig *r = rig_new(2880, 720);
    uint32_t seed = 99;
    for (unsigned i = 0; i < 300000; i++) {
        seed = seed * 1664525u + 1013904223u;
        uint32_t v = seed >> 8;
        switch (v & 7) {
        case 0: out(r, 0x3f2 + (v >> 4 & 3), v >> 8 & 0xff); break;
        case 1: out(r, 0x3f2, 0x3c | (v >> 4 & 1)); break;
        case 2: in(r, 0x3f0 + (v >> 4 & 7)); break;
        case 3: settle(r); break;
        case 4: dma_setup(r, v & 16 ? 0x46 : 0x4a, 1 + (v >> 8 & 0x3fff)); break;
        case 5: out(r, 0x0a, v >> 4 & 7); break;
        default:
            out(r, 0x3f5,
                (const uint8_t[]){ 0x46, 0xe6, 0x45, 0x4d, 0, 1, 2,
                                   (uint8_t)(v >> 16) }[v >> 8 & 7]);
            break;
        }
    }
    out(r, 0x3f2, 0);
    out(r, 0x3f2, 0x1c);
    settle(r);
    COMMAND(r, 0x10);
    results(r);
    assert_int_equal(r->result[0], 0x90);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reset),    cmocka_unit_test(test_seek),
        cmocka_unit_test(test_read_dma), cmocka_unit_test(test_errors),
        cmocka_unit_test(test_write),    cmocka_unit_test(test_pio),
        cmocka_unit_test(test_formats),  cmocka_unit_test(test_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
