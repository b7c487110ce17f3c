/* Convolution by Winograd's F(4x4, 3x3): the products of transformed inputs X and filters W, and the
 * outputs. The matrices and the order of X and W are in winograd_transforms.S.
 *
 *   void name(const te_lx6_winograd_run *run);
 *
 * One output channel of tiles side by side. The sums of a column of positions stay in registers,
 * A times them goes to the frame: four words a column.
 *
 * a0 run      a2 columns   a3 weights   a5 output    a8-a13 sums     a15 frame
 * a6 counts   a7 zero      a4, a14 work            later:
 * a3 constant a4 initial   a6, a14 work a7 multiplier
 */
#include "macros.S"

    /* te_lx6_winograd_run, as xtensa_lx6.h declares it */
#define WINOGRAD_COLUMNS 0
#define WINOGRAD_WEIGHTS 4
#define WINOGRAD_OUTPUT 8
#define WINOGRAD_TILES 12
#define WINOGRAD_ROW_SKIP 16
#define WINOGRAD_INITIAL 20
#define WINOGRAD_MULTIPLIER 24
#define WINOGRAD_CONSTANT 28
#define WINOGRAD_SHIFT 32
#define WINOGRAD_BELOW 36

    /* the frame: 6 columns of 4 words, then these */
#define WINOGRAD_KEPT_RETURN 96
#define WINOGRAD_KEPT_OUTPUT 100
#define WINOGRAD_KEPT_TILES 104
#define WINOGRAD_SUMS_FRAME 144

    /* largest offset of a byte that is stored: beyond, a5 goes on from output to output */
#define STORE_REACH_BYTES 255

/* The products of a position; \r: its sum and those of the positions before. The loads run ahead as in
 * conv.S. */
.macro te_lx6_winograd_position channels, r
    .rept   \channels / 4
    mula.dd.ll.ldinc m3, a3, m0, m2
    mula.dd.hh.ldinc m0, a2, m0, m2
    mula.dd.ll.ldinc m2, a3, m1, m3
    mula.dd.hh.ldinc m1, a2, m1, m3
    .endr
    rsr     \r, acclo
.endm

/* a8-a11 = A times the column whose row 4 is of the other sign. a8-a13: sums of its first rows. */
.macro te_lx6_winograd_down
    add     a14, a10, a8
    subx2   a14, a9, a14
    sub     a9, a10, a8
    sub     a4, a12, a10
    add     a12, a10, a12
    subx2   a12, a11, a12
    sub     a13, a13, a10
    sub     a11, a12, a9
    addx2   a8, a8, a11
    subx4   a10, a12, a9
    subx2   a9, a4, a14
    subx8   a11, a13, a14
.endm

/* a8-a11 = A times a8-a13, which are along a row, with 1 of the other sign. */
.macro te_lx6_winograd_along
    add     a14, a9, a10
    sub     a10, a10, a9
    add     a6, a11, a12
    sub     a12, a11, a12
    sub     a11, a6, a10
    addx2   a8, a8, a11
    addx2   a9, a12, a14
    subx4   a10, a6, a10
    add     a12, a12, a13
    addx8   a11, a12, a14
.endm

/* 576 * T in \sum, as output \x of a row. */
.macro te_lx6_winograd_store sum, x, outputs, signed
    .if \signed
    l32i    a14, a0, WINOGRAD_BELOW
    movgez  a14, a3, \sum
    mulsh   \sum, \sum, a7
    add     \sum, \sum, a14
    .else
    mulsh   \sum, \sum, a7
    add     \sum, \sum, a3
    .endif
    sra     \sum, \sum
    clamps  \sum, \sum, 7
    .if 3 * \outputs <= STORE_REACH_BYTES
    s8i     \sum, a5, (\outputs * \x)
    .else
    s8i     \sum, a5, 0
    addi    a5, a5, (\outputs / 2)
    addi    a5, a5, (\outputs - \outputs / 2)
    .endif
.endm

/* \outputs: bytes from an output to the next in a row. */
.macro te_lx6_winograd_product name, channels, outputs, signed
    te_function \name
    entry   a1, WINOGRAD_SUMS_FRAME
    s32i    a0, a1, WINOGRAD_KEPT_RETURN
    mov     a0, a2
    l32i    a8, a0, WINOGRAD_SHIFT
    l32i    a6, a0, WINOGRAD_TILES
    ssr     a8
    l32i    a5, a0, WINOGRAD_OUTPUT
    l32i    a2, a0, WINOGRAD_COLUMNS
    s32i    a6, a1, WINOGRAD_KEPT_TILES
    addi    a2, a2, -4
    ldinc   m0, a2
    ldinc   m1, a2
    movi    a7, 0
    wsr     a7, acclo
.Ltile\@:
    l32i    a3, a0, WINOGRAD_WEIGHTS
    s32i    a5, a1, WINOGRAD_KEPT_OUTPUT
    addi    a3, a3, -4
    movi    a7, 0
    ldinc   m2, a3
    mov     a15, a1
    movi    a6, 6
.Lcolumn\@:
    .irp    r, a8, a9, a10, a11, a12, a13
    te_lx6_winograd_position \channels, \r
    .endr
    wsr     a7, acclo
    te_lx6_winograd_down
    s32i    a8, a15, 0
    s32i    a9, a15, 4
    s32i    a10, a15, 8
    s32i    a11, a15, 12
    addi    a15, a15, 16
    addi    a6, a6, -1
    bnez    a6, .Lcolumn\@
    l32i    a3, a0, WINOGRAD_CONSTANT
    l32i    a4, a0, WINOGRAD_INITIAL
    l32i    a7, a0, WINOGRAD_MULTIPLIER
    mov     a15, a1
    movi    a6, 4
    loop    a6, .Lrows\@
    .set    te_i, 0
    .irp    r, a8, a13, a11, a12, a9, a10
    l32i    \r, a15, (16 * te_i)
    .set    te_i, te_i + 1
    .endr
    add     a9, a9, a4
    te_lx6_winograd_along
    .set    te_i, 0
    .irp    r, a8, a9, a10, a11
    te_lx6_winograd_store \r, te_i, \outputs, \signed
    .set    te_i, te_i + 1
    .endr
    l32i    a12, a0, WINOGRAD_ROW_SKIP
    addi    a15, a15, 4
    add     a5, a5, a12
.Lrows\@:
    l32i    a5, a1, WINOGRAD_KEPT_OUTPUT
    l32i    a6, a1, WINOGRAD_KEPT_TILES
    addmi   a5, a5, (4 * \outputs / 256 * 256)
    addi    a5, a5, (4 * \outputs % 256 / 2)
    addi    a5, a5, (4 * \outputs % 256 / 2)
    addi    a6, a6, -1
    s32i    a6, a1, WINOGRAD_KEPT_TILES
    beqz    a6, .Ldone\@
    j       .Ltile\@
.Ldone\@:
    l32i    a0, a1, WINOGRAD_KEPT_RETURN
    retw
    te_end \name
.endm
