/* SPDX-License-Identifier: MIT */
/*
 * Started under QEMU's name, by a script that was written for QEMU: devices that emu has not, and
 * that a guest boots without, are left out with a warning each. Under its own name emu refuses
 * them: who types them wants them.
 */
#include <string.h>

#include "core/device.h"
#include "core/log.h"
#include "core/opts.h"
#include "vm/vm.h"

/* Sound, network, USB without disks. */
static const char *const spare[] = {
    "AC97",       "ac97",         "ich9-intel-hda", "intel-hda",      "hda-output",
    "hda-duplex", "hda-micro",    "ES1370",         "sb16",           "e1000",
    "e1000e",     "rtl8139",      "pcnet",          "virtio-net",     "virtio-net-pci",
    "qemu-xhci",  "nec-usb-xhci", "usb-ehci",       "piix3-usb-uhci", "usb-tablet",
    "usb-kbd",    "usb-mouse",    "usb-hub",        "usb-net",        "usb-audio",
};

bool vm_is_spare_device(const char *driver)
{
    for (size_t i = 0; driver && i < ARRAY_LEN(spare); i++) {
        if (strcmp(spare[i], driver) == 0) {
            return device_class_find(driver) == NULL;
        }
    }
    return false;
}

/* Drops the texts whose first value `absent` says so about. */
static void prune(GPtrArray *texts, const char *option, const char *key,
                  bool (*absent)(const char *value))
{
    for (guint i = 0; i < texts->len;) {
        const char *text = g_ptr_array_index(texts, i);
        struct opts *o = opts_parse(text, key, NULL);
        const char *value = o ? opts_get(o, key) : NULL;
        bool drop = value && absent(value);
        if (drop) {
            log_warn(NULL, "-%s %s: emu has none; the guest goes without it", option, value);
            g_ptr_array_remove_index(texts, i);
        }
        i += !drop;
        opts_free(o);
    }
}

static bool is_filter(const char *kind)
{
    return g_str_has_prefix(kind, "filter-");
}

static bool is_network(const char *kind)
{
    return strcmp(kind, "none") != 0;
}

bool vm_can_do_without(const char *option)
{
    static const char *const options[] = { "netdev", "audio", "usb", "usbdevice", "soundhw", NULL };
    return g_strv_contains(options, option);
}

void vm_config_do_without(struct vm_config *c)
{
    prune(c->device, "device", "driver", vm_is_spare_device);
    prune(c->object, "object", "qom-type", is_filter);
    prune(c->net, "net", "type", is_network);
}
