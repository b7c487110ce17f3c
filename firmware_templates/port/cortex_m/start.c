/* From reset to boot, faults and the end, for Arm Cortex-M. */
#include "cortex_m.h"

#include <stdbool.h>
#include <stddef.h>

#include "te_board.h"
#include "te_log.h"
#include "te_port.h"

#define CPACR TE_REGISTER(0xe000ed88)
#define CFSR TE_REGISTER(0xe000ed28)
#define BFAR TE_REGISTER(0xe000ed38)

enum { SYS_EXIT_EXTENDED = 0x20, ADP_STOPPED_APPLICATION_EXIT = 0x20026 };

void te_reset(void) {
#ifdef __ARM_FP
  CPACR |= 0xfu << 20;
  __asm__ volatile("dsb\n isb" ::: "memory");
#endif
  te_boot();
}

void te_port_halt(int code) {
  te_interrupts_off();
#if TE_EMULATED
  const uint32_t block[2] = {ADP_STOPPED_APPLICATION_EXIT, (uint32_t)code};
  register uint32_t r0 __asm__("r0") = SYS_EXIT_EXTENDED;
  register const uint32_t *r1 __asm__("r1") = block;
  __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
#else
  (void)code;
#endif
  for (;;) __asm__ volatile("wfi");
}

/* Reports where and why. `frame` is the stack at the fault (r0-r3, r12, lr, pc, xPSR), which
 * itself may be the reason. */
__attribute__((used, noreturn)) static void report_fault(const uint32_t *frame) {
  char text[80];
  uint32_t number;
  bool readable = te_in_stack(frame);
  __asm__("mrs %0, ipsr" : "=r"(number));
  char *end =
      te_append_hex(text, readable ? "exception 0x" : "stack overflow, exception 0x", number);
#if __ARM_ARCH >= 7
  end = te_append_hex(end, ", cfsr 0x", CFSR);
  end = te_append_hex(end, ", bfar 0x", BFAR);
#endif
  *end = '\0';
  te_fault(text, readable ? frame[6] : 0);
  te_port_halt(1);
}

/* Every fault and every interrupt that nothing handles. Starts again at the top of the stack, for
 * an overflow has left none. */
__attribute__((naked)) void te_fault_entry(void) {
  __asm__ volatile(
      "mov r0, sp\n"
      "ldr r1, =te_stack_top\n"
      "mov sp, r1\n"
      "ldr r1, =%c0\n"
      "bx r1\n"
      ".ltorg\n" ::"i"(report_fault));
}
