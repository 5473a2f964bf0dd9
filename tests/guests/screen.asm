; SPDX-License-Identifier: MIT
; A boot sector for the windows: writes each byte of the keyboard to port E9h as two hexadecimal
; digits and a line feed. Keys 1, 2 and 3 paint text, mode 13h and 640x480x32 (DISPI, banked); then
; "ok" follows. Everything it shows stands still.

        bits 16
        org 0x7c00

start:  cli
        xor ax, ax
        mov ds, ax
        mov ss, ax
        mov sp, 0x7c00
        cld
        call text
.key:   in al, 0x64
        test al, 1
        jz .key
        mov ah, al
        in al, 0x60
        test ah, 0x20           ; the mouse's
        jnz .key
        push ax
        call hex
        pop ax
        cmp al, 0x02
        je .text
        cmp al, 0x03
        je .mode13
        cmp al, 0x04
        jne .key
        call vbe
        jmp .done
.text:  call text
        jmp .done
.mode13:
        call mode13
.done:  mov si, ok
.out:   lodsb
        test al, al
        jz .key
        out 0xe9, al
        jmp .out

hex:    mov ah, al
        shr al, 4
        call .digit
        mov al, ah
        and al, 15
        call .digit
        mov al, 10
        out 0xe9, al
        ret
.digit: add al, '0'
        cmp al, '9'
        jbe .put
        add al, 'a' - '0' - 10
.put:   out 0xe9, al
        ret

; every character in changing colours, bright backgrounds, no cursor
text:   mov ax, 3
        int 0x10
        mov ax, 0x1003
        xor bx, bx
        int 0x10
        mov ah, 1
        mov cx, 0x2000
        int 0x10
        cli
        mov ax, 0xb800
        mov es, ax
        xor di, di
        xor ax, ax
        mov cx, 2000
.cell:  stosw
        inc al
        add ah, 7
        loop .cell
        ret

mode13: mov ax, 0x13
        int 0x10
        cli
        mov ax, 0xa000
        mov es, ax
        xor di, di
.pixel: mov ax, di
        add al, ah
        stosb
        test di, di
        jnz .pixel
        ret

vbe:    mov si, modes
        mov cx, 5
.set:   mov dx, 0x1ce
        lodsw
        out dx, ax
        inc dx
        lodsw
        out dx, ax
        loop .set
        mov ax, 0xa000
        mov es, ax
        xor bx, bx              ; bank
.bank:  mov dx, 0x1ce
        mov ax, 5
        out dx, ax
        inc dx
        mov ax, bx
        out dx, ax
        xor di, di
.dword: mov ax, di
        stosw
        mov al, bl
        mov ah, 0
        stosw
        test di, di
        jnz .dword
        inc bx
        cmp bx, 19
        jb .bank
        ret

modes:  dw 4, 0, 1, 640, 2, 480, 3, 32, 4, 1
ok:     db "ok", 10, 0
        times 510 - ($ - $$) db 0
        dw 0xaa55
