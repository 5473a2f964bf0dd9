/* SPDX-License-Identifier: MIT */
/*
 * Keyboard, mouse, screen and discs.
 */
#include "monitor/cmd_input.h"

#include <string.h>

#include "backend/block/block.h"
#include "core/clock.h"
#include "core/display.h"
#include "core/input.h"
#include "core/opts.h"
#include "monitor/commands.h"
#include "os/os.h"
#include "ui/ui.h"

#define HOLD_MS     100
#define HOLD_MS_MAX 10000
#define GAP_MS      10
#define QUEUE_MAX   4096

/* --- keys ---------------------------------------------------------------------------------- */

/* Keys wait here for their turn, by the guest's time: a chord goes up before the next goes down. */
struct key_step {
    uint8_t usage;
    bool down;
    uint16_t delay_ms; /* after the step before */
};

struct mon_keys {
    struct timer timer;
    struct input_hub *input;
    GArray *steps;
};

static void run_steps(void *opaque)
{
    struct mon_keys *q = opaque;
    guint done = 0;
    while (done < q->steps->len) {
        struct key_step *k = &g_array_index(q->steps, struct key_step, done);
        if (k->delay_ms > 0) {
            timer_mod(&q->timer, clock_now_ns(q->timer.clock) + k->delay_ms * NS_PER_MS);
            k->delay_ms = 0;
            break;
        }
        if (k->usage) {
            input_key(q->input, k->usage, k->down);
        }
        done++;
    }
    g_array_remove_range(q->steps, 0, done);
}

void mon_keys_free(struct mon_keys *q)
{
    if (q) {
        timer_del(&q->timer);
        g_array_unref(q->steps);
        g_free(q);
    }
}

static void add_step(struct mon_keys *q, uint8_t usage, bool down, int64_t delay_ms)
{
    struct key_step k = { .usage = usage, .down = down, .delay_ms = (uint16_t)delay_ms };
    g_array_append_val(q->steps, k);
}

void mon_send_chord(struct mon_call *c, const uint8_t *keys, unsigned n, int64_t hold_ms)
{
    struct mon_keys *q = c->set->keys;
    if (!q) {
        q = c->set->keys = g_new0(struct mon_keys, 1);
        q->input = c->p.input;
        q->steps = g_array_new(FALSE, FALSE, sizeof(struct key_step));
        timer_init(&q->timer, c->p.clock, run_steps, q);
    }
    if (q->steps->len > QUEUE_MAX) {
        call_error(c, MON_GENERIC, "too many keys are waiting to be sent");
        return;
    }
    hold_ms = hold_ms <= 0 ? HOLD_MS : MIN(hold_ms, HOLD_MS_MAX);
    for (unsigned i = 0; i < n; i++) {
        add_step(q, keys[i], true, 0);
    }
    for (unsigned i = n; i-- > 0;) {
        add_step(q, keys[i], false, i == n - 1 ? hold_ms : 0);
    }
    add_step(q, 0, false, GAP_MS);
    if (!timer_pending(&q->timer)) {
        run_steps(q);
    }
}

uint8_t mon_key(struct mon_call *c, const char *name)
{
    uint64_t scan;
    uint8_t usage = input_key_by_name(name);
    if (usage == 0 && strcmp(name, "unmapped") != 0 && parse_u64(name, 0xff, &scan)) {
        usage = input_key_by_scancode((uint8_t)scan);
    }
    if (usage == 0) {
        call_error(c, MON_GENERIC, "Invalid parameter '%.40s'", name);
    }
    return usage;
}

void cmd_sendkey(struct mon_call *c)
{
    uint8_t keys[MON_CHORD_MAX];
    unsigned n = 0;
    char **names = g_strsplit(arg_str(c, "keys"), "-", -1);
    for (char **p = names; *p && !c->err; p++) {
        if (n == MON_CHORD_MAX) {
            call_error(c, MON_GENERIC, "at most %d keys at once", MON_CHORD_MAX);
            break;
        }
        keys[n++] = mon_key(c, strcmp(*p, "<") == 0 ? "less" : *p);
    }
    g_strfreev(names);
    if (!c->err) {
        mon_send_chord(c, keys, n, arg_int(c, "hold-time", 0));
    }
}

/* --- mouse --------------------------------------------------------------------------------- */

static bool small_int(struct mon_call *c, const char *name, int *out)
{
    const char *s = arg_str(c, name);
    char *end;
    *out = 0;
    if (s) {
        int64_t v = g_ascii_strtoll(s, &end, 0);
        if (*end || v < -32768 || v > 32767) {
            call_error(c, MON_GENERIC, "'%s' is a number from -32768 to 32767", name);
            return false;
        }
        *out = (int)v;
    }
    return true;
}

void cmd_mouse_move(struct mon_call *c)
{
    int dx, dy, dz;
    if (small_int(c, "dx", &dx) && small_int(c, "dy", &dy) && small_int(c, "dz", &dz)) {
        input_mouse_rel(c->p.input, dx, dy, dz, input_buttons(c->p.input));
    }
}

void cmd_mouse_button(struct mon_call *c)
{
    unsigned s = (unsigned)arg_int(c, "state", 0);
    /* QEMU counts left, middle, right. */
    input_mouse_rel(c->p.input, 0, 0, 0, (s & 1) | (s & 2) << 1 | (s & 4) >> 1);
}

void cmd_mouse_set(struct mon_call *c)
{
    if (arg_int(c, "index", 0) != 0) {
        call_error(c, MON_GENERIC, "there is no such mouse (see info mice)");
    }
}

void info_mice(struct mon_call *c)
{
    call_print(c, "* Mouse #0: QEMU PS/2 Mouse%s\n",
               input_wants_abs(c->p.input) ? " (absolute)" : "");
}

/* --- screen -------------------------------------------------------------------------------- */

void cmd_screendump(struct mon_call *c)
{
    const char *file = arg_str(c, "filename"), *format = arg_str(c, "format");
    if (arg_int(c, "head", 0) != 0) {
        call_error(c, MON_GENERIC, "there is one screen, head 0");
        return;
    }
    if (format && strcmp(format, "png") != 0 && strcmp(format, "ppm") != 0) {
        call_error(c, MON_GENERIC, "format is png or ppm, not '%.20s'", format);
        return;
    }
    bool png = format ? strcmp(format, "png") == 0 : g_str_has_suffix(file, ".png");
    display_screenshot_as(c->p.display, file, png, &c->err);
}

void cmd_screentext(struct mon_call *c)
{
    char *text = display_text(c->p.display);
    if (text) {
        call_print(c, "%s", text);
    } else {
        call_error(c, MON_GENERIC, "the screen is in a graphics mode");
    }
    g_free(text);
}

/* --- discs --------------------------------------------------------------------------------- */

struct search {
    const struct drive *drive;
    const struct device *found;
};

static void is_owner(void *arg, struct device *d)
{
    struct search *s = arg;
    for (const struct prop *p = d->cls->props; p && p->name; p++) {
        const void *at = (const char *)d + p->offset;
        if (p->kind == PROP_DRIVE && *(struct drive *const *)at == s->drive) {
            s->found = d;
        }
    }
}

const struct device *mon_drive_owner(struct mon_call *c, const struct drive *d)
{
    struct search s = { .drive = d };
    vm_foreach_device(c->vm, is_owner, &s);
    return s.found;
}

/* By its own name or by that of its -device. */
static struct drive *find_drive(struct mon_call *c, const char *name)
{
    for (guint i = 0; name && i < c->p.drives->len; i++) {
        struct drive *d = g_ptr_array_index(c->p.drives, i);
        char *n = vm_drive_name(d);
        bool same = strcmp(n, name) == 0;
        g_free(n);
        const struct device *owner = same ? NULL : mon_drive_owner(c, d);
        if (same || (owner && g_strcmp0(owner->id, name) == 0)) {
            return d;
        }
    }
    call_error(c, MON_DEVICE_NOT_FOUND, "Device '%.64s' not found", name ? name : "");
    return NULL;
}

void cmd_eject(struct mon_call *c)
{
    const char *name = arg_given(c, "device") ? arg_str(c, "device") : arg_str(c, "id");
    struct drive *d = find_drive(c, name);
    if (d) {
        vm_change_medium(c->vm, d, NULL, NULL, false, arg_bool(c, "force", false), &c->err);
    }
}

void mon_change(struct mon_call *c, const char *name, const char *file, const char *format,
                const char *mode, bool force)
{
    struct drive *d = find_drive(c, name);
    bool read_only = false;
    if (!d) {
        return;
    }
    if (mode && strcmp(mode, "retain") != 0 && strcmp(mode, "read-only") != 0 &&
        strcmp(mode, "read-write") != 0) {
        call_error(c, MON_GENERIC, "mode is retain, read-only or read-write");
        return;
    }
    if (!mode || strcmp(mode, "retain") == 0) {
        read_only = d->block && block_read_only(d->block);
    } else {
        read_only = strcmp(mode, "read-only") == 0;
    }
    vm_change_medium(c->vm, d, file, format, read_only, force, &c->err);
}

/* --- the VNC server ------------------------------------------------------------------------ */

static void new_password(struct mon_call *c, const char *text)
{
    ui_server_password(vm_ui_set(c->vm), text, &c->err);
}

/* `change vnc password [TEXT]`: without a text it is asked for. */
static void change_vnc(struct mon_call *c, const char *what, const char *text)
{
    if (strcmp(what, "password") != 0) {
        call_error(c, MON_GENERIC, "of the VNC server the password alone can be changed");
    } else if (text) {
        new_password(c, text);
    } else if (!hmp_ask(c->mon, "Password: ", new_password)) {
        call_error(c, MON_GENERIC, "the password is missing");
    }
}

static bool is_vnc(struct mon_call *c)
{
    const char *protocol = arg_str(c, "protocol");
    if (strcmp(protocol, "vnc") != 0) {
        call_error(c, MON_GENERIC, "'protocol' is vnc: there is no '%.20s' server", protocol);
        return false;
    }
    const char *connected = arg_str(c, "connected");
    if (connected && strcmp(connected, "keep") != 0) {
        call_error(c, MON_GENERIC, "who is connected stays: 'connected' is keep");
        return false;
    }
    return true;
}

void cmd_change_vnc_password(struct mon_call *c)
{
    new_password(c, arg_str(c, "password"));
}

void cmd_set_password(struct mon_call *c)
{
    if (is_vnc(c)) {
        new_password(c, arg_str(c, "password"));
    }
}

/* now, never, +SECONDS, or seconds since 1970. */
void cmd_expire_password(struct mon_call *c)
{
    const char *text = arg_str(c, "time");
    int64_t now = os_realtime_ns() / NS_PER_SEC, at = 0;
    uint64_t n = 0;
    if (strcmp(text, "now") == 0) {
        at = now;
    } else if (strcmp(text, "never") != 0) {
        if (!parse_u64(text + (*text == '+'), INT64_MAX / 2, &n)) {
            call_error(c, MON_GENERIC, "'time' is now, never, +SECONDS or SECONDS");
            return;
        }
        at = (int64_t)n + (*text == '+' ? now : 0);
        at = MAX(at, 1);
    }
    if (is_vnc(c)) {
        ui_server_expire(vm_ui_set(c->vm), at, &c->err);
    }
}

void cmd_change(struct mon_call *c)
{
    if (strcmp(arg_str(c, "device"), "vnc") == 0) {
        change_vnc(c, arg_str(c, "target"), arg_str(c, "format"));
        return;
    }
    mon_change(c, arg_str(c, "device"), arg_str(c, "target"), arg_str(c, "format"),
               arg_str(c, "read-only-mode"), false);
}
