/* SPDX-License-Identifier: MIT */
/* link: core/trace.c */
/* link: hw/storage/ide.c hw/storage/ide_channel.c hw/storage/ata.c hw/storage/ata_identify.c */
/* link: hw/storage/atapi.c hw/storage/atapi_cmd.c hw/pci/pci.c hw/pci/msi.c core/device.c */
/* link: core/opts.c core/error.c core/log.c core/ioport.c core/physmem.c core/physmem_access.c */
/* link: core/types.c core/clock.c os/posix/[a-z]*.c os/linux/[a-z]*.c */
/* link: tests/fake/block.c tests/fake/irq.c tests/unit/hw/storage/ide_rig.c */
/*
 * ATA disks behind the PIIX3: register sequences as SeaBIOS, Linux and Redox issue them.
 */
#include "tests/unit/hw/storage/ide_rig.h"

#include <errno.h>

static void test_identify(void **state)
{
    (void)state;
    struct rig *r = rig_new("d---", 300000);
    uint16_t w[256];
    out(r, R_DEV, 0xa0);
    out(r, R_CMD, 0xec);
    assert_int_equal(irqs(r), 1);
    assert_int_equal(in(r, R_CMD), 0x58);
    assert_false(irq_level(r)); /* reading status acknowledges */
    insw(r, w, 256);
    assert_int_equal(in(r, R_CMD), 0x50);
    assert_int_equal(irqs(r), 0);
    assert_int_equal(w[0], 0x0040);
    assert_int_equal(w[1], 300000 / 1008);
    assert_int_equal(w[3], 16);
    assert_int_equal(w[6], 63);
    assert_int_equal(w[60] | w[61] << 16, 300000);
    assert_int_equal(w[100], 300000 & 0xffff);
    assert_int_equal(w[83] & 0xc000, 0x4000);
    assert_int_equal(w[27], 'E' << 8 | 'M');
    assert_int_equal(w[10], 'E' << 8 | 'M');
    assert_int_equal(w[49] & 0x0300, 0x0300);
    uint8_t sum = 0;
    for (unsigned i = 0; i < 512; i++) {
        sum = (uint8_t)(sum + ((uint8_t *)w)[i]);
    }
    assert_int_equal(sum, 0);
    rig_free(r);
}

/* PIO reads: one interrupt per DRQ block, none at the end; 16- and 32-bit data port. */
static void test_pio_read(void **state)
{
    (void)state;
    struct rig *r = rig_new("d---", 1000);
    uint8_t buf[8 * 512];
    command28(r, 0, 5, 3, 0x20);
    assert_int_equal(in(r, R_CMD) & 0x88, 0x80);
    settle(r);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(irqs(r), 1);
        assert_int_equal(in(r, R_CMD), 0x58);
        insw(r, (uint16_t *)(buf + 512 * i), 256);
    }
    assert_int_equal(in(r, R_CMD), 0x50);
    assert_int_equal(irqs(r), 0);
    assert_true(sectors_are(buf, 5, 3, 0));
    assert_int_equal(r->disk[0]->reads, 1); /* one block request for the command */

    control(r, 2); /* nIEN: polled, with 32-bit accesses, as Redox does */
    command28(r, 0, 9, 2, 0x20);
    settle(r);
    assert_int_equal(irqs(r), 0);
    for (unsigned i = 0; i < 256; i++) {
        uint32_t v = ioport_read(r->io, r->base, 4);
        memcpy(buf + 4 * i, &v, 4);
    }
    assert_true(sectors_are(buf, 9, 2, 0));
    assert_int_equal(alt_status(r), 0x50);

    out(r, R_COUNT, 8); /* SET MULTIPLE, READ MULTIPLE: 5 sectors are a block of 8 cut short */
    out(r, R_CMD, 0xc6);
    control(r, 0);
    irqs(r);
    command28(r, 0, 20, 13, 0xc4);
    settle(r);
    assert_int_equal(irqs(r), 1);
    in(r, R_CMD);
    insw(r, (uint16_t *)buf, 8 * 256);
    assert_true(sectors_are(buf, 20, 8, 0));
    assert_int_equal(irqs(r), 1);
    in(r, R_CMD);
    insw(r, (uint16_t *)buf, 5 * 256);
    assert_true(sectors_are(buf, 28, 5, 0));
    assert_int_equal(in(r, R_CMD), 0x50);
    rig_free(r);
}

static void test_pio_write(void **state)
{
    (void)state;
    struct rig *r = rig_new("d---", 1000);
    uint16_t buf[512];
    memset(buf, 0x5a, sizeof(buf));
    command28(r, 0, 100, 2, 0x30);
    assert_int_equal(irqs(r), 0); /* the first block is asked for without an interrupt */
    assert_int_equal(in(r, R_CMD), 0x58);
    outsw(r, buf, 256);
    assert_int_equal(irqs(r), 1);
    assert_int_equal(in(r, R_CMD), 0x58);
    outsw(r, buf, 256);
    assert_int_equal(in(r, R_CMD) & 0x88, 0x80);
    assert_int_equal(irqs(r), 0);
    settle(r);
    assert_int_equal(irqs(r), 1);
    assert_int_equal(in(r, R_CMD), 0x50);
    assert_memory_equal(r->disk[0]->data + 100 * 512, buf, 1024);
    assert_int_equal(r->disk[0]->data[102 * 512 + 100], 102);
    assert_int_equal(r->disk[0]->flushes, 0);

    out(r, R_ERR, 0x82); /* write cache off: what follows is flushed before it completes */
    out(r, R_CMD, 0xef);
    settle(r);
    assert_int_equal(r->disk[0]->flushes, 1);
    command28(r, 0, 7, 1, 0x30);
    outsw(r, buf, 256);
    settle(r);
    assert_int_equal(r->disk[0]->flushes, 2);
    assert_int_equal(in(r, R_CMD), 0x50);
    rig_free(r);
}

static void test_dma(void **state)
{
    (void)state;
    struct rig *r = rig_new("d--d", 4096);
    r->base = 0x170; /* second channel's slave */
    prd(r, 0, DATA, 0x10000 - 512, false);
    prd(r, 1, DATA + 0x10000 - 512, 0, true); /* 0 = 64 KiB */
    command28(r, 1, 1000, 255, 0xc8);
    bm_start(r, true);
    assert_int_equal(bm_status(r) & 7, 1);
    settle(r);
    assert_int_equal(r->disk[3]->reads, 1);
    assert_int_equal(irqs(r), 1);
    assert_int_equal(r->irq.rises[14], 0);
    assert_int_equal(bm_status(r) & 7, 4); /* table and command end together */
    assert_int_equal(in(r, R_CMD), 0x50);
    assert_true(sectors_are(r->ram + DATA, 1000, 255, 3));
    bm_stop(r);

    /* LBA48 write of 700 sectors; the bus master is started before the command, as some do. */
    for (unsigned i = 0; i < 6; i++) {
        prd(r, i, DATA + i * 0x10000, i < 5 ? 0 : 700 * 512 - 5 * 0x10000, i == 5);
    }
    memset(r->ram + DATA, 0xa7, 700 * 512);
    bm_start(r, false);
    command48(r, 1, 2000, 700, 0x35);
    settle(r);
    assert_int_equal(bm_status(r) & 7, 4);
    assert_int_equal(in(r, R_CMD), 0x50);
    assert_int_equal(r->disk[3]->writes, 1);
    assert_memory_equal(r->disk[3]->data + 2000 * 512, r->ram + DATA, 700 * 512);
    assert_int_equal(r->disk[3]->data[2700 * 512 + 20], (2700 & 0xff) ^ 3);

    /* More than the bounce buffer holds: two requests, still one command. */
    for (unsigned i = 0; i < 20; i++) {
        prd(r, i, DATA + i * 0x10000, 0, i == 19);
    }
    irqs(r);
    command48(r, 1, 100, 2560, 0x25);
    bm_start(r, true);
    settle(r);
    assert_int_equal(irqs(r), 1);
    assert_true(sectors_are(r->ram + DATA, 100, 1900, 3));
    assert_int_equal(r->disk[3]->reads, 3);
    assert_int_equal(bm_status(r) & 7, 4);
    rig_free(r);
}

/* The three ends of SFF-8038i, and tables that point nowhere. */
static void test_dma_tables(void **state)
{
    (void)state;
    struct rig *r = rig_new("d---", 1000);
    prd(r, 0, DATA, 4096, true);
    command28(r, 0, 0, 4, 0xc8); /* table longer than the command */
    bm_start(r, true);
    settle(r);
    assert_int_equal(bm_status(r) & 7, 5);
    assert_int_equal(in(r, R_CMD), 0x50);
    bm_stop(r);
    assert_int_equal(bm_status(r) & 7, 4);

    command28(r, 0, 0, 16, 0xc8); /* shorter: no interrupt, device still wants to transfer */
    bm_start(r, true);
    settle(r);
    assert_int_equal(bm_status(r) & 7, 0);
    assert_int_equal(alt_status(r) & 0x88, 0x08);
    assert_true(sectors_are(r->ram + DATA, 0, 8, 0));
    bm_stop(r);
    prd(r, 0, DATA + 4096, 4096, true); /* a new start goes on where it stopped */
    bm_start(r, true);
    assert_int_equal(bm_status(r) & 7, 4);
    assert_true(sectors_are(r->ram + DATA, 0, 16, 0));
    assert_int_equal(in(r, R_CMD), 0x50);
    bm_stop(r);

    prd(r, 0, (uint32_t)RAM_SIZE - 512, 1024, true); /* half of it is behind the end of RAM */
    command28(r, 0, 0, 2, 0xc8);
    bm_start(r, true);
    settle(r);
    assert_int_equal(bm_status(r) & 7, 2);
    control(r, 4);
    control(r, 0);
    fake_clock_step(r->clock, NS_PER_MS);
    assert_int_equal(in(r, R_CMD), 0x50);
    bm_stop(r);

    ioport_write(r->io, bm_port(r, 2), 0x06, 1);
    ioport_write(r->io, bm_port(r, 4), 0xf0000000, 4); /* the table itself can't be read */
    command28(r, 0, 0, 2, 0xca);
    ioport_write(r->io, bm_port(r, 0), 1, 1);
    settle(r);
    assert_int_equal(bm_status(r) & 7, 2);
    assert_int_equal(r->disk[0]->writes, 0);
    rig_free(r);
}

static void test_bm_registers(void **state)
{
    (void)state;
    struct rig *r = rig_new("d---", 1000);
    ioport_write(r->io, BM + 4, 0x12345677, 4);
    assert_int_equal(ioport_read(r->io, BM + 4, 4), 0x12345674);
    assert_int_equal(ioport_read(r->io, BM + 12, 4), 0);
    ioport_write(r->io, BM + 2, 0x60, 1);
    assert_int_equal(bm_status(r), 0x60);
    out(r, R_CMD, 0x10); /* any interrupt sets the bit */
    assert_int_equal(bm_status(r), 0x64);
    ioport_write(r->io, BM + 2, 0x60, 1); /* writing 0 leaves it */
    assert_int_equal(bm_status(r), 0x64);
    ioport_write(r->io, BM + 2, 0x24, 1);
    assert_int_equal(bm_status(r), 0x20);
    /* Identity: legacy mode on both channels, bus master capable. */
    assert_int_equal(pci_config_read(r->bus, 0, PCI_DEVFN(1, 1), 0, 4), 0x70108086);
    assert_int_equal(pci_config_read(r->bus, 0, PCI_DEVFN(1, 1), 9, 1), 0x80);
    pci_config_write(r->bus, 0, PCI_DEVFN(1, 1), 0x40, 0x8000, 2);
    assert_int_equal(pci_config_read(r->bus, 0, PCI_DEVFN(1, 1), 0x40, 2), 0x8000);
    rig_free(r);
}

/* C/H/S, LBA28 and LBA48 ends of the disk. */
static void test_addresses(void **state)
{
    (void)state;
    struct rig *r = rig_new("d---", 2016); /* two cylinders of 16 x 63 */
    static const struct {
        const char *name;
        unsigned cyl, head, sector, count;
        uint8_t status, error;
        int64_t lba;
    } cases[] = {
        { "first", 0, 0, 1, 1, 0x58, 0, 0 },
        { "1/2/3", 1, 2, 3, 1, 0x58, 0, 1008 + 126 + 2 },
        { "last", 1, 15, 63, 1, 0x58, 0, 2015 },
        { "sector 0", 0, 0, 0, 1, 0x51, 0x10, -1 },
        { "sector 64", 0, 0, 64, 1, 0x51, 0x10, -1 },
        { "cylinder 2", 2, 0, 1, 1, 0x51, 0x10, -1 },
        { "across the end", 1, 15, 63, 2, 0x51, 0x10, -1 },
        { "256 across the end", 1, 15, 1, 0, 0x51, 0x10, -1 },
    };
    uint8_t buf[512];
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        out(r, R_DEV, 0xa0 | cases[i].head);
        out(r, R_COUNT, cases[i].count);
        out(r, R_LOW, cases[i].sector);
        out(r, R_MID, cases[i].cyl);
        out(r, R_HIGH, 0);
        out(r, R_CMD, 0x20);
        settle(r);
        assert_case(cases[i].name, in(r, R_CMD) == cases[i].status);
        assert_case(cases[i].name, in(r, R_ERR) == cases[i].error);
        if (cases[i].lba >= 0) {
            insw(r, (uint16_t *)buf, 256);
            assert_case(cases[i].name, sectors_are(buf, (uint64_t)cases[i].lba, 1, 0));
        }
    }
    /* INITIALIZE DEVICE PARAMETERS: 4 heads, 9 sectors. */
    out(r, R_DEV, 0xa3);
    out(r, R_COUNT, 9);
    out(r, R_CMD, 0x91);
    assert_int_equal(in(r, R_CMD), 0x50);
    out(r, R_DEV, 0xa2);
    out(r, R_COUNT, 1);
    out(r, R_LOW, 4);
    out(r, R_MID, 5);
    out(r, R_HIGH, 0);
    out(r, R_CMD, 0x20);
    settle(r);
    insw(r, (uint16_t *)buf, 256);
    assert_true(sectors_are(buf, (5 * 4 + 2) * 9 + 3, 1, 0));
    /* LBA48 address far outside: IDNF, and HOB shows the high half. */
    command48(r, 0, 0x123456789abcull, 1, 0x24);
    assert_int_equal(in(r, R_CMD), 0x51);
    assert_int_equal(in(r, R_ERR), 0x10);
    assert_int_equal(in(r, R_LOW), 0xbc);
    control(r, 0x80);
    assert_int_equal(in(r, R_LOW), 0x56);
    assert_int_equal(in(r, R_HIGH), 0x12);
    out(r, R_COUNT, 0); /* any write ends HOB */
    assert_int_equal(in(r, R_LOW), 0xbc);
    out(r, R_CMD, 0x27); /* READ NATIVE MAX EXT */
    assert_int_equal(in(r, R_LOW), 2015 & 0xff);
    assert_int_equal(in(r, R_MID), 2015 >> 8);
    rig_free(r);
}

/* Host errors: the right sector is blamed, what is before it arrives, the next command works. */
static void test_read_errors(void **state)
{
    (void)state;
    struct rig *r = rig_new("d---", 5000);
    prd(r, 0, DATA, 0, false);
    prd(r, 1, DATA + 0x10000, 0, true);
    r->disk[0]->bad_sector = 1234;
    command28(r, 0, 1200, 100, 0xc8);
    bm_start(r, true);
    settle(r);
    assert_int_equal(irqs(r), 1);
    assert_int_equal(in(r, R_CMD), 0x51);
    assert_int_equal(in(r, R_ERR), 0x40);
    assert_int_equal(in(r, R_LOW) | in(r, R_MID) << 8 | in(r, R_HIGH) << 16, 1234);
    assert_true(sectors_are(r->ram + DATA, 1200, 34, 0));
    bm_stop(r);
    /* READ MULTIPLE: whole blocks before the bad one come. */
    out(r, R_COUNT, 16);
    out(r, R_CMD, 0xc6);
    irqs(r);
    command28(r, 0, 1200, 64, 0xc4);
    settle(r);
    static uint8_t buf[32 * 512];
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(irqs(r), 1);
        assert_int_equal(in(r, R_CMD), 0x58);
        insw(r, (uint16_t *)(buf + i * 16 * 512), 16 * 256);
    }
    assert_true(sectors_are(buf, 1200, 32, 0));
    assert_int_equal(irqs(r), 1);
    assert_int_equal(in(r, R_CMD), 0x51);
    assert_int_equal(in(r, R_ERR), 0x40);
    assert_int_equal(in(r, R_LOW), 1234 & 0xff);
    /* VERIFY finds it too; a sector next to it reads. */
    command28(r, 0, 1230, 10, 0x40);
    settle(r);
    assert_int_equal(in(r, R_CMD), 0x51);
    assert_int_equal(in(r, R_LOW), 1234 & 0xff);
    command28(r, 0, 1235, 1, 0x20);
    settle(r);
    assert_int_equal(in(r, R_CMD), 0x58);
    insw(r, (uint16_t *)buf, 256);
    assert_true(sectors_are(buf, 1235, 1, 0));
    rig_free(r);
}

static void test_write_errors(void **state)
{
    (void)state;
    struct rig *r = rig_new("d---", 5000);
    prd(r, 0, DATA, 32768, true);
    memset(r->ram + DATA, 0x77, 32768);
    r->disk[0]->bad_sector = 310;
    command28(r, 0, 300, 64, 0xca);
    bm_start(r, false);
    settle(r);
    assert_int_equal(in(r, R_CMD), 0x71); /* device fault */
    assert_int_equal(in(r, R_ERR), 0x04);
    assert_int_equal(in(r, R_LOW) | in(r, R_MID) << 8, 310);
    assert_int_equal(r->disk[0]->data[309 * 512 + 9], 0x77);
    assert_int_equal(r->disk[0]->data[310 * 512 + 9], 310 & 0xff);
    bm_stop(r);
    r->disk[0]->bad_sector = UINT64_MAX;

    uint16_t word = 0;
    fake_block_fail(r->disk[0], ENOSPC, 0, 100); /* PIO, disk of the host full */
    command28(r, 0, 1, 1, 0x30);
    for (unsigned i = 0; i < 256; i++) {
        outsw(r, &word, 1);
    }
    settle(r);
    assert_int_equal(in(r, R_CMD), 0x71);
    assert_int_equal(in(r, R_LOW), 1);
    fake_block_fail(r->disk[0], EIO, 0, 1);
    out(r, R_CMD, 0xe7);
    settle(r);
    assert_int_equal(in(r, R_CMD), 0x71); /* a failed flush is not silent */
    out(r, R_CMD, 0xea);
    settle(r);
    assert_int_equal(in(r, R_CMD), 0x50);
    assert_int_equal(r->disk[0]->flushes, 1);

    r->disk[0]->read_only = true;
    command28(r, 0, 1, 1, 0x30);
    assert_int_equal(in(r, R_CMD), 0x71);
    rig_free(r);
}

/* Every request of a long transfer fails in turn; the transfer after it always works. */
static void test_fail_nth(void **state)
{
    (void)state;
    struct rig *r = rig_new("d---", 8192);
    for (unsigned n = 0; n < 40; n++) {
        for (unsigned i = 0; i < 48; i++) {
            prd(r, i, DATA + i * 0x10000, 0, i == 47);
        }
        fake_block_fail(r->disk[0], EIO, n % 4, 1 + n / 4);
        command48(r, 0, 0, 6144, n & 1 ? 0x35 : 0x25);
        bm_start(r, !(n & 1));
        settle(r);
        assert_int_equal(in(r, R_CMD) & 0x88, 0);
        bm_stop(r);
        fake_block_fail(r->disk[0], EIO, 0, 0);
        command28(r, 0, 8000, 2, 0x20);
        settle(r);
        uint16_t buf[512];
        insw(r, buf, 512);
        assert_true(sectors_are((uint8_t *)buf, 8000, 2, 0));
        assert_int_equal(in(r, R_CMD), 0x50);
    }
    rig_free(r);
}

/* Reset while requests are in flight, commands while busy, register writes while busy. */
static void test_abuse(void **state)
{
    (void)state;
    struct rig *r = rig_new("dd--", 1000);
    command28(r, 0, 10, 4, 0x20);
    out(r, R_CMD, 0xec); /* ignored */
    out(r, R_LOW, 0x99); /* ignored */
    out(r, R_DEV, 0xf0); /* ignored: the device holds the bus */
    assert_int_equal(fake_block_pending(r->disk[0]), 1);
    control(r, 4);
    assert_int_equal(fake_block_pending(r->disk[0]), 0);
    assert_int_equal(in(r, R_CMD) & 0x80, 0x80);
    control(r, 0);
    assert_int_equal(in(r, R_CMD) & 0x80, 0x80);
    out(r, R_CMD, 0xec); /* still busy */
    fake_clock_step(r->clock, NS_PER_MS);
    assert_int_equal(in(r, R_CMD), 0x50);
    assert_int_equal(in(r, R_ERR), 1);
    assert_int_equal(in(r, R_COUNT), 1);
    assert_int_equal(in(r, R_LOW), 1);
    assert_int_equal(in(r, R_MID) | in(r, R_HIGH), 0);
    assert_int_equal(irqs(r), 0);

    command28(r, 0, 10, 2, 0x30); /* a write abandoned in the middle writes nothing */
    ioport_write(r->io, r->base, 0xffff, 2);
    control(r, 4);
    control(r, 0);
    fake_clock_step(r->clock, NS_PER_MS);
    ioport_write(r->io, r->base, 0xffff, 2);
    assert_int_equal(ioport_read(r->io, r->base, 2), 0xffff);
    settle(r);
    assert_int_equal(r->disk[0]->writes, 0);

    command28(r, 0, 10, 4, 0xc8); /* device_reset with DMA waiting */
    settle(r);
    device_reset(r->ide);
    assert_int_equal(in(r, R_CMD), 0x50);
    command28(r, 0, 0, 0, 0xc5); /* multiple mode is off */
    assert_int_equal(in(r, R_CMD), 0x51);
    command28(r, 1, 0, 1, 0x20);
    rig_free(r); /* cancels what is in flight */
}

static void test_selection(void **state)
{
    (void)state;
    struct rig *r = rig_new("d---", 1000);
    out(r, R_DEV, 0xa0);
    out(r, R_CMD, 0x10);
    assert_true(irq_level(r));
    out(r, R_DEV, 0xb0); /* no such device: reads zero, takes no command */
    assert_false(irq_level(r));
    assert_int_equal(in(r, R_CMD), 0);
    assert_int_equal(alt_status(r), 0);
    assert_int_equal(in(r, R_DEV), 0xb0);
    out(r, R_COUNT, 0x55);
    out(r, R_LOW, 0xaa);
    assert_int_equal(in(r, R_COUNT), 0);
    out(r, R_CMD, 0xec);
    assert_int_equal(in(r, R_CMD), 0);
    out(r, R_DEV, 0xa0);
    assert_true(irq_level(r)); /* its interrupt is still pending */
    assert_int_equal(in(r, R_COUNT), 0x55);
    control(r, 2);
    assert_false(irq_level(r));
    control(r, 0);
    assert_true(irq_level(r));
    out(r, R_CMD, 0x90); /* diagnostic */
    assert_int_equal(in(r, R_ERR), 1);
    assert_int_equal(in(r, R_CMD), 0x50);
    /* An empty channel: status 0, so that nobody waits for it. */
    r->base = 0x170;
    for (unsigned i = 1; i < 8; i++) {
        out(r, i, 0xa5);
        assert_int_equal(in(r, i), 0);
    }
    assert_int_equal(alt_status(r), 0);
    /* Redox writes alternate status, bit 7 toggled, to Device Control: no reset may come of it. */
    r->base = 0x1f0;
    control(r, alt_status(r) ^ 0x80);
    assert_int_equal(in(r, R_CMD), 0x50);
    rig_free(r);
}

static void test_small_commands(void **state)
{
    (void)state;
    struct rig *r = rig_new("d---", 1000);
    static const struct {
        const char *name;
        uint8_t cmd, feature, count, status, error;
    } cases[] = {
        { "nop", 0x00, 0, 0, 0x51, 4 },
        { "recalibrate", 0x10, 0, 0, 0x50, 0 },
        { "seek", 0x70, 0, 0, 0x50, 0 },
        { "udma 5", 0xef, 3, 0x45, 0x50, 0 },
        { "udma 6", 0xef, 3, 0x46, 0x51, 4 },
        { "mwdma 2", 0xef, 3, 0x22, 0x50, 0 },
        { "pio 4", 0xef, 3, 0x0c, 0x50, 0 },
        { "write cache on", 0xef, 2, 0, 0x50, 0 },
        { "unknown feature", 0xef, 0x77, 0, 0x51, 4 },
        { "multiple 16", 0xc6, 0, 16, 0x50, 0 },
        { "multiple 3", 0xc6, 0, 3, 0x51, 4 },
        { "multiple 32", 0xc6, 0, 32, 0x51, 4 },
        { "smart", 0xb0, 0xd0, 0, 0x51, 4 },
        { "packet to a disk", 0xa0, 0, 0, 0x51, 4 },
        { "identify packet", 0xa1, 0, 0, 0x51, 4 },
        { "device reset", 0x08, 0, 0, 0x51, 4 },
        { "idle", 0xe3, 0, 0, 0x50, 0 },
        { "check power", 0xe5, 0, 0, 0x50, 0 },
        { "standby", 0xe0, 0, 0, 0x50, 0 },
        { "trim", 0x06, 1, 1, 0x51, 4 },
        { "no such command", 0xff, 0, 0, 0x51, 4 },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        out(r, R_DEV, 0xe0);
        out(r, R_ERR, cases[i].feature);
        out(r, R_COUNT, cases[i].count);
        out(r, R_LOW, 0);
        out(r, R_CMD, cases[i].cmd);
        settle(r);
        assert_case(cases[i].name, irqs(r) == 1);
        assert_case(cases[i].name, in(r, R_CMD) == cases[i].status);
        assert_case(cases[i].name, in(r, R_ERR) == cases[i].error);
    }
    out(r, R_CMD, 0xe5);
    assert_int_equal(in(r, R_COUNT), 0); /* in standby */
    out(r, R_CMD, 0xe6);                 /* sleep: only a reset wakes it */
    settle(r);
    in(r, R_CMD);
    irqs(r);
    out(r, R_CMD, 0xec);
    assert_int_equal(irqs(r), 0);
    control(r, 4);
    control(r, 0);
    fake_clock_step(r->clock, NS_PER_MS);
    out(r, R_CMD, 0xec);
    assert_int_equal(irqs(r), 1);
    rig_free(r);
}

static void test_setup(void **state)
{
    (void)state;
    struct rig *r = rig_new("d-c-", 20000);
    struct ide_geometry g;
    GError *err = NULL;
    assert_true(ide_disk_geometry(r->ide, 0, &g));
    assert_int_equal(g.cylinders, 19);
    assert_int_equal(g.total_sectors, 20000);
    assert_false(ide_disk_geometry(r->ide, 1, &g));
    assert_false(ide_disk_geometry(r->ide, 2, &g));
    struct drive d = { .media = DRIVE_DISK };
    assert_false(ide_attach(r->ide, 1, &d, &err));
    assert_non_null(strstr(err->message, "image"));
    g_clear_error(&err);
    d.media = DRIVE_CDROM;
    assert_false(ide_attach(r->ide, 0, &d, &err));
    g_clear_error(&err);
    assert_true(ide_attach(r->ide, -1, &d, &err));
    assert_true(d.attached);
    ide_detach(r->ide, &d);
    assert_false(d.attached);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_identify),       cmocka_unit_test(test_pio_read),
        cmocka_unit_test(test_pio_write),      cmocka_unit_test(test_dma),
        cmocka_unit_test(test_dma_tables),     cmocka_unit_test(test_bm_registers),
        cmocka_unit_test(test_addresses),      cmocka_unit_test(test_read_errors),
        cmocka_unit_test(test_write_errors),   cmocka_unit_test(test_fail_nth),
        cmocka_unit_test(test_abuse),          cmocka_unit_test(test_selection),
        cmocka_unit_test(test_small_commands), cmocka_unit_test(test_setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
