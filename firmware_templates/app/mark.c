#include "mark.h"

#include "te_port.h"

void te_mark_start(te_status ready) {
  (void)ready;
  te_port_mark_start();
}

void te_mark_infers(void) {
  te_port_mark(true);
}

void te_mark_inferred(te_status result, uint64_t ticks) {
  (void)result;
  (void)ticks;
  te_port_mark(false);
}
