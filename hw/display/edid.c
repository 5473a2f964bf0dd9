/* SPDX-License-Identifier: MIT */
/*
 * EDID 1.4 base block of a monitor (VESA E-EDID standard, release A rev. 2). Timings by VESA CVT
 * 1.1 with reduced blanking.
 */
#include <string.h>

#include "hw/display/vga_int.h"

/* CVT reduced blanking: fixed horizontal blanking, at least 460 us of vertical blanking. */
enum { H_BLANK = 160, H_FRONT = 48, H_SYNC = 32, V_FRONT = 3, V_SYNC = 6, REFRESH = 60 };

static void detailed_timing(uint8_t *p, unsigned x, unsigned y)
{
    unsigned v_blank = (unsigned)((uint64_t)460 * y * REFRESH / (1000000 - 460 * REFRESH)) + 1;
    unsigned v_min = V_FRONT + V_SYNC + 6;
    v_blank = v_blank < v_min ? v_min : v_blank;
    uint64_t pixels = (uint64_t)(x + H_BLANK) * (y + v_blank);
    unsigned clock = (unsigned)(pixels * REFRESH / 10000); /* 10 kHz */
    clock = clock > 0xffff ? 0xffff : clock;
    unsigned mm_x = x * 254 / 960, mm_y = y * 254 / 960; /* 96 dpi */
    p[0] = (uint8_t)clock;
    p[1] = (uint8_t)(clock >> 8);
    p[2] = (uint8_t)x;
    p[3] = H_BLANK;
    p[4] = (uint8_t)(x >> 8 << 4 | H_BLANK >> 8);
    p[5] = (uint8_t)y;
    p[6] = (uint8_t)v_blank;
    p[7] = (uint8_t)(y >> 8 << 4 | v_blank >> 8);
    p[8] = H_FRONT;
    p[9] = H_SYNC;
    p[10] = V_FRONT << 4 | V_SYNC;
    p[11] = 0;
    p[12] = (uint8_t)mm_x;
    p[13] = (uint8_t)mm_y;
    p[14] = (uint8_t)(mm_x >> 8 << 4 | mm_y >> 8);
    p[17] = 0x1a; /* digital separate sync, +hsync */
}

static void descriptor_text(uint8_t *p, uint8_t tag, const char *text)
{
    size_t len = strlen(text);
    memset(p, 0, 18);
    p[3] = tag;
    memset(p + 5, ' ', 13);
    memcpy(p + 5, text, len);
    p[5 + len] = '\n';
}

/* Standard timing: columns and aspect (0 16:10, 1 4:3, 2 5:4, 3 16:9), 60 Hz. */
static void standard_timing(uint8_t *p, unsigned x, unsigned aspect)
{
    p[0] = (uint8_t)(x / 8 - 31);
    p[1] = (uint8_t)(aspect << 6);
}

void edid_build(uint8_t edid[128], unsigned xres, unsigned yres)
{
    static const struct {
        unsigned x, aspect;
    } standard[8] = {
        { 1920, 3 }, { 1920, 0 }, { 1600, 1 }, { 1280, 1 },
        { 1280, 2 }, { 1440, 0 }, { 1280, 0 }, { 2048, 1 },
    };
    static const uint8_t header[8] = { 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0 };
    /* sRGB primaries and white point, 10-bit fractions. */
    static const uint8_t colours[10] = {
        0xee, 0x91, 0xa3, 0x54, 0x4c, 0x99, 0x26, 0x0f, 0x50, 0x54
    };
    memset(edid, 0, 128);
    memcpy(edid, header, sizeof(header));
    edid[8] = 0x15; /* "EMU": 5, 13, 21 in five bits each */
    edid[9] = 0xb5;
    edid[10] = 0x01; /* product */
    edid[16] = 1;    /* week, year since 1990 */
    edid[17] = 34;
    edid[18] = 1; /* EDID 1.4 */
    edid[19] = 4;
    edid[20] = 0xa5;                                   /* digital, 8 bits a colour, DisplayPort */
    edid[21] = (uint8_t)((xres * 254 / 960 + 5) / 10); /* cm */
    edid[22] = (uint8_t)((yres * 254 / 960 + 5) / 10);
    edid[23] = 120;  /* gamma 2.2 */
    edid[24] = 0x06; /* sRGB, first timing is the preferred one */
    memcpy(edid + 25, colours, sizeof(colours));
    edid[35] = 0x21; /* 640x480 and 800x600 at 60 Hz */
    edid[36] = 0x08; /* 1024x768 at 60 Hz */
    for (unsigned i = 0; i < 8; i++) {
        standard_timing(edid + 38 + 2 * i, standard[i].x, standard[i].aspect);
    }
    detailed_timing(edid + 54, xres, yres);
    /* Range limits: 50-75 Hz, 30-160 kHz, 600 MHz, timing by the default formula. */
    static const uint8_t limits[18] = { 0,  0,    0,    0xfd, 0,   50,  75,  30,  160,
                                        60, 0x01, '\n', ' ',  ' ', ' ', ' ', ' ', ' ' };
    memcpy(edid + 72, limits, sizeof(limits));
    descriptor_text(edid + 90, 0xfc, "EMU Monitor");
    descriptor_text(edid + 108, 0xff, "0001");
    uint8_t sum = 0;
    for (unsigned i = 0; i < 127; i++) {
        sum = (uint8_t)(sum + edid[i]);
    }
    edid[127] = (uint8_t)-sum;
}
