/* SPDX-License-Identifier: MIT */
/* Rows of test_faults.c: name, mode, code, length, instructions, offset of the saved rip (255: not
 * looked at), vector, error code, CR2, registers may change, set-up, checks. */
    {"P32: mov ds, 0x0", TINY_P32, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 0)}, {CSEL(DS, 0)}},
    {"P32: mov es, 0x3", TINY_P32, "\x66\x8e\xc0", /* mov es, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 3)}, {CSEL(ES, 3)}},
    {"P32: mov fs, 0x0", TINY_P32, "\x66\x8e\xe0", /* mov fs, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 0)}, {CSEL(FS, 0)}},
    {"P32: mov gs, 0x0", TINY_P32, "\x66\x8e\xe8", /* mov gs, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 0)}, {CSEL(GS, 0)}},
    {"P32: mov ds, 0x200", TINY_P32, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 0, 13, 0x200, 0, false, {R(RAX, 512)}, {{0, 0, 0, 0}}},
    {"P32: mov ds, 0x203", TINY_P32, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 0, 13, 0x200, 0, false, {R(RAX, 515)}, {{0, 0, 0, 0}}},
    {"P32: mov ds, 0xffff", TINY_P32, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 0, 13, 0xfffc, 0, false, {R(RAX, 65535)}, {{0, 0, 0, 0}}},
    {"P32: mov ds, 0x70", TINY_P32, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 0, 11, 0x70, 0, false, {R(RAX, 112)}, {{0, 0, 0, 0}}},
    {"P32: mov ds, 0x90", TINY_P32, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 0, 13, 0x90, 0, false, {R(RAX, 144)}, {{0, 0, 0, 0}}},
    {"P32: mov ds, 0x68", TINY_P32, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 104)}, {CSEL(DS, 104)}},
    {"P32: mov ds, 0x8", TINY_P32, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 8)}, {CSEL(DS, 8)}},
    {"P32: mov ds, 0x38", TINY_P32, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 0, 13, 0x38, 0, false, {R(RAX, 56)}, {{0, 0, 0, 0}}},
    {"P32: mov ds, 0xc", TINY_P32, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 12)}, {CSEL(DS, 12)}},
    {"P32: mov ds, 0x24", TINY_P32, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 0, 13, 0x24, 0, false, {R(RAX, 36)}, {{0, 0, 0, 0}}},
    {"P32: mov ds, 0xa8", TINY_P32, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 0, 13, 0xa8, 0, false, {R(RAX, 168)}, {{0, 0, 0, 0}}},
    {"P32: mov fs, 0x10", TINY_P32, "\x66\x8e\xe0", /* mov fs, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 16)}, {CSEL(FS, 16)}},
    {"P32: mov gs, 0x88", TINY_P32, "\x66\x8e\xe8", /* mov gs, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 136)}, {CSEL(GS, 136)}},
    {"P32: mov ds, 0x13", TINY_P32, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 0, 13, 0x10, 0, false, {R(RAX, 19)}, {{0, 0, 0, 0}}},
    {"P32: mov es, 0x2b", TINY_P32, "\x66\x8e\xc0", /* mov es, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 43)}, {CSEL(ES, 43)}},
    {"P32: mov ds, 0x6b", TINY_P32, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 107)}, {CSEL(DS, 107)}},
    {"P32: mov ss, 0x0", TINY_P32, "\x66\x8e\xd0", /* mov ss, ax */
     3, 1, 0, 13, 0, 0, false, {R(RAX, 0)}, {{0, 0, 0, 0}}},
    {"P32: mov ss, 0x3", TINY_P32, "\x66\x8e\xd0", /* mov ss, ax */
     3, 1, 0, 13, 0, 0, false, {R(RAX, 3)}, {{0, 0, 0, 0}}},
    {"P32: mov ss, 0x10", TINY_P32, "\x66\x8e\xd0", /* mov ss, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 16)}, {{0, 0, 0, 0}}},
    {"P32: mov ss, 0x13", TINY_P32, "\x66\x8e\xd0", /* mov ss, ax */
     3, 1, 0, 13, 0x10, 0, false, {R(RAX, 19)}, {{0, 0, 0, 0}}},
    {"P32: mov ss, 0x70", TINY_P32, "\x66\x8e\xd0", /* mov ss, ax */
     3, 1, 0, 12, 0x70, 0, false, {R(RAX, 112)}, {{0, 0, 0, 0}}},
    {"P32: mov ss, 0x88", TINY_P32, "\x66\x8e\xd0", /* mov ss, ax */
     3, 1, 0, 13, 0x88, 0, false, {R(RAX, 136)}, {{0, 0, 0, 0}}},
    {"P32: mov ss, 0x8", TINY_P32, "\x66\x8e\xd0", /* mov ss, ax */
     3, 1, 0, 13, 0x8, 0, false, {R(RAX, 8)}, {{0, 0, 0, 0}}},
    {"P32: mov ss, 0x121", TINY_P32, "\x66\x8e\xd0", /* mov ss, ax */
     3, 1, 0, 13, 0x120, 0, false, {R(RAX, 289)}, {{0, 0, 0, 0}}},
    {"P32: mov ss, 0x120", TINY_P32, "\x66\x8e\xd0", /* mov ss, ax */
     3, 1, 0, 13, 0x120, 0, false, {R(RAX, 288)}, {{0, 0, 0, 0}}},
    {"P32: mov ss, 0x200", TINY_P32, "\x66\x8e\xd0", /* mov ss, ax */
     3, 1, 0, 13, 0x200, 0, false, {R(RAX, 512)}, {{0, 0, 0, 0}}},
    {"P32: mov ss, 0x38", TINY_P32, "\x66\x8e\xd0", /* mov ss, ax */
     3, 1, 0, 13, 0x38, 0, false, {R(RAX, 56)}, {{0, 0, 0, 0}}},
    {"P32: mov ss, 0xc", TINY_P32, "\x66\x8e\xd0", /* mov ss, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 12)}, {{0, 0, 0, 0}}},
    {"P32: mov ss, 0x80", TINY_P32, "\x66\x8e\xd0", /* mov ss, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 128)}, {{0, 0, 0, 0}}},
    {"PAE: mov ds, 0x0", TINY_PAE, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 0)}, {CSEL(DS, 0)}},
    {"PAE: mov es, 0x3", TINY_PAE, "\x66\x8e\xc0", /* mov es, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 3)}, {CSEL(ES, 3)}},
    {"PAE: mov fs, 0x0", TINY_PAE, "\x66\x8e\xe0", /* mov fs, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 0)}, {CSEL(FS, 0)}},
    {"PAE: mov gs, 0x0", TINY_PAE, "\x66\x8e\xe8", /* mov gs, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 0)}, {CSEL(GS, 0)}},
    {"PAE: mov ds, 0x200", TINY_PAE, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 0, 13, 0x200, 0, false, {R(RAX, 512)}, {{0, 0, 0, 0}}},
    {"PAE: mov ds, 0x203", TINY_PAE, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 0, 13, 0x200, 0, false, {R(RAX, 515)}, {{0, 0, 0, 0}}},
    {"PAE: mov ds, 0xffff", TINY_PAE, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 0, 13, 0xfffc, 0, false, {R(RAX, 65535)}, {{0, 0, 0, 0}}},
    {"PAE: mov ds, 0x70", TINY_PAE, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 0, 11, 0x70, 0, false, {R(RAX, 112)}, {{0, 0, 0, 0}}},
    {"PAE: mov ds, 0x90", TINY_PAE, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 0, 13, 0x90, 0, false, {R(RAX, 144)}, {{0, 0, 0, 0}}},
    {"PAE: mov ds, 0x68", TINY_PAE, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 104)}, {CSEL(DS, 104)}},
    {"PAE: mov ds, 0x8", TINY_PAE, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 8)}, {CSEL(DS, 8)}},
    {"PAE: mov ds, 0x38", TINY_PAE, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 0, 13, 0x38, 0, false, {R(RAX, 56)}, {{0, 0, 0, 0}}},
    {"PAE: mov ds, 0xc", TINY_PAE, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 12)}, {CSEL(DS, 12)}},
    {"PAE: mov ds, 0x24", TINY_PAE, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 0, 13, 0x24, 0, false, {R(RAX, 36)}, {{0, 0, 0, 0}}},
    {"PAE: mov ds, 0xa8", TINY_PAE, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 0, 13, 0xa8, 0, false, {R(RAX, 168)}, {{0, 0, 0, 0}}},
    {"PAE: mov fs, 0x10", TINY_PAE, "\x66\x8e\xe0", /* mov fs, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 16)}, {CSEL(FS, 16)}},
    {"PAE: mov gs, 0x88", TINY_PAE, "\x66\x8e\xe8", /* mov gs, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 136)}, {CSEL(GS, 136)}},
    {"PAE: mov ds, 0x13", TINY_PAE, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 0, 13, 0x10, 0, false, {R(RAX, 19)}, {{0, 0, 0, 0}}},
    {"PAE: mov es, 0x2b", TINY_PAE, "\x66\x8e\xc0", /* mov es, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 43)}, {CSEL(ES, 43)}},
    {"PAE: mov ds, 0x6b", TINY_PAE, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 107)}, {CSEL(DS, 107)}},
    {"PAE: mov ss, 0x0", TINY_PAE, "\x66\x8e\xd0", /* mov ss, ax */
     3, 1, 0, 13, 0, 0, false, {R(RAX, 0)}, {{0, 0, 0, 0}}},
    {"PAE: mov ss, 0x3", TINY_PAE, "\x66\x8e\xd0", /* mov ss, ax */
     3, 1, 0, 13, 0, 0, false, {R(RAX, 3)}, {{0, 0, 0, 0}}},
    {"PAE: mov ss, 0x10", TINY_PAE, "\x66\x8e\xd0", /* mov ss, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 16)}, {{0, 0, 0, 0}}},
    {"PAE: mov ss, 0x13", TINY_PAE, "\x66\x8e\xd0", /* mov ss, ax */
     3, 1, 0, 13, 0x10, 0, false, {R(RAX, 19)}, {{0, 0, 0, 0}}},
    {"PAE: mov ss, 0x70", TINY_PAE, "\x66\x8e\xd0", /* mov ss, ax */
     3, 1, 0, 12, 0x70, 0, false, {R(RAX, 112)}, {{0, 0, 0, 0}}},
    {"PAE: mov ss, 0x88", TINY_PAE, "\x66\x8e\xd0", /* mov ss, ax */
     3, 1, 0, 13, 0x88, 0, false, {R(RAX, 136)}, {{0, 0, 0, 0}}},
    {"PAE: mov ss, 0x8", TINY_PAE, "\x66\x8e\xd0", /* mov ss, ax */
     3, 1, 0, 13, 0x8, 0, false, {R(RAX, 8)}, {{0, 0, 0, 0}}},
    {"PAE: mov ss, 0x121", TINY_PAE, "\x66\x8e\xd0", /* mov ss, ax */
     3, 1, 0, 13, 0x120, 0, false, {R(RAX, 289)}, {{0, 0, 0, 0}}},
    {"PAE: mov ss, 0x120", TINY_PAE, "\x66\x8e\xd0", /* mov ss, ax */
     3, 1, 0, 13, 0x120, 0, false, {R(RAX, 288)}, {{0, 0, 0, 0}}},
    {"PAE: mov ss, 0x200", TINY_PAE, "\x66\x8e\xd0", /* mov ss, ax */
     3, 1, 0, 13, 0x200, 0, false, {R(RAX, 512)}, {{0, 0, 0, 0}}},
    {"PAE: mov ss, 0x38", TINY_PAE, "\x66\x8e\xd0", /* mov ss, ax */
     3, 1, 0, 13, 0x38, 0, false, {R(RAX, 56)}, {{0, 0, 0, 0}}},
    {"PAE: mov ss, 0xc", TINY_PAE, "\x66\x8e\xd0", /* mov ss, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 12)}, {{0, 0, 0, 0}}},
    {"PAE: mov ss, 0x80", TINY_PAE, "\x66\x8e\xd0", /* mov ss, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 128)}, {{0, 0, 0, 0}}},
    {"COMPAT: mov ds, 0x0", TINY_COMPAT, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 0)}, {CSEL(DS, 0)}},
    {"COMPAT: mov es, 0x3", TINY_COMPAT, "\x66\x8e\xc0", /* mov es, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 3)}, {CSEL(ES, 3)}},
    {"COMPAT: mov fs, 0x0", TINY_COMPAT, "\x66\x8e\xe0", /* mov fs, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 0)}, {CSEL(FS, 0)}},
    {"COMPAT: mov gs, 0x0", TINY_COMPAT, "\x66\x8e\xe8", /* mov gs, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 0)}, {CSEL(GS, 0)}},
    {"COMPAT: mov ds, 0x200", TINY_COMPAT, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 0, 13, 0x200, 0, false, {R(RAX, 512)}, {{0, 0, 0, 0}}},
    {"COMPAT: mov ds, 0x203", TINY_COMPAT, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 0, 13, 0x200, 0, false, {R(RAX, 515)}, {{0, 0, 0, 0}}},
    {"COMPAT: mov ds, 0xffff", TINY_COMPAT, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 0, 13, 0xfffc, 0, false, {R(RAX, 65535)}, {{0, 0, 0, 0}}},
    {"COMPAT: mov ds, 0x70", TINY_COMPAT, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 0, 11, 0x70, 0, false, {R(RAX, 112)}, {{0, 0, 0, 0}}},
    {"COMPAT: mov ds, 0x90", TINY_COMPAT, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 0, 13, 0x90, 0, false, {R(RAX, 144)}, {{0, 0, 0, 0}}},
    {"COMPAT: mov ds, 0x68", TINY_COMPAT, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 104)}, {CSEL(DS, 104)}},
    {"COMPAT: mov ds, 0x8", TINY_COMPAT, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 8)}, {CSEL(DS, 8)}},
    {"COMPAT: mov ds, 0x38", TINY_COMPAT, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 0, 13, 0x38, 0, false, {R(RAX, 56)}, {{0, 0, 0, 0}}},
    {"COMPAT: mov ds, 0xc", TINY_COMPAT, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 12)}, {CSEL(DS, 12)}},
    {"COMPAT: mov ds, 0x24", TINY_COMPAT, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 0, 13, 0x24, 0, false, {R(RAX, 36)}, {{0, 0, 0, 0}}},
    {"COMPAT: mov ds, 0xa8", TINY_COMPAT, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 0, 13, 0xa8, 0, false, {R(RAX, 168)}, {{0, 0, 0, 0}}},
    {"COMPAT: mov fs, 0x10", TINY_COMPAT, "\x66\x8e\xe0", /* mov fs, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 16)}, {CSEL(FS, 16)}},
    {"COMPAT: mov gs, 0x88", TINY_COMPAT, "\x66\x8e\xe8", /* mov gs, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 136)}, {CSEL(GS, 136)}},
    {"COMPAT: mov ds, 0x13", TINY_COMPAT, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 0, 13, 0x10, 0, false, {R(RAX, 19)}, {{0, 0, 0, 0}}},
    {"COMPAT: mov es, 0x2b", TINY_COMPAT, "\x66\x8e\xc0", /* mov es, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 43)}, {CSEL(ES, 43)}},
    {"COMPAT: mov ds, 0x6b", TINY_COMPAT, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 107)}, {CSEL(DS, 107)}},
    {"COMPAT: mov ss, 0x0", TINY_COMPAT, "\x66\x8e\xd0", /* mov ss, ax */
     3, 1, 0, 13, 0, 0, false, {R(RAX, 0)}, {{0, 0, 0, 0}}},
    {"COMPAT: mov ss, 0x3", TINY_COMPAT, "\x66\x8e\xd0", /* mov ss, ax */
     3, 1, 0, 13, 0, 0, false, {R(RAX, 3)}, {{0, 0, 0, 0}}},
    {"COMPAT: mov ss, 0x10", TINY_COMPAT, "\x66\x8e\xd0", /* mov ss, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 16)}, {{0, 0, 0, 0}}},
    {"COMPAT: mov ss, 0x13", TINY_COMPAT, "\x66\x8e\xd0", /* mov ss, ax */
     3, 1, 0, 13, 0x10, 0, false, {R(RAX, 19)}, {{0, 0, 0, 0}}},
    {"COMPAT: mov ss, 0x70", TINY_COMPAT, "\x66\x8e\xd0", /* mov ss, ax */
     3, 1, 0, 12, 0x70, 0, false, {R(RAX, 112)}, {{0, 0, 0, 0}}},
    {"COMPAT: mov ss, 0x88", TINY_COMPAT, "\x66\x8e\xd0", /* mov ss, ax */
     3, 1, 0, 13, 0x88, 0, false, {R(RAX, 136)}, {{0, 0, 0, 0}}},
    {"COMPAT: mov ss, 0x8", TINY_COMPAT, "\x66\x8e\xd0", /* mov ss, ax */
     3, 1, 0, 13, 0x8, 0, false, {R(RAX, 8)}, {{0, 0, 0, 0}}},
    {"COMPAT: mov ss, 0x121", TINY_COMPAT, "\x66\x8e\xd0", /* mov ss, ax */
     3, 1, 0, 13, 0x120, 0, false, {R(RAX, 289)}, {{0, 0, 0, 0}}},
    {"COMPAT: mov ss, 0x120", TINY_COMPAT, "\x66\x8e\xd0", /* mov ss, ax */
     3, 1, 0, 13, 0x120, 0, false, {R(RAX, 288)}, {{0, 0, 0, 0}}},
    {"COMPAT: mov ss, 0x200", TINY_COMPAT, "\x66\x8e\xd0", /* mov ss, ax */
     3, 1, 0, 13, 0x200, 0, false, {R(RAX, 512)}, {{0, 0, 0, 0}}},
    {"COMPAT: mov ss, 0x38", TINY_COMPAT, "\x66\x8e\xd0", /* mov ss, ax */
     3, 1, 0, 13, 0x38, 0, false, {R(RAX, 56)}, {{0, 0, 0, 0}}},
    {"COMPAT: mov ss, 0xc", TINY_COMPAT, "\x66\x8e\xd0", /* mov ss, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 12)}, {{0, 0, 0, 0}}},
    {"COMPAT: mov ss, 0x80", TINY_COMPAT, "\x66\x8e\xd0", /* mov ss, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 128)}, {{0, 0, 0, 0}}},
    {"P32_USER: mov ds, 0x10", TINY_P32_USER, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 0, 13, 0x10, 0, false, {R(RAX, 16)}, {{0, 0, 0, 0}}},
    {"P32_USER: mov ds, 0x2b", TINY_P32_USER, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 43)}, {{0, 0, 0, 0}}},
    {"P32_USER: mov ds, 0x28", TINY_P32_USER, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 40)}, {{0, 0, 0, 0}}},
    {"P32_USER: mov es, 0x68", TINY_P32_USER, "\x66\x8e\xc0", /* mov es, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 104)}, {{0, 0, 0, 0}}},
    {"P32_USER: mov es, 0x6b", TINY_P32_USER, "\x66\x8e\xc0", /* mov es, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 107)}, {{0, 0, 0, 0}}},
    {"P32_USER: mov ds, 0x8", TINY_P32_USER, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 0, 13, 0x8, 0, false, {R(RAX, 8)}, {{0, 0, 0, 0}}},
    {"P32_USER: mov ds, 0x0", TINY_P32_USER, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 0)}, {{0, 0, 0, 0}}},
    {"P32_USER: mov fs, 0x88", TINY_P32_USER, "\x66\x8e\xe0", /* mov fs, ax */
     3, 1, 0, 13, 0x88, 0, false, {R(RAX, 136)}, {{0, 0, 0, 0}}},
    {"P32_USER: mov gs, 0x20", TINY_P32_USER, "\x66\x8e\xe8", /* mov gs, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 32)}, {{0, 0, 0, 0}}},
    {"P32_USER: mov ss, 0x28", TINY_P32_USER, "\x66\x8e\xd0", /* mov ss, ax */
     3, 1, 0, 13, 0x28, 0, false, {R(RAX, 40)}, {{0, 0, 0, 0}}},
    {"P32_USER: mov ss, 0x2b", TINY_P32_USER, "\x66\x8e\xd0", /* mov ss, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 43)}, {{0, 0, 0, 0}}},
    {"P32_USER: mov ss, 0x10", TINY_P32_USER, "\x66\x8e\xd0", /* mov ss, ax */
     3, 1, 0, 13, 0x10, 0, false, {R(RAX, 16)}, {{0, 0, 0, 0}}},
    {"P32_USER: mov ss, 0x13", TINY_P32_USER, "\x66\x8e\xd0", /* mov ss, ax */
     3, 1, 0, 13, 0x10, 0, false, {R(RAX, 19)}, {{0, 0, 0, 0}}},
    {"P32_USER: mov ss, 0x0", TINY_P32_USER, "\x66\x8e\xd0", /* mov ss, ax */
     3, 1, 0, 13, 0, 0, false, {R(RAX, 0)}, {{0, 0, 0, 0}}},
    {"P32_USER: mov ss, 0x3", TINY_P32_USER, "\x66\x8e\xd0", /* mov ss, ax */
     3, 1, 0, 13, 0, 0, false, {R(RAX, 3)}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: mov ds, 0x10", TINY_COMPAT_USER, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 0, 13, 0x10, 0, false, {R(RAX, 16)}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: mov ds, 0x2b", TINY_COMPAT_USER, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 43)}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: mov ds, 0x28", TINY_COMPAT_USER, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 40)}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: mov es, 0x68", TINY_COMPAT_USER, "\x66\x8e\xc0", /* mov es, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 104)}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: mov es, 0x6b", TINY_COMPAT_USER, "\x66\x8e\xc0", /* mov es, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 107)}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: mov ds, 0x8", TINY_COMPAT_USER, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 0, 13, 0x8, 0, false, {R(RAX, 8)}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: mov ds, 0x0", TINY_COMPAT_USER, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 0)}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: mov fs, 0x88", TINY_COMPAT_USER, "\x66\x8e\xe0", /* mov fs, ax */
     3, 1, 0, 13, 0x88, 0, false, {R(RAX, 136)}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: mov gs, 0x20", TINY_COMPAT_USER, "\x66\x8e\xe8", /* mov gs, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 32)}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: mov ss, 0x28", TINY_COMPAT_USER, "\x66\x8e\xd0", /* mov ss, ax */
     3, 1, 0, 13, 0x28, 0, false, {R(RAX, 40)}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: mov ss, 0x2b", TINY_COMPAT_USER, "\x66\x8e\xd0", /* mov ss, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 43)}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: mov ss, 0x10", TINY_COMPAT_USER, "\x66\x8e\xd0", /* mov ss, ax */
     3, 1, 0, 13, 0x10, 0, false, {R(RAX, 16)}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: mov ss, 0x13", TINY_COMPAT_USER, "\x66\x8e\xd0", /* mov ss, ax */
     3, 1, 0, 13, 0x10, 0, false, {R(RAX, 19)}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: mov ss, 0x0", TINY_COMPAT_USER, "\x66\x8e\xd0", /* mov ss, ax */
     3, 1, 0, 13, 0, 0, false, {R(RAX, 0)}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: mov ss, 0x3", TINY_COMPAT_USER, "\x66\x8e\xd0", /* mov ss, ax */
     3, 1, 0, 13, 0, 0, false, {R(RAX, 3)}, {{0, 0, 0, 0}}},
    {"LONG_USER: mov ds, 0x10", TINY_LONG_USER, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 0, 13, 0x10, 0, false, {R(RAX, 16)}, {{0, 0, 0, 0}}},
    {"LONG_USER: mov ds, 0x2b", TINY_LONG_USER, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 43)}, {{0, 0, 0, 0}}},
    {"LONG_USER: mov ds, 0x28", TINY_LONG_USER, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 40)}, {{0, 0, 0, 0}}},
    {"LONG_USER: mov es, 0x68", TINY_LONG_USER, "\x66\x8e\xc0", /* mov es, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 104)}, {{0, 0, 0, 0}}},
    {"LONG_USER: mov es, 0x6b", TINY_LONG_USER, "\x66\x8e\xc0", /* mov es, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 107)}, {{0, 0, 0, 0}}},
    {"LONG_USER: mov ds, 0x8", TINY_LONG_USER, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 0, 13, 0x8, 0, false, {R(RAX, 8)}, {{0, 0, 0, 0}}},
    {"LONG_USER: mov ds, 0x0", TINY_LONG_USER, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 0)}, {{0, 0, 0, 0}}},
    {"LONG_USER: mov fs, 0x88", TINY_LONG_USER, "\x66\x8e\xe0", /* mov fs, ax */
     3, 1, 0, 13, 0x88, 0, false, {R(RAX, 136)}, {{0, 0, 0, 0}}},
    {"LONG_USER: mov gs, 0x20", TINY_LONG_USER, "\x66\x8e\xe8", /* mov gs, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 32)}, {{0, 0, 0, 0}}},
    {"LONG_USER: mov ss, 0x28", TINY_LONG_USER, "\x66\x8e\xd0", /* mov ss, ax */
     3, 1, 0, 13, 0x28, 0, false, {R(RAX, 40)}, {{0, 0, 0, 0}}},
    {"LONG_USER: mov ss, 0x2b", TINY_LONG_USER, "\x66\x8e\xd0", /* mov ss, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 43)}, {{0, 0, 0, 0}}},
    {"LONG_USER: mov ss, 0x10", TINY_LONG_USER, "\x66\x8e\xd0", /* mov ss, ax */
     3, 1, 0, 13, 0x10, 0, false, {R(RAX, 16)}, {{0, 0, 0, 0}}},
    {"LONG_USER: mov ss, 0x13", TINY_LONG_USER, "\x66\x8e\xd0", /* mov ss, ax */
     3, 1, 0, 13, 0x10, 0, false, {R(RAX, 19)}, {{0, 0, 0, 0}}},
    {"LONG_USER: mov ss, 0x0", TINY_LONG_USER, "\x66\x8e\xd0", /* mov ss, ax */
     3, 1, 0, 13, 0, 0, false, {R(RAX, 0)}, {{0, 0, 0, 0}}},
    {"LONG_USER: mov ss, 0x3", TINY_LONG_USER, "\x66\x8e\xd0", /* mov ss, ax */
     3, 1, 0, 13, 0, 0, false, {R(RAX, 3)}, {{0, 0, 0, 0}}},
    {"LONG: mov ss, 0x0", TINY_LONG, "\x66\x8e\xd0", /* mov ss, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 0)}, {CPL(0)}},
    {"LONG: mov ss, 0x3", TINY_LONG, "\x66\x8e\xd0", /* mov ss, ax */
     3, 1, 0, 13, 0, 0, false, {R(RAX, 3)}, {{0, 0, 0, 0}}},
    {"LONG: mov ss, 0x1", TINY_LONG, "\x66\x8e\xd0", /* mov ss, ax */
     3, 1, 0, 13, 0, 0, false, {R(RAX, 1)}, {{0, 0, 0, 0}}},
    {"LONG: mov ss, 0x10", TINY_LONG, "\x66\x8e\xd0", /* mov ss, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 16)}, {CPL(0)}},
    {"LONG: mov ss, 0x13", TINY_LONG, "\x66\x8e\xd0", /* mov ss, ax */
     3, 1, 0, 13, 0x10, 0, false, {R(RAX, 19)}, {{0, 0, 0, 0}}},
    {"LONG: mov ss, 0x70", TINY_LONG, "\x66\x8e\xd0", /* mov ss, ax */
     3, 1, 0, 12, 0x70, 0, false, {R(RAX, 112)}, {{0, 0, 0, 0}}},
    {"LONG: mov ss, 0x18", TINY_LONG, "\x66\x8e\xd0", /* mov ss, ax */
     3, 1, 0, 13, 0x18, 0, false, {R(RAX, 24)}, {{0, 0, 0, 0}}},
    {"mov sets accessed bit", TINY_P32, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 0x10), M8(TINY_GDT + 0x15, 0x92)}, {CM8(TINY_GDT + 0x15, 0x93)}},
    {"refused mov leaves accessed bit", TINY_P32_USER, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 0, 13, 0x60, 0, false, {R(RAX, 0x60), M8(TINY_GDT + 0x65, 0x92)}, {CM8(TINY_GDT + 0x65, 0x92)}},
    {"gdt limit last byte", TINY_P32, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 0x10), GDT_LIMIT(0x17)}, {{0, 0, 0, 0}}},
    {"gdt limit cuts descriptor", TINY_P32, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 0, 13, 0x10, 0, false, {R(RAX, 0x10), GDT_LIMIT(0x16)}, {{0, 0, 0, 0}}},
    {"null LDT", TINY_P32, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 0, 13, 0xc, 0, false, {R(RAX, 0xc), ATTR(LDTR, 0x8000)}, {{0, 0, 0, 0}}},
    {"pop ss null", TINY_P32, "\x17", /* pop ss */
     1, 1, 0, 13, 0, 0, false, {M32(TINY_STACK, 0)}, {{0, 0, 0, 0}}},
    {"pop ds np", TINY_P32, "\x1f", /* pop ds */
     1, 1, 0, 11, 0x70, 0, false, {M32(TINY_STACK, 0x70)}, {{0, 0, 0, 0}}},
    {"pop es ok", TINY_P32, "\x07", /* pop es */
     1, 1, 255, NONE, -1, 0, false, {M32(TINY_STACK, 0x10)}, {CR(RSP, TINY_STACK + 4), CSEL(ES, 0x10)}},
    {"pop fs long", TINY_LONG, "\x0f\xa1", /* pop fs */
     2, 1, 255, NONE, -1, 0, false, {M64(TINY_STACK, 0x10)}, {CR(RSP, TINY_STACK + 8)}},
    {"lds ok", TINY_P32, "\xc5\x03", /* lds eax, [ebx] */
     2, 1, 255, NONE, -1, 0, false, {M32(TINY_DATA, 0x12345678), M16(TINY_DATA + 4, 0x10)}, {CR(RAX, 0x12345678), CSEL(DS, 0x10)}},
    {"lds bad selector", TINY_P32, "\xc5\x03", /* lds eax, [ebx] */
     2, 1, 0, 13, 0x200, 0, false, {M32(TINY_DATA, 0x12345678), M16(TINY_DATA + 4, 0x200)}, {{0, 0, 0, 0}}},
    {"les ok", TINY_P32, "\xc4\x03", /* les eax, [ebx] */
     2, 1, 255, NONE, -1, 0, false, {M32(TINY_DATA, 0x12345678), M16(TINY_DATA + 4, 0x10)}, {CR(RAX, 0x12345678), CSEL(ES, 0x10)}},
    {"les bad selector", TINY_P32, "\xc4\x03", /* les eax, [ebx] */
     2, 1, 0, 13, 0x200, 0, false, {M32(TINY_DATA, 0x12345678), M16(TINY_DATA + 4, 0x200)}, {{0, 0, 0, 0}}},
    {"lfs ok", TINY_P32, "\x0f\xb4\x03", /* lfs eax, [ebx] */
     3, 1, 255, NONE, -1, 0, false, {M32(TINY_DATA, 0x12345678), M16(TINY_DATA + 4, 0x10)}, {CR(RAX, 0x12345678), CSEL(FS, 0x10)}},
    {"lfs bad selector", TINY_P32, "\x0f\xb4\x03", /* lfs eax, [ebx] */
     3, 1, 0, 13, 0x200, 0, false, {M32(TINY_DATA, 0x12345678), M16(TINY_DATA + 4, 0x200)}, {{0, 0, 0, 0}}},
    {"lgs ok", TINY_P32, "\x0f\xb5\x03", /* lgs eax, [ebx] */
     3, 1, 255, NONE, -1, 0, false, {M32(TINY_DATA, 0x12345678), M16(TINY_DATA + 4, 0x10)}, {CR(RAX, 0x12345678), CSEL(GS, 0x10)}},
    {"lgs bad selector", TINY_P32, "\x0f\xb5\x03", /* lgs eax, [ebx] */
     3, 1, 0, 13, 0x200, 0, false, {M32(TINY_DATA, 0x12345678), M16(TINY_DATA + 4, 0x200)}, {{0, 0, 0, 0}}},
    {"lss ok", TINY_P32, "\x0f\xb2\x03", /* lss eax, [ebx] */
     3, 1, 255, NONE, -1, 0, false, {M32(TINY_DATA, 0x12345678), M16(TINY_DATA + 4, 0x10)}, {CR(RAX, 0x12345678), CSEL(SS, 0x10)}},
    {"lss bad selector", TINY_P32, "\x0f\xb2\x03", /* lss eax, [ebx] */
     3, 1, 0, 13, 0x200, 0, false, {M32(TINY_DATA, 0x12345678), M16(TINY_DATA + 4, 0x200)}, {{0, 0, 0, 0}}},
    {"lss null", TINY_P32, "\x0f\xb2\x03", /* lss eax, [ebx] */
     3, 1, 0, 13, 0, 0, false, {M32(TINY_DATA, 1)}, {{0, 0, 0, 0}}},
    {"real: mov ds", TINY_REAL, "\x8e\xd8", /* mov ds, ax */
     2, 1, 255, NONE, -1, 0, false, {R(RAX, 0x1234)}, {CSEL(DS, 0x1234)}},
    {"v86: mov ds", TINY_V86, "\x8e\xd8", /* mov ds, ax */
     2, 1, 255, NONE, -1, 0, false, {R(RAX, 0x1234)}, {CSEL(DS, 0x1234), CATTR(DS, 0xf3)}},
    {"mov from cs", TINY_P32, "\x8c\xc8", /* mov eax, cs */
     2, 1, 255, NONE, -1, 0, false, {{0, 0, 0, 0}}, {CR(RAX, 8)}},
    {"limit: last byte", TINY_P32, "\xa0\xff\x00\x00\x00", /* mov al, [0xff] */
     5, 1, 255, NONE, -1, 0, false, {SEG(DS, SEL_SMALL)}, {{0, 0, 0, 0}}},
    {"limit: byte beyond", TINY_P32, "\xa0\x00\x01\x00\x00", /* mov al, [0x100] */
     5, 1, 0, 13, 0, 0, false, {SEG(DS, SEL_SMALL)}, {{0, 0, 0, 0}}},
    {"limit: word across", TINY_P32, "\x66\xa1\xff\x00\x00\x00", /* mov ax, [0xff] */
     6, 1, 0, 13, 0, 0, false, {SEG(DS, SEL_SMALL)}, {{0, 0, 0, 0}}},
    {"limit: dword across", TINY_P32, "\xa1\xfd\x00\x00\x00", /* mov eax, [0xfd] */
     5, 1, 0, 13, 0, 0, false, {SEG(DS, SEL_SMALL)}, {{0, 0, 0, 0}}},
    {"limit: dword fits", TINY_P32, "\xa1\xfc\x00\x00\x00", /* mov eax, [0xfc] */
     5, 1, 255, NONE, -1, 0, false, {SEG(DS, SEL_SMALL)}, {{0, 0, 0, 0}}},
    {"limit: write across", TINY_P32, "\xa3\xfd\x00\x00\x00", /* mov [0xfd], eax */
     5, 1, 0, 13, 0, 0, false, {SEG(DS, SEL_SMALL)}, {{0, 0, 0, 0}}},
    {"limit: ss", TINY_P32, "\x36\xa1\xfd\x00\x00\x00", /* mov eax, [ss:0xfd] */
     6, 1, 0, 12, 0, 0, false, {SEG(SS, SEL_SMALL), R(RSP, 0x80)}, {{0, 0, 0, 0}}},
    {"limit: ebp is ss", TINY_P32, "\x8b\x45\x00", /* mov eax, [ebp] */
     3, 1, 0, 12, 0, 0, false, {SEG(SS, SEL_SMALL), R(RSP, 0x80), R(RBP, 0x100)}, {{0, 0, 0, 0}}},
    {"limit: push below 0", TINY_P32, "\x50", /* push eax */
     1, 1, 255, TRIPLE, -1, 0, false, {SEG(SS, SEL_SMALL), R(RSP, 2)}, {{0, 0, 0, 0}}},
    {"limit: pop beyond", TINY_P32, "\x58", /* pop eax */
     1, 1, 0, 12, 0, 0, false, {SEG(SS, SEL_SMALL), R(RSP, 0xfd)}, {{0, 0, 0, 0}}},
    {"expand-down: at limit", TINY_P32, "\xa0\xff\x0f\x00\x00", /* mov al, [0xfff] */
     5, 1, 0, 13, 0, 0, false, {SEG(DS, SEL_DOWN)}, {{0, 0, 0, 0}}},
    {"expand-down: above limit", TINY_P32, "\xa0\x00\x10\x00\x00", /* mov al, [0x1000] */
     5, 1, 255, NONE, -1, 0, false, {SEG(DS, SEL_DOWN)}, {{0, 0, 0, 0}}},
    {"expand-down: across", TINY_P32, "\xa1\xfe\x0f\x00\x00", /* mov eax, [0xffe] */
     5, 1, 0, 13, 0, 0, false, {SEG(DS, SEL_DOWN)}, {{0, 0, 0, 0}}},
    {"write to read-only", TINY_P32, "\x89\x03", /* mov [ebx], eax */
     2, 1, 0, 13, 0, 0, false, {SEG(DS, SEL_RO)}, {{0, 0, 0, 0}}},
    {"read from read-only", TINY_P32, "\x8b\x03", /* mov eax, [ebx] */
     2, 1, 255, NONE, -1, 0, false, {SEG(DS, SEL_RO)}, {{0, 0, 0, 0}}},
    {"write through cs", TINY_P32, "\x2e\x89\x03", /* mov [cs:ebx], eax */
     3, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"read through cs", TINY_P32, "\x2e\x8b\x03", /* mov eax, [cs:ebx] */
     3, 1, 255, NONE, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"read through execute-only cs", TINY_P32, "\x2e\x8b\x03", /* mov eax, [cs:ebx] */
     3, 1, 0, 13, 0, 0, false, {SEG(CS, SEL_XO)}, {{0, 0, 0, 0}}},
    {"null ds", TINY_P32, "\x8b\x03", /* mov eax, [ebx] */
     2, 1, 0, 13, 0, 0, false, {SEG(DS, 0)}, {{0, 0, 0, 0}}},
    {"null es string", TINY_P32, "\xaa", /* stosb */
     1, 1, 0, 13, 0, 0, false, {SEG(ES, 0)}, {{0, 0, 0, 0}}},
    {"null gs", TINY_P32, "\x65\x8b\x03", /* mov eax, [gs:ebx] */
     3, 1, 0, 13, 0, 0, false, {SEG(GS, 0)}, {{0, 0, 0, 0}}},
    {"wrap at 4g", TINY_P32, "\xa1\xfe\xff\xff\xff", /* mov eax, [0xfffffffe] */
     5, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"rmw on read-only", TINY_P32, "\x83\x03\x01", /* add dword [ebx], 1 */
     3, 1, 0, 13, 0, 0, false, {SEG(DS, SEL_RO)}, {{0, 0, 0, 0}}},
    {"xchg on read-only", TINY_P32, "\x87\x03", /* xchg [ebx], eax */
     2, 1, 0, 13, 0, 0, false, {SEG(DS, SEL_RO)}, {{0, 0, 0, 0}}},
    {"cmpxchg on read-only", TINY_P32, "\x0f\xb1\x0b", /* cmpxchg [ebx], ecx */
     3, 1, 0, 13, 0, 0, false, {SEG(DS, SEL_RO)}, {{0, 0, 0, 0}}},
    {"bt memory beyond limit", TINY_P32, "\x0f\xa3\x03", /* bt [ebx], eax */
     3, 1, 0, 13, 0, 0, false, {SEG(DS, SEL_SMALL), R(RBX, 0), R(RAX, 0x800)}, {{0, 0, 0, 0}}},
    {"fetch beyond limit", TINY_P32, "\x90", /* nop */
     1, 1, 0, 13, 0, 0, false, {LIMIT(CS, TINY_CODE - 1)}, {{0, 0, 0, 0}}},
    {"fetch last byte", TINY_P32, "\x90", /* nop */
     1, 1, 255, NONE, -1, 0, false, {LIMIT(CS, TINY_CODE)}, {{0, 0, 0, 0}}},
    {"fetch across limit", TINY_P32, "\x89\xd8", /* mov eax, ebx */
     2, 1, 0, 13, 0, 0, false, {LIMIT(CS, TINY_CODE)}, {{0, 0, 0, 0}}},
    {"jmp beyond limit", TINY_P32, "\xe9\xfb\x00\x00\x00", /* jmp $+0x100 */
     5, 1, 0, 13, 0, 0, false, {LIMIT(CS, TINY_CODE + 0x80)}, {{0, 0, 0, 0}}},
    {"call beyond limit", TINY_P32, "\xe8\xfb\x00\x00\x00", /* call $+0x100 */
     5, 1, 0, 13, 0, 0, false, {LIMIT(CS, TINY_CODE + 0x80)}, {{0, 0, 0, 0}}},
    {"ret beyond limit", TINY_P32, "\xc3", /* ret */
     1, 1, 0, 13, 0, 0, false, {LIMIT(CS, TINY_CODE + 0x80), M32(TINY_STACK, 0xffffff)}, {{0, 0, 0, 0}}},
    {"real: word at ffff", TINY_REAL, "\xa1\xff\xff", /* mov ax, [0xffff] */
     3, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"real: dword at fffd", TINY_REAL, "\x66\xa1\xfd\xff", /* mov eax, [0xfffd] */
     4, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"real: word at fffe", TINY_REAL, "\xa1\xfe\xff", /* mov ax, [0xfffe] */
     3, 1, 255, NONE, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"real: stack word at ffff", TINY_REAL, "\x8b\x46\x00", /* mov ax, [bp] */
     3, 1, 0, 12, 0, 0, false, {R(RBP, 0xffff)}, {{0, 0, 0, 0}}},
    {"real: push at sp 1", TINY_REAL, "\x50", /* push ax */
     1, 1, 255, TRIPLE, -1, 0, false, {R(RSP, 1)}, {{0, 0, 0, 0}}},
    {"real: write to cs", TINY_REAL, "\x2e\xa2\x00\x01", /* mov [cs:0x100], al */
     4, 1, 255, NONE, -1, 0, false, {{0, 0, 0, 0}}, {CM8(0x10100, 0x11)}},
    {"v86: word at ffff", TINY_V86, "\xa1\xff\xff", /* mov ax, [0xffff] */
     3, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"v86: stack word at ffff", TINY_V86, "\x8b\x46\x00", /* mov ax, [bp] */
     3, 1, 0, 12, 0, 0, false, {R(RBP, 0xffff)}, {{0, 0, 0, 0}}},
    {"unreal: 4g limit", TINY_REAL, "\x67\xa0\x00\x00\x09\x00", /* mov al, [dword 0x90000] */
     6, 1, 255, NONE, -1, 0, false, {LIMIT(DS, 0xffffffff), BASE(DS, 0)}, {{0, 0, 0, 0}}},
    {"real: 32-bit address beyond limit", TINY_REAL, "\x67\xa0\x00\x00\x01\x00", /* mov al, [dword 0x10000] */
     6, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"p16: stack wraps at 64k", TINY_P16, "\x50", /* push ax */
     1, 1, 255, NONE, -1, 0, false, {R(RSP, 0x12340000)}, {CR(RSP, 0x1234fffe)}},
    {"P32: jmp far same", TINY_P32, "\xea\x00\x10\x04\x00\x08\x00", /* jmp 0x08:0x41000 */
     7, 1, 255, NONE, -1, 0, false, {{0, 0, 0, 0}}, {RIP(TINY_TARGET), CSEL(CS, 8)}},
    {"P32: jmp far null", TINY_P32, "\xea\x00\x10\x04\x00\x00\x00", /* jmp 0:0x41000 */
     7, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32: jmp far rpl ignored bits", TINY_P32, "\xea\x00\x10\x04\x00\x0b\x00", /* jmp 0x0b:0x41000 */
     7, 1, 0, 13, 0x8, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32: jmp far dpl3 code", TINY_P32, "\xea\x00\x10\x04\x00\x20\x00", /* jmp 0x20:0x41000 */
     7, 1, 0, 13, 0x20, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32: jmp far data", TINY_P32, "\xea\x00\x10\x04\x00\x10\x00", /* jmp 0x10:0x41000 */
     7, 1, 0, 13, 0x10, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32: jmp far not present", TINY_P32, "\xea\x00\x10\x04\x00\x78\x00", /* jmp 0x78:0x41000 */
     7, 1, 0, 11, 0x78, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32: jmp far conforming", TINY_P32, "\xea\x00\x10\x04\x00\x68\x00", /* jmp 0x68:0x41000 */
     7, 1, 255, NONE, -1, 0, false, {{0, 0, 0, 0}}, {CSEL(CS, 0x68)}},
    {"P32: jmp far outside gdt", TINY_P32, "\xea\x00\x10\x04\x00\x00\x02", /* jmp 0x1f8+8:0x41000 */
     7, 1, 0, 13, 0x200, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32: jmp far np gate", TINY_P32, "\xea\x00\x00\x00\x00\xd8\x00", /* jmp 0xd8:0 */
     7, 1, 0, 11, 0xd8, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32: jmp far conforming dpl3", TINY_P32, "\xea\x00\x10\x04\x00\x38\x01", /* jmp 0x138:0x41000 */
     7, 1, 0, 13, 0x138, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32: call far null", TINY_P32, "\x9a\x00\x10\x04\x00\x00\x00", /* call 0:0x41000 */
     7, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32: call far same", TINY_P32, "\x9a\x00\x10\x04\x00\x08\x00", /* call 0x08:0x41000 */
     7, 1, 255, NONE, -1, 0, false, {{0, 0, 0, 0}}, {RIP(TINY_TARGET), CR(RSP, TINY_STACK - 8), CM32(TINY_STACK - 4, 8), CM32(TINY_STACK - 8, TINY_CODE + 7)}},
    {"P32: call far data", TINY_P32, "\x9a\x00\x10\x04\x00\x10\x00", /* call 0x10:0x41000 */
     7, 1, 0, 13, 0x10, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32: retf null", TINY_P32, "\xcb", /* retf */
     1, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32: retf data", TINY_P32, "\xcb", /* retf */
     1, 1, 0, 13, 0x10, 0, false, {M32(TINY_STACK, 0x41000), M32(TINY_STACK + 4, 0x10)}, {{0, 0, 0, 0}}},
    {"P32: retf same", TINY_P32, "\xca\x08\x00", /* retf 8 */
     3, 1, 255, NONE, -1, 0, false, {M32(TINY_STACK, 0x41000), M32(TINY_STACK + 4, 8)}, {RIP(TINY_TARGET), CR(RSP, TINY_STACK + 16)}},
    {"P32: retf not present", TINY_P32, "\xcb", /* retf */
     1, 1, 0, 11, 0x78, 0, false, {M32(TINY_STACK, 0x41000), M32(TINY_STACK + 4, 0x78)}, {{0, 0, 0, 0}}},
    {"P32: retf outer", TINY_P32, "\xcb", /* retf */
     1, 1, 255, NONE, -1, 0, false, {M32(TINY_STACK, 0x20000), M32(TINY_STACK + 4, 0x23), M32(TINY_STACK + 8, 0x30000), M32(TINY_STACK + 12, 0x2b)}, {RIP(0x20000), CPL(3), CR(RSP, 0x30000), CSEL(SS, 0x2b), CSEL(DS, 0)}},
    {"P32: retf outer ss bad rpl", TINY_P32, "\xcb", /* retf */
     1, 1, 0, 13, 0x28, 0, false, {M32(TINY_STACK, 0x20000), M32(TINY_STACK + 4, 0x23), M32(TINY_STACK + 8, 0x30000), M32(TINY_STACK + 12, 0x28)}, {{0, 0, 0, 0}}},
    {"P32: retf outer ss null", TINY_P32, "\xcb", /* retf */
     1, 1, 0, 13, 0, 0, false, {M32(TINY_STACK, 0x20000), M32(TINY_STACK + 4, 0x23), M32(TINY_STACK + 8, 0x30000)}, {{0, 0, 0, 0}}},
    {"PG32: jmp far same", TINY_PG32, "\xea\x00\x10\x04\x00\x08\x00", /* jmp 0x08:0x41000 */
     7, 1, 255, NONE, -1, 0, false, {{0, 0, 0, 0}}, {RIP(TINY_TARGET), CSEL(CS, 8)}},
    {"PG32: jmp far null", TINY_PG32, "\xea\x00\x10\x04\x00\x00\x00", /* jmp 0:0x41000 */
     7, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"PG32: jmp far rpl ignored bits", TINY_PG32, "\xea\x00\x10\x04\x00\x0b\x00", /* jmp 0x0b:0x41000 */
     7, 1, 0, 13, 0x8, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"PG32: jmp far dpl3 code", TINY_PG32, "\xea\x00\x10\x04\x00\x20\x00", /* jmp 0x20:0x41000 */
     7, 1, 0, 13, 0x20, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"PG32: jmp far data", TINY_PG32, "\xea\x00\x10\x04\x00\x10\x00", /* jmp 0x10:0x41000 */
     7, 1, 0, 13, 0x10, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"PG32: jmp far not present", TINY_PG32, "\xea\x00\x10\x04\x00\x78\x00", /* jmp 0x78:0x41000 */
     7, 1, 0, 11, 0x78, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"PG32: jmp far conforming", TINY_PG32, "\xea\x00\x10\x04\x00\x68\x00", /* jmp 0x68:0x41000 */
     7, 1, 255, NONE, -1, 0, false, {{0, 0, 0, 0}}, {CSEL(CS, 0x68)}},
    {"PG32: jmp far outside gdt", TINY_PG32, "\xea\x00\x10\x04\x00\x00\x02", /* jmp 0x1f8+8:0x41000 */
     7, 1, 0, 13, 0x200, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"PG32: jmp far np gate", TINY_PG32, "\xea\x00\x00\x00\x00\xd8\x00", /* jmp 0xd8:0 */
     7, 1, 0, 11, 0xd8, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"PG32: jmp far conforming dpl3", TINY_PG32, "\xea\x00\x10\x04\x00\x38\x01", /* jmp 0x138:0x41000 */
     7, 1, 0, 13, 0x138, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"PG32: call far null", TINY_PG32, "\x9a\x00\x10\x04\x00\x00\x00", /* call 0:0x41000 */
     7, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"PG32: call far same", TINY_PG32, "\x9a\x00\x10\x04\x00\x08\x00", /* call 0x08:0x41000 */
     7, 1, 255, NONE, -1, 0, false, {{0, 0, 0, 0}}, {RIP(TINY_TARGET), CR(RSP, TINY_STACK - 8), CM32(TINY_STACK - 4, 8), CM32(TINY_STACK - 8, TINY_CODE + 7)}},
    {"PG32: call far data", TINY_PG32, "\x9a\x00\x10\x04\x00\x10\x00", /* call 0x10:0x41000 */
     7, 1, 0, 13, 0x10, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"PG32: retf null", TINY_PG32, "\xcb", /* retf */
     1, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"PG32: retf data", TINY_PG32, "\xcb", /* retf */
     1, 1, 0, 13, 0x10, 0, false, {M32(TINY_STACK, 0x41000), M32(TINY_STACK + 4, 0x10)}, {{0, 0, 0, 0}}},
    {"PG32: retf same", TINY_PG32, "\xca\x08\x00", /* retf 8 */
     3, 1, 255, NONE, -1, 0, false, {M32(TINY_STACK, 0x41000), M32(TINY_STACK + 4, 8)}, {RIP(TINY_TARGET), CR(RSP, TINY_STACK + 16)}},
    {"PG32: retf not present", TINY_PG32, "\xcb", /* retf */
     1, 1, 0, 11, 0x78, 0, false, {M32(TINY_STACK, 0x41000), M32(TINY_STACK + 4, 0x78)}, {{0, 0, 0, 0}}},
    {"PG32: retf outer", TINY_PG32, "\xcb", /* retf */
     1, 1, 255, NONE, -1, 0, false, {M32(TINY_STACK, 0x20000), M32(TINY_STACK + 4, 0x23), M32(TINY_STACK + 8, 0x30000), M32(TINY_STACK + 12, 0x2b)}, {RIP(0x20000), CPL(3), CR(RSP, 0x30000), CSEL(SS, 0x2b), CSEL(DS, 0)}},
    {"PG32: retf outer ss bad rpl", TINY_PG32, "\xcb", /* retf */
     1, 1, 0, 13, 0x28, 0, false, {M32(TINY_STACK, 0x20000), M32(TINY_STACK + 4, 0x23), M32(TINY_STACK + 8, 0x30000), M32(TINY_STACK + 12, 0x28)}, {{0, 0, 0, 0}}},
    {"PG32: retf outer ss null", TINY_PG32, "\xcb", /* retf */
     1, 1, 0, 13, 0, 0, false, {M32(TINY_STACK, 0x20000), M32(TINY_STACK + 4, 0x23), M32(TINY_STACK + 8, 0x30000)}, {{0, 0, 0, 0}}},
    {"PAE: jmp far same", TINY_PAE, "\xea\x00\x10\x04\x00\x08\x00", /* jmp 0x08:0x41000 */
     7, 1, 255, NONE, -1, 0, false, {{0, 0, 0, 0}}, {RIP(TINY_TARGET), CSEL(CS, 8)}},
    {"PAE: jmp far null", TINY_PAE, "\xea\x00\x10\x04\x00\x00\x00", /* jmp 0:0x41000 */
     7, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"PAE: jmp far rpl ignored bits", TINY_PAE, "\xea\x00\x10\x04\x00\x0b\x00", /* jmp 0x0b:0x41000 */
     7, 1, 0, 13, 0x8, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"PAE: jmp far dpl3 code", TINY_PAE, "\xea\x00\x10\x04\x00\x20\x00", /* jmp 0x20:0x41000 */
     7, 1, 0, 13, 0x20, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"PAE: jmp far data", TINY_PAE, "\xea\x00\x10\x04\x00\x10\x00", /* jmp 0x10:0x41000 */
     7, 1, 0, 13, 0x10, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"PAE: jmp far not present", TINY_PAE, "\xea\x00\x10\x04\x00\x78\x00", /* jmp 0x78:0x41000 */
     7, 1, 0, 11, 0x78, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"PAE: jmp far conforming", TINY_PAE, "\xea\x00\x10\x04\x00\x68\x00", /* jmp 0x68:0x41000 */
     7, 1, 255, NONE, -1, 0, false, {{0, 0, 0, 0}}, {CSEL(CS, 0x68)}},
    {"PAE: jmp far outside gdt", TINY_PAE, "\xea\x00\x10\x04\x00\x00\x02", /* jmp 0x1f8+8:0x41000 */
     7, 1, 0, 13, 0x200, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"PAE: jmp far np gate", TINY_PAE, "\xea\x00\x00\x00\x00\xd8\x00", /* jmp 0xd8:0 */
     7, 1, 0, 11, 0xd8, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"PAE: jmp far conforming dpl3", TINY_PAE, "\xea\x00\x10\x04\x00\x38\x01", /* jmp 0x138:0x41000 */
     7, 1, 0, 13, 0x138, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"PAE: call far null", TINY_PAE, "\x9a\x00\x10\x04\x00\x00\x00", /* call 0:0x41000 */
     7, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"PAE: call far same", TINY_PAE, "\x9a\x00\x10\x04\x00\x08\x00", /* call 0x08:0x41000 */
     7, 1, 255, NONE, -1, 0, false, {{0, 0, 0, 0}}, {RIP(TINY_TARGET), CR(RSP, TINY_STACK - 8), CM32(TINY_STACK - 4, 8), CM32(TINY_STACK - 8, TINY_CODE + 7)}},
    {"PAE: call far data", TINY_PAE, "\x9a\x00\x10\x04\x00\x10\x00", /* call 0x10:0x41000 */
     7, 1, 0, 13, 0x10, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"PAE: retf null", TINY_PAE, "\xcb", /* retf */
     1, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"PAE: retf data", TINY_PAE, "\xcb", /* retf */
     1, 1, 0, 13, 0x10, 0, false, {M32(TINY_STACK, 0x41000), M32(TINY_STACK + 4, 0x10)}, {{0, 0, 0, 0}}},
    {"PAE: retf same", TINY_PAE, "\xca\x08\x00", /* retf 8 */
     3, 1, 255, NONE, -1, 0, false, {M32(TINY_STACK, 0x41000), M32(TINY_STACK + 4, 8)}, {RIP(TINY_TARGET), CR(RSP, TINY_STACK + 16)}},
    {"PAE: retf not present", TINY_PAE, "\xcb", /* retf */
     1, 1, 0, 11, 0x78, 0, false, {M32(TINY_STACK, 0x41000), M32(TINY_STACK + 4, 0x78)}, {{0, 0, 0, 0}}},
    {"PAE: retf outer", TINY_PAE, "\xcb", /* retf */
     1, 1, 255, NONE, -1, 0, false, {M32(TINY_STACK, 0x20000), M32(TINY_STACK + 4, 0x23), M32(TINY_STACK + 8, 0x30000), M32(TINY_STACK + 12, 0x2b)}, {RIP(0x20000), CPL(3), CR(RSP, 0x30000), CSEL(SS, 0x2b), CSEL(DS, 0)}},
    {"PAE: retf outer ss bad rpl", TINY_PAE, "\xcb", /* retf */
     1, 1, 0, 13, 0x28, 0, false, {M32(TINY_STACK, 0x20000), M32(TINY_STACK + 4, 0x23), M32(TINY_STACK + 8, 0x30000), M32(TINY_STACK + 12, 0x28)}, {{0, 0, 0, 0}}},
    {"PAE: retf outer ss null", TINY_PAE, "\xcb", /* retf */
     1, 1, 0, 13, 0, 0, false, {M32(TINY_STACK, 0x20000), M32(TINY_STACK + 4, 0x23), M32(TINY_STACK + 8, 0x30000)}, {{0, 0, 0, 0}}},
    {"COMPAT: jmp far same", TINY_COMPAT, "\xea\x00\x10\x04\x00\x08\x00", /* jmp 0x08:0x41000 */
     7, 1, 255, NONE, -1, 0, false, {{0, 0, 0, 0}}, {RIP(TINY_TARGET), CSEL(CS, 8)}},
    {"COMPAT: jmp far null", TINY_COMPAT, "\xea\x00\x10\x04\x00\x00\x00", /* jmp 0:0x41000 */
     7, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"COMPAT: jmp far rpl ignored bits", TINY_COMPAT, "\xea\x00\x10\x04\x00\x0b\x00", /* jmp 0x0b:0x41000 */
     7, 1, 0, 13, 0x8, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"COMPAT: jmp far dpl3 code", TINY_COMPAT, "\xea\x00\x10\x04\x00\x20\x00", /* jmp 0x20:0x41000 */
     7, 1, 0, 13, 0x20, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"COMPAT: jmp far data", TINY_COMPAT, "\xea\x00\x10\x04\x00\x10\x00", /* jmp 0x10:0x41000 */
     7, 1, 0, 13, 0x10, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"COMPAT: jmp far not present", TINY_COMPAT, "\xea\x00\x10\x04\x00\x78\x00", /* jmp 0x78:0x41000 */
     7, 1, 0, 11, 0x78, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"COMPAT: jmp far conforming", TINY_COMPAT, "\xea\x00\x10\x04\x00\x68\x00", /* jmp 0x68:0x41000 */
     7, 1, 255, NONE, -1, 0, false, {{0, 0, 0, 0}}, {CSEL(CS, 0x68)}},
    {"COMPAT: jmp far outside gdt", TINY_COMPAT, "\xea\x00\x10\x04\x00\x00\x02", /* jmp 0x1f8+8:0x41000 */
     7, 1, 0, 13, 0x200, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"COMPAT: jmp far np gate", TINY_COMPAT, "\xea\x00\x00\x00\x00\xd8\x00", /* jmp 0xd8:0 */
     7, 1, 0, 11, 0xd8, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"COMPAT: jmp far conforming dpl3", TINY_COMPAT, "\xea\x00\x10\x04\x00\x38\x01", /* jmp 0x138:0x41000 */
     7, 1, 0, 13, 0x138, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"COMPAT: call far null", TINY_COMPAT, "\x9a\x00\x10\x04\x00\x00\x00", /* call 0:0x41000 */
     7, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"COMPAT: call far same", TINY_COMPAT, "\x9a\x00\x10\x04\x00\x08\x00", /* call 0x08:0x41000 */
     7, 1, 255, NONE, -1, 0, false, {{0, 0, 0, 0}}, {RIP(TINY_TARGET), CR(RSP, TINY_STACK - 8), CM32(TINY_STACK - 4, 8), CM32(TINY_STACK - 8, TINY_CODE + 7)}},
    {"COMPAT: call far data", TINY_COMPAT, "\x9a\x00\x10\x04\x00\x10\x00", /* call 0x10:0x41000 */
     7, 1, 0, 13, 0x10, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"COMPAT: retf null", TINY_COMPAT, "\xcb", /* retf */
     1, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"COMPAT: retf data", TINY_COMPAT, "\xcb", /* retf */
     1, 1, 0, 13, 0x10, 0, false, {M32(TINY_STACK, 0x41000), M32(TINY_STACK + 4, 0x10)}, {{0, 0, 0, 0}}},
    {"COMPAT: retf same", TINY_COMPAT, "\xca\x08\x00", /* retf 8 */
     3, 1, 255, NONE, -1, 0, false, {M32(TINY_STACK, 0x41000), M32(TINY_STACK + 4, 8)}, {RIP(TINY_TARGET), CR(RSP, TINY_STACK + 16)}},
    {"COMPAT: retf not present", TINY_COMPAT, "\xcb", /* retf */
     1, 1, 0, 11, 0x78, 0, false, {M32(TINY_STACK, 0x41000), M32(TINY_STACK + 4, 0x78)}, {{0, 0, 0, 0}}},
    {"COMPAT: retf outer", TINY_COMPAT, "\xcb", /* retf */
     1, 1, 255, NONE, -1, 0, false, {M32(TINY_STACK, 0x20000), M32(TINY_STACK + 4, 0x23), M32(TINY_STACK + 8, 0x30000), M32(TINY_STACK + 12, 0x2b)}, {RIP(0x20000), CPL(3), CR(RSP, 0x30000), CSEL(SS, 0x2b), CSEL(DS, 0)}},
    {"COMPAT: retf outer ss bad rpl", TINY_COMPAT, "\xcb", /* retf */
     1, 1, 0, 13, 0x28, 0, false, {M32(TINY_STACK, 0x20000), M32(TINY_STACK + 4, 0x23), M32(TINY_STACK + 8, 0x30000), M32(TINY_STACK + 12, 0x28)}, {{0, 0, 0, 0}}},
    {"COMPAT: retf outer ss null", TINY_COMPAT, "\xcb", /* retf */
     1, 1, 0, 13, 0, 0, false, {M32(TINY_STACK, 0x20000), M32(TINY_STACK + 4, 0x23), M32(TINY_STACK + 8, 0x30000)}, {{0, 0, 0, 0}}},
    {"COMPAT: jmp far to 64-bit", TINY_COMPAT, "\xea\x00\x10\x04\x00\x18\x00", /* jmp 0x18:0x41000 */
     7, 1, 255, NONE, -1, 0, false, {{0, 0, 0, 0}}, {CMODE(8)}},
    {"COMPAT: jmp far L and D", TINY_COMPAT, "\xea\x00\x10\x04\x00\xf8\x00", /* jmp 0xf8:0x41000 */
     7, 1, 0, 13, 0xf8, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32: jmp far L and D is 32-bit", TINY_P32, "\xea\x00\x10\x04\x00\xf8\x00", /* jmp 0xf8:0x41000 */
     7, 1, 255, NONE, -1, 0, false, {{0, 0, 0, 0}}, {CMODE(4)}},
    {"P32: jmp far beyond limit", TINY_P32, "\xea\x00\x10\x04\x00\xa0\x01", /* jmp 0x1a0:0x41000 */
     7, 1, 0, 13, 0, 0, false, {M64(TINY_GDT + 0x1a0, 0x00409b000000ffff)}, {{0, 0, 0, 0}}},
    {"P32: call gate same level", TINY_P32, "\x9a\x00\x00\x00\x00\xa8\x00", /* call 0xa8:0 */
     7, 1, 255, NONE, -1, 0, false, {{0, 0, 0, 0}}, {RIP(TINY_TARGET), CR(RSP, TINY_STACK - 8)}},
    {"P32: call gate 16", TINY_P32, "\x9a\x00\x00\x00\x00\xb0\x00", /* call 0xb0:0 */
     7, 1, 255, NONE, -1, 0, false, {{0, 0, 0, 0}}, {RIP(0x1000), CSEL(CS, 0x58), CR(RSP, TINY_STACK - 4)}},
    {"P32: call gate to data", TINY_P32, "\x9a\x00\x00\x00\x00\x30\x01", /* call 0x130:0 */
     7, 1, 0, 13, 0x10, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32: call gate np code", TINY_P32, "\x9a\x00\x00\x00\x00\xe0\x00", /* call 0xe0:0 */
     7, 1, 0, 11, 0x78, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32: jmp gate", TINY_P32, "\xea\x00\x00\x00\x00\xa8\x00", /* jmp 0xa8:0 */
     7, 1, 255, NONE, -1, 0, false, {{0, 0, 0, 0}}, {RIP(TINY_TARGET)}},
    {"P32: call busy tss", TINY_P32, "\x9a\x00\x00\x00\x00\x00\x01", /* call 0x100:0 */
     7, 1, 0, 13, 0x100, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32: call small tss", TINY_P32, "\x9a\x00\x00\x00\x00\x08\x01", /* call 0x108:0 */
     7, 1, 0, 10, 0x108, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32: call np tss", TINY_P32, "\x9a\x00\x00\x00\x00\x28\x01", /* call 0x128:0 */
     7, 1, 0, 11, 0x128, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32: jmp ldt descriptor", TINY_P32, "\xea\x00\x00\x00\x00\x48\x00", /* jmp 0x48:0 */
     7, 1, 0, 13, 0x48, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32: task call", TINY_P32, "\x9a\x00\x00\x00\x00\x98\x00", /* call 0x98:0 */
     7, 1, 255, NONE, -1, 0, false, {M32(TINY_TSS2 + 0x1c, 0)}, {RIP(TINY_TARGET), FSET(X86_FL_NT), CM16(TINY_TSS2, 0x38), CM8(TINY_GDT + 0x9d, 0x8b), CM8(TINY_GDT + 0x3d, 0x8b), CM32(TINY_TSS + 0x20, TINY_CODE + 7), CSEL(TR, 0x98)}},
    {"P32: task jmp", TINY_P32, "\xea\x00\x00\x00\x00\x98\x00", /* jmp 0x98:0 */
     7, 1, 255, NONE, -1, 0, false, {M32(TINY_TSS2 + 0x1c, 0)}, {RIP(TINY_TARGET), FCLR(X86_FL_NT), CM16(TINY_TSS2, 0), CM8(TINY_GDT + 0x9d, 0x8b), CM8(TINY_GDT + 0x3d, 0x89)}},
    {"PG32: call gate same level", TINY_PG32, "\x9a\x00\x00\x00\x00\xa8\x00", /* call 0xa8:0 */
     7, 1, 255, NONE, -1, 0, false, {{0, 0, 0, 0}}, {RIP(TINY_TARGET), CR(RSP, TINY_STACK - 8)}},
    {"PG32: call gate 16", TINY_PG32, "\x9a\x00\x00\x00\x00\xb0\x00", /* call 0xb0:0 */
     7, 1, 255, NONE, -1, 0, false, {{0, 0, 0, 0}}, {RIP(0x1000), CSEL(CS, 0x58), CR(RSP, TINY_STACK - 4)}},
    {"PG32: call gate to data", TINY_PG32, "\x9a\x00\x00\x00\x00\x30\x01", /* call 0x130:0 */
     7, 1, 0, 13, 0x10, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"PG32: call gate np code", TINY_PG32, "\x9a\x00\x00\x00\x00\xe0\x00", /* call 0xe0:0 */
     7, 1, 0, 11, 0x78, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"PG32: jmp gate", TINY_PG32, "\xea\x00\x00\x00\x00\xa8\x00", /* jmp 0xa8:0 */
     7, 1, 255, NONE, -1, 0, false, {{0, 0, 0, 0}}, {RIP(TINY_TARGET)}},
    {"PG32: call busy tss", TINY_PG32, "\x9a\x00\x00\x00\x00\x00\x01", /* call 0x100:0 */
     7, 1, 0, 13, 0x100, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"PG32: call small tss", TINY_PG32, "\x9a\x00\x00\x00\x00\x08\x01", /* call 0x108:0 */
     7, 1, 0, 10, 0x108, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"PG32: call np tss", TINY_PG32, "\x9a\x00\x00\x00\x00\x28\x01", /* call 0x128:0 */
     7, 1, 0, 11, 0x128, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"PG32: jmp ldt descriptor", TINY_PG32, "\xea\x00\x00\x00\x00\x48\x00", /* jmp 0x48:0 */
     7, 1, 0, 13, 0x48, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"PG32: task call", TINY_PG32, "\x9a\x00\x00\x00\x00\x98\x00", /* call 0x98:0 */
     7, 1, 255, NONE, -1, 0, false, {M32(TINY_TSS2 + 0x1c, TINY_PD32)}, {RIP(TINY_TARGET), FSET(X86_FL_NT), CM16(TINY_TSS2, 0x38), CM8(TINY_GDT + 0x9d, 0x8b), CM8(TINY_GDT + 0x3d, 0x8b), CM32(TINY_TSS + 0x20, TINY_CODE + 7), CSEL(TR, 0x98)}},
    {"PG32: task jmp", TINY_PG32, "\xea\x00\x00\x00\x00\x98\x00", /* jmp 0x98:0 */
     7, 1, 255, NONE, -1, 0, false, {M32(TINY_TSS2 + 0x1c, TINY_PD32)}, {RIP(TINY_TARGET), FCLR(X86_FL_NT), CM16(TINY_TSS2, 0), CM8(TINY_GDT + 0x9d, 0x8b), CM8(TINY_GDT + 0x3d, 0x89)}},
    {"PAE: call gate same level", TINY_PAE, "\x9a\x00\x00\x00\x00\xa8\x00", /* call 0xa8:0 */
     7, 1, 255, NONE, -1, 0, false, {{0, 0, 0, 0}}, {RIP(TINY_TARGET), CR(RSP, TINY_STACK - 8)}},
    {"PAE: call gate 16", TINY_PAE, "\x9a\x00\x00\x00\x00\xb0\x00", /* call 0xb0:0 */
     7, 1, 255, NONE, -1, 0, false, {{0, 0, 0, 0}}, {RIP(0x1000), CSEL(CS, 0x58), CR(RSP, TINY_STACK - 4)}},
    {"PAE: call gate to data", TINY_PAE, "\x9a\x00\x00\x00\x00\x30\x01", /* call 0x130:0 */
     7, 1, 0, 13, 0x10, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"PAE: call gate np code", TINY_PAE, "\x9a\x00\x00\x00\x00\xe0\x00", /* call 0xe0:0 */
     7, 1, 0, 11, 0x78, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"PAE: jmp gate", TINY_PAE, "\xea\x00\x00\x00\x00\xa8\x00", /* jmp 0xa8:0 */
     7, 1, 255, NONE, -1, 0, false, {{0, 0, 0, 0}}, {RIP(TINY_TARGET)}},
    {"PAE: call busy tss", TINY_PAE, "\x9a\x00\x00\x00\x00\x00\x01", /* call 0x100:0 */
     7, 1, 0, 13, 0x100, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"PAE: call small tss", TINY_PAE, "\x9a\x00\x00\x00\x00\x08\x01", /* call 0x108:0 */
     7, 1, 0, 10, 0x108, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"PAE: call np tss", TINY_PAE, "\x9a\x00\x00\x00\x00\x28\x01", /* call 0x128:0 */
     7, 1, 0, 11, 0x128, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"PAE: jmp ldt descriptor", TINY_PAE, "\xea\x00\x00\x00\x00\x48\x00", /* jmp 0x48:0 */
     7, 1, 0, 13, 0x48, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"PAE: task call", TINY_PAE, "\x9a\x00\x00\x00\x00\x98\x00", /* call 0x98:0 */
     7, 1, 255, NONE, -1, 0, false, {M32(TINY_TSS2 + 0x1c, TINY_PAE_PDPT)}, {RIP(TINY_TARGET), FSET(X86_FL_NT), CM16(TINY_TSS2, 0x38), CM8(TINY_GDT + 0x9d, 0x8b), CM8(TINY_GDT + 0x3d, 0x8b), CM32(TINY_TSS + 0x20, TINY_CODE + 7), CSEL(TR, 0x98)}},
    {"PAE: task jmp", TINY_PAE, "\xea\x00\x00\x00\x00\x98\x00", /* jmp 0x98:0 */
     7, 1, 255, NONE, -1, 0, false, {M32(TINY_TSS2 + 0x1c, TINY_PAE_PDPT)}, {RIP(TINY_TARGET), FCLR(X86_FL_NT), CM16(TINY_TSS2, 0), CM8(TINY_GDT + 0x9d, 0x8b), CM8(TINY_GDT + 0x3d, 0x89)}},
    {"P32_USER: call gate inner", TINY_P32_USER, "\x9a\x00\x00\x00\x00\xab\x00", /* call 0xab:0 */
     7, 1, 255, NONE, -1, 0, false, {{0, 0, 0, 0}}, {RIP(TINY_TARGET), CPL(0), CR(RSP, TINY_STACK0 - 16), STACK(0, 4, TINY_UCODE + 7), STACK(1, 4, 0x23), STACK(2, 4, TINY_USTACK), STACK(3, 4, 0x2b)}},
    {"P32_USER: call gate params", TINY_P32_USER, "\x9a\x00\x00\x00\x00\x13\x01", /* call 0x113:0 */
     7, 1, 255, NONE, -1, 0, false, {M32(TINY_USTACK, 0xaaaa), M32(TINY_USTACK + 4, 0xbbbb)}, {CR(RSP, TINY_STACK0 - 24), STACK(2, 4, 0xaaaa), STACK(3, 4, 0xbbbb), STACK(4, 4, TINY_USTACK)}},
    {"P32_USER: call gate dpl0", TINY_P32_USER, "\x9a\x00\x00\x00\x00\xe8\x00", /* call 0xe8:0 */
     7, 1, 0, 13, 0xe8, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32_USER: jmp gate to inner code", TINY_P32_USER, "\xea\x00\x00\x00\x00\xab\x00", /* jmp 0xab:0 */
     7, 1, 0, 13, 0x8, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32_USER: call gate tss ss null", TINY_P32_USER, "\x9a\x00\x00\x00\x00\xab\x00", /* call 0xab:0 */
     7, 1, 255, TRIPLE, -1, 0, false, {M32(TINY_TSS + 8, 0)}, {{0, 0, 0, 0}}},
    {"P32_USER: call gate tss ss rpl", TINY_P32_USER, "\x9a\x00\x00\x00\x00\xab\x00", /* call 0xab:0 */
     7, 1, 255, TRIPLE, -1, 0, false, {M32(TINY_TSS + 8, 0x2b)}, {{0, 0, 0, 0}}},
    {"P32_USER: call np gate", TINY_P32_USER, "\x9a\x00\x00\x00\x00\xdb\x00", /* call 0xdb:0 */
     7, 1, 0, 11, 0xd8, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32_USER: call dpl0 code", TINY_P32_USER, "\x9a\x00\x00\x00\x00\x08\x00", /* call 0x08:0 */
     7, 1, 0, 13, 0x8, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32_USER: task gate from user", TINY_P32_USER, "\xea\x00\x00\x00\x00\xbb\x00", /* jmp 0xbb:0 */
     7, 1, 255, NONE, -1, 0, false, {{0, 0, 0, 0}}, {RIP(TINY_TARGET), CPL(0)}},
    {"P32_USER: tss directly from user", TINY_P32_USER, "\xea\x00\x00\x00\x00\x98\x00", /* jmp 0x98:0 */
     7, 1, 0, 13, 0x98, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32_USER: retf to inner", TINY_P32_USER, "\xcb", /* retf */
     1, 1, 0, 13, 0x8, 0, false, {M32(TINY_USTACK, 0x41000), M32(TINY_USTACK + 4, 8)}, {{0, 0, 0, 0}}},
    {"P32_USER: call conforming", TINY_P32_USER, "\x9a\x00\x01\x02\x00\x68\x00", /* call 0x68:0x20100 */
     7, 1, 255, NONE, -1, 0, false, {{0, 0, 0, 0}}, {CSEL(CS, 0x6b), CPL(3)}},
    {"PG32_USER: call gate inner", TINY_PG32_USER, "\x9a\x00\x00\x00\x00\xab\x00", /* call 0xab:0 */
     7, 1, 255, NONE, -1, 0, false, {{0, 0, 0, 0}}, {RIP(TINY_TARGET), CPL(0), CR(RSP, TINY_STACK0 - 16), STACK(0, 4, TINY_UCODE + 7), STACK(1, 4, 0x23), STACK(2, 4, TINY_USTACK), STACK(3, 4, 0x2b)}},
    {"PG32_USER: call gate params", TINY_PG32_USER, "\x9a\x00\x00\x00\x00\x13\x01", /* call 0x113:0 */
     7, 1, 255, NONE, -1, 0, false, {M32(TINY_USTACK, 0xaaaa), M32(TINY_USTACK + 4, 0xbbbb)}, {CR(RSP, TINY_STACK0 - 24), STACK(2, 4, 0xaaaa), STACK(3, 4, 0xbbbb), STACK(4, 4, TINY_USTACK)}},
    {"PG32_USER: call gate dpl0", TINY_PG32_USER, "\x9a\x00\x00\x00\x00\xe8\x00", /* call 0xe8:0 */
     7, 1, 0, 13, 0xe8, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"PG32_USER: jmp gate to inner code", TINY_PG32_USER, "\xea\x00\x00\x00\x00\xab\x00", /* jmp 0xab:0 */
     7, 1, 0, 13, 0x8, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"PG32_USER: call gate tss ss null", TINY_PG32_USER, "\x9a\x00\x00\x00\x00\xab\x00", /* call 0xab:0 */
     7, 1, 255, TRIPLE, -1, 0, false, {M32(TINY_TSS + 8, 0)}, {{0, 0, 0, 0}}},
    {"PG32_USER: call gate tss ss rpl", TINY_PG32_USER, "\x9a\x00\x00\x00\x00\xab\x00", /* call 0xab:0 */
     7, 1, 255, TRIPLE, -1, 0, false, {M32(TINY_TSS + 8, 0x2b)}, {{0, 0, 0, 0}}},
    {"PG32_USER: call np gate", TINY_PG32_USER, "\x9a\x00\x00\x00\x00\xdb\x00", /* call 0xdb:0 */
     7, 1, 0, 11, 0xd8, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"PG32_USER: call dpl0 code", TINY_PG32_USER, "\x9a\x00\x00\x00\x00\x08\x00", /* call 0x08:0 */
     7, 1, 0, 13, 0x8, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"PG32_USER: task gate from user", TINY_PG32_USER, "\xea\x00\x00\x00\x00\xbb\x00", /* jmp 0xbb:0 */
     7, 1, 255, NONE, -1, 0, false, {M32(TINY_TSS2 + 0x1c, TINY_PD32)}, {RIP(TINY_TARGET), CPL(0)}},
    {"PG32_USER: tss directly from user", TINY_PG32_USER, "\xea\x00\x00\x00\x00\x98\x00", /* jmp 0x98:0 */
     7, 1, 0, 13, 0x98, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"PG32_USER: retf to inner", TINY_PG32_USER, "\xcb", /* retf */
     1, 1, 0, 13, 0x8, 0, false, {M32(TINY_USTACK, 0x41000), M32(TINY_USTACK + 4, 8)}, {{0, 0, 0, 0}}},
    {"PG32_USER: call conforming", TINY_PG32_USER, "\x9a\x00\x01\x02\x00\x68\x00", /* call 0x68:0x20100 */
     7, 1, 255, NONE, -1, 0, false, {{0, 0, 0, 0}}, {CSEL(CS, 0x6b), CPL(3)}},
    {"task with bad ss leaves no stack", TINY_P32, "\xea\x00\x00\x00\x00\x98\x00", /* jmp 0x98:0 */
     7, 1, 255, TRIPLE, -1, 0, true, {M32(TINY_TSS2 + 0x50, 0x2b)}, {CSEL(TR, 0x98)}},
    {"task with np ds", TINY_P32, "\xea\x00\x00\x00\x00\x98\x00", /* jmp 0x98:0 */
     7, 1, 255, 11, 0x70, 0, true, {M32(TINY_TSS2 + 0x54, 0x70)}, {CSEL(TR, 0x98), STACK(1, 4, TINY_TARGET)}},
    {"task with eip beyond limit", TINY_P32, "\xea\x00\x00\x00\x00\x98\x00", /* jmp 0x98:0 */
     7, 1, 255, 13, 0, 0, true, {M32(TINY_TSS2 + 0x20, 0x200000), M32(TINY_TSS2 + 0x4c, 0x1a0), M64(TINY_GDT + 0x1a0, 0x00409b000000ffff)}, {STACK(1, 4, 0x200000)}},
    {"task t bit", TINY_P32, "\xea\x00\x00\x00\x00\x98\x00", /* jmp 0x98:0 */
     7, 2, 255, 1, -1, 0, true, {M16(TINY_TSS2 + 0x64, 1)}, {CST(dr[6], 0xffff8ff0)}},
    {"task 16-bit", TINY_P32, "\xea\x00\x00\x00\x00\xa0\x00", /* jmp 0xa0:0 */
     7, 1, 255, NONE, -1, 0, false, {{0, 0, 0, 0}}, {RIP(0x1000), CSEL(CS, 0x58)}},
    {"iret nested task", TINY_P32, "\xcf", /* iret */
     1, 1, 255, NONE, -1, 0, false, {FLAGS(X86_FL_NT), M16(TINY_TSS, 0x100)}, {RIP(TINY_TARGET), CSEL(TR, 0x100), CM8(TINY_GDT + 0x3d, 0x89)}},
    {"iret nested task not busy", TINY_P32, "\xcf", /* iret */
     1, 1, 0, 10, 0x98, 0, false, {FLAGS(X86_FL_NT), M16(TINY_TSS, 0x98)}, {{0, 0, 0, 0}}},
    {"iret nested task null", TINY_P32, "\xcf", /* iret */
     1, 1, 0, 10, 0, 0, false, {FLAGS(X86_FL_NT)}, {{0, 0, 0, 0}}},
    {"iret nested task in ldt", TINY_P32, "\xcf", /* iret */
     1, 1, 0, 10, 0xc, 0, false, {FLAGS(X86_FL_NT), M16(TINY_TSS, 0xc)}, {{0, 0, 0, 0}}},
    {"iret nt long", TINY_LONG, "\x48\xcf", /* iretq */
     2, 1, 0, 13, 0, 0, false, {FLAGS(X86_FL_NT)}, {{0, 0, 0, 0}}},
    {"iret nt compat", TINY_COMPAT, "\xcf", /* iret */
     1, 1, 0, 13, 0, 0, false, {FLAGS(X86_FL_NT)}, {{0, 0, 0, 0}}},
    {"LONG: call gate 64", TINY_LONG, "\x48\xb8\x00\x00\x00\x00\x00\x00\x00\x00\xff\x1b", /* mov rax, 0; call far dword [rbx] */
     12, 2, 255, NONE, -1, 0, false, {M32(TINY_DATA, 0), M16(TINY_DATA + 4, 0xc0)}, {RIP(TINY_TARGET), CR(RSP, TINY_STACK - 16)}},
    {"LONG: jmp far m16:64", TINY_LONG, "\x48\xff\x2b", /* o64 jmp far [rbx] */
     3, 1, 255, NONE, -1, 0, false, {M64(TINY_DATA, 0x41000), M16(TINY_DATA + 8, 0x18)}, {RIP(0x41000), CMODE(8)}},
    {"LONG: jmp far to compat", TINY_LONG, "\xff\x2b", /* jmp far dword [rbx] */
     2, 1, 255, NONE, -1, 0, false, {M32(TINY_DATA, 0x41000), M16(TINY_DATA + 4, 8)}, {RIP(0x41000), CMODE(4)}},
    {"LONG: jmp far not canonical", TINY_LONG, "\x48\xff\x2b", /* o64 jmp far [rbx] */
     3, 1, 0, 13, 0, 0, false, {M64(TINY_DATA, 0x800000000000), M16(TINY_DATA + 8, 0x18)}, {{0, 0, 0, 0}}},
    {"LONG: jmp tss", TINY_LONG, "\xff\x2b", /* jmp far dword [rbx] */
     2, 1, 0, 13, 0x98, 0, false, {M16(TINY_DATA + 4, 0x98)}, {{0, 0, 0, 0}}},
    {"LONG: jmp task gate", TINY_LONG, "\xff\x2b", /* jmp far dword [rbx] */
     2, 1, 0, 13, 0xb8, 0, false, {M16(TINY_DATA + 4, 0xb8)}, {{0, 0, 0, 0}}},
    {"LONG: jmp call gate 16", TINY_LONG, "\xff\x2b", /* jmp far dword [rbx] */
     2, 1, 0, 13, 0xb0, 0, false, {M16(TINY_DATA + 4, 0xb0)}, {{0, 0, 0, 0}}},
    {"LONG: jmp gate to 32-bit code", TINY_LONG, "\xff\x2b", /* jmp far dword [rbx] */
     2, 1, 0, 13, 0x8, 0, false, {M16(TINY_DATA + 4, 0x140), M64(TINY_GDT + 0x148, 0)}, {{0, 0, 0, 0}}},
    {"LONG: jmp gate upper type", TINY_LONG, "\xff\x2b", /* jmp far dword [rbx] */
     2, 1, 0, 13, 0xc0, 0, false, {M16(TINY_DATA + 4, 0xc0), M64(TINY_GDT + 0xc8, 0x10000000000)}, {{0, 0, 0, 0}}},
    {"LONG: retf to user", TINY_LONG, "\x48\xcb", /* o64 retf */
     2, 1, 255, NONE, -1, 0, false, {M64(TINY_STACK, 0x20000), M64(TINY_STACK + 8, 0x33), M64(TINY_STACK + 16, 0x30000), M64(TINY_STACK + 24, 0x2b)}, {CPL(3), CR(RSP, 0x30000), CMODE(8)}},
    {"LONG: retf not canonical", TINY_LONG, "\x48\xcb", /* o64 retf */
     2, 1, 0, 13, 0, 0, false, {M64(TINY_STACK, 0x8000000000000000), M64(TINY_STACK + 8, 0x18)}, {{0, 0, 0, 0}}},
    {"LONG_USER: call gate 64 inner", TINY_LONG_USER, "\xff\x1b", /* call far dword [rbx] */
     2, 1, 255, NONE, -1, 0, false, {M32(TINY_UDATA, 0), M16(TINY_UDATA + 4, 0xc3)}, {RIP(TINY_TARGET), CPL(0), CR(RSP, TINY_STACK0 - 32), STACK(0, 8, TINY_UCODE + 2), STACK(2, 8, TINY_USTACK), STACK(3, 8, 0x2b), CSEL(SS, 0)}},
    {"real: jmp far", TINY_REAL, "\xea\x00\x10\x00\x40", /* jmp 0x4000:0x1000 */
     5, 1, 255, NONE, -1, 0, false, {{0, 0, 0, 0}}, {RIP(0x1000), CSEL(CS, 0x4000)}},
    {"real: call far", TINY_REAL, "\x9a\x00\x10\x00\x40", /* call 0x4000:0x1000 */
     5, 1, 255, NONE, -1, 0, false, {{0, 0, 0, 0}}, {CR(RSP, 0x7fc), CM16(0x87fe, 0x1000), CM16(0x87fc, 5)}},
    {"real: retf", TINY_REAL, "\xca\x02\x00", /* retf 2 */
     3, 1, 255, NONE, -1, 0, false, {M16(0x8800, 0x1000), M16(0x8802, 0x4000)}, {RIP(0x1000), CSEL(CS, 0x4000), CR(RSP, 0x806)}},
    {"real: o32 retf beyond limit", TINY_REAL, "\x66\xcb", /* o32 retf */
     2, 1, 0, 13, 0, 0, false, {M32(0x8800, 0x12345), M32(0x8804, 0x4000)}, {{0, 0, 0, 0}}},
    {"v86: jmp far", TINY_V86, "\xea\x10\x00\x00\x20", /* jmp 0x2000:0x10 */
     5, 1, 255, NONE, -1, 0, false, {{0, 0, 0, 0}}, {RIP(0x10), CSEL(CS, 0x2000), CPL(3)}},
    {"P32: iret same", TINY_P32, "\xcf", /* iret */
     1, 1, 255, NONE, -1, 0, false, {M32(TINY_STACK + 0, 0x41000), M32(TINY_STACK + 4, 0x8), M32(TINY_STACK + 8, 0x202)}, {RIP(0x41000), FSET(0x200), CR(RSP, TINY_STACK + 12)}},
    {"P32: iret outer", TINY_P32, "\xcf", /* iret */
     1, 1, 255, NONE, -1, 0, false, {M32(TINY_STACK + 0, 0x20000), M32(TINY_STACK + 4, 0x23), M32(TINY_STACK + 8, 0x202), M32(TINY_STACK + 12, 0x30000), M32(TINY_STACK + 16, 0x2b)}, {RIP(0x20000), CPL(3), CR(RSP, 0x30000), CSEL(DS, 0)}},
    {"P32: iret null cs", TINY_P32, "\xcf", /* iret */
     1, 1, 0, 13, 0, 0, false, {M32(TINY_STACK + 0, 0x41000), M32(TINY_STACK + 4, 0x0), M32(TINY_STACK + 8, 0x2)}, {{0, 0, 0, 0}}},
    {"P32: iret data cs", TINY_P32, "\xcf", /* iret */
     1, 1, 0, 13, 0x10, 0, false, {M32(TINY_STACK + 0, 0x41000), M32(TINY_STACK + 4, 0x10), M32(TINY_STACK + 8, 0x2)}, {{0, 0, 0, 0}}},
    {"P32: iret cs outside", TINY_P32, "\xcf", /* iret */
     1, 1, 0, 13, 0x200, 0, false, {M32(TINY_STACK + 0, 0x41000), M32(TINY_STACK + 4, 0x200), M32(TINY_STACK + 8, 0x2)}, {{0, 0, 0, 0}}},
    {"P32: iret cs dpl != rpl", TINY_P32, "\xcf", /* iret */
     1, 1, 0, 13, 0x8, 0, false, {M32(TINY_STACK + 0, 0x41000), M32(TINY_STACK + 4, 0xb), M32(TINY_STACK + 8, 0x2)}, {{0, 0, 0, 0}}},
    {"P32: iret cs not present", TINY_P32, "\xcf", /* iret */
     1, 1, 0, 11, 0x78, 0, false, {M32(TINY_STACK + 0, 0x41000), M32(TINY_STACK + 4, 0x78), M32(TINY_STACK + 8, 0x2)}, {{0, 0, 0, 0}}},
    {"P32: iret outer ss null", TINY_P32, "\xcf", /* iret */
     1, 1, 0, 13, 0, 0, false, {M32(TINY_STACK + 0, 0x20000), M32(TINY_STACK + 4, 0x23), M32(TINY_STACK + 8, 0x2), M32(TINY_STACK + 12, 0x30000), M32(TINY_STACK + 16, 0x0)}, {{0, 0, 0, 0}}},
    {"P32: iret outer ss rpl", TINY_P32, "\xcf", /* iret */
     1, 1, 0, 13, 0x28, 0, false, {M32(TINY_STACK + 0, 0x20000), M32(TINY_STACK + 4, 0x23), M32(TINY_STACK + 8, 0x2), M32(TINY_STACK + 12, 0x30000), M32(TINY_STACK + 16, 0x28)}, {{0, 0, 0, 0}}},
    {"P32: iret outer ss not present", TINY_P32, "\xcf", /* iret */
     1, 1, 0, 12, 0x1a0, 0, false, {M32(TINY_STACK + 0, 0x20000), M32(TINY_STACK + 4, 0x23), M32(TINY_STACK + 8, 0x2), M32(TINY_STACK + 12, 0x30000), M32(TINY_STACK + 16, 0x1a3), M64(TINY_GDT + 0x1a0, 0x00cf73000000ffff)}, {{0, 0, 0, 0}}},
    {"P32: iret outer ss code", TINY_P32, "\xcf", /* iret */
     1, 1, 0, 13, 0x20, 0, false, {M32(TINY_STACK + 0, 0x20000), M32(TINY_STACK + 4, 0x23), M32(TINY_STACK + 8, 0x2), M32(TINY_STACK + 12, 0x30000), M32(TINY_STACK + 16, 0x23)}, {{0, 0, 0, 0}}},
    {"PG32: iret same", TINY_PG32, "\xcf", /* iret */
     1, 1, 255, NONE, -1, 0, false, {M32(TINY_STACK + 0, 0x41000), M32(TINY_STACK + 4, 0x8), M32(TINY_STACK + 8, 0x202)}, {RIP(0x41000), FSET(0x200), CR(RSP, TINY_STACK + 12)}},
    {"PG32: iret outer", TINY_PG32, "\xcf", /* iret */
     1, 1, 255, NONE, -1, 0, false, {M32(TINY_STACK + 0, 0x20000), M32(TINY_STACK + 4, 0x23), M32(TINY_STACK + 8, 0x202), M32(TINY_STACK + 12, 0x30000), M32(TINY_STACK + 16, 0x2b)}, {RIP(0x20000), CPL(3), CR(RSP, 0x30000), CSEL(DS, 0)}},
    {"PG32: iret null cs", TINY_PG32, "\xcf", /* iret */
     1, 1, 0, 13, 0, 0, false, {M32(TINY_STACK + 0, 0x41000), M32(TINY_STACK + 4, 0x0), M32(TINY_STACK + 8, 0x2)}, {{0, 0, 0, 0}}},
    {"PG32: iret data cs", TINY_PG32, "\xcf", /* iret */
     1, 1, 0, 13, 0x10, 0, false, {M32(TINY_STACK + 0, 0x41000), M32(TINY_STACK + 4, 0x10), M32(TINY_STACK + 8, 0x2)}, {{0, 0, 0, 0}}},
    {"PG32: iret cs outside", TINY_PG32, "\xcf", /* iret */
     1, 1, 0, 13, 0x200, 0, false, {M32(TINY_STACK + 0, 0x41000), M32(TINY_STACK + 4, 0x200), M32(TINY_STACK + 8, 0x2)}, {{0, 0, 0, 0}}},
    {"PG32: iret cs dpl != rpl", TINY_PG32, "\xcf", /* iret */
     1, 1, 0, 13, 0x8, 0, false, {M32(TINY_STACK + 0, 0x41000), M32(TINY_STACK + 4, 0xb), M32(TINY_STACK + 8, 0x2)}, {{0, 0, 0, 0}}},
    {"PG32: iret cs not present", TINY_PG32, "\xcf", /* iret */
     1, 1, 0, 11, 0x78, 0, false, {M32(TINY_STACK + 0, 0x41000), M32(TINY_STACK + 4, 0x78), M32(TINY_STACK + 8, 0x2)}, {{0, 0, 0, 0}}},
    {"PG32: iret outer ss null", TINY_PG32, "\xcf", /* iret */
     1, 1, 0, 13, 0, 0, false, {M32(TINY_STACK + 0, 0x20000), M32(TINY_STACK + 4, 0x23), M32(TINY_STACK + 8, 0x2), M32(TINY_STACK + 12, 0x30000), M32(TINY_STACK + 16, 0x0)}, {{0, 0, 0, 0}}},
    {"PG32: iret outer ss rpl", TINY_PG32, "\xcf", /* iret */
     1, 1, 0, 13, 0x28, 0, false, {M32(TINY_STACK + 0, 0x20000), M32(TINY_STACK + 4, 0x23), M32(TINY_STACK + 8, 0x2), M32(TINY_STACK + 12, 0x30000), M32(TINY_STACK + 16, 0x28)}, {{0, 0, 0, 0}}},
    {"PG32: iret outer ss not present", TINY_PG32, "\xcf", /* iret */
     1, 1, 0, 12, 0x1a0, 0, false, {M32(TINY_STACK + 0, 0x20000), M32(TINY_STACK + 4, 0x23), M32(TINY_STACK + 8, 0x2), M32(TINY_STACK + 12, 0x30000), M32(TINY_STACK + 16, 0x1a3), M64(TINY_GDT + 0x1a0, 0x00cf73000000ffff)}, {{0, 0, 0, 0}}},
    {"PG32: iret outer ss code", TINY_PG32, "\xcf", /* iret */
     1, 1, 0, 13, 0x20, 0, false, {M32(TINY_STACK + 0, 0x20000), M32(TINY_STACK + 4, 0x23), M32(TINY_STACK + 8, 0x2), M32(TINY_STACK + 12, 0x30000), M32(TINY_STACK + 16, 0x23)}, {{0, 0, 0, 0}}},
    {"PAE: iret same", TINY_PAE, "\xcf", /* iret */
     1, 1, 255, NONE, -1, 0, false, {M32(TINY_STACK + 0, 0x41000), M32(TINY_STACK + 4, 0x8), M32(TINY_STACK + 8, 0x202)}, {RIP(0x41000), FSET(0x200), CR(RSP, TINY_STACK + 12)}},
    {"PAE: iret outer", TINY_PAE, "\xcf", /* iret */
     1, 1, 255, NONE, -1, 0, false, {M32(TINY_STACK + 0, 0x20000), M32(TINY_STACK + 4, 0x23), M32(TINY_STACK + 8, 0x202), M32(TINY_STACK + 12, 0x30000), M32(TINY_STACK + 16, 0x2b)}, {RIP(0x20000), CPL(3), CR(RSP, 0x30000), CSEL(DS, 0)}},
    {"PAE: iret null cs", TINY_PAE, "\xcf", /* iret */
     1, 1, 0, 13, 0, 0, false, {M32(TINY_STACK + 0, 0x41000), M32(TINY_STACK + 4, 0x0), M32(TINY_STACK + 8, 0x2)}, {{0, 0, 0, 0}}},
    {"PAE: iret data cs", TINY_PAE, "\xcf", /* iret */
     1, 1, 0, 13, 0x10, 0, false, {M32(TINY_STACK + 0, 0x41000), M32(TINY_STACK + 4, 0x10), M32(TINY_STACK + 8, 0x2)}, {{0, 0, 0, 0}}},
    {"PAE: iret cs outside", TINY_PAE, "\xcf", /* iret */
     1, 1, 0, 13, 0x200, 0, false, {M32(TINY_STACK + 0, 0x41000), M32(TINY_STACK + 4, 0x200), M32(TINY_STACK + 8, 0x2)}, {{0, 0, 0, 0}}},
    {"PAE: iret cs dpl != rpl", TINY_PAE, "\xcf", /* iret */
     1, 1, 0, 13, 0x8, 0, false, {M32(TINY_STACK + 0, 0x41000), M32(TINY_STACK + 4, 0xb), M32(TINY_STACK + 8, 0x2)}, {{0, 0, 0, 0}}},
    {"PAE: iret cs not present", TINY_PAE, "\xcf", /* iret */
     1, 1, 0, 11, 0x78, 0, false, {M32(TINY_STACK + 0, 0x41000), M32(TINY_STACK + 4, 0x78), M32(TINY_STACK + 8, 0x2)}, {{0, 0, 0, 0}}},
    {"PAE: iret outer ss null", TINY_PAE, "\xcf", /* iret */
     1, 1, 0, 13, 0, 0, false, {M32(TINY_STACK + 0, 0x20000), M32(TINY_STACK + 4, 0x23), M32(TINY_STACK + 8, 0x2), M32(TINY_STACK + 12, 0x30000), M32(TINY_STACK + 16, 0x0)}, {{0, 0, 0, 0}}},
    {"PAE: iret outer ss rpl", TINY_PAE, "\xcf", /* iret */
     1, 1, 0, 13, 0x28, 0, false, {M32(TINY_STACK + 0, 0x20000), M32(TINY_STACK + 4, 0x23), M32(TINY_STACK + 8, 0x2), M32(TINY_STACK + 12, 0x30000), M32(TINY_STACK + 16, 0x28)}, {{0, 0, 0, 0}}},
    {"PAE: iret outer ss not present", TINY_PAE, "\xcf", /* iret */
     1, 1, 0, 12, 0x1a0, 0, false, {M32(TINY_STACK + 0, 0x20000), M32(TINY_STACK + 4, 0x23), M32(TINY_STACK + 8, 0x2), M32(TINY_STACK + 12, 0x30000), M32(TINY_STACK + 16, 0x1a3), M64(TINY_GDT + 0x1a0, 0x00cf73000000ffff)}, {{0, 0, 0, 0}}},
    {"PAE: iret outer ss code", TINY_PAE, "\xcf", /* iret */
     1, 1, 0, 13, 0x20, 0, false, {M32(TINY_STACK + 0, 0x20000), M32(TINY_STACK + 4, 0x23), M32(TINY_STACK + 8, 0x2), M32(TINY_STACK + 12, 0x30000), M32(TINY_STACK + 16, 0x23)}, {{0, 0, 0, 0}}},
    {"COMPAT: iret same", TINY_COMPAT, "\xcf", /* iret */
     1, 1, 255, NONE, -1, 0, false, {M32(TINY_STACK + 0, 0x41000), M32(TINY_STACK + 4, 0x8), M32(TINY_STACK + 8, 0x202)}, {RIP(0x41000), FSET(0x200), CR(RSP, TINY_STACK + 12)}},
    {"COMPAT: iret outer", TINY_COMPAT, "\xcf", /* iret */
     1, 1, 255, NONE, -1, 0, false, {M32(TINY_STACK + 0, 0x20000), M32(TINY_STACK + 4, 0x23), M32(TINY_STACK + 8, 0x202), M32(TINY_STACK + 12, 0x30000), M32(TINY_STACK + 16, 0x2b)}, {RIP(0x20000), CPL(3), CR(RSP, 0x30000), CSEL(DS, 0)}},
    {"COMPAT: iret null cs", TINY_COMPAT, "\xcf", /* iret */
     1, 1, 0, 13, 0, 0, false, {M32(TINY_STACK + 0, 0x41000), M32(TINY_STACK + 4, 0x0), M32(TINY_STACK + 8, 0x2)}, {{0, 0, 0, 0}}},
    {"COMPAT: iret data cs", TINY_COMPAT, "\xcf", /* iret */
     1, 1, 0, 13, 0x10, 0, false, {M32(TINY_STACK + 0, 0x41000), M32(TINY_STACK + 4, 0x10), M32(TINY_STACK + 8, 0x2)}, {{0, 0, 0, 0}}},
    {"COMPAT: iret cs outside", TINY_COMPAT, "\xcf", /* iret */
     1, 1, 0, 13, 0x200, 0, false, {M32(TINY_STACK + 0, 0x41000), M32(TINY_STACK + 4, 0x200), M32(TINY_STACK + 8, 0x2)}, {{0, 0, 0, 0}}},
    {"COMPAT: iret cs dpl != rpl", TINY_COMPAT, "\xcf", /* iret */
     1, 1, 0, 13, 0x8, 0, false, {M32(TINY_STACK + 0, 0x41000), M32(TINY_STACK + 4, 0xb), M32(TINY_STACK + 8, 0x2)}, {{0, 0, 0, 0}}},
    {"COMPAT: iret cs not present", TINY_COMPAT, "\xcf", /* iret */
     1, 1, 0, 11, 0x78, 0, false, {M32(TINY_STACK + 0, 0x41000), M32(TINY_STACK + 4, 0x78), M32(TINY_STACK + 8, 0x2)}, {{0, 0, 0, 0}}},
    {"COMPAT: iret outer ss null", TINY_COMPAT, "\xcf", /* iret */
     1, 1, 0, 13, 0, 0, false, {M32(TINY_STACK + 0, 0x20000), M32(TINY_STACK + 4, 0x23), M32(TINY_STACK + 8, 0x2), M32(TINY_STACK + 12, 0x30000), M32(TINY_STACK + 16, 0x0)}, {{0, 0, 0, 0}}},
    {"COMPAT: iret outer ss rpl", TINY_COMPAT, "\xcf", /* iret */
     1, 1, 0, 13, 0x28, 0, false, {M32(TINY_STACK + 0, 0x20000), M32(TINY_STACK + 4, 0x23), M32(TINY_STACK + 8, 0x2), M32(TINY_STACK + 12, 0x30000), M32(TINY_STACK + 16, 0x28)}, {{0, 0, 0, 0}}},
    {"COMPAT: iret outer ss not present", TINY_COMPAT, "\xcf", /* iret */
     1, 1, 0, 12, 0x1a0, 0, false, {M32(TINY_STACK + 0, 0x20000), M32(TINY_STACK + 4, 0x23), M32(TINY_STACK + 8, 0x2), M32(TINY_STACK + 12, 0x30000), M32(TINY_STACK + 16, 0x1a3), M64(TINY_GDT + 0x1a0, 0x00cf73000000ffff)}, {{0, 0, 0, 0}}},
    {"COMPAT: iret outer ss code", TINY_COMPAT, "\xcf", /* iret */
     1, 1, 0, 13, 0x20, 0, false, {M32(TINY_STACK + 0, 0x20000), M32(TINY_STACK + 4, 0x23), M32(TINY_STACK + 8, 0x2), M32(TINY_STACK + 12, 0x30000), M32(TINY_STACK + 16, 0x23)}, {{0, 0, 0, 0}}},
    {"LONG: iretq same", TINY_LONG, "\x48\xcf", /* iretq */
     2, 1, 255, NONE, -1, 0, false, {M64(TINY_STACK + 0, 0x41000), M64(TINY_STACK + 8, 0x18), M64(TINY_STACK + 16, 0x202), M64(TINY_STACK + 24, 0x9000), M64(TINY_STACK + 32, 0x10)}, {RIP(0x41000), CR(RSP, 0x9000)}},
    {"LONG: iretq null ss at cpl 0", TINY_LONG, "\x48\xcf", /* iretq */
     2, 1, 255, NONE, -1, 0, false, {M64(TINY_STACK + 0, 0x41000), M64(TINY_STACK + 8, 0x18), M64(TINY_STACK + 16, 0x2), M64(TINY_STACK + 24, 0x9000), M64(TINY_STACK + 32, 0x0)}, {RIP(0x41000), CSEL(SS, 0), CPL(0)}},
    {"LONG: iretq user", TINY_LONG, "\x48\xcf", /* iretq */
     2, 1, 255, NONE, -1, 0, false, {M64(TINY_STACK + 0, 0x20000), M64(TINY_STACK + 8, 0x33), M64(TINY_STACK + 16, 0x202), M64(TINY_STACK + 24, 0x30000), M64(TINY_STACK + 32, 0x2b)}, {CPL(3), CMODE(8), CR(RSP, 0x30000)}},
    {"LONG: iretq user compat", TINY_LONG, "\x48\xcf", /* iretq */
     2, 1, 255, NONE, -1, 0, false, {M64(TINY_STACK + 0, 0x20000), M64(TINY_STACK + 8, 0x23), M64(TINY_STACK + 16, 0x202), M64(TINY_STACK + 24, 0x30000), M64(TINY_STACK + 32, 0x2b)}, {CPL(3), CMODE(4)}},
    {"LONG: iretq null ss to user", TINY_LONG, "\x48\xcf", /* iretq */
     2, 1, 0, 13, 0, 0, false, {M64(TINY_STACK + 0, 0x20000), M64(TINY_STACK + 8, 0x33), M64(TINY_STACK + 16, 0x2), M64(TINY_STACK + 24, 0x30000), M64(TINY_STACK + 32, 0x3)}, {{0, 0, 0, 0}}},
    {"LONG: iretq null ss to compat", TINY_LONG, "\x48\xcf", /* iretq */
     2, 1, 0, 13, 0, 0, false, {M64(TINY_STACK + 0, 0x41000), M64(TINY_STACK + 8, 0x8), M64(TINY_STACK + 16, 0x2), M64(TINY_STACK + 24, 0x9000), M64(TINY_STACK + 32, 0x0)}, {{0, 0, 0, 0}}},
    {"LONG: iretq not canonical", TINY_LONG, "\x48\xcf", /* iretq */
     2, 1, 0, 13, 0, 0, false, {M64(TINY_STACK + 0, 0x800000000000), M64(TINY_STACK + 8, 0x18), M64(TINY_STACK + 16, 0x2), M64(TINY_STACK + 24, 0x9000), M64(TINY_STACK + 32, 0x10)}, {{0, 0, 0, 0}}},
    {"LONG: iretq L and D", TINY_LONG, "\x48\xcf", /* iretq */
     2, 1, 0, 13, 0xf8, 0, false, {M64(TINY_STACK + 0, 0x41000), M64(TINY_STACK + 8, 0xf8), M64(TINY_STACK + 16, 0x2), M64(TINY_STACK + 24, 0x9000), M64(TINY_STACK + 32, 0x10)}, {{0, 0, 0, 0}}},
    {"LONG: iretq unblocks nmi", TINY_LONG, "\x48\xcf", /* iretq */
     2, 1, 255, NONE, -1, 0, false, {M64(TINY_STACK + 0, 0x41000), M64(TINY_STACK + 8, 0x18), M64(TINY_STACK + 16, 0x2), M64(TINY_STACK + 24, 0x9000), M64(TINY_STACK + 32, 0x10), ST(ev, 0x00010000)}, {CST(ev, 0)}},
    {"P32_USER: iret cannot set iopl", TINY_P32_USER, "\xcf", /* iret */
     1, 1, 255, NONE, -1, 0, false, {M32(TINY_USTACK, 0x20100), M32(TINY_USTACK + 4, 0x23), M32(TINY_USTACK + 8, 0x3202)}, {FCLR(0x3200), RIP(0x20100)}},
    {"P32: iret to v86", TINY_P32, "\xcf", /* iret */
     1, 1, 255, NONE, -1, 0, false, {M32(TINY_STACK, 0x100), M32(TINY_STACK + 4, 0x2000), M32(TINY_STACK + 8, 0x23002), M32(TINY_STACK + 12, 0x700), M32(TINY_STACK + 16, 0x3000), M32(TINY_STACK + 20, 0x6000), M32(TINY_STACK + 24, 0x6001)}, {FSET(X86_FL_VM), CPL(3), CSEL(CS, 0x2000), CSEL(ES, 0x6000), CSEL(DS, 0x6001), RIP(0x100), CR(RSP, 0x700)}},
    {"V86: iret iopl 0", TINY_V86, "\xcf", /* iret */
     1, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"V86: iret iopl 3", TINY_V86, "\xcf", /* iret */
     1, 1, 255, NONE, -1, 0, false, {FLAGS(0x3000), M16(0x30800, 0x100), M16(0x30802, 0x2000), M16(0x30804, 0x202)}, {RIP(0x100), FSET(0x23200)}},
    {"V86: iret vme", TINY_V86, "\xcf", /* iret */
     1, 1, 255, NONE, -1, 0, false, {CR4_SET(1), M16(0x30800, 0x100), M16(0x30802, 0x2000), M16(0x30804, 0x3202)}, {RIP(0x100), FSET(X86_FL_VIF), FCLR(0x3200)}},
    {"V86: iret vme vip", TINY_V86, "\xcf", /* iret */
     1, 1, 0, 13, 0, 0, false, {CR4_SET(1), FLAGS(X86_FL_VIP), M16(0x30800, 0x100), M16(0x30802, 0x2000), M16(0x30804, 0x202)}, {{0, 0, 0, 0}}},
    {"V86: iret vme tf", TINY_V86, "\xcf", /* iret */
     1, 1, 0, 13, 0, 0, false, {CR4_SET(1), M16(0x30800, 0x100), M16(0x30802, 0x2000), M16(0x30804, 0x102)}, {{0, 0, 0, 0}}},
    {"V86: iretd vme", TINY_V86, "\x66\xcf", /* o32 iret */
     2, 1, 0, 13, 0, 0, false, {CR4_SET(1)}, {{0, 0, 0, 0}}},
    {"REAL: iret", TINY_REAL, "\xcf", /* iret */
     1, 1, 255, NONE, -1, 0, false, {M16(0x8800, 0x100), M16(0x8802, 0x1000), M16(0x8804, 0x7202)}, {RIP(0x100), FSET(0x7200)}},
    {"P32_USER: int 80", TINY_P32_USER, "\xcd\x80", /* int 0x80 */
     2, 1, 2, 128, -1, 0, false, {{0, 0, 0, 0}}, {CPL(0), STACK(1, 4, 35), STACK(3, 4, TINY_USTACK), STACK(4, 4, 0x2b)}},
    {"P32_USER: int 20 dpl", TINY_P32_USER, "\xcd\x20", /* int 0x20 */
     2, 1, 0, 13, 0x102, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32_USER: int 13 dpl", TINY_P32_USER, "\xcd\x0d", /* int 13 */
     2, 1, 0, 13, 0x6a, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32_USER: int3", TINY_P32_USER, "\xcc", /* int3 */
     1, 1, 1, 3, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32_USER: ud2", TINY_P32_USER, "\x0f\x0b", /* ud2 */
     2, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32_USER: hlt", TINY_P32_USER, "\xf4", /* hlt */
     1, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32_USER: int1 ignores dpl", TINY_P32_USER, "\xf1", /* db 0xf1 */
     1, 1, 1, 1, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32_USER: int3 dpl 0 gate", TINY_P32_USER, "\xcc", /* int3 */
     1, 1, 0, 13, 0x1a, 0, false, {M8(TINY_IDT + 3 * 8 + 5, 0x8e)}, {{0, 0, 0, 0}}},
    {"P32_USER: int 81 not present", TINY_P32_USER, "\xcd\x81", /* int 0x81 */
     2, 1, 0, 11, 0x40a, 0, false, {M8(TINY_IDT + 0x81 * 8 + 5, 0x6e)}, {{0, 0, 0, 0}}},
    {"P32_USER: int 82 bad type", TINY_P32_USER, "\xcd\x82", /* int 0x82 */
     2, 1, 0, 13, 0x412, 0, false, {M8(TINY_IDT + 0x82 * 8 + 5, 0xe3)}, {{0, 0, 0, 0}}},
    {"P32_USER: int 83 null code", TINY_P32_USER, "\xcd\x83", /* int 0x83 */
     2, 1, 0, 13, 0, 0, false, {M16(TINY_IDT + 0x83 * 8 + 2, 0)}, {{0, 0, 0, 0}}},
    {"P32_USER: int 84 data code", TINY_P32_USER, "\xcd\x84", /* int 0x84 */
     2, 1, 0, 13, 0x10, 0, false, {M16(TINY_IDT + 0x84 * 8 + 2, 0x10)}, {{0, 0, 0, 0}}},
    {"P32_USER: int 85 np code", TINY_P32_USER, "\xcd\x85", /* int 0x85 */
     2, 1, 0, 11, 0x78, 0, false, {M16(TINY_IDT + 0x85 * 8 + 2, 0x78)}, {{0, 0, 0, 0}}},
    {"P32_USER: int ff beyond idt", TINY_P32_USER, "\xcd\xff", /* int 0xff */
     2, 1, 0, 13, 0x7fa, 0, false, {IDT_LIMIT(0x7fe)}, {{0, 0, 0, 0}}},
    {"P32_USER: ud2 with np gate", TINY_P32_USER, "\x0f\x0b", /* ud2 */
     2, 1, 0, 11, 0x33, 0, false, {M8(TINY_IDT + 6 * 8 + 5, 0x0e)}, {{0, 0, 0, 0}}},
    {"P32_USER: ud2 with bad gate", TINY_P32_USER, "\x0f\x0b", /* ud2 */
     2, 1, 0, 13, 0x33, 0, false, {M8(TINY_IDT + 6 * 8 + 5, 0x80)}, {{0, 0, 0, 0}}},
    {"P32_USER: gp with np gp gate", TINY_P32_USER, "\xf4", /* hlt */
     1, 1, 0, 8, 0, 0, false, {M8(TINY_IDT + 13 * 8 + 5, 0x0e)}, {{0, 0, 0, 0}}},
    {"P32_USER: triple", TINY_P32_USER, "\xf4", /* hlt */
     1, 1, 255, TRIPLE, -1, 0, false, {M8(TINY_IDT + 13 * 8 + 5, 0x0e), M8(TINY_IDT + 8 * 8 + 5, 0x0e)}, {{0, 0, 0, 0}}},
    {"P32_USER: empty idt", TINY_P32_USER, "\x0f\x0b", /* ud2 */
     2, 1, 255, TRIPLE, -1, 0, false, {IDT_LIMIT(0)}, {{0, 0, 0, 0}}},
    {"P32_USER: de", TINY_P32_USER, "\xf6\xf1", /* div cl */
     2, 1, 0, 0, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32_USER: de with np gate is DF by NP", TINY_P32_USER, "\xf6\xf1", /* div cl */
     2, 1, 0, 8, 0, 0, false, {M8(TINY_IDT + 5, 0x0e)}, {{0, 0, 0, 0}}},
    {"PG32_USER: int 80", TINY_PG32_USER, "\xcd\x80", /* int 0x80 */
     2, 1, 2, 128, -1, 0, false, {{0, 0, 0, 0}}, {CPL(0), STACK(1, 4, 35), STACK(3, 4, TINY_USTACK), STACK(4, 4, 0x2b)}},
    {"PG32_USER: int 20 dpl", TINY_PG32_USER, "\xcd\x20", /* int 0x20 */
     2, 1, 0, 13, 0x102, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"PG32_USER: int 13 dpl", TINY_PG32_USER, "\xcd\x0d", /* int 13 */
     2, 1, 0, 13, 0x6a, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"PG32_USER: int3", TINY_PG32_USER, "\xcc", /* int3 */
     1, 1, 1, 3, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"PG32_USER: ud2", TINY_PG32_USER, "\x0f\x0b", /* ud2 */
     2, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"PG32_USER: hlt", TINY_PG32_USER, "\xf4", /* hlt */
     1, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"PG32_USER: int1 ignores dpl", TINY_PG32_USER, "\xf1", /* db 0xf1 */
     1, 1, 1, 1, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"PG32_USER: int3 dpl 0 gate", TINY_PG32_USER, "\xcc", /* int3 */
     1, 1, 0, 13, 0x1a, 0, false, {M8(TINY_IDT + 3 * 8 + 5, 0x8e)}, {{0, 0, 0, 0}}},
    {"PG32_USER: int 81 not present", TINY_PG32_USER, "\xcd\x81", /* int 0x81 */
     2, 1, 0, 11, 0x40a, 0, false, {M8(TINY_IDT + 0x81 * 8 + 5, 0x6e)}, {{0, 0, 0, 0}}},
    {"PG32_USER: int 82 bad type", TINY_PG32_USER, "\xcd\x82", /* int 0x82 */
     2, 1, 0, 13, 0x412, 0, false, {M8(TINY_IDT + 0x82 * 8 + 5, 0xe3)}, {{0, 0, 0, 0}}},
    {"PG32_USER: int 83 null code", TINY_PG32_USER, "\xcd\x83", /* int 0x83 */
     2, 1, 0, 13, 0, 0, false, {M16(TINY_IDT + 0x83 * 8 + 2, 0)}, {{0, 0, 0, 0}}},
    {"PG32_USER: int 84 data code", TINY_PG32_USER, "\xcd\x84", /* int 0x84 */
     2, 1, 0, 13, 0x10, 0, false, {M16(TINY_IDT + 0x84 * 8 + 2, 0x10)}, {{0, 0, 0, 0}}},
    {"PG32_USER: int 85 np code", TINY_PG32_USER, "\xcd\x85", /* int 0x85 */
     2, 1, 0, 11, 0x78, 0, false, {M16(TINY_IDT + 0x85 * 8 + 2, 0x78)}, {{0, 0, 0, 0}}},
    {"PG32_USER: int ff beyond idt", TINY_PG32_USER, "\xcd\xff", /* int 0xff */
     2, 1, 0, 13, 0x7fa, 0, false, {IDT_LIMIT(0x7fe)}, {{0, 0, 0, 0}}},
    {"PG32_USER: ud2 with np gate", TINY_PG32_USER, "\x0f\x0b", /* ud2 */
     2, 1, 0, 11, 0x33, 0, false, {M8(TINY_IDT + 6 * 8 + 5, 0x0e)}, {{0, 0, 0, 0}}},
    {"PG32_USER: ud2 with bad gate", TINY_PG32_USER, "\x0f\x0b", /* ud2 */
     2, 1, 0, 13, 0x33, 0, false, {M8(TINY_IDT + 6 * 8 + 5, 0x80)}, {{0, 0, 0, 0}}},
    {"PG32_USER: gp with np gp gate", TINY_PG32_USER, "\xf4", /* hlt */
     1, 1, 0, 8, 0, 0, false, {M8(TINY_IDT + 13 * 8 + 5, 0x0e)}, {{0, 0, 0, 0}}},
    {"PG32_USER: triple", TINY_PG32_USER, "\xf4", /* hlt */
     1, 1, 255, TRIPLE, -1, 0, false, {M8(TINY_IDT + 13 * 8 + 5, 0x0e), M8(TINY_IDT + 8 * 8 + 5, 0x0e)}, {{0, 0, 0, 0}}},
    {"PG32_USER: empty idt", TINY_PG32_USER, "\x0f\x0b", /* ud2 */
     2, 1, 255, TRIPLE, -1, 0, false, {IDT_LIMIT(0)}, {{0, 0, 0, 0}}},
    {"PG32_USER: de", TINY_PG32_USER, "\xf6\xf1", /* div cl */
     2, 1, 0, 0, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"PG32_USER: de with np gate is DF by NP", TINY_PG32_USER, "\xf6\xf1", /* div cl */
     2, 1, 0, 8, 0, 0, false, {M8(TINY_IDT + 5, 0x0e)}, {{0, 0, 0, 0}}},
    {"LONG_USER: int 80", TINY_LONG_USER, "\xcd\x80", /* int 0x80 */
     2, 1, 2, 128, -1, 0, false, {{0, 0, 0, 0}}, {CPL(0), STACK(1, 8, 51), STACK(3, 8, TINY_USTACK), STACK(4, 8, 0x2b)}},
    {"LONG_USER: int 20 dpl", TINY_LONG_USER, "\xcd\x20", /* int 0x20 */
     2, 1, 0, 13, 0x102, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"LONG_USER: int 13 dpl", TINY_LONG_USER, "\xcd\x0d", /* int 13 */
     2, 1, 0, 13, 0x6a, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"LONG_USER: int3", TINY_LONG_USER, "\xcc", /* int3 */
     1, 1, 1, 3, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"LONG_USER: ud2", TINY_LONG_USER, "\x0f\x0b", /* ud2 */
     2, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"LONG_USER: hlt", TINY_LONG_USER, "\xf4", /* hlt */
     1, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"LONG_USER: int1 ignores dpl", TINY_LONG_USER, "\xf1", /* db 0xf1 */
     1, 1, 1, 1, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"LONG_USER: int3 dpl 0 gate", TINY_LONG_USER, "\xcc", /* int3 */
     1, 1, 0, 13, 0x1a, 0, false, {M8(TINY_IDT + 3 * 16 + 5, 0x8e)}, {{0, 0, 0, 0}}},
    {"LONG_USER: int 81 not present", TINY_LONG_USER, "\xcd\x81", /* int 0x81 */
     2, 1, 0, 11, 0x40a, 0, false, {M8(TINY_IDT + 0x81 * 16 + 5, 0x6e)}, {{0, 0, 0, 0}}},
    {"LONG_USER: int 82 bad type", TINY_LONG_USER, "\xcd\x82", /* int 0x82 */
     2, 1, 0, 13, 0x412, 0, false, {M8(TINY_IDT + 0x82 * 16 + 5, 0xe3)}, {{0, 0, 0, 0}}},
    {"LONG_USER: int 83 null code", TINY_LONG_USER, "\xcd\x83", /* int 0x83 */
     2, 1, 0, 13, 0, 0, false, {M16(TINY_IDT + 0x83 * 16 + 2, 0)}, {{0, 0, 0, 0}}},
    {"LONG_USER: int 84 data code", TINY_LONG_USER, "\xcd\x84", /* int 0x84 */
     2, 1, 0, 13, 0x10, 0, false, {M16(TINY_IDT + 0x84 * 16 + 2, 0x10)}, {{0, 0, 0, 0}}},
    {"LONG_USER: int 85 np code", TINY_LONG_USER, "\xcd\x85", /* int 0x85 */
     2, 1, 0, 11, 0x78, 0, false, {M16(TINY_IDT + 0x85 * 16 + 2, 0x78)}, {{0, 0, 0, 0}}},
    {"LONG_USER: int ff beyond idt", TINY_LONG_USER, "\xcd\xff", /* int 0xff */
     2, 1, 0, 13, 0x7fa, 0, false, {IDT_LIMIT(0xffe)}, {{0, 0, 0, 0}}},
    {"LONG_USER: ud2 with np gate", TINY_LONG_USER, "\x0f\x0b", /* ud2 */
     2, 1, 0, 11, 0x33, 0, false, {M8(TINY_IDT + 6 * 16 + 5, 0x0e)}, {{0, 0, 0, 0}}},
    {"LONG_USER: ud2 with bad gate", TINY_LONG_USER, "\x0f\x0b", /* ud2 */
     2, 1, 0, 13, 0x33, 0, false, {M8(TINY_IDT + 6 * 16 + 5, 0x80)}, {{0, 0, 0, 0}}},
    {"LONG_USER: gp with np gp gate", TINY_LONG_USER, "\xf4", /* hlt */
     1, 1, 0, 8, 0, 0, false, {M8(TINY_IDT + 13 * 16 + 5, 0x0e)}, {{0, 0, 0, 0}}},
    {"LONG_USER: triple", TINY_LONG_USER, "\xf4", /* hlt */
     1, 1, 255, TRIPLE, -1, 0, false, {M8(TINY_IDT + 13 * 16 + 5, 0x0e), M8(TINY_IDT + 8 * 16 + 5, 0x0e)}, {{0, 0, 0, 0}}},
    {"LONG_USER: empty idt", TINY_LONG_USER, "\x0f\x0b", /* ud2 */
     2, 1, 255, TRIPLE, -1, 0, false, {IDT_LIMIT(0)}, {{0, 0, 0, 0}}},
    {"LONG_USER: de", TINY_LONG_USER, "\xf6\xf1", /* div cl */
     2, 1, 0, 0, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"LONG_USER: de with np gate is DF by NP", TINY_LONG_USER, "\xf6\xf1", /* div cl */
     2, 1, 0, 8, 0, 0, false, {M8(TINY_IDT + 5, 0x0e)}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: int 80", TINY_COMPAT_USER, "\xcd\x80", /* int 0x80 */
     2, 1, 2, 128, -1, 0, false, {{0, 0, 0, 0}}, {CPL(0), STACK(1, 8, 35), STACK(3, 8, TINY_USTACK), STACK(4, 8, 0x2b)}},
    {"COMPAT_USER: int 20 dpl", TINY_COMPAT_USER, "\xcd\x20", /* int 0x20 */
     2, 1, 0, 13, 0x102, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: int 13 dpl", TINY_COMPAT_USER, "\xcd\x0d", /* int 13 */
     2, 1, 0, 13, 0x6a, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: int3", TINY_COMPAT_USER, "\xcc", /* int3 */
     1, 1, 1, 3, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: ud2", TINY_COMPAT_USER, "\x0f\x0b", /* ud2 */
     2, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: hlt", TINY_COMPAT_USER, "\xf4", /* hlt */
     1, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: int1 ignores dpl", TINY_COMPAT_USER, "\xf1", /* db 0xf1 */
     1, 1, 1, 1, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: int3 dpl 0 gate", TINY_COMPAT_USER, "\xcc", /* int3 */
     1, 1, 0, 13, 0x1a, 0, false, {M8(TINY_IDT + 3 * 16 + 5, 0x8e)}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: int 81 not present", TINY_COMPAT_USER, "\xcd\x81", /* int 0x81 */
     2, 1, 0, 11, 0x40a, 0, false, {M8(TINY_IDT + 0x81 * 16 + 5, 0x6e)}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: int 82 bad type", TINY_COMPAT_USER, "\xcd\x82", /* int 0x82 */
     2, 1, 0, 13, 0x412, 0, false, {M8(TINY_IDT + 0x82 * 16 + 5, 0xe3)}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: int 83 null code", TINY_COMPAT_USER, "\xcd\x83", /* int 0x83 */
     2, 1, 0, 13, 0, 0, false, {M16(TINY_IDT + 0x83 * 16 + 2, 0)}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: int 84 data code", TINY_COMPAT_USER, "\xcd\x84", /* int 0x84 */
     2, 1, 0, 13, 0x10, 0, false, {M16(TINY_IDT + 0x84 * 16 + 2, 0x10)}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: int 85 np code", TINY_COMPAT_USER, "\xcd\x85", /* int 0x85 */
     2, 1, 0, 11, 0x78, 0, false, {M16(TINY_IDT + 0x85 * 16 + 2, 0x78)}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: int ff beyond idt", TINY_COMPAT_USER, "\xcd\xff", /* int 0xff */
     2, 1, 0, 13, 0x7fa, 0, false, {IDT_LIMIT(0xffe)}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: ud2 with np gate", TINY_COMPAT_USER, "\x0f\x0b", /* ud2 */
     2, 1, 0, 11, 0x33, 0, false, {M8(TINY_IDT + 6 * 16 + 5, 0x0e)}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: ud2 with bad gate", TINY_COMPAT_USER, "\x0f\x0b", /* ud2 */
     2, 1, 0, 13, 0x33, 0, false, {M8(TINY_IDT + 6 * 16 + 5, 0x80)}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: gp with np gp gate", TINY_COMPAT_USER, "\xf4", /* hlt */
     1, 1, 0, 8, 0, 0, false, {M8(TINY_IDT + 13 * 16 + 5, 0x0e)}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: triple", TINY_COMPAT_USER, "\xf4", /* hlt */
     1, 1, 255, TRIPLE, -1, 0, false, {M8(TINY_IDT + 13 * 16 + 5, 0x0e), M8(TINY_IDT + 8 * 16 + 5, 0x0e)}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: empty idt", TINY_COMPAT_USER, "\x0f\x0b", /* ud2 */
     2, 1, 255, TRIPLE, -1, 0, false, {IDT_LIMIT(0)}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: de", TINY_COMPAT_USER, "\xf6\xf1", /* div cl */
     2, 1, 0, 0, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: de with np gate is DF by NP", TINY_COMPAT_USER, "\xf6\xf1", /* div cl */
     2, 1, 0, 8, 0, 0, false, {M8(TINY_IDT + 5, 0x0e)}, {{0, 0, 0, 0}}},
    {"P32: int 20", TINY_P32, "\xcd\x20", /* int 0x20 */
     2, 1, 2, 32, -1, 0, false, {{0, 0, 0, 0}}, {FCLR(X86_FL_IF)}},
    {"P32: trap gate keeps if", TINY_P32, "\xcd\x21", /* int 0x21 */
     2, 1, 2, 33, -1, 0, false, {M8(TINY_IDT + 0x21 * 8 + 5, 0x8f), FLAGS(0x200)}, {FSET(X86_FL_IF)}},
    {"P32: interrupt gate clears if, tf, nt, rf", TINY_P32, "\xcd\x22", /* int 0x22 */
     2, 1, 2, 34, -1, 0, false, {FLAGS(0x4200)}, {FCLR(0x14300)}},
    {"P32: code not inner", TINY_P32, "\xcd\x23", /* int 0x23 */
     2, 1, 0, 13, 0x20, 0, false, {M16(TINY_IDT + 0x23 * 8 + 2, 0x20)}, {{0, 0, 0, 0}}},
    {"P32: irq", TINY_P32, "\x90", /* nop */
     1, 1, 0, 0x30, -1, 0, false, {FLAGS(0x200), IRQ(0x30)}, {{0, 0, 0, 0}}},
    {"P32: irq masked", TINY_P32, "\x90", /* nop */
     1, 1, 255, NONE, -1, 0, false, {IRQ(0x30)}, {{0, 0, 0, 0}}},
    {"P32: irq np gate", TINY_P32, "\x90", /* nop */
     1, 1, 0, 11, 0x183, 0, false, {FLAGS(0x200), IRQ(0x30), M8(TINY_IDT + 0x30 * 8 + 5, 0x0e)}, {{0, 0, 0, 0}}},
    {"P32: irq beyond idt", TINY_P32, "\x90", /* nop */
     1, 1, 0, 13, 0x7fb, 0, false, {FLAGS(0x200), IRQ(0xff), IDT_LIMIT(0x7f0)}, {{0, 0, 0, 0}}},
    {"P32: nmi", TINY_P32, "\x90", /* nop */
     1, 1, 0, 2, -1, 0, false, {NMI}, {{0, 0, 0, 0}}},
    {"PG32: int 20", TINY_PG32, "\xcd\x20", /* int 0x20 */
     2, 1, 2, 32, -1, 0, false, {{0, 0, 0, 0}}, {FCLR(X86_FL_IF)}},
    {"PG32: trap gate keeps if", TINY_PG32, "\xcd\x21", /* int 0x21 */
     2, 1, 2, 33, -1, 0, false, {M8(TINY_IDT + 0x21 * 8 + 5, 0x8f), FLAGS(0x200)}, {FSET(X86_FL_IF)}},
    {"PG32: interrupt gate clears if, tf, nt, rf", TINY_PG32, "\xcd\x22", /* int 0x22 */
     2, 1, 2, 34, -1, 0, false, {FLAGS(0x4200)}, {FCLR(0x14300)}},
    {"PG32: code not inner", TINY_PG32, "\xcd\x23", /* int 0x23 */
     2, 1, 0, 13, 0x20, 0, false, {M16(TINY_IDT + 0x23 * 8 + 2, 0x20)}, {{0, 0, 0, 0}}},
    {"PG32: irq", TINY_PG32, "\x90", /* nop */
     1, 1, 0, 0x30, -1, 0, false, {FLAGS(0x200), IRQ(0x30)}, {{0, 0, 0, 0}}},
    {"PG32: irq masked", TINY_PG32, "\x90", /* nop */
     1, 1, 255, NONE, -1, 0, false, {IRQ(0x30)}, {{0, 0, 0, 0}}},
    {"PG32: irq np gate", TINY_PG32, "\x90", /* nop */
     1, 1, 0, 11, 0x183, 0, false, {FLAGS(0x200), IRQ(0x30), M8(TINY_IDT + 0x30 * 8 + 5, 0x0e)}, {{0, 0, 0, 0}}},
    {"PG32: irq beyond idt", TINY_PG32, "\x90", /* nop */
     1, 1, 0, 13, 0x7fb, 0, false, {FLAGS(0x200), IRQ(0xff), IDT_LIMIT(0x7f0)}, {{0, 0, 0, 0}}},
    {"PG32: nmi", TINY_PG32, "\x90", /* nop */
     1, 1, 0, 2, -1, 0, false, {NMI}, {{0, 0, 0, 0}}},
    {"PAE: int 20", TINY_PAE, "\xcd\x20", /* int 0x20 */
     2, 1, 2, 32, -1, 0, false, {{0, 0, 0, 0}}, {FCLR(X86_FL_IF)}},
    {"PAE: trap gate keeps if", TINY_PAE, "\xcd\x21", /* int 0x21 */
     2, 1, 2, 33, -1, 0, false, {M8(TINY_IDT + 0x21 * 8 + 5, 0x8f), FLAGS(0x200)}, {FSET(X86_FL_IF)}},
    {"PAE: interrupt gate clears if, tf, nt, rf", TINY_PAE, "\xcd\x22", /* int 0x22 */
     2, 1, 2, 34, -1, 0, false, {FLAGS(0x4200)}, {FCLR(0x14300)}},
    {"PAE: code not inner", TINY_PAE, "\xcd\x23", /* int 0x23 */
     2, 1, 0, 13, 0x20, 0, false, {M16(TINY_IDT + 0x23 * 8 + 2, 0x20)}, {{0, 0, 0, 0}}},
    {"PAE: irq", TINY_PAE, "\x90", /* nop */
     1, 1, 0, 0x30, -1, 0, false, {FLAGS(0x200), IRQ(0x30)}, {{0, 0, 0, 0}}},
    {"PAE: irq masked", TINY_PAE, "\x90", /* nop */
     1, 1, 255, NONE, -1, 0, false, {IRQ(0x30)}, {{0, 0, 0, 0}}},
    {"PAE: irq np gate", TINY_PAE, "\x90", /* nop */
     1, 1, 0, 11, 0x183, 0, false, {FLAGS(0x200), IRQ(0x30), M8(TINY_IDT + 0x30 * 8 + 5, 0x0e)}, {{0, 0, 0, 0}}},
    {"PAE: irq beyond idt", TINY_PAE, "\x90", /* nop */
     1, 1, 0, 13, 0x7fb, 0, false, {FLAGS(0x200), IRQ(0xff), IDT_LIMIT(0x7f0)}, {{0, 0, 0, 0}}},
    {"PAE: nmi", TINY_PAE, "\x90", /* nop */
     1, 1, 0, 2, -1, 0, false, {NMI}, {{0, 0, 0, 0}}},
    {"COMPAT: int 20", TINY_COMPAT, "\xcd\x20", /* int 0x20 */
     2, 1, 2, 32, -1, 0, false, {{0, 0, 0, 0}}, {FCLR(X86_FL_IF)}},
    {"COMPAT: trap gate keeps if", TINY_COMPAT, "\xcd\x21", /* int 0x21 */
     2, 1, 2, 33, -1, 0, false, {M8(TINY_IDT + 0x21 * 16 + 5, 0x8f), FLAGS(0x200)}, {FSET(X86_FL_IF)}},
    {"COMPAT: interrupt gate clears if, tf, nt, rf", TINY_COMPAT, "\xcd\x22", /* int 0x22 */
     2, 1, 2, 34, -1, 0, false, {FLAGS(0x4200)}, {FCLR(0x14300)}},
    {"COMPAT: code not inner", TINY_COMPAT, "\xcd\x23", /* int 0x23 */
     2, 1, 0, 13, 0x20, 0, false, {M16(TINY_IDT + 0x23 * 16 + 2, 0x20)}, {{0, 0, 0, 0}}},
    {"COMPAT: irq", TINY_COMPAT, "\x90", /* nop */
     1, 1, 0, 0x30, -1, 0, false, {FLAGS(0x200), IRQ(0x30)}, {{0, 0, 0, 0}}},
    {"COMPAT: irq masked", TINY_COMPAT, "\x90", /* nop */
     1, 1, 255, NONE, -1, 0, false, {IRQ(0x30)}, {{0, 0, 0, 0}}},
    {"COMPAT: irq np gate", TINY_COMPAT, "\x90", /* nop */
     1, 1, 0, 11, 0x183, 0, false, {FLAGS(0x200), IRQ(0x30), M8(TINY_IDT + 0x30 * 16 + 5, 0x0e)}, {{0, 0, 0, 0}}},
    {"COMPAT: irq beyond idt", TINY_COMPAT, "\x90", /* nop */
     1, 1, 0, 13, 0x7fb, 0, false, {FLAGS(0x200), IRQ(0xff), IDT_LIMIT(0xff0)}, {{0, 0, 0, 0}}},
    {"COMPAT: nmi", TINY_COMPAT, "\x90", /* nop */
     1, 1, 0, 2, -1, 0, false, {NMI}, {{0, 0, 0, 0}}},
    {"LONG: int 20", TINY_LONG, "\xcd\x20", /* int 0x20 */
     2, 1, 2, 32, -1, 0, false, {{0, 0, 0, 0}}, {FCLR(X86_FL_IF)}},
    {"LONG: trap gate keeps if", TINY_LONG, "\xcd\x21", /* int 0x21 */
     2, 1, 2, 33, -1, 0, false, {M8(TINY_IDT + 0x21 * 16 + 5, 0x8f), FLAGS(0x200)}, {FSET(X86_FL_IF)}},
    {"LONG: interrupt gate clears if, tf, nt, rf", TINY_LONG, "\xcd\x22", /* int 0x22 */
     2, 1, 2, 34, -1, 0, false, {FLAGS(0x4200)}, {FCLR(0x14300)}},
    {"LONG: code not inner", TINY_LONG, "\xcd\x23", /* int 0x23 */
     2, 1, 0, 13, 0x20, 0, false, {M16(TINY_IDT + 0x23 * 16 + 2, 0x20)}, {{0, 0, 0, 0}}},
    {"LONG: irq", TINY_LONG, "\x90", /* nop */
     1, 1, 0, 0x30, -1, 0, false, {FLAGS(0x200), IRQ(0x30)}, {{0, 0, 0, 0}}},
    {"LONG: irq masked", TINY_LONG, "\x90", /* nop */
     1, 1, 255, NONE, -1, 0, false, {IRQ(0x30)}, {{0, 0, 0, 0}}},
    {"LONG: irq np gate", TINY_LONG, "\x90", /* nop */
     1, 1, 0, 11, 0x183, 0, false, {FLAGS(0x200), IRQ(0x30), M8(TINY_IDT + 0x30 * 16 + 5, 0x0e)}, {{0, 0, 0, 0}}},
    {"LONG: irq beyond idt", TINY_LONG, "\x90", /* nop */
     1, 1, 0, 13, 0x7fb, 0, false, {FLAGS(0x200), IRQ(0xff), IDT_LIMIT(0xff0)}, {{0, 0, 0, 0}}},
    {"LONG: nmi", TINY_LONG, "\x90", /* nop */
     1, 1, 0, 2, -1, 0, false, {NMI}, {{0, 0, 0, 0}}},
    {"P32: into not taken", TINY_P32, "\xce", /* into */
     1, 1, 255, NONE, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32: into", TINY_P32, "\xce", /* into */
     1, 1, 1, 4, -1, 0, false, {FLAGS(X86_FL_OF)}, {{0, 0, 0, 0}}},
    {"COMPAT: into not taken", TINY_COMPAT, "\xce", /* into */
     1, 1, 255, NONE, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"COMPAT: into", TINY_COMPAT, "\xce", /* into */
     1, 1, 1, 4, -1, 0, false, {FLAGS(X86_FL_OF)}, {{0, 0, 0, 0}}},
    {"REAL: into not taken", TINY_REAL, "\xce", /* into */
     1, 1, 255, NONE, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"REAL: into", TINY_REAL, "\xce", /* into */
     1, 1, 1, 4, -1, 0, false, {FLAGS(X86_FL_OF)}, {{0, 0, 0, 0}}},
    {"V86: into not taken", TINY_V86, "\xce", /* into */
     1, 1, 255, NONE, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"V86: into", TINY_V86, "\xce", /* into */
     1, 1, 1, 4, -1, 0, false, {FLAGS(X86_FL_OF)}, {{0, 0, 0, 0}}},
    {"LONG: into is ud", TINY_LONG, "\xce", /* db 0xce */
     1, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"LONG: long mode 286 gate", TINY_LONG, "\xcd\x24", /* int 0x24 */
     2, 1, 0, 13, 0x122, 0, false, {M8(TINY_IDT + 0x24 * 16 + 5, 0x86)}, {{0, 0, 0, 0}}},
    {"LONG: gate to 32-bit code", TINY_LONG, "\xcd\x24", /* int 0x24 */
     2, 1, 0, 13, 0x8, 0, false, {M16(TINY_IDT + 0x24 * 16 + 2, 8)}, {{0, 0, 0, 0}}},
    {"LONG: stack aligned", TINY_LONG, "\xcd\x24", /* int 0x24 */
     2, 1, 2, 36, -1, 0, false, {R(RSP, TINY_STACK - 3)}, {CR(RSP, TINY_STACK - 16 - 40), STACK(3, 8, TINY_STACK - 3)}},
    {"LONG: ist", TINY_LONG, "\xcd\x24", /* int 0x24 */
     2, 1, 2, 36, -1, 0, false, {M8(TINY_IDT + 0x24 * 16 + 4, 1)}, {CR(RSP, TINY_IST1 - 40)}},
    {"LONG: ist not canonical", TINY_LONG, "\xcd\x24", /* int 0x24 */
     2, 1, 0, 12, 0, 0, false, {M8(TINY_IDT + 0x24 * 16 + 4, 1), M64(TINY_TSS + 0x24, 0x800000000000)}, {{0, 0, 0, 0}}},
    {"LONG: ist beyond tss", TINY_LONG, "\xcd\x24", /* int 0x24 */
     2, 1, 0, 10, 0x38, 0, false, {M8(TINY_IDT + 0x24 * 16 + 4, 7), LIMIT(TR, 0x53)}, {{0, 0, 0, 0}}},
    {"LONG: handler not canonical", TINY_LONG, "\xcd\x24", /* int 0x24 */
     2, 1, 0, 13, 0, 0, false, {M32(TINY_IDT + 0x24 * 16 + 8, 0x8000)}, {{0, 0, 0, 0}}},
    {"LONG_USER: rsp0 not canonical", TINY_LONG_USER, "\x0f\x0b", /* ud2 */
     2, 1, 255, TRIPLE, -1, 0, false, {M64(TINY_TSS + 4, 0x800000000000)}, {{0, 0, 0, 0}}},
    {"LONG_USER: rsp0 not canonical, DF by ist", TINY_LONG_USER, "\xf4", /* hlt */
     1, 1, 0, 8, 0, 0, false, {M64(TINY_TSS + 4, 0x800000000000), M8(TINY_IDT + 8 * 16 + 4, 1)}, {{0, 0, 0, 0}}},
    {"LONG_USER: pf on rsp0 push, DF by ist", TINY_LONG_USER, "\xf4", /* hlt */
     1, 1, 0, 14, 0x2, 0x8ff8, false, {PTE_CLR(0x8000, 1), M8(TINY_IDT + 14 * 16 + 4, 1)}, {{0, 0, 0, 0}}},
    {"LONG_USER: pf then pf is DF", TINY_LONG_USER, "\x8b\x04\x25\x00\x00\x07\x00", /* mov eax, [0x70000] */
     7, 1, 0, 8, 0, 0, false, {PTE_CLR(0x8000, 1), M8(TINY_IDT + 8 * 16 + 4, 1)}, {{0, 0, 0, 0}}},
    {"P32_USER: task gate for DF", TINY_P32_USER, "\xf4", /* hlt */
     1, 1, 255, 8, 0, 0, true, {M8(TINY_IDT + 13 * 8 + 5, 0x0e), M64(TINY_IDT + 8 * 8, 0x0000850000980000), M32(TINY_TSS2 + 0x20, TINY_HANDLERS + 0x80)}, {CSEL(TR, 0x98), FSET(X86_FL_NT), CM32(TINY_TSS + 0x20, TINY_UCODE)}},
    {"P32_USER: task gate for GP", TINY_P32_USER, "\xf4", /* hlt */
     1, 1, 255, 13, 0, 0, true, {M64(TINY_IDT + 13 * 8, 0x0000850000980000), M32(TINY_TSS2 + 0x20, TINY_HANDLERS + 0xd0)}, {CSEL(TR, 0x98), CM32(TINY_TSS + 0x4c, 0x23), CM16(TINY_TSS2, 0x38)}},
    {"P32: task gate to busy tss", TINY_P32, "\xcd\x25", /* int 0x25 */
     2, 1, 0, 13, 0x38, 0, false, {M64(TINY_IDT + 0x25 * 8, 0x0000850000380000)}, {{0, 0, 0, 0}}},
    {"P32: task gate in ldt", TINY_P32, "\xcd\x25", /* int 0x25 */
     2, 1, 0, 13, 0xc, 0, false, {M64(TINY_IDT + 0x25 * 8, 0x00008500000c0000)}, {{0, 0, 0, 0}}},
    {"P32_USER: fault frame has RF", TINY_P32_USER, "\xf4", /* hlt */
     1, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {STACK(3, 4, 0x10002)}},
    {"P32_USER: int frame has no RF", TINY_P32_USER, "\xcd\x80", /* int 0x80 */
     2, 1, 2, 128, -1, 0, false, {{0, 0, 0, 0}}, {STACK(2, 4, 2)}},
    {"REAL: int", TINY_REAL, "\xcd\x21", /* int 0x21 */
     2, 1, 2, 33, -1, 0, false, {FLAGS(0x200)}, {FCLR(0x300), CSEL(CS, 0x4000), STACK(1, 2, 0x1000), STACK(2, 2, 0x202)}},
    {"REAL: int beyond ivt", TINY_REAL, "\xcd\x21", /* int 0x21 */
     2, 1, 0, 13, 0, 0, false, {IDT_LIMIT(0x60)}, {{0, 0, 0, 0}}},
    {"REAL: empty ivt", TINY_REAL, "\xcd\x21", /* int 0x21 */
     2, 1, 255, TRIPLE, -1, 0, false, {IDT_LIMIT(0)}, {{0, 0, 0, 0}}},
    {"REAL: de", TINY_REAL, "\xf6\xf1", /* div cl */
     2, 1, 0, 0, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"REAL: ud2", TINY_REAL, "\x0f\x0b", /* ud2 */
     2, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"REAL: bound", TINY_REAL, "\x62\x07", /* bound ax, [bx] */
     2, 1, 0, 5, -1, 0, false, {R(RAX, 5), M16(TINY_DATA, 6), M16(TINY_DATA + 2, 7)}, {{0, 0, 0, 0}}},
    {"P32: bound", TINY_P32, "\x62\x03", /* bound eax, [ebx] */
     2, 1, 0, 5, -1, 0, false, {R(RAX, 5), M32(TINY_DATA, 6), M32(TINY_DATA + 4, 7)}, {{0, 0, 0, 0}}},
    {"P32: bound ok", TINY_P32, "\x62\x03", /* bound eax, [ebx] */
     2, 1, 255, NONE, -1, 0, false, {R(RAX, 6), M32(TINY_DATA, 6), M32(TINY_DATA + 4, 7)}, {{0, 0, 0, 0}}},
    {"V86: int iopl 0", TINY_V86, "\xcd\x21", /* int 0x21 */
     2, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"V86: int iopl 3", TINY_V86, "\xcd\x80", /* int 0x80 */
     2, 1, 2, 128, -1, 0, false, {FLAGS(0x3000)}, {CPL(0), FCLR(X86_FL_VM), STACK(1, 4, 0x2000), STACK(4, 4, 0x3000), STACK(5, 4, 0x6000), CSEL(DS, 0)}},
    {"V86: int iopl 3 dpl", TINY_V86, "\xcd\x21", /* int 0x21 */
     2, 1, 0, 13, 0x10a, 0, false, {FLAGS(0x3000)}, {{0, 0, 0, 0}}},
    {"V86: int3 needs no iopl", TINY_V86, "\xcc", /* int3 */
     1, 1, 1, 3, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"V86: int vme redirected", TINY_V86, "\xcd\x21", /* int 0x21 */
     2, 1, 255, 33, -1, 0, false, {CR4_SET(1), M16(TINY_TSS + 0x66, 0x88)}, {CPL(3), FSET(X86_FL_VM), CSEL(CS, 0x4000), STACK(1, 2, 0x2000), STACK(2, 2, 0x3002)}},
    {"V86: int vme not redirected iopl 0", TINY_V86, "\xcd\x21", /* int 0x21 */
     2, 1, 0, 13, 0, 0, false, {CR4_SET(1), M16(TINY_TSS + 0x66, 0x88), M8(TINY_TSS + 0x68 + 4, 2)}, {{0, 0, 0, 0}}},
    {"V86: int vme not redirected iopl 3", TINY_V86, "\xcd\x80", /* int 0x80 */
     2, 1, 2, 128, -1, 0, false, {CR4_SET(1), FLAGS(0x3000), M16(TINY_TSS + 0x66, 0x88), M8(TINY_TSS + 0x68 + 16, 1)}, {CPL(0)}},
    {"V86: cli iopl 0", TINY_V86, "\xfa", /* cli */
     1, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"V86: cli vme", TINY_V86, "\xfa", /* cli */
     1, 1, 255, NONE, -1, 0, false, {CR4_SET(1), FLAGS(X86_FL_VIF | 0x200)}, {FCLR(X86_FL_VIF), FSET(0x200)}},
    {"V86: sti vme", TINY_V86, "\xfb", /* sti */
     1, 1, 255, NONE, -1, 0, false, {CR4_SET(1)}, {FSET(X86_FL_VIF)}},
    {"V86: sti vme vip", TINY_V86, "\xfb", /* sti */
     1, 1, 0, 13, 0, 0, false, {CR4_SET(1), FLAGS(X86_FL_VIP)}, {{0, 0, 0, 0}}},
    {"V86: pushf iopl 0", TINY_V86, "\x9c", /* pushf */
     1, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"V86: popf iopl 0", TINY_V86, "\x9d", /* popf */
     1, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"V86: pushf vme", TINY_V86, "\x9c", /* pushf */
     1, 1, 255, NONE, -1, 0, false, {CR4_SET(1), FLAGS(X86_FL_VIF)}, {CM16(0x307fe, 0x3202)}},
    {"V86: popf vme vip", TINY_V86, "\x9d", /* popf */
     1, 1, 0, 13, 0, 0, false, {CR4_SET(1), FLAGS(X86_FL_VIP), M16(0x30800, 0x202)}, {{0, 0, 0, 0}}},
    {"V86: hlt", TINY_V86, "\xf4", /* hlt */
     1, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"REAL: lldt ax", TINY_REAL, "\x0f\x00\xd0", /* lldt ax */
     3, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"V86: lldt ax", TINY_V86, "\x0f\x00\xd0", /* lldt ax */
     3, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"REAL: ltr ax", TINY_REAL, "\x0f\x00\xd8", /* ltr ax */
     3, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"V86: ltr ax", TINY_V86, "\x0f\x00\xd8", /* ltr ax */
     3, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"REAL: sldt ax", TINY_REAL, "\x0f\x00\xc0", /* sldt ax */
     3, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"V86: sldt ax", TINY_V86, "\x0f\x00\xc0", /* sldt ax */
     3, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"REAL: str ax", TINY_REAL, "\x0f\x00\xc8", /* str ax */
     3, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"V86: str ax", TINY_V86, "\x0f\x00\xc8", /* str ax */
     3, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"REAL: verr ax", TINY_REAL, "\x0f\x00\xe0", /* verr ax */
     3, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"V86: verr ax", TINY_V86, "\x0f\x00\xe0", /* verr ax */
     3, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"REAL: verw ax", TINY_REAL, "\x0f\x00\xe8", /* verw ax */
     3, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"V86: verw ax", TINY_V86, "\x0f\x00\xe8", /* verw ax */
     3, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"REAL: lar ax, bx", TINY_REAL, "\x0f\x02\xc3", /* lar ax, bx */
     3, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"V86: lar ax, bx", TINY_V86, "\x0f\x02\xc3", /* lar ax, bx */
     3, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"REAL: lsl ax, bx", TINY_REAL, "\x0f\x03\xc3", /* lsl ax, bx */
     3, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"V86: lsl ax, bx", TINY_V86, "\x0f\x03\xc3", /* lsl ax, bx */
     3, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"REAL: arpl ax, bx", TINY_REAL, "\x63\xd8", /* arpl ax, bx */
     2, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"V86: arpl ax, bx", TINY_V86, "\x63\xd8", /* arpl ax, bx */
     2, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"V86: ud2 frame", TINY_V86, "\x0f\x0b", /* ud2 */
     2, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {CPL(0), STACK(2, 4, 0x30002), STACK(5, 4, 0x6000), CSEL(ES, 0), CSEL(GS, 0)}},
    {"P32_USER: cli pvi", TINY_P32_USER, "\xfa", /* cli */
     1, 1, 255, NONE, -1, 0, false, {CR4_SET(2), FLAGS(X86_FL_VIF)}, {FCLR(X86_FL_VIF)}},
    {"P32_USER: sti pvi", TINY_P32_USER, "\xfb", /* sti */
     1, 1, 255, NONE, -1, 0, false, {CR4_SET(2)}, {FSET(X86_FL_VIF)}},
    {"P32_USER: sti pvi vip", TINY_P32_USER, "\xfb", /* sti */
     1, 1, 0, 13, 0, 0, false, {CR4_SET(2), FLAGS(X86_FL_VIP)}, {{0, 0, 0, 0}}},
    {"P32_USER: cli", TINY_P32_USER, "\xfa", /* cli */
     1, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32_USER: sti iopl 3", TINY_P32_USER, "\xfb", /* sti */
     1, 1, 255, NONE, -1, 0, false, {FLAGS(0x3000)}, {FSET(0x200)}},
    {"P32_USER: popf keeps iopl and if", TINY_P32_USER, "\x9d", /* popf */
     1, 1, 255, NONE, -1, 0, false, {M32(TINY_USTACK, 0x3202)}, {FCLR(0x3200)}},
    {"PG32: read not present", TINY_PG32, "\x8b\x03", /* mov eax, [ebx] */
     2, 1, 0, 14, 0, TINY_DATA, false, {PTE_CLR(TINY_DATA, 1)}, {{0, 0, 0, 0}}},
    {"PG32: write not present", TINY_PG32, "\x89\x03", /* mov [ebx], eax */
     2, 1, 0, 14, 2, TINY_DATA, false, {PTE_CLR(TINY_DATA, 1)}, {{0, 0, 0, 0}}},
    {"PG32: write read-only wp", TINY_PG32, "\x89\x03", /* mov [ebx], eax */
     2, 1, 0, 14, 3, TINY_DATA, false, {PTE_CLR(TINY_DATA, 2)}, {CPTE_CLR(TINY_DATA, 0x60)}},
    {"PG32: write read-only no wp", TINY_PG32, "\x89\x03", /* mov [ebx], eax */
     2, 1, 255, NONE, -1, 0, false, {PTE_CLR(TINY_DATA, 2), CR0_CLR(X86_CR0_WP)}, {CPTE_SET(TINY_DATA, 0x60)}},
    {"PG32: read sets a", TINY_PG32, "\x8b\x03", /* mov eax, [ebx] */
     2, 1, 255, NONE, -1, 0, false, {{0, 0, 0, 0}}, {CPTE_SET(TINY_DATA, 0x20), CPTE_CLR(TINY_DATA, 0x40)}},
    {"PG32: write sets a and d", TINY_PG32, "\x89\x03", /* mov [ebx], eax */
     2, 1, 255, NONE, -1, 0, false, {{0, 0, 0, 0}}, {CPTE_SET(TINY_DATA, 0x60)}},
    {"PG32: read then write sets d", TINY_PG32, "\x8b\x03\x89\x03", /* mov eax, [ebx];mov [ebx], eax */
     4, 2, 255, NONE, -1, 0, false, {{0, 0, 0, 0}}, {CPTE_SET(TINY_DATA, 0x60)}},
    {"PG32: rmw faults as write", TINY_PG32, "\x83\x03\x01", /* add dword [ebx], 1 */
     3, 1, 0, 14, 3, TINY_DATA, false, {PTE_CLR(TINY_DATA, 2)}, {{0, 0, 0, 0}}},
    {"PG32: cmpxchg faults as write", TINY_PG32, "\x0f\xb1\x0b", /* cmpxchg [ebx], ecx */
     3, 1, 0, 14, 3, TINY_DATA, false, {PTE_CLR(TINY_DATA, 2)}, {{0, 0, 0, 0}}},
    {"PG32: crossing into not present", TINY_PG32, "\x8b\x03", /* mov eax, [ebx] */
     2, 1, 0, 14, 0, TINY_DATA + 0x1000, false, {PTE_CLR(TINY_DATA + 0x1000, 1), R(RBX, TINY_DATA + 0xffd)}, {{0, 0, 0, 0}}},
    {"PG32: crossing write leaves first page", TINY_PG32, "\x89\x03", /* mov [ebx], eax */
     2, 1, 0, 14, 3, TINY_DATA + 0x1000, false, {PTE_CLR(TINY_DATA + 0x1000, 2), R(RBX, TINY_DATA + 0xffd)}, {CM16(TINY_DATA + 0xffd, 0)}},
    {"PG32: crossing write", TINY_PG32, "\x89\x03", /* mov [ebx], eax */
     2, 1, 255, NONE, -1, 0, false, {R(RBX, TINY_DATA + 0xffd), R(RAX, 0x44332211)}, {CM32(TINY_DATA + 0xffd, 0x44332211)}},
    {"PG32: smep off exec user page", TINY_PG32, "\x90", /* nop */
     1, 1, 255, NONE, -1, 0, false, {PTE_SET(TINY_CODE, 4)}, {{0, 0, 0, 0}}},
    {"PG32: smep", TINY_PG32, "\x90", /* nop */
     1, 1, 0, 14, 0x11, TINY_CODE, false, {PTE_SET(TINY_CODE, 4), CR4_SET(X86_CR4_SMEP)}, {{0, 0, 0, 0}}},
    {"PG32: smap read", TINY_PG32, "\x8b\x03", /* mov eax, [ebx] */
     2, 1, 0, 14, 1, TINY_UDATA, false, {R(RBX, TINY_UDATA), CR4_SET(X86_CR4_SMAP)}, {{0, 0, 0, 0}}},
    {"PG32: smap write", TINY_PG32, "\x89\x03", /* mov [ebx], eax */
     2, 1, 0, 14, 3, TINY_UDATA, false, {R(RBX, TINY_UDATA), CR4_SET(X86_CR4_SMAP)}, {{0, 0, 0, 0}}},
    {"PG32: smap with ac", TINY_PG32, "\x89\x03", /* mov [ebx], eax */
     2, 1, 255, NONE, -1, 0, false, {R(RBX, TINY_UDATA), CR4_SET(X86_CR4_SMAP), FLAGS(X86_FL_AC)}, {{0, 0, 0, 0}}},
    {"PG32: smap stac clac", TINY_PG32, "\x0f\x01\xcb\x8b\x0b\x0f\x01\xca\x89\x03", /* stac;mov ecx, [ebx];clac;mov [ebx], eax */
     10, 4, 8, 14, 3, TINY_UDATA, true, {R(RBX, TINY_UDATA), CR4_SET(X86_CR4_SMAP)}, {{0, 0, 0, 0}}},
    {"PG32: smap popf drops ac", TINY_PG32, "\x0f\x01\xcb\x89\x0b\x9d\x89\x03", /* stac;mov [ebx], ecx;popf;mov [ebx], eax */
     8, 4, 6, 14, 3, TINY_UDATA, true, {R(RBX, TINY_UDATA), CR4_SET(X86_CR4_SMAP), M32(TINY_STACK, 2)}, {{0, 0, 0, 0}}},
    {"PG32: push not present", TINY_PG32, "\x50", /* push eax */
     1, 1, 255, TRIPLE, -1, 0, false, {PTE_CLR(0x8000, 1)}, {{0, 0, 0, 0}}},
    {"PG32: invlpg sees new pte", TINY_PG32, "\x8b\x03\xc7\x01\x00\x00\x00\x00\x0f\x01\x3b\x8b\x03", /* mov eax, [ebx];mov dword [ecx], 0;invlpg [ebx];mov eax, [ebx] */
     13, 4, 11, 14, 0, TINY_DATA, true, {R(RCX, TINY_PD32 + 0x1000 + 0x50 * 4)}, {{0, 0, 0, 0}}},
    {"PAE: read not present", TINY_PAE, "\x8b\x03", /* mov eax, [ebx] */
     2, 1, 0, 14, 0, TINY_DATA, false, {PTE_CLR(TINY_DATA, 1)}, {{0, 0, 0, 0}}},
    {"PAE: write not present", TINY_PAE, "\x89\x03", /* mov [ebx], eax */
     2, 1, 0, 14, 2, TINY_DATA, false, {PTE_CLR(TINY_DATA, 1)}, {{0, 0, 0, 0}}},
    {"PAE: write read-only wp", TINY_PAE, "\x89\x03", /* mov [ebx], eax */
     2, 1, 0, 14, 3, TINY_DATA, false, {PTE_CLR(TINY_DATA, 2)}, {CPTE_CLR(TINY_DATA, 0x60)}},
    {"PAE: write read-only no wp", TINY_PAE, "\x89\x03", /* mov [ebx], eax */
     2, 1, 255, NONE, -1, 0, false, {PTE_CLR(TINY_DATA, 2), CR0_CLR(X86_CR0_WP)}, {CPTE_SET(TINY_DATA, 0x60)}},
    {"PAE: read sets a", TINY_PAE, "\x8b\x03", /* mov eax, [ebx] */
     2, 1, 255, NONE, -1, 0, false, {{0, 0, 0, 0}}, {CPTE_SET(TINY_DATA, 0x20), CPTE_CLR(TINY_DATA, 0x40)}},
    {"PAE: write sets a and d", TINY_PAE, "\x89\x03", /* mov [ebx], eax */
     2, 1, 255, NONE, -1, 0, false, {{0, 0, 0, 0}}, {CPTE_SET(TINY_DATA, 0x60)}},
    {"PAE: read then write sets d", TINY_PAE, "\x8b\x03\x89\x03", /* mov eax, [ebx];mov [ebx], eax */
     4, 2, 255, NONE, -1, 0, false, {{0, 0, 0, 0}}, {CPTE_SET(TINY_DATA, 0x60)}},
    {"PAE: rmw faults as write", TINY_PAE, "\x83\x03\x01", /* add dword [ebx], 1 */
     3, 1, 0, 14, 3, TINY_DATA, false, {PTE_CLR(TINY_DATA, 2)}, {{0, 0, 0, 0}}},
    {"PAE: cmpxchg faults as write", TINY_PAE, "\x0f\xb1\x0b", /* cmpxchg [ebx], ecx */
     3, 1, 0, 14, 3, TINY_DATA, false, {PTE_CLR(TINY_DATA, 2)}, {{0, 0, 0, 0}}},
    {"PAE: crossing into not present", TINY_PAE, "\x8b\x03", /* mov eax, [ebx] */
     2, 1, 0, 14, 0, TINY_DATA + 0x1000, false, {PTE_CLR(TINY_DATA + 0x1000, 1), R(RBX, TINY_DATA + 0xffd)}, {{0, 0, 0, 0}}},
    {"PAE: crossing write leaves first page", TINY_PAE, "\x89\x03", /* mov [ebx], eax */
     2, 1, 0, 14, 3, TINY_DATA + 0x1000, false, {PTE_CLR(TINY_DATA + 0x1000, 2), R(RBX, TINY_DATA + 0xffd)}, {CM16(TINY_DATA + 0xffd, 0)}},
    {"PAE: crossing write", TINY_PAE, "\x89\x03", /* mov [ebx], eax */
     2, 1, 255, NONE, -1, 0, false, {R(RBX, TINY_DATA + 0xffd), R(RAX, 0x44332211)}, {CM32(TINY_DATA + 0xffd, 0x44332211)}},
    {"PAE: smep off exec user page", TINY_PAE, "\x90", /* nop */
     1, 1, 255, NONE, -1, 0, false, {PTE_SET(TINY_CODE, 4)}, {{0, 0, 0, 0}}},
    {"PAE: smep", TINY_PAE, "\x90", /* nop */
     1, 1, 0, 14, 0x11, TINY_CODE, false, {PTE_SET(TINY_CODE, 4), CR4_SET(X86_CR4_SMEP)}, {{0, 0, 0, 0}}},
    {"PAE: smap read", TINY_PAE, "\x8b\x03", /* mov eax, [ebx] */
     2, 1, 0, 14, 1, TINY_UDATA, false, {R(RBX, TINY_UDATA), CR4_SET(X86_CR4_SMAP)}, {{0, 0, 0, 0}}},
    {"PAE: smap write", TINY_PAE, "\x89\x03", /* mov [ebx], eax */
     2, 1, 0, 14, 3, TINY_UDATA, false, {R(RBX, TINY_UDATA), CR4_SET(X86_CR4_SMAP)}, {{0, 0, 0, 0}}},
    {"PAE: smap with ac", TINY_PAE, "\x89\x03", /* mov [ebx], eax */
     2, 1, 255, NONE, -1, 0, false, {R(RBX, TINY_UDATA), CR4_SET(X86_CR4_SMAP), FLAGS(X86_FL_AC)}, {{0, 0, 0, 0}}},
    {"PAE: smap stac clac", TINY_PAE, "\x0f\x01\xcb\x8b\x0b\x0f\x01\xca\x89\x03", /* stac;mov ecx, [ebx];clac;mov [ebx], eax */
     10, 4, 8, 14, 3, TINY_UDATA, true, {R(RBX, TINY_UDATA), CR4_SET(X86_CR4_SMAP)}, {{0, 0, 0, 0}}},
    {"PAE: smap popf drops ac", TINY_PAE, "\x0f\x01\xcb\x89\x0b\x9d\x89\x03", /* stac;mov [ebx], ecx;popf;mov [ebx], eax */
     8, 4, 6, 14, 3, TINY_UDATA, true, {R(RBX, TINY_UDATA), CR4_SET(X86_CR4_SMAP), M32(TINY_STACK, 2)}, {{0, 0, 0, 0}}},
    {"PAE: push not present", TINY_PAE, "\x50", /* push eax */
     1, 1, 255, TRIPLE, -1, 0, false, {PTE_CLR(0x8000, 1)}, {{0, 0, 0, 0}}},
    {"PAE: invlpg sees new pte", TINY_PAE, "\x8b\x03\xc7\x01\x00\x00\x00\x00\x0f\x01\x3b\x8b\x03", /* mov eax, [ebx];mov dword [ecx], 0;invlpg [ebx];mov eax, [ebx] */
     13, 4, 11, 14, 0, TINY_DATA, true, {R(RCX, TINY_PAE_PDPT + 0x2000 + 0x50 * 8)}, {{0, 0, 0, 0}}},
    {"LONG: read not present", TINY_LONG, "\x8b\x03", /* mov eax, [rbx] */
     2, 1, 0, 14, 0, TINY_DATA, false, {PTE_CLR(TINY_DATA, 1)}, {{0, 0, 0, 0}}},
    {"LONG: write not present", TINY_LONG, "\x89\x03", /* mov [rbx], eax */
     2, 1, 0, 14, 2, TINY_DATA, false, {PTE_CLR(TINY_DATA, 1)}, {{0, 0, 0, 0}}},
    {"LONG: write read-only wp", TINY_LONG, "\x89\x03", /* mov [rbx], eax */
     2, 1, 0, 14, 3, TINY_DATA, false, {PTE_CLR(TINY_DATA, 2)}, {CPTE_CLR(TINY_DATA, 0x60)}},
    {"LONG: write read-only no wp", TINY_LONG, "\x89\x03", /* mov [rbx], eax */
     2, 1, 255, NONE, -1, 0, false, {PTE_CLR(TINY_DATA, 2), CR0_CLR(X86_CR0_WP)}, {CPTE_SET(TINY_DATA, 0x60)}},
    {"LONG: read sets a", TINY_LONG, "\x8b\x03", /* mov eax, [rbx] */
     2, 1, 255, NONE, -1, 0, false, {{0, 0, 0, 0}}, {CPTE_SET(TINY_DATA, 0x20), CPTE_CLR(TINY_DATA, 0x40)}},
    {"LONG: write sets a and d", TINY_LONG, "\x89\x03", /* mov [rbx], eax */
     2, 1, 255, NONE, -1, 0, false, {{0, 0, 0, 0}}, {CPTE_SET(TINY_DATA, 0x60)}},
    {"LONG: read then write sets d", TINY_LONG, "\x8b\x03\x89\x03", /* mov eax, [rbx];mov [rbx], eax */
     4, 2, 255, NONE, -1, 0, false, {{0, 0, 0, 0}}, {CPTE_SET(TINY_DATA, 0x60)}},
    {"LONG: rmw faults as write", TINY_LONG, "\x83\x03\x01", /* add dword [rbx], 1 */
     3, 1, 0, 14, 3, TINY_DATA, false, {PTE_CLR(TINY_DATA, 2)}, {{0, 0, 0, 0}}},
    {"LONG: cmpxchg faults as write", TINY_LONG, "\x0f\xb1\x0b", /* cmpxchg [rbx], ecx */
     3, 1, 0, 14, 3, TINY_DATA, false, {PTE_CLR(TINY_DATA, 2)}, {{0, 0, 0, 0}}},
    {"LONG: crossing into not present", TINY_LONG, "\x8b\x03", /* mov eax, [rbx] */
     2, 1, 0, 14, 0, TINY_DATA + 0x1000, false, {PTE_CLR(TINY_DATA + 0x1000, 1), R(RBX, TINY_DATA + 0xffd)}, {{0, 0, 0, 0}}},
    {"LONG: crossing write leaves first page", TINY_LONG, "\x89\x03", /* mov [rbx], eax */
     2, 1, 0, 14, 3, TINY_DATA + 0x1000, false, {PTE_CLR(TINY_DATA + 0x1000, 2), R(RBX, TINY_DATA + 0xffd)}, {CM16(TINY_DATA + 0xffd, 0)}},
    {"LONG: crossing write", TINY_LONG, "\x89\x03", /* mov [rbx], eax */
     2, 1, 255, NONE, -1, 0, false, {R(RBX, TINY_DATA + 0xffd), R(RAX, 0x44332211)}, {CM32(TINY_DATA + 0xffd, 0x44332211)}},
    {"LONG: smep off exec user page", TINY_LONG, "\x90", /* nop */
     1, 1, 255, NONE, -1, 0, false, {PTE_SET(TINY_CODE, 4)}, {{0, 0, 0, 0}}},
    {"LONG: smep", TINY_LONG, "\x90", /* nop */
     1, 1, 0, 14, 0x11, TINY_CODE, false, {PTE_SET(TINY_CODE, 4), CR4_SET(X86_CR4_SMEP)}, {{0, 0, 0, 0}}},
    {"LONG: smap read", TINY_LONG, "\x8b\x03", /* mov eax, [rbx] */
     2, 1, 0, 14, 1, TINY_UDATA, false, {R(RBX, TINY_UDATA), CR4_SET(X86_CR4_SMAP)}, {{0, 0, 0, 0}}},
    {"LONG: smap write", TINY_LONG, "\x89\x03", /* mov [rbx], eax */
     2, 1, 0, 14, 3, TINY_UDATA, false, {R(RBX, TINY_UDATA), CR4_SET(X86_CR4_SMAP)}, {{0, 0, 0, 0}}},
    {"LONG: smap with ac", TINY_LONG, "\x89\x03", /* mov [rbx], eax */
     2, 1, 255, NONE, -1, 0, false, {R(RBX, TINY_UDATA), CR4_SET(X86_CR4_SMAP), FLAGS(X86_FL_AC)}, {{0, 0, 0, 0}}},
    {"LONG: smap stac clac", TINY_LONG, "\x0f\x01\xcb\x8b\x0b\x0f\x01\xca\x89\x03", /* stac;mov ecx, [rbx];clac;mov [rbx], eax */
     10, 4, 8, 14, 3, TINY_UDATA, true, {R(RBX, TINY_UDATA), CR4_SET(X86_CR4_SMAP)}, {{0, 0, 0, 0}}},
    {"LONG: smap popf drops ac", TINY_LONG, "\x0f\x01\xcb\x89\x0b\x9d\x89\x03", /* stac;mov [rbx], ecx;popf;mov [rbx], eax */
     8, 4, 6, 14, 3, TINY_UDATA, true, {R(RBX, TINY_UDATA), CR4_SET(X86_CR4_SMAP), M64(TINY_STACK, 2)}, {{0, 0, 0, 0}}},
    {"LONG: push not present", TINY_LONG, "\x50", /* push rax */
     1, 1, 255, TRIPLE, -1, 0, false, {PTE_CLR(0x8000, 1)}, {{0, 0, 0, 0}}},
    {"LONG: invlpg sees new pte", TINY_LONG, "\x8b\x03\xc7\x01\x00\x00\x00\x00\x0f\x01\x3b\x8b\x03", /* mov eax, [rbx];mov dword [rcx], 0;invlpg [rbx];mov eax, [rbx] */
     13, 4, 11, 14, 0, TINY_DATA, true, {R(RCX, TINY_PML4 + 0x3000 + 0x50 * 8)}, {{0, 0, 0, 0}}},
    {"PG32_USER: read supervisor page", TINY_PG32_USER, "\x8b\x03", /* mov eax, [ebx] */
     2, 1, 0, 14, 5, TINY_DATA, false, {R(RBX, TINY_DATA)}, {{0, 0, 0, 0}}},
    {"PG32_USER: write supervisor page", TINY_PG32_USER, "\x89\x03", /* mov [ebx], eax */
     2, 1, 0, 14, 7, TINY_DATA, false, {R(RBX, TINY_DATA)}, {{0, 0, 0, 0}}},
    {"PG32_USER: read not present", TINY_PG32_USER, "\x8b\x03", /* mov eax, [ebx] */
     2, 1, 0, 14, 4, TINY_UDATA, false, {PTE_CLR(TINY_UDATA, 1)}, {{0, 0, 0, 0}}},
    {"PG32_USER: write not present", TINY_PG32_USER, "\x89\x03", /* mov [ebx], eax */
     2, 1, 0, 14, 6, TINY_UDATA, false, {PTE_CLR(TINY_UDATA, 1)}, {{0, 0, 0, 0}}},
    {"PG32_USER: write read-only", TINY_PG32_USER, "\x89\x03", /* mov [ebx], eax */
     2, 1, 0, 14, 7, TINY_UDATA, false, {PTE_CLR(TINY_UDATA, 2)}, {{0, 0, 0, 0}}},
    {"PG32_USER: write read-only no wp", TINY_PG32_USER, "\x89\x03", /* mov [ebx], eax */
     2, 1, 0, 14, 7, TINY_UDATA, false, {PTE_CLR(TINY_UDATA, 2), CR0_CLR(X86_CR0_WP)}, {{0, 0, 0, 0}}},
    {"PG32_USER: fetch supervisor page", TINY_PG32_USER, "\x90", /* nop */
     1, 1, 0, 14, 5, TINY_UCODE, false, {PTE_CLR(TINY_UCODE, 4)}, {{0, 0, 0, 0}}},
    {"PG32_USER: crossing into supervisor page", TINY_PG32_USER, "\x89\x03", /* mov [ebx], eax */
     2, 1, 0, 14, 7, 0x70000, false, {R(RBX, 0x6fffe)}, {{0, 0, 0, 0}}},
    {"PAE_USER: read supervisor page", TINY_PAE_USER, "\x8b\x03", /* mov eax, [ebx] */
     2, 1, 0, 14, 5, TINY_DATA, false, {R(RBX, TINY_DATA)}, {{0, 0, 0, 0}}},
    {"PAE_USER: write supervisor page", TINY_PAE_USER, "\x89\x03", /* mov [ebx], eax */
     2, 1, 0, 14, 7, TINY_DATA, false, {R(RBX, TINY_DATA)}, {{0, 0, 0, 0}}},
    {"PAE_USER: read not present", TINY_PAE_USER, "\x8b\x03", /* mov eax, [ebx] */
     2, 1, 0, 14, 4, TINY_UDATA, false, {PTE_CLR(TINY_UDATA, 1)}, {{0, 0, 0, 0}}},
    {"PAE_USER: write not present", TINY_PAE_USER, "\x89\x03", /* mov [ebx], eax */
     2, 1, 0, 14, 6, TINY_UDATA, false, {PTE_CLR(TINY_UDATA, 1)}, {{0, 0, 0, 0}}},
    {"PAE_USER: write read-only", TINY_PAE_USER, "\x89\x03", /* mov [ebx], eax */
     2, 1, 0, 14, 7, TINY_UDATA, false, {PTE_CLR(TINY_UDATA, 2)}, {{0, 0, 0, 0}}},
    {"PAE_USER: write read-only no wp", TINY_PAE_USER, "\x89\x03", /* mov [ebx], eax */
     2, 1, 0, 14, 7, TINY_UDATA, false, {PTE_CLR(TINY_UDATA, 2), CR0_CLR(X86_CR0_WP)}, {{0, 0, 0, 0}}},
    {"PAE_USER: fetch supervisor page", TINY_PAE_USER, "\x90", /* nop */
     1, 1, 0, 14, 5, TINY_UCODE, false, {PTE_CLR(TINY_UCODE, 4)}, {{0, 0, 0, 0}}},
    {"PAE_USER: crossing into supervisor page", TINY_PAE_USER, "\x89\x03", /* mov [ebx], eax */
     2, 1, 0, 14, 7, 0x70000, false, {R(RBX, 0x6fffe)}, {{0, 0, 0, 0}}},
    {"LONG_USER: read supervisor page", TINY_LONG_USER, "\x8b\x03", /* mov eax, [rbx] */
     2, 1, 0, 14, 5, TINY_DATA, false, {R(RBX, TINY_DATA)}, {{0, 0, 0, 0}}},
    {"LONG_USER: write supervisor page", TINY_LONG_USER, "\x89\x03", /* mov [rbx], eax */
     2, 1, 0, 14, 7, TINY_DATA, false, {R(RBX, TINY_DATA)}, {{0, 0, 0, 0}}},
    {"LONG_USER: read not present", TINY_LONG_USER, "\x8b\x03", /* mov eax, [rbx] */
     2, 1, 0, 14, 4, TINY_UDATA, false, {PTE_CLR(TINY_UDATA, 1)}, {{0, 0, 0, 0}}},
    {"LONG_USER: write not present", TINY_LONG_USER, "\x89\x03", /* mov [rbx], eax */
     2, 1, 0, 14, 6, TINY_UDATA, false, {PTE_CLR(TINY_UDATA, 1)}, {{0, 0, 0, 0}}},
    {"LONG_USER: write read-only", TINY_LONG_USER, "\x89\x03", /* mov [rbx], eax */
     2, 1, 0, 14, 7, TINY_UDATA, false, {PTE_CLR(TINY_UDATA, 2)}, {{0, 0, 0, 0}}},
    {"LONG_USER: write read-only no wp", TINY_LONG_USER, "\x89\x03", /* mov [rbx], eax */
     2, 1, 0, 14, 7, TINY_UDATA, false, {PTE_CLR(TINY_UDATA, 2), CR0_CLR(X86_CR0_WP)}, {{0, 0, 0, 0}}},
    {"LONG_USER: fetch supervisor page", TINY_LONG_USER, "\x90", /* nop */
     1, 1, 0, 14, 5, TINY_UCODE, false, {PTE_CLR(TINY_UCODE, 4)}, {{0, 0, 0, 0}}},
    {"LONG_USER: crossing into supervisor page", TINY_LONG_USER, "\x89\x03", /* mov [rbx], eax */
     2, 1, 0, 14, 7, 0x70000, false, {R(RBX, 0x6fffe)}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: read supervisor page", TINY_COMPAT_USER, "\x8b\x03", /* mov eax, [ebx] */
     2, 1, 0, 14, 5, TINY_DATA, false, {R(RBX, TINY_DATA)}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: write supervisor page", TINY_COMPAT_USER, "\x89\x03", /* mov [ebx], eax */
     2, 1, 0, 14, 7, TINY_DATA, false, {R(RBX, TINY_DATA)}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: read not present", TINY_COMPAT_USER, "\x8b\x03", /* mov eax, [ebx] */
     2, 1, 0, 14, 4, TINY_UDATA, false, {PTE_CLR(TINY_UDATA, 1)}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: write not present", TINY_COMPAT_USER, "\x89\x03", /* mov [ebx], eax */
     2, 1, 0, 14, 6, TINY_UDATA, false, {PTE_CLR(TINY_UDATA, 1)}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: write read-only", TINY_COMPAT_USER, "\x89\x03", /* mov [ebx], eax */
     2, 1, 0, 14, 7, TINY_UDATA, false, {PTE_CLR(TINY_UDATA, 2)}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: write read-only no wp", TINY_COMPAT_USER, "\x89\x03", /* mov [ebx], eax */
     2, 1, 0, 14, 7, TINY_UDATA, false, {PTE_CLR(TINY_UDATA, 2), CR0_CLR(X86_CR0_WP)}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: fetch supervisor page", TINY_COMPAT_USER, "\x90", /* nop */
     1, 1, 0, 14, 5, TINY_UCODE, false, {PTE_CLR(TINY_UCODE, 4)}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: crossing into supervisor page", TINY_COMPAT_USER, "\x89\x03", /* mov [ebx], eax */
     2, 1, 0, 14, 7, 0x70000, false, {R(RBX, 0x6fffe)}, {{0, 0, 0, 0}}},
    {"PAE: nx reserved without nxe", TINY_PAE, "\x8b\x03", /* mov eax, [ebx] */
     2, 1, 0, 14, 9, TINY_DATA, false, {PTE_SET(TINY_DATA, X86_PTE_NX)}, {{0, 0, 0, 0}}},
    {"PAE: nx read", TINY_PAE, "\x8b\x03", /* mov eax, [ebx] */
     2, 1, 255, NONE, -1, 0, false, {PTE_SET(TINY_DATA, X86_PTE_NX), EFER_SET(X86_EFER_NXE)}, {{0, 0, 0, 0}}},
    {"PAE: nx exec", TINY_PAE, "\x90", /* nop */
     1, 1, 0, 14, 0x11, TINY_CODE, false, {PTE_SET(TINY_CODE, X86_PTE_NX), EFER_SET(X86_EFER_NXE)}, {{0, 0, 0, 0}}},
    {"PAE: exec not present with nxe", TINY_PAE, "\x90", /* nop */
     1, 1, 0, 14, 0x10, TINY_CODE, false, {PTE_CLR(TINY_CODE, 1), EFER_SET(X86_EFER_NXE)}, {{0, 0, 0, 0}}},
    {"PAE: exec not present without nxe", TINY_PAE, "\x90", /* nop */
     1, 1, 0, 14, 0, TINY_CODE, false, {PTE_CLR(TINY_CODE, 1)}, {{0, 0, 0, 0}}},
    {"PAE: reserved address bit", TINY_PAE, "\x8b\x03", /* mov eax, [ebx] */
     2, 1, 0, 14, 9, TINY_DATA, false, {PTE_SET(TINY_DATA, 1ull << 40)}, {{0, 0, 0, 0}}},
    {"PAE: address bit 39 is fine", TINY_PAE, "\x8b\x03", /* mov eax, [ebx] */
     2, 1, 255, NONE, -1, 0, false, {PTE_SET(TINY_DATA, 1ull << 39)}, {CR(RAX, 0xffffffff)}},
    {"PAE: reserved write", TINY_PAE, "\x89\x03", /* mov [ebx], eax */
     2, 1, 0, 14, 0xb, TINY_DATA, false, {PTE_SET(TINY_DATA, 1ull << 45)}, {{0, 0, 0, 0}}},
    {"PAE: large page reserved bit 13", TINY_PAE, "\xa1\x00\x00\x20\x00", /* mov eax, [0x200000] */
     5, 1, 0, 14, 9, 0x200000, false, {M64(TINY_PAE_PDPT + 0x1000 + 8, 0x202083)}, {{0, 0, 0, 0}}},
    {"PAE: large page pat bit", TINY_PAE, "\xa1\x00\x00\x20\x00", /* mov eax, [0x200000] */
     5, 1, 255, NONE, -1, 0, false, {M64(TINY_PAE_PDPT + 0x1000 + 8, 0x201083)}, {{0, 0, 0, 0}}},
    {"PAE: large page read-only", TINY_PAE, "\xa3\x00\x00\x20\x00", /* mov [0x200000], eax */
     5, 1, 0, 14, 3, 0x200000, false, {M64(TINY_PAE_PDPT + 0x1000 + 8, 0x200081)}, {{0, 0, 0, 0}}},
    {"PAE: large page sets a d", TINY_PAE, "\xa3\x00\x00\x20\x00", /* mov [0x200000], eax */
     5, 1, 255, NONE, -1, 0, false, {{0, 0, 0, 0}}, {CM64(TINY_PAE_PDPT + 0x1000 + 8, 0x2000e3)}},
    {"PAE: pde not present", TINY_PAE, "\xa1\x00\x00\x20\x00", /* mov eax, [0x200000] */
     5, 1, 0, 14, 0, 0x200000, false, {M64(TINY_PAE_PDPT + 0x1000 + 8, 0)}, {{0, 0, 0, 0}}},
    {"PAE: pde a set", TINY_PAE, "\x8b\x03", /* mov eax, [ebx] */
     2, 1, 255, NONE, -1, 0, false, {{0, 0, 0, 0}}, {CM8(TINY_PAE_PDPT + 0x1000, 0x27)}},
    {"PAE: pde a set though pte absent", TINY_PAE, "\x8b\x03", /* mov eax, [ebx] */
     2, 1, 0, 14, 0, TINY_DATA, false, {PTE_CLR(TINY_DATA, 1)}, {CM8(TINY_PAE_PDPT + 0x1000, 0x27)}},
    {"LONG: nx reserved without nxe", TINY_LONG, "\x8b\x03", /* mov eax, [rbx] */
     2, 1, 0, 14, 9, TINY_DATA, false, {PTE_SET(TINY_DATA, X86_PTE_NX)}, {{0, 0, 0, 0}}},
    {"LONG: nx read", TINY_LONG, "\x8b\x03", /* mov eax, [rbx] */
     2, 1, 255, NONE, -1, 0, false, {PTE_SET(TINY_DATA, X86_PTE_NX), EFER_SET(X86_EFER_NXE)}, {{0, 0, 0, 0}}},
    {"LONG: nx exec", TINY_LONG, "\x90", /* nop */
     1, 1, 0, 14, 0x11, TINY_CODE, false, {PTE_SET(TINY_CODE, X86_PTE_NX), EFER_SET(X86_EFER_NXE)}, {{0, 0, 0, 0}}},
    {"LONG: exec not present with nxe", TINY_LONG, "\x90", /* nop */
     1, 1, 0, 14, 0x10, TINY_CODE, false, {PTE_CLR(TINY_CODE, 1), EFER_SET(X86_EFER_NXE)}, {{0, 0, 0, 0}}},
    {"LONG: exec not present without nxe", TINY_LONG, "\x90", /* nop */
     1, 1, 0, 14, 0, TINY_CODE, false, {PTE_CLR(TINY_CODE, 1)}, {{0, 0, 0, 0}}},
    {"LONG: reserved address bit", TINY_LONG, "\x8b\x03", /* mov eax, [rbx] */
     2, 1, 0, 14, 9, TINY_DATA, false, {PTE_SET(TINY_DATA, 1ull << 40)}, {{0, 0, 0, 0}}},
    {"LONG: address bit 39 is fine", TINY_LONG, "\x8b\x03", /* mov eax, [rbx] */
     2, 1, 255, NONE, -1, 0, false, {PTE_SET(TINY_DATA, 1ull << 39)}, {CR(RAX, 0xffffffff)}},
    {"LONG: reserved write", TINY_LONG, "\x89\x03", /* mov [rbx], eax */
     2, 1, 0, 14, 0xb, TINY_DATA, false, {PTE_SET(TINY_DATA, 1ull << 45)}, {{0, 0, 0, 0}}},
    {"LONG: large page reserved bit 13", TINY_LONG, "\x8b\x04\x25\x00\x00\x20\x00", /* mov eax, [0x200000] */
     7, 1, 0, 14, 9, 0x200000, false, {M64(TINY_PML4 + 0x2000 + 8, 0x202083)}, {{0, 0, 0, 0}}},
    {"LONG: large page pat bit", TINY_LONG, "\x8b\x04\x25\x00\x00\x20\x00", /* mov eax, [0x200000] */
     7, 1, 255, NONE, -1, 0, false, {M64(TINY_PML4 + 0x2000 + 8, 0x201083)}, {{0, 0, 0, 0}}},
    {"LONG: large page read-only", TINY_LONG, "\x89\x04\x25\x00\x00\x20\x00", /* mov [0x200000], eax */
     7, 1, 0, 14, 3, 0x200000, false, {M64(TINY_PML4 + 0x2000 + 8, 0x200081)}, {{0, 0, 0, 0}}},
    {"LONG: large page sets a d", TINY_LONG, "\x89\x04\x25\x00\x00\x20\x00", /* mov [0x200000], eax */
     7, 1, 255, NONE, -1, 0, false, {{0, 0, 0, 0}}, {CM64(TINY_PML4 + 0x2000 + 8, 0x2000e3)}},
    {"LONG: pde not present", TINY_LONG, "\x8b\x04\x25\x00\x00\x20\x00", /* mov eax, [0x200000] */
     7, 1, 0, 14, 0, 0x200000, false, {M64(TINY_PML4 + 0x2000 + 8, 0)}, {{0, 0, 0, 0}}},
    {"LONG: pde a set", TINY_LONG, "\x8b\x03", /* mov eax, [rbx] */
     2, 1, 255, NONE, -1, 0, false, {{0, 0, 0, 0}}, {CM8(TINY_PML4 + 0x2000, 0x27)}},
    {"LONG: pde a set though pte absent", TINY_LONG, "\x8b\x03", /* mov eax, [rbx] */
     2, 1, 0, 14, 0, TINY_DATA, false, {PTE_CLR(TINY_DATA, 1)}, {CM8(TINY_PML4 + 0x2000, 0x27)}},
    {"COMPAT: nx reserved without nxe", TINY_COMPAT, "\x8b\x03", /* mov eax, [ebx] */
     2, 1, 0, 14, 9, TINY_DATA, false, {PTE_SET(TINY_DATA, X86_PTE_NX)}, {{0, 0, 0, 0}}},
    {"COMPAT: nx read", TINY_COMPAT, "\x8b\x03", /* mov eax, [ebx] */
     2, 1, 255, NONE, -1, 0, false, {PTE_SET(TINY_DATA, X86_PTE_NX), EFER_SET(X86_EFER_NXE)}, {{0, 0, 0, 0}}},
    {"COMPAT: nx exec", TINY_COMPAT, "\x90", /* nop */
     1, 1, 0, 14, 0x11, TINY_CODE, false, {PTE_SET(TINY_CODE, X86_PTE_NX), EFER_SET(X86_EFER_NXE)}, {{0, 0, 0, 0}}},
    {"COMPAT: exec not present with nxe", TINY_COMPAT, "\x90", /* nop */
     1, 1, 0, 14, 0x10, TINY_CODE, false, {PTE_CLR(TINY_CODE, 1), EFER_SET(X86_EFER_NXE)}, {{0, 0, 0, 0}}},
    {"COMPAT: exec not present without nxe", TINY_COMPAT, "\x90", /* nop */
     1, 1, 0, 14, 0, TINY_CODE, false, {PTE_CLR(TINY_CODE, 1)}, {{0, 0, 0, 0}}},
    {"COMPAT: reserved address bit", TINY_COMPAT, "\x8b\x03", /* mov eax, [ebx] */
     2, 1, 0, 14, 9, TINY_DATA, false, {PTE_SET(TINY_DATA, 1ull << 40)}, {{0, 0, 0, 0}}},
    {"COMPAT: address bit 39 is fine", TINY_COMPAT, "\x8b\x03", /* mov eax, [ebx] */
     2, 1, 255, NONE, -1, 0, false, {PTE_SET(TINY_DATA, 1ull << 39)}, {CR(RAX, 0xffffffff)}},
    {"COMPAT: reserved write", TINY_COMPAT, "\x89\x03", /* mov [ebx], eax */
     2, 1, 0, 14, 0xb, TINY_DATA, false, {PTE_SET(TINY_DATA, 1ull << 45)}, {{0, 0, 0, 0}}},
    {"COMPAT: large page reserved bit 13", TINY_COMPAT, "\xa1\x00\x00\x20\x00", /* mov eax, [0x200000] */
     5, 1, 0, 14, 9, 0x200000, false, {M64(TINY_PML4 + 0x2000 + 8, 0x202083)}, {{0, 0, 0, 0}}},
    {"COMPAT: large page pat bit", TINY_COMPAT, "\xa1\x00\x00\x20\x00", /* mov eax, [0x200000] */
     5, 1, 255, NONE, -1, 0, false, {M64(TINY_PML4 + 0x2000 + 8, 0x201083)}, {{0, 0, 0, 0}}},
    {"COMPAT: large page read-only", TINY_COMPAT, "\xa3\x00\x00\x20\x00", /* mov [0x200000], eax */
     5, 1, 0, 14, 3, 0x200000, false, {M64(TINY_PML4 + 0x2000 + 8, 0x200081)}, {{0, 0, 0, 0}}},
    {"COMPAT: large page sets a d", TINY_COMPAT, "\xa3\x00\x00\x20\x00", /* mov [0x200000], eax */
     5, 1, 255, NONE, -1, 0, false, {{0, 0, 0, 0}}, {CM64(TINY_PML4 + 0x2000 + 8, 0x2000e3)}},
    {"COMPAT: pde not present", TINY_COMPAT, "\xa1\x00\x00\x20\x00", /* mov eax, [0x200000] */
     5, 1, 0, 14, 0, 0x200000, false, {M64(TINY_PML4 + 0x2000 + 8, 0)}, {{0, 0, 0, 0}}},
    {"COMPAT: pde a set", TINY_COMPAT, "\x8b\x03", /* mov eax, [ebx] */
     2, 1, 255, NONE, -1, 0, false, {{0, 0, 0, 0}}, {CM8(TINY_PML4 + 0x2000, 0x27)}},
    {"COMPAT: pde a set though pte absent", TINY_COMPAT, "\x8b\x03", /* mov eax, [ebx] */
     2, 1, 0, 14, 0, TINY_DATA, false, {PTE_CLR(TINY_DATA, 1)}, {CM8(TINY_PML4 + 0x2000, 0x27)}},
    {"PAE: bit 52 reserved", TINY_PAE, "\x8b\x03", /* mov eax, [ebx] */
     2, 1, 0, 14, 9, TINY_DATA, false, {PTE_SET(TINY_DATA, 1ull << 52)}, {{0, 0, 0, 0}}},
    {"LONG: bit 52 ignored", TINY_LONG, "\x8b\x03", /* mov eax, [rbx] */
     2, 1, 255, NONE, -1, 0, false, {PTE_SET(TINY_DATA, 1ull << 52)}, {{0, 0, 0, 0}}},
    {"LONG: bits 52-58 ignored", TINY_LONG, "\x89\x03", /* mov [rbx], eax */
     2, 1, 255, NONE, -1, 0, false, {PTE_SET(TINY_DATA, 0x7full << 52)}, {{0, 0, 0, 0}}},
    {"LONG: pml4e ps reserved", TINY_LONG, "\x8b\x00", /* mov eax, [rax] */
     2, 1, 0, 14, 9, 0x8000000000, false, {R(RAX, 0x8000000000), M64(TINY_PML4 + 8, TINY_PML4 + 0x1000 + 0x87)}, {{0, 0, 0, 0}}},
    {"LONG: 1g page", TINY_LONG, "\x89\x08", /* mov [rax], ecx */
     2, 1, 255, NONE, -1, 0, false, {R(RAX, 0x40050000), M64(TINY_PML4 + 0x1008, 0x83), R(RCX, 0x55)}, {CM32(0x50000, 0x55)}},
    {"LONG: 1g page without feature", TINY_LONG, "\x89\x08", /* mov [rax], ecx */
     2, 1, 0, 14, 0xb, 0x40050000, false, {R(RAX, 0x40050000), M64(TINY_PML4 + 0x1008, 0x83), NOFEAT(PDPE1GB)}, {{0, 0, 0, 0}}},
    {"LONG: 1g page reserved bit", TINY_LONG, "\x89\x08", /* mov [rax], ecx */
     2, 1, 0, 14, 0xb, 0x40050000, false, {R(RAX, 0x40050000), M64(TINY_PML4 + 0x1008, 0x2083)}, {{0, 0, 0, 0}}},
    {"LONG: pdpte not present", TINY_LONG, "\x8b\x00", /* mov eax, [rax] */
     2, 1, 0, 14, 0, 0x40000000, false, {R(RAX, 0x40000000)}, {{0, 0, 0, 0}}},
    {"LONG: pml4e reserved bit", TINY_LONG, "\x8b\x00", /* mov eax, [rax] */
     2, 1, 0, 14, 9, 0x8000000000, false, {R(RAX, 0x8000000000), M64(TINY_PML4 + 8, (TINY_PML4 + 0x1007) | 1ull << 46)}, {{0, 0, 0, 0}}},
    {"LONG: user bit missing above", TINY_LONG_USER, "\x8b\x00", /* mov eax, [rax] */
     2, 1, 0, 14, 5, 0x8000060000, false, {R(RAX, 0x8000060000), M64(TINY_PML4 + 8, TINY_PML4 + 0x1003)}, {{0, 0, 0, 0}}},
    {"LONG: write bit missing above", TINY_LONG, "\x89\x00", /* mov [rax], eax */
     2, 1, 0, 14, 3, 0x8000050000, false, {R(RAX, 0x8000050000), M64(TINY_PML4 + 8, TINY_PML4 + 0x1005)}, {{0, 0, 0, 0}}},
    {"PAE: pdpte not present", TINY_PAE, "\xa1\x00\x00\x00\x40", /* mov eax, [0x40000000] */
     5, 1, 0, 14, 0, 0x40000000, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"PG32: 4m page", TINY_PG32, "\xa1\x00\x00\x40\x00", /* mov eax, [0x400000] */
     5, 1, 255, NONE, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"PG32: 4m page reserved bit 21", TINY_PG32, "\xa1\x00\x00\x40\x00", /* mov eax, [0x400000] */
     5, 1, 0, 14, 9, 0x400000, false, {M32(TINY_PD32 + 4, 0x600083)}, {{0, 0, 0, 0}}},
    {"PG32: pse off", TINY_PG32, "\xa1\x00\x00\x40\x00", /* mov eax, [0x400000] */
     5, 1, 255, NONE, -1, 0, false, {M32(TINY_PD32 + 4, 0x400083)}, {{0, 0, 0, 0}}},
    {"PG32: pse36 high bits", TINY_PG32, "\xa1\x00\x00\x40\x00", /* mov eax, [0x400000] */
     5, 1, 255, NONE, -1, 0, false, {M32(TINY_PD32 + 4, 0x402083)}, {CR(RAX, 0xffffffff)}},
    {"PG32: pse36 denied", TINY_PG32, "\xa1\x00\x00\x40\x00", /* mov eax, [0x400000] */
     5, 1, 0, 14, 9, 0x400000, false, {M32(TINY_PD32 + 4, 0x402083), NOFEAT(PSE36)}, {{0, 0, 0, 0}}},
    {"pku: read denied", TINY_LONG_USER, "\x8b\x03", /* mov eax, [rbx] */
     2, 1, 0, 14, 0x25, TINY_UDATA, false, {CR4_SET(X86_CR4_PKE), PTE_SET(TINY_UDATA, 1ull << 59), ST(pkru, 4)}, {{0, 0, 0, 0}}},
    {"pku: write denied", TINY_LONG_USER, "\x89\x03", /* mov [rbx], eax */
     2, 1, 0, 14, 0x27, TINY_UDATA, false, {CR4_SET(X86_CR4_PKE), PTE_SET(TINY_UDATA, 1ull << 59), ST(pkru, 8)}, {{0, 0, 0, 0}}},
    {"pku: read allowed when only write denied", TINY_LONG_USER, "\x8b\x03", /* mov eax, [rbx] */
     2, 1, 255, NONE, -1, 0, false, {CR4_SET(X86_CR4_PKE), PTE_SET(TINY_UDATA, 1ull << 59), ST(pkru, 8)}, {{0, 0, 0, 0}}},
    {"pku: other key", TINY_LONG_USER, "\x8b\x03", /* mov eax, [rbx] */
     2, 1, 255, NONE, -1, 0, false, {CR4_SET(X86_CR4_PKE), PTE_SET(TINY_UDATA, 1ull << 59), ST(pkru, 0x30)}, {{0, 0, 0, 0}}},
    {"pku: off", TINY_LONG_USER, "\x8b\x03", /* mov eax, [rbx] */
     2, 1, 255, NONE, -1, 0, false, {PTE_SET(TINY_UDATA, 1ull << 59), ST(pkru, 4)}, {{0, 0, 0, 0}}},
    {"pku: supervisor access to user page", TINY_LONG, "\x8b\x03", /* mov eax, [rbx] */
     2, 1, 0, 14, 0x21, TINY_UDATA, false, {R(RBX, TINY_UDATA), CR4_SET(X86_CR4_PKE), PTE_SET(TINY_UDATA, 1ull << 59), ST(pkru, 4)}, {{0, 0, 0, 0}}},
    {"pku: supervisor page is exempt", TINY_LONG, "\x8b\x03", /* mov eax, [rbx] */
     2, 1, 255, NONE, -1, 0, false, {CR4_SET(X86_CR4_PKE), PTE_SET(TINY_DATA, 1ull << 59), ST(pkru, 4)}, {{0, 0, 0, 0}}},
    {"pku: supervisor write without wp", TINY_LONG, "\x89\x03", /* mov [rbx], eax */
     2, 1, 255, NONE, -1, 0, false, {R(RBX, TINY_UDATA), CR0_CLR(X86_CR0_WP), CR4_SET(X86_CR4_PKE), PTE_SET(TINY_UDATA, 1ull << 59), ST(pkru, 8)}, {{0, 0, 0, 0}}},
    {"pku: fetch is exempt", TINY_LONG_USER, "\x90", /* nop */
     1, 1, 255, NONE, -1, 0, false, {CR4_SET(X86_CR4_PKE), PTE_SET(TINY_UCODE, 1ull << 59), ST(pkru, 4)}, {{0, 0, 0, 0}}},
    {"wrpkru then read", TINY_LONG_USER, "\x8b\x0b\xb8\x04\x00\x00\x00\x31\xc9\x31\xd2\x0f\x01\xef\x8b\x33", /* mov ecx, [rbx];mov eax, 4;xor ecx, ecx;xor edx, edx;wrpkru;mov esi, [rbx] */
     16, 6, 14, 14, 0x25, TINY_UDATA, true, {CR4_SET(X86_CR4_PKE), PTE_SET(TINY_UDATA, 1ull << 59)}, {{0, 0, 0, 0}}},
    {"LONG_USER: gdt on supervisor page", TINY_LONG_USER, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 0x2b)}, {{0, 0, 0, 0}}},
    {"LONG_USER: gdt not present", TINY_LONG_USER, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 255, TRIPLE, -1, 0, false, {R(RAX, 0x2b), PTE_CLR(TINY_GDT, 1)}, {{0, 0, 0, 0}}},
    {"LONG_USER: ldt not present", TINY_LONG_USER, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 0, 14, 0, 0x50008, false, {R(RAX, 0xf), BASE(LDTR, 0x50000), PTE_CLR(TINY_DATA, 1)}, {{0, 0, 0, 0}}},
    {"LONG: ldt on user page, smap, ac does not help", TINY_LONG, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 0, 14, 1, 0x60008, false, {R(RAX, 0xf), BASE(LDTR, 0x60000), CR4_SET(X86_CR4_SMAP), FLAGS(X86_FL_AC)}, {{0, 0, 0, 0}}},
    {"LONG: descriptor on read-only page", TINY_LONG, "\x66\x8e\xd8", /* mov ds, ax */
     3, 1, 0, 14, 3, 0x5000d, false, {R(RAX, 0xc), BASE(LDTR, 0x50000), M64(0x50008, 0x00cf92000000ffff), PTE_CLR(TINY_DATA, 2)}, {{0, 0, 0, 0}}},
    {"not canonical via rax", TINY_LONG, "\x8b\x08", /* mov ecx, [rax] */
     2, 1, 0, 13, 0, 0, false, {R(RAX, 0x800000000000)}, {{0, 0, 0, 0}}},
    {"not canonical via rbx", TINY_LONG, "\x8b\x0b", /* mov ecx, [rbx] */
     2, 1, 0, 13, 0, 0, false, {R(RBX, 0x800000000000)}, {{0, 0, 0, 0}}},
    {"not canonical via rbp", TINY_LONG, "\x8b\x4d\x00", /* mov ecx, [rbp] */
     3, 1, 0, 12, 0, 0, false, {R(RBP, 0x800000000000)}, {{0, 0, 0, 0}}},
    {"not canonical via r12", TINY_LONG, "\x41\x8b\x0c\x24", /* mov ecx, [r12] */
     4, 1, 0, 13, 0, 0, false, {R(R12, 0x800000000000)}, {{0, 0, 0, 0}}},
    {"not canonical via r13", TINY_LONG, "\x41\x8b\x4d\x00", /* mov ecx, [r13] */
     4, 1, 0, 13, 0, 0, false, {R(R13, 0x800000000000)}, {{0, 0, 0, 0}}},
    {"not canonical rsp", TINY_LONG_USER, "\x50", /* push rax */
     1, 1, 0, 12, 0, 0, false, {R(RSP, 0x800000001000)}, {{0, 0, 0, 0}}},
    {"not canonical rsp pop", TINY_LONG_USER, "\x58", /* pop rax */
     1, 1, 0, 12, 0, 0, false, {R(RSP, 0x800000000000)}, {{0, 0, 0, 0}}},
    {"not canonical rsp call", TINY_LONG_USER, "\xe8\x00\x00\x00\x00", /* call $+5 */
     5, 1, 0, 12, 0, 0, false, {R(RSP, 0x900000000000)}, {{0, 0, 0, 0}}},
    {"not canonical ds:rbp override fs", TINY_LONG, "\x64\x8b\x45\x00", /* mov eax, [fs:rbp] */
     4, 1, 0, 13, 0, 0, false, {R(RBP, 0x800000000000)}, {{0, 0, 0, 0}}},
    {"not canonical last byte", TINY_LONG, "\x8b\x08", /* mov ecx, [rax] */
     2, 1, 0, 13, 0, 0, false, {R(RAX, 0x7ffffffffffe), M64(TINY_PML4 + 255 * 8, TINY_PML4 + 0x1007), M64(TINY_PML4 + 0x1ff8, TINY_PML4 + 0x2007), M64(TINY_PML4 + 0x2ff8, 0x200083)}, {{0, 0, 0, 0}}},
    {"not canonical last byte rbp", TINY_LONG, "\x8b\x4d\x00", /* mov ecx, [rbp] */
     3, 1, 0, 12, 0, 0, false, {R(RBP, 0x7ffffffffffe), M64(TINY_PML4 + 255 * 8, TINY_PML4 + 0x1007), M64(TINY_PML4 + 0x1ff8, TINY_PML4 + 0x2007), M64(TINY_PML4 + 0x2ff8, 0x200083)}, {{0, 0, 0, 0}}},
    {"not canonical jmp", TINY_LONG, "\xff\xe0", /* jmp rax */
     2, 1, 0, 13, 0, 0, false, {R(RAX, 0x800000000000)}, {{0, 0, 0, 0}}},
    {"not canonical call", TINY_LONG, "\xff\xd0", /* call rax */
     2, 1, 0, 13, 0, 0, false, {R(RAX, 0x8000000000000000)}, {{0, 0, 0, 0}}},
    {"not canonical ret", TINY_LONG, "\xc3", /* ret */
     1, 1, 0, 13, 0, 0, false, {M64(TINY_STACK, 0x800000000000)}, {{0, 0, 0, 0}}},
    {"fs base", TINY_LONG, "\x64\x8b\x04\x25\x08\x00\x00\x00", /* mov eax, [fs:8] */
     8, 1, 255, NONE, -1, 0, false, {BASE(FS, TINY_DATA), M32(TINY_DATA + 8, 0x77)}, {CR(RAX, 0x77)}},
    {"la57 canonical", TINY_LONG, "\x8b\x00", /* mov eax, [rax] */
     2, 1, 0, 14, 0, 0x800000000000, false, {R(RAX, 0x800000000000), FEAT(LA57), CR4_SET(X86_CR4_LA57), M64(0x120000, TINY_PML4 + 7), ST(cr3, 0x120000)}, {{0, 0, 0, 0}}},
    {"la57 not canonical", TINY_LONG, "\x8b\x00", /* mov eax, [rax] */
     2, 1, 0, 13, 0, 0, false, {R(RAX, 0x100000000000000), FEAT(LA57), CR4_SET(X86_CR4_LA57), M64(0x120000, TINY_PML4 + 7), ST(cr3, 0x120000)}, {{0, 0, 0, 0}}},
    {"la57 walk", TINY_LONG, "\x8b\x03", /* mov eax, [rbx] */
     2, 1, 255, NONE, -1, 0, false, {FEAT(LA57), CR4_SET(X86_CR4_LA57), M64(0x120000, TINY_PML4 + 7), ST(cr3, 0x120000), M32(TINY_DATA, 0x99)}, {CR(RAX, 0x99), CM8(0x120000, 0x27)}},
    {"P32_USER: ac word", TINY_P32_USER, "\x66\x8b\x43\x01", /* mov ax, [ebx+1] */
     4, 1, 0, 17, 0, 0, false, {CR0_SET(X86_CR0_AM), FLAGS(X86_FL_AC)}, {{0, 0, 0, 0}}},
    {"P32_USER: ac dword", TINY_P32_USER, "\x89\x43\x02", /* mov [ebx+2], eax */
     3, 1, 0, 17, 0, 0, false, {CR0_SET(X86_CR0_AM), FLAGS(X86_FL_AC)}, {{0, 0, 0, 0}}},
    {"P32_USER: ac aligned", TINY_P32_USER, "\x89\x43\x04", /* mov [ebx+4], eax */
     3, 1, 255, NONE, -1, 0, false, {CR0_SET(X86_CR0_AM), FLAGS(X86_FL_AC)}, {{0, 0, 0, 0}}},
    {"P32_USER: ac byte", TINY_P32_USER, "\x8a\x43\x03", /* mov al, [ebx+3] */
     3, 1, 255, NONE, -1, 0, false, {CR0_SET(X86_CR0_AM), FLAGS(X86_FL_AC)}, {{0, 0, 0, 0}}},
    {"P32_USER: ac off", TINY_P32_USER, "\x66\x8b\x43\x01", /* mov ax, [ebx+1] */
     4, 1, 255, NONE, -1, 0, false, {FLAGS(X86_FL_AC)}, {{0, 0, 0, 0}}},
    {"P32_USER: ac after popf", TINY_P32_USER, "\x66\x8b\x43\x01\x9d\x66\x8b\x43\x01", /* mov ax, [ebx+1];popf;mov ax, [ebx+1] */
     9, 3, 5, 17, 0, 0, true, {CR0_SET(X86_CR0_AM), M32(TINY_USTACK, 0x40002)}, {{0, 0, 0, 0}}},
    {"LONG_USER: ac word", TINY_LONG_USER, "\x66\x8b\x43\x01", /* mov ax, [rbx+1] */
     4, 1, 0, 17, 0, 0, false, {CR0_SET(X86_CR0_AM), FLAGS(X86_FL_AC)}, {{0, 0, 0, 0}}},
    {"LONG_USER: ac dword", TINY_LONG_USER, "\x89\x43\x02", /* mov [rbx+2], eax */
     3, 1, 0, 17, 0, 0, false, {CR0_SET(X86_CR0_AM), FLAGS(X86_FL_AC)}, {{0, 0, 0, 0}}},
    {"LONG_USER: ac aligned", TINY_LONG_USER, "\x89\x43\x04", /* mov [rbx+4], eax */
     3, 1, 255, NONE, -1, 0, false, {CR0_SET(X86_CR0_AM), FLAGS(X86_FL_AC)}, {{0, 0, 0, 0}}},
    {"LONG_USER: ac byte", TINY_LONG_USER, "\x8a\x43\x03", /* mov al, [rbx+3] */
     3, 1, 255, NONE, -1, 0, false, {CR0_SET(X86_CR0_AM), FLAGS(X86_FL_AC)}, {{0, 0, 0, 0}}},
    {"LONG_USER: ac off", TINY_LONG_USER, "\x66\x8b\x43\x01", /* mov ax, [rbx+1] */
     4, 1, 255, NONE, -1, 0, false, {FLAGS(X86_FL_AC)}, {{0, 0, 0, 0}}},
    {"LONG_USER: ac after popf", TINY_LONG_USER, "\x66\x8b\x43\x01\x9d\x66\x8b\x43\x01", /* mov ax, [rbx+1];popf;mov ax, [rbx+1] */
     9, 3, 5, 17, 0, 0, true, {CR0_SET(X86_CR0_AM), M64(TINY_USTACK, 0x40002)}, {{0, 0, 0, 0}}},
    {"ac supervisor exempt", TINY_P32, "\x66\x8b\x43\x01", /* mov ax, [ebx+1] */
     4, 1, 255, NONE, -1, 0, false, {CR0_SET(X86_CR0_AM), FLAGS(X86_FL_AC)}, {{0, 0, 0, 0}}},
    {"ac push", TINY_P32_USER, "\x50", /* push eax */
     1, 1, 0, 17, 0, 0, false, {CR0_SET(X86_CR0_AM), FLAGS(X86_FL_AC), R(RSP, TINY_USTACK - 2)}, {{0, 0, 0, 0}}},
    {"P32_USER: privileged hlt", TINY_P32_USER, "\xf4", /* hlt */
     1, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: privileged hlt", TINY_COMPAT_USER, "\xf4", /* hlt */
     1, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"V86: privileged hlt", TINY_V86, "\xf4", /* hlt */
     1, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32_USER: privileged clts", TINY_P32_USER, "\x0f\x06", /* clts */
     2, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: privileged clts", TINY_COMPAT_USER, "\x0f\x06", /* clts */
     2, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"V86: privileged clts", TINY_V86, "\x0f\x06", /* clts */
     2, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32_USER: privileged invd", TINY_P32_USER, "\x0f\x08", /* invd */
     2, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: privileged invd", TINY_COMPAT_USER, "\x0f\x08", /* invd */
     2, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"V86: privileged invd", TINY_V86, "\x0f\x08", /* invd */
     2, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32_USER: privileged wbinvd", TINY_P32_USER, "\x0f\x09", /* wbinvd */
     2, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: privileged wbinvd", TINY_COMPAT_USER, "\x0f\x09", /* wbinvd */
     2, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"V86: privileged wbinvd", TINY_V86, "\x0f\x09", /* wbinvd */
     2, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32_USER: privileged lmsw ax", TINY_P32_USER, "\x0f\x01\xf0", /* lmsw ax */
     3, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: privileged lmsw ax", TINY_COMPAT_USER, "\x0f\x01\xf0", /* lmsw ax */
     3, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"V86: privileged lmsw ax", TINY_V86, "\x0f\x01\xf0", /* lmsw ax */
     3, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32_USER: privileged mov eax, cr0", TINY_P32_USER, "\x0f\x20\xc0", /* mov eax, cr0 */
     3, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: privileged mov eax, cr0", TINY_COMPAT_USER, "\x0f\x20\xc0", /* mov eax, cr0 */
     3, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"V86: privileged mov eax, cr0", TINY_V86, "\x0f\x20\xc0", /* mov eax, cr0 */
     3, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32_USER: privileged mov cr0, eax", TINY_P32_USER, "\x0f\x22\xc0", /* mov cr0, eax */
     3, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: privileged mov cr0, eax", TINY_COMPAT_USER, "\x0f\x22\xc0", /* mov cr0, eax */
     3, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"V86: privileged mov cr0, eax", TINY_V86, "\x0f\x22\xc0", /* mov cr0, eax */
     3, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32_USER: privileged mov eax, cr3", TINY_P32_USER, "\x0f\x20\xd8", /* mov eax, cr3 */
     3, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: privileged mov eax, cr3", TINY_COMPAT_USER, "\x0f\x20\xd8", /* mov eax, cr3 */
     3, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"V86: privileged mov eax, cr3", TINY_V86, "\x0f\x20\xd8", /* mov eax, cr3 */
     3, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32_USER: privileged mov cr3, eax", TINY_P32_USER, "\x0f\x22\xd8", /* mov cr3, eax */
     3, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: privileged mov cr3, eax", TINY_COMPAT_USER, "\x0f\x22\xd8", /* mov cr3, eax */
     3, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"V86: privileged mov cr3, eax", TINY_V86, "\x0f\x22\xd8", /* mov cr3, eax */
     3, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32_USER: privileged mov eax, cr2", TINY_P32_USER, "\x0f\x20\xd0", /* mov eax, cr2 */
     3, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: privileged mov eax, cr2", TINY_COMPAT_USER, "\x0f\x20\xd0", /* mov eax, cr2 */
     3, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"V86: privileged mov eax, cr2", TINY_V86, "\x0f\x20\xd0", /* mov eax, cr2 */
     3, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32_USER: privileged mov eax, cr4", TINY_P32_USER, "\x0f\x20\xe0", /* mov eax, cr4 */
     3, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: privileged mov eax, cr4", TINY_COMPAT_USER, "\x0f\x20\xe0", /* mov eax, cr4 */
     3, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"V86: privileged mov eax, cr4", TINY_V86, "\x0f\x20\xe0", /* mov eax, cr4 */
     3, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32_USER: privileged mov cr4, eax", TINY_P32_USER, "\x0f\x22\xe0", /* mov cr4, eax */
     3, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: privileged mov cr4, eax", TINY_COMPAT_USER, "\x0f\x22\xe0", /* mov cr4, eax */
     3, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"V86: privileged mov cr4, eax", TINY_V86, "\x0f\x22\xe0", /* mov cr4, eax */
     3, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32_USER: privileged mov eax, dr0", TINY_P32_USER, "\x0f\x21\xc0", /* mov eax, dr0 */
     3, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: privileged mov eax, dr0", TINY_COMPAT_USER, "\x0f\x21\xc0", /* mov eax, dr0 */
     3, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"V86: privileged mov eax, dr0", TINY_V86, "\x0f\x21\xc0", /* mov eax, dr0 */
     3, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32_USER: privileged mov dr0, eax", TINY_P32_USER, "\x0f\x23\xc0", /* mov dr0, eax */
     3, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: privileged mov dr0, eax", TINY_COMPAT_USER, "\x0f\x23\xc0", /* mov dr0, eax */
     3, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"V86: privileged mov dr0, eax", TINY_V86, "\x0f\x23\xc0", /* mov dr0, eax */
     3, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32_USER: privileged mov eax, dr7", TINY_P32_USER, "\x0f\x21\xf8", /* mov eax, dr7 */
     3, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: privileged mov eax, dr7", TINY_COMPAT_USER, "\x0f\x21\xf8", /* mov eax, dr7 */
     3, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"V86: privileged mov eax, dr7", TINY_V86, "\x0f\x21\xf8", /* mov eax, dr7 */
     3, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32_USER: privileged mov dr6, eax", TINY_P32_USER, "\x0f\x23\xf0", /* mov dr6, eax */
     3, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: privileged mov dr6, eax", TINY_COMPAT_USER, "\x0f\x23\xf0", /* mov dr6, eax */
     3, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"V86: privileged mov dr6, eax", TINY_V86, "\x0f\x23\xf0", /* mov dr6, eax */
     3, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32_USER: privileged rdmsr", TINY_P32_USER, "\x0f\x32", /* rdmsr */
     2, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: privileged rdmsr", TINY_COMPAT_USER, "\x0f\x32", /* rdmsr */
     2, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"V86: privileged rdmsr", TINY_V86, "\x0f\x32", /* rdmsr */
     2, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32_USER: privileged wrmsr", TINY_P32_USER, "\x0f\x30", /* wrmsr */
     2, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: privileged wrmsr", TINY_COMPAT_USER, "\x0f\x30", /* wrmsr */
     2, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"V86: privileged wrmsr", TINY_V86, "\x0f\x30", /* wrmsr */
     2, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32_USER: privileged invlpg [ebx]", TINY_P32_USER, "\x0f\x01\x3b", /* invlpg [ebx] */
     3, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: privileged invlpg [ebx]", TINY_COMPAT_USER, "\x0f\x01\x3b", /* invlpg [ebx] */
     3, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"V86: privileged invlpg [ebx]", TINY_V86, "\x0f\x01\x3f", /* invlpg [bx] */
     3, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32_USER: privileged lgdt [ebx]", TINY_P32_USER, "\x0f\x01\x13", /* lgdt [ebx] */
     3, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: privileged lgdt [ebx]", TINY_COMPAT_USER, "\x0f\x01\x13", /* lgdt [ebx] */
     3, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"V86: privileged lgdt [ebx]", TINY_V86, "\x0f\x01\x17", /* lgdt [bx] */
     3, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32_USER: privileged lidt [ebx]", TINY_P32_USER, "\x0f\x01\x1b", /* lidt [ebx] */
     3, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: privileged lidt [ebx]", TINY_COMPAT_USER, "\x0f\x01\x1b", /* lidt [ebx] */
     3, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"V86: privileged lidt [ebx]", TINY_V86, "\x0f\x01\x1f", /* lidt [bx] */
     3, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32_USER: privileged lldt ax", TINY_P32_USER, "\x0f\x00\xd0", /* lldt ax */
     3, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: privileged lldt ax", TINY_COMPAT_USER, "\x0f\x00\xd0", /* lldt ax */
     3, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32_USER: privileged ltr ax", TINY_P32_USER, "\x0f\x00\xd8", /* ltr ax */
     3, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: privileged ltr ax", TINY_COMPAT_USER, "\x0f\x00\xd8", /* ltr ax */
     3, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32_USER: privileged cli", TINY_P32_USER, "\xfa", /* cli */
     1, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: privileged cli", TINY_COMPAT_USER, "\xfa", /* cli */
     1, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"V86: privileged cli", TINY_V86, "\xfa", /* cli */
     1, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32_USER: privileged sti", TINY_P32_USER, "\xfb", /* sti */
     1, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: privileged sti", TINY_COMPAT_USER, "\xfb", /* sti */
     1, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"V86: privileged sti", TINY_V86, "\xfb", /* sti */
     1, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32_USER: privileged xsetbv", TINY_P32_USER, "\x0f\x01\xd1", /* xsetbv */
     3, 1, 0, 13, 0, 0, false, {CR4_SET(X86_CR4_OSXSAVE)}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: privileged xsetbv", TINY_COMPAT_USER, "\x0f\x01\xd1", /* xsetbv */
     3, 1, 0, 13, 0, 0, false, {CR4_SET(X86_CR4_OSXSAVE)}, {{0, 0, 0, 0}}},
    {"V86: privileged xsetbv", TINY_V86, "\x0f\x01\xd1", /* xsetbv */
     3, 1, 0, 13, 0, 0, false, {CR4_SET(X86_CR4_OSXSAVE)}, {{0, 0, 0, 0}}},
    {"P32_USER: privileged invpcid eax, [ebx]", TINY_P32_USER, "\x66\x0f\x38\x82\x03", /* invpcid eax, [ebx] */
     5, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"COMPAT_USER: privileged invpcid eax, [ebx]", TINY_COMPAT_USER, "\x66\x0f\x38\x82\x03", /* invpcid eax, [ebx] */
     5, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"V86: privileged invpcid eax, [ebx]", TINY_V86, "\x67\x66\x0f\x38\x82\x03", /* invpcid eax, [ebx] */
     6, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"LONG_USER: privileged mov rax, cr0", TINY_LONG_USER, "\x0f\x20\xc0", /* mov rax, cr0 */
     3, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"LONG_USER: privileged mov cr3, rax", TINY_LONG_USER, "\x0f\x22\xd8", /* mov cr3, rax */
     3, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"LONG_USER: privileged mov rax, cr8", TINY_LONG_USER, "\x44\x0f\x20\xc0", /* mov rax, cr8 */
     4, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"LONG_USER: privileged mov cr8, rax", TINY_LONG_USER, "\x44\x0f\x22\xc0", /* mov cr8, rax */
     4, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"LONG_USER: privileged mov rax, dr7", TINY_LONG_USER, "\x0f\x21\xf8", /* mov rax, dr7 */
     3, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"LONG_USER: privileged swapgs", TINY_LONG_USER, "\x0f\x01\xf8", /* swapgs */
     3, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"LONG_USER: privileged wrmsr", TINY_LONG_USER, "\x0f\x30", /* wrmsr */
     2, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"LONG_USER: privileged o64 sysret", TINY_LONG_USER, "\x48\x0f\x07", /* o64 sysret */
     3, 1, 0, 13, 0, 0, false, {EFER_SET(X86_EFER_SCE), ST(msr.sysenter_cs, 8)}, {{0, 0, 0, 0}}},
    {"LONG_USER: privileged sysexit", TINY_LONG_USER, "\x0f\x35", /* sysexit */
     2, 1, 0, 13, 0, 0, false, {EFER_SET(X86_EFER_SCE), ST(msr.sysenter_cs, 8)}, {{0, 0, 0, 0}}},
    {"LONG_USER: privileged invlpg [rbx]", TINY_LONG_USER, "\x0f\x01\x3b", /* invlpg [rbx] */
     3, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"LONG_USER: privileged lgdt [rbx]", TINY_LONG_USER, "\x0f\x01\x13", /* lgdt [rbx] */
     3, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"LONG_USER: privileged ltr ax", TINY_LONG_USER, "\x0f\x00\xd8", /* ltr ax */
     3, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"LONG_USER: privileged lldt ax", TINY_LONG_USER, "\x0f\x00\xd0", /* lldt ax */
     3, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"LONG_USER: privileged hlt", TINY_LONG_USER, "\xf4", /* hlt */
     1, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"LONG_USER: privileged clts", TINY_LONG_USER, "\x0f\x06", /* clts */
     2, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32_USER: clac", TINY_P32_USER, "\x0f\x01\xca", /* clac */
     3, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32_USER: stac", TINY_P32_USER, "\x0f\x01\xcb", /* stac */
     3, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32_USER: monitor", TINY_P32_USER, "\x0f\x01\xc8", /* monitor */
     3, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32_USER: mwait", TINY_P32_USER, "\x0f\x01\xc9", /* mwait */
     3, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"REAL: clac", TINY_REAL, "\x0f\x01\xca", /* clac */
     3, 1, 255, NONE, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32: db 0x0f, 0xaa", TINY_P32, "\x0f\xaa", /* db 0x0f, 0xaa */
     2, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"LONG: db 0x0f, 0xaa", TINY_LONG, "\x0f\xaa", /* db 0x0f, 0xaa */
     2, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32: vmcall", TINY_P32, "\x0f\x01\xc1", /* vmcall */
     3, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"LONG: vmcall", TINY_LONG, "\x0f\x01\xc1", /* vmcall */
     3, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32: vmlaunch", TINY_P32, "\x0f\x01\xc2", /* vmlaunch */
     3, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"LONG: vmlaunch", TINY_LONG, "\x0f\x01\xc2", /* vmlaunch */
     3, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32: vmxoff", TINY_P32, "\x0f\x01\xc4", /* vmxoff */
     3, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"LONG: vmxoff", TINY_LONG, "\x0f\x01\xc4", /* vmxoff */
     3, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32: vmmcall", TINY_P32, "\x0f\x01\xd9", /* vmmcall */
     3, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"LONG: vmmcall", TINY_LONG, "\x0f\x01\xd9", /* vmmcall */
     3, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32: vmrun", TINY_P32, "\x0f\x01\xd8", /* vmrun */
     3, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"LONG: vmrun", TINY_LONG, "\x0f\x01\xd8", /* vmrun */
     3, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32: db 0x0f,0x01,0xdc", TINY_P32, "\x0f\x01\xdc", /* db 0x0f,0x01,0xdc */
     3, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"LONG: db 0x0f,0x01,0xdc", TINY_LONG, "\x0f\x01\xdc", /* db 0x0f,0x01,0xdc */
     3, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32: db 0x0f,0x01,0xde", TINY_P32, "\x0f\x01\xde", /* db 0x0f,0x01,0xde */
     3, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"LONG: db 0x0f,0x01,0xde", TINY_LONG, "\x0f\x01\xde", /* db 0x0f,0x01,0xde */
     3, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32: db 0x0f,0x37", TINY_P32, "\x0f\x37", /* db 0x0f,0x37 */
     2, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"LONG: db 0x0f,0x37", TINY_LONG, "\x0f\x37", /* db 0x0f,0x37 */
     2, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32: ud2", TINY_P32, "\x0f\x0b", /* ud2 */
     2, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"LONG: ud2", TINY_LONG, "\x0f\x0b", /* ud2 */
     2, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32: db 0x0f,0xff,0xc0", TINY_P32, "\x0f\xff\xc0", /* db 0x0f,0xff,0xc0 */
     3, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"LONG: db 0x0f,0xff,0xc0", TINY_LONG, "\x0f\xff\xc0", /* db 0x0f,0xff,0xc0 */
     3, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32: db 0x0f,0xb9,0xc0", TINY_P32, "\x0f\xb9\xc0", /* db 0x0f,0xb9,0xc0 */
     3, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"LONG: db 0x0f,0xb9,0xc0", TINY_LONG, "\x0f\xb9\xc0", /* db 0x0f,0xb9,0xc0 */
     3, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32: mov cr1, eax", TINY_P32, "\x0f\x22\xc8", /* mov cr1, eax */
     3, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"LONG: mov cr1, eax", TINY_LONG, "\x0f\x22\xc8", /* mov cr1, rax */
     3, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32: mov eax, cr5", TINY_P32, "\x0f\x20\xe8", /* mov eax, cr5 */
     3, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"LONG: mov eax, cr5", TINY_LONG, "\x0f\x20\xe8", /* mov rax, cr5 */
     3, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32: mov cr7, eax", TINY_P32, "\x0f\x22\xf8", /* mov cr7, eax */
     3, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"LONG: mov cr7, eax", TINY_LONG, "\x0f\x22\xf8", /* mov cr7, rax */
     3, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32: db 0x0f,0x20,0xc8", TINY_P32, "\x0f\x20\xc8", /* db 0x0f,0x20,0xc8 */
     3, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"LONG: db 0x0f,0x20,0xc8", TINY_LONG, "\x0f\x20\xc8", /* db 0x0f,0x20,0xc8 */
     3, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32_USER: sgdt [ebx]", TINY_P32_USER, "\x0f\x01\x03", /* sgdt [ebx] */
     3, 1, 255, NONE, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32_USER: umip sgdt [ebx]", TINY_P32_USER, "\x0f\x01\x03", /* sgdt [ebx] */
     3, 1, 0, 13, 0, 0, false, {CR4_SET(X86_CR4_UMIP)}, {{0, 0, 0, 0}}},
    {"P32: umip sgdt [ebx]", TINY_P32, "\x0f\x01\x03", /* sgdt [ebx] */
     3, 1, 255, NONE, -1, 0, false, {CR4_SET(X86_CR4_UMIP)}, {{0, 0, 0, 0}}},
    {"P32_USER: sidt [ebx]", TINY_P32_USER, "\x0f\x01\x0b", /* sidt [ebx] */
     3, 1, 255, NONE, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32_USER: umip sidt [ebx]", TINY_P32_USER, "\x0f\x01\x0b", /* sidt [ebx] */
     3, 1, 0, 13, 0, 0, false, {CR4_SET(X86_CR4_UMIP)}, {{0, 0, 0, 0}}},
    {"P32: umip sidt [ebx]", TINY_P32, "\x0f\x01\x0b", /* sidt [ebx] */
     3, 1, 255, NONE, -1, 0, false, {CR4_SET(X86_CR4_UMIP)}, {{0, 0, 0, 0}}},
    {"P32_USER: sldt eax", TINY_P32_USER, "\x0f\x00\xc0", /* sldt eax */
     3, 1, 255, NONE, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32_USER: umip sldt eax", TINY_P32_USER, "\x0f\x00\xc0", /* sldt eax */
     3, 1, 0, 13, 0, 0, false, {CR4_SET(X86_CR4_UMIP)}, {{0, 0, 0, 0}}},
    {"P32: umip sldt eax", TINY_P32, "\x0f\x00\xc0", /* sldt eax */
     3, 1, 255, NONE, -1, 0, false, {CR4_SET(X86_CR4_UMIP)}, {{0, 0, 0, 0}}},
    {"P32_USER: str eax", TINY_P32_USER, "\x0f\x00\xc8", /* str eax */
     3, 1, 255, NONE, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32_USER: umip str eax", TINY_P32_USER, "\x0f\x00\xc8", /* str eax */
     3, 1, 0, 13, 0, 0, false, {CR4_SET(X86_CR4_UMIP)}, {{0, 0, 0, 0}}},
    {"P32: umip str eax", TINY_P32, "\x0f\x00\xc8", /* str eax */
     3, 1, 255, NONE, -1, 0, false, {CR4_SET(X86_CR4_UMIP)}, {{0, 0, 0, 0}}},
    {"P32_USER: smsw eax", TINY_P32_USER, "\x0f\x01\xe0", /* smsw eax */
     3, 1, 255, NONE, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"P32_USER: umip smsw eax", TINY_P32_USER, "\x0f\x01\xe0", /* smsw eax */
     3, 1, 0, 13, 0, 0, false, {CR4_SET(X86_CR4_UMIP)}, {{0, 0, 0, 0}}},
    {"P32: umip smsw eax", TINY_P32, "\x0f\x01\xe0", /* smsw eax */
     3, 1, 255, NONE, -1, 0, false, {CR4_SET(X86_CR4_UMIP)}, {{0, 0, 0, 0}}},
    {"sgdt stores", TINY_P32, "\x0f\x01\x03", /* sgdt [ebx] */
     3, 1, 255, NONE, -1, 0, false, {{0, 0, 0, 0}}, {CM16(TINY_DATA, 0x1ff), CM32(TINY_DATA + 2, TINY_GDT)}},
    {"sgdt long stores 10 bytes", TINY_LONG, "\x0f\x01\x0b", /* sidt [rbx] */
     3, 1, 255, NONE, -1, 0, false, {M64(TINY_DATA + 2, -1)}, {CM16(TINY_DATA, 0xfff), CM64(TINY_DATA + 2, TINY_IDT)}},
    {"lgdt 16-bit operand", TINY_P16, "\x0f\x01\x17", /* lgdt [bx] */
     3, 1, 255, NONE, -1, 0, false, {M64(0x5000, 0xaabbccdd1234)}, {CST(gdt.base, 0xbbccdd)}},
    {"lgdt 32-bit operand", TINY_P32, "\x0f\x01\x13", /* lgdt [ebx] */
     3, 1, 255, NONE, -1, 0, false, {M64(TINY_DATA, 0xaabbccdd1234)}, {CST(gdt.base, 0xaabbccdd)}},
    {"lgdt not canonical", TINY_LONG, "\x0f\x01\x13", /* lgdt [rbx] */
     3, 1, 0, 13, 0, 0, false, {M64(TINY_DATA + 2, 0x800000000000)}, {CST(gdt.base, TINY_GDT)}},
    {"lidt not canonical", TINY_LONG, "\x0f\x01\x1b", /* lidt [rbx] */
     3, 1, 0, 13, 0, 0, false, {M64(TINY_DATA + 2, 0x800000000000)}, {{0, 0, 0, 0}}},
    {"lldt ok", TINY_P32, "\x0f\x00\xd0", /* lldt ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 0x48)}, {CSEL(LDTR, 0x48)}},
    {"lldt null", TINY_P32, "\x0f\x00\xd0", /* lldt ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 3)}, {CSEL(LDTR, 3), CATTR(LDTR, 0x8000)}},
    {"lldt data", TINY_P32, "\x0f\x00\xd0", /* lldt ax */
     3, 1, 0, 13, 0x10, 0, false, {R(RAX, 0x10)}, {{0, 0, 0, 0}}},
    {"lldt not present", TINY_P32, "\x0f\x00\xd0", /* lldt ax */
     3, 1, 0, 11, 0x150, 0, false, {R(RAX, 0x150)}, {{0, 0, 0, 0}}},
    {"lldt in ldt", TINY_P32, "\x0f\x00\xd0", /* lldt ax */
     3, 1, 0, 13, 0x4c, 0, false, {R(RAX, 0x4c)}, {{0, 0, 0, 0}}},
    {"lldt outside", TINY_P32, "\x0f\x00\xd0", /* lldt ax */
     3, 1, 0, 13, 0x200, 0, false, {R(RAX, 0x200)}, {{0, 0, 0, 0}}},
    {"lldt not canonical", TINY_LONG, "\x0f\x00\xd0", /* lldt ax */
     3, 1, 0, 13, 0x160, 0, false, {R(RAX, 0x160)}, {{0, 0, 0, 0}}},
    {"lldt 16 bytes outside", TINY_LONG, "\x0f\x00\xd0", /* lldt ax */
     3, 1, 0, 13, 0x48, 0, false, {R(RAX, 0x48), GDT_LIMIT(0x56)}, {{0, 0, 0, 0}}},
    {"ltr null", TINY_P32, "\x0f\x00\xd8", /* ltr ax */
     3, 1, 0, 13, 0, 0, false, {R(RAX, 0)}, {{0, 0, 0, 0}}},
    {"ltr busy", TINY_P32, "\x0f\x00\xd8", /* ltr ax */
     3, 1, 0, 13, 0x38, 0, false, {R(RAX, 0x38)}, {{0, 0, 0, 0}}},
    {"ltr ok", TINY_P32, "\x0f\x00\xd8", /* ltr ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 0x98)}, {CSEL(TR, 0x98), CM8(TINY_GDT + 0x9d, 0x8b)}},
    {"ltr 16", TINY_P32, "\x0f\x00\xd8", /* ltr ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 0xa0)}, {CSEL(TR, 0xa0), CM8(TINY_GDT + 0xa5, 0x83)}},
    {"ltr 16 long", TINY_LONG, "\x0f\x00\xd8", /* ltr ax */
     3, 1, 0, 13, 0xa0, 0, false, {R(RAX, 0xa0)}, {{0, 0, 0, 0}}},
    {"ltr not present", TINY_P32, "\x0f\x00\xd8", /* ltr ax */
     3, 1, 0, 11, 0x128, 0, false, {R(RAX, 0x128)}, {{0, 0, 0, 0}}},
    {"ltr data", TINY_P32, "\x0f\x00\xd8", /* ltr ax */
     3, 1, 0, 13, 0x10, 0, false, {R(RAX, 0x10)}, {{0, 0, 0, 0}}},
    {"ltr not canonical", TINY_LONG, "\x0f\x00\xd8", /* ltr ax */
     3, 1, 0, 13, 0x1a0, 0, false, {R(RAX, 0x1a0), M64(TINY_GDT + 0x1a0, 0x0000890000000067), M64(TINY_GDT + 0x1a8, 0x800000)}, {{0, 0, 0, 0}}},
    {"lar 0x8", TINY_P32, "\x0f\x02\xc1", /* lar eax, cx */
     3, 1, 255, NONE, -1, 0, false, {R(RCX, 8)}, {FSET(X86_FL_ZF)}},
    {"lar 0x10", TINY_P32, "\x0f\x02\xc1", /* lar eax, cx */
     3, 1, 255, NONE, -1, 0, false, {R(RCX, 16)}, {FSET(X86_FL_ZF)}},
    {"lar 0x0", TINY_P32, "\x0f\x02\xc1", /* lar eax, cx */
     3, 1, 255, NONE, -1, 0, false, {R(RCX, 0)}, {FCLR(X86_FL_ZF)}},
    {"lar 0x200", TINY_P32, "\x0f\x02\xc1", /* lar eax, cx */
     3, 1, 255, NONE, -1, 0, false, {R(RCX, 512)}, {FCLR(X86_FL_ZF)}},
    {"lar 0x38", TINY_P32, "\x0f\x02\xc1", /* lar eax, cx */
     3, 1, 255, NONE, -1, 0, false, {R(RCX, 56)}, {FSET(X86_FL_ZF)}},
    {"lar 0xa8", TINY_P32, "\x0f\x02\xc1", /* lar eax, cx */
     3, 1, 255, NONE, -1, 0, false, {R(RCX, 168)}, {FSET(X86_FL_ZF)}},
    {"lar 0xb8", TINY_P32, "\x0f\x02\xc1", /* lar eax, cx */
     3, 1, 255, NONE, -1, 0, false, {R(RCX, 184)}, {FSET(X86_FL_ZF)}},
    {"lar 0x150", TINY_P32, "\x0f\x02\xc1", /* lar eax, cx */
     3, 1, 255, NONE, -1, 0, false, {R(RCX, 336)}, {FSET(X86_FL_ZF)}},
    {"lar 0x23", TINY_P32, "\x0f\x02\xc1", /* lar eax, cx */
     3, 1, 255, NONE, -1, 0, false, {R(RCX, 35)}, {FSET(X86_FL_ZF)}},
    {"lar 0x70", TINY_P32, "\x0f\x02\xc1", /* lar eax, cx */
     3, 1, 255, NONE, -1, 0, false, {R(RCX, 112)}, {FSET(X86_FL_ZF)}},
    {"lar 0xb", TINY_P32, "\x0f\x02\xc1", /* lar eax, cx */
     3, 1, 255, NONE, -1, 0, false, {R(RCX, 11)}, {FCLR(X86_FL_ZF)}},
    {"lar 0x1b0", TINY_P32, "\x0f\x02\xc1", /* lar eax, cx */
     3, 1, 255, NONE, -1, 0, false, {R(RCX, 432)}, {FCLR(X86_FL_ZF)}},
    {"lsl 0x8", TINY_P32, "\x0f\x03\xc1", /* lsl eax, cx */
     3, 1, 255, NONE, -1, 0, false, {R(RCX, 8)}, {FSET(X86_FL_ZF)}},
    {"lsl 0x10", TINY_P32, "\x0f\x03\xc1", /* lsl eax, cx */
     3, 1, 255, NONE, -1, 0, false, {R(RCX, 16)}, {FSET(X86_FL_ZF)}},
    {"lsl 0x0", TINY_P32, "\x0f\x03\xc1", /* lsl eax, cx */
     3, 1, 255, NONE, -1, 0, false, {R(RCX, 0)}, {FCLR(X86_FL_ZF)}},
    {"lsl 0x38", TINY_P32, "\x0f\x03\xc1", /* lsl eax, cx */
     3, 1, 255, NONE, -1, 0, false, {R(RCX, 56)}, {FSET(X86_FL_ZF)}},
    {"lsl 0xa8", TINY_P32, "\x0f\x03\xc1", /* lsl eax, cx */
     3, 1, 255, NONE, -1, 0, false, {R(RCX, 168)}, {FCLR(X86_FL_ZF)}},
    {"lsl 0xb8", TINY_P32, "\x0f\x03\xc1", /* lsl eax, cx */
     3, 1, 255, NONE, -1, 0, false, {R(RCX, 184)}, {FCLR(X86_FL_ZF)}},
    {"lsl 0x48", TINY_P32, "\x0f\x03\xc1", /* lsl eax, cx */
     3, 1, 255, NONE, -1, 0, false, {R(RCX, 72)}, {FSET(X86_FL_ZF)}},
    {"lar long 0xa8", TINY_LONG, "\x0f\x02\xc1", /* lar eax, cx */
     3, 1, 255, NONE, -1, 0, false, {R(RCX, 168)}, {FSET(X86_FL_ZF)}},
    {"lar long 0xa0", TINY_LONG, "\x0f\x02\xc1", /* lar eax, cx */
     3, 1, 255, NONE, -1, 0, false, {R(RCX, 160)}, {FCLR(X86_FL_ZF)}},
    {"lar long 0xb8", TINY_LONG, "\x0f\x02\xc1", /* lar eax, cx */
     3, 1, 255, NONE, -1, 0, false, {R(RCX, 184)}, {FCLR(X86_FL_ZF)}},
    {"lar long 0xb0", TINY_LONG, "\x0f\x02\xc1", /* lar eax, cx */
     3, 1, 255, NONE, -1, 0, false, {R(RCX, 176)}, {FCLR(X86_FL_ZF)}},
    {"lar long 0x38", TINY_LONG, "\x0f\x02\xc1", /* lar eax, cx */
     3, 1, 255, NONE, -1, 0, false, {R(RCX, 56)}, {FSET(X86_FL_ZF)}},
    {"lar value", TINY_P32, "\x0f\x02\xc1", /* lar eax, cx */
     3, 1, 255, NONE, -1, 0, false, {R(RCX, 0x10)}, {CR(RAX, 0xcf9300)}},
    {"lsl value", TINY_P32, "\x0f\x03\xc1", /* lsl eax, cx */
     3, 1, 255, NONE, -1, 0, false, {R(RCX, 0x10)}, {CR(RAX, 0xffffffff)}},
    {"lsl small", TINY_P32, "\x0f\x03\xc1", /* lsl eax, cx */
     3, 1, 255, NONE, -1, 0, false, {R(RCX, 0xd0)}, {CR(RAX, 0xff)}},
    {"verr 0x10", TINY_P32, "\x0f\x00\xe1", /* verr cx */
     3, 1, 255, NONE, -1, 0, false, {R(RCX, 16)}, {FSET(X86_FL_ZF)}},
    {"verw 0x10", TINY_P32, "\x0f\x00\xe9", /* verw cx */
     3, 1, 255, NONE, -1, 0, false, {R(RCX, 16)}, {FSET(X86_FL_ZF)}},
    {"verr 0x88", TINY_P32, "\x0f\x00\xe1", /* verr cx */
     3, 1, 255, NONE, -1, 0, false, {R(RCX, 136)}, {FSET(X86_FL_ZF)}},
    {"verw 0x88", TINY_P32, "\x0f\x00\xe9", /* verw cx */
     3, 1, 255, NONE, -1, 0, false, {R(RCX, 136)}, {FCLR(X86_FL_ZF)}},
    {"verr 0x90", TINY_P32, "\x0f\x00\xe1", /* verr cx */
     3, 1, 255, NONE, -1, 0, false, {R(RCX, 144)}, {FCLR(X86_FL_ZF)}},
    {"verw 0x90", TINY_P32, "\x0f\x00\xe9", /* verw cx */
     3, 1, 255, NONE, -1, 0, false, {R(RCX, 144)}, {FCLR(X86_FL_ZF)}},
    {"verr 0x8", TINY_P32, "\x0f\x00\xe1", /* verr cx */
     3, 1, 255, NONE, -1, 0, false, {R(RCX, 8)}, {FSET(X86_FL_ZF)}},
    {"verw 0x8", TINY_P32, "\x0f\x00\xe9", /* verw cx */
     3, 1, 255, NONE, -1, 0, false, {R(RCX, 8)}, {FCLR(X86_FL_ZF)}},
    {"verr 0x38", TINY_P32, "\x0f\x00\xe1", /* verr cx */
     3, 1, 255, NONE, -1, 0, false, {R(RCX, 56)}, {FCLR(X86_FL_ZF)}},
    {"verw 0x38", TINY_P32, "\x0f\x00\xe9", /* verw cx */
     3, 1, 255, NONE, -1, 0, false, {R(RCX, 56)}, {FCLR(X86_FL_ZF)}},
    {"verr 0x0", TINY_P32, "\x0f\x00\xe1", /* verr cx */
     3, 1, 255, NONE, -1, 0, false, {R(RCX, 0)}, {FCLR(X86_FL_ZF)}},
    {"verw 0x0", TINY_P32, "\x0f\x00\xe9", /* verw cx */
     3, 1, 255, NONE, -1, 0, false, {R(RCX, 0)}, {FCLR(X86_FL_ZF)}},
    {"verr 0x200", TINY_P32, "\x0f\x00\xe1", /* verr cx */
     3, 1, 255, NONE, -1, 0, false, {R(RCX, 512)}, {FCLR(X86_FL_ZF)}},
    {"verw 0x200", TINY_P32, "\x0f\x00\xe9", /* verw cx */
     3, 1, 255, NONE, -1, 0, false, {R(RCX, 512)}, {FCLR(X86_FL_ZF)}},
    {"verr 0x13", TINY_P32, "\x0f\x00\xe1", /* verr cx */
     3, 1, 255, NONE, -1, 0, false, {R(RCX, 19)}, {FCLR(X86_FL_ZF)}},
    {"verw 0x13", TINY_P32, "\x0f\x00\xe9", /* verw cx */
     3, 1, 255, NONE, -1, 0, false, {R(RCX, 19)}, {FCLR(X86_FL_ZF)}},
    {"verr 0x68", TINY_P32, "\x0f\x00\xe1", /* verr cx */
     3, 1, 255, NONE, -1, 0, false, {R(RCX, 104)}, {FSET(X86_FL_ZF)}},
    {"verw 0x68", TINY_P32, "\x0f\x00\xe9", /* verw cx */
     3, 1, 255, NONE, -1, 0, false, {R(RCX, 104)}, {FCLR(X86_FL_ZF)}},
    {"verr user cannot see", TINY_P32_USER, "\x0f\x00\xe1", /* verr cx */
     3, 1, 255, NONE, -1, 0, false, {R(RCX, 0x10)}, {FCLR(X86_FL_ZF)}},
    {"arpl raises rpl", TINY_P32, "\x63\xc8", /* arpl ax, cx */
     2, 1, 255, NONE, -1, 0, false, {R(RAX, 0x10), R(RCX, 3)}, {CR(RAX, 0x13), FSET(X86_FL_ZF)}},
    {"arpl keeps", TINY_P32, "\x63\xc8", /* arpl ax, cx */
     2, 1, 255, NONE, -1, 0, false, {R(RAX, 0x13), R(RCX, 1)}, {CR(RAX, 0x13), FCLR(X86_FL_ZF)}},
    {"P32_USER: in al, 0x60 bitmap open", TINY_P32_USER, "\xe4\x60", /* in al, 0x60 */
     2, 1, 255, NONE, -1, 0, false, {R(RDX, 0x100), R(RDI, TINY_UDATA), R(RSI, TINY_UDATA)}, {PORTS(1)}},
    {"P32_USER: in al, 0x60 bitmap closed", TINY_P32_USER, "\xe4\x60", /* in al, 0x60 */
     2, 1, 0, 13, 0, 0, false, {R(RDX, 0x100), R(RDI, TINY_UDATA), R(RSI, TINY_UDATA), M8(TINY_TSS + 0x68 + 12, 1)}, {PORTS(0)}},
    {"P32_USER: out 0x60, al bitmap open", TINY_P32_USER, "\xe6\x60", /* out 0x60, al */
     2, 1, 255, NONE, -1, 0, false, {R(RDX, 0x100), R(RDI, TINY_UDATA), R(RSI, TINY_UDATA)}, {PORTS(1)}},
    {"P32_USER: out 0x60, al bitmap closed", TINY_P32_USER, "\xe6\x60", /* out 0x60, al */
     2, 1, 0, 13, 0, 0, false, {R(RDX, 0x100), R(RDI, TINY_UDATA), R(RSI, TINY_UDATA), M8(TINY_TSS + 0x68 + 12, 1)}, {PORTS(0)}},
    {"P32_USER: in eax, dx bitmap open", TINY_P32_USER, "\xed", /* in eax, dx */
     1, 1, 255, NONE, -1, 0, false, {R(RDX, 0x100), R(RDI, TINY_UDATA), R(RSI, TINY_UDATA)}, {PORTS(1)}},
    {"P32_USER: in eax, dx bitmap closed", TINY_P32_USER, "\xed", /* in eax, dx */
     1, 1, 0, 13, 0, 0, false, {R(RDX, 0x100), R(RDI, TINY_UDATA), R(RSI, TINY_UDATA), M8(TINY_TSS + 0x68 + 32, 1)}, {PORTS(0)}},
    {"P32_USER: out dx, ax bitmap open", TINY_P32_USER, "\x66\xef", /* out dx, ax */
     2, 1, 255, NONE, -1, 0, false, {R(RDX, 0x100), R(RDI, TINY_UDATA), R(RSI, TINY_UDATA)}, {PORTS(1)}},
    {"P32_USER: out dx, ax bitmap closed", TINY_P32_USER, "\x66\xef", /* out dx, ax */
     2, 1, 0, 13, 0, 0, false, {R(RDX, 0x100), R(RDI, TINY_UDATA), R(RSI, TINY_UDATA), M8(TINY_TSS + 0x68 + 32, 1)}, {PORTS(0)}},
    {"P32_USER: insb bitmap open", TINY_P32_USER, "\x6c", /* insb */
     1, 1, 255, NONE, -1, 0, false, {R(RDX, 0x100), R(RDI, TINY_UDATA), R(RSI, TINY_UDATA)}, {PORTS(1)}},
    {"P32_USER: insb bitmap closed", TINY_P32_USER, "\x6c", /* insb */
     1, 1, 0, 13, 0, 0, false, {R(RDX, 0x100), R(RDI, TINY_UDATA), R(RSI, TINY_UDATA), M8(TINY_TSS + 0x68 + 32, 1)}, {PORTS(0)}},
    {"P32_USER: outsb bitmap open", TINY_P32_USER, "\x6e", /* outsb */
     1, 1, 255, NONE, -1, 0, false, {R(RDX, 0x100), R(RDI, TINY_UDATA), R(RSI, TINY_UDATA)}, {PORTS(1)}},
    {"P32_USER: outsb bitmap closed", TINY_P32_USER, "\x6e", /* outsb */
     1, 1, 0, 13, 0, 0, false, {R(RDX, 0x100), R(RDI, TINY_UDATA), R(RSI, TINY_UDATA), M8(TINY_TSS + 0x68 + 32, 1)}, {PORTS(0)}},
    {"in word half closed", TINY_P32_USER, "\x66\xed", /* in ax, dx */
     2, 1, 0, 13, 0, 0, false, {R(RDX, 0x107), M8(TINY_TSS + 0x68 + 0x21, 1)}, {PORTS(0)}},
    {"in beyond tss", TINY_P32_USER, "\xec", /* in al, dx */
     1, 1, 0, 13, 0, 0, false, {R(RDX, 0x100), LIMIT(TR, 0x88)}, {{0, 0, 0, 0}}},
    {"in at iopl 3", TINY_P32_USER, "\xec", /* in al, dx */
     1, 1, 255, NONE, -1, 0, false, {R(RDX, 0x100), LIMIT(TR, 0x67), FLAGS(0x3000)}, {{0, 0, 0, 0}}},
    {"in v86 iopl 3 uses bitmap", TINY_V86, "\xec", /* in al, dx */
     1, 1, 0, 13, 0, 0, false, {R(RDX, 0x100), FLAGS(0x3000), M8(TINY_TSS + 0x68 + 0x20, 1)}, {{0, 0, 0, 0}}},
    {"in 16-bit tss", TINY_P32_USER, "\xec", /* in al, dx */
     1, 1, 0, 13, 0, 0, false, {R(RDX, 0x100), ATTR(TR, 0x83), M16(TINY_TSS + 2, 0x9000), M16(TINY_TSS + 4, 0x10)}, {{0, 0, 0, 0}}},
    {"in long user", TINY_LONG_USER, "\xec", /* in al, dx */
     1, 1, 0, 13, 0, 0, false, {R(RDX, 0x100), M8(TINY_TSS + 0x68 + 0x20, 1)}, {{0, 0, 0, 0}}},
    {"in value", TINY_P32, "\x66\xed", /* in ax, dx */
     2, 1, 255, NONE, -1, 0, false, {R(RAX, 0x12345678)}, {CR(RAX, 0x12345aa5)}},
    {"cr0: pg without pe", TINY_P32, "\x0f\x22\xc0", /* mov cr0, eax */
     3, 1, 0, 13, 0, 0, false, {R(RAX, 0x80000010)}, {{0, 0, 0, 0}}},
    {"cr0: nw without cd", TINY_P32, "\x0f\x22\xc0", /* mov cr0, eax */
     3, 1, 0, 13, 0, 0, false, {R(RAX, 0x20000011)}, {{0, 0, 0, 0}}},
    {"cr0: reserved low bits ignored", TINY_P32, "\x0f\x22\xc0", /* mov cr0, eax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 0x00000131)}, {CST(cr0, 0x31)}},
    {"cr0: upper half", TINY_LONG, "\x0f\x22\xc0", /* mov cr0, rax */
     3, 1, 0, 13, 0, 0, false, {R(RAX, 0x180000033)}, {{0, 0, 0, 0}}},
    {"cr0: pg off in 64-bit code", TINY_LONG, "\x0f\x22\xc0", /* mov cr0, rax */
     3, 1, 0, 13, 0, 0, false, {R(RAX, 0x33)}, {{0, 0, 0, 0}}},
    {"cr0: pg off in compatibility code", TINY_COMPAT, "\x0f\x22\xc0", /* mov cr0, eax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 0x10033)}, {CST(msr.efer, X86_EFER_LME)}},
    {"cr0: et stays", TINY_P32, "\x0f\x22\xc0", /* mov cr0, eax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 0x1)}, {CST(cr0, 0x11)}},
    {"cr0: pg with lme without pae", TINY_P32, "\x0f\x22\xc0", /* mov cr0, eax */
     3, 1, 0, 13, 0, 0, false, {R(RAX, 0x80000011), EFER_SET(X86_EFER_LME)}, {{0, 0, 0, 0}}},
    {"cr0: pg with lme and pae", TINY_P32, "\x0f\x22\xc0", /* mov cr0, eax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 0x80000011), EFER_SET(X86_EFER_LME), CR4_SET(X86_CR4_PAE), ST(cr3, TINY_PML4)}, {CST(msr.efer, X86_EFER_LME | X86_EFER_LMA), CMODE(4)}},
    {"cr0: pg with lme and 16-bit tss", TINY_P32, "\x0f\x22\xc0", /* mov cr0, eax */
     3, 1, 0, 13, 0, 0, false, {R(RAX, 0x80000011), EFER_SET(X86_EFER_LME), CR4_SET(X86_CR4_PAE), ST(cr3, TINY_PML4), ATTR(TR, 0x83)}, {{0, 0, 0, 0}}},
    {"cr0: pae with bad pdpte", TINY_P32, "\x0f\x22\xc0", /* mov cr0, eax */
     3, 1, 0, 13, 0, 0, false, {R(RAX, 0x80000011), CR4_SET(X86_CR4_PAE), ST(cr3, TINY_PAE_PDPT), M64(TINY_PAE_PDPT + 8, 0x103)}, {{0, 0, 0, 0}}},
    {"cr3: pdpte reserved", TINY_PAE, "\x0f\x22\xd8", /* mov cr3, eax */
     3, 1, 0, 13, 0, 0, false, {R(RAX, TINY_PAE_PDPT), M64(TINY_PAE_PDPT + 8, 3)}, {{0, 0, 0, 0}}},
    {"cr3: pdpte address bit", TINY_PAE, "\x0f\x22\xd8", /* mov cr3, eax */
     3, 1, 0, 13, 0, 0, false, {R(RAX, TINY_PAE_PDPT), M64(TINY_PAE_PDPT + 8, 1ull << 41 | 1)}, {{0, 0, 0, 0}}},
    {"cr3: absent pdpte is free", TINY_PAE, "\x0f\x22\xd8", /* mov cr3, eax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, TINY_PAE_PDPT), M64(TINY_PAE_PDPT + 8, 0x106)}, {{0, 0, 0, 0}}},
    {"cr3: pdptes are kept", TINY_PAE, "\xc7\x05\x00\x00\x11\x00\x00\x00\x00\x00\x0f\x01\x3b\x8b\x03\x0f\x22\xd9\x90", /* mov dword [0x110000], 0;invlpg [ebx];mov eax, [ebx];mov cr3, ecx;nop */
     19, 5, 255, TRIPLE, -1, 0, false, {R(RCX, TINY_PAE_PDPT)}, {{0, 0, 0, 0}}},
    {"cr3: reserved address", TINY_LONG, "\x0f\x22\xd8", /* mov cr3, rax */
     3, 1, 0, 13, 0, 0, false, {R(RAX, 1ull << 40)}, {{0, 0, 0, 0}}},
    {"cr3: bit 63 without pcide", TINY_LONG, "\x0f\x22\xd8", /* mov cr3, rax */
     3, 1, 0, 13, 0, 0, false, {R(RAX, 1ull << 63 | TINY_PML4)}, {{0, 0, 0, 0}}},
    {"cr3: bit 63 with pcide", TINY_LONG, "\x0f\x22\xd8", /* mov cr3, rax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 1ull << 63 | TINY_PML4), CR4_SET(X86_CR4_PCIDE)}, {CST(cr3, TINY_PML4)}},
    {"cr4: reserved bit", TINY_P32, "\x0f\x22\xe0", /* mov cr4, eax */
     3, 1, 0, 13, 0, 0, false, {R(RAX, 1 << 15)}, {{0, 0, 0, 0}}},
    {"cr4: vmxe", TINY_P32, "\x0f\x22\xe0", /* mov cr4, eax */
     3, 1, 0, 13, 0, 0, false, {R(RAX, 1 << 13)}, {{0, 0, 0, 0}}},
    {"cr4: upper half", TINY_LONG, "\x0f\x22\xe0", /* mov cr4, rax */
     3, 1, 0, 13, 0, 0, false, {R(RAX, 1ull << 40 | 0x20)}, {{0, 0, 0, 0}}},
    {"cr4: feature absent", TINY_P32, "\x0f\x22\xe0", /* mov cr4, eax */
     3, 1, 0, 13, 0, 0, false, {R(RAX, X86_CR4_SMEP), NOFEAT(SMEP)}, {{0, 0, 0, 0}}},
    {"cr4: pae off in long mode", TINY_LONG, "\x0f\x22\xe0", /* mov cr4, rax */
     3, 1, 0, 13, 0, 0, false, {R(RAX, 0)}, {{0, 0, 0, 0}}},
    {"cr4: la57 in long mode", TINY_LONG, "\x0f\x22\xe0", /* mov cr4, rax */
     3, 1, 0, 13, 0, 0, false, {R(RAX, X86_CR4_PAE | X86_CR4_LA57), FEAT(LA57)}, {{0, 0, 0, 0}}},
    {"cr4: pcide outside long mode", TINY_PAE, "\x0f\x22\xe0", /* mov cr4, eax */
     3, 1, 0, 13, 0, 0, false, {R(RAX, X86_CR4_PAE | X86_CR4_PCIDE)}, {{0, 0, 0, 0}}},
    {"cr4: pcide with cr3 low bits", TINY_LONG, "\x0f\x22\xe0", /* mov cr4, rax */
     3, 1, 0, 13, 0, 0, false, {R(RAX, X86_CR4_PAE | X86_CR4_PCIDE), ST(cr3, TINY_PML4 | 0x18)}, {{0, 0, 0, 0}}},
    {"cr4: pcide", TINY_LONG, "\x0f\x22\xe0", /* mov cr4, rax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, X86_CR4_PAE | X86_CR4_PCIDE)}, {{0, 0, 0, 0}}},
    {"cr4: fsgsbase and umip", TINY_LONG, "\x0f\x22\xe0", /* mov cr4, rax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, X86_CR4_PAE | X86_CR4_FSGSBASE | X86_CR4_UMIP)}, {{0, 0, 0, 0}}},
    {"cr0: pg off with pcide", TINY_COMPAT, "\x0f\x22\xc0", /* mov cr0, eax */
     3, 1, 0, 13, 0, 0, false, {R(RAX, 0x33), CR4_SET(X86_CR4_PCIDE)}, {{0, 0, 0, 0}}},
    {"cr8: above 15", TINY_LONG, "\x44\x0f\x22\xc0", /* mov cr8, rax */
     4, 1, 0, 13, 0, 0, false, {R(RAX, 16)}, {{0, 0, 0, 0}}},
    {"cr8: 15", TINY_LONG, "\x44\x0f\x22\xc0", /* mov cr8, rax */
     4, 1, 255, NONE, -1, 0, false, {R(RAX, 15)}, {CST(cr8, 15)}},
    {"lmsw sets pe only", TINY_P32, "\x0f\x01\xf0", /* lmsw ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 0)}, {CST(cr0, 0x10031)}},
    {"lmsw cannot set pg", TINY_P32, "\x0f\x01\xf0", /* lmsw ax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 0xffff)}, {CST(cr0, 0x1003f)}},
    {"clts", TINY_P32, "\x0f\x06", /* clts */
     2, 1, 255, NONE, -1, 0, false, {CR0_SET(8)}, {CST(cr0, 0x10031)}},
    {"real to protected", TINY_REAL, "\x0f\x22\xc0", /* mov cr0, eax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 0x11)}, {CPL(0), CMODE(2)}},
    {"gd: mov eax, dr0", TINY_P32, "\x0f\x21\xc0", /* mov eax, dr0 */
     3, 1, 0, 1, -1, 0, false, {ST(dr[7], 0x2400)}, {CST(dr[6], 0xffff2ff0), CST(dr[7], 0x400)}},
    {"gd: mov dr1, eax", TINY_P32, "\x0f\x23\xc8", /* mov dr1, eax */
     3, 1, 0, 1, -1, 0, false, {ST(dr[7], 0x2400)}, {CST(dr[6], 0xffff2ff0), CST(dr[7], 0x400)}},
    {"gd: mov eax, dr7", TINY_P32, "\x0f\x21\xf8", /* mov eax, dr7 */
     3, 1, 0, 1, -1, 0, false, {ST(dr[7], 0x2400)}, {CST(dr[6], 0xffff2ff0), CST(dr[7], 0x400)}},
    {"dr4 with de", TINY_P32, "\x0f\x21\xe0", /* mov eax, dr4 */
     3, 1, 0, 6, -1, 0, false, {CR4_SET(X86_CR4_DE)}, {{0, 0, 0, 0}}},
    {"dr5 write with de", TINY_P32, "\x0f\x23\xe8", /* mov dr5, eax */
     3, 1, 0, 6, -1, 0, false, {CR4_SET(X86_CR4_DE)}, {{0, 0, 0, 0}}},
    {"dr4 is dr6", TINY_P32, "\x0f\x21\xe0", /* mov eax, dr4 */
     3, 1, 255, NONE, -1, 0, false, {{0, 0, 0, 0}}, {CR(RAX, 0xffff0ff0)}},
    {"dr6 upper half", TINY_LONG, "\x0f\x23\xf0", /* mov dr6, rax */
     3, 1, 0, 13, 0, 0, false, {R(RAX, 1ull << 32)}, {{0, 0, 0, 0}}},
    {"dr7 upper half", TINY_LONG, "\x0f\x23\xf8", /* mov dr7, rax */
     3, 1, 0, 13, 0, 0, false, {R(RAX, 1ull << 40)}, {{0, 0, 0, 0}}},
    {"dr0 any value", TINY_LONG, "\x0f\x23\xc0", /* mov dr0, rax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 1ull << 63)}, {{0, 0, 0, 0}}},
    {"dr7 fixed bits", TINY_P32, "\x0f\x23\xf8", /* mov dr7, eax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 0)}, {CST(dr[7], 0x400)}},
    {"dr6 fixed bits", TINY_P32, "\x0f\x23\xf0", /* mov dr6, eax */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 0)}, {CST(dr[6], 0xffff0ff0)}},
    {"P32: watch write", TINY_P32, "\x88\x03", /* mov [ebx], al */
     2, 1, 2, 1, -1, 0, false, {ST(dr[0], TINY_DATA), ST(dr[7], 0x10401)}, {CST(dr[6], 0xffff0ff1)}},
    {"P32: watch write, read passes", TINY_P32, "\x8a\x03", /* mov al, [ebx] */
     2, 1, 255, NONE, -1, 0, false, {ST(dr[0], TINY_DATA), ST(dr[7], 0x10401)}, {{0, 0, 0, 0}}},
    {"P32: watch access read", TINY_P32, "\x8b\x0b", /* mov ecx, [ebx] */
     2, 1, 2, 1, -1, 0, true, {ST(dr[1], TINY_DATA), ST(dr[7], 0x00f00404)}, {CST(dr[6], 0xffff0ff2)}},
    {"P32: watch overlap", TINY_P32, "\x8b\x4b\x02", /* mov ecx, [ebx+2] */
     3, 1, 3, 1, -1, 0, true, {ST(dr[1], TINY_DATA + 4), ST(dr[7], 0x00300404)}, {CST(dr[6], 0xffff0ff2)}},
    {"P32: watch neighbour", TINY_P32, "\x8b\x0b", /* mov ecx, [ebx] */
     2, 1, 255, NONE, -1, 0, false, {ST(dr[1], TINY_DATA + 4), ST(dr[7], 0x00300404)}, {{0, 0, 0, 0}}},
    {"P32: watch 8 bytes", TINY_P32, "\x8a\x4b\x07", /* mov cl, [ebx+7] */
     3, 1, 3, 1, -1, 0, true, {ST(dr[3], TINY_DATA), ST(dr[7], 0xb0000440)}, {CST(dr[6], 0xffff0ff8)}},
    {"P32: watch rmw", TINY_P32, "\xff\x03", /* inc dword [ebx] */
     2, 1, 2, 1, -1, 0, false, {ST(dr[0], TINY_DATA), ST(dr[7], 0x10401)}, {{0, 0, 0, 0}}},
    {"P32: exec breakpoint", TINY_P32, "\x90", /* nop */
     1, 1, 0, 1, -1, 0, false, {ST(dr[2], TINY_CODE), ST(dr[7], 0x410)}, {CST(dr[6], 0xffff0ff4)}},
    {"P32: exec breakpoint with rf", TINY_P32, "\x90", /* nop */
     1, 1, 255, NONE, -1, 0, false, {ST(dr[2], TINY_CODE), ST(dr[7], 0x410), FLAGS(X86_FL_RF)}, {FCLR(X86_FL_RF)}},
    {"P32: single step", TINY_P32, "\x90", /* nop */
     1, 1, 1, 1, -1, 0, false, {FLAGS(X86_FL_TF)}, {CST(dr[6], 0xffff4ff0), FCLR(X86_FL_TF)}},
    {"LONG: watch write", TINY_LONG, "\x88\x03", /* mov [rbx], al */
     2, 1, 2, 1, -1, 0, false, {ST(dr[0], TINY_DATA), ST(dr[7], 0x10401)}, {CST(dr[6], 0xffff0ff1)}},
    {"LONG: watch write, read passes", TINY_LONG, "\x8a\x03", /* mov al, [rbx] */
     2, 1, 255, NONE, -1, 0, false, {ST(dr[0], TINY_DATA), ST(dr[7], 0x10401)}, {{0, 0, 0, 0}}},
    {"LONG: watch access read", TINY_LONG, "\x8b\x0b", /* mov ecx, [rbx] */
     2, 1, 2, 1, -1, 0, true, {ST(dr[1], TINY_DATA), ST(dr[7], 0x00f00404)}, {CST(dr[6], 0xffff0ff2)}},
    {"LONG: watch overlap", TINY_LONG, "\x8b\x4b\x02", /* mov ecx, [rbx+2] */
     3, 1, 3, 1, -1, 0, true, {ST(dr[1], TINY_DATA + 4), ST(dr[7], 0x00300404)}, {CST(dr[6], 0xffff0ff2)}},
    {"LONG: watch neighbour", TINY_LONG, "\x8b\x0b", /* mov ecx, [rbx] */
     2, 1, 255, NONE, -1, 0, false, {ST(dr[1], TINY_DATA + 4), ST(dr[7], 0x00300404)}, {{0, 0, 0, 0}}},
    {"LONG: watch 8 bytes", TINY_LONG, "\x8a\x4b\x07", /* mov cl, [rbx+7] */
     3, 1, 3, 1, -1, 0, true, {ST(dr[3], TINY_DATA), ST(dr[7], 0xb0000440)}, {CST(dr[6], 0xffff0ff8)}},
    {"LONG: watch rmw", TINY_LONG, "\xff\x03", /* inc dword [rbx] */
     2, 1, 2, 1, -1, 0, false, {ST(dr[0], TINY_DATA), ST(dr[7], 0x10401)}, {{0, 0, 0, 0}}},
    {"LONG: exec breakpoint", TINY_LONG, "\x90", /* nop */
     1, 1, 0, 1, -1, 0, false, {ST(dr[2], TINY_CODE), ST(dr[7], 0x410)}, {CST(dr[6], 0xffff0ff4)}},
    {"LONG: exec breakpoint with rf", TINY_LONG, "\x90", /* nop */
     1, 1, 255, NONE, -1, 0, false, {ST(dr[2], TINY_CODE), ST(dr[7], 0x410), FLAGS(X86_FL_RF)}, {FCLR(X86_FL_RF)}},
    {"LONG: single step", TINY_LONG, "\x90", /* nop */
     1, 1, 1, 1, -1, 0, false, {FLAGS(X86_FL_TF)}, {CST(dr[6], 0xffff4ff0), FCLR(X86_FL_TF)}},
    {"PG32_USER: watch write", TINY_PG32_USER, "\x88\x03", /* mov [ebx], al */
     2, 1, 2, 1, -1, 0, false, {ST(dr[0], TINY_UDATA), ST(dr[7], 0x10401)}, {CST(dr[6], 0xffff0ff1)}},
    {"PG32_USER: watch write, read passes", TINY_PG32_USER, "\x8a\x03", /* mov al, [ebx] */
     2, 1, 255, NONE, -1, 0, false, {ST(dr[0], TINY_UDATA), ST(dr[7], 0x10401)}, {{0, 0, 0, 0}}},
    {"PG32_USER: watch access read", TINY_PG32_USER, "\x8b\x0b", /* mov ecx, [ebx] */
     2, 1, 2, 1, -1, 0, true, {ST(dr[1], TINY_UDATA), ST(dr[7], 0x00f00404)}, {CST(dr[6], 0xffff0ff2)}},
    {"PG32_USER: watch overlap", TINY_PG32_USER, "\x8b\x4b\x02", /* mov ecx, [ebx+2] */
     3, 1, 3, 1, -1, 0, true, {ST(dr[1], TINY_UDATA + 4), ST(dr[7], 0x00300404)}, {CST(dr[6], 0xffff0ff2)}},
    {"PG32_USER: watch neighbour", TINY_PG32_USER, "\x8b\x0b", /* mov ecx, [ebx] */
     2, 1, 255, NONE, -1, 0, false, {ST(dr[1], TINY_UDATA + 4), ST(dr[7], 0x00300404)}, {{0, 0, 0, 0}}},
    {"PG32_USER: watch 8 bytes", TINY_PG32_USER, "\x8a\x4b\x07", /* mov cl, [ebx+7] */
     3, 1, 3, 1, -1, 0, true, {ST(dr[3], TINY_UDATA), ST(dr[7], 0xb0000440)}, {CST(dr[6], 0xffff0ff8)}},
    {"PG32_USER: watch rmw", TINY_PG32_USER, "\xff\x03", /* inc dword [ebx] */
     2, 1, 2, 1, -1, 0, false, {ST(dr[0], TINY_UDATA), ST(dr[7], 0x10401)}, {{0, 0, 0, 0}}},
    {"PG32_USER: exec breakpoint", TINY_PG32_USER, "\x90", /* nop */
     1, 1, 0, 1, -1, 0, false, {ST(dr[2], TINY_UCODE), ST(dr[7], 0x410)}, {CST(dr[6], 0xffff0ff4)}},
    {"PG32_USER: exec breakpoint with rf", TINY_PG32_USER, "\x90", /* nop */
     1, 1, 255, NONE, -1, 0, false, {ST(dr[2], TINY_UCODE), ST(dr[7], 0x410), FLAGS(X86_FL_RF)}, {FCLR(X86_FL_RF)}},
    {"PG32_USER: single step", TINY_PG32_USER, "\x90", /* nop */
     1, 1, 1, 1, -1, 0, false, {FLAGS(X86_FL_TF)}, {CST(dr[6], 0xffff4ff0), FCLR(X86_FL_TF)}},
    {"LONG_USER: watch write", TINY_LONG_USER, "\x88\x03", /* mov [rbx], al */
     2, 1, 2, 1, -1, 0, false, {ST(dr[0], TINY_UDATA), ST(dr[7], 0x10401)}, {CST(dr[6], 0xffff0ff1)}},
    {"LONG_USER: watch write, read passes", TINY_LONG_USER, "\x8a\x03", /* mov al, [rbx] */
     2, 1, 255, NONE, -1, 0, false, {ST(dr[0], TINY_UDATA), ST(dr[7], 0x10401)}, {{0, 0, 0, 0}}},
    {"LONG_USER: watch access read", TINY_LONG_USER, "\x8b\x0b", /* mov ecx, [rbx] */
     2, 1, 2, 1, -1, 0, true, {ST(dr[1], TINY_UDATA), ST(dr[7], 0x00f00404)}, {CST(dr[6], 0xffff0ff2)}},
    {"LONG_USER: watch overlap", TINY_LONG_USER, "\x8b\x4b\x02", /* mov ecx, [rbx+2] */
     3, 1, 3, 1, -1, 0, true, {ST(dr[1], TINY_UDATA + 4), ST(dr[7], 0x00300404)}, {CST(dr[6], 0xffff0ff2)}},
    {"LONG_USER: watch neighbour", TINY_LONG_USER, "\x8b\x0b", /* mov ecx, [rbx] */
     2, 1, 255, NONE, -1, 0, false, {ST(dr[1], TINY_UDATA + 4), ST(dr[7], 0x00300404)}, {{0, 0, 0, 0}}},
    {"LONG_USER: watch 8 bytes", TINY_LONG_USER, "\x8a\x4b\x07", /* mov cl, [rbx+7] */
     3, 1, 3, 1, -1, 0, true, {ST(dr[3], TINY_UDATA), ST(dr[7], 0xb0000440)}, {CST(dr[6], 0xffff0ff8)}},
    {"LONG_USER: watch rmw", TINY_LONG_USER, "\xff\x03", /* inc dword [rbx] */
     2, 1, 2, 1, -1, 0, false, {ST(dr[0], TINY_UDATA), ST(dr[7], 0x10401)}, {{0, 0, 0, 0}}},
    {"LONG_USER: exec breakpoint", TINY_LONG_USER, "\x90", /* nop */
     1, 1, 0, 1, -1, 0, false, {ST(dr[2], TINY_UCODE), ST(dr[7], 0x410)}, {CST(dr[6], 0xffff0ff4)}},
    {"LONG_USER: exec breakpoint with rf", TINY_LONG_USER, "\x90", /* nop */
     1, 1, 255, NONE, -1, 0, false, {ST(dr[2], TINY_UCODE), ST(dr[7], 0x410), FLAGS(X86_FL_RF)}, {FCLR(X86_FL_RF)}},
    {"LONG_USER: single step", TINY_LONG_USER, "\x90", /* nop */
     1, 1, 1, 1, -1, 0, false, {FLAGS(X86_FL_TF)}, {CST(dr[6], 0xffff4ff0), FCLR(X86_FL_TF)}},
    {"step: popf sets tf", TINY_P32, "\x9d\x90\x90", /* popf;nop;nop */
     3, 3, 2, 1, -1, 0, false, {M32(TINY_STACK, 0x102)}, {{0, 0, 0, 0}}},
    {"step: mov ss holds back", TINY_P32, "\x66\x8e\xd0\x90\x90", /* mov ss, ax;nop;nop */
     5, 3, 4, 1, -1, 0, false, {R(RAX, 0x10), FLAGS(X86_FL_TF)}, {{0, 0, 0, 0}}},
    {"step: popf clears tf, one trap more", TINY_P32, "\x9d\x90", /* popf;nop */
     2, 1, 1, 1, -1, 0, false, {M32(TINY_STACK, 2), FLAGS(X86_FL_TF)}, {CST(dr[6], 0xffff4ff0)}},
    {"step: fault wins", TINY_P32, "\x0f\x0b", /* ud2 */
     2, 1, 0, 6, -1, 0, false, {FLAGS(X86_FL_TF)}, {CST(dr[6], 0xffff0ff0)}},
    {"step: int enters without trap", TINY_P32, "\xcd\x20", /* int 0x20 */
     2, 1, 2, 32, -1, 0, false, {FLAGS(X86_FL_TF)}, {CST(dr[6], 0xffff0ff0), STACK(2, 4, 0x102)}},
    {"step and watch together", TINY_P32, "\x88\x03", /* mov [ebx], al */
     2, 1, 2, 1, -1, 0, false, {FLAGS(X86_FL_TF), ST(dr[0], TINY_DATA), ST(dr[7], 0x10401)}, {CST(dr[6], 0xffff4ff1)}},
    {"io breakpoint", TINY_P32, "\xe4\x60", /* in al, 0x60 */
     2, 1, 2, 1, -1, 0, true, {ST(dr[0], 0x60), ST(dr[7], 0x20401), CR4_SET(X86_CR4_DE)}, {CST(dr[6], 0xffff0ff1)}},
    {"io breakpoint without de", TINY_P32, "\xe4\x60", /* in al, 0x60 */
     2, 1, 255, NONE, -1, 0, false, {ST(dr[0], 0x60), ST(dr[7], 0x20401)}, {{0, 0, 0, 0}}},
    {"icebp leaves dr6", TINY_P32, "\xf1", /* db 0xf1 */
     1, 1, 1, 1, -1, 0, false, {{0, 0, 0, 0}}, {CST(dr[6], 0xffff0ff0)}},
    {"sti shadow", TINY_P32, "\xfb\x90\x90", /* sti;nop;nop */
     3, 3, 2, 0x30, -1, 0, false, {IRQ(0x30)}, {{0, 0, 0, 0}}},
    {"sti with if set has no shadow", TINY_P32, "\xfb\x90", /* sti;nop */
     2, 1, 0, 0x30, -1, 0, false, {IRQ(0x30), FLAGS(0x200)}, {{0, 0, 0, 0}}},
    {"syscall", TINY_LONG_USER, "\x0f\x05", /* syscall */
     2, 1, 255, NONE, -1, 0, false, {EFER_SET(X86_EFER_SCE), ST(msr.star, 0x0020001800000000), ST(msr.lstar, TINY_TARGET), ST(msr.cstar, TINY_TARGET), ST(msr.fmask, 0x200), FLAGS(0x200)}, {RIP(TINY_TARGET), CPL(0), CR(RCX, TINY_UCODE + 2), CR(R11, 0x202), FCLR(0x200), CSEL(CS, 0x18), CSEL(SS, 0x20)}},
    {"syscall without sce", TINY_LONG_USER, "\x0f\x05", /* syscall */
     2, 1, 0, 6, -1, 0, false, {ST(msr.star, 0x0020001800000000), ST(msr.lstar, TINY_TARGET), ST(msr.cstar, TINY_TARGET), ST(msr.fmask, 0x200)}, {{0, 0, 0, 0}}},
    {"syscall in compat, intel", TINY_COMPAT_USER, "\x0f\x05", /* syscall */
     2, 1, 0, 6, -1, 0, false, {EFER_SET(X86_EFER_SCE), ST(msr.star, 0x0020001800000000), ST(msr.lstar, TINY_TARGET), ST(msr.cstar, TINY_TARGET), ST(msr.fmask, 0x200)}, {{0, 0, 0, 0}}},
    {"syscall in compat, amd", TINY_COMPAT_USER, "\x0f\x05", /* syscall */
     2, 1, 255, NONE, -1, 0, false, {EFER_SET(X86_EFER_SCE), ST(msr.star, 0x0020001800000000), ST(msr.lstar, TINY_TARGET), ST(msr.cstar, TINY_TARGET), ST(msr.fmask, 0x200), AMD}, {CMODE(8), CPL(0)}},
    {"syscall in protected, intel", TINY_P32_USER, "\x0f\x05", /* syscall */
     2, 1, 0, 6, -1, 0, false, {EFER_SET(X86_EFER_SCE), ST(msr.star, 0x0020001800000000), ST(msr.lstar, TINY_TARGET), ST(msr.cstar, TINY_TARGET), ST(msr.fmask, 0x200)}, {{0, 0, 0, 0}}},
    {"syscall in protected, amd", TINY_P32_USER, "\x0f\x05", /* syscall */
     2, 1, 255, NONE, -1, 0, false, {AMD, EFER_SET(X86_EFER_SCE), ST(msr.star, 0x0000000800041000)}, {RIP(TINY_TARGET), CPL(0), CR(RCX, TINY_UCODE + 2)}},
    {"syscall without feature", TINY_LONG_USER, "\x0f\x05", /* syscall */
     2, 1, 0, 6, -1, 0, false, {EFER_SET(X86_EFER_SCE), ST(msr.star, 0x0020001800000000), ST(msr.lstar, TINY_TARGET), ST(msr.cstar, TINY_TARGET), ST(msr.fmask, 0x200), NOFEAT(SYSCALL)}, {{0, 0, 0, 0}}},
    {"sysret 64", TINY_LONG, "\x48\x0f\x07", /* o64 sysret */
     3, 1, 255, NONE, -1, 0, false, {EFER_SET(X86_EFER_SCE), ST(msr.star, 0x0020001800000000), ST(msr.lstar, TINY_TARGET), ST(msr.cstar, TINY_TARGET), ST(msr.fmask, 0x200), R(RCX, TINY_UCODE), R(R11, 0x202)}, {CPL(3), RIP(TINY_UCODE), CSEL(CS, 0x33), CSEL(SS, 0x2b), FSET(0x200)}},
    {"sysret 32", TINY_LONG, "\x0f\x07", /* sysret */
     2, 1, 255, NONE, -1, 0, false, {EFER_SET(X86_EFER_SCE), ST(msr.star, 0x0020001800000000), ST(msr.lstar, TINY_TARGET), ST(msr.cstar, TINY_TARGET), ST(msr.fmask, 0x200), R(RCX, TINY_UCODE), R(R11, 0x202)}, {CPL(3), CMODE(4), CSEL(CS, 0x23)}},
    {"sysret not canonical, intel", TINY_LONG, "\x48\x0f\x07", /* o64 sysret */
     3, 1, 0, 13, 0, 0, false, {EFER_SET(X86_EFER_SCE), ST(msr.star, 0x0020001800000000), ST(msr.lstar, TINY_TARGET), ST(msr.cstar, TINY_TARGET), ST(msr.fmask, 0x200), R(RCX, 0x800000000000)}, {{0, 0, 0, 0}}},
    {"sysret not canonical, amd", TINY_LONG, "\x48\x0f\x07", /* o64 sysret */
     3, 2, 255, 13, 0, 0, false, {EFER_SET(X86_EFER_SCE), ST(msr.star, 0x0020001800000000), ST(msr.lstar, TINY_TARGET), ST(msr.cstar, TINY_TARGET), ST(msr.fmask, 0x200), R(RCX, 0x800000000000), R(R11, 2), AMD}, {STACK(1, 8, 0x800000000000), STACK(2, 8, 0x33)}},
    {"sysret without sce", TINY_LONG, "\x48\x0f\x07", /* o64 sysret */
     3, 1, 0, 6, -1, 0, false, {ST(msr.star, 0x0020001800000000), ST(msr.lstar, TINY_TARGET), ST(msr.cstar, TINY_TARGET), ST(msr.fmask, 0x200)}, {{0, 0, 0, 0}}},
    {"sysenter", TINY_P32_USER, "\x0f\x34", /* sysenter */
     2, 1, 255, NONE, -1, 0, false, {ST(msr.sysenter_cs, 8), ST(msr.sysenter_eip, TINY_TARGET), ST(msr.sysenter_esp, TINY_STACK0), FLAGS(0x200)}, {RIP(TINY_TARGET), CPL(0), CR(RSP, TINY_STACK0), CSEL(CS, 8), CSEL(SS, 0x10), FCLR(0x200)}},
    {"sysenter null", TINY_P32_USER, "\x0f\x34", /* sysenter */
     2, 1, 0, 13, 0, 0, false, {ST(msr.sysenter_cs, 3)}, {{0, 0, 0, 0}}},
    {"sysenter real", TINY_REAL, "\x0f\x34", /* sysenter */
     2, 1, 0, 13, 0, 0, false, {ST(msr.sysenter_cs, 8), ST(msr.sysenter_eip, TINY_TARGET), ST(msr.sysenter_esp, TINY_STACK0)}, {{0, 0, 0, 0}}},
    {"sysenter long, intel", TINY_LONG_USER, "\x0f\x34", /* sysenter */
     2, 1, 255, NONE, -1, 0, false, {ST(msr.sysenter_cs, 8), ST(msr.sysenter_eip, TINY_TARGET), ST(msr.sysenter_esp, TINY_STACK0)}, {CMODE(8), CPL(0)}},
    {"sysenter long, amd", TINY_LONG_USER, "\x0f\x34", /* sysenter */
     2, 1, 0, 6, -1, 0, false, {ST(msr.sysenter_cs, 8), ST(msr.sysenter_eip, TINY_TARGET), ST(msr.sysenter_esp, TINY_STACK0), AMD}, {{0, 0, 0, 0}}},
    {"sysexit", TINY_P32, "\x0f\x35", /* sysexit */
     2, 1, 255, NONE, -1, 0, false, {ST(msr.sysenter_cs, 8), ST(msr.sysenter_eip, TINY_TARGET), ST(msr.sysenter_esp, TINY_STACK0), R(RDX, TINY_UCODE), R(RCX, 0x30000)}, {CPL(3), CSEL(CS, 0x1b), CSEL(SS, 0x23), CR(RSP, 0x30000)}},
    {"sysexit null", TINY_P32, "\x0f\x35", /* sysexit */
     2, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"sysexit 64 not canonical", TINY_LONG, "\x48\x0f\x35", /* o64 sysexit */
     3, 1, 0, 13, 0, 0, false, {ST(msr.sysenter_cs, 8), ST(msr.sysenter_eip, TINY_TARGET), ST(msr.sysenter_esp, TINY_STACK0), R(RDX, 0x800000000000), R(RCX, 0)}, {{0, 0, 0, 0}}},
    {"sysexit 64", TINY_LONG, "\x48\x0f\x35", /* o64 sysexit */
     3, 1, 255, NONE, -1, 0, false, {ST(msr.sysenter_cs, 8), ST(msr.sysenter_eip, TINY_TARGET), ST(msr.sysenter_esp, TINY_STACK0), R(RDX, TINY_UCODE), R(RCX, 0x30000)}, {CPL(3), CMODE(8), CSEL(CS, 0x2b), CSEL(SS, 0x33)}},
    {"swapgs", TINY_LONG, "\x0f\x01\xf8", /* swapgs */
     3, 1, 255, NONE, -1, 0, false, {ST(msr.kernel_gs_base, 0x1234), BASE(GS, 0x5678)}, {CST(msr.kernel_gs_base, 0x5678), CST(seg[X86_GS].base, 0x1234)}},
    {"swapgs compat", TINY_COMPAT, "\x0f\x01\xf8", /* db 0x0f, 0x01, 0xf8 */
     3, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"rdfsbase without cr4", TINY_LONG, "\xf3\x48\x0f\xae\xc0", /* rdfsbase rax */
     5, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"rdfsbase", TINY_LONG_USER, "\xf3\x48\x0f\xae\xc0", /* rdfsbase rax */
     5, 1, 255, NONE, -1, 0, false, {CR4_SET(X86_CR4_FSGSBASE), BASE(FS, 0x123456789)}, {CR(RAX, 0x123456789)}},
    {"rdfsbase 32", TINY_LONG_USER, "\xf3\x0f\xae\xc0", /* rdfsbase eax */
     4, 1, 255, NONE, -1, 0, false, {CR4_SET(X86_CR4_FSGSBASE), BASE(FS, 0x123456789)}, {CR(RAX, 0x23456789)}},
    {"wrgsbase not canonical", TINY_LONG_USER, "\xf3\x48\x0f\xae\xd8", /* wrgsbase rax */
     5, 1, 0, 13, 0, 0, false, {CR4_SET(X86_CR4_FSGSBASE), R(RAX, 0x800000000000)}, {{0, 0, 0, 0}}},
    {"wrmsr lstar not canonical", TINY_LONG, "\x0f\x30", /* wrmsr */
     2, 1, 0, 13, 0, 0, false, {R(RCX, 0xc0000082), R(RAX, (uint32_t)(0x800000000000)), R(RDX, (uint64_t)(0x800000000000) >> 32)}, {{0, 0, 0, 0}}},
    {"wrmsr lstar", TINY_LONG, "\x0f\x30", /* wrmsr */
     2, 1, 255, NONE, -1, 0, false, {R(RCX, 0xc0000082), R(RAX, (uint32_t)(0xffff800000000000)), R(RDX, (uint64_t)(0xffff800000000000) >> 32)}, {{0, 0, 0, 0}}},
    {"wrmsr cstar not canonical", TINY_LONG, "\x0f\x30", /* wrmsr */
     2, 1, 0, 13, 0, 0, false, {R(RCX, 0xc0000083), R(RAX, (uint32_t)(0x800000000000)), R(RDX, (uint64_t)(0x800000000000) >> 32)}, {{0, 0, 0, 0}}},
    {"wrmsr cstar", TINY_LONG, "\x0f\x30", /* wrmsr */
     2, 1, 255, NONE, -1, 0, false, {R(RCX, 0xc0000083), R(RAX, (uint32_t)(0xffff800000000000)), R(RDX, (uint64_t)(0xffff800000000000) >> 32)}, {{0, 0, 0, 0}}},
    {"wrmsr fs base not canonical", TINY_LONG, "\x0f\x30", /* wrmsr */
     2, 1, 0, 13, 0, 0, false, {R(RCX, 0xc0000100), R(RAX, (uint32_t)(0x800000000000)), R(RDX, (uint64_t)(0x800000000000) >> 32)}, {{0, 0, 0, 0}}},
    {"wrmsr fs base", TINY_LONG, "\x0f\x30", /* wrmsr */
     2, 1, 255, NONE, -1, 0, false, {R(RCX, 0xc0000100), R(RAX, (uint32_t)(0xffff800000000000)), R(RDX, (uint64_t)(0xffff800000000000) >> 32)}, {{0, 0, 0, 0}}},
    {"wrmsr gs base not canonical", TINY_LONG, "\x0f\x30", /* wrmsr */
     2, 1, 0, 13, 0, 0, false, {R(RCX, 0xc0000101), R(RAX, (uint32_t)(0x800000000000)), R(RDX, (uint64_t)(0x800000000000) >> 32)}, {{0, 0, 0, 0}}},
    {"wrmsr gs base", TINY_LONG, "\x0f\x30", /* wrmsr */
     2, 1, 255, NONE, -1, 0, false, {R(RCX, 0xc0000101), R(RAX, (uint32_t)(0xffff800000000000)), R(RDX, (uint64_t)(0xffff800000000000) >> 32)}, {{0, 0, 0, 0}}},
    {"wrmsr kernel gs base not canonical", TINY_LONG, "\x0f\x30", /* wrmsr */
     2, 1, 0, 13, 0, 0, false, {R(RCX, 0xc0000102), R(RAX, (uint32_t)(0x800000000000)), R(RDX, (uint64_t)(0x800000000000) >> 32)}, {{0, 0, 0, 0}}},
    {"wrmsr kernel gs base", TINY_LONG, "\x0f\x30", /* wrmsr */
     2, 1, 255, NONE, -1, 0, false, {R(RCX, 0xc0000102), R(RAX, (uint32_t)(0xffff800000000000)), R(RDX, (uint64_t)(0xffff800000000000) >> 32)}, {{0, 0, 0, 0}}},
    {"wrmsr sysenter esp not canonical", TINY_LONG, "\x0f\x30", /* wrmsr */
     2, 1, 0, 13, 0, 0, false, {R(RCX, 0x175), R(RAX, (uint32_t)(0x800000000000)), R(RDX, (uint64_t)(0x800000000000) >> 32)}, {{0, 0, 0, 0}}},
    {"wrmsr sysenter esp", TINY_LONG, "\x0f\x30", /* wrmsr */
     2, 1, 255, NONE, -1, 0, false, {R(RCX, 0x175), R(RAX, (uint32_t)(0xffff800000000000)), R(RDX, (uint64_t)(0xffff800000000000) >> 32)}, {{0, 0, 0, 0}}},
    {"wrmsr sysenter eip not canonical", TINY_LONG, "\x0f\x30", /* wrmsr */
     2, 1, 0, 13, 0, 0, false, {R(RCX, 0x176), R(RAX, (uint32_t)(0x800000000000)), R(RDX, (uint64_t)(0x800000000000) >> 32)}, {{0, 0, 0, 0}}},
    {"wrmsr sysenter eip", TINY_LONG, "\x0f\x30", /* wrmsr */
     2, 1, 255, NONE, -1, 0, false, {R(RCX, 0x176), R(RAX, (uint32_t)(0xffff800000000000)), R(RDX, (uint64_t)(0xffff800000000000) >> 32)}, {{0, 0, 0, 0}}},
    {"wrmsr efer reserved", TINY_LONG, "\x0f\x30", /* wrmsr */
     2, 1, 0, 13, 0, 0, false, {R(RCX, 0xc0000080), R(RAX, (uint32_t)(0x10500 | 2)), R(RDX, (uint64_t)(0x10500 | 2) >> 32)}, {{0, 0, 0, 0}}},
    {"wrmsr efer lme off while paging", TINY_LONG, "\x0f\x30", /* wrmsr */
     2, 1, 0, 13, 0, 0, false, {R(RCX, 0xc0000080), R(RAX, (uint32_t)(0)), R(RDX, (uint64_t)(0) >> 32)}, {{0, 0, 0, 0}}},
    {"wrmsr efer nxe", TINY_LONG, "\x0f\x30", /* wrmsr */
     2, 1, 255, NONE, -1, 0, false, {R(RCX, 0xc0000080), R(RAX, (uint32_t)(0xd00)), R(RDX, (uint64_t)(0xd00) >> 32)}, {CST(msr.efer, 0xd00)}},
    {"wrmsr efer nxe without nx", TINY_LONG, "\x0f\x30", /* wrmsr */
     2, 1, 0, 13, 0, 0, false, {R(RCX, 0xc0000080), R(RAX, (uint32_t)(0xd00)), R(RDX, (uint64_t)(0xd00) >> 32), NOFEAT(NX)}, {{0, 0, 0, 0}}},
    {"wrmsr efer svme", TINY_LONG, "\x0f\x30", /* wrmsr */
     2, 1, 0, 13, 0, 0, false, {R(RCX, 0xc0000080), R(RAX, (uint32_t)(0x1500)), R(RDX, (uint64_t)(0x1500) >> 32)}, {{0, 0, 0, 0}}},
    {"wrmsr fmask upper half", TINY_LONG, "\x0f\x30", /* wrmsr */
     2, 1, 0, 13, 0, 0, false, {R(RCX, 0xc0000084), R(RAX, (uint32_t)(1ull << 32)), R(RDX, (uint64_t)(1ull << 32) >> 32)}, {{0, 0, 0, 0}}},
    {"wrmsr tsc aux upper half", TINY_LONG, "\x0f\x30", /* wrmsr */
     2, 1, 0, 13, 0, 0, false, {R(RCX, 0xc0000103), R(RAX, (uint32_t)(1ull << 32)), R(RDX, (uint64_t)(1ull << 32) >> 32)}, {{0, 0, 0, 0}}},
    {"wrmsr pat bad type", TINY_LONG, "\x0f\x30", /* wrmsr */
     2, 1, 0, 13, 0, 0, false, {R(RCX, 0x277), R(RAX, (uint32_t)(0x0007040600070402)), R(RDX, (uint64_t)(0x0007040600070402) >> 32)}, {{0, 0, 0, 0}}},
    {"wrmsr pat type 7", TINY_LONG, "\x0f\x30", /* wrmsr */
     2, 1, 255, NONE, -1, 0, false, {R(RCX, 0x277), R(RAX, (uint32_t)(0x0707070707070707)), R(RDX, (uint64_t)(0x0707070707070707) >> 32)}, {{0, 0, 0, 0}}},
    {"wrmsr mtrr base bad type", TINY_LONG, "\x0f\x30", /* wrmsr */
     2, 1, 0, 13, 0, 0, false, {R(RCX, 0x200), R(RAX, (uint32_t)(2)), R(RDX, (uint64_t)(2) >> 32)}, {{0, 0, 0, 0}}},
    {"wrmsr mtrr base reserved", TINY_LONG, "\x0f\x30", /* wrmsr */
     2, 1, 0, 13, 0, 0, false, {R(RCX, 0x200), R(RAX, (uint32_t)(1ull << 40)), R(RDX, (uint64_t)(1ull << 40) >> 32)}, {{0, 0, 0, 0}}},
    {"wrmsr mtrr mask reserved", TINY_LONG, "\x0f\x30", /* wrmsr */
     2, 1, 0, 13, 0, 0, false, {R(RCX, 0x201), R(RAX, (uint32_t)(0x400)), R(RDX, (uint64_t)(0x400) >> 32)}, {{0, 0, 0, 0}}},
    {"wrmsr mtrr fixed bad type", TINY_LONG, "\x0f\x30", /* wrmsr */
     2, 1, 0, 13, 0, 0, false, {R(RCX, 0x250), R(RAX, (uint32_t)(0x0303030303030303)), R(RDX, (uint64_t)(0x0303030303030303) >> 32)}, {{0, 0, 0, 0}}},
    {"wrmsr mtrr fixed", TINY_LONG, "\x0f\x30", /* wrmsr */
     2, 1, 255, NONE, -1, 0, false, {R(RCX, 0x250), R(RAX, (uint32_t)(0x0606060606060606)), R(RDX, (uint64_t)(0x0606060606060606) >> 32)}, {{0, 0, 0, 0}}},
    {"wrmsr mtrr def type reserved", TINY_LONG, "\x0f\x30", /* wrmsr */
     2, 1, 0, 13, 0, 0, false, {R(RCX, 0x2ff), R(RAX, (uint32_t)(0x100)), R(RDX, (uint64_t)(0x100) >> 32)}, {{0, 0, 0, 0}}},
    {"wrmsr mtrr def type", TINY_LONG, "\x0f\x30", /* wrmsr */
     2, 1, 255, NONE, -1, 0, false, {R(RCX, 0x2ff), R(RAX, (uint32_t)(0xc06)), R(RDX, (uint64_t)(0xc06) >> 32)}, {{0, 0, 0, 0}}},
    {"wrmsr unknown", TINY_LONG, "\x0f\x30", /* wrmsr */
     2, 1, 0, 13, 0, 0, false, {R(RCX, 0x12345), R(RAX, (uint32_t)(0)), R(RDX, (uint64_t)(0) >> 32)}, {{0, 0, 0, 0}}},
    {"rdmsr unknown", TINY_LONG, "\x0f\x32", /* rdmsr */
     2, 1, 0, 13, 0, 0, false, {R(RCX, 0x12345)}, {{0, 0, 0, 0}}},
    {"wrmsr mcg cap", TINY_LONG, "\x0f\x30", /* wrmsr */
     2, 1, 0, 13, 0, 0, false, {R(RCX, 0x179), R(RAX, (uint32_t)(0)), R(RDX, (uint64_t)(0) >> 32)}, {{0, 0, 0, 0}}},
    {"rdmsr mcg cap", TINY_LONG, "\x0f\x32", /* rdmsr */
     2, 1, 255, NONE, -1, 0, false, {R(RCX, 0x179)}, {CR(RAX, 0x10a)}},
    {"wrmsr mc0 status non-zero", TINY_LONG, "\x0f\x30", /* wrmsr */
     2, 1, 0, 13, 0, 0, false, {R(RCX, 0x401), R(RAX, (uint32_t)(1)), R(RDX, (uint64_t)(1) >> 32)}, {{0, 0, 0, 0}}},
    {"wrmsr mc0 status zero", TINY_LONG, "\x0f\x30", /* wrmsr */
     2, 1, 255, NONE, -1, 0, false, {R(RCX, 0x401), R(RAX, (uint32_t)(0)), R(RDX, (uint64_t)(0) >> 32)}, {{0, 0, 0, 0}}},
    {"wrmsr mc0 ctl", TINY_LONG, "\x0f\x30", /* wrmsr */
     2, 1, 255, NONE, -1, 0, false, {R(RCX, 0x400), R(RAX, (uint32_t)(-1ll)), R(RDX, (uint64_t)(-1ll) >> 32)}, {{0, 0, 0, 0}}},
    {"wrmsr pred cmd", TINY_LONG, "\x0f\x30", /* wrmsr */
     2, 1, 255, NONE, -1, 0, false, {R(RCX, 0x49), R(RAX, (uint32_t)(1)), R(RDX, (uint64_t)(1) >> 32)}, {{0, 0, 0, 0}}},
    {"wrmsr pred cmd reserved", TINY_LONG, "\x0f\x30", /* wrmsr */
     2, 1, 0, 13, 0, 0, false, {R(RCX, 0x49), R(RAX, (uint32_t)(2)), R(RDX, (uint64_t)(2) >> 32)}, {{0, 0, 0, 0}}},
    {"rdmsr pred cmd", TINY_LONG, "\x0f\x32", /* rdmsr */
     2, 1, 0, 13, 0, 0, false, {R(RCX, 0x49)}, {{0, 0, 0, 0}}},
    {"rdmsr platform id", TINY_LONG, "\x0f\x32", /* rdmsr */
     2, 1, 255, NONE, -1, 0, false, {R(RCX, 0x17)}, {{0, 0, 0, 0}}},
    {"rdmsr platform id, amd", TINY_LONG, "\x0f\x32", /* rdmsr */
     2, 1, 0, 13, 0, 0, false, {R(RCX, 0x17), AMD}, {{0, 0, 0, 0}}},
    {"rdmsr hwcr", TINY_LONG, "\x0f\x32", /* rdmsr */
     2, 1, 0, 13, 0, 0, false, {R(RCX, 0xc0010015)}, {{0, 0, 0, 0}}},
    {"rdmsr hwcr, amd", TINY_LONG, "\x0f\x32", /* rdmsr */
     2, 1, 255, NONE, -1, 0, false, {R(RCX, 0xc0010015), AMD}, {{0, 0, 0, 0}}},
    {"rdmsr mtrrcap", TINY_LONG, "\x0f\x32", /* rdmsr */
     2, 1, 255, NONE, -1, 0, false, {R(RCX, 0xfe)}, {CR(RAX, 0x508)}},
    {"wrmsr tsc", TINY_LONG, "\x0f\x30", /* wrmsr */
     2, 1, 255, NONE, -1, 0, false, {R(RCX, 0x10), R(RAX, (uint32_t)(0x1000)), R(RDX, (uint64_t)(0x1000) >> 32)}, {{0, 0, 0, 0}}},
    {"wrmsr xss", TINY_LONG, "\x0f\x30", /* wrmsr */
     2, 1, 0, 13, 0, 0, false, {R(RCX, 0xda0), R(RAX, (uint32_t)(1)), R(RDX, (uint64_t)(1) >> 32)}, {{0, 0, 0, 0}}},
    {"wrmsr apic base", TINY_LONG, "\x0f\x30", /* wrmsr */
     2, 1, 255, NONE, -1, 0, false, {R(RCX, 0x1b), R(RAX, (uint32_t)(0xfee00900)), R(RDX, (uint64_t)(0xfee00900) >> 32)}, {CST(msr.apic_base, 0xfee00900)}},
    {"wrmsr debugctl reserved", TINY_LONG, "\x0f\x30", /* wrmsr */
     2, 1, 0, 13, 0, 0, false, {R(RCX, 0x1d9), R(RAX, (uint32_t)(1ull << 40)), R(RDX, (uint64_t)(1ull << 40) >> 32)}, {{0, 0, 0, 0}}},
    {"rdmsr efer", TINY_LONG, "\x0f\x32", /* rdmsr */
     2, 1, 255, NONE, -1, 0, false, {R(RCX, 0xc0000080)}, {CR(RAX, 0x500), CR(RDX, 0)}},
    {"rdmsr fs base", TINY_LONG, "\x0f\x32", /* rdmsr */
     2, 1, 255, NONE, -1, 0, false, {R(RCX, 0xc0000100), BASE(FS, 0x1122334455)}, {CR(RAX, 0x22334455), CR(RDX, 0x11)}},
    {"rdtsc tsd user", TINY_P32_USER, "\x0f\x31", /* rdtsc */
     2, 1, 0, 13, 0, 0, false, {CR4_SET(X86_CR4_TSD)}, {{0, 0, 0, 0}}},
    {"rdtsc tsd supervisor", TINY_P32, "\x0f\x31", /* rdtsc */
     2, 1, 255, NONE, -1, 0, false, {CR4_SET(X86_CR4_TSD)}, {{0, 0, 0, 0}}},
    {"rdtscp tsd user", TINY_LONG_USER, "\x0f\x01\xf9", /* rdtscp */
     3, 1, 0, 13, 0, 0, false, {CR4_SET(X86_CR4_TSD)}, {{0, 0, 0, 0}}},
    {"rdtscp", TINY_LONG_USER, "\x0f\x01\xf9", /* rdtscp */
     3, 1, 255, NONE, -1, 0, false, {ST(msr.tsc_aux, 0x77)}, {CR(RCX, 0x77)}},
    {"rdtscp without feature", TINY_LONG_USER, "\x0f\x01\xf9", /* rdtscp */
     3, 1, 0, 6, -1, 0, false, {NOFEAT(RDTSCP)}, {{0, 0, 0, 0}}},
    {"rdpid", TINY_LONG_USER, "\xf3\x0f\xc7\xf8", /* rdpid rax */
     4, 1, 255, NONE, -1, 0, false, {ST(msr.tsc_aux, 0x77)}, {CR(RAX, 0x77)}},
    {"rdpmc user", TINY_P32_USER, "\x0f\x33", /* rdpmc */
     2, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"rdpmc intel without pmu", TINY_P32, "\x0f\x33", /* rdpmc */
     2, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"rdpmc amd", TINY_P32, "\x0f\x33", /* rdpmc */
     2, 1, 255, NONE, -1, 0, false, {AMD}, {{0, 0, 0, 0}}},
    {"rdpmc amd out of range", TINY_P32, "\x0f\x33", /* rdpmc */
     2, 1, 0, 13, 0, 0, false, {AMD, R(RCX, 6)}, {{0, 0, 0, 0}}},
    {"xgetbv without osxsave", TINY_P32, "\x0f\x01\xd0", /* xgetbv */
     3, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"xgetbv", TINY_P32, "\x0f\x01\xd0", /* xgetbv */
     3, 1, 255, NONE, -1, 0, false, {CR4_SET(X86_CR4_OSXSAVE), ST(xcr0, 7)}, {CR(RAX, 7), CR(RDX, 0)}},
    {"xgetbv 2", TINY_P32, "\x0f\x01\xd0", /* xgetbv */
     3, 1, 0, 13, 0, 0, false, {CR4_SET(X86_CR4_OSXSAVE), R(RCX, 2)}, {{0, 0, 0, 0}}},
    {"xsetbv 0x7", TINY_P32, "\x0f\x01\xd1", /* xsetbv */
     3, 1, 255, NONE, -1, 0, false, {CR4_SET(X86_CR4_OSXSAVE), R(RDX, 0), R(RAX, 7)}, {{0, 0, 0, 0}}},
    {"xsetbv 0x3", TINY_P32, "\x0f\x01\xd1", /* xsetbv */
     3, 1, 255, NONE, -1, 0, false, {CR4_SET(X86_CR4_OSXSAVE), R(RDX, 0), R(RAX, 3)}, {{0, 0, 0, 0}}},
    {"xsetbv 0x1", TINY_P32, "\x0f\x01\xd1", /* xsetbv */
     3, 1, 255, NONE, -1, 0, false, {CR4_SET(X86_CR4_OSXSAVE), R(RDX, 0), R(RAX, 1)}, {{0, 0, 0, 0}}},
    {"xsetbv 0x0", TINY_P32, "\x0f\x01\xd1", /* xsetbv */
     3, 1, 0, 13, 0, 0, false, {CR4_SET(X86_CR4_OSXSAVE), R(RDX, 0), R(RAX, 0)}, {{0, 0, 0, 0}}},
    {"xsetbv 0x2", TINY_P32, "\x0f\x01\xd1", /* xsetbv */
     3, 1, 0, 13, 0, 0, false, {CR4_SET(X86_CR4_OSXSAVE), R(RDX, 0), R(RAX, 2)}, {{0, 0, 0, 0}}},
    {"xsetbv 0x5", TINY_P32, "\x0f\x01\xd1", /* xsetbv */
     3, 1, 0, 13, 0, 0, false, {CR4_SET(X86_CR4_OSXSAVE), R(RDX, 0), R(RAX, 5)}, {{0, 0, 0, 0}}},
    {"xsetbv 0x207", TINY_P32, "\x0f\x01\xd1", /* xsetbv */
     3, 1, 255, NONE, -1, 0, false, {CR4_SET(X86_CR4_OSXSAVE), R(RDX, 0), R(RAX, 519)}, {{0, 0, 0, 0}}},
    {"xsetbv 0xe7", TINY_P32, "\x0f\x01\xd1", /* xsetbv */
     3, 1, 0, 13, 0, 0, false, {CR4_SET(X86_CR4_OSXSAVE), R(RDX, 0), R(RAX, 231)}, {{0, 0, 0, 0}}},
    {"xsetbv 0x17", TINY_P32, "\x0f\x01\xd1", /* xsetbv */
     3, 1, 0, 13, 0, 0, false, {CR4_SET(X86_CR4_OSXSAVE), R(RDX, 0), R(RAX, 23)}, {{0, 0, 0, 0}}},
    {"xsetbv xcr1", TINY_P32, "\x0f\x01\xd1", /* xsetbv */
     3, 1, 0, 13, 0, 0, false, {CR4_SET(X86_CR4_OSXSAVE), R(RDX, 0), R(RAX, 7), R(RCX, 1)}, {{0, 0, 0, 0}}},
    {"xsetbv without avx", TINY_P32, "\x0f\x01\xd1", /* xsetbv */
     3, 1, 0, 13, 0, 0, false, {CR4_SET(X86_CR4_OSXSAVE), R(RDX, 0), R(RAX, 7), NOFEAT(AVX)}, {{0, 0, 0, 0}}},
    {"rdpkru without pke", TINY_LONG, "\x0f\x01\xee", /* rdpkru */
     3, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"rdpkru ecx", TINY_LONG, "\x0f\x01\xee", /* rdpkru */
     3, 1, 0, 13, 0, 0, false, {CR4_SET(X86_CR4_PKE), R(RCX, 1)}, {{0, 0, 0, 0}}},
    {"wrpkru edx", TINY_LONG, "\x0f\x01\xef", /* wrpkru */
     3, 1, 0, 13, 0, 0, false, {CR4_SET(X86_CR4_PKE), R(RDX, 1)}, {{0, 0, 0, 0}}},
    {"invpcid type 4", TINY_LONG, "\x66\x48\x0f\x38\x82\x03", /* invpcid rax, [rbx] */
     6, 1, 0, 13, 0, 0, false, {R(RAX, 4)}, {{0, 0, 0, 0}}},
    {"invpcid reserved", TINY_LONG, "\x66\x48\x0f\x38\x82\x03", /* invpcid rax, [rbx] */
     6, 1, 0, 13, 0, 0, false, {R(RAX, 1), M64(TINY_DATA, 0x1000)}, {{0, 0, 0, 0}}},
    {"invpcid pcid without pcide", TINY_LONG, "\x66\x48\x0f\x38\x82\x03", /* invpcid rax, [rbx] */
     6, 1, 0, 13, 0, 0, false, {R(RAX, 1), M64(TINY_DATA, 1)}, {{0, 0, 0, 0}}},
    {"invpcid not canonical", TINY_LONG, "\x66\x48\x0f\x38\x82\x03", /* invpcid rax, [rbx] */
     6, 1, 0, 13, 0, 0, false, {R(RAX, 0), M64(TINY_DATA + 8, 0x800000000000)}, {{0, 0, 0, 0}}},
    {"invpcid all", TINY_LONG, "\x66\x48\x0f\x38\x82\x03", /* invpcid rax, [rbx] */
     6, 1, 255, NONE, -1, 0, false, {R(RAX, 2)}, {{0, 0, 0, 0}}},
    {"invlpg not canonical is nothing", TINY_LONG, "\x0f\x01\x38", /* invlpg [rax] */
     3, 1, 255, NONE, -1, 0, false, {R(RAX, 0x800000000000)}, {{0, 0, 0, 0}}},
    {"monitor ecx", TINY_P32, "\x0f\x01\xc8", /* monitor */
     3, 1, 0, 13, 0, 0, false, {R(RAX, TINY_DATA), R(RCX, 1)}, {{0, 0, 0, 0}}},
    {"monitor, mwait", TINY_P32, "\x0f\x01\xc8\x0f\x01\xc9", /* monitor;mwait */
     6, 2, 255, NONE, -1, 0, false, {R(RAX, TINY_DATA)}, {{0, 0, 0, 0}}},
    {"no CMOV: cmovz eax, ecx", TINY_P32, "\x0f\x44\xc1", /* cmovz eax, ecx */
     3, 1, 0, 6, -1, 0, false, {CR4_SET(X86_CR4_OSFXSR | X86_CR4_OSXSAVE | X86_CR4_FSGSBASE), ST(xcr0, 7), NOFEAT(CMOV)}, {{0, 0, 0, 0}}},
    {"no TSC: rdtsc", TINY_P32, "\x0f\x31", /* rdtsc */
     2, 1, 0, 6, -1, 0, false, {CR4_SET(X86_CR4_OSFXSR | X86_CR4_OSXSAVE | X86_CR4_FSGSBASE), ST(xcr0, 7), NOFEAT(TSC)}, {{0, 0, 0, 0}}},
    {"no MSR: rdmsr", TINY_P32, "\x0f\x32", /* rdmsr */
     2, 1, 0, 6, -1, 0, false, {CR4_SET(X86_CR4_OSFXSR | X86_CR4_OSXSAVE | X86_CR4_FSGSBASE), ST(xcr0, 7), NOFEAT(MSR)}, {{0, 0, 0, 0}}},
    {"no CX8: cmpxchg8b [ebx]", TINY_P32, "\x0f\xc7\x0b", /* cmpxchg8b [ebx] */
     3, 1, 0, 6, -1, 0, false, {CR4_SET(X86_CR4_OSFXSR | X86_CR4_OSXSAVE | X86_CR4_FSGSBASE), ST(xcr0, 7), NOFEAT(CX8)}, {{0, 0, 0, 0}}},
    {"no SEP: sysenter", TINY_P32, "\x0f\x34", /* sysenter */
     2, 1, 0, 6, -1, 0, false, {CR4_SET(X86_CR4_OSFXSR | X86_CR4_OSXSAVE | X86_CR4_FSGSBASE), ST(xcr0, 7), NOFEAT(SEP)}, {{0, 0, 0, 0}}},
    {"no CLFLUSH: clflush [ebx]", TINY_P32, "\x0f\xae\x3b", /* clflush [ebx] */
     3, 1, 0, 6, -1, 0, false, {CR4_SET(X86_CR4_OSFXSR | X86_CR4_OSXSAVE | X86_CR4_FSGSBASE), ST(xcr0, 7), NOFEAT(CLFLUSH)}, {{0, 0, 0, 0}}},
    {"no FXSR: fxsave [ebx]", TINY_P32, "\x0f\xae\x03", /* fxsave [ebx] */
     3, 1, 0, 6, -1, 0, false, {CR4_SET(X86_CR4_OSFXSR | X86_CR4_OSXSAVE | X86_CR4_FSGSBASE), ST(xcr0, 7), NOFEAT(FXSR)}, {{0, 0, 0, 0}}},
    {"no MONITOR: monitor", TINY_P32, "\x0f\x01\xc8", /* monitor */
     3, 1, 0, 6, -1, 0, false, {CR4_SET(X86_CR4_OSFXSR | X86_CR4_OSXSAVE | X86_CR4_FSGSBASE), ST(xcr0, 7), NOFEAT(MONITOR)}, {{0, 0, 0, 0}}},
    {"no POPCNT: popcnt eax, ecx", TINY_P32, "\xf3\x0f\xb8\xc1", /* popcnt eax, ecx */
     4, 1, 0, 6, -1, 0, false, {CR4_SET(X86_CR4_OSFXSR | X86_CR4_OSXSAVE | X86_CR4_FSGSBASE), ST(xcr0, 7), NOFEAT(POPCNT)}, {{0, 0, 0, 0}}},
    {"no MOVBE: movbe eax, [ebx]", TINY_P32, "\x0f\x38\xf0\x03", /* movbe eax, [ebx] */
     4, 1, 0, 6, -1, 0, false, {CR4_SET(X86_CR4_OSFXSR | X86_CR4_OSXSAVE | X86_CR4_FSGSBASE), ST(xcr0, 7), NOFEAT(MOVBE)}, {{0, 0, 0, 0}}},
    {"no RDRAND: rdrand eax", TINY_P32, "\x0f\xc7\xf0", /* rdrand eax */
     3, 1, 0, 6, -1, 0, false, {CR4_SET(X86_CR4_OSFXSR | X86_CR4_OSXSAVE | X86_CR4_FSGSBASE), ST(xcr0, 7), NOFEAT(RDRAND)}, {{0, 0, 0, 0}}},
    {"no RDSEED: rdseed eax", TINY_P32, "\x0f\xc7\xf8", /* rdseed eax */
     3, 1, 0, 6, -1, 0, false, {CR4_SET(X86_CR4_OSFXSR | X86_CR4_OSXSAVE | X86_CR4_FSGSBASE), ST(xcr0, 7), NOFEAT(RDSEED)}, {{0, 0, 0, 0}}},
    {"no XSAVE: xgetbv", TINY_P32, "\x0f\x01\xd0", /* xgetbv */
     3, 1, 0, 6, -1, 0, false, {CR4_SET(X86_CR4_OSFXSR | X86_CR4_OSXSAVE | X86_CR4_FSGSBASE), ST(xcr0, 7), NOFEAT(XSAVE)}, {{0, 0, 0, 0}}},
    {"no SMAP: clac", TINY_P32, "\x0f\x01\xca", /* clac */
     3, 1, 0, 6, -1, 0, false, {CR4_SET(X86_CR4_OSFXSR | X86_CR4_OSXSAVE | X86_CR4_FSGSBASE), ST(xcr0, 7), NOFEAT(SMAP)}, {{0, 0, 0, 0}}},
    {"no SMAP: stac", TINY_P32, "\x0f\x01\xcb", /* stac */
     3, 1, 0, 6, -1, 0, false, {CR4_SET(X86_CR4_OSFXSR | X86_CR4_OSXSAVE | X86_CR4_FSGSBASE), ST(xcr0, 7), NOFEAT(SMAP)}, {{0, 0, 0, 0}}},
    {"no INVPCID: invpcid eax, [ebx]", TINY_P32, "\x66\x0f\x38\x82\x03", /* invpcid eax, [ebx] */
     5, 1, 0, 6, -1, 0, false, {CR4_SET(X86_CR4_OSFXSR | X86_CR4_OSXSAVE | X86_CR4_FSGSBASE), ST(xcr0, 7), NOFEAT(INVPCID)}, {{0, 0, 0, 0}}},
    {"no MMX: paddb mm0, mm1", TINY_P32, "\x0f\xfc\xc1", /* paddb mm0, mm1 */
     3, 1, 0, 6, -1, 0, false, {CR4_SET(X86_CR4_OSFXSR | X86_CR4_OSXSAVE | X86_CR4_FSGSBASE), ST(xcr0, 7), NOFEAT(MMX)}, {{0, 0, 0, 0}}},
    {"no SSE: addps xmm0, xmm1", TINY_P32, "\x0f\x58\xc1", /* addps xmm0, xmm1 */
     3, 1, 0, 6, -1, 0, false, {CR4_SET(X86_CR4_OSFXSR | X86_CR4_OSXSAVE | X86_CR4_FSGSBASE), ST(xcr0, 7), NOFEAT(SSE)}, {{0, 0, 0, 0}}},
    {"no SSE2: addpd xmm0, xmm1", TINY_P32, "\x66\x0f\x58\xc1", /* addpd xmm0, xmm1 */
     4, 1, 0, 6, -1, 0, false, {CR4_SET(X86_CR4_OSFXSR | X86_CR4_OSXSAVE | X86_CR4_FSGSBASE), ST(xcr0, 7), NOFEAT(SSE2)}, {{0, 0, 0, 0}}},
    {"no SSE3: haddps xmm0, xmm1", TINY_P32, "\xf2\x0f\x7c\xc1", /* haddps xmm0, xmm1 */
     4, 1, 0, 6, -1, 0, false, {CR4_SET(X86_CR4_OSFXSR | X86_CR4_OSXSAVE | X86_CR4_FSGSBASE), ST(xcr0, 7), NOFEAT(SSE3)}, {{0, 0, 0, 0}}},
    {"no SSSE3: pshufb xmm0, xmm1", TINY_P32, "\x66\x0f\x38\x00\xc1", /* pshufb xmm0, xmm1 */
     5, 1, 0, 6, -1, 0, false, {CR4_SET(X86_CR4_OSFXSR | X86_CR4_OSXSAVE | X86_CR4_FSGSBASE), ST(xcr0, 7), NOFEAT(SSSE3)}, {{0, 0, 0, 0}}},
    {"no SSE4_1: ptest xmm0, xmm1", TINY_P32, "\x66\x0f\x38\x17\xc1", /* ptest xmm0, xmm1 */
     5, 1, 0, 6, -1, 0, false, {CR4_SET(X86_CR4_OSFXSR | X86_CR4_OSXSAVE | X86_CR4_FSGSBASE), ST(xcr0, 7), NOFEAT(SSE4_1)}, {{0, 0, 0, 0}}},
    {"no SSE4_2: pcmpgtq xmm0, xmm1", TINY_P32, "\x66\x0f\x38\x37\xc1", /* pcmpgtq xmm0, xmm1 */
     5, 1, 0, 6, -1, 0, false, {CR4_SET(X86_CR4_OSFXSR | X86_CR4_OSXSAVE | X86_CR4_FSGSBASE), ST(xcr0, 7), NOFEAT(SSE4_2)}, {{0, 0, 0, 0}}},
    {"no AES: aesenc xmm0, xmm1", TINY_P32, "\x66\x0f\x38\xdc\xc1", /* aesenc xmm0, xmm1 */
     5, 1, 0, 6, -1, 0, false, {CR4_SET(X86_CR4_OSFXSR | X86_CR4_OSXSAVE | X86_CR4_FSGSBASE), ST(xcr0, 7), NOFEAT(AES)}, {{0, 0, 0, 0}}},
    {"no PCLMULQDQ: pclmulqdq xmm0, xmm1, 0", TINY_P32, "\x66\x0f\x3a\x44\xc1\x00", /* pclmulqdq xmm0, xmm1, 0 */
     6, 1, 0, 6, -1, 0, false, {CR4_SET(X86_CR4_OSFXSR | X86_CR4_OSXSAVE | X86_CR4_FSGSBASE), ST(xcr0, 7), NOFEAT(PCLMULQDQ)}, {{0, 0, 0, 0}}},
    {"no AVX: vaddps xmm0, xmm1, xmm2", TINY_P32, "\xc5\xf0\x58\xc2", /* vaddps xmm0, xmm1, xmm2 */
     4, 1, 0, 6, -1, 0, false, {CR4_SET(X86_CR4_OSFXSR | X86_CR4_OSXSAVE | X86_CR4_FSGSBASE), ST(xcr0, 7), NOFEAT(AVX)}, {{0, 0, 0, 0}}},
    {"no AVX2: vpaddd ymm0, ymm1, ymm2", TINY_P32, "\xc5\xf5\xfe\xc2", /* vpaddd ymm0, ymm1, ymm2 */
     4, 1, 0, 6, -1, 0, false, {CR4_SET(X86_CR4_OSFXSR | X86_CR4_OSXSAVE | X86_CR4_FSGSBASE), ST(xcr0, 7), NOFEAT(AVX2)}, {{0, 0, 0, 0}}},
    {"no FMA: vfmadd132ps xmm0, xmm1, xmm2", TINY_P32, "\xc4\xe2\x71\x98\xc2", /* vfmadd132ps xmm0, xmm1, xmm2 */
     5, 1, 0, 6, -1, 0, false, {CR4_SET(X86_CR4_OSFXSR | X86_CR4_OSXSAVE | X86_CR4_FSGSBASE), ST(xcr0, 7), NOFEAT(FMA)}, {{0, 0, 0, 0}}},
    {"no F16C: vcvtph2ps xmm0, xmm1", TINY_P32, "\xc4\xe2\x79\x13\xc1", /* vcvtph2ps xmm0, xmm1 */
     5, 1, 0, 6, -1, 0, false, {CR4_SET(X86_CR4_OSFXSR | X86_CR4_OSXSAVE | X86_CR4_FSGSBASE), ST(xcr0, 7), NOFEAT(F16C)}, {{0, 0, 0, 0}}},
    {"no BMI1: andn eax, ecx, edx", TINY_P32, "\xc4\xe2\x70\xf2\xc2", /* andn eax, ecx, edx */
     5, 1, 0, 6, -1, 0, false, {CR4_SET(X86_CR4_OSFXSR | X86_CR4_OSXSAVE | X86_CR4_FSGSBASE), ST(xcr0, 7), NOFEAT(BMI1)}, {{0, 0, 0, 0}}},
    {"no BMI2: mulx eax, ecx, edx", TINY_P32, "\xc4\xe2\x73\xf6\xc2", /* mulx eax, ecx, edx */
     5, 1, 0, 6, -1, 0, false, {CR4_SET(X86_CR4_OSFXSR | X86_CR4_OSXSAVE | X86_CR4_FSGSBASE), ST(xcr0, 7), NOFEAT(BMI2)}, {{0, 0, 0, 0}}},
    {"no ADX: adcx eax, ecx", TINY_P32, "\x66\x0f\x38\xf6\xc1", /* adcx eax, ecx */
     5, 1, 0, 6, -1, 0, false, {CR4_SET(X86_CR4_OSFXSR | X86_CR4_OSXSAVE | X86_CR4_FSGSBASE), ST(xcr0, 7), NOFEAT(ADX)}, {{0, 0, 0, 0}}},
    {"no SHA_NI: sha1nexte xmm0, xmm1", TINY_P32, "\x0f\x38\xc8\xc1", /* sha1nexte xmm0, xmm1 */
     4, 1, 0, 6, -1, 0, false, {CR4_SET(X86_CR4_OSFXSR | X86_CR4_OSXSAVE | X86_CR4_FSGSBASE), ST(xcr0, 7), NOFEAT(SHA_NI)}, {{0, 0, 0, 0}}},
    {"no CX16: cmpxchg16b [rbx]", TINY_LONG, "\x48\x0f\xc7\x0b", /* cmpxchg16b [rbx] */
     4, 1, 0, 6, -1, 0, false, {CR4_SET(X86_CR4_FSGSBASE), NOFEAT(CX16)}, {{0, 0, 0, 0}}},
    {"no FSGSBASE: rdfsbase rax", TINY_LONG, "\xf3\x48\x0f\xae\xc0", /* rdfsbase rax */
     5, 1, 0, 6, -1, 0, false, {CR4_SET(X86_CR4_FSGSBASE), NOFEAT(FSGSBASE)}, {{0, 0, 0, 0}}},
    {"no RDPID: rdpid rax", TINY_LONG, "\xf3\x0f\xc7\xf8", /* rdpid rax */
     4, 1, 0, 6, -1, 0, false, {CR4_SET(X86_CR4_FSGSBASE), NOFEAT(RDPID)}, {{0, 0, 0, 0}}},
    {"no LAHF_LM: lahf", TINY_LONG, "\x9f", /* lahf */
     1, 1, 0, 6, -1, 0, false, {CR4_SET(X86_CR4_FSGSBASE), NOFEAT(LAHF_LM)}, {{0, 0, 0, 0}}},
    {"fpu: fld1 CR0_EM)", TINY_P32, "\xd9\xe8", /* fld1 */
     2, 1, 0, 7, -1, 0, false, {CR0_SET(X86_CR0_EM)}, {{0, 0, 0, 0}}},
    {"fpu: fld1 CR0_TS)", TINY_P32, "\xd9\xe8", /* fld1 */
     2, 1, 0, 7, -1, 0, false, {CR0_SET(X86_CR0_TS)}, {{0, 0, 0, 0}}},
    {"fpu: wait CR0_TS)", TINY_P32, "\x9b", /* wait */
     1, 1, 255, NONE, -1, 0, false, {CR0_SET(X86_CR0_TS)}, {{0, 0, 0, 0}}},
    {"fpu: wait CR0_TS | X86_CR0_MP)", TINY_P32, "\x9b", /* wait */
     1, 1, 0, 7, -1, 0, false, {CR0_SET(X86_CR0_TS | X86_CR0_MP)}, {{0, 0, 0, 0}}},
    {"fpu: addps xmm0, xmm1 CR4_OSFXSR) CR0_TS)", TINY_P32, "\x0f\x58\xc1", /* addps xmm0, xmm1 */
     3, 1, 0, 7, -1, 0, false, {CR4_SET(X86_CR4_OSFXSR), CR0_SET(X86_CR0_TS)}, {{0, 0, 0, 0}}},
    {"fpu: addps xmm0, xmm1 CR4_OSFXSR) CR0_EM)", TINY_P32, "\x0f\x58\xc1", /* addps xmm0, xmm1 */
     3, 1, 0, 6, -1, 0, false, {CR4_SET(X86_CR4_OSFXSR), CR0_SET(X86_CR0_EM)}, {{0, 0, 0, 0}}},
    {"fpu: addps xmm0, xmm1 ", TINY_P32, "\x0f\x58\xc1", /* addps xmm0, xmm1 */
     3, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"fpu: paddb mm0, mm1 CR0_EM)", TINY_P32, "\x0f\xfc\xc1", /* paddb mm0, mm1 */
     3, 1, 0, 6, -1, 0, false, {CR0_SET(X86_CR0_EM)}, {{0, 0, 0, 0}}},
    {"fpu: paddb mm0, mm1 CR0_TS)", TINY_P32, "\x0f\xfc\xc1", /* paddb mm0, mm1 */
     3, 1, 0, 7, -1, 0, false, {CR0_SET(X86_CR0_TS)}, {{0, 0, 0, 0}}},
    {"fpu: vaddps xmm0, xmm1, xmm2 ", TINY_P32, "\xc5\xf0\x58\xc2", /* vaddps xmm0, xmm1, xmm2 */
     4, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"fpu: vaddps xmm0, xmm1, xmm2 CR4_OSXSAVE) ST(xcr0, 3)", TINY_P32, "\xc5\xf0\x58\xc2", /* vaddps xmm0, xmm1, xmm2 */
     4, 1, 0, 6, -1, 0, false, {CR4_SET(X86_CR4_OSXSAVE), ST(xcr0, 3)}, {{0, 0, 0, 0}}},
    {"fpu: vaddps xmm0, xmm1, xmm2 CR4_OSXSAVE) ST(xcr0, 7) CR0_TS)", TINY_P32, "\xc5\xf0\x58\xc2", /* vaddps xmm0, xmm1, xmm2 */
     4, 1, 0, 7, -1, 0, false, {CR4_SET(X86_CR4_OSXSAVE), ST(xcr0, 7), CR0_SET(X86_CR0_TS)}, {{0, 0, 0, 0}}},
    {"fpu: movaps xmm0, [ebx+4] CR4_OSFXSR)", TINY_P32, "\x0f\x28\x43\x04", /* movaps xmm0, [ebx+4] */
     4, 1, 0, 13, 0, 0, false, {CR4_SET(X86_CR4_OSFXSR)}, {{0, 0, 0, 0}}},
    {"fpu: movups xmm0, [ebx+4] CR4_OSFXSR)", TINY_P32, "\x0f\x10\x43\x04", /* movups xmm0, [ebx+4] */
     4, 1, 255, NONE, -1, 0, false, {CR4_SET(X86_CR4_OSFXSR)}, {{0, 0, 0, 0}}},
    {"fpu: ldmxcsr [ebx] CR4_OSFXSR) DATA, 0xffff0000)", TINY_P32, "\x0f\xae\x13", /* ldmxcsr [ebx] */
     3, 1, 0, 13, 0, 0, false, {CR4_SET(X86_CR4_OSFXSR), M32(TINY_DATA, 0xffff0000)}, {{0, 0, 0, 0}}},
    {"fpu: fxrstor [ebx+4] CR4_OSFXSR)", TINY_P32, "\x0f\xae\x4b\x04", /* fxrstor [ebx+4] */
     4, 1, 0, 13, 0, 0, false, {CR4_SET(X86_CR4_OSFXSR)}, {{0, 0, 0, 0}}},
    {"encoding: lock nop", TINY_P32, "\xf0\x90", /* lock nop */
     2, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"encoding: lock add eax, 1", TINY_P32, "\xf0\x83\xc0\x01", /* lock add eax, 1 */
     4, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"encoding: db 0xf0, 0x8b, 0x03", TINY_P32, "\xf0\x8b\x03", /* db 0xf0, 0x8b, 0x03 */
     3, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"encoding: db 0x8d, 0xc0", TINY_P32, "\x8d\xc0", /* db 0x8d, 0xc0 */
     2, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"encoding: db 0x62, 0xc0", TINY_P32, "\x62\xc0", /* db 0x62, 0xc0 */
     2, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"encoding: db 0xfe, 0xd0", TINY_P32, "\xfe\xd0", /* db 0xfe, 0xd0 */
     2, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"encoding: db 0xff, 0xff", TINY_P32, "\xff\xff", /* db 0xff, 0xff */
     2, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"encoding: db 0x8e, 0xc8", TINY_P32, "\x8e\xc8", /* db 0x8e, 0xc8 */
     2, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"encoding: db 0x0f, 0x00, 0xf8", TINY_P32, "\x0f\x00\xf8", /* db 0x0f, 0x00, 0xf8 */
     3, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"encoding: 16 bytes", TINY_P32, "\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x90", /* db 0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66;nop */
     16, 1, 0, 13, 0, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"LONG: invalid push es", TINY_LONG, "\x06", /* db 0x06 */
     1, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"LONG: invalid pop ds", TINY_LONG, "\x1f", /* db 0x1f */
     1, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"LONG: invalid daa", TINY_LONG, "\x27", /* db 0x27 */
     1, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"LONG: invalid aaa", TINY_LONG, "\x37", /* db 0x37 */
     1, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"LONG: invalid into", TINY_LONG, "\xce", /* db 0xce */
     1, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"LONG: invalid pusha", TINY_LONG, "\x60", /* db 0x60 */
     1, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"LONG: invalid salc", TINY_LONG, "\xd6", /* db 0xd6 */
     1, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"LONG: invalid db 0xea,0,0,0,0,0,0", TINY_LONG, "\xea\x00\x00\x00\x00\x00\x00", /* db 0xea,0,0,0,0,0,0 */
     7, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"LONG: invalid db 0x9a,0,0,0,0,0,0", TINY_LONG, "\x9a\x00\x00\x00\x00\x00\x00", /* db 0x9a,0,0,0,0,0,0 */
     7, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
    {"LONG: invalid db 0x82, 0xc0, 1", TINY_LONG, "\x82\xc0\x01", /* db 0x82, 0xc0, 1 */
     3, 1, 0, 6, -1, 0, false, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}},
