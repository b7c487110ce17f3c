/* Depthwise convolution of any window: one channel, from a plane of words whose two lanes are two
 * channels.
 *
 *   void name(const uint32_t *plane, const uint32_t *stream, int8_t *output,
 *             const te_lx6_depthwise_run *run);
 *
 * Each product loads the tap after next, at last those of the next window. Products take m0 and m1
 * in turn: windows of an odd number of taps exchange the two, so that outputs come in pairs. The
 * first weights stay in registers, the others are loaded as they are needed.
 *
 * a2 window        a5 scratch     a6 output    a7 multiplier   a8 sum     a14 initial
 * a15 constant     a0 channels    a9 to a13, in windows of one row a3 and a4, too: weights, two a
 * word; else a3 is the gap between windows and a4 between rows of a window
 */
#include "macros.S"

/* te_lx6_depthwise_run, as xtensa_lx6.h declares it */
#define WINDOW_WIDTH 0
#define WINDOW_ROWS 4
#define WINDOW_CHANNELS 8
#define WINDOW_PITCH 12
#define WINDOW_ROW_STEP 20

/* the frame; behind it, the weights that are loaded */
#define FRAME_WINDOW_RETURN 0
#define FRAME_WINDOW_BELOW 4
#define FRAME_WINDOW_ROWS 8
#define FRAME_WINDOW_START 12
#define FRAME_WINDOW_STEP 16
#define FRAME_WINDOW_TURNS 20
#define FRAME_WINDOW_LEFT 24
#define FRAME_WINDOW_CHANNELS 28
#define FRAME_WINDOW_WEIGHTS 32
    /* and what an interrupt may spill */
#define FRAME_WINDOW_SPILLED 32

    /* bytes of a LOOP's body that surely fit */
#define WINDOW_LOOP_BYTES 240

/* te_kept: words of weights that stay in registers, of te_words. */
.macro te_lx6_window_plan rows, columns
    .set    te_words, (\rows * \columns + 1) / 2
    .if \rows == 1
    .set    te_kept, 7
    .else
    .set    te_kept, 5
    .endif
    .if te_words > te_kept
    .set    te_kept, te_kept - 1
    .else
    .set    te_kept, te_words
    .endif
.endm

/* Before tap \tap is loaded: to the next row of the window, or the next window. */
.macro te_lx6_window_move tap, rows, columns, stride
    .if \tap == 0
    .if \rows > 1
    add     a2, a2, a3
    .elseif \columns != \stride
    addi    a2, a2, (4 * (\stride - \columns))
    .endif
    .elseif \tap % \columns == 0
    add     a2, a2, a4
    .endif
.endm

/* The product of a tap with the \half of weights \w. */
.macro te_lx6_window_mula upper, half, m, w
    .if \upper
    mula.da.h\half\().ldinc \m, a2, \m, \w
    .else
    mula.da.l\half\().ldinc \m, a2, \m, \w
    .endif
.endm

.macro te_lx6_window_weighted upper, half, m, rows
    .set    te_index, 0
    .if \rows == 1
    .irp    w, a9, a10, a11, a12, a3, a4, a13
    te_lx6_window_if \upper, \half, \m, \w
    .endr
    .else
    .irp    w, a9, a10, a11, a12, a13
    te_lx6_window_if \upper, \half, \m, \w
    .endr
    .endif
    .if te_word >= te_kept
    te_lx6_window_mula \upper, \half, \m, a13
    .endif
.endm

.macro te_lx6_window_if upper, half, m, w
    .if te_index == te_word && te_word < te_kept
    te_lx6_window_mula \upper, \half, \m, \w
    .endif
    .set    te_index, te_index + 1
.endm

/* Tap te_tap, held by \m; then a step of the requantization before, if one is left. */
.macro te_lx6_window_tap upper, rows, columns, stride, signed, pipelined, m
    .set    te_word, te_tap / 2
    .if te_word >= te_kept && te_tap % 2 == 0
    l32i    a13, a1, (FRAME_WINDOW_WEIGHTS + 4 * (te_word - te_kept))
    .endif
    .set    te_loaded, (te_tap + 2) % (\rows * \columns)
    te_lx6_window_move te_loaded, \rows, \columns, \stride
    .if te_tap % 2
    te_lx6_window_weighted \upper, h, \m, \rows
    .else
    te_lx6_window_weighted \upper, l, \m, \rows
    .endif
    .if \pipelined && te_done < TE_STORE_STEPS + \signed * (TE_SIGNED_STEPS - TE_STORE_STEPS)
    te_store_step te_done, \signed, a15, a5, l32i, a1, FRAME_WINDOW_BELOW
    .set    te_done, te_done + 1
    .endif
    .set    te_tap, te_tap + 1
.endm

.macro te_lx6_window_output upper, rows, columns, stride, signed, pipelined, m0, m1
    .set    te_done, 0
    .set    te_tap, 0
    .rept   \rows * \columns / 2
    te_lx6_window_tap \upper, \rows, \columns, \stride, \signed, \pipelined, \m0
    te_lx6_window_tap \upper, \rows, \columns, \stride, \signed, \pipelined, \m1
    .endr
    .if \rows * \columns % 2
    te_lx6_window_tap \upper, \rows, \columns, \stride, \signed, \pipelined, \m0
    .endif
    .if \pipelined
    te_store_rest te_done, \signed, a15, a5, l32i, a1, FRAME_WINDOW_BELOW
    add     a6, a6, a0
    .endif
    rsr     a8, acclo
    wsr     a14, acclo
.endm

/* Two of the weights that stay, from stream word \word at a0. \r1 is work where it is not one. */
.macro te_lx6_window_keep word, r0, r1
    .if 2 * \word < te_kept
    l32i    \r1, a0, (4 * \word)
    slli    \r0, \r1, 8
    and     \r0, \r0, a8
    .if 2 * \word + 1 < te_kept
    and     \r1, \r1, a8
    .endif
    .endif
.endm

/* The stream at a0: requantization and weights. */
.macro te_lx6_window_head rows, columns, signed
    l32i    a14, a0, 0
    l32i    a7, a0, 4
    l32i    a8, a0, 8
    ssr     a8
    .if \signed
    l32i    a15, a0, 12
    l32i    a8, a0, 16
    s32i    a8, a1, FRAME_WINDOW_BELOW
    addi    a0, a0, 20
    .else
    addi    a0, a0, 12
    .endif
    te_tops a8, a9
    .if te_words > te_kept
    addi    a9, a0, (2 * te_kept)
    addi    a10, a1, FRAME_WINDOW_WEIGHTS
    te_widen_weights ((\rows * \columns + 3) / 4 - te_kept / 2), a9, a10, a8, a11, a12, a13
    .endif
    te_lx6_window_keep 0, a9, a10
    te_lx6_window_keep 1, a11, a12
    .if \rows == 1
    te_lx6_window_keep 2, a3, a4
    te_lx6_window_keep 3, a13, a5
    .else
    te_lx6_window_keep 2, a13, a5
    .endif
.endm

/* What the run at a5 holds; its channels to a0. */
.macro te_lx6_window_run rows, columns, stride, odd
    l32i    a8, a5, WINDOW_ROW_STEP
    s32i    a8, a1, FRAME_WINDOW_STEP
    l32i    a8, a5, WINDOW_ROWS
    s32i    a8, a1, FRAME_WINDOW_ROWS
    l32i    a8, a5, WINDOW_WIDTH
    .if \rows * \columns % 2
    srli    a8, a8, 1
    .if !\odd
    addi    a8, a8, -1
    .endif
    .else
    addi    a8, a8, -1
    .endif
    s32i    a8, a1, FRAME_WINDOW_TURNS
    .if \rows > 1
    l32i    a8, a5, WINDOW_PITCH
    movi    a3, (\rows - 1)
    mull    a3, a3, a8
    addi    a4, a8, (-4 * \columns)
    movi    a8, (4 * (\stride - \columns))
    sub     a3, a8, a3
    .endif
    l32i    a8, a5, WINDOW_CHANNELS
    s32i    a8, a1, FRAME_WINDOW_CHANNELS
.endm

/* Outputs that leave m0 and m1 as they are. */
.macro te_lx6_window_turn upper, rows, columns, stride, odd, signed
    .if \rows * \columns % 2 == 0
    te_lx6_window_output \upper, \rows, \columns, \stride, \signed, 1, m0, m1
    .elseif \odd
    te_lx6_window_output \upper, \rows, \columns, \stride, \signed, 1, m1, m0
    te_lx6_window_output \upper, \rows, \columns, \stride, \signed, 1, m0, m1
    .else
    te_lx6_window_output \upper, \rows, \columns, \stride, \signed, 1, m0, m1
    te_lx6_window_output \upper, \rows, \columns, \stride, \signed, 1, m1, m0
    .endif
.endm

/* `odd`: whether rows of outputs are, of windows of an odd number of taps. */
.macro te_lx6_depthwise_window name, upper, rows, columns, stride, odd, signed
    te_lx6_window_plan \rows, \columns
    .set    te_frame, FRAME_WINDOW_WEIGHTS + 4 * (te_words + 1 - te_kept) + FRAME_WINDOW_SPILLED
    te_function \name
    entry   a1, ((te_frame + 15) / 16 * 16)
    s32i    a0, a1, FRAME_WINDOW_RETURN
    mov     a0, a3
    mov     a6, a4
    te_lx6_window_run \rows, \columns, \stride, \odd
    te_lx6_window_head \rows, \columns, \signed
    l32i    a0, a1, FRAME_WINDOW_CHANNELS
    addi    a2, a2, -4
    s32i    a2, a1, FRAME_WINDOW_START
    wsr     a14, acclo
.Lrow\@:
    ldinc   m0, a2
    te_lx6_window_move (1 % (\rows * \columns)), \rows, \columns, \stride
    ldinc   m1, a2
    /* the first output, with no other to requantize */
    te_lx6_window_output \upper, \rows, \columns, \stride, \signed, 0, m0, m1
    .if \rows * \columns % 2 && !\odd
    te_lx6_window_output \upper, \rows, \columns, \stride, \signed, 1, m1, m0
    .endif
    l32i    a5, a1, FRAME_WINDOW_TURNS
    .set    te_bytes, \rows * \columns + (te_words - te_kept) + \rows + TE_SIGNED_STEPS + 3
    .if 3 * te_bytes * (1 + \rows * \columns % 2) <= WINDOW_LOOP_BYTES
    loopnez a5, .Lend\@
    te_lx6_window_turn \upper, \rows, \columns, \stride, \odd, \signed
    .else
    beqz    a5, .Lend\@
.Lturn\@:
    s32i    a5, a1, FRAME_WINDOW_LEFT
    te_lx6_window_turn \upper, \rows, \columns, \stride, \odd, \signed
    l32i    a5, a1, FRAME_WINDOW_LEFT
    addi    a5, a5, -1
    bnez    a5, .Lturn\@
    .endif
.Lend\@:
    te_store_rest 0, \signed, a15, a5, l32i, a1, FRAME_WINDOW_BELOW
    add     a6, a6, a0
    l32i    a5, a1, FRAME_WINDOW_ROWS
    l32i    a2, a1, FRAME_WINDOW_START
    l32i    a8, a1, FRAME_WINDOW_STEP
    addi    a5, a5, -1
    beqz    a5, .Ldone\@
    add     a2, a2, a8
    s32i    a5, a1, FRAME_WINDOW_ROWS
    s32i    a2, a1, FRAME_WINDOW_START
    j       .Lrow\@
.Ldone\@:
    l32i    a0, a1, FRAME_WINDOW_RETURN
    retw
    te_end \name
.endm
