/* from_guess.c - the lenient walk: runs of bytes with an @ in them, wherever they stand. Each byte is looked at a few times, no more. */
#include "mail/from_field.h"

#define SEPARATORS " \t,;:<>()\"\\"

/* What is left of the run that the rest begins in; its end is looked for once. */
static size_t run_length(struct from_guess *guess)
{
    struct span rest = guess->rest;
    size_t len = 0;

    if (guess->run_end != NULL && guess->run_end > rest.ptr)
        return (size_t)(guess->run_end - rest.ptr);
    while (len < rest.len && rest.ptr[len] != '\0' && strchr(SEPARATORS, rest.ptr[len]) == NULL)
        len++;
    guess->run_end = rest.ptr + len;
    return len;
}

static void skip(struct span *rest, size_t count)
{
    *rest = span_skip(*rest, count);
}

/* The length of a quoted-string or comment that ends; else 0, so that what follows is read on. Comments are not nested here. */
static size_t enclosed_length(struct from_guess *guess)
{
    bool is_comment = guess->rest.ptr[0] == '(';
    char close = is_comment ? ')' : '"';

    for (size_t i = 1; !guess->has_no_close[is_comment] && i < guess->rest.len; i++) {
        if (guess->rest.ptr[i] == '\\')
            i++;
        else if (guess->rest.ptr[i] == close)
            return i + 1;
    }
    guess->has_no_close[is_comment] = true;
    return 0;
}

/* Is "<" the next sign that divides: is this the end of a display name? */
static bool is_display(struct from_guess *guess, struct span behind)
{
    const char *end = behind.ptr + behind.len;

    if (guess->divider == NULL || guess->divider < behind.ptr)
        guess->divider = behind.ptr;
    while (guess->divider < end &&
           (*guess->divider == '\0' || strchr("<,;>", *guess->divider) == NULL))
        guess->divider++;
    return !guess->is_in_brackets && guess->divider < end && *guess->divider == '<';
}

static size_t up_to_at(struct span rest, size_t len)
{
    const char *at = len > 0 ? memchr(rest.ptr, '@', len) : NULL;

    return at != NULL ? (size_t)(at - rest.ptr) : len;
}

/* At an "@" behind a local part of that length. The rest begins with the domain, which may be the local part of a further address. */
static bool take_address(struct from_guess *guess, size_t local_len, struct span *address_r)
{
    struct span local = span_from(guess->rest.ptr, local_len), behind;
    size_t run, domain_len;

    skip(&guess->rest, local_len + 1);
    run = run_length(guess);
    behind = guess->rest;
    skip(&behind, run);
    domain_len = up_to_at(guess->rest, run);
    while (domain_len > 0 && guess->rest.ptr[domain_len - 1] == '.')
        domain_len--;
    *address_r = span_from(local.ptr, local_len + 1 + domain_len);
    return local_len > 0 && domain_len > 0 && !is_display(guess, behind);
}

/* How much is before the next "@", or to be passed over when is_at_r says that there is none. */
static size_t word_length(struct from_guess *guess, bool *is_at_r)
{
    char c = guess->rest.ptr[0];
    size_t len = c == '"' || c == '(' ? enclosed_length(guess) : run_length(guess);

    if (c == '<' || c == '>')
        guess->is_in_brackets = c == '<';
    if (c != '"' && c != '(')
        len = up_to_at(guess->rest, len);
    *is_at_r = c != '(' && len < guess->rest.len && guess->rest.ptr[len] == '@';
    return len;
}

bool from_field_guess(struct from_guess *guess, struct span *address_r)
{
    while (guess->rest.len > 0) {
        bool is_at;
        size_t len = word_length(guess, &is_at);
        if (is_at && take_address(guess, len, address_r))
            return true;
        if (!is_at)
            skip(&guess->rest, len > 0 ? len : 1);
    }
    return false;
}
