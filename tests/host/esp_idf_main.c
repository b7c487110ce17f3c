/* Starts the port for ESP-IDF once: its serial line is standard output, the RTC's memory a file.
 *   RTC REASON              starts, after a reset for this reason
 *   RTC REASON fault ...    starts and faults: CORE TASK TEXT, and the words of the frame
 *   RTC REASON abort ...    the same, where TEXT is what abort says; "-": nothing
 *   RTC REASON unreadable ... the same, where reading the text faults with every word 9
 *   RTC REASON mute         has no UART
 *   RTC REASON foreign      finds no partitions */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "esp_idf.h"
#include "te_flash.h"
#include "te_port.h"

enum { MAIN_TASK = 1, STACK = 0x3ffb8000, NOWHERE = 64 };

extern uint8_t __start_rtc_noinit[], __stop_rtc_noinit[];
void esp_panic_handler(panic_info_t *info); /* what --wrap redirects */
void chip_restart(void);

bool g_panic_abort;
#if !OLDEST
char *g_panic_abort_details;
#endif
static const char *rtc, *action = "";
static esp_reset_reason_t reason;
static uintptr_t task = MAIN_TASK;
static int delays;
static uint32_t frame[64];

static void move_rtc(const char *mode) {
  const size_t size = (size_t)(__stop_rtc_noinit - __start_rtc_noinit);
  FILE *file = fopen(rtc, mode);
  if (file == NULL) return;
  const size_t moved = *mode == 'r' ? fread(__start_rtc_noinit, 1, size, file)
                                    : fwrite(__start_rtc_noinit, 1, size, file);
  if (fclose(file) != 0 || moved != size) exit(3);
}

void chip_restart(void) {
  move_rtc("w");
  exit(0);
}

static void fault_again(int number) {
  static uint32_t second[64];
  static panic_info_t info = {.frame = second};
  (void)number;
  for (int i = 0; i < 64; i++) second[i] = 9;
  esp_panic_handler(&info);
}

static void fault(char **word) {
  panic_info_t info = {.core = atoi(word[0]), .exception = PANIC_EXCEPTION_FAULT, .frame = frame};
  const char *text = strcmp(word[2], "-") == 0 ? NULL : word[2];
  task = (uintptr_t)strtoul(word[1], NULL, 0);
  for (int i = 0; word[3 + i] != NULL; i++) frame[i] = (uint32_t)strtoul(word[3 + i], NULL, 0);
  info.reason = strcmp(action, "unreadable") == 0 ? (const char *)NOWHERE : text;
  g_panic_abort = strcmp(action, "abort") == 0;
#if !OLDEST
  g_panic_abort_details = g_panic_abort ? strdup(text != NULL ? text : "") : NULL;
#endif
  signal(SIGSEGV, fault_again);
  esp_panic_handler(&info);
}

int main(int words, char **word) {
  rtc = word[1];
  reason = (esp_reset_reason_t)atoi(word[2]);
  if (words > 3) action = word[3];
  move_rtc("r");
  te_port_init();
  if (words > 4) fault(word + 4);
  if (strcmp(action, "foreign") == 0) te_flash_init();
  chip_restart();
}

esp_reset_reason_t esp_reset_reason(void) {
  return reason;
}
esp_err_t uart_driver_install(int port, int rx, int tx, int depth, QueueHandle_t *queue,
                              int flags) {
  (void)port, (void)rx, (void)tx, (void)depth, (void)queue, (void)flags;
  return strcmp(action, "mute") == 0;
}
int uart_write_bytes(int port, const void *data, size_t size) {
  (void)port;
  return write(1, data, size) == (ssize_t)size ? (int)size : -1;
}
TaskHandle_t xTaskGetCurrentTaskHandle(void) {
  return (TaskHandle_t)task;
}
uint8_t *pxTaskGetStackStart(TaskHandle_t of) {
  return of == NULL && task == MAIN_TASK ? (uint8_t *)STACK : NULL;
}
StackType_t *xTaskGetStackStart(TaskHandle_t of) {
  return pxTaskGetStackStart(of);
}
const esp_partition_t *esp_partition_find_first(int type, int subtype, const char *label) {
  (void)type, (void)subtype, (void)label;
  return NULL;
}
esp_err_t esp_partition_mmap(const esp_partition_t *partition, size_t offset, size_t size,
                             int memory, const void **to, esp_partition_mmap_handle_t *handle) {
  (void)offset, (void)size, (void)memory, (void)to, (void)handle;
  return partition == NULL;
}
void vTaskDelay(TickType_t ticks) {
  if (ticks == 0 || ++delays == 2) chip_restart();
}
esp_err_t esp_task_wdt_add(TaskHandle_t of) {
  return of != NULL;
}
esp_err_t esp_task_wdt_reset(void) {
  return ESP_OK;
}
int64_t esp_timer_get_time(void) {
  return 0;
}
uint32_t esp_rom_get_cpu_ticks_per_us(void) {
  return 240;
}
uint32_t esp_cpu_get_cycle_count(void) {
  return 0;
}
esp_err_t uart_param_config(int port, const uart_config_t *config) {
  return port != UART_NUM_0 || config->data_bits != UART_DATA_8_BITS;
}
esp_err_t uart_set_pin(int port, int tx, int rx, int rts, int cts) {
  return port != UART_NUM_0 || tx == rx || rts != cts;
}
