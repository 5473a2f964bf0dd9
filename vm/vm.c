/* SPDX-License-Identifier: MIT */
/*
 * The machine: made from the command line, run by the main loop, ended in one place.
 *
 * vm_run's thread is the main loop's. The callbacks of struct accel_callbacks arrive on vCPU
 * threads
 * without the machine lock and take it; those of struct machine_ctl and struct vcpu_owner hold it.
 */
#include "vm/vm.h"

#include <stdlib.h>
#include <string.h>

#include "accel/api/accel.h"
#include "accel/api/icount.h"
#include "core/clock.h"
#include "core/device.h"
#include "core/display.h"
#include "core/input.h"
#include "core/ioport.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/opts.h"
#include "core/physmem.h"
#include "hw/isa/isa.h"
#include "hw/pc/lapic.h"
#include "hw/pc/vmport.h"
#include "monitor/gdbstub.h"
#include "os/os.h"
#include "vm/vm_int.h"
#include "vm/setup.h"

/* A guest that powers off may still write its verdict to isa-debug-exit a few instructions later.
 * */
#define POWER_OFF_GRACE_NS (10 * NS_PER_MS)

/* The terminate signal's way into the main loop; a signal handler has no argument. */
static struct os_event term_event = { .rfd = -1, .wfd = -1 };

/* --- what the accelerator may ask ------------------------------------------------------------- */

static uint32_t cb_pio_read(void *opaque, uint16_t portno, unsigned size)
{
    struct vm *vm = opaque;
    machine_lock();
    uint32_t v = ioport_read(vm->io, portno, size);
    vm_note(vm->notes, false, false, portno, v, size);
    pm_io_note(vm->pm_io, false, false, portno, v, size, vcpu_current());
    machine_unlock();
    return v;
}

static bool cb_regs_port(void *opaque, uint16_t portno, uint32_t regs[6])
{
    struct vm *vm = opaque;
    (void)portno;
    machine_lock();
    bool ok = pc_vmport_call(vm->pc, regs);
    machine_unlock();
    return ok;
}

static void cb_pio_write(void *opaque, uint16_t portno, uint32_t value, unsigned size)
{
    struct vm *vm = opaque;
    machine_lock();
    pm_io_note(vm->pm_io, false, true, portno, value, size, vcpu_current());
    vm_note(vm->notes, false, true, portno, value, size);
    ioport_write(vm->io, portno, value, size);
    machine_unlock();
}

static uint64_t cb_mmio_read(void *opaque, gpa_t gpa, unsigned size)
{
    struct vm *vm = opaque;
    machine_lock();
    uint64_t v = physmem_io_read(vm->mem, gpa, size);
    vm_note(vm->notes, true, false, gpa, v, size);
    pm_io_note(vm->pm_io, true, false, gpa, v, size, vcpu_current());
    machine_unlock();
    return v;
}

static void cb_mmio_write(void *opaque, gpa_t gpa, uint64_t value, unsigned size)
{
    struct vm *vm = opaque;
    machine_lock();
    pm_io_note(vm->pm_io, true, true, gpa, value, size, vcpu_current());
    vm_note(vm->notes, true, true, gpa, value, size);
    physmem_io_write(vm->mem, gpa, value, size);
    machine_unlock();
}

static bool cb_msr_read(void *opaque, unsigned vcpu, uint32_t msr, uint64_t *value)
{
    struct vm *vm = opaque;
    machine_lock();
    bool ok = pc_msr_read(vm->pc, vcpu, msr, value);
    trace_msr_read(vcpu, msr, *value, ok);
    machine_unlock();
    return ok;
}

static bool cb_msr_write(void *opaque, unsigned vcpu, uint32_t msr, uint64_t value)
{
    struct vm *vm = opaque;
    machine_lock();
    bool ok = pc_msr_write(vm->pc, vcpu, msr, value);
    trace_msr_write(vcpu, msr, value, ok);
    machine_unlock();
    return ok;
}

static uint8_t cb_tpr_read(void *opaque, unsigned vcpu)
{
    struct vm *vm = opaque;
    machine_lock();
    uint8_t v = pc_tpr_get(vm->pc, vcpu);
    machine_unlock();
    return v;
}

static bool cb_ferr(void *opaque, bool active)
{
    struct vm *vm = opaque;
    machine_lock();
    bool ignne = pc_ferr_set(vm->pc, active);
    machine_unlock();
    return ignne;
}

static void cb_tpr_write(void *opaque, unsigned vcpu, uint8_t cr8)
{
    struct vm *vm = opaque;
    machine_lock();
    pc_tpr_set(vm->pc, vcpu, cr8);
    machine_unlock();
}

static int cb_irq_ack(void *opaque, unsigned vcpu)
{
    struct vm *vm = opaque;
    machine_lock();
    int v = pc_irq_ack(vm->pc, vcpu);
    trace_irq_accept(vcpu, v);
    vm->irqs_taken += v >= 0;
    machine_unlock();
    return v;
}

/* The local APIC is in user space: EOI arrives as an MMIO or MSR access. */
static void cb_eoi(void *opaque, unsigned vcpu, uint8_t vector)
{
    (void)opaque;
    (void)vcpu;
    (void)vector;
}

static int64_t cb_clock_ns(void *opaque)
{
    struct vm *vm = opaque;
    return clock_now_ns(vm->clock);
}

/* --- what the local APICs ask of processors --------------------------------------------------- */

static void cpu_intr(void *opaque, unsigned cpu, bool level)
{
    struct vm *vm = opaque;
    if (vm->vcpus) {
        trace_cpu_intr(cpu, level);
        vcpu_intr(vm->vcpus, cpu, level);
    }
}

static void cpu_nmi(void *opaque, unsigned cpu)
{
    struct vm *vm = opaque;
    if (vm->vcpus) {
        trace_cpu_nmi(cpu);
        vcpu_nmi(vm->vcpus, cpu);
    }
}

static void cpu_init(void *opaque, unsigned cpu)
{
    struct vm *vm = opaque;
    if (vm->vcpus) {
        trace_cpu_init(cpu);
        vcpu_init(vm->vcpus, cpu);
    }
}

static void cpu_sipi(void *opaque, unsigned cpu, uint8_t vector)
{
    struct vm *vm = opaque;
    if (vm->vcpus) {
        trace_cpu_sipi(cpu, vector);
        vcpu_sipi(vm->vcpus, cpu, vector);
    }
}

static uint64_t cpu_tsc(void *opaque, unsigned cpu)
{
    struct vm *vm = opaque;
    return vm->vcpus ? vcpu_tsc(vm->vcpus, cpu) : 0;
}

static unsigned current_cpu(void *opaque)
{
    (void)opaque;
    return (unsigned)vcpu_current(); /* -1 becomes UINT_MAX */
}

/* --- ending and resetting --------------------------------------------------------------------- */

void vm_finish(struct vm *vm, int status, bool guest, const char *reason)
{
    if (!vm->finished) {
        vm->finished = true;
        vm->status = status;
        vm_emit(vm, &(struct vm_event){
                        .kind = VM_EVENT_SHUTDOWN, .guest = guest, .reason = reason });
        vcpus_request_pause(vm->vcpus);
        clock_stop(vm->clock);
        loop_quit(vm->loop);
    }
}

static void do_reset(void *arg)
{
    struct vm *vm = arg;
    vm->reset_posted = false;
    if (vm->finished) {
        return;
    }
    vcpus_pause(vm->vcpus);
    vm_log_reset(vm);
    pc_reset(vm->pc);
    vcpus_reset(vm->vcpus);
    const char *reason = vm->reset_reason ? vm->reset_reason : "guest-reset";
    trace_vm_reset(reason);
    vm_emit(vm, &(struct vm_event){ .kind = VM_EVENT_RESET,
                                    .guest = !vm->reset_reason,
                                    .reason = reason });
    vm->reset_reason = NULL;
    if (vm->state != VM_RUNNING) {
        vm->state = VM_PRELAUNCH;
    } else if (!vm->frozen) {
        vcpus_resume(vm->vcpus);
    }
}

static void post_reset(struct vm *vm, const char *reason)
{
    if (!vm->reset_posted && !vm->finished) {
        vm->reset_posted = true;
        vm->reset_reason = reason;
        vcpus_request_pause(vm->vcpus);
        loop_post(vm->loop, do_reset, vm);
    }
}

void vm_reset(struct vm *vm, const char *reason)
{
    post_reset(vm, reason);
}

/* The guest is off: the end, or with -no-shutdown a machine that can be looked at and reset. */
static void stop_or_finish(struct vm *vm, int status, const char *reason)
{
    if (vm->no_shutdown && !vm->finished) {
        vm_emit(vm, &(struct vm_event){
                        .kind = VM_EVENT_SHUTDOWN, .guest = true, .reason = reason });
        vm_halt(vm, VM_SHUTDOWN);
        log_info(NULL, "the guest is off; emu stays because of -no-shutdown");
    } else {
        vm_finish(vm, status, true, reason);
    }
}

static void ctl_reset(void *opaque, enum reset_kind kind)
{
    struct vm *vm = opaque;
    (void)kind;
    if (!vm->reset_posted && !vm->finished) {
        vm_guest_resets(vm);
    }
    if (vm->no_reboot && !vm->reset_posted && !vm->finished) {
        stop_or_finish(vm, EXIT_SUCCESS, "guest-reset");
    } else {
        post_reset(vm, NULL);
    }
}

static void power_off_now(void *opaque)
{
    stop_or_finish(opaque, EXIT_SUCCESS, "guest-shutdown");
}

static void ctl_power_off(void *opaque)
{
    struct vm *vm = opaque;
    if (!timer_pending(&vm->power_off_timer)) {
        timer_mod(&vm->power_off_timer, clock_now_ns(vm->clock) + POWER_OFF_GRACE_NS);
    }
}

static void ctl_debug_exit(void *opaque, int status)
{
    vm_finish(opaque, status, true, "guest-shutdown");
}

static void ctl_panicked(void *opaque, uint8_t flags)
{
    log_info(NULL, "the guest reports a panic (pvpanic, flags 0x%02x)", flags);
    if (flags & 1) { /* 2: it has dumped itself and goes on */
        vm_died_here(opaque, PM_PANIC);
    }
    vm_emit(opaque, &(struct vm_event){ .kind = VM_EVENT_GUEST_PANICKED, .reason = "run" });
}

static void owner_shutdown(void *opaque, unsigned vcpu, const struct x86_state *s)
{
    struct vm *vm = opaque;
    vm_died(vm, PM_TRIPLE_FAULT, s, vcpu);
    if (vm->no_reboot || postmortem_news(vm->postmortem)) {
        log_info(NULL, "triple fault: %s",
                 vm->no_reboot ? "ending because of -no-reboot" : "the machine resets");
    }
    if (vm->no_reboot) {
        stop_or_finish(vm, VM_EXIT_TRIPLE_FAULT, "guest-reset");
    } else {
        ctl_reset(vm, RESET_SYSTEM);
    }
}

static void owner_failed(void *opaque, unsigned vcpu, const char *text)
{
    vm_accel_failed(opaque, vcpu, text);
}

static void owner_debug(void *opaque, unsigned vcpu, const struct accel_exit *e)
{
    struct vm *vm = opaque;
    if (!gdbstub_debug_exit(vm->gdb, vcpu, e) && !vm_accel_debug(vm, e)) {
        log_warn(NULL, "vCPU %u: debug stop at 0x%" G_GINT64_MODIFIER "x without a debugger", vcpu,
                 e->rip);
    }
}

static void on_signal(int sig)
{
    (void)sig;
    os_event_signal(&term_event);
}

static void on_term_event(void *opaque, unsigned events)
{
    struct vm *vm = opaque;
    (void)events;
    os_event_clear(&term_event);
    log_info(NULL, "terminated by a signal");
    log_ring_dump("terminated by a signal");
    vm_finish(vm, EXIT_SUCCESS, false, "host-signal");
}

static void on_quit_key(void *opaque)
{
    vm_finish(opaque, EXIT_SUCCESS, false, "host-ui");
}

/* --- making it -------------------------------------------------------------------------------- */

static const struct machine_ctl *make_ctl(struct vm *vm)
{
    struct machine_ctl *ctl = g_new0(struct machine_ctl, 1);
    *ctl = (struct machine_ctl){
        .reset = ctl_reset,
        .power_off = ctl_power_off,
        .debug_exit = ctl_debug_exit,
        .panicked = ctl_panicked,
        .opaque = vm,
    };
    g_ptr_array_add(vm->keep, ctl);
    return ctl;
}

static bool make_accel(struct vm *vm, GPtrArray *specs, GError **err)
{
    if (vm->icount.on && specs->len == 0) {
        g_ptr_array_add(specs, g_strdup("tcg"));
    }
    if (!accel_choose((const char *const *)specs->pdata, specs->len, &vm->accel, err) ||
        !vm_accel_icount_check(vm, err)) {
        return false;
    }
    const struct vm_config *c = vm->config;
    const char *cpu = c->cpu->len ? g_ptr_array_index(c->cpu, c->cpu->len - 1) : "max";
    if (c->no_long_mode) {
        x86_feature_set(&vm->accel.caps.offered, X86_FEAT_LM, false);
    }
    if (!x86_cpu_model_parse(&vm->model, cpu, &vm->accel.caps.offered, err)) {
        return false;
    }
    if (vm->topology.cpus > vm->accel.caps.max_vcpus) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_UNSUPPORTED, "-smp %u: %s has at most %u vCPUs",
                    vm->topology.cpus, vm->accel.ops->name, vm->accel.caps.max_vcpus);
        return false;
    }
    return true;
}

/* Guest address 0 is at *base, and so on: what lies above 4 GiB is there on the host, too. */
static bool dictated_ram(struct vm *vm, uint64_t size, GError **err)
{
    uint64_t top = size + GIB(4);
    uint8_t *base = vm->accel.ops->ram_alloc(vcpus_vm(vm->vcpus), 0, top);
    if (!base) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_HOST,
                    "-m: %s has no room for %" G_GUINT64_FORMAT " MiB of memory",
                    vm->accel.ops->name, size >> 20);
        return false;
    }
    vm->ram_base = base;
    vm->ram_free = vm->accel.ops->ram_free;
    vm->pc_config.ram_size = size;
    vm->pc_config.ram_host = base;
    vm->pc_config.ram_host_high = base + GIB(4);
    return true;
}

static bool make_ram(struct vm *vm, GError **err)
{
    uint64_t size;
    if (!setup_mem(vm->config, &size, err)) {
        return false;
    }
    if (vm->accel.caps.dictates_ram) {
        return dictated_ram(vm, size, err);
    }
    int ret = size > SIZE_MAX ? -1 : os_ram_alloc(&vm->ram, (size_t)size, "emu-ram");
    if (ret < 0) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_HOST,
                    "-m: the host does not give %" G_GUINT64_FORMAT " MiB of memory: %s",
                    size >> 20, g_strerror(-ret));
        return false;
    }
    vm->pc_config.ram_size = size;
    vm->pc_config.ram_host = vm->ram.host;
    return true;
}

static void make_core(struct vm *vm, int64_t rtc_base)
{
    vm->clock = clock_new(vm->icount.on ? CLOCK_COUNTED : CLOCK_HOST);
    clock_set_rtc_base(vm->clock, rtc_base);
    timer_init(&vm->power_off_timer, vm->clock, power_off_now, vm);
    vm->loop = loop_new(vm->clock);
    vm->mem = physmem_new();
    vm->io = ioport_space_new();
    vm->input = input_hub_new();
    vm->display = display_new();
    consoles_add(&vm->consoles, "screen", vm->display, vm->input);
    vm->chardevs = chardev_set_new(vm->loop);
    chardev_set_consoles(vm->chardevs, &vm->consoles);
    chardev_set_on_quit(vm->chardevs, on_quit_key, vm);
}

/* -global DRIVER.PROP=VALUE for one device. */
static bool apply_globals(void *opaque, struct device *d, GError **err)
{
    struct vm *vm = opaque;
    for (guint i = 0; i < vm->config->global->len; i++) {
        const char *text = g_ptr_array_index(vm->config->global, i);
        const char *dot = strchr(text, '.');
        const char *eq = dot ? strchr(dot, '=') : NULL;
        if (!eq) {
            g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "-global %s: write DRIVER.PROPERTY=VALUE",
                        text);
            return false;
        }
        char *driver = g_strndup(text, (gsize)(dot - text));
        bool mine = strcmp(driver, d->cls->name) == 0 ||
                    (d->cls->alias && strcmp(driver, d->cls->alias) == 0);
        g_free(driver);
        if (mine) {
            char *prop = g_strndup(dot + 1, (gsize)(eq - dot - 1));
            bool ok = device_set_prop(d, prop, eq + 1, NULL, err);
            g_free(prop);
            if (!ok) {
                g_prefix_error(err, "-global %s: ", text);
                return false;
            }
        }
    }
    return true;
}

static void *find_backend(void *opaque, enum prop_kind kind, const char *id)
{
    struct vm *vm = opaque;
    if (kind == PROP_CHARDEV) {
        return chardev_set_find(vm->chardevs, id);
    }
    for (guint i = 0; kind == PROP_DRIVE && i < vm->drives->len; i++) {
        struct drive *d = g_ptr_array_index(vm->drives, i);
        if (d->id && strcmp(d->id, id) == 0) {
            return d;
        }
    }
    return NULL;
}

/* bus= of a device whose class has only one to be on. */
static bool check_bus(const struct device *d, const char *name, GError **err)
{
    const char *only = d->cls->bus == BUS_PCI ? "pci.0" : d->cls->bus == BUS_ISA ? "isa.0" : NULL;
    if (!only || strcmp(name, only) != 0) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "bus=%s: %s%s", name,
                    only ? "there is only " : "it is on none", only ? only : "");
        return false;
    }
    return true;
}

static bool has_prop(const struct device *d, const char *name)
{
    const struct prop *p = d->cls->props;
    while (p && p->name && strcmp(p->name, name) != 0) {
        p++;
    }
    return p && p->name;
}

static bool set_device_opts(struct vm *vm, struct device *d, const struct opts *o, GError **err)
{
    struct prop_resolver res = { .find = find_backend, .opaque = vm };
    for (size_t i = 0; i < opts_count(o); i++) {
        const char *key = opts_key(o, i);
        if (strcmp(key, "driver") == 0) {
            continue;
        }
        if (strcmp(key, "id") == 0) {
            g_free(d->id);
            d->id = g_strdup(opts_value(o, i));
            if (!g_hash_table_add(vm->device_ids, g_strdup(d->id))) {
                g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "id=%s: another device has this id",
                            d->id);
                return false;
            }
        } else if (strcmp(key, "bus") == 0 && !has_prop(d, "bus")) {
            if (!check_bus(d, opts_value(o, i), err)) {
                return false;
            }
        } else if (!device_set_prop(d, key, opts_value(o, i), &res, err)) {
            return false;
        }
    }
    return true;
}

static void set_no_device_error(const char *name, GError **err)
{
    GPtrArray *names = g_ptr_array_new();
    for (size_t i = 0; device_classes[i]; i++) {
        if (device_classes[i]->user_creatable) {
            g_ptr_array_add(names, (void *)device_classes[i]->name);
        }
    }
    g_ptr_array_add(names, NULL);
    const char *near = nearest_name(name, (const char *const *)names->pdata);
    g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                "-device %s: emu has no such device%s%s%s%s (see -device help)", name,
                near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "",
                vm_is_spare_device(name) ? "; leave it out" : "");
    g_ptr_array_unref(names);
}

static bool add_device(struct vm *vm, const char *text, GError **err)
{
    struct opts *o = opts_parse(text, "driver", err);
    if (!o) {
        return false;
    }
    const char *name = opts_get(o, "driver");
    const struct device_class *cls = name ? device_class_find(name) : NULL;
    struct device *d = NULL;
    bool ok = false;
    if (!cls || !cls->user_creatable) {
        set_no_device_error(name ? name : text, err);
    } else {
        d = device_new(cls);
        ok = apply_globals(vm, d, err) && set_device_opts(vm, d, o, err) &&
             pc_add_device(vm->pc, d, err);
        if (!ok) {
            device_free(d);
            g_prefix_error(err, "-device %s: ", cls->name);
        }
    }
    opts_free(o);
    return ok;
}

static bool make_board(struct vm *vm, GError **err)
{
    struct pc_config *pc = &vm->pc_config;
    pc->cpus = vm->topology.cpus;
    pc->topology = &vm->topology;
    pc->model = &vm->model;
    pc->mem = vm->mem;
    pc->io = vm->io;
    pc->clock = vm->clock;
    pc->input = vm->input;
    pc->display = vm->display;
    pc->ctl = make_ctl(vm);
    vm->cpu_ops = (struct lapic_cpu_ops){
        .intr = cpu_intr,
        .nmi = cpu_nmi,
        .init = cpu_init,
        .sipi = cpu_sipi,
        .opaque = vm,
    };
    pc->cpu_ops = &vm->cpu_ops;
    pc->tsc = cpu_tsc;
    pc->tsc_opaque = vm;
    pc->tsc_khz = vm->accel.tsc_khz;
    pc->current_cpu = current_cpu;
    pc->drives = vm->drives;
    pc->apply_globals = apply_globals;
    pc->globals_opaque = vm;
    vm->pc = pc_new(pc, err);
    if (!vm->pc) {
        return false;
    }
    for (guint i = 0; i < vm->config->device->len; i++) {
        if (!add_device(vm, g_ptr_array_index(vm->config->device, i), err)) {
            return false;
        }
    }
    for (guint i = 0; i < vm->drives->len; i++) {
        const struct drive *d = g_ptr_array_index(vm->drives, i);
        if (d->iface == DRIVE_IF_NONE && !d->attached) {
            log_warn(NULL, "-drive %s%s: no device uses it", d->id ? "id=" : "if=none",
                     d->id ? d->id : "");
        }
    }
    return pc_boot_order(vm->pc, err);
}

static bool make_vcpus(struct vm *vm, GError **err)
{
    vm->callbacks = (struct accel_callbacks){
        .pio_read = cb_pio_read,
        .pio_write = cb_pio_write,
        .regs_port = cb_regs_port,
        .regs_port_nr = VMPORT_PORT,
        .mmio_read = cb_mmio_read,
        .mmio_write = cb_mmio_write,
        .msr_read = cb_msr_read,
        .msr_write = cb_msr_write,
        .tpr_read = cb_tpr_read,
        .tpr_write = cb_tpr_write,
        .ferr = cb_ferr,
        .irq_ack = cb_irq_ack,
        .eoi = cb_eoi,
        .clock_ns = cb_clock_ns,
        .opaque = vm,
    };
    struct accel_params p = {
        .pm = vm->mem,
        .model = &vm->model,
        .topology = &vm->topology,
        .cb = &vm->callbacks,
        .opts = vm->accel.opts,
        .tsc_khz = vm->accel.tsc_khz,
        .counted = vm->icount.on,
    };
    struct vcpu_owner owner = {
        .shutdown = owner_shutdown,
        .failed = owner_failed,
        .debug = owner_debug,
        .opaque = vm,
    };
    vm->vcpus = vm_accel_vcpus(vm, &p, &owner, err);
    if (vm->vcpus) {
        if (vm->icount.on) {
            vcpus_icount(vm->vcpus, vm->clock, vm->icount.shift, vm->icount.sleep);
        }
        vm_postmortem_start(vm);
    }
    return vm->vcpus != NULL;
}

static bool make_gdb(struct vm *vm, GError **err)
{
    return !vm->config->gdb || vm_gdbserver(vm, vm->config->gdb, err);
}

static bool make_process(struct vm *vm, GError **err)
{
    const char *pidfile = vm->config->pidfile;
    int ret = pidfile ? os_pidfile(pidfile) : 0;
    if (ret < 0) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_HOST, "-pidfile %s: %s", pidfile, g_strerror(-ret));
        return false;
    }
    ret = os_event_init(&term_event);
    if (ret < 0) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_HOST, "cannot make a wake-up pipe: %s",
                    g_strerror(-ret));
        return false;
    }
    vm->term_watch = loop_watch_add(vm->loop, term_event.rfd, LOOP_IN, on_term_event, vm);
    os_on_terminate(on_signal);
    return true;
}

static bool make_all(struct vm *vm, GPtrArray *accels, GError **err)
{
    const struct vm_config *c = vm->config;
    int64_t rtc_base;
    if (!setup_refusals(c, err) || !setup_objects(c, err) || !vm_logging_make(c, err) ||
        !setup_machine(c, &vm->pc_config, accels, err) || !setup_smp(c, &vm->topology, err) ||
        !setup_boot(c, &vm->pc_config, vm->keep, err) ||
        !setup_identity(c, &vm->pc_config, vm->keep, err) || !setup_rtc(c, &rtc_base, err) ||
        !setup_icount(c, &vm->icount, err) ||
        !make_accel(vm, accels, err)) {
        return false;
    }
    make_core(vm, rtc_base);
    if (!vm_postmortem_make(vm, err)) {
        return false;
    }
    /* An accelerator that says where RAM lies must be there first. */
    if ((vm->accel.caps.dictates_ram && !make_vcpus(vm, err)) || !make_ram(vm, err)) {
        return false;
    }
    vm->pm_io = postmortem_io(vm->postmortem);
    vm->notes = vm_notes_new(vm);
    vm->device_ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    vm->drives = setup_drives(c, vm->loop, err);
    return vm->drives && setup_chardevs(c, vm->chardevs, &vm->pc_config, err) &&
           setup_monitors(vm, err) && make_board(vm, err) &&
           (vm->vcpus || make_vcpus(vm, err)) && start_monitors(vm, err) && make_gdb(vm, err) &&
           vm_watchdog_make(vm, err) &&
           make_process(vm, err) && vm_report_start(vm, err) && vm_accel_start(vm, err) &&
           /* last: what fails before must not meet a terminal in curses' hands */
           vm_ui_open(vm, err);
}

struct vm *vm_new(const struct vm_config *c, GError **err)
{
    struct vm *vm = g_new0(struct vm, 1);
    vm->config = c;
    vm->no_reboot = c->no_reboot;
    vm->no_shutdown = c->no_shutdown;
    vm->empty = setup_machine_is_none(c);
    vm->keep = g_ptr_array_new_with_free_func(g_free);
    pc_config_init(&vm->pc_config);
    GPtrArray *accels = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < c->accel->len; i++) {
        g_ptr_array_add(accels, g_strdup(g_ptr_array_index(c->accel, i)));
    }
    machine_lock();
    bool ok = make_all(vm, accels, err);
    machine_unlock();
    g_ptr_array_unref(accels);
    if (!ok) {
        vm_free(vm);
        return NULL;
    }
    return vm;
}

void vm_free(struct vm *vm)
{
    machine_lock();
    vm_ui_close(vm);
    free_monitors(vm);
    vm_report_free(vm);
    gdbstub_free(vm->gdb, vm->status);
    vm_watchdog_free(vm->watchdog);
    vm_accel_stop(vm);
    if (vm->vcpus) {
        vcpus_free(vm->vcpus);
        vm->vcpus = NULL;
    }
    if (vm->term_watch) {
        loop_watch_remove(vm->term_watch);
        os_event_free(&term_event);
    }
    if (vm->pc) {
        pc_free(vm->pc);
    }
    vm_notes_free(vm->notes);
    vm->notes = NULL;
    g_clear_pointer(&vm->device_ids, g_hash_table_unref);
    if (vm->drives) {
        g_ptr_array_unref(vm->drives);
    }
    if (vm->chardevs) {
        chardev_set_free(vm->chardevs);
    }
    if (vm->display) {
        display_free(vm->display);
        input_hub_free(vm->input);
        ioport_space_free(vm->io);
        physmem_free(vm->mem);
        timer_del(&vm->power_off_timer);
        loop_free(vm->loop);
        clock_free(vm->clock);
    }
    if (vm->ram.host) {
        os_ram_free(&vm->ram);
    }
    if (vm->ram_base) {
        vm->ram_free(vm->ram_base);
    }
    accel_choice_clear(&vm->accel);
    postmortem_free(vm->postmortem);
    g_ptr_array_unref(vm->keep);
    machine_unlock();
    g_free(vm);
}

/* --- running it ------------------------------------------------------------------------------- */

static void save_screen(struct vm *vm)
{
    GError *err = NULL;
    const struct vm_config *c = vm->config;
    if (c->screenshot_on_exit && !display_screenshot(vm->display, c->screenshot_on_exit, &err)) {
        log_err(NULL, "-screenshot-on-exit %s: %s", c->screenshot_on_exit, err->message);
        g_clear_error(&err);
    }
    if (c->screentext_on_exit) {
        char *text = display_text(vm->display);
        if (!g_file_set_contents(c->screentext_on_exit, text ? text : "", -1, &err)) {
            log_err(NULL, "-screentext-on-exit: %s", err->message);
            g_clear_error(&err);
        }
        g_free(text);
    }
}

int vm_run(struct vm *vm)
{
    if (vm->accel.note) {
        log_info(NULL, "using %s: %s", vm->accel.ops->name, vm->accel.note);
    }
    machine_lock();
    pc_reset(vm->pc);
    vcpus_reset(vm->vcpus);
    if (!vm->config->start_paused && !vm->empty) {
        vm->state = VM_RUNNING;
        clock_start(vm->clock);
        vcpus_resume(vm->vcpus);
    }
    vm_progress_start(vm);
    machine_unlock();
    if (vm->config->daemonize) {
        os_daemonize_ready();
    }
    loop_run(vm->loop);
    machine_lock();
    vm_progress_free(vm);
    vcpus_pause(vm->vcpus);
    for (guint i = 0; i < vm->drives->len; i++) {
        const struct drive *d = g_ptr_array_index(vm->drives, i);
        if (d->block) {
            block_drain(d->block);
        }
    }
    save_screen(vm);
    vm_report_write(vm);
    chardev_set_flush_all(vm->chardevs);
    machine_unlock();
    return vm->status;
}
