/* Emulated machines do not say what has restarted them. */
#include "te_port.h"
#include "te_protocol.h"

uint32_t te_port_reset_cause(void) {
  return TE_RESET_UNKNOWN;
}
