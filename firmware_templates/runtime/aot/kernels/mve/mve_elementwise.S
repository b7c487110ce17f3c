/* ADD: 16 elements a turn.
 *
 *   void name(const te_mve_add_params *params, const int8_t *a, const int8_t *b, int8_t *output);
 *
 * t = a * first + b * second + constant; bits 16 + narrow and above are the output.
 */

    /* te_mve_add_params, as mve.h declares it */
    .equ    MVE_ADD_FIRST, 0
    .equ    MVE_ADD_TURNS, 12
    .equ    MVE_ADD_PLACES, 16
    .equ    MVE_ADD_LIMITS, 32

/* Four elements. */
.macro te_mve_add_4 q
    vldrb.s32 \q, [r1], #4
    vmlas.s32 \q, q6, r6
    vldrb.s32 q4, [r2], #4
    vmla.s32 \q, q4, r5
.endm

/* Lanes of the sums come to lie in the order 0, 8, 4, 12, 1, ...: the store puts them in place. */
.macro te_mve_add_16 name, limit, narrow
    te_mve_function \name
    te_mve_enter 0
    ldm     r0, {r4-r7}                 @ first, second, constant, turns
    add     r12, r0, #MVE_ADD_LIMITS
    vldrb.u8 q7, [r0, #MVE_ADD_PLACES]
    vdup.32 q6, r4
    dls     lr, r7
1:  te_mve_add_4 q0
    te_mve_add_4 q1
    te_mve_add_4 q2
    te_mve_add_4 q3
    vshrnb.i32 q1, q0, #16
    vshrnb.i32 q3, q2, #16
    .if \narrow
    vqrshrnb.s16 q1, q1, #\narrow
    vqrshrnt.s16 q1, q3, #\narrow
    .else
    vqmovnb.s16 q1, q1
    vqmovnt.s16 q1, q3
    .endif
    .if \limit
    vldrb.u8 q5, [r12]
    vmax.s8 q1, q1, q5
    vldrb.u8 q5, [r12, #16]
    vmin.s8 q1, q1, q5
    .endif
    vstrb.8 q1, [r3, q7]
    adds    r3, #16
    le      lr, 1b
    te_mve_leave 0
    te_mve_end \name
.endm
