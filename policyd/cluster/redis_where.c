/* redis_where.c - where Redis is, or who knows it. */
#include <stdio.h>
#include "policyd/cluster/redis_where.h"

static int parse_sentinel(struct redis_where *where, struct span text, struct err *err)
{
    char socket[300];

    text = span_trim(text);
    if (where->count == REDIS_WHERE_MAX)
        return err_set(err, "at most %d sentinels can be named", REDIS_WHERE_MAX);
    if (text.len > sizeof socket - 6)
        return err_set(err, "`%.*s` is too long for HOST:PORT", SPAN_ARG(text));
    snprintf(socket, sizeof socket, "inet:%.*s", SPAN_ARG(text));
    return socket_address_parse(span_of(socket), &where->each[where->count++], err);
}

static int parse_sentinels(struct redis_where *where, struct span text, struct err *err)
{
    struct span hosts = text, name, host;

    span_cut(&hosts, '@', &name);
    if (hosts.ptr == NULL || name.len == 0 || name.len >= sizeof where->name)
        return err_set(err, "`%.*s` is not NAME@HOST:PORT,...", SPAN_ARG(text));
    memcpy(where->name, name.ptr, name.len);
    while (span_cut(&hosts, ',', &host)) {
        if (parse_sentinel(where, host, err) != 0)
            return -1;
    }
    return 0;
}

int redis_where_parse(const char *text, struct redis_where *where_r, struct err *err)
{
    struct span rest = span_of(text);

    *where_r = (struct redis_where){.kind = REDIS_WHERE_INET};
    if (span_starts(rest, SPAN("sentinel:"))) {
        where_r->kind = REDIS_WHERE_SENTINEL;
        return parse_sentinels(where_r, span_skip(rest, 9), err);
    }
    where_r->count = 1;
    if (socket_address_parse(rest, &where_r->each[0], err) != 0)
        return -1;
    if (where_r->each[0].is_unix)
        where_r->kind = REDIS_WHERE_UNIX;
    return 0;
}

void redis_where_text(const struct socket_address *address, struct str *out)
{
    if (address->is_unix)
        str_printf(out, "unix:%s", address->path);
    else
        str_printf(out, strchr(address->host, ':') != NULL ? "inet:[%s]:%u" : "inet:%s:%u",
                   address->host, (unsigned)address->port);
}
