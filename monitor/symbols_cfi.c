/* SPDX-License-Identifier: MIT */
/* needs: dw */
/*
 * One step up a stack by call frame information (DWARF 5, 6.4): .eh_frame and .debug_frame, read by
 * libdw. What a rule computes is computed here, from the guest's registers and memory; files and
 * stacks may say anything, so every expression is bounded.
 */
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <stdlib.h>

#include "monitor/symbols_int.h"

#define STACK   16
#define MAX_OPS 64

/* gpr[] by DWARF's numbers (System V ABI, x86-64 figure 3.36; i386's are the processor's own). */
static const uint8_t gpr_64[16] = {0, 2, 1, 3, 6, 7, 5, 4, 8, 9, 10, 11, 12, 13, 14, 15};

struct step {
    const struct symbols_frame *f;
    uint64_t cfa;
};

static uint64_t cut(const struct symbols_frame *f, uint64_t v)
{
    return f->size == 4 ? (uint32_t)v : v;
}

static bool reg(const struct symbols_frame *f, uint64_t n, uint64_t *v)
{
    unsigned count = f->size == 8 ? 16 : 8;
    if (n > count) {
        return false;
    }
    *v = n == count ? f->pc : f->gpr[f->size == 8 ? gpr_64[n] : n];
    return true;
}

static bool binary(unsigned atom, uint64_t a, uint64_t b, uint64_t *v)
{
    switch (atom) {
    case DW_OP_plus: *v = a + b; return true;
    case DW_OP_minus: *v = a - b; return true;
    case DW_OP_mul: *v = a * b; return true;
    case DW_OP_and: *v = a & b; return true;
    case DW_OP_or: *v = a | b; return true;
    case DW_OP_xor: *v = a ^ b; return true;
    case DW_OP_shl: *v = b < 64 ? a << b : 0; return true;
    case DW_OP_shr: *v = b < 64 ? a >> b : 0; return true;
    case DW_OP_eq: *v = a == b; return true;
    case DW_OP_ne: *v = a != b; return true;
    case DW_OP_ge: *v = (int64_t)a >= (int64_t)b; return true;
    case DW_OP_gt: *v = (int64_t)a > (int64_t)b; return true;
    case DW_OP_le: *v = (int64_t)a <= (int64_t)b; return true;
    case DW_OP_lt: *v = (int64_t)a < (int64_t)b; return true;
    default: return false;
    }
}

/* Operations that only push. */
static bool push(const struct step *s, const Dwarf_Op *op, uint64_t *v)
{
    unsigned a = op->atom;
    if (a >= DW_OP_lit0 && a <= DW_OP_lit31) {
        *v = a - DW_OP_lit0;
        return true;
    }
    if (a >= DW_OP_breg0 && a <= DW_OP_breg31) {
        bool ok = reg(s->f, a - DW_OP_breg0, v);
        *v = ok ? *v + op->number : 0;
        return ok;
    }
    switch (a) {
    case DW_OP_bregx:
        if (!reg(s->f, op->number, v)) {
            return false;
        }
        *v += op->number2;
        return true;
    case DW_OP_call_frame_cfa:
        *v = s->cfa;
        return true;
    case DW_OP_addr: case DW_OP_constu: case DW_OP_consts: case DW_OP_const1u: case DW_OP_const1s:
    case DW_OP_const2u: case DW_OP_const2s: case DW_OP_const4u: case DW_OP_const4s:
    case DW_OP_const8u: case DW_OP_const8s:
        *v = op->number;
        return true;
    default:
        return false;
    }
}

/* *value: the result is the value itself, not where it lies. */
static bool evaluate(const struct step *s, const Dwarf_Op *ops, size_t n, uint64_t *out,
                     bool *value)
{
    uint64_t stack[STACK];
    unsigned depth = 0;
    *value = false;
    if (n > MAX_OPS) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        unsigned a = ops[i].atom;
        if (n == 1 && ((a >= DW_OP_reg0 && a <= DW_OP_reg31) || a == DW_OP_regx)) {
            *value = true;
            return reg(s->f, a == DW_OP_regx ? ops[i].number : a - DW_OP_reg0, out);
        }
        if (a == DW_OP_stack_value) {
            *value = true;
        } else if (depth && a == DW_OP_plus_uconst) {
            stack[depth - 1] += ops[i].number;
        } else if (depth && a == DW_OP_deref) {
            uint64_t at = cut(s->f, stack[depth - 1]);
            if (!s->f->read(s->f->opaque, at, s->f->size, &stack[depth - 1])) {
                return false;
            }
        } else if (depth > 1 && binary(a, stack[depth - 2], stack[depth - 1], &stack[depth - 2])) {
            depth--;
        } else if (depth < STACK && push(s, &ops[i], &stack[depth])) {
            depth++;
        } else if (a != DW_OP_nop) {
            return false;
        }
    }
    *out = depth ? cut(s->f, stack[depth - 1]) : 0;
    return depth > 0;
}

/* Register n of the caller. False: not known any more. */
static bool caller_reg(const struct step *s, Dwarf_Frame *frame, unsigned n, uint64_t *v)
{
    Dwarf_Op mem[3], *ops;
    size_t count;
    bool value;
    if (dwarf_frame_register(frame, (int)n, mem, &ops, &count) != 0) {
        return false;
    }
    if (count == 0) {
        return ops != mem && reg(s->f, n, v); /* the same as here, or undefined */
    }
    return evaluate(s, ops, count, v, &value) &&
           (value || s->f->read(s->f->opaque, *v, s->f->size, v));
}

static bool up(struct symbols_frame *f, Dwarf_Frame *frame)
{
    struct step s = {f, 0};
    struct symbols_frame next = *f;
    Dwarf_Op *ops;
    size_t count;
    bool value, signal = false;
    int ra = dwarf_frame_info(frame, NULL, NULL, &signal);
    if (ra < 0 || dwarf_frame_cfa(frame, &ops, &count) != 0 ||
        !evaluate(&s, ops, count, &s.cfa, &value) ||
        !caller_reg(&s, frame, (unsigned)ra, &next.pc) || !next.pc) {
        return false;
    }
    for (unsigned n = 0; n < (f->size == 8 ? 16u : 8u); n++) {
        uint64_t *to = &next.gpr[f->size == 8 ? gpr_64[n] : n];
        if (to == &next.gpr[4]) {
            *to = s.cfa;
        } else if (!caller_reg(&s, frame, n, to)) {
            *to = 0;
        }
    }
    next.exact = signal;
    *f = next;
    return true;
}

bool symbols_cfi_step(Dwarf_CFI *cfi, uint64_t addr, struct symbols_frame *f)
{
    Dwarf_Frame *frame;
    if (!cfi || dwarf_cfi_addrframe(cfi, addr, &frame) != 0) {
        return false;
    }
    bool ok = up(f, frame);
    free(frame);
    return ok;
}
