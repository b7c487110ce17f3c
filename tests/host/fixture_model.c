/* A model made by hand, to test app, protocol and ports without the compiler. It has two inputs
 * and two outputs: output 0 is the inputs' bytes XORed with their distance from the end; output 1
 * is the CRC-32 of the inputs and the number of inferences run so far. Like a real runtime, it
 * uses its inputs' memory as scratch. */
#include <string.h>

#include "frame.h"
#include "te_log.h"
#include "te_model.h"

#ifndef FIXTURE_FIRST
#define FIXTURE_FIRST 784
#endif
#ifndef FIXTURE_SECOND
#define FIXTURE_SECOND 5
#endif

enum { FIRST = FIXTURE_FIRST, SECOND = FIXTURE_SECOND, TOTAL = FIRST + SECOND };

static struct {
  uint8_t before[TE_GUARD_BYTES];
  uint8_t bytes[TOTAL];
  uint8_t behind[TE_GUARD_BYTES];
} memory;
static uint8_t *const arena = memory.bytes;
#ifndef FIXTURE_CRC
#define FIXTURE_CRC 0xcbf43926u /* of "123456789" */
#endif
static const te_constant constants[] = {{"1234", 4}, {"56789", 5}};
static uint8_t answer[TOTAL];
static uint8_t tail[8];
static uint32_t runs;
static const char *error = "";

static const te_tensor_info inputs[] = {
    {FIRST, TE_INT8, 2, {1, FIRST}, 0.5f, -3},
    {SECOND, TE_UINT8, 1, {SECOND}, 0.25f, 7},
};
static const te_tensor_info outputs[] = {
    {TOTAL, TE_INT8, 1, {TOTAL}, 0.00390625f, -128},
    {sizeof tail, TE_INT32, 2, {1, 2}, 0, 0},
};

static const uint8_t sha256[32] = {0xfe, 0xed, 1, 2, 3, 4, 5, 6, 7, 8, 9};

const te_model_info te_model = {
    .name = "fixture",
    .runtime = "fixture",
    .sha256 = sha256,
    .input_count = 2,
    .output_count = 2,
    .inputs = inputs,
    .outputs = outputs,
    .arena_bytes = sizeof memory.bytes,
    .guards = {memory.before, memory.behind},
    .constants = constants,
    .constant_count = 2,
    .constants_crc = FIXTURE_CRC,
};

te_status te_model_init(void) {
#ifdef FIXTURE_BROKEN
  error = "the arena is 1024 bytes too small";
  return TE_ERR_ARENA;
#else
  return TE_OK;
#endif
}

void *te_model_input(uint32_t index) {
  return index == 0 ? arena : index == 1 ? arena + FIRST : NULL;
}

const void *te_model_output(uint32_t index) {
  return index == 0 ? (const void *)answer : index == 1 ? (const void *)tail : NULL;
}

/* A wild write and, for emulated Cortex-M0s where every address is memory, an undefined
 * instruction. */
static void crash(void) {
  *(volatile uint32_t *)(uintptr_t)0xfffffff0u = 1;
#ifdef __arm__
  __builtin_trap();
#endif
}

/* As a call that is deeper than the stack would; only where there is no operating system. */
static void fill_stack(void) {
  extern volatile uint32_t te_stack_bottom[] __attribute__((weak));
  if (te_stack_bottom) te_stack_bottom[1] = 0;
}

/* First byte 0x7f: fails. 0x7e: says something and goes on. 0x7d: crashes. 0x7c and 0x7b: writes
 * behind or before the arena. 0x7a: writes to the stack's end. Only the first with
 * FIXTURE_TAME. */
te_status te_model_invoke(void) {
  te_set_u32(tail, te_crc32(0, arena, sizeof memory.bytes));
  te_set_u32(tail + 4, ++runs);
  if (arena[0] == 0x7f) {
    error = "operator 3 failed";
    return TE_ERR_INVOKE;
  }
#ifdef FIXTURE_TAME
  (void)crash;
  (void)fill_stack;
#else
  if (arena[0] == 0x7e) te_log("seen 0x7e");
  if (arena[0] == 0x7d) crash();
  if (arena[0] == 0x7c) *(volatile uint8_t *)(memory.behind + 3) ^= 1;
  if (arena[0] == 0x7b) *(volatile uint8_t *)(memory.before + 15) ^= 1;
  if (arena[0] == 0x7a) fill_stack();
#endif
  for (uint32_t i = 0; i < TOTAL; i++) answer[i] = (uint8_t)(arena[i] ^ (TOTAL - i));
  memset(arena, 0xee, sizeof memory.bytes);
  return TE_OK;
}

uint32_t te_model_arena_used(void) {
  return sizeof memory.bytes - 1;
}

const char *te_model_error(void) {
  return error;
}
