/* SPDX-License-Identifier: MIT */
/*
 * When a post-mortem is made, and where it goes.
 */
#include "monitor/postmortem.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "accel/api/vcpu.h"
#include "accel/x86/rerun.h"
#include "core/clock.h"
#include "core/device.h"
#include "core/log.h"
#include "core/opts.h"
#include "monitor/postmortem_int.h"
#include "vm/vm.h"

#define LOOP_RESETS 3
#define LOOP_NS (10 * NS_PER_SEC)
#define MAX_REPORTS 5 /* on the terminal; a guest that dies on and on says so in one line */

struct postmortem {
    char *json_path;
    bool want_branches;
    char *kernel; /* its symbols are read when the first report is made */
    struct symbols *symbols;
    struct linux_guest guest;
    bool guest_names;  /* all of `symbols` come from the guest's memory */
    struct pm_io_ring io;
    char *last;        /* text of the last death */
    char *last_place;  /* its headline and cause: is the next one the same? */
    unsigned reports, same;
    int64_t resets[LOOP_RESETS];
    unsigned n_resets, loops;
    bool told; /* a triple fault, since the last reset */
};

static bool parse_json(struct postmortem *p, const char *spec, GError **err)
{
    static const char *const known[] = {"file", "branches", NULL};
    struct opts *o = opts_parse(spec, "file", err);
    bool ok = o && opts_check_keys(o, "-postmortem", known, err) &&
              opts_get_bool(o, "branches", false, &p->want_branches, err);
    if (ok) {
        p->json_path = g_strdup(opts_get(o, "file"));
        FILE *f = p->json_path ? fopen(p->json_path, "w") : NULL; /* stale reports mislead */
        if (p->json_path && !f) {
            g_set_error(err, EMU_ERROR, EMU_ERROR_HOST, "-postmortem %s: %s", p->json_path,
                        g_strerror(errno));
            ok = false;
        }
        if (f) {
            fclose(f);
        }
    }
    opts_free(o);
    return ok;
}

struct postmortem *postmortem_new(const char *json, GPtrArray *symbols, const char *kernel,
                                  GError **err)
{
    struct postmortem *p = g_new0(struct postmortem, 1);
    p->symbols = symbols_new();
    p->kernel = g_strdup(kernel);
    bool ok = !json || parse_json(p, json, err);
    for (guint i = 0; ok && symbols && i < symbols->len; i++) {
        ok = symbols_add(p->symbols, g_ptr_array_index(symbols, i), err);
        if (!ok) {
            g_prefix_error(err, "-symbols: ");
        }
    }
    if (!ok) {
        postmortem_free(p);
        return NULL;
    }
    return p;
}

void postmortem_free(struct postmortem *p)
{
    if (!p) {
        return;
    }
    symbols_free(p->symbols);
    g_free(p->json_path);
    g_free(p->kernel);
    g_free(p->last);
    g_free(p->last_place);
    g_free(p);
}

struct pm_io_ring *postmortem_io(struct postmortem *p)
{
    return &p->io;
}

struct symbols *postmortem_symbols(struct postmortem *p)
{
    if (p->kernel) { /* an ELF kernel has its own names; others have none */
        symbols_add(p->symbols, p->kernel, NULL);
        g_free(p->kernel);
        p->kernel = NULL;
    }
    return p->symbols;
}

bool postmortem_wants_branches(const struct postmortem *p)
{
    return p->want_branches;
}

static void examine(struct postmortem *p, const struct vm_parts *vm, enum pm_reason why,
                    unsigned vcpu, const struct x86_state *s, struct pm_case *c)
{
    memset(c, 0, sizeof *c);
    c->state = *s;
    c->st = &c->state;
    x86_view_init(&c->view, c->st, vm->mem, vm->model);
    c->symbols = postmortem_symbols(p);
    if (!p->guest.found) {
        p->guest_names = !symbols_count(c->symbols);
        linux_guest_find(&p->guest, &c->view, p->guest_names ? c->symbols : NULL);
    }
    c->guest = &p->guest;
    c->io = &p->io;
    c->accel = vm->accel->ops->name;
    c->why = why;
    c->vcpu = vcpu;
    c->now_ns = clock_now_ns(vm->clock);
    c->have_log = vcpu_fault_log(vm->vcpus, vcpu, &c->log);
    if (!c->have_log && why == PM_TRIPLE_FAULT) {
        c->have_log = c->rerun = x86_rerun(s, vm->mem, vm->model, vm->topology, &c->log,
                                               &c->state);
    }
    c->exits = vcpu_exit_ring(vm->vcpus, vcpu);
    c->branches = vcpu_branches(vm->vcpus, vcpu);
    pm_chain(c);
    if (why == PM_TRIPLE_FAULT && c->chain_n && c->chain[0].cs == s->seg[X86_CS].sel) {
        c->state.rip = c->chain[0].rip; /* INT3 and INTO have moved it behind themselves */
    }
}

static void write_json(struct postmortem *p, const struct pm_case *c)
{
    if (!p->json_path) {
        return;
    }
    GString *text = g_string_new(NULL);
    GError *err = NULL;
    pm_json(c, text);
    if (!g_file_set_contents(p->json_path, text->str, (gssize)text->len, &err)) {
        log_err(NULL, "-postmortem: %s", err->message);
        g_error_free(err);
    }
    g_string_free(text, TRUE);
}

/* The same death again, or one too many: a line instead of a page. */
static bool say_short(struct postmortem *p, const struct pm_case *c)
{
    GString *place = g_string_new(NULL), *then = g_string_new(NULL);
    pm_headline(c, place);
    pm_cause(c, place, then);
    g_string_free(then, TRUE);
    bool same = p->last_place && strcmp(p->last_place, place->str) == 0;
    g_free(p->last_place);
    p->last_place = g_string_free(place, FALSE);
    p->same = same ? p->same + 1 : 0;
    if (same && (p->same & (p->same - 1)) == 0) {
        log_info(NULL, "post-mortem: the same again, %u times now", p->same + 1);
    }
    return same || p->reports++ >= MAX_REPORTS;
}

void postmortem_report(struct postmortem *p, const struct vm_parts *vm, enum pm_reason why,
                       unsigned vcpu, const struct x86_state *s)
{
    struct pm_case *c = g_new(struct pm_case, 1);
    examine(p, vm, why, vcpu, s, c);
    p->told |= why == PM_TRIPLE_FAULT;
    GString *text = g_string_new(NULL);
    pm_text(c, text);
    write_json(p, c);
    g_free(p->last);
    p->last = g_strdup(text->str);
    if (why != PM_RESET && !say_short(p, c)) {
        g_string_truncate(text, text->len ? text->len - 1 : 0);
        log_info(NULL, "%s", text->str);
    }
    g_string_free(text, TRUE);
    g_free(c);
}

char *postmortem_info(struct postmortem *p, const struct vm_parts *vm, unsigned vcpu)
{
    struct x86_state s;
    if (p->last) {
        return g_strdup(p->last);
    }
    memset(&s, 0, sizeof s);
    if (vcpu_state_get(vm->vcpus, vcpu, &s, X86_GROUP_ALL) < 0) {
        return g_strdup("the processor's state cannot be read\n");
    }
    struct pm_case *c = g_new(struct pm_case, 1);
    GString *text = g_string_new(NULL);
    examine(p, vm, PM_REQUEST, vcpu, &s, c);
    pm_text(c, text);
    g_free(c);
    return g_string_free(text, FALSE);
}

char *postmortem_backtrace(struct postmortem *p, const struct x86_view *v, unsigned max)
{
    struct pm_case *c = g_new0(struct pm_case, 1);
    struct pm_frame *f = g_new(struct pm_frame, max);
    GString *out = g_string_new(NULL);
    char name[160];
    c->view = *v;
    c->st = v->st;
    c->symbols = postmortem_symbols(p);
    c->guest = &p->guest;
    unsigned n = pm_unwind(c, f, max);
    for (unsigned k = 0; k < n && f[k].how != PM_FRAME_SCAN; k++) {
        pm_frame_name(c, &f[k], name, sizeof name);
        g_string_append_printf(out, "%s  #%u 0x%" PRIx64 "%s%s", k ? "\n" : "", k, f[k].rip,
                               *name ? " " : "", name);
    }
    g_free(f);
    g_free(c);
    return g_string_free(out, FALSE);
}

bool postmortem_news(const struct postmortem *p)
{
    return (p->same & (p->same - 1)) == 0 && p->reports <= MAX_REPORTS;
}

bool postmortem_told(const struct postmortem *p)
{
    return p->told;
}

bool postmortem_reset(struct postmortem *p, int64_t now_ns)
{
    if (p->guest.found && p->guest_names) { /* the next kernel is another, or elsewhere */
        symbols_forget(p->symbols);
    }
    p->guest.found = p->told = false;
    p->resets[p->n_resets++ % LOOP_RESETS] = now_ns;
    if (p->n_resets < LOOP_RESETS) {
        return false;
    }
    int64_t first = p->resets[p->n_resets % LOOP_RESETS];
    if (now_ns - first >= LOOP_NS) {
        return false;
    }
    p->n_resets = 0; /* not again at once, and more and more seldom */
    p->loops++;
    return (p->loops & (p->loops - 1)) == 0;
}
