/* Exceptions of the emulated core. */
#include "registers.inc"

    .section .text.te_exception, "ax"
    .p2align 2
.Lframe:
    .long   te_exception_frame

/* An interrupt only ends a sleep: all are switched off again. */
    .p2align 2
    .global te_exception
te_exception:
    rsr     a0, exccause
    beqi    a0, 4, .Linterrupt
    beqz    a0, te_illegal
    j       te_fault_entry
.Linterrupt:
    movi    a0, 0
    wsr     a0, intenable
    rsync
    rsr     a0, excsave1
    rfe

.Lunknown:
    l32i    a1, a0, 4
    l32i    a2, a0, 8
    l32i    a3, a0, 12
    l32i    a4, a0, 16
    l32i    a5, a0, 20
    l32i    a15, a0, 60
    j       te_fault_entry

/* MULSH and MULUH, which the emulated core lacks and the ESP32 has. In the same number of
 * instructions for all operands, so that their time can be told apart. */
te_illegal:
    l32r    a0, .Lframe
    te_save_frame
    rsr     a1, epc1
    l8ui    a2, a1, 0                   /* t, 0 */
    l8ui    a3, a1, 1                   /* r, s */
    l8ui    a15, a1, 2                  /* 0xb2: MULSH, 0xa2: MULUH */
    movi    a4, 0xef
    and     a4, a4, a15
    movi    a5, 0xa2
    bne     a4, a5, .Lunknown
    addi    a1, a1, 3
    wsr     a1, epc1
    srli    a4, a2, 4
    addx4   a4, a4, a0
    l32i    a4, a4, 0                   /* first factor */
    extui   a5, a3, 0, 4
    addx4   a5, a5, a0
    l32i    a5, a5, 0                   /* second factor */
    srli    a3, a3, 4
    addx4   a3, a3, a0                  /* where the product goes */
    extui   a6, a4, 0, 16
    extui   a7, a4, 16, 16
    extui   a8, a5, 0, 16
    extui   a9, a5, 16, 16
    mull    a10, a6, a8
    mull    a11, a6, a9
    mull    a12, a7, a8
    mull    a13, a7, a9
    extui   a10, a10, 16, 16
    extui   a14, a11, 0, 16
    add     a10, a10, a14
    extui   a14, a12, 0, 16
    add     a10, a10, a14
    extui   a10, a10, 16, 16
    add     a13, a13, a10
    extui   a11, a11, 16, 16
    add     a13, a13, a11
    extui   a12, a12, 16, 16
    add     a13, a13, a12               /* the unsigned product's upper half */
    extui   a15, a15, 4, 1
    neg     a15, a15
    srai    a6, a4, 31
    and     a6, a6, a5
    and     a6, a6, a15
    sub     a13, a13, a6
    srai    a6, a5, 31
    and     a6, a6, a4
    and     a6, a6, a15
    sub     a13, a13, a6
    s32i    a13, a3, 0
    l32i    a2, a0, 64
    addi    a2, a2, 1
    s32i    a2, a0, 64
    te_registers l32i
    l32i    a0, a0, 0
    rfe

    .section .bss.te_exception_frame, "aw", @nobits
    .p2align 2
te_exception_frame:
    .space  64
    .global te_emulated
te_emulated:
    .space  4
