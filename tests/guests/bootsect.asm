; SPDX-License-Identifier: MIT
; A boot sector that says, on the screen (INT 10h) and on COM1, which drive it came from, reads a
; second sector by CHS (INT 13h) and runs it. That one reads a third with LBA where the BIOS has it,
; and ends the machine through isa-debug-exit with 0x10 (exit status 33), or 0x11 when it failed.
;     emu -drive file=build/guests/bootsect.bin,format=raw -device isa-debug-exit

        org 0x7c00
        bits 16

start:  jmp 0:.flat
.flat:  xor ax, ax
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov sp, 0x7c00
        sti
        mov [drive], dl
        mov dx, 0x3f8 + 1       ; COM1: no interrupts, 115200 8N1
        xor al, al
        out dx, al
        mov dx, 0x3f8 + 3
        mov al, 0x80
        out dx, al
        mov dx, 0x3f8
        mov al, 1
        out dx, al
        inc dx
        xor al, al
        out dx, al
        mov dx, 0x3f8 + 3
        mov al, 3
        out dx, al

        mov si, hello
        call print
        mov al, [drive]
        call print_hex
        mov si, newline
        call print

        mov ax, 0x0201          ; one sector: cylinder 0, head 0, sector 2
        mov cx, 0x0002
        mov dh, 0
        mov dl, [drive]
        mov bx, second
        int 0x13
        jc failed
        cmp word [second_magic], 0x4d45
        jne failed
        jmp second

failed: mov si, failure
        call print
        mov al, ah
        call print_hex
        mov si, newline
        call print
        mov al, 0x11
        ; falls into finish

finish: mov dx, 0x501           ; al: the value for isa-debug-exit
        out dx, al
.stop:  hlt
        jmp .stop

print:  lodsb
        test al, al
        jz .end
        call putc
        jmp print
.end:   ret

print_hex:
        push ax
        shr al, 4
        call .digit
        pop ax
        and al, 15
.digit: add al, '0'
        cmp al, '9'
        jbe putc
        add al, 'a' - '9' - 1
        ; falls into putc

putc:   push ax
        push bx
        push dx
        push ax
        mov ah, 0x0e
        mov bx, 7
        int 0x10
        mov dx, 0x3f8 + 5
.wait:  in al, dx
        test al, 0x20
        jz .wait
        pop ax
        mov dx, 0x3f8
        out dx, al
        pop dx
        pop bx
        pop ax
        ret

hello:   db "boot sector: drive ", 0
failure: db "FAILED, BIOS status ", 0
newline: db 13, 10, 0
drive:   db 0

        times 510 - ($ - $$) db 0
        dw 0xaa55

second:
        mov si, second_text
        call print
        mov ah, 0x41            ; has it the LBA calls?
        mov bx, 0x55aa
        mov dl, [drive]
        int 0x13
        jc .chs
        mov si, packet
        mov ah, 0x42
        mov dl, [drive]
        int 0x13
        jc failed
        mov si, third + 2
        jmp .print
.chs:   mov ax, 0x0201
        mov cx, 0x0003
        mov dh, 0
        mov dl, [drive]
        mov bx, third
        int 0x13
        jc failed
        mov si, third + 2
.print: cmp word [third], 0x4d45
        mov ah, 0xff
        jne failed
        call print
        mov al, 0x10
        jmp finish

second_text: db "second sector runs", 13, 10, 0
        align 4
packet: db 16, 0
        dw 1, third, 0
        dq 2

        times 1020 - ($ - $$) db 0
second_magic:
        dw 0x4d45, 0

third:  dw 0x4d45
        db "third sector read", 13, 10, 0
        times 1536 - ($ - $$) db 0
