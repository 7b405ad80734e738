/* One request of the policy protocol: whole, in pieces, in any order, and everything that is none. */
#include "base/str.h"
#include "policyd/request.h"

#include "t/lib/suite.h"

#define LIMIT 65536

static int parse(struct span bytes, struct request *request, size_t *used, struct err *err)
{
    struct request_reader reader = {.limit = LIMIT};

    err_reset(err);
    return request_parse(&reader, bytes, request, used, err);
}

/* In the order of Postfix 3.7, 3.8 (two more) and with what a later one may add. */
START_TEST(test_postfix)
{
    static const char *const texts[] = {
        ("request=smtpd_access_policy\nprotocol_state=RCPT\nprotocol_name=ESMTP\n"
         "client_address=192.0.2.7\nclient_name=unknown\nsender=a@b.example\n"
         "recipient=c@d.example\nqueue_id=\ninstance=7b.1\npolicy_context=staging\n\n"),
        ("request=smtpd_access_policy\nprotocol_state=RCPT\nqueue_id=\ninstance=7b.1\n"
         "policy_context=staging\ncompatibility_level=3.6\nmail_version=3.8.6\n\n"),
        ("tls_sni=\npolicy_context=staging\nfuture=x=y\ninstance=7b.1\nprotocol_state=RCPT\n"
         "request=smtpd_access_policy\n\n"),
    };

    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct request request;
        struct err err;
        size_t used;

        ck_assert_msg(parse(span_of(texts[i]), &request, &used, &err) == 1, "case %zu: %s", i,
                      err.text);
        ck_assert_uint_eq(used, strlen(texts[i]));
        ck_assert_int_eq(request.state, REQUEST_RCPT);
        ck_assert(span_is(request.context, "staging"));
        ck_assert(span_is(request.instance, "7b.1"));
        ck_assert_uint_eq(request.queue_id.len, 0);
    }
}
END_TEST

START_TEST(test_values)
{
    static const char text[] = "request=smtpd_access_policy\nprotocol_state=END-OF-"
                               "MESSAGE\nhelo_name==a= b\nsize=\n\nrequest=";
    struct request request;
    struct err err;
    size_t used;

    ck_assert_int_eq(parse(span_of(text), &request, &used, &err), 1);
    ck_assert_int_eq(request.state, REQUEST_OTHER);
    ck_assert(span_is(request_value(&request, "helo_name"), "=a= b"));
    ck_assert(span_is(request_value(&request, "size"), ""));
    ck_assert(span_is(request_value(&request, "none"), ""));
    ck_assert(strcmp(text + used, "request=") == 0);
}
END_TEST

/* Byte by byte: nothing until the last one, and no byte is looked at twice. */
START_TEST(test_pieces)
{
    static const char text[] = "request=smtpd_access_policy\nprotocol_state=VRFY\n\n";
    struct request request;
    struct err err;
    struct request_reader reader = {.limit = LIMIT};
    size_t used;

    for (size_t len = 0; len < sizeof text - 1; len++) {
        ck_assert_int_eq(request_parse(&reader, span_from(text, len), &request, &used, &err),
                         0);
        ck_assert_uint_eq(reader.scanned, len);
    }
    ck_assert_int_eq(request_parse(&reader, span_of(text), &request, &used, &err), 1);
    ck_assert_uint_eq(reader.scanned, 0);
    ck_assert_int_eq(request.state, REQUEST_VRFY);
}
END_TEST

START_TEST(test_malformed)
{
    static const struct {
        const char *name;
        struct span bytes;
        const char *error;
    } cases[] = {
        {"nothing", SPAN("\n"), "without attributes"},
        {"no equals", SPAN("request=smtpd_access_policy\nhello\n\n"), "not name=value"},
        {"no name", SPAN("request=smtpd_access_policy\n=x\n\n"), "not name=value"},
        {"twice", SPAN("request=smtpd_access_policy\nsender=a\nsender=b\n\n"), "twice"},
        {"NUL", SPAN("request=smtpd_access_policy\nsender=a\0b\n\n"), "NUL"},
        {"another protocol", SPAN("GET / HTTP/1.1\n\n"), "not name=value"},
        {"other request", SPAN("request=junk\n\n"), "smtpd_access_policy"},
        {"no request", SPAN("protocol_state=RCPT\n\n"), "smtpd_access_policy"},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct request request;
        struct err err;
        size_t used;

        ck_assert_msg(parse(cases[i].bytes, &request, &used, &err) == -1, "%s", cases[i].name);
        ck_assert_msg(strstr(err.text, cases[i].error) != NULL, "%s: %s", cases[i].name,
                      err.text);
    }
}
END_TEST

START_TEST(test_limits)
{
    struct str text = STR_EMPTY;
    struct request request;
    struct err err;
    struct request_reader reader;
    size_t used;

    str_adds(&text, "request=smtpd_access_policy\n");
    for (int i = 0; i < REQUEST_MAX_ATTRIBUTES; i++)
        str_printf(&text, "a%d=\n", i);
    str_adds(&text, "\n");
    ck_assert_int_eq(parse(str_span(&text), &request, &used, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "attributes"));
    /* at the limit, and one over it: whole, and still to come */
    str_reset(&text);
    str_adds(&text, "request=smtpd_access_policy\n\n");
    reader = (struct request_reader){.limit = text.len};
    ck_assert_int_eq(request_parse(&reader, str_span(&text), &request, &used, &err), 1);
    reader = (struct request_reader){.limit = text.len - 1};
    ck_assert_int_eq(request_parse(&reader, str_span(&text), &request, &used, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "policy_max_request"));
    reader = (struct request_reader){.limit = 8};
    ck_assert_int_eq(request_parse(&reader, SPAN("aaaaaaaa"), &request, &used, &err), 0);
    ck_assert_int_eq(request_parse(&reader, SPAN("aaaaaaaaa"), &request, &used, &err), -1);
    str_clear(&text);
}
END_TEST

SUITE_MAIN("policy request", test_postfix, test_values, test_pieces, test_malformed,
           test_limits)
