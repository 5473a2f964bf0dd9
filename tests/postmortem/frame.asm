; SPDX-License-Identifier: MIT
; Firmware that brings the processor into a mode and then lets a case of test_deaths.py die in it.
;     nasm -f bin -DBASE=16|32|64 -DCASE='"case.inc"' -o case.bin frame.asm
;     emu -bios case.bin -no-reboot -display none
;
; RAM: GDT 2000h, IDT 3000h, TSS 5000h, stack of level 0 from interrupts 8000h, stack 9000h,
; page tables 10000h (PML4), 11000h (PDPT), 12000h (PD), 13000h (PT of the first 2 MiB).
; Who survives writes to port 501h (isa-debug-exit).

%define CODE32 0x08
%define DATA   0x10
%define CODE64 0x18
%define UDATA  0x23
%define TSS    0x28
%define UCODE32 0x3b
%define UCODE64 0x43
%define NODATA 0x48             ; not present
%define NOCODE 0x50             ; not present
%define SMALL  0x58             ; data, limit fffh
%define XONLY  0x60             ; code that may not be read
%define GDT_AT 0x2000
%define IDT_AT 0x3000
%define TSS_AT 0x5000
%define PML4   0x10000
%define PDPT   0x11000
%define PD     0x12000
%define PT     0x13000
%if BASE == 64
%define GATE 16
%else
%define GATE 8
%endif

; Only vectors 0..n have a gate.
%macro ONLY 1
        mov word [0x1000], (%1 + 1) * GATE - 1
        mov dword [0x1002], IDT_AT
        mov dword [0x1006], 0
        lidt [0x1000]
%endmacro

%macro NO_IDT 0
        mov dword [0x1000], 0
        mov dword [0x1004], 0
        mov dword [0x1008], 0
        lidt [0x1000]
%endmacro

        org 0xf0000
        bits 16
        section .text
start:  cli
        cld
        xor ax, ax
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov sp, 0x7000
%if BASE == 16
        %include CASE
        jmp survived16
%endif
        mov si, gdt - 0xf0000
        mov di, GDT_AT
        mov cx, gdt_end - gdt
        cs rep movsb
        o32 lgdt [cs:gdtr - 0xf0000]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        jmp dword CODE32:pm

survived16:
        mov dx, 0x501
        mov al, 1
        out dx, al
        jmp survived16

        bits 32
pm:     mov ax, DATA
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov fs, ax
        mov gs, ax
        mov esp, 0x9000
%if BASE == 32
        mov edi, IDT_AT
        mov ecx, 32
.gate:  mov eax, handler
        mov [edi], ax
        mov word [edi + 2], CODE32
        mov word [edi + 4], 0x8e00
        shr eax, 16
        mov [edi + 6], ax
        add edi, 8
        loop .gate
        ONLY 31
        mov dword [TSS_AT + 4], 0x8000
        mov dword [TSS_AT + 8], DATA
        mov word [TSS_AT + 102], 104
        mov word [GDT_AT + TSS], 103
        mov word [GDT_AT + TSS + 2], TSS_AT
        mov byte [GDT_AT + TSS + 5], 0x89
%ifndef NO_TR
        mov ax, TSS
        ltr ax
%endif
        %include CASE
        jmp survived

; To level 3, at `user`.
user32: push dword UDATA
        push dword 0x7000
        push dword 2
        push dword UCODE32
        push dword user
        iret
%elif BASE == 64
        mov edi, PML4
        mov ecx, 0x4000 / 4
        xor eax, eax
        rep stosd
        mov dword [PML4], PDPT + 7
        mov dword [PDPT], PD + 7
        mov dword [PD], PT + 7
        mov edi, PD + 8
        mov eax, 0x200083       ; 2 MiB pages of the supervisor
        mov ecx, 511
.large: mov [edi], eax
        add edi, 8
        add eax, 0x200000
        loop .large
        mov edi, PT
        mov eax, 3
        mov ecx, 512
.small: mov [edi], eax
        add edi, 8
        add eax, 0x1000
        loop .small
        or byte [PT + 6 * 8], 4 ; 6000h-7fffh and the code: everybody's
        or byte [PT + 7 * 8], 4
        or byte [PT + 0xf0 * 8], 4
        mov eax, PML4
        mov cr3, eax
        mov eax, cr4
        or eax, 0x20
        mov cr4, eax
        mov ecx, 0xc0000080
        rdmsr
        or eax, 0x900           ; LME, NXE
        wrmsr
        mov eax, cr0
        or eax, 0x80010000      ; PG, WP
        mov cr0, eax
        jmp CODE64:lm
        bits 64
lm:     mov edi, IDT_AT
        mov ecx, 32
.gate:  mov eax, handler
        mov [rdi], ax
        mov word [rdi + 2], CODE64
        mov word [rdi + 4], 0x8e00
        shr eax, 16
        mov [rdi + 6], ax
        mov qword [rdi + 8], 0
        add edi, 16
        loop .gate
        ONLY 31
        mov dword [TSS_AT + 4], 0x8000
        mov word [TSS_AT + 102], 104
        mov word [GDT_AT + TSS], 103
        mov word [GDT_AT + TSS + 2], TSS_AT
        mov byte [GDT_AT + TSS + 5], 0x89
%ifndef NO_TR
        mov ax, TSS
        ltr ax
%endif
        mov esp, 0x9000
        %include CASE
        jmp survived

user64: push UDATA
        push 0x7000
        push 2
        push UCODE64
        push user
        iretq
%endif
%ifndef HAVE_USER
user:
%endif
handler:
survived:
        mov dx, 0x501
        mov al, 1
        out dx, al
        jmp survived

        align 8
gdt:    dq 0
        dq 0x00cf9b000000ffff   ; 08 code
        dq 0x00cf93000000ffff   ; 10 data
        dq 0x00af9b000000ffff   ; 18 64-bit code
        dq 0x00cff3000000ffff   ; 20 user data
        dq 0, 0                 ; 28 TSS
        dq 0x00cffb000000ffff   ; 38 user code
        dq 0x00affb000000ffff   ; 40 user 64-bit code
        dq 0x00cf13000000ffff   ; 48 data, not present
        dq 0x00cf1b000000ffff   ; 50 code, not present
        dq 0x0040930000000fff   ; 58 data, small
        dq 0x00cf99000000ffff   ; 60 code, execute-only
gdt_end:
zeros:  dd 0, 0
gdtr:   dw gdt_end - gdt - 1
        dd GDT_AT

        times 0xfff0 - ($ - $$) db 0
        bits 16
        jmp 0xf000:start - 0xf0000
        times 0x10000 - ($ - $$) db 0
