/* The device's side of the MLPerf Tiny protocol: commands of text, ended by '%', each answered by
 * lines and then m-ready. Takes the place of command.c and frame.c. */
#include "te_mlperf.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "command.h"
#include "te_board.h"
#include "te_log.h"
#include "te_model.h"
#include "te_port.h"

enum { COMMAND_CHARS = 80, END_OF_COMMAND = '%', BYTES_A_LINE = 8 };

#define LARGEST 4e6f /* of a result that is printed: its thousandths fit 32 bits */

static char command[COMMAND_CHARS + 1];
static uint32_t
    chars; /* of the command that is being received; more than COMMAND_CHARS: too long */

/* What "db" fills: the bytes of one input as the runner's data sets hold it. */
static struct {
  uint8_t bytes[TE_MLPERF_BYTES];
  uint32_t size, received;
} buffer;

static te_status ready;

static bool same(const char *left, const char *right) {
  while (*left != '\0' && *left == *right) left++, right++;
  return *left == *right;
}

static void say(const char *text) {
  te_port_write((const uint8_t *)text, strlen(text));
}

/* Not variadic: LLVM's Xtensa back end reads wrong arguments. */
static void say3(const char *first, const char *second, const char *third) {
  say(first);
  say(second);
  say(third);
}

/* value / by, and what is left of it: some cores have no library for 64 bits. */
static uint64_t divide(uint64_t value, uint32_t by, uint32_t *rest) {
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
    value = divide(value, 10, &digit);
    *--at = (char)('0' + digit);
  } while (value > 0);
  return at;
}

static void say_number(const char *before, uint64_t value, const char *after) {
  char digits[21];
  say3(before, decimal(digits, value), after);
}

static void say_hex(uint8_t byte) {
  static const char digits[] = "0123456789abcdef";
  const uint8_t text[2] = {(uint8_t)digits[byte >> 4], (uint8_t)digits[byte & 15]};
  te_port_write(text, sizeof text);
}

/* What printf's %.3f would need a library for. */
static void say_thousandths(uint64_t thousandths, bool negative) {
  char digits[21];
  uint32_t part;
  uint64_t whole = divide(thousandths, 1000, &part);
  const char fraction[] = {'.', (char)('0' + part / 100), (char)('0' + part / 10 % 10),
                           (char)('0' + part % 10), '\0'};
  say3(negative && thousandths > 0 ? "-" : "", decimal(digits, whole), fraction);
}

/* By shifts, for cores that have no library for 64 bits. */
static uint64_t times(uint64_t value, uint32_t factor) {
  uint64_t product = 0;
  for (; factor > 0; factor >>= 1, value <<= 1) {
    if (factor & 1) product += value;
  }
  return product;
}

static void say_timestamp(void) {
  uint32_t hz = te_port_ticks_hz(), rest;
  uint64_t seconds = divide(te_port_ticks(), hz, &rest);
  uint32_t ignored;
  uint64_t part = divide(times(rest, 1000000), hz, &ignored);
  say_number("m-lap-us-", times(seconds, 1000000) + part, "\r\n");
}

/* The next word after spaces; NULL if there is none. Ends it in place and moves `*at` behind it. */
static char *next_word(char **at) {
  char *word = *at;
  while (*word == ' ') word++;
  if (*word == '\0') return NULL;
  char *end = word;
  while (*end != '\0' && *end != ' ') end++;
  *at = *end == '\0' ? end : end + 1;
  *end = '\0';
  return word;
}

/* The next word as a number of up to nine digits: -1 if it is none, `missing` if there is none. */
static int32_t next_number(char **at, int32_t missing) {
  const char *word = next_word(at);
  if (word == NULL) return missing;
  int32_t value = 0;
  for (uint32_t i = 0; word[i] != '\0'; i++) {
    if (word[i] < '0' || word[i] > '9' || i == 9) return -1;
    value = 10 * value + (word[i] - '0');
  }
  return value;
}

static int hex_digit(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

static void on_load(char *arguments) {
  int32_t size = next_number(&arguments, 0);
  if (size <= 0) {
    say("e-[Command 'db load' must be >0 bytes]\r\n");
  } else if (size > TE_MLPERF_BYTES) {
    say_number("e-[Supplied buffer size ", (uint32_t)size, "");
    say_number(" exceeds maximum of ", TE_MLPERF_BYTES, "]\r\n");
  } else {
    buffer.size = (uint32_t)size;
    buffer.received = 0;
    say_number("m-[Expecting ", buffer.size, " bytes]\r\n");
  }
}

static void on_bytes(const char *digits) {
  if (strlen(digits) % 2 != 0) {
    say("e-[Insufficent number of hex digits]\r\n");
    return;
  }
  if (buffer.received == buffer.size) {
    say("e-[Nothing is expected: 'db load' comes first]\r\n");
    return;
  }
  for (; *digits != '\0' && buffer.received < buffer.size; digits += 2) {
    int high = hex_digit(digits[0]), low = hex_digit(digits[1]);
    if (high < 0 || low < 0) {
      const char pair[] = {digits[0], digits[1], '\0'};
      say3("e-[Invalid hex digit '", pair, "']\r\n");
      return;
    }
    buffer.bytes[buffer.received++] = (uint8_t)(high << 4 | low);
  }
  if (buffer.received == buffer.size) say("m-load-done\r\n");
}

static void on_print(char *arguments) {
  int32_t count = next_number(&arguments, (int32_t)buffer.received);
  int32_t offset = next_number(&arguments, 0);
  if (count < 0 || offset < 0) {
    say("e-[Command 'db print' takes two numbers]\r\n");
    return;
  }
  uint32_t at = (uint32_t)offset, end = at + (uint32_t)count;
  if (end > buffer.received) end = buffer.received;
  for (uint32_t column = 0; at < end; at++) {
    say(column == 0 ? "m-buffer-" : "-");
    say_hex(buffer.bytes[at]);
    column = (column + 1) % BYTES_A_LINE;
    if (column == 0 || at + 1 == end) say("\r\n");
  }
}

static void on_db(char *arguments) {
  char *word = next_word(&arguments);
  if (word == NULL) {
    say("e-[Command 'db' requires a subcommand]\r\n");
  } else if (same(word, "load")) {
    on_load(arguments);
  } else if (same(word, "print")) {
    on_print(arguments);
  } else {
    on_bytes(word);
  }
}

#if TE_MLPERF_INPUT == TE_MLPERF_FLOAT32
/* Halves away from zero, saturated to int8. */
static int8_t quantized(float value, const te_tensor_info *tensor) {
  float steps = value / tensor->scale;
  float shifted = steps + (float)tensor->zero_point;
  if (!(shifted > -128.0f)) return -128;
  if (shifted >= 127.0f) return 127;
  int32_t rounded = (int32_t)(steps < 0 ? steps - 0.5f : steps + 0.5f) + tensor->zero_point;
  return (int8_t)(rounded < -128 ? -128 : rounded > 127 ? 127 : rounded);
}

static float real_input(uint32_t index) {
  float value;
  memcpy(&value, buffer.bytes + index * sizeof value, sizeof value);
  return value;
}

#endif

/* Writes the buffer to the model's input. Before each inference: its memory may be reused. */
static void write_input(void) {
  int8_t *input = te_model_input(0);
  for (uint32_t i = 0; i < te_model.inputs[0].bytes; i++) {
#if TE_MLPERF_INPUT == TE_MLPERF_FLOAT32
    input[i] = quantized(real_input(i), &te_model.inputs[0]);
#elif TE_MLPERF_INPUT == TE_MLPERF_UINT8
    input[i] = (int8_t)(buffer.bytes[i] - 128);
#else
    input[i] = (int8_t)buffer.bytes[i];
#endif
  }
}

/* Output `index` in steps from its zero point. */
static int32_t steps_of(uint32_t index) {
  const int8_t *output = te_model_output(0);
  return output[index] - te_model.outputs[0].zero_point;
}

#if TE_MLPERF_ERROR
/* The mean squared difference between what came in and what came out. */
static void say_result(void) {
  uint32_t count = te_model.outputs[0].bytes;
  float sum = 0;
  for (uint32_t i = 0; i < count; i++) {
    float difference = (float)steps_of(i) * te_model.outputs[0].scale - real_input(i);
    sum += difference * difference;
  }
  float mean = sum / (float)count;
  say_thousandths((uint32_t)((mean < LARGEST ? mean : LARGEST) * 1000.0f + 0.5f), false);
}
#else
static void say_result(void) {
  for (uint32_t i = 0; i < te_model.outputs[0].bytes; i++) {
    int32_t steps = steps_of(i);
    uint64_t scaled = times(TE_MLPERF_STEP, (uint32_t)(steps < 0 ? -steps : steps));
    if (i > 0) say(",");
    say_thousandths((scaled + 0x80000000u) >> 32, steps < 0);
  }
}
#endif

static void on_results(char *arguments) {
  (void)arguments;
  if (ready != TE_OK) {
    say3("e-[", te_model_error(), "]\r\n");
    return;
  }
  say("m-results-[");
  say_result();
  say("]\r\n");
}

/* Runs `count` inferences; says why and returns false if one fails. */
static bool infer(int32_t count) {
  for (int32_t i = 0; i < count; i++) {
    write_input();
    if (te_model_invoke() != TE_OK) {
      say3("e-[", te_model_error(), "]\r\n");
      return false;
    }
  }
  return true;
}

static void on_infer(char *arguments) {
  int32_t count = next_number(&arguments, 1), warmups = next_number(&arguments, 10);
  if (count <= 0) {
    say("e-[Inference iterations must be >0]\r\n");
  } else if (warmups < 0) {
    say("e-[Inference warmup must be >=0]\r\n");
  } else if (ready != TE_OK) {
    say3("e-[", te_model_error(), "]\r\n");
  } else if (buffer.received != TE_MLPERF_BYTES) {
    say_number("e-[Input db has ", buffer.received, "");
    say_number(" bytes, expected ", TE_MLPERF_BYTES, "]\r\n");
  } else {
    say_number("m-warmup-start-", (uint32_t)warmups, "\r\n");
    if (!infer(warmups)) return;
    say("m-warmup-done\r\n");
    say_number("m-infer-start-", (uint32_t)count, "\r\n");
    say_timestamp();
    if (!infer(count)) return;
    say_timestamp();
    say("m-infer-done\r\n");
    on_results(arguments);
  }
}

static void on_name(char *arguments) {
  (void)arguments;
  say3("m-name-dut-[", TE_BOARD_ID, "]\r\n");
}

static void on_profile(char *arguments) {
  (void)arguments;
  say("m-profile-[ULPMark for tinyML Firmware V0.0.1]\r\n");
  say3("m-model-[", TE_MLPERF_MODEL, "]\r\n");
}

static void on_timestamp(char *arguments) {
  (void)arguments;
  say_timestamp();
}

static void on_help(char *arguments);

static const struct {
  const char *name;
  void (*handle)(char *arguments);
  const char *help;
} commands[] = {
    {"help", on_help, "help         : Print this information\r\n"},
    {"name", on_name, "name         : Print the name of the device\r\n"},
    {"profile", on_profile, "profile      : Print the protocol and the model\r\n"},
    {"timestamp", on_timestamp, "timestamp    : Print the time in microseconds\r\n"},
    {"db", on_db,
     "db load N    : Expect N bytes of input\r\n"
     "db HH[HH]*   : Load bytes, as hex\r\n"
     "db print [N] [offset=0]\r\n"
     "             : Print all or N bytes, as hex\r\n"},
    {"infer", on_infer, "infer N [W]  : Run N inferences after W (10) to warm up\r\n"},
    {"results", on_results, "results      : Print the last result\r\n"},
};

static void on_help(char *arguments) {
  (void)arguments;
  say3("tinyedge ", TE_FIRMWARE_VERSION, ", MLPerf Tiny\r\n\r\n");
  for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) say(commands[i].help);
}

static void dispatch(char *text) {
  const char *word = next_word(&text);
  for (size_t i = 0; word != NULL && i < sizeof commands / sizeof commands[0]; i++) {
    if (same(word, commands[i].name)) {
      commands[i].handle(text);
      return;
    }
  }
  say3("e-[Unknown command: ", word == NULL ? "" : word, "]\r\n");
}

/* Takes one received character; line ends of a person's terminal are no part of a command. */
static void take(char received) {
  if (received == END_OF_COMMAND) {
    if (chars > COMMAND_CHARS) {
      say("e-[Command is longer than 80 characters]\r\n");
    } else {
      command[chars] = '\0';
      dispatch(command);
    }
    chars = 0;
    say("m-ready\r\n");
  } else if (received != '\r' && received != '\n' && received != '\0') {
    if (chars < COMMAND_CHARS) command[chars] = received;
    if (chars <= COMMAND_CHARS) chars++;
  }
}

void te_command_loop(void) {
  uint8_t received[64];
  ready = te_model_init();
  if (ready != TE_OK) say3("e-[", te_model_error(), "]\r\n");
  say("m-timestamp-mode-performance\r\nm-init-done\r\nm-ready\r\n");
  for (;;) {
    int count = te_port_read(received, sizeof received);
    if (count < 0) return;
    for (int i = 0; i < count; i++) take((char)received[i]);
  }
}

void te_log(const char *text) {
  say3("m-log-[", text, "]\r\n");
}

void te_fault(const char *text, uint32_t address) {
  say_number("e-[Fault at ", address, ": ");
  say(text);
  say("]\r\n");
}
