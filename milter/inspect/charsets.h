/* Character sets: all that we read are opened before the sandbox, since iconv cannot open another inside. */
#ifndef MILTER_INSPECT_CHARSETS_H
#define MILTER_INSPECT_CHARSETS_H
#include "base/span.h"
#include "base/str.h"

/* Opens a conversion to UTF-8 for each name of the table and keeps it open. */
void charsets_prepare(void);
bool charsets_knows(struct span name);
/* Appends text as UTF-8; what cannot be converted as U+FFFD. False for a character set that we lack (nothing appended). */
bool charsets_to_utf8(struct str *out, struct span charset, struct span text);
#endif
