/* SPDX-License-Identifier: MIT */
/*
 * Inside of the floppy controller: fdc.c has registers, phases and control commands, fdc_data.c the
 * drives and the commands that touch the medium.
 */
#ifndef HW_STORAGE_FDC_INT_H
#define HW_STORAGE_FDC_INT_H

#include "backend/block/block.h"
#include "core/device.h"
#include "hw/isa/isa.h"

#define FDC_DRIVES      2
#define FDC_MAX_SECTORS 5760u
/* A cylinder of the densest disk, both heads. */
#define FDC_BUF (2u * 36 * SECTOR_SIZE)

struct fdd {
    bool present;
    struct block *blk; /* NULL: no disk */
    uint8_t type;      /* as CMOS has it */
    uint8_t track;     /* under the head */
    bool changed;      /* disk change line */
    /* Of the disk. */
    uint8_t tracks, heads, spt;
    uint8_t rates; /* data rates that read it: bit n = rate n */
};

enum fdc_phase { FDC_COMMAND, FDC_BUSY, FDC_DMA_DATA, FDC_PIO_DATA, FDC_RESULT };

struct fdc {
    struct device dev; /* first */
    struct isa_bus *isa;
    struct drive *drives[FDC_DRIVES];
    struct fdd drive[FDC_DRIVES], absent;
    unsigned ports;

    uint8_t dor, tdr, rate;
    uint8_t specify[2], config, pretrk, perpendicular;
    bool lock;
    bool irq_pending;
    enum fdc_phase phase;
    uint8_t cmd[9], result[10];
    unsigned cmd_len, result_len, result_pos;
    uint8_t sense_st0[4], sense_pending;
    uint8_t seek_pending, drive_busy; /* a bit per drive; sense_pending is set by resets too */

    /* Execution phase. */
    uint8_t c, h, r, n, eot;
    bool write, verify, deleted, format, ignore_id;
    unsigned run;       /* sectors in buf */
    unsigned run_limit; /* shrinks when a request fails, to find the bad sector */
    uint8_t *buf;       /* FDC_BUF */
    size_t pos, end;
    bool to_host, tc, in_pump;
    struct block_req *req;
    bool io_active;
    unsigned io_seq;
    unsigned io_errors; /* reported to the user */
    unsigned format_at; /* sector being formatted */
};

/* fdc.c */
void fdc_finish(struct fdc *f, uint8_t st0, uint8_t st1, uint8_t st2);
struct fdd *fdc_selected(struct fdc *f);
void fdc_data_begin(struct fdc *f, size_t len, bool to_host);

/* fdc_data.c */
bool fdc_insert(struct fdd *d, struct block *blk); /* NULL: empty; false: too large */
void fdc_step_to(struct fdd *d, uint8_t track);
void fdc_cancel(struct fdc *f);
void fdc_data_moved(struct fdc *f); /* the buffer is full, empty, or f->tc came */
void fdc_cmd_read(struct fdc *f);
void fdc_cmd_read_deleted(struct fdc *f);
void fdc_cmd_read_track(struct fdc *f);
void fdc_cmd_verify(struct fdc *f);
void fdc_cmd_write(struct fdc *f);
void fdc_cmd_read_id(struct fdc *f);
void fdc_cmd_format(struct fdc *f);

#endif
