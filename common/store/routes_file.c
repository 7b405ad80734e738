/* Prints and reads accepted domains and routes. */
#include "store/routes_file.h"

#include <stdlib.h>

#include "base/xalloc.h"
#include "mail/domain.h"
#include "store/text_lines.h"

#define HOP_FIELDS (3 + ROUTE_MAX_ADDRESSES)

static int compare(const void *a, const void *b)
{
    const struct published_route *left = a, *right = b;

    return span_compare(left->domain, right->domain);
}

static void print_route(struct str *out, const struct published_route *route)
{
    char text[IP_TEXT_SIZE];

    str_printf(out, "domain %.*s\n", SPAN_ARG(route->domain));
    for (size_t i = 0; i < route->hop_count; i++) {
        const struct published_hop *hop = &route->hops[i];

        str_printf(out, "hop %s %u", hop->hop.host, (unsigned)hop->hop.port);
        for (size_t k = 0; k < hop->address_count && k < ROUTE_MAX_ADDRESSES; k++)
            str_printf(out, " %s", ip_text(&hop->addresses[k], text));
        str_addc(out, '\n');
    }
}

void routes_file_print(struct str *out, const struct published_route *routes, size_t count)
{
    struct published_route *sorted = xcalloc(count + 1, sizeof(*sorted));

    if (count > 0)
        memcpy(sorted, routes, count * sizeof(*sorted));
    qsort(sorted, count, sizeof(*sorted), compare);
    str_printf(out, "postgate-routes 1 %zu\n", count);
    for (size_t i = 0; i < count; i++)
        print_route(out, &sorted[i]);
    str_adds(out, "end\n");
    xfree(&sorted);
}

static bool take_host(struct span text, struct next_hop *hop)
{
    struct ip ip;
    char canonical[IP_TEXT_SIZE];

    if (text.len >= sizeof(hop->host))
        return false;
    hop->is_address = ip_parse(text, &ip);
    if (hop->is_address) {
        memcpy(hop->host, ip_text(&ip, canonical), IP_TEXT_SIZE);
        return span_is(text, hop->host);
    }
    return domain_normalize(text, hop->host) && span_is(text, hop->host);
}

static bool take_hop(const struct span *field, size_t count, struct arena *arena,
                     struct published_hop *hop)
{
    struct ip *addresses = arena_array(arena, count, sizeof(*addresses));
    uint64_t port;

    *hop = (struct published_hop){.addresses = addresses};
    if (!take_host(field[1], &hop->hop) || !span_to_u64(field[2], UINT16_MAX, &port) ||
        port == 0)
        return false;
    hop->hop.port = (uint16_t)port;
    for (size_t i = 3; i < count; i++)
        if (!ip_parse(field[i], &addresses[hop->address_count++]))
            return false;
    return true;
}

/* The hops of one domain: lines as long as they begin with "hop". */
static int read_hops(struct text_lines *lines, struct arena *arena,
                     struct published_route *route, struct err *err)
{
    struct published_hop *hops = arena_array(arena, DOMAIN_MAX_HOPS, sizeof(*hops));
    struct span field[HOP_FIELDS], line;

    route->hops = hops;
    while (span_starts(lines->rest, SPAN("hop "))) {
        size_t count;

        if (text_lines_next(lines, &line, err) < 0)
            return -1;
        count = text_fields(line, field, HOP_FIELDS);
        if (route->hop_count == DOMAIN_MAX_HOPS)
            return text_lines_bad(lines, "the domain has too many hops", err);
        if (count < 3 || count > HOP_FIELDS ||
            !take_hop(field, count, arena, &hops[route->hop_count++]))
            return text_lines_bad(lines, "should be \"hop HOST PORT ADDRESS...\"", err);
    }
    return route->hop_count > 0 ? 0 : text_lines_bad(lines, "a domain without hops", err);
}

static int read_route(struct text_lines *lines, struct arena *arena,
                      const struct published_route *before, struct published_route *route,
                      struct err *err)
{
    struct span field[2];
    char normal[DOMAIN_SIZE];

    if (text_lines_fields(lines, "domain", field, 2, err) < 0)
        return -1;
    if (!domain_normalize(field[1], normal) || !span_is(field[1], normal))
        return text_lines_bad(lines, "is no domain as routes keep them", err);
    if (before != NULL && span_compare(before->domain, field[1]) >= 0)
        return text_lines_bad(lines, "domains are not in their order", err);
    route->domain = arena_span(arena, field[1]);
    return read_hops(lines, arena, route, err);
}

int routes_file_parse(struct span text, struct arena *arena, struct published_route **routes_r,
                      size_t *count_r, struct err *err)
{
    struct text_lines lines = {.what = "routes", .rest = text};
    struct span field[3];
    uint64_t count;

    if (text.len > ROUTES_FILE_MAX)
        return err_set(err, "routes: has more than %d bytes", ROUTES_FILE_MAX);
    if (text_lines_fields(&lines, "postgate-routes", field, 3, err) < 0)
        return -1;
    if (!span_is(field[1], "1") || !span_to_u64(field[2], DOMAINS_MAX, &count))
        return text_lines_bad(&lines, "is of a version that is not known here", err);
    if (count > text.len / 8)
        return text_lines_bad(&lines, "announces more domains than the file holds", err);
    *routes_r = arena_array(arena, (size_t)count + 1, sizeof(**routes_r));
    *count_r = (size_t)count;
    for (size_t i = 0; i < count; i++)
        if (read_route(&lines, arena, i > 0 ? &(*routes_r)[i - 1] : NULL, &(*routes_r)[i],
                       err) < 0)
            return -1;
    return text_lines_end(&lines, err);
}
