/* Fully connected, and 1x1 convolutions of few pixels: one unpacked row, output by output.
 *
 *   void name(const te_v6m_block *block);
 *
 * Stream and registers as in conv.S; the only sum is r8, r5 = TE_LANES, the output's place is r9.
 */

    .equ    DENSE_LEFT, 0
    .equ    DENSE_ENTRY, 4
    .equ    DENSE_STAGE, 8
    .equ    DENSE_FRAME, DENSE_STAGE + STAGE_BYTES

    .equ    TE_V6M_DENSE_BYTES, 22

/* unroll: groups of four inputs a turn, less than 11. The others: the requantization. */
.macro te_v6m_dense name, unroll, bits, wide, signed, limit
    te_function \name
    te_enter
    sub     sp, #DENSE_FRAME
    ldm     r0!, {r1-r6}                @ columns, end, stream, output, channels, rest
    mov     r12, r1
    mov     lr, r2
    mov     r7, r3
    mov     r9, r4
    str     r5, [sp, #DENSE_LEFT]
    ldr     r3, =.Ldone\@ + 1
    subs    r3, r6
    str     r3, [sp, #DENSE_ENTRY]
    .if \limit
    te_load_limits DENSE_STAGE
    .endif
.Loutput\@:
    movs    r3, #0
    mov     r8, r3
    ldr     r5, =TE_LANES
    mov     r6, r12
    ldr     r3, [sp, #DENSE_ENTRY]
    bx      r3
.Lturn\@:
    .rept \unroll
    ldm     r7!, {r0}
    te_widen r0, r1, r5
    te_taps r8, r0, r1, r2, r3, r4
    .endr
.Ldone\@:
    cmp     r6, lr
    bne     .Lturn\@
.Lexceptions\@:
    ldm     r7!, {r0, r1}
    adds    r3, r0, #1
    beq     .Lstage\@
    mov     r6, r12
    add     r6, r0
    mov     r0, r1
    te_widen r0, r1, r5
    te_taps r8, r0, r1, r2, r3, r4
    b       .Lexceptions\@
.Lstage\@:
    te_load_stage \wide, \signed, DENSE_STAGE
    te_requantize r8, \bits, \wide, \signed, \limit, DENSE_STAGE
    mov     r4, r9
    strb    r3, [r4]
    adds    r4, #1
    mov     r9, r4
    ldr     r4, [sp, #DENSE_LEFT]
    subs    r4, #1
    str     r4, [sp, #DENSE_LEFT]
    .if \unroll > 4 || \wide
    beq     .Lend\@
    b       .Loutput\@
.Lend\@:
    .else
    bne     .Loutput\@
    .endif
    add     sp, #DENSE_FRAME
    te_leave
    te_end \name
.endm
