/* servers.c - the name servers in use, asked whether they are there. The question is the root's SOA, with its signature: every resolver has
 * it, and the answer shows whether signatures come through. */
#include "dns/servers.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <unistd.h>
#include "base/file.h"
#include "base/hash.h"
#include "dns/packet.h"

#define SYSTEM_MAX  3 /* as the C library, resolv.conf(5) */
#define SYSTEM_PORT 53
#define FILE_MAX    65536
#define MISSED_MAX  3
#define REPLY_MAX   4096
#define REPLIES_MAX                                                                            \
    16 /* read at once: whoever floods the port does not keep us from the rest */

/* Header: recursion desired, one question, one additional record; `. SOA IN`; EDNS with 1,232 bytes and DO (RFC 6891, 3225). */
static const uint8_t question[] = {0, 0, 1, 0, 0, 1,  0, 0,    0, 0, 0,    1, 0, 0,
                                   6, 0, 1, 0, 0, 41, 4, 0xd0, 0, 0, 0x80, 0, 0, 0};

static void server_address(struct server *server, const struct ip *ip, uint16_t port)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)&server->address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&server->address;

    if (ip_is_v4(ip)) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        memcpy(&v4->sin_addr, ip->byte + 12, 4);
        server->address_len = sizeof *v4;
    } else {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(port);
        memcpy(&v6->sin6_addr, ip->byte, 16);
        server->address_len = sizeof *v6;
    }
}

static void servers_add(struct servers *servers, const struct ip *ip, uint16_t port)
{
    struct server *server = &servers->all[servers->count++];
    char text[IP_TEXT_SIZE];

    *server = (struct server){.fd = -1};
    snprintf(server->text, sizeof server->text, "%s@%u", ip_text(ip, text), port);
    server_address(server, ip, port);
}

/* ADDRESS or ADDRESS@PORT, as the settings' check has let it through. */
static int servers_add_text(struct servers *servers, struct span text, struct err *err)
{
    struct span address = text, rest = text;
    uint64_t port = 53;
    struct ip ip;

    span_cut(&rest, '@', &address);
    if (!ip_parse(address, &ip) || (rest.ptr != NULL && !span_to_u64(rest, 65535, &port)))
        return err_set(err, "resolver: `%.*s` is not ADDRESS@PORT", SPAN_ARG(text));
    if (servers->count == SERVERS_MAX)
        return err_set(err, "resolver: more than %d servers", SERVERS_MAX);
    servers_add(servers, &ip, (uint16_t)port);
    return 0;
}

int servers_parse(struct servers *servers, struct span text, struct err *err)
{
    struct span part;

    servers->count = 0;
    while (span_cut(&text, ',', &part)) {
        part = span_trim(part);
        if (part.len > 0 && servers_add_text(servers, part, err) != 0)
            return -1;
    }
    return 0;
}

/* The address of a nameserver line; the empty span of any other. */
static struct span system_address(struct span line)
{
    const struct span keyword = SPAN("nameserver");
    struct span rest = span_trim(line);
    size_t len = 0;

    if (!span_starts(rest, keyword))
        return span_of("");
    rest = span_from(rest.ptr + keyword.len, rest.len - keyword.len);
    if (rest.len == 0 || (rest.ptr[0] != ' ' && rest.ptr[0] != '\t'))
        return span_of("");
    rest = span_trim(rest);
    while (len < rest.len && rest.ptr[len] != ' ' && rest.ptr[len] != '\t')
        len++;
    return span_from(rest.ptr, len);
}

void servers_parse_system(struct servers *servers, struct span text)
{
    struct span line;
    struct ip ip;

    servers->count = 0;
    while (servers->count < SYSTEM_MAX && span_cut(&text, '\n', &line))
        if (ip_parse(system_address(line), &ip))
            servers_add(servers, &ip, SYSTEM_PORT);
}

int servers_load(struct servers *servers, const char *setting, const char *file,
                 struct err *err)
{
    struct str text = STR_EMPTY;

    if (setting[0] != '\0')
        return servers_parse(servers, span_of(setting), err);
    servers->count = 0;
    if (file_read(file, FILE_MAX, &text, err) != 0)
        return -1;
    servers_parse_system(servers, str_span(&text));
    str_clear(&text);
    return servers->count > 0 ? 0 : err_set(err, "%s names no name server", file);
}

void servers_text(const struct servers *servers, struct str *out)
{
    for (size_t i = 0; i < servers->count; i++)
        str_printf(out, "%s%s", i > 0 ? ", " : "", servers->all[i].text);
}

/* Only what the server itself sends arrives: the socket is connected. */
static int server_connect(const struct server *server)
{
    int fd = socket(server->address.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd >= 0 &&
        connect(fd, (const struct sockaddr *)&server->address, server->address_len) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static void server_take(struct server *server, struct span reply)
{
    const uint8_t *head = (const uint8_t *)reply.ptr;

    if (reply.len < sizeof question / 2 || !server->is_asked ||
        (head[0] << 8 | head[1]) != server->id || !(head[2] & 0x80))
        return;
    server->is_asked = false;
    server->missed = 0;
    server->is_known = true;
    server->passes_dnssec = packet_is_signed(reply);
    server->servers->heard(server->servers->ctx);
}

static void on_reply(int fd, short what, void *ctx)
{
    struct server *server = ctx;
    char reply[REPLY_MAX];

    (void)what;
    for (int i = 0; i < REPLIES_MAX; i++) {
        ssize_t len = recv(fd, reply, sizeof reply, MSG_DONTWAIT);

        if (len < 0 && errno != ECONNREFUSED) /* what an earlier question met */
            return;
        if (len > 0)
            server_take(server, span_from(reply, (size_t)len));
    }
}

static void server_open(struct servers *servers, struct server *server)
{
    server->servers = servers;
    server->fd = server_connect(server);
    if (server->fd < 0)
        return;
    server->event =
        event_new(servers->base, server->fd, EV_READ | EV_PERSIST, on_reply, server);
    event_add(server->event, NULL);
}

void servers_open(struct servers *servers, struct event_base *base)
{
    servers->base = base;
    for (size_t i = 0; i < servers->count; i++)
        server_open(servers, &servers->all[i]);
}

static void server_close(struct server *server)
{
    if (server->event != NULL)
        event_free(server->event);
    if (server->fd >= 0)
        close(server->fd);
    server->event = NULL;
    server->fd = -1;
}

void servers_close(struct servers *servers)
{
    for (size_t i = 0; i < servers->count; i++)
        server_close(&servers->all[i]);
}

/* A socket that could not be had (no route yet) is tried again. */
static void server_ask(struct server *server)
{
    uint8_t packet[sizeof question];

    if (server->is_asked && server->missed < MISSED_MAX)
        server->missed++;
    server->is_asked = true;
    if (server->fd < 0)
        server_open(server->servers, server);
    if (server->fd < 0)
        return;
    hash_random(&server->id, sizeof server->id);
    memcpy(packet, question, sizeof packet);
    packet[0] = (uint8_t)(server->id >> 8);
    packet[1] = (uint8_t)(server->id & 0xff);
    (void)!send(server->fd, packet, sizeof packet, MSG_DONTWAIT); /* then it has missed it */
}

void servers_ask(struct servers *servers)
{
    for (size_t i = 0; i < servers->count; i++)
        server_ask(&servers->all[i]);
}

bool servers_is_away(const struct servers *servers, const struct server *server)
{
    if (server->missed < MISSED_MAX)
        return false;
    for (size_t i = 0; i < servers->count; i++)
        if (servers->all[i].is_known && servers->all[i].missed < MISSED_MAX)
            return true;
    return false;
}

bool servers_are_known(const struct servers *servers)
{
    for (size_t i = 0; i < servers->count; i++)
        if (servers->all[i].is_known)
            return true;
    return false;
}

bool servers_pass_dnssec(const struct servers *servers)
{
    for (size_t i = 0; i < servers->count; i++)
        if (servers->all[i].is_known && !servers->all[i].passes_dnssec)
            return false;
    return servers_are_known(servers);
}

static bool servers_are_same(const struct servers *a, const struct servers *b)
{
    bool are_same = a->count == b->count;

    for (size_t i = 0; are_same && i < a->count; i++)
        are_same = strcmp(a->all[i].text, b->all[i].text) == 0;
    return are_same;
}

bool servers_reload(struct servers *servers, const char *setting, const char *file)
{
    struct servers fresh = {.heard = servers->heard, .ctx = servers->ctx};
    struct event_base *base = servers->base;
    struct err unused;

    if (servers_load(&fresh, setting, file, &unused) != 0 || servers_are_same(servers, &fresh))
        return false;
    servers_close(servers);
    *servers = fresh;
    servers_open(servers, base);
    return true;
}
