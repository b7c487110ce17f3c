/* From reset to main, stack paint, faults and the end, for Arm Cortex-M. */
#include "cortex_m.h"

#include <stdbool.h>
#include <stddef.h>

#include "te_board.h"
#include "te_log.h"
#include "te_port.h"

#define CPACR TE_REGISTER(0xe000ed88)
#define CFSR TE_REGISTER(0xe000ed28)
#define BFAR TE_REGISTER(0xe000ed38)

#define PAINT UINT32_C(0xa5a5a5a5)

enum { SYS_EXIT_EXTENDED = 0x20, ADP_STOPPED_APPLICATION_EXIT = 0x20026 };

/* From the linker script. */
extern uint32_t te_data_load[], te_data_start[], te_data_end[], te_bss_start[], te_bss_end[];
extern uint32_t te_stack_bottom[];
extern te_vector te_init_start[], te_init_end[];

int main(void);

/* Fills the stack below this frame. */
static void paint_stack(void) {
  volatile uint32_t *end = (uint32_t *)__builtin_frame_address(0) - 16;
  for (volatile uint32_t *at = te_stack_bottom; at < end; at++) *at = PAINT;
}

size_t te_port_stack_peak(void) {
  const volatile uint32_t *at = te_stack_bottom;
  while (*at == PAINT) at++;
  return (uintptr_t)te_stack_top - (uintptr_t)at;
}

void te_reset(void) {
#ifdef __ARM_FP
  CPACR |= 0xfu << 20;
  __asm__ volatile("dsb\n isb" ::: "memory");
#endif
  const uint32_t *from = te_data_load;
  for (uint32_t *to = te_data_start; to < te_data_end; to++) *to = *from++;
  for (uint32_t *to = te_bss_start; to < te_bss_end; to++) *to = 0;
  paint_stack();
  for (te_vector *init = te_init_start; init < te_init_end; init++) (*init)();
  main();
  te_port_halt(0);
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

/* Appends " name 0x........" and returns the new end. */
static char *append(char *to, const char *name, uint32_t value) {
  while (*name != '\0') *to++ = *name++;
  for (int shift = 28; shift >= 0; shift -= 4) *to++ = "0123456789abcdef"[value >> shift & 15];
  return to;
}

/* Reports where and why. `frame` is the stack at the fault (r0-r3, r12, lr, pc, xPSR), which
 * itself may be the reason. */
__attribute__((used, noreturn)) static void report_fault(const uint32_t *frame) {
  char text[80];
  uint32_t number;
  uintptr_t low = (uintptr_t)te_stack_bottom, high = (uintptr_t)te_stack_top;
  bool readable = (uintptr_t)frame >= low && (uintptr_t)frame < high;
  __asm__("mrs %0, ipsr" : "=r"(number));
  char *end = append(text, readable ? "exception 0x" : "stack overflow, exception 0x", number);
#if __ARM_ARCH >= 7
  end = append(end, ", cfsr 0x", CFSR);
  end = append(end, ", bfar 0x", BFAR);
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
