/* Many compiled models in one program: what each of them exports, and the console. */
#ifndef TE_FUZZ_HARNESS_H
#define TE_FUZZ_HARNESS_H

#include <stdint.h>

#include "te_model.h"

/* One compiled model. Its inputs and outputs lie in its own arena. */
typedef struct te_fuzz_case {
  const te_model_info *info;
  int8_t *const *inputs;
  const int8_t *const *outputs;
  void (*run)(void);
} te_fuzz_case;

extern const te_fuzz_case te_fuzz_cases[];
extern const uint32_t te_fuzz_case_count;
extern const uint32_t te_fuzz_vectors; /* input sets a case */

/* For each case and vector: the inputs, then the answers that they must get. */
extern const uint8_t te_fuzz_data[];

/* Writes a NUL-terminated text; blocks until it is out. */
void te_fuzz_print(const char *text);

/* Ends the program. */
_Noreturn void te_fuzz_exit(int code);

/* Runs all cases: prints "case N" before each, "diff N vector output byte got wanted" for the
 * first byte of each output that is wrong, "stray N vector" where something was written beside
 * the arena, and "end". */
void te_fuzz_run(void);

#endif
