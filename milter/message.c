/* message.c - takes the message piece by piece into a memfd and seals it. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/file.h"
#include "base/hash.h"
#include "milter/message.h"

void message_begin(struct message *message, struct arena *arena, uint64_t limit)
{
    *message = (struct message){.arena = arena, .fd = -1, .limit = limit};
    message->fd = memfd_create("message", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (message->fd < 0)
        message->fault = "no memory for the message";
}

static void message_write(struct message *message, struct span bytes)
{
    if (message->fault != NULL)
        return;
    if (bytes.len > message->limit - message->size) {
        message->fault = "larger than message_max_bytes";
        return;
    }
    if (file_write_all(message->fd, bytes) != 0)
        message->fault = "no memory for the message";
    message->size += bytes.len;
}

/* Postfix gives folded values with bare LF between the lines. */
static void message_write_lines(struct message *message, struct span lines)
{
    struct span line;

    for (bool is_first = true; span_cut(&lines, '\n', &line); is_first = false) {
        if (!is_first)
            message_write(message, SPAN("\r\n"));
        if (line.len > 0 && line.ptr[line.len - 1] == '\r')
            line.len--;
        message_write(message, line);
    }
    message_write(message, SPAN("\r\n"));
}

/* Looked for from the end, among its kind: a sender's thousands of equal names are found at once. */
static unsigned message_occurrence(const struct message *message, struct span name,
                                   enum header_kind kind)
{
    for (size_t i = message->header_count; i-- > 0;)
        if (message->headers[i].kind == kind && header_name_is(message->headers[i].name, name))
            return message->headers[i].occurrence + 1;
    return 1;
}

static bool is_forgeable(enum header_kind kind)
{
    return kind == HEADER_POSTGATE || kind == HEADER_POSTGATE_TRACE ||
           kind == HEADER_POSTGATE_RELEASE || kind == HEADER_AUTHRES ||
           kind == HEADER_ARC_AUTHRES || kind == HEADER_EXCHANGE;
}

static void message_keep(struct message *message, struct span name, struct span value,
                         uint64_t at)
{
    if (message->header_count == message->header_room) {
        size_t room = message->header_room == 0 ? 64 : message->header_room * 2;
        struct message_header *more = arena_array(message->arena, room, sizeof *more);
        if (message->header_count > 0)
            memcpy(more, message->headers, message->header_count * sizeof *more);
        message->headers = more;
        message->header_room = room;
    }
    struct message_header *header = &message->headers[message->header_count];
    header->name = arena_span(message->arena, name);
    header->value = arena_span(message->arena, value);
    header->kind = header_kind_of(name);
    if (is_forgeable(header->kind))
        message->forgeable++;
    /* counted only where it is needed: counting each name would be quadratic in a sender's headers */
    header->occurrence =
        header->kind == HEADER_OTHER || message->forgeable > MESSAGE_MAX_FORGEABLE
            ? 0
            : message_occurrence(message, header_name_trim(name), header->kind);
    header->at = at;
    header->length = message->size - at;
    message->header_count++;
    if (header->kind == HEADER_RECEIVED)
        message->hops++;
}

void message_header(struct message *message, struct span name, struct span value)
{
    uint64_t at = message->size;

    message_write(message, name);
    message_write(message, SPAN(":"));
    message_write_lines(message, value);
    if (message->fault != NULL)
        return;
    if (message->header_count >= MESSAGE_MAX_HEADERS)
        message->fault = "more header fields than 5000";
    else
        message_keep(message, name, value, at);
}

void message_end_headers(struct message *message)
{
    message_write(message, SPAN("\r\n"));
}

void message_body(struct message *message, struct span chunk)
{
    message->has_body = true;
    message_write(message, chunk);
}

int message_seal(struct message *message, struct err *err)
{
    const int seals = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;

    if (message->fault != NULL)
        return err_set(err, "%s", message->fault);
    if (fcntl(message->fd, F_ADD_SEALS, seals) != 0)
        return err_set(err, "cannot seal the message: %s", strerror(errno));
    message->is_sealed = true;
    return 0;
}

static int digest_range(struct hash_sha256 *hash, int fd, uint64_t from, uint64_t to)
{
    char buffer[65536];

    while (from < to) {
        size_t want = to - from < sizeof buffer ? (size_t)(to - from) : sizeof buffer;
        ssize_t got = pread(fd, buffer, want, (off_t)from);
        if (got <= 0)
            return -1;
        hash_sha256_add(hash, span_from(buffer, (size_t)got));
        from += (uint64_t)got;
    }
    return 0;
}

int message_digest(const struct message *message, size_t without, char *hex_r)
{
    bool is_whole = without >= message->header_count;
    uint64_t at = is_whole ? message->size : message->headers[without].at;
    uint64_t after = is_whole ? message->size : at + message->headers[without].length;
    struct hash_sha256 *hash = hash_sha256_new();
    uint8_t digest[HASH_SHA256_SIZE];
    struct str hex = STR_EMPTY;
    int rc = digest_range(hash, message->fd, 0, at);

    if (rc == 0)
        rc = digest_range(hash, message->fd, after, message->size);
    hash_sha256_end(&hash, digest);
    hash_hex(&hex, digest, sizeof digest);
    memcpy(hex_r, hex.ptr, hex.len + 1);
    str_clear(&hex);
    return rc;
}

void message_end(struct message *message)
{
    if (message->fd >= 0)
        close(message->fd);
    message->fd = -1;
}

bool message_header_text(const struct message *message, enum header_kind kind, struct str *out)
{
    for (size_t i = 0; i < message->header_count; i++) {
        if (header_kind_exact(message->headers[i].name) != kind)
            continue;
        header_unfold(out, message->headers[i].value);
        return true;
    }
    return false;
}
