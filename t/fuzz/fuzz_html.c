/* fuzz_html: any bytes as a page; its tokens cover it, what is decoded never grows, and its links keep to their limits. */
#include <stdlib.h>
#include "base/sinks.h"
#include "base/utf8.h"
#include "mail/url.h"
#include "milter/inspect/html.h"
#include "milter/inspect/html_entities.h"
#include "milter/inspect/links.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    links_prepare();
    return 0;
}

static void require(bool is_so)
{
    if (!is_so)
        abort();
}

static void require_utf8(struct span text)
{
    while (text.len > 0)
        require(utf8_next(&text) != UTF8_BAD);
}

/* Tokens follow one another and stay within the page; attributes stay within their tag. */
static void read_tokens(struct span page, bool is_flat)
{
    struct html_attribute attribute;
    struct html_token token;
    const char *at = page.ptr;
    struct html html;

    html_begin(&html, page, is_flat);
    while (html_next(&html, &token)) {
        struct span body = token.body;

        require(body.ptr >= at && body.ptr + body.len <= page.ptr + page.len);
        require(!is_flat || token.kind == HTML_TEXT || token.kind == HTML_START ||
                token.kind == HTML_END);
        at = body.ptr + body.len;
        if (token.kind != HTML_START)
            continue;
        while (html_attribute_next(&body, &attribute))
            require(attribute.name.len > 0 && attribute.name.ptr >= token.body.ptr &&
                    attribute.value.ptr + attribute.value.len <= at);
    }
}

static void decode(struct span page, bool is_value)
{
    struct str out = STR_EMPTY;

    html_decode(&out, page, is_value);
    require(out.len <= page.len);
    require_utf8(str_span(&out));
    str_clear(&out);
}

static void read_links(struct span page)
{
    struct links *links = links_new();
    struct facts *facts = facts_new();
    size_t count;

    links_in_html(links, page);
    links_give(links, facts);
    count = facts_records(facts, RECORD_URL)->count;
    require(count <= LINKS_MAX);
    for (size_t i = 0; i < count; i++) {
        const struct fact *host = facts_record_get(facts, RECORD_URL, i, FACT_URL_HOST);
        const struct fact *text = facts_record_get(facts, RECORD_URL, i, FACT_URL_TEXT);
        struct url url;

        require(host->state == FACT_VALUE && url_read_host(host->values[0].text, &url));
        if (text->state != FACT_VALUE)
            continue;
        require(text->values[0].text.len <= LINK_SHOWN_MAX);
        require_utf8(text->values[0].text);
    }
    links_free(&links);
    facts_free(&facts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str page = STR_EMPTY;

    sink_utf8(&page, span_from(data, size));
    read_tokens(str_span(&page), false);
    read_tokens(str_span(&page), true);
    decode(str_span(&page), false);
    decode(str_span(&page), true);
    read_links(str_span(&page));
    str_clear(&page);
    return 0;
}
