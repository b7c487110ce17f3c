/* What all kernel files share: function frames and the exact requantization.
 *
 * No kernel touches gp or tp, which an operating system may need in its interrupts. */
#ifndef TE_RV32_MACROS
#define TE_RV32_MACROS

    .equ    SAVED_BYTES, 52

.macro te_function name
    .section .text.\name, "ax", @progbits
    .p2align 2
    .global \name
    .type   \name, @function
\name:
.endm

.macro te_end name
    .size   \name, . - \name
.endm

/* Saves what a C caller expects to be kept, above `locals` bytes. */
.macro te_enter locals
    addi    sp, sp, -(\locals + SAVED_BYTES)
    .set    .Lat, \locals
    .irp    reg, ra, s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11
    sw      \reg, .Lat(sp)
    .set    .Lat, .Lat + 4
    .endr
.endm

.macro te_leave locals
    .set    .Lat, \locals
    .irp    reg, ra, s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11
    lw      \reg, .Lat(sp)
    .set    .Lat, .Lat + 4
    .endr
    addi    sp, sp, \locals + SAVED_BYTES
    ret
.endm

/* Stores a byte at \out: ((256 * \sum) * \multiplier >> 32) + \constant, and \below if the sum is
 * negative, shifted by \shift and limited to \low..\high.
 *
 * \relu: a negative sum gives \low, no other less than it. \signed: whether \below is used.
 * \scaled: the sum is 256 times itself already. */
.macro te_requantize sum, out, multiplier, constant, shift, low, high, relu, signed, scaled, below, temp
    .if \relu
    bgez    \sum, .Lpositive\@
    sb      \low, (\out)
    j       .Lstored\@
.Lpositive\@:
    .endif
    .ifeq \scaled
    slli    \sum, \sum, 8
    .endif
    .if \signed
    srai    \temp, \sum, 31
    and     \temp, \temp, \below
    .endif
    mulh    \sum, \sum, \multiplier
    add     \sum, \sum, \constant
    .if \signed
    add     \sum, \sum, \temp
    .endif
    sra     \sum, \sum, \shift
    .ifeq \relu
    bge     \sum, \low, .Labove\@
    mv      \sum, \low
.Labove\@:
    .endif
    bge     \high, \sum, .Lwithin\@
    mv      \sum, \high
.Lwithin\@:
    sb      \sum, (\out)
.Lstored\@:
.endm

#endif
