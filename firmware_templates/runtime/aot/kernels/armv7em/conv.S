/* Convolution of a run of pixel blocks: unpack the windows of 2 or 3 pixels once, then multiply
 * them with all output channels. The C drivers (conv.c) say which pixels; see te_conv_run.
 *
 *   void name(te_conv_run *run);
 *
 * Weight stream, for each block of 2 or 4 channels:
 *   initial values (A, B' of each pair), weights, then multiplier, constant[, negative] a channel.
 * A unit is four k: one word of each pixel's window. The columns hold, for each word, the lanes
 * (0, 2) of every pixel, then the lanes (1, 3) of every pixel.
 */

    /* te_conv_run, as armv7em.h declares it */
    .equ    RUN_PIXEL, 0
    .equ    RUN_OUTPUT, 20
    .equ    RUN_BLOCKS, 24
    .equ    RUN_INPUT_JUMP, 28
    .equ    RUN_OUTPUT_JUMP, 32
    .equ    RUN_UNPACK, 36
    .equ    RUN_WORDS, 40
    .equ    RUN_ROWS, 44
    .equ    RUN_ROW_GAP, 48
    .equ    RUN_STREAM, 52
    .equ    RUN_COLUMNS, 56
    .equ    RUN_UNITS, 60
    .equ    RUN_CHANNELS, 64
    .equ    RUN_LIMITS, 68
    .equ    RUN_SCALE, 80

    /* the frame; the first four are loaded at once */
    .equ    FRAME_OUTPUT, 0
    .equ    FRAME_CHANNELS, 4
    .equ    FRAME_OUTPUT_END, 8
    .equ    FRAME_COLUMNS, 12
    .equ    FRAME_COLUMNS_END, 16
    .equ    FRAME_ENTRY, 20
    .equ    FRAME_RUN, 24
    .equ    FRAME_BYTES, 28

/* Saves registers, lays out the frame. */
.macro te_conv_enter unroll, unit_bytes, done
    push    {r4-r11, lr}
    sub     sp, #FRAME_BYTES
    ldr     r4, [r0, #RUN_UNITS]
    subs    r4, #1                      @ the first unit stands before the loop
    te_loop_entry r4, \unroll, \unit_bytes, \done, r5, r6
    str     r6, [sp, #FRAME_ENTRY]
    str     r0, [sp, #FRAME_RUN]
    ldr     r4, [r0, #RUN_COLUMNS]
    str     r4, [sp, #FRAME_COLUMNS]
    ldr     r4, [r0, #RUN_CHANNELS]
    str     r4, [sp, #FRAME_CHANNELS]
.endm

/* r = the next pixel's window. r5 window, r6 pixels left in the row, r7 step, r8 width, r9 skip */
.macro te_next_pixel regs:vararg
    .irp r, \regs
    mov     \r, r5
    add     r5, r5, r7
    subs    r6, #1
    itt     eq
    addeq   r5, r5, r9
    moveq   r6, r8
    .endr
.endm

/* Start of a block of pixels: unpacks them, leaves r12 = columns, lr = stream. */
.macro te_conv_block_start pixels:vararg
    ldr     r4, [sp, #FRAME_RUN]
    ldm     r4, {r5-r9}
    te_next_pixel \pixels
    ldr     r10, [r4, #RUN_INPUT_JUMP]
    add     r5, r5, r10
    strd    r5, r6, [r4, #RUN_PIXEL]
    ldr     r3, [sp, #FRAME_COLUMNS]
    ldr     r10, [r4, #RUN_UNPACK]
    blx     r10
    str     r3, [sp, #FRAME_COLUMNS_END]
    ldr     r5, [r4, #RUN_OUTPUT]
    ldr     r6, [sp, #FRAME_CHANNELS]
    ldr     r7, [r4, #RUN_OUTPUT_JUMP]
    add     r6, r5, r6
    str     r5, [sp, #FRAME_OUTPUT]
    str     r6, [sp, #FRAME_OUTPUT_END]
    add     r5, r5, r7
    str     r5, [r4, #RUN_OUTPUT]
    ldr     r12, [sp, #FRAME_COLUMNS]
    ldr     lr, [r4, #RUN_STREAM]
.endm

.macro te_conv_leave again
    ldr     r4, [sp, #FRAME_RUN]
    ldr     r5, [r4, #RUN_BLOCKS]
    subs    r5, #1
    str     r5, [r4, #RUN_BLOCKS]
    bne     \again
    add     sp, #FRAME_BYTES
    pop     {r4-r11, pc}
.endm

/* ---- 3 pixels x 2 channels -------------------------------------------------------------------
 * r0-r2   A of the pixels             r9, r10  weights
 * r3-r5   B' of the pixels            r11      end of the columns
 * r6-r8   columns                     r12, lr  columns, stream
 */
.macro te_unit_3x2 a0=r0, a1=r1, a2=r2, b0=r3, b1=r4, b2=r5
    ldrd    r9, r10, [lr], #8
    ldm     r12!, {r6-r8}
    smlad   r3, r6, r9, \b0
    smlad   r4, r7, r9, \b1
    smlad   r5, r8, r9, \b2
    sxtb16  r9, r9
    smlad   r0, r6, r9, \a0
    smlad   r1, r7, r9, \a1
    smlad   r2, r8, r9, \a2
    ldm     r12!, {r6-r8}
    smlad   r3, r6, r10, r3
    smlad   r4, r7, r10, r4
    smlad   r5, r8, r10, r5
    sxtb16  r10, r10
    smlad   r0, r6, r10, r0
    smlad   r1, r7, r10, r1
    smlad   r2, r8, r10, r2
.endm
    .equ    UNIT_3X2_BYTES, 68

/* unroll: units a turn, a power of two. shift, signed, limit: the requantization's form.
 * ragged: the number of channels is odd, the last block repeats one. */
.macro te_conv_3x2 name, unroll, shift, signed, limit, ragged
    te_function \name
    te_conv_enter \unroll, UNIT_3X2_BYTES, .Ldone\@
.Lpixels\@:
    te_conv_block_start r0, r1, r2
    mov     r11, r3
.Lchannels\@:
    ldm     lr!, {r2, r5}               @ the initial values
    te_unit_3x2 r2, r2, r2, r5, r5, r5
    ldr     r6, [sp, #FRAME_ENTRY]
    bx      r6
.Lturn\@:
    .rept \unroll
    te_unit_3x2
    .endr
.Ldone\@:
    cmp     r12, r11
    bne     .Lturn\@
    te_split r3, r0
    te_split r4, r1
    te_split r5, r2
    .if \signed
    ldm     lr!, {r6-r8}
    te_scale 1, r6, r7, r8, r9, r0, r1, r2
    ldm     lr!, {r6-r8}
    te_scale 1, r6, r7, r8, r9, r3, r4, r5
    .else
    ldm     lr!, {r6-r9}
    te_scale 0, r6, r7, , , r0, r1, r2
    te_scale 0, r8, r9, , , r3, r4, r5
    .endif
    .if \shift == 16
    pkhtb   r0, r3, r0, asr #16
    pkhtb   r1, r4, r1, asr #16
    pkhtb   r2, r5, r2, asr #16
    usat16  r0, #8, r0
    usat16  r1, #8, r1
    usat16  r2, #8, r2
    orr     r0, r0, r0, lsr #8
    orr     r1, r1, r1, lsr #8
    orr     r2, r2, r2, lsr #8
    .else
    .irp r, r0, r1, r2, r3, r4, r5
    usat    \r, #8, \r, asr #\shift
    .endr
    orr     r0, r0, r3, lsl #8
    orr     r1, r1, r4, lsl #8
    orr     r2, r2, r5, lsl #8
    .endif
    .if \limit
    ldr     r6, [sp, #FRAME_RUN]
    add     r6, #RUN_LIMITS
    ldm     r6, {r7-r9}
    te_limit r7, r8, r9, r0, r1, r2
    .endif
    ldm     sp, {r6, r7, r8, r12}       @ output, channels, output end, columns
    strh    r1, [r6, r7]
    strh    r2, [r6, r7, lsl #1]
    strh    r0, [r6], #2
    .if \ragged
    subs    r7, r8, r6
    beq     .Lnext\@
    cmp     r7, #1
    it      eq
    subeq   r6, r6, #1
    str     r6, [sp, #FRAME_OUTPUT]
    b       .Lchannels\@
.Lnext\@:
    .else
    str     r6, [sp, #FRAME_OUTPUT]
    cmp     r6, r8
    bne     .Lchannels\@
    .endif
    te_conv_leave .Lpixels\@
    te_end \name
.endm

/* ---- 2 pixels x 4 channels -------------------------------------------------------------------
 * r0, r1  A of channel 0              r8, r9    columns
 * r2, r3  B' of channel 2             r10, r11  weights
 * r4, r5  A of channel 1              r12, lr   columns, stream
 * r6, r7  B' of channel 3
 */
.macro te_half_2x4 a0=r0, b0=r2, a1=r4, b1=r6
    ldrd    r8, r9, [r12], #8
    ldrd    r10, r11, [lr], #8
    smlad   r3, r9, r10, \b0
    smlad   r2, r8, r10, r2
    sxtb16  r10, r10
    smlad   r1, r9, r10, \a0
    smlad   r0, r8, r10, r0
    smlad   r7, r9, r11, \b1
    smlad   r6, r8, r11, r6
    sxtb16  r11, r11
    smlad   r5, r9, r11, \a1
    smlad   r4, r8, r11, r4
.endm
    .equ    UNIT_2X4_BYTES, 96

/* Parameters as in te_conv_3x2. ragged: channels are no multiple of 4, the last block repeats. */
.macro te_conv_2x4 name, unroll, shift, signed, limit, ragged
    te_function \name
    te_conv_enter \unroll, UNIT_2X4_BYTES, .Ldone\@
.Lpixels\@:
    te_conv_block_start r0, r1
.Lchannels\@:
    ldm     lr!, {r0, r2, r4, r6}       @ the initial values
    te_half_2x4 r0, r2, r4, r6
    te_half_2x4 r1, r3, r5, r7
    ldr     r8, [sp, #FRAME_ENTRY]
    bx      r8
.Lturn\@:
    .rept \unroll
    te_half_2x4 r1, r3, r5, r7
    te_half_2x4 r1, r3, r5, r7
    .endr
.Ldone\@:
    ldr     r8, [sp, #FRAME_COLUMNS_END]
    cmp     r12, r8
    bne     .Lturn\@
    te_split r2, r0
    te_split r3, r1
    te_split r6, r4
    te_split r7, r5
    .if \signed
    .irp pair, 0, 2, 4, 6
    ldm     lr!, {r8-r10}
    .if \pair == 0
    te_scale 1, r8, r9, r10, r11, r0, r1
    .elseif \pair == 2
    te_scale 1, r8, r9, r10, r11, r2, r3
    .elseif \pair == 4
    te_scale 1, r8, r9, r10, r11, r4, r5
    .else
    te_scale 1, r8, r9, r10, r11, r6, r7
    .endif
    .endr
    .else
    ldm     lr!, {r8-r11}
    te_scale 0, r8, r9, , , r0, r1
    te_scale 0, r10, r11, , , r2, r3
    ldm     lr!, {r8-r11}
    te_scale 0, r8, r9, , , r4, r5
    te_scale 0, r10, r11, , , r6, r7
    .endif
    te_pack_4 \shift, r0, r4, r2, r6
    te_pack_4 \shift, r1, r5, r3, r7
    .if \limit
    ldr     r6, [sp, #FRAME_RUN]
    add     r6, #RUN_LIMITS
    ldm     r6, {r7-r9}
    te_limit r7, r8, r9, r0, r1
    .endif
    ldm     sp, {r8, r9, r10, r12}      @ output, channels, output end, columns
    str     r1, [r8, r9]
    str     r0, [r8], #4
    .if \ragged
    subs    r9, r10, r8
    beq     .Lnext\@
    cmp     r9, #4
    it      lo
    sublo   r8, r10, #4
    str     r8, [sp, #FRAME_OUTPUT]
    b       .Lchannels\@
.Lnext\@:
    .else
    str     r8, [sp, #FRAME_OUTPUT]
    cmp     r8, r10
    bne     .Lchannels\@
    .endif
    te_conv_leave .Lpixels\@
    te_end \name
.endm
