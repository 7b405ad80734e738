/* derive.c - facts that follow from others: domains of addresses, extensions of names. */
#include "facts/derive.h"
#include "mail/address.h"
#include "mail/filename.h"
#include "mail/url.h"
#include "base/str.h"
#include "base/xalloc.h"

static const struct {
    enum fact_id address, domain;
} domains_of[] = {
    {FACT_SENDER, FACT_SENDER_DOMAIN},
    {FACT_RECIPIENT, FACT_RECIPIENT_DOMAIN},
    {FACT_FROM, FACT_FROM_DOMAIN},
    {FACT_AUTHOR, FACT_AUTHOR_DOMAIN},
};

/* What follows the last @; empty without one. */
static struct span after_at(struct span address)
{
    const char *at = address.len > 0 ? memrchr(address.ptr, '@', address.len) : NULL;

    if (at == NULL)
        return (struct span){"", 0};
    at++;
    return span_from(at, address.len - (size_t)(at - address.ptr));
}

static bool holds(const struct value *values, size_t count, struct span text)
{
    for (size_t i = 0; i < count; i++)
        if (span_equal(values[i].text, text))
            return true;
    return false;
}

/* The spelling that lists and routes know; an address literal stays as it is. */
static struct span domain_spelling(struct span written, char buf[DOMAIN_SIZE])
{
    if (domain_normalize(written, buf))
        return span_of(buf);
    return written;
}

static void derive_domains(struct facts *facts, const struct fact *from, enum fact_id to)
{
    struct value *values = xcalloc(from->count > 0 ? from->count : 1, sizeof *values);
    char(*spelt)[DOMAIN_SIZE] = xcalloc(from->count > 0 ? from->count : 1, sizeof *spelt);
    size_t count = 0;

    for (uint32_t i = 0; i < from->count; i++) {
        struct span domain = after_at(from->values[i].text);
        domain = domain_spelling(domain, spelt[count]);
        if (domain.len > 0 && !holds(values, count, domain))
            values[count++].text = domain;
    }
    if (count > 0)
        facts_set_many(facts, to, values, count);
    else
        facts_set_absent(facts, to);
    xfree(&spelt);
    xfree(&values);
}

static void derive_domain(struct facts *facts, enum fact_id address, enum fact_id domain)
{
    const struct fact *from = facts_get(facts, address);

    if (facts_get(facts, domain)->state != FACT_PENDING)
        return;
    if (from->state == FACT_VALUE)
        derive_domains(facts, from, domain);
    else if (from->state == FACT_ABSENT)
        facts_set_absent(facts, domain);
    else if (from->state == FACT_UNKNOWN)
        facts_set_unknown(facts, domain, from->reason);
}

static bool is_routed(struct span address)
{
    struct span domain = after_at(address);
    struct span local = span_from(address.ptr, address.len - domain.len);

    if (domain.len > 0)
        local.len--;
    for (size_t i = 0; i < local.len; i++)
        if (memchr("@%!", local.ptr[i], 3) != NULL)
            return true;
    return local.len == 0;
}

static void derive_routed(struct facts *facts)
{
    const struct fact *recipient = facts_get(facts, FACT_RECIPIENT);

    if (facts_get(facts, FACT_RECIPIENT_ROUTED)->state != FACT_PENDING)
        return;
    if (recipient->state == FACT_VALUE)
        facts_set_number(facts, FACT_RECIPIENT_ROUTED, is_routed(recipient->values[0].text));
    else if (recipient->state == FACT_ABSENT)
        facts_set_number(facts, FACT_RECIPIENT_ROUTED, false);
    else if (recipient->state == FACT_UNKNOWN)
        facts_set_unknown(facts, FACT_RECIPIENT_ROUTED, recipient->reason);
}

/* Both from all names: one bad candidate is enough. */
static void derive_from_names(struct facts *facts, size_t index, const struct fact *names)
{
    struct value *extensions = xcalloc(names->count > 0 ? names->count : 1, sizeof *extensions);
    struct filename *name = xmalloc(sizeof *name * (names->count > 0 ? names->count : 1));
    struct value deceptive = {.number = 0};
    struct fact fact = {.state = FACT_VALUE, .count = 1, .values = &deceptive};
    uint32_t count = 0;

    for (uint32_t i = 0; i < names->count; i++) {
        struct span extension;
        filename_normalize(names->values[i].text, &name[i]);
        deceptive.number |= name[i].is_deceptive;
        extension = span_from(name[i].extension, name[i].extension_len);
        if (extension.len > 0 && !holds(extensions, count, extension))
            extensions[count++].text = extension;
    }
    if (facts_record_get(facts, RECORD_ATTACHMENT, index, FACT_ATTACHMENT_DECEPTIVE)->state ==
        FACT_ABSENT)
        facts_record_set(facts, RECORD_ATTACHMENT, index, FACT_ATTACHMENT_DECEPTIVE, &fact);
    fact.count = count;
    fact.values = extensions;
    if (count > 0)
        facts_record_set(facts, RECORD_ATTACHMENT, index, FACT_ATTACHMENT_EXTENSION, &fact);
    xfree(&name);
    xfree(&extensions);
}

static void derive_of_attachment(struct facts *facts, size_t index)
{
    const struct fact *names =
        facts_record_get(facts, RECORD_ATTACHMENT, index, FACT_ATTACHMENT_NAME);
    const struct fact *extension =
        facts_record_get(facts, RECORD_ATTACHMENT, index, FACT_ATTACHMENT_EXTENSION);

    if (extension->state != FACT_ABSENT)
        return;
    if (names->state == FACT_VALUE)
        derive_from_names(facts, index, names);
    else if (names->state == FACT_UNKNOWN)
        facts_record_set(facts, RECORD_ATTACHMENT, index, FACT_ATTACHMENT_EXTENSION, names);
}

static void derive_from_host(struct facts *facts, size_t index, struct span host)
{
    struct str link = STR_EMPTY;
    struct value value;
    struct fact fact = {.state = FACT_VALUE, .count = 1, .values = &value};
    struct url url;

    str_printf(&link, "//%.*s", SPAN_ARG(host));
    if (url_read(str_span(&link), &url) && !url.is_ip) {
        value = (struct value){.text = url_domain(&url)};
        facts_record_set(facts, RECORD_URL, index, FACT_URL_DOMAIN, &fact);
    }
    str_clear(&link);
}

/* Of a link whose host is not known nothing is. */
static void derive_of_url(struct facts *facts, size_t index)
{
    const struct fact *host = facts_record_get(facts, RECORD_URL, index, FACT_URL_HOST);
    static const enum fact_id others[] = {FACT_URL_DOMAIN, FACT_URL_TEXT, FACT_URL_DECEPTIVE};

    for (size_t i = 0; host->state == FACT_UNKNOWN && i < sizeof others / sizeof *others; i++)
        if (facts_record_get(facts, RECORD_URL, index, others[i])->state == FACT_ABSENT)
            facts_record_set(facts, RECORD_URL, index, others[i], host);
    if (host->state == FACT_VALUE &&
        facts_record_get(facts, RECORD_URL, index, FACT_URL_DOMAIN)->state == FACT_ABSENT)
        derive_from_host(facts, index, host->values[0].text);
}

void facts_derive_record(struct facts *facts, enum record record, size_t index)
{
    if (record == RECORD_ATTACHMENT)
        derive_of_attachment(facts, index);
    else if (record == RECORD_URL)
        derive_of_url(facts, index);
}

void facts_derive(struct facts *facts)
{
    for (size_t i = 0; i < sizeof domains_of / sizeof *domains_of; i++)
        derive_domain(facts, domains_of[i].address, domains_of[i].domain);
    derive_routed(facts);
    for (size_t i = 0; i < facts_records(facts, RECORD_ATTACHMENT)->count; i++)
        facts_derive_record(facts, RECORD_ATTACHMENT, i);
}

void facts_set_path(struct facts *facts, enum fact_id sender_or_recipient,
                    struct span smtp_path)
{
    bool is_recipient = sender_or_recipient == FACT_RECIPIENT;
    struct address address;
    struct err err;
    int result = address_parse(smtp_path, &address, &err);

    if (result > 0)
        facts_set_text(facts, sender_or_recipient, address_text(&address));
    else if (result == 0)
        facts_set_absent(facts, sender_or_recipient);
    else
        facts_set_unknown(facts, sender_or_recipient, span_of(err.text));
    facts_forget(facts, is_recipient ? FACT_RECIPIENT_DOMAIN : FACT_SENDER_DOMAIN);
    if (is_recipient)
        facts_forget(facts, FACT_RECIPIENT_ROUTED);
    if (is_recipient && result > 0)
        facts_set_number(facts, FACT_RECIPIENT_ROUTED, address.is_routed);
    facts_derive(facts);
}
