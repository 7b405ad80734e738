/* signature_text.c - prints a signature; every byte of it is a sender's. */
#include "checks/signature_text.h"
#include "facts/fact_words.h"

#define PASS 2 /* dkim_names */

/* What may stand in a value without quotes (RFC 2045 token, and what base64 and domains are made of). */
static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("-._+/=@", c) != NULL);
}

static void add_property(struct str *out, const char *name, struct span value)
{
    if (value.len == 0)
        return;
    str_printf(out, " %s=", name);
    for (size_t i = 0; i < value.len; i++)
        str_addc(out, is_plain(value.ptr[i]) ? value.ptr[i] : '_');
}

static void add_reason(struct str *out, struct span reason)
{
    if (reason.len == 0)
        return;
    str_adds(out, " reason=\"");
    for (size_t i = 0; i < reason.len; i++) {
        char c = reason.ptr[i];
        str_addc(out, c < ' ' || c > '~' || c == '"' || c == '\\' ? '?' : c);
    }
    str_addc(out, '"');
}

void signature_text(struct str *out, const struct sender_signature *signature)
{
    const char *word = names_name(dkim_names, signature->result);

    str_adds(out, word != NULL ? word : "temperror");
    add_property(out, "header.d", signature->domain);
    add_property(out, "header.s", signature->selector);
    add_property(out, "header.a", signature->algorithm);
    add_property(out, "header.b", signature->begin);
    if (signature->result != PASS)
        add_reason(out, signature->reason);
}
