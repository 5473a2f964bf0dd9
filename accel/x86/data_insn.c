/* SPDX-License-Identifier: MIT */
/* Properties of data instructions. Intel SDM vol. 1 chapters 8 to 15, vol. 2. */
#include <glib.h>

#include "accel/x86/data_insn.h"

static bool has_suffix(const char *s, const char *const *list)
{
    for (; *list; list++) {
        if (g_str_has_suffix(s, *list)) {
            return true;
        }
    }
    return false;
}

static bool has_prefix(const char *s, const char *const *list)
{
    for (; *list; list++) {
        if (g_str_has_prefix(s, *list)) {
            return true;
        }
    }
    return false;
}

/* Does the instruction depend on MXCSR? By the mnemonic: integer ones begin with P. */
static bool uses_mxcsr(const struct x86_insn *i)
{
    static const char *const arith[] = { "ADD",   "SUB",   "MUL",    "DIV",    "MIN",  "MAX",
                                         "SQRT",  "CMP",   "ROUND",  "DPP",    "HADD", "HSUB",
                                         "FMADD", "FMSUB", "FNMADD", "FNMSUB", NULL };
    static const char *const types[] = { "PS", "PD", "SS", "SD", NULL };
    static const char *const other[] = { "CVT", "COMIS", "UCOMIS", NULL };
    const char *name = x86_op_name((enum x86_op)i->op);
    if (i->cls != X86_CLS_SSE && i->cls != X86_CLS_AVX) {
        return false;
    }
    if ((i->prefixes & X86_PFX_VEX) && *name == 'V') {
        name++;
    }
    return has_prefix(name, other) || (has_prefix(name, arith) && has_suffix(name, types));
}

static unsigned flag_props(const struct x86_insn *i)
{
    switch (i->op) {
    case X86_OP_POPCNT:
    case X86_OP_COMISS:
    case X86_OP_COMISD:
    case X86_OP_UCOMISS:
    case X86_OP_UCOMISD:
    case X86_OP_VCOMISS:
    case X86_OP_VCOMISD:
    case X86_OP_VUCOMISS:
    case X86_OP_VUCOMISD:
    case X86_OP_PTEST:
    case X86_OP_VPTEST:
    case X86_OP_VTESTPS:
    case X86_OP_VTESTPD:
    case X86_OP_PCMPESTRI:
    case X86_OP_PCMPESTRM:
    case X86_OP_PCMPISTRI:
    case X86_OP_PCMPISTRM:
    case X86_OP_VPCMPESTRI:
    case X86_OP_VPCMPESTRM:
    case X86_OP_VPCMPISTRI:
    case X86_OP_VPCMPISTRM: return X86_STUB_FLAGS_OUT;
    case X86_OP_LZCNT:
    case X86_OP_TZCNT:
    case X86_OP_ANDN:
    case X86_OP_BEXTR:
    case X86_OP_BLSI:
    case X86_OP_BLSMSK:
    case X86_OP_BLSR:
    case X86_OP_BZHI:
    case X86_OP_ADCX:
    case X86_OP_ADOX:
    case X86_OP_FCOMI:
    case X86_OP_FCOMIP:
    case X86_OP_FUCOMI:
    case X86_OP_FUCOMIP: return X86_STUB_FLAGS_IN | X86_STUB_FLAGS_OUT;
    case X86_OP_FCMOVB:
    case X86_OP_FCMOVE:
    case X86_OP_FCMOVBE:
    case X86_OP_FCMOVU:
    case X86_OP_FCMOVNB:
    case X86_OP_FCMOVNE:
    case X86_OP_FCMOVNBE:
    case X86_OP_FCMOVNU: return X86_STUB_FLAGS_IN;
    default: return 0;
    }
}

unsigned x86_data_props(const struct x86_insn *i)
{
    return flag_props(i) | (uses_mxcsr(i) ? X86_STUB_FP : 0u);
}

unsigned x86_data_alignment(const struct x86_insn *i, unsigned size)
{
    switch (i->op) {
    case X86_OP_MOVUPS:
    case X86_OP_MOVUPD:
    case X86_OP_MOVDQU:
    case X86_OP_LDDQU:
    case X86_OP_PCMPESTRI:
    case X86_OP_PCMPESTRM:
    case X86_OP_PCMPISTRI:
    case X86_OP_PCMPISTRM: return 1;
    case X86_OP_VMOVAPS:
    case X86_OP_VMOVAPD:
    case X86_OP_VMOVDQA:
    case X86_OP_VMOVNTPS:
    case X86_OP_VMOVNTPD:
    case X86_OP_VMOVNTDQ:
    case X86_OP_VMOVNTDQA: return size;
    default: return i->cls == X86_CLS_SSE && size == 16 ? 16 : 1;
    }
}
