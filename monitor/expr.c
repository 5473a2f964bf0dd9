/* SPDX-License-Identifier: MIT */
/*
 * Expressions of HMP: C's operators + - * / % & | ^ ~ and parentheses on 64-bit numbers, 'c', and
 * $registers of the monitor's processor. An expression ends where no operator follows, so that
 * arguments are separated by blanks.
 */
#include <string.h>

#include "core/opts.h"
#include "monitor/monitor_int.h"

#define MAX_DEPTH 40

struct expr {
    struct mon_call *c;
    const char *p;
    unsigned depth;
    bool failed;
};

static int64_t sum(struct expr *e);

static void fail(struct expr *e, const char *what)
{
    if (!e->failed) {
        call_error(e->c, MON_GENERIC, "%s at '%.20s'", what, e->p);
        e->failed = true;
    }
}

static void blanks(struct expr *e)
{
    while (*e->p == ' ' || *e->p == '\t') {
        e->p++;
    }
}

static const struct reg_name {
    const char *name;
    uint16_t offset;
    uint8_t size;
} registers[] = {
#define R(n, f, s) { n, offsetof(struct x86_state, f), s },
#define G(n64, n32, i) R(n64, gpr[i], 8) R(n32, gpr[i], 4)
    G("rax", "eax", X86_RAX) G("rbx", "ebx", X86_RBX) G("rcx", "ecx", X86_RCX)
    G("rdx", "edx", X86_RDX) G("rsi", "esi", X86_RSI) G("rdi", "edi", X86_RDI)
    G("rsp", "esp", X86_RSP) G("rbp", "ebp", X86_RBP)
    G("r8", "r8d", 8) G("r9", "r9d", 9) G("r10", "r10d", 10) G("r11", "r11d", 11)
    G("r12", "r12d", 12) G("r13", "r13d", 13) G("r14", "r14d", 14) G("r15", "r15d", 15)
    R("rip", rip, 8) R("eip", rip, 4) R("rflags", rflags, 8) R("eflags", rflags, 4)
    R("cs", seg[X86_CS].sel, 2) R("ds", seg[X86_DS].sel, 2) R("es", seg[X86_ES].sel, 2)
    R("ss", seg[X86_SS].sel, 2) R("fs", seg[X86_FS].sel, 2) R("gs", seg[X86_GS].sel, 2)
    R("tr", seg[X86_TR].sel, 2) R("ldtr", seg[X86_LDTR].sel, 2)
    R("cs.base", seg[X86_CS].base, 8) R("ds.base", seg[X86_DS].base, 8)
    R("es.base", seg[X86_ES].base, 8) R("ss.base", seg[X86_SS].base, 8)
    R("fs.base", seg[X86_FS].base, 8) R("gs.base", seg[X86_GS].base, 8)
    R("gdt.base", gdt.base, 8) R("gdt.limit", gdt.limit, 2)
    R("idt.base", idt.base, 8) R("idt.limit", idt.limit, 2)
    R("tr.base", seg[X86_TR].base, 8) R("ldtr.base", seg[X86_LDTR].base, 8)
    R("cr0", cr0, 8) R("cr2", cr2, 8) R("cr3", cr3, 8) R("cr4", cr4, 8) R("cr8", cr8, 8)
    R("efer", msr.efer, 8) R("dr0", dr[0], 8) R("dr1", dr[1], 8) R("dr2", dr[2], 8)
    R("dr3", dr[3], 8) R("dr6", dr[6], 8) R("dr7", dr[7], 8)
#undef G
#undef R
};

static int64_t read_register(struct expr *e)
{
    size_t n = 0;
    struct x86_view v;
    while (g_ascii_isalnum(e->p[n]) || e->p[n] == '.' || e->p[n] == '_') {
        n++;
    }
    if (!call_cpu(e->c, &v)) {
        e->failed = true;
        return 0;
    }
    if (n == 2 && memcmp(e->p, "pc", 2) == 0) { /* linear, where the next instruction is */
        e->p += n;
        return (int64_t)x86_view_pc(&v);
    }
    for (size_t i = 0; i < ARRAY_LEN(registers); i++) {
        const struct reg_name *r = &registers[i];
        if (strlen(r->name) == n && memcmp(e->p, r->name, n) == 0) {
            uint64_t value = 0;
            memcpy(&value, (const char *)v.st + r->offset, r->size);
            e->p += n;
            return (int64_t)value;
        }
    }
    fail(e, "unknown register");
    return 0;
}

static int64_t number(struct expr *e)
{
    char *end;
    if (!g_ascii_isdigit(*e->p)) {
        fail(e, *e->p ? "a number was expected" : "the expression ends too early");
        return 0;
    }
    int64_t v = (int64_t)g_ascii_strtoull(e->p, &end, 0);
    if (g_ascii_isalnum(*end)) {
        fail(e, "not a number");
        return 0;
    }
    e->p = end;
    return v;
}

static int64_t unary(struct expr *e)
{
    int64_t v = 0;
    blanks(e);
    if (++e->depth > MAX_DEPTH) {
        fail(e, "nested too deeply");
    } else if (*e->p == '+' || *e->p == '-' || *e->p == '~') {
        char op = *e->p++;
        v = unary(e);
        v = op == '-' ? (int64_t)(0 - (uint64_t)v) : op == '~' ? ~v : v;
    } else if (*e->p == '(') {
        e->p++;
        v = sum(e);
        blanks(e);
        if (*e->p != ')') {
            fail(e, "')' was expected");
        } else {
            e->p++;
        }
    } else if (*e->p == '\'' && e->p[1] && e->p[2] == '\'') {
        v = (uint8_t)e->p[1];
        e->p += 3;
    } else if (*e->p == '$') {
        e->p++;
        v = read_register(e);
    } else {
        v = number(e);
    }
    e->depth--;
    return v;
}

static int64_t product(struct expr *e)
{
    uint64_t v = (uint64_t)unary(e);
    while (!e->failed) {
        blanks(e);
        char op = *e->p;
        if (op != '*' && op != '/' && op != '%') {
            break;
        }
        e->p++;
        uint64_t w = (uint64_t)unary(e);
        if (op != '*' && w == 0) {
            fail(e, "division by zero");
            break;
        }
        v = op == '*' ? v * w : op == '/' ? v / w : v % w;
    }
    return (int64_t)v;
}

static int64_t logic(struct expr *e)
{
    int64_t v = product(e);
    while (!e->failed) {
        blanks(e);
        char op = *e->p;
        if (op != '&' && op != '|' && op != '^') {
            break;
        }
        e->p++;
        int64_t w = product(e);
        v = op == '&' ? (v & w) : op == '|' ? (v | w) : (v ^ w);
    }
    return v;
}

static int64_t sum(struct expr *e)
{
    uint64_t v = (uint64_t)logic(e);
    while (!e->failed) {
        blanks(e);
        char op = *e->p;
        if (op != '+' && op != '-') {
            break;
        }
        e->p++;
        uint64_t w = (uint64_t)logic(e);
        v = op == '+' ? v + w : v - w;
    }
    return (int64_t)v;
}

bool mon_expression(struct mon_call *c, const char **p, int64_t *out)
{
    struct expr e = { .c = c, .p = *p };
    *out = sum(&e);
    *p = e.p;
    return !e.failed;
}
