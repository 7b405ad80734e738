/* What links_in_html finds, as text, in place of the real collector. */
#ifndef T_LIB_HTML_LINKS_H
#define T_LIB_HTML_LINKS_H
#include "base/str.h"

/* "host" or "host=shown" of each link, "?value" of what names no host but may hold a link ("//"), "\"text\"" of each text with a dot in it that was
 * searched, "!reason"; one blank between them. */
void html_links(struct str *out, struct span page);
#endif
