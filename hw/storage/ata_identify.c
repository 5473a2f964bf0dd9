/* SPDX-License-Identifier: MIT */
/*
 * IDENTIFY DEVICE data of a hard disk (ATA/ATAPI-6, table 27).
 */
#include "hw/storage/ide_core.h"

#include <string.h>

#define EMU_DISK_FIRMWARE "1.0"

static void put_u32(uint16_t *w, uint32_t v)
{
    w[0] = (uint16_t)v;
    w[1] = (uint16_t)(v >> 16);
}

static void identify_geometry(const struct ide_drive *d, uint16_t *w)
{
    uint64_t current = (uint64_t)d->cur_cyls * d->cur_heads * d->cur_spt;
    uint64_t lba28 = d->sectors > 0x0fffffff ? 0x0fffffff : d->sectors;
    w[1] = (uint16_t)d->cyls;
    w[3] = (uint16_t)d->heads;
    w[6] = (uint16_t)d->spt;
    w[54] = (uint16_t)d->cur_cyls;
    w[55] = (uint16_t)d->cur_heads;
    w[56] = (uint16_t)d->cur_spt;
    put_u32(w + 57, (uint32_t)(current > d->sectors ? d->sectors : current));
    put_u32(w + 60, (uint32_t)lba28);
    put_u32(w + 100, (uint32_t)d->sectors);
    put_u32(w + 102, (uint32_t)(d->sectors >> 32));
}

/* Feature words: bit 14 set and bit 15 clear mark them valid. */
static void identify_features(const struct ide_drive *d, uint16_t *w)
{
    const uint16_t set1 = 0x4000 /* NOP */ | 0x2000 /* READ BUFFER */ | 0x1000 /* WRITE BUFFER */ |
                          0x0040 /* look-ahead */ | 0x0020 /* write cache */ | 0x0008 /* power */;
    const uint16_t set2 =
        0x2000 /* FLUSH CACHE EXT */ | 0x1000 /* FLUSH CACHE */ | 0x0400 /* 48-bit addresses */;
    w[82] = set1;
    w[83] = 0x4000 | set2;
    w[84] = 0x4000;
    w[85] = (uint16_t)(set1 & ~((d->look_ahead ? 0 : 0x40) | (d->write_cache ? 0 : 0x20)));
    w[86] = set2;
    w[87] = 0x4000;
}

void ata_identify(struct ide_drive *d)
{
    uint16_t w[256] = { 0 };
    w[0] = 0x0040; /* fixed disk */
    identify_geometry(d, w);
    ide_put_string(w + 10, d->serial, 20);
    ide_put_string(w + 23, EMU_DISK_FIRMWARE, 8);
    ide_put_string(w + 27, d->model, 40);
    w[47] = 0x8000 | 16; /* most sectors per DRQ block */
    w[48] = 1;           /* 32-bit data port */
    w[49] = 0x2f00;      /* standby timer, IORDY (may be off), LBA, DMA */
    w[50] = 0x4000;
    w[51] = w[52] = 0x0200; /* PIO and DMA timing modes of old */
    w[53] = 0x0007;         /* words 54-58, 64-70 and 88 are valid */
    w[59] = (uint16_t)(d->multiple ? 0x0100 | d->multiple : 0);
    w[63] = (uint16_t)(0x07 | d->mwdma_mode << 8);
    w[64] = 0x03;                        /* PIO modes 3 and 4 */
    w[65] = w[66] = w[67] = w[68] = 120; /* ns */
    w[80] = 0x007c;                      /* ATA-2 to ATA/ATAPI-6 */
    identify_features(d, w);
    w[88] = (uint16_t)(0x3f | d->udma_mode << 8);
    w[93] = (uint16_t)(0x6000 | (d->unit == 0 ? 0x0001 : 0x0100)); /* 80-conductor cable */
    w[106] = 0x4000; /* one logical sector per physical one */
    ide_words_to_buf(d, w);
    d->buf[510] = 0xa5; /* word 255: signature and checksum */
    uint8_t sum = 0;
    for (unsigned i = 0; i < 511; i++) {
        sum = (uint8_t)(sum + d->buf[i]);
    }
    d->buf[511] = (uint8_t)-sum;
}
