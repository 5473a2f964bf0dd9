/* SPDX-License-Identifier: MIT */
/*
 * The domain of our GErrors.
 */
#include "core/device.h"

GQuark emu_error_quark(void)
{
    return g_quark_from_static_string("emu");
}
