/* From a stack to main, stack paint, and the text of fault reports. */
#include <stddef.h>

#include "bare.h"
#include "te_board.h"
#include "te_log.h"
#include "te_port.h"

#define PAINT UINT32_C(0xa5a5a5a5)

enum { GUARD_WORDS = 8 };

/* From the linker script. */
extern uint32_t te_data_load[], te_data_start[], te_data_end[], te_bss_start[], te_bss_end[];
extern uint32_t te_stack_bottom[];
extern void (*te_init_start[])(void), (*te_init_end[])(void);

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

bool te_port_stack_whole(void) {
  for (int i = 0; i < GUARD_WORDS; i++) {
    if (((volatile uint32_t *)te_stack_bottom)[i] != PAINT) return false;
  }
  return true;
}

_Noreturn void te_boot(void) {
  /* Word by word, for no function of the C library may be needed before its data is there. */
  const volatile uint32_t *from = te_data_load;
  for (uint32_t *to = te_data_start; to < te_data_end; to++) *to = *from++;
  for (volatile uint32_t *to = te_bss_start; to < te_bss_end; to++) *to = 0;
  paint_stack();
  for (void (**init)(void) = te_init_start; init < te_init_end; init++) (*init)();
  main();
  te_port_halt(0);
}

int te_in_stack(const void *pointer) {
  const uintptr_t at = (uintptr_t)pointer;
  return at >= (uintptr_t)te_stack_bottom && at < (uintptr_t)te_stack_top;
}

char *te_append_hex(char *to, const char *name, uint32_t value) {
  while (*name != '\0') *to++ = *name++;
  for (int shift = 28; shift >= 0; shift -= 4) *to++ = "0123456789abcdef"[value >> shift & 15];
  return to;
}

_Noreturn void te_fail(const char *text, uint32_t address) {
  te_fault(text, address);
  if (TE_EMULATED) te_port_halt(1);
  for (;;) {
    for (volatile uint32_t turns = TE_CLOCK_HZ / 64; turns > 0; turns--) {
    }
    te_fault(text, address);
  }
}
