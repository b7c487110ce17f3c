/* Voltages of an ESP32-S3 at 240 MHz, from what its maker has measured and put into its fuses. */
#ifndef TE_VOLTAGE_H
#define TE_VOLTAGE_H

#include <stdbool.h>
#include <stdint.h>

/* The registers that hold them: EFUSE_RD_MAC_SPI_SYS_3 to 5, EFUSE_RD_SYS_PART1_DATA4. */
enum { TE_FUSES = 4 };

/* As the regulators and the band gap take them. */
struct te_voltage {
  uint8_t core, rtc;
  uint8_t band_gap;
};

/* Returns false, and sets nothing, if the fuses do not say it. */
bool te_voltage_of_240_mhz(const uint32_t fuses[TE_FUSES], struct te_voltage *voltage);

#endif
