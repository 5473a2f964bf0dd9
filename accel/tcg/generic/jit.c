/* SPDX-License-Identifier: MIT */
/* Hosts without a translator: mode=jit is refused before anything else is called. */
#include "accel/tcg/jit.h"

#include <errno.h>

#include "core/device.h"

bool tcg_jit_supported(GError **err)
{
    g_set_error(err, EMU_ERROR, EMU_ERROR_UNSUPPORTED,
                "-accel tcg: mode=jit needs an x86-64 host, this one has mode=interp");
    return false;
}

int tcg_jit_attach(struct x86_cpu *cpu, size_t code_size)
{
    (void)cpu;
    (void)code_size;
    return -ENOTSUP;
}

void tcg_jit_detach(struct x86_cpu *cpu)
{
    (void)cpu;
}

void tcg_jit_set_perfmap(struct x86_cpu *cpu, struct tcg_perfmap *p)
{
    (void)cpu;
    (void)p;
}

void tcg_jit_set_threshold(struct x86_cpu *cpu, unsigned n)
{
    (void)cpu;
    (void)n;
}

bool tcg_jit_stats(const struct x86_cpu *cpu, struct tcg_jit_stats *out)
{
    (void)cpu;
    (void)out;
    return false;
}
