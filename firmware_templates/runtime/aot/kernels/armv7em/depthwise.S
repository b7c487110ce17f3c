/* Depthwise convolution on planes: four channels at a time are transposed to lanes of 16 bits,
 * each (q + 128) << 7, so that one SMLAD takes two taps of a row.
 */

    /* te_planes */
    .equ    PLANES_CHANNELS, 0
    .equ    PLANES_BYTES, 4
    .equ    PLANES_ZERO, 8
    .equ    PLANES_PAIRS, 12
    .equ    PLANES_LEFT, 16
    .equ    PLANES_ODD, 20
    .equ    PLANES_GAP, 24

/* Transposes `rows` rows of four channels into four planes.
 *   void name(const uint8_t *input, uint32_t *plane, uint32_t rows, const te_planes *planes);
 *
 * r0 input, r1 plane              r6, r7   two pixels
 * r2 mask, r3 zero point          r8, r9   their channels 0, 1 and 2, 3
 * r4 channels a pixel             r10      one word of a plane
 * r5, r12 one and three planes    r11, lr  pairs left, rows left
 */
.macro te_transpose_4 name
    te_function \name
    push    {r3-r11, lr}
    mov     lr, r2
    ldm     r3, {r4, r5, r6}
    mov     r3, r6
    add     r12, r5, r5, lsl #1
    mov     r2, #0x00ff00ff
    lsl     r2, r2, #7
.Lrow\@:
    ldr     r11, [sp]
    ldr     r6, [r11, #PLANES_LEFT]
    cbz     r6, .Lpairs\@
    ldr     r7, [r0]
    add     r0, r0, r4
    te_two_pixels r3, r7
.Lpairs\@:
    ldr     r11, [sp]
    ldr     r11, [r11, #PLANES_PAIRS]
.Lpair\@:
    ldr     r6, [r0]
    ldr     r7, [r0, r4]
    add     r0, r0, r4, lsl #1
    te_two_pixels r6, r7
    subs    r11, #1
    bne     .Lpair\@
    ldr     r11, [sp]
    ldr     r6, [r11, #PLANES_ODD]
    cbz     r6, .Lnext\@
    ldr     r6, [r0]
    add     r0, r0, r4
    te_two_pixels r6, r3
.Lnext\@:
    ldr     r6, [r11, #PLANES_GAP]
    add     r1, r1, r6
    subs    lr, #1
    bne     .Lrow\@
    pop     {r3-r11, pc}
    te_end \name
.endm

/* One word of each of the four planes: pixels \x and \y. */
.macro te_two_pixels x, y
    pkhbt   r8, \x, \y, lsl #16
    pkhtb   r9, \y, \x, asr #16
    and     r10, r2, r8, lsr #1
    str     r10, [r1, r5]
    and     r10, r2, r9, lsl #7
    str     r10, [r1, r5, lsl #1]
    and     r10, r2, r9, lsr #1
    str     r10, [r1, r12]
    and     r10, r2, r8, lsl #7
    str     r10, [r1], #4
.endm

    /* te_depthwise_run */
    .equ    DW_CHANNELS, 0
    .equ    DW_SKIP, 4
    .equ    DW_ROWS, 8
    .equ    DW_ROW_BYTES, 12
    .equ    DW_LIMITS, 16

    .equ    DW_FRAME_CONSTANT, 0
    .equ    DW_FRAME_CHANNELS, 4
    .equ    DW_FRAME_SKIP, 8
    .equ    DW_FRAME_ROWS, 12
    .equ    DW_FRAME_ROW_BYTES, 16
    .equ    DW_FRAME_ROW_END, 20
    .equ    DW_FRAME_NEGATIVE, 24
    .equ    DW_FRAME_RUN, 28
    .equ    DW_FRAME_BYTES, 32

/* r6 (and r7, if \two) -> bytes at r11, which advances. */
.macro te_depthwise_store two, shift, signed, limit
    .if \signed
    ldr     r8, [sp, #DW_FRAME_CONSTANT]
    ldr     r9, [sp, #DW_FRAME_NEGATIVE]
    and     r9, r9, r6, asr #31
    smmla   r6, r6, r12, r8
    sub     r6, r6, r9
    .if \two
    ldr     r9, [sp, #DW_FRAME_NEGATIVE]
    and     r9, r9, r7, asr #31
    smmla   r7, r7, r12, r8
    sub     r7, r7, r9
    .endif
    ldr     r9, [sp, #DW_FRAME_CHANNELS]
    .else
    ldrd    r8, r9, [sp, #DW_FRAME_CONSTANT]
    smmla   r6, r6, r12, r8
    .if \two
    smmla   r7, r7, r12, r8
    .endif
    .endif
    usat    r6, #8, r6, asr #\shift
    .if \two
    usat    r7, #8, r7, asr #\shift
    .endif
    .if \limit
    .if \two
    orr     r6, r6, r7, lsl #8
    .endif
    ldr     r7, [sp, #DW_FRAME_RUN]
    add     r7, #DW_LIMITS
    ldm     r7, {r7-r9}
    te_limit r7, r8, r9, r6
    ldr     r9, [sp, #DW_FRAME_CHANNELS]
    .if \two
    lsr     r7, r6, #8
    .endif
    .endif
    strb    r6, [r11]
    .if \two
    strb    r7, [r11, r9]
    add     r11, r11, r9, lsl #1
    .else
    add     r11, r11, r9
    .endif
.endm

/* One or two neighbouring outputs whose window starts \word words from r10. */
.macro te_depthwise_outputs two, stride, pitch, word
    .irp row, 0, 1, 2
    ldrd    r8, r9, [r10, #(\row * \pitch + 4 * (\word))]
    .if \row == 0
    te_depthwise_taps \two, \stride, r0, r1, lr, (4 * (\word) + 8)
    .elseif \row == 1
    te_depthwise_taps \two, \stride, r2, r3, , (\pitch + 4 * (\word) + 8)
    .else
    te_depthwise_taps \two, \stride, r4, r5, , (2 * \pitch + 4 * (\word) + 8)
    .endif
    .endr
.endm

/* Three taps, \w01 and \w12, of the row in r8, r9. \initial: what the sums start from. */
.macro te_depthwise_taps two, stride, w01, w12, initial, third
    .ifb \initial
    smlad   r6, r8, \w01, r6
    .else
    smlad   r6, r8, \w01, \initial
    .endif
    smlabt  r6, r9, \w12, r6
    .if \two && \stride == 1
    .ifb \initial
    smlatb  r7, r8, \w01, r7
    .else
    smlatb  r7, r8, \w01, \initial
    .endif
    smlad   r7, r9, \w12, r7
    .endif
    .if \two && \stride == 2
    ldr     r8, [r10, #\third]
    .ifb \initial
    smlad   r7, r9, \w01, r7
    .else
    smlad   r7, r9, \w01, \initial
    .endif
    smlabt  r7, r8, \w12, r7
    .endif
.endm

/* One channel of a 3x3 depthwise convolution: `rows` rows of outputs.
 *   void name(const uint32_t *plane, uint8_t *output, const uint32_t *channel,
 *             const te_depthwise_run *run);
 * channel: weights of the rows (3 bytes each), multiplier, initial value, constant[, negative].
 *
 * pitch: bytes of a plane's row. pairs: pairs of outputs a turn. loop: whether a row has several
 * turns. single: whether its width is odd.
 *
 * r0-r5  weights (w0, w1), (w1, w2) of each row      r10, r11  plane, output
 * r6, r7 two sums                                    r12       multiplier
 * r8, r9 words of the plane                          lr        initial value
 */
.macro te_depthwise_3x3 name, stride, pitch, pairs, loop, single, shift, signed, limit
    te_function \name
    push    {r4-r11, lr}
    sub     sp, #DW_FRAME_BYTES
    ldm     r3, {r4-r7}
    strd    r4, r5, [sp, #DW_FRAME_CHANNELS]
    strd    r6, r7, [sp, #DW_FRAME_ROWS]
    str     r3, [sp, #DW_FRAME_RUN]
    mov     r10, r0
    mov     r11, r1
    ldm     r2!, {r7, r8, r9, r12, lr}
    ldr     r6, [r2]
    str     r6, [sp, #DW_FRAME_CONSTANT]
    .if \signed
    ldr     r6, [r2, #4]
    str     r6, [sp, #DW_FRAME_NEGATIVE]
    .endif
    te_three_weights r0, r1, r7
    te_three_weights r2, r3, r8
    te_three_weights r4, r5, r9
.Lrow\@:
    .if \loop
    ldr     r8, [sp, #DW_FRAME_ROW_BYTES]
    add     r8, r8, r11
    str     r8, [sp, #DW_FRAME_ROW_END]
.Lturn\@:
    .endif
    .set    word, 0
    .rept \pairs
    te_depthwise_outputs 1, \stride, \pitch, word
    te_depthwise_store 1, \shift, \signed, \limit
    .set    word, word + \stride
    .endr
    .if \loop
    add     r10, #(4 * \stride * \pairs)
    .set    word, 0
    ldr     r8, [sp, #DW_FRAME_ROW_END]
    cmp     r11, r8
    bne     .Lturn\@
    .endif
    .if \single
    te_depthwise_outputs 0, \stride, \pitch, word
    te_depthwise_store 0, \shift, \signed, \limit
    .endif
    ldrd    r8, r9, [sp, #DW_FRAME_SKIP]
    add     r10, r10, r8
    subs    r9, #1
    str     r9, [sp, #DW_FRAME_ROWS]
    bne     .Lrow\@
    add     sp, #DW_FRAME_BYTES
    pop     {r4-r11, pc}
    te_end \name
.endm

/* w01 = lanes (w0, w1), w12 = lanes (w1, w2) of the bytes w0, w1, w2 in \bytes; r6 is clobbered. */
.macro te_three_weights w01, w12, bytes
    sxtb16  r6, \bytes
    sxtb16  \bytes, \bytes, ror #8
    pkhbt   \w01, r6, \bytes, lsl #16
    pkhtb   \w12, r6, \bytes
.endm
