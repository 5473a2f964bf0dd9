/* SPDX-License-Identifier: MIT */
/*
 * Instruction fetch and binding, and x86_emulate_one: one instruction without any cache, for the
 * hardware accelerators and for code that cannot be cached (I/O memory, segment limits nearby).
 */
#include <string.h>

#include "accel/x86/block.h"
#include "accel/x86/operand.h"

static bool canonical(const struct x86_cpu *cpu, uint64_t lin)
{
    unsigned sh = (unsigned)cpu->canonical_shift;
    return (uint64_t)((int64_t)(lin << sh) >> sh) == lin;
}

uint64_t x86_next_page(struct x86_cpu *cpu, uint64_t lin)
{
    uint64_t next = (lin | 0xfff) + 1;
    if (cpu->code_mode != 8) {
        return (uint32_t)next;
    }
    if (!canonical(cpu, next)) {
        x86_raise_error(x86_because(cpu, "RIP runs out of the canonical half"), X86_EXC_GP, 0);
    }
    return next;
}

static void exec_ud(struct x86_cpu *cpu, const struct x86_insn *i)
{
    (void)i;
    x86_raise(cpu, X86_EXC_UD);
}

static void exec_gp(struct x86_cpu *cpu, const struct x86_insn *i)
{
    (void)i;
    x86_raise_error(cpu, X86_EXC_GP, 0);
}

static void exec_nop(struct x86_cpu *cpu, const struct x86_insn *i)
{
    (void)cpu;
    (void)i;
}

x86_exec_fn *x86_bind(const struct x86_insn *i)
{
    x86_exec_fn *const fallback = exec_ud;
    x86_exec_fn *f = NULL;
    switch (i->cls) {
    case X86_CLS_INVALID: break;
    case X86_CLS_BRANCH: f = x86_bind_branch(i); break;
    case X86_CLS_STRING: f = x86_bind_string(i); break;
    case X86_CLS_INT: f = x86_bind_alu(i); break;
    default: break;
    }
    if (!f && i->cls != X86_CLS_INVALID) {
        f = x86_bind_alu(i);
        f = f ? f : x86_bind_system(i);
        f = f ? f : x86_bind_host(i);
    }
    return f ? f : fallback;
}

/* Instructions that older processors read as another one. True: *i was rewritten. */
static bool as_older(struct x86_insn *i)
{
    switch (i->op) {
    case X86_OP_LZCNT: i->op = X86_OP_BSR; break;
    case X86_OP_TZCNT: i->op = X86_OP_BSF; break;
    case X86_OP_ENDBR:
    case X86_OP_PREFETCH: i->op = X86_OP_NOP; break;
    default: return false;
    }
    i->cls = X86_CLS_INT;
    return true;
}

void x86_bind_cpu(struct x86_cpu *cpu, struct x86_insn *i, enum x86_decode_result r)
{
    if (r != X86_DECODE_OK) {
        i->cls = X86_CLS_INVALID;
        i->op = X86_OP_INVALID;
        i->len = i->len == 0 ? 1 : i->len > X86_INSN_MAX ? X86_INSN_MAX : i->len;
        i->exec = r == X86_DECODE_UD ? exec_ud : exec_gp;
        return;
    }
    if (i->feature && cpu->model && !x86_has(cpu->model, i->feature) && !as_older(i)) {
        i->exec = exec_ud;
        return;
    }
    if (i->cls == X86_CLS_INT || i->cls == X86_CLS_BRANCH || i->cls == X86_CLS_SYSTEM) {
        x86_ea_prepare(i); /* PUSHF and its like are of class system */
    }
    i->exec = i->op == X86_OP_NOP ? exec_nop : x86_bind(i);
}

/* How many bytes of code may be fetched at st.rip: the segment limit's rest, at most 15. */
static unsigned fetch_limit(struct x86_cpu *cpu)
{
    const struct x86_seg *cs = &cpu->st.seg[X86_CS];
    if (cpu->code_mode == 8) {
        if (!canonical(cpu, cpu->st.rip)) {
            x86_raise_error(x86_because(cpu, "RIP is not canonical"), X86_EXC_GP, 0);
        }
        return X86_INSN_MAX;
    }
    if (cpu->st.rip > cs->limit) {
        x86_raise_error(x86_because(cpu, "EIP is beyond the limit of CS"), X86_EXC_GP, 0);
    }
    return (unsigned)MIN(cs->limit - cpu->st.rip + 1, (uint64_t)X86_INSN_MAX);
}

/* Fetches byte by byte as long as the decoder asks for more, so that a fault comes exactly when the
 * instruction really reaches there. */
void x86_fetch_insn(struct x86_cpu *cpu, struct x86_insn *i)
{
    uint8_t bytes[X86_INSN_MAX];
    unsigned most = fetch_limit(cpu), have = 0;
    uint64_t lin =
        cpu->code_mode == 8 ? cpu->st.rip : (uint32_t)(cpu->st.seg[X86_CS].base + cpu->st.rip);
    enum x86_decode_result r = X86_DECODE_SHORT;
    while (r == X86_DECODE_SHORT) {
        if (have == most) {
            if (most == X86_INSN_MAX) {
                r = X86_DECODE_TOO_LONG;
                break;
            }
            x86_because(cpu, "the instruction runs beyond the limit of CS");
            x86_raise_error(cpu, X86_EXC_GP, 0);
        }
        gpa_t gpa;
        const uint8_t *host = x86_fetch_page(cpu, lin, &gpa);
        unsigned off = lin & 0xfff;
        unsigned n = host ? MIN(4096 - off, most - have) : 1;
        if (host) {
            memcpy(bytes + have, host + off, n);
        } else {
            bytes[have] = (uint8_t)cpu->bus.mmio_read(cpu->bus.opaque, gpa | off, 1);
        }
        have += n;
        lin = (lin & 0xfff) + n == 4096 ? (have < most ? x86_next_page(cpu, lin) : lin) : lin + n;
        r = x86_decode(i, bytes, have, cpu->code_mode);
    }
    x86_bind_cpu(cpu, i, r);
}

/* Breakpoints, single-step and shadows as the interpreter's loop has them, so that an accelerator
 * may hand over any one instruction. A fault or trap is delivered before this returns. */
enum x86_stop x86_emulate_one(struct x86_cpu *cpu)
{
    struct x86_insn i;
    cpu->exit_reason = X86_STOP_NONE;
    if (setjmp(cpu->jmp)) {
        return x86_interp_fault(cpu) ? X86_STOP_NONE : X86_STOP_SHUTDOWN;
    }
    if (cpu->debug_kinds & X86_DBG_EXEC) {
        x86_debug_code(cpu);
    }
    bool tf = cpu->st.rflags & X86_FL_TF;
    cpu->st.ev.sti_shadow = cpu->st.ev.movss_shadow = 0;
    x86_fetch_insn(cpu, &i);
    cpu->st.rflags &= ~(uint64_t)X86_FL_RF;
    cpu->next_rip = cpu->st.rip + i.len;
    i.exec(cpu, &i);
    cpu->st.rip = cpu->next_rip;
    cpu->insn_count++;
    bool into = i.cls == X86_CLS_SYSTEM && i.op != X86_OP_POPF && i.op != X86_OP_IRET;
    tf = tf && (!into || (cpu->st.rflags & X86_FL_TF));
    if ((tf || cpu->st.ev.pending_dbg) && !x86_debug_trap(cpu, tf)) {
        return X86_STOP_SHUTDOWN;
    }
    return (enum x86_stop)cpu->exit_reason;
}
