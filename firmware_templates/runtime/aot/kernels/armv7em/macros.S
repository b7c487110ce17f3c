/* What all kernel files share: function frames and the exact requantization.
 *
 * Tensors here are uint8 = q + 128. A weight word holds four int8 as two lanes of
 * 256 * B + A: the same two inputs, two output channels. SMLAD with the raw word gathers
 * B' = 256 * B + A, SXTB16 then leaves A, and at the end B = B' - A, scaled by 256 more.
 */
    .syntax unified
    .thumb

.macro te_function name
    .section .text.\name, "ax", %progbits
    .balign 4
    .global \name
    .type \name, %function
    .thumb_func
\name:
.endm

.macro te_end name
    .ltorg
    .size \name, . - \name
.endm

/* One channel of one to four accumulators: r = constant + (r * multiplier >> 32), less `negative`
 * where r < 0. `sign` is clobbered if \signed. */
.macro te_scale signed, multiplier, constant, negative, sign, regs:vararg
    .irp r, \regs
    .if \signed
    and     \sign, \negative, \r, asr #31
    smmla   \r, \r, \multiplier, \constant
    sub     \r, \r, \sign
    .else
    smmla   \r, \r, \multiplier, \constant
    .endif
    .endr
.endm

/* Limits the bytes of each register: `over` = 255 - high, `both` = over + low, all times
 * 0x01010101. */
.macro te_limit over, both, low, regs:vararg
    .irp r, \regs
    uqadd8  \r, \r, \over
    uqsub8  \r, \r, \both
    uqadd8  \r, \r, \low
    .endr
.endm

/* B = B' - A, and A at B's scale. */
.macro te_split b, a
    sub     \b, \b, \a
    lsl     \a, \a, #8
.endm

/* c0 = the bytes of four channels, saturated; c1 to c3 are clobbered. */
.macro te_pack_4 shift, c0, c1, c2, c3
    .if \shift == 16
    pkhtb   \c0, \c2, \c0, asr #16
    pkhtb   \c1, \c3, \c1, asr #16
    usat16  \c0, #8, \c0
    usat16  \c1, #8, \c1
    .else
    .irp c, \c0, \c1, \c2, \c3
    usat    \c, #8, \c, asr #\shift
    .endr
    orr     \c0, \c0, \c2, lsl #16
    orr     \c1, \c1, \c3, lsl #16
    .endif
    orr     \c0, \c0, \c1, lsl #8
.endm

/* entry = where a loop of \unroll units (a power of two) is to be entered so that `units` of them
 * run: behind its end `done`, less the rest that makes no whole turn. The test stands at `done`. */
.macro te_loop_entry units, unroll, unit_bytes, done, temp, entry
    and     \units, \units, #(\unroll - 1)
    mov     \temp, #\unit_bytes
    adr.w   \entry, \done
    mls     \entry, \units, \temp, \entry
    orr     \entry, \entry, #1           @ a Thumb address
.endm
