/* SPDX-License-Identifier: MIT */
/*
 * The accelerator made of two: its operations. See compare_int.h.
 *
 * Accelerators that count instructions run in chunks of `every`. Where one does not, both are
 * single-stepped: state is compared behind each instruction, memory every `every` of them, and
 * interrupts are delivered by the state, for a stepped processor takes none by itself.
 */
#include <errno.h>
#include <string.h>

#include "accel/compare/compare_int.h"
#include "accel/x86/inspect.h"
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
                                         "repro", "fallback", "test-fault", NULL };
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
            s->choice.ops->vcpu_destroy(s->vcpu);
            s->vcpu = NULL;
        }
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

static int cmp_state_set(struct accel_vcpu *c, const struct x86_state *s, uint32_t groups)
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

static void lines(struct accel_vcpu *c)
{
    for (unsigned k = 0; k < 2; k++) {
        c->vm->side[k].choice.ops->irq_line(c->vm->side[k].vcpu, c->line);
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
        vm->side[0].choice.ops->irq_line(vm->side[0].vcpu, false);
        c->line_applied = false;
    }
}

static void cmp_event(struct accel_vcpu *c, enum accel_event ev, uint8_t vector)
{
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
static bool serve(struct side *s, struct accel_exit *e)
{
    const struct accel_callbacks *cb = &s->cb;
    if (e->kind == ACCEL_EXIT_PIO) {
        uint8_t *p = e->u.pio.data;
        for (uint32_t k = 0; k < e->u.pio.count; k++, p += e->u.pio.size) {
            uint32_t v = 0;
            if (e->u.pio.write) {
                memcpy(&v, p, e->u.pio.size);
                cb->pio_write(cb->opaque, e->u.pio.port, v, e->u.pio.size);
            } else {
                v = cb->pio_read(cb->opaque, e->u.pio.port, e->u.pio.size);
                memcpy(p, &v, e->u.pio.size);
            }
        }
        return true;
    }
    if (e->kind == ACCEL_EXIT_MMIO) {
        uint64_t v = 0;
        if (e->u.mmio.write) {
            memcpy(&v, e->u.mmio.data, sizeof v);
            cb->mmio_write(cb->opaque, e->u.mmio.gpa, v, e->u.mmio.size);
        } else {
            v = cb->mmio_read(cb->opaque, e->u.mmio.gpa, e->u.mmio.size);
            memcpy(e->u.mmio.data, &v, sizeof v);
        }
        return true;
    }
    if (e->kind == ACCEL_EXIT_MSR) {
        e->u.msr.fault = e->u.msr.write
                             ? !cb->msr_write(cb->opaque, 0, e->u.msr.index, e->u.msr.value)
                             : !cb->msr_read(cb->opaque, 0, e->u.msr.index, &e->u.msr.value);
        return true;
    }
    return e->kind == ACCEL_EXIT_IRQ_WINDOW || e->kind == ACCEL_EXIT_CPUID;
}

static int run_side(struct side *s, struct accel_exit *e)
{
    int r;
    do {
        s->running = true;
        r = s->choice.ops->vcpu_run(s->vcpu, e);
        s->running = false;
    } while (r == 0 && serve(s, e));
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
static int do_wrong(struct side *s, struct accel_exit *e)
{
    struct x86_state st;
    s->choice.ops->debug_set(s->vcpu, true, NULL, 0);
    int r = run_side(s, e);
    arm_fault(s);
    s->choice.ops->state_get(s->vcpu, &st, X86_GROUP_GPR);
    st.gpr[X86_R15] ^= 0x10;
    s->choice.ops->state_set(s->vcpu, &st, X86_GROUP_GPR);
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

static void checkpoint(struct accel_vcpu *c)
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

static void restore(struct accel_vcpu *c)
{
    struct accel_vm *vm = c->vm;
    mirror_restore(vm);
    cmp_state_set(c, &c->checkpoint, X86_GROUP_ALL & ~(uint32_t)X86_GROUP_TSC);
    for (unsigned k = 0; k < 2; k++) {
        struct side *s = &vm->side[k];
        s->choice.ops->irq_line(s->vcpu, c->line_at_checkpoint && counts(vm));
        s->at = 0;
        s->diverged = false;
        s->what[0] = 0;
    }
}

/* Do the sides agree? Fills states. */
static bool agree(struct accel_vcpu *c, struct x86_state states[2], GString *why, bool memory)
{
    gpa_t gpa;
    uint8_t bytes[2];
    for (unsigned k = 0; k < 2; k++) {
        struct side *s = &c->vm->side[k];
        s->choice.ops->state_get(s->vcpu, &states[k], X86_GROUP_ALL);
        if (s->diverged) {
            g_string_assign(why, s->what);
            return false;
        }
    }
    if (states_differ(&states[0], &states[1], why)) {
        return false;
    }
    if (memory && mirror_differs(c->vm, &gpa, bytes)) {
        g_string_printf(why, "memory at %#" G_GINT64_MODIFIER "x: %02x, %02x", gpa, bytes[0],
                        bytes[1]);
        return false;
    }
    return true;
}

/* Both from the checkpoint, n instructions by the log. */
static bool replay_agrees(struct accel_vcpu *c, uint64_t n, enum accel_exit_kind end,
                          struct x86_state states[2], GString *why)
{
    restore(c);
    for (unsigned k = 0; k < 2; k++) {
        follow(&c->vm->side[k], n, end);
    }
    return agree(c, states, why, true);
}

/* The chunk of n instructions since the checkpoint went wrong: which was the first? */
static void find_first(struct accel_vcpu *c, uint64_t n, enum accel_exit_kind end, GString *why)
{
    enum { LAST = 12 };
    struct x86_state states[2], before[2];
    uint64_t good = 0, bad = n, last[LAST];
    size_t n_last = 0;
    GString *ignored = g_string_new(NULL);
    log_err(NULL, "-compare: %s; looking for the instruction", why->str);
    if (replay_agrees(c, n, end, states, ignored)) {
        g_string_append(why, " (not again when replayed: input that the log does not have)");
        report_divergence(c, &c->checkpoint, states, n, why->str, NULL, 0);
        g_string_free(ignored, TRUE);
        return;
    }
    while (bad - good > 1) {
        uint64_t mid = good + (bad - good) / 2;
        if (replay_agrees(c, mid, ACCEL_EXIT_KICK, states, ignored)) {
            good = mid;
        } else {
            bad = mid;
        }
    }
    for (uint64_t k = good > LAST ? good - LAST : 0; k < good; k++) {
        replay_agrees(c, k, ACCEL_EXIT_KICK, before, ignored);
        last[n_last++] = before[0].seg[X86_CS].base + before[0].rip;
    }
    replay_agrees(c, good, ACCEL_EXIT_KICK, before, ignored);
    g_string_truncate(why, 0);
    replay_agrees(c, bad, bad == n ? end : ACCEL_EXIT_KICK, states, why);
    /* The reproduction wants memory as it was before. */
    replay_agrees(c, good, ACCEL_EXIT_KICK, before, ignored);
    report_divergence(c, &before[0], states, c->vm->compared + good, why->str, last, n_last);
    g_string_free(ignored, TRUE);
}

static int give_up(struct accel_vcpu *c, struct accel_exit *e)
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
    struct x86_state states[2];
    checkpoint(c);
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
    if (!agree(c, states, why, true)) {
        find_first(c, n, e->kind, why);
        r = give_up(c, e);
    }
    g_string_free(why, TRUE);
    vm->compared += n;
    vm->chunks_done++;
    return r;
}

/* --- steps ------------------------------------------------------------------------------------ */

/* A stepped processor takes no interrupts: they are put into its state. */
static void inject(struct accel_vcpu *c, struct x86_state *s)
{
    if (!c->line || !(s->rflags & X86_FL_IF) || s->ev.sti_shadow || s->ev.movss_shadow ||
        s->ev.interrupt_pending || s->ev.exception_pending) {
        return;
    }
    machine_unlock();
    int vector = c->vm->params.cb->irq_ack(c->vm->params.cb->opaque, 0);
    machine_lock();
    if (vector >= 0) {
        s->ev.interrupt_pending = 1;
        s->ev.interrupt_vector = (uint8_t)vector;
        s->mp = X86_MP_RUNNABLE;
        cmp_state_set(c, s, X86_GROUP_EVENTS | X86_GROUP_MP);
    }
}

static int step_side(struct side *s, struct accel_exit *e)
{
    const struct accel_ops *ops = s->choice.ops;
    struct x86_state st;
    int r;
    ops->debug_set(s->vcpu, true, NULL, 0);
    do {
        s->running = true;
        r = ops->vcpu_run(s->vcpu, e);
        s->running = false;
        bool access = e->kind == ACCEL_EXIT_PIO || e->kind == ACCEL_EXIT_MMIO ||
                      e->kind == ACCEL_EXIT_MSR;
        if (r == 0 && serve(s, e) && access) {
            /* The next run would end behind the next instruction: this completes the access. */
            ops->state_get(s->vcpu, &st, X86_GROUP_GPR);
            e->kind = ACCEL_EXIT_DEBUG;
        }
    } while (r == 0 && (e->kind == ACCEL_EXIT_KICK || e->kind == ACCEL_EXIT_IRQ_WINDOW ||
                        e->kind == ACCEL_EXIT_CPUID));
    return r;
}

/* One may stop behind each iteration of a string instruction, the other behind the last. */
static bool catch_up(struct accel_vcpu *c, struct x86_state states[2], GString *why)
{
    struct accel_exit e;
    for (unsigned k = 0; k < 1u << 20; k++) {
        if (agree(c, states, why, false)) {
            return true;
        }
        if (c->vm->side[0].diverged || c->vm->side[1].diverged) {
            return false;
        }
        /* Who is still at the instruction with more to do? */
        uint64_t rest[2] = { states[0].gpr[X86_RCX], states[1].gpr[X86_RCX] };
        bool there[2] = { states[0].rip == c->checkpoint.rip, states[1].rip == c->checkpoint.rip };
        if (rest[0] == rest[1] && there[0] == there[1]) {
            return false;
        }
        unsigned behind = rest[0] != rest[1] ? rest[0] < rest[1] : there[1];
        struct side *s = &c->vm->side[behind];
        s->replays = behind == 1;
        c->vm->recording = behind == 0;
        int r = step_side(s, &e);
        s->replays = false;
        c->vm->recording = false;
        if (r < 0) {
            return false;
        }
    }
    return false;
}

/* RDTSC and RDTSCP at the checkpoint: their results are the host's. */
static bool reads_tsc(struct accel_vcpu *c)
{
    struct x86_view v;
    uint8_t b[3] = { 0 };
    x86_view_init(&v, &c->checkpoint, c->vm->side[0].pm, c->vm->params.model);
    x86_view_read(&v, x86_view_pc(&v), b, sizeof b);
    return b[0] == 0x0f && (b[1] == 0x31 || (b[1] == 0x01 && b[2] == 0xf9));
}

static int run_steps(struct accel_vcpu *c, struct accel_exit *e)
{
    struct accel_vm *vm = c->vm;
    struct side *a = &vm->side[0], *b = &vm->side[1];
    struct x86_state states[2];
    GString *why = g_string_new(NULL);
    int r = 0;
    for (uint64_t k = 0; k < vm->every; k++) {
        struct accel_exit eb = { 0 };
        a->choice.ops->state_get(a->vcpu, &c->checkpoint, X86_GROUP_ALL);
        inject(c, &c->checkpoint);
        log_clear(vm);
        vm->recording = true;
        r = step_side(a, e);
        vm->recording = false;
        if (r < 0) {
            break;
        }
        b->replays = true;
        b->diverged = false;
        log_side_effects(b);
        step_side(b, &eb);
        b->choice.ops->state_get(b->vcpu, &states[1], X86_GROUP_GPR);
        if (states[1].rip == c->checkpoint.rip && e->kind == ACCEL_EXIT_DEBUG) {
            step_side(b, &eb); /* a step that only reported the one before */
        }
        log_side_effects(b);
        b->replays = false;
        if (reads_tsc(c)) {
            a->choice.ops->state_get(a->vcpu, &states[0], X86_GROUP_GPR);
            b->choice.ops->state_set(b->vcpu, &states[0], X86_GROUP_GPR);
        }
        bool same = agree(c, states, why, false) || catch_up(c, states, why);
        gpa_t gpa;
        uint8_t bytes[2];
        if (same && k + 1 == vm->every && mirror_differs(vm, &gpa, bytes)) {
            same = false;
            g_string_printf(why, "memory at %#" G_GINT64_MODIFIER "x: %02x, %02x (changed within "
                            "the last %" G_GUINT64_FORMAT " instructions)",
                            gpa, bytes[0], bytes[1], vm->every);
        }
        vm->compared++;
        if (!same) {
            report_divergence(c, &c->checkpoint, states, vm->compared, why->str, NULL, 0);
            r = give_up(c, e);
            break;
        }
        if (is_end(e->kind) || e->kind == ACCEL_EXIT_FAIL || atomic_load(&c->kicked)) {
            break;
        }
    }
    if (r == 0 && e->kind == ACCEL_EXIT_DEBUG) {
        e->kind = ACCEL_EXIT_KICK;
    }
    g_string_free(why, TRUE);
    return r;
}

static int cmp_run(struct accel_vcpu *c, struct accel_exit *e)
{
    machine_lock();
    int r = counts(c->vm) ? run_chunk(c, e) : run_steps(c, e);
    atomic_store(&c->kicked, 0);
    machine_unlock();
    return r;
}

static void cmp_stats(struct accel_vm *vm, GString *out)
{
    g_string_append_printf(out,
                           "compared %s with %s: %" G_GUINT64_FORMAT " instructions in %"
                           G_GUINT64_FORMAT " chunks, %" G_GUINT64_FORMAT " divergences\n",
                           vm->side[0].choice.ops->name, vm->side[1].choice.ops->name, vm->compared,
                           vm->chunks_done, vm->divergences);
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
