#include "harness.h"

#include <string.h>

#define TIMER0 ((volatile uint32_t *)0x40000000u) /* CTRL, VALUE, RELOAD: 25 MHz, downwards */
#define CPACR (*(volatile uint32_t *)0xE000ED88u)

uint8_t arena[ARENA_BYTES] __attribute__((aligned(8)));
static uint8_t changeable[ARENA_BYTES];

void stack_top(void); /* an address from harness.ld */
void reset(void);
static void fault(void);

__attribute__((section(".vectors"), used)) static void (*const vectors[])(void) = {
    stack_top, reset, fault, fault, fault, fault, fault};

static void semihost(uint32_t operation, const void *argument) {
  register uint32_t r0 __asm("r0") = operation;
  register const void *r1 __asm("r1") = argument;
  __asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

static void print(const char *text) {
  semihost(4, text);
}

static void print_number(uint32_t value) {
  char text[12];
  char *end = text + sizeof text - 1;
  *end = 0;
  do *--end = (char)('0' + value % 10);
  while ((value /= 10) != 0);
  print(end);
  print(" ");
}

static void leave(uint32_t code) {
  const uint32_t block[2] = {0x20026, code};
  semihost(0x20, block);
  for (;;) {
  }
}

static void fault(void) {
  print("fault\n");
  leave(2);
}

static void nothing(void) {}

/* Ticks of 40 ns that `run` takes. */
static uint32_t ticks_of(void (*volatile run)(void)) {
  const uint32_t start = TIMER0[1];
  run();
  return start - TIMER0[1];
}

static void allow(const region *r) {
  memset(changeable + r->offset, 1, r->bytes);
}

static void run_case(const test_case *c, uint32_t overhead) {
  memset(arena, 0xa5, ARENA_BYTES);
  memset(changeable, 0, ARENA_BYTES);
  for (int i = 0; i < 2; i++) {
    memcpy(arena + c->inputs[i].offset, c->inputs[i].data, c->inputs[i].bytes);
  }
  static uint8_t before[ARENA_BYTES];
  memcpy(before, arena, ARENA_BYTES);
  const uint32_t ticks = ticks_of(c->run) - overhead;
  allow(&c->output);
  allow(&c->touched[0]);
  allow(&c->touched[1]);
  uint32_t wrong = 0, first = 0, strays = 0;
  for (uint32_t i = 0; i < c->output.bytes; i++) {
    if (arena[c->output.offset + i] == c->output.data[i]) continue;
    if (wrong++ == 0) first = i;
  }
  for (uint32_t i = 0; i < ARENA_BYTES; i++) strays += !changeable[i] && arena[i] != before[i];
  print("case ");
  print_number(ticks);
  print_number(wrong);
  print_number(first);
  print_number(strays);
  print("\n");
}

void reset(void) {
  CPACR |= 0xFu << 20;
  TIMER0[2] = 0xffffffffu;
  TIMER0[1] = 0xffffffffu;
  TIMER0[0] = 1;
  const uint32_t overhead = ticks_of(nothing);
  for (uint32_t i = 0; i < case_count; i++) run_case(&cases[i], overhead);
  print("end\n");
  leave(0);
}
