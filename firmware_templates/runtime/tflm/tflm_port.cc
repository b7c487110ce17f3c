/* TensorFlow Lite Micro's platform hooks over te_port.h: clock, log, start. Written once for all
 * boards. A TFLM library has hooks of its own; the linker takes these, since it meets them first.
 */
#include "tflm_port.h"

#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "te_log.h"
#include "te_port.h"
#include "tensorflow/lite/micro/debug_log.h"
#include "tensorflow/lite/micro/micro_time.h"
#include "tensorflow/lite/micro/system_setup.h"

namespace te {
namespace {

char line[128];      // the last message
char messages[256];  // all of them, as far as there is room
uint32_t missing_bytes;

// Where formatted text goes; counts what does not fit.
struct Sink {
  char *data;
  uint32_t size;
  uint32_t length;
};

void Put(Sink *sink, char character) {
  if (sink->length + 1 < sink->size) {
    sink->data[sink->length] = character;
  }
  sink->length++;
}

void PutText(Sink *sink, const char *text) {
  for (const char *at = text != nullptr ? text : "(null)"; *at != '\0'; at++) {
    Put(sink, *at);
  }
}

void PutUnsigned(Sink *sink, uint64_t value, uint32_t base, int width, char pad) {
  char digits[20];  // 2^64 has 20 decimal digits
  int count = 0;
  do {
    digits[count++] = "0123456789abcdef"[value % base];
    value /= base;
  } while (value != 0);
  for (int i = count; i < width; i++) {
    Put(sink, pad);
  }
  while (count > 0) {
    Put(sink, digits[--count]);
  }
}

void PutSigned(Sink *sink, int64_t value, int width, char pad) {
  if (value < 0) {
    Put(sink, '-');
    PutUnsigned(sink, 0 - static_cast<uint64_t>(value), 10, width - 1, pad);
  } else {
    PutUnsigned(sink, static_cast<uint64_t>(value), 10, width, pad);
  }
}

void PutReal(Sink *sink, double value) {
  if (!(value > -1e15 && value < 1e15)) {
    PutText(sink, "(out of range)");
    return;
  }
  if (value < 0) {
    Put(sink, '-');
    value = -value;
  }
  const uint64_t thousandths = static_cast<uint64_t>(value * 1000 + 0.5);
  PutUnsigned(sink, thousandths / 1000, 10, 0, ' ');
  Put(sink, '.');
  PutUnsigned(sink, thousandths % 1000, 10, 3, '0');
}

// A conversion's width, padding and length modifier ('L' stands for ll, 0 for none).
struct Spec {
  int width;
  char pad;
  char length;
};

// Reads what stands between % and the conversion letter; returns where the letter is.
const char *ParseSpec(const char *at, Spec *spec) {
  *spec = {0, ' ', 0};
  for (; *at == '-' || *at == '+' || *at == '#' || *at == ' ' || *at == '0'; at++) {
    spec->pad = *at == '0' ? '0' : spec->pad;
  }
  for (; *at >= '0' && *at <= '9'; at++) {
    spec->width = spec->width * 10 + (*at - '0');
  }
  if (*at == '.') {
    for (at++; *at >= '0' && *at <= '9'; at++) {
    }
  }
  for (; *at == 'h' || *at == 'l' || *at == 'z' || *at == 't' || *at == 'j'; at++) {
    spec->length = (spec->length == 'l' && *at == 'l') || *at == 'j' ? 'L' : *at;
  }
  return at;
}

int64_t NextSigned(va_list *args, char length) {
  switch (length) {
    case 'L':
      return va_arg(*args, long long);
    case 'l':
      return va_arg(*args, long);
    case 'z':
    case 't':
      return va_arg(*args, ptrdiff_t);
    default:
      return va_arg(*args, int);
  }
}

uint64_t NextUnsigned(va_list *args, char length) {
  switch (length) {
    case 'L':
      return va_arg(*args, unsigned long long);
    case 'l':
      return va_arg(*args, unsigned long);
    case 'z':
    case 't':
      return va_arg(*args, size_t);
    default:
      return va_arg(*args, unsigned);
  }
}

void PutConversion(Sink *sink, char conversion, const Spec &spec, va_list *args) {
  switch (conversion) {
    case 'd':
    case 'i':
      PutSigned(sink, NextSigned(args, spec.length), spec.width, spec.pad);
      break;
    case 'u':
      PutUnsigned(sink, NextUnsigned(args, spec.length), 10, spec.width, spec.pad);
      break;
    case 'x':
    case 'X':
      PutUnsigned(sink, NextUnsigned(args, spec.length), 16, spec.width, spec.pad);
      break;
    case 'p':
      PutText(sink, "0x");
      PutUnsigned(sink, reinterpret_cast<uintptr_t>(va_arg(*args, void *)), 16, 0, ' ');
      break;
    case 'c':
      Put(sink, static_cast<char>(va_arg(*args, int)));
      break;
    case 's':
      PutText(sink, va_arg(*args, const char *));
      break;
    case 'e':
    case 'f':
    case 'g':
      PutReal(sink, va_arg(*args, double));
      break;
    default:
      Put(sink, conversion);
  }
}

// Ends the text, cut to what there is room for, with NUL.
void Terminate(const Sink &sink) {
  if (sink.size != 0) {
    sink.data[sink.length < sink.size ? sink.length : sink.size - 1] = '\0';
  }
}

int FormatList(char *buffer, uint32_t size, const char *format, va_list list) {
  va_list args;
  va_copy(args, list);
  Sink sink = {buffer, size, 0};
  for (const char *at = format; *at != '\0'; at++) {
    if (*at != '%') {
      Put(&sink, *at);
      continue;
    }
    Spec spec;
    at = ParseSpec(at + 1, &spec);
    if (*at == '\0') {
      break;
    }
    PutConversion(&sink, *at, spec, &args);
  }
  va_end(args);
  Terminate(sink);
  return static_cast<int>(sink.length);
}

// Appends the last message to the others.
void Remember() {
  Sink sink = {messages, sizeof(messages), 0};
  while (messages[sink.length] != '\0') {
    sink.length++;
  }
  PutText(&sink, sink.length != 0 ? "; " : "");
  PutText(&sink, line);
  Terminate(sink);
}

// The number after "missing: " in a message of TFLM's allocators; 0 if there is none.
uint32_t ParseMissing(const char *text) {
  static const char kWord[] = "missing: ";
  for (; *text != '\0'; text++) {
    uint32_t i = 0;
    while (kWord[i] != '\0' && text[i] == kWord[i]) {
      i++;
    }
    if (kWord[i] != '\0') {
      continue;
    }
    uint32_t value = 0;
    for (text += i; *text >= '0' && *text <= '9'; text++) {
      value = value * 10 + static_cast<uint32_t>(*text - '0');
    }
    return value;
  }
  return 0;
}

}  // namespace

void ForgetMessages() {
  messages[0] = '\0';
  missing_bytes = 0;
}

uint32_t MissingBytes() {
  return missing_bytes;
}

const char *Messages() {
  return messages;
}

int Format(char *buffer, uint32_t size, const char *format, ...) {
  va_list args;
  va_start(args, format);
  const int length = FormatList(buffer, size, format, args);
  va_end(args);
  return length;
}

}  // namespace te

extern "C" void DebugLog(const char *format, va_list args) {
  te::FormatList(te::line, sizeof(te::line), format, args);
  if (te::line[0] == '\r' || te::line[0] == '\0') {
    return;  // TFLM ends each message with a line of its own
  }
  const uint32_t missing = te::ParseMissing(te::line);
  te::missing_bytes = missing != 0 ? missing : te::missing_bytes;
  te::Remember();
  te_log(te::line);
}

extern "C" int DebugVsnprintf(char *buffer, size_t buf_size, const char *format, va_list vlist) {
  return te::FormatList(buffer, static_cast<uint32_t>(buf_size), format, vlist);
}

#ifndef ESP_PLATFORM
// What TFLM calls where it finds a fault of its own. The C and C++ libraries' versions would bring
// printf, a heap and an unwinder along; these report to the host and stop.
extern "C" void abort() {
  const uintptr_t address = reinterpret_cast<uintptr_t>(__builtin_return_address(0));
  te_fault("TFLM aborted", static_cast<uint32_t>(address));
  te_port_halt(1);
}

extern "C" void __assert_func(const char *, int line, const char *, const char *expression) {
  te::Format(te::line, sizeof(te::line), "TFLM: line %d: not true: %s", line, expression);
  te_fault(te::line, static_cast<uint32_t>(line));
  te_port_halt(1);
}

extern "C" void __cxa_pure_virtual() {
  abort();
}

// Virtual destructors refer to them; nothing is ever deleted.
void operator delete(void *) noexcept {
  abort();
}

void operator delete(void *, std::size_t) noexcept {
  abort();
}
#endif

namespace tflite {

// The application has started the port before it calls the runtime.
void InitializeTarget() {}

uint32_t GetCurrentTimeTicks() {
  return te_port_ticks();
}

uint32_t ticks_per_second() {
  return te_port_ticks_hz();
}

}  // namespace tflite
