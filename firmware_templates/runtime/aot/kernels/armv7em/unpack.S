/* Unpacking: bytes -> lanes of 16 bits, each times 2**scale, interleaved by pixel.
 *
 * One word x of four bytes becomes (x[0], x[2]) and (x[1], x[3]); the scale costs nothing, it is in
 * the shift of the operand that selects the lanes.
 */

/* r = the even bytes of \x, in lanes, times 2**scale; \mask = 0x00ff00ff << scale. */
.macro te_lanes_02 r, x, mask, scale
    .if \scale
    and     \r, \mask, \x, lsl #\scale
    .else
    and     \r, \mask, \x
    .endif
.endm

/* r = the odd bytes of \x. */
.macro te_lanes_13 r, x, mask, scale
    and     \r, \mask, \x, lsr #(8 - \scale)
.endm

/* The windows of 3 or 2 pixels, row by row.
 * In: r0-r2 the windows, r3 columns, r4 te_conv_run. Out: r3 behind the columns. Keeps r4.
 *
 * r5-r7  words, then lanes (0, 2)     r11  words left in the row
 * r8-r10 lanes (1, 3)                 r12  mask, lr  rows left
 */
.macro te_unpack_3 name, scale
    te_function \name
    push    {lr}
    mov     r12, #0x00ff00ff
    lsl     r12, r12, #\scale
    ldr     lr, [r4, #RUN_ROWS]
.Lrow\@:
    ldr     r11, [r4, #RUN_WORDS]
.Lword\@:
    ldr     r5, [r0], #4
    ldr     r6, [r1], #4
    ldr     r7, [r2], #4
    te_lanes_13 r8, r5, r12, \scale
    te_lanes_13 r9, r6, r12, \scale
    te_lanes_13 r10, r7, r12, \scale
    te_lanes_02 r5, r5, r12, \scale
    te_lanes_02 r6, r6, r12, \scale
    te_lanes_02 r7, r7, r12, \scale
    stm     r3!, {r5-r10}
    subs    r11, #1
    bne     .Lword\@
    subs    lr, #1
    it      eq
    popeq   {pc}
    ldr     r5, [r4, #RUN_ROW_GAP]
    add     r0, r0, r5
    add     r1, r1, r5
    add     r2, r2, r5
    b       .Lrow\@
    te_end \name
.endm

/* The same for windows whose rows are \words words and one byte. These bytes, of up to four rows, are
 * the first word; that of row 4 is another. rows: 2 to 5. Registers as above, but
 *
 * r5-r7  lanes (0, 2)                 r11  bytes from a row to the next
 * r8-r10 lanes (1, 3)                 lr   work, then bytes from the end of a window's row to the next
 */
.macro te_unpack_3_gather name, rows, words, scale
    te_function \name
    push    {lr}
    mov     r12, #0x00ff00ff
    lsl     r12, r12, #\scale
    ldr     r11, [r4, #RUN_ROW_GAP]
    add     r11, r11, #4 * \words
    te_gather r0, r5, r8, \rows, 4 * \words, \scale
    te_gather r1, r6, r9, \rows, 4 * \words, \scale
    te_gather r2, r7, r10, \rows, 4 * \words, \scale
    stm     r3!, {r5-r10}
    .if \rows == 5
    te_gather_last r0, r5, r8, 4 * \words, \scale
    te_gather_last r1, r6, r9, 4 * \words, \scale
    te_gather_last r2, r7, r10, 4 * \words, \scale
    stm     r3!, {r5-r10}
    .endif
    ldr     lr, [r4, #RUN_ROW_GAP]
    .rept \rows
    .rept \words
    ldr     r5, [r0], #4
    ldr     r6, [r1], #4
    ldr     r7, [r2], #4
    te_lanes_13 r8, r5, r12, \scale
    te_lanes_13 r9, r6, r12, \scale
    te_lanes_13 r10, r7, r12, \scale
    te_lanes_02 r5, r5, r12, \scale
    te_lanes_02 r6, r6, r12, \scale
    te_lanes_02 r7, r7, r12, \scale
    stm     r3!, {r5-r10}
    .endr
    add     r0, r0, lr
    add     r1, r1, lr
    add     r2, r2, lr
    .endr
    pop     {pc}
    te_end \name
.endm

/* even, odd = bytes 0 and 2, 1 and 3 of the word gathered \at a window's first four rows. */
.macro te_gather window, even, odd, rows, at, scale
    ldrb    \even, [\window, #\at]
    add     lr, \window, r11
    ldrb    \odd, [lr, #\at]
    .if \rows > 2
    add     lr, \window, r11, lsl #1
    ldrb    lr, [lr, #\at]
    orr     \even, \even, lr, lsl #16
    .endif
    .if \rows > 3
    add     lr, \window, r11
    add     lr, lr, r11, lsl #1
    ldrb    lr, [lr, #\at]
    orr     \odd, \odd, lr, lsl #16
    .endif
    .if \scale
    lsl     \even, \even, #\scale
    lsl     \odd, \odd, #\scale
    .endif
.endm

/* The same for row 4 alone. */
.macro te_gather_last window, even, odd, at, scale
    add     lr, \window, r11, lsl #2
    ldrb    \even, [lr, #\at]
    .if \scale
    lsl     \even, \even, #\scale
    .endif
    mov     \odd, #0
.endm

/* The same for any scale, which te_conv_run has: more instructions, one instantiation.
 * r12 scale, lr 8 - scale; the rows left are on the stack. */
.macro te_unpack_any_3 name
    te_function \name
    ldr     r12, [r4, #RUN_ROWS]
    push    {r12, lr}
    ldr     r12, [r4, #RUN_SCALE]
    rsb     lr, r12, #8
.Lrow\@:
    ldr     r11, [r4, #RUN_WORDS]
.Lword\@:
    ldr     r5, [r0], #4
    ldr     r6, [r1], #4
    ldr     r7, [r2], #4
    te_scaled_lanes r5, r8
    te_scaled_lanes r6, r9
    te_scaled_lanes r7, r10
    stm     r3!, {r5-r10}
    subs    r11, #1
    bne     .Lword\@
    ldr     r6, [sp]
    subs    r6, #1
    it      eq
    popeq   {r6, pc}
    str     r6, [sp]
    ldr     r5, [r4, #RUN_ROW_GAP]
    add     r0, r0, r5
    add     r1, r1, r5
    add     r2, r2, r5
    b       .Lrow\@
    te_end \name
.endm

/* x = lanes (0, 2), odd = lanes (1, 3) of x; r12 scale, lr 8 - scale. */
.macro te_scaled_lanes x, odd
    and     \odd, \x, #0xff00ff00
    and     \x, \x, #0x00ff00ff
    lsr     \odd, \odd, lr
    lsl     \x, \x, r12
.endm

.macro te_unpack_2 name, scale
    te_function \name
    push    {lr}
    mov     r12, #0x00ff00ff
    lsl     r12, r12, #\scale
    ldr     lr, [r4, #RUN_ROWS]
.Lrow\@:
    ldr     r11, [r4, #RUN_WORDS]
.Lword\@:
    ldr     r5, [r0], #4
    ldr     r6, [r1], #4
    te_lanes_13 r8, r5, r12, \scale
    te_lanes_13 r9, r6, r12, \scale
    te_lanes_02 r5, r5, r12, \scale
    te_lanes_02 r6, r6, r12, \scale
    stm     r3!, {r5, r6, r8, r9}
    subs    r11, #1
    bne     .Lword\@
    subs    lr, #1
    it      eq
    popeq   {pc}
    ldr     r5, [r4, #RUN_ROW_GAP]
    add     r0, r0, r5
    add     r1, r1, r5
    b       .Lrow\@
    te_end \name
.endm

/* One row of a fully connected layer. The row may end where the columns do, or 8 bytes
 * before: no word of it is overwritten before it is read.
 *   void name(const uint8_t *row, uint32_t *columns, uint32_t pairs_of_words);
 */
.macro te_unpack_1 name, scale
    te_function \name
    push    {r4-r7, lr}
    mov     r12, #0x00ff00ff
    lsl     r12, r12, #\scale
.Lword\@:
    ldr     r4, [r0], #4
    ldr     r6, [r0], #4
    te_lanes_13 r5, r4, r12, \scale
    te_lanes_02 r4, r4, r12, \scale
    te_lanes_13 r7, r6, r12, \scale
    te_lanes_02 r6, r6, r12, \scale
    stm     r1!, {r4-r7}
    subs    r2, #1
    bne     .Lword\@
    pop     {r4-r7, pc}
    te_end \name
.endm
