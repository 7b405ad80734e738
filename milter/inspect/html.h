/* HTML as a row of tokens, cut as browsers cut it (WHATWG HTML, section 13.2.5), whatever a page is: no tree, no nesting, nothing copied. */
#ifndef MILTER_INSPECT_HTML_H
#define MILTER_INSPECT_HTML_H
#include "base/span.h"

#define HTML_ATTRIBUTES_MAX 100 /* of one tag; those behind are passed over */

enum html_kind {
    HTML_TEXT,
    HTML_RAW, /* what stands in script, style, title and their like; name: in which */
    HTML_START,
    HTML_END,
    HTML_COMMENT,     /* also what browsers take for one: "<!x>", "</ x>" */
    HTML_DECLARATION, /* "<!doctype ...>", "<?...>": no program shows them */
};

struct html_token {
    enum html_kind kind;
    struct span name; /* of a tag, in any case */
    struct span body; /* the text, the comment's inside, the tag's attributes */
    bool is_unclosed; /* the page ends in it: programs differ in whether they show it */
};

struct html_attribute {
    struct span name;  /* in any case */
    struct span value; /* character references as they stand */
};

struct html {
    struct span rest;
    struct span raw; /* the element whose text comes next; empty when none */
    bool is_flat;
};

/* is_flat: the inside of a comment or of a raw text, read as if it were neither: "<!--" is passed over, and there are only text and tags. */
void html_begin(struct html *html, struct span page, bool is_flat);
/* The next token; false at the end. All calls together are linear in the page. */
bool html_next(struct html *html, struct html_token *token_r);
/* Takes one attribute off the front of a tag's body; false when there is none left. A quote that never ends, ends at the first ">". */
bool html_attribute_next(struct span *body, struct html_attribute *attribute_r);
/* Is name, whatever its case, one of a sorted table of lower case names? Gives its place. */
bool html_name_find(const char *const *names, size_t count, struct span name, size_t *at_r);

/* What separates attributes, and words in their values (WHATWG: ASCII whitespace). */
bool html_is_blank(char c);
struct span html_skip_blanks(struct span s);
#endif
