/* SPDX-License-Identifier: MIT */
/* needs: jansson */
/*
 * QMP's questions about the machine: identity, processors, devices.
 */
#include <string.h>

#include "accel/api/vcpu.h"
#include "backend/char/chardev.h"
#include "core/display.h"
#include "core/fdset.h"
#include "core/input.h"
#include "monitor/qmp_int.h"
#include "os/os.h"
#include "ui/ui.h"

/* QEMU's version whose commands and options these are; tools decide by it what they may ask. */
json_t *mon_version(void)
{
    return json_pack("{s:{s:i,s:i,s:i},s:s}", "qemu", "micro", 0, "minor", 2, "major", 7, "package",
                     "emu " EMU_VERSION);
}

void qmp_query_version(struct mon_call *c)
{
    c->ret = mon_version();
}

void qmp_query_status(struct mon_call *c)
{
    enum vm_state s = vm_state(c->vm);
    c->ret = json_pack("{s:b,s:b,s:s}", "running", s == VM_RUNNING, "singlestep", 0, "status",
                       vm_state_name(s));
}

void qmp_query_name(struct mon_call *c)
{
    c->ret = json_object();
    if (c->p.name) {
        mon_json_set(c->ret, "name", mon_json_text(c->p.name));
    }
}

void qmp_query_uuid(struct mon_call *c)
{
    char *text = mon_uuid(c);
    c->ret = json_pack("{s:s}", "UUID", text);
    g_free(text);
}

void qmp_query_target(struct mon_call *c)
{
    c->ret = json_pack("{s:s}", "arch", "x86_64");
}

static bool accel_present(const char *name)
{
    for (size_t i = 0; accel_list[i]; i++) {
        struct accel_caps caps;
        memset(&caps, 0, sizeof caps);
        if (strcmp(accel_list[i]->name, name) == 0) {
            return accel_list[i]->probe(&caps, NULL);
        }
    }
    return false;
}

void qmp_query_kvm(struct mon_call *c)
{
    bool on = strcmp(vm_accel_name(c->vm), "kvm") == 0;
    c->ret = json_pack("{s:b,s:b}", "enabled", on, "present", on || accel_present("kvm"));
}

void qmp_query_accelerators(struct mon_call *c)
{
    json_t *list = json_array();
    for (size_t i = 0; accel_list[i]; i++) {
        if (accel_present(accel_list[i]->name)) {
            json_array_append_new(list, json_string(accel_list[i]->name));
        }
    }
    c->ret = json_pack("{s:s,s:o}", "enabled", vm_accel_name(c->vm), "present", list);
}

void qmp_query_empty_list(struct mon_call *c)
{
    c->ret = json_array();
}

static void add_fd(void *arg, unsigned set, int fd, const char *opaque)
{
    json_t *list = arg, *entry = NULL, *j;
    size_t i;
    json_array_foreach(list, i, j) {
        entry = json_integer_value(json_object_get(j, "fdset-id")) == set ? j : entry;
    }
    if (!entry) {
        entry = json_pack("{s:i,s:[]}", "fdset-id", (int)set, "fds");
        json_array_append_new(list, entry);
    }
    json_t *one = json_pack("{s:i}", "fd", fd);
    if (opaque) {
        mon_json_set(one, "opaque", mon_json_text(opaque));
    }
    json_array_append_new(json_object_get(entry, "fds"), one);
}

void qmp_query_fdsets(struct mon_call *c)
{
    c->ret = json_array();
    fdset_foreach(add_fd, c->ret);
}

void qmp_query_current_machine(struct mon_call *c)
{
    c->ret = json_pack("{s:b}", "wakeup-suspend-support", 0);
}

void qmp_query_machines(struct mon_call *c)
{
    const struct vm_machine *m;
    c->ret = json_array();
    for (unsigned i = 0; (m = vm_machine(i)); i++) {
        /* No default-cpu-type: it is max, which libvirt 9 would look for in its own list. */
        json_t *j = json_pack("{s:s,s:i,s:b,s:b,s:b,s:b}", "name", m->name, "cpu-max",
                              (int)m->max_cpus, "hotpluggable-cpus", 0, "numa-mem-supported", 0,
                              "deprecated", 0, "acpi", m->max_cpus > 1);
        if (m->alias) {
            mon_json_set(j, "alias", json_string(m->alias));
        }
        if (m->is_default) {
            mon_json_set(j, "is-default", json_true());
        }
        mon_json_set(j, "default-ram-id", json_string("pc.ram"));
        json_array_append_new(c->ret, j);
    }
}

/* --- processors ---------------------------------------------------------------------------- */

void qmp_query_cpu_definitions(struct mon_call *c)
{
    const char *name;
    c->ret = json_array();
    for (unsigned i = 0; (name = x86_cpu_model_name(i)); i++) {
        char *type = g_strconcat(name, "-x86_64-cpu", NULL);
        json_t *lacks = json_array();
        struct x86_cpu_model m;
        if (x86_cpu_model_plain(&m, name)) {
            for (unsigned f = 1; f < X86_FEAT_COUNT; f++) {
                if (x86_has(&m, f) && !x86_has(&c->p.accel->caps.offered, f)) {
                    json_array_append_new(lacks, json_string(x86_features[f].name));
                }
            }
        }
        json_array_append_new(c->ret, json_pack("{s:s,s:s,s:b,s:b,s:b,s:o}", "name", name,
                                                "typename", type, "static", 0, "migration-safe",
                                                strcmp(name, "max") && strcmp(name, "host"),
                                                "deprecated", 0, "unavailable-features", lacks));
        g_free(type);
    }
}

/* {"name": ..., "props": {...}} with the properties of the request applied. */
void qmp_query_cpu_model_expansion(struct mon_call *c)
{
    json_t *model = arg_json(c, "model"), *v, *props;
    const char *name = json_string_value(json_object_get(model, "name")), *key;
    const char *type = arg_str(c, "type");
    if (!name || (strcmp(type, "full") != 0 && strcmp(type, "static") != 0)) {
        call_error(c, MON_GENERIC, !name ? "Parameter 'model.name' is missing"
                                         : "type is full or static");
        return;
    }
    GString *text = g_string_new(name);
    json_object_foreach(json_object_get(model, "props"), key, v) {
        if (json_is_boolean(v) && !strpbrk(key, ",=")) {
            g_string_append_printf(text, ",%s=%s", key, json_is_true(v) ? "on" : "off");
        }
    }
    struct x86_cpu_model m;
    if (!strchr(name, ',') &&
        x86_cpu_model_parse(&m, text->str, &c->p.accel->caps.offered, &c->err)) {
        props = json_object();
        for (unsigned f = 1; f < X86_FEAT_COUNT; f++) {
            mon_json_set(props, x86_features[f].name, json_boolean(x86_has(&m, f)));
        }
        c->ret = json_pack("{s:{s:s,s:o}}", "model", "name", name, "props", props);
    } else {
        call_error(c, MON_GENERIC, "The CPU definition '%.60s' is unknown", name);
    }
    if (c->err) {
        c->err->code = MON_GENERIC;
    }
    g_string_free(text, TRUE);
}

/* -smp's topology: sockets of cores of threads. */
static json_t *cpu_place(const struct mon_call *c, unsigned i)
{
    unsigned threads = c->p.topology->threads, cores = c->p.topology->cores;
    return json_pack("{s:i,s:i,s:i}", "socket-id", (int)(i / (threads * cores)), "core-id",
                     (int)(i / threads % cores), "thread-id", (int)(i % threads));
}

void qmp_query_cpus_fast(struct mon_call *c)
{
    c->ret = json_array();
    for (unsigned i = 0; i < vcpus_count(c->p.vcpus); i++) {
        char *path = g_strdup_printf("/machine/unattached/device[%u]", i);
        json_array_append_new(c->ret, json_pack("{s:i,s:s,s:s,s:i,s:o}", "cpu-index", (int)i,
                                                "target", "x86_64", "qom-path", path, "thread-id",
                                                vcpu_thread_id(c->p.vcpus, i), "props",
                                                cpu_place(c, i)));
        g_free(path);
    }
}

void qmp_query_hotpluggable_cpus(struct mon_call *c)
{
    c->ret = json_array();
    for (unsigned i = vcpus_count(c->p.vcpus); i-- > 0;) {
        char *path = g_strdup_printf("/machine/unattached/device[%u]", i);
        json_array_append_new(c->ret, json_pack("{s:s,s:i,s:s,s:o}", "type", "max-x86_64-cpu",
                                                "vcpus-count", 1, "qom-path", path, "props",
                                                cpu_place(c, i)));
        g_free(path);
    }
}

void qmp_query_memory_size_summary(struct mon_call *c)
{
    c->ret = json_pack("{s:I}", "base-memory", (json_int_t)c->p.ram_size);
}

/* --- other back ends ----------------------------------------------------------------------- */

static void add_chardev(void *arg, const char *id, const char *kind, bool open, const char *info)
{
    (void)info;
    json_array_append_new(arg, json_pack("{s:o,s:s,s:b}", "label", mon_json_text(id), "filename",
                                         kind, "frontend-open", open));
}

void qmp_query_chardev(struct mon_call *c)
{
    c->ret = json_array();
    chardev_set_foreach(c->p.chardevs, add_chardev, c->ret);
}

void qmp_query_chardev_backends(struct mon_call *c)
{
    static const char *const kinds[] = { "null", "stdio", "file", "pipe", "pty", "socket",
                                         "ringbuf", "mux" };
    c->ret = json_array();
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        json_array_append_new(c->ret, json_pack("{s:s}", "name", kinds[i]));
    }
}

void qmp_query_mice(struct mon_call *c)
{
    c->ret = json_pack("[{s:s,s:i,s:b,s:b}]", "name", "QEMU PS/2 Mouse", "index", 0, "current", 1,
                       "absolute", input_wants_abs(c->p.input));
}

static json_t *server_clients(const struct ui_server *s)
{
    json_t *list = json_array();
    for (guint i = 0; i < s->clients->len; i++) {
        json_array_append_new(list, json_pack("{s:o,s:s,s:s,s:b}", "host",
                                              mon_json_text(g_ptr_array_index(s->clients, i)),
                                              "service", "", "family", s->family, "websocket", 0));
    }
    return list;
}

void qmp_query_vnc(struct mon_call *c)
{
    struct ui_server s;
    if (!ui_server_describe(vm_ui_set(c->vm), &s)) {
        c->ret = json_pack("{s:b}", "enabled", 0);
        return;
    }
    c->ret = json_pack("{s:b,s:o,s:s,s:s,s:s,s:o}", "enabled", 1, "host", mon_json_text(s.host),
                       "service", s.service, "family", s.family, "auth", s.auth, "clients",
                       server_clients(&s));
    ui_server_clear(&s);
}

void qmp_query_vnc_servers(struct mon_call *c)
{
    struct ui_server s;
    c->ret = json_array();
    if (ui_server_describe(vm_ui_set(c->vm), &s)) {
        json_array_append_new(c->ret, json_pack("{s:s,s:[{s:o,s:s,s:s,s:b,s:s}],s:o,s:s}", "id",
                                                "default", "server", "host", mon_json_text(s.host),
                                                "service", s.service, "family", s.family,
                                                "websocket", 0, "auth", s.auth, "clients",
                                                server_clients(&s), "auth", s.auth));
        ui_server_clear(&s);
    }
}

void qmp_query_spice(struct mon_call *c)
{
    c->ret = json_pack("{s:b}", "enabled", 0);
}

void qmp_query_balloon(struct mon_call *c)
{
    call_error(c, MON_DEVICE_NOT_ACTIVE, "No balloon device has been activated");
}

void qmp_query_migrate(struct mon_call *c)
{
    c->ret = json_object();
}

/* Only "events" is known, and it is a promise that costs nothing: there is no migration. */
void qmp_migrate_set_capabilities(struct mon_call *c)
{
    json_t *v;
    size_t i;
    json_array_foreach(arg_json(c, "capabilities"), i, v) {
        const char *name = json_string_value(json_object_get(v, "capability"));
        if (!name || (strcmp(name, "events") != 0 && json_is_true(json_object_get(v, "state")))) {
            call_error(c, MON_GENERIC, "there is no migration capability '%.40s'",
                       name ? name : "");
        }
    }
}

void qmp_query_dump_capability(struct mon_call *c)
{
    c->ret = json_pack("{s:[s]}", "formats", "elf");
}

void qmp_query_dump(struct mon_call *c)
{
    c->ret = json_pack("{s:s,s:i,s:i}", "status", "none", "completed", 0, "total", 0);
}

void qmp_trace_event_get_state(struct mon_call *c)
{
    c->ret = json_array(); /* -d items are switched by `trace-event`; there is nothing else */
}

/* Ours: what a text mode shows, so that a test need not read pictures. null: a graphics mode. */
void qmp_query_screentext(struct mon_call *c)
{
    char *text = display_text(c->p.display);
    c->ret = json_pack("{s:o}", "text", text ? mon_json_text(text) : json_null());
    g_free(text);
}

/* --- PCI ----------------------------------------------------------------------------------- */

static void add_region(json_t *list, int bar, uint64_t size, uint64_t mapped, bool io, bool mem64,
                       bool prefetch)
{
    if (size == 0) {
        return;
    }
    json_t *j = json_pack("{s:i,s:s,s:I,s:I}", "bar", bar, "type", io ? "io" : "memory", "address",
                          (json_int_t)mapped, "size", (json_int_t)size);
    if (!io) {
        mon_json_set(j, "prefetch", json_boolean(prefetch));
        mon_json_set(j, "mem_type_64", json_boolean(mem64));
    }
    json_array_append_new(list, j);
}

static void add_pci(void *arg, const struct vm_pci_function *f)
{
    json_t *regions = json_array();
    for (int i = 0; i < 6; i++) {
        add_region(regions, i, f->bar[i].size, f->bar[i].mapped, f->bar[i].io, f->bar[i].mem64,
                   f->bar[i].prefetch);
    }
    add_region(regions, 6, f->rom.size, f->rom.mapped, false, false, false);
    json_t *j = json_pack("{s:i,s:i,s:i,s:{s:i},s:{s:i,s:i,s:i,s:i},s:i,s:i,s:o,s:o}", "bus",
                          (int)f->bus, "slot", (int)f->slot, "function", (int)f->function,
                          "class_info", "class", (int)(f->class_code >> 8), "id", "vendor",
                          f->vendor, "device", f->device, "subsystem-vendor", f->subsys_vendor,
                          "subsystem", f->subsys, "irq", f->irq_line, "irq_pin", f->irq_pin,
                          "qdev_id", mon_json_text(f->id), "regions", regions);
    json_array_append_new(arg, j);
}

void qmp_query_pci(struct mon_call *c)
{
    json_t *devices = json_array();
    vm_foreach_pci(c->vm, add_pci, devices);
    c->ret = json_pack("[{s:i,s:o}]", "bus", 0, "devices", devices);
}
