/* SPDX-License-Identifier: MIT */
/*
 * The accelerator made of two: its operations, and chunks of accelerators that count instructions.
 * See compare_int.h; step.c has those that do not.
 */
#include <errno.h>
#include <string.h>

#include "accel/api/serve.h"
#include "accel/compare/compare_int.h"
#include "core/device.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/opts.h"

/* Behind a HLT or shutdown the follower must come to the same end within so many instructions. */
#define SLACK 64

static bool counts(const struct accel_vm *vm)
{
    return vm->side[0].choice.caps.counts_insns && vm->side[1].choice.caps.counts_insns;
}

/* --- vm --------------------------------------------------------------------------------------- */

extern const struct accel_ops accel_compare;

/* What it offers is what the last of the list does, which always works. */
static bool cmp_probe(struct accel_caps *caps, GError **err)
{
    size_t last = 0;
    while (accel_list[last + 1]) {
        last++;
    }
    bool ok = accel_list[last]->probe(caps, err);
    caps->max_vcpus = 1;
    caps->parallel_vcpus = false;
    caps->judges = true;
    /* No two processors read the same random numbers. */
    x86_feature_set(&caps->offered, X86_FEAT_RDRAND, false);
    x86_feature_set(&caps->offered, X86_FEAT_RDSEED, false);
    return ok;
}

/* Never by default. */
static bool cmp_worthwhile(char **why)
{
    *why = NULL;
    return false;
}

/* The leader follows the machine at once; the other when it comes to that place of the log. */
static void view_changed(void *opaque, const struct mem_section *view, size_t n)
{
    struct accel_vm *vm = opaque;
    mirror_prepare(vm, view, n);
    g_array_set_size(vm->view, 0);
    g_array_append_vals(vm->view, view, (guint)n);
    mirror_view(&vm->side[0], view, n);
    if (vm->recording) {
        log_add(vm, &(struct entry){ .kind = ENTRY_VIEW, .n = n,
                                     .data = g_memdup2(view, n * sizeof *view) });
    } else {
        mirror_view(&vm->side[1], view, n);
    }
}

static void ram_written(void *opaque, gpa_t gpa, uint64_t len)
{
    struct accel_vm *vm = opaque;
    if (len == 0) {
        return;
    }
    uint8_t *data = g_malloc((size_t)len);
    dma_read(vm->params.pm, gpa, data, len);
    mirror_write(&vm->side[0], gpa, data, (size_t)len); /* in place: for what it keeps of it */
    if (vm->recording) {
        log_add(vm, &(struct entry){ .kind = ENTRY_RAM_WRITTEN, .where = gpa, .n = (size_t)len,
                                     .data = data });
        return;
    }
    mirror_write(&vm->side[1], gpa, data, (size_t)len);
    g_free(data);
}

static void a20_changed(void *opaque, bool open)
{
    struct accel_vm *vm = opaque;
    physmem_set_a20(vm->side[0].pm, open);
    if (vm->recording) {
        log_add(vm, &(struct entry){ .kind = ENTRY_A20, .value = open });
    } else {
        physmem_set_a20(vm->side[1].pm, open);
    }
}

static bool make_side(struct accel_vm *vm, unsigned k, const char *spec, GError **err)
{
    struct side *s = &vm->side[k];
    char *full = strcmp(spec, "interp") == 0 || strcmp(spec, "jit") == 0
                     ? g_strdup_printf("tcg,mode=%s", spec)
                     : g_strdup(spec);
    bool ok = accel_choose_only(full, &s->choice, err);
    g_free(full);
    if (!ok) {
        return false;
    }
    if (s->choice.ops->vm_create == accel_compare.vm_create || s->choice.caps.dictates_ram ||
        !s->choice.ops->debug_set) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_UNSUPPORTED, "-compare: %s cannot be compared", spec);
        return false;
    }
    s->cb = log_callbacks(s);
    struct accel_params p = vm->params;
    p.pm = s->pm;
    p.cb = &s->cb;
    p.opts = s->choice.opts;
    s->set.ops = s->choice.ops;
    s->set.params = p;
    s->emulator.set = &s->set;
    return s->choice.ops->vm_create(&s->vm, &p, err) == 0;
}

static void cmp_vm_destroy(struct accel_vm *vm)
{
    if (!vm) {
        return;
    }
    physmem_remove_listener(vm->params.pm, &vm->listener);
    for (unsigned k = 0; k < 2; k++) {
        if (vm->side[k].vm) {
            vm->side[k].choice.ops->vm_destroy(vm->side[k].vm);
        }
        accel_choice_clear(&vm->side[k].choice);
    }
    mirror_free(vm);
    g_array_unref(vm->log);
    g_free(vm->repro);
    g_free(vm);
}

static int cmp_vm_create(struct accel_vm **out, const struct accel_params *p, GError **err)
{
    static const char *const known[] = { "accel", "first",    "second", "every",
                                         "repro", "fallback", "test-fault", "replay", NULL };
    const struct opts *o = p->opts;
    *out = NULL;
    if (!o || !opts_check_keys(o, "-compare", known, err)) {
        return -EINVAL;
    }
    const char *first = opts_get(o, "first"), *second = opts_get(o, "second");
    if (!first || !second) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "-compare: which two? (-compare interp,jit)");
        return -EINVAL;
    }
    struct accel_vm *vm = g_new0(struct accel_vm, 1);
    vm->params = *p;
    vm->repro = g_strdup(opts_get(o, "repro") ? opts_get(o, "repro") : "emu-compare.repro");
    mirror_init(vm);
    log_init(vm);
    vm->listener = (struct physmem_listener){ .view_changed = view_changed,
                                              .ram_written = ram_written,
                                              .a20_changed = a20_changed,
                                              .opaque = vm };
    physmem_add_listener(p->pm, &vm->listener);
    for (unsigned k = 0; k < 2; k++) {
        physmem_set_a20(vm->side[k].pm, physmem_a20(p->pm));
    }
    if (!opts_get_u64(o, "every", 1000000, &vm->every, err) ||
        !opts_get_u64(o, "test-fault", 0, &vm->fault_at, err) || !make_side(vm, 0, first, err) ||
        !make_side(vm, 1, second, err)) {
        cmp_vm_destroy(vm);
        return -EINVAL;
    }
    if (!opts_get(o, "every") && !counts(vm)) {
        vm->every = compare_default_steps();
    }
    vm->every = CLAMP(vm->every, 1, 1ull << 40);
    *out = vm;
    return 0;
}

/* --- vcpu ------------------------------------------------------------------------------------- */

static void cmp_vcpu_destroy(struct accel_vcpu *c)
{
    if (c) {
        for (unsigned k = 0; k < 2; k++) {
            struct side *s = &c->vm->side[k];
            vcpu_emulate_free(&s->emulator);
            s->choice.ops->vcpu_destroy(s->vcpu);
            s->vcpu = NULL;
        }
        g_clear_pointer(&c->notes, g_array_unref);
        g_free(c);
    }
}

static int cmp_vcpu_create(struct accel_vm *vm, unsigned index, struct accel_vcpu **out)
{
    struct accel_vcpu *c = g_new0(struct accel_vcpu, 1);
    c->vm = vm;
    *out = NULL;
    for (unsigned k = 0; k < 2; k++) {
        struct side *s = &vm->side[k];
        int r = s->choice.ops->vcpu_create(s->vm, index, &s->vcpu);
        s->emulator.accel = s->vcpu;
        if (r < 0) {
            if (k) {
                vm->side[0].choice.ops->vcpu_destroy(vm->side[0].vcpu);
            }
            g_free(c);
            return r;
        }
    }
    *out = c;
    return 0;
}

static void cmp_kick(struct accel_vcpu *c)
{
    atomic_store(&c->kicked, 1);
    struct side *s = &c->vm->side[0];
    s->choice.ops->vcpu_kick(s->vcpu);
}

static int cmp_state_get(struct accel_vcpu *c, struct x86_state *s, uint32_t groups)
{
    return c->vm->side[0].choice.ops->state_get(c->vm->side[0].vcpu, s, groups);
}

int compare_state_set(struct accel_vcpu *c, const struct x86_state *s, uint32_t groups)
{
    const struct accel_callbacks *cb = c->vm->params.cb;
    int r = 0;
    /* Both relate their TSC to one moment. */
    c->vm->frozen_ns = cb->clock_ns ? cb->clock_ns(cb->opaque) : 1;
    for (unsigned k = 0; k < 2 && r == 0; k++) {
        r = c->vm->side[k].choice.ops->state_set(c->vm->side[k].vcpu, s, groups);
    }
    c->vm->frozen_ns = 0;
    return r;
}

static int cmp_state_set(struct accel_vcpu *c, const struct x86_state *s, uint32_t groups)
{
    compare_end_chunk(c);
    return compare_state_set(c, s, groups);
}

void compare_line(struct side *s, bool level)
{
    s->line = level;
    s->choice.ops->irq_line(s->vcpu, level);
}

static void lines(struct accel_vcpu *c)
{
    for (unsigned k = 0; k < 2; k++) {
        compare_line(&c->vm->side[k], c->line);
    }
    c->line_applied = c->line;
}

/* When a processor notices INTR is its own affair, within bounds: so a line that rises in a chunk
 * ends it, and rises for both at the start of the next. */
static void cmp_irq_line(struct accel_vcpu *c, bool level)
{
    struct accel_vm *vm = c->vm;
    c->line = level;
    if (!counts(vm)) {
        return; /* delivered between two steps */
    }
    if (!vm->recording) {
        lines(c);
    } else if (level && !c->line_applied) {
        vm->side[0].choice.ops->vcpu_kick(vm->side[0].vcpu);
    } else if (!level && c->line_applied) {
        log_add(vm, &(struct entry){ .kind = ENTRY_IRQ_LINE, .value = 0 });
        compare_line(&vm->side[0], false);
        c->line_applied = false;
    }
}

static void cmp_event(struct accel_vcpu *c, enum accel_event ev, uint8_t vector)
{
    compare_end_chunk(c);
    for (unsigned k = 0; k < 2; k++) {
        c->vm->side[k].choice.ops->event(c->vm->side[k].vcpu, ev, vector);
    }
}

static uint64_t cmp_tsc(struct accel_vcpu *c)
{
    return c->vm->side[0].choice.ops->tsc(c->vm->side[0].vcpu);
}

/* --- running a side --------------------------------------------------------------------------- */

/* Accelerators that leave an access to their caller. False: the exit is for the vCPU loop. */
bool compare_serve(struct side *s, struct accel_exit *e)
{
    const struct accel_callbacks *cb = &s->cb;
    switch (e->kind) {
    case ACCEL_EXIT_PIO: accel_serve_pio(cb, e); return true;
    case ACCEL_EXIT_MMIO: accel_serve_mmio(cb, e); return true;
    case ACCEL_EXIT_MSR: accel_serve_msr(cb, 0, e); return true;
    case ACCEL_EXIT_EMULATE: vcpu_emulate(&s->emulator, e); return e->kind == ACCEL_EXIT_KICK;
    default: return e->kind == ACCEL_EXIT_IRQ_WINDOW || e->kind == ACCEL_EXIT_CPUID;
    }
}

static int run_side(struct side *s, struct accel_exit *e)
{
    int r;
    do {
        s->running = true;
        r = s->choice.ops->vcpu_run(s->vcpu, e);
        s->running = false;
    } while (r == 0 && compare_serve(s, e));
    return r;
}

static void arm_fault(struct side *s)
{
    const struct accel_vm *vm = s->owner;
    s->choice.ops->debug_set(s->vcpu, false, &vm->fault_at, s == &vm->side[1] && vm->fault_at);
}

static uint64_t insns(const struct side *s)
{
    return s->choice.ops->insn_count(s->vcpu);
}

/* For the test of all this: the instruction at fault_at also changes a bit of R15. */
void compare_do_wrong(struct side *s)
{
    struct x86_state st;
    s->choice.ops->state_get(s->vcpu, &st, X86_GROUP_GPR);
    st.gpr[X86_R15] ^= 0x10;
    s->choice.ops->state_set(s->vcpu, &st, X86_GROUP_GPR);
}

static int do_wrong(struct side *s, struct accel_exit *e)
{
    s->choice.ops->debug_set(s->vcpu, true, NULL, 0);
    int r = run_side(s, e);
    arm_fault(s);
    compare_do_wrong(s);
    e->kind = ACCEL_EXIT_KICK;
    return r;
}

/* A counting side, until it has executed n more instructions or something else ends the run. */
static int run_counted(struct side *s, uint64_t n, struct accel_exit *e)
{
    uint64_t from = insns(s);
    int r = 0;
    do {
        s->choice.ops->insn_limit(s->vcpu, from + n);
        r = run_side(s, e);
        if (r == 0 && e->kind == ACCEL_EXIT_DEBUG && s->owner->fault_at) {
            r = do_wrong(s, e);
        }
    } while (r == 0 && e->kind == ACCEL_EXIT_KICK && s->replays && !s->diverged &&
             insns(s) - from < n);
    s->choice.ops->insn_limit(s->vcpu, UINT64_MAX);
    return r;
}

static bool is_end(enum accel_exit_kind kind)
{
    return kind == ACCEL_EXIT_HLT || kind == ACCEL_EXIT_SHUTDOWN;
}

static void follow(struct side *s, uint64_t n, enum accel_exit_kind end)
{
    struct accel_exit e = { .kind = ACCEL_EXIT_KICK };
    s->replays = true;
    s->diverged = false;
    arm_fault(s);
    log_side_effects(s);
    int r = n || is_end(end) ? run_counted(s, is_end(end) ? n + SLACK : n, &e) : 0;
    log_side_effects(s);
    if (r < 0 || (is_end(end) && e.kind != end)) {
        s->diverged = true;
        if (!s->what[0]) {
            g_snprintf(s->what, sizeof s->what, "it does not end as the other (exit %d, %d)",
                       e.kind, end);
        }
    }
    s->replays = false;
}

/* --- chunks ----------------------------------------------------------------------------------- */

void compare_checkpoint(struct accel_vcpu *c)
{
    struct side *s = &c->vm->side[0];
    if (counts(c->vm) && c->line != c->line_applied) {
        lines(c);
    }
    mirror_checkpoint(c->vm);
    s->choice.ops->state_get(s->vcpu, &c->checkpoint, X86_GROUP_ALL);
    c->line_at_checkpoint = c->line_applied;
    log_clear(c->vm);
}

void compare_restore(struct accel_vcpu *c)
{
    struct accel_vm *vm = c->vm;
    mirror_restore(vm);
    compare_state_set(c, &c->checkpoint, X86_GROUP_ALL & ~(uint32_t)X86_GROUP_TSC);
    for (unsigned k = 0; k < 2; k++) {
        struct side *s = &vm->side[k];
        compare_line(s, c->line_at_checkpoint && counts(vm));
        s->at = 0;
        s->diverged = false;
        s->what[0] = 0;
    }
}

bool compare_memory(struct accel_vcpu *c, GString *why)
{
    gpa_t gpa;
    uint8_t bytes[2];
    bool differs = mirror_differs(c->vm, &gpa, bytes);
    if (differs) {
        g_string_printf(why, "memory at %#" G_GINT64_MODIFIER "x: %02x, %02x", gpa, bytes[0],
                        bytes[1]);
    }
    return !differs;
}

bool compare_agree(struct accel_vcpu *c, uint32_t groups, GString *why)
{
    for (unsigned k = 0; k < 2; k++) {
        struct side *s = &c->vm->side[k];
        s->choice.ops->state_get(s->vcpu, &c->states[k], groups);
        if (s->diverged) {
            g_string_assign(why, s->what);
            return false;
        }
    }
    return !states_differ(&c->states[0], &c->states[1], groups, why);
}

static bool agree(struct accel_vcpu *c, GString *why)
{
    return compare_agree(c, X86_GROUP_ALL, why) && compare_memory(c, why);
}

/* Both from the checkpoint, n instructions by the log. */
static bool replay_agrees(struct accel_vcpu *c, uint64_t n, enum accel_exit_kind end, GString *why)
{
    compare_restore(c);
    for (unsigned k = 0; k < 2; k++) {
        follow(&c->vm->side[k], n, end);
    }
    return agree(c, why);
}

/* The chunk of n instructions since the checkpoint went wrong: which was the first? */
static void find_first(struct accel_vcpu *c, uint64_t n, enum accel_exit_kind end, GString *why)
{
    uint64_t good = 0, bad = n, last[COMPARE_LAST];
    size_t n_last = 0;
    GString *ignored = g_string_new(NULL);
    log_err(NULL, "-compare: %s; looking for the instruction", why->str);
    if (replay_agrees(c, n, end, ignored)) {
        g_string_append(why, " (not again when replayed: input that the log does not have)");
        report_divergence(c, &c->checkpoint, n, why->str, NULL, 0);
        g_string_free(ignored, TRUE);
        return;
    }
    while (bad - good > 1) {
        uint64_t mid = good + (bad - good) / 2;
        if (replay_agrees(c, mid, ACCEL_EXIT_KICK, ignored)) {
            good = mid;
        } else {
            bad = mid;
        }
    }
    for (uint64_t k = good > COMPARE_LAST ? good - COMPARE_LAST : 0; k < good; k++) {
        replay_agrees(c, k, ACCEL_EXIT_KICK, ignored);
        last[n_last++] = c->states[0].seg[X86_CS].base + c->states[0].rip;
    }
    replay_agrees(c, good, ACCEL_EXIT_KICK, ignored);
    g_string_truncate(why, 0);
    replay_agrees(c, bad, bad == n ? end : ACCEL_EXIT_KICK, why);
    /* The reproduction wants memory as it was before. */
    replay_agrees(c, good, ACCEL_EXIT_KICK, ignored);
    report_divergence(c, &c->states[0], c->vm->compared + good, why->str, last, n_last);
    g_string_free(ignored, TRUE);
}

int compare_give_up(struct accel_vcpu *c, struct accel_exit *e)
{
    c->vm->divergences++;
    memset(e, 0, sizeof *e);
    e->kind = ACCEL_EXIT_FAIL;
    g_strlcpy(e->u.fail.text, "the accelerators do not agree", sizeof e->u.fail.text);
    return 0;
}

static int run_chunk(struct accel_vcpu *c, struct accel_exit *e)
{
    struct accel_vm *vm = c->vm;
    struct side *a = &vm->side[0], *b = &vm->side[1];
    compare_checkpoint(c);
    uint64_t from = insns(a);
    vm->recording = true;
    int r = run_counted(a, vm->every, e);
    vm->recording = false;
    if (r < 0) {
        return r;
    }
    uint64_t n = insns(a) - from;
    follow(b, n, e->kind);
    if (!log_done(b) && !b->diverged) {
        b->diverged = true;
        g_snprintf(b->what, sizeof b->what, "it makes fewer accesses than the other");
    }
    GString *why = g_string_new(NULL);
    if (!agree(c, why)) {
        find_first(c, n, e->kind, why);
        r = compare_give_up(c, e);
    }
    g_string_free(why, TRUE);
    vm->compared += n;
    vm->chunks_done++;
    return r;
}

bool compare_once(struct accel_vcpu *c, bool line, GString *why)
{
    if (!counts(c->vm)) {
        return compare_step_once(c, why);
    }
    for (unsigned k = 0; k < 2; k++) {
        struct side *s = &c->vm->side[k];
        compare_line(s, line);
        follow(s, 1, ACCEL_EXIT_KICK);
    }
    return agree(c, why);
}

/* --- the table ------------------------------------------------------------------------------- */

static int cmp_run(struct accel_vcpu *c, struct accel_exit *e)
{
    machine_lock();
    int r = counts(c->vm) ? run_chunk(c, e) : compare_run_steps(c, e);
    atomic_store(&c->kicked, 0);
    machine_unlock();
    return r;
}

static void cmp_stats(struct accel_vm *vm, GString *out)
{
    g_string_append_printf(out,
                           "compared %s with %s: %" G_GUINT64_FORMAT " instructions in %"
                           G_GUINT64_FORMAT " chunks, %" G_GUINT64_FORMAT
                           " divergences, %" G_GUINT64_FORMAT " CPUID corrected\n",
                           vm->side[0].choice.ops->name, vm->side[1].choice.ops->name, vm->compared,
                           vm->chunks_done, vm->divergences, vm->corrected);
}

const struct accel_ops accel_compare = {
    .name = "compare",
    .desc = "two accelerators in lockstep, for finding which one is wrong (-compare A,B)",
    .probe = cmp_probe,
    .worthwhile = cmp_worthwhile,
    .vm_create = cmp_vm_create,
    .vm_destroy = cmp_vm_destroy,
    .vcpu_create = cmp_vcpu_create,
    .vcpu_destroy = cmp_vcpu_destroy,
    .vcpu_run = cmp_run,
    .vcpu_kick = cmp_kick,
    .state_get = cmp_state_get,
    .state_set = cmp_state_set,
    .irq_line = cmp_irq_line,
    .event = cmp_event,
    .tsc = cmp_tsc,
    .stats = cmp_stats,
};
