/* One row of `heads`: "NUMBER HASH BASE", as anybody may have written it. */
#include "policyd/cluster/ledger_inside.h"

static bool is_hash(struct span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!((s.ptr[i] >= '0' && s.ptr[i] <= '9') || (s.ptr[i] >= 'a' && s.ptr[i] <= 'f')))
            return false;
    return s.len == ENVELOPE_HASH_SIZE - 1;
}

bool ledger_head_parse(struct span text, struct ledger_head *head_r)
{
    struct span number, hash, base;

    if (text.ptr == NULL || text.len > LEDGER_HEAD_MAX || !span_cut(&text, ' ', &number) ||
        !span_cut(&text, ' ', &hash) || !span_cut(&text, ' ', &base) || text.ptr != NULL)
        return false;
    if (!span_to_u64(number, INT64_MAX, &head_r->number) || head_r->number == 0 ||
        !is_hash(hash) || !span_to_u64(base, head_r->number, &head_r->base) ||
        head_r->base == 0)
        return false;
    memcpy(head_r->hash, hash.ptr, hash.len);
    head_r->hash[hash.len] = '\0';
    return true;
}
