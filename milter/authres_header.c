/* authres_header.c - from facts to Authentication-Results. */
#include "milter/authres_header.h"

#include <stdio.h>

#include "checks/alignment.h"
#include "inspect/sender_wire.h"
#include "mail/authres_read.h"
#include "mail/authres_write.h"
#include "mail/domain.h"

#define SEALERS_SHOWN 4 /* of an ARC chain */

struct writing {
    struct authres_writer to;
    const struct facts *facts;
};

static struct span text_of(const struct facts *facts, enum fact_id id)
{
    const struct fact *fact = facts_get(facts, id);

    return fact->state == FACT_VALUE && fact->count > 0 ? fact->values[0].text : span_of("");
}

/* NULL: not learnt, or there is none. */
static const char *word_of(const struct facts *facts, enum fact_id id)
{
    const struct fact *fact = facts_get(facts, id);

    return fact->state == FACT_VALUE
               ? names_name(fact_table[id].words, (int)fact->values[0].number)
               : NULL;
}

/* Did an inner gateway say it? */
static void add_source(struct writing *w)
{
    authres_comment_add(&w->to, "by ", text_of(w->facts, FACT_AUTHRES_ID));
}

/* The address where it needs no quoting; else its domain, which is what SPF speaks of. */
static void add_sender(struct writing *w, struct span sender)
{
    struct span domain = text_of(w->facts, FACT_SENDER_DOMAIN);
    bool is_plain = sender.len <= AUTHRES_TEXT_MAX && authres_is_plain_address(sender);

    authres_property_add(&w->to, "smtp.mailfrom", is_plain ? sender : domain);
}

static void add_helo(struct writing *w)
{
    struct span helo = text_of(w->facts, FACT_HELO_NAME);
    char domain[DOMAIN_SIZE];

    authres_property_add(&w->to, "smtp.helo",
                         domain_normalize(helo, domain) ? span_of(domain) : helo);
}

static void write_spf(struct writing *w)
{
    const char *word = word_of(w->facts, FACT_SPF);
    struct span sender = text_of(w->facts, FACT_SENDER);

    if (word == NULL)
        return;
    authres_result(&w->to, "spf", word);
    if (strcmp(word, "pass") != 0)
        authres_reason(&w->to, text_of(w->facts, FACT_SPF_REASON));
    add_source(w);
    if (text_of(w->facts, FACT_AUTHRES_ID).len > 0)
        authres_property_add(&w->to, "smtp.mailfrom", text_of(w->facts, FACT_SPF_DOMAIN));
    else if (sender.len > 0)
        add_sender(w, sender);
    else
        add_helo(w);
}

/* One text of dkim.results: written anew from what was read of it, so that it is one result and no more. */
static void write_signature(struct writing *w, struct span text, struct arena *arena)
{
    static const char *const properties[] = {"d", "s", "a", "b"};
    struct authres_result result;
    char name[16];
    int word;

    if (authres_read_result(text, arena, &result, NULL) < 0 ||
        !names_value(fact_table[FACT_DKIM].words, result.result, &word))
        return;
    authres_result(&w->to, "dkim", names_name(fact_table[FACT_DKIM].words, word));
    authres_reason(&w->to, result.reason);
    for (size_t i = 0; i < sizeof properties / sizeof *properties; i++) {
        snprintf(name, sizeof name, "header.%s", properties[i]);
        authres_property_add(&w->to, name, authres_value(&result, "header", properties[i]));
    }
}

static void write_signatures(struct writing *w, const struct fact *results)
{
    struct arena *arena = arena_new();

    for (size_t i = 0; i < results->count && i < SENDER_SIGNATURES_MAX; i++)
        write_signature(w, results->values[i].text, arena);
    arena_free(&arena);
}

/* Nothing is known of the signatures but the domains of those that pass. */
static void write_domains(struct writing *w, const char *word)
{
    const struct fact *domains = facts_get(w->facts, FACT_DKIM_DOMAINS);
    bool is_pass = strcmp(word, "pass") == 0 && domains->state == FACT_VALUE;
    size_t count = is_pass ? domains->count : 0;

    if (count == 0) {
        authres_result(&w->to, "dkim", word);
        add_source(w);
    }
    for (size_t i = 0; i < count && i < SENDER_SIGNATURES_MAX; i++) {
        authres_result(&w->to, "dkim", word);
        add_source(w);
        authres_property_add(&w->to, "header.d", domains->values[i].text);
    }
}

static void write_dkim(struct writing *w)
{
    const struct fact *results = facts_get(w->facts, FACT_DKIM_RESULTS);
    const char *word = word_of(w->facts, FACT_DKIM);
    size_t before = w->to.count;

    if (results->state == FACT_VALUE && text_of(w->facts, FACT_AUTHRES_ID).len == 0)
        write_signatures(w, results);
    if (w->to.count == before && word != NULL)
        write_domains(w, word);
}

static bool spf_passes(const struct facts *facts)
{
    const char *word = word_of(facts, FACT_SPF);

    return word != NULL && strcmp(word, "pass") == 0;
}

static size_t count_of(const struct fact *fact)
{
    return fact->state == FACT_VALUE ? fact->count : 0;
}

static bool is_aligned(const struct facts *facts, struct span from)
{
    const struct fact *signers = facts_get(facts, FACT_DKIM_DOMAINS);

    if (spf_passes(facts) && alignment_holds(from, text_of(facts, FACT_SPF_DOMAIN), false))
        return true;
    for (size_t i = 0; i < count_of(signers); i++)
        if (alignment_holds(from, signers->values[i].text, false))
            return true;
    return false;
}

/* Passed for nothing but the word of a chain. What is aligned, though not as strictly as the domain may wish, is never called that. */
static bool is_by_arc(const struct facts *facts)
{
    const struct fact *domains = facts_get(facts, FACT_ARC_DMARC);
    struct span from = text_of(facts, FACT_DMARC_DOMAIN);

    for (size_t i = 0; i < count_of(domains); i++)
        if (span_iequal(domains->values[i].text, from))
            return !is_aligned(facts, from);
    return false;
}

static void add_sealers(struct writing *w)
{
    const struct fact *sealers = facts_get(w->facts, FACT_ARC_SEALERS);

    for (size_t i = 0; i < count_of(sealers) && i < SEALERS_SHOWN; i++)
        authres_comment_add(&w->to, "by arc: ", sealers->values[i].text);
}

/* By SPF, by DKIM: what passes without being the domain's of From. */
static const char *const unaligned[2][2] = {
    {"neither SPF nor DKIM passes", "a DKIM signature passes, but of another domain"},
    {"SPF passes, but for another domain", "SPF and DKIM pass, but for other domains"}};

/* What it rests on, and what the domain asks for then: after sp= and pct=, as RFC 7489 section 11.1 wants it. */
static void write_failure(struct writing *w)
{
    bool has_signer = count_of(facts_get(w->facts, FACT_DKIM_DOMAINS)) > 0;

    authres_reason(&w->to, span_of(unaligned[spf_passes(w->facts)][has_signer]));
    authres_property_add(&w->to, "policy.dmarc", span_of(word_of(w->facts, FACT_DMARC_POLICY)));
}

static void write_dmarc(struct writing *w)
{
    const char *word = word_of(w->facts, FACT_DMARC);
    bool is_ours = text_of(w->facts, FACT_AUTHRES_ID).len == 0;

    if (word == NULL)
        return;
    authres_result(&w->to, "dmarc", word);
    add_source(w);
    if (is_ours && strcmp(word, "pass") == 0 && is_by_arc(w->facts))
        add_sealers(w);
    authres_comment_add(&w->to, "p=", span_of(word_of(w->facts, FACT_DMARC_POLICY)));
    if (is_ours && strcmp(word, "permerror") == 0)
        authres_reason(&w->to, SPAN("the record of its policy does not read"));
    if (is_ours && strcmp(word, "fail") == 0)
        write_failure(w);
    authres_property_add(&w->to, "header.from", text_of(w->facts, FACT_DMARC_DOMAIN));
}

static void write_arc(struct writing *w)
{
    const char *word = word_of(w->facts, FACT_ARC);

    if (word == NULL)
        return;
    authres_result(&w->to, "arc", word);
    if (strcmp(word, "none") != 0) /* the gateway need not have said so */
        add_source(w);
}

static void write_login(struct writing *w)
{
    struct span user = text_of(w->facts, FACT_AUTH_USER);

    if (user.len == 0)
        return;
    authres_result(&w->to, "auth", "pass");
    authres_property_add(&w->to, "smtp.auth", user);
}

void authres_write(struct str *out, const struct facts *facts, struct span authserv_id)
{
    struct writing w = {.facts = facts};

    authres_begin(&w.to, out, authserv_id);
    write_spf(&w);
    write_dkim(&w);
    write_dmarc(&w);
    write_arc(&w);
    write_login(&w);
    authres_end(&w.to);
}
