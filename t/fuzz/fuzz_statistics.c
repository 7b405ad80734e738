/* An hour of statistics: what is signed by its node gives counts within bounds that can be written and read again; what is not signed gives none. */
#include <stdlib.h>

#include "policyd/cluster/statistics_seal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct sealed_of of = {"fuzz", "0123456789abcdef", 498696};

static const struct sign_key *key(void)
{
    static struct sign_key made;

    if (made.public[0] == 0 && made.public[1] == 0)
        sign_key_new(&made);
    return &made;
}

static void check(const struct counts *counts)
{
    for (int i = 0; i < DIMENSION__COUNT; i++)
        if (counts->by[i].count > STATISTICS_NAMES)
            abort();
    for (int i = 0; i < MEASURE__COUNT; i++)
        if (counts->total.of[i] > TALLY_MAX)
            abort();
}

static void read_it(struct span text)
{
    struct counts *counts = counts_new(), *again = counts_new();
    struct str written = STR_EMPTY;
    struct err err;

    if (counts_read(counts, text, COUNTS_ALL, &err) == 0) {
        check(counts);
        counts_write(&written, counts);
        if (counts_read(again, str_span(&written), COUNTS_ALL, &err) != 0)
            abort();
        check(again);
    }
    str_clear(&written);
    counts_free(&counts);
    counts_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span bytes = span_from(data, size), text;
    struct str sealed = STR_EMPTY;
    struct err err;

    if (statistics_unseal(bytes, &of, key()->public, &text, &err) == 0)
        abort();
    statistics_seal(&sealed, &of, key(), 3, bytes);
    if (statistics_unseal(str_span(&sealed), &of, key()->public, &text, &err) != 0 ||
        !span_equal(text, bytes))
        abort();
    read_it(text);
    str_clear(&sealed);
    return 0;
}
