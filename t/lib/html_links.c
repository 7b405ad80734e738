/* html_links.c - records what links_in_html hands over. */
#include "t/lib/html_links.h"
#include "mail/url.h"
#include "milter/inspect/links.h"

struct links {
    struct str *out;
};

static void begin(struct links *links)
{
    if (links->out->len > 0)
        str_addc(links->out, ' ');
}

void links_add(struct links *links, struct span target, struct span shown)
{
    struct url url;
    size_t at;

    if (!url_read(target, &url)) {
        if (!span_find(target, SPAN("//"), &at))
            return;
        begin(links);
        str_addc(links->out, '?');
        str_add(links->out, target);
        return;
    }
    begin(links);
    str_adds(links->out, url.host);
    if (shown.len > 0) {
        str_addc(links->out, '=');
        str_add(links->out, shown);
    }
}

void links_in_text(struct links *links, struct span utf8)
{
    size_t at;

    if (!span_find(utf8, SPAN("."), &at))
        return;
    begin(links);
    str_addc(links->out, '"');
    str_add(links->out, utf8);
    str_addc(links->out, '"');
}

void links_incomplete(struct links *links, const char *reason)
{
    begin(links);
    str_addc(links->out, '!');
    str_adds(links->out, reason);
}

bool links_are_full(const struct links *links)
{
    (void)links;
    return false;
}

void html_links(struct str *out, struct span page)
{
    struct links links = {.out = out};

    str_reset(out);
    links_in_html(&links, page);
}
