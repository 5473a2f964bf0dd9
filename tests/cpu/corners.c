/* SPDX-License-Identifier: MIT */
#include "tests/cpu/corners.h"

#include <stddef.h>

#define LEN(a) (sizeof (a) / sizeof (a)[0])

uint64_t corner_vec(uint64_t (*rnd)(void), enum corner_kind kind)
{
    static const uint32_t f[] = { 0,          0x80000000, 0x3f800000, 0xbf800000, 0x7f800000,
                                  0xff800000, 0x7fc00000, 0x7f800001, 0x00000001, 0x807fffff,
                                  0x00800000, 0x7f7fffff, 0x4f000000, 0xcf000000, 0x40490fdb };
    static const uint64_t d[] = { 0,
                                  0x8000000000000000,
                                  0x3ff0000000000000,
                                  0x7ff0000000000000,
                                  0xfff0000000000000,
                                  0x7ff8000000000000,
                                  0x7ff0000000000001,
                                  1,
                                  0x800fffffffffffff,
                                  0x0010000000000000,
                                  0x7fefffffffffffff,
                                  0x41e0000000000000,
                                  0xc1e0000000000000,
                                  0x43e0000000000000 };
    uint64_t r = rnd();
    switch (kind) {
    case CORNER_FLOATS: return (uint64_t)f[(r >> 16) % LEN(f)] << 32 | f[(r >> 8 & 0xff) % LEN(f)];
    case CORNER_DOUBLE: return d[(r >> 8) % LEN(d)];
    default: return r;
    }
}

void corner_x87(uint64_t (*rnd)(void), uint64_t *mant, uint16_t *se)
{
    uint64_t r = rnd();
    *se = (uint16_t)(r & 0x8000);
    switch (r >> 20 & 7) {
    case 0: *mant = 0; break;
    case 1:
        *se |= 0x7fff;
        *mant |= 1ull << 63;
        break;
    case 2: break;                                 /* denormal */
    case 3: *se |= (uint16_t)(r & 0x7fff); break; /* may be unnormal */
    default:
        *se |= (uint16_t)(0x3fff + (int)(r >> 32 & 127) - 64);
        *mant |= 1ull << 63;
        break;
    }
}
