/* SPDX-License-Identifier: MIT */
/*
 * The main loop: one thread, GMainContext underneath, callbacks run with the machine lock held.
 */
#ifndef CORE_LOOP_H
#define CORE_LOOP_H

#include "core/types.h"

struct clock;
struct loop;

/* The machine lock: vCPU threads take it round exits, the main loop round callbacks. Not recursive,
 * first come first served. */
void machine_lock(void);
void machine_unlock(void);
bool machine_locked_by_me(void); /* for assertions */

struct loop *loop_new(struct clock *clock); /* clock may be NULL */
void loop_free(struct loop *l);
struct clock *loop_clock(const struct loop *l);
void loop_run(struct loop *l);  /* until loop_quit; called without the lock */
void loop_quit(struct loop *l); /* any thread and signal handlers */
/* One round: timers, posts and descriptors that are ready; waits for the first of them if `wait`.
 * Machine lock held; it is dropped while waiting. For start-up (wait for a client) and tests. */
void loop_step(struct loop *l, bool wait);

/* Run fn(arg) in the main loop with the machine lock held. Any thread. */
void loop_post(struct loop *l, void (*fn)(void *arg), void *arg);
/* Forgets what was posted with this fn and arg and has not run. Machine lock held. */
void loop_unpost(struct loop *l, void (*fn)(void *arg), void *arg);

enum loop_events { LOOP_IN = 1, LOOP_OUT = 2, LOOP_HUP = 4 };
/* Watch a file descriptor; one watch a descriptor. events == 0 pauses it. Machine lock held. */
struct loop_watch;
struct loop_watch *loop_watch_add(struct loop *l, int fd, unsigned events,
                                  void (*fn)(void *opaque, unsigned events), void *opaque);
void loop_watch_set(struct loop_watch *w, unsigned events);
void loop_watch_remove(struct loop_watch *w);

/* Calls fn about every `ms` milliseconds of host time (retries, polls of the host; never guest
 * time). Machine lock held. */
struct loop_tick;
struct loop_tick *loop_tick_add(struct loop *l, unsigned ms, void (*fn)(void *opaque),
                                void *opaque);
void loop_tick_remove(struct loop_tick *t);

#endif
