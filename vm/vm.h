/* SPDX-License-Identifier: MIT */
/*
 * The machine as a whole: what the command line asks for (struct vm_config) and the object that
 * ties accelerator, board, back ends and main loop together. Main thread; from vm_state on with the
 * machine lock held.
 */
#ifndef VM_H
#define VM_H

#include <glib.h>

#include "core/types.h"

struct drive;
struct vm;

/* The command line, still as text: values of options in their order. */
struct vm_config {
    GPtrArray *accel;   /* -accel, -machine accel=, -enable-kvm */
    GPtrArray *machine; /* -machine */
    GPtrArray *cpu;     /* last one wins */
    GPtrArray *smp, *mem;
    GPtrArray *drive; /* struct drive_arg */
    GPtrArray *device, *object, *blockdev, *global, *chardev, *serial, *parallel, *debugcon, *net;
    GPtrArray *monitor; /* "OPTION VALUE" of -monitor, -qmp, -qmp-pretty and -mon */
    GPtrArray *firmware_dir, *fw_cfg, *smbios, *boot, *rtc, *name;
    char *bios, *kernel, *initrd, *append;
    char *vga, *display, *vnc, *uuid, *pidfile;
    char *log_items, *log_file, *gdb, *dfilter, *strict, *watchdog;
    GPtrArray *trace;
    char *screenshot_on_exit, *screentext_on_exit, *postmortem;
    GPtrArray *symbols;
    char *report, *guest_timeout, *icount;
    char *compare_replay; /* -compare with replay=: no machine at all */
    bool nographic, nodefaults, no_reboot, no_shutdown, start_paused, snapshot, daemonize;
    bool as_qemu;      /* called as qemu-system-* */
    bool no_long_mode; /* called as qemu-system-i386 */
    bool no_acpi, no_hpet, only_migratable, full_screen;
};

/* -drive and its short forms: hda ... cdrom, fda, and an image without an option. */
struct drive_arg {
    char *option;      /* as typed: "-hda", or "" for a bare image */
    char *text;        /* -drive: key=value list; else a file name */
    const char *extra; /* key=value list that the short form stands for; NULL for -drive */
};

struct vm_config *vm_config_new(void);
void vm_config_free(struct vm_config *c);
/* With as_qemu: drops what emu lacks and a guest boots without, with a warning each. */
void vm_config_do_without(struct vm_config *c);
bool vm_can_do_without(const char *option); /* the same of a whole option */
bool vm_is_spare_device(const char *driver); /* such a device: lacking, not needed to boot */

/* Everything is checked and opened here; the error names option and value. */
struct vm *vm_new(const struct vm_config *c, GError **err);
/* Runs until power-off, debug-exit, a signal or quit. Returns the process' exit status. */
int vm_run(struct vm *vm);
void vm_free(struct vm *vm);

/* Exit status of a guest that died of a triple fault under -no-reboot; even, so that no
 * isa-debug-exit
 * value is mistaken for it. */
#define VM_EXIT_TRIPLE_FAULT 2
/* ... and of an accelerator that broke down. */
#define VM_EXIT_ACCEL_FAILED 4
/* ... and -guest-timeout; what timeout(1) gives. */
#define VM_EXIT_GUEST_TIMEOUT 124

/* --- the running machine, for monitors and debuggers (vm/control.c) --------------------------- */

enum vm_state {
    VM_PRELAUNCH, /* -S, or reset while it stood still */
    VM_RUNNING,
    VM_PAUSED,
    VM_SHUTDOWN, /* off, kept by -no-shutdown */
    VM_GUEST_PANICKED,
    VM_INTERNAL_ERROR, /* the accelerator gave up */
    VM_DEBUG,          /* a debugger stopped it */
};
enum vm_state vm_state(const struct vm *vm);
const char *vm_state_name(enum vm_state s); /* QEMU's RunState: "running", "prelaunch"... */

enum vm_event_kind {
    VM_EVENT_STOP,
    VM_EVENT_RESUME,
    VM_EVENT_RESET,
    VM_EVENT_SHUTDOWN,
    VM_EVENT_POWERDOWN,
    VM_EVENT_GUEST_PANICKED,
    VM_EVENT_TRAY_MOVED,
};
struct vm_event {
    enum vm_event_kind kind;
    bool guest;         /* RESET, SHUTDOWN: the guest's own doing */
    const char *reason; /* RESET, SHUTDOWN: QEMU's ShutdownCause; PANICKED: what is done about it */
    const char *device; /* TRAY_MOVED */
    bool tray_open;
};
struct vm_listener {
    void (*event)(void *opaque, const struct vm_event *e); /* main loop or a vCPU's thread */
    void *opaque;
    struct vm_listener *next;
};
void vm_add_listener(struct vm *vm, struct vm_listener *l);
void vm_remove_listener(struct vm *vm, struct vm_listener *l);

/* Stands still when it returns (also from a vCPU's own thread, once its exit is handled). The lock
 * is dropped meanwhile. why: VM_PAUSED or VM_DEBUG. Harmless when it stands still already. */
void vm_stop(struct vm *vm, enum vm_state why);
bool vm_cont(struct vm *vm, GError **err);
/* Processors stand still between the two (nests), without the guest's clock or state noticing:
 * for a look at registers and memory. */
void vm_freeze(struct vm *vm);
void vm_thaw(struct vm *vm);
/* `accel SPEC` ("kvm", "tcg,mode=interp"): moves the running machine to that accelerator; devices
 * and guest notice nothing. False: it is where it was. Main thread. (vm/accel.c) */
bool vm_switch_accel(struct vm *vm, const char *spec, GError **err);
const char *vm_accel_name(const struct vm *vm); /* the one in use now: "tcg" */
void vm_reset(struct vm *vm, const char *reason); /* soon: posted to the main loop */
void vm_powerdown(struct vm *vm);                 /* the ACPI power button */
void vm_nmi(struct vm *vm);
/* -gdb SPEC at run time; "none" ends it. Not from within the gdb server. */
bool vm_gdbserver(struct vm *vm, const char *spec, GError **err);
void vm_quit(struct vm *vm, const char *reason);  /* soon ends vm_run with status 0 */

/* -no-reboot and -no-shutdown from now on: 0, 1, or -1 to leave it. */
void vm_set_actions(struct vm *vm, int no_reboot, int no_shutdown);

/* -machine's types; NULL behind the last. */
struct vm_machine {
    const char *name, *alias, *desc;
    unsigned max_cpus;
    bool is_default;
};
const struct vm_machine *vm_machine(unsigned i);

/* What it is made of; everything stays the machine's. */
struct vm_parts {
    const struct vm_config *config;
    const struct accel_choice *accel;
    const struct x86_cpu_model *model;
    const struct x86_topology *topology;
    struct vcpus *vcpus;
    struct physmem *mem;
    struct ioport_space *io;
    struct clock *clock;
    struct loop *loop;
    struct input_hub *input;
    struct display *display;
    struct chardev_set *chardevs;
    GPtrArray *drives; /* struct drive */
    const char *name;  /* or NULL */
    const uint8_t *uuid; /* 16 bytes, or NULL */
    uint64_t ram_size;
};
struct vm_parts vm_parts(struct vm *vm);

/* For postmortem_info (monitor/postmortem.h) and names of addresses. */
struct postmortem *vm_postmortem(struct vm *vm);

/* Windows and remote screens (ui/ui.h). */
struct ui_set *vm_ui_set(struct vm *vm);

struct device;
void vm_foreach_device(struct vm *vm, void (*fn)(void *arg, struct device *d), void *arg);

struct vm_pci_function {
    unsigned bus, slot, function;
    uint16_t vendor, device, subsys_vendor, subsys;
    uint32_t class_code; /* 24 bits */
    uint8_t revision, irq_pin, irq_line;
    const char *name, *id; /* of the device's class; -device id= or NULL */
    struct {
        uint64_t size, mapped; /* size 0: absent; mapped UINT64_MAX: not decoded now */
        bool io, mem64, prefetch;
    } bar[6], rom;
};
void vm_foreach_pci(struct vm *vm, void (*fn)(void *arg, const struct vm_pci_function *f),
                    void *arg);

/* QEMU's name of a drive: its id, or "ide0-hd0", "ide1-cd0", "floppy0"... g_free. */
char *vm_drive_name(const struct drive *d);
/* NULL path: takes the medium out. The drive must be one with removable media. */
bool vm_change_medium(struct vm *vm, struct drive *d, const char *path, const char *format,
                      bool read_only, bool force, GError **err);

#endif
