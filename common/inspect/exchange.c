/* exchange.c - sends a sealed message to a worker and takes its answer as if an enemy had sent it. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include "base/hash.h"
#include "facts/block.h"
#include "facts/derive.h"
#include "inspect/exchange.h"

#define ALL_SEALS       (F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)
#define PART_NAMES_MAX  64  /* an honest worker stays below; each is compared with each */
#define PACKETS_AT_ONCE 128 /* more than a whole block; then others are served */

bool exchange_is_sealed(int message_fd, uint64_t *size_r)
{
    int seals = fcntl(message_fd, F_GET_SEALS);
    struct stat st;

    if (seals < 0 || (seals & ALL_SEALS) != ALL_SEALS || fstat(message_fd, &st) != 0)
        return false;
    *size_r = (uint64_t)st.st_size;
    return true;
}

int exchange_send(struct exchange *x, int socket_fd, const struct exchange_request *request,
                  struct err *err)
{
    struct wire_request head = {.size = request->size,
                                .limits = request->limits,
                                .want_bytes = (uint32_t)request->wants.len};
    struct iovec pieces[2] = {{&head, sizeof head},
                              {(void *)(uintptr_t)request->wants.ptr, request->wants.len}};
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int))];
    } control = {.room = {0}};
    struct msghdr message = {.msg_iov = pieces,
                             .msg_iovlen = 2,
                             .msg_control = &control,
                             .msg_controllen = sizeof control};

    exchange_clear(x);
    hash_random(x->id, sizeof x->id);
    memcpy(head.id, x->id, sizeof head.id);
    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(&control.header), &request->message_fd, sizeof(int));
    if (sendmsg(socket_fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
        return err_set(err, "the worker cannot be reached: %s", strerror(errno));
    x->is_open = true;
    x->wants = request->wants;
    return 0;
}

void exchange_clear(struct exchange *x)
{
    str_clear(&x->block);
    *x = (struct exchange){.is_open = false};
}

/* What a worker may tell of: the message, never the connection, the envelope or who sent it. */
static const enum fact_id content_facts[] = {FACT_FROM,           FACT_REPLY_TO,
                                             FACT_SUBJECT,        FACT_MESSAGE_ID,
                                             FACT_MIME_AMBIGUOUS, FACT_MIME_BROKEN};
static const enum fact_id part_facts[] = {FACT_ATTACHMENT_NAME,       FACT_ATTACHMENT_TYPE,
                                          FACT_ATTACHMENT_SIZE,       FACT_ATTACHMENT_DEPTH,
                                          FACT_ATTACHMENT_LOCATION,   FACT_ATTACHMENT_SHA256,
                                          FACT_ATTACHMENT_UNINSPECTED};

static bool is_among(enum fact_id id, const enum fact_id *ids, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (ids[i] == id)
            return true;
    return false;
}
#define IS_AMONG(id, ids) is_among(id, ids, sizeof(ids) / sizeof *(ids))

static bool is_wanted(struct span wants, struct span name)
{
    struct span one;

    while (wants.len > 0 && span_cut(&wants, '\0', &one))
        if (one.len > 0 && span_equal(one, name))
            return true;
    return false;
}

static int check_plain(const struct facts *facts, struct err *err)
{
    for (int id = 0; id < FACT_MESSAGE__COUNT; id++) {
        enum fact_state state = facts_get(facts, (enum fact_id)id)->state;
        if (!IS_AMONG((enum fact_id)id, content_facts)) {
            if (state != FACT_PENDING)
                return err_set(err, "it speaks of %s", fact_table[id].name);
        } else if (state != FACT_VALUE && state != FACT_ABSENT) {
            return err_set(err, "it does not know %s", fact_table[id].name);
        }
    }
    return 0;
}

static int check_parts(const struct facts *facts, struct err *err)
{
    const struct record_list *list = facts_records(facts, RECORD_ATTACHMENT);
    size_t first = record_first(RECORD_ATTACHMENT), width = record_count(RECORD_ATTACHMENT);

    if (list->state != FACT_VALUE || facts_records(facts, RECORD_URL)->state != FACT_PENDING)
        return err_set(err, "it does not list the attachments, or more than these");
    for (size_t i = 0; i < list->count; i++)
        for (size_t id = first; id < first + width; id++) {
            enum fact_state state =
                facts_record_get(facts, RECORD_ATTACHMENT, i, (enum fact_id)id)->state;
            if (state != FACT_ABSENT && !IS_AMONG((enum fact_id)id, part_facts))
                return err_set(err, "it speaks of %s", fact_table[id].name);
            if (facts_record_get(facts, RECORD_ATTACHMENT, i, (enum fact_id)id)->count >
                PART_NAMES_MAX)
                return err_set(err, "it gives one attachment too many names");
        }
    return 0;
}

int exchange_check(const struct facts *facts, struct span wants, struct err *err)
{
    if (check_plain(facts, err) < 0 || check_parts(facts, err) < 0)
        return -1;
    for (size_t i = 0; i < facts_keyed_count(facts); i++) {
        const struct keyed_fact *keyed = facts_keyed_at(facts, i);
        if (keyed->id != FACT_HEADER || keyed->fact.state == FACT_UNKNOWN ||
            !is_wanted(wants, keyed->key))
            return err_set(err, "it speaks of what it was not asked");
    }
    return 0;
}

static int conclude(struct exchange *x, struct facts **facts_r, struct err *err)
{
    struct facts *facts = facts_new();

    if (block_read(facts, str_span(&x->block), err) < 0 ||
        exchange_check(facts, x->wants, err) < 0) {
        facts_free(&facts);
        return -1;
    }
    facts_derive(facts);
    *facts_r = facts;
    exchange_clear(x);
    return 1;
}

/* BEGIN or END: the right one, of this request, of this size. */
static int take_edge(struct exchange *x, struct span packet, struct err *err)
{
    struct wire_answer edge;

    if (packet.len != sizeof edge)
        return err_set(err, "a packet of another size");
    memcpy(&edge, packet.ptr, sizeof edge);
    if (!hash_equal(edge.id, x->id, sizeof edge.id))
        return err_set(err, "the answer to another request");
    if (edge.kind != (x->has_begun ? WIRE_END : WIRE_BEGIN))
        return err_set(err, "no end, or a second beginning");
    if (x->has_begun ? edge.total != x->total : edge.total == 0 || edge.total > BLOCK_MAX_BYTES)
        return err_set(err, "a block of a wrong size");
    x->total = edge.total;
    return 0;
}

static int take_packet(struct exchange *x, struct span packet, struct facts **facts_r,
                       struct err *err)
{
    if (!x->is_open)
        return err_set(err, "it speaks without being asked");
    if (x->has_begun && x->block.len < x->total) {
        if (packet.len > x->total - x->block.len)
            return err_set(err, "more than it announced");
        str_add(&x->block, packet);
        return 0;
    }
    if (take_edge(x, packet, err) < 0)
        return -1;
    if (x->has_begun)
        return conclude(x, facts_r, err);
    x->has_begun = true;
    return 0;
}

/* No room for descriptors: one that is passed never becomes ours, the kernel drops it and says so. */
static ssize_t receive(int socket_fd, char *buf, size_t size, struct err *err)
{
    struct iovec piece = {buf, size};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
    ssize_t len = recvmsg(socket_fd, &message, MSG_DONTWAIT);

    if (len < 0)
        return errno == EAGAIN || errno == EINTR ? -2 : err_set(err, "%s", strerror(errno));
    if ((message.msg_flags & (MSG_CTRUNC | MSG_TRUNC)) != 0)
        return err_set(err, "it passes a descriptor, or too much at once");
    return len > 0 ? len : err_set(err, "it ended");
}

int exchange_receive(struct exchange *x, int socket_fd, struct facts **facts_r, struct err *err)
{
    char buf[WIRE_PIECE];
    int result = 0;

    for (int i = 0; i < PACKETS_AT_ONCE && result == 0; i++) {
        ssize_t len = receive(socket_fd, buf, sizeof buf, err);
        if (len == -2)
            return 0;
        if (len < 0)
            return -1;
        result = take_packet(x, span_from(buf, (size_t)len), facts_r, err);
    }
    return result;
}
