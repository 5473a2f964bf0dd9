/* SPDX-License-Identifier: MIT */
/*
 * The machine as a whole: what the command line asks for (struct vm_config) and the object that
 * ties
 * accelerator, board, back ends and main loop together. Main thread only, except vm_request_*.
 */
#ifndef VM_H
#define VM_H

#include <glib.h>

#include "core/types.h"

struct vm;

/* The command line, still as text: values of options in their order. */
struct vm_config {
    GPtrArray *accel;   /* -accel, -machine accel=, -enable-kvm */
    GPtrArray *machine; /* -machine */
    GPtrArray *cpu;     /* last one wins */
    GPtrArray *smp, *mem;
    GPtrArray *drive; /* struct drive_arg */
    GPtrArray *device, *global, *chardev, *serial, *parallel, *debugcon, *net;
    GPtrArray *firmware_dir, *fw_cfg, *smbios, *boot, *rtc, *name;
    char *bios, *kernel, *initrd, *append;
    char *vga, *display, *vnc, *uuid, *pidfile, *monitor;
    char *log_items, *log_file;
    char *screenshot_on_exit, *screentext_on_exit;
    bool nographic, nodefaults, no_reboot, no_shutdown, start_paused, snapshot, daemonize;
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

#endif
