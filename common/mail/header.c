/* Header fields by name: tables of those we know, and two ways to compare, strict and suspicious. */
#include "mail/header.h"

static const struct {
    const char *name;
    enum header_kind kind;
} known_headers[] =
    {
        {"X-Postgate-Trace", HEADER_POSTGATE_TRACE},
        {"X-Postgate-Release", HEADER_POSTGATE_RELEASE},
        {"Authentication-Results", HEADER_AUTHRES},
        {"Received", HEADER_RECEIVED},
        {"Message-ID", HEADER_MESSAGE_ID},
        {"From", HEADER_FROM},
        {"Reply-To", HEADER_REPLY_TO},
        {"Subject", HEADER_SUBJECT},
        {"ARC-Authentication-Results", HEADER_ARC_AUTHRES},
},
  known_prefixes[] = {
      {"X-Postgate-", HEADER_POSTGATE},
      {"X-MS-Exchange-Organization-", HEADER_EXCHANGE},
};

static bool is_name_byte(char c)
{
    return c > 0x20 && c < 0x7f && c != ':';
}

bool header_name_is_valid(struct span name)
{
    if (name.len == 0 || name.len > HEADER_NAME_MAX)
        return false;
    for (size_t i = 0; i < name.len; i++)
        if (!is_name_byte(name.ptr[i]))
            return false;
    return true;
}

struct span header_name_trim(struct span name)
{
    while (name.len > 0 && (name.ptr[name.len - 1] == ' ' || name.ptr[name.len - 1] == '\t'))
        name.len--;
    return name;
}

bool header_name_is(struct span name, struct span wanted)
{
    return span_iequal(header_name_trim(name), wanted);
}

enum header_kind header_kind_exact(struct span name)
{
    name = header_name_trim(name);
    for (size_t i = 0; i < sizeof(known_headers) / sizeof(known_headers[0]); i++)
        if (span_iequal(name, span_of(known_headers[i].name)))
            return known_headers[i].kind;
    for (size_t i = 0; i < sizeof(known_prefixes) / sizeof(known_prefixes[0]); i++)
        if (span_istarts(name, span_of(known_prefixes[i].name)))
            return known_prefixes[i].kind;
    return HEADER_OTHER;
}

enum header_kind header_kind_of(struct span name)
{
    char kept[HEADER_NAME_MAX];
    size_t len = 0;

    for (size_t i = 0; i < name.len && len < sizeof(kept); i++)
        if (is_name_byte(name.ptr[i]))
            kept[len++] = name.ptr[i];
    return header_kind_exact(span_from(kept, len));
}

void header_unfold(struct str *out, struct span value)
{
    value = span_trim(value);
    if (value.len > HEADER_VALUE_MAX)
        value.len = HEADER_VALUE_MAX;
    while (value.len > 0) {
        size_t run = 0;

        while (run < value.len && value.ptr[run] != '\r' && value.ptr[run] != '\n')
            run++;
        str_add(out, span_from(value.ptr, run));
        run += run < value.len;
        value = span_skip(value, run);
    }
}
