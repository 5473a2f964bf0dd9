; SPDX-License-Identifier: MIT
; A boot sector that asks for soft-off (ACPI PM1a, sleep type 0) and a few instructions later writes
; 25 to isa-debug-exit, as Redox's test runner does: the exit status must be 51, never 0.

        org 0x7c00
        bits 16
        mov dx, 0xe9
        mov al, 'S'
        out dx, al
        mov dx, 0x604
        mov ax, 0x2000
        out dx, ax
        mov dx, 0xe9
        mov al, '5'
        out dx, al
        mov dx, 0x501
        mov al, 25
        out dx, al
stop:   hlt
        jmp stop
        times 510 - ($ - $$) db 0
        dw 0xaa55
