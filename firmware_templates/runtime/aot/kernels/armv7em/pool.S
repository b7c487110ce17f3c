/* Pooling: sums and maxima of bytes, four a word. */

    /* te_sum_area */
    .equ    AREA_CHANNELS, 0
    .equ    AREA_ROW_GAP, 4
    .equ    AREA_COLUMNS, 8

/* Sums of eight neighbouring channels over `rows` rows of an area; at most 257 pixels.
 *   void name(const uint8_t *first, uint32_t rows, const te_sum_area *area, uint32_t sums[4]);
 * sums: channels (0, 2), (1, 3), (4, 6), (5, 7) in lanes of 16 bits.
 *
 * r0 pixel, r1 rows left, r2 bytes to the next pixel, r12 to the next row, lr columns left
 * r4-r7 sums, r8, r9 words, r10 columns
 */
.macro te_sum_8 name
    te_function \name
    push    {r3-r10, lr}
    ldr     r12, [r2, #AREA_ROW_GAP]
    ldr     r10, [r2, #AREA_COLUMNS]
    ldr     r2, [r2, #AREA_CHANNELS]
    movs    r4, #0
    movs    r5, #0
    movs    r6, #0
    movs    r7, #0
.Lrow\@:
    mov     lr, r10
.Lpixel\@:
    ldrd    r8, r9, [r0]
    add     r0, r0, r2
    uxtab16 r4, r4, r8
    uxtab16 r5, r5, r8, ror #8
    uxtab16 r6, r6, r9
    uxtab16 r7, r7, r9, ror #8
    subs    lr, #1
    bne     .Lpixel\@
    add     r0, r0, r12
    subs    r1, #1
    bne     .Lrow\@
    ldr     r3, [sp]
    stm     r3, {r4-r7}
    pop     {r3-r10, pc}
    te_end \name
.endm

/* output[i] = the larger of a[i] and b[i], for `words` words; the output may be a or b.
 *   void name(uint8_t *output, const uint8_t *a, const uint8_t *b, uint32_t words);
 *
 * r0 output, r1 a, r2 b, r3 words left, r4-r7 two words of each
 */
.macro te_max_words name
    te_function \name
    push    {r4-r7, lr}
    subs    r3, #2
    blo     .Llast\@
.Ltwo\@:
    ldr     r4, [r1], #4
    ldr     r6, [r2], #4
    ldr     r5, [r1], #4
    ldr     r7, [r2], #4
    usub8   r12, r4, r6
    sel     r4, r4, r6
    usub8   r12, r5, r7
    sel     r5, r5, r7
    str     r4, [r0], #4
    str     r5, [r0], #4
    subs    r3, #2
    bhs     .Ltwo\@
.Llast\@:
    adds    r3, #2
    it      eq
    popeq   {r4-r7, pc}
    ldr     r4, [r1]
    ldr     r6, [r2]
    usub8   r12, r4, r6
    sel     r4, r4, r6
    str     r4, [r0]
    pop     {r4-r7, pc}
    te_end \name
.endm
