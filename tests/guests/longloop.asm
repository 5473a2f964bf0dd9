; SPDX-License-Identifier: MIT
; A firmware image that goes to long mode at once and runs a mixture of instructions there in a loop, on
; data that depend on all that went before; for -compare (tests/image/test_compare.py). The number of
; turns is the dword at offset 8 of the image. Ends through isa-debug-exit with status 33.
;     emu -bios build/guests/longloop.bin -device isa-debug-exit
%include "long.inc"

        org 0
        bits 16
PML4    equ 0x10000
STACK   equ 0x9000
DATA    equ 0x20000
IDT     equ 0x8000
BASE    equ 0xf0000             ; of the image below 1 MiB

        jmp real
        times 8 - ($ - $$) db 0x90
turns:  dd 1250                ; 100,000 instructions and more

real:   cli
        xor ax, ax
        mov ss, ax
        mov sp, STACK
        mov es, ax
        mov di, IDT             ; vector 40h, the only one that is used
        mov eax, 0x080000 + soft
        mov [es:IDT + 0x400], eax
        mov dword [es:IDT + 0x404], 0x000f8e00
        mov dword [es:IDT + 0x408], 0
        mov dword [es:IDT + 0x40c], 0
        mov ax, 0x1000          ; PML4, PDPT, PD: the first 2 MiB
        mov es, ax
        xor di, di
        xor eax, eax
        mov cx, 0x3000 / 4
        rep stosd
        mov dword [es:0], PML4 + 0x1003
        mov dword [es:0x1000], PML4 + 0x2003
        mov dword [es:0x2000], 0x83
        o32 lgdt [cs:gdtr]
        o32 lidt [cs:idtr]
        prepare_long PML4
        mov eax, cr0
        and eax, 0x9ffffffb     ; CD, NW, EM
        or eax, 0x80000023      ; PG, NE, MP, PE
        mov cr0, eax
        jmp dword 0x08:BASE + start64

        align 8
gdt:    dq 0, 0x00af9b000000ffff, 0x00cf93000000ffff
gdtr:   dw 23
        dd BASE + gdt
idtr:   dw 0x40f
        dd IDT

        bits 64
start64:mov eax, 0x10
        mov ds, eax
        mov es, eax
        mov ss, eax
        mov esp, STACK
        mov r15d, [BASE + turns]
        mov rax, 0x0123456789abcdef
        mov rbx, 0xfedcba9876543210
        mov ebp, DATA
        fninit
        fld1
        fldpi
        movq xmm0, rax
        movq xmm1, rbx
turn:   ; integer
        imul rcx, rax, 0x1003
        add rax, rcx
        adc rbx, rax
        rol rax, 7
        xor rax, rbx
        bswap rbx
        shld rbx, rax, 13
        sbb edx, edx
        bt rax, 5
        setc dl
        bsf rcx, rax
        cmovz rcx, rbx
        movsx rsi, al
        movzx edi, bh
        lea r8, [rax + rbx * 4 + 17]
        mul r8
        mov r9, rdx
        xor edx, edx
        mov r10d, 0x10001
        div r10
        add rax, rdx
        neg r8
        not r9
        sar r9, cl
        ; memory, stack, flow
        mov [rbp], rax
        add [rbp + 8], rbx
        xadd [rbp + 16], r8
        cmpxchg [rbp + 24], r9
        push rax
        pushfq
        pop rcx
        and ecx, 0xcd5
        add rbx, rcx
        pop rdx
        call twist
        int 0x40
        test al, 3
        jz .even
        inc r11
.even:  mov esi, DATA
        mov edi, DATA + 0x100
        mov ecx, 9
        rep movsq
        mov edi, DATA + 0x200
        mov ecx, 21
        rep stosb
        mov edi, DATA
        mov ecx, 64
        repne scasb
        ; x87 and SSE
        fadd st0, st1
        fld qword [BASE + small]
        fmulp st1, st0
        fst qword [rbp + 32]
        fistp qword [rbp + 40]
        fldpi
        paddq xmm0, xmm1
        pxor xmm1, xmm0
        pshufd xmm2, xmm0, 0x1b
        cvtsi2sd xmm3, rax
        mulsd xmm3, [BASE + small]
        addsd xmm4, xmm3
        movdqu [rbp + 48], xmm2
        movsd [rbp + 64], xmm4
        dec r15d
        jnz turn
        mov eax, 16
        mov dx, 0x501
        out dx, eax
.end:   hlt
        jmp .end

twist:  enter 16, 0
        mov [rbp - 8], rax
        rol qword [rbp - 8], 3
        mov rax, [rbp - 8]
        leave
        ret

soft:   add rax, [rsp]          ; INT 40h: where it came from
        iretq

        align 8
small:  dq 0x3f50624dd2f1a9fc   ; 0.001

        times 0xfff0 - ($ - $$) db 0xcc
        bits 16
        jmp 0xf000:real
        times 0x10000 - ($ - $$) db 0xcc
