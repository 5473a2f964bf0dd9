/* SPDX-License-Identifier: MIT */
/*
 * Why a guest died, in words. The processor notes which check failed (accel/x86/fault_log.h); what
 * it checked - the gate, the descriptor, the page tables - is looked up here. Of a death nothing
 * has been delivered, so tables and registers are still those of the fault.
 */
#include <inttypes.h>
#include <string.h>

#include "accel/x86/consts.h"
#include "accel/x86/cpuid.h"
#include "monitor/postmortem_int.h"

#define RECENT_INSNS 1000000 /* faults this close to the end belong to the story */

/* --- the chain ------------------------------------------------------------------------------ */

static const struct x86_fault_rec *record(const struct pm_case *c, uint64_t back)
{
    uint64_t n = c->log.n;
    return back < n && back < X86_FAULT_LOG_SIZE ? &c->log.rec[(n - 1 - back) % X86_FAULT_LOG_SIZE]
                                                 : NULL;
}

/* Without a log of earlier faults: how many interrupt frames lie on each other on the stack that
 * all were pushed at rip. Only handlers that push nothing before they fault again show this. */
static unsigned frames_at(const struct pm_case *c, const struct x86_fault_rec *r)
{
    unsigned n = 0, words = 5 + r->has_error;
    uint64_t sp = c->st->gpr[X86_RSP], saved[6];
    if (x86_view_code_size(&c->view) != 8) {
        return 0;
    }
    while (n < 1000 && x86_view_read(&c->view, sp, saved, words * 8) == words * 8 &&
           saved[r->has_error] == r->rip) {
        n++;
        sp = saved[3 + r->has_error];
    }
    return n;
}

/* The last fault and those that led to it within one delivery, in order. */
void pm_chain(struct pm_case *c)
{
    const struct x86_fault_rec *r = record(c, 0);
    uint64_t back = 0;
    struct x86_fault_rec rev[PM_CHAIN];
    c->chain_n = c->repeats = 0;
    while (c->have_log && r && c->chain_n < PM_CHAIN) {
        rev[c->chain_n++] = *r;
        if (r->during == X86_NO_VECTOR) {
            break;
        }
        const struct x86_fault_rec *before = record(c, ++back);
        if (!before || before->insn != r->insn || before->end == X86_FAULT_HANDLED) {
            break; /* during an interrupt, which has no record */
        }
        r = before;
    }
    for (unsigned i = 0; i < c->chain_n; i++) {
        c->chain[i] = rev[c->chain_n - 1 - i];
    }
    for (back++; c->chain_n && (r = record(c, back)); back++) {
        if (r->vector == c->chain[0].vector && r->rip == c->chain[0].rip &&
            r->end == X86_FAULT_HANDLED) {
            c->repeats++;
        } else {
            break;
        }
    }
    if (c->chain_n && c->rerun) {
        c->repeats = frames_at(c, &c->chain[0]);
    }
}

/* --- places --------------------------------------------------------------------------------- */

void pm_where(const struct pm_case *c, uint16_t cs, uint64_t rip, GString *out)
{
    char name[200];
    uint64_t lin = rip;
    if (x86_view_code_size(&c->view) != 8) {
        lin = x86_view_linear(&c->view, X86_CS, rip);
    }
    g_string_append_printf(out, "%04x:0x%" PRIx64, cs, rip);
    symbols_text(c->symbols, lin, name, sizeof name);
    if (*name) {
        g_string_append_printf(out, " <%s>", name);
    }
}

static void insn_at(const struct pm_case *c, uint64_t rip, struct x86_insn *i, char *text,
                    size_t cap)
{
    struct pm_insn one;
    unsigned at;
    uint64_t lin =
        x86_view_code_size(&c->view) == 8 ? rip : x86_view_linear(&c->view, X86_CS, rip);
    memset(i, 0, sizeof *i);
    g_strlcpy(text, "", cap);
    if (pm_disas(c, lin, rip, 0, 0, &one, &at)) {
        x86_decode(i, one.bytes, one.len, x86_view_code_size(&c->view));
        g_strlcpy(text, one.text, cap);
    }
}

/* --- what the instruction works on ---------------------------------------------------------- */

static uint64_t gpr(const struct pm_case *c, unsigned reg, unsigned size)
{
    uint64_t v = c->st->gpr[reg & 15];
    return size >= 8 ? v : v & ((1ull << (8 * size)) - 1);
}

static bool memory_operand(const struct pm_case *c, const struct x86_insn *i, uint64_t *off)
{
    if (!x86_insn_has_mem(i)) {
        return false;
    }
    uint64_t a = i->has_modrm ? (uint64_t)(int64_t)i->disp : i->imm;
    a += i->base < X86_GPR_COUNT     ? c->st->gpr[i->base]
         : i->base == X86_REG_RIP ? c->st->rip + i->len : 0;
    a += i->index < X86_GPR_COUNT ? c->st->gpr[i->index] << i->scale : 0;
    *off = i->adsize == 8 ? a : i->adsize == 4 ? (uint32_t)a : (uint16_t)a;
    return true;
}

static void iret_frame(const struct pm_case *c, unsigned size, unsigned words, GString *out)
{
    static const char *const names[] = {"RIP", "CS", "RFLAGS", "RSP", "SS"};
    bool wide = x86_view_code_size(&c->view) == 8;
    uint64_t sp = x86_view_linear(&c->view, X86_SS, gpr(c, X86_RSP, wide ? 8 : 4));
    g_string_append(out, "; its frame:");
    for (unsigned k = 0; k < words; k++, sp += size) {
        uint64_t v = 0;
        if (x86_view_read(&c->view, sp, &v, size) != size) {
            g_string_append(out, " unreadable");
            return;
        }
        g_string_append_printf(out, " %s=0x%" PRIx64, names[k], v);
    }
}

static void control_register(const struct pm_case *c, const struct x86_insn *i, GString *out)
{
    if (i->opnd[0].kind == X86_OPND_CR) {
        unsigned size = x86_view_code_size(&c->view) == 8 ? 8 : 4;
        g_string_append_printf(out, "; CR%u would become 0x%" PRIx64, i->opnd[0].reg,
                               gpr(c, i->opnd[1].reg, size));
        if (i->opnd[0].reg == 0 || i->opnd[0].reg == 4) {
            g_string_append_printf(out, " (CR4=0x%" PRIx64 ", EFER=0x%" PRIx64 ")", c->st->cr4,
                                   c->st->msr.efer);
        }
    }
}

static void memory_words(const struct pm_case *c, const struct x86_insn *i, GString *out)
{
    static const char *const segs[] = {"ES", "CS", "SS", "DS", "FS", "GS"};
    uint64_t off;
    if (!memory_operand(c, i, &off) || i->seg > X86_GS) {
        return;
    }
    const struct x86_seg *s = &c->st->seg[i->seg];
    g_string_append_printf(out, "; the operand is at %s:0x%" PRIx64, segs[i->seg], off);
    if (x86_view_code_size(&c->view) != 8) {
        if ((s->attr & X86_SEG_UNUSABLE) && (c->st->cr0 & X86_CR0_PE)) {
            g_string_append_printf(out, ", %s is null (0x%04x)", segs[i->seg], s->sel);
        } else {
            g_string_append_printf(out, ", %s is 0x%04x with limit 0x%x", segs[i->seg], s->sel,
                                   s->limit);
        }
    }
}

void pm_operands(const struct pm_case *c, GString *out)
{
    struct x86_insn i;
    char text[112];
    unsigned mode = x86_view_code_size(&c->view);
    insn_at(c, c->st->rip, &i, text, sizeof text);
    switch (i.op) {
    case X86_OP_WRMSR:
        g_string_append_printf(out, "; MSR 0x%x, value 0x%" PRIx64,
                               (uint32_t)c->st->gpr[X86_RCX],
                               c->st->gpr[X86_RDX] << 32 | (uint32_t)c->st->gpr[X86_RAX]);
        break;
    case X86_OP_RDMSR:
        g_string_append_printf(out, "; MSR 0x%x", (uint32_t)c->st->gpr[X86_RCX]);
        break;
    case X86_OP_MOV_CR: control_register(c, &i, out); break;
    case X86_OP_IRET: iret_frame(c, i.opsize, mode == 8 ? 5 : 3, out); break;
    case X86_OP_RET_FAR: iret_frame(c, i.opsize, 2, out); break;
    case X86_OP_SYSRET:
        g_string_append_printf(out, "; RCX is 0x%" PRIx64, c->st->gpr[X86_RCX]);
        break;
    case X86_OP_DIV: case X86_OP_IDIV:
        if (i.opnd[0].kind == X86_OPND_GPR) {
            bool zero = !gpr(c, i.opnd[0].reg, i.opnd[0].size);
            g_string_append(out, zero ? "; the divisor is zero" : "; the quotient is too large");
        } else {
            memory_words(c, &i, out);
        }
        break;
    case X86_OP_IN: case X86_OP_OUT: case X86_OP_INS: case X86_OP_OUTS:
        if (i.opnd[0].kind != X86_OPND_IMM && i.opnd[1].kind != X86_OPND_IMM) {
            g_string_append_printf(out, "; the port is 0x%x", (unsigned)gpr(c, X86_RDX, 2));
        }
        break;
    default: memory_words(c, &i, out); break;
    }
}

/* --- page faults ---------------------------------------------------------------------------- */

static bool within(uint64_t a, uint64_t base, uint64_t limit)
{
    return a - base <= limit;
}

/* The stack that the frame of vector goes to, as far as it can be told. */
static const char *frame_stack(const struct pm_case *c, unsigned vector, unsigned cpl, char *buf,
                               size_t cap)
{
    struct x86_desc_info g, code;
    if ((c->st->msr.efer & X86_EFER_LMA) &&
        x86_view_gate(&c->view, vector, &g) == X86_LOOK_OK && g.kind == X86_DK_GATE) {
        if (g.ist) {
            g_snprintf(buf, cap, "IST%u of the TSS", g.ist);
            return buf;
        }
        if (x86_view_desc(&c->view, g.sel, &code) == X86_LOOK_OK && code.dpl < cpl) {
            g_snprintf(buf, cap, "RSP%u of the TSS", code.dpl);
            return buf;
        }
    } else if ((c->st->cr0 & X86_CR0_PE) && cpl > 0) {
        return "the TSS's inner stack";
    }
    g_snprintf(buf, cap, "%s=0x%" PRIx64, c->st->msr.efer & X86_EFER_LMA ? "RSP" : "ESP",
               c->st->gpr[X86_RSP]);
    return buf;
}

/* What the processor was about when it touched cr2 to deliver `during`. */
static void delivery_access(const struct pm_case *c, const struct x86_fault_rec *r, GString *out)
{
    char stack[40];
    const struct x86_seg *tr = &c->st->seg[X86_TR];
    unsigned width = c->st->msr.efer & X86_EFER_LMA ? 16 : 8;
    if (within(r->cr2, c->st->idt.base, c->st->idt.limit) && !(r->error & X86_PF_W)) {
        g_string_append_printf(out, "IDT entry %u cannot be read: ",
                               (unsigned)((r->cr2 - c->st->idt.base) / width));
    } else if (within(r->cr2, c->st->gdt.base, c->st->gdt.limit)) {
        g_string_append(out, "the GDT cannot be read: ");
    } else if (within(r->cr2, tr->base, tr->limit) && !(r->error & X86_PF_W)) {
        g_string_append(out, "the TSS cannot be read: ");
    } else {
        g_string_append_printf(out, "its frame cannot be pushed (%s): ",
                               frame_stack(c, r->during, r->cpl, stack, sizeof stack));
    }
}

static void stack_remark(const struct pm_case *c, const struct x86_fault_rec *r, GString *out)
{
    gpa_t gpa;
    if (r->cr2 - (r->rsp - 4096) > 4096 + 64 || (r->error & X86_PF_I)) {
        return;
    }
    if (x86_view_translate(&c->view, (r->cr2 | 4095) + 1, &gpa) &&
        !x86_view_translate(&c->view, r->cr2, &gpa)) {
        g_string_append_printf(out, " - STACK OVERFLOW: RSP=0x%" PRIx64
                               " has run out of the mapped page above", r->rsp);
    } else {
        g_string_append_printf(out, " - that is the stack, RSP=0x%" PRIx64, r->rsp);
    }
}

static void page_fault(const struct pm_case *c, const struct x86_fault_rec *r, GString *out)
{
    struct x86_walk_report w;
    char words[96];
    unsigned access = (r->error & X86_PF_W ? X86_VIEW_WRITE : 0) |
                      (r->error & X86_PF_I || (r->cr2 == r->rip && !(r->error & X86_PF_W))
                           ? X86_VIEW_EXEC : 0) |
                      (r->error & X86_PF_U ? X86_VIEW_USER : 0);
    if (r->during != X86_NO_VECTOR) {
        delivery_access(c, r, out);
    }
    g_string_append_printf(out, "%s 0x%" PRIx64 " in %s mode: ",
                           access & X86_VIEW_EXEC ? "execution of" : access & X86_VIEW_WRITE
                               ? "write to" : "read of", r->cr2,
                           r->error & X86_PF_U ? "user" : "supervisor");
    x86_view_walk(&c->view, r->cr2, access, &w);
    if (!w.ok) {
        g_string_append(out, w.why);
        if (w.failed >= 0) {
            g_string_append_printf(out, " (%s=0x%" PRIx64 " at 0x%" PRIx64 ")",
                                   w.level[w.failed].name, w.level[w.failed].value,
                                   w.level[w.failed].gpa);
        }
    } else {
        x86_error_text(X86_EXC_PF, r->error, words, sizeof words);
        g_string_append_printf(out, "%s (the tables have changed since)", words);
    }
    if (r->during == X86_NO_VECTOR && r->cr2 < 4096 && !(access & X86_VIEW_EXEC)) {
        g_string_append(out, " - a null pointer?");
    } else if (r->during == X86_NO_VECTOR) {
        stack_remark(c, r, out);
    }
}

/* --- faults with a selector ----------------------------------------------------------------- */

static void gate_words(const struct pm_case *c, unsigned vector, const char *why, GString *out)
{
    struct x86_desc_info g;
    char text[160];
    const struct x86_dtable *idt = &c->st->idt;
    enum x86_look l = x86_view_gate(&c->view, vector, &g);
    const char *name = x86_exception_mnemonic(vector);
    g_string_append_printf(out, "IDT entry %u%s%s%s ", vector, name ? " (" : "", name ? name : "",
                           name ? ")" : "");
    if (l == X86_LOOK_LIMIT) {
        g_string_append_printf(out, "is beyond the IDT's limit (base 0x%" PRIx64 ", limit 0x%x%s)",
                               idt->base, idt->limit,
                               !idt->limit ? ": no IDT was loaded"
                               : idt->base == 0 && idt->limit == 0x3ff
                                   ? ": still the real-mode vector table" : "");
        return;
    }
    if (l != X86_LOOK_OK) {
        g_string_append(out, x86_look_text(l));
        return;
    }
    x86_desc_text(&g, text, sizeof text);
    if (!g.raw[0] && !g.raw[1]) {
        g_string_append_printf(out, "is empty (all zeros at 0x%" PRIx64 ")", g.addr);
    } else {
        g_string_append_printf(out, "is refused: %s; it reads: %s", why ? why : "bad gate", text);
    }
    if (idt->base == 0 && idt->limit == 0x3ff) {
        g_string_append(out, " - the IDTR still points to real mode's vector table");
    }
}

static void selector_words(const struct pm_case *c, const struct x86_fault_rec *r, GString *out)
{
    struct x86_desc_info d;
    char text[160];
    uint16_t sel = r->error & 0xfffc;
    const char *table = sel & 4 ? "LDT" : "GDT";
    enum x86_look l = x86_view_desc(&c->view, sel, &d);
    g_string_append_printf(out, "selector 0x%04x: ", sel);
    if (l == X86_LOOK_LIMIT) {
        g_string_append_printf(
            out, "%s; the %s ends at 0x%x", r->why ? r->why : "beyond its table", table,
            sel & 4 ? (unsigned)c->st->seg[X86_LDTR].limit : (unsigned)c->st->gdt.limit);
        return;
    }
    if (l != X86_LOOK_OK) {
        g_string_append_printf(out, "%s%s%s", r->why ? r->why : "", r->why ? "; " : "",
                               x86_look_text(l));
        return;
    }
    x86_desc_text(&d, text, sizeof text);
    g_string_append_printf(out, "%s; the %s says: %s", r->why ? r->why : "refused", table, text);
}

/* The stack pointer that a push of the delivery of `during` went to was no good. */
static void bad_frame_stack(const struct pm_case *c, const struct x86_fault_rec *r, GString *out)
{
    char stack[40];
    g_string_append_printf(out, "its frame cannot be pushed (%s): %s",
                           frame_stack(c, r->during, r->cpl, stack, sizeof stack),
                           r->why ? r->why : "the stack is bad");
    struct x86_tss_info t;
    x86_view_tss(&c->view, &t);
    struct x86_desc_info g;
    if (t.bits == 64 && x86_view_gate(&c->view, r->during, &g) == X86_LOOK_OK && g.ist) {
        g_string_append_printf(out, ", IST%u=0x%" PRIx64, g.ist, t.ist[g.ist]);
    } else if (t.bits == 64 && r->cpl > 0) {
        g_string_append_printf(out, ", RSP0=0x%" PRIx64, t.sp[0]);
    }
}

static void selector_fault(const struct pm_case *c, const struct x86_fault_rec *r, GString *out)
{
    if (r->error & 2) {
        gate_words(c, r->error >> 3 & 0xff, r->why, out);
    } else if (r->error & 0xfffc) {
        selector_words(c, r, out);
        if (r->during == X86_NO_VECTOR) {
            struct x86_insn i;
            char text[112];
            insn_at(c, r->rip, &i, text, sizeof text);
            if (i.op == X86_OP_IRET || i.op == X86_OP_RET_FAR) {
                iret_frame(c, i.opsize, x86_view_code_size(&c->view) == 8 ? 5 : 3, out);
            }
        }
    } else if (r->during != X86_NO_VECTOR && r->vector == X86_EXC_SS) {
        bad_frame_stack(c, r, out);
    } else {
        if (r->why) {
            g_string_append(out, r->why);
        }
        if (r->during == X86_NO_VECTOR && r->rip == c->st->rip) {
            pm_operands(c, out);
        }
        if (r->vector == X86_EXC_TS && c->st->seg[X86_TR].limit == 0) {
            g_string_append(out, "; no TSS was loaded");
        }
    }
}

/* --- the others ----------------------------------------------------------------------------- */

static bool all_same(const uint8_t *p, size_t n, uint8_t v)
{
    for (size_t i = 0; i < n; i++) {
        if (p[i] != v) {
            return false;
        }
    }
    return true;
}

static void invalid_opcode(const struct pm_case *c, const struct x86_fault_rec *r, GString *out)
{
    uint8_t bytes[8];
    struct x86_insn i;
    uint64_t lin =
        x86_view_code_size(&c->view) == 8 ? r->rip : x86_view_linear(&c->view, X86_CS, r->rip);
    size_t n = x86_view_read(&c->view, lin, bytes, sizeof bytes);
    if (r->why) {
        g_string_append(out, r->why);
        return;
    }
    if (!n) {
        g_string_append(out, "there is no memory at this address, only bytes of 0xff");
        return;
    }
    if (all_same(bytes, n, 0xff)) {
        g_string_append(out, "only bytes of 0xff there: no memory, or erased flash");
        return;
    }
    memset(&i, 0, sizeof i);
    bool decodes = x86_decode(&i, bytes, n, x86_view_code_size(&c->view)) == X86_DECODE_OK;
    if (decodes && i.op == X86_OP_UD2) {
        g_string_append(out, "UD2, which compilers put where code cannot go on");
    } else if (decodes && i.feature && i.feature < X86_FEAT_COUNT) {
        g_string_append_printf(out, "the instruction needs %s (or the mode forbids it)",
                               x86_features[i.feature].name);
    } else if (decodes) {
        g_string_append(out, "this mode or the control registers do not allow the instruction");
    } else {
        g_string_append(out, "the bytes are no instruction:");
        for (size_t k = 0; k < n; k++) {
            g_string_append_printf(out, " %02x", bytes[k]);
        }
    }
}

static void details(const struct pm_case *c, const struct x86_fault_rec *r, GString *out)
{
    switch (r->vector) {
    case X86_EXC_PF: page_fault(c, r, out); break;
    case X86_EXC_GP: case X86_EXC_NP: case X86_EXC_SS: case X86_EXC_TS:
        selector_fault(c, r, out);
        break;
    case X86_EXC_UD: invalid_opcode(c, r, out); break;
    default:
        if (r->why) {
            g_string_append(out, r->why);
        }
        if (r->during == X86_NO_VECTOR && r->rip == c->st->rip && r->vector != X86_EXC_BP) {
            pm_operands(c, out);
        }
        break;
    }
}

static void vector_name(unsigned vector, GString *out)
{
    const char *m = x86_exception_mnemonic(vector);
    if (m) {
        g_string_append_printf(out, "%s", m);
    } else {
        g_string_append_printf(out, "interrupt 0x%02x", vector);
    }
}

void pm_explain(const struct pm_case *c, const struct x86_fault_rec *r, GString *out)
{
    const char *name = x86_exception_name(r->vector);
    GString *d = g_string_new(NULL);
    if (r->during != X86_NO_VECTOR) {
        vector_name(r->during, out);
        g_string_append(out, " cannot be delivered (");
        vector_name(r->vector, out);
        g_string_append_c(out, ')');
    } else {
        vector_name(r->vector, out);
        g_string_append_printf(out, " %s", name ? name : "");
    }
    details(c, r, d);
    const char *text = d->str;
    while (*text == ';' || *text == ' ') {
        text++;
    }
    if (*text) {
        g_string_append_printf(out, ": %s", text);
    }
    g_string_free(d, TRUE);
}

/* --- the head ------------------------------------------------------------------------------- */

void pm_headline(const struct pm_case *c, GString *out)
{
    static const char *const whys[] = {
        [PM_TRIPLE_FAULT] = "triple fault", [PM_PANIC] = "the guest reports a panic",
        [PM_RESET] = "the guest resets itself", [PM_RESET_LOOP] = "a loop of resets",
        [PM_REQUEST] = "as it stands now"};
    g_string_append_printf(out, "post-mortem: %s on vCPU %u, %s, at ", whys[c->why], c->vcpu,
                           x86_view_mode(&c->view));
    pm_where(c, c->st->seg[X86_CS].sel, c->st->rip, out);
}

static bool is_request(unsigned vector)
{
    return vector == X86_EXC_BP || vector == X86_EXC_OF || vector == X86_EXC_DB ||
           vector == X86_EXC_NMI || vector >= 32;
}

void pm_cause(const struct pm_case *c, GString *first, GString *second)
{
    if (!c->chain_n) {
        g_string_append(first, c->have_log ? "no exception has been seen"
                                           : "the exceptions that led here are not known");
        return;
    }
    const struct x86_fault_rec *a = &c->chain[0];
    const struct x86_fault_rec *b = c->chain_n > 1 ? &c->chain[1] : NULL;
    if (c->why != PM_TRIPLE_FAULT) {
        if (c->log.n && c->chain[0].insn + RECENT_INSNS > a->insn) {
            g_string_append(first, "the last exception was ");
            pm_explain(c, a, first);
        }
        return;
    }
    /* INT3 and its like are nothing wrong: what refused them is the cause. */
    if (b && a->during == X86_NO_VECTOR && is_request(a->vector)) {
        pm_explain(c, b, first);
        if (c->chain_n > 2) {
            pm_explain(c, &c->chain[2], second);
        }
        return;
    }
    pm_explain(c, a, first);
    if (c->repeats) {
        g_string_append_printf(second,
                               "after %u times the same, each inside its own handler (a handler "
                               "that faults); then ", c->repeats);
    }
    if (b) {
        pm_explain(c, b, second);
    }
}
