/* Average of all pixels, 8 channels a turn.
 *
 *   void name(const int8_t *input, int8_t *output, const te_mve_average_pool_params *params);
 *
 * Bytes are summed in 16 bits; the sum times multiplier / 2^31 is rounded, halves upwards, or, with
 * `away`, away from zero: sums below it are then made less by 1.
 */

    /* te_mve_average_pool_params, as mve.h declares it */
    .equ    MVE_POOL_MULTIPLIER, 4
    .equ    MVE_POOL_TURNS, 8
    .equ    MVE_POOL_EIGHTS, 12

/* channels: bytes from a pixel to the next; unroll: pixels a turn. */
.macro te_mve_average_8 name, channels, unroll, away
    te_mve_function \name
    push    {r4-r7, lr}
    ldrd    r3, r4, [r2, #MVE_POOL_MULTIPLIER]
    ldr     r5, [r2, #MVE_POOL_EIGHTS]
.Leight\@:
    mov     r6, r0
    vmov.i32 q0, #0
    dls     lr, r4
.Lturn\@:
    .rept \unroll
    vldrb.s16 q1, [r6], #\channels
    vadd.i16 q0, q0, q1
    .endr
    le      lr, .Lturn\@
    .if \away
    vshr.s16 q1, q0, #15
    vadd.i16 q0, q0, q1
    .endif
    vmovlb.s16 q1, q0
    vmovlt.s16 q2, q0
    vqrdmulh.s32 q1, q1, r3
    vqrdmulh.s32 q2, q2, r3
    vqmovnb.s32 q1, q1
    vqmovnt.s32 q1, q2
    vstrb.16 q1, [r1], #8
    adds    r0, #8
    subs    r5, #1
    bne     .Leight\@
    pop     {r4-r7, pc}
    te_mve_end \name
.endm
