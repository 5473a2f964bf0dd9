/* SPDX-License-Identifier: MIT */
/* link: accel/x86/decode.c accel/x86/optab_*.c accel/x86/disas.c */
/* libs: zydis */
/*
 * The decoder and the plain disassembler on hand-picked encodings; the comparison with Zydis on
 * millions of them is tests/cpu/test_decode.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "accel/x86/cpuid.h"
#include "accel/x86/disas.h"
#include "accel/x86/state.h"

#define RIP 0x1000

static size_t parse_hex(const char *s, uint8_t *b)
{
    size_t n = 0;
    char *end;
    for (; *s && n < 32; s = end) {
        b[n++] = (uint8_t)strtoul(s, &end, 16);
        end += strspn(end, " ");
    }
    return n;
}

/* text NULL: #UD */
static const struct {
    unsigned mode;
    const char *bytes, *text;
} cases[] = {
    {2, "b8 34 12", "mov ax, 0x1234"},
    {4, "b8 78 56 34 12", "mov eax, 0x12345678"},
    {8, "48 b8 88 77 66 55 44 33 22 11", "mov rax, 0x1122334455667788"},
    {8, "48 c7 c0 ff ff ff ff", "mov rax, 0xffffffffffffffff"},
    {2, "8b 42 fe", "mov ax, word [bp+si*1-0x2]"},
    {2, "8b 0e 00 80", "mov cx, word [0x8000]"},
    {2, "66 67 8b 44 24 08", "mov eax, dword [esp+0x8]"},
    {4, "8b 05 00 10 00 00", "mov eax, dword [0x1000]"},
    {8, "8b 05 00 10 00 00", "mov eax, dword [rip+0x1000]"},
    {8, "67 8b 05 00 10 00 00", "mov eax, dword [eip+0x1000]"},
    {8, "8b 04 25 00 10 00 00", "mov eax, dword [0x1000]"},
    {8, "64 48 8b 04 25 28 00 00 00", "mov rax, qword fs:[0x28]"},
    {8, "2e 8b 00", "mov eax, dword [rax]"}, /* CS override: ignored */
    {8, "64 2e 8b 00", "mov eax, dword fs:[rax]"},
    {8, "43 8a 64 e5 00", "mov spl, byte [r13+r12*8]"},
    {8, "8a e0", "mov ah, al"},
    {8, "40 8a e0", "mov spl, al"},
    {8, "48 66 8b c1", "mov ax, cx"}, /* REX not directly before the opcode */
    {8, "66 48 8b c1", "mov rax, rcx"},
    {2, "a1 34 12", "mov ax, word [0x1234]"},
    {8, "a1 88 77 66 55 44 33 22 11", "mov eax, dword [0x1122334455667788]"},
    {8, "67 a1 44 33 22 11", "mov eax, dword [0x11223344]"},
    {8, "90", "nop"}, {8, "41 90", "xchg r8d, eax"}, {8, "f3 90", "pause"}, {8, "48 90", "nop"},
    {4, "0f 1f 44 00 00", "nop dword [eax+eax*1]"},
    {8, "f3 0f 1e fa", "endbr"},
    {2, "e8 fd ff", "call 0x1000"},
    {8, "e8 fb ff ff ff", "call 0x1000"},
    {8, "66 e9 00 00 00 00", "jmp 0x1006"}, /* 66 is ignored: Intel */
    {4, "66 e9 00 10", "jmp 0x2004"},
    {8, "74 10", "jz 0x1012"}, {8, "0f 85 00 01 00 00", "jnz 0x1106"},
    {2, "ea 5b e0 00 f0", "jmp far 0xf000:0xe05b"},
    {4, "ff 2d 00 10 00 00", "jmp far [0x1000]"},
    {2, "8e d8", "mov ds, ax"}, {2, "8e c8", NULL}, {2, "8e f8", NULL},
    {8, "0f 20 c0", "mov rax, cr0"}, {8, "44 0f 20 c0", "mov rax, cr8"}, {8, "0f 20 c8", NULL},
    {2, "f3 a4", "rep movsb"}, {8, "f3 48 ab", "rep stosq"}, {8, "f2 ae", "repne scasb"},
    {8, "f0 48 0f c7 0f", "lock cmpxchg16b xmmword [rdi]"},
    {8, "f0 01 00", "lock add dword [rax], eax"}, {8, "f0 01 c0", NULL}, {8, "f0 03 00", NULL},
    {8, "f0 8b 00", NULL}, {8, "f0 90", NULL},
    {8, "06", NULL}, {8, "27", NULL}, {8, "60", NULL}, {8, "9a", NULL}, {8, "d4 0a", NULL},
    {4, "63 c8", "arpl ax, cx"}, {8, "48 63 c8", "movsxd rcx, eax"},
    {4, "62 01", "bound eax, qword [ecx]"}, {4, "62 c1", NULL}, {8, "62 01", NULL},
    {4, "c5 01", "lds eax, [ecx]"}, {8, "c5 f8 58 c1", "vaddps xmm0, xmm0, xmm1"},
    {4, "c5 f8 58 c1", "vaddps xmm0, xmm0, xmm1"},
    {8, "c4 c1 7c 58 07", "vaddps ymm0, ymm0, ymmword [r15]"},
    {8, "66 c5 f8 58 c1", NULL}, {8, "48 c5 f8 58 c1", NULL}, {8, "f0 c5 f8 58 c1", NULL},
    {8, "c5 f0 28 c1", NULL}, /* vvvv used by none */
    {8, "c4 e2 79 16 c1", NULL}, {8, "c4 e2 7d 16 c1", "vpermps ymm0, ymm0, ymm1"}, /* L = 1 only */
    {8, "c4 e2 f1 92 04 38", "vgatherdpd xmm0, qword [rax+xmm7*1], xmm1"},
    {8, "c4 e2 f9 92 04 38", NULL}, /* mask and destination are the same */
    {8, "c4 e2 71 92 04 38", "vgatherdps xmm0, dword [rax+xmm7*1], xmm1"},
    {8, "8f e8 78 c0 c1 01", NULL}, /* XOP */
    {8, "62 f1 7c 48 58 c1", NULL}, /* EVEX */
    {8, "0f 0f c1 9e", NULL},       /* 3DNow! */
    {8, "66 0f 38 00 c1", "pshufb xmm0, xmm1"}, {8, "0f 38 00 c1", "pshufb mm0, mm1"},
    {8, "f3 0f 38 00 c1", NULL},
    {8, "f2 66 0f 38 f1 c1", "crc32 eax, cx"},
    {8, "f3 0f b8 c1", "popcnt eax, ecx"}, {8, "0f b8 c1", NULL},
    {8, "f3 0f bd c1", "lzcnt eax, ecx"}, {8, "0f bd c1", "bsr eax, ecx"},
    {8, "f3 0f ae c1", "rdfsbase ecx"}, {4, "f3 0f ae c1", NULL},
    {8, "0f 0b", "ud2"}, {8, "d9 c9", "fxch st1"}, {8, "de c1", "faddp st1, st0"},
    {8, "db 6d 00", "fld [rbp]"}, {8, "c8 10 00 01", "enter 0x10, 0x1"},
};

static void test_cases(void **state)
{
    (void)state;
    unsigned bad = 0;
    for (size_t k = 0; k < ARRAY_LEN(cases); k++) {
        uint8_t b[32];
        char text[96];
        struct x86_insn i;
        size_t n = parse_hex(cases[k].bytes, b);
        enum x86_decode_result r = x86_decode(&i, b, n, cases[k].mode);
        size_t len = x86_disas_plain(text, sizeof text, b, n, RIP, cases[k].mode);
        bool ok = cases[k].text ? r == X86_DECODE_OK && len == n && i.len == n &&
                                      strcmp(text, cases[k].text) == 0
                                : r == X86_DECODE_UD && len == 1;
        if (!ok) {
            print_error("%u-bit %s: result %d, length %zu, '%s', expected '%s'\n",
                        cases[k].mode * 8, cases[k].bytes, r, len, text,
                        cases[k].text ? cases[k].text : "#UD");
            bad++;
        }
    }
    assert_int_equal(bad, 0);
}

static void test_length_limits(void **state)
{
    (void)state;
    uint8_t b[20];
    struct x86_insn i;
    memset(b, 0x66, sizeof b);
    b[14] = 0x90;
    assert_int_equal(x86_decode(&i, b, 20, 8), X86_DECODE_OK);
    assert_int_equal(i.len, 15);
    assert_int_equal(x86_decode(&i, b, 14, 8), X86_DECODE_SHORT);
    b[14] = 0x66;
    b[15] = 0x90;
    assert_int_equal(x86_decode(&i, b, 20, 8), X86_DECODE_TOO_LONG);
    assert_int_equal(x86_decode(&i, b, 15, 8), X86_DECODE_TOO_LONG);
    assert_int_equal(x86_decode(&i, b, 0, 8), X86_DECODE_SHORT);
    /* an immediate that crosses the limit */
    memset(b, 0x2e, sizeof b);
    b[11] = 0xb8;
    assert_int_equal(x86_decode(&i, b, 20, 4), X86_DECODE_TOO_LONG);
    assert_int_equal(x86_decode(&i, b, 13, 4), X86_DECODE_SHORT);
    assert_int_equal(x86_decode(&i, b, 20, 2), X86_DECODE_OK);
}

/* Fields that the disassembly doesn't show. */
static void test_fields(void **state)
{
    (void)state;
    struct x86_insn i;
    assert_int_equal(x86_decode(&i, (const uint8_t *)"\x8b\x45\x08", 3, 4), X86_DECODE_OK);
    assert_int_equal(i.seg, X86_SS);
    assert_int_equal(x86_decode(&i, (const uint8_t *)"\x41\x8b\x45\x08", 4, 8), X86_DECODE_OK);
    assert_int_equal(i.seg, X86_DS); /* R13 */
    assert_int_equal(x86_decode(&i, (const uint8_t *)"\x26\xa4", 2, 2), X86_DECODE_OK);
    assert_int_equal(i.cls, X86_CLS_STRING);
    assert_int_equal(i.seg, X86_ES);
    assert_int_equal(i.opsize, 1);
    assert_int_equal(x86_decode(&i, (const uint8_t *)"\x50", 1, 8), X86_DECODE_OK);
    assert_int_equal(i.opsize, 8);
    assert_int_equal(x86_decode(&i, (const uint8_t *)"\x66\x50", 2, 8), X86_DECODE_OK);
    assert_int_equal(i.opsize, 2);
    assert_int_equal(x86_decode(&i, (const uint8_t *)"\x0f\xfc\xc1", 3, 8), X86_DECODE_OK);
    assert_int_equal(i.cls, X86_CLS_MMX);
    assert_int_equal(x86_decode(&i, (const uint8_t *)"\x66\x0f\xfc\xc1", 4, 8), X86_DECODE_OK);
    assert_int_equal(i.cls, X86_CLS_SSE);
    assert_int_equal(i.feature, X86_FEAT_SSE2);
    assert_int_equal(i.pp, 1);
    assert_int_equal(x86_decode(&i, (const uint8_t *)"\xf0\x0f\xb1\x0b", 4, 4), X86_DECODE_OK);
    assert_int_equal(i.op, X86_OP_CMPXCHG);
    assert_int_equal(i.prefixes, X86_PFX_LOCK);
    assert_int_equal(i.opnd[0].access, X86_ACC_RW);
    assert_int_equal(i.opnd[1].access, X86_ACC_R);
    assert_int_equal(x86_decode(&i, (const uint8_t *)"\x6a\xff", 2, 8), X86_DECODE_OK);
    assert_true(i.imm == UINT64_MAX);
    assert_int_equal(x86_decode(&i, (const uint8_t *)"\xcd\x80", 2, 8), X86_DECODE_OK);
    assert_int_equal(i.imm, 0x80);
    assert_int_equal(x86_decode(&i, (const uint8_t *)"\xf3\x0f\xbc\xc1", 4, 8), X86_DECODE_OK);
    assert_int_equal(i.feature, X86_FEAT_BMI1);
}

static void test_disas(void **state)
{
    (void)state;
    char text[64], tiny[4];
    assert_int_equal(x86_disas(text, sizeof text, (const uint8_t *)"\x01\xd8", 2, RIP, 4), 2);
    assert_string_equal(text, "add eax, ebx");
    assert_int_equal(x86_disas(text, sizeof text, (const uint8_t *)"\x01", 1, RIP, 4), 1);
    assert_string_equal(text, "(bad)");
    assert_int_equal(x86_disas(text, sizeof text, NULL, 0, RIP, 4), 0);
    assert_int_equal(x86_disas_plain(tiny, sizeof tiny, (const uint8_t *)"\x01\xd8", 2, RIP, 4),
                     2);
    assert_string_equal(tiny, "add");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases), cmocka_unit_test(test_length_limits),
        cmocka_unit_test(test_fields), cmocka_unit_test(test_disas)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
