/* Marks given to messages that are being released: single use, kept in memory by the process that gives and takes them.
 *   X-Postgate-Release: v1; id=QUARANTINE-ID; n=NONCE; x=EXPIRY; s=HMAC over these, the envelope and the sha256 of the message */
#ifndef MILTER_RELEASES_H
#define MILTER_RELEASES_H
#include "base/str.h"
#include "facts/fact_table.h"
#include "milter/message.h"

#define RELEASES_MAX      256 /* under way at once */
#define RELEASES_VALID_MS 600000

struct release_envelope {
    struct span sender;            /* without <> */
    const struct span *recipients; /* without <> */
    size_t recipient_count;
};

struct releases;
struct releases *releases_new(const uint8_t key[32]);
void releases_free(struct releases **releases);
struct release_of { /* what a mark is for */
    const char *quarantine_id;
    const char *sha256; /* hexadecimal, of the stored bytes */
    enum path path;     /* by which the message came; 0: unknown */
    bool is_ours; /* made by ourselves, not from quarantine: its id is one of a mark only */
};
struct release_taken { /* what a redeemed mark said */
    char id[32];
    enum path path;
    bool is_ours;
};

/* A mark for this message; false when too many are under way. */
bool releases_issue(struct releases *releases, const struct release_of *of,
                    const struct release_envelope *envelope, struct str *mark_r);
/* Takes the mark of a message that came over the release listener: true once, for exactly that message and envelope. The stored
 * bytes are the message without its mark. */
bool releases_redeem(struct releases *releases, const struct message *message,
                     const struct release_envelope *envelope, struct release_taken *taken_r);
/* Forgets a mark that was not used. */
void releases_withdraw(struct releases *releases, const char *quarantine_id);
#endif
