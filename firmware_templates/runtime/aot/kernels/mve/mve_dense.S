/* Fully connected layers: 8 outputs at a time.
 *
 *   void name(const te_mve_dense_run *run);
 *
 * Stream, for each eight outputs: for each 16 inputs the weights of outputs 0, 2, 4, 6, 1, 3, 5, 7;
 * then, for outputs 0, 2, 4, 6 and for the others, vectors of multipliers and constants, or of
 * biases, multipliers and negative shifts.
 */

    /* te_mve_dense_run, as mve.h declares it */
    .equ    MVE_DENSE_STREAM, 0
    .equ    MVE_DENSE_INPUT, 4
    .equ    MVE_DENSE_OUTPUT, 8
    .equ    MVE_DENSE_EIGHTS, 12
    .equ    MVE_DENSE_TURNS, 16
    .equ    MVE_DENSE_ZERO, 20
    .equ    MVE_DENSE_LIMITS, 24

.macro te_mve_dense_chunk first
    vldrw.32 q0, [r1], #16
    vldrw.32 q1, [r3], #16
    te_mve_mac \first, r0, q0, q1
    vldrw.32 q2, [r3], #16
    te_mve_mac \first, r2, q0, q2
    vldrw.32 q3, [r3], #16
    te_mve_mac \first, r4, q0, q3
    vldrw.32 q1, [r3], #16
    te_mve_mac \first, r6, q0, q1
    vldrw.32 q2, [r3], #16
    te_mve_mac \first, r8, q0, q2
    vldrw.32 q3, [r3], #16
    te_mve_mac \first, r10, q0, q3
    vldrw.32 q1, [r3], #16
    te_mve_mac \first, r12, q0, q1
    vldrw.32 q2, [r3], #16
    te_mve_mac \first, lr, q0, q2
.endm

.macro te_mve_dense_scale general, scale, q
    .if \general
    vldrw.32 q0, [r3], #16
    vldrw.32 q1, [r3], #16
    vldrw.32 q2, [r3], #16
    te_mve_scale 1, 0, \q, q6, q0, q1, vector
    vrshl.s32 \q, \q, q2
    .else
    vldrw.32 q0, [r3], #16
    vldrw.32 q1, [r3], #16
    te_mve_scale 0, \scale, \q, q6, q0, q1
    .endif
.endm

/* head: chunks before the loop of `turn` chunks, `loop`: whether there is one. */
.macro te_mve_dense name, head, turn, loop, general, limit, scale, narrow
    te_mve_function \name
    te_mve_enter 0
    ldrd    r3, r9, [r0, #MVE_DENSE_STREAM]
    ldrd    r5, r11, [r0, #MVE_DENSE_OUTPUT]
    push    {r0, r1}
.Leight\@:
    mov     r1, r9
    .if \loop
    ldr     r7, [r0, #MVE_DENSE_TURNS]
    .endif
    te_mve_dense_chunk 1
    .rept \head - 1
    te_mve_dense_chunk 0
    .endr
    .if \loop
.Lturn\@:
    .rept \turn
    te_mve_dense_chunk 0
    .endr
    subs    r7, #1
    bne.w   .Lturn\@
    .endif
    te_mve_gather_sums
    te_mve_dense_scale \general, \scale, q4
    te_mve_dense_scale \general, \scale, q5
    ldr     r0, [sp]
    .if \general
    ldr     r12, [r0, #MVE_DENSE_ZERO]
    .endif
    te_mve_pack \general, \narrow, r12
    .if \limit
    add     r2, r0, #MVE_DENSE_LIMITS
    te_mve_limit r2
    .endif
    vstrb.16 q5, [r5], #8
    subs    r11, #1
    bne.w   .Leight\@
    add     sp, #8
    te_mve_leave 0
    te_mve_end \name
.endm
