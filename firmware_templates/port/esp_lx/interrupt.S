/* Interrupts of Espressif's Xtensa chips. The handler uses no stack and no register window: what it
 * uses it puts back, for in the window there may be registers of callers far above. */
#include "chip.h"
#include "esp.h"
#include "uart_any.inc"

    .section .text.te_exception, "ax"
    .p2align 2
.Lstate:
    .long   te_interrupt
.Luart:
    .long   UART0
.Lperiod:
    .long   TE_PERIOD

    .global te_exception
te_exception:
    rsr     a0, exccause
    beqi    a0, 4, .Linterrupt
    j       te_fault_entry

.Linterrupt:
    l32r    a0, .Lstate
    s32i    a2, a0, 0
    s32i    a3, a0, 4
    s32i    a4, a0, 8
    s32i    a5, a0, 12
    s32i    a6, a0, 16
    rsr     a2, sar
    s32i    a2, a0, 20
    rsr     a2, interrupt
    bbci    a2, TE_TIMER_LINE, .Lreceive

/* CCOMPARE0 goes on by whole periods until it lies ahead; that it is written ends the interrupt. */
    l32r    a2, .Lperiod
    l32i    a3, a0, TE_TURNS_AT
    rsr     a4, ccompare0
.Lturn:
    add     a4, a4, a2
    addi    a3, a3, 1
    rsr     a5, ccount
    sub     a5, a4, a5
    blti    a5, 256, .Lturn
    wsr     a4, ccompare0
    s32i    a3, a0, TE_TURNS_AT

/* From the UART's FIFO to the ring, until the FIFO is empty. */
.Lreceive:
    l32r    a2, .Luart
    l32i    a3, a2, UART_INT_RAW_AT
    bbci    a3, UART_RX_OVERFLOW_BIT, .Lbyte
    l32i    a3, a0, TE_LOST_AT
    addi    a3, a3, 1
    s32i    a3, a0, TE_LOST_AT
.Lbyte:
    memw
    UART_RX_ANY a3, a4, a2, .Ltake
    j       .Lempty
.Ltake:
    l32i    a3, a2, 0
    nop                                 /* as ESP-IDF reads it: right at 240 MHz, too */
    l32i    a4, a0, TE_WRITTEN_AT
    l32i    a5, a0, TE_TAKEN_AT
    addmi   a5, a5, TE_RING_SIZE
    beq     a4, a5, .Lfull
    extui   a5, a4, 0, 10
    add     a5, a5, a0
    s8i     a3, a5, TE_RING_AT
    addi    a4, a4, 1
    s32i    a4, a0, TE_WRITTEN_AT
    j       .Lbyte
.Lfull:
    l32i    a3, a0, TE_LOST_AT
    addi    a3, a3, 1
    s32i    a3, a0, TE_LOST_AT
    j       .Lbyte
.Lempty:
    movi    a3, UART_RX_FULL | (1 << UART_RX_OVERFLOW_BIT) | UART_RX_TIMEOUT
    s32i    a3, a2, UART_INT_CLR_AT
    memw

    l32i    a2, a0, 20
    wsr     a2, sar
    l32i    a2, a0, 0
    l32i    a3, a0, 4
    l32i    a4, a0, 8
    l32i    a5, a0, 12
    l32i    a6, a0, 16
    rsr     a0, excsave1
    rfe
