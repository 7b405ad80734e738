/* signing_publish.c - looks for the records of signing keys in DNS. */
#include "milter/signing_publish.h"
#include <stdio.h>
#include <string.h>
#include "base/clock.h"
#include "base/log.h"
#include "dns/dns.h"
#include "mail/dkim_key.h"

#define LOOK_EVERY_MS 60000   /* for a record that is waited for */
#define KEEP_EYE_MS   3600000 /* on one that was there */
#define LOOK_MS       10000

static bool is_of(const struct signing_key *key, struct span record)
{
    struct str there = STR_EMPTY, ours = STR_EMPTY;
    struct dkim_key published;
    bool is_same = false;

    private_key_public(key->private_key, &ours);
    if (dkim_key_read(record, &there, &published, NULL) == 0)
        is_same = span_equal(published.bytes, str_span(&ours));
    str_clear(&there);
    str_clear(&ours);
    return is_same;
}

static enum signing_published compare(const struct signing_key *key,
                                      const struct dns_answer *answer)
{
    if (answer->status == DNS_NONE)
        return SIGNING_NOT_THERE;
    if (answer->status != DNS_FOUND)
        return SIGNING_NO_ANSWER;
    if (answer->count == 1 && is_of(key, answer->records[0]))
        return SIGNING_PUBLISHED;
    return SIGNING_OTHER_KEY;
}

void signing_publish_name(const struct signing_key *key, char name_r[DNS_NAME_MAX + 1])
{
    if (dkim_key_place(span_of(key->selector), span_of(key->domain), name_r) == 0)
        name_r[0] = '\0';
}

static void first_seen(struct signing_key *key)
{
    atomic_store(&key->is_published, true);
    log_info("the DKIM record of %s._domainkey.%s is published: mail is signed with it",
             key->selector, key->domain);
}

/* It goes on signing: a zone may be mended sooner than every message of an hour. */
static void gone(const struct signing_key *key, enum signing_published state)
{
    log_warn("the DKIM record of %s._domainkey.%s %s: nobody can verify what it signs; "
             "milter-ctl domain keys %s --records prints it",
             key->selector, key->domain,
             state == SIGNING_NOT_THERE ? "is not in DNS" : "is another one now", key->domain);
}

enum signing_published signing_publish_take(struct signing_key *key,
                                            const struct dns_answer *answer)
{
    enum signing_published state = compare(key, answer);
    bool was_there = atomic_load(&key->is_published);

    if (state == SIGNING_PUBLISHED && !was_there)
        first_seen(key);
    else if (was_there && (state == SIGNING_NOT_THERE || state == SIGNING_OTHER_KEY))
        gone(key, state);
    return state;
}

static void on_answer(void *ctx, const struct dns_answer *answer)
{
    struct signing_key *key = ctx;

    (void)signing_publish_take(key, answer);
    signing_key_unpin(&key);
}

void signing_publish_look(struct signing_key *key)
{
    int64_t now = clock_mono_ms();
    long long due = atomic_load(&key->look_at);
    char name[DNS_NAME_MAX + 1];
    struct dns_question question = {
        .type = DNS_TXT, .deadline = now + LOOK_MS, .done = on_answer};

    if (now < due || !atomic_compare_exchange_strong(
                         &key->look_at, &due,
                         now + (atomic_load(&key->is_published) ? KEEP_EYE_MS : LOOK_EVERY_MS)))
        return;
    signing_publish_name(key, name);
    question.name = span_of(name);
    question.ctx = signing_key_pin(key);
    dns_ask(&question, 1);
}
