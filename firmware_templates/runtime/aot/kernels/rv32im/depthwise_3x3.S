/* One channel's outputs from a plane of its inputs, padding included.
 *
 *   void name(const te_rv32_plane_run *run);
 *
 * A plane holds four channels, a word for each input; the inputs of a window's column stand one
 * behind the other. Each column is loaded once and goes into the sums of all outputs that read it.
 *
 * A channel's head: 9 bytes of weights, row by row, and 3 more; then the initial sum, multiplier,
 * constant, shift[, below] as words. Weights and initial sum are times 256.
 *
 *   s0-s8  weights          t1  initial sum     t6, s9  limits
 *   a0-a2  sums             t2  multiplier      s10     inputs, columns s11 bytes apart
 *   a3-a5  inputs           t3  constant        a6, ra  outputs, their row's end,
 *   t0     product          t4  shift, t5 below         a7 bytes apart
 */
#include "plane_run.S"

    .equ    PLANE_RUN, 0
    .equ    PLANE_INPUT, 4
    .equ    PLANE_OUTPUT, 8
    .equ    PLANE_ROWS, 12
    .equ    PLANE_FRAME, 28

/* The next column. */
.macro te_plane_load
    lb      a3, 0(s10)
    lb      a4, 4(s10)
    lb      a5, 8(s10)
    add     s10, s10, s11
.endm

/* Adds the column times its weights to \sum, or begins it. */
.macro te_plane_add sum, w0, w1, w2, begin=0
    mul     t0, a3, \w0
    .if \begin
    add     \sum, t1, t0
    .else
    add     \sum, \sum, t0
    .endif
    mul     t0, a4, \w1
    add     \sum, \sum, t0
    mul     t0, a5, \w2
    add     \sum, \sum, t0
.endm

.macro te_plane_left sum
    te_plane_add \sum, s0, s3, s6, 1
.endm

.macro te_plane_middle sum
    te_plane_add \sum, s1, s4, s7
.endm

.macro te_plane_right sum
    te_plane_add \sum, s2, s5, s8
.endm

/* The columns up to the end of an output's window; what of them others read goes into theirs. */
.macro te_plane_output_1 sum, next, last, relu, signed, done
    te_plane_load
    te_plane_right \sum
    te_plane_middle \next
    te_plane_left \last
    te_plane_store \sum, \relu, \signed, \done
.endm

.macro te_plane_output_2 sum, next, relu, signed, done
    te_plane_load
    te_plane_middle \sum
    te_plane_load
    te_plane_right \sum
    te_plane_left \next
    te_plane_store \sum, \relu, \signed, \done
.endm

.macro te_plane_store sum, relu, signed, done
    te_requantize \sum, a6, t2, t3, t4, t6, s9, \relu, \signed, 1, t5, t0
    add     a6, a6, a7
    beq     a6, ra, \done
.endm

.macro te_rv32_depthwise_3x3 name, stride, relu, signed
    te_function \name
    te_enter PLANE_FRAME
    sw      a0, PLANE_RUN(sp)
    lw      t0, RUN_HEAD(a0)
    .set    .Lat, 0
    .irp    weight, s0, s1, s2, s3, s4, s5, s6, s7, s8
    lb      \weight, .Lat(t0)
    slli    \weight, \weight, 8
    .set    .Lat, .Lat + 1
    .endr
    lw      t1, 12(t0)
    lw      t2, 16(t0)
    lw      t3, 20(t0)
    lw      t4, 24(t0)
    .if \signed
    lw      t5, 28(t0)
    .endif
    lw      t6, RUN_LOW(a0)
    lw      s9, RUN_HIGH(a0)
    lw      s11, RUN_PITCH(a0)
    lw      a7, RUN_STEP(a0)
    lw      s10, RUN_PLANE(a0)
    lw      a6, RUN_OUTPUT(a0)
    lw      a1, RUN_ROWS(a0)
.Lrow\@:
    sw      s10, PLANE_INPUT(sp)
    sw      a6, PLANE_OUTPUT(sp)
    sw      a1, PLANE_ROWS(sp)
    lw      ra, RUN_LENGTH(a0)
    add     ra, ra, a6
    te_plane_load
    te_plane_left a0
    .if \stride == 1
    te_plane_load
    te_plane_middle a0
    te_plane_left a1
.Lturn\@:
    te_plane_output_1 a0, a1, a2, \relu, \signed, .Ldone\@
    te_plane_output_1 a1, a2, a0, \relu, \signed, .Ldone\@
    te_plane_output_1 a2, a0, a1, \relu, \signed, .Ldone\@
    .else
.Lturn\@:
    te_plane_output_2 a0, a1, \relu, \signed, .Ldone\@
    te_plane_output_2 a1, a0, \relu, \signed, .Ldone\@
    .endif
    j       .Lturn\@
.Ldone\@:
    lw      a1, PLANE_ROWS(sp)
    addi    a1, a1, -1
    beqz    a1, .Lend\@
    lw      a0, PLANE_RUN(sp)
    lw      s10, PLANE_INPUT(sp)
    lw      a6, PLANE_OUTPUT(sp)
    lw      a2, RUN_ROW_STEP(a0)
    lw      a3, RUN_OUTPUT_STEP(a0)
    add     s10, s10, a2
    add     a6, a6, a3
    j       .Lrow\@
.Lend\@:
    te_leave PLANE_FRAME
    te_end \name
.endm
