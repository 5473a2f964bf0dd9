/* SPDX-License-Identifier: MIT */
/*
 * The only door to the host system. Everything else includes ISO C, glib and this. Failures are
 * -errno. Any thread unless said otherwise.
 */
#ifndef OS_OS_H
#define OS_OS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Memory. RAM is a shared mapping (memfd or its equal), demand-zero. 0 or -errno. */
struct os_ram {
    uint8_t *host;
    size_t size;
    int fd; /* or -1 */
};
int os_ram_alloc(struct os_ram *r, size_t size, const char *name);
void os_ram_free(struct os_ram *r);
void os_ram_discard(struct os_ram *r, size_t off, size_t len); /* may do nothing */
/* Code memory: *rw and *rx are the same bytes, writable and executable (the same address where the
 * host has no double mapping). */
struct os_code {
    uint8_t *rw, *rx;
    size_t size;
    int fd;
};
int os_code_alloc(struct os_code *c, size_t size);
/* The same, and all of rx within 2 GiB of [near, near + len), for addresses relative to the
 * instruction. -ENOMEM: no room there. */
int os_code_alloc_near(struct os_code *c, size_t size, const void *near, size_t len);
void os_code_free(struct os_code *c);
size_t os_page_size(void);

/* Time. */
int64_t os_clock_ns(void);     /* monotonic */
int64_t os_realtime_ns(void);  /* since 1970, UTC */
int64_t os_local_offset_s(void); /* seconds east of UTC now */
void os_yield(void);

/* Threads are glib's; these are what glib lacks. */
void os_thread_name(const char *name);
int os_thread_id(void); /* of this thread, as other programs see it; the process' without any */
void os_thread_low_priority(void);

/* A wake-up that poll can wait for. Signal is async-signal-safe. */
struct os_event {
    int rfd, wfd;
};
int os_event_init(struct os_event *e);
void os_event_free(struct os_event *e);
void os_event_signal(struct os_event *e);
void os_event_clear(struct os_event *e);


/* Waits for any of the descriptors or the time (< 0: no limit); the number that are ready, 0, or
 * -errno (-EINTR after a signal). */
enum { OS_POLL_IN = 1, OS_POLL_OUT = 4, OS_POLL_ERR = 8, OS_POLL_HUP = 16 };
struct os_pollfd {
    int fd;
    short events, revents;
};
int os_poll(struct os_pollfd *fds, size_t n, int64_t timeout_ns);
void os_thread_precise_waits(void); /* this thread's waits end within microseconds if they can */

/* Files. */
enum {
    OS_OPEN_WRITE = 1,
    OS_OPEN_CREATE = 2,
    OS_OPEN_TRUNCATE = 4,
    OS_OPEN_APPEND = 8,
    OS_OPEN_NONBLOCK = 16
};
int os_open(const char *path, unsigned flags); /* fd >= 0 or -errno; close-on-exec */
void os_close(int fd);
/* The whole length, short only at the file's end: bytes or -errno. */
int os_pread(int fd, void *buf, size_t len, uint64_t off);
int os_pwrite(int fd, const void *buf, size_t len, uint64_t off); /* whole or -errno */
int os_read(int fd, void *buf, size_t len);        /* once; 0 = end, -EAGAIN */
int os_write(int fd, const void *buf, size_t len); /* once */
int os_fdatasync(int fd);
int64_t os_file_size(int fd);       /* also of block devices */
int os_truncate(int fd, uint64_t size);
int os_lock_file(int fd, bool exclusive); /* -EAGAIN: somebody holds it; success may be empty */
int os_temp_file(void);             /* unlinked, in TMPDIR */
enum os_file_kind { OS_FILE_REGULAR, OS_FILE_BLOCK, OS_FILE_DIRECTORY, OS_FILE_OTHER };
enum os_file_kind os_file_kind(int fd);
int os_open_write_only(const char *path, bool nonblock); /* an existing FIFO or device */
int os_dup(int fd);                 /* close-on-exec, above 2 */
bool os_fd_writable(int fd);        /* was it opened so? */
int os_unlink(const char *path);
int os_discard(int fd, uint64_t off, uint64_t len); /* -EOPNOTSUPP is fine */
bool os_file_exists(const char *path);
char *os_self_path(void);           /* of the executable, malloc'd; or NULL */

/* Terminal, sockets, ptys. */
bool os_is_tty(int fd);
int os_tty_raw(bool keep_signals); /* stdin; undone by os_tty_restore (safe in signal handlers) */
void os_tty_restore(void);
int os_set_nonblock(int fd, bool on);
int os_pty_open(char **slave_name);
int os_socket_listen_unix(const char *path);
int os_socket_connect_unix(const char *path);
int os_socket_listen_tcp(const char *host, const char *port, char **bound); /* bound: "host:port" */
int os_socket_connect_tcp(const char *host, const char *port);
int os_socket_accept(int fd);

/* Loadable modules; the handle lives as long as the process. NULL: `why` says why. */
void *os_module_open(const char *path, char *why, size_t len);
void *os_module_symbol(void *handle, const char *name); /* or NULL */

/* Memory and messages shared with another process (os_share_*: a descriptor of sealed size where
 * the host has seals). at: NULL, or where to put the mapping, replacing what is there. */
int os_share_create(const char *name, uint64_t size);
int os_share_read_only(int fd); /* mappings made from now on cannot write */
void *os_share_map(int fd, uint64_t off, size_t size, bool write, void *at);
void *os_share_map_aligned(int fd, size_t size); /* to a multiple of its size, if possible */
void os_share_unmap(void *p, size_t size);
enum { OS_PASS_MAX = 4 };
/* On sockets that block: whole or -errno; recv 1, or 0 at the end of the stream. */
int os_socket_pair(int fds[2]);
void os_socket_shutdown(int fd); /* whoever reads or writes there gets an end */
int os_socket_send(int fd, const void *buf, size_t len, const int *fds, unsigned nfds);
int os_socket_recv(int fd, void *buf, size_t len, int *fds, unsigned room, unsigned *got);
/* Redox's schemes; -ENOSYS elsewhere. in, out: which way the payload goes. */
int os_scheme_open(const char *path);
int os_scheme_openat(int fd, const char *path);
int os_scheme_call(int fd, void *payload, size_t len, bool in, bool out, const uint64_t meta[4]);

/* Process. */
int os_pid(void);
int os_pidfile(const char *path); /* writes and locks it; -EAGAIN: its owner lives */
int os_daemonize_begin(void);  /* forks: returns in the child; the parent waits for _ready */
void os_daemonize_ready(void);
int os_fork(void);             /* with one thread only: 0 in the child, its pid, or -errno */
void os_reap(void);            /* forgets children that have ended */
void os_on_terminate(void (*fn)(int sig)); /* SIGINT, SIGTERM, SIGHUP; handler context */
void os_ignore_sigpipe(void);
uint64_t os_rss_bytes(void);
unsigned os_cpu_count(void);
void os_random(void *buf, size_t len);

#endif
