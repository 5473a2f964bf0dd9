; SPDX-License-Identifier: MIT
; A boot sector that ends the way the byte at its end says: 't' triple fault, 'k' reset through the
; keyboard controller, 'c' through port CF9, 'p' power-off, 'h' stop with interrupts off.

        org 0x7c00
        bits 16
start:  xor ax, ax
        mov ds, ax
        cli
        mov dx, 0x3fb
        mov al, 3               ; eight bits; after a reset it is five
        out dx, al
        mov dx, 0x3f8
        mov al, '*'
        out dx, al
        mov al, [how]
        cmp al, 't'
        je .triple
        cmp al, 'k'
        je .keyboard
        cmp al, 'c'
        je .cf9
        cmp al, 'p'
        je .power
.stop:  hlt
        jmp .stop
.triple:
        lidt [none]
        int3
.keyboard:
        mov al, 0xfe
        out 0x64, al
        jmp .stop
.cf9:   mov dx, 0xcf9
        mov al, 2
        out dx, al
        mov al, 6
        out dx, al
        jmp .stop
.power: mov dx, 0x604
        mov ax, 0x2000
        out dx, ax
        jmp .stop
none:   dw 0
        dd 0
        times 509 - ($ - $$) db 0
how:    db 'h'
        dw 0xaa55
