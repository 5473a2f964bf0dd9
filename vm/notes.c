/* SPDX-License-Identifier: MIT */
/*
 * Notes about accesses to devices (vm/notes.h), and where strict reports come from.
 */
#include "vm/notes.h"

#include <string.h>

#include "accel/x86/inspect.h"
#include "accel/x86/state_text.h"
#include "core/device.h"
#include "core/ioport.h"
#include "core/narrate.h"
#include "core/opts.h"
#include "core/physmem.h"
#include "monitor/symbols.h"
#include "vm/vm_int.h"

#define PRIX G_GINT64_MODIFIER "x"
#define STRICT_FRAMES 8

struct vm_notes {
    struct vm *vm;
    struct narrator *narrator;
    struct physmem_listener listener; /* host code wrote RAM */
    bool listening;
};

/* --- where it happened ------------------------------------------------------------------------ */

static bool view_of(struct vm *vm, unsigned cpu, struct x86_state *st, struct x86_view *v)
{
    if (!vm->vcpus || vcpu_state_get(vm->vcpus, cpu, st, X86_GROUP_ALL) < 0) {
        return false;
    }
    x86_view_init(v, st, vm->mem, &vm->model);
    return true;
}

static bool place_pc(void *opaque, uint64_t *pc)
{
    struct x86_state st;
    struct x86_view v;
    int cpu = vcpu_current();
    if (cpu < 0 || !view_of(opaque, (unsigned)cpu, &st, &v)) {
        return false;
    }
    *pc = x86_view_pc(&v);
    return true;
}

static char *place_backtrace(void *opaque)
{
    struct vm *vm = opaque;
    struct x86_state st;
    struct x86_view v;
    int cpu = vcpu_current();
    return cpu < 0 || !view_of(vm, (unsigned)cpu, &st, &v)
               ? NULL
               : postmortem_backtrace(vm->postmortem, &v, STRICT_FRAMES);
}

/* --- accesses --------------------------------------------------------------------------------- */

static void trace_access(const struct vm_access *a)
{
    if (a->mem && a->write) {
        trace_mmio_write(a->addr, a->size, a->value);
    } else if (a->mem) {
        trace_mmio_read(a->addr, a->size, a->value);
    } else if (a->write) {
        trace_ioport_write((unsigned)a->addr, a->size, (unsigned)a->value);
    } else {
        trace_ioport_read((unsigned)a->addr, a->size, (unsigned)a->value);
    }
}

static void nobody_there(const struct vm_access *a)
{
    const char *what = a->write ? "write to" : "read from";
    if (log_enabled(LOG_INVALID_MEM)) {
        log_raw("invalid_mem: %s %s 0x%" PRIX ", %u bytes\n", what, a->mem ? "address" : "port",
                a->addr, a->size);
    }
    /* Firmware and kernels look for devices at ports: that is how a PC works. */
    if (a->mem && strict_enabled(STRICT_UNMAPPED)) {
        strict_report(STRICT_UNMAPPED, a->addr,
                      "%s physical address 0x%" PRIX ", %u bytes: nothing "
                      "is mapped there",
                      what, a->addr, a->size);
    }
}

static void check_size(const struct vm_access *a, const char *who, unsigned min, unsigned max)
{
    bool odd = a->addr & (a->size - 1);
    if (strict_enabled(STRICT_ACCESS) && (odd || a->size < min || a->size > max)) {
        strict_report(STRICT_ACCESS, a->addr,
                      "%s %s at 0x%" PRIX ": %s access of %u bytes, the device takes %u to %u",
                      a->write ? "write to" : "read from", who, a->addr,
                      odd ? "unaligned" : "wrong-size", a->size, min, max);
    }
}

static void check_memory(struct vm *vm, const struct vm_access *a)
{
    struct mem_section s;
    unsigned min, max;
    if (!physmem_lookup(vm->mem, a->addr, &s)) {
        nobody_there(a);
    } else if (s.kind == MEM_ROM && a->write && strict_enabled(STRICT_ROM)) {
        strict_report(STRICT_ROM, a->addr, "write of 0x%" PRIX " to 0x%" PRIX " in ROM '%s'",
                      a->value, a->addr, mem_region_name(s.region));
    } else if (s.kind == MEM_IO && mem_region_io_sizes(s.region, &min, &max)) {
        check_size(a, mem_region_name(s.region), min, max);
    }
}

static void check_port(struct vm *vm, const struct vm_access *a)
{
    const char *name;
    unsigned min, max;
    if (!ioport_owner(vm->io, (uint16_t)a->addr, &name, &min, &max)) {
        nobody_there(a);
    } else if (a->size > max) {
        check_size(a, name, min, max); /* neighbouring byte ports are often written as a word */
    }
}

/* End of interrupt where none is in service: 8259A OCW2, local APIC EOI. */
static void check_eoi(struct vm *vm, const struct vm_access *a)
{
    struct pc_irqs irqs;
    int cpu = vcpu_current();
    bool lapic =
        a->mem && cpu >= 0 && (a->addr & ~0xfffull) == 0xfee00000 && (a->addr & 0xfff) == 0xb0;
    bool pic = !a->mem && (a->addr == 0x20 || a->addr == 0xa0) && (a->value & 0x18) == 0 &&
               (a->value & 0x20);
    if (!a->write || (!lapic && !pic)) {
        return;
    }
    pc_irqs(vm->pc, cpu >= 0 ? (unsigned)cpu : 0, &irqs);
    if (pic) {
        unsigned chip = a->addr == 0xa0, isr = irqs.pic_isr >> (chip * 8) & 0xff;
        bool one = a->value & 0x40;
        if (!isr || (one && !(isr >> (a->value & 7) & 1))) {
            strict_report(STRICT_EOI, a->addr,
                          "EOI (0x%02x) to the %s 8259A, which has %s in service",
                          (unsigned)a->value, chip ? "slave" : "master",
                          isr ? "another interrupt" : "no interrupt");
        }
        return;
    }
    uint32_t any = 0;
    for (unsigned i = 0; i < 8; i++) {
        any |= irqs.lapic_isr[i];
    }
    if (!any) {
        strict_report(STRICT_EOI, a->addr,
                      "EOI to the local APIC, which has no interrupt in service");
    }
}

static void check_reserved(struct vm_notes *n, const struct vm_access *a)
{
    const char *device;
    struct narrate_access at = { a->addr, a->value, 0, a->size, a->write };
    const struct narrate_reg *r = a->write ? narrate_find(n->narrator, a->mem, &at, &device) : NULL;
    if (r && (a->value & r->reserved)) {
        strict_report(STRICT_RESERVED, a->addr, "0x%" PRIX " to %s %s sets reserved bits 0x%" PRIX,
                      a->value, device, r->name, a->value & r->reserved);
    }
}

void vm_note_access(struct vm_notes *n, const struct vm_access *a)
{
    if (!n) {
        return;
    }
    trace_access(a);
    if (log_enabled(LOG_DEV)) {
        struct narrate_access at = { a->addr, a->value, 0, a->size, a->write };
        narrate(n->narrator, a->mem, &at);
    }
    if (log_enabled(LOG_INVALID_MEM) || strict_mask) {
        if (a->mem) {
            check_memory(n->vm, a);
        } else {
            check_port(n->vm, a);
        }
    }
    if (strict_enabled(STRICT_EOI)) {
        check_eoi(n->vm, a);
    }
    if (strict_enabled(STRICT_RESERVED)) {
        check_reserved(n, a);
    }
}

/* --- options ---------------------------------------------------------------------------------- */

static bool config_error(GError **err, const char *option, const char *bad, const char *help)
{
    g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "%s: '%s' is not known (see %s)", option, bad,
                help);
    return false;
}

/* GLOB, enable=GLOB, events=FILE with a glob a line, file=FILE. */
static bool add_trace(const char *text, GError **err)
{
    static const char *const keys[] = { "enable", "events", "file", NULL };
    struct opts *o = opts_parse(text, "enable", err);
    bool ok = o && opts_check_keys(o, "-trace", keys, err);
    const char *glob = ok ? opts_get(o, "enable") : NULL;
    const char *events = ok ? opts_get(o, "events") : NULL, *file = ok ? opts_get(o, "file") : NULL;
    char *all = NULL;
    if (glob) {
        log_trace_add(glob);
    }
    if (events && !(ok = g_file_get_contents(events, &all, NULL, err))) {
        g_prefix_error(err, "-trace events=%s: ", events);
    }
    char **lines = all ? g_strsplit(all, "\n", -1) : NULL;
    for (char **l = lines; l && *l; l++) {
        if (**l && **l != '#') {
            log_trace_add(g_strstrip(*l));
        }
    }
    g_strfreev(lines);
    g_free(all);
    int ret = ok && file ? log_open(file) : 0;
    if (ret < 0) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_HOST, "-trace file=%s: %s", file, g_strerror(-ret));
        ok = false;
    }
    opts_free(o);
    return ok;
}

bool vm_logging_make(const struct vm_config *c, GError **err)
{
    const char *bad = NULL;
    if (c->log_items && !log_parse_mask(c->log_items, &log_mask, &bad)) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "-d %s: no such item '%s' (see -d help)",
                    c->log_items, bad);
        return false;
    }
    if (c->dfilter && !log_parse_filter(c->dfilter, &bad)) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                    "-dfilter %s: '%s' is no range; write A..B, A+LENGTH or A-LENGTH", c->dfilter,
                    bad);
        return false;
    }
    if (c->strict && !strict_parse(c->strict, &strict_mask, &bad)) {
        return config_error(err, "-strict", bad, "docs/debugging.md");
    }
    int ret = c->log_file ? log_open(c->log_file) : 0;
    if (ret < 0) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_HOST, "-D %s: %s", c->log_file, g_strerror(-ret));
        return false;
    }
    for (guint i = 0; i < c->trace->len; i++) {
        if (!add_trace(g_ptr_array_index(c->trace, i), err)) {
            return false;
        }
    }
    if (trace_apply() == 0 && c->trace->len) {
        log_warn(NULL, "-trace: no event has such a name (see -trace help)");
    }
    return true;
}

void vm_log_reset(struct vm *vm)
{
    for (unsigned i = 0; log_enabled(LOG_CPU_RESET) && i < vcpus_count(vm->vcpus); i++) {
        struct x86_state st;
        char text[2048];
        if (vcpu_state_get(vm->vcpus, i, &st, X86_GROUP_ALL) == 0) {
            x86_state_text(&st, text, sizeof text);
            log_raw("CPU Reset (CPU %u)\n%s", i, text);
        }
    }
}

/* --- life ------------------------------------------------------------------------------------- */

static void host_wrote(void *opaque, gpa_t gpa, uint64_t len)
{
    struct vm *vm = opaque;
    struct mem_section s;
    while (len && physmem_lookup(vm->mem, gpa, &s)) {
        uint64_t in = gpa - s.gpa, part = MIN(len, s.size - in);
        if (s.host) {
            strict_ram_written(s.host + in, part);
        }
        gpa += part;
        len -= part;
    }
}

struct vm_notes *vm_notes_new(struct vm *vm)
{
    struct vm_notes *n = g_new0(struct vm_notes, 1);
    n->vm = vm;
    n->narrator = narrator_new(narrations);
    trace_apply();
    strict_set_place(&(struct strict_place){ place_pc, place_backtrace, vm });
    if (strict_enabled(STRICT_UNINIT)) {
        strict_ram_start(vm->pc_config.ram_host, vm->pc_config.ram_size, 1);
        n->listener = (struct physmem_listener){ .ram_written = host_wrote, .opaque = vm };
        n->listening = true;
        physmem_add_listener(vm->mem, &n->listener);
    }
    return n;
}

void vm_notes_free(struct vm_notes *n)
{
    if (!n) {
        return;
    }
    strict_set_place(&(struct strict_place){ NULL, NULL, NULL });
    if (n->listening) {
        physmem_remove_listener(n->vm->mem, &n->listener);
        strict_ram_stop();
    }
    narrator_free(n->narrator);
    g_free(n);
}
