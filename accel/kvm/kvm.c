/* SPDX-License-Identifier: MIT */
/*
 * Hardware virtualisation by Linux's KVM: probing, the machine, the table of operations.
 */
#include "accel/kvm/kvm_int.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/device.h"
#include "core/log.h"
#include "core/opts.h"
#include "os/os.h"

#define DEV_KVM "/dev/kvm"

/* --- system calls ----------------------------------------------------------------------------- */

static int sys_open(void)
{
    int fd = open(DEV_KVM, O_RDWR | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

static int sys_ioctl(int fd, unsigned long request, void *arg)
{
    int ret = ioctl(fd, request, arg);
    return ret < 0 ? -errno : ret;
}

static void *sys_map(int fd, size_t size)
{
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    return p == MAP_FAILED ? NULL : p;
}

static void sys_unmap(void *p, size_t size)
{
    munmap(p, size);
}

static void sys_close(int fd)
{
    close(fd);
}

struct kvm_sys kvm_sys = { sys_open, sys_ioctl, sys_map, sys_unmap, sys_close };

/* --- probe ------------------------------------------------------------------------------------ */

/* The group that may open it, when that is how this host does it. */
static void permission_advice(GString *s)
{
    struct stat st;
    if (stat(DEV_KVM, &st) == 0 && (st.st_mode & 0060) == 0060 && st.st_gid != 0) {
        g_string_append_printf(s,
                               "; its group (%u, usually kvm) may: add yourself to it and log in "
                               "again",
                               (unsigned)st.st_gid);
    } else {
        g_string_append(s, "; ask the administrator for access to it");
    }
}

static void set_open_error(int ret, GError **err)
{
    GString *s = g_string_new(NULL);
    switch (-ret) {
    case ENOENT:
        g_string_append(s,
                        DEV_KVM " does not exist: the kernel has no KVM, the module kvm_intel or "
                                "kvm_amd is not loaded, or virtualisation is off in the firmware");
        break;
    case EACCES:
    case EPERM:
        g_string_append(s, "no permission to open " DEV_KVM);
        permission_advice(s);
        break;
    case ENODEV:
    case ENXIO:
        g_string_append(s, DEV_KVM " has no driver behind it: load kvm_intel or kvm_amd");
        break;
    case EBUSY: g_string_append(s, "another hypervisor uses the processor's virtualisation"); break;
    default: g_string_append_printf(s, "cannot open " DEV_KVM ": %s", g_strerror(-ret));
    }
    g_set_error(err, EMU_ERROR, EMU_ERROR_UNSUPPORTED, "%s", s->str);
    g_string_free(s, TRUE);
}

static int check(int fd, unsigned long cap)
{
    int ret = kvm_ioctl_n(fd, KVM_CHECK_EXTENSION, cap);
    return ret < 0 ? 0 : ret;
}

static const struct {
    unsigned long cap;
    const char *name;
} needed[] = {
    { KVM_CAP_USER_MEMORY, "KVM_CAP_USER_MEMORY" },
    { KVM_CAP_EXT_CPUID, "KVM_CAP_EXT_CPUID" },
    { KVM_CAP_DESTROY_MEMORY_REGION_WORKS, "KVM_CAP_DESTROY_MEMORY_REGION_WORKS" },
    { KVM_CAP_JOIN_MEMORY_REGIONS_WORKS, "KVM_CAP_JOIN_MEMORY_REGIONS_WORKS" },
    { KVM_CAP_SET_TSS_ADDR, "KVM_CAP_SET_TSS_ADDR" },
    { KVM_CAP_READONLY_MEM, "KVM_CAP_READONLY_MEM" },
    { KVM_CAP_IMMEDIATE_EXIT, "KVM_CAP_IMMEDIATE_EXIT" },
    { KVM_CAP_VCPU_EVENTS, "KVM_CAP_VCPU_EVENTS" },
    { KVM_CAP_DEBUGREGS, "KVM_CAP_DEBUGREGS" },
    { KVM_CAP_XSAVE, "KVM_CAP_XSAVE" },
    { KVM_CAP_X86_USER_SPACE_MSR, "KVM_CAP_X86_USER_SPACE_MSR" },
    { KVM_CAP_X86_MSR_FILTER, "KVM_CAP_X86_MSR_FILTER" },
};

/* API version and what we cannot do without. */
static bool usable(int fd, GError **err)
{
    int version = kvm_ioctl_n(fd, KVM_GET_API_VERSION, 0);
    if (version != KVM_API_VERSION) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_UNSUPPORTED,
                    DEV_KVM " speaks API version %d, emu %d: another kernel is needed", version,
                    KVM_API_VERSION);
        return false;
    }
    for (size_t i = 0; i < ARRAY_LEN(needed); i++) {
        if (check(fd, needed[i].cap) <= 0) {
            g_set_error(err, EMU_ERROR, EMU_ERROR_UNSUPPORTED,
                        "this kernel's KVM lacks %s; Linux 5.10 or newer has it", needed[i].name);
            return false;
        }
    }
    return true;
}

static uint32_t host_tsc_khz(int sys_fd)
{
    int fd = kvm_ioctl_n(sys_fd, KVM_CREATE_VM, 0);
    int khz = fd < 0 ? 0 : kvm_ioctl_n(fd, KVM_GET_TSC_KHZ, 0);
    if (fd >= 0) {
        kvm_close_later(fd);
    }
    return khz > 0 ? (uint32_t)khz : 0;
}

static bool kvm_probe(struct accel_caps *caps, GError **err)
{
    int fd = kvm_sys.open();
    memset(caps, 0, sizeof *caps);
    if (fd < 0) {
        set_open_error(fd, err);
        return false;
    }
    bool ok = usable(fd, err);
    if (ok && !kvm_cpuid_offered(fd, &caps->offered)) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_UNSUPPORTED,
                    "KVM does not tell which processor it offers (KVM_GET_SUPPORTED_CPUID failed)");
        ok = false;
    }
    if (ok) {
        int max = check(fd, KVM_CAP_MAX_VCPUS), slots = check(fd, KVM_CAP_NR_MEMSLOTS);
        caps->max_vcpus = (unsigned)CLAMP(max, 1, KVM_MAX_VCPUS);
        caps->max_slots = slots > 0 ? (unsigned)slots : 32;
        caps->dirty_log = caps->readonly_slots = caps->decodes_mmio = true;
        caps->hw_breakpoints = caps->single_step = check(fd, KVM_CAP_SET_GUEST_DEBUG) > 0;
        caps->tsc_control = check(fd, KVM_CAP_TSC_CONTROL) > 0;
        caps->parallel_vcpus = true;
        caps->tsc_khz = host_tsc_khz(fd);
        int xsave2 = check(fd, KVM_CAP_XSAVE2);
        caps->xsave_size = xsave2 > 0 ? (size_t)xsave2 : 4096;
    }
    kvm_sys.close(fd);
    return ok;
}

/* The slowest hardware (a guest in a guest) takes some ten microseconds an exit, the fastest
 * software kind some hundred for as many instructions. */
#define REAL_TURN_NS (150 * NS_PER_US)

static bool kvm_worthwhile(char **why)
{
    struct kvm_speed speed;
    int ret = kvm_measure(&speed);
    if (ret == -ENOENT || ret == -EACCES || ret == -EPERM || ret == -ENODEV || ret == -ENXIO) {
        return false; /* nobody expects it here */
    }
    if (ret < 0) {
        *why = g_strdup_printf("KVM does not run a test loop: %s", g_strerror(-ret));
    } else if (speed.turn_ns > REAL_TURN_NS) {
        *why = g_strdup_printf("/dev/kvm is software here: %u instructions and an exit take "
                               "%" G_GINT64_FORMAT " us",
                               KVM_MEASURE_INSNS, (gint64)speed.turn_ns / 1000);
    }
    return *why == NULL;
}

/* --- the machine ------------------------------------------------------------------------------ */

static bool fail(GError **err, const char *what, int ret)
{
    g_set_error(err, EMU_ERROR, EMU_ERROR_HOST, "kvm: %s: %s", what, g_strerror(-ret));
    return false;
}

static int enable(int fd, uint32_t cap, uint64_t arg)
{
    struct kvm_enable_cap e = { .cap = cap, .args = { arg } };
    return kvm_ioctl(fd, KVM_ENABLE_CAP, &e);
}

/* The machine's MSRs come to us: APIC_BASE, TSC_DEADLINE, and writes of the TSC (whose offset must
 * stay known here). x2APIC MSRs cannot be filtered; without an APIC in the kernel they are unknown
 * to it and come as such. */
static int filter_msrs(struct accel_vm *vm)
{
    static uint8_t none[1]; /* a clear bit denies, that is sends it here */
    struct kvm_msr_filter f = {
        .flags = KVM_MSR_FILTER_DEFAULT_ALLOW,
        .ranges = {
            { .flags = KVM_MSR_FILTER_READ | KVM_MSR_FILTER_WRITE, .nmsrs = 1, .base = 0x1b,
              .bitmap = none },
            { .flags = KVM_MSR_FILTER_READ | KVM_MSR_FILTER_WRITE, .nmsrs = 1, .base = 0x6e0,
              .bitmap = none },
            { .flags = KVM_MSR_FILTER_WRITE, .nmsrs = 1, .base = 0x10, .bitmap = none },
            { .flags = KVM_MSR_FILTER_WRITE, .nmsrs = 1, .base = 0x3b, .bitmap = none },
        },
    };
    int ret = enable(vm->fd, KVM_CAP_X86_USER_SPACE_MSR,
                     KVM_MSR_EXIT_REASON_INVAL | KVM_MSR_EXIT_REASON_UNKNOWN |
                         KVM_MSR_EXIT_REASON_FILTER);
    return ret < 0 ? ret : kvm_ioctl(vm->fd, KVM_X86_SET_MSR_FILTER, &f);
}

/* What is nice to have: without it something is less exact, and said so where it matters. */
static void optional(struct accel_vm *vm)
{
    vm->has_payload = check(vm->fd, KVM_CAP_EXCEPTION_PAYLOAD) > 0 &&
                      enable(vm->fd, KVM_CAP_EXCEPTION_PAYLOAD, 1) >= 0;
    vm->has_emulation_exits = check(vm->fd, KVM_CAP_EXIT_ON_EMULATION_FAILURE) > 0 &&
                              enable(vm->fd, KVM_CAP_EXIT_ON_EMULATION_FAILURE, 1) >= 0;
    vm->has_triple_fault = check(vm->fd, KVM_CAP_X86_TRIPLE_FAULT_EVENT) > 0 &&
                           enable(vm->fd, KVM_CAP_X86_TRIPLE_FAULT_EVENT, 1) >= 0;
    vm->has_xcrs = check(vm->fd, KVM_CAP_XCRS) > 0;
    int sync = check(vm->fd, KVM_CAP_SYNC_REGS);
    vm->has_sync_regs = sync > 0 && (sync & KVM_SYNC_X86_REGS);
    vm->has_debug = check(vm->fd, KVM_CAP_SET_GUEST_DEBUG) > 0;
    int size = check(vm->fd, KVM_CAP_XSAVE2);
    vm->has_xsave2 = size > (int)sizeof(struct kvm_xsave) && size <= KVM_XSAVE_MAX;
    vm->xsave_size = vm->has_xsave2 ? (size_t)size : sizeof(struct kvm_xsave);
}

static bool create(struct accel_vm *vm, GError **err)
{
    vm->sys_fd = kvm_sys.open();
    if (vm->sys_fd < 0) {
        set_open_error(vm->sys_fd, err);
        return false;
    }
    if (!usable(vm->sys_fd, err)) {
        return false;
    }
    vm->fd = kvm_ioctl_n(vm->sys_fd, KVM_CREATE_VM, 0);
    if (vm->fd < 0) {
        return fail(err, "no virtual machine (KVM_CREATE_VM)", vm->fd);
    }
    int ret = kvm_ioctl_n(vm->sys_fd, KVM_GET_VCPU_MMAP_SIZE, 0);
    if (ret < (int)sizeof(struct kvm_run)) {
        return fail(err, "KVM_GET_VCPU_MMAP_SIZE", ret < 0 ? ret : -EINVAL);
    }
    vm->run_size = (size_t)ret;
    /* Three pages below the firmware that Intel processors without "unrestricted guest" need, and
     * one for a page table. */
    uint64_t identity = 0xfeffc000;
    ret = kvm_ioctl(vm->fd, KVM_SET_IDENTITY_MAP_ADDR, &identity);
    if (ret >= 0) {
        ret = kvm_ioctl_n(vm->fd, KVM_SET_TSS_ADDR, 0xfeffd000);
    }
    if (ret < 0) {
        return fail(err, "KVM_SET_TSS_ADDR", ret);
    }
    ret = filter_msrs(vm);
    if (ret < 0) {
        return fail(err, "MSR exits (KVM_X86_SET_MSR_FILTER)", ret);
    }
    optional(vm);
    return kvm_mem_init(vm, err);
}

static void kvm_vm_destroy(struct accel_vm *vm)
{
    kvm_mem_free(vm);
    if (vm->fd >= 0) {
        kvm_sys.close(vm->fd);
    }
    if (vm->sys_fd >= 0) {
        kvm_sys.close(vm->sys_fd);
    }
    g_mutex_clear(&vm->lock);
    g_cond_clear(&vm->cond);
    g_free(vm);
}

static int kvm_vm_create(struct accel_vm **out, const struct accel_params *p, GError **err)
{
    /* those of other accelerators in one list are not ours to judge */
    static const char *const known[] = { "accel",           "fallback", "switch-at",
                                         "kernel-irqchip",  "mode",     "thread",
                                         "one-insn-per-tb", "tb-size",  NULL };
    *out = NULL;
    if (p->opts && !opts_check_keys(p->opts, "-accel kvm", known, err)) {
        return -EINVAL;
    }
    struct accel_vm *vm = g_new0(struct accel_vm, 1);
    vm->params = *p;
    vm->params.opts = NULL;
    vm->cb = *p->cb;
    vm->fd = vm->sys_fd = -1;
    g_mutex_init(&vm->lock);
    g_cond_init(&vm->cond);
    kvm_signal_init();
    if (!create(vm, err)) {
        kvm_vm_destroy(vm);
        return -EIO;
    }
    *out = vm;
    return 0;
}

extern const struct accel_ops accel_kvm;
const struct accel_ops accel_kvm = {
    .name = "kvm",
    .desc = "the processor's virtualisation, by Linux's KVM",
    .probe = kvm_probe,
    .worthwhile = kvm_worthwhile,
    .vm_create = kvm_vm_create,
    .vm_destroy = kvm_vm_destroy,
    .vcpu_create = kvm_vcpu_create,
    .vcpu_destroy = kvm_vcpu_destroy,
    .vcpu_run = kvm_vcpu_run,
    .vcpu_kick = kvm_vcpu_kick,
    .state_get = kvm_state_get,
    .state_set = kvm_state_set,
    .irq_line = kvm_vcpu_irq_line,
    .event = kvm_vcpu_event,
    .tsc = kvm_vcpu_tsc,
    .pio_gpr = kvm_pio_gpr,
    .debug_set = kvm_vcpu_debug,
    .stats = kvm_vm_stats,
};
