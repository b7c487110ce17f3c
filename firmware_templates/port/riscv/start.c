/* From reset to boot, traps and the end, for RISC-V. */
#include "riscv.h"

#include <stdbool.h>
#include <stdint.h>

#include "bare.h"
#include "te_core.h"
#include "te_log.h"
#include "te_port.h"

void te_trap_entry(void);

/* The emulator begins at the first address of the program. */
__attribute__((naked, used, section(".vectors"))) void te_reset(void) {
  __asm__ volatile(
      ".option push\n"
      ".option norelax\n"
      "la gp, __global_pointer$\n"
      ".option pop\n"
      "la sp, te_stack_top\n"
      "la t0, te_trap_entry\n"
      "csrw mtvec, t0\n"
      "tail te_boot\n");
}

void te_port_halt(int code) {
  te_interrupts_off();
  te_power_off(code);
  for (;;) te_sleep();
}

/* Reports where and why; `stack` is the stack pointer at the trap, which may be the reason. */
__attribute__((used, noreturn)) static void report_fault(const void *stack) {
  char text[80];
  const bool good = te_in_stack(stack);
  char *end = te_append_hex(text, good ? "exception 0x" : "stack overflow, exception 0x",
                            TE_CSR_READ("mcause"));
  end = te_append_hex(end, ", mtval 0x", TE_CSR_READ("mtval"));
  *end = '\0';
  te_fault(text, TE_CSR_READ("mepc"));
  te_port_halt(1);
}

__attribute__((interrupt, used)) static void on_interrupt(void) {
  te_interrupt(TE_CSR_READ("mcause") & INT32_MAX);
}

/* Interrupts return; a fault starts again at the top of the stack, for an overflow has left none.
 */
__attribute__((naked, aligned(4))) void te_trap_entry(void) {
  __asm__ volatile(
      "csrw mscratch, t0\n"
      "csrr t0, mcause\n"
      "bgez t0, 1f\n"
      "csrr t0, mscratch\n"
      "j %0\n"
      "1: mv a0, sp\n"
      "la sp, te_stack_top\n"
      "j %1\n" ::"i"(on_interrupt),
      "i"(report_fault));
}
