/* Windows of two pixels, side by side: see conv_pairs.S.
 *
 *   void name(const int8_t *first, const int8_t *second, uint32_t *to, uint32_t rows,
 *             uint32_t step);
 *
 * a0, a1  the pixels' windows, from row to row `step` bytes (a4) apart
 * a2      every third word takes a pair
 * a3      rows, at least 1
 */
#include "macros.S"

    .equ    PACK_STEP, 12

/* bytes: of a row of a window. */
.macro te_rv32_pack_rows name, bytes
    te_function \name
.Lrow\@:
    .set    .Lat, 0
    .rept   \bytes
    lb      t0, .Lat(a0)
    lb      t1, .Lat(a1)
    slli    t1, t1, 16
    add     t0, t0, t1
    sw      t0, .Lat * PACK_STEP(a2)
    .set    .Lat, .Lat + 1
    .endr
    addi    a2, a2, \bytes * PACK_STEP
    add     a0, a0, a4
    add     a1, a1, a4
    addi    a3, a3, -1
    bnez    a3, .Lrow\@
    ret
    te_end \name
.endm
