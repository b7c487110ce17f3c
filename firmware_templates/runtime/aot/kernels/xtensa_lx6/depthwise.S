/* Depthwise convolution 3x3: one channel, from a plane of words whose two lanes are two channels.
 *
 *   void name(const uint32_t *plane, const uint32_t *stream, int8_t *output,
 *             const te_lx6_depthwise_run *run);
 *
 * Each product loads the tap after next. A row's pointer stands at the second tap of the window to
 * come: back by one word, and then forth by two, it moves on by one, or after another word by two.
 * Products take m0 and m1 in turn; nine of them exchange the two, so that outputs come in pairs.
 *
 * a2, a3, a4 rows of the window     a5 scratch      a6 output    a7 multiplier   a8 sum
 * a9 to a13  weights, two a word    a14 initial     a0 channels
 * a15 rows left, or the constant where sums have one
 */
#include "macros.S"

/* te_lx6_depthwise_run, as xtensa_lx6.h declares it */
#define DEPTHWISE_WIDTH 0
#define DEPTHWISE_ROWS 4
#define DEPTHWISE_CHANNELS 8
#define DEPTHWISE_PITCH 12
#define DEPTHWISE_ROW_SKIP 16

/* the frame */
#define FRAME_DW_RETURN 0
#define FRAME_DW_BELOW 4
#define FRAME_DW_ROWS 8
#define FRAME_DW_SKIP 12
#define FRAME_DW_PAIRS 16

/* The product of tap \tap, held by \m, the weight in a half of \w; loads the tap after next through
 * \row. Then a step of the requantization before, if one is left. */
.macro te_lx6_tap upper, half, load, m, row, w, signed, pipelined
    .if \upper
    mula.da.h\half\().\load \m, \row, \m, \w
    .else
    mula.da.l\half\().\load \m, \row, \m, \w
    .endif
    .if \pipelined && te_done < TE_STORE_STEPS + \signed * (TE_SIGNED_STEPS - TE_STORE_STEPS)
    te_store_step te_done, \signed, a15, a5, l32i, a1, FRAME_DW_BELOW
    .set    te_done, te_done + 1
    .endif
.endm

.macro te_lx6_window_3x3 upper, stride, signed, pipelined, m0, m1
    .set    te_done, 0
    te_lx6_tap \upper, l, ldinc, \m0, a2, a9, \signed, \pipelined
    .if \stride == 2
    addi    a2, a2, 4
    .endif
    te_lx6_tap \upper, h, lddec, \m1, a3, a9, \signed, \pipelined
    te_lx6_tap \upper, l, ldinc, \m0, a3, a10, \signed, \pipelined
    te_lx6_tap \upper, h, ldinc, \m1, a3, a10, \signed, \pipelined
    .if \stride == 2
    addi    a3, a3, 4
    .endif
    te_lx6_tap \upper, l, lddec, \m0, a4, a11, \signed, \pipelined
    te_lx6_tap \upper, h, ldinc, \m1, a4, a11, \signed, \pipelined
    te_lx6_tap \upper, l, ldinc, \m0, a4, a12, \signed, \pipelined
    .if \stride == 2
    addi    a4, a4, 4
    .endif
    te_lx6_tap \upper, h, lddec, \m1, a2, a12, \signed, \pipelined
    te_lx6_tap \upper, l, ldinc, \m0, a2, a13, \signed, \pipelined
    .if \pipelined
    add     a6, a6, a0
    .endif
    rsr     a8, acclo
    wsr     a14, acclo
.endm

.macro te_lx6_depthwise_3x3 name, upper, stride, odd, signed
    te_function \name
    entry   a1, 64
    s32i    a0, a1, FRAME_DW_RETURN
    l32i    a8, a5, DEPTHWISE_ROW_SKIP
    s32i    a8, a1, FRAME_DW_SKIP
    l32i    a15, a5, DEPTHWISE_ROWS
    l32i    a0, a5, DEPTHWISE_CHANNELS
    .if \signed
    s32i    a15, a1, FRAME_DW_ROWS
    .endif
    mov     a6, a4
    l32i    a14, a3, 0
    l32i    a7, a3, 4
    l32i    a8, a3, 8
    ssr     a8
    .if \signed
    l32i    a15, a3, 12
    l32i    a8, a3, 16
    s32i    a8, a1, FRAME_DW_BELOW
    addi    a3, a3, 8
    .endif
    te_tops a8, a9
    l32i    a10, a3, 12
    l32i    a12, a3, 16
    l32i    a13, a3, 20
    slli    a9, a10, 8
    and     a9, a9, a8
    and     a10, a10, a8
    slli    a11, a12, 8
    and     a11, a11, a8
    and     a12, a12, a8
    slli    a13, a13, 8
    and     a13, a13, a8
    l32i    a8, a5, DEPTHWISE_PITCH
    l32i    a5, a5, DEPTHWISE_WIDTH
    addi    a2, a2, 4
    add     a3, a2, a8
    add     a4, a3, a8
    wsr     a14, acclo
    /* the first output, with no other to requantize */
    lddec   m0, a2
    ldinc   m1, a2
    te_lx6_window_3x3 \upper, \stride, \signed, 0, m0, m1
    srli    a5, a5, 1
    s32i    a5, a1, FRAME_DW_PAIRS
    .if !\odd
    te_lx6_window_3x3 \upper, \stride, \signed, 1, m1, m0
    .if \signed
    l32i    a5, a1, FRAME_DW_PAIRS
    .endif
    addi    a5, a5, -1
    .endif
    j       .Lpairs\@
.Lrow\@:
    .if \signed
    s32i    a5, a1, FRAME_DW_ROWS
    .endif
    l32i    a5, a1, FRAME_DW_SKIP
    add     a2, a2, a5
    add     a3, a3, a5
    add     a4, a4, a5
    lddec   m0, a2
    ldinc   m1, a2
    .if \odd
    te_lx6_window_3x3 \upper, \stride, \signed, 1, m0, m1
    .endif
    l32i    a5, a1, FRAME_DW_PAIRS
.Lpairs\@:
    loopnez a5, .Lend\@
    .if \odd
    te_lx6_window_3x3 \upper, \stride, \signed, 1, m1, m0
    te_lx6_window_3x3 \upper, \stride, \signed, 1, m0, m1
    .else
    te_lx6_window_3x3 \upper, \stride, \signed, 1, m0, m1
    te_lx6_window_3x3 \upper, \stride, \signed, 1, m1, m0
    .endif
.Lend\@:
    .if \signed
    l32i    a5, a1, FRAME_DW_ROWS
    addi    a5, a5, -1
    bnez    a5, .Lrow\@
    .else
    addi    a15, a15, -1
    bnez    a15, .Lrow\@
    .endif
    te_store_rest 0, \signed, a15, a5, l32i, a1, FRAME_DW_BELOW
    l32i    a0, a1, FRAME_DW_RETURN
    retw
    te_end \name
.endm

/* The lanes of four channels of rows of pixels: (0, 2) to one plane, (1, 3) to the other.
 *   void name(const int8_t *from, uint32_t *first, uint32_t *second, uint32_t rows,
 *             const te_lx6_transpose_run *run); */
#define TRANSPOSE_PIXELS 0
#define TRANSPOSE_STEP 4
#define TRANSPOSE_GAP 8

/* A pixel's four channels, to \at in the planes. */
.macro te_lx6_transpose_pixel at
    l32i    a9, a2, 0
    add     a2, a2, a6
    xor     a9, a9, a8
    and     a10, a9, a7
    srli    a9, a9, 8
    s32i    a10, a3, \at
    and     a9, a9, a7
    s32i    a9, a4, \at
.endm

.macro te_lx6_transpose name
    te_function \name
    entry   a1, 32
    te_lanes a7, a8
    te_signs a8, a9
    l32i    a11, a6, TRANSPOSE_PIXELS
    l32i    a12, a6, TRANSPOSE_GAP
    l32i    a6, a6, TRANSPOSE_STEP
    srli    a13, a11, 2
    extui   a11, a11, 0, 2
.Lrow\@:
    loopnez a13, .Lfours\@
    te_lx6_transpose_pixel 0
    te_lx6_transpose_pixel 4
    te_lx6_transpose_pixel 8
    te_lx6_transpose_pixel 12
    addi    a3, a3, 16
    addi    a4, a4, 16
.Lfours\@:
    loopnez a11, .Lpixels\@
    te_lx6_transpose_pixel 0
    addi    a3, a3, 4
    addi    a4, a4, 4
.Lpixels\@:
    add     a3, a3, a12
    add     a4, a4, a12
    addi    a5, a5, -1
    bnez    a5, .Lrow\@
    retw
    te_end \name
.endm
