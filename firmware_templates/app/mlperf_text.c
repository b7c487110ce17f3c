#include "mlperf_text.h"

#include <stddef.h>
#include <string.h>

#include "te_port.h"

bool te_same(const char *left, const char *right) {
  while (*left != '\0' && *left == *right) left++, right++;
  return *left == *right;
}

void te_say(const char *text) {
  te_port_write((const uint8_t *)text, strlen(text));
}

/* Not variadic: LLVM's Xtensa back end reads wrong arguments. */
void te_say3(const char *first, const char *second, const char *third) {
  te_say(first);
  te_say(second);
  te_say(third);
}

/* By shifts, for cores that have no library for 64 bits. */
uint64_t te_divide(uint64_t value, uint32_t by, uint32_t *rest) {
  uint64_t quotient = 0, left = 0;
  for (int bit = 63; bit >= 0; bit--) {
    left = left << 1 | (value >> bit & 1);
    if (left < by) continue;
    left -= by;
    quotient |= (uint64_t)1 << bit;
  }
  *rest = (uint32_t)left;
  return quotient;
}

/* Decimal digits of `value`, at the end of `to`, which has room for 21 characters. */
static const char *decimal(char *to, uint64_t value) {
  char *at = to + 20;
  *at = '\0';
  do {
    uint32_t digit;
    value = te_divide(value, 10, &digit);
    *--at = (char)('0' + digit);
  } while (value > 0);
  return at;
}

void te_say_number(const char *before, uint64_t value, const char *after) {
  char digits[21];
  te_say3(before, decimal(digits, value), after);
}

void te_say_hex(uint8_t byte) {
  static const char digits[] = "0123456789abcdef";
  const uint8_t text[2] = {(uint8_t)digits[byte >> 4], (uint8_t)digits[byte & 15]};
  te_port_write(text, sizeof text);
}

/* What printf's %.3f would need a library for. */
void te_say_thousandths(uint64_t thousandths, bool negative) {
  char digits[21];
  uint32_t part;
  uint64_t whole = te_divide(thousandths, 1000, &part);
  const char fraction[] = {'.', (char)('0' + part / 100), (char)('0' + part / 10 % 10),
                           (char)('0' + part % 10), '\0'};
  te_say3(negative && thousandths > 0 ? "-" : "", decimal(digits, whole), fraction);
}

uint64_t te_times(uint64_t value, uint32_t factor) {
  uint64_t product = 0;
  for (; factor > 0; factor >>= 1, value <<= 1) {
    if (factor & 1) product += value;
  }
  return product;
}

char *te_next_word(char **at) {
  char *word = *at;
  while (*word == ' ') word++;
  if (*word == '\0') return NULL;
  char *end = word;
  while (*end != '\0' && *end != ' ') end++;
  *at = *end == '\0' ? end : end + 1;
  *end = '\0';
  return word;
}

int32_t te_next_number(char **at, int32_t missing) {
  const char *word = te_next_word(at);
  if (word == NULL) return missing;
  int32_t value = 0;
  for (uint32_t i = 0; word[i] != '\0'; i++) {
    if (word[i] < '0' || word[i] > '9' || i == 9) return -1;
    value = 10 * value + (word[i] - '0');
  }
  return value;
}

int te_hex_digit(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}
