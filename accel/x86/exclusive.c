/* SPDX-License-Identifier: MIT */
/*
 * Processors that wait for one of them (exclusive.h). A processor in a device callback counts as
 * running: what it does there may take a while, but does not wait for an instruction of another
 * one, save when it pauses the machine, which kicks them all.
 */
#include "accel/x86/exclusive.h"

#include "accel/x86/block.h"

void x86_world_init(struct x86_world *w)
{
    g_mutex_init(&w->lock);
    g_cond_init(&w->changed);
}

void x86_world_clear(struct x86_world *w)
{
    g_mutex_clear(&w->lock);
    g_cond_clear(&w->changed);
}

static void leave(struct x86_world *w)
{
    w->running--;
    g_cond_broadcast(&w->changed);
}

static void enter(struct x86_world *w)
{
    while (w->held) {
        g_cond_wait(&w->changed, &w->lock);
    }
    w->running++;
}

void x86_world_run(struct x86_world *w, bool run)
{
    g_mutex_lock(&w->lock);
    if (run) {
        enter(w);
    } else {
        leave(w);
    }
    g_mutex_unlock(&w->lock);
}

bool x86_exclusive_begin(struct x86_cpu *cpu)
{
    struct x86_world *w = x86_code_map_world(cpu->code_map);
    g_mutex_lock(&w->lock);
    if (w->held) {
        leave(w);
        enter(w);
    }
    w->held = true;
    if (w->running > 1) {
        x86_code_map_request(cpu->code_map, cpu, X86_REQ_EXCLUSIVE);
    }
    while (w->running > 1) {
        /* One of them may pause the machine, and wait for this one. Its kick does not wake us. */
        g_cond_wait_until(&w->changed, &w->lock, g_get_monotonic_time() + 1000);
        if (w->running > 1 && (atomic_load(&cpu->requests) & X86_REQ_KICK)) {
            x86_exclusive_end(cpu);
            return false;
        }
    }
    return true;
}

void x86_exclusive_end(struct x86_cpu *cpu)
{
    struct x86_world *w = x86_code_map_world(cpu->code_map);
    w->held = false;
    g_cond_broadcast(&w->changed);
    g_mutex_unlock(&w->lock);
}

void x86_exclusive_yield(struct x86_cpu *cpu)
{
    struct x86_world *w = x86_code_map_world(cpu->code_map);
    g_mutex_lock(&w->lock);
    if (w->held) {
        leave(w);
        enter(w);
    }
    g_mutex_unlock(&w->lock);
}
