/* Espressif's chips under ESP-IDF: UART0 through its driver, the cycle counter, the main task. */
#include "te_port.h"

#include <stdlib.h>

#include "driver/uart.h"
#include "esp_cpu.h"
#include "esp_rom_sys.h"
#include "esp_system.h"
#include "esp_task.h"
#include "esp_task_wdt.h"
#include "esp_timer.h"
#include "freertos/FreeRTOS.h"
#include "freertos/queue.h"
#include "freertos/task.h"
#include "panic.h"
#include "soc/uart_pins.h"
#include "te_board.h"
#include "te_log.h"
#include "te_protocol.h"

enum { RX_BYTES = 2 * TE_WINDOW, EVENTS = 16, STACK_GUARD_BYTES = 32, WAKE_MS = 1000 };

int main(void);

static QueueHandle_t events; /* what the driver reports besides the bytes */
static uint32_t overruns;
static uint64_t ticks_at_start;

/* ESP-IDF starts here, in the main task, whose stack is CONFIG_ESP_MAIN_TASK_STACK_SIZE. */
void app_main(void) {
  main();
}

/* The console is off, and with it the bootloader has released the pins. */
static esp_err_t open_uart(void) {
  const uart_config_t config = {
      .baud_rate = TE_BAUD,
      .data_bits = UART_DATA_8_BITS,
      .parity = UART_PARITY_DISABLE,
      .stop_bits = UART_STOP_BITS_1,
      .flow_ctrl = UART_HW_FLOWCTRL_DISABLE,
      .source_clk = UART_SCLK_DEFAULT,
  };
  esp_err_t error = uart_driver_install(UART_NUM_0, RX_BYTES, 0, EVENTS, &events, 0);
  if (error == ESP_OK) error = uart_param_config(UART_NUM_0, &config);
  if (error == ESP_OK) {
    error = uart_set_pin(UART_NUM_0, U0TXD_GPIO_NUM, U0RXD_GPIO_NUM, UART_PIN_NO_CHANGE,
                         UART_PIN_NO_CHANGE);
  }
  return error;
}

/* Why the chip has restarted, if that was a fault; NULL if not. */
static const char *last_fault(void) {
  switch (esp_reset_reason()) {
    case ESP_RST_PANIC:
      return "the firmware failed and restarted";
    case ESP_RST_INT_WDT:
    case ESP_RST_TASK_WDT:
    case ESP_RST_WDT:
      return "a watchdog restarted the firmware";
    case ESP_RST_BROWNOUT:
      return "the supply voltage broke down";
    default:
      return NULL;
  }
}

/* Ticks that have passed by the microsecond timer's count, exact to a few hundred. */
static uint64_t ticks_by_timer(void) {
  return (uint64_t)esp_timer_get_time() * esp_rom_get_cpu_ticks_per_us();
}

static void begin_ticks(void) {
  ticks_at_start = ticks_by_timer() - esp_cpu_get_cycle_count();
}

/* A fault restarts the chip without a word, so that the next start tells of it. abort, for without
 * a UART nothing can be told, and halting would be for good. */
void te_port_init(void) {
  te_panic_watch();
  if (open_uart() != ESP_OK) abort();
  begin_ticks();
#ifdef TE_WATCHDOG_S
  if (esp_task_wdt_add(NULL) != ESP_OK) abort();
#endif
  if (!te_panic_tell(last_fault()) && last_fault() != NULL) te_fault(last_fault(), 0);
}

/* Counts the times that the driver had to drop bytes; each stands for one byte or more. */
static void count_overruns(void) {
  uart_event_t event;
  while (xQueueReceive(events, &event, 0) == pdTRUE) {
    if (event.type == UART_FIFO_OVF || event.type == UART_BUFFER_FULL) overruns++;
  }
}

int te_port_read(uint8_t *data, size_t size) {
  size_t waiting = 0;
  do {
    te_port_alive();
  } while (uart_read_bytes(UART_NUM_0, data, 1, pdMS_TO_TICKS(WAKE_MS)) != 1);
  count_overruns();
  if (uart_get_buffered_data_len(UART_NUM_0, &waiting) != ESP_OK || waiting == 0) return 1;
  if (waiting > size - 1) waiting = size - 1;
  int more = uart_read_bytes(UART_NUM_0, data + 1, (uint32_t)waiting, 0);
  return more > 0 ? 1 + more : 1;
}

void te_port_write(const uint8_t *data, size_t size) {
  uart_write_bytes(UART_NUM_0, data, size);
}

uint32_t te_port_overruns(void) {
  count_overruns();
  return overruns;
}

/* The cycle counter has 32 bits; how often it has wrapped follows from the microsecond timer. */
uint64_t te_port_ticks(void) {
  uint64_t expected = ticks_by_timer() - ticks_at_start;
  return expected + (uint64_t)(int64_t)(int32_t)(esp_cpu_get_cycle_count() - (uint32_t)expected);
}

uint32_t te_port_ticks_hz(void) {
  return esp_rom_get_cpu_ticks_per_us() * 1000000u;
}

/* The system's tick interrupt stays: a hundred times a second, a few microseconds each. The two
 * clocks begin together, since the cycle counter of some chips stands still while nothing runs. */
void te_port_quiet(bool quiet) {
  if (quiet) {
    uart_disable_rx_intr(UART_NUM_0);
    begin_ticks();
  } else {
    uart_enable_rx_intr(UART_NUM_0);
  }
}

size_t te_port_stack_peak(void) {
  return ESP_TASK_MAIN_STACK - uxTaskGetStackHighWaterMark(NULL);
}

bool te_port_stack_whole(void) {
  return uxTaskGetStackHighWaterMark(NULL) >= STACK_GUARD_BYTES;
}

/* ESP-IDF's watchdog of tasks, of CONFIG_ESP_TASK_WDT_TIMEOUT_S seconds. */
void te_port_alive(void) {
#ifdef TE_WATCHDOG_S
  esp_task_wdt_reset();
#endif
}

void te_port_halt(int code) {
  (void)code;
  if (uart_is_driver_installed(UART_NUM_0)) uart_wait_tx_done(UART_NUM_0, portMAX_DELAY);
#ifdef TE_WATCHDOG_S
  esp_task_wdt_delete(NULL);
#endif
  for (;;) vTaskSuspend(NULL);
}
