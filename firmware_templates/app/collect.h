/* The feature "collect": frames of the board's sensor (te_port_sensor_begin) are sent to the host
 * while the device makes its input of them, so that none is ever held as a whole. */
#ifndef TE_APP_COLLECT_H
#define TE_APP_COLLECT_H

#include "frame.h"

/* SENSE: a frame of the sensor; asked again for the same inference, the same answer. */
void te_on_sense(const te_frame *request);

/* The next bytes of the open frame: makes the input of them, and sends them to the host. */
void te_collect_take(const uint8_t *data, uint32_t size);

/* SHOW: stands in for a sensor where the board has none: the frame's bytes come from the host. */
void te_on_show(const te_frame *request);

#endif
