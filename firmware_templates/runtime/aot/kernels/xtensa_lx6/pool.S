/* Average pooling: the sums of four channels over the pixels of a window.
 *
 *   void name(const int8_t *first, uint32_t rows, const te_lx6_sum_area *area, uint32_t sums[2]);
 *
 * Sums of q + 128 in lanes of 16 bits, channels (0, 2) and (1, 3).
 */
#include "macros.S"

/* te_lx6_sum_area, as xtensa_lx6.h declares it */
#define SUM_COLUMNS 0
#define SUM_CHANNELS 4
#define SUM_ROW_GAP 8

.macro te_lx6_sum_4 name
    te_function \name
    entry   a1, 32
    te_lanes a6, a8
    te_signs a7, a8
    l32i    a8, a4, SUM_COLUMNS
    l32i    a9, a4, SUM_CHANNELS
    l32i    a10, a4, SUM_ROW_GAP
    movi    a11, 0
    movi    a12, 0
.Lrow\@:
    loop    a8, .Lend\@
    l32i    a13, a2, 0
    add     a2, a2, a9
    xor     a13, a13, a7
    and     a14, a13, a6
    srli    a13, a13, 8
    and     a13, a13, a6
    add     a11, a11, a14
    add     a12, a12, a13
.Lend\@:
    add     a2, a2, a10
    addi    a3, a3, -1
    bnez    a3, .Lrow\@
    s32i    a11, a5, 0
    s32i    a12, a5, 4
    retw
    te_end \name
.endm
