/* SPDX-License-Identifier: MIT */
/*
 * Delivery of interrupts and exceptions: IVT, IDT, IST, inner stacks, V86 with and without VME,
 * task gates, double and triple faults. Intel SDM vol. 3, chapter 6 (6.12 delivery, 6.13 error
 * codes, 6.14 64-bit mode, 6.15 #DF), chapter 20 (V86), 17.3.1.1 (RF).
 */
#include <stdio.h>

#include "accel/x86/block.h"
#include "accel/x86/inspect.h"
#include "accel/x86/state_text.h"
#include "accel/x86/system.h"
#include "core/log.h"

struct event {
    enum x86_event_type type;
    unsigned vector;
    bool has_error;
    uint32_t error;
    uint64_t rip;   /* that goes onto the stack */
    uint64_t flags; /* likewise */
};

/* An IDT entry that has passed its checks. */
struct idt_gate {
    uint16_t sel;
    uint64_t off;
    unsigned ist;
    unsigned size; /* of a stack slot: 2, 4, 8 */
    bool trap;     /* leaves IF alone */
};

static bool is_soft(enum x86_event_type t)
{
    return t == X86_EVENT_SOFT_INT || t == X86_EVENT_INT3 || t == X86_EVENT_INTO;
}

static uint32_t idt_error(unsigned vector)
{
    return vector * 8 + 2;
}

/* Fault-class exceptions push RF = 1 (17.3.1.1); #DB does its own, #DF and #MC are aborts. */
static bool is_fault(unsigned vector)
{
    return vector < 32 && vector != X86_EXC_DB && vector != X86_EXC_NMI && vector != X86_EXC_BP &&
           vector != X86_EXC_OF && vector != X86_EXC_DF && vector != X86_EXC_MC;
}

static void delivered(struct x86_cpu *cpu, const struct event *e, uint64_t rip)
{
    cpu->st.rip = cpu->next_rip = rip;
    cpu->st.ev.sti_shadow = cpu->st.ev.movss_shadow = 0;
    if (e->vector == X86_EXC_DB && !is_soft(e->type) && e->type != X86_EVENT_EXTERNAL) {
        cpu->st.dr[7] &= ~(uint64_t)(1u << 13); /* GD */
    }
}

/* --- real-address mode and redirected V86 interrupts ---------------------------------------- */

static void deliver_real(struct x86_cpu *cpu, const struct event *e)
{
    struct x86_stk k;
    uint32_t entry = e->vector * 4;
    if (entry + 3 > cpu->st.idt.limit) {
        x86_because(cpu, "the vector is beyond the limit of the IVT");
        x86_raise_error(cpu, X86_EXC_GP, idt_error(e->vector));
    }
    uint64_t lin = (uint32_t)(cpu->st.idt.base + entry);
    uint16_t off = (uint16_t)x86_sys_load(cpu, lin, 2);
    uint16_t sel = (uint16_t)x86_sys_load(cpu, lin + 2, 2);
    x86_stk_current(cpu, &k);
    x86_stk_push(cpu, &k, e->flags, 2);
    x86_stk_push(cpu, &k, cpu->st.seg[X86_CS].sel, 2);
    x86_stk_push(cpu, &k, e->rip, 2);
    if (off > cpu->st.seg[X86_CS].limit) {
        x86_raise(x86_because(cpu, "the handler is beyond the limit of CS"), X86_EXC_GP);
    }
    x86_set_sp(cpu, k.sp);
    x86_set_seg_real(cpu, X86_CS, sel);
    x86_set_rflags(cpu, 0, X86_FL_IF | X86_FL_TF | X86_FL_AC | X86_FL_RF);
    delivered(cpu, e, off);
}

bool x86_vme_redirected(struct x86_cpu *cpu, unsigned vector)
{
    const struct x86_seg *tr = &cpu->st.seg[X86_TR];
    if (!(tr->attr & 8) || tr->limit < 0x67) {
        x86_raise(cpu, X86_EXC_GP);
    }
    uint32_t io = (uint32_t)x86_sys_load(cpu, (uint32_t)(tr->base + 0x66), 2);
    uint32_t byte = io - 32 + vector / 8; /* the 32 bytes below the I/O bitmap */
    if (io < 32 || byte > tr->limit) {
        x86_raise(cpu, X86_EXC_GP);
    }
    return !(x86_sys_load(cpu, (uint32_t)(tr->base + byte), 1) >> (vector & 7) & 1);
}

/* SDM vol. 3, 20.3.3.4: 8086-style, through the IVT at linear 0 of the V86 task. */
static void deliver_vme(struct x86_cpu *cpu, const struct event *e)
{
    struct x86_stk k;
    uint64_t flags = e->flags;
    uint16_t off = x86_load16(cpu, e->vector * 4, true);
    uint16_t sel = x86_load16(cpu, e->vector * 4 + 2, true);
    if (x86_iopl(cpu) < 3) {
        flags |= X86_FL_IOPL;
        flags = flags & X86_FL_VIF ? flags | X86_FL_IF : flags & ~(uint64_t)X86_FL_IF;
    }
    x86_stk_current(cpu, &k);
    x86_stk_push(cpu, &k, flags, 2);
    x86_stk_push(cpu, &k, cpu->st.seg[X86_CS].sel, 2);
    x86_stk_push(cpu, &k, e->rip, 2);
    x86_set_sp(cpu, k.sp);
    uint64_t clear =
        X86_FL_TF | X86_FL_NT | X86_FL_RF | (x86_iopl(cpu) < 3 ? X86_FL_VIF : X86_FL_IF);
    x86_set_rflags(cpu, 0, clear);
    x86_set_seg_real(cpu, X86_CS, sel);
    delivered(cpu, e, off);
}

/* --- protected and long mode ---------------------------------------------------------------- */

static void deliver_task(struct x86_cpu *cpu, const struct event *e, const struct x86_desc *gate)
{
    uint16_t sel = (uint16_t)(gate->lo >> 16);
    if (sel & 4) {
        x86_raise_sel(x86_because(cpu, "the task gate names a TSS in the LDT"), X86_EXC_GP, sel);
    }
    struct x86_desc d = x86_desc_read(cpu, sel, X86_EXC_GP);
    if (!x86_desc_is_system(&d) ||
        (x86_desc_type(&d) != X86_SYS_TSS16 && x86_desc_type(&d) != X86_SYS_TSS)) {
        x86_because(cpu, "the task gate names no available TSS");
        x86_raise_sel(cpu, X86_EXC_GP, sel);
    }
    if (!(d.hi & X86_DESC_P)) {
        x86_raise_sel(x86_because(cpu, "the task gate's TSS is not present"), X86_EXC_NP, sel);
    }
    x86_task_switch(cpu, &(struct x86_task){.sel = sel, .d = d, .why = X86_TASK_INT, .rip = e->rip,
                                            .flags = e->flags, .push_error = e->has_error,
                                            .error = e->error});
    delivered(cpu, e, cpu->st.rip);
}

/* Reads and checks the IDT entry; true: it was a task gate and has been taken. */
static bool read_gate(struct x86_cpu *cpu, const struct event *e, struct idt_gate *g)
{
    unsigned width = cpu->long_mode ? 16 : 8;
    uint32_t entry = e->vector * width;
    uint32_t err = idt_error(e->vector);
    if (entry + width - 1 > cpu->st.idt.limit) {
        x86_raise_error(x86_because(cpu, "the gate is beyond the IDT's limit"), X86_EXC_GP, err);
    }
    uint64_t lin = cpu->st.idt.base + entry;
    lin = cpu->long_mode ? lin : (uint32_t)lin;
    uint64_t v = x86_sys_load(cpu, lin, 8);
    struct x86_desc d = {(uint32_t)v, (uint32_t)(v >> 32)};
    unsigned type = d.hi >> 8 & 31; /* with S, which is 0 */
    bool ok = type == X86_SYS_INT || type == X86_SYS_TRAP ||
              (!cpu->long_mode &&
               (type == X86_SYS_INT16 || type == X86_SYS_TRAP16 || type == X86_SYS_TASK));
    if (!ok || (is_soft(e->type) && x86_desc_dpl(&d) < cpu->cpl)) {
        x86_because(cpu, ok ? "the gate's DPL is below the CPL of the INT instruction"
                            : "the IDT entry is not a gate of this mode");
        x86_raise_error(cpu, X86_EXC_GP, err);
    }
    if (!(d.hi & X86_DESC_P)) {
        x86_raise_error(x86_because(cpu, "the gate is not present"), X86_EXC_NP, err);
    }
    if (type == X86_SYS_TASK) {
        deliver_task(cpu, e, &d);
        return true;
    }
    g->sel = (uint16_t)(d.lo >> 16);
    g->off = (d.lo & 0xffff) | (type & 8 ? d.hi & 0xffff0000u : 0);
    g->size = type & 8 ? 4 : 2;
    g->trap = type & 1;
    g->ist = 0;
    if (cpu->long_mode) {
        g->off |= x86_sys_load(cpu, lin + 8, 4) << 32;
        g->ist = d.hi & 7;
        g->size = 8;
    }
    return false;
}

static struct x86_desc read_code(struct x86_cpu *cpu, const struct idt_gate *g)
{
    if (x86_sel_null(g->sel)) {
        x86_raise_error(x86_because(cpu, "the gate's selector is null"), X86_EXC_GP, 0);
    }
    struct x86_desc c = x86_desc_read(cpu, g->sel, X86_EXC_GP);
    unsigned dpl = x86_desc_dpl(&c);
    bool conforming = c.hi & X86_DESC_EC;
    if (!x86_desc_is_code(&c) || dpl > cpu->cpl || (x86_v86(cpu) && (conforming || dpl != 0))) {
        x86_because(cpu, !x86_desc_is_code(&c) ? "the gate's selector names no code segment"
                         : dpl > cpu->cpl ? "the handler's code segment has a DPL above the CPL"
                                          : "a handler for V86 mode must run at level 0");
        x86_raise_sel(cpu, X86_EXC_GP, g->sel);
    }
    if (cpu->long_mode && (!(c.hi & X86_DESC_L) || (c.hi & X86_DESC_DB))) {
        x86_because(cpu, "the handler's code segment is not 64-bit (L=1, D=0)");
        x86_raise_sel(cpu, X86_EXC_GP, g->sel);
    }
    if (!(c.hi & X86_DESC_P)) {
        x86_raise_sel(x86_because(cpu, "the handler's code segment is not present"), X86_EXC_NP,
                      g->sel);
    }
    return c;
}

static void push_frame(struct x86_cpu *cpu, struct x86_stk *k, const struct event *e, unsigned size)
{
    x86_stk_push(cpu, k, e->flags, size);
    x86_stk_push(cpu, k, cpu->st.seg[X86_CS].sel, size);
    x86_stk_push(cpu, k, e->rip, size);
    if (e->has_error) {
        x86_stk_push(cpu, k, e->error, size);
    }
}

static void enter_handler(struct x86_cpu *cpu, const struct event *e, const struct idt_gate *g,
                          struct x86_desc *c, unsigned cpl)
{
    uint64_t clear = X86_FL_TF | X86_FL_VM | X86_FL_RF | X86_FL_NT | (g->trap ? 0 : X86_FL_IF);
    x86_set_rflags(cpu, 0, clear);
    x86_desc_mark(cpu, g->sel, c);
    x86_set_cs(cpu, g->sel, c, cpl);
    delivered(cpu, e, g->off);
}

static void deliver_long(struct x86_cpu *cpu, const struct event *e, const struct idt_gate *g,
                         struct x86_desc *c, unsigned cpl)
{
    struct x86_stk k;
    bool inner = cpl != cpu->cpl;
    uint64_t sp = cpu->code_mode == 8 ? cpu->st.gpr[X86_RSP] : (uint32_t)cpu->st.gpr[X86_RSP];
    if (g->ist) {
        sp = x86_tss_rsp(cpu, 3 + g->ist);
    } else if (inner) {
        sp = x86_tss_rsp(cpu, cpl);
    }
    if (!x86_canonical(cpu, sp)) {
        x86_raise_error(x86_because(cpu, "the stack pointer is not canonical"), X86_EXC_SS, 0);
    }
    x86_stk_of_wide(&k, sp & ~15ull, cpl);
    x86_stk_push(cpu, &k, cpu->st.seg[X86_SS].sel, 8);
    x86_stk_push(cpu, &k, cpu->st.gpr[X86_RSP], 8);
    push_frame(cpu, &k, e, 8);
    x86_check_target(cpu, c, g->off);
    if (inner) {
        x86_seg_null(&cpu->st.seg[X86_SS], (uint16_t)cpl, cpl);
    }
    cpu->st.gpr[X86_RSP] = k.sp;
    enter_handler(cpu, e, g, c, cpl);
}

/* To an inner level, or out of V86 to level 0. */
static void deliver_inner(struct x86_cpu *cpu, const struct event *e, const struct idt_gate *g,
                          struct x86_desc *c, unsigned cpl)
{
    static const uint8_t v86_segs[] = {X86_GS, X86_FS, X86_DS, X86_ES};
    bool v86 = x86_v86(cpu);
    struct x86_stk k;
    struct x86_seg ss;
    uint16_t ss_sel;
    uint64_t sp;
    x86_tss_stack(cpu, cpl, &ss_sel, &sp);
    struct x86_desc sd = x86_check_ss(cpu, ss_sel, cpl, X86_EXC_TS);
    x86_seg_from_desc(&ss, ss_sel, &sd);
    x86_stk_of(cpu, &k, &ss, sp, cpl);
    for (unsigned i = 0; v86 && i < ARRAY_LEN(v86_segs); i++) {
        x86_stk_push(cpu, &k, cpu->st.seg[v86_segs[i]].sel, g->size);
    }
    x86_stk_push(cpu, &k, cpu->st.seg[X86_SS].sel, g->size);
    x86_stk_push(cpu, &k, cpu->st.gpr[X86_RSP], g->size);
    push_frame(cpu, &k, e, g->size);
    x86_check_target(cpu, c, g->off);
    x86_desc_mark(cpu, ss_sel, &sd);
    x86_seg_from_desc(&cpu->st.seg[X86_SS], ss_sel, &sd);
    for (unsigned i = 0; v86 && i < ARRAY_LEN(v86_segs); i++) {
        x86_seg_null(&cpu->st.seg[v86_segs[i]], 0, 0);
    }
    x86_gpr_write(cpu, X86_RSP, k.sp, k.mask == 0xffff ? 2 : 4);
    enter_handler(cpu, e, g, c, cpl);
}

static void deliver_protected(struct x86_cpu *cpu, const struct event *e)
{
    struct idt_gate g;
    if (read_gate(cpu, e, &g)) {
        return;
    }
    struct x86_desc c = read_code(cpu, &g);
    unsigned cpl = c.hi & X86_DESC_EC ? cpu->cpl : x86_desc_dpl(&c);
    if (cpu->long_mode) {
        deliver_long(cpu, e, &g, &c, cpl);
    } else if (cpl != cpu->cpl) {
        deliver_inner(cpu, e, &g, &c, cpl);
    } else {
        struct x86_stk k;
        x86_stk_current(cpu, &k);
        push_frame(cpu, &k, e, g.size);
        x86_check_target(cpu, &c, g.off);
        x86_set_sp(cpu, k.sp);
        enter_handler(cpu, e, &g, &c, cpl);
    }
}

/* --- what happens when delivery faults ------------------------------------------------------ */

static void deliver_once(struct x86_cpu *cpu, struct event *e)
{
    e->flags = x86_rflags(cpu);
    e->rip = is_soft(e->type) || e->type == X86_EVENT_ICEBP ? cpu->next_rip : cpu->st.rip;
    if (e->type == X86_EVENT_EXCEPTION && is_fault(e->vector)) {
        e->flags |= X86_FL_RF;
    }
    cpu->event_ext = !is_soft(e->type);
    if (!(cpu->st.cr0 & X86_CR0_PE)) {
        deliver_real(cpu, e);
        return;
    }
    if (x86_v86(cpu) && e->type == X86_EVENT_SOFT_INT) {
        if ((cpu->st.cr4 & X86_CR4_VME) && x86_vme_redirected(cpu, e->vector)) {
            deliver_vme(cpu, e);
            return;
        }
        if (x86_iopl(cpu) < 3) {
            x86_raise_error(x86_because(cpu, "INT n in V86 mode with IOPL below 3"), X86_EXC_GP, 0);
        }
    }
    deliver_protected(cpu, e);
}

enum fault_class { BENIGN, CONTRIBUTORY, PAGE_FAULT, DOUBLE_FAULT };

static enum fault_class class_of(const struct event *e)
{
    if (e->type != X86_EVENT_EXCEPTION) {
        return BENIGN;
    }
    switch (e->vector) {
    case X86_EXC_DE: case X86_EXC_TS: case X86_EXC_NP: case X86_EXC_SS: case X86_EXC_GP:
        return CONTRIBUTORY;
    case X86_EXC_PF: return PAGE_FAULT;
    case X86_EXC_DF: return DOUBLE_FAULT;
    default: return BENIGN;
    }
}

/* SDM vol. 3, table 6-5. False: shutdown. */
/* Notes the exception in cpu->exc_*, raised while `during` was being delivered. */
static void note_fault(struct x86_cpu *cpu, const struct event *e, unsigned during)
{
    struct x86_fault_log *l = &cpu->faults;
    struct x86_fault_rec *r = &l->rec[l->n++ % X86_FAULT_LOG_SIZE];
    *r = (struct x86_fault_rec){
        .rip = cpu->st.rip,
        .rsp = cpu->st.gpr[X86_RSP],
        .cr2 = e->vector == X86_EXC_PF ? cpu->st.cr2 : 0,
        .insn = cpu->insn_count,
        .why = cpu->exc_why,
        .error = e->error,
        .cs = cpu->st.seg[X86_CS].sel,
        .vector = (uint8_t)e->vector,
        .during = (uint8_t)during,
        .type = (uint8_t)e->type,
        .has_error = e->has_error,
        .cpl = cpu->cpl,
        .end = X86_FAULT_HANDLED,
    };
    if (UNLIKELY(cpu->exc_reserved)) {
        cpu->exc_reserved = false;
        strict_report(STRICT_RESERVED, cpu->st.rip, "%s raised: %s",
                      x86_exception_mnemonic(e->vector), cpu->exc_why);
    }
    cpu->exc_why = NULL;
}

struct x86_cpu *x86_reserved(struct x86_cpu *cpu)
{
    cpu->exc_reserved = strict_enabled(STRICT_RESERVED);
    return cpu;
}

static void note_event(struct x86_cpu *cpu, const struct event *e)
{
    struct x86_fault_log *l = &cpu->faults;
    if (e->type == X86_EVENT_EXCEPTION || e->type == X86_EVENT_INT3 || e->type == X86_EVENT_INTO) {
        note_fault(cpu, e, X86_NO_VECTOR);
        return;
    }
    l->irq[l->irqs++ % X86_IRQ_LOG_SIZE] =
        (struct x86_irq_rec){cpu->st.rip, cpu->insn_count, cpu->st.seg[X86_CS].sel,
                             (uint8_t)e->vector, (uint8_t)e->type};
}

/* The event e could not be delivered because of `second`, which is noted. */
static struct x86_fault_rec *note_refused(struct x86_cpu *cpu, const struct event *e,
                                          const struct event *second)
{
    struct x86_fault_log *l = &cpu->faults;
    struct x86_fault_rec *last = l->n ? &l->rec[(l->n - 1) % X86_FAULT_LOG_SIZE] : NULL;
    if (last && last->vector == e->vector && last->type == e->type &&
        last->end == X86_FAULT_HANDLED) {
        last->end = X86_FAULT_REFUSED;
    }
    note_fault(cpu, second, e->vector);
    return &l->rec[(l->n - 1) % X86_FAULT_LOG_SIZE];
}

static bool combine(struct x86_cpu *cpu, struct event *e)
{
    struct event second = {
        X86_EVENT_EXCEPTION, cpu->exc_vector, cpu->exc_has_error, cpu->exc_error, 0, 0
    };
    enum fault_class a = class_of(e), b = class_of(&second);
    struct x86_fault_rec *rec = note_refused(cpu, e, &second);
    cpu->shutdown_vectors[0] = cpu->shutdown_vectors[1];
    cpu->shutdown_vectors[1] = cpu->shutdown_vectors[2];
    cpu->shutdown_vectors[2] = (uint8_t)second.vector;
    if (log_enabled(LOG_INT)) {
        log_raw("  delivery of vector 0x%02x faulted: 0x%02x(0x%x)\n", e->vector, second.vector,
                second.error);
    }
    if (a == DOUBLE_FAULT && b != BENIGN) {
        rec->end = X86_FAULT_SHUTDOWN;
        return false;
    }
    if ((a == CONTRIBUTORY && b == CONTRIBUTORY) || (a == PAGE_FAULT && b != BENIGN)) {
        *e = (struct event){X86_EVENT_EXCEPTION, X86_EXC_DF, true, 0, 0, 0};
        rec->end = X86_FAULT_DOUBLED;
    } else {
        *e = second;
    }
    return true;
}

/* As QEMU's -d int, with the event's name behind it. */
static void log_event(struct x86_cpu *cpu, enum x86_event_type type, unsigned vector,
                      uint32_t error)
{
    static const char *const kinds[] = { "external", "NMI", "exception", "INT n",
                                         "INT3",     "INTO", "ICEBP" };
    uint64_t pc = cpu->code_mode == 8 ? cpu->st.rip : cpu->st.seg[X86_CS].base + cpu->st.rip;
    if (!log_int_wanted(vector, cpu->cpl, pc)) {
        return;
    }
    const char *name = type == X86_EVENT_EXCEPTION ? x86_exception_mnemonic(vector) : NULL;
    char cr2[32] = "", text[2048] = "";
    if (name && vector == X86_EXC_PF) {
        snprintf(cr2, sizeof cr2, " CR2=%016llx", (unsigned long long)cpu->st.cr2);
    }
    if (log_enabled(LOG_CPU)) {
        x86_rflags(cpu);
        x86_state_text(&cpu->st, text, sizeof text);
    }
    log_raw("%6llu: v=%02x e=%04x i=%d cpl=%u IP=%04x:%016llx pc=%016llx "
            "SP=%04x:%016llx%s %s%s%s\n%s",
            (unsigned long long)(cpu->faults.n + cpu->faults.irqs), vector, error,
            type != X86_EVENT_EXCEPTION, cpu->cpl, cpu->st.seg[X86_CS].sel,
            (unsigned long long)cpu->st.rip, (unsigned long long)pc, cpu->st.seg[X86_SS].sel,
            (unsigned long long)cpu->st.gpr[X86_RSP], cr2, kinds[type], name ? " " : "",
            name ? name : "", text);
}

bool x86_deliver(struct x86_cpu *cpu, enum x86_event_type type, unsigned vector, bool has_error,
                 uint32_t error)
{
    struct event e = {type, vector & 0xff, has_error, error, 0, 0};
    jmp_buf outer;
    memcpy(&outer, &cpu->jmp, sizeof outer);
    cpu->shutdown_vectors[2] = (uint8_t)vector;
    note_event(cpu, &e);
    cpu->st.mp = X86_MP_RUNNABLE;
    if (type == X86_EVENT_NMI) {
        cpu->st.ev.nmi_blocked = 1;
    }
    if (log_enabled(LOG_INT)) {
        log_event(cpu, type, vector, has_error ? error : 0);
    }
    /* e changes between setjmp and longjmp: keep it in memory. */
    struct event *volatile ev = &e;
    volatile bool alive = true;
    while (setjmp(cpu->jmp)) {
        if (!combine(cpu, ev)) {
            alive = false;
            break;
        }
    }
    if (alive) {
        deliver_once(cpu, ev);
    } else {
        cpu->st.mp = X86_MP_SHUTDOWN;
    }
    cpu->event_ext = 0;
    if (cpu->blocks && cpu->blocks->branches && alive && type != X86_EVENT_SOFT_INT) {
        x86_branch_cut(cpu->blocks->branches, cpu->st.seg[X86_CS].base + cpu->st.rip);
    }
    memcpy(&cpu->jmp, &outer, sizeof outer);
    return alive;
}
