/* Convolutions: 4 pixels x 2 output channels at a time.
 *
 *   void name(const te_mve_run *run);
 *
 * A window is `rows` runs of `chunks` times 16 bytes; where fewer count, the weights are 0. Stream,
 * for each pair of channels: for each chunk its weights of the one, then of the other; then, for
 * each channel, multiplier and constant, or bias, multiplier and negative shift.
 */

    /* te_mve_run, as mve.h declares it */
    .equ    MVE_PIXEL, 0
    .equ    MVE_JUMPS, 8
    .equ    MVE_BLOCKS, 16
    .equ    MVE_PAIRS, 20
    .equ    MVE_STREAM, 24
    .equ    MVE_ROW, 28
    .equ    MVE_ZERO, 32
    .equ    MVE_OFFSETS, 36
    .equ    MVE_LIMITS, 52

    /* the frame */
    .equ    MVE_RUN, 0
    .equ    MVE_HERE, 4                  @ pixel, output of this block
    .equ    MVE_LEFT, 12                 @ blocks
    .equ    MVE_FRAME, 16

/* r1 pixel, r3 stream, r5 output, r7 pairs left, r9 bytes from row to row, r11 run or offsets */
.macro te_mve_conv_enter
    te_mve_enter MVE_FRAME
    str     r0, [sp, #MVE_RUN]
    ldrd    r1, r5, [r0, #MVE_PIXEL]
    ldr     r9, [r0, #MVE_ROW]
    ldr     r2, [r0, #MVE_BLOCKS]
    add     r11, r0, #MVE_OFFSETS
    vldrh.u16 q7, [r11]
.endm

.macro te_mve_conv_block
    str     r2, [sp, #MVE_LEFT]
    strd    r1, r5, [sp, #MVE_HERE]
    ldr     r3, [r0, #MVE_STREAM]
    ldr     r7, [r0, #MVE_PAIRS]
.endm

.macro te_mve_conv_leave again
    ldr     r0, [sp, #MVE_RUN]
    ldrd    r1, r5, [sp, #MVE_HERE]
    ldrd    r3, r4, [r0, #MVE_JUMPS]
    ldr     r2, [sp, #MVE_LEFT]
    add     r1, r1, r3
    add     r5, r5, r4
    subs    r2, #1
    bne.w   \again
    te_mve_leave MVE_FRAME
.endm

/* The sums of a pair of channels scaled in q4, q5. */
.macro te_mve_conv_scale general, scale
    te_mve_gather_sums
    .if \general
    ldm     r3!, {r0, r2, r4, r6, r8, r10}
    ldr     r12, [r11, #(MVE_ZERO - MVE_OFFSETS)]
    te_mve_scale 1, 0, q4, q6, r0, r2, r4
    te_mve_scale 1, 0, q5, q6, r6, r8, r10
    .else
    ldm     r3!, {r0, r2, r4, r6}
    te_mve_scale 0, \scale, q4, q6, r0, r2
    te_mve_scale 0, \scale, q5, q6, r4, r6
    .endif
.endm

/* The sums of a pair of channels to int8, and on to the next pair. `reload`: q7 is in use. */
.macro te_mve_conv_finish general, limit, scale, narrow, reload
    te_mve_conv_scale \general, \scale
    te_mve_pack \general, \narrow, r12
    .if \limit
    add     r0, r11, #(MVE_LIMITS - MVE_OFFSETS)
    te_mve_limit r0
    .endif
    .if \reload
    vldrh.u16 q7, [r11]
    .endif
    vstrb.16 q5, [r5, q7]
    adds    r5, #2
    subs    r7, #1
.endm

/* The narrowed lanes of q5 (see te_mve_pack) as the lower or the upper bytes of q7's halfwords. */
.macro te_mve_conv_half half, narrow, to
    vshrnb.i32 q5, q4, #16
    .if \narrow
    vqrshrn\half\().s16 \to, q5, #\narrow
    .else
    vqmovn\half\().s16 \to, q5
    .endif
.endm

/* One chunk of 4 pixels and 2 channels. */
.macro te_mve_chunk first, step, at
    vldrw.32 q4, [r3], #16
    vldrw.32 q6, [r1, #\at]
    vldrw.32 q5, [r3], #16
    te_mve_mac \first, r0, q6, q4
    te_mve_mac \first, r8, q6, q5
    vldrw.32 q6, [r1, #(\step + \at)]
    te_mve_mac \first, r2, q6, q4
    te_mve_mac \first, r10, q6, q5
    vldrw.32 q6, [r1, #(2 * \step + \at)]
    te_mve_mac \first, r4, q6, q4
    te_mve_mac \first, r12, q6, q5
    vldrw.32 q6, [r1, #(3 * \step + \at)]
    te_mve_mac \first, r6, q6, q4
    te_mve_mac \first, lr, q6, q5
.endm

/* The same where the pixels' chunk stays in q0 to q3. */
.macro te_mve_chunk_kept
    vldrw.32 q4, [r3], #16
    vmladav.s8 r0, q0, q4
    vldrw.32 q5, [r3], #16
    vmladav.s8 r2, q1, q4
    vmladav.s8 r4, q2, q4
    vmladav.s8 r6, q3, q4
    vmladav.s8 r8, q0, q5
    vmladav.s8 r10, q1, q5
    vmladav.s8 r12, q2, q5
    vmladav.s8 lr, q3, q5
.endm

/* The sums of a window for a pair of channels. */
.macro te_mve_conv_sums rows, chunks, step
    .set    te_mve_row, 0
    .rept \rows
    .set    te_mve_at, 0
    .rept \chunks
    .if \rows == 1 && te_mve_at == 0
    te_mve_chunk_kept
    .else
    te_mve_chunk (te_mve_row == 0 && te_mve_at == 0), \step, te_mve_at
    .endif
    .set    te_mve_at, te_mve_at + 16
    .endr
    .set    te_mve_row, te_mve_row + 1
    .if te_mve_row < \rows
    add     r1, r1, r9
    .endif
    .endr
    .if \rows > 1
    ldr     r1, [sp, #MVE_HERE]
    .endif
.endm

/* Four pixels' first chunks. */
.macro te_mve_conv_keep step
    vldrw.32 q0, [r1]
    vldrw.32 q1, [r1, #\step]
    vldrw.32 q2, [r1, #(2 * \step)]
    vldrw.32 q3, [r1, #(3 * \step)]
.endm

/* step: bytes from a pixel's window to the next. general, limit, scale, narrow: requantization. */
.macro te_mve_conv name, rows, chunks, step, general, limit, scale, narrow
    te_mve_function \name
    te_mve_conv_enter
.Lblock\@:
    te_mve_conv_block
    .if \rows == 1
    te_mve_conv_keep \step
    .endif
.Lpair\@:
    te_mve_conv_sums \rows, \chunks, \step
    te_mve_conv_finish \general, \limit, \scale, \narrow, 0
    bne.w   .Lpair\@
    te_mve_conv_leave .Lblock\@
    te_mve_end \name
.endm

/* The same for two pairs at a time, of the channels 0, 2 and 1, 3: neighbours are the bytes of a
 * halfword, which are stored at once, at twice the offset of the pixels and two channels more. */
.macro te_mve_conv_quad name, rows, chunks, step, scale, narrow
    te_mve_function \name
    te_mve_conv_enter
.Lblock\@:
    te_mve_conv_block
    .if \rows == 1
    te_mve_conv_keep \step
    .endif
.Lquad\@:
    te_mve_conv_sums \rows, \chunks, \step
    te_mve_conv_scale 0, \scale
    te_mve_conv_half b, \narrow, q7
    te_mve_conv_sums \rows, \chunks, \step
    te_mve_conv_scale 0, \scale
    te_mve_conv_half t, \narrow, q7
    vldrh.u16 q6, [r11]
    vstrh.16 q7, [r5, q6]
    adds    r5, #4
    subs    r7, #2
    bne.w   .Lquad\@
    te_mve_conv_leave .Lblock\@
    te_mve_end \name
.endm

/* Four sums of one channel in q. */
.macro te_mve_conv_channel q
    vldrw.32 \q, [r3], #16
    vmladav.s8 r0, q0, \q
    vmladav.s8 r2, q1, \q
    vmladav.s8 r4, q2, \q
    vmladav.s8 r6, q3, \q
    vmov    \q[2], \q[0], r0, r4
    vmov    \q[3], \q[1], r2, r6
.endm

/* The same for windows of a single chunk, whose sums need not all be kept at a time. */
.macro te_mve_conv_quad_1 name, step, scale, narrow
    te_mve_function \name
    te_mve_conv_enter
.Lblock\@:
    te_mve_conv_block
    te_mve_conv_keep \step
    lsr     r7, r7, #1
    dls     lr, r7
.Lquad\@:
    te_mve_conv_channel q4
    te_mve_conv_channel q5
    ldm     r3!, {r0, r2, r4, r6}
    te_mve_scale 0, \scale, q4, q4, r0, r2
    te_mve_scale 0, \scale, q5, q5, r4, r6
    te_mve_conv_half b, \narrow, q6
    te_mve_conv_channel q4
    te_mve_conv_channel q5
    ldm     r3!, {r0, r2, r4, r6}
    te_mve_scale 0, \scale, q4, q4, r0, r2
    te_mve_scale 0, \scale, q5, q5, r4, r6
    te_mve_conv_half t, \narrow, q6
    vstrh.16 q6, [r5, q7]
    adds    r5, #4
    le      lr, .Lquad\@
    te_mve_conv_leave .Lblock\@
    te_mve_end \name
.endm

/* 3 neighbours of 16 channels, at a stride of 1 pixel: six pixels serve three taps of four windows.
 * `x0` to `x3` is where the tap's pixels are. */
.macro te_mve_tap first, x0, x1, x2, x3
    vldrw.32 q6, [r3], #16
    te_mve_mac \first, r0, \x0, q6
    vldrw.32 q7, [r3], #16
    te_mve_mac \first, r2, \x1, q6
    te_mve_mac \first, r4, \x2, q6
    te_mve_mac \first, r6, \x3, q6
    te_mve_mac \first, r8, \x0, q7
    te_mve_mac \first, r10, \x1, q7
    te_mve_mac \first, r12, \x2, q7
    te_mve_mac \first, lr, \x3, q7
.endm

/* Windows `rows` high and 3 wide, of `chunks` times 16 channels. The stream has, for each row and
 * chunk of channels, the three taps. */
.macro te_mve_conv_3 name, rows, chunks, general, limit, scale, narrow
    te_mve_function \name
    te_mve_conv_enter
.Lblock\@:
    te_mve_conv_block
.Lpair\@:
    .set    te_mve_row, 0
    .rept \rows
    .set    te_mve_at, 0
    .rept \chunks
    vldrw.32 q0, [r1, #te_mve_at]
    vldrw.32 q1, [r1, #(te_mve_at + 16 * \chunks)]
    vldrw.32 q2, [r1, #(te_mve_at + 32 * \chunks)]
    vldrw.32 q3, [r1, #(te_mve_at + 48 * \chunks)]
    vldrw.32 q4, [r1, #(te_mve_at + 64 * \chunks)]
    vldrw.32 q5, [r1, #(te_mve_at + 80 * \chunks)]
    te_mve_tap (te_mve_row == 0 && te_mve_at == 0), q0, q1, q2, q3
    te_mve_tap 0, q1, q2, q3, q4
    te_mve_tap 0, q2, q3, q4, q5
    .set    te_mve_at, te_mve_at + 16
    .endr
    .set    te_mve_row, te_mve_row + 1
    .if te_mve_row < \rows
    add     r1, r1, r9
    .endif
    .endr
    ldr     r1, [sp, #MVE_HERE]
    te_mve_conv_finish \general, \limit, \scale, \narrow, 1
    bne.w   .Lpair\@
    te_mve_conv_leave .Lblock\@
    te_mve_end \name
.endm

/* A row's pointer, and a row of a window. */
.macro te_mve_gather_pointer number, rows, above, pointer
    .if \number < \rows
    add     \pointer, \above, r11
    .endif
.endm

.macro te_mve_gather_row number, rows, bytes, step, pitch, pointer
    .if \number < \rows
    .if \number < \rows - 1
    .set    te_mve_advance, \bytes
    .else
    .set    te_mve_advance, \pitch - \bytes * (\rows - 1)
    .endif
    .if \bytes == 4
    ldr     r12, [\pointer], #\step
    str     r12, [r0], #te_mve_advance
    .else
    .set    te_mve_at, 16
    .rept (\bytes - 1) / 16
    vldrb.u8 q0, [\pointer, #te_mve_at]
    vstrb.8 q0, [r0, #te_mve_at]
    .set    te_mve_at, te_mve_at + 16
    .endr
    vldrb.u8 q0, [\pointer], #\step
    vstrb.8 q0, [r0], #te_mve_advance
    .endif
    .endif
.endm

/* void name(int8_t *columns, const int8_t *window, uint32_t row_bytes, uint32_t windows): puts the
 * rows of each window one behind the other. Windows are `rows` (1 to 10) rows of `bytes` high, at
 * `step` bytes from another, and take `pitch` bytes. What is read past a row, up to 15 bytes, the
 * next row covers, or has weights of 0. */
.macro te_mve_gather name, rows, bytes, step, pitch
    te_mve_function \name
    push    {r4-r11, lr}
    mov     r11, r2
    dls     lr, r3
    te_mve_gather_pointer 1, \rows, r1, r2
    te_mve_gather_pointer 2, \rows, r2, r3
    te_mve_gather_pointer 3, \rows, r3, r4
    te_mve_gather_pointer 4, \rows, r4, r5
    te_mve_gather_pointer 5, \rows, r5, r6
    te_mve_gather_pointer 6, \rows, r6, r7
    te_mve_gather_pointer 7, \rows, r7, r8
    te_mve_gather_pointer 8, \rows, r8, r9
    te_mve_gather_pointer 9, \rows, r9, r10
.Lwindow\@:
    te_mve_gather_row 0, \rows, \bytes, \step, \pitch, r1
    te_mve_gather_row 1, \rows, \bytes, \step, \pitch, r2
    te_mve_gather_row 2, \rows, \bytes, \step, \pitch, r3
    te_mve_gather_row 3, \rows, \bytes, \step, \pitch, r4
    te_mve_gather_row 4, \rows, \bytes, \step, \pitch, r5
    te_mve_gather_row 5, \rows, \bytes, \step, \pitch, r6
    te_mve_gather_row 6, \rows, \bytes, \step, \pitch, r7
    te_mve_gather_row 7, \rows, \bytes, \step, \pitch, r8
    te_mve_gather_row 8, \rows, \bytes, \step, \pitch, r9
    te_mve_gather_row 9, \rows, \bytes, \step, \pitch, r10
    le      lr, .Lwindow\@
    pop     {r4-r11, pc}
    te_mve_end \name
.endm
