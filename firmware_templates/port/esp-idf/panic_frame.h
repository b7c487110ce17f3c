/* The frame that ESP-IDF has saved at a fault, as words: where it has what a report tells. */
#ifndef TE_PANIC_FRAME_H
#define TE_PANIC_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "esp_attr.h"
#include "sdkconfig.h"
#include "te_board.h"

#define TE_WORD(type, field) (offsetof(type, field) / sizeof(uint32_t))

#if CONFIG_IDF_TARGET_ARCH_XTENSA

/* ESP-IDF 5.1 has it in a folder. */
#if __has_include("xtensa_context.h")
#include "xtensa_context.h"
#else
#include "xtensa/xtensa_context.h"
#endif

#define TE_FRAME_NAMES                                                                          \
  {", a0 0x", ", a1 0x", ", a2 0x",  ", a3 0x",  ", a4 0x",  ", a5 0x",  ", a6 0x",  ", a7 0x", \
   ", a8 0x", ", a9 0x", ", a10 0x", ", a11 0x", ", a12 0x", ", a13 0x", ", a14 0x", ", a15 0x"}
#define TE_FRAME_VALUE ", excvaddr 0x"

enum {
  TE_FRAME_PC = TE_WORD(XtExcFrame, pc),
  TE_FRAME_CAUSE = TE_WORD(XtExcFrame, exccause),
  TE_FRAME_ADDRESS = TE_WORD(XtExcFrame, excvaddr),
  TE_FRAME_SP = TE_WORD(XtExcFrame, a1),
  TE_FRAME_NAMED = 16,
  TE_FRAME_TOLD = TE_TELLS_REGISTERS ? TE_FRAME_NAMED : 0,
};

/* a0 to a15 */
FORCE_INLINE_ATTR int te_frame_register(int number) {
  return (int)TE_WORD(XtExcFrame, a0) + number;
}

#else

#include "riscv/rvruntime-frames.h"

#define TE_FRAME_NAMES                                    \
  {", ra 0x", ", sp 0x", ", a0 0x", ", a1 0x", ", a2 0x", \
   ", a3 0x", ", a4 0x", ", a5 0x", ", a6 0x", ", a7 0x"}
#define TE_FRAME_VALUE ", mtval 0x"

enum {
  TE_FRAME_PC = TE_WORD(RvExcFrame, mepc),
  TE_FRAME_CAUSE = TE_WORD(RvExcFrame, mcause),
  TE_FRAME_ADDRESS = TE_WORD(RvExcFrame, mtval),
  TE_FRAME_SP = TE_WORD(RvExcFrame, sp),
  TE_FRAME_NAMED = 10,
  TE_FRAME_TOLD = TE_TELLS_REGISTERS ? TE_FRAME_NAMED : 2,
};

/* ra, sp and a0 to a7 */
FORCE_INLINE_ATTR int te_frame_register(int number) {
  const int ra = TE_WORD(RvExcFrame, ra), a0 = TE_WORD(RvExcFrame, a0);
  return number < 2 ? ra + number : a0 + number - 2;
}

#endif

#endif
