/* Faults and the end, for Xtensa. */
#include <stdbool.h>
#include <stdint.h>

#include "bare.h"
#include "te_core.h"
#include "te_log.h"
#include "te_port.h"

/* From the linker script. */
extern uint32_t te_stack_bottom[];

/* How far below the stack an access still speaks of its overflow. */
enum { BELOW_STACK = 4096 };

void te_report_fault(const void *stack);

void te_port_halt(int code) {
  te_interrupts_off();
  te_power_off(code);
  for (;;) {
  }
}

/* Reports where and why; `stack` is the stack pointer at the fault, which may be the reason. */
void te_report_fault(const void *stack) {
  char text[96];
  const uint32_t address = TE_SR_READ("excvaddr");
  const bool below = (uintptr_t)te_stack_bottom - address <= BELOW_STACK;
  const bool good = te_in_stack(stack) && !below;
  char *end = te_append_hex(text, good ? "exception 0x" : "stack overflow, exception 0x",
                            TE_SR_READ("exccause"));
  end = te_append_hex(end, ", excvaddr 0x", address);
  *end = '\0';
  te_fault(text, TE_SR_READ("epc1"));
  te_port_halt(1);
}
