/* Makes who joins a member: an entry of the ledger `members` with a number of its own. */
#include "policyd/cluster/join_member.h"

#include <stdio.h>

#include "base/sinks.h"
#include "policyd/cluster/ledger.h"

#define APPEND_TRIES 10
#define FEED_MS      2000

static int append_once(const struct member *member, struct err *err)
{
    struct str payload = STR_EMPTY;
    char note[NODE_NAME_SIZE + 16];
    struct ledger_status base = {.hash = ""};
    struct ledger_draft draft = {.subject = SPAN("members"),
                                 .author = "cluster join",
                                 .note = note,
                                 .base_hash = base.hash};
    uint16_t number;
    uint64_t entry;
    int result;

    ledger_status(SPAN("members"), &base);
    number = members_free_number(); /* after what it is made from was noted */
    if (number == 0)
        return err_set(err, "all %d numbers of nodes are taken", MEMBERS_MAX);
    snprintf(note, sizeof note, "%s joins", member->name);
    str_printf(&payload, "{\"verb\":\"node\",\"id\":\"%s\",\"number\":%u,\"name\":", member->id,
               number);
    sink_json(&payload, span_of(member->name));
    str_adds(&payload, ",\"sign\":\"");
    hash_hex(&payload, member->sign_public, SIGN_PUBLIC_SIZE);
    str_adds(&payload, "\",\"seal\":\"");
    hash_hex(&payload, member->seal_public, SEAL_PUBLIC_SIZE);
    str_adds(&payload, "\"}");
    draft.payload = str_span(&payload);
    result = ledger_append(&draft, &entry, err);
    str_clear(&payload);
    return result;
}

/* Another administrator's node may add members at the same time: then numbers are chosen anew. */
int join_make_member(const struct member *asking, struct member *member_r, struct err *err)
{
    int result = 0;

    for (int i = 0; i < APPEND_TRIES && result == 0; i++) {
        if (members_by_id(asking->id, member_r))
            return 0;
        result = append_once(asking, err);
        if (result == 0)
            feed_look_and_wait(FEED_MS);
    }
    if (result == 1 && members_by_id(asking->id, member_r))
        return 0;
    return result < 0 ? -1 : err_set(err, "the entry of `members` could not be written");
}
