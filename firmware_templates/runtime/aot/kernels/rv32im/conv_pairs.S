/* Six pixels, whose windows lie unpacked in pairs side by side, times two channels at a time.
 *
 *   void name(const te_rv32_block *block);
 *
 * A word of inputs is first + 65536 * second pixel of a pair, so that a multiplication by a weight
 * gives two products. The sum of four taps has both in 16 bits; 0x8000 more, its upper half is that
 * of the second pixel. Sums of whole words give the first pixel, once the second is known.
 *
 * Stream, for each two channels (a, b), in words:
 *   a's and b's initial {sum of words, sum of the second pixel}
 *   weights: bytes {a, b} of each tap
 *   exceptions of a, then of b: {weight: 16 bits, offset of the inputs: 16}, a word of 0 ends them
 *   requantization of a, then of b: multiplier, constant, shift[, below]
 *
 * Pixels are 2 * i and 2 * i + 1, channels j; their sums are number 2 * i + j.
 *   a0-a5        sums of four taps      s0, ra   inputs, their end
 *   a6-s5        sums of words          s1       stream
 *   s6-s11       sums of the second     t6       0x8000
 */
#include "macros.S"

    /* te_rv32_block, as rv32im.h declares it */
    .equ    BLOCK_COLUMNS, 0
    .equ    BLOCK_END, 4
    .equ    BLOCK_STREAM, 8
    .equ    BLOCK_OUTPUT, 12
    .equ    BLOCK_CHANNELS, 16
    .equ    BLOCK_LOW, 20
    .equ    BLOCK_HIGH, 24

    /* the frame */
    .equ    CONV_COLUMNS, 0
    .equ    CONV_OUTPUT, 4
    .equ    CONV_OUTPUT_END, 8
    .equ    CONV_CHANNELS, 12
    .equ    CONV_LOW, 16
    .equ    CONV_HIGH, 20
    .equ    CONV_ODD, 24
    .equ    CONV_FRAME, 28

    .equ    GROUP_INPUTS, 48
    .equ    GROUP_WEIGHTS, 8

/* Tap \k of eight. The first of each four begins the sums. */
.macro te_pair_tap k
    lb      t0, 2 * \k(s1)
    lb      t1, 2 * \k + 1(s1)
    lw      t2, 12 * \k(s0)
    lw      t3, 12 * \k + 4(s0)
    lw      t4, 12 * \k + 8(s0)
    te_pair_products t2, a0, a1, \k
    te_pair_products t3, a2, a3, \k
    te_pair_products t4, a4, a5, \k
.endm

.macro te_pair_products x, a, b, k
    .if \k % 4 == 0
    mul     \a, \x, t0
    mul     \b, \x, t1
    add     \a, \a, t6
    add     \b, \b, t6
    .else
    mul     t5, \x, t0
    mul     \x, \x, t1
    add     \a, \a, t5
    add     \b, \b, \x
    .endif
.endm

.macro te_pair_flush part, whole, second
    add     \whole, \whole, \part
    srai    \part, \part, 16
    add     \second, \second, \part
.endm

.macro te_pair_group taps:vararg
    .irp    k, \taps
    te_pair_tap \k
    .endr
    te_pair_flush a0, a6, s6
    te_pair_flush a1, a7, s7
    te_pair_flush a2, s2, s8
    te_pair_flush a3, s3, s9
    te_pair_flush a4, s4, s10
    te_pair_flush a5, s5, s11
.endm

/* One channel's taps that their four had no room for. */
.macro te_pair_exceptions whole0, second0, whole1, second1, whole2, second2
.Lexception\@:
    lh      t0, (s1)
    lhu     t1, 2(s1)
    addi    s1, s1, 4
    beqz    t0, .Lnone\@
    lw      s0, CONV_COLUMNS(sp)
    add     s0, s0, t1
    lw      a0, (s0)
    lw      a1, 4(s0)
    lw      a2, 8(s0)
    te_pair_exception a0, \whole0, \second0
    te_pair_exception a1, \whole1, \second1
    te_pair_exception a2, \whole2, \second2
    j       .Lexception\@
.Lnone\@:
.endm

.macro te_pair_exception x, whole, second
    mul     \x, \x, t0
    add     \whole, \whole, \x
    add     \x, \x, t6
    srai    \x, \x, 16
    add     \second, \second, \x
.endm

/* One channel's six outputs. */
.macro te_pair_outputs relu, signed, whole0, second0, whole1, second1, whole2, second2
    lw      a0, (s1)
    lw      a1, 4(s1)
    lw      a2, 8(s1)
    .if \signed
    lw      a3, 12(s1)
    addi    s1, s1, 16
    .else
    addi    s1, s1, 12
    .endif
    te_pair_output \whole0, \second0, \relu, \signed
    add     s0, s0, t1
    te_pair_output \whole1, \second1, \relu, \signed
    add     s0, s0, t1
    te_pair_output \whole2, \second2, \relu, \signed
.endm

.macro te_pair_output whole, second, relu, signed
    slli    t2, \second, 16
    sub     \whole, \whole, t2
    te_requantize \whole, s0, a0, a1, a2, a4, a5, \relu, \signed, 0, a3, t3
    add     s0, s0, t1
    te_requantize \second, s0, a0, a1, a2, a4, a5, \relu, \signed, 0, a3, t3
.endm

.macro te_rv32_conv_6x2 name, relu, signed
    te_function \name
    te_enter CONV_FRAME
    lw      t0, BLOCK_COLUMNS(a0)
    lw      ra, BLOCK_END(a0)
    lw      s1, BLOCK_STREAM(a0)
    lw      t1, BLOCK_OUTPUT(a0)
    lw      t2, BLOCK_CHANNELS(a0)
    lw      t3, BLOCK_LOW(a0)
    lw      t4, BLOCK_HIGH(a0)
    sw      t0, CONV_COLUMNS(sp)
    sw      t1, CONV_OUTPUT(sp)
    sw      t2, CONV_CHANNELS(sp)
    sw      t3, CONV_LOW(sp)
    sw      t4, CONV_HIGH(sp)
    sub     t0, ra, t0
    andi    t0, t0, GROUP_INPUTS & -GROUP_INPUTS
    sw      t0, CONV_ODD(sp)
    add     t1, t1, t2
    sw      t1, CONV_OUTPUT_END(sp)
    li      t6, 0x8000
.Lchannels\@:
    lw      s0, CONV_COLUMNS(sp)
    lw      a6, (s1)
    lw      s6, 4(s1)
    lw      a7, 8(s1)
    lw      s7, 12(s1)
    mv      s2, a6
    mv      s8, s6
    mv      s3, a7
    mv      s9, s7
    mv      s4, a6
    mv      s10, s6
    mv      s5, a7
    mv      s11, s7
    addi    s1, s1, 16
    lw      t0, CONV_ODD(sp)
    beqz    t0, .Ltaps\@
    addi    s0, s0, -GROUP_INPUTS
    addi    s1, s1, -GROUP_WEIGHTS
    j       .Lsecond\@
.Ltaps\@:
    te_pair_group 0, 1, 2, 3
.Lsecond\@:
    te_pair_group 4, 5, 6, 7
    addi    s0, s0, 2 * GROUP_INPUTS
    addi    s1, s1, 2 * GROUP_WEIGHTS
    bne     s0, ra, .Ltaps\@
    te_pair_exceptions a6, s6, s2, s8, s4, s10
    te_pair_exceptions a7, s7, s3, s9, s5, s11
    lw      t0, CONV_OUTPUT(sp)
    lw      t1, CONV_CHANNELS(sp)
    lw      a4, CONV_LOW(sp)
    lw      a5, CONV_HIGH(sp)
    mv      s0, t0
    te_pair_outputs \relu, \signed, a6, s6, s2, s8, s4, s10
    addi    s0, t0, 1
    te_pair_outputs \relu, \signed, a7, s7, s3, s9, s5, s11
    addi    t0, t0, 2
    sw      t0, CONV_OUTPUT(sp)
    lw      t1, CONV_OUTPUT_END(sp)
    beq     t0, t1, .Ldone\@
    j       .Lchannels\@
.Ldone\@:
    te_leave CONV_FRAME
    te_end \name
.endm
