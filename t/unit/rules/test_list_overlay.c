/* Image plus overlay equals a list rebuilt, over generated lists, changes and values. */
#include <stdio.h>
#include "base/xalloc.h"
#include "rules/list_image.h"
#include "t/lib/random.h"
#include "t/lib/suite.h"

#define POOL    40 /* different items; few, so that they meet and nest */
#define ROUNDS  300
#define ASKED   60
#define CHANGES 25

struct world {
    uint64_t seed, state;
    enum list_type type;
    char pool[POOL][80];
    bool is_in[POOL];
};

/* Networks inside one another: prefixes of few addresses. */
static void make_net(struct world *w, char *text, size_t size)
{
    static const unsigned lengths[] = {0, 8, 9, 12, 15, 16, 17, 20, 24, 28, 31, 32};
    unsigned bits = lengths[random_below(&w->state, COUNT_OF(lengths))];
    uint32_t ip = (uint32_t)random_below(&w->state, 4) << 30 |
                  (uint32_t)random_below(&w->state, 4) << 14 |
                  (uint32_t)random_below(&w->state, 4);

    ip &= bits == 0 ? 0 : 0xffffffffu << (32 - bits);
    if (random_below(&w->state, 3) == 0)
        snprintf(text, size, "%x:%x::/%u", ip >> 16, ip & 0xffffu, bits);
    else
        snprintf(text, size, "%u.%u.%u.%u/%u", ip >> 24, ip >> 16 & 255, ip >> 8 & 255,
                 ip & 255, bits);
}

static void make_name(struct world *w, char *text, size_t size)
{
    static const char *const labels[] = {"a", "b", "com", "example"};
    size_t labels_count = 1 + random_below(&w->state, 4), len = 0;

    if (w->type == LIST_ADDRESS)
        len += (size_t)snprintf(text, size, "%s@", random_below(&w->state, 3) ? "u" : "");
    else if (w->type == LIST_DOMAIN && random_below(&w->state, 2) == 0)
        len += (size_t)snprintf(text, size, ".");
    for (size_t i = 0; i < labels_count; i++)
        len += (size_t)snprintf(text + len, size - len, "%s%s", i > 0 ? "." : "",
                                labels[random_below(&w->state, COUNT_OF(labels))]);
}

static void make_item(struct world *w, char *text, size_t size)
{
    struct str canonical = STR_EMPTY;
    struct err err;

    if (w->type == LIST_IP)
        make_net(w, text, size);
    else
        make_name(w, text, size);
    ck_assert_msg(list_item_canonical(w->type, span_of(text), &canonical, &err) == 0, "%s",
                  text);
    snprintf(text, size, "%s", str_cstr(&canonical));
    str_clear(&canonical);
}

/* A pool without doubles. */
static void make_world(struct world *w, enum list_type type, uint64_t seed)
{
    *w = (struct world){.seed = seed, .state = random_seeded(seed), .type = type};
    for (size_t i = 0; i < POOL; i++) {
        bool is_new = true;
        make_item(w, w->pool[i], sizeof w->pool[i]);
        for (size_t k = 0; k < i; k++)
            is_new = is_new && strcmp(w->pool[k], w->pool[i]) != 0;
        if (!is_new)
            snprintf(w->pool[i], sizeof w->pool[i],
                     type == LIST_IP       ? "192.0.2.%zu"
                     : type == LIST_DOMAIN ? "n%zu.test"
                                           : "@n%zu.test",
                     i);
        w->is_in[i] = random_below(&w->state, 2) == 0;
    }
}

static struct list_image *build(const struct world *w, struct str *bytes)
{
    struct span items[POOL];
    size_t count = 0;
    struct err err;

    for (size_t i = 0; i < POOL; i++)
        if (w->is_in[i])
            items[count++] = span_of(w->pool[i]);
    ck_assert(list_image_build(bytes, w->type, items, count, &err) == 0);
    return list_image_open(str_span(bytes), &err);
}

static struct list_overlay *change(struct world *w)
{
    struct list_change changes[CHANGES];
    size_t count = random_below(&w->state, CHANGES + 1);

    for (size_t i = 0; i < count; i++) {
        size_t item = random_below(&w->state, POOL);
        bool is_removed = random_below(&w->state, 2) == 0;
        changes[i] = (struct list_change){span_of(w->pool[item]), is_removed};
        w->is_in[item] = !is_removed;
    }
    return list_overlay_new(w->type, changes, count);
}

static bool asks(const struct list_image *image, const struct list_overlay *overlay,
                 const struct world *w, const char *text, struct str *item)
{
    struct ip ip;

    if (w->type != LIST_IP)
        return list_holds_text(image, overlay, w->type, span_of(text), item);
    ck_assert(ip_parse(span_of(text), &ip));
    return list_holds_ip(image, overlay, &ip, item);
}

/* Something near the items: an item without its slash or first dot, or with more before it. */
static void make_value(struct world *w, char *text, size_t size)
{
    const char *item = w->pool[random_below(&w->state, POOL)];

    if (w->type == LIST_IP)
        snprintf(text, size, "%.*s", (int)strcspn(item, "/"), item);
    else if (item[0] == '.' || item[0] == '@')
        snprintf(text, size, "%s%s", random_below(&w->state, 3) ? "u" : "a.b",
                 item + (w->type == LIST_DOMAIN && random_below(&w->state, 4) == 0));
    else
        snprintf(text, size, "%s", item);
}

static void compare(struct world *w, const struct list_image *image,
                    const struct list_overlay *overlay, const struct list_image *rebuilt)
{
    for (size_t i = 0; i < ASKED; i++) {
        struct str got = STR_EMPTY, want = STR_EMPTY;
        char text[100];
        bool is_held, must_hold;

        make_value(w, text, sizeof text);
        is_held = asks(image, overlay, w, text, &got);
        must_hold = asks(rebuilt, NULL, w, text, &want);
        ck_assert_msg(is_held == must_hold && span_equal(str_span(&got), str_span(&want)),
                      "seed %ju type %d: %s is in \"%s\", rebuilt \"%s\"", (uintmax_t)w->seed,
                      w->type, text, str_cstr(&got), str_cstr(&want));
        str_clear(&got);
        str_clear(&want);
    }
}

static void run(enum list_type type)
{
    for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
        struct str bytes = STR_EMPTY, again = STR_EMPTY;
        struct world w;
        struct list_image *image, *rebuilt;
        struct list_overlay *overlay;

        make_world(&w, type, seed);
        image = build(&w, &bytes);
        overlay = change(&w);
        rebuilt = build(&w, &again);
        ck_assert(image != NULL && rebuilt != NULL);
        compare(&w, image, overlay, rebuilt);
        list_image_close(&image);
        list_image_close(&rebuilt);
        list_overlay_free(&overlay);
        str_clear(&bytes);
        str_clear(&again);
    }
}

START_TEST(networks)
{
    run(LIST_IP);
}
END_TEST

START_TEST(domains)
{
    run(LIST_DOMAIN);
}
END_TEST

START_TEST(addresses)
{
    run(LIST_ADDRESS);
}
END_TEST

START_TEST(strings)
{
    run(LIST_STRING);
}
END_TEST

/* The rebuilt list itself against the plainest way there is: asking every network. */
START_TEST(longest_of_all)
{
    for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
        struct str bytes = STR_EMPTY;
        struct world w;
        struct list_image *image;

        make_world(&w, LIST_IP, seed);
        image = build(&w, &bytes);
        for (size_t i = 0; i < ASKED; i++) {
            struct str got = STR_EMPTY;
            struct ipnet net, best = {.prefix = 0};
            const char *want = NULL;
            char text[100];
            struct ip ip;

            make_value(&w, text, sizeof text);
            ck_assert(ip_parse(span_of(text), &ip));
            for (size_t k = 0; k < POOL; k++) {
                if (!w.is_in[k] || ipnet_parse(span_of(w.pool[k]), &net, NULL) < 0 ||
                    !ipnet_holds(&net, &ip) || (want != NULL && net.prefix <= best.prefix))
                    continue;
                best = net;
                want = w.pool[k];
            }
            ck_assert(list_holds_ip(image, NULL, &ip, &got) == (want != NULL));
            ck_assert_msg(want == NULL || strcmp(str_cstr(&got), want) == 0,
                          "seed %ju: %s is in %s, found %s", (uintmax_t)seed, text, want,
                          str_cstr(&got));
            str_clear(&got);
        }
        list_image_close(&image);
        str_clear(&bytes);
    }
}
END_TEST

SUITE_MAIN("list_overlay", networks, domains, addresses, strings, longest_of_all)
