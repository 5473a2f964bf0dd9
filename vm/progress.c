/* SPDX-License-Identifier: MIT */
/*
 * For a person who waits at a terminal: who executes the guest, how fast, and that nothing has come
 * from it yet. Ends with the first thing on the screen or on the terminal. Nothing is said to a
 * file or a pipe, nor in the first half second.
 */
#include "core/display.h"
#include "core/log.h"
#include "core/loop.h"
#include "vm/vm_int.h"

#define TICK_MS 500

struct vm_progress {
    struct loop_tick *tick;
    int64_t start_ns;
    bool shown;
};

static void stop(struct vm_progress *p)
{
    if (p->tick) {
        loop_tick_remove(p->tick);
        p->tick = NULL;
    }
}

/* Is there anything to see? Graphics count. */
static bool screen_speaks(struct vm *vm)
{
    char *text = display_text(vm->display);
    bool any = !text;
    for (const char *s = text; s && *s && !any; s++) {
        any = !g_ascii_isspace(*s);
    }
    g_free(text);
    return any;
}

static void tick(void *opaque)
{
    struct vm *vm = opaque;
    struct vm_progress *p = vm->progress;
    double seconds = (double)(os_clock_ns() - p->start_ns) / NS_PER_SEC;
    char *speed = vm_speed_text(vm);
    if (vm->state != VM_RUNNING || (vm->pc_config.vga != PC_VGA_NONE && screen_speaks(vm))) {
        if (p->shown) {
            log_status(NULL);
            log_info(NULL, "the guest shows something after %.1f s (%s)", seconds, speed);
        }
        stop(p);
    } else {
        char *text = g_strdup_printf("emu: %s, %s, %.1f s, nothing from the guest yet", speed,
                                     vm->config->kernel ? "own boot loader" : "firmware", seconds);
        log_status(text);
        p->shown = true;
        g_free(text);
    }
    g_free(speed);
}

void vm_progress_start(struct vm *vm)
{
    if (vm->config->daemonize || vm->state != VM_RUNNING || !os_is_tty(2)) {
        return;
    }
    vm->progress = g_new0(struct vm_progress, 1);
    vm->progress->start_ns = os_clock_ns();
    vm->progress->tick = loop_tick_add(vm->loop, TICK_MS, tick, vm);
}

void vm_progress_free(struct vm *vm)
{
    if (vm->progress) {
        stop(vm->progress);
        log_status_end();
        g_clear_pointer(&vm->progress, g_free);
    }
}
