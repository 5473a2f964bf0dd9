/* SPDX-License-Identifier: MIT */
/*
 * The main loop and the machine lock.
 *
 * glib's own iteration sleeps in whole milliseconds, too coarse for PIT and HPET guests. So the
 * loop runs the four steps of GMainContext itself (prepare, query, check, dispatch) and polls
 * between them with nanoseconds, until the nearer of glib's timeout and the clock's deadline.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include <glib.h>

#include "core/clock.h"
#include "core/loop.h"
#include "os/os.h"

/* --- the machine lock ---------------------------------------------------------------------
 * A mutex of glib alone would let a vCPU that hammers a port take the lock again and again before
 * the main loop wakes up. Here nobody overtakes a waiter: unlock hands the lock to the first. */

struct waiter {
    GCond granted_cond;
    atomic_bool granted;
    struct waiter *next;
};

static struct {
    _Atomic int held;
    _Atomic int waiting; /* waiters in the queue, changed under guard */
    GMutex guard;
    struct waiter *first, **last;
} big;

static _Thread_local bool mine;

static bool try_take(void)
{
    int expected = 0;
    return atomic_compare_exchange_strong(&big.held, &expected, 1);
}

static void lock_slowly(void)
{
    struct waiter w = { .next = NULL };
    g_mutex_lock(&big.guard);
    atomic_fetch_add(&big.waiting, 1);
    /* Announced first, then tried: an unlock either sees us or leaves the lock free for us. */
    if (!big.first && try_take()) {
        atomic_fetch_sub(&big.waiting, 1);
        g_mutex_unlock(&big.guard);
        return;
    }
    g_cond_init(&w.granted_cond);
    if (!big.first) {
        big.last = &big.first;
    }
    *big.last = &w;
    big.last = &w.next;
    while (!atomic_load(&w.granted)) {
        g_cond_wait(&w.granted_cond, &big.guard);
    }
    g_mutex_unlock(&big.guard);
    g_cond_clear(&w.granted_cond);
}

void machine_lock(void)
{
    if (mine) {
        fputs("emu: internal error: machine lock taken twice\n", stderr);
        abort();
    }
    if (atomic_load(&big.waiting) != 0 || !try_take()) {
        lock_slowly();
    }
    mine = true;
}

static void hand_over(void)
{
    g_mutex_lock(&big.guard);
    struct waiter *w = big.first;
    /* try_take fails when somebody slipped in; its unlock will come here again. */
    if (w && try_take()) {
        big.first = w->next;
        if (!big.first) {
            big.last = &big.first;
        }
        atomic_fetch_sub(&big.waiting, 1);
        atomic_store(&w->granted, true);
        g_cond_signal(&w->granted_cond);
    }
    g_mutex_unlock(&big.guard);
}

void machine_unlock(void)
{
    mine = false;
    atomic_store(&big.held, 0);
    if (atomic_load(&big.waiting) != 0) {
        hand_over();
    }
}

bool machine_locked_by_me(void)
{
    return mine;
}

/* --- the loop ----------------------------------------------------------------------------- */

struct post {
    void (*fn)(void *arg);
    void *arg;
};

struct loop {
    GMainContext *context;
    struct clock *clock;
    struct os_event wake;
    atomic_bool quit;
    /* Virtual time at which the poll under way ends; INT64_MIN while the loop is awake. */
    _Atomic int64_t sleeping_until;
    GMutex posts_lock;
    GQueue posts; /* struct post */
};

struct loop_watch {
    GSource source; /* first: glib allocates us */
    struct loop *loop;
    gpointer tag;
    int fd;
    unsigned events;
    void (*fn)(void *opaque, unsigned events);
    void *opaque;
};

/* An earlier deadline: matters only to a loop that sleeps beyond it. */
static void deadline_moved(void *opaque)
{
    struct loop *l = opaque;
    if (atomic_load(&l->sleeping_until) > clock_next_deadline_ns(l->clock)) {
        os_event_signal(&l->wake);
    }
}

struct loop *loop_new(struct clock *clock)
{
    struct loop *l = g_new0(struct loop, 1);
    if (os_event_init(&l->wake) < 0) {
        g_free(l);
        return NULL;
    }
    l->context = g_main_context_new();
    l->clock = clock;
    g_mutex_init(&l->posts_lock);
    g_queue_init(&l->posts);
    atomic_init(&l->sleeping_until, INT64_MIN);
    if (clock && !clock_counted(clock)) {
        clock_set_notify(clock, deadline_moved, l);
    }
    return l;
}

void loop_free(struct loop *l)
{
    if (!l) {
        return;
    }
    if (l->clock && !clock_counted(l->clock)) {
        clock_set_notify(l->clock, NULL, NULL);
    }
    g_main_context_unref(l->context);
    g_queue_clear_full(&l->posts, g_free);
    g_mutex_clear(&l->posts_lock);
    os_event_free(&l->wake);
    g_free(l);
}


struct clock *loop_clock(const struct loop *l)
{
    return l->clock;
}

void loop_quit(struct loop *l)
{
    atomic_store(&l->quit, true);
    os_event_signal(&l->wake);
}

void loop_post(struct loop *l, void (*fn)(void *arg), void *arg)
{
    struct post *p = g_new(struct post, 1);
    *p = (struct post){ fn, arg };
    g_mutex_lock(&l->posts_lock);
    g_queue_push_tail(&l->posts, p);
    bool first = l->posts.length == 1;
    g_mutex_unlock(&l->posts_lock);
    if (first) {
        os_event_signal(&l->wake);
    }
}

void loop_unpost(struct loop *l, void (*fn)(void *arg), void *arg)
{
    g_mutex_lock(&l->posts_lock);
    for (GList *i = l->posts.head, *next; i; i = next) {
        struct post *p = i->data;
        next = i->next;
        if (p->fn == fn && p->arg == arg) {
            g_queue_delete_link(&l->posts, i);
            g_free(p);
        }
    }
    g_mutex_unlock(&l->posts_lock);
}

/* What was posted before this call; what these post waits for the next round, so that timers and
 * descriptors get their turn. */
static void run_posts(struct loop *l)
{
    g_mutex_lock(&l->posts_lock);
    unsigned n = l->posts.length;
    g_mutex_unlock(&l->posts_lock);
    for (unsigned i = 0; i < n; i++) {
        g_mutex_lock(&l->posts_lock);
        struct post *p = g_queue_pop_head(&l->posts);
        g_mutex_unlock(&l->posts_lock);
        if (!p) {
            break;
        }
        p->fn(p->arg);
        g_free(p);
    }
}

static bool posts_pending(struct loop *l)
{
    g_mutex_lock(&l->posts_lock);
    bool any = l->posts.length > 0;
    g_mutex_unlock(&l->posts_lock);
    return any;
}

/* Nanoseconds to sleep at most; -1: no limit. Publishes sleeping_until before it looks at the
 * deadline: a timer that is armed in between finds the loop asleep and signals. */
static int64_t sleep_time(struct loop *l, gint glib_ms)
{
    int64_t limit = glib_ms < 0 ? -1 : glib_ms * NS_PER_MS;
    atomic_store(&l->sleeping_until, INT64_MAX);
    if (posts_pending(l)) {
        return 0;
    }
    if (l->clock && clock_running(l->clock) && !clock_counted(l->clock)) {
        int64_t deadline = clock_next_deadline_ns(l->clock);
        if (deadline != INT64_MAX) {
            int64_t left = deadline - clock_now_ns(l->clock);
            left = MAX(left, 0);
            limit = limit < 0 ? left : MIN(limit, left);
            atomic_store(&l->sleeping_until, deadline);
        }
    }
    return limit;
}

/* Polls `n` descriptors of glib's and the wake-up. */
static void wait_for(struct loop *l, GPollFD *fds, gint n, struct os_pollfd *pfds, int64_t ns)
{
    for (gint i = 0; i < n; i++) {
        pfds[i] = (struct os_pollfd){ fds[i].fd, (short)fds[i].events, 0 };
    }
    pfds[n] = (struct os_pollfd){ l->wake.rfd, OS_POLL_IN, 0 };
    int r = os_poll(pfds, (size_t)n + 1, ns);
    for (gint i = 0; i < n; i++) {
        fds[i].revents = r > 0 ? (gushort)pfds[i].revents : 0;
    }
    atomic_store(&l->sleeping_until, INT64_MIN);
    if (r > 0 && pfds[n].revents) {
        os_event_clear(&l->wake);
    }
}

/* Called and left with the machine lock held. */
static void iterate(struct loop *l, GArray *fds, GArray *pfds)
{
    gint priority, timeout_ms, n;
    g_main_context_prepare(l->context, &priority);
    for (;;) {
        n = g_main_context_query(l->context, priority, &timeout_ms,
                                 (GPollFD *)(void *)fds->data, (gint)fds->len);
        if (n <= (gint)fds->len) {
            break;
        }
        g_array_set_size(fds, (guint)n);
    }
    g_array_set_size(pfds, (guint)n + 1);
    int64_t ns = sleep_time(l, timeout_ms);
    machine_unlock();
    wait_for(l, (GPollFD *)(void *)fds->data, n, (struct os_pollfd *)(void *)pfds->data, ns);
    machine_lock();
    /* First, for it gives up when timers or posts have changed the set of descriptors. */
    bool ready = g_main_context_check(l->context, priority, (GPollFD *)(void *)fds->data, n);
    if (l->clock) {
        clock_run(l->clock);
    }
    run_posts(l);
    if (ready) {
        g_main_context_dispatch(l->context);
    }
}

static void loop_until(struct loop *l, bool (*done)(void *arg), void *arg)
{
    GArray *fds = g_array_sized_new(FALSE, TRUE, sizeof(GPollFD), 16);
    GArray *pfds = g_array_sized_new(FALSE, TRUE, sizeof(struct os_pollfd), 16);
    g_array_set_size(fds, 16);
    g_main_context_acquire(l->context);
    while (!done(arg)) {
        iterate(l, fds, pfds);
    }
    g_main_context_release(l->context);
    g_array_free(fds, TRUE);
    g_array_free(pfds, TRUE);
}

static bool quit_wanted(void *arg)
{
    struct loop *l = arg;
    return atomic_load(&l->quit);
}

void loop_run(struct loop *l)
{
    os_thread_precise_waits();
    machine_lock();
    loop_until(l, quit_wanted, l);
    machine_unlock();
    atomic_store(&l->quit, false);
}

static bool second_time(void *arg)
{
    bool *once = arg, was = *once;
    *once = true;
    return was;
}

void loop_step(struct loop *l, bool wait)
{
    bool once = false;
    if (!wait) {
        os_event_signal(&l->wake); /* the poll returns at once */
    }
    loop_until(l, second_time, &once);
}

/* --- descriptors -------------------------------------------------------------------------- */

static GIOCondition condition_of(unsigned events)
{
    GIOCondition c = 0;
    c |= events & LOOP_IN ? G_IO_IN : 0;
    c |= events & LOOP_OUT ? G_IO_OUT : 0;
    c |= events & (LOOP_IN | LOOP_OUT | LOOP_HUP) ? G_IO_HUP | G_IO_ERR : 0;
    return c;
}

static gboolean watch_dispatch(GSource *source, GSourceFunc fn, gpointer data)
{
    struct loop_watch *w = (struct loop_watch *)source;
    GIOCondition c = w->tag ? g_source_query_unix_fd(source, w->tag) : 0;
    unsigned events = 0;
    (void)fn, (void)data;
    events |= c & G_IO_IN ? LOOP_IN : 0;
    events |= c & G_IO_OUT ? LOOP_OUT : 0;
    /* An error shows itself to whoever reads or writes. */
    events |= c & (G_IO_HUP | G_IO_ERR | G_IO_NVAL) ? LOOP_HUP : 0;
    if (events) {
        w->fn(w->opaque, events);
    }
    return G_SOURCE_CONTINUE;
}

static GSourceFuncs watch_funcs = { .dispatch = watch_dispatch };

struct loop_watch *loop_watch_add(struct loop *l, int fd, unsigned events,
                                  void (*fn)(void *opaque, unsigned events), void *opaque)
{
    struct loop_watch *w =
        (struct loop_watch *)g_source_new(&watch_funcs, sizeof(struct loop_watch));
    w->loop = l;
    w->fd = fd;
    w->fn = fn;
    w->opaque = opaque;
    loop_watch_set(w, events);
    g_source_attach(&w->source, l->context);
    os_event_signal(&l->wake);
    return w;
}

void loop_watch_set(struct loop_watch *w, unsigned events)
{
    if (events == w->events) {
        return;
    }
    /* With nothing to wait for the descriptor leaves the set: poll reports a hang-up whether one
     * asks for it or not, and a paused watch would spin. */
    if (events && w->tag) {
        g_source_modify_unix_fd(&w->source, w->tag, condition_of(events));
    } else if (events) {
        w->tag = g_source_add_unix_fd(&w->source, w->fd, condition_of(events));
    } else if (w->tag) {
        g_source_remove_unix_fd(&w->source, w->tag);
        w->tag = NULL;
    }
    w->events = events;
    /* The loop is in poll with the old set, unless we are inside one of its callbacks. */
    if (atomic_load(&w->loop->sleeping_until) != INT64_MIN) {
        os_event_signal(&w->loop->wake);
    }
}

void loop_watch_remove(struct loop_watch *w)
{
    if (w) {
        g_source_destroy(&w->source);
        g_source_unref(&w->source);
    }
}

/* --- ticks -------------------------------------------------------------------------------- */

struct loop_tick {
    GSource *source;
    void (*fn)(void *opaque);
    void *opaque;
};

static gboolean tick_dispatch(gpointer data)
{
    struct loop_tick *t = data;
    t->fn(t->opaque); /* may remove t */
    return G_SOURCE_CONTINUE;
}

struct loop_tick *loop_tick_add(struct loop *l, unsigned ms, void (*fn)(void *opaque),
                                void *opaque)
{
    struct loop_tick *t = g_new0(struct loop_tick, 1);
    t->source = g_timeout_source_new(ms);
    t->fn = fn;
    t->opaque = opaque;
    g_source_set_callback(t->source, tick_dispatch, t, NULL);
    g_source_attach(t->source, l->context);
    os_event_signal(&l->wake);
    return t;
}

void loop_tick_remove(struct loop_tick *t)
{
    if (t) {
        g_source_destroy(t->source);
        g_source_unref(t->source);
        g_free(t);
    }
}
