/* SPDX-License-Identifier: MIT */
/* link: hw/pc/acpi_tables.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "hw/pc/acpi_tables.h"

/* The firmware's side of the loader interface, as SeaBIOS and OVMF carry it out. */
#define TABLES_AT 0x7ffe0000u
#define RSDP_AT   0xf5a00u

struct placed {
    struct acpi_blobs b;
    bool tables_allocated, rsdp_allocated;
};

static uint64_t get(const uint8_t *p, unsigned n)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < n; i++) {
        v |= (uint64_t)p[i] << (8 * i);
    }
    return v;
}

static GByteArray *file(struct placed *p, const char *name)
{
    if (strcmp(name, ACPI_FILE_RSDP) == 0) {
        return p->b.rsdp;
    }
    assert_string_equal(name, ACPI_FILE_TABLES);
    return p->b.tables;
}

static void run_pointer(struct placed *p, const uint8_t *c)
{
    GByteArray *f = file(p, (const char *)c + 4);
    assert_string_equal((const char *)c + 60, ACPI_FILE_TABLES);
    uint32_t at = (uint32_t)get(c + 116, 4);
    uint8_t size = c[120];
    assert_true(size == 4 || size == 8);
    assert_true(at + size <= f->len);
    uint64_t v = get(f->data + at, size);
    assert_true(v < p->b.tables->len);
    v += TABLES_AT;
    for (unsigned i = 0; i < size; i++) {
        f->data[at + i] = (uint8_t)(v >> (8 * i));
    }
}

static void run_checksum(struct placed *p, const uint8_t *c)
{
    GByteArray *f = file(p, (const char *)c + 4);
    uint32_t at = (uint32_t)get(c + 60, 4), start = (uint32_t)get(c + 64, 4);
    uint32_t len = (uint32_t)get(c + 68, 4);
    uint8_t sum = 0;
    assert_true(start + len <= f->len && at >= start && at < start + len);
    for (uint32_t i = 0; i < len; i++) {
        sum = (uint8_t)(sum + f->data[start + i]);
    }
    f->data[at] = (uint8_t)(f->data[at] - sum);
}

static void place(struct placed *p, const struct acpi_config *cfg)
{
    memset(p, 0, sizeof(*p));
    acpi_tables_build(cfg, &p->b);
    assert_int_equal(p->b.loader->len % 128, 0);
    for (unsigned i = 0; i < p->b.loader->len; i += 128) {
        const uint8_t *c = p->b.loader->data + i;
        switch (get(c, 4)) {
        case 1:
            if (file(p, (const char *)c + 4) == p->b.rsdp) {
                assert_int_equal(c[64], 2);
                p->rsdp_allocated = true;
            } else {
                assert_int_equal(get(c + 60, 4), 64);
                assert_int_equal(c[64], 1);
                p->tables_allocated = true;
            }
            break;
        case 2:
            assert_true(p->tables_allocated && p->rsdp_allocated);
            run_pointer(p, c);
            break;
        case 3: run_checksum(p, c); break;
        default: fail_msg("loader command %u", (unsigned)get(c, 4));
        }
    }
}

static bool sums_to_zero(const uint8_t *p, size_t n)
{
    uint8_t sum = 0;
    while (n--) {
        sum = (uint8_t)(sum + *p++);
    }
    return sum == 0;
}

/* A table by address; checks its checksum and that it lies in the file. */
static const uint8_t *table_at(const struct placed *p, uint64_t address)
{
    assert_true(address >= TABLES_AT && address - TABLES_AT + 36 <= p->b.tables->len);
    const uint8_t *t = p->b.tables->data + (address - TABLES_AT);
    uint64_t len = get(t + 4, 4);
    assert_true(len >= 36 && address - TABLES_AT + len <= p->b.tables->len);
    if (!sums_to_zero(t, len)) {
        fail_msg("checksum of %.4s", (const char *)t);
    }
    return t;
}

static const uint8_t *find(const struct placed *p, const char *signature)
{
    const uint8_t *xsdt = table_at(p, get(p->b.rsdp->data + 24, 8));
    const uint8_t *rsdt = table_at(p, get(p->b.rsdp->data + 16, 4)), *found = NULL;
    assert_memory_equal(xsdt, "XSDT", 4);
    assert_memory_equal(rsdt, "RSDT", 4);
    unsigned n = (unsigned)(get(xsdt + 4, 4) - 36) / 8;
    assert_int_equal((get(rsdt + 4, 4) - 36) / 4, n);
    for (unsigned i = 0; i < n; i++) {
        uint64_t address = get(xsdt + 36 + 8 * i, 8);
        assert_true(address == get(rsdt + 36 + 4 * i, 4));
        const uint8_t *t = table_at(p, address);
        if (memcmp(t, signature, 4) == 0) {
            assert_null(found); /* exactly one */
            found = t;
        }
    }
    return found;
}

static const struct acpi_config plain = {
    .cpus = 4,
    .hpet = true,
    .i8042 = true,
    .floppy = true,
    .pci_hole = 0x20000000,
    .pci_hole_end = 0xfec00000,
    .pci_hole64 = GIB(4),
    .phys_bits = 40,
};

static void test_root(void **state)
{
    struct placed p;
    (void)state;

    place(&p, &plain);
    assert_int_equal(p.b.rsdp->len, 36);
    assert_memory_equal(p.b.rsdp->data, "RSD PTR ", 8);
    assert_int_equal(p.b.rsdp->data[15], 2);
    assert_true(sums_to_zero(p.b.rsdp->data, 20));
    assert_true(sums_to_zero(p.b.rsdp->data, 36));
    assert_non_null(find(&p, "FACP"));
    assert_non_null(find(&p, "APIC"));
    assert_non_null(find(&p, "HPET"));
    assert_non_null(find(&p, "SSDT"));
    assert_null(find(&p, "SRAT"));
    acpi_blobs_free(&p.b);
}

static void test_fadt(void **state)
{
    struct placed p;
    (void)state;

    place(&p, &plain);
    const uint8_t *f = find(&p, "FACP");
    assert_int_equal(get(f + 4, 4), 244);
    assert_int_equal(f[8], 3);
    uint64_t facs = get(f + 36, 4), dsdt = get(f + 40, 4);
    assert_int_equal(facs % 64, 0);
    assert_memory_equal(p.b.tables->data + (facs - TABLES_AT), "FACS", 4);
    assert_true(get(f + 140, 8) == dsdt);
    assert_memory_equal(table_at(&p, dsdt), "DSDT", 4);
    assert_int_equal(get(f + 46, 2), 9);
    assert_int_equal(get(f + 48, 4), 0xb2);
    assert_int_equal(f[52], 0xf1);
    assert_int_equal(get(f + 56, 4), 0x600);
    assert_int_equal(get(f + 64, 4), 0x604);
    assert_int_equal(get(f + 76, 4), 0x608);
    assert_int_equal(get(f + 80, 4), 0xafe0);
    assert_int_equal(f[88], 4);
    assert_int_equal(f[89], 2);
    assert_int_equal(f[91], 4);
    assert_int_equal(f[92], 4);
    assert_int_equal(f[108], 0x32);
    assert_int_equal(get(f + 109, 2), 3);
    assert_int_equal(get(f + 112, 4), 0x4a5);
    assert_int_equal(f[116], 1); /* reset: I/O port CF9h, 6 */
    assert_int_equal(get(f + 120, 8), 0xcf9);
    assert_int_equal(f[128], 6);
    assert_int_equal(get(f + 152, 8), 0x600); /* X_PM1a_EVT */
    assert_int_equal(get(f + 176, 8), 0x604);
    assert_int_equal(get(f + 212, 8), 0x608);
    assert_int_equal(get(f + 224, 8), 0xafe0);
    acpi_blobs_free(&p.b);
}

static void test_madt(void **state)
{
    static const unsigned counts[] = { 1, 4, 9, 255 };
    (void)state;

    for (size_t k = 0; k < ARRAY_LEN(counts); k++) {
        struct placed p;
        struct acpi_config c = plain;
        c.cpus = counts[k];
        place(&p, &c);
        const uint8_t *m = find(&p, "APIC");
        assert_int_equal(get(m + 36, 4), 0xfee00000);
        unsigned seen[8] = { 0 }, level = 0;
        for (uint64_t at = 44; at < get(m + 4, 4); at += m[at + 1]) {
            const uint8_t *e = m + at;
            assert_true(e[0] < 8 && e[1] >= 6);
            if (e[0] == 0) {
                assert_int_equal(e[3], seen[0]);
                assert_int_equal(get(e + 4, 4), 1);
            }
            if (e[0] == 1) {
                assert_int_equal(get(e + 4, 4), 0xfec00000);
                assert_int_equal(get(e + 8, 4), 0);
            }
            if (e[0] == 2 && e[3] == 0) {
                assert_int_equal(get(e + 4, 4), 2);
                assert_int_equal(get(e + 8, 2), 0);
            } else if (e[0] == 2) {
                assert_int_equal(get(e + 4, 4), e[3]);
                assert_int_equal(get(e + 8, 2), 0xd);
                level |= 1u << e[3];
            }
            seen[e[0]]++;
        }
        assert_int_equal(seen[0], counts[k]);
        assert_int_equal(seen[1], 1);
        assert_int_equal(seen[4], 1);
        assert_int_equal(level, 1u << 5 | 1u << 9 | 1u << 10 | 1u << 11);
        const uint8_t *f = find(&p, "FACP");
        assert_int_equal(get(f + 112, 4) >> 19 & 1, counts[k] > 8);
        /* the SSDT names as many processors: 13 bytes each */
        assert_int_equal(get(find(&p, "SSDT") + 4, 4), 36 + 9 + 13 * counts[k]);
        acpi_blobs_free(&p.b);
    }
}

static void test_options(void **state)
{
    struct placed p;
    struct acpi_config c = plain;
    (void)state;

    c.hpet = c.i8042 = false;
    place(&p, &c);
    assert_null(find(&p, "HPET"));
    assert_int_equal(get(find(&p, "FACP") + 109, 2), 1);
    acpi_blobs_free(&p.b);
}

/* The bytes of a name's value in the DSDT. */
static const uint8_t *after(const uint8_t *t, const char *pattern, size_t n)
{
    const uint8_t *found = memmem(t, get(t + 4, 4), pattern, n);
    assert_non_null(found);
    return found + n;
}

static void test_dsdt(void **state)
{
    struct placed p;
    struct acpi_config c = plain;
    (void)state;

    c.floppy = false;
    c.pci_hole64 = GIB(5) + MIB(1);
    place(&p, &c);
    const uint8_t *t = table_at(&p, get(find(&p, "FACP") + 40, 4));
    assert_int_equal(*after(t, "\010FDST\012", 6), 0);
    assert_int_equal(*after(t, "\010KBST\012", 6), 0x0f);
    /* _S5: Package (4) { 0, 0, 0, 0 } */
    assert_memory_equal(after(t, "\010_S5_\022", 6), "\006\004\0\0\0\0", 6);
    uint8_t hole[12], hole64[16];
    for (unsigned i = 0; i < 4; i++) {
        hole[i] = (uint8_t)(0x20000000u >> (8 * i));
        hole[4 + i] = (uint8_t)(0xfebfffffu >> (8 * i));
        hole[8 + i] = 0;
    }
    assert_int_equal(get(after(t, (char *)hole, 12), 4), 0xfec00000 - 0x20000000);
    for (unsigned i = 0; i < 8; i++) {
        hole64[i] = (uint8_t)(GIB(6) >> (8 * i));
        hole64[8 + i] = (uint8_t)((GIB(518) - 1) >> (8 * i));
    }
    assert_true(get(after(t, (char *)hole64, 16) + 8, 8) == GIB(512));
    acpi_blobs_free(&p.b);
}

/* Many combinations of sizes; none may leave a pointer or a checksum wrong. */
static void test_many(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 200; i++) {
        struct placed p;
        struct acpi_config c = {
            .cpus = 1 + i % 255,
            .hpet = i & 1,
            .i8042 = i & 2,
            .floppy = i & 4,
            .pci_hole = MIB(1) * (1 + i),
            .pci_hole_end = 0xfec00000,
            .pci_hole64 = GIB(4) + GIB(1) * (i * 7),
            .phys_bits = 32 + i % 21,
        };
        place(&p, &c);
        assert_non_null(find(&p, "FACP"));
        acpi_blobs_free(&p.b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_root),    cmocka_unit_test(test_fadt), cmocka_unit_test(test_madt),
        cmocka_unit_test(test_options), cmocka_unit_test(test_dsdt), cmocka_unit_test(test_many),
    };
    return cmocka_run_group_tests_name("acpi_tables", tests, NULL, NULL);
}
