/* te_rv32_plane_run, as rv32im.h declares it. */
#ifndef TE_RV32_PLANE_RUN
#define TE_RV32_PLANE_RUN

#include "macros.S"

    .equ    RUN_PLANE, 0
    .equ    RUN_HEAD, 4
    .equ    RUN_OUTPUT, 8
    .equ    RUN_ROW_STEP, 12
    .equ    RUN_STEP, 16
    .equ    RUN_LENGTH, 20
    .equ    RUN_OUTPUT_STEP, 24
    .equ    RUN_ROWS, 28
    .equ    RUN_LOW, 32
    .equ    RUN_HIGH, 36
    .equ    RUN_PITCH, 40
    .equ    RUN_WINDOW_ROWS, 44
    .equ    RUN_WINDOW_ROW_WEIGHTS, 48
    .equ    RUN_WINDOW_ROW_SKIP, 52
    .equ    RUN_WEIGHTS, 56

#endif
