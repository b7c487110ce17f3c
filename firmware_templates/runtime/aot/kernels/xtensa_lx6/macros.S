/* What all kernel files share: function frames and the exact requantization.
 *
 * Inputs are widened to 16 bits as u = q + 128, weights to 256 * w, so that the accumulator of the
 * MAC16 option holds 256 times the sum. Its 40 bits are read modulo 2**32. No literals: constants
 * are built, so that any assembler may place the code.
 *
 * For LLVM's assembler, numbers are macros of the preprocessor and expressions that are operands
 * stand in parentheses.
 */
#ifndef TE_LX6_MACROS
#define TE_LX6_MACROS

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

/* r = 0x00ff00ff */
.macro te_lanes r, temp
    movi    \r, 255
    slli    \temp, \r, 16
    or      \r, \r, \temp
.endm

/* r = 0x80808080 */
.macro te_signs r, temp
    movi    \r, 128
    slli    \temp, \r, 8
    or      \r, \r, \temp
    slli    \temp, \r, 16
    or      \r, \r, \temp
.endm

/* \mask = 0xff00ff00 */
.macro te_tops mask, temp
    te_lanes \mask, \temp
    slli    \mask, \mask, 8
.endm

/* \fours words of weights at \from, to the lanes (0, 2), (1, 3) of 256 * w at \to; both go on.
 * \mask: te_tops. */
.macro te_widen_weights fours, from, to, mask, temp, other, count
    .if \fours >= 8
    movi    \count, (\fours / 4)
    loop    \count, .Lwidened\@
    te_widen_words 4, \from, \to, \mask, \temp, \other
.Lwidened\@:
    te_widen_words (\fours % 4), \from, \to, \mask, \temp, \other
    .else
    te_widen_words \fours, \from, \to, \mask, \temp, \other
    .endif
.endm

.macro te_widen_words words, from, to, mask, temp, other
    .set    te_word, 0
    .rept   \words
    l32i    \temp, \from, (4 * te_word)
    slli    \other, \temp, 8
    and     \other, \other, \mask
    and     \temp, \temp, \mask
    s32i    \other, \to, (8 * te_word)
    s32i    \temp, \to, (8 * te_word + 4)
    .set    te_word, te_word + 1
    .endr
    .if \words > 0
    addi    \from, \from, (4 * \words)
    addi    \to, \to, (8 * \words)
    .endif
.endm

/* Instructions that turn a sum in a8, which began with all that is to be added, into a stored byte:
 *   a8 = a8 * a7 >> 32, shifted by SAR, clamped, to a6.
 * \signed: where a constant depends on the sum's sign, it is added behind the product: \constant, its
 * register, or where a8 < 0 \below, an operand of \take, which puts it into the register \temp. */
#define TE_STORE_STEPS 4
#define TE_SIGNED_STEPS 7

.macro te_store_step step, signed, constant=a12, temp=a13, take=mov, below=a0, more
    .if \signed && \step == 0
    .ifb    \more
    \take   \temp, \below
    .else
    \take   \temp, \below, \more
    .endif
    .elseif \signed && \step == 1
    movgez  \temp, \constant, a8
    .elseif \signed && \step == 3
    add     a8, a8, \temp
    .elseif \step == 0 || \step == 2 && \signed
    mulsh   a8, a8, a7
    .elseif \step == 1 + 3 * \signed
    sra     a8, a8
    .elseif \step == 2 + 3 * \signed
    clamps  a8, a8, 7
    .elseif \step == 3 + 3 * \signed
    s8i     a8, a6, 0
    .endif
.endm

/* Steps from \first on, to the end. */
.macro te_store_rest first, signed, constant=a12, temp=a13, take=mov, below=a0, more
    .set    te_step, \first
    .rept   TE_SIGNED_STEPS
    .if te_step < TE_STORE_STEPS + \signed * (TE_SIGNED_STEPS - TE_STORE_STEPS)
    te_store_step te_step, \signed, \constant, \temp, \take, \below, \more
    .endif
    .set    te_step, te_step + 1
    .endr
.endm

#endif
