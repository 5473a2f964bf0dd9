; SPDX-License-Identifier: MIT
; A boot sector and three more for the windows: writes each byte of the keyboard to port E9h as two
; hexadecimal digits and a line feed. Keys, after which "ok" follows:
;   1 text   2 mode 13h   3 640x480x32 (DISPI, banked)   4 640x480 in 16 colours   5 mode X
;   6 changes the picture for ever and ever, until 6 again
;   7 the absolute pointer: each event is written as "m XXXX YYYY BB"
;   0 from now on keys are only written
; Everything else that it shows stands still.

        bits 16
        org 0x7c00

start:  cli
        xor ax, ax
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov sp, 0x7c00
        cld
        mov ax, 0x0203          ; the sectors behind this one; dl is the drive
        mov cx, 0x0002
        mov dh, 0
        mov bx, 0x7e00
        int 0x13
        cli
        call text
.key:   cmp byte [animate], 0
        je .still
        call frame
.still: cmp byte [pointer], 0
        je .none
        call motion
.none:  in al, 0x64
        test al, 1
        jz .key
        mov ah, al
        in al, 0x60
        test ah, 0x20           ; the mouse's
        jnz .key
        push ax
        call hex
        mov al, 10
        out 0xe9, al
        pop ax
        cmp byte [mute], 0
        jne .key
        mov bx, commands
.find:  cmp byte [bx], 0
        je .key
        cmp [bx], al
        je .found
        add bx, 3
        jmp .find
.found: call [bx + 1]
        cli
        mov si, ok
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
        mov [screen], ax
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
        mov ax, 0xa000
        mov [screen], ax
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
        mov [screen], ax
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
commands:
        db 0x02
        dw text
        db 0x03
        dw mode13
        db 0x04
        dw vbe
        db 0x05
        dw planar
        db 0x06
        dw mode_x
        db 0x07
        dw toggle
        db 0x08
        dw vmmouse
        db 0x0b
        dw be_mute
        db 0
ok:     db "ok", 10, 0
        times 510 - ($ - $$) db 0
        dw 0xaa55

screen: dw 0xb800
count:  dw 0
mute:   db 0
animate: db 0
pointer: db 0

be_mute:
        mov byte [mute], 1
        ret

toggle: xor byte [animate], 1
        ret

; a quarter of the window in a colour that changes
frame:  mov es, [screen]
        mov di, [count]
        imul di, di, 16384
        mov ax, [count]
        mov ah, al
        mov cx, 8192
        rep stosw
        inc word [count]
        ret

; four planes with four patterns: all sixteen colours
planar: call no_vbe
        mov ax, 0x12
        int 0x10
        mov ax, 0xa000
        mov [screen], ax
        mov es, ax
        mov bl, 1               ; plane
.plane: mov dx, 0x3c4
        mov al, 2
        mov ah, bl
        out dx, ax
        xor di, di
.byte:  mov ax, di
        shr ax, 3
        add ax, di
        mul bl
        xor al, ah
        stosb
        cmp di, 38400
        jb .byte
        shl bl, 1
        cmp bl, 16
        jb .plane
        mov ax, 0x0f02
        out dx, ax
        ret

; 320x240 in 256 colours, four planes: mode 13h unchained, with the timing of 480 lines
mode_x: call no_vbe
        mov ax, 0x13
        int 0x10
        mov ax, 0xa000
        mov [screen], ax
        mov es, ax
        mov dx, 0x3c4
        mov ax, 0x0604          ; no chain-4
        out dx, ax
        mov ax, 0x0100
        out dx, ax
        mov dx, 0x3c2
        mov al, 0xe3
        out dx, al
        mov dx, 0x3c4
        mov ax, 0x0300
        out dx, ax
        mov dx, 0x3d4
        mov al, 0x11            ; registers 0-7 are locked
        out dx, al
        inc dx
        in al, dx
        and al, 0x7f
        out dx, al
        dec dx
        mov si, crtc
        mov cx, (crtc_end - crtc) / 2
.crtc:  lodsw
        out dx, ax
        loop .crtc
        mov bl, 1
.plane: mov dx, 0x3c4
        mov al, 2
        mov ah, bl
        out dx, ax
        xor di, di
.byte:  mov ax, di
        mul bl
        add al, ah
        add ax, di
        stosb
        cmp di, 19200
        jb .byte
        shl bl, 1
        cmp bl, 16
        jb .plane
        mov ax, 0x0f02
        out dx, ax
        ret

crtc:   dw 0x0d06, 0x3e07, 0x4109, 0xea10, 0xac11, 0xdf12, 0x0014, 0xe715, 0x0616, 0xe317
crtc_end:

no_vbe: mov dx, 0x1ce
        mov ax, 4
        out dx, ax
        inc dx
        xor ax, ax
        out dx, ax
        ret

; --- the backdoor -------------------------------------------------------------------------------

; ecx: command, ebx: argument
backdoor:
        mov eax, 0x564d5868
        mov edx, 0x5658
        in eax, dx
        ret

vmmouse:
        mov ecx, 41
        mov ebx, 0x45414552     ; enable
        call backdoor
        mov ecx, 40
        call backdoor
        mov ecx, 39             ; its version
        mov ebx, 1
        call backdoor
        cmp eax, 0x3442554a
        jne .no
        mov ecx, 41
        mov ebx, 0x53424152     ; absolute
        call backdoor
        mov byte [pointer], 1
.no:    ret

motion: mov ecx, 40
        xor ebx, ebx
        call backdoor
        cmp ax, 4
        jb .none
        mov ecx, 39
        mov ebx, 4
        call backdoor
        push ax
        push cx
        push bx
        mov al, 'm'
        out 0xe9, al
        mov al, ' '
        out 0xe9, al
        pop bx
        call word16
        pop bx
        call word16
        pop ax
        call hex
        mov al, 10
        out 0xe9, al
.none:  ret

word16: mov al, bh
        call hex
        mov al, bl
        call hex
        mov al, ' '
        out 0xe9, al
        ret

        times 2048 - ($ - $$) db 0
