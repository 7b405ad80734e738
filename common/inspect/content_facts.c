/* content_facts.c - what a content worker may tell of. */
#include "inspect/content_facts.h"
#include "base/utf8.h"
#include "facts/block.h"
#include "facts/derive.h"
#include "mail/url.h"

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

    if (list->state != FACT_VALUE)
        return err_set(err, "it does not list the attachments");
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

static bool is_utf8(struct span text)
{
    while (text.len > 0)
        if (utf8_next(&text) == UTF8_BAD)
            return false;
    return true;
}

/* One value, or none. */
static const struct value *link_value(const struct facts *facts, size_t index, enum fact_id id)
{
    const struct fact *fact = facts_record_get(facts, RECORD_URL, index, id);

    return fact->state == FACT_VALUE && fact->count == 1 ? &fact->values[0] : NULL;
}

/* The domain is the host's own or one above it. Which of them was registered is the worker's word: his list of suffixes may be older than ours. */
static bool is_place(const struct value *host, const struct value *domain)
{
    struct url url;

    if (host == NULL || !url_read_host(host->text, &url))
        return false;
    if (url.is_ip)
        return domain == NULL;
    return domain != NULL && domain->text.len > 0 && domain_is_within(host->text, domain->text);
}

static int check_link(const struct facts *facts, size_t index, struct err *err)
{
    const struct value *shown = link_value(facts, index, FACT_URL_TEXT),
                       *deceptive = link_value(facts, index, FACT_URL_DECEPTIVE);

    for (size_t i = 0; i < record_count(RECORD_URL); i++) {
        enum fact_id id = (enum fact_id)(record_first(RECORD_URL) + i);
        if (facts_record_get(facts, RECORD_URL, index, id)->state == FACT_UNKNOWN)
            return err_set(err, "it does not know %s", fact_table[id].name);
    }
    if (!is_place(link_value(facts, index, FACT_URL_HOST),
                  link_value(facts, index, FACT_URL_DOMAIN)))
        return err_set(err, "a link to no place");
    if (shown != NULL && (shown->text.len > WIRE_LINK_SHOWN_MAX || !is_utf8(shown->text)))
        return err_set(err, "the text of a link is no text");
    if (deceptive == NULL || (deceptive->number != 0 && deceptive->number != 1))
        return err_set(err, "it does not say whether a link deceives");
    return 0;
}

static int check_links(const struct facts *facts, bool is_wanted, struct err *err)
{
    const struct record_list *list = facts_records(facts, RECORD_URL);

    if (!is_wanted)
        return list->state == FACT_PENDING
                   ? 0
                   : err_set(err, "it lists links, which it was not asked for");
    if (list->state != FACT_VALUE || list->count > WIRE_LINKS_MAX)
        return err_set(err, "it does not list the links, or too many");
    for (size_t i = 0; i < list->count; i++)
        if (check_link(facts, i, err) < 0)
            return -1;
    return 0;
}

int content_facts_check(const struct facts *facts, const struct content_wants *wants,
                        struct err *err)
{
    if (check_plain(facts, err) < 0 || check_parts(facts, err) < 0 ||
        check_links(facts, (wants->flags & WIRE_LINKS) != 0, err) < 0)
        return -1;
    for (size_t i = 0; i < facts_keyed_count(facts); i++) {
        const struct keyed_fact *keyed = facts_keyed_at(facts, i);
        if (keyed->id != FACT_HEADER || keyed->fact.state == FACT_UNKNOWN ||
            !is_wanted(wants->headers, keyed->key))
            return err_set(err, "it speaks of what it was not asked");
    }
    return 0;
}

struct facts *content_facts_read(struct span block, const struct content_wants *wants,
                                 struct err *err)
{
    struct facts *facts = facts_new();

    if (block_read(facts, block, err) < 0 || content_facts_check(facts, wants, err) < 0) {
        facts_free(&facts);
        return NULL;
    }
    facts_derive(facts);
    return facts;
}
