/* SPDX-License-Identifier: MIT */
/*
 * Intel 82371FB/SB (PIIX3) ISA bridge, order number 290550: interrupt steering of the four PCI
 * interrupts. The chips inside it (8259s, 8254, 8237s, reset control) are devices of their own;
 * chip-select and ISA timing registers keep what is written and do nothing.
 */
#include "hw/pc/piix3.h"

#include <string.h>

#include "hw/pci/pci.h"

enum {
    REG_PIRQRC = 0x60, /* PIRQA-D route control */
};
#define PIRQS    4
#define PIRQ_OFF 0x80
/* IRQs that a PIRQ can be steered to: 3-7, 9-12, 14, 15 (2.2.9). */
#define PIRQ_VALID 0xdef8u

struct piix3 {
    struct pci_device pci;
    struct pci_bus *bus;
    int devfn;
    struct irq irq[16];
    uint32_t lines[PIRQS]; /* a bit for each slot that pulls it */
    uint16_t raised;       /* ISA IRQs we hold high */
};

/* Slot 1's INTA is PIRQA; each slot is turned by one. SeaBIOS and the _PRT know the same. */
static unsigned pirq_of(unsigned slot, unsigned pin)
{
    return (slot + pin + PIRQS - 1) % PIRQS;
}

static int irq_of_pirq(const struct piix3 *p, unsigned pirq)
{
    uint8_t route = p->pci.config[REG_PIRQRC + pirq];
    return route & PIRQ_OFF || !(PIRQ_VALID >> (route & 15) & 1) ? -1 : route & 15;
}

static void update_irqs(struct piix3 *p)
{
    uint16_t wanted = 0;

    for (unsigned i = 0; i < PIRQS; i++) {
        int irq = irq_of_pirq(p, i);
        if (irq >= 0 && p->lines[i]) {
            wanted |= (uint16_t)(1u << irq);
        }
    }
    uint16_t changed = wanted ^ p->raised;
    p->raised = wanted;
    for (unsigned irq = 0; irq < 16; irq++) {
        if (changed >> irq & 1) {
            irq_set(p->irq[irq], wanted >> irq & 1);
        }
    }
}

void piix3_set_intx(struct piix3 *p, unsigned slot, unsigned pin, bool level)
{
    unsigned pirq = pirq_of(slot, pin);
    /* A slot's four pins are four different PIRQs, so one bit a slot is enough. */
    if (level) {
        p->lines[pirq] |= 1u << slot;
    } else {
        p->lines[pirq] &= ~(1u << slot);
    }
    update_irqs(p);
}

int piix3_intx_irq(const struct piix3 *p, unsigned slot, unsigned pin)
{
    return irq_of_pirq(p, pirq_of(slot, pin));
}

static void piix3_config_written(struct pci_device *d, unsigned off, unsigned len)
{
    if (off < REG_PIRQRC + PIRQS && off + len > REG_PIRQRC) {
        update_irqs((struct piix3 *)d);
    }
}

static void piix3_reset(struct device *d)
{
    struct piix3 *p = (struct piix3 *)d;
    uint8_t *c = p->pci.config;

    pci_device_reset(&p->pci);
    c[0x04] = 0x07; /* I/O, memory and bus master are hard-wired on */
    c[0x07] = 0x02; /* medium DEVSEL# */
    c[0x4c] = 0x4d; /* ISA recovery times */
    c[0x4e] = 0x03; /* chip selects: keyboard controller, RTC */
    c[0x4f] = 0x00;
    memset(c + REG_PIRQRC, PIRQ_OFF, PIRQS);
    c[0x69] = 0x02; /* top of memory */
    c[0x70] = PIRQ_OFF;
    c[0x76] = c[0x77] = 0x0c;
    c[0x78] = 0x02;
    c[0xa0] = 0x08;
    c[0xa8] = 0x0f;
    update_irqs(p);
}

static bool piix3_realize(struct device *d, GError **err)
{
    struct piix3 *p = (struct piix3 *)d;
    static const struct pci_ids ids = { 0x8086, 0x7000, 0x1af4, 0x1100, 0x060100, 0, 0 };
    static const uint8_t kept[] = { 0x4c, 0x4e, 0x4f, 0x69, 0x70, 0x76, 0x77, 0x78, 0xa0, 0xa8 };

    if (!pci_device_init(&p->pci, p->bus, p->devfn, &ids, err)) {
        return false;
    }
    memset(p->pci.wmask + 0x04, 0, 2);
    p->pci.wmask[0x05] = 0x01; /* SERR# */
    for (unsigned i = 0; i < ARRAY_LEN(kept); i++) {
        p->pci.wmask[kept[i]] = 0xff;
    }
    memset(p->pci.wmask + REG_PIRQRC, PIRQ_OFF | 0x0f, PIRQS);
    p->pci.config_written = piix3_config_written;
    piix3_reset(d);
    return true;
}

static void piix3_unrealize(struct device *d)
{
    pci_device_exit(&((struct piix3 *)d)->pci);
}

struct piix3 *piix3_new(struct pci_bus *bus, int devfn, const struct irq irq[16], GError **err)
{
    struct piix3 *p = (struct piix3 *)device_new(&piix3_class);
    p->bus = bus;
    p->devfn = devfn;
    memcpy(p->irq, irq, sizeof(p->irq));
    if (!device_realize(&p->pci.dev, err)) {
        device_free(&p->pci.dev);
        return NULL;
    }
    return p;
}

const struct device_class piix3_class = {
    .name = "PIIX3",
    .desc = "82371SB ISA bridge",
    .bus = BUS_PCI,
    .size = sizeof(struct piix3),
    .realize = piix3_realize,
    .unrealize = piix3_unrealize,
    .reset = piix3_reset,
};
