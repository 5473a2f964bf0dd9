/* SPDX-License-Identifier: MIT */
/*
 * One virtual processor and its thread: its socket, and what the engines' exits have in common.
 *
 * Exits for ports, MSRs, CPUID and decoded memory accesses are made from inside of the instruction:
 * whoever executes it answers the RUN in progress and then serves the socket until the next RUN
 * brings what is owed. All others end the engine's run.
 */
#include <errno.h>
#include <string.h>

#include "accel/revirt/blocks.h"
#include "accel/revirt/survivor.h"
#include "revirt-host/host.h"

#define XCR0_KNOWN 0x207u /* x87, SSE, AVX, PKRU */

/* --- the socket ------------------------------------------------------------------------------- */

bool host_takes_interrupt(const struct x86_state *s)
{
    const struct x86_events *e = &s->ev;
    return (s->rflags & X86_FL_IF) && !e->sti_shadow && !e->movss_shadow &&
           !(e->nmi_pending && !e->nmi_blocked) && !e->exception_pending && !e->interrupt_pending &&
           !e->pending_dbg && (s->mp == X86_MP_RUNNABLE || s->mp == X86_MP_HALTED);
}

static const struct host_engine *engine_of(const struct host_vcpu *v)
{
    return v->vm->host->engine;
}

static bool reply_exit(struct host_vcpu *v)
{
    struct host_call c = { .buf = v->buf, .fd = -1, .req.room = sizeof v->exit };
    bool ready = !v->owed && v->inject < 0 && engine_of(v)->ready(v);
    v->exit.flags = (ready ? REVIRT_EXIT_READY : 0) | (v->owed ? REVIRT_EXIT_OWED : 0);
    engine_of(v)->describe(v, &v->exit);
    memcpy(v->buf, &v->exit, sizeof v->exit);
    return host_reply(v->sock, &c, 0, sizeof v->exit);
}

static int verb_get(struct host_vcpu *v, uint64_t blocks)
{
    struct x86_state s;
    size_t size = blocks > REVIRT_BLOCK_ALL ? 0 : revirt_blocks_size((uint32_t)blocks);
    if (size == 0) {
        return -EINVAL;
    }
    engine_of(v)->get(v, &s);
    revirt_blocks_pack((uint32_t)blocks, &s, v->buf);
    return (int)size;
}

static int verb_set(struct host_vcpu *v, uint64_t blocks, size_t len)
{
    struct x86_state s;
    if (blocks == 0 || blocks > REVIRT_BLOCK_ALL || len != revirt_blocks_size((uint32_t)blocks)) {
        return -EINVAL;
    }
    if (v->inject >= 0) {
        return -EBUSY; /* an interrupt was taken over and is not delivered yet */
    }
    engine_of(v)->get(v, &s);
    if (!revirt_blocks_unpack((uint32_t)blocks, &s, v->buf) || s.xcr0 & ~(uint64_t)XCR0_KNOWN ||
        s.ev.smi_pending || s.ev.in_smm) {
        return -EINVAL;
    }
    s.groups = (uint32_t)blocks;
    return engine_of(v)->set(v, &s);
}

static int verb_msr_exits(struct host_vcpu *v, const struct revirt_msr_range *r, size_t len)
{
    size_t n = len / sizeof *r;
    if (len % sizeof *r || n > ARRAY_LEN(v->msrs)) {
        return -EINVAL;
    }
    for (size_t i = 0; i < n; i++) {
        uint64_t end = (uint64_t)r[i].first + r[i].count;
        bool x2apic = r[i].first >= X86_MSR_X2APIC_BASE && end <= X86_MSR_X2APIC_BASE + 0x100;
        bool one = r[i].count == 1 &&
                   (r[i].first == X86_MSR_APIC_BASE || r[i].first == X86_MSR_TSC_DEADLINE);
        if (r[i].count == 0 || end > 1ull << 32) {
            return -EINVAL;
        }
        if (!x2apic && !one) {
            return -ENOTSUP;
        }
    }
    memcpy(v->msrs, r, len);
    v->n_msrs = (unsigned)n;
    return 0;
}

static int verb_debug(struct host_vcpu *v, uint64_t step, size_t len)
{
    if (step > 1 || len % sizeof(gva_t) || len / sizeof(gva_t) > REVIRT_MAX_BREAKS) {
        return -EINVAL;
    }
    return engine_of(v)->debug(v, step, (const gva_t *)v->buf, len / sizeof(gva_t));
}

static int call(struct host_vcpu *v, const struct host_call *c)
{
    const struct revirt_wire_request *r = &c->req;
    switch (r->meta[0]) {
    case REVIRT_GET: return v->owed ? -EBUSY : r->len ? -EINVAL : verb_get(v, r->meta[1]);
    case REVIRT_SET: return v->owed ? -EBUSY : verb_set(v, r->meta[1], r->len);
    case REVIRT_CPUID:
        return r->len % sizeof(struct revirt_cpuid)
                   ? -EINVAL
                   : host_cpuid_set(v, (const struct revirt_cpuid *)v->buf,
                                    r->len / sizeof(struct revirt_cpuid));
    case REVIRT_MSR_EXITS:
        return verb_msr_exits(v, (const struct revirt_msr_range *)v->buf, r->len);
    case REVIRT_DEBUG: return v->owed ? -EBUSY : verb_debug(v, r->meta[1], r->len);
    default: return -ENOSYS;
    }
}

static int open_below(struct host_vcpu *v, struct host_call *c)
{
    static const char kick[] = "kick", survivor[] = "survivor";
    if (c->req.len == sizeof kick - 1 && memcmp(v->buf, kick, sizeof kick - 1) == 0) {
        c->fd = v->kick.wfd;
    } else if (c->req.len == sizeof survivor - 1 &&
               memcmp(v->buf, survivor, sizeof survivor - 1) == 0) {
        c->fd = v->survivor_fd;
    }
    return c->fd < 0 ? -ENOENT : 0;
}

/* A RUN's arguments: 0 and taken, or -errno and nothing has changed. */
static int take_run(struct host_vcpu *v, const struct host_call *c)
{
    struct revirt_run run;
    if (c->req.len != sizeof run || c->req.room < sizeof v->exit) {
        return -EINVAL;
    }
    memcpy(&run, v->buf, sizeof run);
    if (run.flags & ~(uint32_t)(REVIRT_RUN_INJECT | REVIRT_RUN_WINDOW) || run.cr8 > 15 ||
        run.vector > 255 || run.fault > 1 || run.pad || v->n_leaves == 0) {
        return -EINVAL;
    }
    if (run.flags & REVIRT_RUN_INJECT && (v->inject >= 0 || v->owed || !engine_of(v)->ready(v))) {
        return -EAGAIN;
    }
    v->run = run;
    v->ran = true;
    v->window = run.flags & REVIRT_RUN_WINDOW;
    if (run.flags & REVIRT_RUN_INJECT) {
        v->inject = (int)run.vector;
    }
    engine_of(v)->taken(v);
    return 0;
}

/* Serves requests until a RUN is accepted. False: the VMM is gone. */
static bool await_run(struct host_vcpu *v)
{
    for (;;) {
        struct host_call c = { .buf = v->buf };
        atomic_store(&v->idle, !v->owed);
        bool came = host_receive(v->sock, &c);
        atomic_store(&v->idle, false);
        if (!came || (!v->owed && atomic_load(&v->vm->dying))) {
            return false;
        }
        int r = -ENOSYS;
        if (c.req.op == REVIRT_WIRE_CALL && c.req.meta[0] == REVIRT_RUN) {
            r = take_run(v, &c);
            if (r == 0) {
                return true;
            }
        } else if (c.req.op == REVIRT_WIRE_CALL) {
            r = call(v, &c);
        } else if (c.req.op == REVIRT_WIRE_OPENAT) {
            r = open_below(v, &c);
        }
        if (!host_reply(v->sock, &c, r, r > 0 ? (size_t)r : 0)) {
            return false;
        }
    }
}

/* --- exits ------------------------------------------------------------------------------------ */

struct revirt_exit *host_exit(struct host_vcpu *v, enum revirt_exit_kind kind)
{
    memset(&v->exit, 0, sizeof v->exit);
    v->exit.kind = kind;
    return &v->exit;
}

/* Gives v->exit to the VMM and waits for the RUN that brings what is owed. */
static bool exit_in_place(struct host_vcpu *v)
{
    struct survivor_head *h = (struct survivor_head *)v->survivor;
    v->owed = true;
    atomic_store(&h->owed, ++v->owed_count);
    if (!reply_exit(v) || !await_run(v)) {
        return false;
    }
    v->owed = false;
    atomic_store(&h->owed, 0);
    return true;
}

static uint64_t cut(uint64_t value, unsigned size)
{
    return size >= 8 ? value : value & ((1ull << (8 * size)) - 1);
}

bool host_exit_pio(struct host_vcpu *v, uint16_t port, unsigned size, bool write, uint32_t *value)
{
    struct revirt_exit *e = host_exit(v, REVIRT_EXIT_PIO);
    e->u.pio.port = port;
    e->u.pio.size = (uint8_t)size;
    e->u.pio.write = write;
    e->u.pio.value = write ? cut(*value, size) : 0;
    if (!exit_in_place(v)) {
        return false;
    }
    *value = write ? *value : (uint32_t)cut(v->run.value, size);
    return true;
}

bool host_exit_mmio(struct host_vcpu *v, gpa_t gpa, unsigned size, bool write, uint64_t *value)
{
    struct revirt_exit *e = host_exit(v, REVIRT_EXIT_MMIO);
    e->u.mmio.gpa = gpa;
    e->u.mmio.size = size;
    e->u.mmio.write = write;
    e->u.mmio.value = write ? cut(*value, size) : 0;
    if (!exit_in_place(v)) {
        return false;
    }
    *value = write ? *value : cut(v->run.value, size);
    return true;
}

static bool msr_exits(const struct host_vcpu *v, uint32_t msr)
{
    for (unsigned i = 0; i < v->n_msrs; i++) {
        if (msr - v->msrs[i].first < v->msrs[i].count) {
            return true;
        }
    }
    return false;
}

bool host_exit_msr(struct host_vcpu *v, uint32_t msr, bool write, uint64_t *value, bool *ok)
{
    *ok = msr == X86_MSR_APIC_BASE;
    if (!msr_exits(v, msr)) {
        *value = write ? *value : v->cpu->st.msr.apic_base;
        return true;
    }
    struct revirt_exit *e = host_exit(v, REVIRT_EXIT_MSR);
    e->u.msr.index = msr;
    e->u.msr.write = write;
    e->u.msr.value = write ? *value : 0;
    if (!exit_in_place(v)) {
        return false;
    }
    *ok = !v->run.fault;
    *value = write ? *value : v->run.value;
    return true;
}

bool host_exit_cpuid(struct host_vcpu *v, uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
    const struct x86_state *s = &v->cpu->st;
    const struct revirt_cpuid *c = host_cpuid_find(v, leaf, subleaf);
    if (c && !(c->flags & REVIRT_CPUID_EXIT)) {
        out[0] = c->eax;
        out[1] = c->ebx;
        out[2] = c->ecx;
        out[3] = c->edx;
        return true;
    }
    struct revirt_exit *e = host_exit(v, REVIRT_EXIT_CPUID);
    e->u.cpuid.leaf = leaf;
    e->u.cpuid.subleaf = subleaf;
    e->u.cpuid.cr4 = s->cr4;
    e->u.cpuid.xcr0 = s->xcr0;
    e->u.cpuid.xss = s->msr.xss;
    e->u.cpuid.apic_base = s->msr.apic_base;
    if (!exit_in_place(v)) {
        return false;
    }
    memcpy(out, v->run.cpuid, sizeof v->run.cpuid);
    return true;
}

uint64_t host_tsc(const struct host_vm *vm)
{
    return muldiv_u64((uint64_t)os_clock_ns(), vm->host->tsc_khz, 1000000);
}

static gpointer vcpu_thread(gpointer arg)
{
    struct host_vcpu *v = arg;
    os_thread_name("vcpu");
    engine_of(v)->start(v);
    /* Dying, the last answer is the end of the socket: the VMM finds the state in `survivor`. */
    while (!v->over && await_run(v) && engine_of(v)->run(v) && !atomic_load(&v->vm->dying) &&
           reply_exit(v)) {
    }
    engine_of(v)->stop(v);
    os_socket_shutdown(v->sock); /* the VMM sees an end even if it holds on to it */
    v->over = true;
    os_event_signal(&v->vm->ended);
    return NULL;
}

/* --- life ------------------------------------------------------------------------------------- */

static int make_survivor(struct host_vcpu *v)
{
    v->survivor_size = SURVIVOR_CPU_OFFSET + sizeof(struct x86_cpu);
    v->survivor_size = (v->survivor_size + 4095) & ~(size_t)4095;
    v->survivor_fd = os_share_create("revirt-vcpu", v->survivor_size);
    if (v->survivor_fd < 0) {
        return v->survivor_fd;
    }
    v->survivor = os_share_map(v->survivor_fd, 0, v->survivor_size, true, NULL);
    if (!v->survivor) {
        return -ENOMEM;
    }
    if (os_share_read_only(v->survivor_fd) < 0) { /* a VMM could write to it: keep it to us */
        os_close(v->survivor_fd);
        v->survivor_fd = -1;
    }
    struct survivor_head h = SURVIVOR_HEAD;
    memcpy(v->survivor, &h, sizeof h);
    v->cpu = (struct x86_cpu *)(v->survivor + SURVIVOR_CPU_OFFSET);
    return 0;
}

int host_vcpu_create(struct host_vm *vm, unsigned index, int *fd)
{
    struct host_vcpu *v = g_new0(struct host_vcpu, 1);
    int pair[2] = { -1, -1 };
    v->vm = vm;
    v->index = index;
    v->inject = -1;
    v->survivor_fd = -1;
    v->kick = (struct os_event){ -1, -1 };
    v->topology = (struct x86_topology){ 1, 1, 1 };
    v->model = vm->host->offered;
    int r = os_socket_pair(pair);
    v->sock = pair[0];
    r = r < 0 ? r : os_event_init(&v->kick);
    r = r < 0 ? r : make_survivor(v);
    if (r == 0) {
        engine_of(v)->init(v);
        x86_state_reset(&v->cpu->st, index == 0, 0);
        v->thread = g_thread_try_new("vcpu", vcpu_thread, v, NULL);
        r = v->thread ? 0 : -EAGAIN;
    }
    g_mutex_lock(&vm->lock);
    vm->vcpus[index] = v;
    g_mutex_unlock(&vm->lock);
    if (r < 0) {
        host_vcpu_free(v);
        os_close(pair[1]);
        return r;
    }
    *fd = pair[1];
    return 0;
}

void host_vcpu_stop(struct host_vcpu *v)
{
    v->over = true;
    os_socket_shutdown(v->sock);
    engine_of(v)->kick(v);
}

/* One that waits for an answer goes on when it has it. */
void host_vcpu_leave(struct host_vcpu *v)
{
    if (atomic_load(&v->idle)) { /* else it will look at vm->dying */
        os_socket_shutdown(v->sock);
    }
    engine_of(v)->kick(v);
}

void host_vcpu_free(struct host_vcpu *v)
{
    g_mutex_lock(&v->vm->lock);
    v->vm->vcpus[v->index] = NULL;
    g_mutex_unlock(&v->vm->lock);
    if (v->thread) {
        g_thread_join(v->thread);
    }
    engine_of(v)->free(v);
    os_close(v->sock);
    os_event_free(&v->kick);
    os_share_unmap(v->survivor, v->survivor_size);
    os_close(v->survivor_fd);
    g_free(v);
}
