/* Fully connected: the row is unpacked once, then four channels are computed at a time.
 *
 *   void name(const uint32_t *columns, const uint32_t *stream, uint8_t *output,
 *             const te_v7em_fully_connected_params *params);
 *
 * The stream is that of te_conv_2x4. A unit is eight inputs. Outputs are written four at a time.
 *
 * r0  A of channel 0     r4-r7   columns
 * r1  B' of channel 2    r8-r11  weights
 * r2  A of channel 1     r12     columns
 * r3  B' of channel 3    lr      stream
 */
    .equ    FC_UNITS, 12            @ te_v7em_fully_connected_params
    .equ    FC_CHANNELS, 14
    .equ    FC_LIMITS, 16

    .equ    FC_FRAME_OUTPUT, 0
    .equ    FC_FRAME_OUTPUT_END, 4
    .equ    FC_FRAME_COLUMNS, 8
    .equ    FC_FRAME_COLUMNS_END, 12
    .equ    FC_FRAME_ENTRY, 16
    .equ    FC_FRAME_PARAMS, 20
    .equ    FC_FRAME_BYTES, 24

.macro te_unit_fc
    ldm     r12!, {r4-r7}
    ldm     lr!, {r8-r11}
    smlad   r1, r4, r8, r1
    sxtb16  r8, r8
    smlad   r3, r4, r9, r3
    sxtb16  r9, r9
    smlad   r0, r4, r8, r0
    smlad   r2, r4, r9, r2
    smlad   r1, r5, r10, r1
    sxtb16  r10, r10
    smlad   r3, r5, r11, r3
    sxtb16  r11, r11
    smlad   r0, r5, r10, r0
    smlad   r2, r5, r11, r2
    ldm     lr!, {r8-r11}
    smlad   r1, r6, r8, r1
    sxtb16  r8, r8
    smlad   r3, r6, r9, r3
    sxtb16  r9, r9
    smlad   r0, r6, r8, r0
    smlad   r2, r6, r9, r2
    smlad   r1, r7, r10, r1
    sxtb16  r10, r10
    smlad   r3, r7, r11, r3
    sxtb16  r11, r11
    smlad   r0, r7, r10, r0
    smlad   r2, r7, r11, r2
.endm
    .equ    UNIT_FC_BYTES, 108

.macro te_fully_connected_4 name, unroll, shift, signed, limit
    te_function \name
    push    {r4-r11, lr}
    sub     sp, #FC_FRAME_BYTES
    ldrh    r4, [r3, #FC_UNITS]
    ldrh    r5, [r3, #FC_CHANNELS]
    add     r5, r5, r2
    str     r2, [sp, #FC_FRAME_OUTPUT]
    str     r5, [sp, #FC_FRAME_OUTPUT_END]
    str     r0, [sp, #FC_FRAME_COLUMNS]
    add     r5, r0, r4, lsl #4
    str     r5, [sp, #FC_FRAME_COLUMNS_END]
    te_loop_entry r4, \unroll, UNIT_FC_BYTES, .Ldone\@, r5, r6
    str     r6, [sp, #FC_FRAME_ENTRY]
    str     r3, [sp, #FC_FRAME_PARAMS]
    mov     r12, r0
    mov     lr, r1
.Lchannels\@:
    ldm     lr!, {r0-r3}                @ the initial values
    ldr     r4, [sp, #FC_FRAME_ENTRY]
    bx      r4
.Lturn\@:
    .rept \unroll
    te_unit_fc
    .endr
.Ldone\@:
    ldr     r4, [sp, #FC_FRAME_COLUMNS_END]
    cmp     r12, r4
    bne     .Lturn\@
    te_split r1, r0
    te_split r3, r2
    .if \signed
    .irp r, r0, r1, r2, r3
    ldm     lr!, {r4-r6}
    te_scale 1, r4, r5, r6, r7, \r
    .endr
    .else
    ldm     lr!, {r4-r11}
    te_scale 0, r4, r5, , , r0
    te_scale 0, r6, r7, , , r1
    te_scale 0, r8, r9, , , r2
    te_scale 0, r10, r11, , , r3
    .endif
    te_pack_4 \shift, r0, r2, r1, r3
    .if \limit
    ldr     r4, [sp, #FC_FRAME_PARAMS]
    add     r4, #FC_LIMITS
    ldm     r4, {r5-r7}
    te_limit r5, r6, r7, r0
    .endif
    ldm     sp, {r4, r5, r12}           @ output, its end, columns
    str     r0, [r4], #4
    str     r4, [sp, #FC_FRAME_OUTPUT]
    cmp     r4, r5
    blo     .Lchannels\@
    add     sp, #FC_FRAME_BYTES
    pop     {r4-r11, pc}
    te_end \name
.endm
