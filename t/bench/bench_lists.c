/* bench_lists - a list of 1,000,000 items: time to build, bytes an item, ns a look-up with random keys. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "base/xalloc.h"
#include "rules/list_image.h"
#include "t/lib/random.h"

#define ITEMS 1000000
#define LOOKUPS                                                                                \
    1000000 /* of one round; the best of ROUNDS counts, since other programs use the machine too */
#define ROUNDS    7
#define TEXT_SIZE 48

/* What issue and design ask for. */
#define MAX_BUILD_MS 2000
#define MAX_BYTES    100
#define MAX_NS       200

struct kind {
    const char *name;
    enum list_type type;
    void (*make)(uint64_t *state, char text[TEXT_SIZE]);
};

static void make_v4(uint64_t *state, char text[TEXT_SIZE])
{
    uint32_t net = (uint32_t)random_next(state);
    unsigned prefix = 16 + (unsigned)random_below(state, 17);

    net &= 0xffffffffu << (32 - prefix);
    snprintf(text, TEXT_SIZE, "%u.%u.%u.%u/%u", net >> 24, net >> 16 & 255, net >> 8 & 255,
             net & 255, prefix);
}

/* All below one /8: the worst that an index over the first bits could get. */
static void make_v4_dense(uint64_t *state, char text[TEXT_SIZE])
{
    uint32_t ip = (uint32_t)random_next(state);

    snprintf(text, TEXT_SIZE, "10.%u.%u.%u", ip >> 16 & 255, ip >> 8 & 255, ip & 255);
}

static void make_v6(uint64_t *state, char text[TEXT_SIZE])
{
    uint64_t net = random_next(state);

    snprintf(text, TEXT_SIZE, "2%03x:%x:%x::/48", (unsigned)(net >> 32 & 0xfff),
             (unsigned)(net >> 16 & 0xffff), (unsigned)(net & 0xffff));
}

static void make_domain(uint64_t *state, char text[TEXT_SIZE])
{
    static const char *const ends[] = {"com", "net", "org", "example", "de", "co.uk"};
    const char *dot = random_below(state, 2) == 0 ? "." : "";

    snprintf(text, TEXT_SIZE, "%s%c%" PRIx64 ".%s", dot, (char)('a' + random_below(state, 26)),
             random_below(state, 1u << 31), ends[random_below(state, 6)]);
}

static void make_address(uint64_t *state, char text[TEXT_SIZE])
{
    snprintf(text, TEXT_SIZE, "u%" PRIu64 "@d%" PRIu64 ".example", random_below(state, 100000),
             random_below(state, 100000));
}

static const struct kind kinds[] = {
    {"IPv4 networks", LIST_IP, make_v4},       {"IPv4 in one /8", LIST_IP, make_v4_dense},
    {"IPv6 networks", LIST_IP, make_v6},       {"domains", LIST_DOMAIN, make_domain},
    {"addresses", LIST_ADDRESS, make_address},
};

/* Of this thread: what it is kept waiting for others does not count. */
static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

struct key {
    struct ip ip;
    char text[TEXT_SIZE + 4];
    size_t len;
};

/* Any address of the network. */
static void make_host(uint64_t *state, const char *text, struct ip *ip_r)
{
    struct ipnet net = {.prefix = 128};

    ipnet_parse(span_of(text), &net, NULL);
    *ip_r = net.ip;
    for (unsigned i = 15; i > 0 && net.prefix <= i * 8; i--)
        ip_r->byte[i] = (uint8_t)random_next(state);
}

/* Half of the keys are of the list, half made anew; mail asks with a host below a domain. */
static struct key *make_keys(const struct kind *kind, const struct span *items, size_t count)
{
    struct key *keys = xcalloc(count, sizeof *keys);
    uint64_t state = random_seeded(99);

    for (size_t i = 0; i < count; i++) {
        char text[TEXT_SIZE];
        if (random_below(&state, 2) == 0)
            kind->make(&state, text);
        else
            snprintf(text, sizeof text, "%s", items[random_below(&state, ITEMS)].ptr);
        if (kind->type == LIST_IP)
            make_host(&state, text, &keys[i].ip);
        keys[i].len = (size_t)snprintf(
            keys[i].text, sizeof keys[i].text, "%s%s",
            kind->type == LIST_DOMAIN ? (text[0] == '.' ? "mx" : "mx.") : "", text);
    }
    return keys;
}

static size_t look_up(const struct kind *kind, const struct list_image *image,
                      const struct key *keys)
{
    size_t found = 0;

    for (size_t i = 0; i < LOOKUPS; i++) {
        const struct key *key = &keys[i];
        if (kind->type == LIST_IP)
            found += list_holds_ip(image, NULL, &key->ip, NULL);
        else
            found +=
                list_holds_text(image, NULL, kind->type, span_from(key->text, key->len), NULL);
    }
    return found;
}

static double time_lookups(const struct kind *kind, const struct list_image *image,
                           const struct key *keys, size_t *found_r)
{
    int64_t best = INT64_MAX;

    for (int round = 0; round < ROUNDS; round++) {
        int64_t begin = now_ns(), took;
        *found_r = look_up(kind, image, keys);
        took = now_ns() - begin;
        best = took < best ? took : best;
    }
    return (double)best / LOOKUPS;
}

static bool measure(const struct kind *kind)
{
    struct span *items = xreallocarray(NULL, ITEMS, sizeof *items);
    char(*text)[TEXT_SIZE] = xreallocarray(NULL, ITEMS, TEXT_SIZE);
    uint64_t state = random_seeded(7);
    struct str bytes = STR_EMPTY;
    struct err err;

    for (size_t i = 0; i < ITEMS; i++) {
        kind->make(&state, text[i]);
        items[i] = span_of(text[i]);
    }
    int64_t begin = now_ns();
    int built = list_image_build(&bytes, kind->type, items, ITEMS, &err);
    int64_t build_ms = (now_ns() - begin) / 1000000;
    if (built < 0) {
        fprintf(stderr, "%s: %s\n", kind->name, err.text);
        exit(1);
    }
    begin = now_ns();
    struct list_image *image = list_image_open(str_span(&bytes), &err);
    int64_t open_ms = (now_ns() - begin) / 1000000;
    struct key *keys = make_keys(kind, items, LOOKUPS);
    size_t found, count = list_image_count(image);
    double ns = time_lookups(kind, image, keys, &found);
    double per_item = (double)bytes.len / (double)count;

    printf("%-16s %8zu items  built in %5" PRId64 " ms, opened in %3" PRId64
           " ms  %5.1f bytes an item  %6.1f ns a look-up (%.0f%% found)\n",
           kind->name, count, build_ms, open_ms, per_item, ns, 100.0 * (double)found / LOOKUPS);
    list_image_close(&image);
    str_clear(&bytes);
    xfree(&keys);
    xfree(&items);
    xfree(&text);
    return build_ms < MAX_BUILD_MS && per_item < MAX_BYTES && ns < MAX_NS;
}

int main(void)
{
    bool is_good = true;

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        is_good = measure(&kinds[i]) && is_good;
    printf("%s: asked for are %d ms, %d bytes, %d ns\n", is_good ? "good" : "MISSED",
           MAX_BUILD_MS, MAX_BYTES, MAX_NS);
    return is_good ? 0 : 1;
}
