/* sender_result.c - what may stand where in a worker's result. */
#include "inspect/sender_result.h"

static bool is_small(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

bool sender_is_token(struct span text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!is_small(text.ptr[i]))
            return false;
    return true;
}

bool sender_is_domain(struct span text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!is_small(text.ptr[i]) && text.ptr[i] != '_' && text.ptr[i] != '.')
            return false;
    return dns_name_is_valid(text);
}

bool sender_is_printable(struct span text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] < ' ' || text.ptr[i] > '~')
            return false;
    return true;
}

bool sender_is_base64(struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!is_small(c) && !(c >= 'A' && c <= 'Z') && c != '+' && c != '/' && c != '=')
            return false;
        if (c == '-')
            return false;
    }
    return true;
}

bool sender_is_word(const struct name_value *table, int value, const char *word)
{
    const char *name = names_name(table, value);

    return name != NULL && strcmp(name, word) == 0;
}

bool sender_is_lack(const struct sender_lack *lack)
{
    if (dns_type_text(lack->type)[0] == '?')
        return false;
    for (size_t i = 0; i < lack->name.len; i++)
        if (lack->name.ptr[i] >= 'A' && lack->name.ptr[i] <= 'Z')
            return false;
    return dns_name_is_valid(lack->name);
}
