/* Inputs, four at a time, as the products want them: see macros.S.
 *
 *   void name(const void *from, uint32_t *to, uint32_t words);
 *
 * Each word of inputs gives three words; `gap` bytes lie between one's and the next one's.
 */

.macro te_v6m_unpack name, gap
    te_function \name
    push    {r4-r7, lr}
    mov     r4, r8
    mov     r5, r9
    push    {r4, r5}
    lsls    r2, #2
    beq     .Ldone\@
    add     r2, r0
    mov     r9, r2
    ldr     r4, =TE_LANES
    ldr     r5, =TE_HALVES
    ldr     r7, =0x80808080
    ldr     r6, =-0x8000
    mov     r8, r6
.Lword\@:
    ldm     r0!, {r2}
    eors    r2, r7
    te_widen r2, r3, r4
    subs    r2, r5
    subs    r3, r5
    adds    r6, r2, r3
    muls    r6, r5
    add     r6, r8
    stm     r1!, {r2, r3, r6}
    .if \gap
    adds    r1, #\gap
    .endif
    cmp     r0, r9
    bne     .Lword\@
.Ldone\@:
    pop     {r4, r5}
    mov     r8, r4
    mov     r9, r5
    pop     {r4-r7, pc}
    te_end \name
.endm

/* A window's bytes, row behind row.
 *
 *   void name(const void *from, void *to, uint32_t rows, uint32_t pitch);
 *
 * bytes: of a row, at most 32; pitch: from a row to the next. */
.macro te_v6m_gather name, bytes
    te_function \name
    push    {r4, r5, lr}
.Lrow\@:
    .set    te_byte, 0
    .rept   \bytes / 2
    ldrb    r4, [r0, #te_byte]
    ldrb    r5, [r0, #te_byte + 1]
    strb    r4, [r1, #te_byte]
    strb    r5, [r1, #te_byte + 1]
    .set    te_byte, te_byte + 2
    .endr
    .if \bytes % 2
    ldrb    r4, [r0, #te_byte]
    strb    r4, [r1, #te_byte]
    .endif
    adds    r0, r3
    adds    r1, #\bytes
    subs    r2, #1
    bne     .Lrow\@
    pop     {r4, r5, pc}
    te_end \name
.endm
