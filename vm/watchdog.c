/* SPDX-License-Identifier: MIT */
/*
 * -watchdog-explain: looks at the processors a few times in the given span of guest time. When all
 * of them did nothing but one hopeless thing all the while, one paragraph says which, where and
 * what stands in the way. Main loop, machine lock held; the processors stand still for the look.
 *
 * Hopeless is: halted with interrupts off; spinning in a few instructions with interrupts off;
 * halted or spinning while an interrupt waits that is masked; asking one device register again and
 * again and always getting the same answer.
 */
#include <string.h>

#include "accel/x86/inspect.h"
#include "core/device.h"
#include "core/loop.h"
#include "core/narrate.h"
#include "monitor/symbols.h"
#include "vm/vm_int.h"

#define PRIX         G_GINT64_MODIFIER "x"
#define LOOKS        8    /* in the span */
#define SMALL_LOOP   512u /* bytes between the lowest and the highest PC seen */
#define POLLS        256u /* more reads than this between two looks: a poll */
#define HINT_SECONDS 10

enum stuck { MOVING, HALTED_OFF, SPIN_OFF, IDLE, SPIN, PARKED };

struct cpu_watch {
    enum stuck how;
    uint64_t low, high; /* PCs seen since `since` */
    int64_t since;
    uint64_t reported; /* PC of the last report, + 1 */
};

struct vm_watchdog {
    struct vm *vm;
    int64_t span_ns;
    struct loop_tick *tick;
    struct cpu_watch *cpu;
    struct narrator *narrator;
    uint64_t irqs; /* taken, at the last look */
    int64_t irq_since;
    struct pm_io poll;
    unsigned poll_last; /* its place in the ring */
    int64_t poll_since;
};

static enum stuck classify(struct vm *vm, unsigned i, const struct x86_state *st)
{
    bool on = st->rflags & X86_FL_IF;
    switch (vcpu_activity(vm->vcpus, i)) {
    case VCPU_HALTED: return on ? IDLE : HALTED_OFF;
    case VCPU_RUNNABLE: return on ? SPIN : SPIN_OFF;
    default: return PARKED;
    }
}

static void look_at(struct vm_watchdog *w, unsigned i, int64_t now)
{
    struct cpu_watch *c = &w->cpu[i];
    struct x86_state st;
    struct x86_view v;
    if (vcpu_state_get(w->vm->vcpus, i, &st, X86_GROUP_ALL) < 0) {
        c->how = MOVING;
        return;
    }
    x86_view_init(&v, &st, w->vm->mem, &w->vm->model);
    uint64_t pc = x86_view_pc(&v);
    enum stuck how = classify(w->vm, i, &st);
    uint64_t low = MIN(c->low, pc), high = MAX(c->high, pc);
    if (how != c->how || high - low > SMALL_LOOP) {
        c->how = how;
        c->since = now;
        low = high = pc;
    }
    c->low = low;
    c->high = high;
}

/* The device register that was read all the time, if there is one. */
static bool polled(struct vm_watchdog *w, int64_t now)
{
    const struct pm_io_ring *r = w->vm->pm_io;
    const struct pm_io *e = &r->io[r->last % PM_IO_SIZE];
    /* A timer's handler in between begins a new entry. */
    bool goes_on = r->last != w->poll_last || e->count > w->poll.count;
    bool same = goes_on && !e->write && e->addr == w->poll.addr && e->mmio == w->poll.mmio &&
                e->value == w->poll.value && e->count > POLLS;
    w->poll_last = r->last;
    if (!same) {
        w->poll_since = now;
    }
    w->poll = *e;
    return same && now - w->poll_since >= w->span_ns;
}

/* --- words ------------------------------------------------------------------------------------ */

static void say_place(struct vm_watchdog *w, GString *out, const struct cpu_watch *c)
{
    char name[160] = "";
    symbols_text(postmortem_symbols(w->vm->postmortem), c->low, name, sizeof name);
    g_string_append_printf(out, " at 0x%" PRIX, c->low);
    if (c->high != c->low) {
        g_string_append_printf(out, "..0x%" PRIX, c->high);
    }
    if (*name) {
        g_string_append_printf(out, " (%s)", name);
    }
}

static const char *irq_name(unsigned irq)
{
    static const char *const names[16] = {
        "timer",         "keyboard",        "cascade", "COM2", "COM1", "",      "floppy",
        "parallel port", "real-time clock", "",        "",     "",     "mouse", "",
        "primary IDE",   "secondary IDE"
    };
    return names[irq & 15];
}

/* Interrupts that wait, and what holds them back. True: there is one. */
static bool say_pending(struct vm_watchdog *w, GString *out, unsigned cpu, bool on)
{
    struct pc_irqs s;
    bool any = false;
    pc_irqs(w->vm->pc, cpu, &s);
    for (unsigned i = 0; i < 16; i++) {
        bool pic = s.pic_irr >> i & 1, pic_mask = s.pic_masked >> i & 1;
        unsigned pin = i ? i : 2;
        bool apic = s.ioapic_lines >> pin & 1, apic_mask = s.ioapic_masked >> pin & 1;
        if (i == 2 || (!pic && !apic) || (on && !(pic && pic_mask) && !(apic && apic_mask)) ||
            (on && pic && !pic_mask)) {
            continue;
        }
        g_string_append_printf(out, "%s IRQ %u%s%s%s", any ? "," : " Waiting:", i,
                               *irq_name(i) ? " (" : "", irq_name(i), *irq_name(i) ? ")" : "");
        if (pic && pic_mask && apic_mask) {
            g_string_append(out, ", masked in the 8259A and in the I/O APIC");
        } else if (pic && pic_mask) {
            g_string_append(out, ", masked in the 8259A");
        } else if (apic && apic_mask) {
            g_string_append(out, ", masked in the I/O APIC");
        }
        any = true;
    }
    for (int vector = 255; vector >= 16; vector--) {
        if (s.lapic_irr[vector >> 5] >> (vector & 31) & 1) {
            g_string_append_printf(out, "%s vector 0x%02x in the local APIC",
                                   any ? "," : " Waiting:", (unsigned)vector);
            if (!s.lapic_on) {
                g_string_append(out, ", which is off");
            } else if ((unsigned)vector >> 4 <= s.lapic_ppr >> 4u) {
                g_string_append_printf(out,
                                       ", held back by its priority (PPR 0x%02x: TPR, or a "
                                       "missing EOI)",
                                       s.lapic_ppr);
            }
            any = true;
            break;
        }
    }
    g_string_append(out, any ? "." : "");
    return any;
}

static void say_poll(struct vm_watchdog *w, GString *out)
{
    const struct pm_io *e = &w->poll;
    const char *device = NULL;
    struct narrate_access a = { e->addr, e->value, 0, e->size, false };
    const struct narrate_reg *r = narrate_find(w->narrator, e->mmio, &a, &device);
    g_string_append_printf(out, " It asks %s 0x%" PRIX, e->mmio ? "address" : "port", e->addr);
    if (r) {
        g_string_append_printf(out, " (%s %s)", device, r->name);
    }
    g_string_append_printf(out,
                           " again and again and always reads 0x%" PRIX
                           ": the device never gives the answer it waits for.",
                           e->value);
}

static void explain(struct vm_watchdog *w, unsigned i, bool poll)
{
    struct cpu_watch *c = &w->cpu[i];
    GString *out = g_string_new(NULL);
    bool off = c->how == HALTED_OFF || c->how == SPIN_OFF,
         spin = c->how == SPIN || c->how == SPIN_OFF;
    g_string_append_printf(out, "for %d s vCPU %u has been %s", (int)(w->span_ns / NS_PER_SEC), i,
                           spin ? "spinning" : "halted");
    say_place(w, out, c);
    g_string_append(out, off ? " with interrupts off (IF = 0)" : "");
    g_string_append(out, c->how == HALTED_OFF ? ": only an NMI or a reset can wake it." : ".");
    bool pending = say_pending(w, out, i, !off);
    if (poll) {
        say_poll(w, out);
    }
    if (off || pending || poll) {
        log_info(NULL, "watchdog: %s", out->str);
    }
    c->reported = c->low + 1;
    g_string_free(out, TRUE);
}

/* --- the clock -------------------------------------------------------------------------------- */

static void on_tick(void *opaque)
{
    struct vm_watchdog *w = opaque;
    struct vm *vm = w->vm;
    if (vm->state != VM_RUNNING || vm->finished) {
        return;
    }
    vm_freeze(vm);
    int64_t now = clock_now_ns(vm->clock);
    unsigned n = vcpus_count(vm->vcpus), first = n;
    bool stuck = true;
    if (vm->irqs_taken != w->irqs) {
        w->irqs = vm->irqs_taken;
        w->irq_since = now;
    }
    for (unsigned i = 0; i < n; i++) {
        struct cpu_watch *c = &w->cpu[i];
        look_at(w, i, now);
        bool quiet = now - w->irq_since >= w->span_ns;
        bool hopeless = c->how == HALTED_OFF || c->how == SPIN_OFF || c->how == PARKED || quiet;
        stuck = stuck && hopeless && now - c->since >= w->span_ns;
        if (c->how != PARKED && (first == n || w->cpu[first].how == HALTED_OFF)) {
            first = i; /* the first that could have gone on */
        }
    }
    bool poll = polled(w, now);
    unsigned poller = w->poll.vcpu;
    if (poll && poller < n && now - w->cpu[poller].since >= w->span_ns) {
        first = poller;
        stuck = true;
    }
    if (stuck && first < n && w->cpu[first].reported != w->cpu[first].low + 1) {
        explain(w, first, poll && first == poller);
    }
    vm_thaw(vm);
}

bool vm_watchdog_make(struct vm *vm, GError **err)
{
    const char *text = vm->config->watchdog;
    char *end;
    double seconds = text ? g_ascii_strtod(text, &end) : 0;
    if (text && strcmp(text, "off") == 0) {
        return true;
    }
    if (text && (*end || end == text || !(seconds >= 0) || seconds > 3600)) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                    "-watchdog-explain %s: write seconds, at most 3600, or off", text);
        return false;
    }
    if (!text && os_is_tty(0) && os_is_tty(2) && !vm->config->daemonize) {
        seconds = HINT_SECONDS;
    }
    if (seconds == 0) {
        return true;
    }
    struct vm_watchdog *w = g_new0(struct vm_watchdog, 1);
    w->vm = vm;
    w->span_ns = (int64_t)(seconds * 1e9);
    w->cpu = g_new0(struct cpu_watch, vcpus_count(vm->vcpus));
    w->narrator = narrator_new(narrations);
    w->tick = loop_tick_add(vm->loop, MAX(20, (unsigned)(seconds * 1000 / LOOKS)), on_tick, w);
    vm->watchdog = w;
    return true;
}

void vm_watchdog_free(struct vm_watchdog *w)
{
    if (w) {
        loop_tick_remove(w->tick);
        narrator_free(w->narrator);
        g_free(w->cpu);
        g_free(w);
    }
}
