/* exp(x) in float32 for x <= 0, after the Cephes library's expf (Stephen Moshier, 1992): x is
 * k log 2 + r, and a polynomial of degree 6 gives exp(r). The same bits everywhere, for every
 * operation is a single IEEE 754 one; within 2 units in the last place. */
#ifndef TE_EXP_H
#define TE_EXP_H

#include <stdint.h>
#include <string.h>

#define TE_EXP_LEAST (-87.0f) /* below it the result counts as 0, so that none is subnormal */

static inline float te_exp(float x) {
  if (!(x > TE_EXP_LEAST)) return 0.0f;
  const float turns = x * 1.44269504088896341f;
  const int32_t k = (int32_t)(turns - 0.5f); /* towards 0: the nearest, as turns <= 0 */
  const float high = (float)k * 0.693359375f;
  const float low = (float)k * -2.12194440e-4f;
  float r = x - high;
  r = r - low;
  static const float terms[] = {1.3981999507E-3f, 8.3334519073E-3f, 4.1665795894E-2f,
                                1.6666665459E-1f, 5.0000001201E-1f};
  float y = 1.9875691500E-4f;
  for (uint32_t i = 0; i < sizeof terms / sizeof terms[0]; i++) {
    const float product = y * r;
    y = product + terms[i];
  }
  const float square = r * r;
  y = y * square;
  y = y + r;
  y = y + 1.0f;
  const uint32_t bits = (uint32_t)(k + 127) << 23;
  float power;
  memcpy(&power, &bits, sizeof power);
  return y * power;
}

#endif
