/* What the tflm runtime adds to TensorFlow Lite Micro's platform hooks. */
#ifndef TFLM_PORT_H
#define TFLM_PORT_H

#include <cstdint>

namespace te {

// Forgets earlier messages. The runtime calls it before it uses TFLM: the reference also makes
// the linker take this file's hooks before those that a TFLM library may bring along.
void ForgetMessages();

// Bytes that TFLM's allocators said were missing in their last message since ForgetMessages; 0 if
// they said nothing. It is the first request that failed, so more may be missing.
uint32_t MissingBytes();

// TFLM's messages since ForgetMessages, cause first, NUL-terminated, cut at 255 bytes; empty if
// none.
const char *Messages();

// Formats like snprintf, without a heap and without the C library's printf: d i u x c s p %, the
// length modifiers h l ll z t j and zero padding to a width; f prints three decimals. Always ends
// with NUL when size is not 0. Returns the length that the whole text has.
int Format(char *buffer, uint32_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

}  // namespace te

#endif
