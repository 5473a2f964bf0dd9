/* SPDX-License-Identifier: MIT */
/*
 * From the text of options to what the machine is made of. Each function checks one option's values
 * and names option and value in its error.
 */
#ifndef VM_SETUP_H
#define VM_SETUP_H

#include "accel/x86/cpuid.h"
#include "backend/block/block.h"
#include "backend/char/chardev.h"
#include "hw/pc/pc.h"
#include "vm/vm.h"

/* -machine, -no-acpi, -no-hpet, -vga into pc; accelerator names are appended to accels (of char
 * *). */
bool setup_machine(const struct vm_config *c, struct pc_config *pc, GPtrArray *accels,
                   GError **err);
/* -machine none: a board that only answers questions and never runs. */
bool setup_machine_is_none(const struct vm_config *c);
bool setup_smp(const struct vm_config *c, struct x86_topology *t, GError **err);
bool setup_mem(const struct vm_config *c, uint64_t *size, GError **err);
/* -boot. Strings live as long as *keep (of char *, freed by the caller). */
bool setup_boot(const struct vm_config *c, struct pc_config *pc, GPtrArray *keep, GError **err);
/* -name, -uuid. */
bool setup_identity(const struct vm_config *c, struct pc_config *pc, GPtrArray *keep, GError **err);
/* -rtc: seconds since 1970 at virtual time 0. */
bool setup_rtc(const struct vm_config *c, int64_t *base, GError **err);
/* -icount; on: it was given. */
struct icount_config {
    bool on, sleep;
    unsigned shift;
};
bool setup_icount(const struct vm_config *c, struct icount_config *out, GError **err);
/* Opens every drive; the result owns them (drive_free). */
struct loop;
GPtrArray *setup_drives(const struct vm_config *c, struct loop *loop, GError **err);
/* -chardev, -serial, -parallel, -debugcon. */
bool setup_chardevs(const struct vm_config *c, struct chardev_set *set, struct pc_config *pc,
                    GError **err);
/* -display, -net: what is not there yet is refused. */
bool setup_refusals(const struct vm_config *c, GError **err);

/* objects.c: -object. A memory back end that -machine names must have the size of -m. */
bool setup_objects(const struct vm_config *c, GError **err);
bool setup_memory_backend(const struct vm_config *c, const char *id, uint64_t ram, GError **err);
/* The text of a secret; g_free. */
char *setup_secret(const struct vm_config *c, const char *id, GError **err);

/* Is there, or may there be, a display that shows text consoles? (ui.c) */
bool vm_shows_consoles(const struct vm_config *c);

#endif
