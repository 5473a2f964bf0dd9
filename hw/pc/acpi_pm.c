/* SPDX-License-Identifier: MIT */
/*
 * ACPI registers of PIIX4's power management function (290562, chapter 7): PM1 status, enable and
 * control, the power management timer, general purpose events (at GPE0_BASE, where firmware for
 * virtual PCs expects them), SMI command and status. Without system management mode the ACPI
 * enable and disable commands act here, as the SMI handler would. Sleep type 0 is soft-off; the
 * others (suspend) are not offered by the tables and do nothing.
 */
#include "hw/pc/acpi_pm.h"

#include "core/log.h"
#include "core/trace.h"
#include "hw/isa/isa.h"
#include "hw/isa/isa_ports.h"

enum { REG_STATUS = 0x00, REG_ENABLE = 0x02, REG_CONTROL = 0x04, REG_TIMER = 0x08 };

#define PM1_TMR          0x0001
#define PM1_GBL          0x0020
#define PM1_PWRBTN       0x0100
#define PM1_RTC          0x0400
#define PM1_WAK          0x8000
#define PM1_STATUS_MASK  (PM1_TMR | PM1_GBL | PM1_PWRBTN | PM1_RTC | PM1_WAK)
#define PM1_ENABLE_MASK  (PM1_TMR | PM1_GBL | PM1_PWRBTN | PM1_RTC)
#define CNT_SCI_EN       0x0001
#define CNT_KEPT         0x1c03 /* SLP_TYP, BM_RLD, SCI_EN; GBL_RLS and SLP_EN read 0 */
#define CNT_SLP_EN       0x2000
#define CNT_SLP_TYP(cnt) ((cnt) >> 10 & 7)

struct acpi_pm {
    struct device dev;
    struct acpi_pm_config cfg;
    struct isa_ports ports;    /* B2h and GPE0 */
    struct isa_ports pm_ports; /* at PMBASE */
    struct timer timer;
    uint16_t base;
    bool mapped;
    uint16_t status, enable, control;
    uint16_t gpe_status, gpe_enable;
    uint8_t apmc, apms;
    uint64_t toggles; /* of the timer's highest bit, already in status */
};

static uint64_t pm_ticks(const struct acpi_pm *pm)
{
    return muldiv_u64((uint64_t)clock_now_ns(pm->cfg.clock), ACPI_PM_TIMER_HZ, NS_PER_SEC);
}

static unsigned pm_high_bit(const struct acpi_pm *pm)
{
    return pm->cfg.timer_32bit ? 31 : 23;
}

static void pm_update_irq(struct acpi_pm *pm)
{
    bool pending = (pm->status & pm->enable) || (pm->gpe_status & pm->gpe_enable);

    irq_set(pm->cfg.sci, pending && (pm->control & CNT_SCI_EN));
}

/* TMR_STS follows the timer's highest bit (ACPI 4.8.3.3). */
static void pm_sync(struct acpi_pm *pm)
{
    uint64_t toggles = pm_ticks(pm) >> pm_high_bit(pm);

    if (toggles != pm->toggles) {
        pm->toggles = toggles;
        pm->status |= PM1_TMR;
    }
    if ((pm->enable & PM1_TMR) && !(pm->status & PM1_TMR)) {
        uint64_t next = (toggles + 1) << pm_high_bit(pm);

        timer_mod(&pm->timer,
                  (int64_t)(next / ACPI_PM_TIMER_HZ * NS_PER_SEC +
                            (next % ACPI_PM_TIMER_HZ * NS_PER_SEC + ACPI_PM_TIMER_HZ - 1) /
                                ACPI_PM_TIMER_HZ));
    } else {
        timer_del(&pm->timer);
    }
    pm_update_irq(pm);
}

static void pm_fire(void *opaque)
{
    pm_sync(opaque);
}

static uint32_t pm_read(void *opaque, uint16_t off, unsigned size)
{
    struct acpi_pm *pm = opaque;
    uint32_t dword = 0;

    (void)size;
    pm_sync(pm);
    switch (off & ~3u) {
    case REG_STATUS: dword = pm->status | (uint32_t)pm->enable << 16; break;
    case REG_CONTROL: dword = pm->control; break;
    case REG_TIMER:
        dword = (uint32_t)pm_ticks(pm);
        if (!pm->cfg.timer_32bit) {
            dword &= 0xffffff;
        }
        break;
    default: break;
    }
    return dword >> (off & 3) * 8;
}

static void pm_sleep(struct acpi_pm *pm, uint16_t value)
{
    trace_acpi_sleep(CNT_SLP_TYP(value));
    if (CNT_SLP_TYP(value) == 0) {
        pm->cfg.ctl->power_off(pm->cfg.ctl->opaque);
    } else {
        guest_warn("acpi", "sleep type %u is not offered", CNT_SLP_TYP(value));
    }
}

/* `bits`: which of the register's 16 bits this byte write carries. */
static void pm_write_reg(struct acpi_pm *pm, unsigned reg, uint16_t value, uint16_t bits)
{
    switch (reg) {
    case REG_STATUS: pm->status &= (uint16_t) ~(value & bits & PM1_STATUS_MASK); break;
    case REG_ENABLE:
        pm->enable = ((pm->enable & (uint16_t)~bits) | (value & bits)) & PM1_ENABLE_MASK;
        break;
    case REG_CONTROL:
        pm->control = ((pm->control & (uint16_t)~bits) | (value & bits)) & CNT_KEPT;
        if (value & bits & CNT_SLP_EN) {
            pm_sleep(pm, pm->control);
        }
        break;
    default: break;
    }
}

static void pm_write(void *opaque, uint16_t off, uint32_t value, unsigned size)
{
    struct acpi_pm *pm = opaque;

    pm_sync(pm);
    for (unsigned i = 0; i < size; i++, off++) {
        unsigned shift = (off & 1) * 8;

        pm_write_reg(pm, off & ~1u, (uint16_t)((value >> i * 8 & 0xff) << shift),
                     (uint16_t)(0xff << shift));
    }
    pm_sync(pm);
}

static uint32_t gpe_read(void *opaque, uint16_t off, unsigned size)
{
    struct acpi_pm *pm = opaque;

    (void)size;
    return (pm->gpe_status | (uint32_t)pm->gpe_enable << 16) >> off * 8;
}

static void gpe_write(void *opaque, uint16_t off, uint32_t value, unsigned size)
{
    struct acpi_pm *pm = opaque;
    uint32_t mask = (size == 4 ? UINT32_MAX : (1u << size * 8) - 1) << off * 8;
    uint32_t all = value << off * 8;

    pm->gpe_status &= (uint16_t) ~(all & mask);
    mask >>= 16;
    pm->gpe_enable = (uint16_t)((pm->gpe_enable & ~mask) | (all >> 16 & mask));
    pm_update_irq(pm);
}

static uint32_t smi_read(void *opaque, uint16_t off, unsigned size)
{
    struct acpi_pm *pm = opaque;

    (void)size;
    return off == 0 ? pm->apmc : pm->apms;
}

static void smi_write(void *opaque, uint16_t off, uint32_t value, unsigned size)
{
    struct acpi_pm *pm = opaque;

    (void)size;
    if (off == 1) {
        pm->apms = (uint8_t)value;
        return;
    }
    pm->apmc = (uint8_t)value;
    if (pm->apmc == ACPI_ENABLE_CMD) {
        pm->control |= CNT_SCI_EN;
    } else if (pm->apmc == ACPI_DISABLE_CMD) {
        pm->control &= (uint16_t)~CNT_SCI_EN;
    }
    pm_update_irq(pm);
    if (pm->cfg.smi) {
        pm->cfg.smi(pm->cfg.opaque, pm->apmc);
    }
}

static const struct ioport_ops pm_ops = {
    .read = pm_read,
    .write = pm_write,
    .min_size = 1,
    .max_size = 4,
};
static const struct ioport_ops gpe_ops = {
    .read = gpe_read,
    .write = gpe_write,
    .min_size = 1,
    .max_size = 4,
};
static const struct ioport_ops smi_ops = { .read = smi_read, .write = smi_write };

/* Overlays, because a guest may put them anywhere. */
void acpi_pm_map(struct acpi_pm *pm, uint16_t base, bool enabled)
{
    base &= (uint16_t) ~(ACPI_PM_IO_SIZE - 1);
    if (pm->mapped == enabled && pm->base == base) {
        return;
    }
    isa_ports_release(&pm->pm_ports);
    pm->base = base;
    pm->mapped = enabled;
    if (enabled) {
        isa_ports_claim(&pm->pm_ports, &pm->dev, base, ACPI_PM_IO_SIZE, true, &pm_ops, pm, NULL);
    }
}

void acpi_pm_power_button(struct acpi_pm *pm)
{
    pm_sync(pm);
    pm->status |= PM1_PWRBTN;
    pm_update_irq(pm);
}

void acpi_pm_gpe(struct acpi_pm *pm, unsigned bit)
{
    pm->gpe_status |= (uint16_t)(1u << (bit & 15));
    pm_update_irq(pm);
}

static void acpi_pm_reset(struct device *d)
{
    struct acpi_pm *pm = (struct acpi_pm *)d;

    pm->status = 0;
    pm->enable = 0;
    pm->control = 0;
    pm->gpe_status = 0;
    pm->gpe_enable = 0;
    pm->apmc = 0;
    pm->apms = 0;
    pm->toggles = pm_ticks(pm) >> pm_high_bit(pm);
    pm_sync(pm);
}

static bool acpi_pm_realize(struct device *d, GError **err)
{
    struct acpi_pm *pm = (struct acpi_pm *)d;

    timer_init(&pm->timer, pm->cfg.clock, pm_fire, pm);
    acpi_pm_reset(d);
    return isa_ports_claim(&pm->ports, d, ACPI_SMI_CMD, 2, false, &smi_ops, pm, err) &&
           isa_ports_claim(&pm->ports, d, ACPI_GPE0_BASE, 4, false, &gpe_ops, pm, err);
}

static void acpi_pm_unrealize(struct device *d)
{
    struct acpi_pm *pm = (struct acpi_pm *)d;

    timer_del(&pm->timer);
    isa_ports_release(&pm->ports);
    isa_ports_release(&pm->pm_ports);
}

struct acpi_pm *acpi_pm_new(const struct acpi_pm_config *cfg, GError **err)
{
    struct device *d = device_new(&acpi_pm_class);
    struct acpi_pm *pm = (struct acpi_pm *)d;

    pm->cfg = *cfg;
    pm->ports.io = cfg->io;
    pm->pm_ports.io = cfg->io;
    if (!device_realize(d, err)) {
        device_free(d);
        return NULL;
    }
    return pm;
}

const struct device_class acpi_pm_class = {
    .name = "acpi-pm",
    .desc = "ACPI power management registers",
    .size = sizeof(struct acpi_pm),
    .realize = acpi_pm_realize,
    .unrealize = acpi_pm_unrealize,
    .reset = acpi_pm_reset,
};

/* --- CF9h (PIIX3, "Reset control register") -------------------------------------------------- */

#define RST_SYSTEM 0x02
#define RST_CPU    0x04

struct reset_ctl {
    struct device dev;
    struct isa_ports ports;
    const struct machine_ctl *ctl;
    uint8_t value;
};

static uint32_t reset_ctl_read(void *opaque, uint16_t off, unsigned size)
{
    (void)off;
    (void)size;
    return ((struct reset_ctl *)opaque)->value;
}

static void reset_ctl_write(void *opaque, uint16_t off, uint32_t value, unsigned size)
{
    struct reset_ctl *r = opaque;
    bool rises = value & ~r->value & RST_CPU;

    (void)off;
    (void)size;
    r->value = (uint8_t)value & (RST_SYSTEM | RST_CPU);
    if (rises) {
        r->ctl->reset(r->ctl->opaque, value & RST_SYSTEM ? RESET_SYSTEM : RESET_CPU);
    }
}

static const struct ioport_ops reset_ctl_ops = {
    .read = reset_ctl_read,
    .write = reset_ctl_write,
};

static void reset_ctl_reset(struct device *d)
{
    ((struct reset_ctl *)d)->value = 0;
}

static bool reset_ctl_realize(struct device *d, GError **err)
{
    struct reset_ctl *r = (struct reset_ctl *)d;

    return isa_ports_claim(&r->ports, d, 0xcf9, 1, true, &reset_ctl_ops, r, err);
}

static void reset_ctl_unrealize(struct device *d)
{
    isa_ports_release(&((struct reset_ctl *)d)->ports);
}

struct reset_ctl *reset_ctl_new(struct ioport_space *io, const struct machine_ctl *ctl,
                                GError **err)
{
    struct device *d = device_new(&reset_ctl_class);
    struct reset_ctl *r = (struct reset_ctl *)d;

    r->ports.io = io;
    r->ctl = ctl;
    if (!device_realize(d, err)) {
        device_free(d);
        return NULL;
    }
    return r;
}

const struct device_class reset_ctl_class = {
    .name = "reset-control",
    .desc = "reset control register CF9h",
    .size = sizeof(struct reset_ctl),
    .realize = reset_ctl_realize,
    .unrealize = reset_ctl_unrealize,
    .reset = reset_ctl_reset,
};
