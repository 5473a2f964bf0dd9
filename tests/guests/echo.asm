; SPDX-License-Identifier: MIT
; A boot sector that shows each key on the screen and on the serial line, gives serial input back,
; and for F2 fills the screen with stripes in mode 13h.

        org 0x7c00
        bits 16
start:  xor ax, ax
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov sp, 0x7c00
        mov dx, 0x3fb
        mov al, 3               ; eight bits
        out dx, al
        mov si, ready
.text:  lodsb
        test al, al
        jz .wait
        call both
        jmp .text
.wait:  mov dx, 0x3fd
        in al, dx
        test al, 1
        jz .key
        mov dx, 0x3f8
        in al, dx
        out dx, al
.key:   mov ah, 1
        int 0x16
        jz .wait
        xor ah, ah
        int 0x16
        cmp ax, 0x3c00          ; F2
        je stripes
        call both
        jmp .wait

stripes:
        mov ax, 0x13
        int 0x10
        push 0xa000
        pop es
        xor di, di
.byte:  mov ax, di
        shr ax, 4
        stosb
        cmp di, 64000
        jb .byte
        xor ax, ax
        mov es, ax
        mov al, '#'
        call serial
        jmp start.wait

both:   push ax
        mov ah, 0x0e
        xor bx, bx
        int 0x10
        pop ax
serial: mov dx, 0x3f8
        out dx, al
        ret

ready:  db 'ready> ', 0
        times 510 - ($ - $$) db 0
        dw 0xaa55
