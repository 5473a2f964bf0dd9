/* SPDX-License-Identifier: MIT */
/* needs: jansson */
/*
 * QMP's view of objects: /machine with the processors and the board's devices in `unattached` and
 * those of -device id=ID in `peripheral`. Processors come first, as device[0] and so on.
 */
#include <stdio.h>
#include <string.h>

#include "accel/api/vcpu.h"
#include "monitor/qmp_int.h"

#define CPU_TYPE "max-x86_64-cpu"

const char *mon_prop_type(const struct prop *p)
{
    static const char *const names[] = { "bool",  "uint8", "uint16", "uint32", "uint64",
                                         "int32", "size",  "str",    "enum",   "str",
                                         "str",   "str",   "str" };
    return names[p->kind];
}

json_t *mon_prop_json(const struct device *d, const struct prop *p)
{
    char *text = mon_prop_text(d, p);
    size_t len = strlen(text);
    json_t *j;
    if (text[0] == '"' && len >= 2) {
        text[len - 1] = '\0';
        j = mon_json_text(text + 1);
    } else {
        j = json_loads(text, JSON_DECODE_ANY, NULL);
    }
    g_free(text);
    return j ? j : json_null();
}

/* --- types ---------------------------------------------------------------------------------- */

static const char *parent_type(const struct device_class *k)
{
    static const char *const parents[] = { "sys-bus-device", "isa-device", "pci-device",
                                           "ide-device", "device" };
    return k->bus < ARRAY_LEN(parents) ? parents[k->bus] : "device";
}

static bool wanted(const char *implements, const char *type, const char *parent)
{
    bool is_device = strcmp(parent, "machine") != 0 && strcmp(parent, "accel") != 0 &&
                     strcmp(parent, "memory-backend") != 0 && strcmp(parent, "secret_common") != 0;
    return !implements || strcmp(implements, type) == 0 || strcmp(implements, parent) == 0 ||
           strcmp(implements, "object") == 0 || (is_device && strcmp(implements, "device") == 0);
}

static void add_type(struct mon_call *c, const char *type, const char *parent)
{
    if (wanted(arg_str(c, "implements"), type, parent)) {
        json_array_append_new(c->ret, json_pack("{s:s,s:s}", "name", type, "parent", parent));
    }
}

void qmp_qom_list_types(struct mon_call *c)
{
    const char *name;
    const struct vm_machine *m;
    c->ret = json_array();
    for (size_t i = 0; device_classes[i]; i++) {
        add_type(c, device_classes[i]->name, parent_type(device_classes[i]));
    }
    for (unsigned i = 0; (name = x86_cpu_model_name(i)); i++) {
        char *type = g_strconcat(name, "-x86_64-cpu", NULL);
        add_type(c, type, "x86_64-cpu");
        g_free(type);
    }
    for (unsigned i = 0; (m = vm_machine(i)); i++) {
        char *type = g_strconcat(m->name, "-machine", NULL);
        add_type(c, type, "machine");
        g_free(type);
    }
    for (size_t i = 0; accel_list[i]; i++) {
        char *type = g_strconcat(accel_list[i]->name, "-accel", NULL);
        add_type(c, type, "accel");
        g_free(type);
    }
    add_type(c, "memory-backend-ram", "memory-backend");
    add_type(c, "secret", "secret_common");
}

static json_t *class_props(const struct device_class *k)
{
    json_t *list = json_array();
    for (const struct prop *p = k->props; p && p->name; p++) {
        json_t *j = json_pack("{s:s,s:s}", "name", p->name, "type", mon_prop_type(p));
        if (p->help) {
            mon_json_set(j, "description", json_string(p->help));
        }
        if (p->def) {
            mon_json_set(j, "default-value", json_string(p->def));
        }
        json_array_append_new(list, j);
    }
    return list;
}

/* Of a kind of -object, or NULL. libvirt asks for memory-backend-file and dies without an answer:
 * it gets what every memory back end has. */
static json_t *object_props(const char *type)
{
    static const char *const memory[][2] = { { "size", "int" },   { "share", "bool" },
                                             { "merge", "bool" }, { "dump", "bool" },
                                             { "prealloc", "bool" }, { "reserve", "bool" } };
    static const char *const secret[][2] = { { "data", "string" }, { "file", "string" },
                                             { "format", "QCryptoSecretFormat" } };
    bool is_memory = g_str_has_prefix(type, "memory-backend-");
    size_t n = is_memory ? ARRAY_LEN(memory) : strcmp(type, "secret") == 0 ? ARRAY_LEN(secret) : 0;
    json_t *list = n ? json_array() : NULL;
    for (size_t i = 0; i < n; i++) {
        const char *const *p = is_memory ? memory[i] : secret[i];
        json_array_append_new(list, json_pack("{s:s,s:s}", "name", p[0], "type", p[1]));
    }
    return list;
}

static json_t *cpu_props(void)
{
    json_t *list = json_array();
    for (unsigned f = 1; f < X86_FEAT_COUNT; f++) {
        json_array_append_new(list, json_pack("{s:s,s:s}", "name", x86_features[f].name, "type",
                                              "bool"));
    }
    return list;
}

void qmp_device_list_properties(struct mon_call *c)
{
    const char *name = arg_str(c, "typename");
    const struct device_class *k = device_class_find(name);
    if (k) {
        c->ret = class_props(k);
    } else if (g_str_has_suffix(name, "-x86_64-cpu")) {
        c->ret = cpu_props();
    } else {
        call_error(c, MON_DEVICE_NOT_FOUND, "Device '%.64s' not found", name);
    }
}

void qmp_qom_list_properties(struct mon_call *c)
{
    const char *name = arg_str(c, "typename");
    const struct device_class *k = device_class_find(name);
    if (k) {
        c->ret = class_props(k);
    } else if (g_str_has_suffix(name, "-x86_64-cpu")) {
        c->ret = cpu_props();
    } else if (g_str_has_suffix(name, "-machine")) {
        c->ret = json_pack("[{s:s,s:s},{s:s,s:s}]", "name", "acpi", "type", "bool", "name", "hpet",
                           "type", "bool");
    } else if ((c->ret = object_props(name)) == NULL) {
        call_error(c, MON_DEVICE_NOT_FOUND, "Class '%.64s' not found", name);
    }
}

/* --- objects -------------------------------------------------------------------------------- */

enum node { NODE_NONE, NODE_ROOT, NODE_MACHINE, NODE_UNATTACHED, NODE_PERIPHERAL, NODE_CPU,
            NODE_DEVICE };

struct walk {
    struct mon_call *c;
    const char *id;      /* looked for in peripheral, or NULL */
    unsigned index, at;  /* looked for in unattached */
    struct device *found;
    json_t *list;        /* or children are added here */
    bool peripheral;
};

static void walk_device(void *arg, struct device *d)
{
    struct walk *w = arg;
    if (w->peripheral != (d->id != NULL)) {
        return;
    }
    if (w->list) {
        char *type = g_strdup_printf("child<%s>", d->cls->name);
        char *name = d->id ? g_strdup(d->id) : g_strdup_printf("device[%u]", w->at);
        json_array_append_new(w->list, json_pack("{s:o,s:s}", "name", mon_json_text(name), "type",
                                                 type));
        g_free(type);
        g_free(name);
    } else if (w->peripheral ? strcmp(d->id, w->id) == 0 : w->at == w->index) {
        w->found = d;
    }
    w->at++;
}

static enum node find(struct mon_call *c, const char *path, unsigned *cpu, struct device **d)
{
    static const char unattached[] = "/machine/unattached/", peripheral[] = "/machine/peripheral/";
    unsigned index, cpus = vcpus_count(c->p.vcpus);
    char rest;
    if (strcmp(path, "/") == 0 || *path == '\0') {
        return NODE_ROOT;
    }
    if (strcmp(path, "/machine") == 0 || strcmp(path, "/machine/") == 0) {
        return NODE_MACHINE;
    }
    if (g_str_has_prefix(path, unattached) &&
        sscanf(path + strlen(unattached), "device[%5u]%c", &index, &rest) == 1) {
        if (index < cpus) {
            *cpu = index;
            return NODE_CPU;
        }
        struct walk w = { .c = c, .index = index, .at = cpus };
        vm_foreach_device(c->vm, walk_device, &w);
        *d = w.found;
    } else if (strcmp(path, "/machine/unattached") == 0) {
        return NODE_UNATTACHED;
    } else if (strcmp(path, "/machine/peripheral") == 0) {
        return NODE_PERIPHERAL;
    } else if (g_str_has_prefix(path, peripheral)) {
        struct walk w = { .c = c, .id = path + strlen(peripheral), .peripheral = true };
        vm_foreach_device(c->vm, walk_device, &w);
        *d = w.found;
    }
    if (!*d) {
        call_error(c, MON_DEVICE_NOT_FOUND, "Device '%.100s' not found", path);
        return NODE_NONE;
    }
    return NODE_DEVICE;
}

static void add(json_t *list, const char *name, const char *type)
{
    json_array_append_new(list, json_pack("{s:s,s:s}", "name", name, "type", type));
}

void qmp_qom_list(struct mon_call *c)
{
    unsigned cpu = 0;
    struct device *d = NULL;
    enum node n = find(c, arg_str(c, "path"), &cpu, &d);
    struct walk w = { .c = c, .peripheral = n == NODE_PERIPHERAL };
    if (n == NODE_NONE) {
        return;
    }
    w.list = c->ret = n == NODE_CPU ? cpu_props() : n == NODE_DEVICE ? class_props(d->cls)
                                                                     : json_array();
    add(c->ret, "type", "string");
    if (n == NODE_ROOT) {
        add(c->ret, "machine", "child<machine>");
    } else if (n == NODE_MACHINE) {
        add(c->ret, "unattached", "child<container>");
        add(c->ret, "peripheral", "child<container>");
        add(c->ret, "peripheral-anon", "child<container>");
    } else if (n == NODE_UNATTACHED || n == NODE_PERIPHERAL) {
        for (; n == NODE_UNATTACHED && w.at < vcpus_count(c->p.vcpus); w.at++) {
            char *name = g_strdup_printf("device[%u]", w.at);
            add(c->ret, name, "child<" CPU_TYPE ">");
            g_free(name);
        }
        vm_foreach_device(c->vm, walk_device, &w);
    } else if (n == NODE_CPU) {
        add(c->ret, "realized", "bool");
    }
}

static json_t *cpu_property(struct mon_call *c, const char *name)
{
    for (unsigned f = 1; f < X86_FEAT_COUNT; f++) {
        if (strcmp(x86_features[f].name, name) == 0) {
            return json_boolean(x86_has(c->p.model, f));
        }
    }
    return strcmp(name, "realized") == 0 ? json_true() : NULL;
}

void qmp_qom_get(struct mon_call *c)
{
    unsigned cpu = 0;
    struct device *d = NULL;
    const char *name = arg_str(c, "property");
    enum node n = find(c, arg_str(c, "path"), &cpu, &d);
    if (n == NODE_NONE) {
        return;
    }
    if (strcmp(name, "type") == 0) {
        c->ret = json_string(n == NODE_CPU      ? CPU_TYPE
                             : n == NODE_DEVICE ? d->cls->name
                             : n == NODE_MACHINE ? "pc-machine"
                                                 : "container");
        return;
    }
    if (n == NODE_CPU) {
        c->ret = cpu_property(c, name);
    }
    for (const struct prop *p = n == NODE_DEVICE ? d->cls->props : NULL; p && p->name; p++) {
        if (strcmp(p->name, name) == 0) {
            c->ret = mon_prop_json(d, p);
        }
    }
    if (!c->ret) {
        call_error(c, MON_GENERIC, "Property '%.60s' not found", name);
    }
}

void qmp_qom_set(struct mon_call *c)
{
    unsigned cpu = 0;
    struct device *d = NULL;
    if (find(c, arg_str(c, "path"), &cpu, &d) != NODE_NONE) {
        call_error(c, MON_GENERIC, "Property '%.60s' cannot be changed while the machine exists",
                   arg_str(c, "property"));
    }
}
