; SPDX-License-Identifier: MIT
; A firmware image of litmus tests for several processors: what memory order, locked operations, page
; tables and modified code may show, counted. Each line on port E9h: name, how often the outcome in
; question was seen, of how many, and whether x86 forbids or allows it. tests/boot/test_litmus.py
; reads them. Ends through isa-debug-exit with status 5 (value 2), after an exception with 7.
;     emu -bios build/guests/litmus.bin -smp 4 -debugcon stdio -device isa-debug-exit
%include "long.inc"

        org 0x20000             ; where it copies itself to
        bits 16
%define OFF(x) ((x) - 0x20000)
IDT     equ 0x1000
TRAMP   equ 0x8000
PML4    equ 0x10000
PDPT    equ 0x11000
PD0     equ 0x12000
PD1     equ 0x13000             ; the window's
PD3     equ 0x14000             ; the APIC's
PTW     equ 0x15000
STACKS  equ 0x60000
APIC    equ 0xfee00000
WINDOW  equ 0x40000000          ; 512 pages through PTW
VARS    equ 0x100000            ; each variable has its line
CELLS   equ 0x200000
N_CELLS equ 2048
LOCKS   equ 0x300000            ; the window's pages 0 and 1 are here and at LOCKS + 8000h
CODE    equ 0x400000

go      equ VARS                ; + 64 * processor: job number
prog    equ VARS + 0x400        ; + 64 * processor: where in the batch
arrived equ VARS + 0x800
turn    equ VARS + 0x840
parties equ VARS + 0x880
job     equ VARS + 0x8c0
ids     equ VARS + 0x900
fails   equ VARS + 0x940
pf_to   equ VARS + 0x980        ; where to go on after #PF; 0: it is an error
bp_to   equ VARS + 0x9c0        ; the same for #BP
ipi_fn  equ VARS + 0xa00        ; called by the handler of vector 42h
acks    equ VARS + 0xa40
test_at equ VARS + 0xa80        ; the test's row
where   equ VARS + 0xac0        ; the locked operand
flag    equ VARS + 0xb00
flag2   equ VARS + 0xb40
shared  equ VARS + 0xb80
shared2 equ VARS + 0xbc0

entry:  cld
        cli
        xor ax, ax
        mov ss, ax
        mov sp, 0x7000
        mov ax, 0xf000
        mov ds, ax
        mov ax, 0x2000
        mov es, ax
        xor si, si
        xor di, di
        mov cx, 0x8000
        rep movsw
        jmp 0x2000:OFF(real)

real:   mov ax, 0x2000
        mov ds, ax
        mov al, 0xff            ; no interrupts of the PICs
        out 0x21, al
        out 0xa1, al
        mov bx, OFF(gdtr)
        o32 lgdt [bx]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        jmp dword 0x08:prot

; Any processor, 32-bit without paging: on to long mode, to [next].
        bits 32
prot:   mov ax, 0x10
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov edi, PML4
        xor eax, eax
        mov ecx, 0x6000 / 4
        rep stosd
        mov dword [PML4], PDPT + 7
        mov dword [PDPT], PD0 + 7
        mov dword [PDPT + 8], PD1 + 7
        mov dword [PDPT + 24], PD3 + 7
        mov dword [PD1], PTW + 7
        mov dword [PD3 + 0x1f7 * 8], 0xfee00093
        mov edi, PD0
        mov eax, 0x83
        mov ecx, 8              ; 16 MiB
.pd:    mov [edi], eax
        add eax, 0x200000
        add edi, 8
        loop .pd
        mov edi, VARS
        xor eax, eax
        mov ecx, 0x1000
        rep stosd
to_long:
        prepare_long PML4
        mov eax, cr0
        or eax, 0x80010002      ; PG, WP, MP
        and eax, 0xfffffff3
        mov cr0, eax
        jmp 0x18:lmode

        bits 16
ap:     cli                     ; at 0800h:0
        xor ax, ax
        mov ds, ax
        o32 lgdt [TRAMP + ap_gdtr - ap]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        jmp dword 0x08:ap32
ap_gdtr: dw gdtr - gdt - 1
        dd gdt
ap_end:
        bits 32
ap32:   mov ax, 0x10
        mov ds, ax
        mov es, ax
        mov ss, ax
        jmp to_long

; --- all processors ----------------------------------------------------------------------------
        bits 64
lmode:   mov ax, 0x10
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov r12d, 1
        lock xadd [ids], r12d   ; not the APIC's number, and nobody minds
        lea esp, [r12 + 1]
        shl esp, 14
        add esp, STACKS
        mov eax, APIC
        mov dword [rax + 0xf0], 0x1ff
        fninit
        test r12d, r12d
        jz boot
        lidt [idtr]
        mov r13d, r12d
        shl r13d, 6
        xor r14d, r14d
idle:   cli
        mov eax, [go + r13]
        cmp eax, r14d
        jne .work
        sti
        hlt
        jmp idle
.work:  mov r14d, eax
        sti
        push r13
        push r14
        mov edi, r12d
        call [job]
        pop r14
        pop r13
        jmp idle

%macro STUB 1
        align 16
%if %1 != 8 && (%1 < 10 || %1 > 14) && %1 != 17
        push 0
%endif
        push %1
        jmp trap
%endmacro
        align 16
stubs:
%assign i 0
%rep 32
        STUB i
%assign i i + 1
%endrep
trap:   push rax
        cmp qword [rsp + 8], 14
        jne .bp
        mov rax, [pf_to]
        jmp .known
.bp:    cmp qword [rsp + 8], 3
        jne .bad
        mov rax, [bp_to]
.known: test rax, rax
        jz .bad
        mov [rsp + 24], rax
        pop rax
        add rsp, 16
        iretq
.bad:   mov esi, t_bad
        call puts
        mov rax, [rsp + 8]
        call dec
        mov rax, [rsp + 24]
        call dec
        mov al, 3
        mov dx, 0x501
        out dx, al
.stop:  jmp .stop

wake:   push rax                ; vector 41h: back to the idle loop
        mov eax, APIC
        mov dword [rax + 0xb0], 0
        pop rax
        iretq
ipi:    push rax                ; vector 42h
        call [ipi_fn]
        lock inc dword [acks]
        mov eax, APIC
        mov dword [rax + 0xb0], 0
        pop rax
        iretq
nothing:
        ret

gate:   mov [rdi], ax           ; EAX: handler, RDI: entry
        mov dword [rdi + 2], 0x8e000018
        shr eax, 16
        mov [rdi + 6], ax
        mov qword [rdi + 8], 0
        ret

boot:   mov ebx, stubs
        mov edi, IDT
.gate:  mov eax, ebx
        call gate
        add ebx, 16
        add edi, 16
        cmp edi, IDT + 32 * 16
        jne .gate
        mov eax, wake
        mov edi, IDT + 0x41 * 16
        call gate
        mov eax, ipi
        mov edi, IDT + 0x42 * 16
        call gate
        lidt [idtr]
        mov qword [ipi_fn], nothing
        mov esi, ap
        mov edi, TRAMP
        mov ecx, ap_end - ap
        rep movsb
        mov eax, APIC
        mov dword [rax + 0x300], 0xc4500        ; INIT, SIPI to 8000h for all others
        mov dword [rax + 0x300], 0xc4608
.wait:  pause
        movzx ecx, byte [cpus]
        cmp [ids], ecx
        jne .wait
        sti
        call locked
        call ordered
        call paging
        call code
        test byte [flags], 1
        jz .end
        call dma
.end:   mov esi, t_done
        call puts
        mov al, 2
        mov dx, 0x501
        out dx, al
        jmp .end

; --- what the tests share ----------------------------------------------------------------------
; RAX on processors 0 to ECX - 1.
together:
        mov [job], rax
        mov [parties], ecx
        xor edx, edx
.go:    inc edx
        cmp edx, ecx
        je .ipi
        mov eax, edx
        shl eax, 6
        inc dword [go + rax]
        jmp .go
.ipi:   mov eax, APIC
        mov dword [rax + 0x300], 0xc4041
        xor edi, edi
        xor r12d, r12d
        jmp [job]

; All [parties] of them. Clobbers RAX, RDX.
barrier:
        push rcx
        mov edx, [turn]
        mov ecx, [parties]      ; who is late must not see the next test's
        mov eax, 1
        lock xadd [arrived], eax
        inc eax
        cmp eax, ecx
        jne .wait
        mov dword [arrived], 0
        inc dword [turn]
        pop rcx
        ret
.wait:  pause
        cmp [turn], edx
        je .wait
        pop rcx
        ret

; All others execute [ipi_fn] in an interrupt; returns when ECX have.
shoot:  mov dword [acks], 0
        mov eax, APIC
        mov dword [rax + 0x300], 0xc4042
.wait:  pause
        cmp [acks], ecx
        jb .wait
        ret

; Batches, or iterations: EAX times the tester's factor.
rounds:  movzx ecx, byte [factor]
        imul eax, ecx
        ret

puts:   lodsb
        test al, al
        jz .end
        out 0xe9, al
        jmp puts
.end:   ret
dec:    push rbx                ; RAX
        mov ebx, 10
        push 0
.next:  xor edx, edx
        div rbx
        add edx, '0'
        push rdx
        test rax, rax
        jnz .next
.out:   pop rax
        test eax, eax
        jz .end
        out 0xe9, al
        jmp .out
.end:   mov al, ' '
        out 0xe9, al
        pop rbx
        ret
; RSI: name, RAX: seen, RBX: of, RDX: text of the verdict
report: push rdx
        push rax
        call puts
        mov al, ' '
        out 0xe9, al
        pop rax
        call dec
        mov rax, rbx
        call dec
        pop rsi
        jmp puts
forbidden:
        mov edx, t_forbidden
        jmp report

%include "litmus_order.inc"
%include "litmus_lock.inc"
%include "litmus_page.inc"
%include "litmus_code.inc"
%include "litmus_dma.inc"

t_bad:  db 10, "exception at ", 0
t_done: db "done", 10, 0
t_forbidden: db "forbidden", 10, 0
t_allowed: db "allowed", 10, 0
        align 8
gdt:    dq 0
        dq 0x00cf9b000000ffff   ; 08 code32
        dq 0x00cf93000000ffff   ; 10 data
        dq 0x00af9b000000ffff   ; 18 code64
gdtr:   dw gdtr - gdt - 1
        dd gdt
idtr:   dw 0x43 * 16 - 1
        dq IDT

        times 0xffe0 - ($ - $$) db 0
cpus:   db 4                    ; the tester's: processors, how long,
factor: db 1
flags:  db 0                    ; 1: there is a disk with litmus_disk's sectors
        times 0xfff0 - ($ - $$) db 0
        bits 16
        jmp 0xf000:OFF(entry)
        times 0x10000 - ($ - $$) db 0
