/* SPDX-License-Identifier: MIT */
/*
 * The Revirt accelerator: guests run by Redox's kernel, or by the reference host (ABI.md).
 * This file: the probe, the VM, the table of operations.
 */
#include "accel/revirt/revirt.h"

#include <errno.h>
#include <string.h>

#include "core/device.h"
#include "core/opts.h"

static bool fail(GError **err, const char *text, const char *host, int code)
{
    g_set_error(err, EMU_ERROR, EMU_ERROR_UNSUPPORTED, "%s%s%s: %s", text, host ? " " : "",
                host ? host : "", g_strerror(-code));
    return false;
}

static bool explain_open(GError **err, const char *host, int r)
{
    if (host) {
        return fail(err,
                    r == -ENOSPC ? "the reference host has no room for another VM at"
                                 : "cannot reach a reference host at",
                    host, r);
    }
    if (r == -ENOSYS) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_UNSUPPORTED,
                    "this is not Redox, and no reference host was given (revirt,host=SOCKET)");
    } else if (r == -ENOENT || r == -ENODEV) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_UNSUPPORTED,
                    "this Redox kernel has no revirt scheme");
    } else if (r == -EACCES || r == -EPERM) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_UNSUPPORTED,
                    "this process may not open " REVIRT_SCHEME);
    } else {
        return fail(err, "cannot open", REVIRT_SCHEME, r);
    }
    return false;
}

/* Names must differ among all users of a host; VMs of one process are made one after the other. */
static void make_name(char *name, size_t size, const char *kind)
{
    uint32_t salt;
    os_random(&salt, sizeof salt);
    g_snprintf(name, size, "emu-%d-%s-%08x", os_pid(), kind, salt);
}

static int read_info(struct revirt_node *vm, struct revirt_info *info)
{
    int r = revirt_call(vm, REVIRT_INFO, 0, 0, info, 0, sizeof *info);
    if (r < 0) {
        return r;
    }
    if (r != (int)sizeof *info || info->major != REVIRT_MAJOR ||
        info->window_size != REVIRT_WINDOW_SIZE || info->max_vcpus == 0) {
        return -EPROTO;
    }
    info->engine[sizeof info->engine - 1] = '\0';
    return 0;
}

/* What the software model knows and the host offers. */
static int read_offers(struct revirt_node *vm, struct x86_cpu_model *m)
{
    struct revirt_cpuid *c = g_malloc(REVIRT_MAX_PAYLOAD);
    int n = revirt_call(vm, REVIRT_OFFERS, 0, 0, c, 0, REVIRT_MAX_PAYLOAD);
    x86_cpu_model_software(m);
    for (unsigned f = 1; n >= 0 && f < X86_FEAT_COUNT; f++) {
        const struct x86_feature_info *i = &x86_features[f];
        bool offered = false;
        for (size_t k = 0; k < (size_t)n / sizeof *c; k++) {
            const uint32_t r[4] = { c[k].eax, c[k].ebx, c[k].ecx, c[k].edx };
            offered |=
                c[k].leaf == i->leaf && c[k].subleaf == i->subleaf && r[i->reg] >> i->bit & 1;
        }
        if (!offered) {
            x86_feature_set(m, f, false);
        }
    }
    g_free(c);
    return n < 0 ? n : 0;
}

static bool probe_host(const struct opts *o, struct accel_caps *caps, GError **err)
{
    const char *host = o ? opts_get(o, "host") : NULL;
    struct revirt_node vm;
    struct revirt_info info;
    char name[REVIRT_NAME_MAX + 1];
    make_name(name, sizeof name, "probe");
    memset(caps, 0, sizeof *caps);
    int r = revirt_open(&vm, host, name);
    if (r < 0) {
        return explain_open(err, host, r);
    }
    r = read_info(&vm, &info);
    r = r < 0 ? r : read_offers(&vm, &caps->offered);
    revirt_close(&vm);
    if (r < 0) {
        return fail(err, "it does not speak version 1 of the interface:", host, r);
    }
    caps->max_vcpus = MIN(info.max_vcpus, REVIRT_MAX_VCPUS);
    caps->max_slots = info.max_maps;
    caps->readonly_slots = true;
    caps->dirty_log = info.features & REVIRT_F_DIRTY_LOG;
    caps->decodes_mmio = info.features & REVIRT_F_DECODES_MMIO;
    caps->single_step = caps->hw_breakpoints = info.features & REVIRT_F_DEBUG;
    caps->tsc_control = true;
    caps->dictates_ram = true;
    caps->parallel_vcpus = true;
    caps->tsc_khz = info.tsc_khz;
    return true;
}

static bool revirt_probe(struct accel_caps *caps, GError **err)
{
    return probe_host(NULL, caps, err);
}

static bool check_opts(const struct opts *o, GError **err)
{
    static const char *const known[] = { "accel", "host", "fallback", NULL };
    return !o || opts_check_keys(o, "-accel revirt", known, err);
}

static int revirt_vm_create(struct accel_vm **out, const struct accel_params *p, GError **err)
{
    const char *host = p->opts ? opts_get(p->opts, "host") : NULL;
    char name[REVIRT_NAME_MAX + 1];
    *out = NULL;
    if (!check_opts(p->opts, err)) {
        return -EINVAL;
    }
    struct accel_vm *vm = g_new0(struct accel_vm, 1);
    make_name(name, sizeof name, "vm");
    vm->params = *p;
    vm->cb = *p->cb;
    int r = revirt_open(&vm->node, host, name);
    if (r < 0) {
        explain_open(err, host, r);
        g_free(vm);
        return r;
    }
    r = read_info(&vm->node, &vm->info);
    if (r == 0 && !(vm->window = revirt_window(&vm->node))) {
        r = -ENOMEM;
    }
    if (r < 0) {
        fail(err, "revirt: no window of 512 GiB", NULL, r);
        revirt_close(&vm->node);
        g_free(vm);
        return r;
    }
    revirt_mem_init(vm);
    *out = vm;
    return 0;
}

static void revirt_ram_free(void *base)
{
    os_share_unmap(base, REVIRT_WINDOW_SIZE);
}

static void revirt_vm_destroy(struct accel_vm *vm)
{
    if (!vm) {
        return;
    }
    revirt_mem_free(vm);
    revirt_close(&vm->node);
    if (!vm->keeps_window) {
        revirt_ram_free(vm->window);
    }
    g_free(vm);
}

static void revirt_stats(struct accel_vm *vm, GString *out)
{
    g_string_append_printf(out, "served by the %s engine, %u maps, tsc %u kHz\n", vm->info.engine,
                           vm->maps->len, vm->info.tsc_khz);
}

extern const struct accel_ops accel_revirt;
const struct accel_ops accel_revirt = {
    .name = "revirt",
    .desc = "Redox's virtualisation, or a reference host on a socket (host=SOCKET)",
    .probe = revirt_probe,
    .probe_opts = probe_host,
    .vm_create = revirt_vm_create,
    .vm_destroy = revirt_vm_destroy,
    .ram_alloc = revirt_ram_alloc,
    .ram_free = revirt_ram_free,
    .mem_written = revirt_mem_written,
    .vcpu_create = revirt_vcpu_create,
    .vcpu_destroy = revirt_vcpu_destroy,
    .vcpu_run = revirt_vcpu_run,
    .vcpu_kick = revirt_vcpu_kick,
    .state_get = revirt_state_get,
    .state_set = revirt_state_set,
    .irq_line = revirt_irq_line,
    .event = revirt_event,
    .tsc = revirt_tsc,
    .debug_set = revirt_debug_set,
    .exit_log = revirt_exit_log,
    .stats = revirt_stats,
};
