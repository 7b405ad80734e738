/* list_item.c - the one form in which an item of a list is kept and compared, and which items are dangerous. */
#include "mail/address.h"
#include "rules/list_image.h"

/* An item wider than this needs --force: it decides for a continent, mostly by a slip of the finger. */
#define WIDEST_IPV4 8
#define WIDEST_IPV6 19
#define V4_BITS     96

static int canonical_ip(struct span item, struct str *out, struct err *err)
{
    char buf[IP_TEXT_SIZE];
    struct ipnet net;

    if (ipnet_parse(item, &net, err) < 0)
        return -1;
    str_adds(out, ipnet_text(&net, buf));
    return 0;
}

/* "." alone is everything; ".x" everything below x. */
static int canonical_domain(struct span item, struct str *out, struct err *err)
{
    char normal[DOMAIN_SIZE];
    bool is_below = item.ptr[0] == '.';
    struct span name = is_below ? span_skip(item, 1) : item;

    if (is_below && name.len == 0) {
        str_addc(out, '.');
        return 0;
    }
    if (!domain_normalize(name, normal))
        return err_set(err,
                       "\"%.*s\" is no domain; write example.com for the domain itself, "
                       ".example.com for everything below it",
                       SPAN_ARG(item));
    if (is_below)
        str_addc(out, '.');
    str_adds(out, normal);
    return 0;
}

static int canonical_address(struct span item, struct str *out, struct err *err)
{
    char normal[DOMAIN_SIZE];
    struct address address;
    struct err ignored;

    if (item.ptr[0] == '@') {
        if (domain_normalize(span_skip(item, 1), normal)) {
            str_printf(out, "@%s", normal);
            return 0;
        }
    } else if (address_parse(item, &address, &ignored) == 1 && address.has_domain) {
        str_add(out, address_text(&address));
        return 0;
    }
    return err_set(err,
                   "\"%.*s\" is no address; write user@example.com, or @example.com for "
                   "everybody there",
                   SPAN_ARG(item));
}

static int canonical_string(struct span item, struct str *out, struct err *err)
{
    (void)err;
    for (size_t i = 0; i < item.len; i++) {
        char c = item.ptr[i];
        str_addc(out, c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c);
    }
    return 0;
}

static int canonical_pattern(struct span item, struct str *out, struct err *err)
{
    (void)err;
    str_add(out, item);
    return 0;
}

static int (*const canonical_forms[])(struct span, struct str *, struct err *) = {
    [LIST_IP] = canonical_ip,           [LIST_DOMAIN] = canonical_domain,
    [LIST_ADDRESS] = canonical_address, [LIST_STRING] = canonical_string,
    [LIST_PATTERN] = canonical_pattern,
};

static bool has_control(struct span item)
{
    for (size_t i = 0; i < item.len; i++)
        if ((unsigned char)item.ptr[i] < 0x20 || item.ptr[i] == 0x7f)
            return true;
    return false;
}

int list_item_canonical(enum list_type type, struct span item, struct str *out, struct err *err)
{
    size_t before = out->len;

    item = span_trim(item);
    if (item.len == 0)
        return err_set(err, "an item is empty; remove it or write what it should be");
    if (has_control(item))
        return err_set(err, "an item holds a control character; write one item a line");
    if (item.len > LIST_MAX_ITEM)
        return err_set(err, "an item is %zu bytes long; at most %d are possible", item.len,
                       LIST_MAX_ITEM);
    if (canonical_forms[type](item, out, err) < 0) {
        str_truncate(out, before);
        return -1;
    }
    return 0;
}

static bool is_dangerous_net(struct span canonical)
{
    static const struct ip first_v4 = {{[10] = 0xff, [11] = 0xff}};
    struct ipnet net;

    if (ipnet_parse(canonical, &net, NULL) < 0)
        return false;
    if (ipnet_holds(&net, &first_v4) && net.prefix < V4_BITS + WIDEST_IPV4)
        return true; /* also an IPv6 network around all of IPv4 */
    return net.prefix < (ip_is_v4(&net.ip) ? V4_BITS + WIDEST_IPV4 : WIDEST_IPV6);
}

bool list_item_is_dangerous(enum list_type type, struct span canonical)
{
    if (type == LIST_IP)
        return is_dangerous_net(canonical);
    return type == LIST_DOMAIN && span_is(canonical, ".");
}
