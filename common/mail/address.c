/* SMTP paths: from any spelling to local@domain, and whether the local part would route it elsewhere. */
#include "mail/address.h"

static bool is_control(char c)
{
    return (unsigned char)c < 0x20 || c == 0x7f;
}

static bool has_control(struct span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (is_control(s.ptr[i]))
            return true;
    return false;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* Where the last @ stands; s.len when there is none. */
static size_t last_at(struct span s)
{
    const char *at = s.len > 0 ? memrchr(s.ptr, '@', s.len) : NULL;

    return at != NULL ? (size_t)(at - s.ptr) : s.len;
}

/* "@a,@b:user@c" (RFC 5321 appendix C): takes the route off. */
static bool cut_route(struct span *path)
{
    const char *colon;

    if (path->len == 0 || path->ptr[0] != '@')
        return false;
    colon = memchr(path->ptr, ':', path->len);
    if (colon != NULL)
        *path = span_from(colon + 1, path->len - (size_t)(colon + 1 - path->ptr));
    return true;
}

/* The end of a quoted-string that begins at `from`; 0 when it is not closed. */
static size_t quoted_end(struct span s, size_t from)
{
    for (size_t i = from + 1; i < s.len; i++) {
        if (s.ptr[i] == '\\')
            i++;
        else if (s.ptr[i] == '"')
            return i;
    }
    return 0;
}

/* Copies the local part without its quoting; a quote that is never closed stands for itself. False when too long. */
static bool copy_local(struct span local, struct address *address)
{
    size_t quote = 0; /* end of the quoted-string we are in */

    for (size_t i = 0; i < local.len; i++) {
        char c = local.ptr[i];

        if (quote != 0 && i == quote) {
            quote = 0;
            continue;
        }
        if (c == '"' && quote == 0) {
            quote = quoted_end(local, i);
            if (quote != 0)
                continue;
        }
        if (c == '\\' && i + 1 < local.len)
            c = local.ptr[++i];
        if (address->len == ADDRESS_LOCAL_MAX)
            return false;
        address->text[address->len++] = lower(c);
    }
    address->local_len = address->len;
    return true;
}

/* RFC 5321 section 4.1.3: kept as it is, lower case. */
static bool copy_literal(struct span domain, char out_r[DOMAIN_SIZE])
{
    if (domain.len < 3 || domain.len > ADDRESS_DOMAIN_MAX || domain.ptr[0] != '[' ||
        domain.ptr[domain.len - 1] != ']')
        return false;
    for (size_t i = 0; i < domain.len; i++)
        out_r[i] = lower(domain.ptr[i]);
    out_r[domain.len] = '\0';
    return true;
}

static bool copy_domain(struct span domain, struct address *address)
{
    char found[DOMAIN_SIZE];
    size_t len;

    if (!domain_normalize(domain, found) && !copy_literal(domain, found))
        return false;
    len = strlen(found);
    address->text[address->len] = '@';
    memcpy(address->text + address->len + 1, found, len + 1);
    address->len += 1 + len;
    address->has_domain = true;
    return true;
}

static bool is_routing(struct span local)
{
    for (size_t i = 0; i < local.len; i++)
        if (memchr("@%!", local.ptr[i], 3) != NULL)
            return true;
    return false;
}

static int parse_mailbox(struct span path, struct address *address, struct err *err)
{
    size_t at;

    address->is_routed = cut_route(&path);
    at = last_at(path);
    if (!copy_local(span_from(path.ptr, at), address))
        return err_set(err, "the local part is longer than %d bytes", ADDRESS_LOCAL_MAX);
    address->text[address->len] = '\0';
    address->is_routed |= address->len == 0 || is_routing(address_local(address));
    if (at == path.len)
        return address->len > 0 ? 1 : err_set(err, "the address names nobody");
    if (!copy_domain(span_from(path.ptr + at + 1, path.len - at - 1), address))
        return err_set(err, "what follows the last @ is no domain");
    return 1;
}

int address_parse(struct span path, struct address *address_r, struct err *err)
{
    int result;

    address_r->len = address_r->local_len = 0;
    address_r->has_domain = address_r->is_routed = false;
    address_r->text[0] = '\0';
    path = span_trim(path);
    if (path.len >= 2 && path.ptr[0] == '<' && path.ptr[path.len - 1] == '>')
        path = span_trim(span_from(path.ptr + 1, path.len - 2));
    if (path.len == 0)
        return 0;
    if (path.len > ADDRESS_PATH_MAX)
        return err_set(err, "the address is longer than %d bytes", ADDRESS_PATH_MAX);
    if (has_control(path))
        return err_set(err, "the address holds a control character");
    result = parse_mailbox(path, address_r, err);
    if (result < 0) {
        address_r->len = address_r->local_len = 0;
        address_r->text[0] = '\0';
    }
    return result;
}

bool address_is_plain(struct span path)
{
    if (path.len >= 2 && path.ptr[0] == '<' && path.ptr[path.len - 1] == '>')
        path = span_from(path.ptr + 1, path.len - 2);
    for (size_t i = 0; i < path.len; i++) {
        size_t end = path.ptr[i] == '"' ? quoted_end(path, i) : 0;

        if (is_control(path.ptr[i]) || memchr(" ()<>,;:", path.ptr[i], 8) != NULL)
            return false;
        if (end != 0)
            i = end;
        else if (path.ptr[i] == '\\')
            i++;
    }
    return true;
}

struct span address_text(const struct address *address)
{
    return span_from(address->text, address->len);
}

struct span address_local(const struct address *address)
{
    return span_from(address->text, address->local_len);
}

struct span address_domain(const struct address *address)
{
    size_t skip = address->local_len + 1;

    if (!address->has_domain)
        return span_from("", 0);
    return span_from(address->text + skip, address->len - skip);
}
