/* content_facts.c - what a content worker may tell of. */
#include "inspect/content_facts.h"
#include "facts/block.h"
#include "facts/derive.h"

#define PART_NAMES_MAX 64 /* an honest worker stays below; each is compared with each */

/* The message, never the connection, the envelope or who sent it. */
static const enum fact_id content_facts[] = {FACT_FROM,           FACT_REPLY_TO,
                                             FACT_SUBJECT,        FACT_MESSAGE_ID,
                                             FACT_MIME_AMBIGUOUS, FACT_MIME_BROKEN};
static const enum fact_id part_facts[] = {FACT_ATTACHMENT_NAME,       FACT_ATTACHMENT_TYPE,
                                          FACT_ATTACHMENT_SIZE,       FACT_ATTACHMENT_DEPTH,
                                          FACT_ATTACHMENT_LOCATION,   FACT_ATTACHMENT_SHA256,
                                          FACT_ATTACHMENT_UNINSPECTED};

static bool is_among(enum fact_id id, const enum fact_id *ids, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (ids[i] == id)
            return true;
    return false;
}
#define IS_AMONG(id, ids) is_among(id, ids, sizeof(ids) / sizeof *(ids))

static bool is_wanted(struct span wants, struct span name)
{
    struct span one;

    while (wants.len > 0 && span_cut(&wants, '\0', &one))
        if (one.len > 0 && span_equal(one, name))
            return true;
    return false;
}

static int check_plain(const struct facts *facts, struct err *err)
{
    for (int id = 0; id < FACT_MESSAGE__COUNT; id++) {
        enum fact_state state = facts_get(facts, (enum fact_id)id)->state;
        if (!IS_AMONG((enum fact_id)id, content_facts)) {
            if (state != FACT_PENDING)
                return err_set(err, "it speaks of %s", fact_table[id].name);
        } else if (state != FACT_VALUE && state != FACT_ABSENT) {
            return err_set(err, "it does not know %s", fact_table[id].name);
        }
    }
    return 0;
}

static int check_parts(const struct facts *facts, struct err *err)
{
    const struct record_list *list = facts_records(facts, RECORD_ATTACHMENT);
    size_t first = record_first(RECORD_ATTACHMENT), width = record_count(RECORD_ATTACHMENT);

    if (list->state != FACT_VALUE || facts_records(facts, RECORD_URL)->state != FACT_PENDING)
        return err_set(err, "it does not list the attachments, or more than these");
    for (size_t i = 0; i < list->count; i++)
        for (size_t id = first; id < first + width; id++) {
            enum fact_state state =
                facts_record_get(facts, RECORD_ATTACHMENT, i, (enum fact_id)id)->state;
            if (state != FACT_ABSENT && !IS_AMONG((enum fact_id)id, part_facts))
                return err_set(err, "it speaks of %s", fact_table[id].name);
            if (facts_record_get(facts, RECORD_ATTACHMENT, i, (enum fact_id)id)->count >
                PART_NAMES_MAX)
                return err_set(err, "it gives one attachment too many names");
        }
    return 0;
}

int content_facts_check(const struct facts *facts, struct span wants, struct err *err)
{
    if (check_plain(facts, err) < 0 || check_parts(facts, err) < 0)
        return -1;
    for (size_t i = 0; i < facts_keyed_count(facts); i++) {
        const struct keyed_fact *keyed = facts_keyed_at(facts, i);
        if (keyed->id != FACT_HEADER || keyed->fact.state == FACT_UNKNOWN ||
            !is_wanted(wants, keyed->key))
            return err_set(err, "it speaks of what it was not asked");
    }
    return 0;
}

struct facts *content_facts_read(struct span block, struct span wants, struct err *err)
{
    struct facts *facts = facts_new();

    if (block_read(facts, block, err) < 0 || content_facts_check(facts, wants, err) < 0) {
        facts_free(&facts);
        return NULL;
    }
    facts_derive(facts);
    return facts;
}
