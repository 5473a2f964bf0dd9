/* SPDX-License-Identifier: MIT */
/* link: core/trace.c */
/* link: hw/pc/dma8237.c */
/* link: core/device.c core/opts.c core/error.c core/log.c core/clock.c core/ioport.c */
/* link: core/physmem.c core/physmem_access.c core/input.c core/types.c */
/* link: os/posix/[a-z]*.c os/linux/[a-z]*.c tests/fake/isa.c tests/fake/irq.c */
/*
 * The DMA controllers, with a device that moves its data as the floppy controller does.
 */
#include "hw/pc/dma8237.h"
#include "tests/unit/hw/pc/chip.h"

struct rig {
    struct fake_isa *f;
    struct dma8237 *dma;
    unsigned ready;
};

static void on_ready(void *opaque)
{
    ((struct rig *)opaque)->ready++;
}

static int setup(void **state)
{
    struct rig *r = calloc(1, sizeof *r);

    r->f = fake_isa_new(1 << 20);
    r->dma = dma8237_new(r->f->bus.io, r->f->bus.mem, NULL);
    for (unsigned i = 0; i < r->f->ram_size; i++) {
        r->f->ram[i] = (uint8_t)(i * 7 + (i >> 8));
    }
    /* As a BIOS does: cascade, then open channel 4. */
    OUTS(r->f, { 0xd6, 0xc0 }, { 0xd4, 0x00 });
    *state = r;
    return r->dma ? 0 : -1;
}

static int teardown(void **state)
{
    struct rig *r = *state;

    device_free((struct device *)r->dma);
    fake_isa_free(r->f);
    free(r);
    return 0;
}

/* Channel 2: mode, 24-bit address, count - 1. */
static void program2(struct rig *r, uint8_t mode, uint32_t addr, unsigned n)
{
    OUTS(r->f, { 0x0a, 0x06 }, { 0x0c, 0 }, { 0x0b, (uint8_t)(mode | 2) }, { 0x04, (uint8_t)addr },
         { 0x04, (uint8_t)(addr >> 8) }, { 0x81, (uint8_t)(addr >> 16) },
         { 0x05, (uint8_t)(n - 1) }, { 0x05, (uint8_t)((n - 1) >> 8) }, { 0x0a, 0x02 });
}

static unsigned word(struct rig *r, uint16_t port)
{
    unsigned low;

    fake_outb(r->f, 0x0c, 0);
    low = fake_inb(r->f, port);
    return low | (unsigned)fake_inb(r->f, port) << 8;
}

static void a_sector_to_memory(void **state)
{
    struct rig *r = *state;
    uint8_t sector[512];
    bool tc;

    memset(sector, 0xa5, sizeof sector);
    dma8237_attach(r->dma, 2, on_ready, r);
    dma8237_hold(r->dma, 2, true);
    assert_int_equal(dma8237_write(r->dma, 2, sector, 512, &tc), 0); /* masked */
    assert_int_equal(r->ready, 0);
    program2(r, 0x44, 0x12300, 512);
    assert_int_equal(r->ready, 1);
    assert_true(dma8237_channel_ready(r->dma, 2));
    assert_int_equal(dma8237_direction(r->dma, 2), DMA_TO_MEMORY);
    assert_int_equal(dma8237_left(r->dma, 2), 512);
    assert_int_equal(fake_inb(r->f, 0x08), 0x40);
    assert_int_equal(dma8237_read(r->dma, 2, sector, 512, &tc), 0); /* the wrong way */
    assert_int_equal(dma8237_write(r->dma, 2, sector, 100, &tc), 100);
    assert_false(tc);
    assert_int_equal(word(r, 0x04), 0x2300 + 100);
    assert_int_equal(word(r, 0x05), 511 - 100);
    assert_int_equal(dma8237_write(r->dma, 2, sector, 512, &tc), 412); /* stops at TC */
    assert_true(tc);
    assert_memory_equal(r->f->ram + 0x12300, sector, 512);
    assert_int_equal(r->f->ram[0x12500], (uint8_t)(0x12500 * 7 + 0x125));
    assert_int_equal(fake_inb(r->f, 0x08), 0x44);
    assert_int_equal(fake_inb(r->f, 0x08), 0x40); /* reading clears TC */
    assert_int_equal(fake_inb(r->f, 0x0f), 0xff); /* masked itself */
    assert_int_equal(dma8237_write(r->dma, 2, sector, 1, &tc), 0);
    assert_int_equal(word(r, 0x05), 0xffff);
}

static void autoinit_and_from_memory(void **state)
{
    struct rig *r = *state;
    uint8_t buf[64];
    bool tc;

    program2(r, 0x58, 0x0f000, 16);
    dma8237_hold(r->dma, 2, true);
    assert_int_equal(dma8237_read(r->dma, 2, buf, 64, &tc), 16);
    assert_true(tc);
    assert_memory_equal(buf, r->f->ram + 0xf000, 16);
    assert_int_equal(word(r, 0x04), 0xf000);
    assert_int_equal(dma8237_left(r->dma, 2), 16);
    assert_int_equal(dma8237_read(r->dma, 2, buf, 8, &tc), 8); /* again, unmasked */
    assert_false(tc);
    dma8237_hold(r->dma, 2, false);
    assert_int_equal(dma8237_read(r->dma, 2, buf, 8, &tc), 0);
}

static void verify_touches_nothing(void **state)
{
    struct rig *r = *state;
    uint8_t buf[8];
    bool tc;

    program2(r, 0x40, 0x1000, 8);
    dma8237_hold(r->dma, 2, true);
    memset(buf, 0xee, sizeof buf);
    assert_int_equal(dma8237_write(r->dma, 2, buf, 8, &tc), 8);
    assert_true(tc);
    assert_int_equal(r->f->ram[0x1000], (uint8_t)(0x1000 * 7 + 0x10));
}

static void the_page_does_not_count(void **state)
{
    struct rig *r = *state;
    uint8_t buf[4] = { 1, 2, 3, 4 };

    dma8237_hold(r->dma, 2, true);
    program2(r, 0x44, 0x2fffe, 4);
    assert_int_equal(dma8237_write(r->dma, 2, buf, 4, NULL), 4);
    assert_memory_equal(r->f->ram + 0x2fffe, buf, 2);
    assert_memory_equal(r->f->ram + 0x20000, buf + 2, 2);
    /* Downwards. */
    program2(r, 0x64, 0x30001, 4);
    assert_int_equal(dma8237_write(r->dma, 2, buf, 4, NULL), 4);
    assert_int_equal(r->f->ram[0x30001], 1);
    assert_int_equal(r->f->ram[0x30000], 2);
    assert_int_equal(r->f->ram[0x3ffff], 3);
    assert_int_equal(r->f->ram[0x3fffe], 4);
}

static void words_on_channel_5(void **state)
{
    struct rig *r = *state;
    uint8_t buf[9] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };
    bool tc;

    /* Word address 8000h in page 5: byte address 4_0000h + 1_0000h. */
    OUTS(r->f, { 0xd8, 0 }, { 0xd6, 0x45 }, { 0xc4, 0x00 }, { 0xc4, 0x80 }, { 0x8b, 0x05 },
         { 0xc6, 0x03 }, { 0xc6, 0x00 }, { 0xd4, 0x01 });
    dma8237_hold(r->dma, 5, true);
    assert_int_equal(dma8237_left(r->dma, 5), 8);
    assert_int_equal(dma8237_write(r->dma, 5, buf, 1, &tc), 0); /* whole words only */
    assert_int_equal(dma8237_write(r->dma, 5, buf, 9, &tc), 8);
    assert_true(tc);
    assert_memory_equal(r->f->ram + 0x50000, buf, 8);
}

static void who_may_and_who_may_not(void **state)
{
    struct rig *r = *state;
    uint8_t byte = 0;

    program2(r, 0x44, 0x1000, 100);
    assert_int_equal(dma8237_write(r->dma, 2, &byte, 1, NULL), 0); /* no DREQ */
    dma8237_hold(r->dma, 2, true);
    assert_int_equal(dma8237_write(r->dma, 2, &byte, 1, NULL), 1);
    fake_outb(r->f, 0x08, 0x04); /* controller disabled */
    assert_int_equal(dma8237_write(r->dma, 2, &byte, 1, NULL), 0);
    fake_outb(r->f, 0x08, 0x00);
    fake_outb(r->f, 0xd4, 0x04); /* the cascade masked */
    assert_int_equal(dma8237_write(r->dma, 2, &byte, 1, NULL), 0);
    fake_outb(r->f, 0xdc, 0x00); /* clear all masks */
    assert_int_equal(dma8237_write(r->dma, 2, &byte, 1, NULL), 1);
    fake_outb(r->f, 0x0f, 0x04);
    assert_int_equal(dma8237_write(r->dma, 2, &byte, 1, NULL), 0);
    fake_outb(r->f, 0x0f, 0x00);
    fake_outb(r->f, 0x0d, 0x00); /* master clear masks all */
    assert_int_equal(dma8237_write(r->dma, 2, &byte, 1, NULL), 0);
    /* Software request. */
    dma8237_hold(r->dma, 2, false);
    program2(r, 0x84, 0x1000, 2);
    fake_outb(r->f, 0x09, 0x06);
    assert_int_equal(dma8237_write(r->dma, 2, (uint8_t[3]){ 0 }, 3, NULL), 2);
    /* Past the end of memory: counted, harmless. */
    dma8237_hold(r->dma, 2, true);
    program2(r, 0x48, 0xfff000, 0x10000);
    assert_int_equal(dma8237_read(r->dma, 2, &byte, 1, NULL), 1);
    assert_int_equal(byte, 0xff);
}

static void port_80_is_a_register(void **state)
{
    struct rig *r = *state;

    fake_outb(r->f, 0x80, 0x5a);
    assert_int_equal(fake_inb(r->f, 0x80), 0x5a);
    assert_int_equal(fake_inb(r->f, 0x81), 0x00);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(a_sector_to_memory),      T(autoinit_and_from_memory), T(verify_touches_nothing),
        T(the_page_does_not_count), T(words_on_channel_5),       T(who_may_and_who_may_not),
        T(port_80_is_a_register),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
