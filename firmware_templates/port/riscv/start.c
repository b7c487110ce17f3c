/* From reset to boot, traps and the end, for RISC-V. */
#include "riscv.h"

#include <stdbool.h>
#include <stdint.h>

#include "bare.h"
#include "te_core.h"
#include "te_port.h"

void te_trap_entry(void);

/* What mtvec gets: te_trap_entry, but where a port has a table of vectors. */
__asm__(".weak te_mtvec\n.set te_mtvec, te_trap_entry");

/* The emulator begins at the first address of the program. */
__attribute__((naked, used, section(".vectors"))) void te_reset(void) {
  __asm__ volatile(
      ".option push\n"
      ".option norelax\n"
      "la gp, __global_pointer$\n"
      ".option pop\n"
      "la sp, te_stack_top\n"
      "la t0, te_mtvec\n"
      "csrw mtvec, t0\n"
      "tail te_boot\n");
}

void te_port_halt(int code) {
  te_interrupts_off();
  te_power_off(code);
  for (;;) {
    te_port_alive();
    te_sleep();
  }
}

/* Reports where and why; `stack` is the stack pointer at the trap, which may be the reason, and
 * `back` what the function that trapped, or one that it called, would have returned to. */
__attribute__((used, noreturn)) static void report_fault(const void *stack, uint32_t back) {
  char text[112];
  const bool good = te_in_stack(stack);
  char *end = te_append_hex(text, good ? "exception 0x" : "stack overflow, exception 0x",
                            TE_CSR_READ("mcause"));
  end = te_append_hex(end, ", mtval 0x", TE_CSR_READ("mtval"));
  end = te_append_hex(end, ", ra 0x", back);
  end = te_append_hex(end, ", sp 0x", (uint32_t)(uintptr_t)stack);
  *end = '\0';
  te_fail(text, TE_CSR_READ("mepc"));
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
      "mv a1, ra\n"
      "la sp, te_stack_top\n"
      "j %1\n" ::"i"(on_interrupt),
      "i"(report_fault));
}
