/* Private to mime*.c: one inspection under way. */
#ifndef MILTER_INSPECT_MIME_STATE_H
#define MILTER_INSPECT_MIME_STATE_H
#include <gmime/gmime.h>
#include "milter/inspect/mime.h"
#include "milter/inspect/mime_decode.h"

/* Bytes of names, types and header values of one message, so that the answer fits into a block. */
#define MIME_TEXT_MAX   (2 * 1024 * 1024)
#define MIME_VALUE_MAX  (128 * 1024) /* of one header value looked at */
#define MIME_VALUES_MAX 1000         /* headers of one name; addresses of one header */

struct mime_state {
    const struct mime_request *request;
    struct facts *facts;
    struct arena *arena; /* of this message */
    GMimeParserOptions *options;
    GByteArray *lent;  /* the message's own bytes: never to be freed or written through it */
    int64_t deadline;  /* clock_mono_ms; past it nothing new is begun */
    size_t text_bytes; /* against MIME_TEXT_MAX */
    size_t parts;
    bool is_broken, is_ambiguous;
    bool has_uninspected_name; /* an attachment says so already */
    GHashTable *seen;          /* names that parts were given */
    struct links *links;       /* NULL: not wanted */
    const char *incomplete;    /* why the list of attachments is not whole; NULL when it is */
};

/* The first reason stays. */
void mime_incomplete(struct mime_state *s, const char *reason);
/* False when the time is up (noted as incomplete). */
bool mime_has_time(struct mime_state *s);
/* Takes bytes from the budget; false (noted as incomplete) when it is spent. */
bool mime_spend(struct mime_state *s, size_t bytes);
/* As valid UTF-8, in the arena. */
struct span mime_utf8(struct mime_state *s, struct span text);
/* With RFC 2047 encoded-words decoded, in the arena; *is_known_r: no word is in a character set that we lack. */
struct span mime_decode_words(struct mime_state *s, struct span text, bool *is_known_r);
/* Without line ends (RFC 5322 section 2.2.3) and blanks at both ends, at most MIME_VALUE_MAX bytes, in the arena. */
struct span mime_unfold(struct mime_state *s, const char *raw);

/* What GMime warns of. */
void mime_watch(struct mime_state *s);

/* How much of the message may be parsed, seen before the parser sees it. */
size_t mime_scan(struct mime_state *s, struct span message);

/* The header of the message. */
void mime_headers(struct mime_state *s, GMimeMessage *message);
/* Content-* fields of a part: doubled, oddly spelt, too many. False when a limit is passed (*why_r). */
bool mime_part_headers(struct mime_state *s, GMimeObject *part, const char **why_r);

/* All parts below the message. */
void mime_walk(struct mime_state *s, GMimeMessage *message);

/* One leaf or message part as an attachment. */
struct mime_part {
    GMimeObject *object;
    const char *location;
    unsigned depth;
    bool is_body;            /* listed only when something is wrong with it */
    const char *uninspected; /* or NULL */
};
void mime_part(struct mime_state *s, struct mime_part *part);
/* Adds an attachment known only by its name. */
void mime_add_named(struct mime_state *s, const struct mime_part *in, struct span name,
                    const char *uninspected);

/* The transfer encoding it says it has; of several that which hides most. */
enum encoding mime_encoding(struct mime_state *s, GMimeObject *object);

/* Every name the part may be taken to have. */
#define MIME_NAMES_MAX 32
struct mime_names {
    size_t count;
    struct value values[MIME_NAMES_MAX];
    const char *uninspected; /* why not all of them could be read */
};
void mime_names(struct mime_state *s, GMimeObject *object, struct mime_names *names_r);
/* Adds the names in the value of a Content-* field, as it stands in the message. */
void mime_names_read(struct mime_state *s, struct mime_names *names, struct span raw);
/* Adds one name, and what careless programs make of it; the second also with encoded-words decoded (RFC 2047 section 5 forbids them
 * here; programs read them). */
void mime_names_add(struct mime_state *s, struct mime_names *names, struct span text);
void mime_names_add_decoded(struct mime_state *s, struct mime_names *names, struct span text);

/* Adds an attachment known only by these names. */
void mime_add_names(struct mime_state *s, const struct mime_part *in,
                    const struct mime_names *names);

/* After all parts: Content-* fields that stand where our parser found no part, and names in them that it did not give any part. */
void mime_net(struct mime_state *s, struct span message);
/* These names were given to a part. */
void mime_net_saw(struct mime_state *s, const struct mime_names *names);
#endif
