/* SPDX-License-Identifier: MIT */
/* needs: jansson */
/*
 * QMP's ways of typing, pointing, changing discs and choosing what a reset does.
 */
#include <string.h>

#include "core/input.h"
#include "monitor/cmd_input.h"
#include "monitor/qmp_int.h"

/* --- keys ---------------------------------------------------------------------------------- */

/* {"type": "qcode", "data": "ret"} or {"type": "number", "data": 28}; 0 and an error otherwise. */
static uint8_t key_value(struct mon_call *c, json_t *j)
{
    const char *type = json_string_value(json_object_get(j, "type"));
    json_t *data = json_object_get(j, "data");
    if (g_strcmp0(type, "qcode") == 0 && json_is_string(data)) {
        return mon_key(c, json_string_value(data));
    }
    if (g_strcmp0(type, "number") == 0 && json_is_integer(data)) {
        json_int_t v = json_integer_value(data);
        uint8_t usage = v > 0 && v < 256 ? input_key_by_scancode((uint8_t)v) : 0;
        if (!usage) {
            call_error(c, MON_GENERIC, "no key has the number %" JSON_INTEGER_FORMAT, v);
        }
        return usage;
    }
    call_error(c, MON_GENERIC, "a key is {\"type\": \"qcode\"|\"number\", \"data\": ...}");
    return 0;
}

void qmp_send_key(struct mon_call *c)
{
    json_t *keys = arg_json(c, "keys");
    uint8_t usages[MON_CHORD_MAX];
    size_t n = json_array_size(keys);
    if (n == 0 || n > MON_CHORD_MAX) {
        call_error(c, MON_GENERIC, "'keys' is an array of 1 to %d keys", MON_CHORD_MAX);
        return;
    }
    for (size_t i = 0; i < n && !c->err; i++) {
        usages[i] = key_value(c, json_array_get(keys, i));
    }
    if (!c->err) {
        mon_send_chord(c, usages, (unsigned)n, arg_int(c, "hold-time", 0));
    }
}

/* --- events -------------------------------------------------------------------------------- */

struct pointer {
    int dx, dy, dz, x, y;
    bool moved, placed;
    unsigned buttons;
};

static void flush_pointer(struct mon_call *c, struct pointer *p)
{
    if (p->placed) {
        input_mouse_abs(c->p.input, p->x, p->y, p->dz, p->buttons);
        c->set->abs_x = p->x;
        c->set->abs_y = p->y;
    } else if (p->moved) {
        input_mouse_rel(c->p.input, p->dx, p->dy, p->dz, p->buttons);
    }
    *p = (struct pointer){ .buttons = p->buttons, .x = p->x, .y = p->y };
}

static void button_event(struct mon_call *c, struct pointer *p, json_t *data, bool act)
{
    static const struct {
        const char *name;
        unsigned bit;
        int dz;
    } buttons[] = { { "left", 1, 0 },      { "right", 2, 0 },       { "middle", 4, 0 },
                    { "wheel-up", 0, 1 },  { "wheel-down", 0, -1 }, { "side", 0, 0 },
                    { "extra", 0, 0 },     { "wheel-left", 0, 0 },  { "wheel-right", 0, 0 } };
    const char *name = json_string_value(json_object_get(data, "button"));
    json_t *down = json_object_get(data, "down");
    for (size_t i = 0; i < ARRAY_LEN(buttons) && json_is_boolean(down); i++) {
        if (g_strcmp0(name, buttons[i].name) == 0) {
            if (act) {
                bool on = json_is_true(down);
                p->buttons = on ? p->buttons | buttons[i].bit : p->buttons & ~buttons[i].bit;
                p->dz += on ? buttons[i].dz : 0;
                p->moved = true;
                flush_pointer(c, p);
            }
            return;
        }
    }
    call_error(c, MON_GENERIC, "a button event has 'down' and a 'button' that exists");
}

static void motion_event(struct mon_call *c, struct pointer *p, json_t *data, bool absolute)
{
    const char *axis = json_string_value(json_object_get(data, "axis"));
    json_t *value = json_object_get(data, "value");
    json_int_t v = json_integer_value(value);
    bool is_x = g_strcmp0(axis, "x") == 0;
    if (!json_is_integer(value) || (!is_x && g_strcmp0(axis, "y") != 0) || v < -32768 ||
        v > 32767) {
        call_error(c, MON_GENERIC, "a motion has an 'axis' x or y and a small 'value'");
        return;
    }
    if (absolute) {
        *(is_x ? &p->x : &p->y) = (int)v;
        p->placed = true;
    } else {
        int *d = is_x ? &p->dx : &p->dy;
        *d = CLAMP(*d + (int)v, -32768, 32767);
        p->moved = true;
    }
}

/* Checks (act false) or does one event. */
static void one_event(struct mon_call *c, struct pointer *p, json_t *j, bool act)
{
    const char *type = json_string_value(json_object_get(j, "type"));
    json_t *data = json_object_get(j, "data");
    if (g_strcmp0(type, "key") == 0) {
        json_t *down = json_object_get(data, "down");
        uint8_t usage = key_value(c, json_object_get(data, "key"));
        if (!json_is_boolean(down)) {
            call_error(c, MON_GENERIC, "a key event has 'down' and 'key'");
        } else if (act) {
            input_key(c->p.input, usage, json_is_true(down));
        }
    } else if (g_strcmp0(type, "btn") == 0) {
        button_event(c, p, data, act);
    } else if (g_strcmp0(type, "rel") == 0 || g_strcmp0(type, "abs") == 0) {
        motion_event(c, p, data, *type == 'a');
    } else {
        call_error(c, MON_GENERIC, "an input event is key, btn, rel or abs");
    }
}

void qmp_input_send_event(struct mon_call *c)
{
    json_t *events = arg_json(c, "events"), *v;
    size_t i;
    struct pointer p;
    if (!json_is_array(events) || json_array_size(events) > 1024) {
        call_error(c, MON_GENERIC, "'events' is an array of at most 1024");
        return;
    }
    /* All of them or none. */
    for (int act = 0; act < 2 && !c->err; act++) {
        p = (struct pointer){ .buttons = input_buttons(c->p.input),
                              .x = c->set->abs_x,
                              .y = c->set->abs_y };
        json_array_foreach(events, i, v) {
            one_event(c, &p, v, act);
        }
    }
    if (!c->err) {
        flush_pointer(c, &p);
    }
}

/* --- the rest ------------------------------------------------------------------------------ */

void qmp_blockdev_change_medium(struct mon_call *c)
{
    const char *name = arg_given(c, "id") ? arg_str(c, "id") : arg_str(c, "device");
    mon_change(c, name, arg_str(c, "filename"), arg_str(c, "format"),
               arg_str(c, "read-only-mode"), arg_bool(c, "force", false));
}

static int choose(struct mon_call *c, const char *name, const char *zero, const char *one)
{
    const char *v = arg_str(c, name);
    if (!v) {
        return -1;
    }
    if (strcmp(v, zero) != 0 && strcmp(v, one) != 0) {
        call_error(c, MON_GENERIC, "'%s' is %s or %s", name, zero, one);
    }
    return strcmp(v, one) == 0;
}

void qmp_set_action(struct mon_call *c)
{
    int reboot = choose(c, "reboot", "reset", "shutdown");
    int shutdown = choose(c, "shutdown", "poweroff", "pause");
    if (arg_given(c, "panic") && strcmp(arg_str(c, "panic"), "none") != 0) {
        call_error(c, MON_GENERIC, "'panic' is none: the guest decides what follows");
    }
    if (arg_given(c, "watchdog")) {
        call_error(c, MON_GENERIC, "there is no watchdog");
    }
    if (!c->err) {
        vm_set_actions(c->vm, reboot, shutdown);
    }
}
