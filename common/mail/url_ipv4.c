/* IPv4 addresses as links may write them (WHATWG URL Standard, section 3.5): one to four numbers, decimal, octal or hexadecimal. */
#include "mail/url_host.h"

#define PARTS_MAX    4
#define NUMBER_LARGE (UINT64_C(1) << 32) /* no address; larger ones are no different */

/* "0x" alone is 0. */
static bool read_number(struct span text, uint64_t *value_r)
{
    int base = 10;

    *value_r = 0;
    if (text.len == 0)
        return false;
    if (span_istarts(text, SPAN("0x"))) {
        base = 16;
        text = span_skip(text, 2);
    } else if (text.len > 1 && text.ptr[0] == '0') {
        base = 8;
    }
    for (size_t i = 0; i < text.len; i++) {
        int digit = hex_value(text.ptr[i]);

        if (digit < 0 || digit >= base)
            return false;
        *value_r = *value_r * (uint64_t)base + (uint64_t)digit;
        if (*value_r > NUMBER_LARGE)
            *value_r = NUMBER_LARGE;
    }
    return true;
}

static struct span without_dot(struct span host)
{
    if (span_ends(host, SPAN(".")))
        host.len--;
    return host;
}

static bool is_decimal(struct span text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
    return text.len > 0;
}

bool url_ends_in_number(struct span host)
{
    struct span last = without_dot(host);
    uint64_t value;

    for (size_t at = last.len; at > 0; at--)
        if (last.ptr[at - 1] == '.') {
            last = span_skip(last, at);
            break;
        }
    return is_decimal(last) || (span_istarts(last, SPAN("0x")) && read_number(last, &value));
}

bool url_ipv4_read(struct span host, struct ip *ip_r)
{
    struct span rest = without_dot(host), part;
    uint64_t value[PARTS_MAX], whole = 0;
    size_t count = 0;

    while (span_cut(&rest, '.', &part))
        if (count == PARTS_MAX || !read_number(part, &value[count++]))
            return false;
    /* The last number fills all bytes that are left. */
    if (count == 0 || value[count - 1] >= UINT64_C(1) << 8 * (PARTS_MAX + 1 - count))
        return false;
    for (size_t i = 0; i + 1 < count; i++) {
        if (value[i] > 255)
            return false;
        whole |= value[i] << 8 * (PARTS_MAX - 1 - i);
    }
    whole |= value[count - 1];
    *ip_r = (struct ip){.byte = {[10] = 0xff, [11] = 0xff}};
    for (size_t i = 0; i < PARTS_MAX; i++)
        ip_r->byte[12 + i] = (uint8_t)(whole >> 8 * (PARTS_MAX - 1 - i));
    return true;
}
