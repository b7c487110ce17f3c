/* The one inference that is being written, or that was run last, and the requests about it. */
#ifndef TE_INFERENCE_H
#define TE_INFERENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "frame.h"

/* WRITE: takes the bytes only if they continue the input; says how far it has come either way. */
void te_on_write(const te_frame *request);

/* INVOKE: runs an inference whose whole input has arrived, and only once: a repeated request gets
 * the same answer again. */
void te_on_invoke(const te_frame *request);

/* READ: bytes of the outputs. */
void te_on_read(const te_frame *request);

/* What INVOKE does, for a request with its fields, but for the answer. Returns whether the outputs
 * hold; if not, the request has been refused. */
bool te_inference_run(const te_frame *request);

/* A new session: none of its numbers may meet an old answer. */
void te_inference_forget(void);

/* Begins inference `number` (not 0) if it is not the current one, without input so far. Returns
 * whether its input may still be written: not once it has been run. */
bool te_inference_open(uint32_t number);

/* Bytes of the current inference's input that are there, without a gap. */
uint32_t te_inference_written(void);

/* Says that `bytes` of the current inference's input are there, without a gap. */
void te_inference_received(uint32_t bytes);

/* Whether inference `number` is the current one and has been run. */
bool te_inference_done(uint32_t number);

/* The same, and its outputs hold. */
bool te_inference_holds(uint32_t number);

/* Number of the current inference; 0: none. */
uint32_t te_inference_number(void);

/* Inferences run since boot. */
uint32_t te_inference_count(void);

/* Bytes of all inputs. */
uint32_t te_input_bytes(void);

/* Writes `size` bytes at `offset` of all inputs taken as one; what is beyond them is dropped. */
void te_input_write(uint32_t offset, const uint8_t *data, uint32_t size);

/* CRC-32 of all inputs as they are in memory. */
uint32_t te_input_crc(void);

#endif
