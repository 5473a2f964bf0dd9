/* SPDX-License-Identifier: MIT */
/*
 * The accelerator of a running machine: moving to another one because somebody asked, and to tcg
 * because the one in use broke.
 */
#include "core/device.h"
#include "core/log.h"
#include "core/loop.h"
#include "vm_int.h"

/* What the guest was told it has must be there afterwards. */
static bool check_features(const struct vm *vm, const struct accel_choice *to, GError **err)
{
    GString *lacks = g_string_new(NULL);
    for (unsigned f = 1; f < X86_FEAT_COUNT; f++) {
        if (x86_has(&vm->model, f) && !x86_has(&to->caps.offered, f)) {
            g_string_append_printf(lacks, "%s%s", lacks->len ? ", " : "", x86_features[f].name);
        }
    }
    bool ok = lacks->len == 0;
    if (!ok) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_UNSUPPORTED,
                    "%s: the guest uses a processor with %s, which is not to be had there",
                    to->ops->name, lacks->str);
    }
    g_string_free(lacks, TRUE);
    return ok;
}

static bool move(struct vm *vm, struct accel_choice *to, GError **err)
{
    if (!check_features(vm, to, err)) {
        return false;
    }
    if (vm->topology.cpus > to->caps.max_vcpus) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_UNSUPPORTED, "%s has at most %u vCPUs", to->ops->name,
                    to->caps.max_vcpus);
        return false;
    }
    bool running = clock_running(vm->clock);
    clock_stop(vm->clock);
    bool ok = vcpus_switch(vm->vcpus, to->ops, to->opts, err);
    if (running && !vm->finished) {
        clock_start(vm->clock);
    }
    return ok;
}

bool vm_switch_accel(struct vm *vm, const char *spec, GError **err)
{
    struct accel_choice to;
    if (vcpu_current() >= 0) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "not from a vCPU's own thread");
        return false;
    }
    if (!accel_choose_only(spec, &to, err)) {
        return false;
    }
    bool ok = move(vm, &to, err);
    if (ok) {
        to.fallback = vm->accel.fallback;
        accel_choice_clear(&vm->accel);
        vm->accel = to;
    } else {
        accel_choice_clear(&to);
    }
    return ok;
}

const char *vm_accel_name(const struct vm *vm)
{
    return vcpus_ops(vm->vcpus)->name;
}

static void give_up(struct vm *vm)
{
    vm->state = VM_INTERNAL_ERROR;
    vm_finish(vm, VM_EXIT_ACCEL_FAILED, false, "host-error");
}

static void do_fallback(void *arg)
{
    struct vm *vm = arg;
    GError *err = NULL;
    vm->fallback_posted = false;
    if (!vm->finished && !vm_switch_accel(vm, "tcg", &err)) {
        log_err(NULL, "the machine cannot be moved to tcg: %s", err->message);
        g_error_free(err);
        give_up(vm);
    }
}

void vm_accel_failed(struct vm *vm, unsigned vcpu, const char *text)
{
    const char *name = vm_accel_name(vm);
    if (vm->finished || vm->fallback_posted) {
        return; /* the others of one machine break together: one line is enough */
    }
    if (g_strcmp0(name, "tcg") == 0 || !vm->accel.fallback) {
        log_err(NULL, "vCPU %u: %s", vcpu, text);
        give_up(vm);
        return;
    }
    log_warn(NULL, "vCPU %u: %s; the guest goes on with tcg", vcpu, text);
    vm->fallback_posted = true;
    loop_post(vm->loop, do_fallback, vm);
}
