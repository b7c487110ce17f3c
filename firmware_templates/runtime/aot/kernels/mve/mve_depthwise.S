/* Depthwise convolutions: a channel at a time, copied to a padded plane of its own.
 *
 *   void name(const te_mve_depthwise_run *run);
 *
 * One vector of a plane's bytes serves several outputs: the weights stand in it where each of them
 * needs its own, the rest is 0. A channel's weights lie in memory between zeros, so that these
 * vectors are loads at neighbouring addresses. Factors of a channel: as in mve_conv.S.
 */

    /* te_mve_depthwise_run, as mve.h declares it */
    .equ    MVE_DW_CHANNELS, 16
    .equ    MVE_DW_PLANE, 20
    .equ    MVE_DW_PATCH, 24
    .equ    MVE_DW_EIGHT, 28
    .equ    MVE_DW_SKIP, 32
    .equ    MVE_DW_ROWS, 36
    .equ    MVE_DW_TILE_ROWS, 40
    .equ    MVE_DW_TILES, 44
    .equ    MVE_DW_LAST, 48
    .equ    MVE_DW_STEP, 52
    .equ    MVE_DW_FIRST, 56
    .equ    MVE_DW_ADVANCE, 64
    .equ    MVE_DW_ZERO, 72
    .equ    MVE_DW_PIXELS, 76
    .equ    MVE_DW_OUTPUTS, 92
    .equ    MVE_DW_TAPS, 108
    .equ    MVE_DW_AFTER, 124
    .equ    MVE_DW_LIMITS, 128

    /* the frame: what goes on from channel to channel, and from tile row to tile row */
    .equ    DW_INPUT, 0
    .equ    DW_OUTPUT, 4
    .equ    DW_WEIGHTS, 8
    .equ    DW_FACTORS, 12
    .equ    DW_LEFT, 16                 @ channels
    .equ    DW_TILE_ROWS, 20
    .equ    DW_NEXT, 24                 @ bytes to the next tile row: plane, output
    .equ    DW_FRAME, 32

.macro te_mve_dw_enter
    te_mve_enter DW_FRAME
    mov     r11, r0
    ldm     r0, {r1-r5}
    stm     sp, {r1-r5}
.endm

.macro te_mve_dw_leave again
    ldm     sp, {r1, r2}
    ldr     r0, [sp, #DW_LEFT]
    add     r1, r1, #1
    add     r2, r2, #1
    subs    r0, #1
    strd    r1, r2, [sp, #DW_INPUT]
    str     r0, [sp, #DW_LEFT]
    bne.w   \again
    te_mve_leave DW_FRAME
.endm

/* Copies a channel, rows of `width` (at most 48) pixels, to its plane, rows of `pitch` bytes. Each
 * eight pixels have offsets of their own, so that one pointer does. */
.macro te_mve_dw_eight number, width, pitch, offsets
    .if \width / 8 > \number
    vldrb.u16 q4, [r1, \offsets]
    vstrb.16 q4, [r2], #8
    .elseif \width / 8 == \number && \width % 8
    vpstt
    vldrbt.u16 q4, [r1, \offsets]
    vstrbt.16 q4, [r2], #(\pitch - \width / 8 * 8)
    .endif
.endm

.macro te_mve_dw_next_eight number, width, offsets, before
    .if (\width + 7) / 8 > \number
    vadd.i16 \offsets, \before, r4
    .endif
.endm

.macro te_mve_dw_copy width, pitch
    ldr     r1, [sp, #DW_INPUT]
    ldr     r2, [r11, #MVE_DW_PLANE]
    ldrd    r4, r5, [r11, #MVE_DW_EIGHT]
    ldr     r3, [r11, #MVE_DW_ROWS]
    vldrh.u16 q5, [r11, #MVE_DW_PIXELS]
    te_mve_dw_next_eight 1, \width, q6, q5
    te_mve_dw_next_eight 2, \width, q7, q6
    te_mve_dw_next_eight 3, \width, q0, q7
    te_mve_dw_next_eight 4, \width, q1, q0
    te_mve_dw_next_eight 5, \width, q2, q1
    .if \width % 8
    mov     r6, #(\width % 8)
    vctp.16 r6
    .endif
    dls     lr, r3
.Lrow\@:
    te_mve_dw_eight 0, \width, \pitch, q5
    te_mve_dw_eight 1, \width, \pitch, q6
    te_mve_dw_eight 2, \width, \pitch, q7
    te_mve_dw_eight 3, \width, \pitch, q0
    te_mve_dw_eight 4, \width, \pitch, q1
    te_mve_dw_eight 5, \width, \pitch, q2
    .if \width % 8 == 0 && \pitch > \width
    add     r2, r2, #(\pitch - \width / 8 * 8)
    .endif
    add     r1, r1, r5
    le      lr, .Lrow\@
.endm

/* The channel's factors: r9, r10 and, general, r7 with the zero point in r12. Else, r7 and r12 stay
 * the pointers to weights and factors. */
.macro te_mve_dw_factors general
    .if \general
    str     r7, [sp, #DW_WEIGHTS]
    ldr     r7, [sp, #DW_FACTORS]
    ldm     r7!, {r9, r10, r12}
    str     r7, [sp, #DW_FACTORS]
    mov     r7, r12
    ldr     r12, [r11, #MVE_DW_ZERO]
    .else
    ldm     r12!, {r9, r10}
    .endif
.endm

.macro te_mve_dw_finish general, limit, scale, narrow
    te_mve_scale \general, \scale, q4, q6, r9, r10, r7
    te_mve_scale \general, \scale, q5, q6, r9, r10, r7
    te_mve_pack \general, \narrow, r12
    .if \limit
    add     r0, r11, #MVE_DW_LIMITS
    te_mve_limit r0
    .endif
    .if \general || \limit
    vldrh.u16 q6, [r11, #MVE_DW_OUTPUTS]
    .endif
.endm

/* 2x2 outputs from a patch of 4x4 at stride 1; 4 from two of 3x5 at stride 2. */
.macro te_mve_dw_patch stride, wide, q, from
    vldrb.u8 \q, [\from, q7]
    .if \stride == 1
    sub     \from, \from, #(2 * \stride * (1 - \wide) + 4 * \stride * \stride * \wide)
    vmladav.s8 r0, \q, q0
    vmladav.s8 r2, \q, q1
    vmladav.s8 r4, \q, q2
    vmladav.s8 r6, \q, q3
    .else
    vldrb.u8 q3, [\from, q2]
    sub     \from, \from, #(2 * \stride * (1 - \wide) + 4 * \stride * \stride * \wide)
    vmladav.s8 r0, \q, q0
    vmladav.s8 r2, \q, q1
    vmladav.s8 r4, q3, q0
    vmladav.s8 r6, q3, q1
    .endif
    vmov    \q[2], \q[0], r0, r4
    vmov    \q[3], \q[1], r2, r6
.endm

/* Windows of 3x3: tiles of 4 rows of 2 outputs, or, `wide`, of 2 rows of 4 (stride 1) or one of 8
 * (stride 2), from the right to the left, so that an output past the end of a row is overwritten by
 * the one whose place it takes. Weights, between 5 or 2 zeros: 3, 0, 3, 0, 3 at stride 1, where rows
 * of a patch are 4 long; 3, 0, 0, 3, 0, 0, 3 at stride 2. */
.macro te_mve_depthwise_3x3 name, stride, wide, width, pitch, general, limit, scale, narrow
    te_mve_function \name
    te_mve_dw_enter
    ldrd    r7, r12, [sp, #DW_WEIGHTS]
.Lchannel\@:
    te_mve_dw_copy \width, \pitch
    vldrb.u8 q7, [r11, #MVE_DW_TAPS]
    vldrh.u16 q6, [r11, #MVE_DW_OUTPUTS]
    .if \general
    ldr     r7, [sp, #DW_WEIGHTS]
    .endif
    .if \stride == 1
    vldrb.u8 q0, [r7, #5]
    vldrb.u8 q1, [r7, #4]
    vldrb.u8 q2, [r7, #1]
    vldrb.u8 q3, [r7], #16
    .else
    vldrb.u8 q0, [r7, #2]
    vldrb.u8 q1, [r7], #16
    ldr     r0, [r11, #MVE_DW_AFTER]
    vadd.i8 q2, q7, r0
    .endif
    te_mve_dw_factors \general
    ldr     r1, [r11, #MVE_DW_PATCH]
    ldr     r5, [sp, #DW_OUTPUT]
    ldrd    r0, r8, [r11, #MVE_DW_LAST]
    add     r5, r5, r0
    ldr     r0, [r11, #MVE_DW_TILE_ROWS]
    ldrd    r2, r3, [r11, #MVE_DW_FIRST]
    str     r0, [sp, #DW_TILE_ROWS]
    strd    r2, r3, [sp, #DW_NEXT]
.Ltiles\@:
    addw    r3, r1, #(2 * \stride * (\pitch * (1 - \wide) + \stride * \wide))
    ldr     r0, [r11, #MVE_DW_TILES]
    dls     lr, r0
.Ltile\@:
    te_mve_dw_patch \stride, \wide, q4, r1
    te_mve_dw_patch \stride, \wide, q5, r3
    te_mve_dw_finish \general, \limit, \scale, \narrow
    vstrb.16 q5, [r5, q6]
    sub     r5, r5, r8
    le      lr, .Ltile\@
    ldrd    r2, r3, [sp, #DW_NEXT]
    add     r1, r1, r2
    add     r5, r5, r3
    ldrd    r2, r3, [r11, #MVE_DW_ADVANCE]
    strd    r2, r3, [sp, #DW_NEXT]
    ldr     r0, [sp, #DW_TILE_ROWS]
    subs    r0, #1
    str     r0, [sp, #DW_TILE_ROWS]
    bne     .Ltiles\@
    te_mve_dw_leave .Lchannel\@
    te_mve_end \name
.endm

/* Windows of a single row of at most 16, stride 1, over a plane of a single row: 8 outputs a turn.
 * Up to 13 taps stand behind 3 zeros, and one vector serves 4 outputs. */
.macro te_mve_depthwise_line name, short, width, general, limit, scale, narrow
    te_mve_function \name
    te_mve_dw_enter
.Lchannel\@:
    te_mve_dw_copy \width, \width
    vldrh.u16 q7, [r11, #MVE_DW_OUTPUTS]
    ldr     r7, [sp, #DW_WEIGHTS]
    .if \short
    vldrb.u8 q0, [r7, #3]
    vldrb.u8 q1, [r7, #2]
    vldrb.u8 q2, [r7, #1]
    vldrb.u8 q3, [r7], #16
    .else
    vldrb.u8 q0, [r7], #16
    .endif
    str     r7, [sp, #DW_WEIGHTS]
    ldr     r3, [sp, #DW_FACTORS]
    ldr     r1, [r11, #MVE_DW_PATCH]
    ldr     r5, [sp, #DW_OUTPUT]
    ldr     r9, [r11, #MVE_DW_STEP]
    ldr     r7, [r11, #MVE_DW_TILES]
.Lturn\@:
    .if \short
    vldrb.u8 q4, [r1], #4
    vmladav.s8 r0, q4, q0
    vmladav.s8 r8, q4, q1
    vldrb.u8 q5, [r1], #4
    vmladav.s8 r2, q4, q2
    vmladav.s8 r10, q4, q3
    vmladav.s8 r4, q5, q0
    vmladav.s8 r12, q5, q1
    vmladav.s8 r6, q5, q2
    vmladav.s8 lr, q5, q3
    .else
    vldrb.u8 q4, [r1]
    vmladav.s8 r0, q4, q0
    vldrb.u8 q5, [r1, #1]
    vmladav.s8 r8, q5, q0
    vldrb.u8 q4, [r1, #2]
    vmladav.s8 r2, q4, q0
    vldrb.u8 q5, [r1, #3]
    vmladav.s8 r10, q5, q0
    vldrb.u8 q4, [r1, #4]
    vmladav.s8 r4, q4, q0
    vldrb.u8 q5, [r1, #5]
    vmladav.s8 r12, q5, q0
    vldrb.u8 q4, [r1, #6]
    vmladav.s8 r6, q4, q0
    vldrb.u8 q5, [r1, #7]
    vmladav.s8 lr, q5, q0
    add     r1, r1, #8
    .endif
    te_mve_gather_sums
    .if \general
    ldm     r3, {r0, r2, r4}
    ldr     r12, [r11, #MVE_DW_ZERO]
    .else
    ldm     r3, {r0, r2}
    .endif
    te_mve_scale \general, \scale, q4, q6, r0, r2, r4
    te_mve_scale \general, \scale, q5, q6, r0, r2, r4
    te_mve_pack \general, \narrow, r12
    .if \limit
    add     r0, r11, #MVE_DW_LIMITS
    te_mve_limit r0
    .endif
    vctp.16 r7
    vpst
    vstrbt.16 q5, [r5, q7]
    add     r5, r5, r9
    subs    r7, #8
    bgt.w   .Lturn\@
    add     r3, r3, #(8 + 4 * \general)
    str     r3, [sp, #DW_FACTORS]
    te_mve_dw_leave .Lchannel\@
    te_mve_end \name
.endm
