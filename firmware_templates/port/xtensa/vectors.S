/* Vectors of an Xtensa core with the windowed ABI, the way from reset to te_boot, and that of a
 * fault to its report. Exceptions and interrupts of level 1 go to te_exception, which is a port's. */
#include "registers.inc"

    .section .vectors, "ax"
    .p2align 10
    .global te_vectors
te_vectors:
    /* 0x000: four registers of a frame go to the stack */
    s32e    a0, a5, -16
    s32e    a1, a5, -12
    s32e    a2, a5, -8
    s32e    a3, a5, -4
    rfwo
    .p2align 6
    /* 0x040: and come back */
    l32e    a0, a5, -16
    l32e    a1, a5, -12
    l32e    a2, a5, -8
    l32e    a3, a5, -4
    rfwu
    .p2align 6
    /* 0x080: eight registers; the caller's stack pointer says where the second four go */
    s32e    a0, a9, -16
    l32e    a0, a1, -12
    s32e    a1, a9, -12
    s32e    a2, a9, -8
    s32e    a3, a9, -4
    s32e    a4, a0, -32
    s32e    a5, a0, -28
    s32e    a6, a0, -24
    s32e    a7, a0, -20
    rfwo
    .p2align 6
    /* 0x0c0 */
    l32e    a0, a9, -16
    l32e    a1, a9, -12
    l32e    a2, a9, -8
    l32e    a7, a1, -12
    l32e    a3, a9, -4
    l32e    a4, a7, -32
    l32e    a5, a7, -28
    l32e    a6, a7, -24
    l32e    a7, a7, -20
    rfwu
    .p2align 6
    /* 0x100: twelve registers */
    s32e    a0, a13, -16
    l32e    a0, a1, -12
    s32e    a1, a13, -12
    s32e    a2, a13, -8
    s32e    a3, a13, -4
    s32e    a4, a0, -48
    s32e    a5, a0, -44
    s32e    a6, a0, -40
    s32e    a7, a0, -36
    s32e    a8, a0, -32
    s32e    a9, a0, -28
    s32e    a10, a0, -24
    s32e    a11, a0, -20
    rfwo
    .p2align 6
    /* 0x140 */
    l32e    a0, a13, -16
    l32e    a1, a13, -12
    l32e    a2, a13, -8
    l32e    a11, a1, -12
    l32e    a3, a13, -4
    l32e    a4, a11, -48
    l32e    a5, a11, -44
    l32e    a6, a11, -40
    l32e    a7, a11, -36
    l32e    a8, a11, -32
    l32e    a9, a11, -28
    l32e    a10, a11, -24
    l32e    a11, a11, -20
    rfwu

    /* 0x180 to 0x240: levels 2 to 5: nothing uses them */
    .rept   4
    .p2align 6
    wsr     a0, excsave1
    j       te_fault_entry
    .endr
    .p2align 6
    /* 0x280: debug, used by the guard of te_guard_stack */
    wsr     a0, excsave1
    j       te_guard_hit
    /* 0x2c0, 0x300: level 7, exceptions in kernel mode: nothing uses them */
    .rept   2
    .p2align 6
    wsr     a0, excsave1
    j       te_fault_entry
    .endr
    .p2align 6
    /* 0x340: exceptions, and interrupts of level 1 */
    wsr     a0, excsave1
    j       te_exception
    .p2align 6
    /* 0x380: no vector, but near enough for l32r */
.Lstack:
    .long   te_stack_top
.Lbottom:
    .long   te_stack_bottom
.Lvectors:
    .long   te_vectors
.Lps:
    .long   0x40020                     /* windows on, user vector mode, interrupts on */
.Lboot:
    .long   te_boot
.Lregisters:
    .long   te_fault_registers
.Lreport:
    .long   te_report_fault
.Lcalm:
    .long   0x4002f                     /* the same, interrupts off */
    .p2align 6
    /* 0x3c0: an exception within a vector */
    wsr     a0, excsave1
    j       te_fault_entry

    .p2align 6
    .global te_reset
    .type te_reset, @function
te_reset:
    movi    a0, 0
    wsr     a0, intenable
    wsr     a0, dbreakc0                /* a guard of before the reset */
    movi    a2, 1
    wsr     a2, windowstart
    wsr     a0, windowbase
    rsync
    l32r    a2, .Lvectors
    wsr     a2, vecbase
    l32r    a2, .Lps
    wsr     a2, ps
    rsync
    l32r    a8, .Lboot

/* Calls a8 on an empty stack; it does not return. Its caller's frame needs a place to spill to. */
te_call_on_top:
    l32r    a1, .Lstack
    addi    a1, a1, -64
    addi    a2, a1, 32
    addi    a3, a1, -12
    s32i    a2, a3, 0
    callx8  a8
.Lend:
    j       .Lend

/* A store to the end of the stack: told as one that nothing allows, of the address that it has. What
 * else comes here, such as a break instruction, is no overflow. */
    .p2align 2
te_guard_hit:
    rsr     a0, epc6
    wsr     a0, epc1
    rsr     a0, debugcause
    bbci    a0, 2, te_fault_entry       /* not a data breakpoint */
    l32r    a0, .Lbottom
    wsr     a0, excvaddr
    movi    a0, 29                      /* StoreProhibited */
    wsr     a0, exccause
    rsync
    j       te_fault_entry

/* Reports exception, address, registers (a0 is in EXCSAVE1) and stack pointer on an empty stack, with
 * all windows forgotten. */
    .p2align 2
    .global te_fault_entry
te_fault_entry:
    l32r    a0, .Lregisters
    te_save_frame
    l32i    a1, a0, 4
    rsr     a0, windowbase
    mov     a7, a1                      /* the window stays, so that a7 does */
    ssl     a0
    movi    a0, 1
    sll     a0, a0
    wsr     a0, windowstart
    l32r    a0, .Lcalm
    wsr     a0, ps
    rsync
    mov     a10, a7
    l32r    a8, .Lreport
    movi    a0, 0
    j       te_call_on_top
