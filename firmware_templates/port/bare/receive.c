/* The receive buffer between the interrupt and te_port_read, and counters that interrupts widen. */
#include <stdbool.h>
#include <stddef.h>

#include "bare.h"
#include "te_core.h"
#include "te_port.h"
#include "te_protocol.h"

_Static_assert((TE_WINDOW & (TE_WINDOW - 1)) == 0, "the buffer's indices wrap with a mask");

/* Counters run freely; the difference is what the buffer holds. */
static volatile uint8_t buffer[TE_WINDOW];
static volatile uint32_t written, taken;
static volatile uint32_t lost;

void te_receive_put(uint8_t byte) {
  if (written - taken == TE_WINDOW) {
    lost++;
    return;
  }
  buffer[written % TE_WINDOW] = byte;
  written++;
}

void te_receive_lost(void) {
  lost++;
}

uint32_t te_port_overruns(void) {
  return lost;
}

/* Sleeps until the buffer holds something. An interrupt that comes after the check wakes the
 * core although interrupts are off, and runs once they are on. */
static void await_byte(void) {
  for (;;) {
    te_port_alive();
    te_interrupts_off();
    bool ready = written != taken;
    if (!ready) te_sleep();
    te_interrupts_on();
    if (ready) return;
  }
}

int te_port_read(uint8_t *data, size_t size) {
  size_t count = 0;
  await_byte();
  while (count < size && written != taken) {
    data[count++] = buffer[taken % TE_WINDOW];
    taken++;
  }
  return (int)count;
}

uint64_t te_widen(uint32_t wraps, uint32_t count, uint32_t pending) {
  if (pending && count < UINT32_C(1) << 31) wraps++;
  return (uint64_t)wraps << 32 | count;
}
