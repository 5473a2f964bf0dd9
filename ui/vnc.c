/* SPDX-License-Identifier: MIT */
/* needs: vnc */
/*
 * A VNC server by LibVNCServer. It has a thread of its own, for a client that reads slowly makes
 * LibVNCServer wait; the thread holds the machine lock only to copy the picture and to hand over
 * keys. Keysyms (X11 protocol, appendix A) become positions of a US keyboard.
 */
#include <stdlib.h>
#include <string.h>

#include <glib.h>
#include <rfb/rfb.h>
#include <rfb/rfbregion.h>

#include "core/console.h"
#include "core/device.h"
#include "core/display.h"
#include "core/input.h"
#include "core/loop.h"
#include "core/opts.h"
#include "os/os.h"
#include "ui/keymap.h"
#include "ui/ui.h"

#define POLL_US    20000
#define BASE_PORT  5900
#define LEFT_SHIFT 0xe1

struct vnc_ui {
    struct ui_params p;
    struct display_listener listener;
    rfbScreenInfoPtr server;
    GThread *thread;
    gint quit; /* atomic */
    uint32_t *pixels;
    int width, height;
    bool full; /* copy everything */
    int x0, y0, x1, y1; /* damaged */
    int last_x, last_y;
    bool shift, ctrl, alt;
    unsigned console; /* the screen shown */
    int unix_fd;      /* of -vnc unix:PATH; -1: none */
    char *unix_path;
    char *address;    /* as the user wrote it */
    int port;
    bool auth;        /* a password is asked for; without one nobody gets in */
    char *password;   /* or NULL; lock */
    int64_t expires;  /* seconds since 1970; 0: never */
    GPtrArray *peers; /* hosts of the clients; lock */
};

static const struct console *shown(const struct vnc_ui *u)
{
    return &u->p.consoles->at[u->console];
}

static void on_resized(void *opaque, const struct surface *s)
{
    struct vnc_ui *u = opaque;
    (void)s;
    u->full = true;
}

static void on_damaged(void *opaque, const struct surface *s, int x, int y, int w, int h)
{
    struct vnc_ui *u = opaque;
    (void)s;
    bool none = u->x1 <= u->x0;
    u->x0 = none ? x : MIN(u->x0, x);
    u->y0 = none ? y : MIN(u->y0, y);
    u->x1 = none ? x + w : MAX(u->x1, x + w);
    u->y1 = none ? y + h : MAX(u->y1, y + h);
}

/* --- keys and pointer: in our thread, without the lock -------------------------------------- */

static uint8_t usage_of(rfbKeySym sym, unsigned *mods)
{
    static const struct {
        uint16_t sym;
        uint8_t usage;
    } keys[] = {
        { 0xff08, 0x2a }, { 0xff09, 0x2b }, { 0xff0d, 0x28 }, { 0xff13, 0x48 }, { 0xff14, 0x47 },
        { 0xff15, 0x46 }, { 0xff1b, 0x29 }, { 0xff50, 0x4a }, { 0xff51, 0x50 }, { 0xff52, 0x52 },
        { 0xff53, 0x4f }, { 0xff54, 0x51 }, { 0xff55, 0x4b }, { 0xff56, 0x4e }, { 0xff57, 0x4d },
        { 0xff61, 0x46 }, { 0xff63, 0x49 }, { 0xff67, 0x65 }, { 0xff7f, 0x53 }, { 0xff8d, 0x58 },
        { 0xff95, 0x5f }, { 0xff96, 0x5c }, { 0xff97, 0x60 }, { 0xff98, 0x5e }, { 0xff99, 0x5a },
        { 0xff9a, 0x61 }, { 0xff9b, 0x5b }, { 0xff9c, 0x59 }, { 0xff9e, 0x62 }, { 0xff9f, 0x63 },
        { 0xffaa, 0x55 }, { 0xffab, 0x57 }, { 0xffad, 0x56 }, { 0xffae, 0x63 }, { 0xffaf, 0x54 },
        { 0xffb0, 0x62 }, { 0xffe1, 0xe1 }, { 0xffe2, 0xe5 }, { 0xffe3, 0xe0 }, { 0xffe4, 0xe4 },
        { 0xffe5, 0x39 }, { 0xffe7, 0xe3 }, { 0xffe8, 0xe7 }, { 0xffe9, 0xe2 }, { 0xffea, 0xe6 },
        { 0xffeb, 0xe3 }, { 0xffec, 0xe7 }, { 0xffff, 0x4c }, { 0xfe03, 0xe6 }, { 0xfe20, 0x2b },
    };
    if (sym >= 0x20 && sym < 0x7f) {
        return keymap_from_char(sym, mods);
    }
    if (sym >= 0xffbe && sym <= 0xffc9) {
        return (uint8_t)(0x3a + (sym - 0xffbe)); /* F1 to F12 */
    }
    if (sym >= 0xffb1 && sym <= 0xffb9) {
        return (uint8_t)(0x59 + (sym - 0xffb1)); /* keypad 1 to 9 */
    }
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        if (keys[i].sym == sym) {
            return keys[i].usage;
        }
    }
    return 0;
}

/* Ctrl-Alt-1 to 9, as in the window. Lock held. */
static bool hot_key(struct vnc_ui *u, rfbKeySym sym)
{
    if (!u->ctrl || !u->alt || sym < '1' || sym > '9') {
        return false;
    }
    unsigned n = sym - '1';
    if (n < u->p.consoles->n && n != u->console) {
        input_release_all(shown(u)->input);
        display_remove_listener(shown(u)->display, &u->listener);
        u->console = n;
        display_add_listener(shown(u)->display, &u->listener);
    }
    return true;
}

static void on_key(rfbBool down, rfbKeySym sym, rfbClientPtr client)
{
    struct vnc_ui *u = client->screen->screenData;
    unsigned mods = 0;
    uint8_t usage = usage_of(sym, &mods);
    if (usage == 0) {
        return;
    }
    machine_lock();
    switch (usage) {
    case 0xe0:
    case 0xe4: u->ctrl = down; break;
    case 0xe1:
    case 0xe5: u->shift = down; break;
    case 0xe2: u->alt = down; break;
    default: break;
    }
    if (down && hot_key(u, sym)) {
        machine_unlock();
        return;
    }
    /* Some clients send "A" without a shift key; a layout may need none where ours does. */
    bool printable = sym > 0x20 && sym < 0x7f, wanted = mods & KEYMAP_SHIFT;
    bool other = down && printable && wanted && !u->shift;
    if (other) {
        input_key(shown(u)->input, LEFT_SHIFT, true);
    }
    input_key(shown(u)->input, usage, down);
    if (other) {
        input_key(shown(u)->input, LEFT_SHIFT, false);
    }
    machine_unlock();
}

static void on_pointer(int mask, int x, int y, rfbClientPtr client)
{
    struct vnc_ui *u = client->screen->screenData;
    unsigned buttons = (mask & 1 ? 1u : 0) | (mask & 4 ? 2u : 0) | (mask & 2 ? 4u : 0);
    int dz = mask & 8 ? 1 : mask & 16 ? -1 : 0;
    machine_lock();
    if (input_wants_abs(shown(u)->input)) {
        input_mouse_abs(shown(u)->input, (int)((int64_t)x * 32767 / MAX(u->width - 1, 1)),
                        (int)((int64_t)y * 32767 / MAX(u->height - 1, 1)), dz, buttons);
    } else {
        input_mouse_rel(shown(u)->input, x - u->last_x, y - u->last_y, dz, buttons);
    }
    u->last_x = x;
    u->last_y = y;
    machine_unlock();
    rfbDefaultPtrAddEvent(mask, x, y, client);
}

static void on_gone(rfbClientPtr client)
{
    struct vnc_ui *u = client->screen->screenData;
    machine_lock();
    g_ptr_array_remove_fast(u->peers, client->clientData);
    input_release_all(shown(u)->input);
    u->shift = u->ctrl = u->alt = false;
    machine_unlock();
#ifdef LIBVNCSERVER_WITH_WEBSOCKETS
    /* LibVNCServer before 0.9.15 forgets these 46 KB of a browser; later ones look for NULL. Of one
     * that leaves before it is greeted we do not hear. */
    free(client->wsctx);
    client->wsctx = NULL;
#endif
}

static enum rfbNewClientAction on_client(rfbClientPtr client)
{
    struct vnc_ui *u = client->screen->screenData;
    client->clientGoneHook = on_gone;
    client->clientData = g_strdup(client->host ? client->host : "");
    machine_lock();
    g_ptr_array_add(u->peers, client->clientData);
    machine_unlock();
    return RFB_CLIENT_ACCEPT;
}

/* What the client made of its challenge with its password must be what ours gives. */
static rfbBool on_password(rfbClientPtr client, const char *response, int len)
{
    struct vnc_ui *u = client->screen->screenData;
    unsigned char expected[CHALLENGESIZE];
    machine_lock();
    char *password = g_strdup(u->password);
    bool late = u->expires && os_realtime_ns() / NS_PER_SEC >= u->expires;
    machine_unlock();
    bool ok = password && !late && len == CHALLENGESIZE;
    if (ok) {
        memcpy(expected, client->authChallenge, sizeof expected);
        rfbEncryptBytes(expected, password);
        ok = memcmp(expected, response, sizeof expected) == 0;
    }
    g_free(password);
    return ok;
}

/* --- the picture ---------------------------------------------------------------------------- */

static void copy(struct vnc_ui *u, const struct surface *s, int x0, int y0, int x1, int y1)
{
    for (int y = y0; y < y1; y++) {
        const uint32_t *from = s->pixels + (size_t)y * (size_t)s->stride;
        uint32_t *to = u->pixels + (size_t)y * (size_t)u->width;
        if (x1 > x0) {
            memcpy(to + x0, from + x0, (size_t)(x1 - x0) * sizeof *to);
        }
    }
}

/* Ours is 0x00RRGGBB, as most clients want it; LibVNCServer's own has red lowest. */
static void pixel_format(struct vnc_ui *u)
{
    u->server->serverFormat.redShift = 16;
    u->server->serverFormat.greenShift = 8;
    u->server->serverFormat.blueShift = 0;
}

static void update(struct vnc_ui *u)
{
    uint32_t *old = NULL;
    machine_lock();
    const struct surface *s = display_refresh(shown(u)->display, false);
    bool resized = s->width != u->width || s->height != u->height;
    if (resized) {
        old = u->pixels;
        u->pixels = g_new0(uint32_t, (size_t)s->width * (size_t)s->height);
        u->width = s->width;
        u->height = s->height;
    }
    int x0 = u->x0, y0 = u->y0, x1 = MIN(u->x1, u->width), y1 = MIN(u->y1, u->height);
    if (resized || u->full) {
        x0 = y0 = 0;
        x1 = u->width;
        y1 = u->height;
    }
    copy(u, s, x0, y0, x1, y1);
    u->full = false;
    u->x0 = u->x1 = u->y0 = u->y1 = 0;
    machine_unlock();
    if (resized) {
        rfbNewFramebuffer(u->server, (char *)u->pixels, u->width, u->height, 8, 3, 4);
        pixel_format(u);
        g_free(old);
    }
    if (x1 > x0 && y1 > y0) {
        rfbMarkRectAsModified(u->server, x0, y0, x1, y1);
    }
}

/* Does any client wait for a picture? Drawing for one that is busy with the last would only cost
 * the guest its time. */
static bool somebody_waits(struct vnc_ui *u)
{
    bool waits = false;
    rfbClientIteratorPtr all = rfbGetClientIterator(u->server);
    for (rfbClientPtr c = rfbClientIteratorNext(all); c; c = rfbClientIteratorNext(all)) {
        waits |= c->state != RFB_NORMAL || !sraRgnEmpty(c->requestedRegion);
    }
    rfbReleaseClientIterator(all);
    return waits;
}

/* LibVNCServer knows TCP; what we accepted ourselves it takes over. */
static void accept_local(struct vnc_ui *u)
{
    int fd = u->unix_fd >= 0 ? os_socket_accept(u->unix_fd) : -1;
    if (fd >= 0) {
        rfbNewClient(u->server, fd);
    }
}

static gpointer serve(gpointer data)
{
    struct vnc_ui *u = data;
    os_thread_name("vnc");
    while (!g_atomic_int_get(&u->quit)) {
        if (u->server->clientHead && somebody_waits(u)) {
            update(u);
        }
        rfbProcessEvents(u->server, POLL_US);
        accept_local(u);
    }
    return NULL;
}

/* --- opening and closing -------------------------------------------------------------------- */

static void vnc_close(void *ui)
{
    struct vnc_ui *u = ui;
    g_atomic_int_set(&u->quit, 1);
    display_remove_listener(shown(u)->display, &u->listener);
    machine_unlock(); /* the thread may wait for it */
    if (u->thread) {
        g_thread_join(u->thread);
    }
    if (u->server) {
        rfbShutdownServer(u->server, TRUE);
        rfbScreenCleanup(u->server);
    }
    machine_lock();
    os_close(u->unix_fd);
    if (u->unix_path) {
        os_unlink(u->unix_path);
    }
    g_ptr_array_unref(u->peers);
    g_free(u->unix_path);
    g_free(u->address);
    g_free(u->pixels);
    g_free(u->password);
    g_free(u);
}

/* "[HOST]:N"; unix:PATH is opened here. */
static bool parse_address(struct vnc_ui *u, const char *text, in_addr_t *host, GError **err)
{
    const char *colon = text ? strrchr(text, ':') : NULL;
    uint64_t n = 0;
    u->address = g_strdup(text);
    if (text && g_str_has_prefix(text, "unix:")) {
        int fd = os_socket_listen_unix(text + 5);
        if (fd < 0) {
            g_set_error(err, EMU_ERROR, EMU_ERROR_HOST, "%s", g_strerror(-fd));
            return false;
        }
        os_set_nonblock(fd, true);
        u->unix_fd = fd;
        u->unix_path = g_strdup(text + 5);
        return true;
    }
    if (!colon || !parse_u64(colon + 1, 65535 - BASE_PORT, &n)) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                    "write [HOST]:N or unix:PATH; the port is %d + N and the host this one",
                    BASE_PORT);
        return false;
    }
    char *name = colon == text ? g_strdup("127.0.0.1") : g_strndup(text, (gsize)(colon - text));
    bool ok = rfbStringToAddr(name, host);
    if (!ok) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "%s is no IPv4 address of this host", name);
    }
    g_free(name);
    u->port = BASE_PORT + (int)n;
    return ok;
}

/* password=on asks for one that set_password gives later; anything else is the password. */
static bool parse_password(struct vnc_ui *u, const struct opts *o, GError **err)
{
    const char *text = opts_get(o, "password"), *secret = opts_get(o, "password-secret");
    bool on = true, word = text && parse_bool(text, &on);
    u->auth = (text && on) || secret;
    if (secret) {
        u->password = u->p.secret(u->p.opaque, secret, err);
        return u->password != NULL;
    }
    u->password = word ? NULL : g_strdup(text);
    return true;
}

static bool start(struct vnc_ui *u, in_addr_t host, GError **err)
{
    const struct surface *s = display_refresh(shown(u)->display, true);
    u->width = s->width;
    u->height = s->height;
    u->pixels = g_new0(uint32_t, (size_t)s->width * (size_t)s->height);
    u->full = true;
    rfbLogEnable(0);
    u->server = rfbGetScreen(NULL, NULL, s->width, s->height, 8, 3, 4);
    if (!u->server) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_HOST, "LibVNCServer gives no screen");
        return false;
    }
    u->server->frameBuffer = (char *)u->pixels;
    pixel_format(u);
    u->server->screenData = u;
    u->server->desktopName = "emu";
    u->server->alwaysShared = TRUE;
    u->server->port = u->port; /* 0: no TCP */
    u->server->ipv6port = 0;
    u->server->listenInterface = host;
    u->server->kbdAddEvent = on_key;
    u->server->ptrAddEvent = on_pointer;
    u->server->newClientHook = on_client;
    u->server->cursor = NULL;
    if (u->auth) {
        u->server->authPasswdData = u;
        u->server->passwordCheck = on_password;
    }
    rfbInitServer(u->server);
    if (u->port && u->server->listenSock < 0) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_HOST, "port %d cannot be listened on", u->port);
        return false;
    }
    return true;
}

static void *vnc_open(const struct ui_params *p, const struct opts *o, GError **err)
{
    struct vnc_ui *u = g_new0(struct vnc_ui, 1);
    u->p = *p;
    u->unix_fd = -1;
    u->peers = g_ptr_array_new_with_free_func(g_free);
    u->listener = (struct display_listener){ on_resized, on_damaged, u, NULL };
    display_add_listener(shown(u)->display, &u->listener);
    in_addr_t host = 0;
    if (!parse_address(u, opts_get(o, "address"), &host, err) || !parse_password(u, o, err) ||
        !start(u, host, err)) {
        vnc_close(u);
        return NULL;
    }
    u->thread = g_thread_new("vnc", serve, u);
    return u;
}

static bool vnc_set_password(void *ui, const char *text, GError **err)
{
    struct vnc_ui *u = ui;
    if (!u->auth) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                    "-vnc %s asks for no password; start it with password=on", u->address);
        return false;
    }
    g_free(u->password);
    u->password = g_strdup(text);
    u->expires = 0;
    return true;
}

static void vnc_set_expiry(void *ui, int64_t seconds)
{
    ((struct vnc_ui *)ui)->expires = seconds;
}

static void vnc_describe(void *ui, struct ui_server *s)
{
    const struct vnc_ui *u = ui;
    const char *colon = strrchr(u->address, ':');
    *s = (struct ui_server){ .kind = "vnc", .family = u->unix_path ? "unix" : "ipv4",
                             .auth = u->auth ? "vnc" : "none" };
    s->host = u->unix_path          ? g_strdup(u->unix_path)
              : colon == u->address ? g_strdup("127.0.0.1")
                                    : g_strndup(u->address, (gsize)(colon - u->address));
    s->service = u->unix_path ? g_strdup("") : g_strdup_printf("%d", u->port);
    s->clients = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < u->peers->len; i++) {
        g_ptr_array_add(s->clients, g_strdup(g_ptr_array_index(u->peers, i)));
    }
}

/* audiodev: what it names is silent. websocket: browsers are heard on the same port, asked for or
 * not. */
static const char *const vnc_keys[] = { "address",   "password", "password-secret",
                                        "websocket", "audiodev", NULL };

static const struct ui_ops ui_vnc = {
    .name = "vnc",
    .desc = "vnc=[HOST]:N|unix:PATH[,password=on|TEXT][,password-secret=ID]: a VNC server, also "
            "for noVNC, on port 5900 + N, loopback by default",
    .keys = vnc_keys,
    .open = vnc_open,
    .close = vnc_close,
    .set_password = vnc_set_password,
    .set_expiry = vnc_set_expiry,
    .describe = vnc_describe,
};
EMU_MODULE(vnc, ui_vnc);
