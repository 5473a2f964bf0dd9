/* SPDX-License-Identifier: MIT */
/*
 * The accelerator of a running machine: moving to another one because somebody asked, and to tcg
 * because the one in use broke.
 */
#include <string.h>

#include "backend/char/chardev.h"
#include "core/device.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/opts.h"
#include "vm/vm_int.h"

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

/* Random numbers would not be the same in every run. */
bool vm_accel_icount_check(struct vm *vm, GError **err)
{
    struct accel_choice *a = &vm->accel;
    if (!vm->icount.on) {
        return true;
    }
    if (!a->caps.counts_insns || strcmp(a->ops->name, "tcg") != 0 || a->switch_at) {
        const char *why = a->switch_at ? "the accelerator cannot change"
                                       : "only tcg counts instructions";
        g_set_error(err, EMU_ERROR, EMU_ERROR_UNSUPPORTED, "-icount: %s; use -accel tcg", why);
        return false;
    }
    if (vm->topology.cpus > 1) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_UNSUPPORTED,
                    "-icount: one processor, not -smp %u", vm->topology.cpus);
        return false;
    }
    x86_feature_set(&a->caps.offered, X86_FEAT_RDRAND, false);
    x86_feature_set(&a->caps.offered, X86_FEAT_RDSEED, false);
    return true;
}

static bool move(struct vm *vm, struct accel_choice *to, GError **err)
{
    if (vm->icount.on) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_UNSUPPORTED,
                    "with -icount the accelerator cannot change");
        return false;
    }
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
        to.tsc_khz = vm->accel.tsc_khz;
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

/* The CPU model, the board and its TSC stay what they are: tcg can do all of them. */
struct vcpus *vm_accel_vcpus(struct vm *vm, const struct accel_params *p,
                             const struct vcpu_owner *owner, GError **err)
{
    GError *e = NULL;
    unsigned n = vm->topology.cpus;
    struct vcpus *v = vcpus_new(vm->accel.ops, p, n, owner, &e);
    if (v || !vm->accel.fallback || g_error_matches(e, EMU_ERROR, EMU_ERROR_CONFIG) ||
        vm->accel.caps.dictates_ram || strcmp(vm->accel.ops->name, "tcg") == 0) {
        if (e) {
            g_propagate_error(err, e);
        }
        return v;
    }
    struct accel_choice tcg;
    log_warn(NULL, "%s; using tcg instead", e->message);
    g_error_free(e);
    if (!accel_choose_only("tcg", &tcg, err)) {
        return NULL;
    }
    tcg.fallback = true;
    tcg.tsc_khz = vm->accel.tsc_khz;
    accel_choice_clear(&vm->accel);
    vm->accel = tcg;
    struct accel_params q = *p;
    q.opts = NULL;
    return check_features(vm, &tcg, err) ? vcpus_new(tcg.ops, &q, n, owner, err) : NULL;
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
    if (vm->finished && vm->accel.caps.judges) {
        vm->status = VM_EXIT_ACCEL_FAILED;
    }
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

/* --- switch-at -------------------------------------------------------------------------------- */

#define POLL_MS 1 /* of the processor's mode */

struct vm_switch {
    char *to;
    struct timer timer;
    struct loop_tick *tick;
    gva_t pc;
    struct chardev *serial; /* watched for: */
    char *text;
    GString *tail; /* of what the guest wrote, as long as text */
    bool by_pc, posted;
};

static void switch_free(struct vm *vm)
{
    struct vm_switch *s = vm->accel_switch;
    vm->accel_switch = NULL;
    if (s) {
        timer_del(&s->timer);
        if (s->tick) {
            loop_tick_remove(s->tick);
        }
        if (s->serial) {
            chardev_on_output(s->serial, NULL, NULL);
        }
        if (s->tail) {
            g_string_free(s->tail, TRUE);
        }
        g_free(s->text);
        g_free(s->to);
        g_free(s);
    }
}

static bool arm_pc(struct vm *vm, bool on)
{
    const gva_t *at = on ? &vm->accel_switch->pc : NULL;
    for (unsigned i = 0; i < vm->topology.cpus; i++) {
        if (vcpu_debug_set(vm->vcpus, i, false, at, on ? 1 : 0) < 0) {
            return false;
        }
    }
    return true;
}

static void switch_now(void *opaque)
{
    struct vm *vm = opaque;
    GError *err = NULL;
    if (!vm->accel_switch || vm->finished) {
        return;
    }
    char *to = g_steal_pointer(&vm->accel_switch->to);
    bool stopped = vm->accel_switch->posted;
    if (vm->accel_switch->by_pc) {
        arm_pc(vm, false);
    }
    switch_free(vm);
    if (vm_switch_accel(vm, to, &err)) {
        log_info(NULL, "switch-at: the guest goes on with %s", to);
    } else {
        log_warn(NULL, "switch-at: %s", err->message);
        g_error_free(err);
    }
    if (stopped && vm->state == VM_RUNNING) {
        vcpus_resume(vm->vcpus);
    }
    g_free(to);
}

/* The processors stop where they are, and go on with the other accelerator. */
static void switch_soon(struct vm *vm)
{
    vm->accel_switch->posted = true;
    vcpus_request_pause(vm->vcpus);
    loop_post(vm->loop, switch_now, vm);
}

static void serial_written(void *opaque, const uint8_t *buf, size_t len)
{
    struct vm *vm = opaque;
    struct vm_switch *s = vm->accel_switch;
    size_t n = strlen(s->text);
    for (size_t k = 0; k < len && !s->posted; k++) {
        if (s->tail->len == n) {
            g_string_erase(s->tail, 0, 1);
        }
        g_string_append_c(s->tail, (char)buf[k]);
        if (s->tail->len == n && memcmp(s->tail->str, s->text, n) == 0) {
            switch_soon(vm);
        }
    }
}

/* The first serial port; the text may stand in quotes. */
static bool watch_serial(struct vm *vm, const char *text, GError **err)
{
    struct vm_switch *s = vm->accel_switch;
    size_t n = strlen(text);
    bool quoted = n >= 2 && text[0] == '"' && text[n - 1] == '"';
    s->text = quoted ? g_strndup(text + 1, n - 2) : g_strdup(text);
    s->tail = g_string_new(NULL);
    s->serial = s->text[0] ? vm->pc_config.serial[0] : NULL;
    if (!s->serial) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "-accel switch-at=serial=%s: %s", text,
                    s->text[0] ? "there is no serial port" : "which text?");
        return false;
    }
    chardev_on_output(s->serial, serial_written, vm);
    return true;
}

static void poll_mode(void *opaque)
{
    struct vm *vm = opaque;
    struct x86_state s = { 0 };
    vm_freeze(vm);
    int ret = vcpu_state_get(vm->vcpus, 0, &s, X86_GROUP_CR);
    vm_thaw(vm);
    if (ret == 0 && s.msr.efer >> 10 & 1) {
        switch_now(vm);
    }
}

static bool start_switch(struct vm *vm, const char *at, GError **err)
{
    struct vm_switch *s = vm->accel_switch;
    uint64_t ms;
    if (strcmp(at, "long-mode") == 0) {
        s->tick = loop_tick_add(vm->loop, POLL_MS, poll_mode, vm);
        return true;
    }
    if (g_str_has_prefix(at, "time=") && parse_u64(at + 5, 1000000000, &ms)) {
        timer_mod(&s->timer, clock_now_ns(vm->clock) + (int64_t)ms * NS_PER_MS);
        return true;
    }
    if (g_str_has_prefix(at, "serial=")) {
        return watch_serial(vm, at + 7, err);
    }
    if (g_str_has_prefix(at, "pc=") && parse_u64(at + 3, UINT64_MAX, &s->pc)) {
        s->by_pc = true;
        if (arm_pc(vm, true)) {
            return true;
        }
        g_set_error(err, EMU_ERROR, EMU_ERROR_UNSUPPORTED,
                    "-accel switch-at=%s: %s has no breakpoints here", at, vm_accel_name(vm));
        return false;
    }
    g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                "-accel switch-at=%s: long-mode, pc=ADDRESS, serial=TEXT or time=MILLISECONDS", at);
    return false;
}

bool vm_accel_start(struct vm *vm, GError **err)
{
    const struct accel_choice *c = &vm->accel;
    if (!c->switch_at) {
        return true;
    }
    vm->accel_switch = g_new0(struct vm_switch, 1);
    vm->accel_switch->to = g_strdup(c->switch_to);
    timer_init(&vm->accel_switch->timer, vm->clock, switch_now, vm);
    return start_switch(vm, c->switch_at, err);
}

void vm_accel_stop(struct vm *vm)
{
    switch_free(vm);
}

bool vm_accel_debug(struct vm *vm, const struct accel_exit *e)
{
    struct vm_switch *s = vm->accel_switch;
    if (!s || !s->by_pc || s->posted || !e->u.debug.breakpoint) {
        return s && s->by_pc;
    }
    switch_soon(vm);
    return true;
}
