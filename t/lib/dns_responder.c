/* dns_responder.c - a small name server in a thread. */
#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "t/lib/dns_responder.h"

#define PACKET   66000
#define HELD_MAX 3000
#define SEEN_MAX 20000

struct packet {
    uint8_t bytes[PACKET];
    size_t len;
};

/* A UDP question whose answer waits. */
struct held {
    struct sockaddr_in from;
    size_t len;
    uint8_t bytes[300];
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static pthread_t thread;
static int udp, tcp, wake;
static bool is_silent, is_ending, is_released;
static struct held held[HELD_MAX];
static size_t held_count, seen_count;
static char seen[SEEN_MAX][64];

static void add(struct packet *packet, const void *bytes, size_t len)
{
    if (packet->len + len > PACKET)
        abort();
    memcpy(packet->bytes + packet->len, bytes, len);
    packet->len += len;
}

static void add16(struct packet *packet, unsigned value)
{
    const uint8_t bytes[] = {(uint8_t)(value >> 8), (uint8_t)value};

    add(packet, bytes, 2);
}

/* A record of the name at offset `name`. */
static void add_record(struct packet *packet, unsigned name, unsigned type, unsigned ttl,
                       const void *data, size_t len)
{
    add16(packet, 0xc000 | name);
    add16(packet, type);
    add16(packet, 1);
    add16(packet, 0);
    add16(packet, ttl);
    add16(packet, (unsigned)len);
    add(packet, data, len);
    packet->bytes[7]++; /* answers: fewer than 256 this way */
}

static void add_text(struct packet *packet, size_t size, unsigned ttl)
{
    static uint8_t data[62000];
    size_t len = 0;

    while (size > 0) {
        size_t piece = size < 255 ? size : 255;

        data[len++] = (uint8_t)piece;
        memset(data + len, 'x', piece);
        len += piece;
        size -= piece;
    }
    add_record(packet, 12, 16, ttl, data, len);
}

static void add_found(struct packet *packet, unsigned type, unsigned ttl)
{
    static const uint8_t v6[16] = {[15] = 1}, v4[4] = {192, 0, 2, 1},
                         mx[] = "\0\12\2Mx\7example", ptr[] = "\3ptr\7example",
                         text[] = "\2te\2xt";

    if (type == 1)
        add_record(packet, 12, type, ttl, v4, 4);
    else if (type == 28)
        add_record(packet, 12, type, ttl, v6, 16);
    else if (type == 15)
        add_record(packet, 12, type, ttl, mx, sizeof mx);
    else if (type == 12)
        add_record(packet, 12, type, ttl, ptr, sizeof ptr);
    else if (type == 16)
        add_record(packet, 12, type, ttl, text, sizeof text - 1);
}

/* Each name an alias of one that was not asked yet. */
static void add_chain(struct packet *packet)
{
    static unsigned number;
    char target[24];
    int len = snprintf(target, sizeof target, "%cchain%04u%cexample", 9, ++number % 10000, 7);

    add_record(packet, 12, 5, 300, target, (size_t)len + 1);
}

static void add_many(struct packet *packet)
{
    for (unsigned i = 0; i < 1000; i++) {
        const uint8_t address[4] = {10, 0, (uint8_t)(i >> 8), (uint8_t)i};

        add_record(packet, 12, 1, 300, address, 4);
    }
    packet->bytes[6] = 1000 >> 8;
    packet->bytes[7] = 1000 & 0xff;
}

static void set_code(struct packet *packet, unsigned code)
{
    packet->bytes[3] = (uint8_t)((packet->bytes[3] & 0xf0) | code);
}

/* The negative answers' SOA, in the authority section. */
static void add_soa(struct packet *packet)
{
    static const uint8_t data[2 + 20] = {0, 0, [5] = 1, [21] = 60};

    add_record(packet, 12, 6, 60, data, sizeof data);
    packet->bytes[7]--;
    packet->bytes[9]++;
}

static void add_by_name(struct packet *packet, const char *label, unsigned type, bool is_tcp)
{
    static const uint8_t odd[] = "\377abc";
    bool is_large =
        strcmp(label, "big") == 0 || strcmp(label, "huge") == 0 || strcmp(label, "many") == 0;

    if (is_large && !is_tcp)
        packet->bytes[2] |= 2; /* truncated */
    else if (strcmp(label, "big") == 0)
        add_text(packet, 2500, 300);
    else if (strcmp(label, "huge") == 0)
        add_text(packet, 60000, 300);
    else if (strcmp(label, "many") == 0)
        add_many(packet);
    else if (strcmp(label, "chain") == 0)
        add_chain(packet);
    else if (strcmp(label, "loop") == 0)
        add_record(packet, 12, 5, 300, "\xc0\x0c", 2);
    else if (strcmp(label, "odd") == 0)
        add_record(packet, 12, 16, 300, odd, sizeof odd - 1);
    else if (strcmp(label, "brief") == 0)
        add_found(packet, type, 1);
    else if (strcmp(label, "found") == 0 || strcmp(label, "held") == 0 ||
             strcmp(label, "wrongid") == 0)
        add_found(packet, type, 300);
    else if (strcmp(label, "servfail") == 0)
        set_code(packet, 2);
    else if (strcmp(label, "refused") == 0)
        set_code(packet, 5);
    else if (strcmp(label, "nx") == 0)
        set_code(packet, 3);
}

static bool make_reply(const uint8_t *query, size_t len, struct packet *reply, bool is_tcp)
{
    char label[64] = "";
    size_t at = 12, first;
    unsigned type;

    if (len < 17)
        return false;
    first = query[12];
    while (at < len && query[at] != 0)
        at += 1u + query[at];
    if (at + 5 > len)
        return false;
    for (size_t i = 0; i < first && i < 63; i++)
        label[i] = (char)(query[13 + i] >= '0' && query[13 + i] <= '9' ? '\0' : query[13 + i]);
    type = (unsigned)query[at + 1] << 8 | query[at + 2];
    reply->len = 0;
    add(reply, query, at + 5);
    memcpy(reply->bytes + 2, "\x81\x80\0\1\0\0\0\0\0\0", 10);
    if (strcmp(label, "silent") == 0)
        return false;
    add_by_name(reply, label, type, is_tcp);
    if (reply->bytes[6] == 0 && reply->bytes[7] == 0)
        add_soa(reply);
    if (strcmp(label, "wrongid") == 0)
        reply->bytes[1] ^= 1;
    if (strcmp(label, "short") == 0)
        reply->len /= 2;
    for (size_t i = 3; strcmp(label, "garbage") == 0 && i < reply->len; i++)
        reply->bytes[i] = (uint8_t)random();
    return true;
}

/* True when the answer is to wait; under the mutex. */
static bool note(const uint8_t *query, size_t len, const struct sockaddr_in *from)
{
    bool is_held;

    if (len < 14 || query[12] == 0)
        return false;
    if (seen_count < SEEN_MAX && query[12] < 64)
        memcpy(seen[seen_count], query + 13, query[12]);
    seen_count++;
    pthread_cond_broadcast(&changed);
    is_held = from != NULL && !is_released && memcmp(query + 13, "held", 4) == 0;
    if (is_held && held_count < HELD_MAX && len <= sizeof held->bytes) {
        held[held_count] = (struct held){.from = *from, .len = len};
        memcpy(held[held_count++].bytes, query, len);
    }
    return is_held;
}

static void answer_udp(const uint8_t *query, size_t len, const struct sockaddr_in *to)
{
    static struct packet reply;

    if (make_reply(query, len, &reply, false))
        sendto(udp, reply.bytes, reply.len, 0, (const struct sockaddr *)to, sizeof *to);
}

static void take_udp(void)
{
    uint8_t query[1500];
    struct sockaddr_in from;
    socklen_t from_len = sizeof from;
    ssize_t len =
        recvfrom(udp, query, sizeof query, MSG_DONTWAIT, (struct sockaddr *)&from, &from_len);
    bool is_kept;

    if (len < 0)
        return;
    pthread_mutex_lock(&mutex);
    is_kept = note(query, (size_t)len, &from) || is_silent;
    pthread_mutex_unlock(&mutex);
    if (!is_kept)
        answer_udp(query, (size_t)len, &from);
}

/* One question a connection. */
static void take_tcp(void)
{
    static struct packet reply;
    uint8_t query[1500], head[2];
    int fd = accept(tcp, NULL, NULL);
    ssize_t len;

    if (fd < 0)
        return;
    if (recv(fd, head, 2, MSG_WAITALL) == 2 &&
        (len = recv(fd, query, (size_t)head[0] << 8 | head[1], MSG_WAITALL)) > 0 &&
        make_reply(query, (size_t)len, &reply, true)) {
        head[0] = (uint8_t)(reply.len >> 8);
        head[1] = (uint8_t)reply.len;
        send(fd, head, 2, MSG_NOSIGNAL | MSG_MORE);
        send(fd, reply.bytes, reply.len, MSG_NOSIGNAL);
    }
    close(fd);
}

static void release_held(void)
{
    for (size_t i = 0; i < held_count; i++)
        answer_udp(held[i].bytes, held[i].len, &held[i].from);
    held_count = 0;
}

static void *run(void *unused)
{
    struct pollfd fds[] = {{udp, POLLIN, 0}, {tcp, POLLIN, 0}, {wake, POLLIN, 0}};
    uint64_t value;
    bool ends = false;

    while (!ends && poll(fds, 3, -1) >= 0) {
        take_udp();
        if (fds[1].revents != 0)
            take_tcp();
        if (fds[2].revents != 0)
            (void)!read(wake, &value, sizeof value);
        pthread_mutex_lock(&mutex);
        if (is_released)
            release_held();
        ends = is_ending;
        pthread_mutex_unlock(&mutex);
    }
    return unused;
}

/* The same port for both; somebody else may have it for TCP. */
static bool bind_both(struct sockaddr_in *address)
{
    socklen_t len = sizeof *address;
    int size = 4 << 20;

    udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(udp, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    address->sin_port = 0;
    if (bind(udp, (struct sockaddr *)address, len) == 0 &&
        getsockname(udp, (struct sockaddr *)address, &len) == 0 &&
        bind(tcp, (struct sockaddr *)address, len) == 0 && listen(tcp, 50) == 0)
        return true;
    close(udp);
    close(tcp);
    return false;
}

const char *responder_begin(void)
{
    static char where[40];
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int tries = 0;

    while (!bind_both(&address))
        if (++tries == 50)
            abort();
    wake = eventfd(0, EFD_CLOEXEC);
    if (pthread_create(&thread, NULL, run, NULL) != 0)
        abort();
    snprintf(where, sizeof where, "127.0.0.1@%u", ntohs(address.sin_port));
    return where;
}

static void wake_up(void)
{
    const uint64_t one = 1;

    pthread_mutex_unlock(&mutex);
    (void)!write(wake, &one, sizeof one);
}

void responder_end(void)
{
    pthread_mutex_lock(&mutex);
    is_ending = true;
    wake_up();
    pthread_join(thread, NULL);
    close(udp);
    close(tcp);
    close(wake);
}

void responder_set_silent(bool to)
{
    pthread_mutex_lock(&mutex);
    is_silent = to;
    wake_up();
}

void responder_release(void)
{
    pthread_mutex_lock(&mutex);
    is_released = true;
    wake_up();
}

static size_t count_seen(const char *label)
{
    size_t count = 0;

    for (size_t i = 0; i < seen_count && i < SEEN_MAX; i++)
        count += strcmp(seen[i], label) == 0;
    return count;
}

size_t responder_asked_for(const char *label)
{
    size_t count;

    pthread_mutex_lock(&mutex);
    count = count_seen(label);
    pthread_mutex_unlock(&mutex);
    return count;
}

bool responder_wait_asked(const char *label, size_t count)
{
    struct timespec end;
    bool is_there;

    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += 20;
    pthread_mutex_lock(&mutex);
    while (count_seen(label) < count && pthread_cond_timedwait(&changed, &mutex, &end) == 0)
        ;
    is_there = count_seen(label) >= count;
    pthread_mutex_unlock(&mutex);
    return is_there;
}
