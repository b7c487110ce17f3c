/* What compilers call by themselves, and <string.h> promises. */
#include <stdint.h>
#include <string.h>

/* Hides a pointer's origin, so that no compiler makes a loop below a call of what it is part of. */
#define OPAQUE(pointer) __asm__ volatile("" : "+r"(pointer))

static int aligned(const void *a, const void *b) {
  return (((uintptr_t)a | (uintptr_t)b) & (sizeof(uint32_t) - 1)) == 0;
}

static void copy_up(uint8_t *to, const uint8_t *from, size_t size) {
  if (aligned(to, from)) {
    for (; size >= 4; size -= 4, to += 4, from += 4) {
      OPAQUE(to);
      *(uint32_t *)(void *)to = *(const uint32_t *)(const void *)from;
    }
  }
  for (; size > 0; size--) {
    OPAQUE(to);
    *to++ = *from++;
  }
}

void *memcpy(void *restrict to, const void *restrict from, size_t size) {
  copy_up(to, from, size);
  return to;
}

static void copy_down(uint8_t *to, const uint8_t *from, size_t size) {
  while (size > 0) {
    size--;
    OPAQUE(to);
    to[size] = from[size];
  }
}

void *memmove(void *to, const void *from, size_t size) {
  if ((uintptr_t)to - (uintptr_t)from >= size) {
    copy_up(to, from, size);
  } else {
    copy_down(to, from, size);
  }
  return to;
}

void *memset(void *to, int value, size_t size) {
  uint8_t *at = to;
  const uint32_t word = 0x01010101u * (uint8_t)value;
  for (; size > 0 && ((uintptr_t)at & 3); size--) *at++ = (uint8_t)value;
  for (; size >= 4; size -= 4, at += 4) {
    OPAQUE(at);
    *(uint32_t *)(void *)at = word;
  }
  for (; size > 0; size--) {
    OPAQUE(at);
    *at++ = (uint8_t)value;
  }
  return to;
}

size_t strlen(const char *text) {
  const char *end = text;
  while (*end != '\0') {
    end++;
    OPAQUE(end);
  }
  return (size_t)(end - text);
}

int memcmp(const void *a, const void *b, size_t size) {
  const uint8_t *x = a, *y = b;
  for (size_t i = 0; i < size; i++) {
    if (x[i] != y[i]) return x[i] < y[i] ? -1 : 1;
  }
  return 0;
}

int strncmp(const char *a, const char *b, size_t size) {
  for (size_t i = 0; i < size; i++) {
    if (a[i] != b[i]) return (uint8_t)a[i] < (uint8_t)b[i] ? -1 : 1;
    if (a[i] == '\0') return 0;
  }
  return 0;
}

/* What compilers make of strncmp where one of the two is a short literal. */
int strcmp(const char *a, const char *b) {
  while (*a == *b && *a != '\0') {
    a++;
    b++;
  }
  return (uint8_t)*a - (uint8_t)*b;
}
