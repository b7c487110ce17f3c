/* Planes of a depthwise convolution whose output channels share input channels. Include behind
 * depthwise.S, whose planes these are.
 */

    .equ    PLANES_MULTIPLIER, 32
    .equ    PLANES_PHASE, 36

/* As te_transpose_4, but neighbouring planes get the same channel, `multiplier` of them; the first
 * of the four is number `phase` of those that do.
 *   void name(const uint8_t *input, uint32_t *plane, uint32_t rows, const te_planes *planes);
 *
 * r0 input, r1 start of a plane's row     r7, r8   next pixel, next word of the plane
 * r2 phase, r3 planes                     r9, r10  two pixels
 * r4 channels a pixel                     r11      pairs left
 * r5 one plane                            r12      channel of the plane
 * r6 zero point                           lr       planes left
 */
.macro te_transpose_repeat name
    te_function \name
    push    {r2, r4-r11, lr}                @ sp: rows left
    ldm     r3, {r4, r5, r6}
    uxtb    r6, r6
.Lrow\@:
    ldr     r2, [r3, #PLANES_PHASE]
    mov     r12, #0
    mov     lr, #4
.Lplane\@:
    add     r7, r0, r12
    mov     r8, r1
    ldr     r11, [r3, #PLANES_LEFT]
    cmp     r11, #0
    beq     .Lpairs\@
    mov     r9, r6
    ldrb    r10, [r7]
    add     r7, r4
    te_two_lanes
.Lpairs\@:
    ldr     r11, [r3, #PLANES_PAIRS]
.Lpair\@:
    ldrb    r9, [r7]
    ldrb    r10, [r7, r4]
    add     r7, r7, r4, lsl #1
    te_two_lanes
    subs    r11, #1
    bne     .Lpair\@
    ldr     r11, [r3, #PLANES_ODD]
    cmp     r11, #0
    beq     .Lnext\@
    ldrb    r9, [r7]
    add     r7, r4
    mov     r10, r6
    te_two_lanes
.Lnext\@:
    subs    lr, #1
    beq     .Lfull\@
    add     r1, r5
    ldr     r11, [r3, #PLANES_MULTIPLIER]
    add     r2, #1
    cmp     r2, r11
    itt     eq
    moveq   r2, #0
    addeq   r12, #1
    b       .Lplane\@
.Lfull\@:
    sub     r0, r7, r12
    ldr     r11, [r3, #PLANES_GAP]
    add     r1, r8, r11
    sub     r1, r5
    sub     r1, r1, r5, lsl #1
    ldr     r11, [sp]
    subs    r11, #1
    str     r11, [sp]
    bne     .Lrow\@
    pop     {r2, r4-r11, pc}
    te_end \name
.endm

/* A word of the plane: pixels r9 and r10. */
.macro te_two_lanes
    orr     r9, r9, r10, lsl #16
    lsl     r9, #7
    str     r9, [r8], #4
.endm
