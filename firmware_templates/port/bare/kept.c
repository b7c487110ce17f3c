/* RAM that the start does not clear. */
#include "te_port.h"

void *te_port_kept(void) {
  /* The linker script takes its section out of what te_boot clears. */
  static uint32_t kept[TE_KEPT_BYTES / sizeof(uint32_t)] __attribute__((section(".bss.te_kept")));
  return kept;
}
