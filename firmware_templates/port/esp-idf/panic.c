#include "panic.h"

#include <stddef.h>
#include <stdint.h>

#include "esp_attr.h"
#include "esp_idf_version.h"
#include "esp_private/panic_internal.h"
#include "freertos/FreeRTOS.h"
#include "freertos/idf_additions.h"
#include "freertos/task.h"
#include "panic_frame.h"
#include "te_log.h"

#define MAGIC UINT32_C(0x43505445) /* "ETPC" */

enum {
  BELOW_STACK = 4096, /* how far below the stack its pointer still speaks of its overflow */
  STACK_GUARD = 80,   /* end of the watched bytes, and what a register window spills below it */
  TEXT_WORDS = 20,
  TEXT_BYTES = 4 * TEXT_WORDS,
  FIELD_BYTES = 24, /* at most, of a report: a name and its value */
  REPORT_BYTES = TEXT_BYTES + FIELD_BYTES * (3 + TE_FRAME_TOLD),
};

/* What is kept, by words, since memory of the RTC is read and written so. */
enum {
  KEPT_MAGIC,
  KEPT_PC,
  KEPT_CAUSE,
  KEPT_ADDRESS,
  KEPT_CORE,
  KEPT_OVERFLOW,
  KEPT_TEXT,
  KEPT_REGISTERS = KEPT_TEXT + TEXT_WORDS,
  KEPT_SUM = KEPT_REGISTERS + TE_FRAME_TOLD,
  KEPT_WORDS,
};

static RTC_NOINIT_ATTR volatile uint32_t kept[KEPT_WORDS];
static TaskHandle_t watched; /* NULL before te_panic_watch */
static uintptr_t stack_bottom;

/* Not there before ESP-IDF 5.1.2. */
extern char *g_panic_abort_details __attribute__((weak));

void __real_esp_panic_handler(panic_info_t *info);
void __wrap_esp_panic_handler(panic_info_t *info);

/* Of all words before it; at power-up they hold anything. */
FORCE_INLINE_ATTR uint32_t sum_of_kept(void) {
  uint32_t sum = 0;
  for (int i = 0; i < KEPT_SUM; i++) sum = (sum << 5 | sum >> 27) ^ kept[i];
  return sum;
}

FORCE_INLINE_ATTR bool is_whole(void) {
  return kept[KEPT_MAGIC] == MAGIC && kept[KEPT_SUM] == sum_of_kept();
}

FORCE_INLINE_ATTR void keep_frame(const panic_info_t *info) {
  const uint32_t *frame = info->frame;
  kept[KEPT_MAGIC] = MAGIC;
  kept[KEPT_PC] = frame[TE_FRAME_PC];
  kept[KEPT_CAUSE] = frame[TE_FRAME_CAUSE];
  kept[KEPT_ADDRESS] = frame[TE_FRAME_ADDRESS];
  kept[KEPT_CORE] = (uint32_t)info->core;
  kept[KEPT_OVERFLOW] = 0;
  for (int i = 0; i < TEXT_WORDS; i++) kept[KEPT_TEXT + i] = 0;
  for (int i = 0; i < TE_FRAME_TOLD; i++) {
    kept[KEPT_REGISTERS + i] = frame[te_frame_register(i)];
  }
  kept[KEPT_SUM] = sum_of_kept();
}

/* What abort has said, or ESP-IDF's name for the exception; NULL: neither. */
FORCE_INLINE_ATTR const char *text_of(const panic_info_t *info) {
  if (!g_panic_abort) return info->reason;
  return &g_panic_abort_details != NULL ? g_panic_abort_details : NULL;
}

/* Reads all of it before it changes what is kept. */
FORCE_INLINE_ATTR void keep_text(const char *text) {
  int length = 0;
  while (length < TEXT_BYTES - 1 && text[length] != '\0') length++;
  for (int i = 0; i < TEXT_WORDS; i++) {
    uint32_t word = 0;
    for (int at = 4 * i; at < 4 * i + 4 && at < length; at++) {
      word |= (uint32_t)(uint8_t)text[at] << at % 4 * 8;
    }
    kept[KEPT_TEXT + i] = word;
  }
  kept[KEPT_SUM] = sum_of_kept();
}

FORCE_INLINE_ATTR void keep_overflow(const panic_info_t *info) {
  const uintptr_t sp = ((const uint32_t *)info->frame)[TE_FRAME_SP];
  if (watched == NULL || xTaskGetCurrentTaskHandle() != watched) return;
  kept[KEPT_OVERFLOW] = sp - (stack_bottom - BELOW_STACK) < BELOW_STACK + STACK_GUARD;
  kept[KEPT_SUM] = sum_of_kept();
}

/* Linked in ESP-IDF's handler's place. The flash's cache may have been off, and what is read from
 * flash may fault again: the registers come first, and a second fault leaves the first one's. */
void IRAM_ATTR __wrap_esp_panic_handler(panic_info_t *info) {
  if (!is_whole()) {
    keep_frame(info);
    if (text_of(info) != NULL) keep_text(text_of(info));
    keep_overflow(info);
  }
  __real_esp_panic_handler(info);
}

void te_panic_watch(void) {
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(6, 0, 0)
  stack_bottom = (uintptr_t)xTaskGetStackStart(NULL);
#else
  stack_bottom = (uintptr_t)pxTaskGetStackStart(NULL);
#endif
  watched = xTaskGetCurrentTaskHandle();
}

static char *append(char *to, const char *text) {
  while (*text != '\0') *to++ = *text++;
  return to;
}

static char *append_hex(char *to, const char *name, uint32_t value) {
  to = append(to, name);
  for (int shift = 28; shift >= 0; shift -= 4) *to++ = "0123456789abcdef"[value >> shift & 15];
  return to;
}

static char *append_cause(char *to, const char *why) {
  char text[TEXT_BYTES];
  for (int i = 0; i < TEXT_BYTES; i++) {
    text[i] = (char)(kept[KEPT_TEXT + i / 4] >> i % 4 * 8 & 0xff);
  }
  text[TEXT_BYTES - 1] = '\0';
  if (kept[KEPT_OVERFLOW] != 0) {
    to = append(to, "stack overflow");
  } else if (text[0] != '\0') {
    to = append(to, text);
  } else {
    to = append(to, why != NULL ? why : "the firmware failed and restarted");
  }
  return kept[KEPT_CORE] == 1 ? append(to, " on core 1") : to;
}

bool te_panic_tell(const char *why) {
  static const char *const names[TE_FRAME_NAMED] = TE_FRAME_NAMES;
  char report[REPORT_BYTES];
  if (!is_whole()) return false;
  char *end = append_hex(append_cause(report, why), ", exception 0x", kept[KEPT_CAUSE]);
  end = append_hex(end, TE_FRAME_VALUE, kept[KEPT_ADDRESS]);
  for (int i = 0; i < TE_FRAME_TOLD; i++) {
    end = append_hex(end, names[i], kept[KEPT_REGISTERS + i]);
  }
  *end = '\0';
  kept[KEPT_MAGIC] = 0; /* before it is told: if that faults, too, the next start tells of it */
  te_fault(report, kept[KEPT_PC]);
  return true;
}
