/* Tag lists, "v=DKIM1; k=rsa; p=...": DKIM (RFC 6376 section 3.2), ARC, DMARC. Tag names are compared exactly, upper and lower case apart. */
#ifndef MAIL_TAGS_H
#define MAIL_TAGS_H
#include "base/err.h"
#include "base/str.h"

#define TAGS_MAX      48     /* tags of one list; those of one standard are a dozen */
#define TAGS_TEXT_MAX 131072 /* bytes of one list */

struct tag {
    struct span name;
    struct span value; /* blanks and folding taken off at both ends; may be empty */
    struct span raw;   /* all between "=" and ";" */
};
struct tags {
    size_t count;
    struct tag list[TAGS_MAX];
};

/* Points into text. -1, with what is wrong: not a tag list, a name twice, an empty list, over a limit, a control or NUL in a value. One ";" may
 * end the list; bytes over 127 are accepted in values (RFC 8616). Blanks, tabs, CR and LF may stand around names and values. */
int tags_read(struct span text, struct tags *tags_r, struct err *err);
/* NULL when there is none of that name. */
const struct tag *tags_find(const struct tags *tags, const char *name);
/* Its value, or otherwise (which may be the empty span with ptr NULL). */
struct span tags_value(const struct tags *tags, const char *name, struct span otherwise);

/* Walks a value of pieces, "a : b:c" with sep ':': each piece without blanks around. As span_cut: false when the walk is over. */
bool tags_piece(struct span *rest, char sep, struct span *piece_r);
/* Does the list of pieces hold that word (exactly, lower and upper case apart)? */
bool tags_has_piece(struct span value, char sep, const char *word);
/* base64 with blanks and folding anywhere in it; "=" at its end may be missing. Appends. False: malformed or empty. */
bool tags_base64(struct span value, struct str *out);
#endif
