/* What the port for ESP-IDF uses of its headers (5.1 to 6.1 have it so), as far as a test needs it.
 * The frames have 32-bit fields on every computer, at the places that the chips' have. */
#ifndef ESP_IDF_H
#define ESP_IDF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IRAM_ATTR __attribute__((section(".iram1")))
#define RTC_NOINIT_ATTR __attribute__((section("rtc_noinit")))
#define FORCE_INLINE_ATTR static inline __attribute__((always_inline))

#define ESP_IDF_VERSION_VAL(major, minor, patch) ((major) << 16 | (minor) << 8 | (patch))

typedef enum {
  PANIC_EXCEPTION_DEBUG,
  PANIC_EXCEPTION_IWDT,
  PANIC_EXCEPTION_TWDT,
  PANIC_EXCEPTION_ABORT,
  PANIC_EXCEPTION_FAULT,
} panic_exception_t;

typedef void (*panic_info_dump_fn_t)(const void *frame);

typedef struct {
  int core;
  panic_exception_t exception;
  const char *reason;
  const char *description;
  panic_info_dump_fn_t details;
  panic_info_dump_fn_t state;
  const void *addr;
  const void *frame;
  bool pseudo_excause;
} panic_info_t;

extern bool g_panic_abort;

#if CONFIG_IDF_TARGET_ARCH_XTENSA
typedef struct {
  int32_t exit, pc, ps;
  int32_t a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15;
  int32_t sar, exccause, excvaddr, lbeg, lend, lcount, tmp0, tmp1, tmp2;
} XtExcFrame;
#else
typedef struct {
  int32_t mepc, ra, sp, gp, tp, t0, t1, t2, s0, s1, a0, a1, a2, a3, a4, a5, a6, a7;
  int32_t s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, t3, t4, t5, t6;
  int32_t mstatus, mtvec, mcause, mtval, mhartid;
} RvExcFrame;
#endif

typedef enum {
  ESP_RST_UNKNOWN,
  ESP_RST_POWERON,
  ESP_RST_EXT,
  ESP_RST_SW,
  ESP_RST_PANIC,
  ESP_RST_INT_WDT,
  ESP_RST_TASK_WDT,
  ESP_RST_WDT,
  ESP_RST_DEEPSLEEP,
  ESP_RST_BROWNOUT,
} esp_reset_reason_t;

typedef int esp_err_t;
enum { ESP_OK };
esp_reset_reason_t esp_reset_reason(void);
int64_t esp_timer_get_time(void);
uint32_t esp_rom_get_cpu_ticks_per_us(void);
uint32_t esp_cpu_get_cycle_count(void);

typedef void *TaskHandle_t, *QueueHandle_t;
typedef unsigned TickType_t;
typedef uint8_t StackType_t;
enum { pdTRUE = 1 };
#define ESP_TASK_MAIN_STACK 8192u
#define portMAX_DELAY UINT32_MAX
#define pdMS_TO_TICKS(ms) ((TickType_t)(ms) / 10)
TaskHandle_t xTaskGetCurrentTaskHandle(void);
uint8_t *pxTaskGetStackStart(TaskHandle_t task);
StackType_t *xTaskGetStackStart(TaskHandle_t task);
unsigned uxTaskGetStackHighWaterMark(TaskHandle_t task);
void vTaskSuspend(TaskHandle_t task);
void vTaskDelay(TickType_t ticks);
int xQueueReceive(QueueHandle_t queue, void *item, TickType_t ticks);
esp_err_t esp_task_wdt_add(TaskHandle_t task);
esp_err_t esp_task_wdt_delete(TaskHandle_t task);
esp_err_t esp_task_wdt_reset(void);

enum { UART_NUM_0 = 0, UART_PIN_NO_CHANGE = -1, U0TXD_GPIO_NUM = 1, U0RXD_GPIO_NUM = 3 };
enum { UART_DATA_8_BITS = 3, UART_PARITY_DISABLE = 0, UART_STOP_BITS_1 = 1 };
enum { UART_HW_FLOWCTRL_DISABLE, UART_SCLK_DEFAULT, UART_FIFO_OVF, UART_BUFFER_FULL };
typedef struct {
  int baud_rate, data_bits, parity, stop_bits, flow_ctrl, source_clk;
} uart_config_t;
typedef struct {
  int type;
} uart_event_t;
esp_err_t uart_driver_install(int port, int rx, int tx, int depth, QueueHandle_t *queue, int flags);
esp_err_t uart_param_config(int port, const uart_config_t *config);
esp_err_t uart_set_pin(int port, int tx, int rx, int rts, int cts);
bool uart_is_driver_installed(int port);
esp_err_t uart_wait_tx_done(int port, TickType_t ticks);
int uart_read_bytes(int port, void *data, uint32_t size, TickType_t ticks);
int uart_write_bytes(int port, const void *data, size_t size);
esp_err_t uart_get_buffered_data_len(int port, size_t *size);
esp_err_t uart_disable_rx_intr(int port);
esp_err_t uart_enable_rx_intr(int port);

typedef struct {
  uint32_t size;
} esp_partition_t;
typedef uint32_t esp_partition_mmap_handle_t;
enum { ESP_PARTITION_TYPE_DATA = 1, ESP_PARTITION_SUBTYPE_ANY = 255, ESP_PARTITION_MMAP_DATA = 0 };
const esp_partition_t *esp_partition_find_first(int type, int subtype, const char *label);
esp_err_t esp_partition_mmap(const esp_partition_t *partition, size_t offset, size_t size,
                             int memory, const void **to, esp_partition_mmap_handle_t *handle);
esp_err_t esp_partition_erase_range(const esp_partition_t *partition, size_t offset, size_t size);
esp_err_t esp_partition_write(const esp_partition_t *partition, size_t offset, const void *data,
                              size_t size);

#endif
