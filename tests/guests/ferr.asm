; SPDX-License-Identifier: MIT
; x87 errors with CR0.NE = 0: IRQ 13 at the next waiting instruction, port F0h, IGNNE#. 200 rounds in
; flat protected mode, so that translators translate. Ends through isa-debug-exit with the number of
; the step that failed, 0 if none did.

        org 0x7c00
        bits 16
start:  xor ax, ax
        mov ds, ax
        cli
        mov al, ~0x20           ; IRQ 13 alone
        out 0xa1, al
        mov al, ~4
        out 0x21, al
        lgdt [gdtr]
        mov eax, cr0
        and eax, ~0x2c          ; no NE, TS, EM
        or eax, 3               ; MP, PE
        mov cr0, eax
        jmp 8:flat
        bits 32
flat:   mov ax, 16
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov esp, 0x7c00
        mov word [0x1000 + 0x75 * 8], irq13
        mov dword [0x1000 + 0x75 * 8 + 2], 0x8e000008
        mov word [0x1000 + 0x75 * 8 + 6], 0
        lidt [idtr]
        sti
        mov ecx, 200
round:  mov byte [count], 0

        ; 1: once, before FWAIT, which is where the handler returns to; it clears the error
        fninit
        fldcw [unmasked]
        mov byte [clears], 1
        fld1
        fldz
        fdivp st1, st0
        mov ebx, 1
        cmp byte [count], 0
        jne done
.w1:    fwait
        cmp byte [count], 1
        jne done
        cmp dword [where], .w1
        jne done

        ; 2: the handler leaves the error: IGNNE# lets everything go on
        inc ebx
        mov byte [clears], 0
        fldz
        fld1
        fdivrp st1, st0
.w2:    fldcw [unmasked]
        fwait
        cmp byte [count], 2
        jne done
        cmp dword [where], .w2
        jne done
        fnstsw ax
        test al, 0x80
        jz done
        fnclex
        fwait

        ; 3: a new error is a new interrupt; the processor waits for it
        inc ebx
        mov byte [clears], 1
        cli
        fldz
        fld1
        fdivrp st1, st0
        sti
.w3:    fwait
        cmp byte [count], 3
        jne done
        dec ecx
        jnz round
        xor ebx, ebx
done:   mov eax, ebx
        mov dx, 0x501
        out dx, al
.stop:  hlt
        jmp .stop

irq13:  push eax
        mov eax, [esp + 4]
        mov [where], eax
        inc byte [count]
        out 0xf0, al
        cmp byte [clears], 0
        je .left
        fnclex
.left:  mov al, 0x20
        out 0xa0, al
        out 0x20, al
        pop eax
        iretd

gdtr:   dw gdt.end - gdt - 1
        dd gdt
idtr:   dw 0x76 * 8 - 1
        dd 0x1000
gdt:    dq 0, 0x00cf9a000000ffff, 0x00cf92000000ffff
.end:
where:  dd 0
unmasked: dw 0x37b
count:  db 0
clears: db 0
        times 510 - ($ - $$) db 0
        dw 0xaa55
