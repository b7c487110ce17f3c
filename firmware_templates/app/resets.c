#include "resets.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "crc.h"
#include "te_port.h"
#include "te_protocol.h"

#define MAGIC 0x53525445u /* "ETRS" */

typedef struct kept {
  uint32_t magic;
  uint32_t faulted; /* 1: the processor has faulted, and not started since */
  uint32_t counts[TE_RESETS];
  uint32_t crc; /* of all before */
} kept;

_Static_assert(sizeof(kept) <= TE_KEPT_BYTES, "what is counted fits what ports keep");

static kept *block; /* NULL before te_resets_start */

static uint32_t crc_of(const kept *of) {
  return te_crc32(0, of, offsetof(kept, crc));
}

static uint32_t cause_of(const kept *before, uint32_t told) {
  if (before->faulted != 0 && told != TE_RESET_POWER) return TE_RESET_FAULT;
  return told < TE_RESETS ? told : TE_RESET_UNKNOWN;
}

void te_resets_start(void) {
  kept *found = te_port_kept();
  if (found->magic != MAGIC || found->crc != crc_of(found)) {
    memset(found, 0, sizeof *found);
    found->magic = MAGIC;
  }
  found->counts[cause_of(found, te_port_reset_cause())]++;
  found->faulted = 0;
  found->crc = crc_of(found);
  block = found;
}

void te_resets_fault(void) {
  if (block == NULL) return;
  block->faulted = 1;
  block->crc = crc_of(block);
}

const uint32_t *te_resets(void) {
  return block->counts;
}
