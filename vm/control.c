/* SPDX-License-Identifier: MIT */
/*
 * The running machine as monitors and debuggers see it: its state, stopping and going on, what it
 * is made of. Machine lock held.
 */
#include <errno.h>
#include <string.h>

#include "core/device.h"
#include "core/loop.h"
#include "hw/pci/pci.h"
#include "monitor/gdbstub.h"
#include "vm/vm_int.h"

/* --- state and events ------------------------------------------------------------------------- */

enum vm_state vm_state(const struct vm *vm)
{
    return vm->state;
}

const char *vm_state_name(enum vm_state s)
{
    static const char *const names[] = {
        [VM_PRELAUNCH] = "prelaunch",
        [VM_RUNNING] = "running",
        [VM_PAUSED] = "paused",
        [VM_SHUTDOWN] = "shutdown",
        [VM_GUEST_PANICKED] = "guest-panicked",
        [VM_INTERNAL_ERROR] = "internal-error",
        [VM_DEBUG] = "debug",
    };
    return names[s];
}

void vm_add_listener(struct vm *vm, struct vm_listener *l)
{
    l->next = vm->listeners;
    vm->listeners = l;
}

void vm_remove_listener(struct vm *vm, struct vm_listener *l)
{
    for (struct vm_listener **p = &vm->listeners; *p; p = &(*p)->next) {
        if (*p == l) {
            *p = l->next;
            return;
        }
    }
}

void vm_emit(struct vm *vm, const struct vm_event *e)
{
    for (struct vm_listener *l = vm->listeners, *next; l; l = next) {
        next = l->next;
        l->event(l->opaque, e);
    }
}

void vm_halt(struct vm *vm, enum vm_state why)
{
    bool was_running = vm->state == VM_RUNNING;
    vm->state = why;
    vcpus_request_pause(vm->vcpus);
    clock_stop(vm->clock);
    if (was_running) {
        vm_emit(vm, &(struct vm_event){ .kind = VM_EVENT_STOP });
    }
}

void vm_stop(struct vm *vm, enum vm_state why)
{
    if (vm->state == VM_RUNNING && !vm->finished) {
        vm_halt(vm, why);
        vcpus_pause(vm->vcpus);
    }
}

bool vm_cont(struct vm *vm, GError **err)
{
    if (vm->state == VM_RUNNING || vm->finished) {
        return true;
    }
    if (vm->empty) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "the machine 'none' has no processors");
        return false;
    }
    if (vm->state == VM_SHUTDOWN || vm->state == VM_INTERNAL_ERROR) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                    "Resetting the Virtual Machine is required (system_reset)");
        return false;
    }
    vm->state = VM_RUNNING;
    vm_emit(vm, &(struct vm_event){ .kind = VM_EVENT_RESUME });
    clock_start(vm->clock);
    if (!vm->frozen && !vm->reset_posted) {
        vcpus_resume(vm->vcpus);
    }
    return true;
}

void vm_freeze(struct vm *vm)
{
    if (vm->frozen++ == 0) {
        vcpus_pause(vm->vcpus);
    }
}

void vm_thaw(struct vm *vm)
{
    /* While the lock was dropped the guest may have ended, or a reset may be on its way. */
    if (--vm->frozen == 0 && vm->state == VM_RUNNING && !vm->finished && !vm->reset_posted) {
        vcpus_resume(vm->vcpus);
    }
}

/* gdb's "monitor LINE". */
static void gdb_monitor(struct vm *vm, const char *line, GString *out)
{
    char *text = monitor_run_line(vm->monitors, line);
    g_string_append(out, text);
    g_free(text);
}

bool vm_gdbserver(struct vm *vm, const char *spec, GError **err)
{
    bool none = strcmp(spec, "none") == 0;
    if (vm->gdb && !none) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "there is a gdb server already");
        return false;
    }
    if (none) {
        gdbstub_free(vm->gdb, 0);
        vm->gdb = NULL;
        return true;
    }
    vm->gdb = gdbstub_new(vm, spec, err);
    if (vm->gdb) {
        gdbstub_set_monitor(vm->gdb, gdb_monitor);
    }
    return vm->gdb != NULL;
}

void vm_powerdown(struct vm *vm)
{
    vm_emit(vm, &(struct vm_event){ .kind = VM_EVENT_POWERDOWN });
    pc_powerdown(vm->pc);
}

void vm_nmi(struct vm *vm)
{
    pc_nmi(vm->pc);
}

static void do_quit(void *arg)
{
    struct vm *vm = arg;
    vm_finish(vm, 0, false, vm->quit_reason);
}

/* Posted, so that who asks gets its answer before the event. */
void vm_quit(struct vm *vm, const char *reason)
{
    if (!vm->quit_reason) {
        vm->quit_reason = reason;
        loop_post(vm->loop, do_quit, vm);
    }
}

void vm_set_actions(struct vm *vm, int no_reboot, int no_shutdown)
{
    vm->no_reboot = no_reboot < 0 ? vm->no_reboot : no_reboot;
    vm->no_shutdown = no_shutdown < 0 ? vm->no_shutdown : no_shutdown;
}

const struct vm_machine *vm_machine(unsigned i)
{
    static const struct vm_machine machines[] = {
        { "pc-i440fx-7.2", "pc", "PC (i440FX + PIIX3, 1996)", PC_MAX_CPUS, true },
        { "none", NULL, "nothing runs; for programs that ask questions", 1, false },
    };
    return i < ARRAY_LEN(machines) ? &machines[i] : NULL;
}

/* --- parts ------------------------------------------------------------------------------------ */

struct vm_parts vm_parts(struct vm *vm)
{
    return (struct vm_parts){
        .config = vm->config,
        .accel = &vm->accel,
        .model = &vm->model,
        .topology = &vm->topology,
        .vcpus = vm->vcpus,
        .mem = vm->mem,
        .io = vm->io,
        .clock = vm->clock,
        .loop = vm->loop,
        .input = vm->input,
        .display = vm->display,
        .chardevs = vm->chardevs,
        .drives = vm->drives,
        .name = vm->pc_config.name,
        .uuid = vm->pc_config.uuid_set ? vm->pc_config.uuid : NULL,
        .ram_size = vm->pc_config.ram_size,
    };
}

void vm_foreach_device(struct vm *vm, void (*fn)(void *arg, struct device *d), void *arg)
{
    pc_foreach_device(vm->pc, fn, arg);
}

/* Little-endian fields of configuration space. */
static uint32_t config_field(const struct pci_device *d, unsigned off, unsigned len)
{
    uint32_t v = 0;
    while (len-- > 0) {
        v = v << 8 | d->config[off + len];
    }
    return v;
}

struct pci_walk {
    void (*fn)(void *arg, const struct vm_pci_function *f);
    void *arg;
};

static void one_pci_function(void *opaque, struct pci_device *d)
{
    const struct pci_walk *w = opaque;
    struct vm_pci_function f = {
        .slot = PCI_DEV(d->devfn),
        .function = PCI_FN(d->devfn),
        .vendor = (uint16_t)config_field(d, 0x00, 2),
        .device = (uint16_t)config_field(d, 0x02, 2),
        .subsys_vendor = (uint16_t)config_field(d, 0x2c, 2),
        .subsys = (uint16_t)config_field(d, 0x2e, 2),
        .class_code = config_field(d, 0x09, 3),
        .revision = d->config[0x08],
        .irq_line = d->config[0x3c],
        .irq_pin = d->config[0x3d],
        .name = d->dev.cls->name,
        .id = d->dev.id,
    };
    for (size_t i = 0; i <= ARRAY_LEN(d->bar); i++) {
        const struct pci_bar *b = i < ARRAY_LEN(d->bar) ? &d->bar[i] : &d->rom;
        __typeof__(f.rom) *out = i < ARRAY_LEN(d->bar) ? (__typeof__(f.rom) *)&f.bar[i] : &f.rom;
        out->size = b->size;
        out->mapped = b->mapped;
        out->io = b->flags & PCI_BAR_IO;
        out->mem64 = b->flags & PCI_BAR_MEM64;
        out->prefetch = b->flags & PCI_BAR_PREFETCH;
    }
    w->fn(w->arg, &f);
}

void vm_foreach_pci(struct vm *vm, void (*fn)(void *arg, const struct vm_pci_function *f),
                    void *arg)
{
    struct pci_walk w = { .fn = fn, .arg = arg };
    if (pc_pci(vm->pc)) {
        pci_foreach(pc_pci(vm->pc), one_pci_function, &w);
    }
}

/* --- drives ----------------------------------------------------------------------------------- */

char *vm_drive_name(const struct drive *d)
{
    if (d->id) {
        return g_strdup(d->id);
    }
    const char *what = d->media == DRIVE_CDROM ? "cd" : "hd";
    switch (d->iface) {
    case DRIVE_IF_IDE: return g_strdup_printf("ide%d-%s%d", d->index / 2, what, d->index % 2);
    case DRIVE_IF_FLOPPY: return g_strdup_printf("floppy%d", d->index);
    case DRIVE_IF_VIRTIO: return g_strdup_printf("virtio%d", d->index);
    case DRIVE_IF_PFLASH: return g_strdup_printf("pflash%d", d->index);
    case DRIVE_IF_SCSI: return g_strdup_printf("scsi0-%s%d", what, d->index);
    case DRIVE_IF_SD: return g_strdup_printf("sd%d", d->index);
    default: return g_strdup_printf("none%d", d->index);
    }
}

struct medium_change {
    struct drive *drive;
    struct block *block;
    bool force;
    int ret;
};

static void try_change(void *arg, struct device *dev)
{
    struct medium_change *c = arg;
    if (c->ret == -ENODEV && dev->cls->change_medium) {
        c->ret = dev->cls->change_medium(dev, c->drive, c->block, c->force);
    }
}

bool vm_change_medium(struct vm *vm, struct drive *d, const char *path, const char *format,
                      bool read_only, bool force, GError **err)
{
    char *name = vm_drive_name(d);
    struct medium_change c = { .drive = d, .force = force, .ret = -ENODEV };
    const struct block_opts o = { .format = format,
                                  .read_only = read_only || d->media == DRIVE_CDROM,
                                  .snapshot = vm->config->snapshot,
                                  .allow_odd_size = true,
                                  .auto_read_only = true };
    struct block *old = d->block;
    bool ok = false;
    if (path && !(c.block = block_open(path, &o, vm->loop, err))) {
        goto out;
    }
    pc_foreach_device(vm->pc, try_change, &c);
    ok = c.ret == 0;
    if (!ok) {
        if (c.block) {
            block_close(c.block);
        }
        const char *why = c.ret == -EBUSY    ? "is locked by the guest (force it to have it anyway)"
                          : c.ret == -ENODEV ? "is not removable"
                                             : g_strerror(-c.ret);
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "Device '%s' %s", name, why);
        goto out;
    }
    if (old) {
        vm_emit(vm, &(struct vm_event){
                        .kind = VM_EVENT_TRAY_MOVED, .device = name, .tray_open = true });
        block_close(old);
    }
    if (d->block) {
        vm_emit(vm, &(struct vm_event){ .kind = VM_EVENT_TRAY_MOVED, .device = name });
    }
out:
    g_free(name);
    return ok;
}
