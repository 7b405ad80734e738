/* map_text.c - the sources of the two map files. */
#include "mail/domain.h"
#include "policyd/maps/maps.h"

#define HEAD "# Kept by postgate-policyd; changed with `milter-ctl domain add|remove`.\n"

/* Postfix looks a domain up as the client wrote it, A-labels or U-labels, so both stand in the map. */
static void add_line(struct str *out, const char *prefix, const char *domain, struct span value)
{
    struct str unicode = STR_EMPTY;

    str_printf(out, "%s%s\t%.*s\n", prefix, domain, SPAN_ARG(value));
    if (domain_unicode(domain, &unicode))
        str_printf(out, "%s%s\t%.*s\n", prefix, str_cstr(&unicode), SPAN_ARG(value));
    str_clear(&unicode);
}

void maps_print_relay_domains(struct str *out, const struct domain *domains, size_t count)
{
    str_adds(out, HEAD);
    for (size_t i = 0; i < count; i++)
        add_line(out, "", domains[i].name, SPAN("accepted"));
}

/* The source is sorted like the domains, but for the U-labels that follow their A-labels. */
static bool next_known(struct span *source, struct span *name_r)
{
    struct span line;

    while (span_cut(source, '\n', &line)) {
        if (line.len == 0 || line.ptr[0] == '#' || (unsigned char)line.ptr[0] >= 0x80)
            continue;
        span_cut(&line, '\t', name_r);
        return true;
    }
    return false;
}

size_t maps_keep_known(struct domain *domains, size_t count, struct span source)
{
    struct span known = SPAN("");
    bool has_known = next_known(&source, &known);
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        struct span name = span_of(domains[i].name);
        while (has_known && span_compare(known, name) < 0)
            has_known = next_known(&source, &known);
        if (!has_known || !span_equal(known, name))
            continue;
        if (kept != i)
            domains[kept] = domains[i];
        kept++;
    }
    return kept;
}

/* In brackets: no MX lookup. Several are tried in this order (transport(5), Postfix 3.5 and later). */
static void print_hops(struct str *out, const struct domain *domain)
{
    str_adds(out, "relay:");
    for (size_t i = 0; i < domain->hop_count; i++)
        str_printf(out, "%s[%s]:%u", i > 0 ? ", " : "", domain->hops[i].host,
                   (unsigned)domain->hops[i].port);
}

void maps_print_transport(struct str *out, const struct domain *domains, size_t count)
{
    struct str hops = STR_EMPTY;

    str_adds(out, HEAD);
    for (size_t i = 0; i < count; i++) {
        str_reset(&hops);
        print_hops(&hops, &domains[i]);
        add_line(out, "", domains[i].name, str_span(&hops));
        add_line(out, ".", domains[i].name,
                 SPAN("error:5.1.2 this name has no mail server here"));
    }
    str_clear(&hops);
}
