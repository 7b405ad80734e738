/* The message as it comes: header fields kept in order, the whole written to a memfd that is sealed at end of message before any
 * other process gets it. Never read here: content is parsed only by postgate-inspect. */
#ifndef MILTER_MESSAGE_H
#define MILTER_MESSAGE_H
#include "base/arena.h"
#include "base/err.h"
#include "mail/header.h"

/* Kept for cleaning and loop detection; more defer the message. */
#define MESSAGE_MAX_HEADERS 5000
/* X-Postgate, Authentication-Results (ARC's too) and X-MS-Exchange-Organization fields: removing each costs the MTA a search; more refuse the
 * message. */
#define MESSAGE_MAX_FORGEABLE 500

struct message_header {
    struct span name, value; /* as received; value with its leading blank and inner line ends */
    enum header_kind kind;   /* as an eager reader would take the name */
    unsigned
        occurrence; /* 1, 2 ... of its exact name, as smfi_chgheader counts; 0: uncounted */
    uint64_t at, length; /* its bytes in the memfd, line end included */
    bool is_kept;        /* one of ours that is valid: not cleaned away */
};

struct message {
    struct arena *arena; /* of the transaction */
    int fd;              /* memfd, or -1 */
    uint64_t size, limit;
    size_t header_count, header_room;
    struct message_header *headers;
    const char *fault; /* why it cannot be judged; NULL: all is well */
    bool has_body, is_sealed;
    unsigned hops;      /* Received headers */
    unsigned forgeable; /* headers that MESSAGE_MAX_FORGEABLE speaks of, ours or not */
};

void message_begin(struct message *message, struct arena *arena, uint64_t limit);
void message_header(struct message *message, struct span name, struct span value);
void message_end_headers(struct message *message);
void message_body(struct message *message, struct span chunk);
/* Seals. -1 when the message cannot be judged (err: for the log). */
int message_seal(struct message *message, struct err *err);
void message_end(struct message *message); /* closes */
/* sha256 of all but one header (index; SIZE_MAX: of all), as lower-case hexadecimal into hex_r (65 bytes). -1: unreadable. */
int message_digest(const struct message *message, size_t without, char *hex_r);
/* The first header of that kind spelt exactly, unfolded into out; false when there is none. */
bool message_header_text(const struct message *message, enum header_kind kind, struct str *out);
#endif
