/* Names of keys, and their records. */
#include "mail/dkim_key.h"

#include "t/lib/suite.h"

static const struct {
    const char *value, *name;
} names[] = {
    {" v=1; d=Example.COM; s=S1; b=x", "s1._domainkey.example.com"},
    {"d=example.com;\r\n\ts=a.b", "a.b._domainkey.example.com"},
    {"i=1; d=b\xc3\xbc"
     "cher.example; s=k",
     "k._domainkey.xn--bcher-kva.example"},
    {"d=example.com", ""},
    {"s=s1", ""},
    {"d=exa mple.com; s=s1", ""},
    {"d=example.com; s=s1; d=other.example", ""},
    {"d=[192.0.2.1]; s=s1", ""},
    {"d=example.com; s=..", ""},
    {"rubbish", ""},
    {"", ""},
};

START_TEST(test_names)
{
    char name[DNS_NAME_MAX + 1];

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        ck_assert_uint_eq(dkim_key_name(span_of(names[i].value), name), strlen(names[i].name));
        ck_assert_str_eq(name, names[i].name);
    }
}
END_TEST

/* 253 bytes fit, not one more. */
START_TEST(test_longest)
{
    char name[DNS_NAME_MAX + 1], domain[DNS_NAME_MAX];
    size_t longest = DNS_NAME_MAX - (sizeof "s._domainkey." - 1);

    memset(domain, 'x', sizeof domain);
    ck_assert_uint_eq(dkim_key_place(SPAN("s"), span_from(domain, longest), name),
                      DNS_NAME_MAX);
    ck_assert_uint_eq(dkim_key_place(SPAN("s"), span_from(domain, longest + 1), name), 0);
    ck_assert_str_eq(name, "");
    ck_assert_uint_eq(dkim_key_place(SPAN(""), SPAN("example.com"), name), 0);
}
END_TEST

/* bytes of p=, then flags: r revoked, y testing, s own identity; or what is wrong. */
static const struct {
    const char *record, *wanted;
} records[] = {
    {"v=DKIM1; k=rsa; p=YWJj", "rsa abc "},
    {"p=YWJj", "rsa abc "},
    {"k=ed25519; p=YW Jj;", "ed25519 abc "},
    {"v=DKIM1; t=y : s; p=YWJj", "rsa abc ys"},
    {"t=ys; p=YWJj", "rsa abc "},
    {"v=DKIM1; p=", "rsa  r"},
    {"v=DKIM1; h=sha1:sha256; s=email; p=YWJj", "rsa abc "},
    {"v=DKIM1; s=tlsrpt:*; p=YWJj", "rsa abc "},
    {"v=dkim1; p=YWJj", "the key record is not of version DKIM1"},
    {"p=YWJj; v=DKIM1", "the key record is not of version DKIM1"},
    {"n=DKIM1; v=DKIM1; p=YWJj", "the key record is not of version DKIM1"},
    {"h=sha1; p=YWJj", "the key is not for SHA-256"},
    {"s=tlsrpt; p=YWJj", "the key is not for mail"},
    {"k=RSA; p=YWJj", "the key is of an unknown kind"},
    {"k=rsa", "the key record has no p="},
    {"p=*", "the key is not base64"},
    {"v=DKIM1 p=YWJj; p=x", "the key record is not of version DKIM1"},
    {"hello", "the key record does not read: not a list of tags like v=1; a=b"},
};

START_TEST(test_records)
{
    for (size_t i = 0; i < COUNT_OF(records); i++) {
        struct str bytes = STR_EMPTY, got = STR_EMPTY;
        struct dkim_key key;
        struct err err = {""};

        str_adds(&bytes, "before");
        if (dkim_key_read(span_of(records[i].record), &bytes, &key, &err) < 0)
            str_adds(&got, err.text);
        else
            str_printf(&got, "%s %.*s %s%s%s", key.kind == DKIM_KEY_RSA ? "rsa" : "ed25519",
                       SPAN_ARG(key.bytes), key.is_revoked ? "r" : "",
                       key.is_testing ? "y" : "", key.is_own_identity ? "s" : "");
        ck_assert_msg(strcmp(str_cstr(&got), records[i].wanted) == 0, "%s gives %s",
                      records[i].record, str_cstr(&got));
        str_clear(&bytes);
        str_clear(&got);
    }
}
END_TEST

SUITE_MAIN("dkim_key", test_names, test_longest, test_records)
