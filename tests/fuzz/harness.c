#include "harness.h"

#include <stdbool.h>
#include <string.h>

enum { GUARD = 0x5a };

static void print_number(int32_t value) {
  char text[13];
  char *at = text + sizeof text - 1;
  uint32_t magnitude = value < 0 ? 0u - (uint32_t)value : (uint32_t)value;
  *at = '\0';
  do {
    *--at = (char)('0' + magnitude % 10u);
    magnitude /= 10u;
  } while (magnitude != 0);
  if (value < 0) *--at = '-';
  *--at = ' ';
  te_fuzz_print(at);
}

static void print_line(const char *word, const int32_t *numbers, int count) {
  te_fuzz_print(word);
  for (int i = 0; i < count; i++) print_number(numbers[i]);
  te_fuzz_print("\n");
}

/* Compares one output; tells where it differs first. */
static void check(int32_t index, int32_t vector, int32_t output, const uint8_t *got,
                  const uint8_t *wanted, uint32_t bytes) {
  for (uint32_t i = 0; i < bytes; i++) {
    if (got[i] != wanted[i]) {
      const int32_t numbers[] = {index, vector, output, (int32_t)i, got[i], wanted[i]};
      print_line("diff", numbers, 6);
      return;
    }
  }
}

/* Paints what lies beside the arena, or tells whether it is still whole. */
static bool guard(const te_model_info *info, bool paint) {
  bool whole = true;
  for (int i = 0; i < 2 * TE_GUARD_BYTES; i++) {
    uint8_t *at = info->guards[i / TE_GUARD_BYTES] + i % TE_GUARD_BYTES;
    if (paint) *at = GUARD;
    whole = whole && *at == GUARD;
  }
  return whole;
}

static const uint8_t *run_vector(const te_fuzz_case *test, int32_t index, int32_t vector,
                                 const uint8_t *data) {
  for (uint32_t i = 0; i < test->info->input_count; i++) {
    memcpy(test->inputs[i], data, test->info->inputs[i].bytes);
    data += test->info->inputs[i].bytes;
  }
  guard(test->info, true);
  test->run();
  if (!guard(test->info, false)) print_line("stray", (const int32_t[]){index, vector}, 2);
  for (uint32_t i = 0; i < test->info->output_count; i++) {
    const uint32_t bytes = test->info->outputs[i].bytes;
    check(index, vector, (int32_t)i, (const uint8_t *)test->outputs[i], data, bytes);
    data += bytes;
  }
  return data;
}

void te_fuzz_run(void) {
  const uint8_t *data = te_fuzz_data;
  for (uint32_t i = 0; i < te_fuzz_case_count; i++) {
    const int32_t index = (int32_t)i;
    print_line("case", &index, 1);
    for (uint32_t v = 0; v < te_fuzz_vectors; v++) {
      data = run_vector(&te_fuzz_cases[i], index, (int32_t)v, data);
    }
  }
  te_fuzz_print("end\n");
}
