/* Writing entries: who is second, large payloads, a log that is shortened. */
#include <stdio.h>
#include <stdlib.h>

#include "t/lib/feed_rig.h"

static int append(const char *payload, bool is_base, uint64_t *number_r)
{
    const struct ledger_draft draft = {.subject = SPAN("list/a"),
                                       .payload = span_of(payload),
                                       .author = "bob",
                                       .is_base = is_base};

    return ledger_append(&draft, number_r, &err);
}

START_TEST(test_append)
{
    uint64_t number;

    begin();
    ck_assert_int_eq(append("p1", false, &number), -1); /* the first is the whole state */
    ck_assert_msg(append("all", true, &number) == 1, "%s", err.text);
    ck_assert_uint_eq(number, 1);
    look();
    ck_assert_int_eq(append("p2", false, &number), 1);
    look();
    expect("list/a", LEDGER_IN_ORDER, 2, NULL);
    /* Another base: what lay below goes. */
    ck_assert_int_eq(append("again", true, &number), 1);
    ck_assert_ptr_null(fake_redis_get("rev:list/a:1"));
    ck_assert_ptr_null(fake_redis_get("rev:list/a:2"));
    ck_assert_ptr_nonnull(fake_redis_get("rev:list/a:3"));
    self.has_signing_key = false;
    ck_assert_int_eq(append("p4", false, &number), -1);
    ck_assert_msg(strstr(err.text, "holds no signing key") != NULL, "%s", err.text);
    end();
}
END_TEST

START_TEST(test_append_second)
{
    uint64_t number;
    const char *hash;
    struct ledger_draft draft = {.subject = SPAN("list/a"),
                                 .payload = SPAN("mine"),
                                 .author = "bob",
                                 .base_hash = SOME_HASH};

    begin();
    hash = write_list("list/a", 1, NULL);
    look();
    ck_assert_int_eq(ledger_append(&draft, &number, &err), 0); /* made from another */
    write_list("list/a", 2, hash);
    draft.base_hash = hash;
    ck_assert_int_eq(ledger_append(&draft, &number, &err), 0);
    ck_assert_msg(strstr(err.text, "ann was first: entry 2 of list/a") != NULL, "%s", err.text);
    expect_applied("1:p1 2:p2 ");
    fake_redis_set_up(false);
    draft.base_hash = NULL;
    ck_assert_int_eq(ledger_append(&draft, &number, &err), -1);
    end();
}
END_TEST

/* Larger than one entry: in pieces, each under the name of its hash. */
START_TEST(test_pieces)
{
    struct str large = STR_EMPTY, whole_payload = STR_EMPTY;
    struct ledger_pieces pieces;
    struct envelope e = {.subject = SPAN("list/a"), .number = 2};
    struct span payload;
    uint64_t number;
    char key[100];

    begin();
    while (large.len < 3 * LEDGER_PART)
        str_printf(&large, "item %zu\n", large.len);
    ck_assert_msg(append(str_cstr(&large), true, &number) == 1, "%s", err.text);
    look();
    expect("list/a", LEDGER_IN_ORDER, 1, NULL);
    /* As another node reads it: from Redis alone. */
    str_reset(&whole_payload);
    ck_assert_int_eq(
        ledger_pieces_make(SPAN("list/b"), 1, str_span(&large), &whole_payload, &err), 1);
    ck_assert_int_eq(ledger_pieces_parse(str_span(&whole_payload), &pieces, &err), 1);
    ck_assert_uint_eq(pieces.count, 4);
    ck_assert_int_eq(ledger_store_clear(db, &err), 0);
    e.payload = str_span(&whole_payload);
    str_reset(&large);
    ck_assert_msg(ledger_payload(&e, &large, &payload, &err) == 0, "%s", err.text);
    ck_assert_uint_ge(payload.len, 3 * LEDGER_PART);
    ck_assert_int_eq(ledger_store_clear(db, &err), 0);
    snprintf(key, sizeof key, "part:%s", pieces.hashes[1]);
    fake_redis_set(key, SPAN("something else"));
    str_reset(&large);
    ck_assert_int_eq(ledger_payload(&e, &large, &payload, &err), -1);
    ck_assert_msg(strstr(err.text, "not what its name says") != NULL, "%s", err.text);
    fake_redis_unset(key);
    str_reset(&large);
    ck_assert_int_eq(ledger_payload(&e, &large, &payload, &err), -1);
    ck_assert_msg(strstr(err.text, "is not in Redis") != NULL, "%s", err.text);
    ledger_pieces_clear(&pieces);
    str_clear(&large);
    str_clear(&whole_payload);
    end();
}
END_TEST

START_TEST(test_malformed_pieces)
{
    static const char *const payloads[] = {
        "{\"parts\":[],\"bytes\":1,\"sha256\":\"" SOME_HASH "\"}",
        "{\"parts\":[\"zz\"],\"bytes\":1,\"sha256\":\"" SOME_HASH "\"}",
        "{\"parts\":[1],\"bytes\":1,\"sha256\":\"" SOME_HASH "\"}",
        "{\"parts\":[\"" SOME_HASH "\"],\"bytes\":-1,\"sha256\":\"" SOME_HASH "\"}",
        "{\"parts\":[\"" SOME_HASH "\"],\"bytes\":999999999999,\"sha256\":\"" SOME_HASH "\"}",
        "{\"parts\":[\"" SOME_HASH "\"],\"bytes\":1}",
        ("{\"parts\":[\"" SOME_HASH)};
    struct ledger_pieces pieces;

    for (size_t i = 0; i < COUNT_OF(payloads); i++)
        ck_assert_int_eq(ledger_pieces_parse(span_of(payloads[i]), &pieces, &err), -1);
    ck_assert_int_eq(ledger_pieces_parse(SPAN("{\"type\":\"ip\"}"), &pieces, &err), 0);
}
END_TEST

START_TEST(test_log_is_shortened)
{
    uint64_t number;

    begin();
    ck_assert_int_eq(append("all", true, &number), 1);
    for (int i = 0; i <= LEDGER_MAX_SINCE_BASE; i++) {
        ck_assert_int_eq(append("x", false, &number), 1);
        ck_assert_int_eq(ledger_shorten(SPAN("list/a"), "bob", &err), 0);
        look();
    }
    expect("list/a", LEDGER_IN_ORDER, LEDGER_MAX_SINCE_BASE + 3, NULL);
    ck_assert_ptr_null(fake_redis_get("rev:list/a:1"));
    ck_assert_ptr_null(fake_redis_get("rev:list/a:900"));
    end();
}
END_TEST

SUITE_MAIN("ledger", test_append, test_append_second, test_pieces, test_malformed_pieces,
           test_log_is_shortened)
