/* Domain names: one spelling for each, through libidn2 where there is more than ASCII. */
#include "mail/domain.h"

#include <idn2.h>

#define LABEL_MAX  63
#define DOMAIN_MAX 253
/* Longest spelling looked at: a U-label may be longer in UTF-8 than its A-label. */
#define SPELLING_MAX 1024

static bool is_ascii(struct span text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] >= 0x80)
            return false;
    return true;
}

/* The byte as it stands in a normalised domain; 0 when it may not stand there. '_' occurs in names that hosts use. */
static char label_byte(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (char)(c + ('a' - 'A'));
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ? c : '\0';
}

static bool copy_ascii(struct span text, char out_r[DOMAIN_SIZE])
{
    size_t label = 0;
    size_t len = 0;

    if (span_ends(text, SPAN(".")))
        text.len--;
    if (text.len == 0 || text.len > DOMAIN_MAX)
        return false;
    for (; len < text.len; len++) {
        char c = text.ptr[len];

        label = c == '.' ? 0 : label + 1;
        if (label > LABEL_MAX || (c == '.' && (len == 0 || text.ptr[len - 1] == '.')))
            return false;
        out_r[len] = c == '.' ? c : label_byte(c);
        if (out_r[len] == '\0')
            return false;
    }
    out_r[len] = '\0';
    return label > 0;
}

static bool copy_idn(struct span text, char out_r[DOMAIN_SIZE])
{
    char spelling[SPELLING_MAX + 1];
    uint8_t *found = NULL;
    bool is_fine;

    if (text.len > SPELLING_MAX || memchr(text.ptr, '\0', text.len) != NULL)
        return false;
    memcpy(spelling, text.ptr, text.len);
    spelling[text.len] = '\0';
    if (idn2_lookup_u8((const uint8_t *)spelling, &found,
                       IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) != IDN2_OK)
        return false;
    is_fine = copy_ascii(span_of((const char *)found), out_r);
    idn2_free(found);
    return is_fine;
}

bool domain_normalize(struct span text, char out_r[DOMAIN_SIZE])
{
    if (is_ascii(text) ? copy_ascii(text, out_r) : copy_idn(text, out_r))
        return true;
    out_r[0] = '\0';
    return false;
}

bool domain_unicode(const char *domain, struct str *out)
{
    char again[DOMAIN_SIZE];
    char *text = NULL;
    bool is_other;

    if (idn2_to_unicode_8z8z(domain, &text, IDN2_NONTRANSITIONAL) != IDN2_OK)
        return false;
    is_other = strcmp(text, domain) != 0 && domain_normalize(span_of(text), again) &&
               strcmp(again, domain) == 0;
    if (is_other)
        str_adds(out, text);
    idn2_free(text);
    return is_other;
}

bool domain_is_within(struct span domain, struct span parent)
{
    if (!span_ends(domain, parent) || parent.len == 0)
        return false;
    return domain.len == parent.len || domain.ptr[domain.len - parent.len - 1] == '.';
}
