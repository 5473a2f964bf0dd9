/* SPDX-License-Identifier: MIT */
/* The command line as text: making and freeing struct vm_config. */
#include "vm/vm.h"

static void drive_arg_free(void *p)
{
    struct drive_arg *d = p;
    g_free(d->option);
    g_free(d->text);
    g_free(d);
}

/* Where the lists and the strings are. */
#define LISTS(c)                                                                                   \
    {                                                                                              \
        &(c)->accel, &(c)->machine, &(c)->cpu, &(c)->smp, &(c)->mem, &(c)->device, &(c)->global,   \
            &(c)->chardev, &(c)->serial, &(c)->parallel, &(c)->debugcon, &(c)->net, &(c)->symbols, \
            &(c)->firmware_dir, &(c)->fw_cfg, &(c)->smbios, &(c)->boot, &(c)->rtc, &(c)->name,     \
            &(c)->monitor, &(c)->trace, &(c)->object, &(c)->blockdev                               \
    }
#define STRINGS(c)                                                                             \
    {                                                                                          \
        (c)->bios, (c)->kernel, (c)->initrd, (c)->append, (c)->vga, (c)->display, (c)->vnc,    \
            (c)->uuid, (c)->pidfile, (c)->log_items, (c)->log_file, (c)->gdb, (c)->postmortem, \
            (c)->dfilter, (c)->strict, (c)->watchdog, (c)->screenshot_on_exit,                 \
            (c)->screentext_on_exit, (c)->report, (c)->guest_timeout, (c)->compare_replay,     \
            (c)->icount                                                                        \
    }

struct vm_config *vm_config_new(void)
{
    struct vm_config *c = g_new0(struct vm_config, 1);
    GPtrArray **lists[] = LISTS(c);
    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        *lists[i] = g_ptr_array_new_with_free_func(g_free);
    }
    c->drive = g_ptr_array_new_with_free_func(drive_arg_free);
    return c;
}

void vm_config_free(struct vm_config *c)
{
    GPtrArray **lists[] = LISTS(c);
    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        g_ptr_array_unref(*lists[i]);
    }
    g_ptr_array_unref(c->drive);
    char *strings[] = STRINGS(c);
    for (size_t i = 0; i < ARRAY_LEN(strings); i++) {
        g_free(strings[i]);
    }
    g_free(c);
}
