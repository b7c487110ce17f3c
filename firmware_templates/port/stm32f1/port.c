/* STM32F1: clocks, pins, USART. Chapters are those of RM0008 (STM32F103) and RM0041 (STM32F100). */
#include "cortex_m.h"
#include "te_board.h"
#include "te_port.h"
#include "te_tick.h"
#include "te_uart.h"

#define RCC 0x40021000u
#define RCC_CR TE_REGISTER(RCC + 0x00)
#define RCC_CFGR TE_REGISTER(RCC + 0x04)
#define RCC_APB2ENR TE_REGISTER(RCC + 0x18)
#define RCC_APB1ENR TE_REGISTER(RCC + 0x1c)
#define RCC_CSR TE_REGISTER(RCC + 0x24)
#define FLASH_ACR TE_REGISTER(0x40022000)
#define GPIO(pin) (0x40010800u + 0x400u * ((pin) / 16u))
#define GPIO_CR(pin) TE_REGISTER(GPIO(pin) + 4 * ((pin) % 16u / 8u))
#define GPIO_BSRR(pin) TE_REGISTER(GPIO(pin) + 0x10)

enum {
  CR_HSEON = 1 << 16,
  CR_HSERDY = 1 << 17,
  CR_PLLON = 1 << 24,
  CR_PLLRDY = 1 << 25,
  CSR_CLEAR = 1 << 24,
  CSR_WATCHDOG = 1 << 29,
  CFGR_PLL = 2,
  CFGR_PLL_RUNS = 2 << 2,
  CFGR_APB1_DIV_2 = 4 << 8,
  CFGR_HSE = 1 << 16,
  ACR_PREFETCH = 1 << 4,
  APB2ENR_AFIO = 1,
  ALTERNATE_50_MHZ = 0xb,
  INPUT_PULLED = 8,
  MHZ = 1000000,
  APB1_MOST_HZ = 36 * MHZ,
  HSI_HZ = 8 * MHZ,
};

__attribute__((section(".vectors"), used)) static const te_vector vectors[] = {
    TE_CORE_VECTORS,
    [TE_TICK_VECTOR] = te_on_tick,
    [TE_CORE_VECTOR_COUNT + TE_UART_INTERRUPT] = te_on_receive,
};

/* The crystal times 2 to 16 (RCC: clock configuration register). Flash waits one cycle above
 * 24 MHz, two above 48 (RM0008 3.3.3); APB1 may have 36 MHz at most (RM0008 7.2). */
static bool start_clock(void) {
  RCC_CR |= CR_HSEON;
  if (!te_await(&RCC_CR, CR_HSERDY)) return false;
  FLASH_ACR = ACR_PREFETCH | (TE_CLOCK_HZ - 1) / (24 * MHZ);
  uint32_t divided = TE_CLOCK_HZ > APB1_MOST_HZ ? CFGR_APB1_DIV_2 : 0;
  RCC_CFGR = CFGR_HSE | divided | (TE_CLOCK_HZ / TE_CRYSTAL_HZ - 2) << 18;
  RCC_CR |= CR_PLLON;
  if (!te_await(&RCC_CR, CR_PLLRDY)) return false;
  RCC_CFGR |= CFGR_PLL;
  return te_await(&RCC_CFGR, CFGR_PLL_RUNS);
}

static void start_pin(uint32_t pin, uint32_t mode) {
  uint32_t at = 4 * (pin % 8);
  RCC_APB2ENR |= APB2ENR_AFIO | 1u << (2 + pin / 16);
  GPIO_BSRR(pin) = 1u << pin % 16; /* an input is pulled up */
  GPIO_CR(pin) = (GPIO_CR(pin) & ~(0xfu << at)) | mode << at;
}

/* QEMU has none of these clocks. */
void te_port_init(void) {
  bool good = TE_EMULATED || start_clock();
  uint32_t half = TE_UART_BUS == 1 && TE_CLOCK_HZ > APB1_MOST_HZ ? 2 : 1;
  uint32_t clock_hz = good ? TE_CLOCK_HZ / half : HSI_HZ;
  RCC_APB1ENR |= TE_UART_BUS == 1 ? 1u << TE_UART_ENABLE : 0;
  RCC_APB2ENR |= TE_UART_BUS == 2 ? 1u << TE_UART_ENABLE : 0;
  start_pin(TE_TX_PIN, ALTERNATE_50_MHZ);
  start_pin(TE_RX_PIN, INPUT_PULLED);
  te_uart_start(clock_hz);
  te_tick_start();
  const uint32_t reset = RCC_CSR;
  te_reset_note(reset);
  te_watchdog_start(reset & CSR_WATCHDOG);
  RCC_CSR |= CSR_CLEAR;
  if (!good) te_fail("the clock did not start: see crystal_hz", RCC_CR);
}
