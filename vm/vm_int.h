/* SPDX-License-Identifier: MIT */
/*
 * Inside of struct vm: shared by vm.c (making, running and ending it) and vm/control.c (what the
 * monitor asks). Nobody else includes this.
 */
#ifndef VM_INT_H
#define VM_INT_H

#include "accel/api/accel.h"
#include "accel/api/vcpu.h"
#include "core/clock.h"
#include "core/console.h"
#include "hw/pc/lapic.h"
#include "monitor/postmortem.h"
#include "monitor/monitor.h"
#include "os/os.h"
#include "vm/vm.h"
#include "vm/notes.h"
#include "vm/setup.h"

struct vm {
    const struct vm_config *config;
    struct accel_choice accel;
    struct icount_config icount;
    struct x86_cpu_model model;
    struct x86_topology topology;
    struct os_ram ram;
    uint8_t *ram_base; /* where the accelerator chose; ram_free ends it */
    void (*ram_free)(void *base);
    struct physmem *mem;
    struct ioport_space *io;
    struct clock *clock;
    struct loop *loop;
    struct input_hub *input;
    struct display *display;
    struct consoles consoles; /* the guest's screen and text consoles */
    struct chardev_set *chardevs;
    struct vm_ui *ui;
    GPtrArray *drives;
    GHashTable *device_ids;
    GPtrArray *keep; /* strings that pc_config points to */
    struct pc_config pc_config;
    struct pc *pc;
    struct accel_callbacks callbacks;
    struct lapic_cpu_ops cpu_ops;
    struct vcpus *vcpus;
    struct timer power_off_timer;
    struct loop_watch *term_watch;
    bool reset_posted, fallback_posted;
    struct vm_switch *accel_switch; /* switch-at, until it has happened */
    bool finished;
    enum vm_state state;
    unsigned frozen; /* depth of vm_freeze */
    const char *reset_reason; /* of the reset that is posted; NULL: the guest's own */
    struct vm_listener *listeners;
    const char *quit_reason; /* vm_quit was called */
    bool no_reboot, no_shutdown;
    bool empty; /* -machine none */
    struct gdbstub *gdb; /* -gdb; NULL: none */
    struct vm_notes *notes;
    uint64_t irqs_taken;
    struct vm_watchdog *watchdog; /* -watchdog-explain; NULL: off */
    struct postmortem *postmortem;
    struct pm_io_ring *pm_io; /* the last device accesses, for it */
    struct monitor_set *monitors;
    struct vm_progress *progress; /* NULL: nobody waits at a terminal */
    GArray *monitor_plan; /* vm/monitor.c */
    int status;
    struct vm_report *report; /* -report, -guest-timeout; NULL: neither */
};

/* vm/accel.c: vcpus_new, with tcg where the chosen accelerator cannot do it after all. */
struct vcpus *vm_accel_vcpus(struct vm *vm, const struct accel_params *p,
                             const struct vcpu_owner *owner, GError **err);
/* -icount: what the accelerator must be able to do, and must not. */
bool vm_accel_icount_check(struct vm *vm, GError **err);
/* When the machine begins to run: -accel's switch-at. */
bool vm_accel_start(struct vm *vm, GError **err);
void vm_accel_stop(struct vm *vm);
/* A debug exit: true when it was switch-at's. */
bool vm_accel_debug(struct vm *vm, const struct accel_exit *e);
/* What struct vcpu_owner's failed comes to. */
void vm_accel_failed(struct vm *vm, unsigned vcpu, const char *text);

/* vm.c: the end of the run; the first caller decides. */
void vm_finish(struct vm *vm, int status, bool guest, const char *reason);

/* vm/progress.c: from the first instruction to the end. */
void vm_progress_start(struct vm *vm);
void vm_progress_free(struct vm *vm);
/* vm/ui.c: "tcg, 45 MIPS"; g_free. */
char *vm_speed_text(struct vm *vm);

/* vm/monitor.c: before the board, after it, at the end. */
bool setup_monitors(struct vm *vm, GError **err);
bool start_monitors(struct vm *vm, GError **err);
void free_monitors(struct vm *vm);

/* vm/ui.c */
bool vm_ui_open(struct vm *vm, GError **err);
void vm_ui_close(struct vm *vm);

/* vm/report.c: when the rest is there, after the run, at the end. */
bool vm_report_start(struct vm *vm, GError **err);
void vm_report_write(struct vm *vm);
void vm_report_free(struct vm *vm);

/* vm/postmortem.c */
bool vm_postmortem_make(struct vm *vm, GError **err);
void vm_postmortem_start(struct vm *vm); /* vCPUs are there, and stand still */
void vm_died(struct vm *vm, enum pm_reason why, const struct x86_state *s, unsigned vcpu);
void vm_died_here(struct vm *vm, enum pm_reason why); /* the state of the caller's own vCPU */
void vm_guest_resets(struct vm *vm);

/* vm/watchdog.c: once the vCPUs exist. */
bool vm_watchdog_make(struct vm *vm, GError **err);
void vm_watchdog_free(struct vm_watchdog *w);

/* vm/control.c */
void vm_emit(struct vm *vm, const struct vm_event *e);
/* The processors and the clock stand still from now on (or from the end of this vCPU's exit). */
void vm_halt(struct vm *vm, enum vm_state why);

#endif
