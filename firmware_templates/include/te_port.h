/* What a board owes the application. A port implements every function; a missing one is a link
 * error. Nothing here allocates, and nothing is called from an interrupt by the application. */
#ifndef TE_PORT_H
#define TE_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Clock, serial port, timer, stack paint. Called once, first. Does not fail: what cannot be set
 * up ends in te_port_halt. */
void te_port_init(void);

/* Copies up to `size` received bytes to `data` and returns how many (at least 1): blocks, asleep,
 * until one has arrived. Returns -1 when the link has gone for good (host build: peer closed). */
int te_port_read(uint8_t *data, size_t size);

/* Sends `size` bytes; blocks until all are handed to the hardware. A link that has gone drops
 * them; the next read reports it. */
void te_port_write(const uint8_t *data, size_t size);

/* Bytes lost since te_port_init because none read them in time. */
uint32_t te_port_overruns(void);

/* A counter that is wide enough never to wrap; its unit is 1 / te_port_ticks_hz(). Only
 * te_port_quiet(true) may set it back. Never blocks; not for interrupts. */
uint64_t te_port_ticks(void);

/* Ticks per second of te_port_ticks; never 0. */
uint32_t te_port_ticks_hz(void);

/* Between te_port_quiet(true) and te_port_quiet(false) the port takes no receive interrupts, and
 * te_port_ticks begins anew, so that equal work measures equal ticks. Bytes that arrive meanwhile
 * may be lost; the host sends them again. */
void te_port_quiet(bool quiet);

/* Largest stack use since te_port_init, in bytes. */
size_t te_port_stack_peak(void);

/* Whether the end of the stack is as te_port_init has painted it; a few words are looked at. */
bool te_port_stack_whole(void);

/* The pin that tells a power monitor what runs: an output, low, from te_port_mark_start on. Both
 * take a few cycles, never block and cannot fail. Only ports with mark.c have them, and only
 * firmware that marks (the feature "mark", the protocol "mlperf-energy") calls them. */
void te_port_mark_start(void);

/* Drives the pin high or low, before it returns. After te_port_mark_start. */
void te_port_mark(bool high);

enum { TE_KEPT_BYTES = 64 };

/* Why the device has started: TE_RESET_... of te_protocol.h, TE_RESET_UNKNOWN where nothing tells.
 * Called once, after te_port_init. Only firmware that counts resets (the feature "monitor") has
 * this and the next. */
uint32_t te_port_reset_cause(void);

/* TE_KEPT_BYTES of RAM, aligned to 4, which a reset leaves as they are and the start does not
 * clear; when power has come they hold anything. */
void *te_port_kept(void);

/* Optional: a sensor, for firmware with the feature "collect", which has a weak one that is none.
 * Begin waits for the next frame and says its size; false: there is no sensor, or it has failed.
 * Sound is as high as it has samples, 1 wide, and has 2 channels. */
bool te_port_sensor_begin(uint32_t *height, uint32_t *width, uint32_t *channels);

/* Copies at most `size` of the frame's bytes that come next, row by row, one byte a channel (grey,
 * or red, green, blue; of a sound's int16 sample the low byte, then the high one), and returns how
 * many; 0: the sensor has failed. Blocks. What is read goes over the line before more is asked for:
 * of a sensor that does not wait, the port keeps what comes meanwhile. */
size_t te_port_sensor_read(uint8_t *data, size_t size);

/* Optional: random numbers, for firmware with the feature "auth", which has a weak one that has
 * none. Fills `data` from a hardware source and returns true; false: there is none, or it has
 * failed. Blocks for at most a second. */
bool te_port_entropy(uint8_t *data, size_t size);

/* Tells the watchdog that the firmware goes on. With TE_WATCHDOG_S the board restarts when it has
 * not been told for so many seconds. The port itself calls it while te_port_read waits, the runtime
 * between a model's layers; whatever else takes seconds has to. Never blocks. Does nothing where
 * there is no watchdog. */
void te_port_alive(void);

/* Stops the device. `code` 0 is an orderly end; an emulator or the host build exits with it. */
#ifdef __cplusplus
[[noreturn]]
#else
_Noreturn
#endif
void te_port_halt(int code);

#ifdef __cplusplus
}
#endif

#endif
