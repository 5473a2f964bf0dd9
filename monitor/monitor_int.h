/* SPDX-License-Identifier: MIT */
/*
 * Inside of the monitors: a command, the call of one, and the session that both kinds share. Only
 * files of this folder include this, and their tests. Main loop, machine lock held.
 *
 * A handler serves HMP and QMP: it takes its arguments by name, acts through vm.h, appends text to
 * call->out or sets call->ret, or reports with call_error. It may pause the processors (vm_freeze),
 * which drops the lock, but never runs the main loop.
 */
#ifndef MONITOR_MONITOR_INT_H
#define MONITOR_MONITOR_INT_H

#include "accel/x86/inspect.h"
#include "core/device.h"
#include "monitor/monitor.h"
#include "vm/vm.h"

struct json_t; /* jansson's */
struct mon_keys; /* cmd_input.c */
struct monitor;
struct mon_call;

/* Bounds: a line of HMP, what one command may say, what may wait for a slow reader. */
#define MON_LINE       4096
#define MON_OUTPUT_MAX (8u << 20)
#define MON_QUEUE_MAX  (64u << 10)
#define MON_EVENTS_MAX (1u << 20)

/* Types in the argument specification of commands.def. */
enum mon_type {
    MON_INT = 'i',    /* HMP: an expression with $registers; QMP: a number */
    MON_STRING = 's', /* a word, or "text in quotes" */
    MON_FILE = 'F',   /* the same, completed as a file name */
    MON_DRIVE = 'B',  /* the same, completed as a drive */
    MON_BOOL = 'b',   /* on or off */
    MON_FLAG = '-',   /* HMP: -x, x being the name's first letter; QMP: a boolean */
    MON_REST = 'S',   /* the rest of the line */
    MON_FORMAT = '/', /* HMP only: /fmt directly behind the command's name */
    MON_JSON = 'j',   /* QMP only: a value of any kind */
};

#define MON_MAX_ARGS 12

struct mon_arg {
    char name[32];
    enum mon_type type;
    bool optional, qmp_only, hmp_only;
    bool given;
    int64_t i; /* numbers and booleans */
    char *s;
    struct json_t *json; /* borrowed from the request */
};

struct command {
    const char *hmp, *alias, *qmp; /* names, or NULL */
    const char *args, *usage, *help;
    void (*run)(struct mon_call *c);
};

enum mon_error {
    MON_GENERIC,
    MON_DEVICE_NOT_FOUND,
    MON_COMMAND_NOT_FOUND,
    MON_DEVICE_NOT_ACTIVE
};

struct mon_call {
    struct vm *vm;
    struct monitor_set *set;
    struct monitor *mon; /* NULL: none */
    struct vm_parts p;
    struct mon_arg arg[MON_MAX_ARGS];
    unsigned n;
    unsigned *cpu;        /* which processor registers and addresses are of */
    struct x86_state *st; /* its state while frozen, see call_cpu */
    GString *out;
    struct json_t *ret; /* NULL: an empty object */
    GError *err;
};

/* monitor.c: tables */
extern const struct command commands[], info_commands[];
const struct command *command_by_hmp(const char *name);
const struct command *command_by_qmp(const char *name);
const struct command *info_by_name(const char *name);
GQuark monitor_error_quark(void);

/* monitor.c: calls */
void call_init(struct mon_call *c, struct monitor_set *set, struct monitor *mon, unsigned *cpu);
void call_clear(struct mon_call *c);
/* Reads cmd->args into c->arg. Returns the number. */
unsigned call_spec(struct mon_call *c, const char *spec);
bool arg_given(const struct mon_call *c, const char *name);
const char *arg_str(const struct mon_call *c, const char *name);
int64_t arg_int(const struct mon_call *c, const char *name, int64_t def);
bool arg_bool(const struct mon_call *c, const char *name, bool def);
struct json_t *arg_json(const struct mon_call *c, const char *name);
void call_error(struct mon_call *c, enum mon_error kind, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* Appends, up to MON_OUTPUT_MAX. call_full: no more is taken. */
void call_print(struct mon_call *c, const char *fmt, ...) PRINTF_LIKE(2, 3);
bool call_full(const struct mon_call *c);
/* Freezes the machine until the call ends and returns the view of the call's processor; st (whole
 * state) is valid as long. */
const struct x86_view *call_cpu(struct mon_call *c, struct x86_view *v);
bool call_cpu_state(struct mon_call *c, unsigned cpu, struct x86_state *st); /* frozen */
/* One line of HMP: finds the command, parses, runs. Text and errors end up in c->out. */
void hmp_execute(struct mon_call *c, const char *line);
/* Prints the prompt and hands the next line, which is not shown, to fn. False: nobody types. */
bool hmp_ask(struct monitor *m, const char *prompt,
             void (*fn)(struct mon_call *c, const char *answer));

/* info_machine.c, for both kinds; g_free. mon_prop_text: a value as in JSON. */
char *mon_uuid(const struct mon_call *c);
char *mon_prop_text(const struct device *d, const struct prop *p);

/* expr.c: C-like expressions of 64-bit numbers and $registers; *p is moved behind it. */
bool mon_expression(struct mon_call *c, const char **p, int64_t *out);

/* hmp.c */
struct monitor_ops {
    void (*feed)(struct monitor *m, uint8_t byte);
    void (*opened)(struct monitor *m); /* a new session begins */
    void (*focus)(struct monitor *m, bool mine); /* of a mux; may be NULL */
    void (*event)(struct monitor *m, const struct vm_event *e); /* may be NULL */
    void (*free)(struct monitor *m);
};
extern const struct monitor_ops hmp_ops, qmp_ops;
void *hmp_new(struct monitor *m);
void *qmp_new(struct monitor *m, bool pretty);
GPtrArray *hmp_complete(struct monitor_set *s, const char *line, size_t *word);

/* A session on a chardev. */
struct monitor {
    struct monitor_set *set;
    struct vm *vm;
    struct chardev *chardev;
    const struct monitor_ops *ops;
    void *priv;
    bool open, pumping;
    unsigned cpu;
    GByteArray *in;
    GString *out; /* not taken by the reader yet */
    struct monitor *next;
};

struct monitor_set {
    struct vm *vm;
    struct monitor *first;
    struct vm_listener listener;
    unsigned cpu; /* of monitor_run_line */
    struct mon_keys *keys;
    int abs_x, abs_y; /* pointer, as input-send-event left it */
};
void mon_send(struct monitor *m, const char *text, size_t len);

#endif
