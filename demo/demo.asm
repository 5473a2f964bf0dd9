; SPDX-License-Identifier: MIT
; The guest of `make run`: says what machine it woke up in and paints a plasma, on the VGA in mode
; 13h and on COM1 with 256-colour escape sequences. q powers off; without any key it does so by
; itself after a minute. Pure real mode with 32-bit registers.
;     emu -drive file=build/demo/demo.bin,format=raw -nographic

        bits 16
        org 0x7c00

COM1    equ 0x3f8
WIDTH   equ 72                  ; the plasma on the terminal
HEIGHT  equ 13
TOP     equ 11                  ; its first line
BLACK   equ 254                 ; palette entries of the letters
WHITE   equ 255
TICKS   equ 18 * 60             ; of the BIOS clock until it ends by itself

start:  jmp 0:.flat
.flat:  xor ax, ax
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov sp, 0x7c00
        cld
        sti
        mov ax, 0x0200 + (end - second) / 512
        mov cx, 0x0002
        mov dh, 0
        mov bx, second
        int 0x13
        jc .bad
        jmp second
.bad:   mov si, .text
.next:  lodsb
        test al, al
        jz .stop
        mov ah, 0x0e
        mov bx, 7
        int 0x10
        jmp .next
.stop:  hlt
        jmp .stop
.text:  db "the demo could not be read", 0

        times 446 - ($ - $$) db 0
        db 0x80, 0, 2, 0, 0x7f, 1, 3, 0         ; a partition, so that BIOSes see a disk
        dd 1, 2879
        times 510 - ($ - $$) db 0
        dw 0xaa55

second: mov ax, 0x0013
        int 0x10
        call find_memory
        call find_processor
        call make_palette
        call serial_init
        call greet
        mov si, cursor_off
        call print
        mov eax, [0x46c]
        mov [began], eax

frame:  mov eax, [0x46c]
        mov [now], eax
        call paint_screen
        call paint_terminal
.wait:  call poll_key
        jc goodbye
        mov eax, [0x46c]
        mov ebx, eax
        sub ebx, [began]
        cmp ebx, TICKS
        ja goodbye
        cmp eax, [now]
        jne frame
        hlt
        jmp .wait

goodbye:
        mov si, farewell
        call print
        mov dx, 0x604           ; PM1a control of the PIIX4: sleep type 0 is soft-off
        mov ax, 0x2000
        out dx, ax
.stop:  hlt
        jmp .stop

; --- keys: carry set when it is time to go ------------------------------------------------------

poll_key:
        mov dx, COM1 + 5
        in al, dx
        cmp al, 0xff            ; no such port
        je .keyboard
        test al, 1
        jz .keyboard
        mov dx, COM1
        in al, dx
        jmp .key
.keyboard:
        mov ah, 1
        int 0x16
        jz .none
        xor ah, ah
        int 0x16
.key:   or al, 0x20
        cmp al, 'q'
        je .go
        mov eax, [0x46c]        ; any other key: another minute
        mov [began], eax
.none:  clc
        ret
.go:    stc
        ret

; --- what machine is this ------------------------------------------------------------------------

find_memory:                    ; [megabytes]: what the BIOS calls usable, in MiB
        xor ebx, ebx
        xor esi, esi            ; in KiB
.entry: mov eax, 0xe820
        mov edx, 0x534d4150
        mov ecx, 20
        mov di, e820
        int 0x15
        jc .done
        cmp dword [e820 + 16], 1
        jne .skip
        mov eax, [e820 + 8]
        mov edx, [e820 + 12]
        shrd eax, edx, 10
        add esi, eax
.skip:  test ebx, ebx
        jnz .entry
.done:  add esi, 1023
        shr esi, 10
        mov [megabytes], esi
        ret

find_processor:
        xor eax, eax
        cpuid
        mov [vendor], ebx
        mov [vendor + 4], edx
        mov [vendor + 8], ecx
        mov eax, 0x80000000
        cpuid
        cmp eax, 0x80000004
        jb .features
        mov di, brand
        mov eax, 0x80000002
.part:  push eax
        cpuid
        mov [di], eax
        mov [di + 4], ebx
        mov [di + 8], ecx
        mov [di + 12], edx
        pop eax
        add di, 16
        inc eax
        cmp eax, 0x80000005
        jne .part
.features:
        mov eax, 1
        cpuid
        mov [leaf1_ecx], ecx
        mov [leaf1_edx], edx
        xor eax, eax
        cpuid
        cmp eax, 7
        jb .long
        mov eax, 7
        xor ecx, ecx
        cpuid
        mov [leaf7_ebx], ebx
.long:  mov eax, 0x80000000
        cpuid
        cmp eax, 0x80000001
        jb .end
        mov eax, 0x80000001
        cpuid
        mov [leaf81_edx], edx
.end:   ret

; --- the terminal --------------------------------------------------------------------------------

serial_init:
        mov si, .values
.next:  lodsb
        cmp al, 0xff
        je .end
        movzx dx, al
        add dx, COM1
        lodsb
        out dx, al
        jmp .next
.end:   ret
.values db 1, 0, 3, 0x80, 0, 1, 1, 0, 3, 3, 2, 7, 4, 3, 0xff

putc:   push dx
        push ax
        push cx
        mov cx, 0xffff          ; a port without a UART never gets ready
        mov dx, COM1 + 5
.wait:  in al, dx
        test al, 0x20
        loopz .wait
        pop cx
        pop ax
        mov dx, COM1
        out dx, al
        pop dx
        ret

print:  lodsb
        test al, al
        jz .end
        call putc
        jmp print
.end:   ret

print_number:                   ; eax in decimal
        mov ebx, 10
        xor cx, cx
.digit: xor edx, edx
        div ebx
        push dx
        inc cx
        test eax, eax
        jnz .digit
.put:   pop ax
        add al, '0'
        call putc
        loop .put
        ret

greet:  mov si, clear
        call print
        mov si, banner          ; each line in a colour of its own
        mov byte [row], 0
.line:  cmp byte [si], 0
        je .facts
        push si
        mov si, colour
        call print
        movzx bx, byte [row]
        movzx eax, byte [banner_colours + bx]
        call print_number
        mov al, 'm'
        call putc
        pop si
        call print
        inc byte [row]
        jmp .line
.facts: mov si, text_cpu
        call print
        mov si, brand
        cmp byte [si], 0
        jne .skip
        mov si, vendor
.skip:  cmp byte [si], ' '      ; some brands start with blanks
        jne .brand
        inc si
        jmp .skip
.brand: call print
        mov si, text_vendor
        call print
        mov si, vendor
        call print
        mov si, text_features
        call print
        mov di, features
.feature:
        mov bx, [di]
        test bx, bx
        jz .memory
        mov eax, [bx]
        movzx ecx, word [di + 2]
        bt eax, ecx
        lea si, [di + 4]
        jnc .absent
        call print
        jmp .after
.absent:
        lodsb
        test al, al
        jnz .absent
.after: mov di, si
        jmp .feature
.memory:
        mov si, text_memory
        call print
        mov eax, [megabytes]
        call print_number
        mov si, text_keys
        jmp print

; The plasma: the sum of three waves, a byte. In: bl x, bh y (0-255 each). Out: al.
plasma: push si
        movzx si, bl
        add si, [now]
        and si, 255
        mov al, [sine + si]
        movzx si, bh
        sub si, [now]
        sub si, [now]
        and si, 255
        add al, [sine + si]
        movzx si, bl
        push ax
        movzx ax, bh
        add si, ax
        pop ax
        shr si, 1
        add si, [now]
        add si, [now]
        add si, [now]
        and si, 255
        add al, [sine + si]
        pop si
        ret

paint_terminal:
        mov si, home
        call print
        mov byte [row], 0
.row:   mov word [last], 0xffff
        mov si, margin
        call print
        mov byte [column], 0
.cell:  mov al, [column]
        mov ah, 3
        mul ah
        mov bl, al
        mov al, [row]
        mov ah, 9
        mul ah
        mov bh, al
        call plasma
        movzx bx, al
        movzx eax, byte [cube + bx]
        cmp ax, [last]
        je .same
        mov [last], ax
        mov si, background
        push eax
        call print
        pop eax
        call print_number
        mov al, 'm'
        call putc
.same:  mov al, ' '
        call putc
        inc byte [column]
        cmp byte [column], WIDTH
        jne .cell
        mov si, line_end
        call print
        inc byte [row]
        cmp byte [row], HEIGHT
        jne .row
        ret

; --- the screen ----------------------------------------------------------------------------------

; Three channels a third of the circle apart; the same colours as an index of the 6x6x6 cube.
make_palette:
        mov dx, 0x3c8
        xor al, al
        out dx, al
        inc dx
        xor bx, bx
.entry: mov byte [cube + bx], 16
        mov cx, 36              ; weight in the cube: 36, 6, 1
        mov si, bx
.channel:
        and si, 255
        mov al, [sine + si]
        add al, 128
        push ax
        shr al, 2
        out dx, al
        pop ax
        mov ah, 6
        mul ah
        mov al, ah
        mul cl
        add [cube + bx], al
        add si, 85
        cmp cx, 1
        je .next
        cmp cx, 6
        mov cx, 6
        jne .channel
        mov cx, 1
        jmp .channel
.next:  inc bl
        jnz .entry
        dec dx
        mov al, BLACK
        out dx, al
        inc dx
        xor al, al
        out dx, al
        out dx, al
        out dx, al
        mov al, 63              ; the entry after it: white
        out dx, al
        out dx, al
        out dx, al
        ret

paint_screen:
        push es
        mov ax, 0xa000
        mov es, ax
        xor di, di
        mov byte [row], 0
.row:   mov bh, [row]
        xor cx, cx
.pixel: mov bl, cl              ; two pixels of the same colour, two lines later the next row
        call plasma
        cmp al, 253             ; the last two colours are for letters
        jbe .colour
        mov al, 253
.colour:
        mov ah, al
        mov [es:di + 320], ax
        stosw
        inc cx
        cmp cx, 160
        jne .pixel
        add di, 320
        inc byte [row]
        cmp byte [row], 100
        jne .row
        pop es
        mov si, screen_title
        mov bx, 32 * 320 + 80
        mov byte [scale], 4
        call draw_shadowed
        mov si, brand
        mov byte [scale], 1
        mov bx, 172 * 320 + 8
        call draw_shadowed
        mov si, screen_keys
        mov bx, 186 * 320 + 8
        ; falls into draw_shadowed

draw_shadowed:
        mov byte [letter_colour], BLACK
        add bx, 321
        call draw_text
        sub bx, 321
        mov byte [letter_colour], WHITE
        ; falls into draw_text

; si: text, bx: where in the frame. 8x8 letters in the BIOS's font, [scale] times as large.
draw_text:
        pusha
        push es
        push fs
        mov [.where], bx
        mov [.text], si
        mov ax, 0x1130
        mov bh, 3
        int 0x10                ; es:bp: 8x8 font
        mov ax, es
        mov fs, ax
        mov [.font], bp
        mov ax, 0xa000
        mov es, ax
.letter:
        mov si, [.text]
        inc word [.text]
        movzx ax, byte [si]
        cmp al, 0x20
        jb .end
        cmp al, 0x7f
        ja .end
        shl ax, 3
        add ax, [.font]
        mov [.glyph], ax
        mov byte [.line], 0
.line_loop:
        mov si, [.glyph]
        mov al, [fs:si]
        mov [.bits], al
        movzx ax, byte [.line]
        mul byte [scale]
        mov dx, 320
        mul dx
        add ax, [.where]
        mov di, ax
        mov cx, 8
.bit:   shl byte [.bits], 1
        jnc .blank
        call .block
.blank: movzx ax, byte [scale]
        add di, ax
        loop .bit
        inc word [.glyph]
        inc byte [.line]
        cmp byte [.line], 8
        jne .line_loop
        movzx ax, byte [scale]
        shl ax, 3
        add [.where], ax
        jmp .letter
.end:   pop fs
        pop es
        popa
        ret
.block: push di                 ; one dot of the letter: scale x scale pixels
        push cx
        movzx dx, byte [scale]
.rows:  movzx cx, byte [scale]
        push di
        mov al, [letter_colour]
        rep stosb
        pop di
        add di, 320
        dec dx
        jnz .rows
        pop cx
        pop di
        ret
.where: dw 0
.text:  dw 0
.font:  dw 0
.glyph: dw 0
.line:  db 0
.bits:  db 0

; --- texts ---------------------------------------------------------------------------------------

%define ESC 27
clear:      db ESC, "[0m", ESC, "[2J", ESC, "[H", 13, 10, 0
colour:     db ESC, "[1;38;5;", 0
background: db ESC, "[48;5;", 0
home:       db ESC, "[11;1H", 0
margin:     db "   ", 0
line_end:   db ESC, "[0m", 13, 10, 0
cursor_off: db ESC, "[?25l", 0
banner_colours: db 45, 81, 117, 153
banner:     db "     ___  _ __ ___  _   _", 13, 10, 0
            db "    / _ \| '_ ` _ \| | | |", 13, 10, 0
            db "   |  __/| | | | | | |_| |", 13, 10, 0
            db "    \___||_| |_| |_|\__,_|   a PC, and you are in it", 13, 10, 0
            db 0
text_cpu:   db ESC, "[0m", 13, 10, "   Processor  ", 0
text_vendor: db " (", 0
text_features: db ")", 13, 10, "   Offers    ", 0
text_memory: db 13, 10, "   Memory     ", 0
text_keys:  db " MiB", 13, 10, "   Keys       q powers off; any other: keep looking", 13, 10, 0
farewell:   db ESC, "[0m", ESC, "[24;1H", ESC, "[?25h", 13, 10, "   Powering off. Good bye!", 13, 10, 0
screen_title: db "emu", 0
screen_keys: db "q powers off", 0

features:   dw leaf81_edx, 29
            db " 64-bit", 0
            dw leaf1_edx, 26
            db " SSE2", 0
            dw leaf1_ecx, 20
            db " SSE4.2", 0
            dw leaf1_ecx, 25
            db " AES", 0
            dw leaf1_ecx, 28
            db " AVX", 0
            dw leaf7_ebx, 5
            db " AVX2", 0
            dw leaf7_ebx, 29
            db " SHA", 0
            dw leaf1_ecx, 21
            db " x2APIC", 0
            dw 0

; A wave of 256 signed bytes, out of parabolas.
sine:
%assign i 0
%rep 128
        db (i * (128 - i)) * 127 / 4096
%assign i i + 1
%endrep
%assign i 0
%rep 128
        db -((i * (128 - i)) * 127 / 4096)
%assign i i + 1
%endrep

vendor:     times 13 db 0
brand:      times 49 db 0
leaf1_ecx:  dd 0
leaf1_edx:  dd 0
leaf7_ebx:  dd 0
leaf81_edx: dd 0
megabytes:  dd 0
began:      dd 0
now:        dd 0
last:       dw 0
row:        db 0
column:     db 0
scale:      db 1
letter_colour: db 0
e820:       times 20 db 0

        align 512, db 0
end:
cube    equ 0x9000              ; 256 bytes of colour cube indices

        times 1440 * 1024 - ($ - $$) db 0       ; a whole floppy
