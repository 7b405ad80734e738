/* UTF-8 one character at a time, and what of it can be seen. Strict: no surrogates, no overlong forms, nothing above U+10FFFF. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H
#include "base/span.h"

#define UTF8_BAD         0xffffffffu
#define UTF8_REPLACEMENT 0xfffdu

/* Takes one character off the front of *rest and returns it, or takes one byte and returns UTF8_BAD.
 * *rest must not be empty. */
uint32_t utf8_next(struct span *rest);
/* Writes code (a valid one) as 1 to 4 bytes and returns how many. */
size_t utf8_put(uint32_t code, char out_r[4]);
/* Shows as itself: not a control, not invisible, not bidi, not private use, not a noncharacter. */
bool utf8_is_printable(uint32_t code);
/* Changes how other characters look while being unseen itself: bidi marks and overrides, zero width characters, fillers, tags. */
bool utf8_is_deceptive(uint32_t code);
#endif
