/* Images: what is found, what is not, and that damaged bytes are refused. */
#include "base/xalloc.h"
#include "rules/list_image.h"
#include "t/lib/suite.h"

#define MAX_ITEMS 8

struct built {
    struct str bytes;
    struct list_image *image;
};

static struct built build(enum list_type type, const char *const *items)
{
    struct built built = {STR_EMPTY, NULL};
    struct span spans[MAX_ITEMS];
    size_t count = 0;
    struct err err;

    for (; items[count] != NULL; count++)
        spans[count] = span_of(items[count]);
    ck_assert_int_eq(list_image_build(&built.bytes, type, spans, count, &err), 0);
    built.image = list_image_open(str_span(&built.bytes), &err);
    ck_assert_msg(built.image != NULL, "%s", err.text);
    return built;
}

static void drop(struct built *built)
{
    list_image_close(&built->image);
    str_clear(&built->bytes);
}

/* found: the item that matched, or NULL. */
static const struct {
    const char *items[MAX_ITEMS];
    const char *ip, *found;
} networks[] = {
    {{"10.0.0.0/8"}, "10.1.2.3", "10.0.0.0/8"},
    {{"10.0.0.0/8"}, "11.0.0.0", NULL},
    {{"10.0.0.0/8"}, "9.255.255.255", NULL},
    {{"10.0.0.0/8", "10.1.0.0/16", "10.1.2.0/24"}, "10.1.2.3", "10.1.2.0/24"},
    {{"10.0.0.0/8", "10.1.0.0/16", "10.1.2.0/24"}, "10.1.3.3", "10.1.0.0/16"},
    {{"10.0.0.0/8", "10.1.0.0/16", "10.1.2.0/24"}, "10.2.3.3", "10.0.0.0/8"},
    {{"10.0.0.0/8", "10.0.0.0/16", "10.0.0.0"}, "10.0.0.0", "10.0.0.0"},
    {{"0.0.0.0/0"}, "0.0.0.0", "0.0.0.0/0"},
    {{"0.0.0.0/0"}, "255.255.255.255", "0.0.0.0/0"},
    {{"0.0.0.0/0"}, "::1", NULL},
    {{"0.0.0.0/0"}, "2001:db8::1", NULL},
    {{"255.255.255.255"}, "255.255.255.255", "255.255.255.255"},
    {{"255.255.255.255"}, "255.255.255.254", NULL},
    {{"::/0"}, "192.0.2.1", "::/0"},
    {{"::/0"}, "2001:db8::1", "::/0"},
    {{"::/0", "10.0.0.0/8"}, "11.0.0.0", "::/0"},
    {{"::/0", "255.0.0.0/8"}, "::1:0:0:0", "::/0"},
    {{"::1"}, "::1", "::1"},
    {{"::1"}, "::", NULL},
    {{"2001:db8::/32", "2001:db8:1::/48"}, "2001:db8:1::9", "2001:db8:1::/48"},
    {{"2001:db8::/32", "2001:db8:1::/48"}, "2001:db8:2::9", "2001:db8::/32"},
    {{"2001:db8::/64", "2001:db8::/65"}, "2001:db8::8000:0:0:0", "2001:db8::/64"},
    {{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
     "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
     "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
    {{NULL}, "10.0.0.1", NULL},
};

START_TEST(finds_networks)
{
    for (size_t i = 0; i < COUNT_OF(networks); i++) {
        struct built built = build(LIST_IP, networks[i].items);
        struct str item = STR_EMPTY;
        struct ip ip;
        bool is_held;

        ck_assert(ip_parse(span_of(networks[i].ip), &ip));
        is_held = list_holds_ip(built.image, NULL, &ip, &item);
        ck_assert_msg(is_held == (networks[i].found != NULL), "row %zu: %s", i, networks[i].ip);
        if (is_held)
            ck_assert_str_eq(str_cstr(&item), networks[i].found);
        str_clear(&item);
        drop(&built);
    }
}
END_TEST

static const struct {
    enum list_type type;
    const char *items[MAX_ITEMS];
    const char *text, *found;
} texts[] = {
    {LIST_DOMAIN, {"example.com"}, "example.com", "example.com"},
    {LIST_DOMAIN, {"example.com"}, "Example.COM", "example.com"},
    {LIST_DOMAIN, {"example.com"}, "a.example.com", NULL},
    {LIST_DOMAIN, {"example.com"}, "badexample.com", NULL},
    {LIST_DOMAIN, {".example.com"}, "a.b.example.com", ".example.com"},
    {LIST_DOMAIN, {".example.com"}, "example.com", NULL},
    {LIST_DOMAIN, {".com", ".example.com", "example.com"}, "a.example.com", ".example.com"},
    {LIST_DOMAIN, {".com", ".example.com", "example.com"}, "example.com", "example.com"},
    {LIST_DOMAIN, {".com", ".example.com", "example.com"}, "x.com", ".com"},
    {LIST_DOMAIN, {"."}, "anything.example", "."},
    {LIST_DOMAIN, {"."}, "", NULL},
    {LIST_DOMAIN, {NULL}, "example.com", NULL},
    {LIST_ADDRESS, {"bob@example.com"}, "Bob@Example.com", "bob@example.com"},
    {LIST_ADDRESS, {"@example.com"}, "bob@example.com", "@example.com"},
    {LIST_ADDRESS, {"@example.com"}, "bob@a.example.com", NULL},
    {LIST_ADDRESS, {"@example.com"}, "a@other.example@example.com", "@example.com"},
    {LIST_ADDRESS, {"@other.example"}, "a@other.example@example.com", NULL},
    {LIST_STRING, {"exe", "scr"}, "EXE", "exe"},
    {LIST_STRING, {"exe", "scr"}, "ex", NULL},
};

START_TEST(finds_texts)
{
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct built built = build(texts[i].type, texts[i].items);
        struct str item = STR_EMPTY;
        bool is_held =
            list_holds_text(built.image, NULL, texts[i].type, span_of(texts[i].text), &item);

        ck_assert_msg(is_held == (texts[i].found != NULL), "row %zu: %s", i, texts[i].text);
        if (is_held)
            ck_assert_str_eq(str_cstr(&item), texts[i].found);
        str_clear(&item);
        drop(&built);
    }
}
END_TEST

START_TEST(long_texts)
{
    static const char *const items[] = {"@example.com", NULL};
    struct built built = build(LIST_ADDRESS, items);
    char *text = xmalloc(100000);

    memset(text, '.', 100000);
    ck_assert(!list_holds_text(built.image, NULL, LIST_DOMAIN, span_from(text, 512), NULL));
    ck_assert(!list_holds_text(built.image, NULL, LIST_DOMAIN, span_from(text, 100000), NULL));
    memcpy(text + 1500, "@example.com", 12);
    ck_assert(list_holds_text(built.image, NULL, LIST_ADDRESS, span_from(text, 1512), NULL));
    xfree(&text);
    drop(&built);
}
END_TEST

START_TEST(lists_items_once)
{
    static const char *const items[] = {"b.example", "a.example", "b.example", NULL};
    struct built built = build(LIST_DOMAIN, items);
    struct str out = STR_EMPTY;

    ck_assert_uint_eq(list_image_count(built.image), 2);
    ck_assert_int_eq(list_image_type(built.image), LIST_DOMAIN);
    ck_assert(list_image_item(built.image, 0, &out));
    str_addc(&out, ' ');
    ck_assert(list_image_item(built.image, 1, &out));
    ck_assert(!list_image_item(built.image, 2, &out));
    ck_assert_str_eq(str_cstr(&out), "b.example a.example");
    str_clear(&out);
    drop(&built);
}
END_TEST

START_TEST(same_items_same_bytes)
{
    static const char *const items[] = {"10.0.0.0/8", "2001:db8::/32", NULL};
    struct built first = build(LIST_IP, items), second = build(LIST_IP, items);

    ck_assert(span_equal(str_span(&first.bytes), str_span(&second.bytes)));
    drop(&first);
    drop(&second);
}
END_TEST

/* Whatever one byte says, opening either refuses or leaves an image that can be asked. */
static void ask_all(const struct list_image *image, enum list_type type)
{
    static const char *const ips[] = {"10.1.2.3", "::", "2001:db8::1", "255.255.255.255"};
    struct str out = STR_EMPTY;
    struct ip ip;

    for (size_t i = 0; i < COUNT_OF(ips); i++)
        if (ip_parse(span_of(ips[i]), &ip))
            list_holds_ip(image, NULL, &ip, &out);
    list_holds_text(image, NULL, type, SPAN("a.example.com"), &out);
    for (size_t i = 0; i < list_image_count(image); i++)
        list_image_item(image, i, &out);
    str_clear(&out);
}

static void damage(enum list_type type, const char *const *items)
{
    struct built good = build(type, items);
    size_t size = good.bytes.len;
    char *bytes = xmemdup(good.bytes.ptr, size);
    struct list_image *image;

    for (size_t at = 0; at < size * 3; at++) {
        bytes[at / 3] = (char)(at % 3 == 0 ? 0xff : at % 3 == 1 ? 0x7f : bytes[at / 3] + 1);
        image = list_image_open(span_from(bytes, size), NULL);
        if (image != NULL && list_image_type(image) == type)
            ask_all(image, type);
        list_image_close(&image);
        bytes[at / 3] = good.bytes.ptr[at / 3];
    }
    for (size_t len = 0; len < size; len++) {
        char *shorter = xmemdup(bytes, len + 1);
        ck_assert(list_image_open(span_from(shorter, len), NULL) == NULL);
        xfree(&shorter);
    }
    xfree(&bytes);
    drop(&good);
}

START_TEST(damaged_bytes)
{
    static const char *const nets[] = {"10.0.0.0/8", "10.1.0.0/16", "2001:db8::/32", NULL};
    static const char *const domains[] = {"example.com", ".example.com", "b.example", NULL};
    static const char *const hosts[] = {"10.0.0.1", "2001:db8::1", "2001:db8::8", NULL};

    damage(LIST_IP, nets);
    damage(LIST_IP, hosts);
    damage(LIST_DOMAIN, domains);
}
END_TEST

SUITE_MAIN("list_image", finds_networks, finds_texts, long_texts, lists_items_once,
           same_items_same_bytes, damaged_bytes)
