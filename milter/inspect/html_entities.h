/* Character references of HTML ("&amp;", "&#46;", "&period;") made into what they stand for. */
#ifndef MILTER_INSPECT_HTML_ENTITIES_H
#define MILTER_INSPECT_HTML_ENTITIES_H
#include "base/span.h"
#include "base/str.h"

/* Appends text decoded as browsers do, never more bytes than text has. Valid UTF-8 stays valid. is_value: of an attribute, where a name without ";"
 * and before "=", a letter or a digit is none ("?a=1&lt=2"). */
void html_decode(struct str *out, struct span text, bool is_value);
#endif
