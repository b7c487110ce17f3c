/* RP2040 and RP2350: crystal, PLL, pins, UART. Core 1 stays asleep in the boot ROM. */
#include "chip.h"
#include "cortex_m.h"
#include "te_board.h"
#include "te_port.h"
#include "te_tick.h"
#include "te_uart.h"

/* Writing ones at these aliases clears and sets them (RP2040 datasheet 2.1.2, RP2350 2.1.3). */
#define SET(address) TE_REGISTER((address) + 0x2000)
#define CLEAR(address) TE_REGISTER((address) + 0x3000)

#define RESETS_DONE TE_REGISTER(RESETS + 0x8)
#define WATCHDOG_REASON TE_REGISTER(WATCHDOG + 0x8)
#define CLK_REF_CTRL TE_REGISTER(CLOCKS + 0x30)
#define CLK_REF_SELECTED TE_REGISTER(CLOCKS + 0x38)
#define CLK_SYS_CTRL TE_REGISTER(CLOCKS + 0x3c)
#define CLK_SYS_SELECTED TE_REGISTER(CLOCKS + 0x44)
#define CLK_PERI_CTRL TE_REGISTER(CLOCKS + 0x48)
#define XOSC_CTRL TE_REGISTER(XOSC + 0x00)
#define XOSC_STATUS TE_REGISTER(XOSC + 0x04)
#define XOSC_STARTUP TE_REGISTER(XOSC + 0x0c)
#define PLL_CS TE_REGISTER(PLL_SYS + 0x0)
#define PLL_FBDIV TE_REGISTER(PLL_SYS + 0x8)
#define PLL_PRIM TE_REGISTER(PLL_SYS + 0xc)
#define GPIO_CTRL(pin) TE_REGISTER(IO_BANK0 + 8 * (pin) + 4)
#define PAD(pin) TE_REGISTER(PADS_BANK0 + 4 * (pin) + 4)

#define TOP_BIT (UINT32_C(1) << 31)

enum {
  XOSC_1_TO_15_MHZ = 0xaa0,
  XOSC_ENABLE = 0xfab << 12,
  XOSC_WAIT = 47, /* times 256 cycles of 12 MHz: one millisecond */
  REF_XOSC = 2,
  SYS_AUX = 1,
  PERI_ENABLE = 1 << 11,
  PLL_PD = 1 << 0,
  PLL_POSTDIV_PD = 1 << 3,
  PLL_VCO_PD = 1 << 5,
  FUNCTION_UART = 2,
  PAD_PULLED_UP = 0x5a, /* input on, pull-up, Schmitt trigger, 4 mA; not isolated, output not off */
  XOSC_HZ = 12000000,
};

_Static_assert(TE_CLOCK_HZ == PLL_HZ, "cpu.clock_hz is what the port's PLL makes: see chip.h");

__attribute__((section(".vectors"), used)) static const te_vector vectors[] = {
    TE_CORE_VECTORS,
    [TE_TICK_VECTOR] = te_on_tick,
    [TE_CORE_VECTOR_COUNT + TE_UART_INTERRUPT] = te_on_receive,
};

static bool unreset(uint32_t bits) {
  CLEAR(RESETS) = bits;
  for (uint32_t bit = 1; bit != 0; bit <<= 1) {
    if ((bits & bit) && !te_await(&RESETS_DONE, bit)) return false;
  }
  return true;
}

static bool start_crystal(void) {
  XOSC_STARTUP = XOSC_WAIT;
  XOSC_CTRL = XOSC_ENABLE | XOSC_1_TO_15_MHZ;
  if (!te_await(&XOSC_STATUS, TOP_BIT)) return false;
  CLK_SYS_CTRL = 0; /* from the reference, while the PLL is set */
  if (!te_await(&CLK_SYS_SELECTED, 1)) return false;
  CLK_REF_CTRL = REF_XOSC;
  return te_await(&CLK_REF_SELECTED, 1 << REF_XOSC);
}

/* The boot ROM may have used the PLL. */
static bool start_pll(void) {
  SET(RESETS) = RESET_PLL_SYS;
  if (!unreset(RESET_PLL_SYS)) return false;
  te_chip_raise_voltage();
  PLL_CS = 1; /* the crystal undivided */
  PLL_FBDIV = PLL_MULTIPLIER;
  CLEAR(PLL_SYS + 0x4) = PLL_PD | PLL_VCO_PD;
  if (!te_await(&PLL_CS, TOP_BIT)) return false;
  PLL_PRIM = PLL_DIVIDERS;
  CLEAR(PLL_SYS + 0x4) = PLL_POSTDIV_PD;
  CLK_SYS_CTRL = SYS_AUX;
  return te_await(&CLK_SYS_SELECTED, 1 << SYS_AUX);
}

static void start_pin(uint32_t pin) {
  GPIO_CTRL(pin) = FUNCTION_UART;
  PAD(pin) = PAD_PULLED_UP;
}

void te_port_init(void) {
  bool crystal = start_crystal();
  bool good = crystal && start_pll();
  CLK_PERI_CTRL = PERI_ENABLE; /* from the system clock */
  unreset(RESET_IO_BANK0 | RESET_PADS_BANK0 | RESET_UART0);
  start_pin(TE_TX_PIN);
  start_pin(TE_RX_PIN);
  te_uart_start(good ? TE_CLOCK_HZ : XOSC_HZ);
  te_tick_start();
  te_watchdog_start(WATCHDOG_REASON & 1); /* its timer; a chip's other resets clear it */
  if (!good) te_fail("the clock did not start", crystal ? PLL_CS : XOSC_STATUS);
}
