/* From reset to boot, faults and the end, for Arm Cortex-M. */
#include "cortex_m.h"

#include <stdbool.h>
#include <stddef.h>

#include "te_board.h"
#include "te_port.h"

#define CPACR TE_REGISTER(0xe000ed88)
#define VTOR TE_REGISTER(0xe000ed08)
#define CFSR TE_REGISTER(0xe000ed28)
#define BFAR TE_REGISTER(0xe000ed38)

/* A stack pointer would have passed its limit: the core has put no frame there. */
#define CFSR_STACK_LIMIT (UINT32_C(1) << 20)

enum { REPORT_BYTES = 640 }; /* of stack, for the report of a fault */
enum { SYS_EXIT_EXTENDED = 0x20, ADP_STOPPED_APPLICATION_EXIT = 0x20026 };

/* Guard below the stack, where the core has a memory protection unit of Armv6-M or Armv7-M; those
 * of Armv8-M have a limit of the stack pointer instead. */
#define MPU_TYPE TE_REGISTER(0xe000ed90)
#define MPU_CTRL TE_REGISTER(0xe000ed94)
#define MPU_RBAR TE_REGISTER(0xe000ed9c)
#define MPU_RASR TE_REGISTER(0xe000eda0)
#define MMFAR TE_REGISTER(0xe000ed34)

#define CFSR_MMFAR_VALID (UINT32_C(1) << 7)

enum {
  GUARD_LOG2 = 12, /* bytes below the stack, which lies at the bottom of RAM: nothing is there */
  GUARD_BYTES = 1 << GUARD_LOG2,
  MPU_TYPE_REGIONS = 0xff << 8,
  CTRL_ENABLE = 1,
  CTRL_DEFAULT_MAP = 1 << 2, /* all else stays as it is */
  RBAR_VALID = 1 << 4,       /* and region 0 */
  RASR_ENABLE = 1,
  RASR_NEVER_EXECUTED = 1 << 28, /* access: none */
};

/* From the linker script. */
extern uint32_t te_stack_bottom[], te_vectors[];

#if __ARM_ARCH < 8
/* A stack that overflows faults, even where a chip has memory below its RAM. */
static void guard_stack(void) {
  if (!(MPU_TYPE & MPU_TYPE_REGIONS) || (uintptr_t)te_stack_bottom % GUARD_BYTES) return;
  MPU_RBAR = ((uintptr_t)te_stack_bottom - GUARD_BYTES) | RBAR_VALID;
  MPU_RASR = RASR_NEVER_EXECUTED | (GUARD_LOG2 - 1) << 1 | RASR_ENABLE;
  MPU_CTRL = CTRL_DEFAULT_MAP | CTRL_ENABLE;
  __asm__ volatile("dsb\n isb" ::: "memory");
}
#endif

void te_reset(void) {
  VTOR = (uint32_t)(uintptr_t)te_vectors; /* a bootloader's may be there; a Cortex-M0 has none */
#if __ARM_ARCH >= 8
  __asm__ volatile("msr msplim, %0" ::"r"(te_stack_bottom));
#else
  guard_stack();
#endif
#if defined __ARM_FP || defined __ARM_FEATURE_MVE
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
  for (;;) {
    te_port_alive();
    __asm__ volatile("wfi");
  }
}

/* The frame that the core has put on the stack at the fault. */
enum { FRAME_R0, FRAME_R1, FRAME_R2, FRAME_R3, FRAME_R12, FRAME_LR, FRAME_PC, FRAME_XPSR };
enum { FIRST_TOLD = TE_TELLS_REGISTERS ? FRAME_R0 : FRAME_LR };

/* Describes the fault in `text`. `frame` is NULL where the core could put none on the stack. */
static void describe(char *text, const uint32_t *frame, bool overflow) {
  static const char *const names[] = {", r0 0x",  ", r1 0x", ", r2 0x", ", r3 0x",
                                      ", r12 0x", ", lr 0x", ", pc 0x", ", xpsr 0x"};
  uint32_t number;
  __asm__("mrs %0, ipsr" : "=r"(number));
  char *end =
      te_append_hex(text, overflow ? "stack overflow, exception 0x" : "exception 0x", number);
#if __ARM_ARCH >= 7
  end = te_append_hex(end, ", cfsr 0x", CFSR);
  end = te_append_hex(end, ", bfar 0x", BFAR);
#endif
  for (int i = FIRST_TOLD; frame && i <= FRAME_XPSR; i++)
    end = te_append_hex(end, names[i], frame[i]);
  *end = '\0';
}

/* Whether the access that faulted was one to the guard below the stack. */
static bool hit_guard(void) {
#if __ARM_ARCH == 7
  return (CFSR & CFSR_MMFAR_VALID) && (uintptr_t)te_stack_bottom - MMFAR <= GUARD_BYTES;
#else
  return false;
#endif
}

/* Reports where and why. `sp` is the stack pointer at the fault, which itself may be the reason. */
__attribute__((used, noreturn)) static void report_fault(const uint32_t *sp) {
  char text[224];
  bool readable = te_in_stack(sp);
#if __ARM_ARCH >= 8
  readable = readable && !(CFSR & CFSR_STACK_LIMIT);
#endif
  describe(text, readable ? sp : NULL, !readable || hit_guard());
  te_fail(text, readable ? sp[FRAME_PC] : 0);
}

/* Every fault and every interrupt that nothing handles. Goes on below the frame, or at the top of
 * the stack where an overflow has left no room for a report. */
__attribute__((naked)) void te_fault_entry(void) {
  __asm__ volatile(
      "mov r0, sp\n"
      "ldr r1, =te_stack_top\n"
      "ldr r2, =te_stack_bottom + %c1\n"
      "cmp r0, r2\n"
      "blo 1f\n"
      "cmp r0, r1\n"
      "blo 2f\n"
      "1: mov sp, r1\n"
      "2: ldr r1, =%c0\n"
      "bx r1\n"
      ".ltorg\n" ::"i"(report_fault),
      "i"(REPORT_BYTES));
}
