/* SPDX-License-Identifier: MIT */
/* link: core/trace.c */
/* link: hw/storage/ide.c hw/storage/ide_channel.c hw/storage/ata.c hw/storage/ata_identify.c */
/* link: hw/storage/atapi.c hw/storage/atapi_cmd.c hw/pci/pci.c hw/pci/msi.c core/device.c */
/* link: core/opts.c core/error.c core/log.c core/ioport.c core/physmem.c core/physmem_access.c */
/* link: core/types.c core/clock.c os/posix/[a-z]*.c os/linux/[a-z]*.c */
/* link: tests/fake/block.c tests/fake/irq.c tests/unit/hw/storage/ide_rig.c */
/*
 * The CD-ROM drive: packet protocol in PIO and DMA, commands, medium changes, errors.
 */
#include "tests/unit/hw/storage/ide_rig.h"

#include <errno.h>

#define SECTORS 4000 /* 1000 frames */

struct reply {
    uint8_t data[65536];
    size_t len;
    unsigned blocks;
    uint8_t status, error;
};

static struct rig *cd_rig(const char *kinds)
{
    struct rig *r = rig_new(kinds, SECTORS);
    r->base = 0x170;
    out(r, R_DEV, 0xa0);
    return r;
}

/* Sends a packet by PIO and takes what comes. */
static void packet(struct rig *r, const uint8_t cdb[12], unsigned limit, struct reply *p)
{
    uint16_t words[6];
    memset(p, 0, sizeof(*p));
    memcpy(words, cdb, 12);
    irqs(r);
    out(r, R_ERR, 0);
    out(r, R_MID, limit & 0xff);
    out(r, R_HIGH, limit >> 8);
    out(r, R_CMD, 0xa0);
    assert_int_equal(alt_status(r) & 0x89, 0x08);
    assert_int_equal(in(r, R_COUNT) & 3, 1); /* CoD */
    assert_int_equal(irqs(r), 0);
    outsw(r, words, 6);
    for (;;) {
        settle(r);
        assert_int_equal(irqs(r), 1);
        p->status = in(r, R_CMD);
        if (!(p->status & 0x08)) {
            break;
        }
        unsigned n = in(r, R_MID) | in(r, R_HIGH) << 8;
        assert_int_equal(in(r, R_COUNT) & 3, 2); /* IO */
        assert_true(n > 0 && n <= limit && p->len + n < sizeof(p->data));
        for (unsigned i = 0; i < n; i += 2) {
            uint16_t w = (uint16_t)ioport_read(r->io, r->base, 2);
            memcpy(p->data + p->len + i, &w, n - i < 2 ? 1 : 2);
        }
        p->len += n;
        p->blocks++;
    }
    assert_int_equal(in(r, R_COUNT) & 3, 3);
    p->error = in(r, R_ERR);
}

#define PACKET(r, p, ...) packet((r), (const uint8_t[12]){ __VA_ARGS__ }, 0x8000, (p))

/* Key, additional code and qualifier of the last failure, as 0xKKAAQQ. */
static unsigned sense(struct rig *r)
{
    struct reply p;
    PACKET(r, &p, 0x03, 0, 0, 0, 18);
    assert_int_equal(p.len, 18);
    return (unsigned)(p.data[2] & 15) << 16 | (unsigned)p.data[12] << 8 | p.data[13];
}

static void test_signature(void **state)
{
    (void)state;
    struct rig *r = cd_rig("--c-");
    uint16_t w[256];
    assert_int_equal(in(r, R_CMD), 0);
    assert_int_equal(in(r, R_MID), 0x14);
    assert_int_equal(in(r, R_HIGH), 0xeb);
    out(r, R_CMD, 0xec); /* IDENTIFY DEVICE aborts and shows the signature again */
    assert_int_equal(in(r, R_CMD) & 0x89, 0x01);
    assert_int_equal(in(r, R_ERR), 4);
    assert_int_equal(in(r, R_MID), 0x14);
    out(r, R_CMD, 0xa1);
    assert_int_equal(in(r, R_CMD) & 0x89, 0x08);
    insw(r, w, 256);
    assert_int_equal(w[0], 0x85c0);
    assert_int_equal(w[49] & 0x0300, 0x0300);
    out(r, R_CMD, 0xef);
    assert_int_equal(in(r, R_CMD) & 1, 1);
    out(r, R_CMD, 0x08); /* DEVICE RESET */
    assert_int_equal(in(r, R_CMD), 0);
    assert_int_equal(in(r, R_HIGH), 0xeb);
    rig_free(r);
}

static void test_inquiry_and_friends(void **state)
{
    (void)state;
    struct rig *r = cd_rig("--c-");
    struct reply p;
    PACKET(r, &p, 0x00);
    assert_int_equal(p.status & 1, 0);
    PACKET(r, &p, 0x12, 0, 0, 0, 36);
    assert_int_equal(p.len, 36);
    assert_int_equal(p.data[0], 5);
    assert_memory_equal(p.data + 8, "EMU     EMU DVD-ROM", 19);
    PACKET(r, &p, 0x12, 0, 0, 0, 5); /* odd allocation length */
    assert_int_equal(p.len, 5);
    PACKET(r, &p, 0x12, 0, 0, 0, 0);
    assert_int_equal(p.len, 0);
    PACKET(r, &p, 0x25);
    assert_int_equal(p.data[2] << 8 | p.data[3], 999);
    assert_int_equal(p.data[6] << 8 | p.data[7], 2048);
    PACKET(r, &p, 0x5a, 0, 0x2a, 0, 0, 0, 0, 0, 128);
    assert_int_equal(p.len, 28);
    assert_int_equal(p.data[8] & 0x3f, 0x2a);
    assert_int_equal(p.data[14] & 0x09, 0x09);
    PACKET(r, &p, 0x5a, 0, 0x3f, 0, 0, 0, 0, 0, 128);
    assert_int_equal(p.len, 8 + 8 + 8 + 20);
    PACKET(r, &p, 0x1a, 0, 0x2a, 0, 128);
    assert_int_equal(p.len, 24);
    PACKET(r, &p, 0x5a, 0, 0x30, 0, 0, 0, 0, 0, 128);
    assert_int_equal(p.status & 1, 1);
    assert_int_equal(p.error >> 4, 5);
    assert_int_equal(sense(r), 0x052400);
    assert_int_equal(sense(r), 0);
    PACKET(r, &p, 0x46, 0, 0, 0, 0, 0, 0, 0, 128);
    assert_int_equal(p.data[6] << 8 | p.data[7], 0x08);
    assert_int_equal(p.data[3], p.len - 4);
    PACKET(r, &p, 0x46, 2, 0, 3, 0, 0, 0, 0, 128); /* one feature: removable medium */
    assert_int_equal(p.len, 16);
    PACKET(r, &p, 0xbd, 0, 0, 0, 0, 0, 0, 0, 0, 8);
    assert_int_equal(p.len, 8);
    PACKET(r, &p, 0x51, 0, 0, 0, 0, 0, 0, 0, 34);
    assert_int_equal(p.data[2], 0x0e);
    PACKET(r, &p, 0x42, 0, 0x40, 1, 0, 0, 0, 0, 16);
    assert_int_equal(p.len, 16);
    PACKET(r, &p, 0xff);
    assert_int_equal(sense(r), 0x052000);
    rig_free(r);
}

static void test_toc(void **state)
{
    (void)state;
    struct rig *r = cd_rig("--c-");
    struct reply p;
    PACKET(r, &p, 0x43, 0, 0, 0, 0, 0, 0, 0x03, 0x24);
    static const uint8_t lba[20] = { 0, 18, 1, 1,    0,    0x14, 1, 0, 0,         0,
                                     0, 0,  0, 0x14, 0xaa, 0,    0, 0, 1000 >> 8, 1000 & 0xff };
    assert_int_equal(p.len, 20);
    assert_memory_equal(p.data, lba, 20);
    PACKET(r, &p, 0x43, 2, 0, 0, 0, 0, 0xaa, 0, 12); /* MSF of the lead-out */
    assert_int_equal(p.data[9], 0);
    assert_int_equal(p.data[10], (1000 + 150) / 75);
    assert_int_equal(p.data[11], (1000 + 150) % 75);
    PACKET(r, &p, 0x43, 0, 0, 0, 0, 0, 0, 0, 12, 0x40); /* session, format in the last byte */
    assert_int_equal(p.len, 12);
    assert_int_equal(p.data[1], 10);
    PACKET(r, &p, 0x43, 0, 2, 0, 0, 0, 0, 0, 255);
    assert_int_equal(p.len, 4 + 4 * 11);
    PACKET(r, &p, 0x43, 0, 0, 0, 0, 0, 2, 0, 12);
    assert_int_equal(sense(r), 0x052400);
    PACKET(r, &p, 0x43, 0, 5, 0, 0, 0, 0, 0, 12);
    assert_int_equal(sense(r), 0x052400);
    rig_free(r);
}

static void test_read(void **state)
{
    (void)state;
    struct rig *r = cd_rig("--c-");
    struct reply *p = g_new(struct reply, 1);
    PACKET(r, p, 0x28, 0, 0, 0, 0, 16, 0, 0, 4);
    assert_int_equal(p->len, 8192);
    assert_int_equal(p->blocks, 1);
    assert_true(sectors_are(p->data, 64, 16, 2));
    assert_int_equal(r->disk[2]->reads, 1);
    const uint8_t read10[12] = { 0x28, 0, 0, 0, 0, 16, 0, 0, 3 };
    packet(r, read10, 2048, p); /* a block a frame */
    assert_int_equal(p->blocks, 3);
    assert_true(sectors_are(p->data, 64, 12, 2));
    packet(r, read10, 1001, p); /* odd limit: even blocks */
    assert_int_equal(p->blocks, 7);
    assert_true(sectors_are(p->data, 64, 12, 2));
    PACKET(r, p, 0xa8, 0, 0, 0, 0x03, 0xe7, 0, 0, 0, 1);
    assert_true(sectors_are(p->data, 999 * 4, 4, 2));
    PACKET(r, p, 0x28, 0, 0, 0, 0x03, 0xe7, 0, 0, 2);
    assert_int_equal(sense(r), 0x052100);
    PACKET(r, p, 0xa8, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff);
    assert_int_equal(sense(r), 0x052100);
    PACKET(r, p, 0x28, 0, 0, 0, 0, 1, 0, 0, 0); /* nothing: success */
    assert_int_equal(p->status & 1, 0);
    /* READ CD: whole frames. */
    PACKET(r, p, 0xbe, 0, 0, 0, 0, 5, 0, 0, 2, 0xf8);
    assert_int_equal(p->len, 2 * 2352);
    assert_int_equal(p->data[1], 0xff);
    assert_int_equal(p->data[13], 0x02); /* 00:02:05 in BCD */
    assert_int_equal(p->data[14], 0x05);
    assert_int_equal(p->data[15], 1);
    assert_true(sectors_are(p->data + 16, 20, 4, 2));
    assert_true(sectors_are(p->data + 2352 + 16, 24, 4, 2));
    PACKET(r, p, 0xbe, 0x04, 0, 0, 0, 5, 0, 0, 1, 0x10);
    assert_int_equal(sense(r), 0x056400); /* not an audio track */
    PACKET(r, p, 0xb9, 0, 0, 0, 2, 5, 0, 2, 6, 0x10);
    assert_int_equal(p->len, 2048);
    assert_true(sectors_are(p->data, 20, 4, 2));
    g_free(p);
    rig_free(r);
}

/* A packet by bus master: interrupt at the end only. */
static void packet_dma(struct rig *r, const uint8_t cdb[12])
{
    uint16_t words[6];
    memcpy(words, cdb, 12);
    irqs(r);
    out(r, R_ERR, 1);
    out(r, R_CMD, 0xa0);
    outsw(r, words, 6);
    bm_start(r, true);
    settle(r);
}

static void test_dma(void **state)
{
    (void)state;
    struct rig *r = cd_rig("--dc");
    out(r, R_DEV, 0xb0);
    for (unsigned i = 0; i < 32; i++) {
        prd(r, i, DATA + i * 0x10000, 0, i == 31);
    }
    packet_dma(r, (const uint8_t[12]){ 0x28, 0, 0, 0, 0, 100, 0, 0x02, 0x58 }); /* 600 frames */
    assert_int_equal(irqs(r), 1);
    assert_int_equal(bm_status(r) & 7, 5);
    assert_int_equal(in(r, R_COUNT) & 3, 3);
    assert_int_equal(in(r, R_CMD) & 0x89, 0);
    assert_true(sectors_are(r->ram + DATA, 400, 2400, 3));
    bm_stop(r);
    packet_dma(r, (const uint8_t[12]){ 0x12, 0, 0, 0, 36 });
    assert_memory_equal(r->ram + DATA + 8, "EMU ", 4);
    assert_int_equal(bm_status(r) & 7, 5);
    bm_stop(r);
    r->disk[3]->bad_sector = 130 * 4 + 1;
    packet_dma(r, (const uint8_t[12]){ 0x28, 0, 0, 0, 0, 100, 0, 0, 100 });
    assert_int_equal(in(r, R_CMD) & 0x89, 1);
    assert_true(sectors_are(r->ram + DATA, 400, 120, 3));
    bm_stop(r);
    struct reply p;
    PACKET(r, &p, 0x03, 0, 0, 0, 18);
    assert_int_equal(p.data[0], 0xf0);
    assert_int_equal(p.data[2], 3);
    assert_int_equal(p.data[12], 0x11);
    assert_int_equal(p.data[6], 130); /* the frame */
    rig_free(r);
}

static void test_medium(void **state)
{
    (void)state;
    struct rig *r = cd_rig("--e-");
    struct reply p;
    struct block *disc = fake_block_new(400);
    PACKET(r, &p, 0x00);
    assert_int_equal(p.error >> 4, 2);
    assert_int_equal(sense(r), 0x023a01);
    PACKET(r, &p, 0x12, 0, 0, 0, 36);
    assert_int_equal(p.len, 36);
    PACKET(r, &p, 0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8);
    assert_int_equal(p.data[4], 0);
    assert_int_equal(p.data[5], 0);

    assert_int_equal(ide_change_medium(r->ide, 2, disc, false), 0);
    PACKET(r, &p, 0x12, 0, 0, 0, 36); /* INQUIRY doesn't eat the unit attention */
    assert_int_equal(p.status & 1, 0);
    PACKET(r, &p, 0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8);
    assert_int_equal(p.data[4], 2); /* new media */
    assert_int_equal(p.data[5], 2);
    PACKET(r, &p, 0x00);
    assert_int_equal(p.status & 1, 1);
    assert_int_equal(sense(r), 0x062800);
    PACKET(r, &p, 0x00);
    assert_int_equal(p.status & 1, 0);
    PACKET(r, &p, 0x25);
    assert_int_equal(p.data[3], 99);

    PACKET(r, &p, 0x1e, 0, 0, 0, 1); /* lock */
    PACKET(r, &p, 0x1b, 0, 0, 0, 2); /* eject */
    assert_int_equal(sense(r), 0x055302);
    assert_int_equal(ide_change_medium(r->ide, 2, NULL, false), -EBUSY);
    PACKET(r, &p, 0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8);
    assert_int_equal(p.data[4], 1); /* eject request */
    PACKET(r, &p, 0x1e);
    PACKET(r, &p, 0x1b, 0, 0, 0, 2);
    PACKET(r, &p, 0x00);
    assert_int_equal(sense(r), 0x023a02);
    PACKET(r, &p, 0x1b, 0, 0, 0, 3); /* load */
    PACKET(r, &p, 0x00);
    assert_int_equal(sense(r), 0x062800);

    /* The disc is changed while a read is in flight. */
    out(r, R_ERR, 0);
    out(r, R_CMD, 0xa0);
    uint16_t read[6] = { 0x0028, 0, 0, 0, 1 };
    outsw(r, read, 6);
    assert_int_equal(fake_block_pending(disc), 1);
    irqs(r);
    assert_int_equal(ide_change_medium(r->ide, 2, NULL, true), 0);
    assert_int_equal(fake_block_pending(disc), 0);
    assert_int_equal(irqs(r), 1);
    assert_int_equal(in(r, R_CMD) & 0x89, 1);
    assert_int_equal(sense(r), 0x023a00);
    assert_int_equal(ide_change_medium(r->ide, 0, NULL, true), -ENODEV);
    fake_block_free(disc);
    rig_free(r);
}

/* Random registers, packets and data: nothing may hang, crash or leak. */
static void test_random(void **state)
{
    (void)state;
    struct rig *r = rig_new("dcec", SECTORS);
    uint32_t seed = 12345;
    for (unsigned i = 0; i < 200000; i++) {
        seed = seed * 1664525u + 1013904223u;
        uint32_t v = seed >> 8;
        r->base = v & 1 ? 0x1f0 : 0x170;
        switch (v >> 1 & 15) {
        case 0: out(r, R_CMD, v >> 8 & 0xff); break;
        case 1:
            out(r, R_CMD,
                (const uint8_t[]){ 0xa0, 0xc8, 0xca, 0x20, 0x30, 0xec, 0xa1, 0x25 }[v >> 8 & 7]);
            break;
        case 2:
        case 3: out(r, v >> 8 & 7, v >> 12 & 0xff); break;
        case 4: control(r, v >> 8 & 0x86); break;
        case 5: ioport_write(r->io, bm_port(r, v >> 8 & 7), v, 1); break;
        case 6: ioport_write(r->io, bm_port(r, 4), v & 0x7ffffc, 4); break;
        case 7: bm_start(r, v >> 8 & 1); break;
        case 8: fake_clock_step(r->clock, (v >> 8 & 0xff) * 1000); break;
        case 9: settle(r); break;
        case 10: in(r, v >> 8 & 7); break;
        case 11: prd(r, v >> 8 & 3, v & 0x7fffff, v >> 4 & 0xffff, v >> 20 & 1); break;
        case 12:
            if (r->disk[v >> 8 & 3]) {
                fake_block_fail(r->disk[v >> 8 & 3], EIO, v >> 12 & 3, v >> 14 & 3);
            }
            break;
        default:
            for (unsigned k = 0; k < (v >> 10 & 0xff); k++) {
                seed = seed * 1664525u + 1013904223u;
                if (v & 0x100) {
                    ioport_write(r->io, r->base, seed >> 8, 2);
                } else {
                    ioport_read(r->io, r->base, 4);
                }
            }
            break;
        }
    }
    device_reset(r->ide);
    r->base = 0x1f0;
    out(r, R_DEV, 0xa0);
    out(r, R_CMD, 0xec);
    assert_int_equal(in(r, R_CMD), 0x58); /* it still works */
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_signature), cmocka_unit_test(test_inquiry_and_friends),
        cmocka_unit_test(test_toc),       cmocka_unit_test(test_read),
        cmocka_unit_test(test_dma),       cmocka_unit_test(test_medium),
        cmocka_unit_test(test_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
