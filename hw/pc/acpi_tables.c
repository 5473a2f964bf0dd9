/* SPDX-License-Identifier: MIT */
/*
 * ACPI tables (ACPI 2.0 layouts, IA-PC HPET 1.0a): RSDP, RSDT, XSDT, FADT revision 3, FACS, DSDT,
 * SSDT with the processors, MADT, HPET. There is no SRAT on purpose: one node.
 *
 * The firmware places them: QEMU's table loader (docs of OVMF and SeaBIOS: romfile_loader) takes
 * commands to allocate files, to add a file's address to a pointer field and to fill in checksums.
 */
#include "hw/pc/acpi_tables.h"

#include <string.h>

#include "hw/pc/acpi_pm.h"
#include "hw/pc/apic.h"
#include "hw/pc/dsdt.aml.h"
#include "hw/pc/hpet.h"

#define PM_BASE    0x600u /* where SeaBIOS and OVMF put it */
#define SCI_IRQ    9u
#define RESET_PORT 0xcf9u
#define RESET_HARD 0x06u

#define HEADER_SIZE  36u
#define CHECKSUM_AT  9u
#define LOADER_ENTRY 128u
#define LOADER_NAME  56u
#define WINDOW_MARK  MIB(1)

enum loader_command { LOADER_ALLOCATE = 1, LOADER_ADD_POINTER = 2, LOADER_ADD_CHECKSUM = 3 };
enum loader_zone { ZONE_HIGH = 1, ZONE_FSEG = 2 };

/* --- bytes ----------------------------------------------------------------------------------- */

static void put(GByteArray *a, uint64_t v, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) {
        uint8_t b = (uint8_t)(v >> (8 * i));
        g_byte_array_append(a, &b, 1);
    }
}

static void put_zeros(GByteArray *a, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        put(a, 0, 1);
    }
}

static void put_text(GByteArray *a, const char *text, unsigned len)
{
    g_byte_array_append(a, (const uint8_t *)text, len);
}

static void patch(GByteArray *a, size_t at, uint64_t v, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) {
        a->data[at + i] = (uint8_t)(v >> (8 * i));
    }
}

static void align(GByteArray *a, unsigned to)
{
    while (a->len % to) {
        put(a, 0, 1);
    }
}

/* --- the loader's script --------------------------------------------------------------------- */

static void put_name(GByteArray *a, const char *name)
{
    char field[LOADER_NAME] = { 0 };
    g_strlcpy(field, name, sizeof(field));
    put_text(a, field, sizeof(field));
}

static void end_command(GByteArray *a)
{
    align(a, LOADER_ENTRY);
}

static void loader_allocate(GByteArray *a, const char *file, uint32_t alignment, enum loader_zone z)
{
    put(a, LOADER_ALLOCATE, 4);
    put_name(a, file);
    put(a, alignment, 4);
    put(a, z, 1);
    end_command(a);
}

/* Adds the address of the tables to a pointer, which holds an offset into them. */
static void loader_pointer(GByteArray *a, const char *in_file, uint32_t at, uint8_t size)
{
    put(a, LOADER_ADD_POINTER, 4);
    put_name(a, in_file);
    put_name(a, ACPI_FILE_TABLES);
    put(a, at, 4);
    put(a, size, 1);
    end_command(a);
}

static void loader_checksum(GByteArray *a, const char *file, uint32_t at, uint32_t start,
                            uint32_t len)
{
    put(a, LOADER_ADD_CHECKSUM, 4);
    put_name(a, file);
    put(a, at, 4);
    put(a, start, 4);
    put(a, len, 4);
    end_command(a);
}

/* --- table headers --------------------------------------------------------------------------- */

static uint32_t begin_table(struct acpi_blobs *b, const char *signature, uint8_t revision)
{
    align(b->tables, 16);
    uint32_t at = b->tables->len;
    put_text(b->tables, signature, 4);
    put(b->tables, 0, 4); /* length: end_table */
    put(b->tables, revision, 1);
    put(b->tables, 0, 1); /* checksum: the firmware */
    put_text(b->tables, "EMU   EMUPC   ", 14);
    put(b->tables, 1, 4);
    put_text(b->tables, "EMU ", 4);
    put(b->tables, 1, 4);
    return at;
}

static void end_table(struct acpi_blobs *b, uint32_t at)
{
    uint32_t len = b->tables->len - at;
    patch(b->tables, at + 4, len, 4);
    loader_checksum(b->loader, ACPI_FILE_TABLES, at + CHECKSUM_AT, at, len);
}

/* A pointer to another table, given by its offset. */
static void put_pointer(struct acpi_blobs *b, uint32_t to, uint8_t size)
{
    loader_pointer(b->loader, ACPI_FILE_TABLES, b->tables->len, size);
    put(b->tables, to, size);
}

/* Generic address structure. */
static void put_gas(GByteArray *a, uint8_t space, uint8_t bits, uint8_t access, uint64_t address)
{
    put(a, space, 1);
    put(a, bits, 1);
    put(a, 0, 1);
    put(a, access, 1);
    put(a, address, 8);
}

/* --- DSDT and SSDT --------------------------------------------------------------------------- */

/* Where `what` lies in the DSDT from `at` on, once. */
static size_t find_once(const GByteArray *a, size_t at, const void *what, size_t len)
{
    size_t found = SIZE_MAX;
    for (size_t i = at; i + len <= a->len; i++) {
        if (memcmp(a->data + i, what, len) == 0) {
            g_assert(found == SIZE_MAX);
            found = i;
        }
    }
    g_assert(found != SIZE_MAX);
    return found;
}

/* Name (XXXX, 0x0F): NameOp, name, BytePrefix, value. */
static void patch_name(GByteArray *a, size_t at, const char *name, uint8_t value)
{
    uint8_t code[6] = { 0x08, 0, 0, 0, 0, 0x0a };
    memcpy(code + 1, name, 4);
    patch(a, find_once(a, at, code, sizeof(code)) + sizeof(code), value, 1);
}

/* Min, max, translation, length of a memory descriptor whose limits are known. */
static void patch_window(GByteArray *a, size_t at, uint64_t old, uint64_t start, uint64_t end,
                         unsigned width)
{
    g_autoptr(GByteArray) limits = g_byte_array_new();
    put(limits, old, width);
    put(limits, old + WINDOW_MARK - 1, width);
    size_t pos = find_once(a, at, limits->data, limits->len);
    patch(a, pos, start, width);
    patch(a, pos + width, end - 1, width);
    patch(a, pos + 3 * width, end - start, width);
}

static uint32_t put_dsdt(const struct acpi_config *c, struct acpi_blobs *b)
{
    align(b->tables, 16);
    uint32_t at = b->tables->len;
    g_byte_array_append(b->tables, dsdt_aml, sizeof(dsdt_aml));
    patch(b->tables, at + CHECKSUM_AT, 0, 1);
    patch_name(b->tables, at, "KBST", c->i8042 ? 0x0f : 0);
    patch_name(b->tables, at, "FDST", c->floppy ? 0x0f : 0);
    patch_name(b->tables, at, "HPST", c->hpet ? 0x0f : 0);
    patch_window(b->tables, at, 0xa5100000, c->pci_hole, c->pci_hole_end, 4);
    /* As much as processors can address, at most 512 GiB: more only costs guests page tables. */
    uint64_t start = (c->pci_hole64 + GIB(1) - 1) & ~(GIB(1) - 1);
    uint64_t top = 1ull << MIN(c->phys_bits, 52);
    uint64_t end = MIN(start + GIB(512), MAX(top, start + GIB(1)));
    patch_window(b->tables, at, 0xa5a5100000, start, end, 8);
    end_table(b, at);
    return at;
}

/* Scope (\_SB) { Processor (Cxxx, id, 0, 0) {} ... } by hand (ACPI 2.0, 17.2). */
static uint32_t put_ssdt(const struct acpi_config *c, struct acpi_blobs *b)
{
    static const uint8_t processor[2] = { 0x5b, 0x83 };
    uint32_t at = begin_table(b, "SSDT", 1);
    const unsigned each = 2 + 1 + 4 + 1 + 4 + 1;
    /* PkgLength in three bytes: low nibble in the first, then two of eight bits. */
    unsigned len = 3 + 5 + each * c->cpus;

    put(b->tables, 0x10, 1); /* ScopeOp */
    put(b->tables, 0x80 | (len & 15), 1);
    put(b->tables, len >> 4, 2);
    put_text(b->tables, "\\_SB_", 5);
    for (unsigned i = 0; i < c->cpus; i++) {
        char name[8];
        g_snprintf(name, sizeof(name), "C%03X", i);
        g_byte_array_append(b->tables, processor, 2);
        put(b->tables, each - 2, 1); /* PkgLength */
        put_text(b->tables, name, 4);
        put(b->tables, i, 1);
        put(b->tables, 0, 4); /* no P_BLK */
        put(b->tables, 0, 1);
    }
    end_table(b, at);
    return at;
}

/* --- the fixed tables ------------------------------------------------------------------------ */

static uint32_t put_facs(struct acpi_blobs *b)
{
    align(b->tables, 64);
    uint32_t at = b->tables->len;
    put_text(b->tables, "FACS", 4);
    put(b->tables, 64, 4);
    put_zeros(b->tables, 56); /* no checksum */
    return at;
}

enum fadt_flags {
    FADT_WBINVD = 1 << 0,
    FADT_PROC_C1 = 1 << 2,
    FADT_NO_SLP_BUTTON = 1 << 5,
    FADT_RTC_S4 = 1 << 7,
    FADT_RESET_REG = 1 << 10,
    FADT_PHYSICAL_DEST = 1 << 19,
};

static void put_fadt_blocks(GByteArray *t)
{
    put(t, PM_BASE, 4); /* PM1a_EVT_BLK */
    put(t, 0, 4);
    put(t, PM_BASE + 4, 4); /* PM1a_CNT_BLK */
    put(t, 0, 4);
    put(t, 0, 4);           /* PM2_CNT_BLK */
    put(t, PM_BASE + 8, 4); /* PM_TMR_BLK */
    put(t, ACPI_GPE0_BASE, 4);
    put(t, 0, 4);
    put(t, 4, 1); /* PM1_EVT_LEN */
    put(t, 2, 1); /* PM1_CNT_LEN */
    put(t, 0, 1);
    put(t, 4, 1);     /* PM_TMR_LEN */
    put(t, 4, 1);     /* GPE0_BLK_LEN */
    put_zeros(t, 3);  /* GPE1 */
    put(t, 0xfff, 2); /* no C2, no C3 */
    put(t, 0xfff, 2);
    put_zeros(t, 8); /* flush, duty, day and month alarm */
    put(t, 0x32, 1); /* century in CMOS */
}

static uint32_t put_fadt(const struct acpi_config *c, struct acpi_blobs *b, uint32_t facs,
                         uint32_t dsdt)
{
    uint32_t at = begin_table(b, "FACP", 3);
    GByteArray *t = b->tables;
    uint32_t flags = FADT_WBINVD | FADT_PROC_C1 | FADT_NO_SLP_BUTTON | FADT_RTC_S4 | FADT_RESET_REG;

    /* Flat logical destinations end at 8 processors; 24-bit PM timer: no TMR_VAL_EXT. */
    flags |= c->cpus > 8 ? (uint32_t)FADT_PHYSICAL_DEST : 0;
    put_pointer(b, facs, 4);
    put_pointer(b, dsdt, 4);
    put_zeros(t, 2); /* interrupt model of ACPI 1.0; no preferred profile */
    put(t, SCI_IRQ, 2);
    put(t, ACPI_SMI_CMD, 4);
    put(t, ACPI_ENABLE_CMD, 1);
    put(t, ACPI_DISABLE_CMD, 1);
    put_zeros(t, 2); /* S4BIOS_REQ, PSTATE_CNT */
    put_fadt_blocks(t);
    put(t, c->i8042 ? 3 : 1, 2); /* IAPC_BOOT_ARCH: legacy devices, 8042 */
    put_zeros(t, 1);
    put(t, flags, 4);
    put_gas(t, 1, 8, 1, RESET_PORT);
    put(t, RESET_HARD, 1);
    put_zeros(t, 3);
    put(t, 0, 8); /* X_FIRMWARE_CTRL: not both */
    put_pointer(b, dsdt, 8);
    put_gas(t, 1, 32, 2, PM_BASE);
    put_gas(t, 0, 0, 0, 0);
    put_gas(t, 1, 16, 2, PM_BASE + 4);
    put_gas(t, 0, 0, 0, 0);
    put_gas(t, 0, 0, 0, 0);
    put_gas(t, 1, 32, 3, PM_BASE + 8);
    put_gas(t, 1, 32, 1, ACPI_GPE0_BASE);
    put_gas(t, 0, 0, 0, 0);
    g_assert(t->len - at == 244);
    end_table(b, at);
    return at;
}

static uint32_t put_madt(const struct acpi_config *c, struct acpi_blobs *b)
{
    /* IRQs that PCI interrupts and the SCI use: active high, level (the 8259's ELCR agrees). */
    static const uint8_t level_irqs[] = { 5, 9, 10, 11 };
    uint32_t at = begin_table(b, "APIC", 1);
    GByteArray *t = b->tables;

    put(t, LAPIC_BASE, 4);
    put(t, 1, 4); /* there are 8259s, too */
    for (unsigned i = 0; i < c->cpus; i++) {
        put(t, 0x0800, 2); /* type 0, 8 bytes */
        put(t, i, 1);
        put(t, i, 1);
        put(t, 1, 4);
    }
    put(t, 0x0c01, 2); /* I/O APIC */
    put(t, 0, 1);
    put(t, 0, 1);
    put(t, IOAPIC_BASE, 4);
    put(t, 0, 4);
    put(t, 0x0a02, 2); /* the timer, ISA IRQ 0, is on pin 2 */
    put(t, 0, 2);
    put(t, 2, 4);
    put(t, 0, 2);
    for (unsigned i = 0; i < ARRAY_LEN(level_irqs); i++) {
        put(t, 0x0a02, 2);
        put(t, 0, 1);
        put(t, level_irqs[i], 1);
        put(t, level_irqs[i], 4);
        put(t, 0x0d, 2);
    }
    put(t, 0x0604, 2); /* NMI: LINT1 of all processors */
    put(t, 0xff, 1);
    put(t, 0, 2);
    put(t, 1, 1);
    end_table(b, at);
    return at;
}

static uint32_t put_hpet(struct acpi_blobs *b)
{
    uint32_t at = begin_table(b, "HPET", 1);
    /* General capabilities 31:0: Intel, legacy routing, 64-bit counter, 3 timers, revision 1. */
    put(b->tables, 0x8086a201, 4);
    put_gas(b->tables, 0, 0, 0, HPET_BASE);
    put(b->tables, 0, 1);
    put(b->tables, 0, 2);
    put(b->tables, 0, 1);
    end_table(b, at);
    return at;
}

static uint32_t put_root(struct acpi_blobs *b, const char *signature, uint8_t pointer,
                         const uint32_t *tables, unsigned n)
{
    uint32_t at = begin_table(b, signature, 1);
    for (unsigned i = 0; i < n; i++) {
        put_pointer(b, tables[i], pointer);
    }
    end_table(b, at);
    return at;
}

static void put_rsdp(struct acpi_blobs *b, uint32_t rsdt, uint32_t xsdt)
{
    GByteArray *t = b->rsdp;

    put_text(t, "RSD PTR ", 8);
    put(t, 0, 1);
    put_text(t, "EMU   ", 6);
    put(t, 2, 1);
    loader_pointer(b->loader, ACPI_FILE_RSDP, t->len, 4);
    put(t, rsdt, 4);
    put(t, 36, 4);
    loader_pointer(b->loader, ACPI_FILE_RSDP, t->len, 8);
    put(t, xsdt, 8);
    put_zeros(t, 4);
    loader_checksum(b->loader, ACPI_FILE_RSDP, 8, 0, 20);
    loader_checksum(b->loader, ACPI_FILE_RSDP, 32, 0, 36);
}

void acpi_tables_build(const struct acpi_config *c, struct acpi_blobs *out)
{
    uint32_t list[4];
    unsigned n = 0;

    out->tables = g_byte_array_new();
    out->rsdp = g_byte_array_new();
    out->loader = g_byte_array_new();
    loader_allocate(out->loader, ACPI_FILE_RSDP, 16, ZONE_FSEG);
    loader_allocate(out->loader, ACPI_FILE_TABLES, 64, ZONE_HIGH);

    uint32_t facs = put_facs(out);
    uint32_t dsdt = put_dsdt(c, out);
    list[n++] = put_fadt(c, out, facs, dsdt);
    list[n++] = put_ssdt(c, out);
    list[n++] = put_madt(c, out);
    if (c->hpet) {
        list[n++] = put_hpet(out);
    }
    uint32_t rsdt = put_root(out, "RSDT", 4, list, n);
    uint32_t xsdt = put_root(out, "XSDT", 8, list, n);
    put_rsdp(out, rsdt, xsdt);
}

void acpi_blobs_free(struct acpi_blobs *b)
{
    g_byte_array_unref(b->tables);
    g_byte_array_unref(b->rsdp);
    g_byte_array_unref(b->loader);
}
