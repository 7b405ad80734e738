/* Encoded-words (RFC 2047) as the most lenient program reads them. */
#ifndef MILTER_INSPECT_MIME_WORDS_H
#define MILTER_INSPECT_MIME_WORDS_H
#include "base/span.h"
#include "base/str.h"

/* Appends text with its encoded-words decoded: also those that lack an end, a character set or padding, and that hold blanks or stand
 * without a blank beside another. May append any bytes. False when a word is in a character set that we lack: its bytes are appended as
 * they are. */
bool words_decode(struct str *out, struct span text);
#endif
