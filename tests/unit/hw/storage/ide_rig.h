/* SPDX-License-Identifier: MIT */
/*
 * A PCI bus with an IDE function, fake disks and RAM, and the sequences that drivers issue.
 */
#ifndef TESTS_IDE_RIG_H
#define TESTS_IDE_RIG_H

#include "hw/pci/pci.h"
#include "hw/storage/ide.h"
#include "tests/fake/block.h"
#include "tests/fake/clock.h"
#include "tests/fake/irq.h"
#include "tests/fake/unit.h"

#define RAM_SIZE MIB(8)
#define BM       0xc000u
#define PRDT     0x1000u
#define DATA     0x100000u

enum { R_DATA, R_ERR, R_COUNT, R_LOW, R_MID, R_HIGH, R_DEV, R_CMD };

struct rig {
    struct ioport_space *io;
    struct physmem *mem;
    struct clock *clock;
    struct pci_bus *bus;
    struct fake_irq irq;
    uint8_t *ram;
    struct block *disk[4];
    struct drive drive[4];
    struct device *ide;
    uint16_t base; /* of the channel in use */
};

/* kinds: 'd' disk, 'c' CD with medium, 'e' CD drive without, '-' nothing; one letter a unit. */
struct rig *rig_new(const char *kinds, uint64_t sectors);
void rig_free(struct rig *r);
uint8_t in(struct rig *r, unsigned reg);
void out(struct rig *r, unsigned reg, unsigned v);
uint8_t alt_status(struct rig *r);
void control(struct rig *r, unsigned v);
unsigned irqs(struct rig *r);
bool irq_level(struct rig *r);
/* Block requests run until none is left. */
void settle(struct rig *r);
void command28(struct rig *r, unsigned unit, uint32_t lba, unsigned count, unsigned cmd);
void command48(struct rig *r, unsigned unit, uint64_t lba, unsigned count, unsigned cmd);
void insw(struct rig *r, uint16_t *buf, unsigned words);
void outsw(struct rig *r, const uint16_t *buf, unsigned words);

/* Bus master. */
uint16_t bm_port(struct rig *r, unsigned reg);
uint8_t bm_status(struct rig *r);
void prd(struct rig *r, unsigned n, uint32_t addr, unsigned count, bool last);
void bm_start(struct rig *r, bool to_memory);
void bm_stop(struct rig *r);
/* Is the data at p that of sectors lba... of unit? */
bool sectors_are(const uint8_t *p, uint64_t lba, unsigned n, unsigned unit);

#endif
