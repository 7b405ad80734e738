/* arc.c - is the chain whole, and is each of its seals valid? (RFC 8617 section 5.2) */
#include "milter/inspect/arc.h"
#include "mail/authres_read.h"
#include "milter/inspect/arc_sets.h"

static void stop(struct arc_chain *chain, enum arc_result result, const char *reason)
{
    chain->result = result;
    chain->reason = reason;
}

/* Something that is wrong for good stands before what might be asked again later. */
static void weigh(struct signed_message *message, struct arc_chain *chain,
                  const struct signed_one *one, size_t instance)
{
    bool is_later = one->result == DKIM_TEMPERROR;

    if (one->result == DKIM_PASS || one->result == 0 || chain->result == ARC_FAIL)
        return;
    stop(chain, is_later ? ARC_TEMPERROR : ARC_FAIL,
         arena_printf(message->arena, "%s of instance %zu: %s",
                      one->signature.kind == DKIM_ARC_SEAL ? "seal" : "message signature",
                      instance, one->reason));
}

/* The first sealer found no chain, each later one a chain that passes; the last one may say that it does not. */
static const char *chain_fault(const struct arc_chain *chain)
{
    for (size_t i = 0; i < chain->count; i++) {
        enum dkim_chain said = chain->seals[i].signature.chain;

        if (chain->seals[i].result != 0)
            continue;
        if (said == DKIM_CV_FAIL)
            return "a sealer says that the chain fails";
        if ((said == DKIM_CV_NONE) != (i == 0))
            return "cv= does not fit the place in the chain";
    }
    return NULL;
}

void arc_find(struct signed_message *message, struct arc_chain *chain_r)
{
    const char *fault;

    memset(chain_r, 0, sizeof *chain_r);
    chain_r->reason = "";
    arc_sets_find(message, chain_r);
    if (chain_r->result != 0)
        return;
    signed_read(message, DKIM_ARC_MESSAGE, chain_r->sets[chain_r->count - 1].message,
                &chain_r->newest);
    weigh(message, chain_r, &chain_r->newest, chain_r->count);
    for (size_t i = 0; i < chain_r->count; i++) {
        signed_read(message, DKIM_ARC_SEAL, chain_r->sets[i].seal, &chain_r->seals[i]);
        weigh(message, chain_r, &chain_r->seals[i], i + 1);
    }
    fault = chain_fault(chain_r);
    if (fault != NULL)
        stop(chain_r, ARC_FAIL, fault);
    if (chain_r->result != 0)
        return;
    signed_find_key(message, &chain_r->newest);
    for (size_t i = 0; i < chain_r->count; i++)
        signed_find_key(message, &chain_r->seals[i]);
}

void arc_take_keys(struct signed_message *message, struct arc_chain *chain)
{
    if (chain->result != 0)
        return;
    signed_take_key(message, &chain->newest);
    weigh(message, chain, &chain->newest, chain->count);
    for (size_t i = 0; i < chain->count; i++) {
        signed_take_key(message, &chain->seals[i]);
        weigh(message, chain, &chain->seals[i], i + 1);
    }
}

static void add_field(struct signed_message *message, size_t at, struct str *out)
{
    const struct dkim_field *field = &message->header.fields[at];

    dkim_canon_field(out, DKIM_RELAXED, field->name, field->value);
    str_adds(out, "\r\n");
}

/* A seal covers all sets before it, then its own; itself last, with b= empty. Always relaxed. */
static void verify_seals(struct signed_message *message, struct arc_chain *chain)
{
    struct hash_sha256 *hash = hash_sha256_new();
    struct str text = STR_EMPTY;
    uint8_t digest[HASH_SHA256_SIZE];

    for (size_t i = 0; i < chain->count && chain->result != ARC_FAIL; i++) {
        struct signed_one *seal = &chain->seals[i];

        str_reset(&text);
        add_field(message, chain->sets[i].results, &text);
        add_field(message, chain->sets[i].message, &text);
        hash_sha256_add(hash, str_span(&text));
        str_reset(&text);
        dkim_signature_canon(&seal->signature, &message->header.fields[seal->at], DKIM_RELAXED,
                             &text);
        hash_sha256_peek(hash, str_span(&text), digest);
        signed_verify_digest(message, seal, digest);
        weigh(message, chain, seal, i + 1);
        str_reset(&text);
        add_field(message, seal->at, &text);
        hash_sha256_add(hash, str_span(&text));
    }
    hash_sha256_end(&hash, digest);
    str_clear(&text);
}

/* Whose DMARC passed, by what the set says: the one From of one result. */
static struct span dmarc_domain(struct signed_message *message, const struct arc_set *set)
{
    struct authres said;
    const struct authres_result *found = NULL;
    char domain[DOMAIN_SIZE];

    if (authres_read(message->header.fields[set->results].value, AUTHRES_OF_ARC, message->arena,
                     &said, NULL) < 0)
        return SPAN("");
    for (size_t i = 0; i < said.count; i++) {
        if (!authres_is(&said.results[i], "dmarc", NULL))
            continue;
        if (found != NULL)
            return SPAN("");
        found = &said.results[i];
    }
    if (found == NULL || !authres_is(found, "dmarc", "pass") ||
        !domain_normalize(authres_value(found, "header", "from"), domain))
        return SPAN("");
    return span_of(arena_strdup(message->arena, domain));
}

static void tell_seals(struct signed_message *message, const struct arc_chain *chain)
{
    struct sender_result *result = message->result;

    result->seal_count = chain->count;
    for (size_t i = 0; i < chain->count; i++) {
        const struct dkim_signature *signature = &chain->seals[i].signature;

        result->seals[i].domain = span_of(arena_strdup(message->arena, signature->domain));
        result->seals[i].selector = span_of(arena_strdup(message->arena, signature->selector));
        result->seals[i].dmarc_domain = dmarc_domain(message, &chain->sets[i]);
    }
}

void arc_decide(struct signed_message *message, struct arc_chain *chain)
{
    if (chain->result == 0 || chain->result == ARC_TEMPERROR) {
        signed_verify(message, &chain->newest);
        weigh(message, chain, &chain->newest, chain->count);
        verify_seals(message, chain);
    }
    if (chain->result == 0) {
        stop(chain, ARC_PASS, "");
        tell_seals(message, chain);
    }
    message->result->arc = (int)chain->result;
    message->result->arc_reason = span_of(chain->reason);
}

void arc_end(struct arc_chain *chain)
{
    signed_one_end(&chain->newest);
    for (size_t i = 0; i < chain->count; i++)
        signed_one_end(&chain->seals[i]);
}
