/* SPDX-License-Identifier: MIT */
/* needs: sdl2 */
/*
 * A window by SDL2, polled from the main loop. The guest's surface is one streaming texture; only
 * what was damaged is uploaded, and the lock is dropped while the window system draws.
 * SDL's scancodes are the HID usages of page 7 (SDL_scancode.h), so keys need no table.
 */
#include <string.h>

#include <glib.h>
#include <SDL.h>

#include "core/console.h"
#include "core/device.h"
#include "core/display.h"
#include "core/input.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/opts.h"
#include "ui/typist.h"
#include "ui/ui.h"

#define TICK_MS      16
#define LAST_HID_KEY 0xe7
#define QUIET_TICKS  60 /* after a second without a change look at every third tick only */
#define TITLE_TICKS  60

struct sdl_ui {
    struct ui_params p;
    struct display_listener listener;
    struct loop_tick *tick;
    SDL_Window *window;
    SDL_Renderer *renderer;
    SDL_Texture *texture;
    int width, height;   /* of the texture */
    SDL_Rect dirty;      /* of the surface */
    bool resized;        /* the surface; handled in the tick */
    bool present;        /* the window must be drawn again */
    bool own_size;       /* the user chose the window's size */
    bool grabbed, full_screen, stays, hidden;
    unsigned console;    /* the screen shown */
    char *title;
    struct typist *typist;
    unsigned ticks, quiet;
    unsigned buttons;    /* as struct input_sink has them */
    int dx, dy;          /* motion not yet delivered */
    int abs_x, abs_y;
    bool moved;          /* abs_x, abs_y are not yet delivered */
    bool absolute;       /* the guest wants them */
    int set_w, set_h;    /* the size that we gave the window */
};

static const struct console *shown(const struct sdl_ui *u)
{
    return &u->p.consoles->at[u->console];
}

/* --- from the guest: only notes, for they may come on any thread ---------------------------- */

static void on_resized(void *opaque, const struct surface *s)
{
    struct sdl_ui *u = opaque;
    u->resized = true;
    u->dirty = (SDL_Rect){ 0, 0, s->width, s->height };
}

static void on_damaged(void *opaque, const struct surface *s, int x, int y, int w, int h)
{
    struct sdl_ui *u = opaque;
    SDL_Rect r = { x, y, w, h };
    (void)s;
    SDL_UnionRect(&u->dirty, &r, &u->dirty);
    u->quiet = 0;
}

/* --- the picture ---------------------------------------------------------------------------- */

static void set_title(struct sdl_ui *u)
{
    char *title = ui_title(&u->p, u->console,
                           u->grabbed ? " - Ctrl-Alt-G releases the mouse" : "");
    if (g_strcmp0(title, u->title) != 0) {
        SDL_SetWindowTitle(u->window, title);
    }
    g_free(u->title);
    u->title = title;
}

static void fit_window(struct sdl_ui *u, int w, int h)
{
    SDL_Rect room;
    int display = SDL_GetWindowDisplayIndex(u->window);
    if (SDL_GetDisplayUsableBounds(display < 0 ? 0 : display, &room) == 0 &&
        (w > room.w || h > room.h) && room.w > 0 && room.h > 0) {
        double scale = MIN((double)room.w / w, (double)room.h / h);
        w = MAX((int)(w * scale), 1);
        h = MAX((int)(h * scale), 1);
    }
    u->set_w = w;
    u->set_h = h;
    SDL_SetWindowSize(u->window, w, h);
}

static void new_texture(struct sdl_ui *u, const struct surface *s)
{
    if (u->texture) {
        SDL_DestroyTexture(u->texture);
    }
    u->width = s->width;
    u->height = s->height;
    u->texture = SDL_CreateTexture(u->renderer, SDL_PIXELFORMAT_RGB888,
                                   SDL_TEXTUREACCESS_STREAMING, s->width, s->height);
    u->dirty = (SDL_Rect){ 0, 0, s->width, s->height };
}

static void upload(struct sdl_ui *u, const struct surface *s)
{
    if (u->resized || s->width != u->width || s->height != u->height) {
        bool other = s->width != u->width || s->height != u->height;
        u->resized = false;
        new_texture(u, s);
        if (other && !u->own_size && !u->full_screen) {
            fit_window(u, s->width, s->height);
        }
    }
    SDL_Rect all = { 0, 0, s->width, s->height }, r;
    if (u->texture && SDL_IntersectRect(&u->dirty, &all, &r)) {
        SDL_UpdateTexture(u->texture, &r, s->pixels + (size_t)r.y * (size_t)s->stride + r.x,
                          s->stride * (int)sizeof(uint32_t));
        u->present = true;
    }
    u->dirty = (SDL_Rect){ 0, 0, 0, 0 };
}

/* Where the picture lies in the window, in the renderer's pixels: as large as fits, undistorted. */
static SDL_Rect picture_place(struct sdl_ui *u)
{
    int w = 0, h = 0;
    SDL_GetRendererOutputSize(u->renderer, &w, &h);
    SDL_Rect r = { 0, 0, w, h };
    if (u->width > 0 && u->height > 0) {
        if ((int64_t)w * u->height > (int64_t)h * u->width) {
            r.w = MAX((int)((int64_t)h * u->width / u->height), 1);
        } else {
            r.h = MAX((int)((int64_t)w * u->height / u->width), 1);
        }
    }
    r.x = (w - r.w) / 2;
    r.y = (h - r.h) / 2;
    return r;
}

/* Without the machine lock: the window system may take its time. */
static void draw(struct sdl_ui *u)
{
    SDL_SetRenderDrawColor(u->renderer, 0, 0, 0, 255);
    SDL_RenderClear(u->renderer);
    if (u->texture) {
        SDL_Rect r = picture_place(u);
        bool whole = r.w % u->width == 0 && r.h % u->height == 0;
        SDL_SetTextureScaleMode(u->texture, whole ? SDL_ScaleModeNearest : SDL_ScaleModeLinear);
        SDL_RenderCopy(u->renderer, u->texture, NULL, &r);
    }
    SDL_RenderPresent(u->renderer);
}

/* --- mouse ---------------------------------------------------------------------------------- */

static void set_grab(struct sdl_ui *u, bool on)
{
    u->grabbed = on;
    bool absolute = input_wants_abs(shown(u)->input);
    SDL_SetRelativeMouseMode(on && !absolute ? SDL_TRUE : SDL_FALSE);
    SDL_SetWindowMouseGrab(u->window, on ? SDL_TRUE : SDL_FALSE);
    SDL_SetWindowKeyboardGrab(u->window, on ? SDL_TRUE : SDL_FALSE);
    SDL_ShowCursor(on || absolute ? SDL_DISABLE : SDL_ENABLE);
    set_title(u);
}

static void send_mouse(struct sdl_ui *u, int dz, bool always)
{
    if (input_wants_abs(shown(u)->input)) {
        if (always || u->moved) {
            input_mouse_abs(shown(u)->input, u->abs_x, u->abs_y, dz, u->buttons);
        }
    } else if (u->grabbed && (always || u->dx || u->dy)) {
        input_mouse_rel(shown(u)->input, u->dx, u->dy, dz, u->buttons);
    }
    u->dx = u->dy = 0;
    u->moved = false;
}

/* The guest began or ended to draw a pointer of its own where ours is. */
static void follow_pointer(struct sdl_ui *u)
{
    if (input_wants_abs(shown(u)->input) != u->absolute) {
        u->absolute = !u->absolute;
        set_grab(u, u->grabbed);
        u->moved = u->absolute && SDL_GetMouseFocus() == u->window;
    }
}

static void on_motion(struct sdl_ui *u, const SDL_MouseMotionEvent *e)
{
    u->dx += e->xrel;
    u->dy += e->yrel;
    int w = 0, h = 0, ow = 0, oh = 0;
    SDL_GetWindowSize(u->window, &w, &h);
    SDL_GetRendererOutputSize(u->renderer, &ow, &oh);
    SDL_Rect r = picture_place(u);
    if (w > 0 && h > 0 && r.w > 1 && r.h > 1) {
        int64_t x = (int64_t)e->x * ow / w - r.x, y = (int64_t)e->y * oh / h - r.y;
        u->abs_x = (int)(CLAMP(x, 0, r.w - 1) * 32767 / (r.w - 1));
        u->abs_y = (int)(CLAMP(y, 0, r.h - 1) * 32767 / (r.h - 1));
        u->moved = true;
    }
}

static void on_button(struct sdl_ui *u, const SDL_MouseButtonEvent *e)
{
    bool down = e->type == SDL_MOUSEBUTTONDOWN;
    unsigned bit = e->button == SDL_BUTTON_LEFT     ? 1
                   : e->button == SDL_BUTTON_RIGHT  ? 2
                   : e->button == SDL_BUTTON_MIDDLE ? 4
                                                    : 0;
    if (down && !u->grabbed && !input_wants_abs(shown(u)->input)) {
        set_grab(u, true); /* this click takes the mouse and is not the guest's */
        u->dx = u->dy = 0;
        return;
    }
    send_mouse(u, 0, false);
    u->buttons = down ? u->buttons | bit : u->buttons & ~bit;
    send_mouse(u, 0, true);
}

/* --- keys and the window -------------------------------------------------------------------- */

static void toggle_full_screen(struct sdl_ui *u)
{
    u->full_screen = !u->full_screen;
    SDL_SetWindowFullscreen(u->window, u->full_screen ? SDL_WINDOW_FULLSCREEN_DESKTOP : 0);
    set_grab(u, u->full_screen);
    u->present = true;
}

/* What is held now is let go on the old screen; the new one is drawn whole. */
static void show_console(struct sdl_ui *u, unsigned n)
{
    if (n >= u->p.consoles->n || n == u->console) {
        return;
    }
    input_release_all(shown(u)->input);
    display_remove_listener(shown(u)->display, &u->listener);
    u->console = n;
    display_add_listener(shown(u)->display, &u->listener);
    follow_pointer(u);
    set_title(u);
}

/* The clipboard's text, typed. */
static void paste(struct sdl_ui *u)
{
    char *text = SDL_GetClipboardText();
    size_t without = text ? typist_text(u->typist, shown(u)->input, text) : 0;
    if (without) {
        log_info(NULL, "the clipboard has %zu characters that a US keyboard has no key for",
                 without);
    }
    SDL_free(text);
}

/* QEMU's: Ctrl-Alt with g, f, u, 1 to 9; and v. */
static bool hot_key(struct sdl_ui *u, const SDL_Keysym *key)
{
    /* As they were with this key: SDL_GetModState is already behind later events. */
    if (!(key->mod & KMOD_CTRL) || !(key->mod & KMOD_ALT)) {
        return false;
    }
    switch (key->scancode) {
    case SDL_SCANCODE_G:
        set_grab(u, !u->grabbed);
        return true;
    case SDL_SCANCODE_F:
        toggle_full_screen(u);
        return true;
    case SDL_SCANCODE_U:
        u->own_size = false;
        fit_window(u, u->width, u->height);
        return true;
    case SDL_SCANCODE_V:
        input_release_all(shown(u)->input); /* or Ctrl and Alt would go with the text */
        paste(u);
        return true;
    default:
        if (key->scancode < SDL_SCANCODE_1 || key->scancode > SDL_SCANCODE_9) {
            return false;
        }
        show_console(u, (unsigned)(key->scancode - SDL_SCANCODE_1));
        return true;
    }
}

static void on_key(struct sdl_ui *u, const SDL_KeyboardEvent *e)
{
    SDL_Scancode code = e->keysym.scancode;
    bool down = e->type == SDL_KEYDOWN;
    /* The guest's keyboard repeats by itself. */
    if (e->repeat || code == SDL_SCANCODE_UNKNOWN || code > LAST_HID_KEY ||
        (down && hot_key(u, &e->keysym))) {
        return;
    }
    input_key(shown(u)->input, (uint8_t)code, down);
}

static void on_window(struct sdl_ui *u, const SDL_WindowEvent *e)
{
    switch (e->event) {
    case SDL_WINDOWEVENT_FOCUS_LOST:
        input_release_all(shown(u)->input);
        if (u->buttons) {
            u->buttons = 0;
            send_mouse(u, 0, true);
        }
        if (u->grabbed) {
            set_grab(u, false);
        }
        break;
    case SDL_WINDOWEVENT_RESIZED: /* also tells of our own changes, in time */
        if (!u->full_screen && (e->data1 != u->set_w || e->data2 != u->set_h)) {
            u->own_size = true;
        }
        u->present = true;
        break;
    case SDL_WINDOWEVENT_CLOSE:
        if (!u->stays) {
            u->p.quit(u->p.opaque);
        }
        break;
    case SDL_WINDOWEVENT_MINIMIZED:
    case SDL_WINDOWEVENT_HIDDEN:
        u->hidden = true;
        break;
    case SDL_WINDOWEVENT_RESTORED:
    case SDL_WINDOWEVENT_SHOWN:
        u->hidden = false;
        u->present = true;
        break;
    default:
        u->present = true;
        break;
    }
}

static void on_event(struct sdl_ui *u, const SDL_Event *e)
{
    switch (e->type) {
    case SDL_KEYDOWN:
    case SDL_KEYUP: on_key(u, &e->key); break;
    case SDL_MOUSEMOTION: on_motion(u, &e->motion); break;
    case SDL_MOUSEBUTTONDOWN:
    case SDL_MOUSEBUTTONUP: on_button(u, &e->button); break;
    case SDL_MOUSEWHEEL:
        send_mouse(u, e->wheel.direction == SDL_MOUSEWHEEL_FLIPPED ? -e->wheel.y : e->wheel.y,
                   true);
        break;
    case SDL_WINDOWEVENT: on_window(u, &e->window); break;
    case SDL_RENDER_TARGETS_RESET:
    case SDL_RENDER_DEVICE_RESET: u->resized = true; break; /* textures are lost */
    default: break;
    }
}

static void on_tick(void *opaque)
{
    struct sdl_ui *u = opaque;
    SDL_Event e;
    while (SDL_PollEvent(&e)) {
        on_event(u, &e);
    }
    follow_pointer(u);
    send_mouse(u, 0, false);
    if (u->ticks++ % TITLE_TICKS == 0) {
        set_title(u);
    }
    if (u->hidden || (++u->quiet > QUIET_TICKS && u->ticks % 3 != 0 && !u->present)) {
        return;
    }
    upload(u, display_refresh(shown(u)->display, false));
    if (u->present) {
        u->present = false;
        machine_unlock();
        draw(u);
        machine_lock();
    }
}

/* --- opening and closing -------------------------------------------------------------------- */

static bool have_display(void)
{
    const char *x = g_getenv("DISPLAY"), *wayland = g_getenv("WAYLAND_DISPLAY");
    const char *driver = g_getenv("SDL_VIDEODRIVER");
    return (x && *x) || (wayland && *wayland) || (driver && *driver);
}

static void sdl_close(void *ui)
{
    struct sdl_ui *u = ui;
    loop_tick_remove(u->tick);
    typist_free(u->typist);
    g_free(u->title);
    display_remove_listener(shown(u)->display, &u->listener);
    if (u->texture) {
        SDL_DestroyTexture(u->texture);
    }
    if (u->renderer) {
        SDL_DestroyRenderer(u->renderer);
    }
    if (u->window) {
        SDL_DestroyWindow(u->window);
    }
    SDL_Quit();
    g_free(u);
}

static bool make_window(struct sdl_ui *u, GError **err)
{
    SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1");
    SDL_SetHint(SDL_HINT_VIDEO_X11_NET_WM_BYPASS_COMPOSITOR, "0");
    SDL_SetHint(SDL_HINT_WINDOWS_NO_CLOSE_ON_ALT_F4, "1"); /* the guest's */
    SDL_SetHint(SDL_HINT_MOUSE_FOCUS_CLICKTHROUGH, "1");
    char *title = ui_title(&u->p, 0, "");
    bool ok = have_display() && SDL_Init(SDL_INIT_VIDEO) == 0;
    /* Without an answer from the display SDL may take a driver that shows nothing. */
    const char *driver = ok ? SDL_GetCurrentVideoDriver() : NULL;
    if (driver && !g_getenv("SDL_VIDEODRIVER") &&
        (strcmp(driver, "dummy") == 0 || strcmp(driver, "offscreen") == 0)) {
        ok = false;
        SDL_SetError("the display does not answer");
    }
    const struct surface *s = display_refresh(shown(u)->display, true);
    if (ok) {
        u->window = SDL_CreateWindow(title, SDL_WINDOWPOS_UNDEFINED, SDL_WINDOWPOS_UNDEFINED,
                                     s->width, s->height,
                                     SDL_WINDOW_RESIZABLE | SDL_WINDOW_ALLOW_HIGHDPI);
        u->set_w = s->width;
        u->set_h = s->height;
        u->renderer = u->window ? SDL_CreateRenderer(u->window, -1, 0) : NULL;
        ok = u->renderer != NULL;
    }
    if (!ok) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_HOST, "no window: %s",
                    have_display() ? SDL_GetError()
                                   : "neither DISPLAY nor WAYLAND_DISPLAY is set");
    }
    g_free(title);
    return ok;
}

static void *sdl_open(const struct ui_params *p, const struct opts *o, GError **err)
{
    struct sdl_ui *u = g_new0(struct sdl_ui, 1);
    u->p = *p;
    bool full = p->full_screen, close_quits = true, cursor = true, gl;
    /* gl: SDL chooses how to draw by itself. */
    if (!opts_get_bool(o, "full-screen", full, &full, err) ||
        !opts_get_bool(o, "window-close", true, &close_quits, err) ||
        !opts_get_bool(o, "show-cursor", true, &cursor, err) ||
        !opts_get_bool(o, "gl", false, &gl, err) || !make_window(u, err)) {
        sdl_close(u);
        return NULL;
    }
    u->stays = !close_quits;
    u->typist = typist_new(p->loop);
    u->listener = (struct display_listener){ on_resized, on_damaged, u, NULL };
    display_add_listener(shown(u)->display, &u->listener);
    SDL_EnableScreenSaver();
    SDL_StopTextInput();
    if (full) {
        toggle_full_screen(u);
    }
    set_title(u);
    u->tick = loop_tick_add(p->loop, TICK_MS, on_tick, u);
    return u;
}

static const char *const sdl_keys[] = { "type", "full-screen", "window-close", "show-cursor", "gl",
                                        NULL };

static const struct ui_ops ui_sdl = {
    .name = "sdl",
    .desc = "a window (default where there is a display); Ctrl-Alt with g mouse, f full screen, "
            "u size, v paste, 1-9 screens",
    .keys = sdl_keys,
    .open = sdl_open,
    .close = sdl_close,
};
EMU_MODULE(sdl2, ui_sdl);
