/* From the bytes of a message to content facts. Runs in the sandbox; whatever the bytes, it says what it could not look into. */
#ifndef MILTER_INSPECT_MIME_H
#define MILTER_INSPECT_MIME_H
#include "facts/facts.h"
#include "inspect/wire.h"

#define MIME_WANT_MAX 512 /* header names */

struct mime_request {
    struct span message;
    struct wire_limits limits; /* time_ms: from when mime_inspect is called */
    size_t want_count;
    struct span wants[MIME_WANT_MAX]; /* header names, any case */
    bool wants_links;
};

/* Before the sandbox: types, tables, character sets. */
void mime_prepare(void);
/* Learns from, reply_to, subject, message.id, header() of the wanted names, mime.broken, mime.ambiguous, the attachments and, if wanted, the
 * links. */
void mime_inspect(const struct mime_request *request, struct facts *facts);
#endif
