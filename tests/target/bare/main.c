/* Runs the cases one after another, through the port of the emulated board. */
#include <string.h>

#include "harness.h"
#include "te_port.h"

uint8_t arena[ARENA_BYTES] __attribute__((aligned(16)));
static uint8_t changeable[ARENA_BYTES / 8]; /* a bit a byte */
enum { UNTOUCHED = 0xa5 };

static void print_number(uint32_t value) {
  uint8_t text[12];
  uint8_t *const end = text + sizeof text;
  uint8_t *from = end;
  *--from = ' ';
  do *--from = (uint8_t)('0' + value % 10);
  while ((value /= 10) != 0);
  te_port_write(from, (size_t)(end - from));
}

static void nothing(void) {}

static uint32_t instructions_of(void (*volatile run)(void)) {
  const uint64_t start = te_port_ticks();
  run();
  return (uint32_t)(te_port_ticks() - start);
}

static void allow(const region *r) {
  for (uint32_t at = r->offset; at < r->offset + r->bytes; at++) {
    changeable[at / 8] |= (uint8_t)(1u << at % 8);
  }
}

/* Whether the byte at `at` is not what it was, and may not have changed. */
static uint32_t stray(uint32_t at, uint8_t was) {
  return arena[at] != was && !(changeable[at / 8] >> at % 8 & 1);
}

static uint32_t strays_of(const test_case *c) {
  uint32_t strays = 0;
  for (int i = 0; i < 2; i++) {
    const region *const r = &c->inputs[i];
    for (uint32_t at = 0; at < r->bytes; at++) strays += stray(r->offset + at, r->data[at]);
    allow(r);
  }
  const uint32_t *const words = (const uint32_t *)(const void *)arena;
  for (uint32_t word = 0; word < ARENA_BYTES / 4; word++) {
    if (words[word] == UNTOUCHED * 0x01010101u) continue;
    for (uint32_t i = 0; i < 4; i++) strays += stray(4 * word + i, UNTOUCHED);
  }
  return strays;
}

static void run_case(const test_case *c, uint32_t overhead) {
  memset(arena, UNTOUCHED, ARENA_BYTES);
  memset(changeable, 0, sizeof changeable);
  for (int i = 0; i < 2; i++) {
    memcpy(arena + c->inputs[i].offset, c->inputs[i].data, c->inputs[i].bytes);
  }
  const uint32_t instructions = instructions_of(c->run) - overhead;
  allow(&c->output);
  allow(&c->touched[0]);
  allow(&c->touched[1]);
  uint32_t wrong = 0, first = 0;
  for (uint32_t i = 0; i < c->output.bytes; i++) {
    if (arena[c->output.offset + i] == c->output.data[i]) continue;
    if (wrong++ == 0) first = i;
  }
  print_number(instructions);
  print_number(wrong);
  print_number(first);
  print_number(strays_of(c));
  te_port_write((const uint8_t *)"\n", 1);
}

int main(void) {
  te_port_init();
  const uint32_t overhead = instructions_of(nothing);
  for (uint32_t i = 0; i < case_count; i++) run_case(&cases[i], overhead);
  te_port_write((const uint8_t *)"end\n", 4);
  te_port_halt(0);
}

/* What the port would send if it crashed. */
void te_fault(const char *text, uint32_t address) {
  size_t length = 0;
  while (text[length] != '\0') length++;
  te_port_write((const uint8_t *)text, length);
  print_number(address);
  te_port_write((const uint8_t *)"\n", 1);
}
