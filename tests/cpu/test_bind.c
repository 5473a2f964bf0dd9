/* SPDX-License-Identifier: MIT */
/* link: accel/x86/[a-z]*.c accel/x86/x86_64/[a-z]*.c core/physmem.c core/physmem_access.c */
/* link: core/types.c core/log.c core/error.c core/opts.c os/posix/[a-z]*.c os/linux/[a-z]*.c */
/* libs: zydis */
/*
 * Every instruction that the decoder knows and the model offers has a handler, in every encoding: a
 * sweep over all opcodes, prefixes and ModRM bytes finds none that ends in the #UD handler.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "accel/x86/block.h"
#include "accel/x86/interp.h"
#include "accel/x86/thunk.h"

enum seen { HANDLED = 1, UD = 2, DENIED = 4 };

struct sweep {
    struct x86_cpu cpu;
    struct x86_cpu_model model;
    x86_exec_fn *ud;
    uint8_t seen[X86_OP_COUNT];
};

static bool runs_on_host(const struct x86_insn *i)
{
    return i->cls == X86_CLS_GPR_HOST || i->cls == X86_CLS_MMX || i->cls == X86_CLS_SSE ||
           i->cls == X86_CLS_AVX;
}

static void try_bytes(struct sweep *s, const uint8_t *b, unsigned mode)
{
    struct x86_insn i;
    if (x86_decode(&i, b, X86_INSN_MAX, mode) != X86_DECODE_OK) {
        return;
    }
    if (!x86_has(&s->model, (enum x86_feature_id)i.feature)) {
        s->seen[i.op] |= DENIED;
        return;
    }
    x86_bind_cpu(&s->cpu, &i, X86_DECODE_OK);
    bool stub = !runs_on_host(&i) || x86_stub_get(&i);
    s->seen[i.op] |= i.exec == s->ud || !stub ? UD : HANDLED;
}

static void sweep_legacy(struct sweep *s, unsigned mode, unsigned map, unsigned op)
{
    static const uint8_t pp[4] = {0, 0x66, 0xf3, 0xf2};
    for (unsigned v = 0; v < 8; v++) {
        uint8_t b[X86_INSN_MAX + 1] = {0};
        unsigned n = 0;
        if (v & 3) {
            b[n++] = pp[v & 3];
        }
        if (v & 4) {
            if (mode != 8) {
                continue;
            }
            b[n++] = 0x48;
        }
        if (map) {
            b[n++] = 0x0f;
        }
        if (map > 1) {
            b[n++] = map == 2 ? 0x38 : 0x3a;
        }
        b[n++] = op;
        for (unsigned m = 0; m < 256; m++) {
            b[n] = m;
            try_bytes(s, b, mode);
        }
    }
}

static void sweep_vex(struct sweep *s, unsigned mode, unsigned map, unsigned op)
{
    for (unsigned v = 0; v < 32; v++) {
        uint8_t vvvv = v & 16 ? 0x78 : 0x58;
        uint8_t b[X86_INSN_MAX] = {0xc4, 0xe0 | map, (v & 7) | (v & 8) << 4 | vvvv, op};
        for (unsigned m = 0; m < 256; m++) {
            b[4] = m;
            try_bytes(s, b, mode);
        }
    }
}

/* They are #UD to a processor outside SMM, without SVM, without MONITORX: by design. */
static bool may_be_ud(unsigned op)
{
    return op == X86_OP_RSM || op == X86_OP_VMMCALL || op == X86_OP_MONITORX ||
           op == X86_OP_MWAITX;
}

static void test_handlers(void **state)
{
    (void)state;
    static struct sweep s;
    struct x86_insn none = {0};
    unsigned bad = 0;
    x86_cpu_model_software(&s.model);
    s.cpu.model = &s.model;
    x86_bind_cpu(&s.cpu, &none, X86_DECODE_UD);
    s.ud = none.exec;
    for (unsigned mode = 2; mode <= 8; mode *= 2) {
        for (unsigned op = 0; op < 256; op++) {
            for (unsigned map = 0; map < 4; map++) {
                sweep_legacy(&s, mode, map, op);
                if (map) {
                    sweep_vex(&s, mode, map, op);
                }
            }
        }
    }
    for (unsigned op = 1; op < X86_OP_COUNT; op++) {
        if (!s.seen[op]) {
            print_error("%s: no encoding\n", x86_op_name(op));
            bad++;
        } else if ((s.seen[op] & UD) && !may_be_ud(op)) {
            print_error("%s: offered, but an encoding has no handler\n", x86_op_name(op));
            bad++;
        }
    }
    assert_int_equal(bad, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_handlers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
