/* signing_publish.c - looks for the records of signing keys in DNS. */
#include "milter/signing_publish.h"
#include <stdio.h>
#include <string.h>
#include "base/clock.h"
#include "base/log.h"
#include "dns/dns.h"
#include "mail/dkim_key.h"

#define LOOK_EVERY_MS 60000
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

enum signing_published signing_publish_compare(const struct signing_key *key,
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

static void on_answer(void *ctx, const struct dns_answer *answer)
{
    struct signing_key *key = ctx;

    if (signing_publish_compare(key, answer) == SIGNING_PUBLISHED) {
        atomic_store(&key->is_published, true);
        log_info("the DKIM record of %s._domainkey.%s is published: mail is signed with it",
                 key->selector, key->domain);
    }
    signing_key_unpin(&key);
}

void signing_publish_look(struct signing_key *key)
{
    int64_t now = clock_mono_ms();
    long long due = atomic_load(&key->look_at);
    char name[DNS_NAME_MAX + 1];
    struct dns_question question = {
        .type = DNS_TXT, .deadline = now + LOOK_MS, .done = on_answer};

    if (now < due || !atomic_compare_exchange_strong(&key->look_at, &due, now + LOOK_EVERY_MS))
        return;
    signing_publish_name(key, name);
    question.name = span_of(name);
    question.ctx = signing_key_pin(key);
    dns_ask(&question, 1);
}
