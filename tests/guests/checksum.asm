; SPDX-License-Identifier: MIT
; A running checksum in long mode at CPL 3, for tests that move the processor between accelerators
; (tests/accel/rig.h loads it at 10000h and starts it in real mode at 1000h:0). Uses integer, x87 and
; SSE registers, memory, a port and a memory-mapped register whose values count up: an access that is
; lost or made twice changes the result.
;   in  eax, 20h   a number that counts up       [D0000000h]  the same, and writes are added up
;   out 21h, al    "interrupt me with this vector"    in al, 22h   1: enough turns
;   out 10h, eax   the checksum, at the end      out F4h, al  the end
; The number of turns is the dword at offset 4; those made are the last dword to port 10h.
%include "long.inc"

        org 0x10000
        bits 16
start:  jmp real
        times 4 - ($ - $$) db 0x90
turns:  dd 10000

PML4    equ 0x100000
STACK0  equ 0x9000
STACK3  equ 0xa000
BUFFER  equ 0x200000            ; 64 KiB

real:   mov ax, 0x1000
        mov ds, ax
        xor ax, ax
        mov ss, ax
        mov sp, STACK0
        lgdt [gdtr - 0x10000]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        jmp dword 0x08:prot

        bits 32
prot:   mov ax, 0x10
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov esp, STACK0
        mov edi, PML4           ; identity: 0..4 MiB and the page at D0000000h, for the user
        xor eax, eax
        mov ecx, 0x1000 * 4 / 4
        rep stosd
        mov dword [PML4], PML4 + 0x1007
        mov dword [PML4 + 0x1000], PML4 + 0x2007
        mov dword [PML4 + 0x1000 + 3 * 8], PML4 + 0x3007
        mov dword [PML4 + 0x2000], 0x87
        mov dword [PML4 + 0x2008], 0x200087
        mov dword [PML4 + 0x3000 + 0x80 * 8], 0xd0000097
        prepare_long PML4
        mov eax, cr0
        or eax, 0x80010022      ; PG, WP, NE, MP
        and eax, 0xfffffffb     ; EM
        mov cr0, eax
        jmp 0x18:lmode

        bits 64
lmode:   mov rsp, STACK0
        mov rax, tick
        mov word [idt + 0x40 * 16], ax
        shr rax, 16
        mov word [idt + 0x40 * 16 + 6], ax
        mov word [idt + 0x40 * 16 + 2], 0x18
        mov word [idt + 0x40 * 16 + 4], 0xee00
        lidt [idtr]
        mov rax, tss
        mov word [gdt_tss + 2], ax
        shr rax, 16
        mov byte [gdt_tss + 4], al
        mov qword [tss + 4], STACK0
        mov ax, 0x30
        ltr ax
        push 0x2b               ; to CPL 3, IOPL 3, IF
        push STACK3
        push 0x3202
        push 0x23
        push user
        iretq

tick:   push rax                ; CPL 0, by the stack of the TSS
        inc qword [ticks]
        pop rax
        iretq

user:   fninit
        fldz
        pxor xmm0, xmm0
        mov rax, 0x9e3779b97f4a7c15
        movq xmm1, rax
        mov ebx, 0x12345678
        xor ebp, ebp            ; the checksum
        xor r12d, r12d          ; turns done
        mov r13d, [turns]
again:  mov eax, ebx            ; xorshift
        shl eax, 13
        xor ebx, eax
        mov eax, ebx
        shr eax, 17
        xor ebx, eax
        mov eax, ebx
        shl eax, 5
        xor ebx, eax
        movzx edi, bx
        and edi, 0xfff8
        add [BUFFER + rdi], rbx
        adc rbp, [BUFFER + rdi]
        paddq xmm0, xmm1
        fld1
        faddp
        test r12b, 0x1f
        jnz .next
        in eax, 0x20
        imul rbp, rbp, 31
        add rbp, rax
        mov ecx, 0xd0000000
        mov eax, [rcx]
        imul rbp, rbp, 31
        add rbp, rax
        mov [rcx], r12d
        add [rcx], r12d         ; read, then write
        in al, 0x22
        test al, al
        cmovnz r13d, r12d
        test r12w, 0x3ff
        jnz .next
        mov al, 0x40
        out 0x21, al
.next:  inc r12d
        cmp r12d, r13d
        jb again
        movq rax, xmm0
        add rbp, rax
        sub rsp, 8
        fistp qword [rsp]
        add rbp, [rsp]
        mov rdx, rbp
        mov eax, edx
        out 0x10, eax
        shr rdx, 32
        mov eax, edx
        out 0x10, eax
        in eax, 0x20
        out 0x10, eax
        mov eax, [ticks]
        out 0x10, eax
        mov eax, r12d
        out 0x10, eax
        xor eax, eax
        mov [ticks], rax        ; memory is to be the same whenever interrupts came
        mov edi, STACK0 - 0x100
        mov ecx, 0x100 / 8
        rep stosq
        out 0xf4, al
stop:   jmp stop

        align 8
gdt:    dq 0
        dq 0x00cf9b000000ffff   ; 08 code32
        dq 0x00cf93000000ffff   ; 10 data
        dq 0x00af9b000000ffff   ; 18 code64
        dq 0x00affb000000ffff   ; 20 user code64
        dq 0x00cff3000000ffff   ; 28 user data
gdt_tss: dq 0x0000890000000067  ; 30 TSS
        dq 0
gdtr:   dw gdtr - gdt - 1
        dd gdt
        align 8
idtr:   dw 0x41 * 16 - 1
        dq idt
ticks:  dq 0
tss:    times 104 db 0
        align 16
idt:    times 0x41 * 16 db 0
