/* 3x3 depthwise convolution in little code: one function for planes of any width and pitch and for
 * any shift. Include behind depthwise.S, whose planes, run and weights these are.
 */

    .equ    COMPACT_INITIAL, 0
    .equ    COMPACT_CONSTANT, 4     @ loaded at once with the shift
    .equ    COMPACT_SHIFT, 8
    .equ    COMPACT_CHANNELS, 12    @ loaded at once with the row's end
    .equ    COMPACT_ROW_END, 16
    .equ    COMPACT_NEGATIVE, 20
    .equ    COMPACT_ROWS, 24
    .equ    COMPACT_RUN, 28
    .equ    COMPACT_BYTES, 32

/* One channel: `rows` rows of outputs, two at a time.
 *   void name(const uint32_t *plane, uint8_t *output, const uint32_t *channel,
 *             const te_depthwise_run *run);
 * channel: weights of the rows (3 bytes each, the shift above the first), multiplier, initial value,
 * constant[, negative].
 *
 * r0-r5  weights (w0, w1), (w1, w2) of each row      r10, r11  plane, output
 * r6, r7 two sums                                    r12       multiplier
 * r8, r9 words of the plane                          lr        bytes of a plane's row
 */
.macro te_depthwise_compact name, stride, signed, limit
    te_function \name
    push    {r4-r11, lr}
    sub     sp, #COMPACT_BYTES
    mov     r10, r0
    mov     r11, r1
    ldm     r2!, {r7, r8, r9, r12, lr}
    str     lr, [sp, #COMPACT_INITIAL]
    ldr     r4, [r2]
    lsr     r5, r7, #24
    strd    r4, r5, [sp, #COMPACT_CONSTANT]
    .if \signed
    ldr     r4, [r2, #4]
    str     r4, [sp, #COMPACT_NEGATIVE]
    .endif
    ldr     r4, [r3, #DW_CHANNELS]
    str     r4, [sp, #COMPACT_CHANNELS]
    ldr     r4, [r3, #DW_ROWS]
    ldr     lr, [r3, #DW_PITCH]
    strd    r4, r3, [sp, #COMPACT_ROWS]
    te_three_weights r0, r1, r7
    te_three_weights r2, r3, r8
    te_three_weights r4, r5, r9
.Lrow\@:
    ldr     r8, [sp, #COMPACT_RUN]
    ldr     r8, [r8, #DW_OUTPUT_BYTES]
    add     r8, r8, r11
    str     r8, [sp, #COMPACT_ROW_END]
.Lturn\@:
    ldr     r6, [sp, #COMPACT_INITIAL]
    mov     r7, r6
    ldrd    r8, r9, [r10]
    te_depthwise_taps 1, \stride, r0, r1, , 8
    add     r10, r10, lr
    ldrd    r8, r9, [r10]
    te_depthwise_taps 1, \stride, r2, r3, , 8
    add     r10, r10, lr
    ldrd    r8, r9, [r10]
    te_depthwise_taps 1, \stride, r4, r5, , 8
    sub     r10, r10, lr, lsl #1
    add     r10, #(4 * \stride)
    ldrd    r8, r9, [sp, #COMPACT_CONSTANT]
    .if \signed
    push    {r0, r1}
    ldr     r0, [sp, #(8 + COMPACT_NEGATIVE)]
    te_scale 1, r12, r8, r0, r1, r6, r7
    pop     {r0, r1}
    .else
    te_scale 0, r12, r8, , , r6, r7
    .endif
    asr     r6, r6, r9
    asr     r7, r7, r9
    usat    r6, #8, r6
    usat    r7, #8, r7
    .if \limit
    orr     r6, r6, r7, lsl #8
    ldr     r7, [sp, #COMPACT_RUN]
    add     r7, #DW_LIMITS
    ldm     r7, {r7-r9}
    te_limit r7, r8, r9, r6
    lsr     r7, r6, #8
    .endif
    ldrd    r8, r9, [sp, #COMPACT_CHANNELS]
    strb    r6, [r11]
    add     r11, r11, r8
    cmp     r11, r9
    beq     .Lnext\@                    @ the width is odd
    strb    r7, [r11]
    add     r11, r11, r8
    cmp     r11, r9
    bne     .Lturn\@
.Lnext\@:
    ldrd    r9, r8, [sp, #COMPACT_ROWS]
    ldr     r8, [r8, #DW_SKIP]
    add     r10, r10, r8
    subs    r9, #1
    str     r9, [sp, #COMPACT_ROWS]
    bne     .Lrow\@
    add     sp, #COMPACT_BYTES
    pop     {r4-r11, pc}
    te_end \name
.endm
