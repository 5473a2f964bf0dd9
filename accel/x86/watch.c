/* SPDX-License-Identifier: MIT */
/*
 * A debugger's watchpoints (watch.h).
 *
 * How a hit stops the processor behind the instruction, not behind its block: exit_reason is what
 * the loop leaves with, X86_REQ_DEBUG brings it to look there after the last instruction of a
 * block, and within a block all further instructions become traps (x86_block_stop), as for code
 * that wrote to itself.
 */
#include "accel/x86/watch.h"

#include "accel/x86/block.h"

void x86_watch_set(struct x86_cpu *cpu, const struct x86_watch *w, size_t n)
{
    struct x86_watches *l = &cpu->watches;
    if (n || l->n) {
        x86_tlb_flush(cpu, true);
    }
    g_free(l->w);
    l->w = n ? g_memdup2(w, n * sizeof *w) : NULL;
    l->n = n;
    l->hit = false;
}

bool x86_watch_page(const struct x86_cpu *cpu, uint64_t page)
{
    for (size_t i = 0; i < cpu->watches.n; i++) {
        const struct x86_watch *w = &cpu->watches.w[i];
        uint64_t last = w->addr + w->len - 1;
        if ((w->addr & ~0xfffull) <= page && page <= last) {
            return true;
        }
    }
    return false;
}

void x86_watch_check(struct x86_cpu *cpu, uint64_t lin, unsigned size, bool write)
{
    struct x86_watches *l = &cpu->watches;
    for (size_t i = 0; i < l->n && !l->hit; i++) {
        const struct x86_watch *w = &l->w[i];
        if ((write ? w->write : w->read) && lin <= w->addr + w->len - 1 &&
            lin + size - 1 >= w->addr) {
            l->hit = true;
            l->hit_write = write;
            l->hit_addr = lin > w->addr ? lin : w->addr;
            cpu->exit_reason = X86_STOP_DEBUG;
            atomic_fetch_or(&cpu->requests, X86_REQ_DEBUG);
            x86_block_stop(cpu->blocks);
        }
    }
}
