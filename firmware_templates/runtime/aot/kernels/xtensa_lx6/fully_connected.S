/* Fully connected: the inputs of a row lie unpacked, weights are widened as they are read.
 *
 *   void name(const uint32_t *columns, const uint32_t *stream, int8_t *output, uint32_t outputs,
 *             uint32_t turns);
 *
 * A turn is 4 * `words` inputs. The loads of inputs run two words ahead. `uniform`: all outputs have
 * the same shift.
 */
#include "macros.S"

.macro te_lx6_dense name, words, signed, uniform
    te_function \name
    entry   a1, 48
    s32i    a0, a1, 0
    te_tops a14, a9
    addi    a2, a2, -4
    mov     a15, a6
    mov     a6, a4
    mov     a4, a5
    l32i    a8, a3, 8
    ssr     a8
.Loutput\@:
    mov     a5, a2
    l32i    a8, a3, 0
    l32i    a7, a3, 4
    ldinc   m0, a5
    ldinc   m1, a5
    wsr     a8, acclo
    .if \uniform == 0
    l32i    a8, a3, 8
    ssr     a8
    .endif
    .if \signed
    l32i    a12, a3, 12
    l32i    a0, a3, 16
    addi    a3, a3, 20
    .else
    addi    a3, a3, 12
    .endif
    loop    a15, .Lturn\@
    .set    te_word, 0
    .rept   \words
    l32i    a9, a3, (4 * te_word)
    slli    a8, a9, 8
    and     a8, a8, a14
    mula.da.ll m0, a8
    and     a9, a9, a14
    mula.da.hh.ldinc m0, a5, m0, a8
    mula.da.ll m1, a9
    mula.da.hh.ldinc m1, a5, m1, a9
    .set    te_word, te_word + 1
    .endr
    addi    a3, a3, 4 * \words
.Lturn\@:
    rsr     a8, acclo
    te_store_rest 0, \signed
    addi    a6, a6, 1
    addi    a4, a4, -1
    bnez    a4, .Loutput\@
    l32i    a0, a1, 0
    retw
    te_end \name
.endm
