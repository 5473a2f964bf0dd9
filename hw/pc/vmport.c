/* SPDX-License-Identifier: MIT */
/*
 * The VMware backdoor (as described by the open-vm-tools headers and used by Linux's vmmouse
 * driver): version, memory size, UUID, and the absolute mouse. Events wait here as four words each;
 * the PS/2 mouse sends an empty packet so that the guest takes an interrupt and looks.
 */
#include "hw/pc/vmport.h"

#include <string.h>

#include "hw/isa/isa_ports.h"
#include "hw/pc/ps2_mouse.h"

enum { EAX, EBX, ECX, EDX, ESI, EDI, REGS };
enum {
    CMD_VERSION = 10,
    CMD_UUID = 19,
    CMD_MEMORY = 20,
    CMD_MOUSE_DATA = 39,
    CMD_MOUSE_STATUS = 40,
    CMD_MOUSE = 41,
};

#define MOUSE_READ_ID   0x45414552u
#define MOUSE_DISABLE   0x000000f5u
#define MOUSE_RELATIVE  0x4c455252u
#define MOUSE_ABSOLUTE  0x53424152u
#define MOUSE_VERSION   0x3442554au
#define MOUSE_ERROR     0xffff0000u
#define PACKET_RELATIVE 0x10000u
#define PACKET_LEFT     0x20u
#define PACKET_RIGHT    0x10u
#define PACKET_MIDDLE   0x08u

#define QUEUE_WORDS  1024
#define PACKET_WORDS 4

struct vmport {
    struct device dev;
    struct isa_ports ports;
    struct vmport_config cfg;
    struct input_sink sink;
    bool attached;
    bool enabled; /* else the status is an error */
    uint32_t queue[QUEUE_WORDS];
    unsigned words;
};

static void vmmouse_packet(struct vmport *v, uint32_t flags, int x, int y, int dz, unsigned buttons)
{
    if (v->words + PACKET_WORDS > QUEUE_WORDS) {
        return;
    }
    v->queue[v->words++] = flags | (buttons & 1 ? PACKET_LEFT : 0) |
                           (buttons & 2 ? PACKET_RIGHT : 0) | (buttons & 4 ? PACKET_MIDDLE : 0);
    v->queue[v->words++] = (uint32_t)x;
    v->queue[v->words++] = (uint32_t)y;
    v->queue[v->words++] = (uint32_t)-dz;
    if (v->cfg.mouse) {
        ps2_mouse_fake_event(v->cfg.mouse);
    }
}

/* 0..32767 to 0..FFFFh. */
static void vmmouse_abs(void *opaque, int x, int y, int dz, unsigned buttons)
{
    vmmouse_packet(opaque, 0, x * 2 + (x >> 14 & 1), y * 2 + (y >> 14 & 1), dz, buttons);
}

static void vmmouse_rel(void *opaque, int dx, int dy, int dz, unsigned buttons)
{
    vmmouse_packet(opaque, PACKET_RELATIVE, dx, -dy, dz, buttons);
}

/* Takes the host's mouse from the PS/2 mouse (command ABSOLUTE or RELATIVE) or gives it back. */
static void vmmouse_attach(struct vmport *v, uint32_t how)
{
    if (!v->cfg.input) {
        return;
    }
    if (v->attached) {
        input_hub_detach(v->cfg.input, &v->sink);
        v->attached = false;
    }
    if (how == MOUSE_ABSOLUTE || how == MOUSE_RELATIVE) {
        v->sink = (struct input_sink){
            .mouse_abs = how == MOUSE_ABSOLUTE ? vmmouse_abs : NULL,
            .mouse_rel = how == MOUSE_RELATIVE ? vmmouse_rel : NULL,
            .opaque = v,
        };
        input_hub_attach(v->cfg.input, &v->sink);
        v->attached = true;
    }
}

static void vmmouse_disable(struct vmport *v)
{
    vmmouse_attach(v, MOUSE_DISABLE);
    v->enabled = false;
    v->words = 0;
}

static void vmmouse_command(struct vmport *v, uint32_t what)
{
    switch (what) {
    case MOUSE_READ_ID:
        v->enabled = true;
        v->words = 0;
        v->queue[v->words++] = MOUSE_VERSION;
        break;
    case MOUSE_DISABLE: vmmouse_disable(v); break;
    case MOUSE_RELATIVE:
    case MOUSE_ABSOLUTE:
        if (v->enabled) {
            vmmouse_attach(v, what);
        }
        break;
    default: break;
    }
}

/* A size that is not there is an error that lasts until the mouse is enabled again. */
static void vmmouse_data(struct vmport *v, uint32_t regs[REGS])
{
    uint32_t size = regs[EBX];

    if (!v->enabled || size == 0 || size > REGS || size > v->words) {
        vmmouse_disable(v);
        regs[EAX] = MOUSE_ERROR;
        return;
    }
    memcpy(regs, v->queue, size * sizeof regs[0]);
    v->words -= size;
    memmove(v->queue, v->queue + size, v->words * sizeof v->queue[0]);
}

static uint32_t load_le32(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

bool vmport_call(struct vmport *v, uint32_t regs[6])
{
    if (regs[EAX] != VMPORT_MAGIC) {
        return false;
    }
    switch (regs[ECX] & 0xffff) {
    case CMD_VERSION:
        regs[EAX] = 6;
        regs[EBX] = VMPORT_MAGIC;
        regs[ECX] = 2; /* product type */
        return true;
    case CMD_MEMORY: regs[EAX] = (uint32_t)(v->cfg.ram_size >> 20); return true;
    case CMD_UUID:
        if (!v->cfg.uuid) {
            return false;
        }
        for (unsigned i = 0; i < 4; i++) {
            regs[i] = load_le32(v->cfg.uuid + 4 * i);
        }
        return true;
    case CMD_MOUSE_DATA: vmmouse_data(v, regs); return true;
    case CMD_MOUSE_STATUS: regs[EAX] = v->enabled ? v->words : MOUSE_ERROR; return true;
    case CMD_MOUSE: vmmouse_command(v, regs[EBX]); return true;
    default: return false;
    }
}

static uint32_t vmport_read(void *opaque, uint16_t off, unsigned size)
{
    (void)opaque;
    (void)off;
    (void)size;
    return UINT32_MAX;
}

static void vmport_write(void *opaque, uint16_t off, uint32_t value, unsigned size)
{
    (void)opaque;
    (void)off;
    (void)value;
    (void)size;
}

static const struct ioport_ops vmport_ops = {
    .read = vmport_read,
    .write = vmport_write,
    .min_size = 1,
    .max_size = 4,
};

static void vmport_reset(struct device *d)
{
    vmmouse_disable((struct vmport *)d);
}

static bool vmport_realize(struct device *d, GError **err)
{
    struct vmport *v = (struct vmport *)d;

    return isa_ports_claim(&v->ports, d, VMPORT_PORT, 1, false, &vmport_ops, v, err);
}

static void vmport_unrealize(struct device *d)
{
    struct vmport *v = (struct vmport *)d;

    vmmouse_attach(v, MOUSE_DISABLE);
    isa_ports_release(&v->ports);
}

struct vmport *vmport_new(const struct vmport_config *cfg, GError **err)
{
    struct device *d = device_new(&vmport_class);
    struct vmport *v = (struct vmport *)d;

    v->cfg = *cfg;
    v->ports.io = cfg->io;
    if (!device_realize(d, err)) {
        device_free(d);
        return NULL;
    }
    return v;
}

const struct device_class vmport_class = {
    .name = "vmport",
    .desc = "VMware backdoor with absolute mouse",
    .size = sizeof(struct vmport),
    .realize = vmport_realize,
    .unrealize = vmport_unrealize,
    .reset = vmport_reset,
};
