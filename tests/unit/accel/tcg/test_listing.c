/* SPDX-License-Identifier: MIT */
/* link: accel/x86/[a-z]*.c accel/x86/x86_64/[a-z]*.c core/physmem.c core/physmem_access.c */
/* link: accel/tcg/[a-z]*.c accel/tcg/x86_64/[a-z]*.c tests/fake/x86_box.c */
/* link: tests/cpu/lockstep_state.c */
/* link: core/types.c core/log.c core/error.c core/opts.c os/posix/[a-z]*.c os/linux/[a-z]*.c */
/* libs: zydis */
/*
 * The host code of instructions, one at a time, as text: listing.txt, beside this file. Who makes
 * other code sees in its difference what became of it; `make accept` writes it anew. A line
 * "# MODE BYTES" there is the instruction, what follows its code, without slow paths.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accel/tcg/x86_64/jit_int.h"
#include "accel/x86/disas.h"
#include "tests/cpu/lockstep_state.h"

/* Hosts differ in what code is best for them: the listing is of one with all of this. */
static bool host_has_all(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2");
}

static unsigned parse_hex(const char *text, uint8_t *out, unsigned cap)
{
    unsigned n = 0, v;
    while (n < cap && sscanf(text + 2 * n, "%2x", &v) == 1) {
        out[n++] = (uint8_t)v;
    }
    return n;
}

/* The instruction, then HLT, in a box of its own. */
static void list_one(unsigned mode, const char *hex, GString *out)
{
    uint8_t code[X86_INSN_MAX + 1];
    char text[160];
    unsigned n = parse_hex(hex, code, X86_INSN_MAX);
    struct x86_box *b = lockstep_box(mode);
    x86_disas(text, sizeof text, code, n, X86_BOX_CODE, mode);
    code[n] = 0xf4;
    if (tcg_jit_attach(b->cpu, 0) < 0) {
        printf("no code memory\n");
        exit(1);
    }
    tcg_jit_set_threshold(b->cpu, 1);
    ((struct jit *)b->cpu->blocks->jit)->listing = out;
    for (unsigned k = X86_RCX; k < X86_GPR_COUNT; k++) {
        b->cpu->st.gpr[k] = k == X86_RSP ? X86_BOX_STACK : X86_BOX_DATA + 0x100 * k;
    }
    x86_box_code(b, code, n + 1);
    g_string_append_printf(out, "# %u %s  %s\n", mode * 8, hex, text);
    gsize before = out->len;
    x86_box_run(b, 100);
    char *second = strstr(out->str + before, "#end\n"); /* what the jump led to */
    g_string_truncate(out, second ? (gsize)(second - out->str) : out->len);
    tcg_jit_detach(b->cpu);
    x86_box_free(b);
}

/* Line by line, what is in one and not in the other. */
static void print_difference(const char *was, const char *is)
{
    char **a = g_strsplit(was, "\n", -1), **b = g_strsplit(is, "\n", -1);
    const char *form = "";
    unsigned printed = 0;
    char **x = a, **y = b;
    for (; *x && *y && printed < 20; x++, y++) {
        form = (*y)[0] == '#' ? *y : form;
        if (strcmp(*x, *y) != 0) {
            printf("%s\n  -%s\n  +%s\n", form, *x, *y);
            printed++;
            while (*x && (*x)[0] != '#') { /* on with the next form */
                x++;
            }
            while (*y && (*y)[0] != '#') {
                y++;
            }
            if (!*x || !*y) {
                break;
            }
            x--;
            y--;
        }
    }
    g_strfreev(a);
    g_strfreev(b);
}

int main(int argc, char **argv)
{
    bool accept = argc > 1 && strcmp(argv[1], "--accept") == 0;
    char *dir = g_path_get_dirname(__FILE__), *path = g_build_filename(dir, "listing.txt", NULL);
    char *was = NULL;
    if (!tcg_jit_supported(NULL) || !host_has_all()) {
        printf("this host makes other code\n");
        return 77;
    }
    if (!g_file_get_contents(path, &was, NULL, NULL)) {
        printf("FAILED: no %s\n", path);
        return 1;
    }
    GString *is = g_string_new(NULL);
    char **lines = g_strsplit(was, "\n", -1);
    unsigned forms = 0;
    for (char **l = lines; *l; l++) {
        unsigned bits;
        char hex[2 * X86_INSN_MAX + 1];
        if (sscanf(*l, "# %u %30[0-9a-f]", &bits, hex) == 2) {
            list_one(bits / 8, hex, is);
            forms++;
        }
    }
    int failed = 0;
    if (accept) {
        failed = !g_file_set_contents(path, is->str, (gssize)is->len, NULL);
    } else if (forms < 100 || strcmp(was, is->str) != 0) {
        printf("FAILED: other host code than listing.txt has (if that is meant: make accept)\n");
        print_difference(was, is->str);
        failed = 1;
    }
    printf("%u forms\n", forms);
    g_string_free(is, TRUE);
    g_strfreev(lines);
    g_free(was);
    g_free(path);
    g_free(dir);
    return failed;
}
