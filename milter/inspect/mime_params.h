/* Parameters of Content-Type and Content-Disposition, read leniently: whatever some program might take for a parameter. */
#ifndef MILTER_INSPECT_MIME_PARAMS_H
#define MILTER_INSPECT_MIME_PARAMS_H
#include "base/arena.h"

#define PARAM_SECTIONS_MAX 1000 /* RFC 2231 section 3: number of a piece */

struct param {
    struct span name;  /* lower case, without * and numbers */
    int section;       /* RFC 2231 continuation, or -1 */
    bool is_extended;  /* ends in *: percent-encoded, with a character set in the first piece */
    struct span value; /* without quoting */
    struct span shorter; /* an unquoted value as far as it is a token; else the same as value */
};

struct field {
    struct span head; /* before the first ; */
    size_t count;
    struct param *params;
    bool is_odd;      /* a quote never closed, something between the parameters */
    bool is_too_long; /* more than the limit; params holds the first ones */
};

/* text is unfolded. */
void params_read(struct arena *arena, struct span text, size_t limit, struct field *field_r);
#endif
