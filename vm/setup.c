/* SPDX-License-Identifier: MIT */
/*
 * Options of the machine, memory, processors, boot and identity.
 */
#include "vm/setup.h"

#include <string.h>

#include "accel/api/icount.h"
#include "core/device.h"
#include "core/log.h"
#include "core/opts.h"
#include "os/os.h"
#include "ui/ui.h"

#define CONFIG_ERROR(err, ...) g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, __VA_ARGS__)

static const char *last(const GPtrArray *a)
{
    return a->len ? g_ptr_array_index(a, a->len - 1) : NULL;
}

/* --- machine ---------------------------------------------------------------------------------- */

static bool check_type(const char *type, GError **err)
{
    static const char *const lacking[] = { "q35",   "microvm", "isapc",
                                           "xenfv", "xenpv",   "x-remote" };
    if (strcmp(type, "pc") == 0 || strcmp(type, "none") == 0 ||
        g_str_has_prefix(type, "pc-i440fx")) {
        return true;
    }
    for (size_t i = 0; i < ARRAY_LEN(lacking); i++) {
        size_t len = strlen(lacking[i]);
        if (strcmp(type, lacking[i]) == 0 ||
            (strcmp(lacking[i], "q35") == 0 && g_str_has_prefix(type, "pc-q35"))) {
            g_set_error(err, EMU_ERROR, EMU_ERROR_UNSUPPORTED,
                        "-machine %s: emu has no %.*s machine yet; use -machine pc", type, (int)len,
                        lacking[i]);
            return false;
        }
    }
    CONFIG_ERROR(err, "-machine %s: no such machine; use -machine pc (see -machine help)", type);
    return false;
}

static const char *const machine_keys[] = { "type",
                                            "accel",
                                            "acpi",
                                            "hpet",
                                            "i8042",
                                            "vmport",
                                            "usb",
                                            "graphics",
                                            "smm",
                                            "kernel-irqchip",
                                            "kernel_irqchip",
                                            "dump-guest-core",
                                            "mem-merge",
                                            "max-ram-below-4g",
                                            "iommu",
                                            "sata",
                                            "smbus",
                                            "pit",
                                            "pic",
                                            "nvdimm",
                                            "memory-backend",
                                            NULL };

static bool want_off(const struct opts *o, const char *key, const char *why, GError **err)
{
    bool on = false;
    if (!opts_get_bool(o, key, false, &on, err)) {
        return false;
    }
    if (on) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_UNSUPPORTED, "-machine %s=on: %s", key, why);
    }
    return !on;
}

static bool check_irqchip(const struct opts *o, GError **err)
{
    const char *v = opts_get(o, "kernel-irqchip");
    v = v ? v : opts_get(o, "kernel_irqchip");
    if (v && strcmp(v, "off") != 0 && strcmp(v, "split") != 0 && strcmp(v, "on") != 0) {
        CONFIG_ERROR(err, "-machine kernel-irqchip=%s: on, off or split", v);
        return false;
    }
    if (v && strcmp(v, "off") != 0) {
        log_warn(
            NULL,
            "-machine kernel-irqchip=%s: emu's interrupt controllers are in the process; using off",
            v);
    }
    return true;
}

static bool one_machine(const char *text, struct pc_config *pc, GPtrArray *accels, GError **err)
{
    struct opts *o = opts_parse(text, "type", err);
    if (!o) {
        return false;
    }
    const char *type = opts_get(o, "type");
    const char *accel = opts_get(o, "accel");
    bool ok = opts_check_keys(o, "-machine", machine_keys, err) &&
              (!type || check_type(type, err)) &&
              opts_get_bool(o, "acpi", pc->acpi, &pc->acpi, err) &&
              opts_get_bool(o, "hpet", pc->hpet, &pc->hpet, err) &&
              opts_get_bool(o, "i8042", pc->i8042, &pc->i8042, err) &&
              opts_get_size(o, "max-ram-below-4g", 1, &pc->max_ram_below_4g, err) &&
              want_off(o, "usb", "there is no USB yet", err) &&
              want_off(o, "iommu", "there is no IOMMU", err) &&
              want_off(o, "nvdimm", "there are no NVDIMMs", err) && check_irqchip(o, err);
    const char *vmport = opts_get(o, "vmport");
    if (ok && vmport && strcmp(vmport, "auto") != 0) {
        ok = opts_get_bool(o, "vmport", pc->vmport, &pc->vmport, err);
    }
    if (ok && accel) {
        g_ptr_array_add(accels, g_strdup(accel));
    }
    opts_free(o);
    return ok;
}

bool setup_machine_is_none(const struct vm_config *c)
{
    bool none = false;
    for (guint i = 0; i < c->machine->len; i++) {
        const char *text = g_ptr_array_index(c->machine, i);
        text += g_str_has_prefix(text, "type=") ? 5 : 0;
        size_t n = strcspn(text, ",=");
        if (text[n] != '=') {
            none = n == 4 && strncmp(text, "none", 4) == 0;
        }
    }
    return none;
}

bool setup_machine(const struct vm_config *c, struct pc_config *pc, GPtrArray *accels, GError **err)
{
    for (guint i = 0; i < c->machine->len; i++) {
        if (!one_machine(g_ptr_array_index(c->machine, i), pc, accels, err)) {
            return false;
        }
    }
    pc->acpi = pc->acpi && !c->no_acpi;
    pc->hpet = pc->hpet && !c->no_hpet;
    pc->nodefaults = c->nodefaults;
    pc->sercon = c->nographic;
    static const char *const lacking[] = { "cirrus", "vmware", "qxl",  "virtio",
                                           "tcx",    "cg3",    "xenfb" };
    pc->vga = c->nodefaults && !c->vga ? PC_VGA_NONE : PC_VGA_STD;
    if (!c->vga || strcmp(c->vga, "std") == 0) {
        return true;
    }
    if (strcmp(c->vga, "none") == 0) {
        pc->vga = PC_VGA_NONE;
        return true;
    }
    for (size_t i = 0; i < ARRAY_LEN(lacking); i++) {
        if (strcmp(c->vga, lacking[i]) == 0) {
            g_set_error(err, EMU_ERROR, EMU_ERROR_UNSUPPORTED,
                        "-vga %s: emu has no such adapter; use -vga std", c->vga);
            return false;
        }
    }
    CONFIG_ERROR(err, "-vga %s: std or none", c->vga);
    return false;
}

/* --- processors and memory -------------------------------------------------------------------- */

static bool smp_count(const struct opts *o, const char *key, uint64_t *out, GError **err)
{
    if (!opts_get_u64(o, key, 0, out, err)) {
        return false;
    }
    if (opts_get(o, key) && (*out == 0 || *out > PC_MAX_CPUS)) {
        CONFIG_ERROR(err, "-smp %s=%s: 1 to %d", key, opts_get(o, key), PC_MAX_CPUS);
        return false;
    }
    return true;
}

static bool smp_from(const struct opts *o, struct x86_topology *t, GError **err)
{
    static const char *const keys[] = { "cpus",    "sockets", "cores",    "threads",
                                        "maxcpus", "dies",    "clusters", NULL };
    uint64_t cpus, sockets, cores, threads, max, dies;
    if (!opts_check_keys(o, "-smp", keys, err) || !smp_count(o, "cpus", &cpus, err) ||
        !smp_count(o, "sockets", &sockets, err) || !smp_count(o, "cores", &cores, err) ||
        !smp_count(o, "threads", &threads, err) || !smp_count(o, "maxcpus", &max, err) ||
        !smp_count(o, "dies", &dies, err)) {
        return false;
    }
    threads = threads ? threads : 1;
    cores *= dies ? dies : 1;
    if (!cpus) {
        cpus = max ? max : (sockets ? sockets : 1) * (cores ? cores : 1) * threads;
    }
    if (!cores) {
        cores = sockets ? MAX(cpus / (sockets * threads), 1) : 1;
    }
    if (!sockets) {
        sockets = (cpus + cores * threads - 1) / (cores * threads);
    }
    if (cpus > PC_MAX_CPUS || sockets * cores * threads < cpus || (max && max < cpus)) {
        CONFIG_ERROR(err,
                     "-smp: %" G_GUINT64_FORMAT " processors do not fit sockets=%" G_GUINT64_FORMAT
                     ",cores=%" G_GUINT64_FORMAT ",threads=%" G_GUINT64_FORMAT " (at most %d)",
                     cpus, sockets, cores, threads, PC_MAX_CPUS);
        return false;
    }
    if (max > cpus) {
        CONFIG_ERROR(err,
                     "-smp maxcpus=%" G_GUINT64_FORMAT
                     ": processors cannot be added later; leave it out",
                     max);
        return false;
    }
    *t = (struct x86_topology){ .cpus = (unsigned)cpus,
                                .cores = (unsigned)cores,
                                .threads = (unsigned)threads };
    return true;
}

bool setup_smp(const struct vm_config *c, struct x86_topology *t, GError **err)
{
    *t = (struct x86_topology){ .cpus = 1, .cores = 1, .threads = 1 };
    const char *text = last(c->smp);
    if (!text) {
        return true;
    }
    struct opts *o = opts_parse(text, "cpus", err);
    bool ok = o && smp_from(o, t, err);
    opts_free(o);
    return ok;
}

/* -machine memory-backend=ID. */
static bool check_backend(const struct vm_config *c, uint64_t size, GError **err)
{
    bool ok = true;
    for (guint i = 0; ok && i < c->machine->len; i++) {
        struct opts *o = opts_parse(g_ptr_array_index(c->machine, i), "type", NULL);
        const char *id = opts_get(o, "memory-backend");
        ok = !id || setup_memory_backend(c, id, size, err);
        opts_free(o);
    }
    return ok;
}

bool setup_mem(const struct vm_config *c, uint64_t *size, GError **err)
{
    *size = MIB(128);
    const char *text = last(c->mem);
    if (!text) {
        return check_backend(c, *size, err);
    }
    static const char *const keys[] = { "size", "slots", "maxmem", NULL };
    struct opts *o = opts_parse(text, "size", err);
    const char *value = o ? opts_get(o, "size") : NULL;
    bool ok = o && opts_check_keys(o, "-m", keys, err);
    if (ok && (!value || !parse_size(value, MIB(1), size))) {
        CONFIG_ERROR(err, "-m %s: not a size; write 512, 512M or 2G", text);
        ok = false;
    } else if (ok && (*size < PC_RAM_MIN || *size > PC_RAM_MAX)) {
        CONFIG_ERROR(err, "-m %s: 1M to 64T", text);
        ok = false;
    }
    *size &= ~(uint64_t)0xfff;
    opts_free(o);
    return ok && check_backend(c, *size, err);
}

/* --- boot, name, clock ------------------------------------------------------------------------ */

static bool check_order(const char *order, const char *key, GError **err)
{
    for (const char *p = order; p && *p; p++) {
        if (*p < 'a' || *p > 'p' || strchr(p + 1, *p)) {
            CONFIG_ERROR(
                err,
                "-boot %s=%s: letters a to p, each once (a floppy, c disk, d CD-ROM, n network)",
                key, order);
            return false;
        }
    }
    return true;
}

static const char *kept(GPtrArray *keep, const char *text)
{
    if (!text) {
        return NULL;
    }
    g_ptr_array_add(keep, g_strdup(text));
    return g_ptr_array_index(keep, keep->len - 1);
}

static bool boot_ms(const struct opts *o, const char *key, int64_t *ms, GError **err)
{
    uint64_t v;
    if (!opts_get(o, key) || strcmp(opts_get(o, key), "-1") == 0) {
        return true;
    }
    if (!opts_get_u64(o, key, 0, &v, err)) {
        return false;
    }
    if (v > 0xffff) {
        CONFIG_ERROR(err, "-boot %s=%s: 0 to 65535 (milliseconds)", key, opts_get(o, key));
        return false;
    }
    *ms = (int64_t)v;
    return true;
}

static bool one_boot(const char *text, struct pc_config *pc, GPtrArray *keep, GError **err)
{
    static const char *const keys[] = { "order",  "once",        "menu",           "strict",
                                        "splash", "splash-time", "reboot-timeout", NULL };
    struct opts *o = opts_parse(text, "order", err);
    if (!o) {
        return false;
    }
    bool ok = opts_check_keys(o, "-boot", keys, err) &&
              check_order(opts_get(o, "order"), "order", err) &&
              check_order(opts_get(o, "once"), "once", err) &&
              opts_get_bool(o, "menu", pc->boot_menu, &pc->boot_menu, err) &&
              opts_get_bool(o, "strict", pc->boot_strict, &pc->boot_strict, err) &&
              boot_ms(o, "splash-time", &pc->splash_time_ms, err) &&
              boot_ms(o, "reboot-timeout", &pc->reboot_timeout_ms, err);
    if (ok) {
        pc->boot_order = opts_get(o, "order") ? kept(keep, opts_get(o, "order")) : pc->boot_order;
        pc->boot_once = opts_get(o, "once") ? kept(keep, opts_get(o, "once")) : pc->boot_once;
        pc->boot_splash =
            opts_get(o, "splash") ? kept(keep, opts_get(o, "splash")) : pc->boot_splash;
    }
    opts_free(o);
    return ok;
}

bool setup_boot(const struct vm_config *c, struct pc_config *pc, GPtrArray *keep, GError **err)
{
    for (guint i = 0; i < c->boot->len; i++) {
        if (!one_boot(g_ptr_array_index(c->boot, i), pc, keep, err)) {
            return false;
        }
    }
    if (!c->kernel && (c->initrd || c->append)) {
        CONFIG_ERROR(err, "%s: goes with -kernel FILE", c->initrd ? "-initrd" : "-append");
        return false;
    }
    pc->bios = c->bios;
    pc->kernel = c->kernel;
    pc->initrd = c->initrd;
    pc->append = c->append;
    pc->firmware_dirs = c->firmware_dir;
    pc->fw_cfg = c->fw_cfg;
    pc->smbios = c->smbios;
    return true;
}

static bool parse_uuid(const char *text, uint8_t out[16])
{
    size_t n = 0;
    for (const char *p = text; *p; p++) {
        size_t pos = (size_t)(p - text);
        if (pos == 8 || pos == 13 || pos == 18 || pos == 23) {
            if (*p != '-') {
                return false;
            }
            continue;
        }
        if (!g_ascii_isxdigit(*p) || n >= 32) {
            return false;
        }
        out[n / 2] = (uint8_t)(out[n / 2] << 4 | g_ascii_xdigit_value(*p));
        n++;
    }
    return n == 32;
}

bool setup_identity(const struct vm_config *c, struct pc_config *pc, GPtrArray *keep, GError **err)
{
    const char *text = last(c->name);
    if (text) {
        static const char *const keys[] = { "guest", "process", "debug-threads", NULL };
        struct opts *o = opts_parse(text, "guest", err);
        if (!o || !opts_check_keys(o, "-name", keys, err)) {
            opts_free(o);
            return false;
        }
        pc->name = kept(keep, opts_get(o, "guest"));
        opts_free(o);
    }
    if (c->uuid) {
        if (!parse_uuid(c->uuid, pc->uuid)) {
            CONFIG_ERROR(err, "-uuid %s: not a UUID; write 8-4-4-4-12 hexadecimal digits", c->uuid);
            return false;
        }
        pc->uuid_set = true;
    }
    return true;
}

/* "2026-11-22T10:00:00" or "2026-11-22". */
static bool parse_date(const char *text, int64_t *seconds)
{
    char *iso = strchr(text, 'T') ? g_strdup(text) : g_strconcat(text, "T00:00:00", NULL);
    GTimeZone *utc = g_time_zone_new_utc();
    GDateTime *d = g_date_time_new_from_iso8601(iso, utc);
    if (d) {
        *seconds = g_date_time_to_unix(d);
        g_date_time_unref(d);
    }
    g_time_zone_unref(utc);
    g_free(iso);
    return d != NULL;
}

bool setup_rtc(const struct vm_config *c, int64_t *base, GError **err)
{
    int64_t now = os_realtime_ns() / NS_PER_SEC;
    *base = now;
    for (guint i = 0; i < c->rtc->len; i++) {
        static const char *const keys[] = { "base", "clock", "driftfix", NULL };
        struct opts *o = opts_parse(g_ptr_array_index(c->rtc, i), NULL, err);
        if (!o || !opts_check_keys(o, "-rtc", keys, err)) {
            opts_free(o);
            return false;
        }
        const char *b = opts_get(o, "base");
        const char *clock = opts_get(o, "clock");
        bool ok = true;
        if (b && strcmp(b, "localtime") == 0) {
            *base = now + os_local_offset_s();
        } else if (b && strcmp(b, "utc") != 0) {
            ok = parse_date(b, base);
            if (!ok) {
                CONFIG_ERROR(
                    err, "-rtc base=%s: utc, localtime or a date such as 2026-01-31T12:00:00", b);
            }
        }
        if (ok && clock && strcmp(clock, "host") != 0 && strcmp(clock, "rt") != 0 &&
            strcmp(clock, "vm") != 0) {
            CONFIG_ERROR(err, "-rtc clock=%s: host, rt or vm", clock);
            ok = false;
        }
        opts_free(o);
        if (!ok) {
            return false;
        }
    }
    return true;
}

bool setup_icount(const struct vm_config *c, struct icount_config *out, GError **err)
{
    static const char *const keys[] = { "shift", "sleep", "align", NULL };
    *out = (struct icount_config){ .on = c->icount != NULL, .sleep = true };
    if (!c->icount) {
        return true;
    }
    struct opts *o = opts_parse(c->icount, "shift", err);
    bool align = false, ok = o && opts_check_keys(o, "-icount", keys, err) &&
                             opts_get_bool(o, "sleep", true, &out->sleep, err) &&
                             opts_get_bool(o, "align", false, &align, err);
    const char *shift = ok ? opts_get(o, "shift") : NULL;
    uint64_t n = 0;
    if (ok && (!shift || !parse_u64(shift, ICOUNT_SHIFT_MAX, &n))) {
        CONFIG_ERROR(err, "-icount shift=%s: 0 to %d (auto would not be the same in every run)",
                     shift ? shift : "?", ICOUNT_SHIFT_MAX);
        ok = false;
    } else if (align) {
        CONFIG_ERROR(err, "-icount align=on: the guest's time is not held back; leave it out");
        ok = false;
    }
    out->shift = (unsigned)n;
    opts_free(o);
    return ok;
}

bool setup_refusals(const struct vm_config *c, GError **err)
{
    if (!ui_check(c->display, c->vnc, err)) {
        return false;
    }
    for (guint i = 0; i < c->net->len; i++) {
        if (strcmp(g_ptr_array_index(c->net, i), "none") != 0) {
            g_set_error(err, EMU_ERROR, EMU_ERROR_UNSUPPORTED,
                        "-net %s: there is no network yet; use -net none",
                        (const char *)g_ptr_array_index(c->net, i));
            return false;
        }
    }
    return true;
}
