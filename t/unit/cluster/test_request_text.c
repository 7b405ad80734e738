/* Requests between nodes: what is written is read; whatever is changed, moved or made by others is refused. */
#include <stdio.h>
#include "policyd/cluster/request_text.h"
#include "t/lib/suite.h"

static struct identity asker, asked, stranger;
static bool is_asker_forgotten;

bool members_by_id(const char *id, struct member *member_r)
{
    const struct identity *all[] = {&asker, &asked};

    for (size_t i = 0; i < 2; i++)
        if (strcmp(all[i]->id, id) == 0) {
            *member_r = (struct member){.is_forgotten = i == 0 && is_asker_forgotten};
            snprintf(member_r->id, sizeof member_r->id, "%s", id);
            snprintf(member_r->name, sizeof member_r->name, "%s", all[i]->name);
            memcpy(member_r->sign_public, all[i]->sign.public, SIGN_PUBLIC_SIZE);
            memcpy(member_r->seal_public, all[i]->seal.public, SEAL_PUBLIC_SIZE);
            return true;
        }
    return false;
}

static void make(struct identity *identity, const char *id, const char *name)
{
    *identity = (struct identity){.number = 1};
    snprintf(identity->cluster, sizeof identity->cluster, "%s", "house");
    snprintf(identity->id, sizeof identity->id, "%s", id);
    snprintf(identity->name, sizeof identity->name, "%s", name);
    sign_key_new(&identity->sign);
    seal_key_new(&identity->seal);
}

static void begin(struct request *request)
{
    make(&asker, "aaaaaaaaaaaaaaaa", "gate1");
    make(&asked, "bbbbbbbbbbbbbbbb", "gate2");
    make(&stranger, "cccccccccccccccc", "gate3");
    is_asker_forgotten = false;
    *request = (struct request){.time_ms = 1000, .deadline_ms = 6000, .role = ROLE_OPERATE};
    request_id_new(request->about.request);
    snprintf(request->about.to, sizeof request->about.to, "%s", asker.id);
    snprintf(request->about.from, sizeof request->about.from, "%s", asked.id);
    snprintf(request->command, sizeof request->command, "%s", "quarantine.show");
    snprintf(request->user, sizeof request->user, "%s", "root at gate1");
    request->args = json_pack("{s:s}", "id", "20261122-0123456789ab");
    memset(request->key, 7, sizeof request->key);
}

static void write_as(const struct identity *who, const struct request *request, struct str *out)
{
    struct member to;

    ck_assert(members_by_id(asked.id, &to));
    ck_assert_int_eq(request_write(out, request, who, &to, NULL), 0);
}

START_TEST(test_there_and_back)
{
    struct request request, got;
    struct member who;
    struct str text = STR_EMPTY;
    struct err err = {""};

    begin(&request);
    write_as(&asker, &request, &text);
    ck_assert_msg(request_read(str_span(&text), &asked, &got, &who, &err) == 0, "%s", err.text);
    ck_assert_str_eq(got.about.request, request.about.request);
    ck_assert_str_eq(got.about.to, asker.id);
    ck_assert_str_eq(got.command, "quarantine.show");
    ck_assert_str_eq(got.user, "root at gate1");
    ck_assert_int_eq(got.role, ROLE_OPERATE);
    ck_assert_int_eq(got.deadline_ms, 6000);
    ck_assert(json_equal(got.args, request.args));
    ck_assert_mem_eq(got.key, request.key, sizeof got.key);
    ck_assert_str_eq(who.name, "gate1");
    ck_assert_ptr_null(strstr(str_cstr(&text), "quarantine")); /* nothing of it lies open */
    request_clear(&got);
    request_clear(&request);
    str_clear(&text);
}
END_TEST

/* Each byte of the text counts. */
START_TEST(test_each_byte)
{
    struct request request, got;
    struct member who;
    struct str text = STR_EMPTY;

    begin(&request);
    write_as(&asker, &request, &text);
    for (size_t i = 0; i < text.len; i++) {
        text.ptr[i] ^= 1;
        ck_assert_msg(request_read(str_span(&text), &asked, &got, &who, NULL) == -1,
                      "byte %zu was changed and nobody minded", i);
        request_clear(&got);
        text.ptr[i] ^= 1;
        ck_assert_int_eq(request_read(span_from(text.ptr, i), &asked, &got, &who, NULL), -1);
        request_clear(&got);
    }
    request_clear(&request);
    str_clear(&text);
}
END_TEST

static void refused(struct span text, const struct identity *self, const char *why)
{
    struct request got;
    struct member who;
    struct err err = {""};

    ck_assert_int_eq(request_read(text, self, &got, &who, &err), -1);
    ck_assert_msg(strstr(err.text, why) != NULL, "%s", err.text);
    request_clear(&got);
}

START_TEST(test_refusals)
{
    struct request request;
    struct str text = STR_EMPTY, longer = STR_EMPTY;

    begin(&request);
    write_as(&asker, &request, &text);
    refused(str_span(&text), &stranger, "another node");
    is_asker_forgotten = true;
    refused(str_span(&text), &asked, "no member");
    is_asker_forgotten = false;
    str_add(&longer, str_span(&text));
    str_adds(&longer, "\nmore");
    refused(str_span(&longer), &asked, "two lines");
    str_reset(&text);
    write_as(&stranger, &request, &text); /* signs in another's name */
    refused(str_span(&text), &asked, "did not sign");
    snprintf(asker.cluster, sizeof asker.cluster, "%s", "other");
    str_reset(&text);
    write_as(&asker, &request, &text);
    refused(str_span(&text), &asked, "another cluster");
    snprintf(asker.cluster, sizeof asker.cluster, "%s", "house");
    snprintf(request.about.to, sizeof request.about.to, "%s", stranger.id);
    str_reset(&text);
    write_as(&stranger, &request, &text);
    refused(str_span(&text), &asked, "no member");
    request_clear(&request);
    str_clear(&text);
    str_clear(&longer);
}
END_TEST

START_TEST(test_deadlines)
{
    struct request request;
    struct str text = STR_EMPTY;

    begin(&request);
    request.deadline_ms = request.time_ms + REQUEST_MAX_LIFE_MS + 1;
    write_as(&asker, &request, &text);
    refused(str_span(&text), &asked, "deadline");
    request.deadline_ms = request.time_ms - 1;
    str_reset(&text);
    write_as(&asker, &request, &text);
    refused(str_span(&text), &asked, "deadline");
    request_clear(&request);
    str_clear(&text);
}
END_TEST

START_TEST(test_too_long)
{
    static char large[REQUEST_MAX_BYTES];
    struct request request;
    struct member to;
    struct str text = STR_EMPTY;
    struct err err = {""};

    begin(&request);
    memset(large, 'x', sizeof large - 1);
    json_object_set_new(request.args, "text", json_string(large));
    ck_assert(members_by_id(asked.id, &to));
    ck_assert_int_eq(request_write(&text, &request, &asker, &to, &err), -1);
    refused(span_from(large, sizeof large - 1), &asked, "");
    request_clear(&request);
    str_clear(&text);
}
END_TEST

SUITE_MAIN("cluster/request_text", test_there_and_back, test_each_byte, test_refusals,
           test_deadlines, test_too_long)
