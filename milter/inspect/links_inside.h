/* What milter/inspect/links.c is made of: what the reader sees of a link, and the links inside of a link. */
#ifndef MILTER_INSPECT_LINKS_INSIDE_H
#define MILTER_INSPECT_LINKS_INSIDE_H
#include "mail/url.h"
#include "milter/inspect/links.h"

/* Tries of a message, also for links that are there already or have no host: what they cost is bounded. */
#define LINKS_TRIED_MAX 20000
/* In tries: an international host may have to be looked up by the character. */
#define LINK_INTERNATIONAL_COST 10
/* text: a link up to the end of its host. */
bool link_is_international(struct span text);

/* Of what is shown, in search of a link: bytes, blanks pressed, and words. */
#define SHOWN_LOOKED_MAX 4096
#define SHOWN_WORDS_MAX  100

struct shown {
    struct span text; /* at most LINK_SHOWN_MAX bytes */
    struct span
        look; /* in which a link is looked for: without what cannot be seen, and marks of a sentence as blanks */
    size_t cost; /* of looking, in tries: for international hosts */
    char text_bytes[LINK_SHOWN_MAX];
    char look_bytes[SHOWN_LOOKED_MAX];
};

/* Trimmed, all kinds of blanks in a row to one. Points into itself. */
void shown_read(struct span utf8, struct shown *shown_r);
/* Does it name another place than the link? */
bool shown_is_other(struct shown *shown, const struct url *url);

#define NESTED_TRIED_MAX 60 /* of one link, each way of reading it counted */
/* Bytes that are searched for the cost of one try: a page may have one long tail, as its base, and ten thousand links that are read with it. */
#define NESTED_COST_BYTES 1024

struct nested {
    struct url found[LINK_NESTED_MAX]; /* different hosts */
    size_t count;
    size_t tried; /* at most NESTED_TRIED_MAX */
    size_t bytes; /* that were searched, each time that they were */
    size_t cost;  /* in tries of a message: for international hosts, and much to search */
    bool is_cut;  /* there are more */
};

/* tail: path, query and fragment of a link. As it stands, and percent-decoded once and twice: redirectors write either. */
void nested_read(struct span tail, struct nested *nested_r);
#endif
