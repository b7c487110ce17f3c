/* A compiled model behind standard input and output: reads all inputs, runs, writes all outputs,
 * until the input ends. With -DTE_OBSERVE each step writes a line to standard error. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "te_model.h"

#ifdef TE_OBSERVE
#include "te_observe.h"
#include "te_port.h"

uint64_t te_port_ticks(void) {
  static uint64_t ticks;
  return ticks += 7;
}

void te_observe_layer(uint32_t layer, uint64_t ticks) {
  fprintf(stderr, "%u %u\n", (unsigned)layer, (unsigned)ticks);
}

void te_observe_output(uint32_t layer, const void *data, uint32_t bytes) {
  (void)layer;
  (void)data;
  (void)bytes;
}
#endif

enum { GUARD = 0x5a };

static bool guards_whole(void) {
  for (int i = 0; i < 2 * TE_GUARD_BYTES; i++) {
    if (te_model.guards[i / TE_GUARD_BYTES][i % TE_GUARD_BYTES] != GUARD) return false;
  }
  return true;
}

int main(void) {
  for (int i = 0; i < 2; i++) memset(te_model.guards[i], GUARD, TE_GUARD_BYTES);
  if (te_model_init() != TE_OK) return 1;
  for (;;) {
    for (uint32_t i = 0; i < te_model.input_count; ++i) {
      const size_t bytes = te_model.inputs[i].bytes;
      const size_t got = fread(te_model_input(i), 1, bytes, stdin);
      if (got == 0 && i == 0) return 0;
      if (got != bytes) return 2;
    }
    if (te_model_invoke() != TE_OK) return 3;
    if (!guards_whole()) return 4;
    for (uint32_t i = 0; i < te_model.output_count; ++i) {
      fwrite(te_model_output(i), 1, te_model.outputs[i].bytes, stdout);
    }
  }
}
