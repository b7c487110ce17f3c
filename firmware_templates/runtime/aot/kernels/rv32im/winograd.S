/* Winograd's F(4x4, 3x3): products of transformed inputs and filters, and the way from their sums
 * to bytes. winograd.c has the other transforms and says how all lies in scratch. */
#include "macros.S"

    /* te_rv32_winograd_tile, as winograd.h declares it */
#define TILE_CHANNELS 0
#define TILE_PIXEL 4
#define TILE_ROW_GAP 8
#define TILE_LOW 12
#define TILE_HIGH 16

    /* an output channel's requantization, as winograd.h says */
#define STAGE_INITIAL 0
#define STAGE_MULTIPLIER 4
#define STAGE_CONSTANT 8
#define STAGE_SHIFT 12
#define STAGE_BELOW 16
#define STAGE_BYTES 20

    /* bytes of a position, and from four input channels to the next four */
#define POSITION 32
#define QUAD 1152
    /* bytes of the sums of a tile and an output channel; half of those of four and four */
#define SUMS 144
#define MIDDLE 1152

/* ---- products --------------------------------------------------------------------------------
 *
 *   void name(const uint32_t *inputs, const uint32_t *filters, uint32_t *sums, uint32_t quads);
 *
 * Sums over 4 * `quads` input channels for four tiles, four output channels and all 36 positions.
 * For each input channel eight loads serve sixteen products, whose sums stay in registers.
 *
 * a0 inputs   a1 filters   a2 middle of the sums   a3 end of the inputs   ra from ends to the next
 * t0-t3 a filter of each output channel   t4 an input   t5, t6 products
 * sums of the tiles: s0-s3, s4-s7, s8-s11, a4-a7
 */

/* A tile's products with four output channels; \first: they begin the sums. \next: where the next
 * tile's input is, which is loaded early, as a core may wait for what a load brings. */
.macro te_winograd_tile first, a, b, c, d, next
    .if \first
    mul     \a, t4, t0
    mul     \b, t4, t1
    mul     \c, t4, t2
    mul     \d, t4, t3
    .ifnb   \next
    lh      t4, \next(a0)
    .endif
    .else
    mul     t5, t4, t0
    mul     t6, t4, t1
    add     \a, \a, t5
    add     \b, \b, t6
    mul     t5, t4, t2
    mul     t6, t4, t3
    .ifnb   \next
    lh      t4, \next(a0)
    .endif
    add     \c, \c, t5
    add     \d, \d, t6
    .endif
.endm

/* An input channel: \filters and \inputs are the offsets of its values. */
.macro te_winograd_channel first, filters, inputs
    lh      t4, \inputs(a0)
    lh      t0, \filters(a1)
    lh      t1, \filters + 2(a1)
    lh      t2, \filters + 4(a1)
    lh      t3, \filters + 6(a1)
    te_winograd_tile \first, s0, s1, s2, s3, \inputs + 4
    te_winograd_tile \first, s4, s5, s6, s7, \inputs + 8
    te_winograd_tile \first, s8, s9, s10, s11, \inputs + 12
    te_winograd_tile \first, a4, a5, a6, a7
.endm

/* Four input channels; inputs lie in pairs of channels 0 and 2, then 1 and 3. */
.macro te_winograd_quad first
    te_winograd_channel \first, 0, 0
    te_winograd_channel 0, 8, 16
    te_winograd_channel 0, 16, 2
    te_winograd_channel 0, 24, 18
    addi    a0, a0, QUAD
    addi    a1, a1, QUAD
.endm

    /* the frame */
#define PRODUCT_END 0
#define PRODUCT_FRAME 12

.macro te_rv32_winograd_product name
    te_function \name
    te_enter PRODUCT_FRAME
    li      t0, QUAD
    mul     t0, t0, a3
    li      ra, POSITION
    sub     ra, ra, t0
    add     a3, a0, t0
    addi    a2, a2, MIDDLE
    addi    t0, a2, SUMS
    sw      t0, PRODUCT_END(sp)
1:
    te_winograd_quad 1
    beq     a0, a3, 3f
2:
    te_winograd_quad 0
    bne     a0, a3, 2b
3:
    .set    .Lat, -MIDDLE
    .irp    reg, s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, a4, a5, a6, a7
    sw      \reg, .Lat(a2)
    .set    .Lat, .Lat + SUMS
    .endr
    lw      t0, PRODUCT_END(sp)
    addi    a2, a2, 4
    add     a0, a0, ra
    add     a1, a1, ra
    addi    a3, a3, POSITION
    bne     a2, t0, 1b
    te_leave PRODUCT_FRAME
    te_end  \name
.endm

/* ---- outputs ---------------------------------------------------------------------------------
 *
 *   void name(const uint32_t *sums, const uint32_t *stages, int8_t *output,
 *             const te_rv32_winograd_tile *tile);
 *
 * The sixteen outputs of a tile, for up to four output channels: the last transform, from 36 sums
 * to sixteen, the requantization, the clamp.
 *
 * Rows of outputs: s0-s3, s4-s7, s8-s11, a4-a7. While they grow: a0 sums, a1 6, a3 24; while they
 * are stored: t0 multiplier, t1 constant, t2 shift, t3 low, t4 high, t5 UNSCALE, t6 from a pixel to
 * the next, ra from a row to the next, a1 more of the constant where the sum is negative
 */
#define STORE_SUMS 0
#define STORE_STAGES 4
#define STORE_OUTPUT 8
#define STORE_TILE 12
#define STORE_LEFT 16
#define STORE_FRAME 28
    /* turns 576 times a sum into 256 times that */
#define UNSCALE 3817748708

/* Column \j of the sums, transformed: four values. */
.macro te_winograd_column j, a, b, c, d
    lw      t1, 24 + 4 * \j(a0)
    lw      t2, 48 + 4 * \j(a0)
    lw      t3, 72 + 4 * \j(a0)
    lw      t4, 96 + 4 * \j(a0)
    .if \j == 1
    add     t1, t1, a2
    .endif
    lw      t0, 4 * \j(a0)
    lw      t5, 120 + 4 * \j(a0)
    add     t6, t1, t2
    sub     t2, t1, t2
    slli    t6, t6, 2
    slli    t2, t2, 2
    add     t1, t3, t4
    sub     t4, t3, t4
    mul     t0, t0, a1
    mul     t5, t5, a3
    sub     t0, t0, t6
    add     \a, t0, t1
    slli    t1, t1, 2
    sub     \c, t1, t6
    slli    t3, t4, 1
    sub     \b, t3, t2
    slli    t4, t4, 3
    add     t4, t4, t5
    sub     \d, t4, t2
.endm

/* Of columns 1 and 2: 4 times sum and difference. */
.macro te_winograd_first_row a, b
    add     t6, \a, \b
    sub     \b, \a, \b
    slli    \a, t6, 2
    slli    \b, \b, 2
.endm

/* And with columns 3 and 4: the outputs, less those parts of the first and the last column. */
.macro te_winograd_second_row a, b, c, d
    add     t6, \c, \d
    sub     t5, \c, \d
    slli    t4, t6, 2
    sub     \c, t4, \a
    sub     \a, t6, \a
    slli    t4, t5, 3
    sub     \d, t4, \b
    slli    t5, t5, 1
    sub     \b, t5, \b
.endm

/* Column \j, the first or the last, times \scale, to the outputs that it counts for. */
.macro te_winograd_outer j, scale, a, b, c, d
    te_winograd_column \j, t0, t3, t1, t4
    mul     t0, t0, \scale
    mul     t3, t3, \scale
    mul     t1, t1, \scale
    mul     t4, t4, \scale
    add     \a, \a, t0
    add     \b, \b, t3
    add     \c, \c, t1
    add     \d, \d, t4
.endm

/* An output from \sum to a byte. */
.macro te_winograd_byte sum, gap
    mul     \sum, \sum, t5
    mulh    a0, \sum, t0
    bgez    \sum, 2f
    add     a0, a0, a1
2:
    add     a0, a0, t1
    sra     a0, a0, t2
    bge     a0, t3, 3f
    mv      a0, t3
3:
    bge     t4, a0, 4f
    mv      a0, t4
4:
    sb      a0, 0(a2)
    add     a2, a2, \gap
.endm

.macro te_winograd_row a, b, c, d
    te_winograd_byte \a, t6
    te_winograd_byte \b, t6
    te_winograd_byte \c, t6
    te_winograd_byte \d, ra
.endm

.macro te_rv32_winograd_store name
    te_function \name
    te_enter STORE_FRAME
    sw      a1, STORE_STAGES(sp)
    sw      a2, STORE_OUTPUT(sp)
    sw      a3, STORE_TILE(sp)
    lw      t0, TILE_CHANNELS(a3)
1:
    sw      t0, STORE_LEFT(sp)
    lw      a2, STAGE_INITIAL(a1)
    sw      a0, STORE_SUMS(sp)
    li      a1, 6
    li      a3, 24
    te_winograd_column 1, s0, s4, s8, a4
    te_winograd_column 2, s1, s5, s9, a5
    te_winograd_first_row s0, s1
    te_winograd_first_row s4, s5
    te_winograd_first_row s8, s9
    te_winograd_first_row a4, a5
    te_winograd_column 3, s2, s6, s10, a6
    te_winograd_column 4, s3, s7, s11, a7
    te_winograd_second_row s0, s1, s2, s3
    te_winograd_second_row s4, s5, s6, s7
    te_winograd_second_row s8, s9, s10, s11
    te_winograd_second_row a4, a5, a6, a7
    te_winograd_outer 0, a1, s0, s4, s8, a4
    te_winograd_outer 5, a3, s3, s7, s11, a7

    lw      a0, STORE_STAGES(sp)
    lw      a2, STORE_OUTPUT(sp)
    lw      a3, STORE_TILE(sp)
    lw      t0, STAGE_MULTIPLIER(a0)
    lw      t1, STAGE_CONSTANT(a0)
    lw      t2, STAGE_SHIFT(a0)
    lw      a1, STAGE_BELOW(a0)
    lw      t3, TILE_LOW(a3)
    lw      t4, TILE_HIGH(a3)
    li      t5, UNSCALE
    lw      t6, TILE_PIXEL(a3)
    lw      ra, TILE_ROW_GAP(a3)
    addi    a0, a0, STAGE_BYTES
    sw      a0, STORE_STAGES(sp)
    addi    a3, a2, 1
    sw      a3, STORE_OUTPUT(sp)
    te_winograd_row s0, s1, s2, s3
    te_winograd_row s4, s5, s6, s7
    te_winograd_row s8, s9, s10, s11
    te_winograd_row a4, a5, a6, a7

    lw      t0, STORE_LEFT(sp)
    lw      a0, STORE_SUMS(sp)
    lw      a1, STORE_STAGES(sp)
    addi    t0, t0, -1
    addi    a0, a0, SUMS
    bnez    t0, 1b
    te_leave STORE_FRAME
    te_end  \name
.endm
