#include "te_preprocess.h"

#include <stdbool.h>
#include <string.h>

enum { VALUES = TE_INPUT_WIDTH * TE_INPUT_CHANNELS, MOST_CHANNELS = 3 };

static const int8_t quantized[256] = {TE_INPUT_QUANTIZED};

/* The frame that is being taken. Along each axis its pixels are as many units long as the input has
 * pixels, and the input's as many as the frame has: the units that two share are the weight of one
 * in the other. */
static struct {
  uint32_t height, width, channels;
  uint32_t top, left, rows, columns; /* the part that is used */
  uint32_t y, x;                     /* of the pixel that comes next */
  uint32_t row, column;              /* the input's first row and column that it touches */
  uint32_t held;                     /* bytes of it that have come */
  uint8_t pixel[MOST_CHANNELS];
  uint32_t line[VALUES]; /* this row of the frame, summed below each column of the input */
  uint32_t sums[VALUES]; /* lines, summed below `row` */
} frame;

static uint32_t smaller(uint32_t a, uint32_t b) {
  return a < b ? a : b;
}

static uint32_t larger(uint32_t a, uint32_t b) {
  return a > b ? a : b;
}

/* One value of the pixel in the input's channels. */
static uint32_t value(uint32_t channel) {
  static const uint32_t luma[] = TE_INPUT_LUMA;
  if (frame.channels == TE_INPUT_CHANNELS) return frame.pixel[channel];
  if (frame.channels == 1u) return frame.pixel[0];
  return (luma[0] * frame.pixel[0] + luma[1] * frame.pixel[1] + luma[2] * frame.pixel[2] + 128u) >>
         8;
}

/* Adds the pixel in column `x` of the used part to the line. */
static void add_pixel(uint32_t x) {
  const uint32_t from = x * TE_INPUT_WIDTH, to = from + TE_INPUT_WIDTH;
  uint32_t end;
  do {
    const uint32_t start = frame.column * frame.columns;
    end = start + frame.columns;
    const uint32_t shared = smaller(end, to) - larger(start, from);
    uint32_t *sum = frame.line + frame.column * TE_INPUT_CHANNELS;
    for (uint32_t i = 0; i < TE_INPUT_CHANNELS; i++) sum[i] += shared * value(i);
    if (end <= to) frame.column++;
  } while (end < to);
}

/* The means below the input's current row; halves are rounded up. */
static void finish_row(int8_t *input) {
  const uint32_t covered = frame.rows * frame.columns;
  int8_t *to = input + frame.row * VALUES;
  for (uint32_t i = 0; i < VALUES; i++) {
    to[i] = quantized[(frame.sums[i] + covered / 2u) / covered];
  }
  memset(frame.sums, 0, sizeof frame.sums);
  frame.row++;
}

/* Adds the line, which is row `y` of the used part, to the rows that it touches. */
static void add_line(uint32_t y, int8_t *input) {
  const uint32_t from = y * TE_INPUT_HEIGHT, to = from + TE_INPUT_HEIGHT;
  uint32_t end;
  do {
    const uint32_t start = frame.row * frame.rows;
    end = start + frame.rows;
    const uint32_t shared = smaller(end, to) - larger(start, from);
    for (uint32_t i = 0; i < VALUES; i++) frame.sums[i] += shared * frame.line[i];
    if (end <= to) finish_row(input);
  } while (end < to);
  memset(frame.line, 0, sizeof frame.line);
  frame.column = 0;
}

/* Whether `at` is one of `count` from `first` on. */
static bool within(uint32_t at, uint32_t first, uint32_t count) {
  return at >= first && at - first < count;
}

static void take_pixel(int8_t *input) {
  const bool used = within(frame.y, frame.top, frame.rows);
  if (used && within(frame.x, frame.left, frame.columns)) add_pixel(frame.x - frame.left);
  if (++frame.x < frame.width) return;
  if (used) add_line(frame.y - frame.top, input);
  frame.x = 0;
  frame.y++;
}

/* The largest middle part with the input's proportions. */
static void crop(void) {
  frame.rows = smaller(frame.height, larger(1u, frame.width * TE_INPUT_HEIGHT / TE_INPUT_WIDTH));
  frame.columns = smaller(frame.width, larger(1u, frame.height * TE_INPUT_WIDTH / TE_INPUT_HEIGHT));
  frame.top = (frame.height - frame.rows) / 2u;
  frame.left = (frame.width - frame.columns) / 2u;
}

int te_preprocess_begin(uint32_t height, uint32_t width, uint32_t channels) {
  if (height == 0u || width == 0u || height > (1u << 24) / width ||
      (channels != 1u && channels != 3u)) {
    return -1;
  }
  memset(&frame, 0, sizeof frame);
  frame.height = frame.rows = height;
  frame.width = frame.columns = width;
  frame.channels = channels;
  if (TE_INPUT_CROP) crop();
  return 0;
}

void te_preprocess_push(const uint8_t *bytes, uint32_t count, int8_t *input) {
  for (uint32_t i = 0; i < count && frame.y < frame.height; i++) {
    frame.pixel[frame.held++] = bytes[i];
    if (frame.held < frame.channels) continue;
    frame.held = 0;
    take_pixel(input);
  }
}

int te_preprocess(const uint8_t *bytes, uint32_t height, uint32_t width, uint32_t channels,
                  int8_t *input) {
  if (te_preprocess_begin(height, width, channels) != 0) return -1;
  te_preprocess_push(bytes, height * width * channels, input);
  return 0;
}
