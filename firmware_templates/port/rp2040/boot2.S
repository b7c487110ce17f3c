/* The RP2040's second stage: its boot ROM copies these 256 bytes to RAM and runs them if the CRC-32 in
 * the last word is right (datasheet 2.8.1.3). They let flash be read where it is mapped, with two
 * bits a clock: command 3Bh, 24 bits of address and 8 dummy clocks, which every QSPI flash knows
 * whatever its status registers say (datasheet 4.10; W25Q16JV 8.2.8). */
    .syntax unified
    .cpu cortex-m0plus
    .thumb
    .section .boot, "ax", %progbits
    .balign 4

    .equ SSI_CTRLR0, 0x00
    .equ SSI_CTRLR1, 0x04
    .equ SSI_SSIENR, 0x08
    .equ SSI_BAUDR, 0x14
    .equ SSI_RX_SAMPLE_DLY, 0xf0
    .equ SSI_SPI_CTRLR0, 0xf4

te_boot2:
    push    {lr}                        /* 0: called by the boot ROM; else return there */
    ldr     r3, =0x18000000             /* XIP_SSI */
    movs    r1, #0
    str     r1, [r3, #SSI_SSIENR]
    movs    r1, #2                      /* 200 MHz / 2: a W25Q16JV can do 133 */
    str     r1, [r3, #SSI_BAUDR]
    movs    r1, #1
    movs    r2, #SSI_RX_SAMPLE_DLY
    str     r1, [r3, r2]
    ldr     r1, =(1 << 21) | (31 << 16) | (3 << 8)  /* dual SPI, 32 bits, command then read */
    str     r1, [r3, #SSI_CTRLR0]
    movs    r1, #0
    str     r1, [r3, #SSI_CTRLR1]
    ldr     r1, =(0x3b << 24) | (8 << 11) | (2 << 8) | (6 << 2)
    movs    r2, #SSI_SPI_CTRLR0
    str     r1, [r3, r2]
    movs    r1, #1
    str     r1, [r3, #SSI_SSIENR]
    pop     {r0}
    cmp     r0, #0
    bne     1f
    ldr     r0, =0x10000100             /* vectors: stack and reset */
    ldr     r1, =0xe000ed08             /* VTOR */
    str     r0, [r1]
    ldmia   r0, {r0, r1}
    msr     msp, r0
    bx      r1
1:  bx      r0
    .ltorg
    .org    252, 0
    .word   0x2d400504                  /* CRC-32 of the 252 bytes */
