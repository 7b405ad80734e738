/* The named character references of HTML. */
#ifndef MILTER_INSPECT_HTML_NAMES_H
#define MILTER_INSPECT_HTML_NAMES_H
#include "base/span.h"

#define HTML_NAME_MAX  31 /* bytes of the longest name, without ";" */
#define HTML_SHORT_MAX 6  /* of the longest that may stand without ";" */
#define HTML_CODES_MAX 2  /* characters that a name stands for */

struct html_name {
    uint32_t codes[HTML_CODES_MAX]; /* the second is 0 when there is none */
    bool is_short;                  /* old enough to stand without ";" */
};

/* The name without "&" and ";", in its own case. Of characters with a combining mark or a variation selector behind them only the first is
 * given: so what is decoded is never longer than what it came from. Not for threads: the first call makes an index. */
bool html_name_read(struct span name, struct html_name *name_r);
#endif
