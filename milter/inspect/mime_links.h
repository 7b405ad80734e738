/* The links of a part: its text is kept while it is decoded, and searched when it is whole. */
#ifndef MILTER_INSPECT_MIME_LINKS_H
#define MILTER_INSPECT_MIME_LINKS_H
#include "milter/inspect/mime_state.h"

struct mime_text;

/* NULL: no links are wanted, or no program shows it as text. type: lower case. */
struct mime_text *mime_links_begin(struct mime_state *s, GMimeObject *object, struct span type,
                                   const struct mime_names *names);
/* Decoded bytes; text NULL: nothing. */
void mime_links_feed(struct mime_text *text, struct span piece);
/* is_whole: all of it was fed; else nothing is looked for. Sets *text to NULL. */
void mime_links_end(struct mime_text **text, bool is_whole);
/* The list, when it is wanted. */
void mime_links_give(struct mime_state *s);
#endif
