/* dns_answer.c - names and types of DNS as data. */
#include "mail/dns_answer.h"
#include "base/names.h"

#define LABEL_MAX 63

static const struct name_value type_names[] = {
    {"A", DNS_A},     {"PTR", DNS_PTR},   {"MX", DNS_MX},
    {"TXT", DNS_TXT}, {"AAAA", DNS_AAAA}, {NULL, 0},
};

static bool is_label(struct span label)
{
    for (size_t i = 0; i < label.len; i++)
        if ((unsigned char)label.ptr[i] <= ' ' || label.ptr[i] == 0x7f)
            return false;
    return label.len > 0 && label.len <= LABEL_MAX;
}

bool dns_name_is_valid(struct span name)
{
    struct span label;

    if (name.len == 0 || name.len > DNS_NAME_MAX)
        return false;
    while (span_cut(&name, '.', &label))
        if (!is_label(label))
            return false;
    return true;
}

const char *dns_type_text(enum dns_type type)
{
    const char *text = names_name(type_names, (int)type);

    return text != NULL ? text : "?";
}
