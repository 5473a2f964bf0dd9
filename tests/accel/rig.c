/* SPDX-License-Identifier: MIT */
#include "tests/accel/rig.h"

#include <stdlib.h>
#include <string.h>

#include "core/device.h"
#include "core/loop.h"
#include "os/os.h"

static uint32_t pio_read(void *o, uint16_t port, unsigned size)
{
    struct rig *r = o;
    machine_lock();
    uint32_t v = port == 0x20 ? ++r->counter : port == 0x22 ? r->enough : 0xffffffff;
    r->reads++;
    machine_unlock();
    return size == 4 ? v : v & ((1u << size * 8) - 1);
}

static void finish(struct rig *r, bool *what)
{
    g_mutex_lock(&r->mutex);
    *what = true;
    g_cond_broadcast(&r->cond);
    g_mutex_unlock(&r->mutex);
}

static void pio_write(void *o, uint16_t port, uint32_t v, unsigned size)
{
    struct rig *r = o;
    (void)size;
    machine_lock();
    r->writes++;
    if (port == 0x10 && r->n_out < ARRAY_LEN(r->out)) {
        r->out[r->n_out++] = v;
    } else if (port == 0x21) {
        r->vector = (int)(v & 0xff);
        vcpu_intr(r->v, 0, true);
    } else if (port == 0xf4) {
        vcpus_request_pause(r->v);
        finish(r, &r->done);
    }
    machine_unlock();
}

static uint64_t reg_read(void *o, gpa_t off, unsigned size)
{
    struct rig *r = o;
    (void)off;
    (void)size;
    return ++r->mmio_counter;
}

static void reg_write(void *o, gpa_t off, uint64_t v, unsigned size)
{
    struct rig *r = o;
    (void)off;
    (void)size;
    r->mmio_sum = r->mmio_sum * 31 + (uint32_t)v;
}

static uint64_t mmio_read(void *o, gpa_t gpa, unsigned size)
{
    struct rig *r = o;
    machine_lock();
    uint64_t v = physmem_io_read(r->pm, gpa, size);
    machine_unlock();
    return v;
}

static void mmio_write(void *o, gpa_t gpa, uint64_t v, unsigned size)
{
    struct rig *r = o;
    machine_lock();
    physmem_io_write(r->pm, gpa, v, size);
    machine_unlock();
}

static int irq_ack(void *o, unsigned vcpu)
{
    struct rig *r = o;
    machine_lock();
    int v = r->vector;
    r->vector = -1;
    vcpu_intr(r->v, vcpu, false);
    machine_unlock();
    return v;
}

static int64_t clock_ns(void *o)
{
    (void)o;
    return os_clock_ns();
}

static void on_shutdown(void *o, unsigned vcpu, const struct x86_state *s)
{
    struct rig *r = o;
    (void)vcpu;
    g_snprintf(r->text, sizeof r->text, "triple fault at 0x%" G_GINT64_MODIFIER "x", s->rip);
    finish(r, &r->shutdown);
}

static void on_failed(void *o, unsigned vcpu, const char *text)
{
    struct rig *r = o;
    (void)vcpu;
    g_strlcpy(r->text, text, sizeof r->text);
    r->failures++;
    finish(r, &r->failed);
}

static void on_debug(void *o, unsigned vcpu, const struct accel_exit *e)
{
    (void)o;
    (void)vcpu;
    (void)e;
}

struct rig *rig_new(const char *const *accels)
{
    static const struct mem_ops ops = { .read = reg_read, .write = reg_write };
    struct rig *r = g_new0(struct rig, 1);
    g_mutex_init(&r->mutex);
    g_cond_init(&r->cond);
    r->ram = aligned_alloc(4096, RIG_RAM);
    r->topology = (struct x86_topology){ 1, 1, 1 };
    x86_cpu_model_software(&r->model);
    for (size_t i = 0; accels[i]; i++) {
        struct accel_choice c;
        if (accel_choose_only(accels[i], &c, NULL)) {
            for (size_t w = 0; w < ARRAY_LEN(r->model.features); w++) {
                r->model.features[w] &= c.caps.offered.features[w];
            }
            r->params.tsc_khz = r->params.tsc_khz ? r->params.tsc_khz : c.tsc_khz;
            accel_choice_clear(&c);
        }
    }
    machine_lock();
    r->pm = physmem_new();
    r->ram_region = physmem_add_ram(r->pm, "ram", 0, RIG_RAM, r->ram, 0);
    physmem_add_io(r->pm, "reg", 0xd0000000, 0x1000, &ops, r, 0);
    machine_unlock();
    r->cb = (struct accel_callbacks){ .pio_read = pio_read,
                                      .pio_write = pio_write,
                                      .mmio_read = mmio_read,
                                      .mmio_write = mmio_write,
                                      .irq_ack = irq_ack,
                                      .clock_ns = clock_ns,
                                      .opaque = r };
    r->params.pm = r->pm;
    r->params.model = &r->model;
    r->params.topology = &r->topology;
    r->params.cb = &r->cb;
    return r;
}

void rig_free(struct rig *r)
{
    rig_stop(r);
    machine_lock();
    physmem_free(r->pm);
    machine_unlock();
    g_mutex_clear(&r->mutex);
    g_cond_clear(&r->cond);
    free(r->ram);
    g_free(r);
}

void rig_load(struct rig *r, const char *guest, uint32_t turns)
{
    const char *dir = getenv("GUESTS");
    char *path = g_strdup_printf("%s/%s.bin", dir ? dir : "build/guests", guest), *data;
    gsize len;
    GError *err = NULL;
    memset(r->ram, 0, RIG_RAM);
    if (!g_file_get_contents(path, &data, &len, &err)) {
        g_error("%s", err->message);
    }
    memcpy(r->ram + 0x10000, data, MIN(len, (gsize)0x10000));
    memcpy(r->ram + 0x10004, &turns, 4);
    g_free(data);
    g_free(path);
    r->counter = r->mmio_counter = r->mmio_sum = r->reads = r->writes = r->n_out = r->failures = 0;
    r->vector = -1;
    r->done = r->failed = r->shutdown = r->enough = false;
}

static bool set_start(struct rig *r)
{
    struct x86_state s;
    x86_state_reset(&s, true, r->model.signature);
    s.seg[X86_CS].sel = 0x1000;
    s.seg[X86_CS].base = 0x10000;
    s.rip = 0;
    return vcpu_state_set(r->v, 0, &s, X86_GROUP_ALL & ~(unsigned)X86_GROUP_TSC) == 0;
}

bool rig_start(struct rig *r, const char *accel, GError **err)
{
    struct vcpu_owner owner = { on_shutdown, on_failed, on_debug, r };
    struct accel_choice c;
    if (!accel_choose_only(accel, &c, err)) {
        return false;
    }
    r->params.opts = c.opts;
    machine_lock();
    r->v = vcpus_new(c.ops, &r->params, 1, &owner, err);
    bool ok = r->v && set_start(r);
    if (ok) {
        vcpus_resume(r->v);
    } else if (r->v) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_HOST, "%s does not take the first state", accel);
    }
    machine_unlock();
    r->params.opts = NULL;
    accel_choice_clear(&c);
    return ok;
}

void rig_stop(struct rig *r)
{
    machine_lock();
    vcpus_free(r->v);
    r->v = NULL;
    machine_unlock();
}

bool rig_switch(struct rig *r, const char *accel, GError **err)
{
    struct accel_choice c;
    if (!accel_choose_only(accel, &c, err)) {
        return false;
    }
    machine_lock();
    bool ok = vcpus_switch(r->v, c.ops, c.opts, err);
    machine_unlock();
    accel_choice_clear(&c);
    return ok;
}

bool rig_wait(struct rig *r, unsigned seconds)
{
    gint64 end = g_get_monotonic_time() + (gint64)seconds * G_USEC_PER_SEC;
    g_mutex_lock(&r->mutex);
    while (!r->done && !r->failed && !r->shutdown) {
        if (!g_cond_wait_until(&r->cond, &r->mutex, end)) {
            break;
        }
    }
    bool any = r->done || r->failed || r->shutdown;
    g_mutex_unlock(&r->mutex);
    return any;
}

bool rig_wait_falling_back(struct rig *r, unsigned seconds)
{
    while (rig_wait(r, seconds)) {
        GError *err = NULL;
        if (r->done || r->shutdown) {
            return r->done;
        }
        r->failed = false;
        if (!rig_switch(r, "tcg", &err)) {
            g_strlcpy(r->text, err->message, sizeof r->text);
            g_error_free(err);
            return false;
        }
    }
    return false;
}

void rig_stats(struct rig *r, GString *out)
{
    machine_lock();
    vcpus_stats(r->v, out);
    machine_unlock();
}

uint64_t rig_hash(const struct rig *r)
{
    uint64_t h = 0xcbf29ce484222325ull;
    for (size_t i = 0; i < RIG_RAM; i += 8) {
        uint64_t w;
        memcpy(&w, r->ram + i, 8);
        h = (h ^ w) * 0x100000001b3ull;
        h ^= h >> 29;
    }
    return h;
}
