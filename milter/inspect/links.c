/* links.c - what is kept of the links of a message: each once, in order, with what the reader sees of it. */
#include "base/arena.h"
#include "base/hash.h"
#include "base/xalloc.h"
#include "mail/org_domain.h"
#include "mail/url.h"
#include "milter/inspect/links_inside.h"

#define SLOTS   2048 /* a power of two, twice LINKS_MAX */
#define KEY_MAX (DOMAIN_SIZE + LINK_SHOWN_MAX)

struct link {
    struct span key; /* host, NUL, shown */
    struct span host, domain, shown;
    bool is_deceptive;
};

struct links {
    struct arena *arena;
    struct link *found; /* LINKS_MAX */
    size_t count, tried, searched;
    bool is_full;
    const char *reason;    /* of being incomplete; NULL: whole */
    uint16_t slots[SLOTS]; /* index + 1; 0: free */
};

struct links *links_new(void)
{
    struct links *links = xcalloc(1, sizeof *links);

    links->arena = arena_new();
    links->found = xcalloc(LINKS_MAX, sizeof *links->found);
    return links;
}

void links_free(struct links **links)
{
    if (*links == NULL)
        return;
    arena_free(&(*links)->arena);
    xfree(&(*links)->found);
    xfree(links);
}

void links_prepare(void)
{
    org_domain(SPAN("example.com"));
}

void links_incomplete(struct links *links, const char *reason)
{
    if (links->reason == NULL)
        links->reason = reason;
}

bool links_spend(struct links *links, size_t bytes)
{
    if (bytes <= LINKS_TEXT_MAX - links->searched) {
        links->searched += bytes;
        return true;
    }
    links->searched = LINKS_TEXT_MAX;
    links_incomplete(links, "too much text");
    return false;
}

bool links_are_full(const struct links *links)
{
    return links->is_full;
}

static void full(struct links *links, const char *reason)
{
    links->is_full = true;
    links_incomplete(links, reason);
}

/* The slot of this key, or the free one where it belongs. A seed that is known does no harm: LINKS_TRIED_MAX searches of at most LINKS_MAX
 * steps each are nothing. */
static uint16_t *slot_of(struct links *links, struct span key)
{
    static const uint64_t seed[2] = {0, 0};
    size_t at = hash_table64(seed, key) & (SLOTS - 1);

    while (links->slots[at] != 0 && !span_equal(links->found[links->slots[at] - 1].key, key))
        at = (at + 1) & (SLOTS - 1);
    return &links->slots[at];
}

static struct span key_of(const struct url *url, struct span shown, char buf[KEY_MAX])
{
    size_t len = strlen(url->host) + 1;

    memcpy(buf, url->host, len);
    memcpy(buf + len, shown.ptr, shown.len);
    return span_from(buf, len + shown.len);
}

static void keep(struct links *links, const struct url *url, struct span key, bool is_deceptive)
{
    struct link *link = &links->found[links->count];
    size_t host = strlen(url->host), domain = url_domain(url).len;

    link->key = arena_span(links->arena, key);
    link->host = span_from(link->key.ptr, host);
    link->domain = span_from(link->key.ptr + host - domain, domain);
    link->shown = span_from(link->key.ptr + host + 1, key.len - host - 1);
    link->is_deceptive = is_deceptive;
    links->count++;
}

/* shown: at most LINK_SHOWN_MAX bytes. */
static void add(struct links *links, const struct url *url, struct span shown,
                bool is_deceptive)
{
    char buf[KEY_MAX];
    struct span key = key_of(url, shown, buf);
    uint16_t *slot = slot_of(links, key);

    if (*slot != 0) {
        links->found[*slot - 1].is_deceptive |= is_deceptive;
    } else if (links->count == LINKS_MAX) {
        full(links, "too many links");
    } else {
        keep(links, url, key, is_deceptive);
        *slot = (uint16_t)links->count;
    }
}

static void add_nested(struct links *links, const struct url *outer, struct span tail)
{
    struct nested nested;

    nested_read(tail, &nested);
    for (size_t i = 0; i < nested.count; i++)
        if (strcmp(nested.found[i].host, outer->host) != 0)
            add(links, &nested.found[i], SPAN(""), false);
    if (nested.is_cut)
        links_incomplete(links, "too many links inside of one link");
    links->tried += nested.cost;
}

bool link_is_international(struct span text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] >= 0x80 || text.ptr[i] == '%')
            return true;
    return false;
}

static bool may_try(struct links *links)
{
    if (!links->is_full && links->tried >= LINKS_TRIED_MAX)
        full(links, "too many links");
    return !links->is_full;
}

/* What follows the host. */
static struct span tried(struct links *links, const struct url *url, struct span target)
{
    bool is_dear = link_is_international(span_from(target.ptr, url->tail));

    links->tried += is_dear ? LINK_INTERNATIONAL_COST : 1;
    return span_from(target.ptr + url->tail, target.len - url->tail);
}

void links_add(struct links *links, struct span target, struct span shown)
{
    struct shown seen;
    struct url url;

    if (target.len == 0 || !may_try(links))
        return;
    /* Of what names no host ("javascript:", a path) a link may be a part all the same. */
    if (url_read(target, &url)) {
        shown_read(shown, &seen);
        add(links, &url, seen.text, shown_is_other(&seen, &url));
        links->tried += seen.cost;
    }
    add_nested(links, &url, tried(links, &url, target));
}

void links_add_shown(struct links *links, struct span text, bool is_bare)
{
    struct shown seen;
    struct url url;
    struct span tail;
    bool is_link;

    if (text.len == 0 || !may_try(links))
        return;
    is_link = is_bare ? url_read_bare(text, &url) : url_read(text, &url);
    tail = tried(links, &url, text);
    if (!is_link)
        return;
    shown_read(text, &seen);
    add(links, &url, seen.text, false);
    add_nested(links, &url, tail);
}

static void give_text(struct facts *facts, size_t index, enum fact_id id, struct span text)
{
    struct value value = {.text = text};
    struct fact fact = {.state = FACT_VALUE, .count = 1, .values = &value};

    if (text.len > 0)
        facts_record_set(facts, RECORD_URL, index, id, &fact);
}

static void give_link(struct facts *facts, size_t index, const struct link *link)
{
    struct value value = {.number = link->is_deceptive};
    struct fact fact = {.state = FACT_VALUE, .count = 1, .values = &value};

    give_text(facts, index, FACT_URL_HOST, link->host);
    give_text(facts, index, FACT_URL_DOMAIN, link->domain);
    give_text(facts, index, FACT_URL_TEXT, link->shown);
    facts_record_set(facts, RECORD_URL, index, FACT_URL_DECEPTIVE, &fact);
}

void links_give(const struct links *links, struct facts *facts)
{
    for (size_t i = 0; i < links->count; i++) {
        int index = facts_record_add(facts, RECORD_URL);

        if (index < 0)
            break;
        give_link(facts, (size_t)index, &links->found[i]);
    }
    facts_records_learnt(facts, RECORD_URL, links->reason != NULL, span_of(links->reason));
}
