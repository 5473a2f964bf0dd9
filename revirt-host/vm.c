/* SPDX-License-Identifier: MIT */
/*
 * One virtual machine and the process that has it: memory, verbs, the life of its vCPUs.
 */
#include <errno.h>
#include <string.h>

#include "revirt-host/host.h"

/* --- the map ---------------------------------------------------------------------------------- */

static bool map_valid(const struct host_vm *vm, const struct revirt_map *m, size_t n, int *err)
{
    uint64_t end = 0, total = 0;
    const uint64_t top = 1ull << vm->host->offered.phys_bits;
    for (size_t i = 0; i < n; i++) {
        *err = -EINVAL;
        if ((m[i].gpa | m[i].size | m[i].offset) % REVIRT_PAGE || m[i].size == 0 ||
            m[i].gpa < end || m[i].size > top || m[i].gpa > top - m[i].size ||
            m[i].size > REVIRT_WINDOW_SIZE || m[i].offset > REVIRT_WINDOW_SIZE - m[i].size ||
            m[i].flags & ~(uint32_t)(REVIRT_MAP_WRITE | REVIRT_MAP_LOG) || m[i].pad) {
            return false;
        }
        end = m[i].gpa + m[i].size;
        total += m[i].size;
        *err = -ENOMEM;
        if (total > vm->host->max_memory) {
            return false;
        }
    }
    return true;
}

static struct mem_region *region_add(struct host_vm *vm, const struct revirt_map *m)
{
    uint8_t *at = vm->window + m->offset;
    struct mem_region *r = m->flags & REVIRT_MAP_WRITE
                               ? physmem_add_ram(vm->pm, "ram", m->gpa, m->size, at, 0)
                               : physmem_add_rom(vm->pm, "rom", m->gpa, m->size, at, 0, NULL, NULL);
    if (m->flags & REVIRT_MAP_LOG) {
        mem_region_track_dirty(r, true);
    }
    return r;
}

/* What stays keeps its region, so that processors keep what they decoded there. */
static int verb_map(struct host_vm *vm, const struct revirt_map *m, size_t len)
{
    size_t n = len / sizeof *m;
    int err;
    if (len % sizeof *m || n > REVIRT_MAX_MAPS) {
        return -EINVAL;
    }
    if (!map_valid(vm, m, n, &err)) {
        return err;
    }
    GArray *next = g_array_new(FALSE, TRUE, sizeof(struct host_map));
    physmem_begin(vm->pm);
    guint old = 0;
    for (size_t i = 0; i < n; i++) {
        struct host_map h = { .map = m[i] };
        while (old < vm->maps->len &&
               g_array_index(vm->maps, struct host_map, old).map.gpa < m[i].gpa) {
            old++;
        }
        if (old < vm->maps->len) {
            struct host_map *o = &g_array_index(vm->maps, struct host_map, old);
            if (memcmp(&o->map, &m[i], sizeof m[i]) == 0) {
                h.region = o->region;
                o->region = NULL;
            }
        }
        g_array_append_val(next, h);
    }
    for (guint i = 0; i < vm->maps->len; i++) {
        physmem_remove(vm->pm, g_array_index(vm->maps, struct host_map, i).region);
    }
    for (guint i = 0; i < next->len; i++) {
        struct host_map *h = &g_array_index(next, struct host_map, i);
        if (!h->region) {
            h->region = region_add(vm, &h->map);
        }
    }
    physmem_commit(vm->pm);
    g_array_free(vm->maps, TRUE);
    vm->maps = next;
    return 0;
}

/* --- verbs ------------------------------------------------------------------------------------ */

static int verb_info(struct host_vm *vm, uint8_t *buf)
{
    struct host *h = vm->host;
    struct revirt_info i = {
        .major = REVIRT_MAJOR,
        .minor = REVIRT_MINOR,
        .features = h->engine->features | REVIRT_F_DIRTY_LOG | REVIRT_F_DEBUG | REVIRT_F_SURVIVES |
                    (h->decode_mmio ? REVIRT_F_DECODES_MMIO : 0),
        .vms = host_count_vms(h),
        .max_vcpus = REVIRT_MAX_VCPUS,
        .max_maps = REVIRT_MAX_MAPS,
        .tsc_khz = h->tsc_khz,
        .window_size = REVIRT_WINDOW_SIZE,
        .phys_bits = h->offered.phys_bits,
    };
    g_strlcpy(i.engine, h->engine->name, sizeof i.engine);
    memcpy(buf, &i, sizeof i);
    return sizeof i;
}

static int check_range(const struct revirt_wire_request *r)
{
    return r->len || r->meta[2] > REVIRT_WINDOW_SIZE || r->meta[1] > REVIRT_WINDOW_SIZE - r->meta[2]
               ? -EINVAL
               : 0;
}

/* One bit a page of [gpa, gpa + size); pages without a log count as clean. */
static int verb_dirty(struct host_vm *vm, const struct revirt_wire_request *r, uint8_t *buf)
{
    uint64_t gpa = r->meta[1], size = r->meta[2], pages = size / REVIRT_PAGE;
    int err = check_range(r);
    if (err < 0 || (gpa | size) % REVIRT_PAGE || pages == 0 || pages > REVIRT_MAX_PAYLOAD * 8) {
        return -EINVAL;
    }
    size_t bytes = (size_t)(pages + 7) / 8;
    memset(buf, 0, bytes);
    for (guint i = 0; i < vm->maps->len; i++) {
        const struct host_map *h = &g_array_index(vm->maps, struct host_map, i);
        uint64_t from = MAX(gpa, h->map.gpa), to = MIN(gpa + size, h->map.gpa + h->map.size);
        for (uint64_t at = from; h->map.flags & REVIRT_MAP_LOG && at < to; at += REVIRT_PAGE) {
            if (mem_region_test_clear_dirty(h->region, at - h->map.gpa, REVIRT_PAGE)) {
                uint64_t bit = (at - gpa) / REVIRT_PAGE;
                buf[bit / 8] |= (uint8_t)(1u << bit % 8);
            }
        }
    }
    return (int)bytes;
}

/* The result is also the length of the reply's payload. */
static int call(struct host_vm *vm, struct host_call *c)
{
    const struct revirt_wire_request *r = &c->req;
    switch (r->meta[0]) {
    case REVIRT_INFO: return r->len ? -EINVAL : verb_info(vm, c->buf);
    case REVIRT_OFFERS:
        return r->len ? -EINVAL
                      : (int)(host_cpuid_offers(vm->host, (struct revirt_cpuid *)c->buf,
                                                REVIRT_MAX_LEAVES) *
                              sizeof(struct revirt_cpuid));
    case REVIRT_MAP: return verb_map(vm, (const struct revirt_map *)c->buf, r->len);
    case REVIRT_WRITTEN:
        if (check_range(r) < 0) {
            return -EINVAL;
        }
        if (vm->host->engine->written) {
            vm->host->engine->written(vm, r->meta[1], r->meta[2]);
        }
        return 0;
    case REVIRT_DIRTY: return verb_dirty(vm, r, c->buf);
    default: return -ENOSYS;
    }
}

static int open_vcpu(struct host_vm *vm, const char *number, int *fd)
{
    guint64 n = 0;
    if (!g_ascii_string_to_unsigned(number, 10, 0, REVIRT_MAX_VCPUS - 1, &n, NULL)) {
        return -ENOENT;
    }
    g_mutex_lock(&vm->lock);
    bool taken = vm->vcpus[n] != NULL;
    g_mutex_unlock(&vm->lock);
    return taken ? -EBUSY : host_vcpu_create(vm, (unsigned)n, fd);
}

static int open_below(struct host_vm *vm, struct host_call *c, bool *close_fd)
{
    char path[32];
    if (c->req.len == 0 || c->req.len >= sizeof path || memchr(c->buf, 0, c->req.len)) {
        return -ENOENT;
    }
    memcpy(path, c->buf, c->req.len);
    path[c->req.len] = '\0';
    if (strcmp(path, "memory") == 0) {
        c->fd = vm->mem_fd;
        return 0;
    }
    *close_fd = true;
    return g_str_has_prefix(path, "vcpu/") ? open_vcpu(vm, path + 5, &c->fd) : -ENOENT;
}

static bool serve_one(struct host_vm *vm, uint8_t *buf)
{
    struct host_call c = { .buf = buf };
    bool close_fd = false;
    if (!host_receive(vm->sock, &c)) {
        return false;
    }
    int r = -ENOSYS;
    if (c.req.op == REVIRT_WIRE_CALL) {
        r = call(vm, &c);
    } else if (c.req.op == REVIRT_WIRE_OPENAT) {
        r = open_below(vm, &c, &close_fd);
    } else if (c.req.op == REVIRT_WIRE_OPEN) {
        r = -EBUSY; /* is open */
    }
    bool ok = host_reply(vm->sock, &c, r, r > 0 ? (size_t)r : 0);
    if (close_fd) {
        os_close(c.fd);
    }
    return ok;
}

/* --- life ------------------------------------------------------------------------------------- */

static bool name_valid(const char *name, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (!g_ascii_isalnum(name[i]) && (!name[i] || !strchr("-_.", name[i]))) {
            return false;
        }
    }
    return len > 0 && len <= REVIRT_NAME_MAX && name[0] != '.';
}

/* The first message: which VM. */
static int open_name(struct host_vm *vm, const struct host_call *c)
{
    if (c->req.op != REVIRT_WIRE_OPEN) {
        return -EPERM;
    }
    if (!name_valid((const char *)c->buf, c->req.len)) {
        return -EINVAL;
    }
    char name[REVIRT_NAME_MAX + 1] = "";
    memcpy(name, c->buf, c->req.len);
    return host_claim_name(vm->host, name);
}

static int make_memory(struct host_vm *vm)
{
    vm->mem_fd = os_share_create("revirt", REVIRT_WINDOW_SIZE);
    if (vm->mem_fd < 0) {
        return vm->mem_fd;
    }
    vm->window = os_share_map(vm->mem_fd, 0, REVIRT_WINDOW_SIZE, true, NULL);
    return vm->window ? vm->host->engine->vm_open(vm) : -ENOMEM;
}

static void reap(struct host_vm *vm, bool all)
{
    for (unsigned i = 0; i < REVIRT_MAX_VCPUS; i++) {
        struct host_vcpu *v = vm->vcpus[i]; /* changed by this thread alone */
        if (v && (all || v->over)) {
            host_vcpu_stop(v);
            host_vcpu_free(v);
        }
    }
}

/* The first process is gone: the guest stops where its VMM can pick it up. */
static void leave(struct host_vm *vm)
{
    atomic_store(&vm->dying, true);
    for (unsigned i = 0; i < REVIRT_MAX_VCPUS; i++) {
        if (vm->vcpus[i]) {
            host_vcpu_leave(vm->vcpus[i]);
        }
    }
    for (unsigned i = 0; i < REVIRT_MAX_VCPUS; i++) {
        if (vm->vcpus[i]) {
            host_vcpu_free(vm->vcpus[i]);
        }
    }
}

/* Waits for requests, kicks and ends of vCPUs. */
static void serve(struct host_vm *vm, uint8_t *buf)
{
    for (;;) {
        struct os_pollfd p[3 + REVIRT_MAX_VCPUS] = { { vm->sock, OS_POLL_IN, 0 },
                                                     { vm->ended.rfd, OS_POLL_IN, 0 },
                                                     { vm->host->broker, OS_POLL_IN, 0 } };
        struct host_vcpu *of[3 + REVIRT_MAX_VCPUS];
        size_t n = 3;
        for (unsigned i = 0; i < REVIRT_MAX_VCPUS; i++) {
            if (vm->vcpus[i]) {
                of[n] = vm->vcpus[i];
                p[n++] = (struct os_pollfd){ vm->vcpus[i]->kick.rfd, OS_POLL_IN, 0 };
            }
        }
        if (os_poll(p, n, -1) < 0) {
            continue; /* a signal */
        }
        if (p[2].revents) { /* it says nothing by itself: this is its end */
            leave(vm);
            return;
        }
        for (size_t i = 3; i < n; i++) {
            if (p[i].revents) {
                os_event_clear(&of[i]->kick);
                vm->host->engine->kick(of[i]);
            }
        }
        if (p[1].revents) {
            os_event_clear(&vm->ended);
            reap(vm, false);
        }
        if (p[0].revents && !serve_one(vm, buf)) {
            return;
        }
    }
}

static void vm_free(struct host_vm *vm)
{
    reap(vm, true);
    vm->host->engine->vm_close(vm);
    physmem_free(vm->pm);
    os_share_unmap(vm->window, REVIRT_WINDOW_SIZE);
    os_close(vm->mem_fd);
    os_close(vm->sock);
    os_event_free(&vm->ended);
    g_array_free(vm->maps, TRUE);
    g_mutex_clear(&vm->lock);
    g_free(vm);
}

void host_serve(struct host *h, int sock)
{
    struct host_vm *vm = g_new0(struct host_vm, 1);
    uint8_t *buf = g_malloc(REVIRT_MAX_PAYLOAD);
    struct host_call c = { .buf = buf };
    vm->host = h;
    vm->sock = sock;
    vm->mem_fd = -1;
    vm->ended = (struct os_event){ -1, -1 };
    vm->maps = g_array_new(FALSE, TRUE, sizeof(struct host_map));
    g_mutex_init(&vm->lock);
    vm->pm = physmem_new();
    int r = os_event_init(&vm->ended);
    if (host_receive(vm->sock, &c)) {
        r = r < 0 ? r : open_name(vm, &c);
        r = r < 0 ? r : make_memory(vm);
        if (host_reply(vm->sock, &c, r, 0) && r == 0) {
            serve(vm, buf);
        }
    }
    vm_free(vm);
    g_free(buf);
}
