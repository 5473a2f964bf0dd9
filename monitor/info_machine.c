/* SPDX-License-Identifier: MIT */
/*
 * What the machine is made of: state, memory map, devices, interrupt controllers, back ends.
 */
#include <string.h>

#include "accel/api/vcpu.h"
#include "backend/block/block.h"
#include "backend/char/chardev.h"
#include "core/ioport.h"
#include "core/physmem.h"
#include "monitor/commands.h"
#include "ui/ui.h"

#define HEX16 "%016" G_GINT64_MODIFIER "x"

/* --- identity and state -------------------------------------------------------------------- */

void info_status(struct mon_call *c)
{
    enum vm_state s = vm_state(c->vm);
    bool plain = s == VM_RUNNING || s == VM_PAUSED;
    call_print(c, "VM status: %s", s == VM_RUNNING ? "running" : "paused");
    if (!plain) {
        call_print(c, " (%s)", vm_state_name(s));
    }
    call_print(c, "\n");
}

void info_version(struct mon_call *c)
{
    call_print(c, "emu " EMU_VERSION "\n");
}

void info_name(struct mon_call *c)
{
    if (c->p.name) {
        call_print(c, "%s\n", c->p.name);
    }
}

char *mon_uuid(const struct mon_call *c)
{
    static const uint8_t none[16];
    const uint8_t *u = c->p.uuid ? c->p.uuid : none;
    return g_strdup_printf("%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
                           u[0], u[1], u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9], u[10],
                           u[11], u[12], u[13], u[14], u[15]);
}

void info_uuid(struct mon_call *c)
{
    char *text = mon_uuid(c);
    call_print(c, "%s\n", text);
    g_free(text);
}

/* --- memory map ---------------------------------------------------------------------------- */

static const char *kind_name(enum mem_kind k)
{
    return k == MEM_RAM ? "ram" : k == MEM_ROM ? "rom" : "i/o";
}

static void print_region(void *arg, const struct mem_region_info *r)
{
    struct mon_call *c = arg;
    call_print(c, "  " HEX16 "-" HEX16 " (prio %d, %s): ", r->gpa, r->gpa + (r->size - 1),
               r->priority, kind_name(r->kind));
    if (r->alias_of) {
        call_print(c, "alias %s @%s " HEX16 "%s\n", r->name, r->alias_of, r->alias_off,
                   r->enabled ? "" : " [disabled]");
    } else {
        call_print(c, "%s%s\n", r->name, r->enabled ? "" : " [disabled]");
    }
}

static void print_view(void *opaque, const struct mem_section *view, size_t n)
{
    struct mon_call *c = opaque;
    for (size_t i = 0; i < n; i++) {
        const struct mem_section *s = &view[i];
        call_print(c, "  " HEX16 "-" HEX16 " (%s): %s", s->gpa, s->gpa + (s->size - 1),
                   kind_name(s->kind), mem_region_name(s->region));
        if (s->region_off) {
            call_print(c, " @" HEX16, s->region_off);
        }
        call_print(c, "\n");
    }
}

static void print_ports(void *arg, uint16_t base, unsigned count, const char *name)
{
    call_print(arg, "  %04x-%04x (i/o): %s\n", base, base + count - 1, name);
}

void info_mtree(struct mon_call *c)
{
    /* A listener is told the view at once. */
    struct physmem_listener l = { .view_changed = print_view, .opaque = c };
    if (!arg_bool(c, "flat", false)) {
        call_print(c, "memory regions, the highest priority wins:\n");
        physmem_foreach(c->p.mem, print_region, c);
        call_print(c, "\n");
    }
    call_print(c, "memory as the guest sees it%s:\n",
               physmem_a20(c->p.mem) ? "" : " (A20 is closed)");
    physmem_add_listener(c->p.mem, &l);
    physmem_remove_listener(c->p.mem, &l);
    call_print(c, "\nI/O ports:\n");
    ioport_foreach(c->p.io, print_ports, c);
}

static void print_rom(void *arg, const struct mem_region_info *r)
{
    if (r->kind == MEM_ROM && !r->alias_of) {
        call_print(arg, "addr=" HEX16 " size=0x%06" G_GINT64_MODIFIER "x mem=rom name=\"%s\"%s\n",
                   r->gpa, r->size, r->name, r->enabled ? "" : " (disabled)");
    }
}

void info_roms(struct mon_call *c)
{
    physmem_foreach(c->p.mem, print_rom, c);
}

/* --- devices ------------------------------------------------------------------------------- */

static void print_device(void *arg, struct device *d)
{
    static const char *const buses[] = { "main-system-bus", "ISA", "PCI", "IDE", "floppy-bus" };
    struct mon_call *c = arg;
    unsigned bus = d->cls->bus;
    call_print(c, "dev: %s, id \"%s\", bus %s -- %s\n", d->cls->name, d->id ? d->id : "",
               bus < ARRAY_LEN(buses) ? buses[bus] : "other", d->cls->desc ? d->cls->desc : "");
    for (const struct prop *p = d->cls->props; p && p->name; p++) {
        char *value = mon_prop_text(d, p);
        call_print(c, "  %s = %s\n", p->name, value);
        g_free(value);
    }
}

void info_qtree(struct mon_call *c)
{
    vm_foreach_device(c->vm, print_device, c);
}

char *mon_prop_text(const struct device *d, const struct prop *p)
{
    const char *at = (const char *)d + p->offset;
    switch (p->kind) {
    case PROP_BOOL: return g_strdup(*(const bool *)at ? "true" : "false");
    case PROP_U8: return g_strdup_printf("%u", *(const uint8_t *)at);
    case PROP_U16: return g_strdup_printf("%u", *(const uint16_t *)(const void *)at);
    case PROP_U32: return g_strdup_printf("%u", *(const uint32_t *)(const void *)at);
    case PROP_I32: return g_strdup_printf("%d", *(const int32_t *)(const void *)at);
    case PROP_U64:
    case PROP_SIZE:
        return g_strdup_printf("%" G_GUINT64_FORMAT, *(const uint64_t *)(const void *)at);
    case PROP_STRING: {
        const char *s = *(char *const *)(const void *)at;
        return g_strdup_printf("\"%s\"", s ? s : "");
    }
    case PROP_ENUM: {
        int i = *(const int *)(const void *)at, n = 0;
        while (p->values && p->values[n]) {
            n++;
        }
        return g_strdup_printf("\"%s\"", i >= 0 && i < n ? p->values[i] : "");
    }
    case PROP_CHARDEV: {
        struct chardev *const *ch = (struct chardev *const *)(const void *)at;
        return g_strdup_printf("\"%s\"", *ch ? chardev_id(*ch) : "");
    }
    case PROP_DRIVE: {
        struct drive *const *dr = (struct drive *const *)(const void *)at;
        char *name = *dr ? vm_drive_name(*dr) : g_strdup("");
        char *text = g_strdup_printf("\"%s\"", name);
        g_free(name);
        return text;
    }
    case PROP_MAC: {
        const uint8_t *m = (const uint8_t *)at;
        return g_strdup_printf("\"%02x:%02x:%02x:%02x:%02x:%02x\"", m[0], m[1], m[2], m[3], m[4],
                               m[5]);
    }
    default: return g_strdup("\"\"");
    }
}

struct describe {
    struct mon_call *c;
    const char *name;
    bool any;
};

static void describe_one(void *arg, struct device *d)
{
    struct describe *x = arg;
    if (d->cls->describe && strcmp(d->cls->name, x->name) == 0) {
        d->cls->describe(d, x->c->out);
        x->any = true;
    }
}

static void describe(struct mon_call *c, const char *name, const char *absent)
{
    struct describe x = { .c = c, .name = name };
    vm_foreach_device(c->vm, describe_one, &x);
    if (!x.any) {
        call_print(c, "%s\n", absent);
    }
}

void info_pic(struct mon_call *c)
{
    info_ioapic(c);
    describe(c, "isa-pic", "there is no 8259A");
}

void info_ioapic(struct mon_call *c)
{
    describe(c, "ioapic", "there is no I/O APIC");
}

void info_lapic(struct mon_call *c)
{
    describe(c, "apic", "there is no local APIC");
}

void info_irq(struct mon_call *c)
{
    describe(c, "isa-pic", "there is no 8259A");
    describe(c, "ioapic", "there is no I/O APIC");
}

/* --- PCI ----------------------------------------------------------------------------------- */

static const char *pci_class_name(uint32_t code)
{
    static const struct {
        uint16_t code;
        const char *name;
    } classes[] = {
        { 0x0100, "SCSI controller" },     { 0x0101, "IDE controller" },
        { 0x0106, "SATA controller" },     { 0x0108, "NVMe controller" },
        { 0x0200, "Ethernet controller" }, { 0x0300, "VGA controller" },
        { 0x0380, "Display controller" },  { 0x0401, "Audio controller" },
        { 0x0403, "Audio controller" },    { 0x0600, "Host bridge" },
        { 0x0601, "ISA bridge" },          { 0x0604, "PCI bridge" },
        { 0x0680, "Bridge" },              { 0x0c03, "USB controller" },
        { 0x0c05, "SMBus" },               { 0x00ff, "Unclassified device" },
    };
    for (size_t i = 0; i < ARRAY_LEN(classes); i++) {
        if (classes[i].code == code >> 8) {
            return classes[i].name;
        }
    }
    return "Class";
}

static void print_bar(struct mon_call *c, unsigned n, uint64_t size, uint64_t mapped, bool io,
                      bool mem64, bool prefetch)
{
    if (size == 0) {
        return;
    }
    call_print(c, "      BAR%u: ", n);
    if (io) {
        call_print(c, "I/O");
    } else {
        call_print(c, "%s%s memory", mem64 ? "64 bit" : "32 bit", prefetch ? " prefetchable" : "");
    }
    if (mapped == UINT64_MAX) {
        call_print(c, " of 0x%" G_GINT64_MODIFIER "x bytes, not decoded.\n", size);
    } else {
        call_print(c, " at 0x%" G_GINT64_MODIFIER "x [0x%" G_GINT64_MODIFIER "x].\n", mapped,
                   mapped + size - 1);
    }
}

static void print_pci(void *arg, const struct vm_pci_function *f)
{
    struct mon_call *c = arg;
    call_print(c, "  Bus %2u, device %3u, function %u:\n", f->bus, f->slot, f->function);
    call_print(c, "    %s (%04x): PCI device %04x:%04x", pci_class_name(f->class_code),
               f->class_code >> 8, f->vendor, f->device);
    if (f->subsys_vendor || f->subsys) {
        call_print(c, ", subsystem %04x:%04x", f->subsys_vendor, f->subsys);
    }
    call_print(c, "\n");
    if (f->irq_pin) {
        call_print(c, "      IRQ %u, pin %c\n", f->irq_line, 'A' + ((f->irq_pin - 1) & 3));
    }
    for (unsigned i = 0; i < 6; i++) {
        print_bar(c, i, f->bar[i].size, f->bar[i].mapped, f->bar[i].io, f->bar[i].mem64,
                  f->bar[i].prefetch);
    }
    print_bar(c, 6, f->rom.size, f->rom.mapped, false, false, false);
    call_print(c, "      id \"%s\" (%s)\n", f->id ? f->id : "", f->name);
}

void info_pci(struct mon_call *c)
{
    vm_foreach_pci(c->vm, print_pci, c);
}

/* --- back ends ----------------------------------------------------------------------------- */

void info_block(struct mon_call *c)
{
    static const char *const ifs[] = { "none", "ide", "floppy", "virtio", "pflash", "scsi", "sd" };
    for (guint i = 0; i < c->p.drives->len; i++) {
        const struct drive *d = g_ptr_array_index(c->p.drives, i);
        char *name = vm_drive_name(d);
        bool removable = d->media == DRIVE_CDROM || d->iface == DRIVE_IF_FLOPPY;
        if (d->block) {
            call_print(c, "%s: %s (raw%s)\n", name, block_path(d->block),
                       block_read_only(d->block) ? ", read-only" : "");
            call_print(c, "    %" G_GUINT64_FORMAT " bytes\n",
                       block_sectors(d->block) * SECTOR_SIZE);
        } else {
            call_print(c, "%s: [not inserted]\n", name);
        }
        call_print(c, "    Attached to: %s%s\n", d->attached ? ifs[d->iface] : "nothing",
                   removable ? "" : ", not removable");
        if (removable) {
            call_print(c, "    Removable device: %s\n", d->block ? "not locked" : "empty");
        }
        g_free(name);
    }
}

void info_blockstats(struct mon_call *c)
{
    static const char *const names[BLOCK_OPS] = { "rd", "wr", "flush" };
    for (guint i = 0; i < c->p.drives->len; i++) {
        const struct drive *d = g_ptr_array_index(c->p.drives, i);
        char *name = vm_drive_name(d);
        call_print(c, "%s:", name);
        g_free(name);
        struct block_stats s = { 0 };
        if (d->block) {
            s = block_stats(d->block);
        }
        for (size_t k = 0; k < BLOCK_OPS; k++) {
            if (k != BLOCK_FLUSH) {
                call_print(c, " %s_bytes=%" G_GUINT64_FORMAT, names[k], s.op[k].bytes);
            }
            call_print(c, " %s_operations=%" G_GUINT64_FORMAT, names[k], s.op[k].done);
            call_print(c, " %s_total_time_ns=%" G_GUINT64_FORMAT, names[k], s.op[k].ns);
            call_print(c, " failed_%s_operations=%" G_GUINT64_FORMAT, names[k], s.op[k].failed);
        }
        call_print(c, "\n");
    }
}

static void print_chardev(void *arg, const char *id, const char *kind, bool open, const char *info)
{
    call_print(arg, "%s: filename=%s%s%s%s\n", id, kind, info ? ":" : "", info ? info : "",
               open ? "" : " (nobody is connected)");
}

void info_chardev(struct mon_call *c)
{
    chardev_set_foreach(c->p.chardevs, print_chardev, c);
}

struct class_walk {
    struct mon_call *c;
    uint8_t class;
    bool any;
};

static void print_one_of_class(void *arg, const struct vm_pci_function *f)
{
    struct class_walk *w = arg;
    if (f->class_code >> 16 == w->class) {
        call_print(w->c, "%s: PCI %02x:%02x.%u, %04x:%04x\n", f->id ? f->id : f->name, f->bus,
                   f->slot, f->function, f->vendor, f->device);
        w->any = true;
    }
}

static void print_if_class(struct mon_call *c, uint8_t class, const char *absent)
{
    struct class_walk w = { .c = c, .class = class };
    vm_foreach_pci(c->vm, print_one_of_class, &w);
    if (!w.any) {
        call_print(c, "%s\n", absent);
    }
}

void info_network(struct mon_call *c)
{
    print_if_class(c, 0x02, "there is no network device");
}

void info_usb(struct mon_call *c)
{
    print_if_class(c, 0x0c, "USB support not enabled");
}

void info_vnc(struct mon_call *c)
{
    struct ui_server s;
    if (!ui_server_describe(vm_ui_set(c->vm), &s)) {
        call_print(c, "Server: disabled\n");
        return;
    }
    call_print(c, "default:\n  Server: %s%s%s (%s)\n    Auth: %s\n", s.host, *s.service ? ":" : "",
               s.service, s.family, s.auth);
    for (guint i = 0; i < s.clients->len; i++) {
        call_print(c, "  Client: %s\n", (const char *)g_ptr_array_index(s.clients, i));
    }
    ui_server_clear(&s);
}

void info_snapshots(struct mon_call *c)
{
    call_print(c, "There is no snapshot available.\n");
}
