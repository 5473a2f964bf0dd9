/* SPDX-License-Identifier: MIT */
/*
 * Inside the gdb server: packets (gdb_packet.c), registers (gdb_regs.c), commands (gdb_cmd.c), who
 * runs and why it stopped (gdbstub.c).
 */
#ifndef MONITOR_GDB_INT_H
#define MONITOR_GDB_INT_H

#include "accel/api/vcpu.h"
#include "backend/char/chardev.h"
#include "monitor/gdbstub.h"
#include "vm/vm.h"

/* --- packets ---------------------------------------------------------------------------------- */

#define GDB_PACKET_MAX 0x4000u /* bytes between '$' and '#', both directions */

struct gdb_framer {
    enum { GDB_IDLE, GDB_BODY, GDB_SUM1, GDB_SUM2 } state;
    char buf[GDB_PACKET_MAX + 1]; /* escapes resolved; a zero behind */
    size_t len;
    uint8_t sum, want;
    bool escaped, too_long, no_ack;
};
enum gdb_fed { GDB_MORE, GDB_PACKET, GDB_BAD, GDB_BREAK, GDB_NACK };
/* One byte from the client. GDB_PACKET: buf holds one; GDB_BAD: broken, wants '-'. */
enum gdb_fed gdb_framer_feed(struct gdb_framer *f, uint8_t byte);
/* "$body#sum" appended to out, escaped. */
void gdb_packet_make(GByteArray *out, const char *body, size_t len);

int gdb_hex_digit(char c); /* -1: none */
/* Number at *p, which is moved on; false: no digit, or more than 64 bits. */
bool gdb_hex_u64(const char **p, uint64_t *v);
void gdb_hex_bytes(GString *out, const void *bytes, size_t len);
/* Up to cap bytes from hex digits; how many. */
size_t gdb_unhex(uint8_t *out, size_t cap, const char *hex);

/* --- registers -------------------------------------------------------------------------------- */

/* The target description; the same for every vCPU, mode and accelerator. */
void gdb_regs_xml(GString *out);
unsigned gdb_regs_count(void);
/* Bytes of a register in the order of the guest, 0: no such number. */
unsigned gdb_reg_get(const struct x86_state *s, unsigned n, uint8_t *out);
unsigned gdb_reg_set(struct x86_state *s, unsigned n, const uint8_t *in);
#define GDB_REG_MAX 16 /* bytes */
enum { GDB_REG_RIP = 16 };

/* --- the server ------------------------------------------------------------------------------- */

#define GDB_POINTS_MAX 4096

enum gdb_point_kind { GDB_Z_SOFT, GDB_Z_HARD, GDB_Z_WRITE, GDB_Z_READ, GDB_Z_ACCESS };
struct gdb_point {
    enum gdb_point_kind kind;
    gva_t addr;
    uint64_t len;
};

/* What a vCPU is to do when the machine goes on. */
enum gdb_action { GDB_HOLD, GDB_CONT, GDB_STEP };
struct gdb_cpu {
    enum gdb_action action;
    uint64_t range_first, range_end; /* stepping goes on while the PC is in there; end 0: no */
    bool stopped;                    /* it has something to say (why) */
    bool told;                       /* ... and has said it: its breakpoint is stepped over */
    struct {
        bool breakpoint, watch, write, step;
        gva_t addr;
    } why;
};

struct gdbstub {
    struct vm *vm;
    struct vm_parts parts;
    struct chardev *chr;
    struct vm_listener listener;
    gdbstub_monitor_fn *monitor;
    struct gdb_framer in;
    GByteArray *out, *last; /* not yet taken by the back end; what a '-' repeats */
    GArray *points; /* struct gdb_point */
    struct gdb_cpu *cpu;
    unsigned n_cpus;
    unsigned g_cpu; /* of register and memory commands */
    unsigned c_cpu; /* of c, s and a vCont without thread; n_cpus: all */
    unsigned list_at; /* qsThreadInfo */
    int over;       /* the vCPU that steps over a breakpoint before the others go, or -1 */
    bool connected;
    bool running;   /* the client waits for a stop reply */
    bool ours;      /* the stop in progress is our doing */
    bool interrupted, reported;
    bool physical;  /* Qqemu.PhyMemMode */
    bool posted;
    char *xml;
};

void gdb_reply(struct gdbstub *g, const char *fmt, ...) PRINTF_LIKE(2, 3);
void gdb_reply_bytes(struct gdbstub *g, const char *body, size_t len);
/* "T05..." for a vCPU. */
void gdb_stop_reply(struct gdbstub *g, unsigned cpu);
/* Lets the vCPUs go as their action says; a stop reply comes later. */
void gdb_resume(struct gdbstub *g);
/* Points changed: 0 or -errno of the accelerator that has no room for them. */
int gdb_points_apply(struct gdbstub *g);
void gdb_points_clear(struct gdbstub *g);
/* Copies of a vCPU's state; the machine stands still meanwhile. */
int gdb_state(struct gdbstub *g, unsigned cpu, struct x86_state *s);
int gdb_state_put(struct gdbstub *g, unsigned cpu, const struct x86_state *s);
/* The client went away, or said so. */
void gdb_detach(struct gdbstub *g);

/* gdb_cmd.c: one packet. */
void gdb_command(struct gdbstub *g, const char *p, size_t len);

#endif
