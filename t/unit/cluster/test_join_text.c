/* cluster/join_text, cluster/token: records of a join hold only with the token they were made with; tokens read back as printed. */
#include "policyd/cluster/join_text.h"

#include <stdio.h>
#include <sys/stat.h>

#include "base/file.h"
#include "policyd/cluster/token.h"
#include "t/lib/set_clock.h"
#include "t/lib/suite.h"
#include "t/lib/temp_dir.h"

#define ID "1111111111111111"
static const uint8_t key[HASH_KEY_SIZE] = {1}, wrong[HASH_KEY_SIZE] = {2};
static const struct join_token token = {"mail", "0123456789abcdef", key};
static struct identity own;
static struct member member;
static struct str text;
static struct err err;

const struct settings *cluster_settings(void);
const struct settings *cluster_settings(void)
{
    return NULL;
}

static void begin(void)
{
    own = (struct identity){.id = ID, .name = "gate2"};
    member = (struct member){.id = ID, .name = "gate2"};
    sign_key_new(&own.sign);
    seal_key_new(&own.seal);
    memcpy(member.sign_public, own.sign.public, SIGN_PUBLIC_SIZE);
    memcpy(member.seal_public, own.seal.public, SEAL_PUBLIC_SIZE);
    str_reset(&text);
}

START_TEST(test_ask)
{
    const struct join_token other_key = {"mail", "0123456789abcdef", wrong},
                            other_id = {"mail", "0123456789abcdee", key},
                            other_cluster = {"male", "0123456789abcdef", key};
    struct member got;

    begin();
    join_ask_print(&text, &token, &member);
    ck_assert_msg(join_ask_parse(str_span(&text), &token, &got, &err) == 0, "%s", err.text);
    ck_assert_mem_eq(&got, &member, sizeof got);
    ck_assert_int_eq(join_ask_parse(str_span(&text), &other_key, &got, &err), -1);
    ck_assert_int_eq(join_ask_parse(str_span(&text), &other_id, &got, &err), -1);
    ck_assert_int_eq(join_ask_parse(str_span(&text), &other_cluster, &got, &err), -1);
    for (size_t i = 0; i < text.len; i++) {
        char was = text.ptr[i];

        text.ptr[i] ^= 1;
        if (join_ask_parse(str_span(&text), &token, &got, &err) == 0)
            ck_assert_msg((was | 0x20) == (text.ptr[i] | 0x20), "byte %zu", i);
        ck_assert_int_eq(join_ask_parse(span_from(text.ptr, i), &token, &got, &err), -1);
        text.ptr[i] = was;
    }
    str_clear(&text);
}
END_TEST

START_TEST(test_answer)
{
    struct str out = STR_EMPTY;
    const struct join_token other_key = {"mail", "0123456789abcdef", wrong};
    struct identity stranger;

    begin();
    join_answer_print(&text, &token, &member, SPAN("the key's text"));
    ck_assert_msg(join_answer_open(&out, str_span(&text), &token, &own, &err) == 1, "%s",
                  err.text);
    ck_assert_str_eq(str_cstr(&out), "the key's text");
    ck_assert_int_eq(join_answer_open(&out, str_span(&text), &other_key, &own, &err), 0);
    ck_assert_ptr_nonnull(strstr(err.text, "whoever gave the token"));
    stranger = own;
    seal_key_new(&stranger.seal);
    ck_assert_int_eq(join_answer_open(&out, str_span(&text), &token, &stranger, &err), -1);
    snprintf(stranger.id, sizeof stranger.id, "2222222222222222");
    ck_assert_int_eq(join_answer_open(&out, str_span(&text), &token, &stranger, &err), 0);
    ck_assert_str_eq(err.text, "");
    str_reset(&text);
    join_refusal_print(&text, &token, &member, "no \xff such");
    ck_assert_int_eq(join_answer_open(&out, str_span(&text), &token, &own, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "refused: no "));
    ck_assert_int_eq(join_answer_open(&out, str_span(&text), &other_key, &own, &err), 0);
    ck_assert_ptr_nonnull(strstr(err.text, "whoever gave the token"));
    ck_assert_int_eq(join_answer_open(&out, SPAN("{\"id\":\"" ID "\",\"refused\":\"no\"}"),
                                      &token, &own, &err),
                     0);
    ck_assert_int_eq(join_answer_open(&out, SPAN("{\"id\":\"" ID "\"}"), &token, &own, &err),
                     0);
    ck_assert_int_eq(join_answer_open(&out, SPAN("[1]"), &token, &own, &err), 0);
    str_clear(&out);
    str_clear(&text);
}
END_TEST

START_TEST(test_token)
{
    static const char *const bad[] = {"", ".", "mail", "mail.0123456789abcdef.00.11"};
    struct token made = {.cluster = "mail.example", .id = "0123456789abcdef"}, got;

    memset(made.hash, 'a', 64);
    memset(made.secret, 7, sizeof made.secret);
    str_adds(&text, " ");
    token_print(&text, &made);
    str_adds(&text, "\r\n");
    ck_assert_msg(token_parse(str_span(&text), &got, &err) == 0, "%s", err.text);
    ck_assert_mem_eq(&got, &made, sizeof got);
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        ck_assert_int_eq(token_parse(span_of(bad[i]), &got, &err), -1);
    for (size_t i = 1; i < text.len - 2; i++)
        if (token_parse(span_from(text.ptr, i), &got, &err) == 0)
            ck_abort_msg("cut at %zu", i);
    str_clear(&text);
}
END_TEST

/* Those given are kept half an hour: 15 minutes they are good, then their refusal has a reason. */
START_TEST(test_given)
{
    struct token_given given[TOKENS_MAX], got[TOKENS_MAX];
    char dir[200], path[240];
    struct stat st;
    size_t count;

    temp_dir_make(dir);
    snprintf(path, sizeof path, "%s/cluster", dir);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    ck_assert_int_eq(tokens_read(dir, got, &count, &err), 0);
    ck_assert_uint_eq(count, 0);
    set_clock(1000000);
    memset(given, 0, sizeof given);
    for (size_t i = 0; i < 2; i++) {
        memset(given[i].id, 'a' + (int)i, 16);
        given[i].expires_ms = 1000000 + TOKEN_VALID_MS + (int64_t)i * 1000;
    }
    memset(given[1].used_by, '3', 16);
    ck_assert_int_eq(tokens_write(dir, given, 2, &err), 0);
    strncat(path, "/tokens", 10);
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_int_eq(st.st_mode & 0777, 0600);
    ck_assert_int_eq(tokens_read(dir, got, &count, &err), 0);
    ck_assert_uint_eq(count, 2);
    for (size_t i = 0; i < 2; i++) {
        ck_assert_str_eq(got[i].id, given[i].id);
        ck_assert_str_eq(got[i].used_by, given[i].used_by);
        ck_assert_mem_eq(got[i].key, given[i].key, sizeof got[i].key);
        ck_assert_int_eq(got[i].expires_ms, given[i].expires_ms);
    }
    set_clock(1000000 + 2 * TOKEN_VALID_MS);
    ck_assert_int_eq(tokens_read(dir, got, &count, &err), 0);
    ck_assert_uint_eq(count, 1);
    ck_assert_str_eq(got[0].used_by, "3333333333333333");
    ck_assert_int_eq(file_replace(path, SPAN("rubbish\n"), 0600, &err), 0);
    ck_assert_int_eq(tokens_read(dir, got, &count, &err), -1);
    temp_dir_remove(dir);
}
END_TEST

SUITE_MAIN("join text", test_ask, test_answer, test_token, test_given)
