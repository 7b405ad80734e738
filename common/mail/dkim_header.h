/* The header of a message as DKIM takes it: fields in order, found by name from the bottom up (RFC 6376 section 5.4.2). */
#ifndef MAIL_DKIM_HEADER_H
#define MAIL_DKIM_HEADER_H
#include "base/arena.h"
#include "base/str.h"
#include "mail/dkim_canon.h"

#define DKIM_FIELDS_MAX 5000 /* of one header; MESSAGE_MAX_HEADERS of the milter */
#define DKIM_NAMES_MAX  1000 /* of one h= */

struct dkim_field {
    struct span name, value; /* value: all behind the colon, without the last line end */
};

struct dkim_header {
    size_t count;
    const struct dkim_field *fields;
    bool is_cut; /* more than DKIM_FIELDS_MAX: those behind are not looked at */
    /* Fields of one name, upper and lower case alike, stand together in by_name, topmost first. */
    size_t group_count;
    const struct dkim_group *groups; /* in the order of their names */
    const uint32_t *by_name;
};
struct dkim_group {
    struct span name;
    uint32_t first, count;
};

/* Splits a message at its first empty line; *body_r is what follows, or empty. Lines end with CRLF or LF. A line without a colon is no
 * field and ends none: it is left out with those that continue it. Spans point into message. */
void dkim_header_read(struct span message, struct arena *arena, struct dkim_header *header_r,
                      struct span *body_r);
/* Of fields somebody else has split (signing); they are lent. */
void dkim_header_index(const struct dkim_field *fields, size_t count, struct arena *arena,
                       struct dkim_header *header_r);
/* Fields of that name; NULL when there is none. */
const struct dkim_group *dkim_header_group(const struct dkim_header *header, struct span name);

#define DKIM_NO_FIELD SIZE_MAX
/* Appends to out, CRLF behind each, the fields that names (h=, colons between) selects, each field at most once; names that find none give
 * nothing. skip: index of a field that is as if it were not there, or DKIM_NO_FIELD. False: more than DKIM_NAMES_MAX names. */
bool dkim_header_select(const struct dkim_header *header, struct span names,
                        enum dkim_canon canon, size_t skip, struct str *out);
#endif
