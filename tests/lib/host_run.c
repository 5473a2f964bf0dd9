/* SPDX-License-Identifier: MIT */
#include "tests/lib/host_run.h"

#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

/* All below 2 GiB, so that code reaches it by absolute 32-bit addresses. */
#define AREA      0x0fe00000ul
#define AREA_SIZE 0x4000ul
#define INSN_OFF  0x400

struct area {
    uint8_t code[0x1000];
    struct host_state s;
    uint64_t host_rsp;
    uint32_t mxcsr;
};

static struct area *area;
static uint8_t *mem;
static uint8_t *epilogue;
static unsigned code_at;
static volatile int trapped;

static void put(const char *b, unsigned n)
{
    memcpy(area->code + code_at, b, n);
    code_at += n;
}
#define PUT(s) put(s, sizeof(s) - 1)

static void put_abs(const void *p)
{
    uint32_t a = (uint32_t)(uintptr_t)p;
    put((const char *)&a, 4);
}

static void put_byte(unsigned v)
{
    char c = (char)v;
    put(&c, 1);
}

/* mov reg, [abs] or mov [abs], reg */
static void put_mov(unsigned reg, const void *p, bool store)
{
    put_byte(0x48 | (reg & 8 ? 4 : 0));
    put_byte(store ? 0x89 : 0x8b);
    put_byte((reg & 7) << 3 | 4);
    put_byte(0x25);
    put_abs(p);
}

static void put_vmovdqu(unsigned reg, const void *p, bool store)
{
    put_byte(0xc5);
    put_byte(reg & 8 ? 0x7e : 0xfe);
    put_byte(store ? 0x7f : 0x6f);
    put_byte((reg & 7) << 3 | 4);
    put_byte(0x25);
    put_abs(p);
}

static void build_prologue(void)
{
    code_at = 0;
    PUT("\x53\x55\x41\x54\x41\x55\x41\x56\x41\x57");
    put_mov(4, &area->host_rsp, true);
    PUT("\x48\x0f\xae\x0c\x25"); /* fxrstor64 */
    put_abs(area->s.fx);
    for (unsigned k = 0; k < 16; k++) {
        put_vmovdqu(k, area->s.vec[k], false);
    }
    PUT("\xff\x34\x25"); /* push [flags]; popfq */
    put_abs(&area->s.rflags);
    PUT("\x9d");
    for (unsigned k = 0; k < 16; k++) {
        if (k != 4) {
            put_mov(k, &area->s.gpr[k], false);
        }
    }
    put_mov(4, &area->s.gpr[4], false);
    PUT("\xe9"); /* jmp to the instruction's place */
    int32_t rel = INSN_OFF - (int32_t)(code_at + 4);
    put((const char *)&rel, 4);
}

static void build_epilogue(void)
{
    code_at = INSN_OFF + 64;
    epilogue = area->code + code_at;
    for (unsigned k = 0; k < 16; k++) {
        put_mov(k, &area->s.gpr[k], true);
    }
    put_mov(4, &area->host_rsp, false);
    PUT("\x9c\x8f\x04\x25"); /* pushfq; pop [flags] */
    put_abs(&area->s.rflags);
    PUT("\xfc"); /* cld */
    for (unsigned k = 0; k < 16; k++) {
        put_vmovdqu(k, area->s.vec[k], true);
    }
    PUT("\x48\x0f\xae\x04\x25"); /* fxsave64 */
    put_abs(area->s.fx);
    PUT("\xdb\xe3\x0f\xae\x14\x25"); /* fninit; ldmxcsr */
    put_abs(&area->mxcsr);
    PUT("\xc5\xf8\x77\x41\x5f\x41\x5e\x41\x5d\x41\x5c\x5d\x5b\xc3");
}

static void on_trap(int sig, siginfo_t *info, void *context)
{
    (void)sig;
    (void)info;
    ucontext_t *u = context;
    trapped = (int)u->uc_mcontext.gregs[REG_TRAPNO];
    u->uc_mcontext.gregs[REG_RIP] = (greg_t)(uintptr_t)epilogue;
}

bool host_run_init(void)
{
    void *p = mmap((void *)AREA, AREA_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    void *m = mmap((void *)HOST_MEM_BASE, HOST_MEM_SIZE, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    static uint8_t stack[65536];
    stack_t ss = { .ss_sp = stack, .ss_size = sizeof stack };
    if (p == MAP_FAILED || m == MAP_FAILED || sigaltstack(&ss, NULL) < 0) {
        return false;
    }
    area = p;
    mem = m;
    area->mxcsr = 0x1f80;
    build_prologue();
    build_epilogue();
    struct sigaction sa = { .sa_sigaction = on_trap,
                            .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };
    static const int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL };
    for (unsigned k = 0; k < sizeof signals / sizeof signals[0]; k++) {
        sigaction(signals[k], &sa, NULL);
    }
    return true;
}

uint8_t *host_run_mem(void)
{
    return mem;
}

int host_run(struct host_state *s, const uint8_t *bytes, unsigned len)
{
    memcpy(&area->s, s, sizeof *s);
    area->s.rflags = (s->rflags & 0xcd5) | 0x202;
    uint8_t *at = area->code + INSN_OFF;
    memcpy(at, bytes, len);
    int32_t rel = (int32_t)(epilogue - (at + len + 5));
    at[len] = 0xe9;
    memcpy(at + len + 1, &rel, 4);
    trapped = -1;
    void (*run)(void);
    void *entry = area->code;
    memcpy(&run, &entry, sizeof run);
    run();
    memcpy(s, &area->s, sizeof *s);
    s->rflags &= 0xcd5;
    return trapped;
}
