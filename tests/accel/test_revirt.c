/* SPDX-License-Identifier: MIT */
/* link: tests/accel/rig.c accel/api/[a-z]*.c accel/kvm/[a-z]*.c accel/revirt/[a-z]*.c */
/* link: accel/compare/[a-z]*.c accel/tcg/[a-z]*.c accel/tcg/x86_64/[a-z]*.c accel/x86/[a-z]*.c */
/* link: accel/x86/x86_64/[a-z]*.c core/physmem.c core/physmem_access.c core/types.c core/log.c */
/* link: core/error.c core/opts.c core/loop.c core/clock.c os/posix/[a-z]*.c os/linux/[a-z]*.c */
/* libs: zydis */
/* timeout: 300 */
/*
 * A guest on the reference host computes the checksum that it computes on tcg: alone, moved
 * back and forth in mid-run, and when its host is killed. Register blocks return as they were.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "accel/revirt/blocks.h"
#include "core/loop.h"
#include "tests/accel/rig.h"
#include "tests/fake/unit.h"

#define TURNS 3000u

struct host {
    GPid pid;
    char *dir, *socket, *accel; /* accel: for -accel */
};

static struct host host_start(const char *engine, const char *mmio)
{
    struct host h;
    const char *build = getenv("BUILDDIR");
    char *program = g_build_filename(build ? build : "build", "revirt-host", NULL);
    h.dir = g_dir_make_tmp("emu-test-XXXXXX", NULL);
    h.socket = g_build_filename(h.dir, "socket", NULL);
    h.accel = g_strdup_printf("revirt,host=%s", h.socket);
    int ready[2];
    char byte;
    assert_int_equal(pipe(ready), 0);
    h.pid = fork();
    if (h.pid == 0) {
        char fd[16];
        g_snprintf(fd, sizeof fd, "%d", ready[1]);
        execl(program, program, "-engine", engine, "-mmio", mmio, "-ready-fd", fd, h.socket,
              (char *)NULL);
        _exit(127);
    }
    close(ready[1]);
    if (read(ready[0], &byte, 1) != 1) {
        fail_msg("%s does not start", program);
    }
    close(ready[0]);
    g_free(program);
    return h;
}

static void host_end(struct host *h, int sig)
{
    int status;
    kill(h->pid, sig);
    assert_int_equal(waitpid(h->pid, &status, 0), h->pid);
    if (sig == SIGTERM) {
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    unlink(h->socket);
    rmdir(h->dir);
    g_free(h->dir);
    g_free(h->socket);
    g_free(h->accel);
}

struct result {
    uint32_t out[5], mmio_sum, counter; /* out[4]: turns */
    uint64_t hash;
    unsigned failures;
};

static struct result finish(struct rig *r, const char *name)
{
    if (!rig_wait_falling_back(r, 240) || !r->done) {
        fail_msg("%s: %s", name, r->text);
    }
    struct result x = { .mmio_sum = r->mmio_sum, .counter = r->counter, .failures = r->failures };
    memcpy(x.out, r->out, sizeof x.out);
    x.hash = rig_hash(r);
    rig_stop(r);
    return x;
}

static void start(struct rig *r, const char *accel, uint32_t turns)
{
    GError *err = NULL;
    rig_load(r, "checksum", turns);
    if (!rig_start(r, accel, &err)) {
        fail_msg("%s: %s", accel, err->message);
    }
}

static void assert_same(const char *name, const struct result *a, const struct result *b)
{
    for (unsigned i = 0; i < 3; i++) { /* out[3]: interrupts, a matter of time */
        assert_case(name, a->out[i] == b->out[i]);
    }
    assert_case(name, a->counter == b->counter);
    assert_case(name, a->mmio_sum == b->mmio_sum);
}

static struct rig *new_rig(const struct host *h)
{
    const char *const all[] = { "tcg", h->accel, NULL };
    return rig_new(all);
}

static void test_alone(void **state)
{
    static const struct {
        const char *name, *engine, *mmio;
    } rows[] = { { "jit, undecoded", "jit", "undecoded" },
                 { "jit, decoded", "jit", "decoded" },
                 { "interp, undecoded", "interp", "undecoded" },
                 { "interp, decoded", "interp", "decoded" },
                 { "kvm", "kvm", "decoded" } };
    (void)state;
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
        if (strcmp(rows[i].engine, "kvm") == 0 && access("/dev/kvm", R_OK | W_OK) != 0) {
            print_message("kvm: no access to /dev/kvm, skipped\n");
            continue;
        }
        struct host h = host_start(rows[i].engine, rows[i].mmio);
        struct rig *r = new_rig(&h);
        start(r, "tcg", TURNS);
        struct result want = finish(r, "tcg");
        start(r, h.accel, TURNS);
        struct result got = finish(r, rows[i].name);
        assert_same(rows[i].name, &want, &got);
        assert_case(rows[i].name, want.hash == got.hash);
        assert_case(rows[i].name, got.failures == 0);
        rig_free(r);
        host_end(&h, SIGTERM);
    }
}

static void test_moved(void **state)
{
    (void)state;
    struct host h = host_start("jit", "undecoded");
    struct rig *r = new_rig(&h);
    GError *err = NULL;
    start(r, "tcg", TURNS);
    struct result want = finish(r, "tcg");
    start(r, "tcg", TURNS);
    for (unsigned i = 0; i < 40 && !r->done; i++) {
        if (!rig_switch(r, i % 2 ? "tcg" : h.accel, &err)) {
            fail_msg("move %u: %s", i, err->message);
        }
    }
    struct result got = finish(r, "moved");
    assert_same("moved", &want, &got);
    rig_free(r);
    host_end(&h, SIGTERM);
}

/* At many moments: in an instruction, in an exit, in the host's own code. */
static void test_killed(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 20; i++) {
        struct host h = host_start(i % 4 < 2 ? "jit" : "interp", i % 2 ? "decoded" : "undecoded");
        struct rig *r = new_rig(&h);
        start(r, h.accel, UINT32_MAX);
        for (bool on = true; on;) {
            machine_lock();
            on = r->reads + r->writes < 100 + i * 37;
            machine_unlock();
        }
        host_end(&h, SIGKILL);
        for (bool on = true; on;) { /* the VM's own process may run on for a while */
            machine_lock();
            on = !r->failures;
            machine_unlock();
        }
        machine_lock();
        r->enough = true;
        machine_unlock();
        struct result got = finish(r, "killed");
        assert_case("one failure", got.failures == 1);
        start(r, "tcg", got.out[4]);
        struct result want = finish(r, "tcg");
        assert_same("killed", &want, &got);
        rig_free(r);
    }
}

static void test_blocks(void **state)
{
    (void)state;
    struct x86_state a, b;
    uint8_t buf[4096], again[4096];
    for (uint32_t blocks = 1; blocks <= REVIRT_BLOCK_ALL; blocks++) {
        size_t size = revirt_blocks_size(blocks);
        assert_true(size > 0 && size <= sizeof buf);
        x86_state_reset(&a, true, 0x600);
        for (unsigned i = 0; i < 16; i++) {
            a.gpr[i] = blocks * 0x0101010101010101ull + i;
            a.vec[i].u64[i % 8] = a.gpr[i];
        }
        a.fpu.r[3].mant = a.gpr[3];
        a.fpu.ftw = 0xff;
        a.msr.lstar = a.gpr[4];
        a.msr.mtrr_fixed[10] = a.gpr[5];
        a.ev.nmi_pending = 1;
        a.mp = X86_MP_WAIT_SIPI;
        a.tsc = a.gpr[6];
        revirt_blocks_pack(blocks, &a, buf);
        memset(&b, 0, sizeof b);
        assert_true(revirt_blocks_unpack(blocks, &b, buf));
        revirt_blocks_pack(blocks, &b, again);
        assert_memory_equal(buf, again, size);
    }
    assert_int_equal(revirt_blocks_size(1 << 10), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blocks),
        cmocka_unit_test(test_alone),
        cmocka_unit_test(test_moved),
        cmocka_unit_test(test_killed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
