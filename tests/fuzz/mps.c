/* Start-up and console (semihosting) of the fuzzer on the MPS boards that QEMU emulates. */
#include "harness.h"

#define CPACR (*(volatile uint32_t *)0xE000ED88u) /* access to the FPU */
#define SYS_WRITE0 0x04u
#define SYS_EXIT_EXTENDED 0x20u
#define APPLICATION_EXIT 0x20026u

extern uint32_t te_fuzz_data_begin[], te_fuzz_data_end[];
extern uint32_t te_fuzz_data_image[], te_fuzz_bss_begin[], te_fuzz_bss_end[];

void te_fuzz_stack_top(void); /* an address from mps2.ld or mps3.ld */
void te_fuzz_reset(void);
static void fault(void);

__attribute__((section(".vectors"), used)) static void (*const vectors[])(void) = {
    te_fuzz_stack_top, te_fuzz_reset, fault, fault, fault, fault, fault};

static void semihost(uint32_t operation, const void *argument) {
  register uint32_t r0 __asm("r0") = operation;
  register const void *r1 __asm("r1") = argument;
  __asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

void te_fuzz_print(const char *text) {
  semihost(SYS_WRITE0, text);
}

void te_fuzz_exit(int code) {
  const uint32_t block[] = {APPLICATION_EXIT, (uint32_t)code};
  for (;;) semihost(SYS_EXIT_EXTENDED, block);
}

static void fault(void) {
  te_fuzz_print("fault\n");
  te_fuzz_exit(1);
}

void te_fuzz_reset(void) {
  const uint32_t *image = te_fuzz_data_image;
  for (uint32_t *at = te_fuzz_data_begin; at < te_fuzz_data_end;) *at++ = *image++;
  for (uint32_t *at = te_fuzz_bss_begin; at < te_fuzz_bss_end;) *at++ = 0;
#ifdef __ARM_FP
  CPACR |= 0xFu << 20;
#endif
  te_fuzz_run();
  te_fuzz_exit(0);
}
