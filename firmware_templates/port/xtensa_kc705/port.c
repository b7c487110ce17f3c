/* QEMU's kc705-nommu: a 16550 UART, and the core's clock as an exact count of instructions. */
#include "bare.h"
#include "te_board.h"
#include "te_core.h"
#include "te_port.h"

#define UART_REGISTER(number) TE_REGISTER(0x9d050020u + 4 * (number))
#define UART_DATA UART_REGISTER(0)
#define UART_IER UART_REGISTER(1)
#define UART_FCR UART_REGISTER(2)
#define UART_LCR UART_REGISTER(3)
#define UART_LSR UART_REGISTER(5)

enum {
  UART_INTERRUPT = 1, /* bit of INTENABLE */
  IER_RX = 1,
  FCR_ENABLE = 1,
  LCR_8N1 = 3,
  LSR_READY = 1,
  LSR_OVERRUN = 2,
  LSR_TX_EMPTY = 1 << 5,
  SYS_EXIT = 1,
};

/* CCOUNT goes on by 40 MHz of an emulated time of 64 ns an instruction: 64 ticks in 25. */
_Static_assert(TE_TICK_HZ == 15625000u, "a tick is an instruction at icount_shift = 6");

/* Instructions of MULSH and MULUH that the core lacks and te_exception has carried out. */
extern volatile uint32_t te_emulated;

static uint64_t instructions; /* until CCOUNT was `last` */
static uint32_t last;
static uint32_t emulation; /* instructions that carry out one the core lacks */

void te_power_off(int code) {
  register int a2 __asm__("a2") = SYS_EXIT;
  register int a3 __asm__("a3") = code;
  /* SIMCALL, which LLVM has no mnemonic for */
  __asm__ volatile(".byte 0x00, 0x51, 0x00" : "+r"(a2) : "r"(a3) : "memory");
}

void te_await_bytes(void) {
  uint32_t status = UART_LSR;
  if (!(status & LSR_READY)) {
    TE_SR_WRITE("intenable", UART_INTERRUPT);
    __asm__ volatile("waiti 0" ::: "memory");
    te_interrupts_off();
    status = UART_LSR;
  }
  for (; status & LSR_READY; status = UART_LSR) {
    if (status & LSR_OVERRUN) te_receive_lost();
    te_receive_put((uint8_t)UART_DATA);
  }
}

/* All instructions, those of the emulation included. Exact: a difference of two counts is off by
 * less than one tick, which is less than half an instruction. */
static uint64_t executed(void) {
  const uint32_t now = TE_SR_READ("ccount");
  instructions += ((uint64_t)(now - last) * 25 + 32) / 64;
  last = now;
  return instructions;
}

/* Instructions of `mulsh` that were not one. In one piece of assembly, so that nothing else stands
 * between the two reads: `mulsh` and one of them. */
static void measure_emulation(void) {
  uint32_t start, end, product = 0;
  __asm__ volatile("rsr %0, ccount\n\tmulsh %2, %2, %2\n\trsr %1, ccount"
                   : "=&r"(start), "=&r"(end), "+&r"(product));
  emulation = ((end - start) * 25 + 32) / 64 - 2;
}

void te_port_init(void) {
  te_guard_stack();
  UART_LCR = LCR_8N1;
  UART_FCR = FCR_ENABLE;
  UART_IER = IER_RX;
  last = TE_SR_READ("ccount");
  measure_emulation();
  te_interrupts_on();
}

void te_port_write(const uint8_t *data, size_t size) {
  for (size_t i = 0; i < size; i++) {
    while (!(UART_LSR & LSR_TX_EMPTY)) {
    }
    UART_DATA = data[i];
  }
}

uint64_t te_port_ticks(void) {
  return executed() - (uint64_t)te_emulated * emulation;
}

uint32_t te_port_ticks_hz(void) {
  return TE_TICK_HZ;
}

/* No interrupt is on but while the core sleeps. */
void te_port_quiet(bool quiet) {
  (void)quiet;
}
