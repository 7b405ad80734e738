/* Heartbeats: what is signed comes back, and whatever somebody changes in it is refused. */
#include "base/xalloc.h"
#include "policyd/cluster/heartbeat.h"

#include "t/lib/suite.h"

static struct identity node = {
    .cluster = "test", .id = "00112233445566aa", .boot = "0123456789abcdef"};
static struct heartbeat_of of = {"test", "00112233445566aa", NULL};

static json_t *content(void)
{
    return json_pack("{s:s,s:s,s:i,s:s,s:{s:i}}", "id", node.id, "boot", node.boot, "seq", 7,
                     "name", "gate1", "rules", "number", 3);
}

static void make(struct str *out, json_t *of_node)
{
    sign_key_new(&node.sign);
    of.sign_public = node.sign.public;
    ck_assert_int_eq(heartbeat_sign(out, &node, of_node, NULL), 0);
    json_decref(of_node);
}

START_TEST(test_comes_back)
{
    struct str out = STR_EMPTY;
    struct heartbeat h;

    make(&out, content());
    ck_assert_int_eq(heartbeat_read(str_span(&out), &of, &h, NULL), 0);
    ck_assert_str_eq(h.id, node.id);
    ck_assert_str_eq(h.boot, node.boot);
    ck_assert_uint_eq(h.seq, 7);
    ck_assert_str_eq(json_string_value(json_object_get(h.root, "name")), "gate1");
    heartbeat_clear(&h);
    ck_assert_ptr_null(h.root);
    str_clear(&out);
}
END_TEST

START_TEST(test_each_byte_counts)
{
    struct str out = STR_EMPTY;
    struct heartbeat h;
    struct err err;

    make(&out, content());
    for (size_t i = 0; i < out.len; i++) {
        char was = out.ptr[i];

        out.ptr[i] = was == '1' ? '2' : '1';
        ck_assert_msg(heartbeat_read(str_span(&out), &of, &h, &err) == -1, "byte %zu", i);
        ck_assert_str_ne(err.text, "");
        out.ptr[i] = was;
        ck_assert_int_eq(heartbeat_read(span_from(out.ptr, i), &of, &h, NULL), -1);
    }
    str_clear(&out);
}
END_TEST

/* Signed by the right key, for another place. */
START_TEST(test_elsewhere)
{
    static const struct {
        const char *cluster, *id, *want;
    } cases[] = {{"other", "00112233445566aa", "not signed by the key"},
                 {"test", "00112233445566ab", "says it is of node 00112233445566aa"}};
    struct str out = STR_EMPTY;

    make(&out, content());
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct heartbeat_of there = {cases[i].cluster, cases[i].id, of.sign_public};
        struct heartbeat h;
        struct err err;

        ck_assert_int_eq(heartbeat_read(str_span(&out), &there, &h, &err), -1);
        ck_assert_msg(strstr(err.text, cases[i].want) != NULL, "%s", err.text);
    }
    str_clear(&out);
}
END_TEST

/* Signed all right, yet not of a shape that can be relied upon. */
START_TEST(test_shapes)
{
    static const char *const bad[] = {
        "[]",
        "{}",
        "{\"id\":\"00112233445566aa\",\"boot\":\"0123456789abcdef\",\"seq\":0,\"name\":\"a\"}",
        "{\"id\":\"00112233445566aa\",\"boot\":\"0123456789abcdef\",\"seq\":-5,\"name\":\"a\"}",
        ("{\"id\":\"00112233445566aa\",\"boot\":\"0123456789abcdef\",\"seq\":\"5\","
         "\"name\":\"a\"}"),
        "{\"id\":\"00112233445566aa\",\"boot\":\"0123456789abcdef\",\"seq\":5,\"name\":\"\"}",
        "{\"id\":\"00112233445566aa\",\"boot\":\"0123456789abcdef\",\"seq\":5}",
        "{\"id\":\"00112233445566aa\",\"boot\":\"short\",\"seq\":5,\"name\":\"a\"}",
        "{\"id\":7,\"boot\":\"0123456789abcdef\",\"seq\":5,\"name\":\"a\"}",
    };

    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct str out = STR_EMPTY;
        struct heartbeat h;

        make(&out, json_loads(bad[i], JSON_DECODE_ANY, NULL));
        ck_assert_msg(heartbeat_read(str_span(&out), &of, &h, NULL) == -1, "%s", bad[i]);
        ck_assert_ptr_null(h.root);
        str_clear(&out);
    }
}
END_TEST

START_TEST(test_too_long)
{
    struct str out = STR_EMPTY;
    json_t *much = content();
    char *text = xmalloc(HEARTBEAT_MAX);
    struct heartbeat h;
    struct err err;

    memset(text, 'x', HEARTBEAT_MAX - 1);
    text[HEARTBEAT_MAX - 1] = '\0';
    json_object_set_new(much, "problems", json_string(text));
    ck_assert_int_eq(heartbeat_sign(&out, &node, much, &err), -1);
    ck_assert_uint_eq(out.len, 0);
    ck_assert_int_eq(heartbeat_read(span_from(text, HEARTBEAT_MAX - 1), &of, &h, NULL), -1);
    json_decref(much);
    xfree(&text);
}
END_TEST

SUITE_MAIN("heartbeat", test_comes_back, test_each_byte_counts, test_elsewhere, test_shapes,
           test_too_long)
