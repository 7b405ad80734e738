/* lookups.c - lookups under way by name and type; who may have another one. */
#include "dns/lookups.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/xalloc.h"
#include "dns/shares.h"
#include "mail/org_domain.h"

#define BUCKETS 2048
#define OURS    1 /* what settings made us ask counts apart from what senders did */
#define APART                                                                                  \
    2 /* and of that what is asked about a message, which may be much, from what is asked about its client */

void lookups_init(struct lookups *lookups)
{
    *lookups = (struct lookups){.zones = shares_new(), .askers = shares_new()};
    hash_random(lookups->seed, sizeof lookups->seed);
    lookups->buckets = xcalloc(BUCKETS, sizeof *lookups->buckets);
}

void lookups_clear(struct lookups *lookups)
{
    shares_free(&lookups->zones);
    shares_free(&lookups->askers);
    xfree(&lookups->buckets);
}

static struct span name_span(const struct name_text *name)
{
    return span_from(name->text, name->len);
}

static uint64_t apart(uint64_t key, bool is_ours)
{
    return is_ours ? key | OURS : key & ~(uint64_t)OURS;
}

/* Lists of one operator are one zone here. */
static uint64_t zone_of(const struct lookups *lookups, const struct waiter *waiter)
{
    const struct dns_question *question = &waiter->question;
    uint64_t zone = hash_table64(lookups->seed, org_domain(name_span(&waiter->name)));
    bool is_apart = question->is_ours && (question->asker & DNS_ASKER_APART) != 0;

    return apart(is_apart ? zone | APART : zone & ~(uint64_t)APART, question->is_ours);
}

/* dns_asker leaves room for the bit. */
static uint64_t asker_of(const struct dns_question *question)
{
    return apart(question->asker << 1, question->is_ours);
}

static struct lookup **bucket_of(const struct lookups *lookups, const struct waiter *waiter)
{
    uint64_t hash = hash_table64(lookups->seed, name_span(&waiter->name));

    return &lookups->buckets[(hash ^ waiter->question.type) % BUCKETS];
}

static struct lookup *find(const struct lookups *lookups, const struct waiter *waiter)
{
    struct lookup *lookup = *bucket_of(lookups, waiter);

    while (lookup != NULL && (lookup->type != waiter->question.type ||
                              !span_equal(name_span(&lookup->name), name_span(&waiter->name))))
        lookup = lookup->next;
    return lookup;
}

static bool asker_may(const struct lookups *lookups, const struct dns_question *question)
{
    unsigned most = question->is_ours ? DNS_OURS_MAX : DNS_ASKER_MAX;

    return question->asker == 0 || shares_count(lookups->askers, asker_of(question)) < most;
}

static bool zone_may(const struct lookups *lookups, const struct waiter *waiter)
{
    unsigned most = waiter->question.is_ours ? DNS_OURS_MAX : DNS_ZONE_MAX;

    return lookups->count < DNS_TOTAL_MAX &&
           shares_count(lookups->zones, zone_of(lookups, waiter)) < most;
}

static struct lookup *lookup_new(struct lookups *lookups, const struct waiter *waiter)
{
    struct lookup *lookup = xcalloc(1, sizeof *lookup);

    lookup->type = waiter->question.type;
    lookup->is_ours = waiter->question.is_ours;
    lookup->name = waiter->name;
    lookup->zone = zone_of(lookups, waiter);
    lookup->begun = clock_mono_ms();
    lookup->at = bucket_of(lookups, waiter);
    lookup->next = *lookup->at;
    if (lookup->next != NULL)
        lookup->next->at = &lookup->next;
    *lookup->at = lookup;
    lookup->at_all = &lookups->all;
    lookup->next_all = lookups->all;
    if (lookup->next_all != NULL)
        lookup->next_all->at_all = &lookup->next_all;
    lookups->all = lookup;
    lookups->count++;
    shares_add(lookups->zones, lookup->zone);
    return lookup;
}

enum lookups_place lookups_put(struct lookups *lookups, struct waiter *waiter)
{
    struct lookup *lookup = find(lookups, waiter);
    enum lookups_place place = lookup != NULL ? LOOKUPS_JOINED : LOOKUPS_BEGUN;

    if (lookups->waiter_count == LOOKUPS_WAITERS_MAX ||
        (lookup == NULL &&
         (!asker_may(lookups, &waiter->question) || !zone_may(lookups, waiter))))
        return LOOKUPS_LIMITED;
    waiter->is_counted = lookup == NULL && waiter->question.asker != 0;
    if (lookup == NULL)
        lookup = lookup_new(lookups, waiter);
    waiter->lookup = lookup;
    waiter->at = &lookup->waiters;
    waiter->next = lookup->waiters;
    if (waiter->next != NULL)
        waiter->next->at = &waiter->next;
    lookup->waiters = waiter;
    lookups->waiter_count++;
    if (waiter->is_counted)
        shares_add(lookups->askers, asker_of(&waiter->question));
    return place;
}

void lookups_take(struct lookups *lookups, struct waiter *waiter)
{
    *waiter->at = waiter->next;
    if (waiter->next != NULL)
        waiter->next->at = waiter->at;
    waiter->next = NULL;
    waiter->lookup = NULL;
    lookups->waiter_count--;
    if (waiter->is_counted)
        shares_sub(lookups->askers, asker_of(&waiter->question));
}

void lookups_remove(struct lookups *lookups, struct lookup **lookup)
{
    struct lookup *gone = *lookup;

    *gone->at = gone->next;
    if (gone->next != NULL)
        gone->next->at = gone->at;
    *gone->at_all = gone->next_all;
    if (gone->next_all != NULL)
        gone->next_all->at_all = gone->at_all;
    lookups->count--;
    shares_sub(lookups->zones, gone->zone);
    xfree(lookup);
}
