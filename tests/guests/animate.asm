; SPDX-License-Identifier: MIT
; A boot sector that draws whole pictures of 1024x768x32 in 64-bit mode for `bench/display`: writes "a" to
; port E9h, draws 3000 by REP STOSD, writes "b", 1000 pixel by pixel, writes "c" and stops.

        bits 16
        org 0x7c00
PIXELS  equ 1024 * 768

start:  cli
        xor ax, ax
        mov ds, ax
        mov ss, ax
        mov sp, 0x7c00
        cld
        mov si, modes
        mov cx, 5
.set:   mov dx, 0x1ce
        lodsw
        out dx, ax
        inc dx
        lodsw
        out dx, ax
        loop .set
; BAR0 of 1234:1111
        mov ebx, 0x80000000
.find:  mov eax, ebx
        mov dx, 0xcf8
        out dx, eax
        mov dx, 0xcfc
        in eax, dx
        cmp eax, 0x11111234
        je .found
        add ebx, 0x800
        jmp .find
.found: lea eax, [ebx + 0x10]
        mov dx, 0xcf8
        out dx, eax
        mov dx, 0xcfc
        in eax, dx
        and al, 0xf0
        mov [frame], eax
        lgdt [gdtr]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        jmp 8:protected

        bits 32
protected:
        mov ax, 16
        mov ds, ax
        mov es, ax
        mov edi, 0x10000        ; PML4, PDPT, four page directories of 2 MiB pages
        mov cr3, edi
        xor eax, eax
        mov ecx, 6 * 1024
        rep stosd
        mov dword [0x10000], 0x11003
        mov eax, 0x12003
        mov edi, 0x11000
        mov cl, 4
.pdpt:  mov [edi], eax
        add eax, 0x1000
        add edi, 8
        loop .pdpt
        mov eax, 0x83
        mov edi, 0x12000
        mov cx, 2048
.pd:    mov [edi], eax
        add eax, 0x200000
        add edi, 8
        loop .pd
        mov eax, cr4
        or al, 0x20
        mov cr4, eax
        mov ecx, 0xc0000080
        rdmsr
        or ah, 1
        wrmsr
        mov eax, cr0
        or eax, 0x80000000
        mov cr0, eax
        jmp 24:wide

        bits 64
wide:
        mov al, 'a'
        out 0xe9, al
        mov ebx, 3000
.fill:  mov edi, [abs frame]
        mov ecx, PIXELS
        imul eax, ebx, 0x010203
        rep stosd
        dec ebx
        jnz .fill
        mov al, 'b'
        out 0xe9, al
        mov ebx, 1000
.frame: mov edi, [abs frame]
        mov ecx, PIXELS
.pixel: lea eax, [rcx + rbx * 8]
        mov [rdi], eax
        add rdi, 4
        dec ecx
        jnz .pixel
        dec ebx
        jnz .frame
        mov al, 'c'
        out 0xe9, al
.stop:  hlt
        jmp .stop

modes:  dw 4, 0, 1, 1024, 2, 768, 3, 32, 4, 0x41
frame:  dd 0
gdt:    dq 0, 0x00cf9a000000ffff, 0x00cf92000000ffff, 0x00af9a000000ffff
gdtr:   dw gdtr - gdt - 1
        dd gdt
        times 510 - ($ - $$) db 0
        dw 0xaa55
