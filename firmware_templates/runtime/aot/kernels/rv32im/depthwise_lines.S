/* One channel's outputs of windows of any size, from a plane of its inputs, padding included: four
 * outputs that stand side by side at a time.
 *
 *   void name(const te_rv32_plane_run *run);
 *
 * A plane holds four channels, a word for each input. A channel's head: bytes of weights, row by
 * row, each an even number, filled up to words; then the initial sum, multiplier, constant,
 * shift[, below] as words.
 *
 *   a0-a3  sums              s2  a row's weights' end      a6  outputs, a7 bytes apart
 *   t0-t4  inputs            s3  rows of the window left   ra  their row's end
 *   t5, t6 weights           s4  initial sum               s11 weights
 *   a4     product           s5  multiplier                a5  bytes of a row's weights
 *   s0     inputs            s6  constant                  s9, s10  limits
 *   s1     weights           s7  shift, s8 below
 */
#include "plane_run.S"

    .equ    LINES_RUN, 0
    .equ    LINES_INPUT, 4
    .equ    LINES_OUTPUT, 8
    .equ    LINES_ROWS, 12
    .equ    LINES_AT, 16
    .equ    LINES_SKIP, 20
    .equ    LINES_FRAME, 28

.macro te_line_products weight, x0, x1, x2, x3
    mul     a4, \x0, \weight
    add     a0, a0, a4
    mul     a4, \x1, \weight
    add     a1, a1, a4
    mul     a4, \x2, \weight
    add     a2, a2, a4
    mul     a4, \x3, \weight
    add     a3, a3, a4
.endm

.macro te_rv32_depthwise_lines name, relu, signed
    te_function \name
    te_enter LINES_FRAME
    sw      a0, LINES_RUN(sp)
    lw      s11, RUN_HEAD(a0)
    lw      t0, RUN_WEIGHTS(a0)
    add     t0, t0, s11
    lw      s4, 0(t0)
    lw      s5, 4(t0)
    lw      s6, 8(t0)
    lw      s7, 12(t0)
    .if \signed
    lw      s8, 16(t0)
    .endif
    lw      s9, RUN_LOW(a0)
    lw      s10, RUN_HIGH(a0)
    lw      a7, RUN_STEP(a0)
    lw      a5, RUN_WINDOW_ROW_WEIGHTS(a0)
    lw      t0, RUN_WINDOW_ROW_SKIP(a0)
    sw      t0, LINES_SKIP(sp)
    lw      s0, RUN_PLANE(a0)
    lw      a6, RUN_OUTPUT(a0)
    lw      t1, RUN_ROWS(a0)
.Lrow\@:
    sw      s0, LINES_INPUT(sp)
    sw      a6, LINES_OUTPUT(sp)
    sw      t1, LINES_ROWS(sp)
    lw      ra, RUN_LENGTH(a0)
    lw      s3, RUN_WINDOW_ROWS(a0)
    add     ra, ra, a6
.Lturn\@:
    sw      s0, LINES_AT(sp)
    mv      a0, s4
    mv      a1, s4
    mv      a2, s4
    mv      a3, s4
    mv      s1, s11
    add     s2, s11, a5
.Lwindow\@:
    lb      t5, 0(s1)
    lb      t6, 1(s1)
    lb      t0, 0(s0)
    lb      t1, 4(s0)
    lb      t2, 8(s0)
    lb      t3, 12(s0)
    lb      t4, 16(s0)
    te_line_products t5, t0, t1, t2, t3
    te_line_products t6, t1, t2, t3, t4
    addi    s0, s0, 8
    addi    s1, s1, 2
    bne     s1, s2, .Lwindow\@
    addi    s3, s3, -1
    beqz    s3, .Lstore\@
    lw      t0, LINES_SKIP(sp)
    add     s2, s2, a5
    add     s0, s0, t0
    j       .Lwindow\@
.Lstore\@:
    .irp    sum, a0, a1, a2, a3
    te_requantize \sum, a6, s5, s6, s7, s9, s10, \relu, \signed, 0, s8, a4
    add     a6, a6, a7
    beq     a6, ra, .Ldone\@
    .endr
    lw      t0, LINES_RUN(sp)
    lw      s0, LINES_AT(sp)
    lw      s3, RUN_WINDOW_ROWS(t0)
    addi    s0, s0, 16
    j       .Lturn\@
.Ldone\@:
    lw      t1, LINES_ROWS(sp)
    addi    t1, t1, -1
    beqz    t1, .Lend\@
    lw      a0, LINES_RUN(sp)
    lw      s0, LINES_INPUT(sp)
    lw      a6, LINES_OUTPUT(sp)
    lw      t2, RUN_ROW_STEP(a0)
    lw      t3, RUN_OUTPUT_STEP(a0)
    add     s0, s0, t2
    add     a6, a6, t3
    j       .Lrow\@
.Lend\@:
    te_leave LINES_FRAME
    te_end \name
.endm
