/* SPDX-License-Identifier: MIT */
/* link: backend/char/chardev.c backend/char/char_fd.c backend/char/char_simple.c
 * backend/char/char_mux.c backend/char/char_pty.c backend/char/char_socket.c
 * backend/char/char_telnet.c backend/char/char_vc.c core/textcon.c core/font.c core/display.c
 * core/fdset.c core/input.c core/loop.c core/clock.c core/opts.c core/error.c core/log.c
 * os/posix/[a-z]*.c os/linux/[a-z]*.c */
/* timeout: 60 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <errno.h>
#include <glib.h>
#include <glib/gstdio.h>

#include "backend/char/chardev.h"
#include "core/loop.h"
#include "core/opts.h"
#include "os/os.h"
#include "tests/fake/unit.h"

/* A front end that takes as much as the test allows. */
struct fe {
    struct chardev_frontend ops;
    GByteArray *got;
    size_t room;
    GString *events;
    unsigned can_sends;
};

struct world {
    struct loop *loop;
    struct chardev_set *set;
    char *dir;
    struct fe fe[3];
    unsigned quits;
};

static size_t fe_can_receive(void *opaque)
{
    return ((struct fe *)opaque)->room;
}

static void fe_receive(void *opaque, const uint8_t *buf, size_t len)
{
    struct fe *f = opaque;
    assert_true(len > 0 && len <= f->room);
    f->room -= f->room == SIZE_MAX ? 0 : len;
    g_byte_array_append(f->got, buf, (guint)len);
}

static void fe_event(void *opaque, enum chardev_event ev)
{
    static const char letters[] = "OCBio"; /* opened closed break mux-in mux-out */
    g_string_append_c(((struct fe *)opaque)->events, letters[ev]);
}

static void fe_can_send(void *opaque)
{
    ((struct fe *)opaque)->can_sends++;
}

static void on_quit(void *opaque)
{
    ((struct world *)opaque)->quits++;
}

static int setup(void **state)
{
    struct world *w = g_new0(struct world, 1);
    w->dir = g_dir_make_tmp("emu-test-XXXXXX", NULL);
    assert_non_null(w->dir);
    machine_lock();
    w->loop = loop_new(NULL);
    w->set = chardev_set_new(w->loop);
    chardev_set_on_quit(w->set, on_quit, w);
    for (int i = 0; i < 3; i++) {
        w->fe[i].got = g_byte_array_new();
        w->fe[i].events = g_string_new(NULL);
        w->fe[i].room = SIZE_MAX;
        w->fe[i].ops = (struct chardev_frontend){ .can_receive = fe_can_receive,
                                                  .receive = fe_receive,
                                                  .event = fe_event,
                                                  .can_send = fe_can_send,
                                                  .opaque = &w->fe[i] };
    }
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    chardev_set_free(w->set);
    loop_free(w->loop);
    machine_unlock();
    for (int i = 0; i < 3; i++) {
        g_byte_array_free(w->fe[i].got, TRUE);
        g_string_free(w->fe[i].events, TRUE);
    }
    GDir *d = g_dir_open(w->dir, 0, NULL);
    for (const char *n; d && (n = g_dir_read_name(d));) {
        char *path = g_build_filename(w->dir, n, NULL);
        g_unlink(path);
        g_free(path);
    }
    g_dir_close(d);
    assert_int_equal(g_rmdir(w->dir), 0); /* nothing was left behind */
    g_free(w->dir);
    g_free(w);
    return 0;
}

/* "%s" in the spec is the test's folder. */
static struct chardev *add(struct world *w, const char *kind, const char *options)
{
    GError *err = NULL;
    char **parts = g_strsplit(options, "%s", -1);
    char *text = g_strjoinv(w->dir, parts);
    struct opts *o = opts_parse(text, NULL, &err);
    struct chardev *c = o ? chardev_set_add(w->set, kind, o, &err) : NULL;
    if (!c) {
        fail_msg("%s,%s: %s", kind, options, err->message);
    }
    opts_free(o);
    g_strfreev(parts);
    g_free(text);
    return c;
}

static char *in_dir(struct world *w, const char *name)
{
    return g_build_filename(w->dir, name, NULL);
}

static void put(struct chardev *c, const char *text)
{
    assert_int_equal(chardev_write(c, (const uint8_t *)text, strlen(text)), strlen(text));
}

static void assert_file(struct world *w, const char *name, const char *want)
{
    char *path = in_dir(w, name), *text = NULL;
    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    assert_string_equal(text, want);
    g_unlink(path);
    g_free(text);
    g_free(path);
}

static void assert_got(struct fe *f, const char *want)
{
    if (f->got->len != strlen(want) || memcmp(f->got->data, want, f->got->len) != 0) {
        fail_msg("got '%.*s', wanted '%s'", (int)f->got->len, (char *)f->got->data, want);
    }
    g_byte_array_set_size(f->got, 0);
}

/* Everything a peer's descriptor holds now, after some rounds of the loop. */
static char *peer_read(struct world *w, int fd, size_t want)
{
    GString *s = g_string_new(NULL);
    for (int i = 0; i < 1000 && s->len < want; i++) {
        char buf[65536];
        loop_step(w->loop, false);
        int n = os_read(fd, buf, sizeof buf);
        if (n > 0) {
            g_string_append_len(s, buf, n);
        } else if (n == 0) {
            break;
        }
    }
    return g_string_free(s, FALSE);
}

static void assert_peer(struct world *w, int fd, const char *want)
{
    char *got = peer_read(w, fd, strlen(want));
    assert_string_equal(got, want);
    g_free(got);
}

static void step_until(struct world *w, bool (*done)(struct world *))
{
    for (int i = 0; i < 5000 && !done(w); i++) {
        loop_step(w->loop, true);
    }
    assert_true(done(w));
}

/* --- files -------------------------------------------------------------------------------- */

static void files(void **state)
{
    struct world *w = *state;
    struct chardev *c = add(w, "file", "id=a,path=%s/out");
    put(c, "hello ");
    put(c, "world");
    chardev_flush(c);
    assert_file(w, "out", "hello world");
    char *path = in_dir(w, "old");
    assert_true(g_file_set_contents(path, "old ", -1, NULL));
    put(add(w, "file", "id=b,path=%s/old,append=on"), "new");
    assert_file(w, "old", "old new");
    assert_true(g_file_set_contents(path, "old ", -1, NULL));
    put(add(w, "file", "id=c,path=%s/old,logfile=%s/log"), "new");
    assert_file(w, "old", "new");
    assert_file(w, "log", "new");
    char *log = in_dir(w, "log2");
    assert_true(g_file_set_contents(log, "before ", -1, NULL));
    put(add(w, "null", "id=d,logfile=%s/log2,logappend=on"), "after");
    assert_file(w, "log2", "before after");
    g_free(log);
    g_free(path);
    put(NULL, "into the void");
}

static void a_full_disk_is_said_once(void **state)
{
    struct world *w = *state;
    struct chardev *c = add(w, "file", "id=full,path=/dev/full");
    for (int i = 0; i < 100; i++) {
        put(c, "x");
    }
    chardev_flush(c);
}

static void input_from_a_file(void **state)
{
    struct world *w = *state;
    char *path = in_dir(w, "in");
    assert_true(g_file_set_contents(path, "typed", -1, NULL));
    struct chardev *c = add(w, "file", "id=a,path=/dev/null,input-path=%s/in");
    w->fe[0].room = 2;
    chardev_connect(c, &w->fe[0].ops);
    for (int i = 0; i < 5; i++) {
        loop_step(w->loop, false);
    }
    assert_got(&w->fe[0], "ty"); /* no more than there is room for */
    w->fe[0].room = 100;
    chardev_accept_input(c);
    for (int i = 0; i < 5; i++) {
        loop_step(w->loop, false);
    }
    assert_got(&w->fe[0], "ped");
    g_unlink(path);
    g_free(path);
}

/* --- sockets ------------------------------------------------------------------------------ */

static int dial(struct world *w, const char *name)
{
    char *path = in_dir(w, name);
    int fd = os_socket_connect_unix(path);
    g_free(path);
    assert_true(fd >= 0);
    return fd;
}

static void who_comes_late_reads_what_was_said(void **state)
{
    struct world *w = *state;
    struct chardev *c = add(w, "socket", "id=s,path=%s/s,server=on,wait=off");
    chardev_connect(c, &w->fe[0].ops);
    put(c, "SeaBIOS\r\n");
    put(c, "GRUB\r\n");
    int fd = dial(w, "s");
    assert_peer(w, fd, "SeaBIOS\r\nGRUB\r\n");
    put(c, "live");
    assert_peer(w, fd, "live");
    assert_int_equal(os_write(fd, "answer", 6), 6);
    loop_step(w->loop, true);
    assert_got(&w->fe[0], "answer");
    os_close(fd);
    loop_step(w->loop, true);
    loop_step(w->loop, false);
    assert_string_equal(w->fe[0].events->str, "OC");
    put(c, "missed");
    fd = dial(w, "s"); /* the next one; what the first has read does not come again */
    assert_peer(w, fd, "missed");
    os_close(fd);
}

static void only_the_last_64_kib_are_kept(void **state)
{
    struct world *w = *state;
    struct chardev *c = add(w, "socket", "id=s,path=%s/s,server=on,wait=off");
    uint8_t line[10] = "012345678\n";
    for (int i = 0; i < 100000; i++) {
        line[0] = (uint8_t)('a' + i % 26);
        assert_int_equal(chardev_write(c, line, 10), 10);
    }
    int fd = dial(w, "s");
    char *got = peer_read(w, fd, KIB(64));
    assert_int_equal(strlen(got), KIB(64));
    assert_memory_equal(got + KIB(64) - 10, line, 10);
    g_free(got);
    os_close(fd);
}

static void no_byte_is_lost_with_a_slow_reader(void **state)
{
    struct world *w = *state;
    enum { TOTAL = 3000000 };
    struct chardev *c = add(w, "socket", "id=s,path=%s/s,server=on,wait=off");
    chardev_connect(c, &w->fe[0].ops);
    int fd = dial(w, "s");
    loop_step(w->loop, true);
    size_t sent = 0, received = 0, shorts = 0;
    unsigned told = 0;
    while (received < TOTAL) {
        uint8_t buf[997];
        for (size_t i = 0; i < sizeof buf; i++) {
            buf[i] = (uint8_t)((sent + i) * 7 >> 3);
        }
        size_t n = MIN(sizeof buf, TOTAL - sent), took = n ? chardev_write(c, buf, n) : 0;
        sent += took;
        if (took == n && n > 0) {
            continue;
        }
        shorts++;
        told = w->fe[0].can_sends;
        uint8_t in[65536];
        int got = os_read(fd, in, shorts % 3 ? 5000 : sizeof in);
        for (int i = 0; i < got; i++) {
            if (in[i] != (uint8_t)((received + (size_t)i) * 7 >> 3)) {
                fail_msg("byte %zu differs", received + (size_t)i);
            }
        }
        received += got > 0 ? (size_t)got : 0;
        loop_step(w->loop, false);
    }
    assert_true(shorts > 3);
    assert_true(told > 0);
    os_close(fd);
}

static bool got_all(struct world *w)
{
    return w->fe[0].got->len == 300000;
}

static void input_waits_for_a_slow_guest(void **state)
{
    struct world *w = *state;
    struct chardev *c = add(w, "socket", "id=s,path=%s/s,server=on,wait=off");
    w->fe[0].room = 0;
    chardev_connect(c, &w->fe[0].ops);
    int fd = dial(w, "s");
    loop_step(w->loop, true);
    size_t sent = 0, stuck = 0;
    uint8_t buf[1000];
    while (sent < 300000 || w->fe[0].got->len < 300000) {
        for (size_t i = 0; i < sizeof buf; i++) {
            buf[i] = (uint8_t)((sent + i) >> 4);
        }
        int n = sent < 300000 ? os_write(fd, buf, MIN(sizeof buf, 300000 - sent)) : -EAGAIN;
        if (n > 0) {
            sent += (size_t)n;
            continue;
        }
        stuck++;
        w->fe[0].room = 16; /* a UART's FIFO */
        chardev_accept_input(c);
        loop_step(w->loop, false);
        assert_true(stuck < 100000);
    }
    assert_true(got_all(w));
    for (size_t i = 0; i < 300000; i++) {
        assert_case("order", w->fe[0].got->data[i] == (uint8_t)(i >> 4));
    }
    os_close(fd);
}

static void a_peer_that_leaves_at_once_is_still_heard(void **state)
{
    struct world *w = *state;
    struct chardev *c = add(w, "socket", "id=s,path=%s/s,server=on,wait=off");
    w->fe[0].room = 0; /* the guest is not ready yet */
    chardev_connect(c, &w->fe[0].ops);
    int fd = dial(w, "s");
    assert_int_equal(os_write(fd, "reset\n", 6), 6);
    loop_step(w->loop, true);
    os_close(fd);
    loop_step(w->loop, true);
    loop_step(w->loop, false);
    assert_string_equal(w->fe[0].events->str, "OC");
    int next = dial(w, "s"); /* a new client gets in though the guest never read */
    loop_step(w->loop, true);
    assert_string_equal(w->fe[0].events->str, "OCO");
    w->fe[0].room = 4;
    chardev_accept_input(c);
    assert_got(&w->fe[0], "rese");
    w->fe[0].room = 4;
    chardev_accept_input(c);
    assert_got(&w->fe[0], "t\n");
    os_close(next);
}

static void tcp_and_telnet(void **state)
{
    struct world *w = *state;
    GError *err = NULL;
    /* A port that is free: ask for one, then use it again. */
    char *bound = NULL;
    int probe = os_socket_listen_tcp("127.0.0.1", "0", &bound);
    assert_true(probe >= 0);
    os_close(probe);
    const char *port = strrchr(bound, ':') + 1;
    char *spec = g_strdup_printf("telnet:127.0.0.1:%s,server=on,wait=off", port);
    struct chardev *c = chardev_set_add_legacy(w->set, "serial0", spec, &err);
    assert_non_null(c);
    chardev_connect(c, &w->fe[0].ops);
    static const uint8_t early[] = { 'h', 'i', 0xff };
    assert_int_equal(chardev_write(c, early, 3), 3);
    int fd = os_socket_connect_tcp("127.0.0.1", port);
    assert_true(fd >= 0);
    static const uint8_t want[] = { 255, 251, 1, 255, 251, 3,  255, 251,
                                    0,   255, 253, 0, 'h', 'i', 255, 255 };
    uint8_t got[sizeof want];
    for (size_t n = 0; n < sizeof want;) {
        loop_step(w->loop, false);
        int r = os_read(fd, got + n, sizeof want - n);
        n += r > 0 ? (size_t)r : 0;
    }
    assert_memory_equal(got, want, sizeof want);
    static const uint8_t typed[] = { 255, 253, 1, 'a', 255, 255, 255, 243, '\r', 0, 'b',
                                     255, 250, 24, 1, 255, 240, 'c', '\r', '\n' };
    os_write(fd, typed, sizeof typed);
    for (int i = 0; i < 100 && w->fe[0].got->len < 7; i++) {
        loop_step(w->loop, true);
    }
    static const uint8_t heard[] = { 'a', 255, '\r', 'b', 'c', '\r', '\n' };
    assert_int_equal(w->fe[0].got->len, sizeof heard);
    assert_memory_equal(w->fe[0].got->data, heard, sizeof heard);
    assert_string_equal(w->fe[0].events->str, "OB");
    /* The client kind, against a listener of ours. */
    struct chardev *s = add(w, "socket", "id=srv,path=%s/x,server=on,wait=off");
    chardev_connect(s, &w->fe[1].ops);
    struct chardev *client = add(w, "socket", "id=cl,path=%s/x");
    put(client, "ping");
    loop_step(w->loop, true);
    loop_step(w->loop, true);
    assert_got(&w->fe[1], "ping");
    os_close(fd);
    g_free(spec);
    free(bound);
}

static void a_dead_socket_file_is_replaced_and_a_live_one_is_not(void **state)
{
    struct world *w = *state;
    char *path = in_dir(w, "s");
    int fd = os_socket_listen_unix(path);
    assert_true(fd >= 0);
    GError *err = NULL;
    char *spec = g_strdup_printf("unix:%s,server,nowait", path);
    assert_null(chardev_set_add_legacy(w->set, "a", spec, &err));
    assert_non_null(strstr(err->message, "can't listen on unix:"));
    g_clear_error(&err);
    os_close(fd); /* its file stays, as after a crash */
    assert_non_null(chardev_set_add_legacy(w->set, "a", spec, &err));
    g_free(spec);
    g_free(path);
}

/* --- pty, pipe ---------------------------------------------------------------------------- */

static bool opened(struct world *w)
{
    return strchr(w->fe[0].events->str, 'O') != NULL;
}

static bool closed(struct world *w)
{
    return strchr(w->fe[0].events->str, 'C') != NULL;
}

static void ptys(void **state)
{
    struct world *w = *state;
    /* The name goes to the log: catch it there. */
    char *log = in_dir(w, "log"), *text = NULL;
    int old = os_dup(2), fd = os_open(log, OS_OPEN_WRITE | OS_OPEN_CREATE);
    dup2(fd, 2);
    struct chardev *c = add(w, "pty", "id=p");
    dup2(old, 2);
    os_close(old);
    os_close(fd);
    assert_true(g_file_get_contents(log, &text, NULL, NULL));
    char name[64];
    assert_int_equal(
        sscanf(text, "emu: char device redirected to %63s (label p)", name), 1);
    chardev_connect(c, &w->fe[0].ops);
    put(c, "early ");
    int tty = os_open(name, OS_OPEN_WRITE | OS_OPEN_NONBLOCK);
    assert_true(tty >= 0);
    step_until(w, opened);
    assert_peer(w, tty, "early ");
    put(c, "late\r\n");
    assert_peer(w, tty, "late\r\n"); /* raw: nothing is translated or echoed */
    os_write(tty, "\3key\r", 5);
    loop_step(w->loop, true);
    assert_got(&w->fe[0], "\3key\r");
    os_close(tty);
    step_until(w, closed);
    put(c, "meanwhile");
    tty = os_open(name, OS_OPEN_WRITE | OS_OPEN_NONBLOCK);
    g_string_truncate(w->fe[0].events, 0);
    step_until(w, opened);
    assert_peer(w, tty, "meanwhile");
    os_close(tty);
    g_unlink(log);
    g_free(log);
    g_free(text);
}

static void pipes(void **state)
{
    struct world *w = *state;
    char *in = in_dir(w, "p.in"), *out = in_dir(w, "p.out");
    assert_int_equal(mkfifo(in, 0600), 0);
    assert_int_equal(mkfifo(out, 0600), 0);
    struct chardev *c = add(w, "pipe", "id=p,path=%s/p");
    chardev_connect(c, &w->fe[0].ops);
    int to = os_open_write_only(in, true), from = os_open(out, OS_OPEN_NONBLOCK);
    assert_true(to >= 0 && from >= 0);
    put(c, "out");
    assert_peer(w, from, "out");
    os_write(to, "in", 2);
    loop_step(w->loop, true);
    assert_got(&w->fe[0], "in");
    os_close(to);
    os_close(from);
    g_unlink(in);
    g_unlink(out);
    g_free(in);
    g_free(out);
}

/* --- stdio, mux, ring buffer -------------------------------------------------------------- */

struct terminal {
    int keys, screen;          /* our ends */
    int old_in, old_out, in, out;
};

/* Puts pipes in the place of stdin and stdout. */
static void terminal_open(struct terminal *t)
{
    int a[2], b[2];
    assert_int_equal(pipe(a), 0);
    assert_int_equal(pipe(b), 0);
    fflush(stdout);
    t->old_in = os_dup(0);
    t->old_out = os_dup(1);
    dup2(a[0], 0);
    dup2(b[1], 1);
    os_close(a[0]);
    os_close(b[1]);
    t->keys = a[1];
    t->screen = b[0];
    os_set_nonblock(t->screen, true);
}

static void terminal_close(struct terminal *t)
{
    dup2(t->old_in, 0);
    dup2(t->old_out, 1);
    os_close(t->old_in);
    os_close(t->old_out);
    os_close(t->keys);
    os_close(t->screen);
}

static void stdio(void **state)
{
    struct world *w = *state;
    struct terminal t;
    terminal_open(&t);
    struct chardev *c = add(w, "stdio", "id=term,signal=off");
    GError *err = NULL;
    struct chardev *second = chardev_set_add_legacy(w->set, "serial1", "stdio", &err);
    chardev_connect(c, &w->fe[0].ops);
    put(c, "boot: ");
    os_write(t.keys, "\3linux", 6);
    loop_step(w->loop, true);
    int flags = fcntl(1, F_GETFL);
    char *screen = peer_read(w, t.screen, 6);
    os_close(t.keys);
    t.keys = -1;
    loop_step(w->loop, true); /* end of input: output goes on */
    put(c, "more");
    char *rest = peer_read(w, t.screen, 4);
    terminal_close(&t);
    assert_string_equal(screen, "boot: ");
    assert_string_equal(rest, "more");
    assert_got(&w->fe[0], "\3linux");
    assert_int_equal(flags & O_NONBLOCK, 0);
    assert_null(second);
    assert_non_null(strstr(err->message, "the terminal is in use by 'term' already"));
    g_clear_error(&err);
    g_free(screen);
    g_free(rest);
}

static void stdout_that_is_closed_or_slow(void **state)
{
    struct world *w = *state;
    struct terminal t;
    terminal_open(&t);
    struct chardev *c = add(w, "stdio", "id=term");
    static uint8_t big[300000];
    for (size_t i = 0; i < sizeof big; i++) {
        big[i] = (uint8_t)('a' + i % 23);
    }
    size_t sent = 0, got = 0;
    bool same = true;
    while (got < sizeof big) {
        sent += chardev_write(c, big + sent, MIN(sizeof big - sent, 3000));
        uint8_t buf[4096];
        int n = os_read(t.screen, buf, sizeof buf);
        if (n > 0) {
            same = same && memcmp(buf, big + got, (size_t)n) == 0;
            got += (size_t)n;
        }
        loop_step(w->loop, false);
    }
    os_close(t.screen);
    t.screen = -1;
    for (int i = 0; i < 100; i++) {
        sent = chardev_write(c, big, 1000); /* emu | head: no end, no block */
        loop_step(w->loop, false);
    }
    terminal_close(&t);
    assert_true(same);
    assert_int_equal(sent, 1000);
}

static void mux(void **state)
{
    struct world *w = *state;
    struct terminal t;
    GError *err = NULL;
    terminal_open(&t);
    struct chardev *c = chardev_set_add_legacy(w->set, "serial0", "mon:stdio", &err);
    assert_non_null(c);
    assert_true(chardev_is_mux(c));
    assert_int_equal(chardev_connect(c, &w->fe[0].ops), 0);
    assert_int_equal(chardev_connect(c, &w->fe[1].ops), 0);
    os_write(t.keys, "a\1\1b\1cM1\1cg\1b\1z", 15);
    loop_step(w->loop, true);
    put(c, "out");
    char *screen = peer_read(w, t.screen, 3);
    w->fe[0].room = 0; /* a guest that does not read: the escape works all the same */
    os_write(t.keys, "stuck\1x", 7);
    loop_step(w->loop, true);
    os_write(t.keys, "\1h", 2);
    loop_step(w->loop, true);
    char *help = peer_read(w, t.screen, 300);
    w->fe[0].room = SIZE_MAX;
    assert_got(&w->fe[0], "a\1bg");
    chardev_accept_input(c);
    assert_got(&w->fe[0], "stuck");
    chardev_mux_focus(c, &w->fe[1]);
    os_write(t.keys, "for the monitor", 15);
    loop_step(w->loop, true);
    chardev_disconnect(c, &w->fe[1]);
    os_write(t.keys, "back", 4);
    loop_step(w->loop, true);
    terminal_close(&t);
    assert_got(&w->fe[0], "back");
    assert_string_equal(screen, "out");
    assert_non_null(strstr(help, "ended from the keyboard"));
    assert_non_null(strstr(help, "Ctrl-A h    this help"));
    assert_int_equal(w->quits, 1);
    assert_string_equal(w->fe[0].events->str, "OioiBoi");
    assert_string_equal(w->fe[1].events->str, "Ooioi");
    assert_got(&w->fe[1], "M1for the monitor");
    g_free(screen);
    g_free(help);
}

static void a_mux_holds_at_most_its_buffer(void **state)
{
    struct world *w = *state;
    struct chardev *c = add(w, "socket", "id=s,path=%s/s,server=on,wait=off,mux=on");
    w->fe[0].room = 0;
    chardev_connect(c, &w->fe[0].ops);
    int fd = dial(w, "s");
    loop_step(w->loop, true);
    static uint8_t zeros[100000];
    memset(zeros, 'z', sizeof zeros);
    size_t sent = 0;
    for (int i = 0; i < 50; i++) {
        int n = os_write(fd, zeros, sizeof zeros - sent);
        sent += n > 0 ? (size_t)n : 0;
        loop_step(w->loop, false);
    }
    w->fe[0].room = SIZE_MAX;
    for (int i = 0; i < 200 && w->fe[0].got->len < sent; i++) {
        chardev_accept_input(c);
        loop_step(w->loop, false);
    }
    assert_int_equal(w->fe[0].got->len, sent);
    os_close(fd);
}

static void ring_buffers(void **state)
{
    struct world *w = *state;
    struct chardev *c = add(w, "ringbuf", "id=r,size=8");
    uint8_t buf[16];
    assert_int_equal(chardev_ringbuf_take(c, buf, 16), 0);
    put(c, "abc");
    assert_int_equal(chardev_ringbuf_take(c, buf, 2), 2);
    assert_memory_equal(buf, "ab", 2);
    put(c, "0123456789");
    assert_int_equal(chardev_ringbuf_take(c, buf, 16), 8);
    assert_memory_equal(buf, "23456789", 8);
    assert_int_equal(chardev_ringbuf_take(add(w, "null", "id=n"), buf, 16), 0);
}

/* --- the command line --------------------------------------------------------------------- */

static void one_front_end_only(void **state)
{
    struct world *w = *state;
    struct chardev *c = add(w, "null", "id=n");
    assert_int_equal(chardev_connect(c, &w->fe[0].ops), 0);
    assert_int_equal(chardev_connect(c, &w->fe[1].ops), -EBUSY);
    chardev_disconnect(c, &w->fe[1]);
    assert_int_equal(chardev_connect(c, &w->fe[1].ops), -EBUSY);
    chardev_disconnect(c, &w->fe[0]);
    assert_int_equal(chardev_connect(c, &w->fe[1].ops), 0);
    assert_int_equal(chardev_connect(NULL, &w->fe[1].ops), 0);
    chardev_disconnect(NULL, NULL);
    chardev_accept_input(NULL);
    chardev_flush(NULL);
    chardev_write_all(NULL, (const uint8_t *)"x", 1);
}

static void bad_setups_get_one_clear_line(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *kind, *options, *error; /* the error contains this */
    } cases[] = {
        { "stdoi", "id=x", "-chardev stdoi: unknown kind; did you mean 'stdio'?" },
        { "qqqqqqqq", "id=x", "unknown kind; -chardev help lists them" },
        { "udp", "id=x", "emu has no such back end; use socket" },
        { "null", "", "-chardev null: give it a name with id=" },
        { "null", "id=taken", "there are two with id=taken" },
        { "null", "id=x,path=y", "-chardev null: unknown option 'path'" },
        { "file", "id=x", "chardev 'x': it needs path=FILE" },
        { "file", "id=x,path=/nonexistent/dir/f", "'/nonexistent/dir/f': No such file" },
        { "file", "id=x,path=/tmp/y,append=maybe", "write append=on or append=off" },
        { "file", "id=x,path=/dev/null,logfile=/nonexistent/l", "logfile '/nonexistent/l'" },
        { "socket", "id=x", "a socket needs path=FILE, or host= and port=" },
        { "socket", "id=x,path=/a,port=1", "a socket needs path=FILE, or host= and port=" },
        { "socket", "id=x,path=/nonexistent/s", "can't connect to unix:/nonexistent/s" },
        { "socket", "id=x,path=/a,wait=on", "wait=on makes sense with server=on only" },
        { "socket", "id=x,path=/nonexistent/s,server=on", "can't listen on unix:" },
        { "pipe", "id=x,path=/nonexistent/p", "'/nonexistent/p': No such file" },
        { "ringbuf", "id=x,size=0", "size must be 1 to 64M bytes" },
        { "ringbuf", "id=x,size=1T", "size must be 1 to 64M bytes" },
    };
    add(w, "null", "id=taken");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        GError *err = NULL;
        struct opts *o = opts_parse(cases[i].options, NULL, NULL);
        assert_case(cases[i].error, chardev_set_add(w->set, cases[i].kind, o, &err) == NULL);
        assert_case(cases[i].error, err != NULL);
        if (!strstr(err->message, cases[i].error)) {
            fail_msg("got '%s', wanted '%s'", err->message, cases[i].error);
        }
        g_clear_error(&err);
        opts_free(o);
    }
}

static void legacy_forms(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *spec, *error; /* error NULL: works; "": NULL without error */
    } cases[] = {
        { "null", NULL },
        { "none", "" },
        { "vc", NULL },
        { "vc:80Cx24C", NULL },
        { "chardev:known", NULL },
        { "chardev:unknown", "there is no -chardev with id=unknown" },
        { "file:/dev/null", NULL },
        { "file:/dev/null,append=on", NULL },
        { "file:", "it needs path=FILE" },
        { "ringbuf,size=4k", NULL },
        { "mon:null", NULL },
        { "tcp:localhost", "write tcp:HOST:PORT" },
        { "tcp:localhost:", "write tcp:HOST:PORT" },
        { "tcp:127.0.0.1:1", "can't connect to tcp:127.0.0.1:1" },
        { "udp:x", "emu has no such back end" },
        { "msmouse", "emu has no such back end" },
        { "/dev/ttyS0", "unknown kind" },
        { "stdout", "did you mean 'stdio'?" },
        { "socket,path=x", "use -chardev socket,id=NAME,... and chardev:NAME here" },
        { "", "unknown kind" },
    };
    add(w, "null", "id=known");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        GError *err = NULL;
        char *id = g_strdup_printf("port%zu", i);
        struct chardev *c = chardev_set_add_legacy(w->set, id, cases[i].spec, &err);
        const char *want = cases[i].error;
        if (want && *want && (!err || !strstr(err->message, want))) {
            fail_msg("'%s': got '%s', wanted '%s'", cases[i].spec, err ? err->message : "nothing",
                     want);
        }
        assert_case(cases[i].spec, (c != NULL) == (want == NULL));
        assert_case(cases[i].spec, (err != NULL) == (want && *want));
        assert_case(cases[i].spec, !c || g_str_has_prefix(cases[i].spec, "chardev:") ||
                                       strcmp(chardev_id(c), id) == 0);
        g_clear_error(&err);
        g_free(id);
    }
}

static void a_debug_port_waits_for_a_slow_host(void **state)
{
    struct world *w = *state;
    struct chardev *c = add(w, "socket", "id=s,path=%s/s,server=on,wait=off");
    int fd = dial(w, "s");
    loop_step(w->loop, true);
    uint8_t line[1000] = { 0 };
    size_t filled = 0, n;
    while ((n = chardev_write(c, line, sizeof line)) > 0) {
        filled += n;
    }
    /* The reader wakes up while we wait: 200 KiB are more than the queue has. */
    GByteArray *rest = g_byte_array_new();
    char sink[65536];
    for (int i = 0; i < 3; i++) {
        assert_true(os_read(fd, sink, sizeof sink) > 0);
        chardev_write_all(c, line, sizeof line);
    }
    g_byte_array_free(rest, TRUE);
    assert_true(filled > KIB(64));
    os_close(fd);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(files),
        T(a_full_disk_is_said_once),
        T(input_from_a_file),
        T(who_comes_late_reads_what_was_said),
        T(only_the_last_64_kib_are_kept),
        T(no_byte_is_lost_with_a_slow_reader),
        T(input_waits_for_a_slow_guest),
        T(a_peer_that_leaves_at_once_is_still_heard),
        T(tcp_and_telnet),
        T(a_dead_socket_file_is_replaced_and_a_live_one_is_not),
        T(ptys),
        T(pipes),
        T(stdio),
        T(stdout_that_is_closed_or_slow),
        T(mux),
        T(a_mux_holds_at_most_its_buffer),
        T(ring_buffers),
        T(one_front_end_only),
        T(bad_setups_get_one_clear_line),
        T(legacy_forms),
        T(a_debug_port_waits_for_a_slow_host),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
