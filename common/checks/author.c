/* author.c - what proves an author: a login, DKIM, SPF, in this order. */
#include "checks/author.h"
#include "checks/alignment.h"
#include "facts/fact_words.h"
#include "mail/domain.h"

enum proof { BY_LOGIN = 1, BY_DKIM, BY_SPF }; /* the numbers of author_by_names */

struct mailbox_of {
    struct span address, local, domain;
};

/* The one mailbox of From; false when there is none, when there are several, and when programs may read different ones. */
static bool single_from(const struct facts *facts, struct mailbox_of *from_r)
{
    const struct fact *from = facts_get(facts, FACT_FROM);
    const struct fact *ambiguous = facts_get(facts, FACT_MIME_AMBIGUOUS);
    struct span address;
    const char *at;

    if (from->state != FACT_VALUE || from->count != 1 || ambiguous->state != FACT_VALUE ||
        ambiguous->values[0].number != 0)
        return false;
    address = from->values[0].text;
    at = memrchr(address.ptr, '@', address.len);
    if (at == NULL || at == address.ptr || at + 1 == address.ptr + address.len)
        return false;
    from_r->address = address;
    from_r->local = span_from(address.ptr, (size_t)(at - address.ptr));
    from_r->domain = span_from(at + 1, address.len - from_r->local.len - 1);
    return true;
}

/* A login is compared as it was given, case-folded: nothing is unquoted, no route is followed. */
static bool is_login(const struct mailbox_of *from, struct span login, struct span login_domain)
{
    const char *at = login.len > 0 ? memrchr(login.ptr, '@', login.len) : NULL;
    struct span local = login, domain = login_domain;
    char spelt[DOMAIN_SIZE];

    if (at != NULL) {
        local = span_from(login.ptr, (size_t)(at - login.ptr));
        domain = span_from(at + 1, login.len - local.len - 1);
    }
    return local.len > 0 && domain_normalize(domain, spelt) &&
           span_iequal(local, from->local) && span_is(from->domain, spelt);
}

static bool by_login(const struct facts *facts, const struct mailbox_of *from,
                     struct span login_domain)
{
    const struct fact *user = facts_get(facts, FACT_AUTH_USER);

    return user->state == FACT_VALUE && is_login(from, user->values[0].text, login_domain);
}

static bool by_dkim(const struct facts *facts, const struct mailbox_of *from, bool is_strict)
{
    const struct fact *signers = facts_get(facts, FACT_DKIM_AUTHORS);

    if (signers->state != FACT_VALUE)
        return false;
    for (uint32_t i = 0; i < signers->count; i++)
        if (alignment_holds(from->domain, signers->values[i].text, is_strict))
            return true;
    return false;
}

static bool by_spf(const struct facts *facts, const struct mailbox_of *from, bool is_strict)
{
    const struct fact *spf = facts_get(facts, FACT_SPF);
    const struct fact *domain = facts_get(facts, FACT_SPF_DOMAIN);
    int pass = 0;

    return facts_get(facts, FACT_AUTHRES_ID)->state != FACT_VALUE && spf->state == FACT_VALUE &&
           names_value(spf_names, SPAN("pass"), &pass) && spf->values[0].number == pass &&
           domain->state == FACT_VALUE &&
           alignment_holds(from->domain, domain->values[0].text, is_strict);
}

static void set_author(struct facts *to, const struct mailbox_of *from, enum proof proof)
{
    facts_set_text(to, FACT_AUTHOR, from->address);
    facts_set_text(to, FACT_AUTHOR_DOMAIN, from->domain);
    facts_set_number(to, FACT_AUTHOR_BY, proof);
}

void author_learn_absent(struct facts *to)
{
    facts_set_absent(to, FACT_AUTHOR);
    facts_set_absent(to, FACT_AUTHOR_DOMAIN);
    facts_set_absent(to, FACT_AUTHOR_BY);
}

bool author_is_login(const struct facts *facts, struct span login_domain)
{
    struct mailbox_of from;

    return single_from(facts, &from) && by_login(facts, &from, login_domain);
}

void author_learn(const struct facts *facts, const struct author_terms *terms, struct facts *to)
{
    struct mailbox_of from;

    if (!single_from(facts, &from))
        author_learn_absent(to);
    else if (by_login(facts, &from, terms->login_domain))
        set_author(to, &from, BY_LOGIN);
    else if (by_dkim(facts, &from, terms->is_dkim_strict))
        set_author(to, &from, BY_DKIM);
    else if (by_spf(facts, &from, terms->is_spf_strict))
        set_author(to, &from, BY_SPF);
    else
        author_learn_absent(to);
}
