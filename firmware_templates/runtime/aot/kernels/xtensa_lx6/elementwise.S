/* Elementwise kernels. */
#include "macros.S"

/* te_lx6_add_params, as xtensa_lx6.h declares it */
#define ADD_WORDS 0
#define ADD_FIRST 4
#define ADD_SECOND 8
#define ADD_CONSTANT 12
#define ADD_SHIFT 16

/* a8 = the sum of the elements at the top of a8 and a9, stored at \offset. */
.macro te_lx6_add_one offset
    mulsh   a8, a8, a10
    mulsh   a9, a9, a11
    add     a8, a8, a12
    add     a8, a8, a9
    sra     a8, a8
    clamps  a8, a8, 7
    s8i     a8, a4, \offset
.endm

/* Four elements a turn.
 *   void name(const int8_t *a, const int8_t *b, int8_t *output, const te_lx6_add_params *params); */
.macro te_lx6_add_4 name
    te_function \name
    entry   a1, 32
    l32i    a8, a5, ADD_SHIFT
    ssr     a8
    l32i    a10, a5, ADD_FIRST
    l32i    a11, a5, ADD_SECOND
    l32i    a12, a5, ADD_CONSTANT
    movi    a13, 255
    slli    a13, a13, 24
    l32i    a5, a5, ADD_WORDS
    loopnez a5, .Lend\@
    l32i    a6, a2, 0
    l32i    a7, a3, 0
    addi    a2, a2, 4
    slli    a8, a6, 24
    slli    a9, a7, 24
    te_lx6_add_one 0
    addi    a3, a3, 4
    slli    a8, a6, 16
    slli    a9, a7, 16
    and     a8, a8, a13
    and     a9, a9, a13
    te_lx6_add_one 1
    slli    a8, a6, 8
    slli    a9, a7, 8
    and     a8, a8, a13
    and     a9, a9, a13
    te_lx6_add_one 2
    and     a8, a6, a13
    and     a9, a7, a13
    te_lx6_add_one 3
    addi    a4, a4, 4
.Lend\@:
    retw
    te_end \name
.endm
