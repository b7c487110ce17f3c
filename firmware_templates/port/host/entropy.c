/* Random numbers: the kernel's. */
#include <sys/random.h>

#include "te_port.h"

bool te_port_entropy(uint8_t *data, size_t size) {
  return getrandom(data, size, 0) == (ssize_t)size;
}
