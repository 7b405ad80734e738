/* Punycode (RFC 3492): the characters of a label as letters, digits and hyphens. */
#ifndef MAIL_PUNYCODE_H
#define MAIL_PUNYCODE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PUNYCODE_MAX 59 /* a label without its "xn--" */

/* count: at most PUNYCODE_MAX, not all of them ASCII. False when the result is longer than PUNYCODE_MAX. */
bool punycode_encode(const uint32_t *code, size_t count, char out_r[PUNYCODE_MAX + 1]);
#endif
