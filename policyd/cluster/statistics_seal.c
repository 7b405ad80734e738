/* statistics_seal.c - signs an hour of counts, and judges those of others. */
#include "policyd/cluster/statistics_seal.h"

#define MAGIC "postgate-statistics 1 "

static void add_signed(struct str *out, const struct sealed_of *of, int64_t version,
                       struct span text)
{
    str_printf(out, MAGIC "%lld\n%s\n%s\n%lld\n", (long long)version, of->cluster, of->node,
               (long long)of->hour);
    str_add(out, text);
}

void statistics_seal(struct str *out, const struct sealed_of *of, const struct sign_key *key,
                     int64_t version, struct span text)
{
    struct str signed_text = STR_EMPTY;
    uint8_t signature[SIGN_SIZE];

    add_signed(&signed_text, of, version, text);
    sign_bytes(key, str_span(&signed_text), signature);
    str_printf(out, MAGIC "%lld ", (long long)version);
    hash_hex(out, signature, sizeof signature);
    str_addc(out, '\n');
    str_add(out, text);
    str_clear(&signed_text);
}

/* "MAGIC VERSION SIGNATURE" */
static bool parse_head(struct span head, uint64_t *version_r, uint8_t signature_r[SIGN_SIZE])
{
    struct span version, rest = head;

    if (!span_starts(head, SPAN(MAGIC)))
        return false;
    rest = span_from(head.ptr + strlen(MAGIC), head.len - strlen(MAGIC));
    return span_cut(&rest, ' ', &version) && rest.ptr != NULL &&
           span_to_u64(version, INT64_MAX, version_r) && rest.len == 2 * SIGN_SIZE &&
           hash_unhex(rest, signature_r, SIGN_SIZE);
}

int statistics_unseal(struct span sealed, const struct sealed_of *of,
                      const uint8_t public_key[SIGN_PUBLIC_SIZE], struct span *text_r,
                      struct err *err)
{
    struct str signed_text = STR_EMPTY;
    uint8_t signature[SIGN_SIZE];
    struct span rest = sealed, head;
    uint64_t version;
    bool is_good;

    if (sealed.len > STATISTICS_MAX_SEALED)
        return err_set(err, "it has %zu bytes; at most %d are read", sealed.len,
                       STATISTICS_MAX_SEALED);
    if (!span_cut(&rest, '\n', &head) || rest.ptr == NULL ||
        !parse_head(head, &version, signature))
        return err_set(err, "it is no hour of statistics that this version reads");
    add_signed(&signed_text, of, (int64_t)version, rest);
    is_good = sign_verify(public_key, str_span(&signed_text), signature);
    str_clear(&signed_text);
    if (!is_good)
        return err_set(err, "it is not signed by that node, for that hour");
    *text_r = rest;
    return 0;
}
