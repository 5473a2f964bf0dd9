/* SPDX-License-Identifier: MIT */
/*
 * Reading a reproduction file and running its instruction on two accelerators. The file may come
 * from anywhere: what it says is checked, and what it may make us allocate is bounded.
 */
#include "accel/compare/replay.h"

#include <errno.h>
#include <string.h>

#include "accel/compare/compare_int.h"
#include "core/device.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/opts.h"

#define MAX_MEMORY  (2ull << 30) /* bytes of guest memory */
#define MAX_REGIONS 256
#define MAX_ENTRIES 65536

extern const struct accel_ops accel_compare;

struct replay {
    char *text; /* the file */
    const char *p, *end;
    struct physmem *pm;
    GPtrArray *memory; /* of the regions */
    uint64_t total;
    struct x86_state state;
    struct x86_cpu_model model;
    bool line;
    struct accel_vm *vm;
    struct accel_vcpu *vcpu;
};

static bool bad(GError **err, const char *what)
{
    g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "-compare: replay: %s", what);
    return false;
}

/* The next line, without its end; NULL: none. */
static char *line(struct replay *r)
{
    const char *nl = memchr(r->p, '\n', (size_t)(r->end - r->p));
    if (!nl || nl - r->p > 200) {
        return NULL;
    }
    char *s = g_strndup(r->p, (gsize)(nl - r->p));
    r->p = nl + 1;
    return s;
}

static const void *bytes(struct replay *r, size_t n)
{
    const void *p = r->p;
    if ((size_t)(r->end - r->p) < n) {
        return NULL;
    }
    r->p += n;
    return p;
}

/* "state N" and N bytes, which must be as many as we have. */
static bool take_struct(struct replay *r, const char *text, const char *name, void *out, size_t n)
{
    char want[40];
    g_snprintf(want, sizeof want, "%s %zu", name, n);
    const void *p = strcmp(text, want) == 0 ? bytes(r, n) : NULL;
    if (p) {
        memcpy(out, p, n);
    }
    return p != NULL;
}

static bool take_region(struct replay *r, const char *text)
{
    char kind[4];
    uint64_t gpa, size;
    if (sscanf(text, "memory %3s %" G_GINT64_MODIFIER "x %" G_GINT64_MODIFIER "x", kind,
               (guint64 *)&gpa, (guint64 *)&size) != 3 ||
        (gpa | size) % 4096 || size == 0 || size > MAX_MEMORY || gpa > (1ull << 46) ||
        r->total + size > MAX_MEMORY || r->memory->len >= MAX_REGIONS) {
        return false;
    }
    uint8_t *host = g_aligned_alloc0(1, (gsize)size, 4096);
    r->total += size;
    g_ptr_array_add(r->memory, host);
    if (strcmp(kind, "rom") == 0) {
        physmem_add_rom(r->pm, "replay", gpa, size, host, 0, NULL, NULL);
    } else {
        physmem_add_ram(r->pm, "replay", gpa, size, host, 0);
    }
    return true;
}

static bool take_page(struct replay *r, const char *text)
{
    uint64_t gpa;
    struct mem_section s;
    const void *p = bytes(r, 4096);
    if (!p || sscanf(text, "page %" G_GINT64_MODIFIER "x", (guint64 *)&gpa) != 1 ||
        !physmem_lookup(r->pm, gpa, &s) || !s.host || s.gpa + s.size - gpa < 4096) {
        return false;
    }
    memcpy(s.host + (gpa - s.gpa), p, 4096);
    return true;
}

/* Memory and state, up to "log". */
static bool read_machine(struct replay *r, GError **err)
{
    char *text;
    bool ok = true, have_state = false, have_model = false, done = false;
    text = line(r);
    ok = text && strcmp(text, "emu-compare 2") == 0;
    g_free(text);
    if (!ok) {
        return bad(err, "no reproduction file of this emu");
    }
    while (ok && !done && (text = line(r))) {
        if (g_str_has_prefix(text, "state ")) {
            ok = have_state = take_struct(r, text, "state", &r->state, sizeof r->state);
        } else if (g_str_has_prefix(text, "model ")) {
            ok = have_model = take_struct(r, text, "model", &r->model, sizeof r->model);
        } else if (g_str_has_prefix(text, "memory ")) {
            ok = take_region(r, text);
        } else if (g_str_has_prefix(text, "page ")) {
            ok = take_page(r, text);
        } else if (g_str_has_prefix(text, "a20 ")) {
            physmem_set_a20(r->pm, text[4] != '0');
        } else if (g_str_has_prefix(text, "line ")) {
            r->line = text[5] == '1';
        } else if (strcmp(text, "log") == 0) {
            done = true;
        } else {
            ok = g_str_has_prefix(text, "first ") || g_str_has_prefix(text, "second ");
        }
        g_free(text);
    }
    ok = ok && done && have_state && have_model && r->state.version == X86_STATE_VERSION &&
         (unsigned)r->state.mp <= X86_MP_SHUTDOWN && r->model.phys_bits >= 32 &&
         r->model.phys_bits <= 52;
    return ok || bad(err, "the file is damaged, or of another build of emu");
}

static bool read_log(struct replay *r, GError **err)
{
    char *text;
    bool ok = true, done = false;
    while (ok && !done && (text = line(r))) {
        unsigned kind, size, good, n;
        uint64_t where, value;
        struct entry e = { 0 };
        done = strcmp(text, "end") == 0;
        if (!done) {
            ok = sscanf(text, "%u %" G_GINT64_MODIFIER "x %" G_GINT64_MODIFIER "x %u %u %u", &kind,
                        (guint64 *)&where, (guint64 *)&value, &size, &good, &n) == 6 &&
                 kind <= ENTRY_A20 && kind != ENTRY_VIEW && size <= 8 && n <= MAX_MEMORY &&
                 r->vm->log->len < MAX_ENTRIES;
            const void *p = ok ? bytes(r, n) : NULL;
            ok = p != NULL;
            if (ok) {
                e = (struct entry){ .kind = kind, .where = where, .value = value, .ok = good != 0,
                                    .size = (uint8_t)size, .n = n, .data = g_memdup2(p, n) };
                log_add(r->vm, &e);
            }
        }
        g_free(text);
    }
    return (ok && done) || bad(err, "its log is damaged");
}

/* --- running ---------------------------------------------------------------------------------- */

/* All input comes from the log; these are there because accelerators may ask whether they are. */
static bool no_msr_read(void *opaque, unsigned vcpu, uint32_t msr, uint64_t *value)
{
    (void)opaque;
    (void)vcpu;
    (void)msr;
    *value = 0;
    return false;
}

static bool no_msr_write(void *opaque, unsigned vcpu, uint32_t msr, uint64_t value)
{
    (void)opaque;
    (void)vcpu;
    (void)msr;
    (void)value;
    return false;
}

static int64_t no_clock(void *opaque)
{
    (void)opaque;
    return 1;
}

static bool make(struct replay *r, const struct opts *o, GError **err)
{
    static const struct accel_callbacks cb = { .msr_read = no_msr_read, .msr_write = no_msr_write,
                                               .clock_ns = no_clock };
    static const struct x86_topology one = { 1, 1, 1 };
    r->model.name = r->model.desc = "replay";
    r->model.vendor[sizeof r->model.vendor - 1] = r->model.brand[sizeof r->model.brand - 1] = 0;
    r->state.groups = X86_GROUP_ALL;
    struct accel_params p = { .pm = r->pm, .model = &r->model, .topology = &one, .cb = &cb,
                              .opts = o };
    if (accel_compare.vm_create(&r->vm, &p, err) < 0) {
        r->vm = NULL;
        return false;
    }
    int ret = accel_compare.vcpu_create(r->vm, 0, &r->vcpu);
    ret = ret < 0 ? ret : accel_compare.state_set(r->vcpu, &r->state, X86_GROUP_ALL);
    if (ret < 0) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_HOST, "-compare: replay: the state is not taken: %s",
                    g_strerror(-ret));
    }
    return ret >= 0;
}

static bool verdict(struct replay *r)
{
    GString *why = g_string_new(NULL);
    const char *a = r->vm->side[0].choice.ops->name, *b = r->vm->side[1].choice.ops->name;
    bool same = compare_once(r->vcpu, r->line, why);
    if (same) {
        log_info(NULL, "-compare: replay: %s and %s agree", a, b);
    } else {
        report_instruction(r->vcpu, &r->state);
        log_err(NULL, "-compare: replay: %s (first) and %s (second) differ: %s", a, b, why->str);
    }
    g_string_free(why, TRUE);
    return same;
}

bool compare_replay(const struct opts *o, bool *same, GError **err)
{
    struct replay r = { 0 };
    gsize n;
    *same = false;
    if (!g_file_get_contents(opts_get(o, "replay"), &r.text, &n, err)) {
        return false;
    }
    r.p = r.text;
    r.end = r.text + n;
    machine_lock();
    r.pm = physmem_new();
    r.memory = g_ptr_array_new_with_free_func(g_aligned_free);
    bool ok = read_machine(&r, err) && make(&r, o, err) && read_log(&r, err);
    if (ok) {
        *same = verdict(&r);
    }
    if (r.vcpu) {
        accel_compare.vcpu_destroy(r.vcpu);
    }
    if (r.vm) {
        accel_compare.vm_destroy(r.vm);
    }
    physmem_free(r.pm);
    g_ptr_array_unref(r.memory);
    machine_unlock();
    g_free(r.text);
    return ok;
}
