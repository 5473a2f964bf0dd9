/* SPDX-License-Identifier: MIT */
/*
 * For builds with -fsanitize=thread only: tells the sanitizer about glib's locks. The library is
 * not built with it and its mutexes are bare futexes, so that without this every use of a GMutex
 * looks like a race. `make tsan` links this file into everything.
 */
#include <dlfcn.h>
#include <glib.h>
#include <sanitizer/tsan_interface.h>

/* Each keeps where the library's own is; that two threads may find it at once is harmless. */
#define HIDDEN __attribute__((no_sanitize("thread")))
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

HIDDEN void g_mutex_lock(GMutex *m)
{
    static __typeof__(&g_mutex_lock) real;
    if (!real) {
        real = REAL(g_mutex_lock);
    }
    __tsan_mutex_pre_lock(m, __tsan_mutex_linker_init);
    real(m);
    __tsan_mutex_post_lock(m, __tsan_mutex_linker_init, 0);
}

HIDDEN void g_mutex_unlock(GMutex *m)
{
    static __typeof__(&g_mutex_unlock) real;
    if (!real) {
        real = REAL(g_mutex_unlock);
    }
    __tsan_mutex_pre_unlock(m, 0);
    real(m);
    __tsan_mutex_post_unlock(m, 0);
}

HIDDEN void g_cond_wait(GCond *c, GMutex *m)
{
    static __typeof__(&g_cond_wait) real;
    if (!real) {
        real = REAL(g_cond_wait);
    }
    __tsan_mutex_pre_unlock(m, 0);
    __tsan_mutex_post_unlock(m, 0);
    real(c, m);
    __tsan_mutex_pre_lock(m, __tsan_mutex_linker_init);
    __tsan_mutex_post_lock(m, __tsan_mutex_linker_init, 0);
}

HIDDEN gboolean g_cond_wait_until(GCond *c, GMutex *m, gint64 end)
{
    static __typeof__(&g_cond_wait_until) real;
    if (!real) {
        real = REAL(g_cond_wait_until);
    }
    __tsan_mutex_pre_unlock(m, 0);
    __tsan_mutex_post_unlock(m, 0);
    gboolean in_time = real(c, m, end);
    __tsan_mutex_pre_lock(m, __tsan_mutex_linker_init);
    __tsan_mutex_post_lock(m, __tsan_mutex_linker_init, 0);
    return in_time;
}

/* A worker sees what was written before its task was pushed. */
struct pool {
    GFunc fn;
    gpointer user;
};

static void task(gpointer data, gpointer user)
{
    struct pool *p = user;
    __tsan_acquire(data);
    p->fn(data, p->user);
}

GThreadPool *g_thread_pool_new(GFunc fn, gpointer user, gint max, gboolean exclusive, GError **err)
{
    struct pool *p = g_new(struct pool, 1); /* lives as long as the process */
    *p = (struct pool){ fn, user };
    return REAL(g_thread_pool_new)(task, p, max, exclusive, err);
}

HIDDEN gboolean g_thread_pool_push(GThreadPool *p, gpointer data, GError **err)
{
    static __typeof__(&g_thread_pool_push) real;
    if (!real) {
        real = REAL(g_thread_pool_push);
    }
    __tsan_release(data);
    return real(p, data, err);
}
