/* SPDX-License-Identifier: MIT */
/*
 * When the machine dies or resets itself: who is asked for the post-mortem. Machine lock held.
 */
#include <string.h>

#include "core/log.h"
#include "vm/vm_int.h"

bool vm_postmortem_make(struct vm *vm, GError **err)
{
    const struct vm_config *c = vm->config;
    vm->postmortem = postmortem_new(c->postmortem, c->symbols, c->kernel, err);
    return vm->postmortem != NULL;
}

void vm_postmortem_start(struct vm *vm)
{
    if (postmortem_wants_branches(vm->postmortem) && vcpus_log_branches(vm->vcpus) < 0) {
        log_warn(NULL, "-postmortem branches=on: %s records no branches",
                 vm->accel.ops->name);
    }
}

struct postmortem *vm_postmortem(struct vm *vm)
{
    return vm->postmortem;
}

void vm_died(struct vm *vm, enum pm_reason why, const struct x86_state *s, unsigned vcpu)
{
    struct vm_parts parts = vm_parts(vm);
    postmortem_report(vm->postmortem, &parts, why, vcpu, s);
    log_ring_dump("the guest died");
}

/* On the thread of the vCPU whose doing it is; from other threads there is no place to show. */
void vm_died_here(struct vm *vm, enum pm_reason why)
{
    struct x86_state s;
    int vcpu = vcpu_current();
    memset(&s, 0, sizeof s);
    if (vcpu >= 0 && vm->vcpus &&
        vcpu_state_get(vm->vcpus, (unsigned)vcpu, &s, X86_GROUP_ALL) == 0) {
        vm_died(vm, why, &s, (unsigned)vcpu);
    }
}

void vm_guest_resets(struct vm *vm)
{
    bool told = postmortem_told(vm->postmortem); /* it was a triple fault */
    bool loop = postmortem_reset(vm->postmortem, clock_now_ns(vm->clock));
    if (loop) {
        log_info(NULL, "the guest resets itself again and again: three times in ten seconds");
    }
    if (!told && (loop || vm->config->postmortem)) {
        vm_died_here(vm, loop ? PM_RESET_LOOP : PM_RESET);
    }
}
