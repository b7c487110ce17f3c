/* Cases that the harness runs one after another in one emulated core. */
#ifndef TE_HARNESS_H
#define TE_HARNESS_H

#include <stdint.h>

#define ARENA_BYTES (1u << 18)

extern uint8_t arena[ARENA_BYTES];

/* Bytes of the arena; `data` is what they hold before (inputs) or must hold after (outputs). */
typedef struct region {
  uint32_t offset, bytes;
  const uint8_t *data;
} region;

typedef struct test_case {
  void (*run)(void);
  region inputs[2];
  region output;
  region touched[2]; /* scratch and what else may change; data unused */
} test_case;

extern const test_case cases[];
extern const uint32_t case_count;

#endif
