/* Winograd F(2x2, 3x3) in exact integers: 3x3 convolution with 16 products for 4 outputs, not 36.
 *
 * A tile is 2x2 outputs from a patch of 4x4 inputs; a pair of tiles is one above the other: 4x2
 * outputs from a patch of 6x4 inputs. For each tile, input channel and output channel:
 *
 *   X = B' (32 * patch) B, W = (2 G) filter (2 G)', outputs = A' (sum of X * W) A: 128 * T exactly
 *   B' = 1  0 -1  0      2 G = 2  0  0      A' = 1  1  1  0
 *        0  1  1  0            1  1  1           0  1 -1 -1
 *        0 -1  1  0            1 -1  1
 *        0  1  0 -1            0  0  2
 *
 * X and W fit lanes of 16 bits; sums wrap at 32 bits, which the result never needs. Position (i, j)
 * of a 4x4 array stands in slot .Lslot(j) of row i, so that half of the last transform is the chain
 * of the accumulators. Layouts, in words, for four input channels each (a lane is 16 bits):
 *
 *   X of a pair: 4 rows of 4 slots of `channels / 4` times
 *       upper tile (0, 2), lower tile (0, 2), upper (1, 3), lower (1, 3)
 *   W of two output channels n, m: 4 rows of
 *       initial values n, n, m, m; 2 slots; 0; 2 slots; 2 after the last row, else 1
 *     where a slot is `channels / 4` times n (0, 2), m (0, 2), n (1, 3), m (1, 3)
 *   stream, for two output channels: initial values n, m (times 128),
 *       multiplier, constant[, negative] of n, of m, then the filters of n, of m:
 *       `channels / 4` times the words of taps (0, 0), (1, 0), (2, 0), (0, 1) ... (2, 2)
 */

    /* te_winograd_run, as armv7em.h declares it */
    .equ    WINOGRAD_WEIGHTS, 0
    .equ    WINOGRAD_REQUANT, 4
    .equ    WINOGRAD_OUTPUT, 8
    .equ    WINOGRAD_CHANNEL_PAIRS, 12
    .equ    WINOGRAD_COLUMNS, 16
    .equ    WINOGRAD_TILE_PAIRS, 20
    .equ    WINOGRAD_STORE, 24
    .equ    WINOGRAD_ROW_BYTES, 28
    .equ    WINOGRAD_CHANNELS, 32
    .equ    WINOGRAD_WEIGHT_BYTES, 36
    .equ    WINOGRAD_STREAM_BYTES, 40
    .equ    WINOGRAD_LIMITS, 44

/* ---- W of one output channel ----------------------------------------------------------------
 *   void name(const uint32_t *filter, uint32_t *weights, const uint32_t *filter_end);
 * `weights` points to that channel's first word after the initial values.
 *
 * r0, r1  filter, weights; r0 waits on the stack while r0 and r12 are work registers
 * Columns of the filter, as loaded    Rows of (2 G) filter
 *   r2, r3, r4                          r2,  r7, r9
 *   r7, r8, r9                          r3,  r8, r11
 *   r9, r11, r12                        r6, r10, r0
 *                                       r5,  r4, lr
 */

/* p, q, r: a column's taps as bytes. Leaves 2 p, p + r + q, p + r - q, 2 r in p, q, u, v; r is free. */
.macro te_winograd_column odd, p, q, r, u, v
    ldm     r0!, {\p, \q, \r}
    .if \odd
    sxtb16  \p, \p, ror #8
    sxtb16  \q, \q, ror #8
    sxtb16  \v, \r, ror #8
    .else
    sxtb16  \p, \p
    sxtb16  \q, \q
    sxtb16  \v, \r
    .endif
    sadd16  \r, \p, \v
    ssub16  \u, \r, \q
    sadd16  \q, \r, \q
    sadd16  \p, \p, \p
    sadd16  \v, \v, \v
.endm

/* The same along row i, and its four words stored. */
.macro te_winograd_weight_row channels, odd, i, p, q, r
    .equ    .Lat, \i * (16 * \channels + 24) + 8 * \odd
    sadd16  r12, \p, \r
    sadd16  \p, \p, \p
    sadd16  \r, \r, \r
    str     \p, [r1, #.Lat + 4 * \channels]
    sadd16  \p, r12, \q
    ssub16  r12, r12, \q
    str     \p, [r1, #.Lat]
    str     r12, [r1, #.Lat + 8 * \channels + 4]
    str     \r, [r1, #.Lat + 12 * \channels + 4]
.endm

.macro te_winograd_weights name, channels
    te_function \name
    push    {r0, r2, r4-r11, lr}
.Lfour\@:
    .irp odd, 0, 1
    te_winograd_column \odd, r2, r3, r4, r6, r5
    te_winograd_column \odd, r7, r8, r9, r10, r4
    .if \odd
    add     r9, r0, #12
    str     r9, [sp]                    @ where the next four channels begin
    .endif
    te_winograd_column \odd, r9, r11, r12, r0, lr
    te_winograd_weight_row \channels, \odd, 0, r2, r7, r9
    te_winograd_weight_row \channels, \odd, 1, r3, r8, r11
    te_winograd_weight_row \channels, \odd, 2, r6, r10, r0
    te_winograd_weight_row \channels, \odd, 3, r5, r4, lr
    .if \odd
    ldrd    r0, r2, [sp]                @ filter, its end
    .else
    ldr     r0, [sp]
    .endif
    .endr
    add     r1, r1, #16
    cmp     r0, r2
    bne     .Lfour\@
    add     sp, #8
    pop     {r4-r11, pc}
    te_end \name
.endm

/* ---- X of one pair of tiles -----------------------------------------------------------------
 *   void name(const uint8_t *patch, uint32_t *columns, uint32_t row_bytes);
 *
 * r0       a row of the patch         r3      the patch
 * r1       columns                    r12     0x00ff00ff << 5
 * r2       bytes of a row             others  rows of (32 * patch) B, and one to spare
 */
    .equ    WINOGRAD_SCALE, 5

/* The row at \from times B: 0, 1, 2, 3 in a, t, c, d. b is free. */
.macro te_winograd_patch_row channels, odd, from, a, b, c, d, t
    ldr     \a, [\from]
    ldr     \b, [\from, #\channels]
    ldr     \c, [\from, #2 * \channels]
    ldr     \d, [\from, #3 * \channels]
    .irp r, \a, \b, \c, \d
    .if \odd
    te_lanes_13 \r, \r, r12, WINOGRAD_SCALE
    .else
    te_lanes_02 \r, \r, r12, WINOGRAD_SCALE
    .endif
    .endr
    ssub16  \a, \a, \c
    ssub16  \d, \b, \d
    sadd16  \t, \b, \c
    ssub16  \c, \c, \b
.endm

/* r = one lane pair of position (row, j) of a tile (0 upper, 1 lower). */
.macro te_winograd_put channels, odd, tile, row, j, r
    .if \j == 0
    .equ    .Lslot, 1
    .elseif \j == 1
    .equ    .Lslot, 0
    .else
    .equ    .Lslot, \j
    .endif
    str     \r, [r1, #(4 * \row + .Lslot) * 4 * \channels + 8 * \odd + 4 * \tile]
.endm

/* Position (row, j) = a - b, left in a. */
.macro te_winograd_less channels, odd, tile, row, j, a, b
    ssub16  \a, \a, \b
    te_winograd_put \channels, \odd, \tile, \row, \j, \a
.endm

/* Positions (1, j) = a + b and (2, j) = b - a, by way of t. */
.macro te_winograd_middle channels, odd, tile, j, a, b, t
    sadd16  \t, \a, \b
    te_winograd_put \channels, \odd, \tile, 1, \j, \t
    ssub16  \t, \b, \a
    te_winograd_put \channels, \odd, \tile, 2, \j, \t
.endm

/* Two of four input channels of both tiles. */
.macro te_winograd_lanes channels, odd
    add     r0, r3, r2, lsl #1
    te_winograd_patch_row \channels, \odd, r0, r4, r5, r6, r7, lr       @ row 2: r4 lr r6 r7
    te_winograd_patch_row \channels, \odd, r3, r8, r9, r10, r11, r5     @ row 0: r8 r5 r10 r11
    te_winograd_less \channels, \odd, 0, 0, 0, r8, r4
    te_winograd_less \channels, \odd, 0, 0, 1, r5, lr
    te_winograd_less \channels, \odd, 0, 0, 2, r10, r6
    te_winograd_less \channels, \odd, 0, 0, 3, r11, r7
    add     r0, r3, r2
    te_winograd_patch_row \channels, \odd, r0, r8, r9, r10, r11, r5     @ row 1: r8 r5 r10 r11
    te_winograd_middle \channels, \odd, 0, 0, r8, r4, r9
    te_winograd_middle \channels, \odd, 0, 1, r5, lr, r9
    te_winograd_middle \channels, \odd, 0, 2, r10, r6, r9
    te_winograd_middle \channels, \odd, 0, 3, r11, r7, r9
    add     r0, r0, r2, lsl #1
    push    {r4, r6, r7, lr}
    te_winograd_patch_row \channels, \odd, r0, r4, r6, r7, lr, r9       @ row 3: r4 r9 r7 lr
    te_winograd_less \channels, \odd, 0, 3, 0, r8, r4
    te_winograd_less \channels, \odd, 0, 3, 1, r5, r9
    te_winograd_less \channels, \odd, 0, 3, 2, r10, r7
    te_winograd_less \channels, \odd, 0, 3, 3, r11, lr
    add     r0, r0, r2
    te_winograd_patch_row \channels, \odd, r0, r5, r6, r8, r10, r11     @ row 4: r5 r11 r8 r10
    te_winograd_middle \channels, \odd, 1, 0, r4, r5, r6
    te_winograd_middle \channels, \odd, 1, 1, r9, r11, r6
    te_winograd_middle \channels, \odd, 1, 2, r7, r8, r6
    te_winograd_middle \channels, \odd, 1, 3, lr, r10, r6
    .irp j, 0, 2, 3, 1                                                  @ row 2, as pushed
    ldr     r6, [sp], #4
    .if \j == 0
    te_winograd_less \channels, \odd, 1, 0, \j, r6, r5
    .elseif \j == 1
    te_winograd_less \channels, \odd, 1, 0, \j, r6, r11
    .elseif \j == 2
    te_winograd_less \channels, \odd, 1, 0, \j, r6, r8
    .else
    te_winograd_less \channels, \odd, 1, 0, \j, r6, r10
    .endif
    .endr
    add     r0, r0, r2
    te_winograd_patch_row \channels, \odd, r0, r5, r6, r8, r10, r11     @ row 5: r5 r11 r8 r10
    te_winograd_less \channels, \odd, 1, 3, 0, r4, r5
    te_winograd_less \channels, \odd, 1, 3, 1, r9, r11
    te_winograd_less \channels, \odd, 1, 3, 2, r7, r8
    te_winograd_less \channels, \odd, 1, 3, 3, lr, r10
.endm

.macro te_winograd_input name, channels
    te_function \name
    push    {r4-r11, lr}
    mov     r3, r0
    add     r4, r0, #\channels
    push    {r4}
    mov     r12, #0x00ff00ff
    lsl     r12, r12, #WINOGRAD_SCALE
.Lfour\@:
    te_winograd_lanes \channels, 0
    te_winograd_lanes \channels, 1
    ldr     r4, [sp]
    add     r3, r3, #4
    add     r1, r1, #16
    cmp     r3, r4
    bne     .Lfour\@
    add     sp, #4
    pop     {r4-r11, pc}
    te_end \name
.endm

/* ---- X times W, and the outputs -------------------------------------------------------------
 *   void name(te_winograd_run *run);
 *
 * r0, r1  n of the upper, lower tile      r4-r7   X
 * r2, r3  m of the upper, lower tile      r8-r11  W
 *                                         r12, lr columns, weights
 *
 * The chain of a row is slots 0 to 3, that is m1, m0, m2, m3; its outputs are m0 + m1 + m2 and
 * m1 - m2 - m3. They go on the stack, row 3 lowest, in each row the first output lower.
 */
    .equ    FRAME_W_OUTPUT, 0
    .equ    FRAME_W_LEFT, 4
    .equ    FRAME_W_RUN, 8
    .equ    FRAME_W_RETURN, 12
    .equ    FRAME_W_ROW_BYTES, 16
    .equ    FRAME_W_CHANNELS, 20
    .equ    FRAME_W_BYTES, 24
    .equ    ROWS_BYTES, 128

.macro te_winograd_slot channels
    .rept \channels / 4
    ldm     r12!, {r4-r7}
    ldm     lr!, {r8-r11}
    smlad   r0, r4, r8, r0
    smlad   r1, r5, r8, r1
    smlad   r2, r4, r9, r2
    smlad   r3, r5, r9, r3
    smlad   r0, r6, r10, r0
    smlad   r1, r7, r10, r1
    smlad   r2, r6, r11, r2
    smlad   r3, r7, r11, r3
    .endr
.endm

/* Two slots; after the first, m1 or m1 + m0 + m2 go on the stack. */
.macro te_winograd_half channels
    te_winograd_slot \channels
    push    {r0-r3}
    te_winograd_slot \channels
.endm

/* After slots 0 and 1: m1 on the stack becomes 2 m1 + m0. */
.macro te_winograd_middle_of_row
    ldm     sp, {r4-r7}
    add     r4, r4, r0
    add     r5, r5, r1
    add     r6, r6, r2
    add     r7, r7, r3
    stm     sp, {r4-r7}
.endm

/* After all: 2 m1 + m0, under the first output, becomes the second: m1 - m2 - m3. */
.macro te_winograd_end_of_row
    ldrd    r4, r5, [sp, #16]
    ldrd    r6, r7, [sp, #24]
    sub     r4, r4, r0
    sub     r5, r5, r1
    sub     r6, r6, r2
    sub     r7, r7, r3
    strd    r4, r5, [sp, #16]
    strd    r6, r7, [sp, #24]
.endm

/* rolled: half the code; the words between the slots of W say which half it was. */
.macro te_winograd_product name, channels, rolled
    te_function \name
    push    {r4-r11, lr}
    sub     sp, #FRAME_W_BYTES
    ldr     r1, [r0, #WINOGRAD_ROW_BYTES]
    ldr     r2, [r0, #WINOGRAD_CHANNELS]
    strd    r1, r2, [sp, #FRAME_W_ROW_BYTES]
    str     r0, [sp, #FRAME_W_RUN]
    mov     r4, r0
.Lchannels\@:
    ldr     r5, [r4, #WINOGRAD_OUTPUT]
    ldr     r12, [r4, #WINOGRAD_COLUMNS]
    ldr     r6, [r4, #WINOGRAD_TILE_PAIRS]
    strd    r5, r6, [sp, #FRAME_W_OUTPUT]
.Lpair\@:
    ldr     lr, [r4, #WINOGRAD_WEIGHTS]
.Lrow\@:
    ldm     lr!, {r0-r3}
    .if \rolled
.Lhalf\@:
    te_winograd_half \channels
    ldr     r8, [lr], #4
    cmp     r8, #0
    bne     .Lend\@
    te_winograd_middle_of_row
    b       .Lhalf\@
.Lend\@:
    te_winograd_end_of_row
    .else
    te_winograd_half \channels
    te_winograd_middle_of_row
    add     lr, lr, #4
    te_winograd_half \channels
    te_winograd_end_of_row
    ldr     r8, [lr], #4
    .endif
    cmp     r8, #1
    beq     .Lrow\@
    ldr     r4, [sp, #ROWS_BYTES + FRAME_W_RUN]
    ldr     r5, [r4, #WINOGRAD_STORE]
    blx     r5
    add     sp, #ROWS_BYTES
    ldrd    r5, r4, [sp, #FRAME_W_LEFT]
    subs    r5, #1
    str     r5, [sp, #FRAME_W_LEFT]
    bne     .Lpair\@
    ldm     r4, {r0-r3}                 @ weights, requantization, output, pairs of channels
    ldr     r5, [r4, #WINOGRAD_WEIGHT_BYTES]
    ldr     r6, [r4, #WINOGRAD_STREAM_BYTES]
    add     r0, r0, r5
    add     r1, r1, r6
    add     r2, r2, #2
    subs    r3, #1
    stm     r4, {r0-r3}
    bne     .Lchannels\@
    add     sp, #FRAME_W_BYTES
    pop     {r4-r11, pc}
    te_end \name
.endm

/* The outputs of a pair of tiles, from the rows that te_winograd_product leaves on the stack.
 * In: r4 te_winograd_run. Keeps r12. shift, signed, limit: the requantization's form.
 *
 * r8-r11  n, n, m, m of output rows 0 and 2      r0-r3  of output rows 1 and 3
 */
.macro te_winograd_store name, shift, signed, limit
    te_function \name
    str     lr, [sp, #ROWS_BYTES + FRAME_W_RETURN]
    ldr     lr, [r4, #WINOGRAD_REQUANT]
    te_winograd_store_column 0, \shift, \signed, \limit
    te_winograd_store_column 16, \shift, \signed, \limit
    ldr     pc, [sp, #ROWS_BYTES + FRAME_W_RETURN]
    te_end \name
.endm

.macro te_winograd_load_row row, column, r0, r1, r2, r3
    ldrd    \r0, \r1, [sp, #32 * (3 - \row) + \column]
    ldrd    \r2, \r3, [sp, #32 * (3 - \row) + \column + 8]
.endm

.macro te_winograd_store_column column, shift, signed, limit
    te_winograd_load_row 1, \column, r0, r1, r2, r3
    te_winograd_load_row 2, \column, r4, r5, r6, r7
    add     r8, r0, r4
    add     r9, r1, r5
    add     r10, r2, r6
    add     r11, r3, r7
    sub     r0, r0, r4
    sub     r1, r1, r5
    sub     r2, r2, r6
    sub     r3, r3, r7
    te_winograd_load_row 0, \column, r4, r5, r6, r7
    add     r8, r8, r4
    add     r9, r9, r5
    add     r10, r10, r6
    add     r11, r11, r7
    te_winograd_load_row 3, \column, r4, r5, r6, r7
    sub     r0, r0, r4
    sub     r1, r1, r5
    sub     r2, r2, r6
    sub     r3, r3, r7
    .if \signed
    ldrd    r4, r5, [lr]
    ldr     r6, [lr, #8]
    te_scale 1, r4, r5, r6, r7, r8, r9, r0, r1
    ldrd    r4, r5, [lr, #12]
    ldr     r6, [lr, #20]
    te_scale 1, r4, r5, r6, r7, r10, r11, r2, r3
    .else
    ldm     lr, {r4-r7}
    te_scale 0, r4, r5, , , r8, r9, r0, r1
    te_scale 0, r6, r7, , , r10, r11, r2, r3
    .endif
    .irp r, r8, r9, r10, r11, r0, r1, r2, r3
    usat    \r, #8, \r, asr #\shift
    .endr
    orr     r8, r8, r10, lsl #8
    orr     r9, r9, r11, lsl #8
    orr     r0, r0, r2, lsl #8
    orr     r1, r1, r3, lsl #8
    .if \limit
    ldr     r4, [sp, #ROWS_BYTES + FRAME_W_RUN]
    add     r4, #WINOGRAD_LIMITS
    ldm     r4, {r5-r7}
    te_limit r5, r6, r7, r8, r9, r0, r1
    .endif
    ldr     r4, [sp, #ROWS_BYTES + FRAME_W_OUTPUT]
    ldrd    r5, r6, [sp, #ROWS_BYTES + FRAME_W_ROW_BYTES]
    add     r7, r5, r5, lsl #1
    strh    r8, [r4]
    strh    r0, [r4, r5]
    strh    r9, [r4, r5, lsl #1]
    strh    r1, [r4, r7]
    add     r4, r4, r6
    str     r4, [sp, #ROWS_BYTES + FRAME_W_OUTPUT]
.endm
