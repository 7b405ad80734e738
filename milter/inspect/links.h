/* The links of one message as they are found, in document order, and what becomes of them: the records `url`. Every limit is here,
 * but for those of the work of looking (links_inside.h). */
#ifndef MILTER_INSPECT_LINKS_H
#define MILTER_INSPECT_LINKS_H
#include "facts/facts.h"
#include "inspect/wire.h"

#define LINKS_MAX WIRE_LINKS_MAX /* different ones of a message */
#define LINKS_TEXT_MAX                                                                         \
    (4 * 1024 * 1024) /* bytes of UTF-8 text of a message that are searched */
#define LINK_SHOWN_MAX  WIRE_LINK_SHOWN_MAX /* bytes of url.text; cut between characters */
#define LINK_NESTED_MAX 3 /* links inside of one link's path and query that are taken too */

struct links;

struct links *links_new(void);
void links_free(struct links **links);
/* Before the sandbox: the list of public suffixes. */
void links_prepare(void);

/* A link. target: as url_read wants it; what names no host is passed over. shown: what the reader sees of it, UTF-8, blanks as they are; empty when
 * there is nothing (a picture, a form). A link that is there with the same host and the same shown text is not added again. Links that stand inside
 * of its path and query, percent-encoded or not ("?url=https%3A%2F%2Fevil.example"), are added behind it, without a text. */
void links_add(struct links *links, struct span target, struct span shown);
/* Found in running text: the target is what is shown. is_bare: without a scheme (url_read_bare). */
void links_add_shown(struct links *links, struct span text, bool is_bare);
/* The list is not whole: the reason, a static string, is kept; the first one stays. */
void links_incomplete(struct links *links, const char *reason);
/* Takes bytes from LINKS_TEXT_MAX; false (noted as incomplete) when they are spent. */
bool links_spend(struct links *links, size_t bytes);
/* Nothing more is taken: LINKS_MAX was reached, or all that looking may cost is spent. */
bool links_are_full(const struct links *links);

/* Writes the records: url.host, url.domain (absent when the host is an address), url.text (absent when nothing is shown), url.deceptive: the text
 * is itself a link, or a host, of another registered domain than the link's; or of an address where the link is none, or the other way round. */
void links_give(const struct links *links, struct facts *facts);

/* In links_text.c: all links of running text (text/plain, the text between the tags of HTML, scripts), as mail programs make links of
 * it: with a scheme, with "www.", or a host with a known public suffix. utf8: valid UTF-8. Linear in its length. */
void links_in_text(struct links *links, struct span utf8);
/* In links_html.c: all links of a page: attributes that name a place (href, src, action, ...), and its text. Linear in its length. */
void links_in_html(struct links *links, struct span utf8);
#endif
