/* Nothing overflows, whatever the samples: see tinyedge/sound/rows.py, which does the same steps.
 * Qn is an integer that counts 2^-n. Right shifts of negative numbers are arithmetic. */
#include "te_preprocess.h"

#include <stdbool.h>
#include <string.h>

enum {
  WINDOW = TE_INPUT_WINDOW,
  HOP = TE_INPUT_HOP,
  KEPT = HOP < WINDOW ? WINDOW - HOP : 0, /* samples that the next window begins with */
  HALF = TE_INPUT_POINTS / 2,
  QUARTER = TE_INPUT_POINTS / 4,
  MELS = TE_INPUT_MELS,
  COEFFICIENTS = TE_INPUT_COEFFICIENTS, /* 0: the bands themselves */
  BANDS = COEFFICIENTS ? COEFFICIENTS : MELS,
  SILENCE = -100 * (1 << 20)
};

static const int32_t hann[] = {TE_INPUT_HANN};              /* Q31, up to its middle */
static const int32_t cosine[] = {TE_INPUT_COSINE};          /* Q31, a quarter of a wave */
static const uint16_t edges[] = {TE_INPUT_EDGES};           /* bins where bands rise */
static const uint16_t rising[] = {TE_INPUT_RISING};         /* Q16, from edges[0] */
static const uint16_t logarithms[] = {TE_INPUT_LOGARITHMS}; /* Q14, decibels of 1 to 2 */
static const int8_t quantized[256] = {TE_INPUT_QUANTIZED};

typedef struct complex_t {
  int32_t re, im;
} complex_t;

/* The frame that is being taken. */
static struct {
  uint32_t left; /* samples that are to come */
  uint32_t skip; /* of them, before the next window */
  uint32_t held; /* samples of the window that have come */
  uint32_t row;  /* the input's row that comes next */
  bool odd;      /* a sample's first byte has come */
  uint8_t low;
  int16_t window[WINDOW];
  complex_t bins[HALF];
} frame;

/* The high word of a product. */
static int32_t high(int32_t a, int32_t b) {
#if defined __ARM_ARCH_ISA_THUMB && __ARM_ARCH_ISA_THUMB == 1
  /* ARMv6-M multiplies to 32 bits alone: half by half */
  const int32_t a1 = a >> 16, b1 = b >> 16;
  const uint32_t a0 = (uint32_t)a & 0xffffu, b0 = (uint32_t)b & 0xffffu;
  const int32_t middle = a1 * (int32_t)b0 + (int32_t)(a0 * b0 >> 16);
  const int32_t other = (int32_t)a0 * b1 + (middle & 0xffff);
  return a1 * b1 + (middle >> 16) + (other >> 16);
#else
  return (int32_t)((int64_t)a * b >> 32);
#endif
}

/* Cosine and sine of `k` of the transform's points, at most half of them, in Q31. */
static complex_t wave(uint32_t k) {
  if (k <= QUARTER) return (complex_t){cosine[k], cosine[QUARTER - k]};
  return (complex_t){-cosine[HALF - k], cosine[k - QUARTER]};
}

/* Half of a value, turned backwards. */
static complex_t turned(complex_t z, complex_t w) {
  return (complex_t){high(z.re, w.re) + high(z.im, w.im), high(z.im, w.re) - high(z.re, w.im)};
}

/* Sample `n` of the window, times Hann's, 2^30 being full scale; behind it there is silence. */
static int32_t windowed(uint32_t n) {
  if (n >= WINDOW) return 0;
  const uint32_t mirrored = n <= WINDOW / 2 ? n : WINDOW - n;
  return high(frame.window[n] * (1 << 16), hann[mirrored]);
}

/* The bins become the window, even samples real and odd ones imaginary, in bit-reversed order. */
static void load(void) {
  uint32_t at = 0;
  for (uint32_t n = 0; n < HALF; n++) {
    frame.bins[at] = (complex_t){windowed(2 * n), windowed(2 * n + 1)};
    uint32_t bit = HALF / 2;
    for (; at & bit; bit /= 2) at ^= bit;
    at |= bit;
  }
}

/* (a + b) / 2 and (a - b) / 2, given half of b. */
static void combine(complex_t *a, complex_t *b, complex_t half) {
  const complex_t kept = {a->re >> 1, a->im >> 1};
  *a = (complex_t){kept.re + half.re, kept.im + half.im};
  *b = (complex_t){kept.re - half.re, kept.im - half.im};
}

/* The bins become their transform, divided by their number. */
static void fourier(void) {
  complex_t *const end = frame.bins + HALF;
  for (uint32_t span = 1, step = HALF; span < HALF; span *= 2, step /= 2) {
    for (complex_t *a = frame.bins; a < end; a += 2 * span) {
      combine(a, a + span, (complex_t){a[span].re >> 1, a[span].im >> 1});
    }
    for (uint32_t k = 1; k < span; k++) {
      const complex_t w = wave(k * step);
      for (complex_t *a = frame.bins + k; a < end; a += 2 * span) {
        combine(a, a + span, turned(a[span], w));
      }
    }
  }
}

/* What even and odd samples have been together becomes the window's transform; bin 0 is not made.
 */
static void separate(void) {
  for (uint32_t k = 1; k <= QUARTER; k++) {
    complex_t *const a = frame.bins + k, *const b = frame.bins + HALF - k;
    const complex_t even = {(a->re + b->re) >> 1, (a->im - b->im) >> 1};
    const complex_t odd = turned((complex_t){a->im + b->im, b->re - a->re}, wave(k));
    *a = (complex_t){even.re + odd.re, even.im + odd.im};
    *b = (complex_t){even.re - odd.re, even.im - odd.im};
  }
}

static uint64_t energy(complex_t z) {
  return (uint64_t)((int64_t)z.re * z.re) + (uint64_t)((int64_t)z.im * z.im);
}

/* Of full scale, in Q20, down to silence. */
static int32_t decibels(uint64_t value) {
  uint32_t octaves = 31, mantissa = (uint32_t)value;
  if (value >> 32 != 0) {
    const uint32_t above = 32u - (uint32_t)__builtin_clz((uint32_t)(value >> 32));
    mantissa = (uint32_t)(value >> above);
    octaves += above;
  } else {
    const uint32_t zeros = (uint32_t)__builtin_clz(mantissa | 1u);
    mantissa <<= zeros;
    octaves -= zeros;
  }
  const uint16_t *entry = logarithms + ((mantissa >> 25) & 63u);
  const uint32_t between = (uint32_t)(entry[1] - entry[0]) * ((mantissa >> 9) & 0xffffu) >> 10;
  const int32_t made =
      (int32_t)(octaves * TE_INPUT_OCTAVE + (entry[0] << 6) + between) + TE_INPUT_BASE;
  return made < SILENCE ? SILENCE : made;
}

/* The input's value of decibels, or of a sum of them, in Q20. */
static int8_t input_value(int64_t value) {
  const int64_t step = value * TE_INPUT_SCALE + TE_INPUT_OFFSET;
  if (step < 0) return quantized[0];
  return quantized[step >> 44 > 255 ? 255 : step >> 44];
}

#if TE_INPUT_COEFFICIENTS > 0

static const int16_t cosines[] = {TE_INPUT_COSINES}; /* Q14, all bands' of one coefficient */
static int32_t levels[MELS];                         /* of this row's bands */

static void take_band(uint32_t number, int32_t level, int8_t *to) {
  (void)to;
  levels[number] = level;
}

static void finish_row(int8_t *to) {
  const int16_t *factor = cosines;
  for (uint32_t i = 0; i < BANDS; i++) {
    int64_t sum = 0;
    for (uint32_t number = 0; number < MELS; number++) sum += (int64_t)levels[number] * *factor++;
    to[i] = input_value(sum >> 14);
  }
}

#else

static void take_band(uint32_t number, int32_t level, int8_t *to) {
  to[number] = input_value(level);
}

static void finish_row(int8_t *to) {
  (void)to;
}

#endif

/* Each bin's energy is shared by the band that rises there and the one below it, which falls. */
static void take_bands(int8_t *to) {
  const uint16_t *share = rising;
  uint64_t rose = 0; /* of the band that falls now */
  for (uint32_t number = 0; number <= MELS; number++) {
    uint64_t whole = 0, rises = 0;
    for (uint32_t k = edges[number]; k < edges[number + 1]; k++, share++) {
      const uint64_t value = energy(frame.bins[k]);
      whole += value;
      rises += (value >> 16) * *share + (((uint32_t)value & 0xffffu) * *share >> 16);
    }
    if (number > 0) take_band(number - 1, decibels(rose + (whole - rises)), to);
    rose = rises;
  }
}

static void make_row(int8_t *to) {
  load();
  fourier();
  separate();
  take_bands(to);
  finish_row(to);
}

static int16_t sample(uint8_t low, uint8_t high_byte) {
  const int32_t value = low | high_byte << 8;
  return (int16_t)(value < 1 << 15 ? value : value - (1 << 16));
}

static uint32_t smaller(uint32_t a, uint32_t b) {
  return a < b ? a : b;
}

/* Takes `count` samples, but none after a row that they complete, as the frame's last one does;
 * returns how many. */
static uint32_t take(const uint8_t *bytes, uint32_t count, int8_t *input) {
  if (frame.skip > 0) {
    count = smaller(count, frame.skip);
    frame.skip -= count;
    return count;
  }
  count = smaller(count, WINDOW - frame.held);
  int16_t *const to = frame.window + frame.held;
  for (uint32_t i = 0; i < count; i++) to[i] = sample(bytes[2 * i], bytes[2 * i + 1]);
  frame.held += count;
  if (frame.held < WINDOW) return count;
  make_row(input + frame.row * BANDS);
  frame.row++;
  memmove(frame.window, frame.window + WINDOW - KEPT, KEPT * sizeof frame.window[0]);
  frame.held = KEPT;
  frame.skip = HOP + KEPT - WINDOW;
  return count;
}

int te_preprocess_begin(uint32_t height, uint32_t width, uint32_t channels) {
  if (height != TE_INPUT_SAMPLES || width != 1u || channels != 2u) return -1;
  frame.left = TE_INPUT_SAMPLES;
  frame.skip = frame.held = frame.row = 0;
  frame.odd = false;
  return 0;
}

void te_preprocess_push(const uint8_t *bytes, uint32_t count, int8_t *input) {
  while (count > 0 && frame.left > 0) {
    uint32_t used = 1; /* bytes */
    if (frame.odd) {
      frame.left -= take((uint8_t[]){frame.low, *bytes}, 1, input);
      frame.odd = false;
    } else if (count == 1) {
      frame.low = *bytes;
      frame.odd = true;
    } else {
      const uint32_t taken = take(bytes, count / 2, input);
      frame.left -= taken;
      used = 2 * taken;
    }
    bytes += used;
    count -= used;
  }
}

int te_preprocess(const uint8_t *bytes, uint32_t height, uint32_t width, uint32_t channels,
                  int8_t *input) {
  if (te_preprocess_begin(height, width, channels) != 0) return -1;
  te_preprocess_push(bytes, 2 * height, input);
  return 0;
}
