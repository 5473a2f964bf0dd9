; SPDX-License-Identifier: MIT
; A firmware image that exercises the processor in every mode and tells on port E9h what it saw, for
; tests/accel/test_conformance.c: real mode, protected mode, paging, long mode with rings, the local
; APIC's timer, a second processor. Ends through isa-debug-exit with status 5 (value 2).
;     emu -bios build/guests/conform.bin -smp 2 -debugcon stdio -device isa-debug-exit

        org 0x20000             ; where it copies itself to
        bits 16
%define OFF(x) ((x) - 0x20000)
RSTACK  equ 0x7000
STACK   equ 0x18000
ASTACK  equ 0x1c000
IDT     equ 0x1000
PD32    equ 0x80000
PT32    equ 0x81000
PML4    equ 0x84000
PDPT    equ 0x85000
PD64    equ 0x86000
PT64    equ 0x87000
APIC    equ 0xfee00000
UPAGE   equ 0x60000             ; a page of the user's

entry:  cld
        xor ax, ax
        mov ss, ax
        mov sp, RSTACK
        mov ax, 0xf000
        mov ds, ax
        mov ax, 0x2000
        mov es, ax
        xor si, si
        xor di, di
        mov cx, 0x8000
        rep movsw
        jmp 0x2000:OFF(real)

; --- real mode ---------------------------------------------------------------------------------
puts16: lodsb
        test al, al
        jz .end
        out 0xe9, al
        jmp puts16
.end:   ret
hex16:  mov cx, 4               ; AX
.next:  rol ax, 4
        push ax
        and al, 15
        cmp al, 10
        sbb al, 0x69
        das
        out 0xe9, al
        pop ax
        loop .next
        ret
nl16:   push ax
        mov al, 10
        out 0xe9, al
        pop ax
        ret

int60:  mov bp, sp
        mov ax, [bp + 4]        ; FLAGS of the caller
        and ax, 0x0fff
        call hex16
        iret
div0:   mov bp, sp
        add word [bp], 2        ; behind "div bl"
        mov ax, 0xd0d0
        iret

real:   mov ax, 0x2000
        mov ds, ax
        xor ax, ax
        mov es, ax
        mov word [es:0x60 * 4], OFF(int60)
        mov word [es:0x60 * 4 + 2], 0x2000
        mov word [es:0], OFF(div0)
        mov word [es:2], 0x2000
        mov si, OFF(t_real)
        call puts16
        mov al, 0x7f            ; flags of an overflow, seen by an interrupt handler
        add al, 1
        stc
        int 0x60
        mov al, ' '
        out 0xe9, al
        xor bl, bl
        mov ax, 1
        div bl
        call hex16
        mov al, ' '
        out 0xe9, al
        mov ax, 0x1234          ; strings, shifts, BCD, backwards
        mov dx, 0x5678
        shld ax, dx, 5
        imul ax, dx
        rcr ax, 3
        aaa
        push ax
        call hex16
        mov ax, 0x3000
        mov es, ax
        mov di, 0x100
        mov cx, 40
        pop ax
.fill:  stosw
        ror ax, 3
        loop .fill
        std
        mov si, 0x13e
        mov di, 0x23e
        mov cx, 32
        push ds
        push es
        pop ds
        rep movsw
        pop ds
        cld
        mov al, ' '
        out 0xe9, al
        xor ax, ax
        mov di, 0x200
        mov cx, 32
.sum:   add ax, [es:di]
        rol ax, 1
        add di, 2
        loop .sum
        call hex16
        call nl16
        mov bx, OFF(flags)
        test byte [bx], 4
        jz .plain
        mov si, OFF(t_door)     ; VMware's backdoor: version, with and without the magic number
        call puts16
        mov eax, 0x564d5868
        call .door
        mov eax, 0x564d5869
        call .door
        call nl16
.plain: cli
        mov bx, OFF(gdtr)
        o32 lgdt [bx]
        mov eax, cr0
        or al, 0x21
        mov cr0, eax
        jmp dword 0x08:prot

.door:  mov ebx, 0xabcd1234
        mov ecx, 10
        mov dx, 0x5658
        in eax, dx
        call hex16
        ror eax, 16
        call hex16
        mov ax, bx
        call hex16
        shr ebx, 16
        mov ax, bx
        call hex16
        mov al, ' '
        out 0xe9, al
        ret

; --- protected mode ----------------------------------------------------------------------------
        bits 32
puts:   lodsb
        test al, al
        jz .end
        out 0xe9, al
        jmp puts
.end:   ret
hex32:  push ecx                ; EAX
        mov ecx, 8
.next:  rol eax, 4
        push eax
        and al, 15
        cmp al, 10
        sbb al, 0x69
        das
        out 0xe9, al
        pop eax
        loop .next
        mov al, ' '
        out 0xe9, al
        pop ecx
        ret

%macro STUB 1
stub%1:
%if %1 != 8 && (%1 < 10 || %1 > 14) && %1 != 17
        push dword 0
%endif
        push dword %1
        jmp trap
        align 16
%endmacro
        align 16
stubs:
%assign i 0
%rep 20
        STUB i
%assign i i + 1
%endrep

trap:   pop eax                 ; vector, error code, then on where the test wants
        call hex32
        pop eax
        call hex32
        mov esp, STACK
        jmp [resume]

%macro EXPECT 1
        mov dword [resume], %%on
        %1
%%on:
%endmacro

prot:   mov ax, 0x10
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov esp, STACK
        mov esi, t_prot
        call puts
        mov edi, IDT
        mov eax, stubs
        mov ecx, 20
.gate:  mov [edi], ax
        mov word [edi + 2], 0x08
        mov word [edi + 4], 0x8e00
        mov edx, eax
        shr edx, 16
        mov [edi + 6], dx
        add eax, 16
        add edi, 8
        loop .gate
        lidt [idtr32]
        EXPECT ud2
        EXPECT int3
        EXPECT {mov ebx, 0x1234}
        mov dword [resume], .gp
        mov ax, 0x68            ; beyond the GDT
        mov ds, ax
.gp:    mov dword [resume], .np
        mov ax, 0x38            ; not present
        mov fs, ax
.np:    mov dword [resume], .ss
        mov ax, 0x40            ; read-only
        mov ss, ax
.ss:    mov dword [resume], .de
        xor ecx, ecx
        div ecx
.de:    mov dword [resume], .br
        mov eax, 99
        bound eax, [limits]
.br:    mov dword [resume], .lim
        mov ax, 0x48            ; a segment of 64 KiB
        mov gs, ax
        mov eax, [gs:0x10000]
.lim:   mov al, 10
        out 0xe9, al

; --- 32-bit paging -----------------------------------------------------------------------------
        test byte [flags], 1
        jnz no_page
        mov esi, t_page
        call puts
        mov edi, PD32
        xor eax, eax
        mov ecx, 0x800
        rep stosd
        mov dword [PD32], PT32 + 7
        mov edi, PT32
        mov eax, 3
        mov ecx, 256
.pt:    stosd
        add eax, 0x1000
        loop .pt
        mov dword [PT32 + 0x50 * 4], 0          ; 50000h: not present
        mov dword [PT32 + 0x51 * 4], 0x51001    ; 51000h: read-only
        mov eax, PD32
        mov cr3, eax
        mov eax, cr0
        or eax, 0x80010000
        mov cr0, eax
        mov dword [resume], .pf1
        mov eax, [0x50123]
.pf1:   mov eax, cr2
        call hex32
        mov dword [resume], .pf2
        mov [0x51abc], eax
.pf2:   mov eax, cr2
        call hex32
        mov eax, [0x52000]                      ; accessed
        mov [0x53000], eax                      ; and dirty
        mov eax, [PT32 + 0x52 * 4]
        call hex32
        mov eax, [PT32 + 0x53 * 4]
        call hex32
        mov dword [PT32 + 0x50 * 4], 0x54003    ; a page that appears, INVLPG
        mov dword [0x54010], 0xfeedf00d
        invlpg [0x50000]
        mov eax, [0x50010]
        call hex32
        mov al, 10
        out 0xe9, al
        mov eax, cr0
        and eax, 0x7fffffff
        mov cr0, eax
no_page:

; --- long mode ---------------------------------------------------------------------------------
        mov edi, PML4
        xor eax, eax
        mov ecx, 0x1000
        rep stosd
        mov dword [PML4], PDPT + 7
        mov dword [PDPT], PD64 + 7
        mov dword [PDPT + 3 * 8], PD64 + 0x2007 ; 89000h... a directory for the APIC's page
        mov dword [PD64], PT64 + 7
        mov dword [PD64 + 0x2000 + 0x1f7 * 8], 0xfee00093
        mov edi, PT64
        mov eax, 3
        mov ecx, 256
.pt64:  mov [edi], eax
        mov dword [edi + 4], 0
        add edi, 8
        add eax, 0x1000
        loop .pt64
        or dword [PT64 + (UPAGE >> 12) * 8], 4
        or dword [PT64 + ((UPAGE >> 12) + 1) * 8], 4
        mov eax, PML4
        mov cr3, eax
        mov eax, cr4
        or eax, 0x620
        mov cr4, eax
        mov ecx, 0xc0000080
        rdmsr
        or eax, 0x101           ; LME, SCE
        wrmsr
        mov eax, cr0
        or eax, 0x80000002
        and eax, 0xfffffffb
        mov cr0, eax
        jmp 0x18:lmode

        bits 64
puts64: lodsb
        test al, al
        jz .end
        out 0xe9, al
        jmp puts64
.end:   ret
hex64:  push rcx                ; RAX
        mov ecx, 16
.next:  rol rax, 4
        push rax
        and al, 15
        add al, '0'
        cmp al, '9'
        jbe .out
        add al, 'a' - '0' - 10
.out:   out 0xe9, al
        pop rax
        loop .next
        mov al, ' '
        out 0xe9, al
        pop rcx
        ret

%macro STUB64 1
        align 16
%if %1 != 8 && (%1 < 10 || %1 > 14) && %1 != 17
        push 0
%endif
        push %1
        jmp trap64
%endmacro
        align 16
stubs64:
%assign i 0
%rep 20
        STUB64 i
%assign i i + 1
%endrep
trap64: pop rax
        call hex64
        pop rax
        call hex64
        mov rax, [rsp + 8]      ; CS
        call hex64
        mov rsp, STACK
        jmp [resume]
timer:  inc dword [ticks]
        push rax
        mov eax, APIC
        mov dword [rax + 0xb0], 0
        pop rax
        iretq

lmode:  mov rsp, STACK
        mov ax, 0x10
        mov ss, ax
        mov ds, ax
        mov es, ax
        mov esi, t_long
        call puts64
        mov edi, IDT
        mov eax, stubs64
        mov ecx, 20
.gate:  mov [rdi], ax
        mov dword [rdi + 2], 0x8e000018
        mov edx, eax
        shr edx, 16
        mov [rdi + 6], dx
        mov qword [rdi + 8], 0
        add eax, 16
        add edi, 16
        loop .gate
        mov edi, IDT + 0x40 * 16
        mov eax, timer
        mov [rdi], ax
        mov dword [rdi + 2], 0x8e000018
        shr eax, 16
        mov [rdi + 6], ax
        mov qword [rdi + 8], 0
        lidt [idtr64]
        mov eax, tss
        mov [gdt_tss + 2], ax
        shr eax, 16
        mov [gdt_tss + 4], al
        mov qword [tss + 4], STACK
        mov ax, 0x58
        ltr ax
        mov qword [resume], .gp
        mov rax, 0x8000000000000000
        mov rbx, [rax]
.gp:    mov qword [resume], .pf
        mov eax, 0x40000000
        mov rbx, [rax]
.pf:    mov rax, cr2
        call hex64
        mov rsi, user           ; ring 3: copied to a page of its own
        mov edi, UPAGE
        mov ecx, user_end - user
        rep movsb
        mov al, [flags]
        mov [UPAGE + 0x1800], al
        mov ecx, 0xc0000081
        mov edx, 0x00180018     ; SYSCALL: CS 18h, SYSRET: 18h + 16 | 3
        xor eax, eax
        wrmsr
        mov ecx, 0xc0000082
        mov eax, syscall_in
        xor edx, edx
        wrmsr
        mov ecx, 0xc0000084
        xor eax, eax
        wrmsr
        mov qword [resume], .user
        push 0x23
        push UPAGE + 0x1ff0
        push 0x2
        push 0x2b
        push UPAGE
        iretq
.user:  mov rax, cr2
        call hex64
        mov rax, [UPAGE + 0x1000]
        call hex64
        mov al, 10
        out 0xe9, al
        jmp apic

syscall_in:                     ; RCX: where from
        mov rax, rcx
        sub rax, UPAGE
        mov r8, rsp
        mov rsp, STACK
        mov r9, rcx
        call hex64
        mov rcx, r9
        mov r11d, 2
        mov rsp, r8
        o64 sysret

user:   mov rax, 0x1122334455667788
        movq xmm3, rax
        paddb xmm3, xmm3
        movq [abs UPAGE + 0x1000], xmm3
        test byte [abs UPAGE + 0x1800], 2
        jnz .quiet
        syscall
        add dword [abs UPAGE + 0x1000], 1
.quiet:
        mov eax, [abs STACK]    ; the supervisor's: #PF 5
        hlt
user_end:

; --- the local APIC's timer --------------------------------------------------------------------
apic:   mov esi, t_apic
        call puts64
        mov ebp, APIC
        mov dword [rbp + 0xf0], 0x1ff
        mov dword [rbp + 0x3e0], 0xb            ; divide by 1
        mov dword [rbp + 0x320], 0x40           ; one shot
        mov ecx, 3
.shot:  mov dword [rbp + 0x380], 50000
        sti
        hlt
        cli
        loop .shot
        mov eax, [ticks]
        call hex64
        mov eax, [rbp + 0x390]                  ; it stands at 0
        call hex64
        mov eax, 4                              ; TPR: 40h is held back
        mov cr8, rax
        mov al, 10
        out 0xe9, al

; --- the second processor ----------------------------------------------------------------------
        mov esi, t_smp
        call puts64
        mov esi, ap
        mov edi, 0x8000
        mov ecx, ap_end - ap
        rep movsb
        mov dword [rbp + 0x310], 1 << 24
        mov dword [rbp + 0x300], 0x4500         ; INIT
        mov dword [rbp + 0x310], 1 << 24
        mov dword [rbp + 0x300], 0x4608         ; SIPI to 8000h
.wait:  pause
        cmp dword [abs 0x9000], 0x900d
        jne .wait
        mov ecx, 1000                           ; both add to one word
.add:   lock inc dword [abs 0x9004]
        loop .add
        mov dword [abs 0x9008], 1
.both:  pause
        cmp dword [abs 0x900c], 1
        jne .both
        mov eax, [abs 0x9004]
        call hex64
        mov eax, [abs 0x9010]
        call hex64
        mov al, 10
        out 0xe9, al
        mov esi, t_hash         ; of the first 512 KiB, without this stack
        call puts64
        xor ebx, ebx
        mov esi, 0x600
.hash:  cmp esi, 0x17000
        jne .word
        mov esi, 0x1d000
.word:  mov eax, [rsi]
        add ebx, eax
        imul ebx, ebx, 0x01000193
        add esi, 4
        cmp esi, 0x80000
        jne .hash
        mov eax, ebx
        call hex64
        mov al, 10
        out 0xe9, al
        mov al, 2
        mov dx, 0x501
        out dx, al
stop:   hlt
        jmp stop

        bits 16
ap:     xor ax, ax              ; at 0800h:0
        mov ds, ax
        mov dword [0x9000], 0x900d
        mov cx, 1000
.add:   lock inc dword [0x9004]
        loop .add
        mov eax, 1
        cpuid
        shr ebx, 24
        mov [0x9010], ebx
        mov dword [0x900c], 1
.halt:  cli
        hlt
        jmp .halt
ap_end:

t_real: db "real ", 0
t_door: db 'backdoor ', 0
t_prot: db "protected ", 0
t_page: db "paging ", 0
t_long: db "long ", 0
t_apic: db "apic ", 0
t_smp:  db "smp ", 0
t_hash: db "memory ", 0
        align 8
resume: dq 0
ticks:  dq 0
limits: dd 0, 9
gdt:    dq 0
        dq 0x00cf9b000000ffff   ; 08 code32
        dq 0x00cf93000000ffff   ; 10 data
        dq 0x00af9b000000ffff   ; 18 code64
        dq 0x00cff3000000ffff   ; 20 user data
        dq 0x00affb000000ffff   ; 28 user code64
        dq 0
        dq 0x00cf13000000ffff   ; 38 data, not present
        dq 0x00cf91000000ffff   ; 40 data, read-only
        dq 0x000093000000ffff   ; 48 data, 64 KiB
        dq 0
gdt_tss: dq 0x0000890000000067  ; 58 TSS
        dq 0
gdtr:   dw gdtr - gdt - 1
        dd gdt
idtr32: dw 20 * 8 - 1
        dd IDT
idtr64: dw 0x41 * 16 - 1
        dq IDT
        align 16
tss:    times 104 db 0

        times 0xffe0 - ($ - $$) db 0
flags:  db 0                    ; the tester's; leave out: 1 32-bit paging, 2 SYSCALL; try: 4 backdoor
        times 0xfff0 - ($ - $$) db 0
        bits 16
        jmp 0xf000:OFF(entry)
        times 0x10000 - ($ - $$) db 0
