/* SPDX-License-Identifier: MIT */
/*
 * Finding a class by name. Apart from device.c, so that tests of one device link without the list
 * of all of them.
 */
#include <string.h>

#include "core/device.h"

const struct device_class *device_class_find(const char *name_or_alias)
{
    for (size_t i = 0; device_classes[i]; i++) {
        const struct device_class *c = device_classes[i];
        if (strcmp(c->name, name_or_alias) == 0 ||
            (c->alias && strcmp(c->alias, name_or_alias) == 0)) {
            return c;
        }
    }
    return NULL;
}
