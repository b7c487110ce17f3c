/* Convolution: all output channels over a block of pixels, whose windows lie unpacked in memory.
 *
 *   void name(const te_lx6_run *run);
 *
 * A window is `segments` runs of `words` words of two lanes, and another word where that makes an odd
 * number of words, which has no weight. The inner stream takes two instructions
 * for two products and two loads: each MULA reloads a register that the one before has read. Four
 * registers hold two words of the window and two of the weights, so the loads run ahead, weights by
 * one word, inputs by two: into the next segment, the next pixel. The requantization of a pixel
 * stands between the products of the next.
 *
 * a2 inputs   a3 weights   a4 their start      a5 pixels        a6 output    a7 multiplier
 * a8 sum      a9 segment gap   a10 pixel gap   a11 channels      a12 constant a13 scratch
 * a14 initial value        a15 loop counts     a0 `below`
 */
#include "macros.S"

    /* te_lx6_run, as xtensa_lx6.h declares it */
#define RUN_COLUMNS 0
#define RUN_STREAM 4
#define RUN_WEIGHTS 8
#define RUN_OUTPUT 12
#define RUN_WIDTH 16
#define RUN_ROWS 20
#define RUN_CHANNELS 24
#define RUN_SEGMENT_GAP 28
#define RUN_PIXEL_GAP 32
#define RUN_ROW_SKIP 36

    /* the frame: what a register is too precious for */
#define FRAME_RETURN 0
#define FRAME_RUN 4
#define FRAME_STREAM 8
#define FRAME_CHANNELS 12
#define FRAME_OUTPUT 16
#define FRAME_ROWS 20

    /* bytes of a LOOP's body that surely fit */
#define LOOP_BYTES 240
    /* products of a window up to which it is one straight stream, and of one turn beyond */
#define STRAIGHT 160
#define TURN 32

/* The next step of the requantization before, if one is left. */
.macro te_lx6_between signed
    .if te_done < TE_STORE_STEPS + \signed * (TE_SIGNED_STEPS - TE_STORE_STEPS)
    te_store_step te_done, \signed
    .set    te_done, te_done + 1
    .endif
.endm

/* Two words: four products. \gap, \second: the register with what lies before the first and the
 * second word loaded here (0: nothing); \reset: the weights begin again. */
.macro te_lx6_four signed, pipelined, gap, second, reset
    mula.dd.ll.ldinc m3, a3, m0, m2
    .if \gap != 0
    add     a2, a2, a\gap
    .endif
    mula.dd.hh.ldinc m0, a2, m0, m2
    .if \pipelined
    te_lx6_between \signed
    .endif
    .if \reset
    mov     a3, a4
    .endif
    mula.dd.ll.ldinc m2, a3, m1, m3
    .if \pipelined
    te_lx6_between \signed
    .endif
    .if \second != 0
    add     a2, a2, a\second
    .endif
    mula.dd.hh.ldinc m1, a2, m1, m3
.endm

/* The fours of a window's segments but for each segment's last, \turn products a turn of a loop (0:
 * no loop), then the last. \jump: whether pixels have a gap. */
.macro te_lx6_window words, segments, turn, signed, pipelined, jump
    .if \words % 2
    te_lx6_window_odd \words, \segments, \signed, \pipelined
    .else
    .set    te_segment, 1
    .rept   \segments
    .if \turn == 0
    .rept   \words / 2 - 1
    te_lx6_four \signed, \pipelined, 0, 0, 0
    .endr
    .else
    .set    te_fours, \words / 2 - 1
    te_lx6_turns \turn, \signed, \pipelined
    .endif
    .if te_segment < \segments
    te_lx6_four \signed, \pipelined, 9, 0, 0
    .elseif \jump
    te_lx6_four \signed, \pipelined, 10, 0, 1
    .else
    te_lx6_four \signed, \pipelined, 0, 0, 1
    .endif
    .set    te_segment, te_segment + 1
    .endr
    .endif
.endm

/* The fours of a window whose segments are of an odd number of words. */
.macro te_lx6_window_odd words, segments, signed, pipelined
    .set    te_loaded, 2
    .rept   (\words * \segments + 1) / 2 - 1
    .if te_loaded % \words == 0 && te_loaded < \words * \segments
    te_lx6_four \signed, \pipelined, 9, 0, 0
    .elseif te_loaded % \words == \words - 1 && te_loaded + 1 < \words * \segments
    te_lx6_four \signed, \pipelined, 0, 9, 0
    .else
    te_lx6_four \signed, \pipelined, 0, 0, 0
    .endif
    .set    te_loaded, te_loaded + 2
    .endr
    te_lx6_four \signed, \pipelined, 10, 0, 1
.endm

/* te_fours of them, as far as they make whole turns in a loop, which holds no step of the
 * requantization. */
.macro te_lx6_turns turn, signed, pipelined
    .if te_fours / (\turn / 4) > 1
    movi    a15, (te_fours / (\turn / 4))
    loop    a15, .Lturn\@
    .rept   \turn / 4
    te_lx6_four 0, 0, 0, 0, 0
    .endr
.Lturn\@:
    .rept   te_fours % (\turn / 4)
    te_lx6_four \signed, \pipelined, 0, 0, 0
    .endr
    .else
    .rept   te_fours
    te_lx6_four \signed, \pipelined, 0, 0, 0
    .endr
    .endif
.endm

/* After a window's products: the sum to a8, the next pixel's initial value. */
.macro te_lx6_take
    rsr     a8, acclo
    wsr     a14, acclo
.endm

.macro te_lx6_conv name, words, segments, jump, signed
    te_function \name
    entry   a1, 64
    s32i    a0, a1, FRAME_RETURN
    s32i    a2, a1, FRAME_RUN
    l32i    a8, a2, RUN_STREAM
    l32i    a11, a2, RUN_CHANNELS
    l32i    a6, a2, RUN_OUTPUT
    l32i    a4, a2, RUN_WEIGHTS
    s32i    a8, a1, FRAME_STREAM
    s32i    a11, a1, FRAME_CHANNELS
    s32i    a6, a1, FRAME_OUTPUT
    .if \jump
    l32i    a9, a2, RUN_SEGMENT_GAP
    l32i    a10, a2, RUN_PIXEL_GAP
    .endif
    addi    a4, a4, -4
.Lchannel\@:
    te_lx6_head \words, \segments, \signed
    l32i    a13, a1, FRAME_RUN
    l32i    a6, a1, FRAME_OUTPUT
    l32i    a2, a13, RUN_COLUMNS
    l32i    a8, a13, RUN_ROWS
    l32i    a5, a13, RUN_WIDTH
    addi    a13, a6, 1
    s32i    a8, a1, FRAME_ROWS
    s32i    a13, a1, FRAME_OUTPUT
    addi    a5, a5, -1
    addi    a2, a2, -4
    mov     a3, a4
    ldinc   m0, a2
    ldinc   m1, a2
    ldinc   m2, a3
    wsr     a14, acclo
    /* the first pixel, with no other to requantize */
    te_lx6_window \words, \segments, 4, 0, 0, \jump
    te_lx6_take
    j       .Lpixels\@
.Lrow\@:
    /* the inputs, which were loaded ahead, jump to the next row of windows */
    s32i    a13, a1, FRAME_ROWS
    l32i    a13, a1, FRAME_RUN
    l32i    a5, a13, RUN_WIDTH
    l32i    a13, a13, RUN_ROW_SKIP
    add     a2, a2, a13
    ldinc   m0, a2
    ldinc   m1, a2
.Lpixels\@:
    .set    te_bytes, 3 * (2 * \words * \segments + TE_SIGNED_STEPS + \segments + 4)
    .if te_bytes <= LOOP_BYTES
    loopnez a5, .Lend\@
    te_lx6_pixel \words, \segments, 0, \signed, \jump
    .else
    beqz    a5, .Lend\@
.Lpixel\@:
    addi    a5, a5, -1
    .if 2 * \words * \segments <= STRAIGHT
    te_lx6_pixel \words, \segments, 0, \signed, \jump
    .else
    te_lx6_pixel \words, \segments, TURN, \signed, \jump
    .endif
    bnez    a5, .Lpixel\@
    .endif
.Lend\@:
    l32i    a13, a1, FRAME_ROWS
    addi    a13, a13, -1
    beqz    a13, .Ldone\@
    j       .Lrow\@
.Ldone\@:
    te_store_rest 0, \signed
    l32i    a13, a1, FRAME_CHANNELS
    addi    a13, a13, -1
    s32i    a13, a1, FRAME_CHANNELS
    beqz    a13, .Lreturn\@
    j       .Lchannel\@
.Lreturn\@:
    l32i    a0, a1, FRAME_RETURN
    retw
    te_end \name
.endm

/* What the stream holds for a channel: its requantization to registers, its weights to memory. */
.macro te_lx6_head words, segments, signed
    l32i    a2, a1, FRAME_STREAM
    l32i    a14, a2, 0
    l32i    a7, a2, 4
    l32i    a8, a2, 8
    ssr     a8
    .if \signed
    l32i    a12, a2, 12
    l32i    a0, a2, 16
    addi    a2, a2, 20
    .else
    addi    a2, a2, 12
    .endif
    te_tops a8, a13
    addi    a3, a4, 4
    te_widen_weights ((\words * \segments + 1) / 2), a2, a3, a8, a5, a13, a15
    s32i    a2, a1, FRAME_STREAM
.endm

/* A pixel's products, and the requantization of the one before. */
.macro te_lx6_pixel words, segments, turn, signed, jump
    .set    te_done, 0
    te_lx6_window \words, \segments, \turn, \signed, 1, \jump
    te_store_rest te_done, \signed
    add     a6, a6, a11
    te_lx6_take
.endm

/* The same for windows of one segment, one behind the other, in one row, whose weights stay in
 * registers: at most 8 words, of signed kernels 4. The inputs run two words ahead.
 *
 * a2 inputs   a5 pixels   a6 output   a7 multiplier   a8 sum   a11 channels   a14 initial value
 * a3, a4, a9, a10, a15, a12, a13, a0 weights, or a12 constant, a13 scratch, a0 `below`
 */
.macro te_lx6_conv_resident name, words, signed
    te_function \name
    entry   a1, 64
    s32i    a0, a1, FRAME_RETURN
    s32i    a2, a1, FRAME_RUN
    l32i    a8, a2, RUN_STREAM
    l32i    a11, a2, RUN_CHANNELS
    l32i    a6, a2, RUN_OUTPUT
    s32i    a8, a1, FRAME_STREAM
    s32i    a11, a1, FRAME_CHANNELS
    s32i    a6, a1, FRAME_OUTPUT
.Lchannel\@:
    te_lx6_resident_head \words, \signed
    l32i    a5, a1, FRAME_RUN
    l32i    a6, a1, FRAME_OUTPUT
    l32i    a2, a5, RUN_COLUMNS
    l32i    a5, a5, RUN_WIDTH
    addi    a8, a6, 1
    s32i    a8, a1, FRAME_OUTPUT
    addi    a5, a5, -1
    addi    a2, a2, -4
    ldinc   m0, a2
    ldinc   m1, a2
    wsr     a14, acclo
    /* the first pixel, with no other to requantize */
    te_lx6_resident_window \words, \signed, 0
    te_lx6_take
    loopnez a5, .Lend\@
    te_lx6_resident_window \words, \signed, 1
    te_store_rest te_done, \signed
    add     a6, a6, a11
    te_lx6_take
.Lend\@:
    te_store_rest 0, \signed
    l32i    a8, a1, FRAME_CHANNELS
    addi    a8, a8, -1
    s32i    a8, a1, FRAME_CHANNELS
    bnez    a8, .Lchannel\@
    l32i    a0, a1, FRAME_RETURN
    retw
    te_end \name
.endm

/* What the stream holds for a channel, to registers. */
.macro te_lx6_resident_head words, signed
    l32i    a2, a1, FRAME_STREAM
    l32i    a14, a2, 0
    l32i    a7, a2, 4
    l32i    a8, a2, 8
    ssr     a8
    .if \signed
    l32i    a12, a2, 12
    l32i    a0, a2, 16
    addi    a2, a2, 20
    .else
    addi    a2, a2, 12
    .endif
    te_tops a8, a5
    te_lx6_resident_pair 0, \words, a3, a4
    te_lx6_resident_pair 1, \words, a9, a10
    te_lx6_resident_pair 2, \words, a15, a12
    te_lx6_resident_pair 3, \words, a13, a0
    addi    a2, a2, (2 * \words)
    s32i    a2, a1, FRAME_STREAM
.endm

.macro te_lx6_resident_pair pair, words, r0, r1
    .if 2 * \pair < \words
    l32i    \r1, a2, (4 * \pair)
    slli    \r0, \r1, 8
    and     \r0, \r0, a8
    and     \r1, \r1, a8
    .endif
.endm

.macro te_lx6_resident_window words, signed, pipelined
    .set    te_done, 0
    .set    te_word, 0
    .irp    w, a3, a4, a9, a10, a15, a12, a13, a0
    .if te_word < \words
    .if te_word % 2
    te_lx6_resident_word \signed, \pipelined, m1, \w
    .else
    te_lx6_resident_word \signed, \pipelined, m0, \w
    .endif
    .endif
    .set    te_word, te_word + 1
    .endr
.endm

.macro te_lx6_resident_word signed, pipelined, m, w
    mula.da.ll \m, \w
    .if \pipelined
    te_lx6_between \signed
    .endif
    mula.da.hh.ldinc \m, a2, \m, \w
    .if \pipelined
    te_lx6_between \signed
    .endif
.endm
