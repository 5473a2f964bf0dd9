; SPDX-License-Identifier: MIT
; Firmware for `make bench`: its first instructions say so on the debug console and stop, without
; touching RAM.
;     emu -bios build/guests/first.bin -chardev stdio,id=c -device isa-debugcon,chardev=c

        bits 16
        org 0
        times 0xfff0 - ($ - $$) db 0xf4
        mov al, '!'
        out 0xe9, al
stop:   hlt
        jmp stop
        times 0x10000 - ($ - $$) db 0
