#include "te_observe.h"

#include "te_log.h"

/* Appends `value` in decimal; returns where the text ends. */
static char *put_number(char *to, uint64_t value) {
  char digits[20];
  int count = 0;
  do {
    digits[count++] = (char)('0' + value % 10);
    value /= 10;
  } while (value != 0);
  while (count > 0) *to++ = digits[--count];
  return to;
}

static char *put_text(char *to, const char *text) {
  while (*text != '\0') *to++ = *text++;
  return to;
}

void te_observe_layer(uint32_t layer, uint64_t ticks) {
  char text[64]; /* "layer ", at most 10 digits, ": ", at most 20 digits, " ticks" */
  char *end = put_text(text, "layer ");
  end = put_number(end, layer);
  end = put_text(end, ": ");
  end = put_number(end, ticks);
  *put_text(end, " ticks") = '\0';
  te_log(text);
}
