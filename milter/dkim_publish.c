/* dkim_publish.c - looks for the records of signing keys in DNS. */
#include "milter/dkim_publish.h"
#include <stdio.h>
#include <string.h>
#include "base/clock.h"
#include "base/log.h"
#include "dns/dns.h"

#define LOOK_EVERY_MS 60000
#define LOOK_MS       10000

/* A value without the blanks that may stand within it. */
static bool is_same(struct span value, struct span wanted)
{
    size_t at = 0;

    for (size_t i = 0; i < value.len; i++) {
        if (strchr(" \t\r\n", value.ptr[i]) != NULL)
            continue;
        if (at == wanted.len || value.ptr[i] != wanted.ptr[at++])
            return false;
    }
    return at == wanted.len;
}

/* p= of a record (RFC 6376 section 3.6.1). */
static bool has_key(struct span record, struct span wanted)
{
    struct span tag, name;

    while (span_cut(&record, ';', &tag)) {
        span_cut(&tag, '=', &name);
        if (span_is(span_trim(name), "p"))
            return tag.ptr != NULL && is_same(tag, wanted);
    }
    return false;
}

enum dkim_published dkim_publish_compare(const struct dkim_key *key,
                                         const struct dns_answer *answer)
{
    struct span wanted = str_span(&key->record);
    size_t at;

    if (answer->status == DNS_NONE)
        return DKIM_NOT_THERE;
    if (answer->status != DNS_FOUND || !span_find(wanted, SPAN("p="), &at))
        return DKIM_NO_ANSWER;
    wanted = span_from(wanted.ptr + at + 2, wanted.len - at - 2);
    for (size_t i = 0; i < answer->count; i++)
        if (has_key(answer->records[i], wanted))
            return answer->count == 1 ? DKIM_PUBLISHED : DKIM_OTHER_KEY;
    return DKIM_OTHER_KEY;
}

void dkim_publish_name(const struct dkim_key *key, char name_r[DNS_NAME_MAX + 1])
{
    struct str name = STR_EMPTY;

    str_printf(&name, "%s._domainkey.%s", key->selector, key->domain);
    str_truncate(&name, DNS_NAME_MAX);
    memcpy(name_r, str_cstr(&name), name.len + 1);
    str_clear(&name);
}

static void on_answer(void *ctx, const struct dns_answer *answer)
{
    struct dkim_key *key = ctx;

    if (dkim_publish_compare(key, answer) == DKIM_PUBLISHED) {
        atomic_store(&key->is_published, true);
        log_info("the DKIM record of %s._domainkey.%s is published: mail is signed with it",
                 key->selector, key->domain);
    }
    dkim_key_unpin(&key);
}

void dkim_publish_look(struct dkim_key *key)
{
    int64_t now = clock_mono_ms();
    long long due = atomic_load(&key->look_at);
    char name[DNS_NAME_MAX + 1];
    struct dns_question question = {
        .type = DNS_TXT, .deadline = now + LOOK_MS, .done = on_answer};

    if (now < due || !atomic_compare_exchange_strong(&key->look_at, &due, now + LOOK_EVERY_MS))
        return;
    dkim_publish_name(key, name);
    question.name = span_of(name);
    question.ctx = dkim_key_pin(key);
    on_answer(question.ctx, &(struct dns_answer){.status = DNS_FAILED});
}
