/* Next hops as administrators write them: HOST, HOST:PORT, [ADDRESS]:PORT. */
#include "store/domains.h"

#include "base/ipnet.h"
#include "mail/domain.h"

/* Cuts ":PORT" off. One colon only is a port's; an IPv6 address has more, or brackets. */
static bool take_port(struct span *text, uint16_t *port_r)
{
    const char *colon = memrchr(text->ptr, ':', text->len);
    size_t before = colon == NULL ? 0 : (size_t)(colon - text->ptr);
    uint64_t port;

    if (colon == NULL || (memchr(text->ptr, ':', before) != NULL && colon[-1] != ']'))
        return true;
    if (!span_to_u64(span_from(colon + 1, text->len - before - 1), UINT16_MAX, &port) ||
        port == 0)
        return false;
    *port_r = (uint16_t)port;
    text->len = before;
    return true;
}

static bool take_host(struct span text, struct next_hop *hop)
{
    struct ip ip;

    if (ip_parse(text, &ip)) {
        hop->is_address = true;
        ip_text(&ip, hop->host);
        return true;
    }
    return domain_normalize(text, hop->host);
}

int next_hop_parse(struct span text, struct next_hop *hop_r, struct err *err)
{
    struct span host = span_trim(text);
    int shown = (int)(host.len < 300 ? host.len : 300);

    *hop_r = (struct next_hop){.port = NEXT_HOP_PORT};
    if (host.len > 0 && host.len <= 300 && take_port(&host, &hop_r->port) &&
        take_host(host, hop_r))
        return 0;
    return err_set(
        err,
        "\"%.*s\" is not a next hop; write HOST, HOST:PORT or [IPv6 address]:PORT, as "
        "mail.example.com:25",
        shown, host.ptr != NULL ? host.ptr : "");
}

void next_hop_print(struct str *out, const struct next_hop *hop)
{
    bool has_colon = strchr(hop->host, ':') != NULL;

    str_printf(out, has_colon ? "[%s]:%u" : "%s:%u", hop->host, (unsigned)hop->port);
}
