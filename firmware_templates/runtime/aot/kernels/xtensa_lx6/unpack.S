/* Unpacking: bytes -> lanes of 16 bits. A word of the bytes 0 to 3 becomes the lanes (0, 2) and
 * then (1, 3). */
#include "macros.S"

/* u = q + 128 of inputs.
 *   void name(const int8_t *from, uint32_t *to, uint32_t units);     a unit is 8 bytes
 * `from` may be the end of `to`, or 8 bytes before: no unit is overwritten before it is read. */
.macro te_lx6_unpack name
    te_function \name
    entry   a1, 32
    te_lanes a5, a6
    te_signs a6, a7
    srli    a10, a4, 1
    loopnez a10, .Ltwo\@
    te_lx6_unpack_unit 0
    te_lx6_unpack_unit 8
    addi    a2, a2, 16
    addi    a3, a3, 32
.Ltwo\@:
    extui   a4, a4, 0, 1
    beqz    a4, .Lend\@
    te_lx6_unpack_unit 0
.Lend\@:
    retw
    te_end \name
.endm

.macro te_lx6_unpack_unit at
    l32i    a7, a2, \at
    l32i    a8, a2, (\at + 4)
    xor     a7, a7, a6
    and     a9, a7, a5
    srli    a7, a7, 8
    and     a7, a7, a5
    xor     a8, a8, a6
    s32i    a9, a3, (2 * \at)
    and     a9, a8, a5
    srli    a8, a8, 8
    and     a8, a8, a5
    s32i    a7, a3, (2 * \at + 4)
    s32i    a9, a3, (2 * \at + 8)
    s32i    a8, a3, (2 * \at + 12)
.endm

/* u = q + 128, in their order.
 *   void name(const int8_t *from, uint16_t *to, uint32_t bytes); */
.macro te_lx6_widen name
    te_function \name
    entry   a1, 32
    extui   a6, a2, 0, 2
    bnez    a6, .Lbytes\@
    te_signs a5, a6
    srli    a6, a4, 3
    extui   a4, a4, 0, 3
    loopnez a6, .Leights\@
    te_lx6_widen_word 0
    te_lx6_widen_word 4
    addi    a2, a2, 8
    addi    a3, a3, 16
.Leights\@:
.Lbytes\@:
    movi    a5, 128
    loopnez a4, .Lend\@
    l8ui    a7, a2, 0
    addi    a2, a2, 1
    xor     a7, a7, a5
    s16i    a7, a3, 0
    addi    a3, a3, 2
.Lend\@:
    retw
    te_end \name
.endm

/* Four lanes of the word at \at. */
.macro te_lx6_widen_word at
    l32i    a7, a2, \at
    xor     a7, a7, a5
    .irp    i, 0, 1, 2, 3
    extui   a8, a7, 8 * \i, 8
    s16i    a8, a3, (2 * \at + 2 * \i)
    .endr
.endm

/* The windows of a row of pixels, one behind the other.
 *   void name(const uint16_t *from, uint16_t *to, const te_lx6_gather_run *run);
 * A window is `segments` runs of `lanes` lanes; `bytes`: from a gathered window to the next. */
#define GATHER_PIXELS 0
#define GATHER_STEP 4
#define GATHER_PITCH 8
#define GATHER_STRAIGHT 36

.macro te_lx6_gather name, lanes, segments, bytes
    te_function \name
    entry   a1, 32
    l32i    a5, a4, GATHER_PIXELS
    l32i    a6, a4, GATHER_STEP
    l32i    a7, a4, GATHER_PITCH
.Lpixel\@:
    mov     a9, a2
    mov     a10, a3
    .rept   \segments
    .if \lanes <= GATHER_STRAIGHT
    .set    te_lane, 0
    .rept   \lanes
    l16ui   a11, a9, (2 * te_lane)
    s16i    a11, a10, (2 * te_lane)
    .set    te_lane, te_lane + 1
    .endr
    add     a9, a9, a7
    addi    a10, a10, 2 * \lanes
    .else
    mov     a12, a9
    movi    a13, \lanes
    loop    a13, 1f
    l16ui   a11, a12, 0
    addi    a12, a12, 2
    s16i    a11, a10, 0
    addi    a10, a10, 2
1:
    add     a9, a9, a7
    .endif
    .endr
    add     a2, a2, a6
    movi    a9, \bytes
    add     a3, a3, a9
    addi    a5, a5, -1
    bnez    a5, .Lpixel\@
    retw
    te_end \name
.endm
