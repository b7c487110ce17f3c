/* What all kernel files share: function frames, products of four taps, the exact requantization.
 *
 * Two products a MULS: of X = x0 + x2 * 2^16 and W = w2 + w0 * 2^16 the upper half is
 * x0 * w0 + x2 * w2, and the lower half, x0 * w2, is junk. Four taps make two such products, whose
 * sum is rounded to its upper half: exact where both halves stay in 16 bits.
 * Weights are bytes w + 128, so that two ANDs make W + 0x00800080; beside the four inputs lies
 * what this adds to their products, less the rounding: (X02 + X13) * 0x00800080 - 0x8000.
 */
    .syntax unified
    .thumb

    .equ    TE_LANES, 0x00ff00ff
    .equ    TE_HALVES, 0x00800080

.macro te_function name
    .section .text.\name, "ax", %progbits
    .balign 4
    .global \name
    .type \name, %function
    .thumb_func
\name:
.endm

.macro te_end name
    .ltorg
    .size \name, . - \name
.endm

/* Saves r4 to r11 and lr: TE_SAVED bytes of stack. */
    .equ    TE_SAVED, 36
.macro te_enter
    push    {r4-r7, lr}
    mov     r4, r8
    mov     r5, r9
    mov     r6, r10
    mov     r7, r11
    push    {r4-r7}
.endm

.macro te_leave
    pop     {r4-r7}
    mov     r8, r4
    mov     r9, r5
    mov     r10, r6
    mov     r11, r7
    pop     {r4-r7, pc}
.endm

/* low, high = the lanes of the weights in \low; \mask = TE_LANES. */
.macro te_widen low, high, mask
    lsrs    \high, \low, #8
    ands    \low, \mask
    ands    \high, \mask
.endm

/* Adds the products of four taps (\put: mov, for the first ones): inputs at r6, which moves on,
 * weights in \low and \high. a to c are clobbered. */
.macro te_taps sum, low, high, a, b, c, put=add
    ldm     r6!, {\a, \b, \c}
    muls    \a, \low
    muls    \b, \high
    adds    \a, \b
    subs    \a, \c
    asrs    \a, #16
    \put     \sum, \a
.endm

/* ---- requantization --------------------------------------------------------------------------
 * wide: three limbs, not two. signed: sums below a limit have a constant of their own. limit: 0 and
 * 255 are no clamp. What does not fit the registers is in the frame: */
    .equ    STAGE_CONSTANT, 0
    .equ    STAGE_BELOW, 4
    .equ    STAGE_NEGATIVE, 8
    .equ    STAGE_LOW, 12
    .equ    STAGE_HIGH, 16
    .equ    STAGE_BYTES, 20

/* r3 = the byte of \sum as int8. Clobbers r4. Of two limbs:
 *   r3 = (sum * r1 + (sum * low >> bits) + r2) >> r6, clamped, and of three:
 *   r3 = (sum * r1 + (sum * low + (sum * r2 >> bits) >> bits) + constant) >> r6, clamped. */
.macro te_requantize sum, bits, wide, signed, limit, frame, low=r0
    mov     r3, \sum
    mov     r4, \sum
    .if \wide
    muls    r4, r2
    asrs    r4, #\bits
    muls    r3, \low
    adds    r3, r4
    asrs    r3, #\bits
    mov     r4, \sum
    muls    r4, r1
    adds    r3, r4
    ldr     r4, [sp, #\frame + STAGE_CONSTANT]
    adds    r3, r4
    .else
    muls    r3, r1
    muls    r4, \low
    asrs    r4, #\bits
    adds    r3, r4
    adds    r3, r2
    .endif
    .if \signed
    ldr     r4, [sp, #\frame + STAGE_BELOW]
    cmp     \sum, r4
    bge     .Lplain\@
    ldr     r4, [sp, #\frame + STAGE_NEGATIVE]
    subs    r3, r4
.Lplain\@:
    .endif
    asrs    r3, r6
    .if \limit
    ldr     r4, [sp, #\frame + STAGE_HIGH]
    cmp     r3, r4
    ble     .Lbelow\@
    mov     r3, r4
.Lbelow\@:
    ldr     r4, [sp, #\frame + STAGE_LOW]
    cmp     r3, r4
    bge     .Labove\@
    mov     r3, r4
.Labove\@:
    .else
    lsrs    r4, r3, #8
    beq     .Linside\@
    mvns    r3, r3
    asrs    r3, #31
.Linside\@:
    .endif
    subs    r3, #128                    @ only the lowest byte counts
.endm

/* The requantization of a channel from the stream at r7, whose highest limb r1 has been read:
 * r0, r2, r6, and what belongs into the frame. Clobbers r3 to r5. */
.macro te_load_stage wide, signed, frame
    .if \signed
    ldm     r7!, {r0, r2, r3, r4, r5, r6}
    str     r3, [sp, #\frame + STAGE_CONSTANT]
    str     r4, [sp, #\frame + STAGE_BELOW]
    str     r5, [sp, #\frame + STAGE_NEGATIVE]
    .elseif \wide
    ldm     r7!, {r0, r2, r3, r6}
    str     r3, [sp, #\frame + STAGE_CONSTANT]
    .else
    ldm     r7!, {r0, r2, r6}
    .endif
.endm

/* Copies the limits of the output, two words at r0, to the frame. Clobbers r1, r2. */
.macro te_load_limits frame
    ldm     r0!, {r1, r2}
    str     r1, [sp, #\frame + STAGE_LOW]
    str     r2, [sp, #\frame + STAGE_HIGH]
.endm
