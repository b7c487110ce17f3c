/* From reset to boot, traps and the end, for RISC-V. */
#include "riscv.h"

#include <stdbool.h>
#include <stdint.h>

#include "bare.h"
#include "te_board.h"
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

/* ra, sp and a0 to a7, as they were at the fault. */
static uint32_t registers[10];

enum { TOLD = TE_TELLS_REGISTERS ? 10 : 2 };

/* Reports where and why; the stack pointer at the fault may be the reason. */
__attribute__((used, noreturn)) static void report_fault(void) {
  static const char *const names[] = {", ra 0x", ", sp 0x", ", a0 0x", ", a1 0x", ", a2 0x",
                                      ", a3 0x", ", a4 0x", ", a5 0x", ", a6 0x", ", a7 0x"};
  char text[208];
  const bool good = te_in_stack((const void *)(uintptr_t)registers[1]);
  char *end = te_append_hex(text, good ? "exception 0x" : "stack overflow, exception 0x",
                            TE_CSR_READ("mcause"));
  end = te_append_hex(end, ", mtval 0x", TE_CSR_READ("mtval"));
  for (int i = 0; i < TOLD; i++) end = te_append_hex(end, names[i], registers[i]);
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
      "1: la t0, %2\n"
      "sw ra, 0(t0)\n"
      "sw sp, 4(t0)\n"
      "sw a0, 8(t0)\n"
      "sw a1, 12(t0)\n"
      "sw a2, 16(t0)\n"
      "sw a3, 20(t0)\n"
      "sw a4, 24(t0)\n"
      "sw a5, 28(t0)\n"
      "sw a6, 32(t0)\n"
      "sw a7, 36(t0)\n"
      "la sp, te_stack_top\n"
      "j %1\n" ::"i"(on_interrupt),
      "i"(report_fault), "i"(registers));
}
