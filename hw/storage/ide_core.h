/* SPDX-License-Identifier: MIT */
/*
 * Inside of the IDE model: channel (task file, ATA/ATAPI-6), drives, and the bus master as they see
 * it. ide_channel.c knows registers and data transfer, ata.c and atapi.c the command sets, ide.c
 * the PCI function. Machine lock held.
 *
 * A command runs as: command written -> handler -> {block request -> done} and {DRQ block or DMA
 * burst -> moved} in turn -> ide_complete/ide_error. At most one block request is in flight a
 * drive; ide_drive_cancel takes everything back at any point.
 */
#ifndef HW_STORAGE_IDE_CORE_H
#define HW_STORAGE_IDE_CORE_H

#include "backend/block/block.h"
#include "core/clock.h"
#include "core/irq.h"
#include "core/types.h"

enum ide_status {
    IDE_BSY = 0x80,
    IDE_DRDY = 0x40,
    IDE_DF = 0x20,
    IDE_DSC = 0x10,
    IDE_DRQ = 0x08,
    IDE_ERR = 0x01, /* CHK for packet devices */
};

enum ide_error_bits {
    IDE_ER_UNC = 0x40,
    IDE_ER_IDNF = 0x10,
    IDE_ER_ABRT = 0x04,
};

enum ide_control { IDE_CTL_HOB = 0x80, IDE_CTL_SRST = 0x04, IDE_CTL_NIEN = 0x02 };
enum ide_device_bits { IDE_DEV_LBA = 0x40, IDE_DEV_DEV1 = 0x10 };

enum ide_kind { IDE_NONE, IDE_DISK, IDE_CDROM };

#define IDE_BUF_MAX MIB(1) /* bounce buffer: one block request moves no more */

struct ide_channel;
struct ide_drive;

/* Two-deep registers: [0] the latest value, [1] the one before (HOB, 48-bit commands). */
struct ide_taskfile {
    uint8_t feature[2], nsector[2], lba_low[2], lba_mid[2], lba_high[2];
    uint8_t device, error, status;
};

/* Reads or writes in progress, in sectors of 512 bytes (CD: frames). */
struct ide_rw {
    uint64_t lba;       /* of the next sector to move */
    uint32_t remaining; /* from lba on */
    uint32_t chunk;     /* in the buffer, or on its way there */
    uint32_t chunk_max; /* most sectors in the buffer */
    uint32_t done;      /* sectors of the chunk that the block back end has moved */
    uint32_t req_len;   /* of the request in flight */
    uint32_t req_limit; /* shrinks when a request failed, to find the bad sector */
    uint32_t drq_bytes; /* PIO: per DRQ block */
    uint64_t bad_lba;   /* when `bad` */
    bool write, verify, dma, ext, bad;
};

struct ide_sense {
    uint8_t key, asc, ascq;
    bool has_lba;
    uint32_t lba;
};

struct ide_cd {
    uint8_t packet[12];
    struct ide_sense sense;
    uint32_t byte_limit; /* PIO: most bytes a DRQ block */
    unsigned frame_size; /* 2048 or 2352 */
    size_t have;         /* bytes of buf to send */
    bool dma;
    bool unit_attention; /* medium changed, not yet reported */
    bool door_locked, tray_open;
    bool event_new, event_removed, event_eject;
};

struct ide_drive {
    struct ide_channel *ch;
    unsigned unit;
    enum ide_kind kind;
    struct block *blk; /* NULL: no medium */
    uint64_t sectors;
    char serial[21], model[41];
    struct ide_taskfile tf;
    bool intrq; /* interrupt pending */
    uint8_t command;

    /* Buffer and the DRQ block in it. */
    uint8_t *buf;
    size_t buf_size;
    size_t pos, end; /* bytes of buf still to move */
    bool to_host;
    void (*moved)(struct ide_drive *d); /* the DRQ block or burst is complete */
    bool dma_pending;                   /* DMARQ: waits for or is served by the bus master */

    struct block_req *req;
    void (*io_done)(struct ide_drive *d, int ret);
    bool io_active;
    unsigned io_seq;
    unsigned io_errors; /* reported to the user; a guest may retry for ever */

    struct ide_rw rw;
    /* Disk. */
    unsigned cyls, heads, spt;             /* default translation */
    unsigned cur_cyls, cur_heads, cur_spt; /* INITIALIZE DEVICE PARAMETERS */
    uint8_t multiple;                      /* 0 = off */
    bool write_cache, look_ahead, asleep;
    uint8_t mwdma_mode, udma_mode; /* one-hot, 0 = not selected */
    uint8_t power;                 /* CHECK POWER MODE's answer */
    uint8_t host_buf[512];         /* READ/WRITE BUFFER */
    struct ide_cd cd;
};

/* The bus master's side of a channel. */
struct ide_dma_ops {
    /* Moves up to len bytes between buf and guest memory by the descriptor table; returns how many
     * it took. Fewer: not started, wrong direction, table exhausted or bus error. */
    size_t (*transfer)(void *opaque, uint8_t *buf, size_t len, bool to_memory);
    void (*intrq_rose)(void *opaque);
    void *opaque;
};

struct ide_channel {
    struct ide_drive drive[2];
    struct clock *clock;
    struct irq irq;
    struct ide_dma_ops dma;
    struct timer srst_timer; /* end of the busy time after a reset */
    bool irq_level;
    bool in_pump;
    uint8_t control;  /* Device Control */
    uint8_t selected; /* 0 or 1 */
    const char *name; /* for messages */
};

/* ide_channel.c */
void ide_channel_init(struct ide_channel *ch, struct clock *clock, struct irq irq,
                      const struct ide_dma_ops *dma, const char *name);
void ide_channel_exit(struct ide_channel *ch);
void ide_channel_reset(struct ide_channel *ch); /* hardware reset */
uint32_t ide_command_block_read(struct ide_channel *ch, unsigned reg, unsigned size);
void ide_command_block_write(struct ide_channel *ch, unsigned reg, uint32_t v, unsigned size);
uint8_t ide_alt_status(struct ide_channel *ch);
void ide_device_control(struct ide_channel *ch, uint8_t v);
/* The bus master was started or has memory again: moves what waits. */
void ide_channel_dma_pump(struct ide_channel *ch);

void ide_drive_setup(struct ide_drive *d, enum ide_kind kind, struct block *blk,
                     const char *serial);
void ide_drive_cancel(struct ide_drive *d);
bool ide_buf_reserve(struct ide_drive *d, size_t size); /* <= IDE_BUF_MAX; false: no memory */
void ide_set_intrq(struct ide_drive *d, bool on);
/* Ends a command: status, no data left, interrupt. */
void ide_complete(struct ide_drive *d);
void ide_fail(struct ide_drive *d, uint8_t error, uint8_t extra_status);
/* Offers buf[pos..pos+len) as a DRQ block through the data port. */
void ide_pio_begin(struct ide_drive *d, size_t pos, size_t len, bool to_host,
                   void (*moved)(struct ide_drive *), bool interrupt);
/* Moves buf[0..len) by bus master. */
void ide_dma_begin(struct ide_drive *d, size_t len, bool to_host,
                   void (*moved)(struct ide_drive *));
/* One block request for buf + off; BSY until done. Counts are sectors of 512. */
void ide_block_read(struct ide_drive *d, uint64_t sector, unsigned count, size_t off,
                    void (*done)(struct ide_drive *, int ret));
void ide_block_write(struct ide_drive *d, uint64_t sector, unsigned count, size_t off,
                     void (*done)(struct ide_drive *, int ret));
void ide_block_flush(struct ide_drive *d, void (*done)(struct ide_drive *, int ret));
/* A line for the user about a host failure, for the first few of each drive. */
void ide_log_failure(struct ide_drive *d, const char *what, uint64_t at, int ret);
/* IDENTIFY strings: padded with blanks, bytes swapped in each word. */
void ide_put_string(uint16_t *words, const char *s, unsigned chars);
void ide_words_to_buf(struct ide_drive *d, const uint16_t words[256]);
/* Transfer-mode part of SET FEATURES (03h); false: not a mode of ours. */
bool ide_set_transfer_mode(struct ide_drive *d, uint8_t mode);

/* ata.c, ata_identify.c */
void ata_geometry(struct ide_drive *d);
void ata_command(struct ide_drive *d, uint8_t cmd);
void ata_reset(struct ide_drive *d, bool hard);
void ata_identify(struct ide_drive *d);

/* atapi.c, atapi_cmd.c */
void atapi_command(struct ide_drive *d, uint8_t cmd);
void atapi_reset(struct ide_drive *d, bool hard);
void atapi_medium_changed(struct ide_drive *d, struct block *blk);
void atapi_packet(struct ide_drive *d); /* d->cd.packet is there */
void atapi_ok(struct ide_drive *d);
void atapi_fail(struct ide_drive *d, uint8_t key, uint8_t asc, uint8_t ascq);
void atapi_reply(struct ide_drive *d, size_t len, size_t allocation);
void atapi_read_frames(struct ide_drive *d, uint32_t lba, uint32_t count, unsigned frame_size);
uint32_t atapi_frames(const struct ide_drive *d); /* capacity in frames of 2048 bytes */

#endif
