/* Where what is not read as tags ends in a page: comments, scripts and their like. */
#ifndef MILTER_INSPECT_HTML_RAW_H
#define MILTER_INSPECT_HTML_RAW_H
#include "base/span.h"

/* An element in which there are no tags but its own end. */
bool html_is_raw(struct span name);
/* Takes off the front of *rest what stands before the end tag of name. */
struct span html_raw_take(struct span *rest, struct span name, bool *is_unclosed_r);
/* inside: from behind "<!--" on. Length of the comment's inside and of the mark that ends it; false when nothing does. */
bool html_comment_end(struct span inside, size_t *len_r, size_t *mark_r);
#endif
