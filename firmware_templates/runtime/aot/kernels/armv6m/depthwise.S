/* Depthwise convolution, channel by channel, two outputs at a time: a channel's inputs stand in a
 * plane of pairs, z[i] + z[i + stride] * 2^16, so that one MULS serves both. The sums of some taps
 * stay in 16 bits; where such a group ends, both halves are added up apart.
 */

/* Rows of a channel to pairs.
 *
 *   void name(const int8_t *from, uint32_t *to, const te_v6m_pairs_run *run);
 *
 * r2, r3  inputs that wait for their partner     r8   step of two columns
 * r6      step of a column                       r9   end of the loop
 * r7      zero (stride 1), else clobbered        r10, r11   bytes of the loop, padding
 */
    /* te_v6m_pairs_run, as armv6m.h declares it */
    .equ    PAIRS_ROWS, 12
    .equ    PAIRS_FIRST, 16
    .equ    PAIRS_ODD, 20
    .equ    PAIRS_FROM_SKIP, 24
    .equ    PAIRS_TO_SKIP, 28

    .equ    PAIRS_LEFT, 0
    .equ    PAIRS_RUN, 4
    .equ    PAIRS_FRAME, 8

/* r = the next input */
.macro te_next_input r
    ldrb    \r, [r0]
    sxtb    \r, \r
    adds    r0, r6
.endm

/* Stores the pair of `low` and of what is `high`. */
.macro te_store_pair low, high, temp
    lsls    \temp, \high, #16
    adds    \temp, \low
    stm     r1!, {\temp}
.endm

.macro te_v6m_pairs name, stride
    te_function \name
    te_enter
    sub     sp, #PAIRS_FRAME
    str     r2, [sp, #PAIRS_RUN]
    ldr     r3, [r2, #PAIRS_ROWS]
    str     r3, [sp, #PAIRS_LEFT]
    ldm     r2!, {r3, r4, r6}           @ padding, bytes of the loop, step
    mov     r11, r3
    mov     r10, r4
    adds    r3, r6, r6
    mov     r8, r3
    movs    r7, #0
.Lrow\@:
    ldr     r5, [sp, #PAIRS_RUN]
    ldr     r4, [r5, #PAIRS_FIRST]
    mov     r2, r11
    mov     r3, r11
    cmp     r4, #0
    beq     .Lstart\@
    .if \stride == 2
    cmp     r4, #1
    beq     .Lone\@
    te_next_input r2
.Lone\@:
    .endif
    te_next_input r3
.Lstart\@:
    mov     r4, r10
    cmp     r4, #0
    beq     .Lodd\@
    adds    r4, r0
    mov     r9, r4
.Lturn\@:
    .if \stride == 1
    ldrsb   r2, [r0, r7]
    lsls    r4, r2, #16
    adds    r4, r3
    ldrsb   r3, [r0, r6]
    lsls    r5, r3, #16
    adds    r5, r2
    stm     r1!, {r4, r5}
    add     r0, r8
    .else
    ldrb    r4, [r0]
    sxtb    r4, r4
    ldrsb   r5, [r0, r6]
    add     r0, r8
    te_store_pair r2, r4, r7
    te_store_pair r3, r5, r7
    mov     r2, r4
    mov     r3, r5
    .endif
    cmp     r0, r9
    bne     .Lturn\@
.Lodd\@:
    ldr     r5, [sp, #PAIRS_RUN]
    ldr     r4, [r5, #PAIRS_ODD]
    cmp     r4, #0
    beq     .Llast\@
    te_next_input r4
    .if \stride == 1
    te_store_pair r3, r4, r5
    mov     r3, r4
    .else
    te_store_pair r2, r4, r5
    mov     r2, r3
    mov     r3, r4
    .endif
.Llast\@:
    mov     r4, r11
    .if \stride == 2
    te_store_pair r2, r4, r5
    .endif
    te_store_pair r3, r4, r5
    ldr     r5, [sp, #PAIRS_RUN]
    ldr     r4, [r5, #PAIRS_FROM_SKIP]
    adds    r0, r4
    ldr     r4, [r5, #PAIRS_TO_SKIP]
    adds    r1, r4
    ldr     r4, [sp, #PAIRS_LEFT]
    subs    r4, #1
    str     r4, [sp, #PAIRS_LEFT]
    bne     .Lrow\@
    add     sp, #PAIRS_FRAME
    te_leave
    te_end \name
.endm

/* All outputs of a channel from its pairs.
 *
 *   void name(const te_v6m_depthwise_run *run);
 *
 * Behind the weights, a word each, stand the limbs and the shift: high, constant, low, shift; of
 * three limbs the middle, high and low one, shift, constant[, below, negative].
 *
 * r0, r1  pairs, weights       r8, r9    sums of the two outputs
 * r2      a weight             r10       step of an output
 * r3      sum of pairs         r11, r12  steps behind a window, behind a row of it
 * r4-r6   pairs                lr        0x8000
 * r7      output
 */
    .equ    DEPTHWISE_LENGTH, 0
    .equ    DEPTHWISE_PAIR_SKIP, 4
    .equ    DEPTHWISE_OUTPUT_SKIP, 8
    .equ    DEPTHWISE_ROWS, 12
    .equ    DEPTHWISE_HEAD, 16
    .equ    DEPTHWISE_END, 20
    .equ    DEPTHWISE_PAIRS, 24
    .equ    DEPTHWISE_STAGE, 28
    .equ    DEPTHWISE_FRAME, DEPTHWISE_STAGE + STAGE_BYTES

/* The next weight times the pair \x. te_tap counts; te_first: a group begins with it. */
.macro te_pair_tap x, ends
    ldm     r1!, {r2}
    muls    \x, r2
    .if te_first
    .ifnc   \x, r3
    mov     r3, \x
    .endif
    .else
    adds    r3, \x
    .endif
    .set    te_first, 0
    .if (\ends >> te_tap) & 1
    te_end_group
    .endif
    .set    te_tap, te_tap + 1
.endm

/* Adds up both halves; te_any: there was a group before. */
.macro te_end_group
    sxth    r2, r3
    add     r3, lr
    asrs    r3, #16
    .if te_any
    add     r8, r2
    add     r9, r3
    .else
    mov     r8, r2
    mov     r9, r3
    .endif
    .set    te_first, 1
    .set    te_any, 1
.endm

/* \count taps, one to three, of a window's row. */
.macro te_pair_taps count, ends
    .if te_first
    te_pair_taps_in \count, \ends, r3, r4, r5
    .else
    te_pair_taps_in \count, \ends, r4, r5, r6
    .endif
.endm

.macro te_pair_taps_in count, ends, a, b, c
    .if \count == 1
    ldm     r0!, {\a}
    .elseif \count == 2
    ldm     r0!, {\a, \b}
    .else
    ldm     r0!, {\a, \b, \c}
    .endif
    te_pair_tap \a, \ends
    .if \count > 1
    te_pair_tap \b, \ends
    .endif
    .if \count > 2
    te_pair_tap \c, \ends
    .endif
.endm

/* One output; behind it the next one's place. */
.macro te_pair_output sum, bits, wide, signed, limit
    .if \wide
    te_requantize \sum, \bits, 1, \signed, \limit, DEPTHWISE_STAGE
    .else
    te_requantize \sum, \bits, 0, \signed, \limit, DEPTHWISE_STAGE, r5
    .endif
    strb    r3, [r7]
    add     r7, r10
.endm

/* rows, taps: the window's. ends: a bit for each tap behind which a group ends. odd: a row has an
 * odd number of outputs. The others: the requantization. */
.macro te_v6m_depthwise_2 name, rows, taps, ends, odd, bits, wide, signed, limit
    te_function \name
    te_enter
    sub     sp, #DEPTHWISE_FRAME
    ldm     r0!, {r1-r6}                @ pairs, head, output, step, window skip, row skip
    mov     r8, r1
    mov     r7, r3
    mov     r10, r4
    mov     r11, r5
    mov     r12, r6
    ldm     r0!, {r3, r4, r5, r6}       @ length, skips of pairs and outputs, rows
    mov     r1, sp
    stm     r1!, {r3, r4, r5, r6}
    str     r2, [sp, #DEPTHWISE_HEAD]
    .if \wide
    adds    r2, #4 * \rows * \taps + 16
    ldm     r2!, {r3}
    str     r3, [sp, #DEPTHWISE_STAGE + STAGE_CONSTANT]
    .endif
    .if \signed
    ldm     r2!, {r4, r5}
    str     r4, [sp, #DEPTHWISE_STAGE + STAGE_BELOW]
    str     r5, [sp, #DEPTHWISE_STAGE + STAGE_NEGATIVE]
    .endif
    .if \limit
    te_load_limits DEPTHWISE_STAGE
    .endif
    mov     r0, r8
    movs    r4, #0x80
    lsls    r4, #8
    mov     lr, r4
.Lrow\@:
    ldr     r4, [sp, #DEPTHWISE_LENGTH]
    adds    r4, r7
    str     r4, [sp, #DEPTHWISE_END]
.Lpair\@:
    ldr     r1, [sp, #DEPTHWISE_HEAD]
    .set    te_tap, 0
    .set    te_first, 1
    .set    te_any, 0
    .set    te_row, 0
    .rept   \rows
    .if te_row
    add     r0, r12
    .endif
    .set    te_row, te_row + 1
    .rept   \taps / 3
    te_pair_taps 3, \ends
    .endr
    .if \taps % 3
    te_pair_taps \taps % 3, \ends
    .endif
    .endr
    add     r0, r11
    .if \wide
    str     r0, [sp, #DEPTHWISE_PAIRS]
    ldm     r1, {r0, r1, r2, r6}
    .else
    ldm     r1, {r1, r2, r5, r6}
    .endif
    te_pair_output r8, \bits, \wide, \signed, \limit
    .if \odd
    ldr     r4, [sp, #DEPTHWISE_END]
    cmp     r7, r4
    beq     .Lnext\@
    .endif
    te_pair_output r9, \bits, \wide, \signed, \limit
    .if \wide
    ldr     r0, [sp, #DEPTHWISE_PAIRS]
    .endif
    .if \odd == 0
    ldr     r4, [sp, #DEPTHWISE_END]
    cmp     r7, r4
    beq     .Lnext\@
    .endif
    b       .Lpair\@
.Lnext\@:
    .if \wide
    ldr     r0, [sp, #DEPTHWISE_PAIRS]
    .endif
    ldr     r4, [sp, #DEPTHWISE_PAIR_SKIP]
    adds    r0, r4
    ldr     r4, [sp, #DEPTHWISE_OUTPUT_SKIP]
    adds    r7, r4
    ldr     r4, [sp, #DEPTHWISE_ROWS]
    subs    r4, #1
    str     r4, [sp, #DEPTHWISE_ROWS]
    beq     .Lend\@
    b       .Lrow\@
.Lend\@:
    add     sp, #DEPTHWISE_FRAME
    te_leave
    te_end \name
.endm
