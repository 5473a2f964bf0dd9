; SPDX-License-Identifier: MIT
;
; Boot ROM for -kernel. The firmware finds it as fw_cfg file genroms/emu-boot.bin, takes its boot
; entry vector into the boot order, and calls that in real mode. The ROM reads the boot table
; (boot.h), lets fw_cfg's DMA put each piece where it belongs, also above 1 MiB, and starts the
; kernel: in real mode at Linux' setup code, or in flat 32-bit protected mode.
;
; Low memory while it runs: 600h variables, 800h boot table, stack below 7C00h, 8000h-FFFFh what
; the table says (memory map, boot information).

VARS        equ 0x600
DMA         equ VARS            ; struct FWCfgDmaAccess
GDTR        equ VARS + 0x10
RESULT      equ VARS + 0x20     ; low-memory KiB, then KiB above 1 MiB
TABLE       equ 0x800
TABLE_MAX   equ 0x2400
STACK       equ 0x7c00

; boot table
T_MAGIC     equ TABLE + 0
T_KIND      equ TABLE + 4       ; 0 real mode, 1 protected mode
T_ENTRY     equ TABLE + 8       ; real mode: segment of the setup code
T_EAX       equ TABLE + 12      ; real mode: SP
T_EBX       equ TABLE + 16
T_MMAP      equ TABLE + 20      ; where the memory map goes
T_MMAP_KIND equ TABLE + 24      ; 0 none, 1 multiboot, 2 PVH
T_INFO      equ TABLE + 28      ; boot information
T_COUNT     equ TABLE + 32
T_PIECES    equ TABLE + 36      ; {item or 0 = go on, address, bytes, bytes incl. zeros}

MMAP_ENTRIES equ 170

KEY_TABLE   equ 0x800f
KEY_NOTHING equ 0x3fff          ; an item that does not exist reads as zeros
DMA_READ    equ 2
DMA_SELECT  equ 8
PORT_DMA_HI equ 0x514
PORT_DMA_LO equ 0x518

            bits 16
            org 0

            dw 0xaa55
            db (rom_end - $$ + 511) / 512
            jmp short init
            times 0x18 - ($ - $$) db 0
            dw 0                ; no PCI data
            dw pnp
            align 16
pnp:        db '$PnP', 1, 2     ; 32 bytes
            dw 0
            db 0
            db 0                ; checksum: set by the loader of this file, as the ROM's
            dd 0
            dw maker
            dw product
            db 0x80, 0, 0       ; any other device
            db 0x64             ; ROM is not needed after boot, is a boot device
            dw 0, 0             ; no BCV, no disconnect vector
            dw boot             ; BEV
            dw 0, 0
maker:      db 'emu', 0
product:    db 'kernel of -kernel', 0

init:       mov ax, 0x20        ; a device that can boot is there
            retf

; --- boot entry -------------------------------------------------------------------------------

boot:       cli
            cld
            xor ax, ax
            mov ds, ax
            mov es, ax
            mov ss, ax
            mov esp, STACK
            sti
            mov eax, KEY_TABLE
            mov edi, TABLE
            mov ecx, TABLE_MAX
            call load_item
            cmp dword [T_MAGIC], 'EMUB'
            mov si, text_table
            jne fail
            call load_pieces
            cmp dword [T_KIND], 0
            je start_real
            call memory_map
            jmp start_protected

; Linux boot protocol: all data segments at the setup code, CS 20h paragraphs further.
start_real: mov bx, [T_ENTRY]
            mov eax, [T_EAX]
            cli
            mov ds, bx
            mov es, bx
            mov fs, bx
            mov gs, bx
            mov ss, bx
            mov esp, eax
            add bx, 0x20
            push bx
            push word 0
            xor eax, eax
            xor ebx, ebx
            xor ecx, ecx
            xor edx, edx
            xor esi, esi
            xor edi, edi
            xor ebp, ebp
            retf

; --- fw_cfg -----------------------------------------------------------------------------------

load_pieces:
            mov si, T_PIECES
            mov bp, [T_COUNT]
.next:      test bp, bp
            jz .zeros
            mov edi, [si + 4]
            mov ecx, [si + 8]
            mov eax, [si]
            test eax, eax
            jz .same
            call load_item
            jmp .done
.same:      call load_more
.done:      add si, 16
            dec bp
            jmp .next
; Only now: choosing another item loses the place in the first.
.zeros:     mov si, T_PIECES
            mov bp, [T_COUNT]
.next_zero: test bp, bp
            jz .end
            mov edi, [si + 4]
            mov ecx, [si + 12]
            sub ecx, [si + 8]
            add edi, [si + 8]
            mov eax, KEY_NOTHING
            call load_item
            add si, 16
            dec bp
            jmp .next_zero
.end:       ret

; EAX item, EDI address, ECX bytes
load_item:  shl eax, 16
            or al, DMA_SELECT | DMA_READ
            jmp transfer
load_more:  mov eax, DMA_READ
transfer:   test ecx, ecx
            jz .end
            bswap eax
            mov [DMA], eax
            mov eax, ecx
            bswap eax
            mov [DMA + 4], eax
            mov dword [DMA + 8], 0
            mov eax, edi
            bswap eax
            mov [DMA + 12], eax
            xor eax, eax
            mov dx, PORT_DMA_HI
            out dx, eax
            mov eax, DMA
            bswap eax
            mov dx, PORT_DMA_LO
            out dx, eax
.wait:      mov eax, [DMA]
            bswap eax
            test eax, 0xfffffffe
            jnz .wait
            test al, 1
            jz .end
            push si
            mov si, text_dma
            jmp fail
.end:       ret

; --- what the firmware knows about memory ------------------------------------------------------

memory_map: mov eax, [T_MMAP_KIND]
            test eax, eax
            jz .end
            call sizes
            mov di, [T_MMAP]
            xor ebx, ebx
            xor bp, bp
.next:      cmp bp, MMAP_ENTRIES
            jae .filled
            cmp dword [T_MMAP_KIND], 1
            jne .pvh
            mov dword [di], 20          ; multiboot: the size goes before the entry
            add di, 4
            call e820
            jc .filled
            add di, 20
            jmp .one
.pvh:       call e820
            jc .filled
            mov dword [di + 20], 0
            add di, 24
.one:       inc bp
            test ebx, ebx
            jnz .next
.filled:    mov di, [T_INFO]
            movzx eax, bp
            cmp dword [T_MMAP_KIND], 1
            jne .pvh_info
            imul eax, eax, 24
            mov [di + 44], eax          ; mmap_length
            mov eax, [RESULT]
            mov [di + 4], eax           ; mem_lower
            mov eax, [RESULT + 4]
            mov [di + 8], eax           ; mem_upper
            ret
.pvh_info:  mov [di + 48], eax          ; memmap_entries
            call find_rsdp
            mov [di + 32], eax
            mov dword [di + 36], 0
.end:       ret

; One entry to ES:DI, EBX continues; CF at the end.
e820:       mov eax, 0xe820
            mov edx, 'PAMS'             ; "SMAP" in registers' order
            mov ecx, 20
            push bp
            push di
            int 0x15
            pop di
            pop bp
            jc .end
            cmp eax, 'PAMS'
            je .ok
            stc
            ret
.ok:        clc
.end:       ret

sizes:      int 0x12
            movzx eax, ax
            mov [RESULT], eax
            mov ax, 0xe801
            xor bx, bx
            xor cx, cx
            xor dx, dx
            int 0x15
            jnc .ok
            xor ax, ax
            xor bx, bx
.ok:        movzx eax, ax               ; KiB from 1 to 16 MiB
            movzx ebx, bx               ; 64 KiB from 16 MiB on
            shl ebx, 6
            add eax, ebx
            mov [RESULT + 4], eax
            ret

; EAX: address of the ACPI root pointer below 1 MiB, or 0.
find_rsdp:  mov dx, 0xe000
.next:      mov es, dx
            cmp dword [es:0], 'RSD '
            jne .no
            cmp dword [es:4], 'PTR '
            jne .no
            movzx eax, dx
            shl eax, 4
            jmp .end
.no:        inc dx
            jnz .next
            xor eax, eax
.end:       xor dx, dx
            mov es, dx
            ret

; --- protected mode ----------------------------------------------------------------------------

start_protected:
            cli
            xor eax, eax
            mov ax, cs
            shl eax, 4
            mov ebp, eax                ; where we are
            lea eax, [ebp + gdt]
            mov word [GDTR], gdt_end - gdt - 1
            mov [GDTR + 2], eax
            o32 lgdt [GDTR]
            mov eax, cr0
            or al, 1
            mov cr0, eax
            lea eax, [ebp + flat]
            push dword 8
            push eax
            o32 retf

            bits 32
flat:       mov ax, 16
            mov ds, ax
            mov es, ax
            mov fs, ax
            mov gs, ax
            mov ss, ax
            mov ecx, [T_ENTRY]
            mov eax, [T_EAX]
            mov ebx, [T_EBX]
            xor edx, edx
            xor esi, esi
            xor edi, edi
            xor ebp, ebp
            push dword 2
            popfd
            jmp ecx

            align 8
gdt:        dq 0
            dq 0x00cf9b000000ffff
            dq 0x00cf93000000ffff
gdt_end:

; --- errors ------------------------------------------------------------------------------------

            bits 16
fail:       mov ax, cs
            mov ds, ax
.next:      lodsb
            test al, al
            jz .stop
            mov ah, 0x0e
            mov bx, 7
            int 0x10
            jmp .next
.stop:      sti
            hlt
            jmp .stop

text_table: db 'emu: the boot ROM finds no kernel', 13, 10, 0
text_dma:   db 'emu: a piece of the kernel lies outside memory', 13, 10, 0

            db 0                        ; checksum: set by the loader of this file
rom_end:
            times 511 - ($ - $$ - 1) % 512 db 0
