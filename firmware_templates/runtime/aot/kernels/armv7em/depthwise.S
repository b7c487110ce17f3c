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
    .equ    PLANES_GAP, 24              @ then that of the input

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
    ldrd    r6, r7, [r11, #PLANES_GAP]
    add     r1, r1, r6
    add     r0, r0, r7
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
    .equ    DW_OUTPUT_GAP, 40

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
 * turns. single: whether its width is odd. gap: whether rows of outputs do not follow each other.
 *
 * r0-r5  weights (w0, w1), (w1, w2) of each row      r10, r11  plane, output
 * r6, r7 two sums                                    r12       multiplier
 * r8, r9 words of the plane                          lr        initial value
 */
.macro te_depthwise_3x3 name, stride, pitch, pairs, loop, single, gap, shift, signed, limit
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
    .if \gap
    ldr     r8, [sp, #DW_FRAME_RUN]
    ldr     r8, [r8, #DW_OUTPUT_GAP]
    add     r11, r11, r8
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

/* ---- any window ----------------------------------------------------------------------------- */

    .equ    DW_WIDTH, 28            @ te_depthwise_run, continued
    .equ    DW_PITCH, 32
    .equ    DW_OUTPUT_BYTES, 36

    .equ    ANY_FRAME_CHANNELS, 0   @ loaded at once, from multiplier or channels on
    .equ    ANY_FRAME_MULTIPLIER, 4
    .equ    ANY_FRAME_CONSTANT, 8
    .equ    ANY_FRAME_NEGATIVE, 12
    .equ    ANY_FRAME_INITIAL, 16
    .equ    ANY_FRAME_WEIGHTS, 20
    .equ    ANY_FRAME_PLANE, 24
    .equ    ANY_FRAME_OUTPUT, 28
    .equ    ANY_FRAME_RUN, 32
    .equ    ANY_FRAME_ROWS, 36
    .equ    ANY_FRAME_BLOCK, 40
    .equ    ANY_FRAME_LEFT, 44
    .equ    ANY_FRAME_BYTES, 48

/* Four neighbouring outputs from two taps, \w: lanes of two weights. x0, x1, ... are the words of
 * the plane from these taps on. Stride 1: an odd output takes the upper half of one word and the
 * lower half of the next. */
.macro te_two_taps_1 w, x0, x1, x2
    smlad   r0, r\x0, \w, r0
    smlatb  r1, r\x0, \w, r1
    smlabt  r1, r\x1, \w, r1
    smlad   r2, r\x1, \w, r2
    smlatb  r3, r\x1, \w, r3
    smlabt  r3, r\x2, \w, r3
.endm

.macro te_one_tap_1 w, x0, x1
    smlabb  r0, r\x0, \w, r0
    smlatb  r1, r\x0, \w, r1
    smlabb  r2, r\x1, \w, r2
    smlatb  r3, r\x1, \w, r3
.endm

.macro te_two_taps_2 w, x0, x1, x2, x3
    smlad   r0, r\x0, \w, r0
    smlad   r1, r\x1, \w, r1
    smlad   r2, r\x2, \w, r2
    smlad   r3, r\x3, \w, r3
.endm

.macro te_one_tap_2 w, x0, x1, x2, x3
    smlabb  r0, r\x0, \w, r0
    smlabb  r1, r\x1, \w, r1
    smlabb  r2, r\x2, \w, r2
    smlabb  r3, r\x3, \w, r3
.endm

/* r\to = the next word of the plane's row. */
.macro te_next_word to
    ldr     r\to, [r10], #4
    .set    consumed, consumed + 4
.endm

/* Taps 2 \pair and 2 \pair + 1 (the latter if \two). Word i of the row is in register 6 + i % 4;
 * the first four have been loaded. */
.macro te_any_pair pair, two, stride, w
    .set    first, 6 + (\pair) % 4
    .set    second, 6 + (\pair + 1) % 4
    .set    third, 6 + (\pair + 2) % 4
    .set    fourth, 6 + (\pair + 3) % 4
    .altmacro
    .if \stride == 2 && \pair >= 1
    te_next_word %fourth
    .endif
    .if \stride == 1 && \two && \pair >= 2
    te_next_word %third
    .endif
    .if \stride == 1 && \two
    te_two_taps_1 \w, %first, %second, %third
    .elseif \stride == 1
    te_one_tap_1 \w, %first, %second
    .elseif \two
    te_two_taps_2 \w, %first, %second, %third, %fourth
    .else
    te_one_tap_2 \w, %first, %second, %third, %fourth
    .endif
    .noaltmacro
.endm

/* One row of \taps taps for four outputs; r10 plane, r12 weights advance. */
.macro te_any_row taps, stride
    ldm     r10!, {r6-r9}
    .set    consumed, 16
    .set    tap, 0
    .rept   (\taps + 3) / 4
    ldr     r4, [r12], #4
    sxtb16  r5, r4
    te_any_pair (tap / 2), (\taps - tap >= 2), \stride, r5
    .if \taps - tap > 2
    sxtb16  r5, r4, ror #8
    te_any_pair (tap / 2 + 1), (\taps - tap >= 4), \stride, r5
    .endif
    .set    tap, tap + 4
    .endr
.endm

/* One channel of a depthwise convolution with a window of \rows x \taps: `rows` rows of outputs.
 *   void name(const uint32_t *plane, uint8_t *output, const uint32_t *channel,
 *             const te_depthwise_run *run);
 * channel: multiplier (its top bit is not part of it), initial value, constant[, negative], then
 * the weights, four taps a word in the order 0 2 1 3, each row filled up with zeros.
 *
 * r0-r3  four sums                 r10, r11, r12  plane, output, weights
 * r4, r5 weights                   lr             outputs left in the row
 * r6-r9  words of the plane
 */
.macro te_depthwise_any name, rows, taps, stride, shift, signed, limit
    te_function \name
    push    {r4-r11, lr}
    sub     sp, #ANY_FRAME_BYTES
    ldm     r2!, {r4, r5, r6}
    bic     r4, r4, #0x80000000
    strd    r4, r6, [sp, #ANY_FRAME_MULTIPLIER]
    str     r5, [sp, #ANY_FRAME_INITIAL]
    .if \signed
    ldr     r4, [r2], #4
    str     r4, [sp, #ANY_FRAME_NEGATIVE]
    .endif
    ldr     r4, [r3, #DW_ROWS]
    ldr     r5, [r3, #DW_CHANNELS]
    str     r5, [sp, #ANY_FRAME_CHANNELS]
    str     r2, [sp, #ANY_FRAME_WEIGHTS]
    strd    r0, r1, [sp, #ANY_FRAME_PLANE]
    str     r3, [sp, #ANY_FRAME_RUN]
    str     r4, [sp, #ANY_FRAME_ROWS]
.Lrow\@:
    ldr     r4, [sp, #ANY_FRAME_RUN]
    ldrd    r10, r11, [sp, #ANY_FRAME_PLANE]
    ldr     lr, [r4, #DW_WIDTH]
.Lblock\@:
    ldrd    r0, r12, [sp, #ANY_FRAME_INITIAL]
    mov     r1, r0
    mov     r2, r0
    mov     r3, r0
    .if \rows > 1
    strd    r10, lr, [sp, #ANY_FRAME_BLOCK]
    mov     lr, #\rows
.Lwindow\@:
    te_any_row \taps, \stride
    subs    lr, #1
    beq     .Lscale\@
    ldr     r4, [sp, #ANY_FRAME_RUN]
    ldr     r5, [sp, #ANY_FRAME_BLOCK]
    ldr     r4, [r4, #DW_PITCH]
    rsb     r6, lr, #\rows
    mla     r10, r6, r4, r5
    b       .Lwindow\@
.Lscale\@:
    ldrd    r10, lr, [sp, #ANY_FRAME_BLOCK]
    add     r10, #(8 * \stride)
    .else
    te_any_row \taps, \stride
    .if consumed != 8 * \stride
    sub     r10, #(consumed - 8 * \stride)
    .endif
    .endif
    .if \signed
    ldm     sp, {r4, r5, r6, r7}        @ channels, multiplier, constant, negative
    te_scale 1, r5, r6, r7, r8, r0, r1, r2, r3
    .else
    ldm     sp, {r4, r5, r6}            @ channels, multiplier, constant
    te_scale 0, r5, r6, , , r0, r1, r2, r3
    .endif
    .irp r, r0, r1, r2, r3
    usat    \r, #8, \r, asr #\shift
    .endr
    .if \limit
    ldr     r5, [sp, #ANY_FRAME_RUN]
    add     r5, #DW_LIMITS
    ldm     r5, {r6-r8}
    te_limit r6, r7, r8, r0, r1, r2, r3
    .endif
    strb    r0, [r11]
    subs    lr, #4
    blo     .Lpartial\@
    strb    r1, [r11, r4]
    add     r11, r11, r4, lsl #1
    strb    r2, [r11]
    strb    r3, [r11, r4]
    add     r11, r11, r4, lsl #1
    bne     .Lblock\@
.Lnext\@:
    ldr     r4, [sp, #ANY_FRAME_ROWS]
    subs    r4, #1
    beq     .Lend\@
    str     r4, [sp, #ANY_FRAME_ROWS]
    ldrd    r5, r6, [sp, #ANY_FRAME_PLANE]
    ldr     r9, [sp, #ANY_FRAME_RUN]
    ldr     r7, [r9, #DW_SKIP]
    ldr     r8, [r9, #DW_OUTPUT_BYTES]
    add     r5, r5, r7
    add     r6, r6, r8
    strd    r5, r6, [sp, #ANY_FRAME_PLANE]
    b       .Lrow\@
.Lpartial\@:
    adds    lr, #3                      @ 0, 1 or 2 more outputs
    beq     .Lnext\@
    strb    r1, [r11, r4]
    cmp     lr, #1
    beq     .Lnext\@
    strb    r2, [r11, r4, lsl #1]
    b       .Lnext\@
.Lend\@:
    add     sp, #ANY_FRAME_BYTES
    pop     {r4-r11, pc}
    te_end \name
.endm
