/* The device's side of the MLPerf Tiny protocol: commands of text, ended by '%', each answered by
 * lines and then m-ready. Takes the place of command.c and frame.c. */
#include "te_mlperf.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "command.h"
#include "guard.h"
#include "mlperf_text.h"
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

#if TE_MLPERF_ENERGY
enum { EDGES_HZ = 1000 }; /* the mark is low for a millisecond, so that slow monitors see it */

/* In energy mode a time stamp is a falling edge of the mark. */
static void say_timestamp(void) {
  const uint64_t until = te_port_ticks() + te_port_ticks_hz() / EDGES_HZ;
  te_port_mark(false);
  while (te_port_ticks() < until) {
  }
  te_port_mark(true);
}

/* The first edge tells the monitor that the device has started. */
static void start_timestamps(void) {
  te_port_mark_start();
  te_port_mark(true);
  te_say("m-timestamp-mode-energy\r\n");
  say_timestamp();
}
#else
static void say_timestamp(void) {
  uint32_t hz = te_port_ticks_hz(), rest;
  uint64_t seconds = te_divide(te_port_ticks(), hz, &rest);
  uint32_t ignored;
  uint64_t part = te_divide(te_times(rest, 1000000), hz, &ignored);
  te_say_number("m-lap-us-", te_times(seconds, 1000000) + part, "\r\n");
}

static void start_timestamps(void) {
  te_say("m-timestamp-mode-performance\r\n");
}
#endif

static void on_load(char *arguments) {
  int32_t size = te_next_number(&arguments, 0);
  if (size <= 0) {
    te_say("e-[Command 'db load' must be >0 bytes]\r\n");
  } else if (size > TE_MLPERF_BYTES) {
    te_say_number("e-[Supplied buffer size ", (uint32_t)size, "");
    te_say_number(" exceeds maximum of ", TE_MLPERF_BYTES, "]\r\n");
  } else {
    buffer.size = (uint32_t)size;
    buffer.received = 0;
    te_say_number("m-[Expecting ", buffer.size, " bytes]\r\n");
  }
}

static void on_bytes(const char *digits) {
  if (strlen(digits) % 2 != 0) {
    te_say("e-[Insufficent number of hex digits]\r\n");
    return;
  }
  if (buffer.received == buffer.size) {
    te_say("e-[Nothing is expected: 'db load' comes first]\r\n");
    return;
  }
  for (; *digits != '\0' && buffer.received < buffer.size; digits += 2) {
    int high = te_hex_digit(digits[0]), low = te_hex_digit(digits[1]);
    if (high < 0 || low < 0) {
      const char pair[] = {digits[0], digits[1], '\0'};
      te_say3("e-[Invalid hex digit '", pair, "']\r\n");
      return;
    }
    buffer.bytes[buffer.received++] = (uint8_t)(high << 4 | low);
  }
  if (buffer.received == buffer.size) te_say("m-load-done\r\n");
}

static void on_print(char *arguments) {
  int32_t count = te_next_number(&arguments, (int32_t)buffer.received);
  int32_t offset = te_next_number(&arguments, 0);
  if (count < 0 || offset < 0) {
    te_say("e-[Command 'db print' takes two numbers]\r\n");
    return;
  }
  uint32_t at = (uint32_t)offset, end = at + (uint32_t)count;
  if (end > buffer.received) end = buffer.received;
  for (uint32_t column = 0; at < end; at++) {
    te_say(column == 0 ? "m-buffer-" : "-");
    te_say_hex(buffer.bytes[at]);
    column = (column + 1) % BYTES_A_LINE;
    if (column == 0 || at + 1 == end) te_say("\r\n");
  }
}

static void on_db(char *arguments) {
  char *word = te_next_word(&arguments);
  if (word == NULL) {
    te_say("e-[Command 'db' requires a subcommand]\r\n");
  } else if (te_same(word, "load")) {
    on_load(arguments);
  } else if (te_same(word, "print")) {
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
  te_say_thousandths((uint32_t)((mean < LARGEST ? mean : LARGEST) * 1000.0f + 0.5f), false);
}
#else
static void say_result(void) {
  for (uint32_t i = 0; i < te_model.outputs[0].bytes; i++) {
    int32_t steps = steps_of(i);
    uint64_t scaled = te_times(TE_MLPERF_STEP, (uint32_t)(steps < 0 ? -steps : steps));
    if (i > 0) te_say(",");
    te_say_thousandths((scaled + 0x80000000u) >> 32, steps < 0);
  }
}
#endif

static void on_results(char *arguments) {
  (void)arguments;
  if (ready != TE_OK) {
    te_say3("e-[", te_guard_error(), "]\r\n");
    return;
  }
  te_say("m-results-[");
  say_result();
  te_say("]\r\n");
}

/* Runs `count` inferences; says why and returns false if one fails. */
static bool infer(int32_t count) {
  for (int32_t i = 0; i < count; i++) {
    write_input();
    if (te_model_invoke() != TE_OK || te_guard_check() != TE_OK) {
      te_say3("e-[", te_guard_error(), "]\r\n");
      return false;
    }
  }
  return true;
}

static void on_infer(char *arguments) {
  int32_t count = te_next_number(&arguments, 1), warmups = te_next_number(&arguments, 10);
  if (count <= 0) {
    te_say("e-[Inference iterations must be >0]\r\n");
  } else if (warmups < 0) {
    te_say("e-[Inference warmup must be >=0]\r\n");
  } else if (ready != TE_OK) {
    te_say3("e-[", te_guard_error(), "]\r\n");
  } else if (buffer.received != TE_MLPERF_BYTES) {
    te_say_number("e-[Input db has ", buffer.received, "");
    te_say_number(" bytes, expected ", TE_MLPERF_BYTES, "]\r\n");
  } else {
    te_say_number("m-warmup-start-", (uint32_t)warmups, "\r\n");
    if (!infer(warmups)) return;
    te_say("m-warmup-done\r\n");
    te_say_number("m-infer-start-", (uint32_t)count, "\r\n");
    say_timestamp();
    if (!infer(count)) return;
    say_timestamp();
    te_say("m-infer-done\r\n");
    on_results(arguments);
  }
}

static void on_name(char *arguments) {
  (void)arguments;
  te_say3("m-name-dut-[", TE_BOARD_ID, "]\r\n");
}

static void on_profile(char *arguments) {
  (void)arguments;
  te_say("m-profile-[ULPMark for tinyML Firmware V0.0.1]\r\n");
  te_say3("m-model-[", TE_MLPERF_MODEL, "]\r\n");
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
  te_say3("tinyedge ", TE_FIRMWARE_VERSION, ", MLPerf Tiny\r\n\r\n");
  for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) te_say(commands[i].help);
}

static void dispatch(char *text) {
  const char *word = te_next_word(&text);
  for (size_t i = 0; word != NULL && i < sizeof commands / sizeof commands[0]; i++) {
    if (te_same(word, commands[i].name)) {
      commands[i].handle(text);
      return;
    }
  }
  te_say3("e-[Unknown command: ", word == NULL ? "" : word, "]\r\n");
}

/* Takes one received character; line ends of a person's terminal are no part of a command. */
static void take(char received) {
  if (received == END_OF_COMMAND) {
    if (chars > COMMAND_CHARS) {
      te_say("e-[Command is longer than 80 characters]\r\n");
    } else {
      command[chars] = '\0';
      dispatch(command);
    }
    chars = 0;
    te_say("m-ready\r\n");
  } else if (received != '\r' && received != '\n' && received != '\0') {
    if (chars < COMMAND_CHARS) command[chars] = received;
    if (chars <= COMMAND_CHARS) chars++;
  }
}

void te_command_loop(void) {
  uint8_t received[64];
  ready = te_guard_init();
  if (ready != TE_OK) te_say3("e-[", te_guard_error(), "]\r\n");
  start_timestamps();
  te_say("m-init-done\r\nm-ready\r\n");
  for (;;) {
    int count = te_port_read(received, sizeof received);
    if (count < 0) return;
    for (int i = 0; i < count; i++) take((char)received[i]);
  }
}

void te_log(const char *text) {
  te_say3("m-log-[", text, "]\r\n");
}

void te_fault(const char *text, uint32_t address) {
  te_say_number("e-[Fault at ", address, ": ");
  te_say(text);
  te_say("]\r\n");
}
