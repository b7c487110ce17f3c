/* ADD of two tensors of one shape, element by element.
 *
 *   void name(const te_v6m_add_params *params, const void *a, const void *b, void *output);
 *
 * r0  minus the elements left     r6, r7   factors
 * r1-r3  ends of the tensors      r8       constant
 * r4, r5  elements                r9, r10  clamp
 */

/* shift: of the sum. limit: whether 0 and 255 are no clamp. */
.macro te_v6m_add_1 name, shift, limit
    te_function \name
    te_enter
    ldm     r0!, {r4, r5, r6, r7}       @ elements, constant, factors
    mov     r8, r5
    .if \limit
    ldr     r5, [r0]
    mov     r9, r5
    ldr     r5, [r0, #4]
    mov     r10, r5
    .endif
    adds    r1, r4
    adds    r2, r4
    adds    r3, r4
    rsbs    r0, r4, #0
.Lelement\@:
    ldrsb   r4, [r1, r0]
    ldrsb   r5, [r2, r0]
    muls    r4, r6
    muls    r5, r7
    adds    r4, r5
    add     r4, r8
    asrs    r4, #\shift
    .if \limit
    cmp     r4, r9
    bge     .Labove\@
    mov     r4, r9
.Labove\@:
    cmp     r4, r10
    ble     .Lbelow\@
    mov     r4, r10
.Lbelow\@:
    .else
    lsrs    r5, r4, #8
    beq     .Linside\@
    mvns    r4, r4
    asrs    r4, #31
.Linside\@:
    .endif
    subs    r4, #128
    strb    r4, [r3, r0]
    adds    r0, #1
    bne     .Lelement\@
    te_leave
    te_end \name
.endm
