/* sender_request.c - a question to a sender worker as bytes: its texts, then the DNS answers. */
#include "inspect/sender_bytes.h"
#include "inspect/sender_wire.h"

#define HAS_NXDOMAIN 1u
#define IS_SECURE    2u
#define FLAGS_MAX    (HAS_NXDOMAIN | IS_SECURE)
#define TEXTS        4
#define HEAD_BYTES   (1 + 8 + 1 + 16 + TEXTS * (2 + SENDER_ENVELOPE_MAX) + 1)
#define ANSWER_BYTES                                                                           \
    (1 + 1 + 1 + 4 + 2 + DNS_NAME_MAX + 1) /* of an answer without its records */

_Static_assert(HEAD_BYTES + SENDER_NAMES_MAX * ANSWER_BYTES + DNS_ANSWER_BYTES <
                   SENDER_REQUEST_BYTES,
               "the names of all answers fit, and the records of one");
_Static_assert(DNS_RECORDS_MAX <= UINT8_MAX && SENDER_NAMES_MAX <= UINT8_MAX, "one byte each");

/* Of an address the domain stands at the end: that is what must not change. */
static struct span end_of(struct span text)
{
    if (text.len <= SENDER_ENVELOPE_MAX)
        return text;
    return span_from(text.ptr + text.len - SENDER_ENVELOPE_MAX, SENDER_ENVELOPE_MAX);
}

static size_t size_of_records(const struct dns_answer *answer)
{
    size_t size = 0;

    for (size_t i = 0; i < answer->count; i++)
        size += 2 + answer->records[i].len;
    return size;
}

static size_t size_of_names(const struct sender_request *request, size_t count)
{
    size_t size = 0;

    for (size_t i = 0; i < count; i++)
        size += ANSWER_BYTES - DNS_NAME_MAX + request->answers[i].name.len;
    return size;
}

static void write_answer(struct str *out, const struct dns_answer *answer, bool has_room)
{
    size_t count = has_room && answer->status == DNS_FOUND ? answer->count : 0;

    sender_put(out, answer->type, 1);
    sender_put(out, has_room ? answer->status : DNS_FAILED, 1);
    sender_put(
        out, (answer->is_nxdomain ? HAS_NXDOMAIN : 0) | (answer->is_secure ? IS_SECURE : 0), 1);
    sender_put(out, answer->ttl, 4);
    sender_put_text(out, answer->name);
    sender_put(out, count, 1);
    for (size_t i = 0; i < count; i++)
        sender_put_text(out, answer->records[i]);
}

static bool may_be_handed_over(const struct dns_answer *answer)
{
    return (answer->status != DNS_FOUND || answer->count > 0) &&
           answer->count <= DNS_RECORDS_MAX &&
           size_of_records(answer) <= DNS_ANSWER_BYTES + 2 * DNS_RECORDS_MAX;
}

void sender_request_write(struct str *out, const struct sender_request *request)
{
    size_t begin = out->len, room;
    size_t count =
        request->answer_count < SENDER_NAMES_MAX ? request->answer_count : SENDER_NAMES_MAX;

    sender_put(out, request->job, 1);
    sender_put(out, (uint64_t)request->now, 8);
    sender_put(out, request->is_last, 1);
    str_add(out, span_from(request->client.byte, sizeof request->client.byte));
    sender_put_text(out, end_of(request->helo));
    sender_put_text(out, end_of(request->sender));
    sender_put_text(out, end_of(request->receiver));
    sender_put_text(out, end_of(request->trusted_id));
    sender_put(out, count, 1);
    room = SENDER_REQUEST_BYTES - (out->len - begin) - size_of_names(request, count);
    for (size_t i = 0; i < count; i++) {
        size_t size = size_of_records(&request->answers[i]);
        bool has_room = size <= room && may_be_handed_over(&request->answers[i]);
        write_answer(out, &request->answers[i], has_room);
        room -= has_room ? size : 0;
    }
}

static void read_records(struct sender_reader *reader, struct dns_answer *answer,
                         struct arena *arena)
{
    size_t count = (size_t)sender_get_max(reader, 1, DNS_RECORDS_MAX), size = 0;
    struct span *records = arena_array(arena, count, sizeof *records);

    for (size_t i = 0; i < count; i++) {
        records[i] = sender_get_text(reader, DNS_ANSWER_BYTES);
        size += records[i].len;
    }
    reader->is_bad = reader->is_bad || size > DNS_ANSWER_BYTES ||
                     (answer->status == DNS_FOUND) != (count > 0);
    answer->count = count;
    answer->records = records;
}

static void read_answer(struct sender_reader *reader, struct dns_answer *answer,
                        struct arena *arena)
{
    unsigned flags;

    answer->type = (enum dns_type)sender_get_max(reader, 1, DNS_AAAA);
    answer->status = (enum dns_status)sender_get_max(reader, 1, DNS_LIMITED);
    flags = (unsigned)sender_get_max(reader, 1, FLAGS_MAX);
    answer->is_nxdomain = (flags & HAS_NXDOMAIN) != 0;
    answer->is_secure = (flags & IS_SECURE) != 0;
    answer->ttl = (uint32_t)sender_get(reader, 4);
    answer->name = sender_get_text(reader, DNS_NAME_MAX);
    reader->is_bad = reader->is_bad || answer->status == 0 ||
                     dns_type_text(answer->type)[0] == '?' || !dns_name_is_valid(answer->name);
    read_records(reader, answer, arena);
}

static void read_answers(struct sender_reader *reader, struct sender_request *request,
                         struct arena *arena)
{
    size_t count = (size_t)sender_get_max(reader, 1, SENDER_NAMES_MAX);
    struct dns_answer *answers = arena_array(arena, count, sizeof *answers);

    for (size_t i = 0; i < count && !reader->is_bad; i++)
        read_answer(reader, &answers[i], arena);
    request->answer_count = count;
    request->answers = answers;
}

int sender_request_read(struct span bytes, struct arena *arena,
                        struct sender_request *request_r, struct err *err)
{
    struct sender_reader reader = {.rest = bytes};
    struct span client;

    *request_r = (struct sender_request){.job = 0};
    if (bytes.len > SENDER_REQUEST_BYTES)
        return err_set(err, "a question of %zu bytes", bytes.len);
    request_r->job = (enum sender_job)sender_get_max(&reader, 1, SENDER_SIGNATURES);
    request_r->now = (int64_t)sender_get(&reader, 8);
    request_r->is_last = sender_get_max(&reader, 1, 1) != 0;
    client = sender_get_bytes(&reader, sizeof request_r->client.byte);
    if (!reader.is_bad)
        memcpy(request_r->client.byte, client.ptr, client.len);
    request_r->helo = sender_get_text(&reader, SENDER_ENVELOPE_MAX);
    request_r->sender = sender_get_text(&reader, SENDER_ENVELOPE_MAX);
    request_r->receiver = sender_get_text(&reader, SENDER_ENVELOPE_MAX);
    request_r->trusted_id = sender_get_text(&reader, SENDER_ENVELOPE_MAX);
    read_answers(&reader, request_r, arena);
    if (!sender_is_whole(&reader) || request_r->job == 0)
        return err_set(err, "a question that does not read");
    return 0;
}
