/* STM32F4: clocks, pins, USART. Numbers in brackets are chapters of RM0090 (STM32F405/407) and
 * RM0390 (STM32F446). */
#include "cortex_m.h"
#include "te_board.h"
#include "te_port.h"
#include "te_tick.h"
#include "te_uart.h"

#define RCC 0x40023800u
#define RCC_CR TE_REGISTER(RCC + 0x00)
#define RCC_PLLCFGR TE_REGISTER(RCC + 0x04)
#define RCC_CFGR TE_REGISTER(RCC + 0x08)
#define RCC_AHB1ENR TE_REGISTER(RCC + 0x30)
#define RCC_APB1ENR TE_REGISTER(RCC + 0x40)
#define RCC_APB2ENR TE_REGISTER(RCC + 0x44)
#define RCC_CSR TE_REGISTER(RCC + 0x74)
#define PWR_CR TE_REGISTER(0x40007000)
#define PWR_CSR TE_REGISTER(0x40007004)
#define FLASH_ACR TE_REGISTER(0x40023c00)
#define GPIO(pin) (0x40020000u + 0x400u * ((pin) / 16u))
#define GPIO_MODER(pin) TE_REGISTER(GPIO(pin) + 0x00)
#define GPIO_PUPDR(pin) TE_REGISTER(GPIO(pin) + 0x0c)
#define GPIO_AFR(pin) TE_REGISTER(GPIO(pin) + 0x20 + 4 * ((pin) % 16u / 8u))

enum {
  CR_HSEON = 1 << 16,
  CR_HSERDY = 1 << 17,
  CR_HSEBYP = 1 << 18,
  CR_PLLON = 1 << 24,
  CR_PLLRDY = 1 << 25,
  PLLCFGR_HSE = 1 << 22,
  PLLCFGR_REST = 2 << 28 | 8 << 24, /* outputs that nothing uses: R, as after reset, and Q */
  CFGR_PLL = 2,
  CFGR_PLL_RUNS = 2 << 2,
  CFGR_APB1_DIV_4 = 5 << 10,
  CFGR_APB2_DIV_2 = 4 << 13,
  CSR_CLEAR = 1 << 24,
  CSR_WATCHDOG = 1 << 29,
  APB1ENR_TIM2 = 1 << 0,
  APB1ENR_PWR = 1 << 28,
  PWR_CR_VOS = 1 << 14, /* scale 1; the STM32F446's second bit is set since reset */
  PWR_CR_ODEN = 1 << 16,
  PWR_CR_ODSWEN = 1 << 17,
  PWR_CSR_ODRDY = 1 << 16,
  PWR_CSR_ODSWRDY = 1 << 17,
  ACR_PREFETCH = 1 << 8,
  ACR_CACHES = 3 << 9,
  MODE_ALTERNATE = 2,
  PULL_UP = 1,
  MHZ = 1000000,
  WITHOUT_OVERDRIVE_HZ = 168 * MHZ,
  HSI_HZ = 16 * MHZ,
};

__attribute__((section(".vectors"), used)) static const te_vector vectors[] = {
    TE_CORE_VECTORS,
#if !TE_TICK_WAKES
    [TE_CORE_VECTOR_COUNT - 1] = te_on_wake,
#endif
    [TE_TICK_VECTOR] = te_on_tick,
    [TE_CORE_VECTOR_COUNT + TE_UART_INTERRUPT] = te_on_receive,
};

/* The input divided to 1 MHz, times 2 * f, divided by 2 (RCC PLL configuration register: VCO of 100
 * to 432 MHz, so f of 50 to 180 MHz). Without a crystal the internal oscillator will do. */
static bool start_pll(void) {
  RCC_CR |= CR_HSEON | (TE_CRYSTAL_BYPASS ? CR_HSEBYP : 0);
  bool crystal = te_await(&RCC_CR, CR_HSERDY);
  uint32_t divider = (crystal ? TE_CRYSTAL_HZ : HSI_HZ) / MHZ;
  RCC_PLLCFGR = divider | 2 * (TE_CLOCK_HZ / MHZ) << 6 | (crystal ? PLLCFGR_HSE : 0) | PLLCFGR_REST;
  RCC_CR |= CR_PLLON;
  return te_await(&RCC_CR, CR_PLLRDY);
}

/* Over-drive, above 168 MHz (PWR: entering over-drive mode, RM0390 5.1.4). */
static bool start_overdrive(void) {
  PWR_CR |= PWR_CR_ODEN;
  if (!te_await(&PWR_CSR, PWR_CSR_ODRDY)) return false;
  PWR_CR |= PWR_CR_ODSWEN;
  return te_await(&PWR_CSR, PWR_CSR_ODSWRDY);
}

/* Five wait states of flash serve up to 168 MHz, and 180 MHz with over-drive, at 2.7 to 3.6 V
 * (RM0090 table 10, RM0390 table 5). APB1 stays under 45, APB2 under 90 MHz. */
static bool start_clock(void) {
  RCC_APB1ENR |= APB1ENR_PWR;
  PWR_CR |= PWR_CR_VOS;
  if (!start_pll()) return false;
  if (TE_CLOCK_HZ > WITHOUT_OVERDRIVE_HZ && !start_overdrive()) return false;
  FLASH_ACR = ACR_PREFETCH | ACR_CACHES | 5;
  RCC_CFGR = CFGR_APB1_DIV_4 | CFGR_APB2_DIV_2;
  RCC_CFGR |= CFGR_PLL;
  return te_await(&RCC_CFGR, CFGR_PLL_RUNS);
}

static void start_pin(uint32_t pin) {
  uint32_t number = pin % 16, low = number % 8;
  RCC_AHB1ENR |= 1u << pin / 16;
  GPIO_AFR(pin) = (GPIO_AFR(pin) & ~(0xfu << 4 * low)) | (uint32_t)TE_UART_FUNCTION << 4 * low;
  GPIO_PUPDR(pin) = (GPIO_PUPDR(pin) & ~(3u << 2 * number)) | (uint32_t)PULL_UP << 2 * number;
  GPIO_MODER(pin) = (GPIO_MODER(pin) & ~(3u << 2 * number)) | (uint32_t)MODE_ALTERNATE
                                                                  << 2 * number;
}

/* QEMU has none of these clocks. */
void te_port_init(void) {
  bool good = TE_EMULATED || start_clock();
  uint32_t clock_hz = good ? TE_CLOCK_HZ / (TE_UART_BUS == 1 ? 4 : 2) : HSI_HZ;
  RCC_APB1ENR |= APB1ENR_TIM2 | (TE_UART_BUS == 1 ? 1u << TE_UART_ENABLE : 0);
  RCC_APB2ENR |= TE_UART_BUS == 2 ? 1u << TE_UART_ENABLE : 0;
  start_pin(TE_TX_PIN);
  start_pin(TE_RX_PIN);
  te_uart_start(clock_hz);
  te_tick_start();
  const uint32_t reset = RCC_CSR;
  te_reset_note(reset);
  te_watchdog_start(reset & CSR_WATCHDOG);
  RCC_CSR |= CSR_CLEAR;
  if (!good) te_fail("the clock did not start: see crystal_hz and crystal_bypass", RCC_CR);
}
