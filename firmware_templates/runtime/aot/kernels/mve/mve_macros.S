/* What the MVE (Helium) kernels share: function frames, sums of products, exact requantization.
 *
 * Tensors here are int8 as in the graph. A sum holds the products of weights and raw int8 inputs;
 * zero points and bias are in the constants of the requantization. Eight sums are made at once: in
 * r0, r2, r4, r6 and in r8, r10, r12, lr (VMLADAV wants even registers). The first product of a sum
 * is a VMLADAV, which needs no zero to add to.
 */
    .syntax unified
    .thumb

.macro te_mve_function name
    .section .text.\name, "ax", %progbits
    .balign 8
    .global \name
    .type \name, %function
    .thumb_func
\name:
.endm

.macro te_mve_end name
    .ltorg
    .size \name, . - \name
.endm

/* Saves what a function must keep, and makes room for its frame. */
.macro te_mve_enter frame
    push    {r4-r11, lr}
    vpush   {d8-d15}
    .if \frame
    sub     sp, #\frame
    .endif
.endm

.macro te_mve_leave frame
    .if \frame
    add     sp, #\frame
    .endif
    vpop    {d8-d15}
    pop     {r4-r11, pc}
.endm

/* sum = or += x * w, 16 products. */
.macro te_mve_mac first, sum, x, w
    .if \first
    vmladav.s8 \sum, \x, \w
    .else
    vmladava.s8 \sum, \x, \w
    .endif
.endm

/* q4 = r0, r2, r4, r6; q5 = r8, r10, r12, lr. */
.macro te_mve_gather_sums
    vmov    q4[2], q4[0], r0, r4
    vmov    q5[2], q5[0], r8, r12
    vmov    q4[3], q4[1], r2, r6
    vmov    q5[3], q5[1], r10, lr
.endm

/* The lanes of q = (sum << scale) * multiplier / 2^31 + constant, or as TFLM defines it:
 * round(round((sum + bias) * multiplier / 2^31) / 2^-shift), halves away from zero. The factors are one
 * value for all lanes in general registers, or one a lane in vectors, where the caller shifts; `spare`
 * is clobbered. */
.macro te_mve_scale general, scale, q, spare, first, second, third
    .if \general
    vadd.i32 \q, \q, \first
    vqrdmulh.s32 \q, \q, \second
    vshr.s32 \spare, \q, #31
    vadd.i32 \q, \q, \spare
    .ifnc \third, vector
    vrshl.s32 \q, \third
    .endif
    .else
    .if \scale
    vshl.i32 \q, \q, #\scale
    .endif
    vqdmulh.s32 \q, \q, \first
    vadd.i32 \q, \q, \second
    .endif
.endm

/* q5's even bytes = the scaled lanes of q4 and q5 in turn, as int8. General: `zero` is a general
 * register, q6 is clobbered. Else bits 16 + narrow and above count; GNU as 2.40 assembles VQSHRN as
 * VQRSHRN, so that the rounding form is written, and half a step less is in the constants. */
.macro te_mve_pack general, narrow, zero
    .if \general
    vqmovnb.s32 q6, q4
    vqmovnt.s32 q6, q5
    vqadd.s16 q6, q6, \zero
    vqmovnb.s16 q5, q6
    .else
    vshrnb.i32 q5, q4, #16
    .if \narrow
    vqrshrnb.s16 q5, q5, #\narrow
    .else
    vqmovnb.s16 q5, q5
    .endif
    .endif
.endm

/* Limits all bytes of q5: `limits` points to the least and the most, each 16 times. */
.macro te_mve_limit limits
    vldrb.u8 q6, [\limits]
    vmax.s8 q5, q5, q6
    vldrb.u8 q6, [\limits, #16]
    vmin.s8 q5, q5, q6
.endm

/* void te_mve_copy(void *to, const void *from, uint32_t bytes): upwards. */
.macro te_mve_copy name
    te_mve_function \name
    push    {r4, lr}
    wlstp.8 lr, r2, 2f
1:  vldrb.8 q0, [r1], #16
    vstrb.8 q0, [r0], #16
    letp    lr, 1b
2:  pop     {r4, pc}
    te_mve_end \name
.endm

/* void te_mve_fill(void *to, int32_t value, uint32_t bytes) */
.macro te_mve_fill name
    te_mve_function \name
    push    {r4, lr}
    vdup.8  q0, r1
    wlstp.8 lr, r2, 2f
1:  vstrb.8 q0, [r0], #16
    letp    lr, 1b
2:  pop     {r4, pc}
    te_mve_end \name
.endm
