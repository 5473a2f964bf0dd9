/* SPDX-License-Identifier: MIT */
/*
 * What a divergence looks like: on the terminal, and as a file that stands alone.
 *
 * The file (text and binary) holds what both sides had before the instruction, and what came from
 * outside during it: "emu-compare 2\n", "first NAME\n", "second NAME\n", "state N\n" and N bytes
 * of struct x86_state, "model N\n" likewise, "memory ram|rom GPA SIZE\n" for each piece of the map,
 * "a20 0|1\n", "line 0|1\n" (INTR), "page GPA\n" and 4096 bytes for each page that is not all zero,
 * "log\n", for each entry "KIND WHERE VALUE SIZE OK N\n" and N bytes, "end\n". Changes of the map
 * during the instruction are not in it.
 */
#include <string.h>

#include "accel/compare/compare_int.h"
#include "accel/x86/disas.h"
#include "accel/x86/inspect.h"
#include "core/log.h"

static const char *const gpr_names[X86_GPR_COUNT] = { "RAX", "RCX", "RDX", "RBX", "RSP", "RBP",
                                                      "RSI", "RDI", "R8",  "R9",  "R10", "R11",
                                                      "R12", "R13", "R14", "R15" };
static const char *const seg_names[X86_SEG_COUNT] = { "ES", "CS", "SS",   "DS",
                                                      "FS", "GS", "LDTR", "TR" };

static void differ(GString *out, const char *name, uint64_t a, uint64_t b)
{
    if (a != b) {
        g_string_append_printf(out, "%s%s %#" G_GINT64_MODIFIER "x, %#" G_GINT64_MODIFIER "x",
                               out->len ? "; " : "", name, a, b);
    }
}

static void differ_seg(GString *out, const char *name, const struct x86_seg *a,
                       const struct x86_seg *b)
{
    char text[32];
    const struct {
        const char *part;
        uint64_t a, b;
    } parts[] = { { "", a->sel, b->sel },
                  { ".base", a->base, b->base },
                  { ".limit", a->limit, b->limit },
                  { ".attr", a->attr, b->attr } };
    for (size_t k = 0; k < G_N_ELEMENTS(parts); k++) {
        g_snprintf(text, sizeof text, "%s%s", name, parts[k].part);
        differ(out, text, parts[k].a, parts[k].b);
    }
}

static void differ_bytes(GString *out, const char *name, const void *a, const void *b, size_t n)
{
    if (memcmp(a, b, n) != 0) {
        g_string_append_printf(out, "%s%s differs", out->len ? "; " : "", name);
    }
}

static void differ_fpu(GString *out, const struct x86_state *a, const struct x86_state *b)
{
    char text[16];
    for (unsigned k = 0; k < 8; k++) {
        g_snprintf(text, sizeof text, "R%u.mantissa", k);
        differ(out, text, a->fpu.r[k].mant, b->fpu.r[k].mant);
        g_snprintf(text, sizeof text, "R%u.exponent", k);
        differ(out, text, a->fpu.r[k].se, b->fpu.r[k].se);
    }
    differ(out, "FCW", a->fpu.fcw, b->fpu.fcw);
    differ(out, "FSW", a->fpu.fsw, b->fpu.fsw);
    differ(out, "FTW", a->fpu.ftw, b->fpu.ftw);
    differ(out, "MXCSR", a->fpu.mxcsr, b->fpu.mxcsr);
    for (unsigned k = 0; k < 16; k++) {
        for (unsigned q = 0; q < 4; q++) {
            g_snprintf(text, sizeof text, "YMM%u[%u]", k, q);
            differ(out, text, a->vec[k].u64[q], b->vec[k].u64[q]);
        }
    }
}

static void differ_system(GString *out, const struct x86_state *a, const struct x86_state *b,
                          uint32_t groups)
{
    if (groups & X86_GROUP_SEG) {
        for (unsigned k = 0; k < X86_SEG_COUNT; k++) {
            differ_seg(out, seg_names[k], &a->seg[k], &b->seg[k]);
        }
        differ(out, "GDTR.base", a->gdt.base, b->gdt.base);
        differ(out, "GDTR.limit", a->gdt.limit, b->gdt.limit);
        differ(out, "IDTR.base", a->idt.base, b->idt.base);
        differ(out, "IDTR.limit", a->idt.limit, b->idt.limit);
    }
    if (groups & X86_GROUP_CR) {
        differ(out, "CR0", a->cr0, b->cr0);
        differ(out, "CR2", a->cr2, b->cr2);
        differ(out, "CR3", a->cr3, b->cr3);
        differ(out, "CR4", a->cr4, b->cr4);
        differ(out, "XCR0", a->xcr0, b->xcr0);
        differ(out, "EFER", a->msr.efer, b->msr.efer);
    }
    if (groups & X86_GROUP_DR) {
        differ_bytes(out, "a debug register", a->dr, b->dr, sizeof a->dr);
    }
    if (groups & X86_GROUP_MSR) {
        differ_bytes(out, "an MSR", &a->msr.star, &b->msr.star,
                     offsetof(struct x86_msrs, apic_base) - offsetof(struct x86_msrs, star));
    }
    if (groups & X86_GROUP_MP) {
        differ(out, "activity state", a->mp, b->mp);
    }
}

bool states_differ(const struct x86_state *a, const struct x86_state *b, uint32_t groups,
                   GString *out)
{
    g_string_truncate(out, 0);
    if (groups & X86_GROUP_GPR) {
        /* RF between the iterations of a string instruction is the engine's affair. */
        const uint64_t rf = X86_FL_RF;
        differ(out, "RIP", a->rip, b->rip);
        differ(out, "RFLAGS", a->rflags & ~rf, b->rflags & ~rf);
        for (unsigned k = 0; k < X86_GPR_COUNT; k++) {
            differ(out, gpr_names[k], a->gpr[k], b->gpr[k]);
        }
    }
    differ_system(out, a, b, groups);
    if (groups & (X86_GROUP_FPU | X86_GROUP_XSAVE)) {
        differ_fpu(out, a, b);
    }
    return out->len > 0;
}

static void disassemble(const struct x86_view *v, uint64_t lin, uint64_t rip, char *out, size_t cap)
{
    uint8_t bytes[15];
    size_t n = x86_view_read(v, lin, bytes, sizeof bytes);
    if (x86_disas(out, cap, bytes, n, rip, x86_view_code_size(v)) == 0) {
        g_strlcpy(out, "(not readable)", cap);
    }
}

static bool is_zero(const uint8_t *p, size_t n)
{
    return p[0] == 0 && memcmp(p, p + 1, n - 1) == 0;
}

static void write_memory(FILE *f, const struct side *s)
{
    for (guint k = 0; k < s->regions->len; k++) {
        const struct mem_region *r = g_ptr_array_index(s->regions, k);
        struct mem_section m;
        bool ram = physmem_lookup(s->pm, mem_region_gpa(r), &m) && m.kind == MEM_RAM;
        fprintf(f, "memory %s %#" G_GINT64_MODIFIER "x %#" G_GINT64_MODIFIER "x\n",
                ram ? "ram" : "rom", mem_region_gpa(r), mem_region_size(r));
    }
    fprintf(f, "a20 %d\nline %d\n", physmem_a20(s->pm), s->line);
    for (guint k = 0; k < s->regions->len; k++) {
        const struct mem_region *r = g_ptr_array_index(s->regions, k);
        const uint8_t *host = mem_region_host(r);
        for (uint64_t off = 0; off + 4096 <= mem_region_size(r); off += 4096) {
            if (!is_zero(host + off, 4096)) {
                fprintf(f, "page %#" G_GINT64_MODIFIER "x\n", mem_region_gpa(r) + off);
                fwrite(host + off, 4096, 1, f);
            }
        }
    }
}

static bool write_repro(struct accel_vm *vm, const struct x86_state *before)
{
    const struct side *s = &vm->side[0];
    FILE *f = fopen(vm->repro, "wb");
    if (!f) {
        return false;
    }
    struct x86_cpu_model model = *vm->params.model;
    model.name = model.desc = NULL;
    fprintf(f, "emu-compare 2\nfirst %s\nsecond %s\nstate %zu\n", s->choice.ops->name,
            vm->side[1].choice.ops->name, sizeof *before);
    fwrite(before, sizeof *before, 1, f);
    fprintf(f, "model %zu\n", sizeof model);
    fwrite(&model, sizeof model, 1, f);
    write_memory(f, s);
    fputs("log\n", f);
    for (size_t k = s->at; k < vm->log->len; k++) {
        const struct entry *e = &g_array_index(vm->log, struct entry, k);
        if (e->kind != ENTRY_VIEW) {
            fprintf(f, "%d %#" G_GINT64_MODIFIER "x %#" G_GINT64_MODIFIER "x %u %d %zu\n", e->kind,
                    e->where, e->value, e->size, e->ok, e->n);
            fwrite(e->data ? e->data : "", 1, e->n, f);
        }
    }
    fputs("end\n", f);
    bool ok = !ferror(f);
    return fclose(f) == 0 && ok;
}

void report_instruction(struct accel_vcpu *c, const struct x86_state *before)
{
    struct x86_view v;
    char text[96];
    x86_view_init(&v, before, c->vm->side[0].pm, c->vm->params.model);
    disassemble(&v, x86_view_pc(&v), before->rip, text, sizeof text);
    log_err(NULL, "  -->     %016" G_GINT64_MODIFIER "x  %s   (%s, CS:RIP %04x:%" G_GINT64_MODIFIER
            "x)", x86_view_pc(&v), text, x86_view_mode(&v), before->seg[X86_CS].sel, before->rip);
}

void report_divergence(struct accel_vcpu *c, const struct x86_state *before, uint64_t count,
                       const char *why, const uint64_t *last, size_t n_last)
{
    struct accel_vm *vm = c->vm;
    const char *a = vm->side[0].choice.ops->name, *b = vm->side[1].choice.ops->name;
    struct x86_view v;
    char text[96];
    x86_view_init(&v, before, vm->side[0].pm, vm->params.model);
    log_err(NULL,
            "-compare: %s (first) and %s (second) differ behind instruction %" G_GUINT64_FORMAT, a,
            b, count + 1);
    for (size_t k = 0; k < n_last; k++) {
        disassemble(&v, last[k], last[k] - before->seg[X86_CS].base, text, sizeof text);
        log_err(NULL, "          %016" G_GINT64_MODIFIER "x  %s", last[k], text);
    }
    report_instruction(c, before);
    log_err(NULL, "  first, second: %s", why);
    for (unsigned k = 0; k < X86_GPR_COUNT; k += 4) {
        log_err(NULL,
                "  before: %-3s=%016" G_GINT64_MODIFIER "x %-3s=%016" G_GINT64_MODIFIER
                "x %-3s=%016" G_GINT64_MODIFIER "x %-3s=%016" G_GINT64_MODIFIER "x",
                gpr_names[k], before->gpr[k], gpr_names[k + 1], before->gpr[k + 1],
                gpr_names[k + 2], before->gpr[k + 2], gpr_names[k + 3], before->gpr[k + 3]);
    }
    log_err(NULL, "  before: RFLAGS=%08" G_GINT64_MODIFIER "x CR0=%" G_GINT64_MODIFIER
            "x CR2=%" G_GINT64_MODIFIER "x CR3=%" G_GINT64_MODIFIER "x CR4=%" G_GINT64_MODIFIER
            "x EFER=%" G_GINT64_MODIFIER "x",
            before->rflags, before->cr0, before->cr2, before->cr3, before->cr4, before->msr.efer);
    if (vm->repro && write_repro(vm, before)) {
        log_err(NULL, "  the state before it is in %s", vm->repro);
    } else if (vm->repro) {
        log_err(NULL, "  %s cannot be written", vm->repro);
    }
}
