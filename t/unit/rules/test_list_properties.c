/* Large lists, of several levels, against the plainest way there is: asking every item. */
#include <stdio.h>
#include "base/xalloc.h"
#include "rules/list_image.h"
#include "t/lib/random.h"
#include "t/lib/suite.h"

#define ITEMS 600
#define SEEDS 2

struct nets {
    const char *name;
    unsigned shortest, longest; /* prefixes, over 128 bits */
    uint8_t first[16];
    unsigned from; /* the first bit that differs; those before are as in first */
    unsigned bits; /* so many bits differ, so that items meet and nest */
};
static const struct nets kinds[] = {
    {"IPv4, nested", 100, 128, {[10] = 0xff, [11] = 0xff, 10}, 104, 14},
    {"IPv4, apart", 128, 128, {[10] = 0xff, [11] = 0xff}, 96, 32},
    {"IPv6, to /64", 16, 64, {0x20, 1}, 24, 40},
    {"IPv6, nested", 30, 60, {0x20, 1}, 28, 12},
    {"IPv6 hosts", 128, 128, {0x20, 1, 0x0d, 0xb8}, 52, 76},
    {"IPv6 within one /64", 60, 128, {0x20, 1, 0x0d, 0xb8}, 112, 13},
    {"all of it", 0, 128, {0}, 0, 128},
};

static struct ip draw_ip(uint64_t *state, const struct nets *kind)
{
    struct ip ip;

    memcpy(ip.byte, kind->first, sizeof ip.byte);
    for (unsigned bit = kind->from; bit < kind->from + kind->bits; bit++)
        if (random_below(state, 2) == 0)
            ip.byte[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
    return ip;
}

static struct ipnet draw_net(uint64_t *state, const struct nets *kind)
{
    unsigned span = kind->longest - kind->shortest + 1;
    struct ipnet net = {draw_ip(state, kind),
                        (uint8_t)(kind->shortest + random_below(state, span))};

    for (unsigned bit = net.prefix; bit < 128; bit++)
        net.ip.byte[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
    return net;
}

/* The next address up or down; at the ends around. */
static void step(struct ip *ip, bool is_up)
{
    uint8_t around = is_up ? 0 : 0xff;

    for (int i = 15; i >= 0; i--) {
        ip->byte[i] = (uint8_t)(ip->byte[i] + (is_up ? 1 : 0xff));
        if (ip->byte[i] != around)
            return;
    }
}

static const struct ipnet *longest(const struct ipnet *nets, const struct ip *ip)
{
    const struct ipnet *best = NULL;

    for (size_t i = 0; i < ITEMS; i++)
        if (ipnet_holds(&nets[i], ip) && (best == NULL || nets[i].prefix > best->prefix))
            best = &nets[i];
    return best;
}

static void ask(const struct list_image *image, const struct nets *kind,
                const struct ipnet *nets, const struct ip *ip)
{
    const struct ipnet *want = longest(nets, ip);
    char address[IP_TEXT_SIZE], wanted[IP_TEXT_SIZE];
    struct str got = STR_EMPTY;
    bool is_held = list_holds_ip(image, NULL, ip, &got);

    ck_assert_msg(is_held == (want != NULL), "%s: %s: held %d", kind->name,
                  ip_text(ip, address), is_held);
    if (is_held)
        ck_assert_msg(span_is(str_span(&got), ipnet_text(want, wanted)), "%s: %s: %s, not %s",
                      kind->name, ip_text(ip, address), str_cstr(&got), wanted);
    str_clear(&got);
}

static struct ip last_of(const struct ipnet *net)
{
    struct ip ip = net->ip;

    for (unsigned bit = net->prefix; bit < 128; bit++)
        ip.byte[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
    return ip;
}

/* Its ends, and what lies before and behind. */
static void ask_edges(const struct list_image *image, const struct nets *kind,
                      const struct ipnet *nets, size_t at)
{
    struct ip first = nets[at].ip, last = last_of(&nets[at]);

    ask(image, kind, nets, &first);
    ask(image, kind, nets, &last);
    step(&first, false);
    step(&last, true);
    ask(image, kind, nets, &first);
    ask(image, kind, nets, &last);
}

static void run_nets(const struct nets *kind, uint64_t seed)
{
    static char text[ITEMS][IP_TEXT_SIZE];
    static struct ipnet nets[ITEMS];
    static struct span items[ITEMS];
    uint64_t state = random_seeded(seed);
    struct str bytes = STR_EMPTY;
    struct list_image *image;
    struct err err;

    for (size_t i = 0; i < ITEMS; i++) {
        nets[i] = draw_net(&state, kind);
        items[i] = span_of(ipnet_text(&nets[i], text[i]));
    }
    ck_assert(list_image_build(&bytes, LIST_IP, items, ITEMS, &err) == 0);
    image = list_image_open(str_span(&bytes), &err);
    ck_assert_msg(image != NULL, "%s: %s", kind->name, err.text);
    for (size_t i = 0; i < ITEMS; i++) {
        struct ip ip = draw_ip(&state, kind);
        ask_edges(image, kind, nets, i);
        ask(image, kind, nets, &ip);
    }
    list_image_close(&image);
    str_clear(&bytes);
}

START_TEST(networks)
{
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        for (uint64_t seed = 1; seed <= SEEDS; seed++)
            run_nets(&kinds[i], seed);
}
END_TEST

static char *draw_text(uint64_t *state, char text[600])
{
    size_t len = random_below(state, 50) == 0 ? LIST_MAX_ITEM : 1 + random_below(state, 3);

    for (size_t i = 0; i < len; i++)
        text[i] = (char)('a' + random_below(state, 16));
    text[len] = '\0';
    return text;
}

static bool is_among(const struct span *items, size_t count, struct span text)
{
    for (size_t i = 0; i < count; i++)
        if (span_equal(items[i], text))
            return true;
    return false;
}

/* Every item once, whatever the number it has. */
static void check_items(const struct list_image *image, const struct span *items, size_t count)
{
    struct str item = STR_EMPTY;
    size_t different = 0;

    for (size_t i = 0; i < count; i++)
        different += !is_among(items, i, items[i]);
    ck_assert_uint_eq(list_image_count(image), different);
    for (size_t i = 0; i < different; i++) {
        str_reset(&item);
        ck_assert(list_image_item(image, i, &item));
        ck_assert(is_among(items, count, str_span(&item)));
    }
    ck_assert(!list_image_item(image, different, &item));
    str_clear(&item);
}

static void run_texts(size_t count)
{
    static char text[ITEMS][600];
    static struct span items[ITEMS];
    uint64_t state = random_seeded(count);
    struct str bytes = STR_EMPTY;
    struct list_image *image;
    struct err err;

    for (size_t i = 0; i < count; i++)
        items[i] = span_of(draw_text(&state, text[i]));
    ck_assert(list_image_build(&bytes, LIST_STRING, items, count, &err) == 0);
    image = list_image_open(str_span(&bytes), &err);
    ck_assert(image != NULL);
    check_items(image, items, count);
    for (size_t i = 0; i < ITEMS; i++) {
        char asked[600];
        struct span value = i < count ? items[i] : span_of(draw_text(&state, asked));
        ck_assert_msg(list_holds_text(image, NULL, LIST_STRING, value, NULL) ==
                          is_among(items, count, value),
                      "of %zu items: %.*s", count, SPAN_ARG(value));
    }
    list_image_close(&image);
    str_clear(&bytes);
}

/* From one item, in one bucket, to many; with doubles. */
START_TEST(texts)
{
    for (size_t count = 1; count <= ITEMS; count += 1 + count / 2)
        run_texts(count);
    run_texts(ITEMS);
}
END_TEST

SUITE_MAIN("list_properties", networks, texts)
