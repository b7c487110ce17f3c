/* Text of the MLPerf Tiny protocol: what is said over the link, and words of a command. Nothing
 * variadic, no C library's formatting, no 64-bit library: some cores have none of them. */
#ifndef TE_MLPERF_TEXT_H
#define TE_MLPERF_TEXT_H

#include <stdbool.h>
#include <stdint.h>

bool te_same(const char *left, const char *right);

/* These send text, and block until the port has taken it. */
void te_say(const char *text);
void te_say3(const char *first, const char *second, const char *third);
void te_say_number(const char *before, uint64_t value, const char *after);
void te_say_hex(uint8_t byte);
void te_say_thousandths(uint64_t thousandths, bool negative); /* three decimals */

/* value * factor, modulo 2^64. */
uint64_t te_times(uint64_t value, uint32_t factor);

/* value / by, and in `*rest` what is left of it; `by` is at most 2^31. */
uint64_t te_divide(uint64_t value, uint32_t by, uint32_t *rest);

/* The next word after spaces; NULL if there is none. Ends it in place and moves `*at` behind it. */
char *te_next_word(char **at);

/* The next word as a number of up to nine digits: -1 if it is none, `missing` if there is none. */
int32_t te_next_number(char **at, int32_t missing);

/* 0 to 15, or -1 if it is no such digit. */
int te_hex_digit(char digit);

#endif
