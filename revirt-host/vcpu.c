/* SPDX-License-Identifier: MIT */
/*
 * One virtual processor and its thread.
 *
 * Port, MSR, CPUID and (by option) memory exits are made from inside of the instruction: the
 * processor's callback answers the RUN in progress and then serves the socket until the next RUN
 * brings what is owed. All other exits leave the interpreter first; one outside memory does so
 * by longjmp, for an instruction writes registers only after its last access (accel/x86/cpu.h).
 */
#include <errno.h>
#include <string.h>

#include "accel/revirt/blocks.h"
#include "accel/revirt/survivor.h"
#include "accel/x86/block.h"
#include "revirt-host/host.h"

enum { /* what longjmp to host_vcpu.out says */
       OUT_EMULATE = 1,
       OUT_WINDOW,
       OUT_GONE,
};

#define XCR0_KNOWN 0x207u /* x87, SSE, AVX, PKRU */

/* --- the socket ------------------------------------------------------------------------------- */

static bool is_ready(const struct host_vcpu *v)
{
    const struct x86_state *s = &v->cpu->st;
    const struct x86_events *e = &s->ev;
    return !v->owed && (s->rflags & X86_FL_IF) && !e->sti_shadow && !e->movss_shadow &&
           !(e->nmi_pending && !e->nmi_blocked) && !e->exception_pending && !e->pending_dbg &&
           (s->mp == X86_MP_RUNNABLE || s->mp == X86_MP_HALTED);
}

static bool reply_exit(struct host_vcpu *v)
{
    struct host_call c = { .buf = v->buf, .fd = -1, .req.room = sizeof v->exit };
    v->exit.flags = (is_ready(v) ? REVIRT_EXIT_READY : 0) | (v->owed ? REVIRT_EXIT_OWED : 0);
    v->exit.rip = v->cpu->st.rip;
    v->exit.cr8 = v->cpu->st.cr8;
    v->exit.tsc_offset = v->cpu->tsc_offset;
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
    v->quiet = true;
    x86_cpu_get_state(v->cpu, &s);
    v->quiet = false;
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
    v->quiet = true;
    x86_cpu_get_state(v->cpu, &s);
    v->quiet = false;
    if (!revirt_blocks_unpack((uint32_t)blocks, &s, v->buf) || s.xcr0 & ~(uint64_t)XCR0_KNOWN ||
        s.ev.smi_pending || s.ev.in_smm) {
        return -EINVAL;
    }
    s.groups = (uint32_t)blocks;
    x86_cpu_set_state(v->cpu, &s);
    return 0;
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
    x86_interp_debug(v->cpu, step, (const gva_t *)v->buf, len / sizeof(gva_t));
    return 0;
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
    if (run.flags & REVIRT_RUN_INJECT && (v->inject >= 0 || !is_ready(v))) {
        return -EAGAIN;
    }
    v->run = run;
    v->ran = true;
    v->cpu->st.cr8 = run.cr8;
    v->window = run.flags & REVIRT_RUN_WINDOW;
    if (run.flags & REVIRT_RUN_INJECT) {
        v->inject = (int)run.vector;
    }
    if (v->inject >= 0 || v->window) {
        atomic_fetch_or(&v->cpu->requests, X86_REQ_IRQ);
    } else {
        atomic_fetch_and(&v->cpu->requests, ~(unsigned)X86_REQ_IRQ);
    }
    return 0;
}

/* Serves requests until a RUN is accepted. False: the VMM is gone. */
static bool await_run(struct host_vcpu *v)
{
    for (;;) {
        struct host_call c = { .buf = v->buf };
        if (!host_receive(v->sock, &c)) {
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

/* --- what the processor asks ------------------------------------------------------------------ */

static struct revirt_exit *new_exit(struct host_vcpu *v, enum revirt_exit_kind kind)
{
    memset(&v->exit, 0, sizeof v->exit);
    v->exit.kind = kind;
    return &v->exit;
}

/* Gives v->exit to the VMM and waits for the RUN that brings what is owed. */
static void exit_in_place(struct host_vcpu *v)
{
    struct survivor_head *h = (struct survivor_head *)v->survivor;
    v->owed = true;
    atomic_store(&h->owed, ++v->owed_count);
    if (!reply_exit(v) || !await_run(v)) {
        longjmp(v->out, OUT_GONE);
    }
    v->owed = false;
    atomic_store(&h->owed, 0);
}

static uint64_t cut(uint64_t value, unsigned size)
{
    return size >= 8 ? value : value & ((1ull << (8 * size)) - 1);
}

static void pio_exit(struct host_vcpu *v, uint16_t port, unsigned size, bool write, uint32_t value)
{
    struct revirt_exit *e = new_exit(v, REVIRT_EXIT_PIO);
    e->u.pio.port = port;
    e->u.pio.size = (uint8_t)size;
    e->u.pio.write = write;
    e->u.pio.value = value;
    exit_in_place(v);
}

static uint32_t bus_pio_read(void *opaque, uint16_t port, unsigned size)
{
    struct host_vcpu *v = opaque;
    pio_exit(v, port, size, false, 0);
    return (uint32_t)cut(v->run.value, size);
}

static void bus_pio_write(void *opaque, uint16_t port, uint32_t value, unsigned size)
{
    pio_exit(opaque, port, size, true, value);
}

static void mmio_exit(struct host_vcpu *v, gpa_t gpa, unsigned size, bool write, uint64_t value)
{
    if (!v->vm->host->decode_mmio) {
        struct revirt_exit *e = new_exit(v, REVIRT_EXIT_EMULATE);
        e->u.emulate.gpa = gpa;
        e->u.emulate.write = write;
        longjmp(v->out, OUT_EMULATE);
    }
    struct revirt_exit *e = new_exit(v, REVIRT_EXIT_MMIO);
    e->u.mmio.gpa = gpa;
    e->u.mmio.size = size;
    e->u.mmio.write = write;
    e->u.mmio.value = value;
    exit_in_place(v);
}

static uint64_t bus_mmio_read(void *opaque, gpa_t gpa, unsigned size)
{
    struct host_vcpu *v = opaque;
    mmio_exit(v, gpa, size, false, 0);
    return cut(v->run.value, size);
}

static void bus_mmio_write(void *opaque, gpa_t gpa, uint64_t value, unsigned size)
{
    mmio_exit(opaque, gpa, size, true, cut(value, size));
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

static bool msr_exit(struct host_vcpu *v, uint32_t msr, bool write, uint64_t value)
{
    struct revirt_exit *e = new_exit(v, REVIRT_EXIT_MSR);
    e->u.msr.index = msr;
    e->u.msr.write = write;
    e->u.msr.value = value;
    exit_in_place(v);
    return !v->run.fault;
}

static bool bus_msr_read(void *opaque, uint32_t msr, uint64_t *value)
{
    struct host_vcpu *v = opaque;
    if (v->quiet || !msr_exits(v, msr)) {
        *value = v->cpu->st.msr.apic_base;
        return msr == X86_MSR_APIC_BASE;
    }
    bool ok = msr_exit(v, msr, false, 0);
    *value = v->run.value;
    return ok;
}

static bool bus_msr_write(void *opaque, uint32_t msr, uint64_t value)
{
    struct host_vcpu *v = opaque;
    return msr_exits(v, msr) ? msr_exit(v, msr, true, value) : msr == X86_MSR_APIC_BASE;
}

/* The VMM's interrupt controllers must know the new priority before anything else happens. */
static void bus_tpr_write(void *opaque, uint8_t cr8)
{
    struct host_vcpu *v = opaque;
    v->cpu->st.cr8 = cr8;
    v->tpr_changed = true;
    atomic_fetch_or(&v->cpu->requests, X86_REQ_KICK);
}

static void bus_cpuid(void *opaque, uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
    struct host_vcpu *v = opaque;
    const struct x86_state *s = &v->cpu->st;
    const struct revirt_cpuid *c = host_cpuid_find(v, leaf, subleaf);
    if (!c || c->flags & REVIRT_CPUID_EXIT) {
        struct revirt_exit *e = new_exit(v, REVIRT_EXIT_CPUID);
        e->u.cpuid.leaf = leaf;
        e->u.cpuid.subleaf = subleaf;
        e->u.cpuid.cr4 = s->cr4;
        e->u.cpuid.xcr0 = s->xcr0;
        e->u.cpuid.xss = s->msr.xss;
        e->u.cpuid.apic_base = s->msr.apic_base;
        exit_in_place(v);
        memcpy(out, v->run.cpuid, sizeof v->run.cpuid);
        return;
    }
    out[0] = c->eax;
    out[1] = c->ebx;
    out[2] = c->ecx;
    out[3] = c->edx;
}

/* Between two instructions with interrupts open. */
static int bus_irq_ack(void *opaque)
{
    struct host_vcpu *v = opaque;
    int vector = v->inject;
    if (vector < 0) {
        if (v->window) {
            longjmp(v->out, OUT_WINDOW);
        }
        return -1;
    }
    v->inject = -1;
    atomic_fetch_add(&((struct survivor_head *)v->survivor)->injected, 1);
    v->acked = true;
    v->ack_rip = v->cpu->st.rip;
    if (!v->window) {
        atomic_fetch_and(&v->cpu->requests, ~(unsigned)X86_REQ_IRQ);
    }
    if (v->rekick) {
        v->rekick = false;
        atomic_fetch_or(&v->cpu->requests, X86_REQ_KICK);
    }
    return vector;
}

static uint64_t bus_tsc(void *opaque)
{
    (void)opaque;
    return (uint64_t)os_clock_ns();
}

/* --- running ---------------------------------------------------------------------------------- */

static void make_exit(struct host_vcpu *v, enum x86_stop stop)
{
    struct revirt_exit *e = new_exit(v, REVIRT_EXIT_KICK);
    switch (stop) {
    case X86_STOP_HLT:
    case X86_STOP_WAIT_SIPI: e->kind = REVIRT_EXIT_HLT; break;
    case X86_STOP_SHUTDOWN: e->kind = REVIRT_EXIT_SHUTDOWN; break;
    case X86_STOP_DEBUG:
        e->kind = REVIRT_EXIT_DEBUG;
        e->u.debug.dr6 = v->cpu->st.dr[6];
        e->u.debug.breakpoint = !v->cpu->blocks->dbg_step;
        break;
    default: e->kind = v->tpr_changed ? REVIRT_EXIT_TPR : REVIRT_EXIT_KICK; break;
    }
    v->tpr_changed = false;
}

/* The interpreter was left from within. */
static void clean_up(struct host_vcpu *v)
{
    v->cpu->blocks->cur = NULL;
    v->cpu->blocks->stop_in_block = false;
    v->cpu->event_ext = 0;
    v->cpu->exit_reason = 0;
    x86_block_park(v->cpu->blocks, true);
}

/* An interrupt that was accepted but whose delivery met a hole: the vector is lost. */
static bool lost_delivery(const struct host_vcpu *v)
{
    return v->acked && v->ack_rip == v->cpu->st.rip && (v->cpu->st.rflags & X86_FL_IF);
}

/* One RUN up to its exit in v->exit. False: the VMM is gone. */
static bool run(struct host_vcpu *v)
{
    unsigned kick = atomic_load(&v->cpu->requests) & X86_REQ_KICK;
    if (v->inject >= 0 && kick) { /* deliver first: it was accepted */
        atomic_fetch_and(&v->cpu->requests, ~(unsigned)X86_REQ_KICK);
        v->rekick = true;
    }
    v->acked = false;
    switch (setjmp(v->out)) {
    case 0: make_exit(v, x86_interp_run(v->cpu)); return true;
    case OUT_EMULATE:
        clean_up(v);
        if (lost_delivery(v)) {
            struct revirt_exit *e = new_exit(v, REVIRT_EXIT_FAIL);
            e->u.fail.code = REVIRT_FAIL_DELIVERY;
            g_strlcpy(e->u.fail.text, "an interrupt's delivery met a hole in memory",
                      sizeof e->u.fail.text);
        }
        return true;
    case OUT_WINDOW:
        clean_up(v);
        new_exit(v, REVIRT_EXIT_WINDOW);
        return true;
    default: clean_up(v); return false;
    }
}

static gpointer vcpu_thread(gpointer arg)
{
    struct host_vcpu *v = arg;
    os_thread_name("vcpu");
    x86_code_map_attach(v->vm->code, v->cpu);
    while (!v->over && await_run(v) && run(v) && reply_exit(v)) {
    }
    x86_code_map_detach(v->cpu);
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

static const struct x86_bus host_bus = {
    .pio_read = bus_pio_read,
    .pio_write = bus_pio_write,
    .mmio_read = bus_mmio_read,
    .mmio_write = bus_mmio_write,
    .msr_read = bus_msr_read,
    .msr_write = bus_msr_write,
    .tpr_write = bus_tpr_write,
    .irq_ack = bus_irq_ack,
    .tsc = bus_tsc,
    .cpuid = bus_cpuid,
};

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
        struct x86_bus bus = host_bus;
        bus.opaque = v;
        x86_cpu_init(v->cpu, vm->pm, &bus, &v->model, &v->topology, index);
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
    atomic_fetch_or(&v->cpu->requests, X86_REQ_KICK);
}

void host_vcpu_free(struct host_vcpu *v)
{
    g_mutex_lock(&v->vm->lock);
    v->vm->vcpus[v->index] = NULL;
    g_mutex_unlock(&v->vm->lock);
    if (v->thread) {
        g_thread_join(v->thread);
    }
    os_close(v->sock);
    os_event_free(&v->kick);
    os_share_unmap(v->survivor, v->survivor_size);
    os_close(v->survivor_fd);
    g_free(v);
}
