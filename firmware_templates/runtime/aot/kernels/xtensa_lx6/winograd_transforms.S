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
 * input channels, as te_lx6_unpack orders them. Position 6 * j + i is row i, column j. They are
 * computed two lanes at once, in words that hold high * 2**16 + low, low as it is, with its sign:
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

    /* the frames of the transforms: six rows of six words, then what a0 and a7 held, and a count */
#define WINOGRAD_RETURN 144
#define WINOGRAD_KEPT 148
#define WINOGRAD_FOURS 152
#define WINOGRAD_FRAME 192

/* a0 = 2**15; a7 is what te_lx6_winograd_rows wants there. */
.macro te_lx6_winograd_enter fours
    s32i    a0, a1, WINOGRAD_RETURN
    s32i    a7, a1, WINOGRAD_KEPT
    movi    a0, \fours
    s32i    a0, a1, WINOGRAD_FOURS
    movi    a0, 1
    slli    a0, a0, 15
.endm

/* Two of four channels of \r, as a word described above but for the sign of w. */
.macro te_lx6_winograd_lanes odd, r, mask
    .if \odd
    srli    \r, \r, 8
    .endif
    and     \r, \r, \mask
.endm

/* Where rows are read and written, and columns. */
.macro te_lx6_winograd_rows
    mov     a4, a2
    mov     a5, a1
    l32i    a7, a1, WINOGRAD_KEPT
.endm

.macro te_lx6_winograd_columns channels
    mov     a4, a3
    mov     a5, a1
    movi    a7, (12 * \channels)
.endm

/* Six lane pairs of a column j, at a4. */
.macro te_lx6_winograd_put channels, r0, r1, r2, r3, r4, r5
    .set    te_i, 0
    .irp    r, \r0, \r1, \r2, \r3, \r4, \r5
    xor     \r, \r, a0
    s32i    \r, a4, (2 * \channels * te_i)
    .set    te_i, te_i + 1
    .endr
.endm

/* ---- X of one tile --------------------------------------------------------------------------
 *   void name(const uint8_t *patch, uint32_t *columns, uint32_t row_bytes);
 *
 * a2 patch    a3 columns   a4, a5 where to read and write   a6 lanes    a7 bytes to the next row of
 * the patch, column of X   a8-a13 a row or column           a14, a15 work             a0 2**15
 */

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
    te_lanes a6, a7
    mov     a7, a4
    te_lx6_winograd_enter \channels / 4
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
    te_lx6_winograd_rows
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
    .irp    r, a8, a9, a10, a11, a12, a13
    s32i    \r, a5, (4 * te_i)
    .set    te_i, te_i + 1
    .endr
    add     a4, a4, a7
    addi    a5, a5, 24
.Lrows\@:
    te_lx6_winograd_columns \channels
    movi    a8, 6
    loop    a8, .Lcolumns\@
    .set    te_i, 0
    .irp    r, a8, a9, a10, a11, a12, a13
    l32i    \r, a5, (24 * te_i)
    .set    te_i, te_i + 1
    .endr
    te_lx6_winograd_column
    te_lx6_winograd_put \channels, a8, a14, a10, a11, a12, a13
    add     a4, a4, a7
    addi    a5, a5, 4
.Lcolumns\@:
    addi    a3, a3, 4
.endm

/* ---- W of one output channel ----------------------------------------------------------------
 *   void name(const uint32_t *filter, uint32_t *weights);
 * The filter: for four input channels each the nine taps, row by row, a word of w + 128 a tap.
 *
 * a2 filter   a3 weights   a4, a5 where to read and write   a6 lanes    a7 128 in both lanes, bytes
 * to the next column       a8-a10 taps of a row or column   a11-a15 work              a0 2**15
 */

/* G (a8-a10) in a8, a14, a15, a11, a9, a10, row 4 of the other sign; \biased: + 2**15. */
.macro te_lx6_winograd_taps biased
    add     a11, a8, a10
    slli    a12, a9, 2
    addx4   a13, a10, a8
    addx2   a8, a8, a8
    addx2   a10, a10, a10
    .if \biased
    add     a8, a8, a0
    add     a10, a10, a0
    addmi   a11, a11, 8192
    addmi   a9, a9, 16384
    .endif
    addx4   a14, a11, a12
    subx4   a15, a11, a12
    addx2   a11, a9, a13
    subx2   a9, a9, a13
.endm

.macro te_lx6_winograd_weights name, channels
    te_function \name
    entry   a1, WINOGRAD_FRAME
    te_lanes a6, a7
    movi    a7, 128
    slli    a8, a7, 16
    or      a7, a7, a8
    te_lx6_winograd_enter \channels / 4
.Lfour\@:
    te_lx6_winograd_weights_lanes \channels, 0
    te_lx6_winograd_weights_lanes \channels, 1
    l32i    a8, a1, WINOGRAD_FOURS
    addi    a2, a2, 36
    addi    a8, a8, -1
    s32i    a8, a1, WINOGRAD_FOURS
    bnez    a8, .Lfour\@
    l32i    a0, a1, WINOGRAD_RETURN
    retw
    te_end \name
.endm

.macro te_lx6_winograd_weights_lanes channels, odd
    te_lx6_winograd_rows
    movi    a8, 3
    loop    a8, .Lrows\@
    .set    te_i, 0
    .irp    r, a8, a9, a10
    l32i    \r, a4, (4 * te_i)
    te_lx6_winograd_lanes \odd, \r, a6
    sub     \r, \r, a7
    .set    te_i, te_i + 1
    .endr
    te_lx6_winograd_taps 0
    .set    te_i, 0
    .irp    r, a8, a14, a15, a11, a9, a10
    s32i    \r, a5, (4 * te_i)
    .set    te_i, te_i + 1
    .endr
    addi    a4, a4, 12
    addi    a5, a5, 24
.Lrows\@:
    te_lx6_winograd_columns \channels
    movi    a8, 6
    loop    a8, .Lcolumns\@
    l32i    a8, a5, 0
    l32i    a9, a5, 24
    l32i    a10, a5, 48
    te_lx6_winograd_taps 1
    te_lx6_winograd_put \channels, a8, a14, a15, a11, a9, a10
    add     a4, a4, a7
    addi    a5, a5, 4
.Lcolumns\@:
    addi    a3, a3, 4
.endm
