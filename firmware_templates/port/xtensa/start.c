/* Faults and the end, for Xtensa. */
#include <stdbool.h>
#include <stdint.h>

#include "bare.h"
#include "te_board.h"
#include "te_core.h"
#include "te_port.h"

/* From the linker script. */
extern uint32_t te_stack_bottom[];

/* How far below the stack an access still speaks of its overflow. */
enum { BELOW_STACK = 4096 };

#define DBREAKC_STORE_64_BYTES (UINT32_C(1) << 31)

void te_report_fault(const void *stack);

/* a0 to a15, as they were at the fault. */
uint32_t te_fault_registers[16];

void te_guard_stack(void) {
  TE_SR_WRITE("dbreaka0", (uintptr_t)te_stack_bottom);
  TE_SR_WRITE("dbreakc0", DBREAKC_STORE_64_BYTES);
}

void te_port_halt(int code) {
  te_interrupts_off();
  te_power_off(code);
  for (;;) te_port_alive();
}

static char *append_registers(char *end) {
  static const char *const names[] = {
      ", a0 0x", ", a1 0x", ", a2 0x",  ", a3 0x",  ", a4 0x",  ", a5 0x",  ", a6 0x",  ", a7 0x",
      ", a8 0x", ", a9 0x", ", a10 0x", ", a11 0x", ", a12 0x", ", a13 0x", ", a14 0x", ", a15 0x"};
  for (int i = 0; i < 16; i++) end = te_append_hex(end, names[i], te_fault_registers[i]);
  return end;
}

/* Reports where and why; `stack` is the stack pointer at the fault, which may be the reason. */
void te_report_fault(const void *stack) {
  char text[352];
  const uint32_t address = TE_SR_READ("excvaddr");
  const bool below = (uintptr_t)te_stack_bottom - address <= BELOW_STACK;
  const bool good = te_in_stack(stack) && !below;
  char *end = te_append_hex(text, good ? "exception 0x" : "stack overflow, exception 0x",
                            TE_SR_READ("exccause"));
  end = te_append_hex(end, ", excvaddr 0x", address);
  if (TE_TELLS_REGISTERS) end = append_registers(end);
  *end = '\0';
  te_fail(text, TE_SR_READ("epc1"));
}
