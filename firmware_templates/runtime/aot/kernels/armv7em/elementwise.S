/* Functions of two elements, four at a time. */

/* ADD of two tensors of one shape; the output may be either of them.
 *   void name(const te_v7em_add_params *params, const void *a, const void *b, void *output);
 *
 * t = constant + (a * first >> 9) + (b * second >> 9), y = t >> shift, saturated: SMLAWx takes the
 * upper 32 bits of a 48-bit product, hence the operands are shifted up by 7.
 *
 * r0, r1, r2  a, b, output            r9, r10, r11  first, second, constant
 * r3          words left              r12           mask
 * r4-r8, lr   words, lanes, sums
 */
.macro te_add_4 name, shift, limit
    te_function \name
    push    {r4-r11, lr}
    ldm     r0, {r8-r11}
    .if \limit
    add     r0, #16
    push    {r0}
    .endif
    mov     r0, r1
    mov     r1, r2
    mov     r2, r3
    mov     r3, r8
    mov     r12, #0x00ff00ff
    lsl     r12, r12, #7
.Lword\@:
    ldr     r4, [r0], #4
    ldr     r5, [r1], #4
    te_lanes_02 r6, r4, r12, 7
    te_lanes_02 r7, r5, r12, 7
    smlawb  r8, r9, r6, r11
    smlawt  r6, r9, r6, r11
    smlawb  r8, r10, r7, r8
    smlawt  r6, r10, r7, r6
    te_lanes_13 r4, r4, r12, 7
    te_lanes_13 r5, r5, r12, 7
    smlawb  r7, r9, r4, r11
    smlawt  r4, r9, r4, r11
    smlawb  r7, r10, r5, r7
    smlawt  r4, r10, r5, r4
    te_pack_4 \shift, r8, r7, r6, r4
    .if \limit
    ldr     r4, [sp]
    ldm     r4, {r5-r7}
    te_limit r5, r6, r7, r8
    .endif
    str     r8, [r2], #4
    subs    r3, #1
    bne     .Lword\@
    .if \limit
    add     sp, #4
    .endif
    pop     {r4-r11, pc}
    te_end \name
.endm
