/* The fuses' layout and the formulas are ESP-IDF's (esp_hw_support: esp32s3/rtc_init.c,
 * rtc_set_stored_dbias). Voltages are in units of 0.1 mV. */
#include "voltage.h"

enum {
  LEAST_STEP = 15,
  MOST_STEP = 31, /* of a regulator: 5 bits */
  MEASURED_STEP = 20,
  CORE_AT_20 = 10841, /* which the fuses correct, like the others */
  RTC_AT_20 = 10181,
  CORE_A_STEP = 211,
  RTC_A_STEP = 198,
  FUSED_UNIT = 20,
  CORE_MOST = 13000,
  RTC_BELOW_CORE = 250,
  STEPS_FOR_240_MHZ = 3, /* more than the fuses hold */
};

static uint32_t field(uint32_t fuse, int low, int bits) {
  return fuse >> low & ((UINT32_C(1) << bits) - 1);
}

/* The highest of `bits` is the sign. */
static int32_t signed_field(uint32_t value, int bits) {
  const int32_t size = (int32_t)field(value, 0, bits - 1);
  return field(value, bits - 1, 1) ? -size : size;
}

static int32_t at_step(int32_t at_20, int32_t a_step, int32_t step) {
  return at_20 + a_step * (step - MEASURED_STEP);
}

/* The first step at which the voltage is at least `least`. */
static int32_t step_of(int32_t at_20, int32_t a_step, int32_t least) {
  int32_t step = LEAST_STEP;
  while (step < MOST_STEP && at_step(at_20, a_step, step) < least) step++;
  return step;
}

bool te_voltage_of_240_mhz(const uint32_t fuses[TE_FUSES], struct te_voltage *voltage) {
  const uint32_t minor = field(fuses[0], 24, 3), major = field(fuses[3], 0, 2);
  const uint32_t core_fuse = field(fuses[2], 11, 5);
  const uint32_t rtc_fuse = field(fuses[2], 0, 3) << 5 | field(fuses[1], 27, 5);
  const int32_t rtc_a_step = RTC_A_STEP + signed_field(field(fuses[1], 13, 7), 7);
  const int32_t core_a_step = CORE_A_STEP + signed_field(field(fuses[1], 20, 7), 7);
  const int32_t rtc_at_20 = RTC_AT_20 + FUSED_UNIT * signed_field(rtc_fuse, 8);
  const int32_t core_at_20 = CORE_AT_20 + FUSED_UNIT * signed_field(field(fuses[2], 3, 8), 8);
  /* The band gap's trim is there with version 1 of the one block, the rest with 1 and from 2 on. */
  if (major != 1 || minor == 0 || core_fuse == 0) return false;
  const int32_t most = step_of(core_at_20, core_a_step, CORE_MOST);
  const int32_t wanted = (int32_t)core_fuse + STEPS_FOR_240_MHZ;
  const int32_t core = wanted < most ? wanted : most;
  const int32_t least = at_step(core_at_20, core_a_step, core) - RTC_BELOW_CORE;
  voltage->core = (uint8_t)core;
  voltage->rtc = (uint8_t)step_of(rtc_at_20, rtc_a_step, least);
  voltage->band_gap = (uint8_t)field(fuses[3], 13, 8);
  return true;
}
