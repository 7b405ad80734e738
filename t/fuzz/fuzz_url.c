/* Links: whatever the bytes, a host is one that is written once only; what is kept of it is bounded. The first byte says how it is read. */
#include <stdlib.h>

#include "base/utf8.h"
#include "milter/inspect/links_inside.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool is_so)
{
    if (!is_so)
        abort();
}

/* The spelling that url_read gives is its own, alone and in a link. */
static void same_again(const struct url *url)
{
    struct url again;
    struct str text = STR_EMPTY;
    struct span domain = url_domain(url);
    char normal[DOMAIN_SIZE];
    bool is_ipv6 = strchr(url->host, ':') != NULL;

    must(url->host[0] != '\0' && url_read_host(span_of(url->host), &again));
    must(again.is_ip == url->is_ip && strcmp(again.host, url->host) == 0);
    str_printf(&text, is_ipv6 ? "http://[%s]/" : "http://%s/", url->host);
    must(url_read(str_span(&text), &again) && strcmp(again.host, url->host) == 0);
    str_clear(&text);
    must(url->is_ip == (domain.len == 0));
    must(domain.len == 0 || span_ends(span_of(url->host), domain));
    must(domain.len == 0 || (domain_normalize(domain, normal) && span_is(domain, normal)));
}

static void must_be_text(struct span text)
{
    must(text.len <= LINK_SHOWN_MAX);
    while (text.len > 0)
        must(utf8_next(&text) != UTF8_BAD);
}

static void keep(struct span target, struct span shown, bool is_bare)
{
    struct links *links = links_new();
    struct facts *facts = facts_new();
    const struct record_list *list;

    links_add(links, target, shown);
    links_add_shown(links, shown, is_bare);
    links_give(links, facts);
    list = facts_records(facts, RECORD_URL);
    must(list->state == FACT_VALUE && list->count <= 2 * (1 + LINK_NESTED_MAX));
    for (size_t i = 0; i < list->count; i++) {
        const struct fact *text = facts_record_get(facts, RECORD_URL, i, FACT_URL_TEXT);

        must(facts_record_get(facts, RECORD_URL, i, FACT_URL_HOST)->state == FACT_VALUE);
        if (text->state == FACT_VALUE)
            must_be_text(text->values[0].text);
    }
    facts_free(&facts);
    links_free(&links);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span text, target;
    struct url url;
    bool is_bare;

    if (size == 0)
        return 0;
    is_bare = data[0] & 1;
    text = span_from(data + 1, size - 1);
    if (is_bare ? url_read_bare(text, &url) : url_read(text, &url))
        same_again(&url);
    must(url.tail <= text.len);
    if (url_read_host(text, &url))
        must(span_is(text, url.host));
    span_cut(&text, '\n', &target);
    keep(target, text, is_bare);
    return 0;
}
