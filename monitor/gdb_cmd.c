/* SPDX-License-Identifier: MIT */
/*
 * The commands of gdb's remote serial protocol ("Packets" in gdb's manual). Each handler gets what
 * follows the command's name; everything in it is the client's and is checked.
 */
#include "monitor/gdb_int.h"

#include <stdio.h>
#include <string.h>

#include "accel/x86/inspect.h"
#include "core/physmem.h"

#define E_ARGS   "E16" /* EINVAL */
#define E_MEMORY "E0e" /* EFAULT */

/* --- threads: vCPU n is thread n + 1 ---------------------------------------------------------- */

/* "-1" all, "0" any, else a thread. False: no such. n_cpus stands for all and any. */
static bool thread_arg(const struct gdbstub *g, const char **p, unsigned *cpu)
{
    uint64_t id;
    if (strncmp(*p, "-1", 2) == 0) {
        *p += 2;
        *cpu = g->n_cpus;
        return true;
    }
    if (!gdb_hex_u64(p, &id) || id > g->n_cpus) {
        return false;
    }
    *cpu = id ? (unsigned)id - 1 : g->n_cpus;
    return true;
}

static void cmd_set_thread(struct gdbstub *g, const char *p)
{
    char op = *p;
    unsigned cpu;
    if ((op != 'g' && op != 'c') || (p++, !thread_arg(g, &p, &cpu))) {
        gdb_reply(g, E_ARGS);
        return;
    }
    if (op == 'c') {
        g->c_cpu = cpu;
    } else if (cpu < g->n_cpus) {
        g->g_cpu = cpu;
    }
    gdb_reply(g, "OK");
}

static void cmd_thread_alive(struct gdbstub *g, const char *p)
{
    unsigned cpu;
    gdb_reply(g, thread_arg(g, &p, &cpu) && cpu < g->n_cpus ? "OK" : E_ARGS);
}

static void cmd_threads(struct gdbstub *g, bool first)
{
    GString *s = g_string_new("m");
    if (first) {
        g->list_at = 0;
    }
    for (unsigned k = 0; k < 64 && g->list_at < g->n_cpus; k++) {
        g_string_append_printf(s, "%s%02x", k ? "," : "", ++g->list_at);
    }
    gdb_reply(g, "%s", s->len > 1 ? s->str : "l");
    g_string_free(s, TRUE);
}

static void cmd_thread_info(struct gdbstub *g, const char *p)
{
    static const char *const names[] = {
        [VCPU_RUNNABLE] = "running",
        [VCPU_HALTED] = "halted",
        [VCPU_WAIT_SIPI] = "waiting for SIPI",
        [VCPU_DEAD] = "shut down",
    };
    unsigned cpu;
    if (!thread_arg(g, &p, &cpu) || cpu >= g->n_cpus) {
        gdb_reply(g, E_ARGS);
        return;
    }
    char text[48];
    int n = g_snprintf(text, sizeof text, "CPU#%u [%s]", cpu,
                       names[vcpu_activity(g->parts.vcpus, cpu)]);
    GString *s = g_string_new(NULL);
    gdb_hex_bytes(s, text, (size_t)n);
    gdb_reply(g, "%s", s->str);
    g_string_free(s, TRUE);
}

/* --- registers -------------------------------------------------------------------------------- */

static void cmd_read_regs(struct gdbstub *g)
{
    struct x86_state st;
    uint8_t raw[GDB_REG_MAX];
    if (gdb_state(g, g->g_cpu, &st) < 0) {
        gdb_reply(g, E_ARGS);
        return;
    }
    GString *s = g_string_new(NULL);
    for (unsigned n = 0, len; (len = gdb_reg_get(&st, n, raw)) > 0; n++) {
        gdb_hex_bytes(s, raw, len);
    }
    gdb_reply(g, "%s", s->str);
    g_string_free(s, TRUE);
}

/* "x" digits: not available, left as it is. */
static void cmd_write_regs(struct gdbstub *g, const char *p)
{
    struct x86_state st;
    uint8_t raw[GDB_REG_MAX];
    size_t left = strlen(p);
    bool ok = gdb_state(g, g->g_cpu, &st) >= 0;
    for (unsigned n = 0, len; ok && (len = gdb_reg_get(&st, n, raw)) > 0 && left; n++) {
        ok = left >= 2 * len;
        if (ok && *p != 'x') {
            ok = gdb_unhex(raw, len, p) == len;
            gdb_reg_set(&st, n, raw);
        }
        p += 2 * len;
        left -= ok ? 2 * len : left;
    }
    gdb_reply(g, ok && gdb_state_put(g, g->g_cpu, &st) >= 0 ? "OK" : E_ARGS);
}

static void cmd_read_reg(struct gdbstub *g, const char *p)
{
    struct x86_state st;
    uint8_t raw[GDB_REG_MAX];
    uint64_t n;
    unsigned len = 0;
    if (gdb_hex_u64(&p, &n) && n < gdb_regs_count() && gdb_state(g, g->g_cpu, &st) >= 0) {
        len = gdb_reg_get(&st, (unsigned)n, raw);
    }
    if (!len) {
        gdb_reply(g, E_ARGS);
        return;
    }
    GString *s = g_string_new(NULL);
    gdb_hex_bytes(s, raw, len);
    gdb_reply(g, "%s", s->str);
    g_string_free(s, TRUE);
}

static void cmd_write_reg(struct gdbstub *g, const char *p)
{
    struct x86_state st;
    uint8_t raw[GDB_REG_MAX], old[GDB_REG_MAX];
    uint64_t n;
    bool ok = gdb_hex_u64(&p, &n) && *p == '=' && n < gdb_regs_count() &&
              gdb_state(g, g->g_cpu, &st) >= 0;
    if (ok) {
        unsigned len = gdb_reg_get(&st, (unsigned)n, old);
        ok = len && gdb_unhex(raw, len, p + 1) == len;
    }
    if (ok) {
        gdb_reg_set(&st, (unsigned)n, raw);
        ok = gdb_state_put(g, g->g_cpu, &st) >= 0;
    }
    gdb_reply(g, ok ? "OK" : E_ARGS);
}

/* --- memory ----------------------------------------------------------------------------------- */

/* "addr,len"; len at most what fits into an answer. */
static bool range_arg(const char **p, uint64_t *addr, uint64_t *len)
{
    if (!gdb_hex_u64(p, addr) || **p != ',') {
        return false;
    }
    ++*p;
    return gdb_hex_u64(p, len);
}

/* Bytes done from the first on: linear addresses of the chosen vCPU, or physical ones. Nothing but
 * RAM and ROM is touched: a device must not notice that a debugger looks. */
static size_t access_memory(struct gdbstub *g, uint64_t addr, uint8_t *buf, size_t len, bool write)
{
    struct x86_state st;
    struct x86_view v;
    size_t n = 0;
    vm_freeze(g->vm);
    if (gdb_state(g, g->g_cpu, &st) >= 0) {
        x86_view_init(&v, &st, g->parts.mem, g->parts.model);
        if (!g->physical) {
            n = write ? x86_view_write(&v, addr, buf, len) : x86_view_read(&v, addr, buf, len);
        } else {
            while (n < len && (write ? v.write(v.opaque, addr + n, buf + n, 1)
                                     : v.read(v.opaque, addr + n, buf + n, 1))) {
                n++;
            }
        }
    }
    vm_thaw(g->vm);
    return n;
}

static void cmd_read_memory(struct gdbstub *g, const char *p)
{
    uint64_t addr, len;
    if (!range_arg(&p, &addr, &len)) {
        gdb_reply(g, E_ARGS);
        return;
    }
    uint8_t buf[GDB_PACKET_MAX / 2 - 8];
    size_t n = access_memory(g, addr, buf, MIN(len, sizeof buf), false);
    if (!n && len) {
        gdb_reply(g, E_MEMORY);
        return;
    }
    GString *s = g_string_new(NULL);
    gdb_hex_bytes(s, buf, n);
    gdb_reply(g, "%s", s->str);
    g_string_free(s, TRUE);
}

static void cmd_write_memory(struct gdbstub *g, const char *p, const char *end, bool binary)
{
    uint64_t addr, len;
    if (!range_arg(&p, &addr, &len) || *p != ':' || len > GDB_PACKET_MAX) {
        gdb_reply(g, E_ARGS);
        return;
    }
    p++;
    uint8_t buf[GDB_PACKET_MAX];
    size_t have = binary ? (size_t)(end - p) : gdb_unhex(buf, len, p);
    if (have < len) {
        gdb_reply(g, E_ARGS);
        return;
    }
    if (binary) {
        memcpy(buf, p, len);
    }
    gdb_reply(g, access_memory(g, addr, buf, len, true) == len ? "OK" : E_MEMORY);
}

/* --- breakpoints and watchpoints -------------------------------------------------------------- */

static void cmd_point(struct gdbstub *g, const char *p, bool insert)
{
    uint64_t kind, addr, len;
    if (!gdb_hex_u64(&p, &kind) || *p++ != ',' || !range_arg(&p, &addr, &len)) {
        gdb_reply(g, E_ARGS);
        return;
    }
    if (kind > GDB_Z_ACCESS) {
        gdb_reply(g, "%s", ""); /* not supported */
        return;
    }
    struct gdb_point point = { (enum gdb_point_kind)kind, addr, len };
    bool watch = kind > GDB_Z_HARD;
    if (watch && (!len || len > UINT64_MAX - addr + 1)) {
        gdb_reply(g, E_ARGS);
        return;
    }
    guint at = g->points->len;
    for (guint i = 0; i < g->points->len; i++) {
        const struct gdb_point *q = &g_array_index(g->points, struct gdb_point, i);
        if (q->kind == point.kind && q->addr == addr && (!watch || q->len == len)) {
            at = i;
        }
    }
    bool there = at < g->points->len;
    if (insert && !there) {
        if (g->points->len >= GDB_POINTS_MAX) {
            gdb_reply(g, E_ARGS);
            return;
        }
        g_array_append_val(g->points, point);
        if (gdb_points_apply(g) < 0) {
            g_array_remove_index(g->points, at);
            gdb_points_apply(g);
            gdb_reply(g, "E1c"); /* ENOSPC */
            return;
        }
    } else if (!insert && there) {
        g_array_remove_index(g->points, at);
        gdb_points_apply(g);
    }
    gdb_reply(g, "OK");
}

/* --- running ---------------------------------------------------------------------------------- */

static bool one_action(struct gdbstub *g, const char **p, struct gdb_cpu *a)
{
    uint64_t v;
    memset(a, 0, sizeof *a);
    switch (*(*p)++) {
    case 'C': a->action = GDB_CONT; return gdb_hex_u64(p, &v);
    case 'c': a->action = GDB_CONT; return true;
    case 'S': a->action = GDB_STEP; return gdb_hex_u64(p, &v);
    case 's': a->action = GDB_STEP; return true;
    case 'r':
        a->action = GDB_STEP;
        (void)g;
        return range_arg(p, &a->range_first, &a->range_end);
    default: return false;
    }
}

/* vCont;action[:thread]...: of several that fit a thread the first one counts. */
static void cmd_vcont(struct gdbstub *g, const char *p)
{
    bool *have = g_new0(bool, g->n_cpus), ok = *p == ';';
    struct gdb_cpu *want = g_new0(struct gdb_cpu, g->n_cpus);
    while (ok && *p == ';') {
        struct gdb_cpu a;
        unsigned cpu = g->n_cpus;
        p++;
        ok = one_action(g, &p, &a);
        if (ok && *p == ':') {
            p++;
            ok = thread_arg(g, &p, &cpu);
        }
        for (unsigned i = 0; ok && i < g->n_cpus; i++) {
            if (!have[i] && (cpu == g->n_cpus || cpu == i)) {
                have[i] = true;
                want[i] = a;
            }
        }
    }
    ok = ok && *p == 0;
    for (unsigned i = 0; ok && i < g->n_cpus; i++) {
        g->cpu[i].action = want[i].action;
        g->cpu[i].range_first = want[i].range_first;
        g->cpu[i].range_end = want[i].range_end;
    }
    g_free(have);
    g_free(want);
    if (ok) {
        gdb_resume(g);
    } else {
        gdb_reply(g, E_ARGS);
    }
}

/* c, s and their like without vCont: s steps the one vCPU, c lets all go. */
static void cmd_run(struct gdbstub *g, const char *p, enum gdb_action a)
{
    uint64_t pc;
    unsigned cpu = g->c_cpu < g->n_cpus ? g->c_cpu : g->g_cpu;
    if (gdb_hex_u64(&p, &pc)) {
        struct x86_state st;
        if (gdb_state(g, cpu, &st) >= 0) {
            st.rip = pc;
            gdb_state_put(g, cpu, &st);
        }
    }
    for (unsigned i = 0; i < g->n_cpus; i++) {
        g->cpu[i].action = a == GDB_CONT ? GDB_CONT : i == cpu ? GDB_STEP : GDB_HOLD;
        g->cpu[i].range_end = 0;
    }
    gdb_resume(g);
}

static const char *skip_signal(const char *p)
{
    uint64_t v;
    gdb_hex_u64(&p, &v);
    return *p == ';' ? p + 1 : "";
}

/* --- queries ---------------------------------------------------------------------------------- */

/* qXfer:features:read:target.xml:OFFSET,LENGTH */
static void query_features(struct gdbstub *g, const char *p)
{
    uint64_t off, len;
    if (!g_str_has_prefix(p, "target.xml:")) {
        gdb_reply(g, "E00");
        return;
    }
    p += strlen("target.xml:");
    if (!range_arg(&p, &off, &len)) {
        gdb_reply(g, E_ARGS);
        return;
    }
    size_t total = strlen(g->xml);
    off = MIN(off, total);
    len = MIN(len, MIN(total - off, GDB_PACKET_MAX / 2));
    gdb_reply(g, "%c%.*s", off + len < total ? 'm' : 'l', (int)len, g->xml + off);
}

/* qRcmd: "monitor LINE" as hexadecimal. Text goes back in packets of its own. */
static void query_monitor(struct gdbstub *g, const char *p)
{
    char line[GDB_PACKET_MAX / 2 + 1];
    size_t n = gdb_unhex((uint8_t *)line, sizeof line - 1, p);
    GString *out = g_string_new(NULL);
    line[n] = 0;
    if (g->monitor) {
        g->monitor(g->vm, line, out);
    } else {
        g_string_append(out, "this emu has no monitor\n");
    }
    for (size_t at = 0; at < out->len;) {
        size_t part = MIN(out->len - at, GDB_PACKET_MAX / 2 - 8);
        GString *s = g_string_new("O");
        gdb_hex_bytes(s, out->str + at, part);
        gdb_reply(g, "%s", s->str);
        g_string_free(s, TRUE);
        at += part;
    }
    g_string_free(out, TRUE);
    gdb_reply(g, "OK");
}

static void query_supported(struct gdbstub *g, const char *p)
{
    (void)p;
    gdb_reply(g, "PacketSize=%x;QStartNoAckMode+;qXfer:features:read+;vContSupported+;"
                 "swbreak+;hwbreak+", GDB_PACKET_MAX);
}

static void query_no_ack(struct gdbstub *g, const char *p)
{
    (void)p;
    gdb_reply(g, "OK");
    g->in.no_ack = true;
}

static void query_first_thread(struct gdbstub *g, const char *p)
{
    (void)p;
    cmd_threads(g, true);
}

static void query_next_thread(struct gdbstub *g, const char *p)
{
    (void)p;
    cmd_threads(g, false);
}

static void query_current(struct gdbstub *g, const char *p)
{
    (void)p;
    gdb_reply(g, "QC%02x", g->g_cpu + 1);
}

static void query_attached(struct gdbstub *g, const char *p)
{
    (void)p;
    gdb_reply(g, "1");
}

static void query_phys(struct gdbstub *g, const char *p)
{
    (void)p;
    gdb_reply(g, "%d", g->physical);
}

static void set_phys(struct gdbstub *g, const char *p)
{
    if ((*p != '0' && *p != '1') || p[1]) {
        gdb_reply(g, E_ARGS);
        return;
    }
    g->physical = *p == '1';
    gdb_reply(g, "OK");
}

/* Steps take no interrupt and the clock stands still between them: QEMU's default, the only way. */
static void query_sstepbits(struct gdbstub *g, const char *p)
{
    (void)p;
    gdb_reply(g, "ENABLE=1,NOIRQ=2,NOTIMER=4");
}

static void query_sstep(struct gdbstub *g, const char *p)
{
    (void)p;
    gdb_reply(g, "0x7");
}

static void query_symbol(struct gdbstub *g, const char *p)
{
    (void)p;
    gdb_reply(g, "OK");
}

static const struct query {
    const char *name; /* with its separator, if it takes arguments */
    void (*fn)(struct gdbstub *g, const char *p);
} queries[] = {
    { "qSupported", query_supported },
    { "QStartNoAckMode", query_no_ack },
    { "qXfer:features:read:", query_features },
    { "qfThreadInfo", query_first_thread },
    { "qsThreadInfo", query_next_thread },
    { "qThreadExtraInfo,", cmd_thread_info },
    { "qC", query_current },
    { "qAttached", query_attached },
    { "qRcmd,", query_monitor },
    { "qqemu.PhyMemMode", query_phys },
    { "Qqemu.PhyMemMode:", set_phys },
    { "qqemu.sstepbits", query_sstepbits },
    { "qqemu.sstep", query_sstep },
    { "qSymbol:", query_symbol },
};

static void cmd_query(struct gdbstub *g, const char *p)
{
    for (size_t i = 0; i < ARRAY_LEN(queries); i++) {
        size_t n = strlen(queries[i].name);
        char last = queries[i].name[n - 1];
        bool open = last == ':' || last == ',';
        if (strncmp(p, queries[i].name, n) == 0 &&
            (open || p[n] == 0 || p[n] == ':' || p[n] == ';' || p[n] == ',')) {
            queries[i].fn(g, p + n);
            return;
        }
    }
    gdb_reply(g, "%s", "");
}

/* --- all -------------------------------------------------------------------------------------- */

static void cmd_v(struct gdbstub *g, const char *p)
{
    if (strcmp(p, "vCont?") == 0) {
        gdb_reply(g, "vCont;c;C;s;S;r");
    } else if (g_str_has_prefix(p, "vCont")) {
        cmd_vcont(g, p + 5);
    } else if (g_str_has_prefix(p, "vKill")) {
        gdb_reply(g, "OK");
        vm_quit(g->vm, "host-signal");
    } else {
        gdb_reply(g, "%s", "");
    }
}

static void run_or_query(struct gdbstub *g, const char *p, size_t len)
{
    switch (*p) {
    case 'c': cmd_run(g, p + 1, GDB_CONT); break;
    case 'C': cmd_run(g, skip_signal(p + 1), GDB_CONT); break;
    case 's': cmd_run(g, p + 1, GDB_STEP); break;
    case 'S': cmd_run(g, skip_signal(p + 1), GDB_STEP); break;
    case 'D':
        gdb_reply(g, "OK");
        gdb_detach(g);
        break;
    case 'k': vm_quit(g->vm, "host-signal"); break;
    case 'q':
    case 'Q': cmd_query(g, p); break;
    case 'v': cmd_v(g, p); break;
    default:
        (void)len;
        gdb_reply(g, "%s", "");
        break;
    }
}

void gdb_command(struct gdbstub *g, const char *p, size_t len)
{
    if (g->running) {
        return; /* all-stop: only the break byte counts */
    }
    switch (*p) {
    case '?': gdb_stop_reply(g, g->g_cpu); break;
    case 'H': cmd_set_thread(g, p + 1); break;
    case 'T': cmd_thread_alive(g, p + 1); break;
    case 'g': cmd_read_regs(g); break;
    case 'G': cmd_write_regs(g, p + 1); break;
    case 'p': cmd_read_reg(g, p + 1); break;
    case 'P': cmd_write_reg(g, p + 1); break;
    case 'm': cmd_read_memory(g, p + 1); break;
    case 'M': cmd_write_memory(g, p + 1, p + len, false); break;
    case 'X': cmd_write_memory(g, p + 1, p + len, true); break;
    case 'Z': cmd_point(g, p + 1, true); break;
    case 'z': cmd_point(g, p + 1, false); break;
    default: run_or_query(g, p, len); break;
    }
}
