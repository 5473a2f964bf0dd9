/* SPDX-License-Identifier: MIT */
/*
 * Comparing where an accelerator does not count instructions: both are single-stepped.
 *
 * Registers that the instruction can have changed are compared behind each, all of them and memory
 * behind `every` (a chunk). What a chunk got from outside is kept (the log; interrupts and results
 * that are nobody's fault, here), so that it can be stepped again to find the first difference.
 *
 * A stepped processor takes no interrupts by itself: they are put into its state. Three things are
 * not steps of one instruction everywhere, and are made so: repeated string instructions, accesses
 * that the accelerator's caller makes, and what follows an interrupt, an exception or MOV SS.
 */
#include <errno.h>
#include <string.h>

#include "accel/compare/compare_int.h"
#include "accel/x86/consts.h"
#include "accel/x86/decode.h"
#include "accel/x86/inspect.h"
#include "core/log.h"
#include "core/loop.h"

#define STEPS_A_CHUNK 20000 /* unless `every` says so: a chunk is stepped 16 times to find one */
#define FULL_EVERY    64    /* instructions, then the whole state is compared */

/* What one step had from outside besides the log. */
struct note {
    uint64_t step;
    int vector;      /* an interrupt to deliver before it; -1: none */
    bool result;     /* these registers are the right ones behind it */
    uint64_t gpr[4]; /* RAX, RCX, RDX, RBX */
};

struct insn {
    bool known;
    struct x86_insn i;
};

static struct insn instruction(const struct accel_vcpu *c)
{
    struct insn r = { 0 };
    struct x86_view v;
    uint8_t b[15];
    x86_view_init(&v, &c->at, c->vm->side[0].pm, c->vm->params.model);
    size_t n = x86_view_read(&v, x86_view_pc(&v), b, sizeof b);
    r.known = x86_decode(&r.i, b, n, x86_view_code_size(&v)) == X86_DECODE_OK;
    return r;
}

static bool repeats(const struct insn *n)
{
    return n->known && n->i.cls == X86_CLS_STRING &&
           (n->i.prefixes & (X86_PFX_REP | X86_PFX_REPNE));
}

/* Whose result is the time of the moment. */
static bool reads_tsc(const struct accel_vcpu *c, const struct insn *n)
{
    return n->known && (n->i.op == X86_OP_RDTSC || n->i.op == X86_OP_RDTSCP ||
                        (n->i.op == X86_OP_RDMSR &&
                         (uint32_t)c->at.gpr[X86_RCX] == X86_MSR_TSC));
}

/* What of the state an instruction can change; faults and interrupts change more. */
static uint32_t groups_of(const struct insn *n)
{
    if (!n->known) {
        return X86_GROUP_ALL;
    }
    for (unsigned k = 0; k < n->i.nopnd; k++) {
        if (n->i.opnd[k].kind == X86_OPND_SEG) {
            return X86_GROUP_ALL;
        }
    }
    switch (n->i.cls) {
    case X86_CLS_INT:
    case X86_CLS_BRANCH:
    case X86_CLS_STRING:
    case X86_CLS_GPR_HOST: return X86_GROUP_GPR;
    case X86_CLS_X87:
    case X86_CLS_MMX:
    case X86_CLS_SSE:
    case X86_CLS_AVX: return X86_GROUP_GPR | X86_GROUP_FPU | X86_GROUP_XSAVE;
    default: return X86_GROUP_ALL;
    }
}

/* --- notes ------------------------------------------------------------------------------------ */

static struct note *note_of(struct accel_vcpu *c, bool make)
{
    GArray *a = c->notes;
    while (c->note_at < a->len && g_array_index(a, struct note, c->note_at).step < c->steps) {
        c->note_at++;
    }
    if (c->note_at < a->len && g_array_index(a, struct note, c->note_at).step == c->steps) {
        return &g_array_index(a, struct note, c->note_at);
    }
    if (make) {
        struct note n = { .step = c->steps, .vector = -1 };
        c->note_at = a->len;
        g_array_append_val(a, n);
        return &g_array_index(a, struct note, c->note_at);
    }
    return NULL;
}

/* --- interrupts ------------------------------------------------------------------------------- */

static bool takes_interrupt(struct accel_vcpu *c)
{
    struct side *a = &c->vm->side[0];
    if (!c->line || !(c->at.rflags & X86_FL_IF)) {
        return false;
    }
    a->choice.ops->state_get(a->vcpu, &c->at, X86_GROUP_EVENTS);
    const struct x86_events *ev = &c->at.ev;
    return !ev->sti_shadow && !ev->movss_shadow && !ev->interrupt_pending && !ev->exception_pending;
}

/* Into both sides' state. True: there was one. */
static bool inject(struct accel_vcpu *c)
{
    const struct accel_callbacks *cb = c->vm->params.cb;
    struct note *n = note_of(c, false);
    int vector = n ? n->vector : -1;
    if (!c->replaying && takes_interrupt(c)) {
        machine_unlock();
        vector = cb->irq_ack(cb->opaque, 0);
        machine_lock();
        if (vector >= 0) {
            note_of(c, true)->vector = vector;
        }
    }
    if (vector < 0 && !c->replaying) {
        return false;
    }
    struct side *a = &c->vm->side[0];
    a->choice.ops->state_get(a->vcpu, &c->at, X86_GROUP_EVENTS);
    if (vector < 0) {
        return c->at.ev.interrupt_pending != 0; /* a reproduction's state has it */
    }
    c->at.ev.interrupt_pending = 1;
    c->at.ev.interrupt_vector = (uint8_t)vector;
    c->at.mp = X86_MP_RUNNABLE;
    compare_state_set(c, &c->at, X86_GROUP_EVENTS | X86_GROUP_MP);
    return true;
}

/* --- one step --------------------------------------------------------------------------------- */

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
        bool emulate = e->kind == ACCEL_EXIT_EMULATE;
        if (r == 0 && compare_serve(s, e) && (access || emulate)) {
            /* This completes the access. The next run may end at once, to tell of this step. */
            while (access && ops->state_get(s->vcpu, &st, X86_GROUP_GPR) == -EBUSY &&
                   !s->diverged && ops->vcpu_run(s->vcpu, e) == 0 && compare_serve(s, e)) {
            }
            e->kind = ACCEL_EXIT_DEBUG;
            s->late = access;
        }
    } while (r == 0 && !s->diverged &&
             (e->kind == ACCEL_EXIT_KICK || e->kind == ACCEL_EXIT_IRQ_WINDOW ||
              e->kind == ACCEL_EXIT_CPUID));
    return r;
}

/* Ends behind the instruction at c->at, however often it repeats; the second side where the first
 * stopped, should that have been asked to in the middle. */
static int step_past(struct accel_vcpu *c, struct side *s, bool rep, struct accel_exit *e)
{
    struct x86_state *st = &c->states[s == &c->vm->side[1]];
    const struct x86_state *first = st == &c->states[1] ? &c->states[0] : NULL;
    bool more;
    do {
        bool late = s->late;
        s->late = false;
        int r = step_side(s, e);
        if (r < 0 || e->kind != ACCEL_EXIT_DEBUG || s->diverged || !(rep || late)) {
            return r;
        }
        s->choice.ops->state_get(s->vcpu, st, X86_GROUP_GPR);
        more = st->rip == c->at.rip;
        if (!rep) {
            more = more && !s->late; /* late: it had an access of its own */
        } else if (!first) {
            more = more && !atomic_load(&c->kicked);
        } else if (first->rip == c->at.rip) {
            more = more && st->gpr[X86_RCX] != first->gpr[X86_RCX];
        }
    } while (more);
    return 0;
}

static int step(struct accel_vcpu *c, unsigned k, bool rep, struct accel_exit *e)
{
    struct side *s = &c->vm->side[k];
    s->replays = k == 1 || c->replaying;
    log_side_effects(s);
    int r = step_past(c, s, rep, e);
    if (s->replays) {
        log_side_effects(s);
    }
    s->replays = false;
    if (r == 0 && k == 1 && c->vm->fault_at &&
        c->at.seg[X86_CS].base + c->at.rip == c->vm->fault_at) {
        compare_do_wrong(s);
    }
    return r;
}

static void take_result(struct side *s, const uint64_t gpr[4])
{
    struct x86_state st;
    s->choice.ops->state_get(s->vcpu, &st, X86_GROUP_GPR);
    memcpy(st.gpr, gpr, 4 * sizeof gpr[0]);
    s->choice.ops->state_set(s->vcpu, &st, X86_GROUP_GPR);
}

/* The processor that the guest was given says what CPUID gives. A side that says something else is
 * wrong, but the other cannot be blamed for it, nor is it of use to stop: it is told once. */
static bool judge_cpuid(struct accel_vcpu *c, uint64_t right[4])
{
    const struct accel_params *p = &c->vm->params;
    struct x86_state st[2];
    uint32_t leaf = (uint32_t)c->at.gpr[X86_RAX], sub = (uint32_t)c->at.gpr[X86_RCX], r[4];
    bool wrong[2];
    for (unsigned k = 0; k < 2; k++) {
        struct side *s = &c->vm->side[k];
        s->choice.ops->state_get(s->vcpu, &st[k], X86_GROUP_ALL);
        x86_cpuid(p->model, p->topology, 0, &st[k], leaf, sub, r);
        right[X86_RAX] = r[0];
        right[X86_RCX] = r[2];
        right[X86_RDX] = r[3];
        right[X86_RBX] = r[1];
        wrong[k] = memcmp(st[k].gpr, right, 4 * sizeof right[0]) != 0;
    }
    if (wrong[0] == wrong[1]) {
        return false;
    }
    const struct x86_state *w = &st[wrong[1]];
    uint64_t bit = 1ull << ((leaf ^ leaf >> 26) & 63);
    if (!(c->cpuid_told & bit)) {
        log_warn(NULL,
                 "-compare: %s's CPUID leaf %#x is %08x %08x %08x %08x, not as it was told to "
                 "(%08x %08x %08x %08x); both go on with the latter",
                 c->vm->side[wrong[1]].choice.ops->name, leaf, (uint32_t)w->gpr[X86_RAX],
                 (uint32_t)w->gpr[X86_RBX], (uint32_t)w->gpr[X86_RCX], (uint32_t)w->gpr[X86_RDX],
                 r[0], r[1], r[2], r[3]);
    }
    c->cpuid_told |= bit;
    c->vm->corrected++;
    return true;
}

/* Results that are no difference become the same on both sides. */
static void settle_result(struct accel_vcpu *c, const struct insn *n)
{
    struct note *note = note_of(c, false);
    uint64_t right[4];
    bool settle = note && note->result;
    if (c->replaying && settle) {
        memcpy(right, note->gpr, sizeof right);
    } else if (reads_tsc(c, n)) {
        struct x86_state st;
        struct side *a = &c->vm->side[0];
        a->choice.ops->state_get(a->vcpu, &st, X86_GROUP_GPR);
        memcpy(right, st.gpr, sizeof right);
        settle = true;
    } else if (n->known && n->i.op == X86_OP_CPUID) {
        settle = judge_cpuid(c, right);
    }
    if (!settle) {
        return;
    }
    if (!c->replaying) {
        note = note_of(c, true);
        note->result = true;
        memcpy(note->gpr, right, sizeof right);
    }
    take_result(&c->vm->side[0], right);
    take_result(&c->vm->side[1], right);
}

/* Which side's step is never more than one instruction. */
static unsigned exact_side(const struct accel_vm *vm)
{
    return vm->side[1].choice.caps.counts_insns;
}

/* KVM sets TF to step, and the flags that it pushes for an interrupt then have it, which is no
 * affair of the guest's. Nothing else of the memory may differ. */
static void clear_pushed_tf(struct accel_vcpu *c)
{
    struct accel_vm *vm = c->vm;
    unsigned k = exact_side(vm);
    gpa_t gpa;
    uint8_t bytes[2];
    if (vm->side[!k].choice.caps.counts_insns || !mirror_differs(vm, &gpa, bytes)) {
        return;
    }
    if (gpa % 2 && bytes[!k] == (bytes[k] | X86_FL_TF >> 8)) {
        mirror_write(&vm->side[!k], gpa, &bytes[k], 1);
    }
}

/* One instruction on both, from where they are the same. 0 or -errno; *same: they still are. */
static int step_both(struct accel_vcpu *c, struct accel_exit *e, bool *same, GString *why)
{
    struct accel_vm *vm = c->vm;
    struct side *a = &vm->side[0], *b = &vm->side[1];
    struct accel_exit eb = { 0 };
    *same = false;
    a->choice.ops->state_get(a->vcpu, &c->at, X86_GROUP_GPR | X86_GROUP_SEG | X86_GROUP_CR);
    c->last[c->n_last++ % COMPARE_LAST] = c->at.seg[X86_CS].base + c->at.rip;
    struct insn n = instruction(c);
    bool rep = repeats(&n), event = inject(c);
    int r = step(c, 0, rep && !event, e);
    r = r < 0 ? r : step(c, 1, rep && !event, &eb);
    if (r < 0) {
        return r;
    }
    if (event) {
        clear_pushed_tf(c);
    } else {
        settle_result(c, &n);
    }
    uint32_t groups = event || c->replaying || c->steps % FULL_EVERY == 0 ? X86_GROUP_ALL
                                                                          : groups_of(&n);
    *same = e->kind == ACCEL_EXIT_SHUTDOWN && eb.kind == e->kind ? true
                                                                 : compare_agree(c, groups, why);
    if (!*same && !a->diverged && !b->diverged && c->states[0].rip != c->states[1].rip) {
        /* one went on behind an event, or the instruction behind MOV SS */
        unsigned k = exact_side(vm);
        r = step(c, k, false, k ? &eb : e);
        *same = r == 0 && compare_agree(c, X86_GROUP_ALL, why);
    }
    if (*same && (e->kind == ACCEL_EXIT_HLT) != (eb.kind == ACCEL_EXIT_HLT)) {
        *same = false;
        g_string_printf(why, "one halts, the other does not (exits %d, %d)", e->kind, eb.kind);
    }
    c->steps++;
    return r;
}

/* --- chunks ----------------------------------------------------------------------------------- */

static bool same_memory(struct accel_vcpu *c, GString *why)
{
    for (unsigned k = 0; k < 2; k++) {
        c->vm->side[k].replays = k == 1 || c->replaying;
        if (c->vm->side[k].replays) {
            log_side_effects(&c->vm->side[k]);
        }
        c->vm->side[k].replays = false;
    }
    return compare_memory(c, why);
}

static void begin_chunk(struct accel_vcpu *c)
{
    if (!c->notes) {
        c->notes = g_array_new(FALSE, FALSE, sizeof(struct note));
    }
    compare_checkpoint(c);
    g_array_set_size(c->notes, 0);
    c->steps = c->note_at = 0;
    c->n_last = 0;
    c->chunk_open = true;
    c->vm->recording = true;
    c->vm->chunks_done++;
}

/* The first n steps of the chunk again. How many left the sides the same. */
static uint64_t again(struct accel_vcpu *c, uint64_t n, GString *why)
{
    bool same = true;
    struct accel_exit e = { 0 };
    compare_restore(c);
    c->steps = c->note_at = c->n_last = 0;
    c->vm->side[0].late = c->vm->side[1].late = false;
    while (c->steps < n && same) {
        if (step_both(c, &e, &same, why) < 0) {
            break;
        }
    }
    return same ? c->steps : c->steps - 1;
}

/* The sides differ behind n steps of this chunk: the first that makes them is reported. */
static void find_first(struct accel_vcpu *c, uint64_t n, GString *why)
{
    uint64_t good = 0, bad = n, base = c->vm->compared - n;
    GString *ignored = g_string_new(NULL);
    log_err(NULL, "-compare: %s; looking for the instruction", why->str);
    c->replaying = true;
    c->vm->recording = false;
    uint64_t k = again(c, n, ignored);
    if (k == n && same_memory(c, ignored)) {
        g_string_append(why, " (not again when stepped once more)");
        report_divergence(c, &c->at, base + n, why->str, NULL, 0);
        g_string_free(ignored, TRUE);
        return;
    }
    bad = MIN(bad, k + 1);
    while (bad - good > 1) {
        uint64_t mid = good + (bad - good) / 2;
        k = again(c, mid, ignored);
        if (k < mid) {
            bad = k + 1;
        } else if (same_memory(c, ignored)) {
            good = mid;
        } else {
            bad = mid;
        }
    }
    g_string_truncate(why, 0);
    if (again(c, bad, why) == bad) {
        same_memory(c, why);
    }
    struct x86_state behind[2] = { c->states[0], c->states[1] };
    again(c, good, ignored);
    /* The reproduction wants all as it is before the instruction, the interrupt included. */
    struct side *a = &c->vm->side[0];
    a->choice.ops->state_get(a->vcpu, &c->at, X86_GROUP_ALL);
    inject(c);
    memcpy(c->states, behind, sizeof behind);
    uint64_t last[COMPARE_LAST];
    size_t n_last = MIN(c->n_last, (unsigned)COMPARE_LAST);
    for (size_t j = 0; j < n_last; j++) {
        last[j] = c->last[(c->n_last - n_last + j) % COMPARE_LAST];
    }
    report_divergence(c, &c->at, base + good, why->str, last, n_last);
    g_string_free(ignored, TRUE);
}

void compare_end_chunk(struct accel_vcpu *c)
{
    if (c->chunk_open) {
        struct side *b = &c->vm->side[1];
        b->replays = true;
        log_side_effects(b);
        b->replays = false;
        c->vm->recording = c->chunk_open = false;
    }
}

int compare_run_steps(struct accel_vcpu *c, struct accel_exit *e)
{
    struct accel_vm *vm = c->vm;
    GString *why = g_string_new(NULL);
    bool same = true, stop = false;
    int r = 0;
    while (r == 0 && same && !stop) {
        if (!c->chunk_open) {
            begin_chunk(c);
        }
        r = step_both(c, e, &same, why);
        vm->compared++;
        bool kicked = atomic_load(&c->kicked) != 0;
        stop = kicked || e->kind == ACCEL_EXIT_HLT || e->kind == ACCEL_EXIT_SHUTDOWN ||
               e->kind == ACCEL_EXIT_FAIL;
        if (r == 0 && same &&
            (kicked || e->kind == ACCEL_EXIT_SHUTDOWN || c->steps >= vm->every)) {
            same = same_memory(c, why);
            if (same) {
                compare_end_chunk(c);
            }
        }
    }
    if (r == 0 && !same) {
        find_first(c, c->steps, why);
        r = compare_give_up(c, e);
    } else if (r == 0 && e->kind == ACCEL_EXIT_DEBUG) {
        e->kind = ACCEL_EXIT_KICK;
    }
    g_string_free(why, TRUE);
    return r;
}

bool compare_step_once(struct accel_vcpu *c, GString *why)
{
    struct accel_exit e = { 0 };
    bool same = false;
    c->notes = g_array_new(FALSE, FALSE, sizeof(struct note));
    c->replaying = true;
    return step_both(c, &e, &same, why) == 0 && same && same_memory(c, why);
}

uint64_t compare_default_steps(void)
{
    return STEPS_A_CHUNK;
}
