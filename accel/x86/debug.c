/* SPDX-License-Identifier: MIT */
/*
 * Debug registers, breakpoints and single-step. Intel SDM vol. 3, 17.2 and 17.3.
 */
#include "accel/x86/system.h"
#include "core/physmem.h"

#define DR6_BS (1u << 14)

enum { RW_EXEC, RW_WRITE, RW_IO, RW_ANY };

static bool enabled(const struct x86_cpu *cpu, unsigned i)
{
    return cpu->st.dr[7] >> (i * 2) & 3;
}

static unsigned kind(const struct x86_cpu *cpu, unsigned i)
{
    return cpu->st.dr[7] >> (16 + i * 4) & 3;
}

static unsigned length(const struct x86_cpu *cpu, unsigned i)
{
    static const uint8_t len[4] = {1, 2, 8, 4};
    return len[cpu->st.dr[7] >> (18 + i * 4) & 3];
}

void x86_debug_update(struct x86_cpu *cpu)
{
    unsigned kinds = 0;
    for (unsigned i = 0; i < 4; i++) {
        if (!enabled(cpu, i)) {
            continue;
        }
        switch (kind(cpu, i)) {
        case RW_EXEC: kinds |= X86_DBG_EXEC; break;
        case RW_IO: kinds |= cpu->st.cr4 & X86_CR4_DE ? X86_DBG_IO : 0; break;
        default: kinds |= X86_DBG_DATA; break;
        }
    }
    if ((kinds | cpu->debug_kinds) & X86_DBG_DATA) {
        x86_tlb_flush(cpu, true);
    }
    cpu->debug_kinds = (uint8_t)kinds;
}

static bool overlaps(const struct x86_cpu *cpu, unsigned i, uint64_t addr, unsigned size)
{
    unsigned len = length(cpu, i);
    uint64_t at = cpu->st.dr[i] & ~(uint64_t)(len - 1);
    return addr + size - 1 >= at && addr <= at + len - 1;
}

void x86_debug_check_data(struct x86_cpu *cpu, uint64_t lin, unsigned size, enum x86_access a)
{
    if (cpu->watches.n) {
        x86_watch_check(cpu, lin, size, a == X86_ACCESS_WRITE);
    }
    for (unsigned i = 0; i < 4; i++) {
        unsigned k = kind(cpu, i);
        bool wanted = k == RW_ANY || (k == RW_WRITE && a == X86_ACCESS_WRITE);
        if (enabled(cpu, i) && wanted && overlaps(cpu, i, lin, size)) {
            cpu->st.ev.pending_dbg |= 1u << i;
        }
    }
}

void x86_debug_check_io(struct x86_cpu *cpu, uint16_t port, unsigned size)
{
    for (unsigned i = 0; i < 4; i++) {
        if (enabled(cpu, i) && kind(cpu, i) == RW_IO && overlaps(cpu, i, port, size)) {
            cpu->st.ev.pending_dbg |= 1u << i;
        }
    }
}

/* B0-B3 are those of this exception, the other bits stay until software clears them. A debug
 * exception ends branch recording and stepping (17.4.1, 17.4.2). */
static void set_dr6(struct x86_cpu *cpu, uint64_t bits)
{
    cpu->st.msr.debugctl &= ~(uint64_t)(X86_DEBUGCTL_LBR | X86_DEBUGCTL_BTF);
    cpu->st.dr[6] = (cpu->st.dr[6] & ~15ull) | bits;
}

void x86_raise_db(struct x86_cpu *cpu, uint64_t dr6_bits)
{
    set_dr6(cpu, dr6_bits);
    x86_raise(cpu, X86_EXC_DB);
}

void x86_debug_code(struct x86_cpu *cpu)
{
    uint64_t lin = cpu->st.rip, hit = 0;
    if (cpu->code_mode != 8) {
        lin = (uint32_t)(lin + cpu->st.seg[X86_CS].base);
    }
    if ((cpu->st.rflags & X86_FL_RF) || cpu->st.ev.movss_shadow) {
        return;
    }
    for (unsigned i = 0; i < 4; i++) {
        if (enabled(cpu, i) && kind(cpu, i) == RW_EXEC && cpu->st.dr[i] == lin) {
            hit |= 1u << i;
        }
    }
    if (hit) {
        x86_raise_db(cpu, hit);
    }
}

bool x86_debug_trap(struct x86_cpu *cpu, bool tf)
{
    uint64_t bits;
    if (cpu->st.ev.movss_shadow) {
        return true;
    }
    bits = cpu->st.ev.pending_dbg;
    cpu->st.ev.pending_dbg = 0;
    if (tf) {
        bits |= DR6_BS;
    }
    if (!bits) {
        return true;
    }
    set_dr6(cpu, bits);
    return x86_deliver(cpu, X86_EVENT_EXCEPTION, X86_EXC_DB, false, 0);
}

static size_t peek_code(struct x86_cpu *cpu, uint8_t *buf, size_t len)
{
    uint64_t lin = cpu->st.rip + (cpu->code_mode == 8 ? 0 : cpu->st.seg[X86_CS].base);
    size_t n = 0;
    for (; n < len; n++) {
        gpa_t gpa;
        if (!x86_walk_debug(cpu, cpu->code_mode == 8 ? lin + n : (uint32_t)(lin + n), &gpa) ||
            !dma_read(cpu->pm, gpa, buf + n, 1)) {
            break;
        }
    }
    return n;
}

bool x86_debug_stack_operand(struct x86_cpu *cpu)
{
    uint8_t code[X86_INSN_MAX];
    struct x86_insn i;
    size_t n = peek_code(cpu, code, sizeof code);
    if (x86_decode(&i, code, n, cpu->code_mode) != X86_DECODE_OK) {
        return false;
    }
    if (x86_insn_has_mem(&i)) {
        return i.seg == X86_SS;
    }
    switch (i.op) {
    case X86_OP_PUSH: case X86_OP_POP: case X86_OP_PUSH_SEG: case X86_OP_POP_SEG: case X86_OP_PUSHF:
    case X86_OP_POPF: case X86_OP_CALL: case X86_OP_RET: case X86_OP_CALL_FAR: case X86_OP_RET_FAR:
    case X86_OP_IRET: case X86_OP_ENTER: case X86_OP_LEAVE:
        return true;
    default:
        return false;
    }
}
