/* Four pixels, whose windows lie unpacked side by side, times all output channels.
 *
 *   void name(const te_v6m_block *block);
 *
 * Stream, for each channel:
 *   a word for each four taps: (w2, w3, w0, w1) + 128
 *   exceptions: {offset of the inputs, word}, added to the taps there
 *   -1, the limbs of the multiplier, the highest first, constant[, below, negative], shift
 *
 * r0, r1  weights          r7        stream
 * r2      TE_LANES         r8-r11    sums of the pixels
 * r6      inputs           r12, lr   begin and end of the inputs
 */

    /* te_v6m_block, as armv6m.h declares it; the first four are loaded at once */
    .equ    BLOCK_LIMITS, 20

    /* the frame */
    .equ    CONV_OUTPUT, 0
    .equ    CONV_END, 4
    .equ    CONV_CHANNELS, 8
    .equ    CONV_STREAM, 12
    .equ    CONV_ENTRY, 16
    .equ    CONV_STAGE, 20
    .equ    CONV_FRAME, CONV_STAGE + STAGE_BYTES

    .equ    TE_V6M_GROUP_BYTES, 64

/* Four taps of all pixels, whose weights are in r0. */
.macro te_group_4 put=add
    te_widen r0, r1, r2
    te_taps r8, r0, r1, r3, r4, r5, \put
    te_taps r9, r0, r1, r3, r4, r5, \put
    te_taps r10, r0, r1, r3, r4, r5, \put
    te_taps r11, r0, r1, r3, r4, r5, \put
.endm

/* unroll: groups of four taps a turn, of all but the first. The others: the requantization. */
.macro te_v6m_conv_4 name, unroll, bits, wide, signed, limit
    te_function \name
    te_enter
    sub     sp, #CONV_FRAME
    ldm     r0!, {r1-r6}                @ columns, end, stream, output, channels, rest
    mov     r12, r1
    mov     lr, r2
    mov     r7, r3
    str     r4, [sp, #CONV_OUTPUT]
    str     r5, [sp, #CONV_CHANNELS]
    adds    r4, r5
    str     r4, [sp, #CONV_END]
    ldr     r3, =.Ldone\@ + 1           @ groups that make no whole turn come first
    subs    r3, r6
    str     r3, [sp, #CONV_ENTRY]
    .if \limit
    te_load_limits CONV_STAGE
    .endif
.Lchannel\@:
    ldr     r2, =TE_LANES
    mov     r6, r12
    ldm     r7!, {r0}
    te_group_4 mov
    ldr     r3, [sp, #CONV_ENTRY]
    bx      r3
.Lturn\@:
    .rept \unroll
    ldm     r7!, {r0}
    te_group_4
    .endr
.Ldone\@:
    cmp     r6, lr
    .if \unroll > 3
    beq     .Lexceptions\@
    b       .Lturn\@
    .else
    bne     .Lturn\@
    .endif
.Lexceptions\@:
    ldm     r7!, {r0, r1}
    adds    r3, r0, #1
    beq     .Lstage\@
    mov     r6, r12
    add     r6, r0
    mov     r0, r1
    te_group_4
    b       .Lexceptions\@
.Lstage\@:
    te_load_stage \wide, \signed, CONV_STAGE
    str     r7, [sp, #CONV_STREAM]
    ldr     r5, [sp, #CONV_OUTPUT]
    ldr     r7, [sp, #CONV_CHANNELS]
    .irp    sum, r8, r9, r10, r11
    te_requantize \sum, \bits, \wide, \signed, \limit, CONV_STAGE
    strb    r3, [r5]
    .ifnc   \sum, r11
    add     r5, r7
    .endif
    .endr
    ldr     r5, [sp, #CONV_OUTPUT]
    adds    r5, #1
    str     r5, [sp, #CONV_OUTPUT]
    ldr     r7, [sp, #CONV_STREAM]
    ldr     r4, [sp, #CONV_END]
    cmp     r5, r4
    beq     .Lend\@
    b       .Lchannel\@
.Lend\@:
    add     sp, #CONV_FRAME
    te_leave
    te_end \name
.endm
