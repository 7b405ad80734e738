/* signatures_taken.c - reads the results of an inner gateway. The first field that tells of a method decides; DKIM's best result counts. */
#include "milter/inspect/signatures_taken.h"
#include "facts/fact_words.h"
#include "mail/authres_read.h"
#include "mail/header.h"

/* Of them all at most so many are read: the gateway's own stand at the top. */
#define FIELDS_MAX 16

/* The domain in a value: what follows its last @, or all of it. */
static struct span domain_of(struct arena *arena, struct span value)
{
    char domain[DOMAIN_SIZE];

    for (size_t at = value.len; at-- > 0;)
        if (value.ptr[at] == '@') {
            value = span_from(value.ptr + at + 1, value.len - at - 1);
            break;
        }
    return domain_normalize(value, domain) ? span_of(arena_strdup(arena, domain)) : SPAN("");
}

static struct span property(struct arena *arena, const struct authres_result *result,
                            const char *type, const char *name)
{
    struct span value = authres_value(result, type, name);

    return value.len > 0 ? domain_of(arena, value) : SPAN("");
}

/* -1: no word of ours. RFC 8601 compares them in any case. */
static int word_of(const struct authres_result *result, const struct name_value *words)
{
    for (; words->name != NULL; words++)
        if (span_iequal(result->result, span_of(words->name)))
            return words->value;
    return -1;
}

static void take_spf(struct arena *arena, const struct authres_result *result, int word,
                     struct sender_taken *taken)
{
    if (taken->spf != 0)
        return;
    taken->spf = word;
    taken->spf_domain = property(arena, result, "smtp", "mailfrom");
    if (taken->spf_domain.len == 0)
        taken->spf_domain = property(arena, result, "smtp", "helo");
}

static void take_dkim(struct arena *arena, const struct authres_result *result, int word,
                      struct sender_taken *taken)
{
    /* temperror before fail: with the key at hand it might have been a pass */
    static const int rank[] = {
        [DKIM_RESULT_NONE] = 1, [DKIM_PERMERROR] = 2, [DKIM_NEUTRAL] = 3, [DKIM_FAIL] = 4,
        [DKIM_POLICY] = 5,      [DKIM_TEMPERROR] = 6, [DKIM_PASS] = 7};
    struct span domain = property(arena, result, "header", "d");

    if (taken->dkim == 0 || rank[word] > rank[taken->dkim])
        taken->dkim = word;
    if (domain.len == 0)
        domain = property(arena, result, "header", "i");
    if (word == DKIM_PASS && domain.len > 0 && taken->dkim_count < SENDER_SIGNATURES_MAX)
        taken->dkim_domains[taken->dkim_count++] = domain;
}

static void take_dmarc(struct arena *arena, const struct authres_result *result, int word,
                       struct sender_taken *taken)
{
    if (taken->dmarc != 0)
        return;
    taken->dmarc = word;
    taken->dmarc_domain = property(arena, result, "header", "from");
}

static void take_arc(struct arena *arena, const struct authres_result *result, int word,
                     struct sender_taken *taken)
{
    (void)arena, (void)result;
    taken->arc = taken->arc == 0 ? word : taken->arc;
}

static const struct method {
    const char *name;
    const struct name_value *words;
    void (*take)(struct arena *arena, const struct authres_result *result, int word,
                 struct sender_taken *taken);
} methods[] = {
    {"spf", spf_names, take_spf},
    {"dkim", dkim_names, take_dkim},
    {"dmarc", dmarc_names, take_dmarc},
    {"arc", arc_names, take_arc},
};

static void take_field(struct signed_message *message, struct span value,
                       struct sender_taken *taken)
{
    struct authres said;
    struct span id;

    if (authres_read(value, AUTHRES_PLAIN, message->arena, &said, NULL) < 0)
        return;
    id = authres_which(said.id, message->request->trusted_id);
    if (id.len == 0 || (taken->is_there && !span_equal(id, taken->id)))
        return;
    taken->is_there = true;
    taken->id = id;
    for (size_t i = 0; i < said.count; i++)
        for (size_t k = 0; k < sizeof methods / sizeof *methods; k++) {
            int word = authres_is(&said.results[i], methods[k].name, NULL)
                           ? word_of(&said.results[i], methods[k].words)
                           : -1;

            if (word > 0)
                methods[k].take(message->arena, &said.results[i], word, taken);
        }
}

void signatures_take(struct signed_message *message, struct sender_taken *taken_r)
{
    size_t read = 0;

    memset(taken_r, 0, sizeof *taken_r);
    if (message->request->trusted_id.len == 0)
        return;
    for (size_t i = 0; i < message->header.count && read < FIELDS_MAX; i++) {
        const struct dkim_field *field = &message->header.fields[i];

        if (header_kind_of(field->name) == HEADER_RECEIVED)
            return;
        if (header_kind_exact(field->name) != HEADER_AUTHRES)
            continue;
        take_field(message, field->value, taken_r);
        read++;
    }
}
