/* SPDX-License-Identifier: MIT */
/*
 * The gdb server's session: the line to the client, who runs when the machine goes on, why it
 * stopped. The protocol is all-stop: between a stop reply and the next vCont, c or s nothing runs.
 *
 * A vCPU that comes out of run for the debugger says so on its own thread (gdbstub_debug_exit); the
 * reply is written in the main loop, when all stand still. What a second one had to say at the same
 * moment is kept and told at once when the client wants to go on.
 */
#include "monitor/gdb_int.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "accel/x86/inspect.h"
#include "core/clock.h"
#include "core/device.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/opts.h"

/* --- the line --------------------------------------------------------------------------------- */

static void drain(struct gdbstub *g)
{
    while (g->out->len) {
        size_t n = chardev_write(g->chr, g->out->data, g->out->len);
        if (!n) {
            return; /* line_can_send goes on */
        }
        g_byte_array_remove_range(g->out, 0, (guint)n);
    }
}

static void send_raw(struct gdbstub *g, const void *bytes, size_t len)
{
    if (g->connected) {
        g_byte_array_append(g->out, bytes, (guint)len);
        drain(g);
    }
}

void gdb_reply_bytes(struct gdbstub *g, const char *body, size_t len)
{
    g_byte_array_set_size(g->last, 0);
    gdb_packet_make(g->last, body, len);
    send_raw(g, g->last->data, g->last->len);
}

void gdb_reply(struct gdbstub *g, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *text = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    gdb_reply_bytes(g, text, strlen(text));
    g_free(text);
}

static void interrupt(struct gdbstub *g);

static size_t line_can_receive(void *opaque)
{
    const struct gdbstub *g = opaque;
    /* A client that does not read its answers is not listened to. */
    return g->out->len > 4 * GDB_PACKET_MAX ? 0 : 4096;
}

static void line_receive(void *opaque, const uint8_t *buf, size_t len)
{
    struct gdbstub *g = opaque;
    for (size_t i = 0; i < len && g->connected; i++) {
        bool ack = !g->in.no_ack;
        switch (gdb_framer_feed(&g->in, buf[i])) {
        case GDB_PACKET:
            if (ack) {
                send_raw(g, "+", 1);
            }
            gdb_command(g, g->in.buf, g->in.len);
            break;
        case GDB_BAD:
            if (ack) {
                send_raw(g, "-", 1);
            }
            break;
        case GDB_BREAK: interrupt(g); break;
        case GDB_NACK:
            if (ack) {
                send_raw(g, g->last->data, g->last->len);
            }
            break;
        default: break;
        }
    }
}

static void attach(struct gdbstub *g)
{
    g->connected = true;
    g->running = g->interrupted = g->physical = false;
    g->g_cpu = 0;
    g->c_cpu = g->n_cpus;
    memset(&g->in, 0, sizeof g->in);
    chardev_discard(g->chr);
    g_byte_array_set_size(g->out, 0);
    g_byte_array_set_size(g->last, 0);
    g->ours = true;
    vm_stop(g->vm, VM_DEBUG);
    g->ours = false;
}

static void line_event(void *opaque, enum chardev_event ev)
{
    struct gdbstub *g = opaque;
    if (ev == CHARDEV_OPENED && !g->connected) {
        attach(g);
    } else if (ev == CHARDEV_CLOSED && g->connected) {
        gdb_detach(g);
        g->connected = false;
        g_byte_array_set_size(g->out, 0);
    }
}

static void line_can_send(void *opaque)
{
    struct gdbstub *g = opaque;
    drain(g);
    chardev_accept_input(g->chr);
}

/* --- state ------------------------------------------------------------------------------------ */

int gdb_state(struct gdbstub *g, unsigned cpu, struct x86_state *s)
{
    vm_freeze(g->vm);
    int r = vcpu_state_get(g->parts.vcpus, cpu, s, X86_GROUP_ALL);
    vm_thaw(g->vm);
    return r;
}

int gdb_state_put(struct gdbstub *g, unsigned cpu, const struct x86_state *s)
{
    const uint32_t groups = X86_GROUP_ALL & ~(unsigned)(X86_GROUP_TSC | X86_GROUP_MP);
    vm_freeze(g->vm);
    int r = vcpu_state_set(g->parts.vcpus, cpu, s, groups);
    vm_thaw(g->vm);
    return r;
}

static bool linear_pc(struct gdbstub *g, unsigned cpu, uint64_t *pc)
{
    struct x86_state s;
    struct x86_view v;
    if (gdb_state(g, cpu, &s) < 0) {
        return false;
    }
    x86_view_init(&v, &s, g->parts.mem, g->parts.model);
    *pc = x86_view_pc(&v);
    return true;
}

/* --- breakpoints and watchpoints -------------------------------------------------------------- */

static int points_of(struct gdbstub *g, unsigned cpu, bool step)
{
    GArray *bps = g_array_new(FALSE, FALSE, sizeof(gva_t));
    GArray *watches = g_array_new(FALSE, FALSE, sizeof(struct x86_watch));
    for (guint i = 0; i < g->points->len; i++) {
        const struct gdb_point *p = &g_array_index(g->points, struct gdb_point, i);
        if (p->kind > GDB_Z_HARD) {
            struct x86_watch w = { p->addr, p->len, p->kind != GDB_Z_WRITE,
                                   p->kind != GDB_Z_READ };
            g_array_append_val(watches, w);
        } else if (!step) {
            g_array_append_val(bps, p->addr); /* a step is one instruction whatever is there */
        }
    }
    int r = vcpu_debug_set(g->parts.vcpus, cpu, step, (const gva_t *)(void *)bps->data, bps->len);
    int w = vcpu_watch_set(g->parts.vcpus, cpu, (const struct x86_watch *)(void *)watches->data,
                           watches->len);
    g_array_free(bps, TRUE);
    g_array_free(watches, TRUE);
    return r < 0 ? r : w;
}

int gdb_points_apply(struct gdbstub *g)
{
    int r = 0;
    vm_freeze(g->vm);
    for (unsigned i = 0; i < g->n_cpus && r >= 0; i++) {
        r = points_of(g, i, false);
    }
    vm_thaw(g->vm);
    return r;
}

void gdb_points_clear(struct gdbstub *g)
{
    g_array_set_size(g->points, 0);
    gdb_points_apply(g);
}

/* --- going on --------------------------------------------------------------------------------- */

static void post_report(struct gdbstub *g);

/* Some vCPU stopped at a breakpoint that the client was told of and is still there: over it first,
 * alone. gdb does that itself, but for code whose segment has a base it cannot know. */
static int must_step_over(struct gdbstub *g)
{
    for (unsigned i = 0; i < g->n_cpus; i++) {
        struct gdb_cpu *c = &g->cpu[i];
        uint64_t pc;
        if (c->action != GDB_CONT || !c->told || !c->why.breakpoint || !linear_pc(g, i, &pc) ||
            pc != c->why.addr) {
            continue;
        }
        for (guint k = 0; k < g->points->len; k++) {
            const struct gdb_point *p = &g_array_index(g->points, struct gdb_point, k);
            if (p->kind <= GDB_Z_HARD && p->addr == pc) {
                return (int)i;
            }
        }
    }
    return -1;
}

static void start(struct gdbstub *g)
{
    GError *err = NULL;
    for (unsigned i = 0; i < g->n_cpus; i++) {
        enum gdb_action a = g->over < 0 ? g->cpu[i].action
                            : (int)i == g->over ? GDB_STEP : GDB_HOLD;
        g->cpu[i].told = false;
        vcpu_hold(g->parts.vcpus, i, a == GDB_HOLD);
        if (points_of(g, i, a == GDB_STEP) < 0) {
            log_warn("gdb", "the accelerator cannot do all breakpoints or steps asked for");
        }
    }
    g->ours = true;
    if (!vm_cont(g->vm, &err)) {
        log_warn("gdb", "%s", err->message);
        g_clear_error(&err);
        g->interrupted = true;
        post_report(g);
    }
    g->ours = false;
}

void gdb_resume(struct gdbstub *g)
{
    g->running = true;
    for (unsigned i = 0; i < g->n_cpus; i++) {
        struct gdb_cpu *c = &g->cpu[i];
        /* A breakpoint will be found again; a watchpoint's access is over. */
        if (c->stopped && !c->told && c->why.watch && c->action != GDB_HOLD) {
            post_report(g);
            return;
        }
        c->stopped = false;
    }
    g->interrupted = false;
    g->over = must_step_over(g);
    start(g);
}

/* --- stopping --------------------------------------------------------------------------------- */

void gdb_stop_reply(struct gdbstub *g, unsigned cpu)
{
    struct gdb_cpu *c = &g->cpu[cpu];
    char why[64] = "";
    unsigned sig = 5;
    if (!c->stopped) {
        sig = g->interrupted ? 2 : 5;
    } else if (c->why.watch) {
        const char *kind = c->why.write ? "watch" : "rwatch";
        for (guint i = 0; i < g->points->len; i++) {
            const struct gdb_point *p = &g_array_index(g->points, struct gdb_point, i);
            if (p->kind == GDB_Z_ACCESS && c->why.addr - p->addr < p->len) {
                kind = "awatch";
            }
        }
        g_snprintf(why, sizeof why, "%s:%" G_GINT64_MODIFIER "x;", kind, c->why.addr);
    } else if (c->why.breakpoint) {
        g_strlcpy(why, "swbreak:;", sizeof why);
        for (guint i = 0; i < g->points->len; i++) {
            const struct gdb_point *p = &g_array_index(g->points, struct gdb_point, i);
            if (p->kind == GDB_Z_HARD && p->addr == c->why.addr) {
                g_strlcpy(why, "hwbreak:;", sizeof why);
            }
        }
    }
    gdb_reply(g, "T%02xthread:%02x;%s", sig, cpu + 1, why);
}

/* The one to speak of: who has something to say, else who was looked at. */
static unsigned speaker(const struct gdbstub *g)
{
    for (unsigned k = 0; k < g->n_cpus; k++) {
        unsigned i = (g->g_cpu + k) % g->n_cpus;
        if (g->cpu[i].stopped && !g->cpu[i].told) {
            return i;
        }
    }
    return g->g_cpu;
}

/* Range stepping: on, without a word, while the PC stays in the range. */
static bool step_on(struct gdbstub *g, unsigned cpu)
{
    struct gdb_cpu *c = &g->cpu[cpu];
    struct x86_state s;
    if (!c->stopped || !c->why.step || c->why.watch || c->why.breakpoint || !c->range_end ||
        g->interrupted || gdb_state(g, cpu, &s) < 0 || s.rip < c->range_first ||
        s.rip >= c->range_end) {
        return false;
    }
    for (guint i = 0; i < g->points->len; i++) {
        const struct gdb_point *p = &g_array_index(g->points, struct gdb_point, i);
        if (p->kind <= GDB_Z_HARD && p->addr == s.rip) {
            return false;
        }
    }
    c->stopped = false;
    return true;
}

static void report(void *opaque)
{
    struct gdbstub *g = opaque;
    g->posted = false;
    g->ours = true;
    vm_stop(g->vm, VM_DEBUG);
    g->ours = false;
    if (!g->running) {
        return;
    }
    unsigned cpu = speaker(g);
    if (g->over >= 0 && (int)cpu == g->over && g->cpu[cpu].stopped && g->cpu[cpu].why.step) {
        g->over = -1; /* now all go */
        g->cpu[cpu].stopped = false;
        if (!g->interrupted) {
            start(g);
            return;
        }
    }
    if (step_on(g, cpu)) {
        start(g);
        return;
    }
    g->over = -1;
    g->running = false;
    for (unsigned i = 0; i < g->n_cpus; i++) {
        vcpu_hold(g->parts.vcpus, i, false);
    }
    g->g_cpu = cpu;
    gdb_stop_reply(g, cpu);
    g->cpu[cpu].told = true;
}

static void post_report(struct gdbstub *g)
{
    if (!g->posted) {
        g->posted = true;
        loop_post(g->parts.loop, report, g);
    }
}

static void interrupt(struct gdbstub *g)
{
    if (g->running) {
        g->interrupted = true;
        post_report(g);
    }
}

bool gdbstub_debug_exit(struct gdbstub *g, unsigned vcpu, const struct accel_exit *e)
{
    if (!g || vcpu >= g->n_cpus) {
        return false;
    }
    struct gdb_cpu *c = &g->cpu[vcpu];
    c->stopped = true;
    c->told = false;
    c->why.breakpoint = e->u.debug.breakpoint;
    c->why.watch = e->u.debug.watch;
    c->why.write = e->u.debug.write;
    c->why.step = !c->why.breakpoint && !c->why.watch;
    c->why.addr = e->u.debug.addr;
    if (c->why.breakpoint) {
        struct x86_state s;
        struct x86_view v;
        vcpu_state_get(g->parts.vcpus, vcpu, &s, X86_GROUP_ALL);
        x86_view_init(&v, &s, g->parts.mem, g->parts.model);
        c->why.addr = x86_view_pc(&v);
    }
    g->ours = true;
    vm_stop(g->vm, VM_DEBUG);
    g->ours = false;
    post_report(g);
    return true;
}

/* Others stopped the machine (a monitor, the guest's end): the client learns of it. */
static void on_vm_event(void *opaque, const struct vm_event *e)
{
    struct gdbstub *g = opaque;
    if (e->kind == VM_EVENT_STOP && !g->ours && g->running) {
        g->interrupted = true;
        post_report(g);
    }
}

/* --- life ------------------------------------------------------------------------------------- */

void gdb_detach(struct gdbstub *g)
{
    g->running = false;
    gdb_points_clear(g);
    for (unsigned i = 0; i < g->n_cpus; i++) {
        vcpu_hold(g->parts.vcpus, i, false);
        memset(&g->cpu[i], 0, sizeof g->cpu[i]);
    }
    g->over = -1;
    if (vm_state(g->vm) == VM_DEBUG) {
        vm_cont(g->vm, NULL);
    }
}

/* -gdb takes what -serial takes; a socket waits for nobody. */
static struct chardev *open_line(struct chardev_set *set, const char *spec, GError **err)
{
    bool socket = g_str_has_prefix(spec, "tcp:") || g_str_has_prefix(spec, "unix:");
    char *text = g_strconcat(spec, socket && !strstr(spec, "server") ? ",server=on" : "",
                             socket && !strstr(spec, "wait") ? ",wait=off" : "", NULL);
    struct chardev *c = chardev_set_add_legacy(set, "gdb", text, err);
    g_free(text);
    return c;
}

struct gdbstub *gdbstub_new(struct vm *vm, const char *spec, GError **err)
{
    struct vm_parts parts = vm_parts(vm);
    GError *why = NULL;
    struct chardev *chr = open_line(parts.chardevs, spec, &why);
    if (!chr) {
        if (why) {
            g_propagate_prefixed_error(err, why, "-gdb %s: ", spec);
        } else {
            g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "-gdb %s: no such back end", spec);
        }
        return NULL;
    }
    struct gdbstub *g = g_new0(struct gdbstub, 1);
    g->vm = vm;
    g->parts = parts;
    g->chr = chr;
    g->out = g_byte_array_new();
    g->last = g_byte_array_new();
    g->points = g_array_new(FALSE, FALSE, sizeof(struct gdb_point));
    g->n_cpus = vcpus_count(parts.vcpus);
    g->cpu = g_new0(struct gdb_cpu, g->n_cpus);
    g->over = -1;
    GString *xml = g_string_new(NULL);
    gdb_regs_xml(xml);
    g->xml = g_string_free(xml, FALSE);
    g->listener = (struct vm_listener){ .event = on_vm_event, .opaque = g };
    vm_add_listener(vm, &g->listener);
    const struct chardev_frontend fe = { line_can_receive, line_receive, line_event, line_can_send,
                                         g };
    if (chardev_connect(chr, &fe) < 0) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                    "-gdb %s: something else uses this character device", spec);
        g->chr = NULL;
        gdbstub_free(g, 0);
        return NULL;
    }
    return g;
}

void gdbstub_set_monitor(struct gdbstub *g, gdbstub_monitor_fn *fn)
{
    g->monitor = fn;
}

void gdbstub_free(struct gdbstub *g, int exit_status)
{
    if (!g) {
        return;
    }
    if (g->chr) {
        if (g->running) {
            gdb_reply(g, "W%02x", exit_status & 0xff);
            chardev_flush(g->chr);
        }
        chardev_disconnect(g->chr, g);
    }
    loop_unpost(g->parts.loop, report, g);
    vm_remove_listener(g->vm, &g->listener);
    g_byte_array_unref(g->out);
    g_byte_array_unref(g->last);
    g_array_unref(g->points);
    g_free(g->cpu);
    g_free(g->xml);
    g_free(g);
}
