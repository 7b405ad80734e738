/* fuzz_members: entries of the ledger of members, records of a join, and join tokens, as they come from Redis or a file. The first byte chooses. */
#include <stdlib.h>

#include "conf/settings.h"
#include "policyd/cluster/cluster.h"
#include "policyd/cluster/join_text.h"
#include "policyd/cluster/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct settings settings = {.state_dir = "/nonexistent", .cluster_key_file = ""};
static const uint8_t key[HASH_KEY_SIZE] = {1};
static const struct join_token token = {"mail", "0123456789abcdef", key};

const struct settings *cluster_settings(void)
{
    return &settings;
}

/* Several entries, one a line. */
static void read_members(struct span text)
{
    struct envelope e = {.number = 0};
    struct span line;
    struct member *all;
    struct err err;
    size_t count;

    members_reset();
    while (span_cut(&text, '\n', &line) && e.number++ < 50) {
        members_apply(&e, line, &err);
        members_first_signer(&e, line, (uint8_t[SIGN_PUBLIC_SIZE]){0});
    }
    count = members_all(&all);
    for (size_t i = 0; i < count; i++)
        if (all[i].is_forgotten || all[i].number == 0 || all[i].number > MEMBERS_MAX)
            abort();
    free(all);
    members_reset();
}

static void read_ask(struct span text)
{
    struct member member;
    struct str again = STR_EMPTY;
    struct err err;

    if (join_ask_parse(text, &token, &member, &err) == 0) {
        join_ask_print(&again, &token, &member);
        if (join_ask_parse(str_span(&again), &token, &member, &err) < 0)
            abort();
    }
    str_clear(&again);
}

static void read_answer(struct span text)
{
    struct identity own = {.id = "1111111111111111"};
    struct str out = STR_EMPTY;
    struct err err;

    own.seal.secret[0] = 1;
    seal_key_from_secret(&own.seal);
    if (join_answer_open(&out, text, &token, &own, &err) == 1)
        abort(); /* nobody can seal to it by chance */
    str_clear(&out);
}

static void read_token(struct span text)
{
    struct token parsed, again;
    struct str printed = STR_EMPTY;
    struct err err;

    if (token_parse(text, &parsed, &err) == 0) {
        token_print(&printed, &parsed);
        if (token_parse(str_span(&printed), &again, &err) < 0 ||
            memcmp(&parsed, &again, sizeof parsed) != 0)
            abort();
    }
    str_clear(&printed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const readers[])(struct span text) = {read_members, read_ask, read_answer,
                                                        read_token};

    if (size > 0)
        readers[data[0] % 4](span_from(data + 1, size - 1));
    return 0;
}
