/* Convolution 3x3 of stride 1 by Winograd's F(4x4, 3x3): 36 products for 16 outputs instead of 144.
 *
 * A tile is 4x4 outputs, its patch 6x6 inputs. With the matrices below, X = B patch B' and
 * W = G filter G', the outputs times 576 are A (X * W) A', in integers that are exact modulo 2**32:
 * points 0, 1, -1, 2, -2 and infinity, each matrix scaled so that its rows have small integers.
 *
 *       4  0 -5  0  1  0          3  0  0
 *       0 -4 -4  1  1  0          4  4  4          2  -1 -1   1  1  0
 *   B = 0  4 -4 -1  1  0      G = 4 -4  4      A = 0  -1  1   2 -2  0
 *       0 -2 -1  2  1  0          1  2  4          0  -1 -1   4  4  0
 *       0  2 -1 -2  1  0          1 -2  4          0  -1  1   8 -8  8
 *       0  4  0 -5  0  1          0  0  3
 *
 * What has the other sign as it is computed: rows 1 and 4 of B along a row of the patch, row 4 of G
 * in both directions. The products take that back.
 *
 * X and W are 36 positions of `channels` lanes of 16 bits, the lanes of a word being those of two
 * input channels, as te_lx6_unpack orders them. Positions are column by column, of the columns first
 * 0, then 5, 3, 4, 1 and 2, as filters are transformed. They are computed two lanes at once, in words that hold high * 2**16 + low, low as it is, with its sign:
 * sums and multiples of such words are exact. At last, 2**15 more makes the low lane positive, so
 * that it borrows nothing from the high one, and an exclusive or takes it away.
 */
#include "macros.S"

/* ---- rows for the band ----------------------------------------------------------------------
 *   void name(const int8_t *from, uint8_t *to, uint32_t words);     u = q + 128 */
.macro te_lx6_offset name
    te_function \name
    entry   a1, 32
    te_signs a5, a6
    srli    a6, a4, 2
    loopnez a6, .Lfours\@
    l32i    a7, a2, 0
    l32i    a8, a2, 4
    l32i    a9, a2, 8
    l32i    a10, a2, 12
    xor     a7, a7, a5
    xor     a8, a8, a5
    xor     a9, a9, a5
    xor     a10, a10, a5
    s32i    a7, a3, 0
    s32i    a8, a3, 4
    s32i    a9, a3, 8
    s32i    a10, a3, 12
    addi    a2, a2, 16
    addi    a3, a3, 16
.Lfours\@:
    extui   a6, a4, 0, 2
    loopnez a6, .Lend\@
    l32i    a7, a2, 0
    addi    a2, a2, 4
    xor     a7, a7, a5
    s32i    a7, a3, 0
    addi    a3, a3, 4
.Lend\@:
    retw
    te_end \name
.endm

/* Two of four channels of \r, as a word described above but for the sign of w. */
.macro te_lx6_winograd_lanes odd, r, mask
    .if \odd
    srli    \r, \r, 8
    .endif
    and     \r, \r, \mask
.endm

/* ---- X of one tile --------------------------------------------------------------------------
 *   void name(const uint8_t *patch, uint32_t *columns, uint32_t row_bytes);
 *
 * a2 patch    a3 columns   a4, a5 where to read and write   a6 lanes    a7 bytes to the next row of
 * the patch, column of X   a8-a13 a row or column           a14, a15 work             a0 2**15
 */

    /* the frame: six rows of six words, then what a0 and a7 held, and a count */
#define WINOGRAD_RETURN 144
#define WINOGRAD_PITCH 148
#define WINOGRAD_FOURS 152
#define WINOGRAD_FRAME 192

/* a8-a13 = B (a8-a13), rows 1 and 4 of the other sign. */
.macro te_lx6_winograd_row
    subx4   a14, a9, a11
    subx4   a15, a10, a12
    sub     a9, a11, a9
    subx4   a13, a11, a13
    sub     a13, a14, a13
    add     a11, a10, a15
    subx4   a8, a8, a11
    sub     a12, a12, a10
    addx2   a11, a9, a12
    subx2   a12, a9, a12
    add     a9, a15, a14
    sub     a10, a14, a15
.endm

/* B (a8-a13) + 2**15, row 1 in a14, the others as above. */
.macro te_lx6_winograd_column
    add     a12, a12, a0
    add     a13, a13, a0
    subx4   a14, a9, a11
    subx4   a13, a11, a13
    sub     a13, a14, a13
    sub     a15, a11, a9
    sub     a9, a9, a11
    sub     a11, a12, a10
    addx2   a12, a10, a10
    sub     a12, a11, a12
    sub     a10, a10, a12
    subx4   a8, a8, a10
    add     a10, a12, a14
    sub     a14, a12, a14
    addx2   a12, a9, a11
    addx2   a11, a15, a11
.endm

.macro te_lx6_winograd_input name, channels
    te_function \name
    entry   a1, WINOGRAD_FRAME
    s32i    a0, a1, WINOGRAD_RETURN
    s32i    a4, a1, WINOGRAD_PITCH
    te_lanes a6, a0
    movi    a0, (\channels / 4)
    s32i    a0, a1, WINOGRAD_FOURS
    movi    a0, 1
    slli    a0, a0, 15
.Lfour\@:
    te_lx6_winograd_input_lanes \channels, 0
    te_lx6_winograd_input_lanes \channels, 1
    l32i    a8, a1, WINOGRAD_FOURS
    addi    a2, a2, 4
    addi    a8, a8, -1
    s32i    a8, a1, WINOGRAD_FOURS
    bnez    a8, .Lfour\@
    l32i    a0, a1, WINOGRAD_RETURN
    retw
    te_end \name
.endm

.macro te_lx6_winograd_input_lanes channels, odd
    mov     a4, a2
    mov     a5, a1
    l32i    a7, a1, WINOGRAD_PITCH
    movi    a8, 6
    loop    a8, .Lrows\@
    .set    te_i, 0
    .irp    r, a8, a9, a10, a11, a12, a13
    l32i    \r, a4, (\channels * te_i)
    te_lx6_winograd_lanes \odd, \r, a6
    .set    te_i, te_i + 1
    .endr
    te_lx6_winograd_row
    .set    te_i, 0
    .irp    r, a8, a13, a11, a12, a9, a10
    s32i    \r, a5, (4 * te_i)
    .set    te_i, te_i + 1
    .endr
    add     a4, a4, a7
    addi    a5, a5, 24
.Lrows\@:
    mov     a4, a3
    mov     a5, a1
    movi    a7, (12 * \channels)
    movi    a8, 6
    loop    a8, .Lcolumns\@
    .set    te_i, 0
    .irp    r, a8, a9, a10, a11, a12, a13
    l32i    \r, a5, (24 * te_i)
    .set    te_i, te_i + 1
    .endr
    te_lx6_winograd_column
    .set    te_i, 0
    .irp    r, a8, a14, a10, a11, a12, a13
    xor     \r, \r, a0
    s32i    \r, a4, (2 * \channels * te_i)
    .set    te_i, te_i + 1
    .endr
    add     a4, a4, a7
    addi    a5, a5, 4
.Lcolumns\@:
    addi    a3, a3, 4
.endm

/* ---- W of one output channel ----------------------------------------------------------------
 *   void name(const uint32_t *filter, uint32_t *weights);
 * The filter: for four input channels each the nine taps, row by row, a word of w + 128 a tap.
 *
 * a4-a6, a7-a9, a10-a12 columns of the filter    a13, a14 constants    a2 filter, later work
 * a13-a15 and others, as they are used up: filter G'                   a3 weights  a0 2**15
 */

    /* the frame */
#define FILTER_RETURN 0
#define FILTER_TAPS 4
#define FILTER_WEIGHTS 8
#define FILTER_FOURS 12
#define FILTER_LANES 16
#define FILTER_OFFSETS 20
#define FILTER_FRAME 64

    /* largest offset of a store */
#define STORE_REACH 1020

.macro te_lx6_winograd_weights name, channels
    te_function \name
    entry   a1, FILTER_FRAME
    s32i    a0, a1, FILTER_RETURN
    s32i    a2, a1, FILTER_TAPS
    s32i    a3, a1, FILTER_WEIGHTS
    movi    a4, (\channels / 4)
    s32i    a4, a1, FILTER_FOURS
    te_lanes a4, a5
    s32i    a4, a1, FILTER_LANES
    movi    a4, 128
    slli    a5, a4, 16
    or      a4, a4, a5
    s32i    a4, a1, FILTER_OFFSETS
    movi    a0, 1
    slli    a0, a0, 15
.Lfour\@:
    te_lx6_winograd_filter \channels, 0
    te_lx6_winograd_filter \channels, 1
    l32i    a2, a1, FILTER_TAPS
    l32i    a4, a1, FILTER_FOURS
    addi    a2, a2, 36
    s32i    a2, a1, FILTER_TAPS
    addi    a4, a4, -1
    s32i    a4, a1, FILTER_FOURS
    beqz    a4, .Ldone\@
    j       .Lfour\@
.Ldone\@:
    l32i    a0, a1, FILTER_RETURN
    retw
    te_end \name
.endm

/* Two input channels: columns 0, 5, 3, 4, 1, 2, the fourth and each row 4 of the other sign. */
.macro te_lx6_winograd_filter channels, odd
    l32i    a2, a1, FILTER_TAPS
    l32i    a13, a1, FILTER_LANES
    l32i    a14, a1, FILTER_OFFSETS
    .set    te_i, 0
    .irp    r, a4, a7, a10, a5, a8, a11, a6, a9, a12
    l32i    \r, a2, (4 * te_i)
    te_lx6_winograd_lanes \odd, \r, a13
    sub     \r, \r, a14
    .set    te_i, te_i + 1
    .endr
    .set    te_base, 0
    addx2   a13, a4, a4
    addx2   a14, a5, a5
    addx2   a15, a6, a6
    te_lx6_winograd_filter_column \channels, 0, a13, a14, a15
    addx2   a13, a10, a10
    addx2   a14, a11, a11
    addx2   a15, a12, a12
    te_lx6_winograd_filter_column \channels, 1, a13, a14, a15
    /* a13, a10, a11: the outer columns' sum; a4-a6: the first and four times the last */
    add     a13, a4, a10
    addx4   a4, a10, a4
    add     a10, a5, a11
    addx4   a5, a11, a5
    add     a11, a6, a12
    addx4   a6, a12, a6
    addx2   a12, a7, a4
    addx2   a14, a8, a5
    addx2   a15, a9, a6
    te_lx6_winograd_filter_column \channels, 2, a12, a14, a15
    subx2   a4, a7, a4
    subx2   a5, a8, a5
    subx2   a6, a9, a6
    te_lx6_winograd_filter_column \channels, 3, a4, a5, a6
    slli    a7, a7, 2
    slli    a8, a8, 2
    slli    a9, a9, 2
    addx4   a4, a13, a7
    addx4   a5, a10, a8
    addx4   a6, a11, a9
    te_lx6_winograd_filter_column \channels, 4, a4, a5, a6
    subx4   a13, a13, a7
    subx4   a10, a10, a8
    subx4   a11, a11, a9
    te_lx6_winograd_filter_column \channels, 5, a13, a10, a11
    l32i    a3, a1, FILTER_WEIGHTS
    addi    a3, a3, 4
    s32i    a3, a1, FILTER_WEIGHTS
.endm

/* G times a column, which is lost, as is a2. \at: which of the columns of W it is. */
.macro te_lx6_winograd_filter_column channels, at, v0, v1, v2
    .if 12 * \channels * \at + 10 * \channels - te_base > STORE_REACH
    movi    a2, (12 * \channels * \at - te_base)
    add     a3, a3, a2
    .set    te_base, 12 * \channels * \at
    .endif
    addx2   a2, \v0, \v0
    add     a2, a2, a0
    te_lx6_winograd_put \channels, \at, 0, a2
    addx2   a2, \v2, \v2
    add     a2, a2, a0
    te_lx6_winograd_put \channels, \at, 5, a2
    add     a2, \v0, \v2
    addmi   a2, a2, 8192
    addx4   \v0, \v2, \v0
    slli    \v2, \v1, 2
    addx4   \v2, a2, \v2
    subx8   a2, a2, \v2
    te_lx6_winograd_put \channels, \at, 1, \v2
    te_lx6_winograd_put \channels, \at, 2, a2
    addmi   \v1, \v1, 16384
    addx2   a2, \v1, \v0
    subx2   \v1, \v1, \v0
    te_lx6_winograd_put \channels, \at, 3, a2
    te_lx6_winograd_put \channels, \at, 4, \v1
.endm

/* Row \row of a column, which is 2**15 too much. */
.macro te_lx6_winograd_put channels, at, row, r
    xor     \r, \r, a0
    s32i    \r, a3, (12 * \channels * \at + 2 * \channels * \row - te_base)
.endm
