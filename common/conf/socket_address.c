/* socket_address: a socket as Postfix writes it, unix:/path or inet:host:port. */
#include "conf/settings.h"

#define UNIX_PATH_MAX_BYTES (sizeof(((struct socket_address *)0)->path) - 1)

static int parse_unix(struct span path, struct socket_address *address, struct err *err)
{
    if (path.len == 0 || path.ptr[0] != '/')
        return err_set(err, "`unix:%.*s` has no absolute path; write unix:/PATH",
                       SPAN_ARG(path));
    if (path.len > UNIX_PATH_MAX_BYTES)
        return err_set(err,
                       "a socket path may have %zu bytes, this one has %zu; use a shorter one",
                       UNIX_PATH_MAX_BYTES, path.len);
    address->is_unix = true;
    memcpy(address->path, path.ptr, path.len);
    return 0;
}

/* Splits HOST:PORT or [HOST]:PORT. */
static bool split_host(struct span text, struct span *host_r, struct span *port_r)
{
    size_t colon = text.len;

    while (colon > 0 && text.ptr[colon - 1] != ':')
        colon--;
    if (colon == 0)
        return false;
    *port_r = span_skip(text, colon);
    *host_r = span_from(text.ptr, colon - 1);
    if (host_r->len >= 2 && host_r->ptr[0] == '[' && host_r->ptr[host_r->len - 1] == ']') {
        *host_r = span_from(host_r->ptr + 1, host_r->len - 2);
        return true;
    }
    return memchr(host_r->ptr, ':', host_r->len) == NULL;
}

static bool is_host_byte(unsigned char c)
{
    return c > ' ' && c < 0x7f && strchr("[]@,/\"'", c) == NULL;
}

/* The three ways people get HOST:PORT wrong. */
static int not_host_port(struct span text, struct err *err)
{
    struct span port, host = text;

    if (span_cut(&host, '@', &port) && host.len > 0)
        return err_set(err, "`inet:%.*s` is how libmilter writes it; write inet:%.*s:%.*s",
                       SPAN_ARG(text), SPAN_ARG(host), SPAN_ARG(port));
    if (memchr(text.ptr, ':', text.len))
        return err_set(err,
                       "`inet:%.*s` is not HOST:PORT; an IPv6 address goes in brackets, as in "
                       "inet:[::1]:10025",
                       SPAN_ARG(text));
    return err_set(err, "`inet:%.*s` has no port; write inet:HOST:PORT", SPAN_ARG(text));
}

static bool is_host(struct span host)
{
    for (size_t i = 0; i < host.len; i++)
        if (!is_host_byte((unsigned char)host.ptr[i]))
            return false;
    return host.len > 0 && host.len < sizeof(((struct socket_address *)0)->host);
}

static int parse_inet(struct span text, struct socket_address *address, struct err *err)
{
    struct span host, port;
    uint64_t number;

    if (!split_host(text, &host, &port))
        return not_host_port(text, err);
    if (!is_host(host))
        return err_set(err, "`inet:%.*s` names no host; write inet:127.0.0.1:PORT",
                       SPAN_ARG(text));
    if (!span_to_u64(port, 65535, &number) || number == 0)
        return err_set(err, "`%.*s` is not a port; write a number from 1 to 65535",
                       SPAN_ARG(port));
    memcpy(address->host, host.ptr, host.len);
    address->host[host.len] = '\0';
    address->port = (uint16_t)number;
    return 0;
}

int socket_address_parse(struct span text, struct socket_address *address_r, struct err *err)
{
    *address_r = (struct socket_address){0};
    if (text.len > 4096)
        return err_set(err, "a socket address has at most 4096 bytes");
    if (span_starts(text, SPAN("unix:")))
        return parse_unix(span_skip(text, 5), address_r, err);
    if (span_starts(text, SPAN("inet:")))
        return parse_inet(span_skip(text, 5), address_r, err);
    if (text.len > 0 && text.ptr[0] == '/')
        return err_set(err, "`%.*s` is not a socket; write unix:%.*s", SPAN_ARG(text),
                       SPAN_ARG(text));
    return err_set(err, "`%.*s` is not a socket; write unix:/PATH or inet:HOST:PORT",
                   SPAN_ARG(text));
}
