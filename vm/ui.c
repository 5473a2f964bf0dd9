/* SPDX-License-Identifier: MIT */
/*
 * Windows and remote screens of the machine, and what their titles say of it.
 */
#include <string.h>

#include "core/display.h"
#include "hw/pc/pc.h"
#include "os/os.h"
#include "ui/ui.h"
#include "vm/vm_int.h"

#define SPEED_NS (900 * NS_PER_MS) /* the shortest time to measure the speed over */

struct vm_ui {
    struct ui_set *set;
    int64_t at_ns; /* of the last count; 0: none */
    uint64_t insns;
    unsigned mips;
};

static void quit(void *opaque)
{
    vm_finish(opaque, 0, false, "host-ui");
}

static char *secret(void *opaque, const char *id, GError **err)
{
    return setup_secret(((struct vm *)opaque)->config, id, err);
}

struct ui_set *vm_ui_set(struct vm *vm)
{
    return vm->ui ? vm->ui->set : NULL;
}

/* Executed instructions of all processors; 0 where the accelerator does not count. */
static uint64_t instructions(struct vm *vm)
{
    static const char word[] = ": instructions ";
    uint64_t sum = 0;
    GString *text = g_string_new(NULL);
    vcpus_stats(vm->vcpus, text);
    char **lines = g_strsplit(text->str, "\n", -1);
    for (char **l = lines; *l; l++) {
        const char *at = g_str_has_prefix(*l, "vcpu") ? strstr(*l, word) : NULL;
        if (at) {
            sum += g_ascii_strtoull(at + sizeof word - 1, NULL, 10);
        }
    }
    g_strfreev(lines);
    g_string_free(text, TRUE);
    return sum;
}

static char *status(void *opaque)
{
    struct vm *vm = opaque;
    struct vm_ui *u = vm->ui;
    const char *accel = vm_accel_name(vm);
    if (vm->state != VM_RUNNING) {
        u->at_ns = 0;
        return g_strdup_printf("%s, %s", accel, vm_state_name(vm->state));
    }
    int64_t now = os_clock_ns(), passed = now - u->at_ns;
    if (passed >= SPEED_NS) {
        uint64_t insns = instructions(vm);
        bool known = u->at_ns && insns > u->insns;
        u->mips = known ? (unsigned)((insns - u->insns) * 1000 / (uint64_t)passed) : 0;
        u->insns = insns;
        u->at_ns = now;
    }
    return u->mips ? g_strdup_printf("%s, %u MIPS", accel, u->mips) : g_strdup(accel);
}

char *vm_speed_text(struct vm *vm)
{
    return status(vm);
}

/* As QEMU has them: the screen, the monitor, the ports. */
static void order_consoles(struct consoles *c)
{
    unsigned place = 1;
    for (unsigned i = 1; i < c->n; i++) {
        if (g_str_has_prefix(c->at[i].name, "compat_monitor")) {
            struct console monitor = c->at[i];
            memmove(c->at + place + 1, c->at + place, (i - place) * sizeof c->at[0]);
            c->at[place++] = monitor;
        }
    }
}

/* Nothing but a window, VNC or a terminal's curses shows text consoles. */
bool vm_shows_consoles(const struct vm_config *c)
{
    bool hidden = c->display && strncmp(c->display, "none", 4) == 0;
    return !c->nographic && !c->nodefaults && (!hidden || c->vnc);
}

bool vm_ui_open(struct vm *vm, GError **err)
{
    const struct vm_config *c = vm->config;
    bool quiet = c->serial->len == 0 && c->parallel->len == 0 && c->debugcon->len == 0 &&
                 c->chardev->len == 0 && !c->nographic &&
                 !chardev_set_stdio_taken(vm->chardevs);
    order_consoles(&vm->consoles);
    vm->ui = g_new0(struct vm_ui, 1);
    const struct ui_params p = {
        .consoles = &vm->consoles,
        .loop = vm->loop,
        .name = vm->pc_config.name,
        .full_screen = c->full_screen,
        .terminal_free = quiet && !c->daemonize,
        .unseen = quiet && !c->screenshot_on_exit && !c->screentext_on_exit,
        .status = status,
        .secret = secret,
        .quit = quit,
        .opaque = vm,
    };
    bool none = !c->display && (c->nographic || vm->pc_config.vga == PC_VGA_NONE);
    vm->ui->set = ui_open(&p, none ? "none" : c->display, c->vnc, err);
    return vm->ui->set != NULL;
}

void vm_ui_close(struct vm *vm)
{
    if (vm->ui) {
        ui_close(vm->ui->set);
        g_clear_pointer(&vm->ui, g_free);
    }
}
