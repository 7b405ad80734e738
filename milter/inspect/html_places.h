/* What in a page names a place: which attributes, and how it stands in them. */
#ifndef MILTER_INSPECT_HTML_PLACES_H
#define MILTER_INSPECT_HTML_PLACES_H
#include "milter/inspect/links.h"

enum place_kind {
    PLACE_LINK,
    PLACE_WORDS,   /* several, between blanks */
    PLACE_SRCSET,  /* several, each before its size and a comma */
    PLACE_REFRESH, /* "5; url=..." */
    PLACE_CODE,    /* CSS or a script */
    PLACE_PAGE,    /* a page of its own */
};

/* name: of an attribute, with any prefix ("xlink:href"). False: it names no place. */
bool place_find(struct span name, enum place_kind *kind_r);
/* The place that a value names; also when its closing quote was forgotten. False: it names no host. */
bool place_read(struct span value, struct span *target_r);
/* Adds what a value (decoded) of this kind names, with nothing shown; PLACE_PAGE is read as code. */
void place_add(struct links *links, enum place_kind kind, struct span value);
/* A link within the page that it stands on: neither a host nor a scheme. */
bool place_is_relative(struct span value);
/* Adds the links of CSS or a script: those with a scheme, "//host" in quotes, and url(...). Bare hosts would be names of variables and
 * classes ("td.info"). */
void places_in_code(struct links *links, struct span code);
#endif
