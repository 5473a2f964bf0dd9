/* SPDX-License-Identifier: MIT */
/*
 * The interpreter's loop. Blocks of decoded instructions run back to back (run_blocks); requests,
 * interrupts and the instruction limit are looked at between blocks; whatever needs a look at every
 * instruction (TF, breakpoints, the shadows of STI and MOV SS, the last instructions before the
 * limit) runs one instruction at a time (step).
 *
 * During an instruction st.rip is its address and next_rip that of the following one. A fault
 * leaves by longjmp to x86_interp_run, once a run; insn_count is put right from st.rip.
 */
#include "accel/x86/block.h"
#include "accel/x86/exclusive.h"
#include "accel/x86/flags.h"
#include "accel/x86/state_text.h"
#include "core/log.h"

static bool needs_steps(const struct x86_cpu *cpu)
{
    const struct x86_block_cache *c = cpu->blocks;
    return (cpu->st.rflags & (X86_FL_TF | X86_FL_RF)) || cpu->st.ev.sti_shadow ||
           cpu->st.ev.movss_shadow || cpu->st.ev.pending_dbg || cpu->debug_kinds || c->dbg_step ||
           log_enabled(LOG_EXEC | LOG_CPU) || c->one_insn || (c->branches && !c->jit_ops);
}

static uint64_t code_linear(const struct x86_cpu *cpu)
{
    return cpu->code_mode == 8 ? cpu->st.rip : (uint32_t)(cpu->st.seg[X86_CS].base + cpu->st.rip);
}

/* Instructions of the current block before the one at st.rip. */
static unsigned executed_in_block(const struct x86_cpu *cpu)
{
    const struct x86_block *b = cpu->blocks->cur;
    uint64_t rip = cpu->blocks->cur_rip;
    unsigned n = 0;
    while (n < b->n && rip != cpu->st.rip) {
        rip += b->insns[n++].len;
    }
    return n;
}

uint64_t x86_insn_now(const struct x86_cpu *cpu)
{
    bool within = cpu->blocks && cpu->blocks->cur;
    return cpu->insn_count + (within ? executed_in_block(cpu) : 0);
}

/* The block ends here; translated code has used up its instructions. */
void x86_stop_soon(struct x86_cpu *cpu)
{
    if (cpu->blocks && cpu->blocks->cur) {
        x86_block_stop(cpu->blocks);
        cpu->jit.count_end -= cpu->jit.budget;
        cpu->jit.budget = 0;
    }
}

/* Flags and the count as of the instruction that a longjmp left. */
static void settle(struct x86_cpu *cpu)
{
    struct x86_block_cache *c = cpu->blocks;
    if (c && c->jit_ops) {
        c->jit_ops->fault(c);
    }
    if (c && c->cur) {
        cpu->insn_count += executed_in_block(cpu);
        c->cur = NULL;
    }
}

void x86_interp_abandoned(struct x86_cpu *cpu)
{
    settle(cpu);
    cpu->blocks->stop_in_block = false;
    cpu->event_ext = 0;
    cpu->exit_reason = X86_STOP_NONE;
    x86_block_park(cpu->blocks, true);
}

bool x86_interp_fault(struct x86_cpu *cpu)
{
    struct x86_block_cache *c = cpu->blocks;
    settle(cpu);
    if (c && c->stop_in_block) {
        c->stop_in_block = false;
        if (c->branches) {
            x86_branch_cut(c->branches, code_linear(cpu));
        }
        return true;
    }
    if (c) {
        c->stats.faults++;
    }
    if (cpu->exc_vector == X86_EXC_PF) {
        cpu->st.cr2 = cpu->exc_cr2;
    }
    cpu->insn_count++; /* an event is a step: a handler that faults at once makes progress */
    return x86_deliver(cpu, X86_EVENT_EXCEPTION, cpu->exc_vector, cpu->exc_has_error,
                       cpu->exc_error);
}

/* #DB as a trap (the instruction is complete) or a fault, with these DR6 bits. */
static bool deliver_db(struct x86_cpu *cpu, uint64_t dr6)
{
    cpu->st.dr[6] |= dr6;
    cpu->st.dr[7] &= ~0x2000ull; /* GD */
    return x86_deliver(cpu, X86_EVENT_EXCEPTION, X86_EXC_DB, false, 0);
}

static bool debugger_break(const struct x86_block_cache *c, uint64_t lin)
{
    for (size_t k = 0; k < c->dbg_breaks; k++) {
        if (c->dbg_break[k] == lin) {
            return true;
        }
    }
    return false;
}

/* Decodes through the cache where possible. *tmp is used where not. */
static const struct x86_insn *step_insn(struct x86_cpu *cpu, struct x86_insn *tmp)
{
    if (cpu->code_mode == 8 || (cpu->st.rip <= cpu->st.seg[X86_CS].limit &&
                                cpu->st.seg[X86_CS].limit - cpu->st.rip >= X86_INSN_MAX)) {
        struct x86_block *b = x86_block_find(cpu->blocks, code_linear(cpu), 1);
        if (b) {
            return &b->insns[0];
        }
    }
    cpu->blocks->stats.uncached++;
    x86_fetch_insn(cpu, tmp);
    return tmp;
}

/* -d exec and cpu go instruction by instruction, in either engine. */
static void log_insn(struct x86_cpu *cpu)
{
    uint64_t lin = code_linear(cpu);
    char text[2048] = "";
    if (!log_pc_wanted(lin)) {
        return;
    }
    if (log_enabled(LOG_CPU)) {
        x86_rflags(cpu);
        x86_state_text(&cpu->st, text, sizeof text);
    }
    log_raw("Trace %u: %04x:%016llx [%016llx]\n%s", cpu->apic_id, cpu->st.seg[X86_CS].sel,
            (unsigned long long)cpu->st.rip, (unsigned long long)lin, text);
}

/* One instruction with everything looked at. */
static enum x86_stop step(struct x86_cpu *cpu)
{
    struct x86_block_cache *c = cpu->blocks;
    struct x86_insn tmp;
    uint64_t rflags = cpu->st.rflags;
    c->stats.single_steps++;
    if (UNLIKELY(c->dbg_breaks) && debugger_break(c, code_linear(cpu))) {
        c->dbg_hit = true;
        return X86_STOP_DEBUG;
    }
    if (cpu->debug_kinds & X86_DBG_EXEC) {
        x86_debug_code(cpu);
    }
    if (log_enabled(LOG_EXEC | LOG_CPU)) {
        log_insn(cpu);
    }
    cpu->st.ev.sti_shadow = cpu->st.ev.movss_shadow = 0;
    const struct x86_insn *i = step_insn(cpu, &tmp);
    cpu->st.rflags &= ~(uint64_t)X86_FL_RF;
    uint64_t next = cpu->st.rip + i->len, from = code_linear(cpu);
    cpu->next_rip = next;
    if (UNLIKELY(c->branches != NULL)) {
        bool may = i->cls == X86_CLS_BRANCH || i->cls == X86_CLS_SYSTEM;
        x86_branch_run(c->branches, from, may ? from : 0, from + i->len);
    }
    i->exec(cpu, i);
    bool jumped = cpu->next_rip != next;
    cpu->st.rip = cpu->next_rip;
    cpu->insn_count++;
    /* INT n, SYSCALL and their like clear TF and enter their handler without a trap. */
    bool into = i->cls == X86_CLS_SYSTEM && i->op != X86_OP_POPF && i->op != X86_OP_IRET;
    bool tf = (rflags & X86_FL_TF) && (!into || (cpu->st.rflags & X86_FL_TF));
    if (cpu->st.msr.debugctl & X86_DEBUGCTL_BTF) {
        tf = tf && jumped; /* single-step on branches */
    }
    if ((tf || cpu->st.ev.pending_dbg) && !x86_debug_trap(cpu, tf)) {
        return X86_STOP_SHUTDOWN;
    }
    if (UNLIKELY(c->dbg_step)) {
        if (cpu->exit_reason == X86_STOP_HLT) {
            cpu->st.mp = X86_MP_HALTED;
        }
        return X86_STOP_DEBUG;
    }
    return X86_STOP_NONE;
}

/* --- blocks ----------------------------------------------------------------------------------- */

/* What linear addresses of code mean until the next event, in one word (x86_jump_entry.key). */
static uint64_t code_key(const struct x86_cpu *cpu)
{
    return cpu->tlb_generation << 8 | 0x80u | (unsigned)(cpu->cpl == 3) << 4 | cpu->code_mode;
}

static struct x86_block *find_block(struct x86_block_cache *c, uint64_t lin, uint64_t key)
{
    struct x86_block *b = x86_block_find(c, lin, X86_BLOCK_INSNS);
    if (b && UNLIKELY(b->flags & X86_BLOCK_BREAK)) {
        return NULL; /* step looks whether the breakpoint is in this page */
    }
    if (b) {
        b->lin = lin;
        b->key = key;
        *x86_jump_slot(c, lin) = b;
    }
    return b;
}

/* Code outside 64-bit mode near its segment's limit runs uncached with exact checks. */
static bool near_limit(const struct x86_cpu *cpu, const struct x86_block *b, uint32_t limit)
{
    return cpu->st.rip > limit || limit - cpu->st.rip < (b ? b->len : X86_INSN_MAX);
}

/* Runs blocks until something between two blocks needs the outer loop. Returns true when the next
 * instruction must be stepped over there. */
static bool run_blocks(struct x86_cpu *cpu)
{
    struct x86_block_cache *c = cpu->blocks;
    const uint64_t key = code_key(cpu);
    const bool legacy = cpu->code_mode != 8;
    const uint64_t base = legacy ? cpu->st.seg[X86_CS].base : 0;
    const uint64_t mask = legacy ? 0xffffffffu : ~0ull;
    const uint32_t limit = cpu->st.seg[X86_CS].limit;
    /* IF is set only at the end of blocks that come back here; after CLI this looks too often. */
    const uint64_t if_then = cpu->st.rflags;
    const unsigned watch = if_then & X86_FL_IF ? ~0u : ~(unsigned)X86_REQ_IRQ;
    struct x86_block *b = &c->none, **from = NULL;
    for (;;) {
        uint64_t rip = cpu->st.rip;
        uint64_t lin = (base + rip) & mask;
        if (UNLIKELY(b->lin != lin || b->key != key)) { /* not what followed last time */
            b = *x86_jump_slot(c, lin);
            if (LIKELY(b->lin == lin && b->key == key)) {
                if (from) {
                    *from = b;
                }
            } else {
                if (legacy && near_limit(cpu, NULL, limit)) {
                    return true;
                }
                c->cur = NULL;               /* fetching may fault */
                b = find_block(c, lin, key); /* may have dropped what `from` is part of */
                if (!b) {
                    return true;
                }
            }
        }
        if (UNLIKELY((legacy && near_limit(cpu, b, limit)) ||
                     cpu->insn_limit - cpu->insn_count < b->n)) {
            c->cur = NULL;
            return true;
        }
        if (c->jit_ops && cpu->code_mode != 2) {
            int how = c->jit_ops->run(cpu, b, key, watch);
            unsigned r = atomic_load_explicit(&cpu->requests, memory_order_relaxed);
            bool other_if = (cpu->st.rflags ^ if_then) & X86_FL_IF; /* STI in translated code */
            if (how > 0 || (how == 0 && ((r & watch) || other_if))) {
                return false;
            }
            if (how == 0) {
                b = &c->none;
                from = NULL;
                continue;
            }
        }
        if (UNLIKELY(c->branches != NULL)) {
            c->cur = NULL;
            return true; /* step takes note of it */
        }
        c->cur = b;
        c->cur_rip = rip;
        const struct x86_insn *i = b->insns, *end = i + b->n;
        do {
            cpu->st.rip = rip;
            rip += i->len;
            cpu->next_rip = rip;
            i->exec(cpu, i);
        } while (++i != end);
        cpu->st.rip = cpu->next_rip;
        cpu->insn_count += b->n;
        if (UNLIKELY((b->flags & X86_BLOCK_SYSTEM) ||
                     (atomic_load_explicit(&cpu->requests, memory_order_relaxed) & watch))) {
            c->cur = NULL;
            return false;
        }
        from = cpu->st.rip == rip ? &b->link[0] : &b->link[1];
        b = *from;
    }
}

/* --- between instructions --------------------------------------------------------------------- */

/* A person who steps through code does not want to land in the timer's handler each time. */
static bool step_hides_irq(const struct x86_cpu *cpu)
{
    return cpu->blocks->dbg_step && !cpu->blocks->dbg_irqs && cpu->st.mp == X86_MP_RUNNABLE;
}

static bool accept_events(struct x86_cpu *cpu, enum x86_stop *stop)
{
    struct x86_events *ev = &cpu->st.ev;
    if (ev->sti_shadow || ev->movss_shadow) {
        return true;
    }
    if (UNLIKELY(ev->pending_dbg) &&
        !x86_debug_trap(cpu, false)) { /* a task switch with its T bit */
        *stop = X86_STOP_SHUTDOWN;
        return false;
    }
    if (UNLIKELY(ev->nmi_pending && !ev->nmi_blocked)) {
        ev->nmi_pending = 0;
        ev->nmi_blocked = 1;
        cpu->st.mp = X86_MP_RUNNABLE;
        cpu->insn_count++;
        if (!x86_deliver(cpu, X86_EVENT_NMI, X86_EXC_NMI, false, 0)) {
            *stop = X86_STOP_SHUTDOWN;
            return false;
        }
    }
    if ((cpu->st.rflags & X86_FL_IF) && (atomic_load(&cpu->requests) & X86_REQ_IRQ) &&
        cpu->bus.irq_ack && !step_hides_irq(cpu)) {
        int vector = cpu->bus.irq_ack(cpu->bus.opaque);
        if (vector >= 0) {
            cpu->st.mp = X86_MP_RUNNABLE;
            cpu->blocks->stats.interrupts++;
            cpu->insn_count++;
            if (!x86_deliver(cpu, X86_EVENT_EXTERNAL, (unsigned)vector, false, 0)) {
                *stop = X86_STOP_SHUTDOWN;
                return false;
            }
        }
    }
    return true;
}

/* Requests, limits, events, the state we are in. False: leave with *stop. */
static bool boundary(struct x86_cpu *cpu, enum x86_stop *stop)
{
    /* Behind instructions that serialize, stores have left the host's store buffer, too, and code
     * is fetched again. */
    atomic_thread_fence(memory_order_seq_cst);
    if (UNLIKELY(cpu->blocks->n_unsure)) {
        x86_block_settle(cpu->blocks); /* before the requests: they are newer than what it sees */
    }
    unsigned r = atomic_load(&cpu->requests);
    if (UNLIKELY(r & X86_REQ_EXCLUSIVE)) {
        atomic_fetch_and(&cpu->requests, ~(unsigned)X86_REQ_EXCLUSIVE);
        x86_exclusive_yield(cpu);
    }
    if (r & X86_REQ_TLB_FLUSH) {
        atomic_fetch_and(&cpu->requests, ~(unsigned)X86_REQ_TLB_FLUSH);
        x86_tlb_flush(cpu, true);
    }
    if (r & X86_REQ_CODE_FLUSH) {
        atomic_fetch_and(&cpu->requests, ~(unsigned)X86_REQ_CODE_FLUSH);
        x86_block_pending(cpu->blocks);
    }
    if (UNLIKELY(r & X86_REQ_DEBUG)) {
        atomic_fetch_and(&cpu->requests, ~(unsigned)X86_REQ_DEBUG);
    }
    if (cpu->exit_reason == X86_STOP_HLT) {
        cpu->st.mp = X86_MP_HALTED; /* unless an interrupt is there already */
        cpu->exit_reason = X86_STOP_NONE;
    } else if (cpu->exit_reason) {
        *stop = (enum x86_stop)cpu->exit_reason;
        cpu->exit_reason = X86_STOP_NONE;
        return false;
    }
    if (r & X86_REQ_KICK) {
        atomic_fetch_and(&cpu->requests, ~(unsigned)X86_REQ_KICK);
        *stop = X86_STOP_KICK;
        return false;
    }
    if (cpu->insn_count >= cpu->insn_limit) {
        *stop = X86_STOP_LIMIT;
        return false;
    }
    if (!accept_events(cpu, stop)) {
        return false;
    }
    switch (cpu->st.mp) {
    case X86_MP_RUNNABLE: return true;
    case X86_MP_HALTED: *stop = X86_STOP_HLT; return false;
    case X86_MP_WAIT_SIPI: *stop = X86_STOP_WAIT_SIPI; return false;
    default: *stop = X86_STOP_SHUTDOWN; return false;
    }
}

static enum x86_stop loop(struct x86_cpu *cpu)
{
    enum x86_stop stop = X86_STOP_NONE;
    bool step_next = false; /* run_blocks cannot go on here */
    while (boundary(cpu, &stop)) {
        if (LIKELY(!step_next && !needs_steps(cpu))) {
            step_next = run_blocks(cpu);
            continue;
        }
        cpu->blocks->cur = NULL;
        step_next = false;
        stop = step(cpu);
        if (stop != X86_STOP_NONE) {
            return stop;
        }
    }
    return stop;
}

static bool deliver_pending(struct x86_cpu *cpu)
{
    struct x86_events *ev = &cpu->st.ev;
    if (!ev->exception_pending) {
        ev->interrupt_pending = 0;
        cpu->st.mp = X86_MP_RUNNABLE;
        return x86_deliver(cpu, X86_EVENT_EXTERNAL, ev->interrupt_vector, false, 0);
    }
    ev->exception_pending = 0;
    cpu->insn_count++;
    if (ev->exception_vector == X86_EXC_PF) {
        cpu->st.cr2 = ev->exception_payload;
    } else if (ev->exception_vector == X86_EXC_DB) {
        return deliver_db(cpu, ev->exception_payload);
    }
    return x86_deliver(cpu, X86_EVENT_EXCEPTION, ev->exception_vector, ev->exception_has_error,
                       ev->exception_error);
}

enum x86_stop x86_interp_run(struct x86_cpu *cpu)
{
    if (!cpu->blocks) {
        x86_code_map_attach(NULL, cpu);
    }
    x86_block_park(cpu->blocks, false);
    cpu->exit_reason = X86_STOP_NONE;
    bool alive = true;
    cpu->blocks->dbg_hit = cpu->watches.hit = false;
    if (setjmp(cpu->jmp)) {
        alive = x86_interp_fault(cpu);
        if (alive && cpu->blocks->dbg_step) {
            x86_block_park(cpu->blocks, true);
            return X86_STOP_DEBUG; /* before the handler's first instruction */
        }
    } else if (cpu->st.ev.exception_pending || cpu->st.ev.interrupt_pending) {
        alive = deliver_pending(cpu);
    }
    enum x86_stop stop = alive ? loop(cpu) : X86_STOP_SHUTDOWN;
    if (stop == X86_STOP_SHUTDOWN) {
        cpu->st.mp = X86_MP_SHUTDOWN;
    }
    x86_block_park(cpu->blocks, true);
    return stop;
}

static void drop_breaks(struct x86_block_cache *c)
{
    for (size_t k = 0; k < c->dbg_breaks; k++) {
        x86_block_drop_offset(c, (unsigned)(c->dbg_break[k] & 0xfff));
    }
}

void x86_interp_debug(struct x86_cpu *cpu, bool single, const gva_t *breakpoints, size_t n)
{
    struct x86_block_cache *c = cpu->blocks;
    c->dbg_step = single;
    if (n == c->dbg_breaks &&
        (!n || memcmp(breakpoints, c->dbg_break, n * sizeof *breakpoints) == 0)) {
        return;
    }
    drop_breaks(c);
    g_free(c->dbg_break);
    c->dbg_break = n ? g_memdup2(breakpoints, n * sizeof *breakpoints) : NULL;
    c->dbg_breaks = n;
    drop_breaks(c);
}
