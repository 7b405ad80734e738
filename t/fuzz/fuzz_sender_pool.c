/* fuzz_sender_pool: a question, DNS and a message as text, through as many rounds as it takes: read, checked and answered as a worker does it. Whatever
 * they say, the answer reads, no name is asked twice, and it comes to an end.
 *
 *   helo TEXT | sender TEXT | client ADDRESS | trusted TEXT | job spf      lines in any order; without the last one it is about signatures
 *   TXT|A|AAAA|MX|PTR NAME STATUS BYTES                                      one record; NAME * is every other name; STATUS as a digit
 *   (an empty line, then the message) */
#include <stdlib.h>
#include "base/names.h"
#include "milter/inspect/signatures.h"
#include "milter/inspect/spf.h"

#define ROWS_MAX    200
#define RECORDS_MAX 8 /* of one answer */

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct row {
    enum dns_type type;
    enum dns_status status;
    struct span name, record;
};
struct scene {
    struct sender_request request;
    size_t row_count;
    struct row rows[ROWS_MAX];
    struct span message;
    struct dns_answer answers[SENDER_NAMES_MAX];
    struct span records[SENDER_NAMES_MAX][RECORDS_MAX];
};

static const struct name_value types[] = {{"A", DNS_A},     {"PTR", DNS_PTR},   {"MX", DNS_MX},
                                          {"TXT", DNS_TXT}, {"AAAA", DNS_AAAA}, {NULL, 0}};

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    spf_prepare();
    signatures_prepare();
    return 0;
}

static void read_row(struct scene *scene, enum dns_type type, struct span rest)
{
    struct row *row = &scene->rows[scene->row_count];
    struct span status = SPAN("");

    *row = (struct row){.type = type, .status = DNS_FOUND, .record = SPAN("")};
    if (scene->row_count == ROWS_MAX || !span_cut(&rest, ' ', &row->name))
        return;
    if (rest.ptr != NULL && span_cut(&rest, ' ', &status) && status.len > 0 &&
        status.ptr[0] > '0' && status.ptr[0] <= '0' + DNS_LIMITED)
        row->status = (enum dns_status)(status.ptr[0] - '0');
    if (rest.ptr != NULL)
        row->record = rest;
    scene->row_count++;
}

static void read_line(struct scene *scene, struct span line)
{
    struct sender_request *request = &scene->request;
    struct span rest = line, word;
    int type;

    span_cut(&rest, ' ', &word);
    if (rest.ptr == NULL)
        rest = SPAN("");
    if (span_is(word, "helo"))
        request->helo = rest;
    else if (span_is(word, "sender"))
        request->sender = rest;
    else if (span_is(word, "client"))
        (void)ip_parse(rest, &request->client);
    if (span_is(word, "trusted"))
        request->trusted_id = rest;
    else if (span_is(word, "job"))
        request->job = SENDER_SPF;
    else if (names_value(types, word, &type))
        read_row(scene, (enum dns_type)type, rest);
}

static void read_scene(struct scene *scene, struct span rest)
{
    struct span line;

    *scene = (struct scene){.request = {.job = SENDER_SIGNATURES,
                                        .now = 1790000000,
                                        .helo = SPAN("mail.example.com"),
                                        .sender = SPAN("a@example.com"),
                                        .receiver = SPAN("gate.example"),
                                        .trusted_id = SPAN("")},
                            .message = SPAN("")};
    (void)ip_parse(SPAN("192.0.2.1"), &scene->request.client);
    while (rest.ptr != NULL && span_cut(&rest, '\n', &line) && line.len > 0)
        read_line(scene, line);
    if (rest.ptr != NULL)
        scene->message = rest;
    scene->request.answers = scene->answers;
}

/* As DNS gives names: lower case. */
static bool is_name(struct span name)
{
    for (size_t i = 0; i < name.len; i++)
        if (name.ptr[i] >= 'A' && name.ptr[i] <= 'Z')
            return false;
    return dns_name_is_valid(name);
}

/* A record of a kind that DNS would give. */
static bool is_of_type(enum dns_type type, struct span record)
{
    static const size_t exact[] = {[DNS_A] = 4, [DNS_AAAA] = 16};

    if (type == DNS_A || type == DNS_AAAA)
        return record.len == exact[type];
    if (type == DNS_MX)
        return record.len > 2 && is_name(span_from(record.ptr + 2, record.len - 2));
    return type == DNS_TXT ? record.len <= DNS_ANSWER_BYTES / RECORDS_MAX : is_name(record);
}

static void answer(struct scene *scene, const struct sender_lack *lack)
{
    size_t at = scene->request.answer_count++;
    struct dns_answer *to = &scene->answers[at];

    *to = (struct dns_answer){.type = lack->type, .status = DNS_NONE, .name = lack->name};
    for (size_t i = 0; i < scene->row_count && to->count < RECORDS_MAX; i++) {
        const struct row *row = &scene->rows[i];
        if (row->type != lack->type ||
            !(span_is(row->name, "*") || span_equal(row->name, lack->name)))
            continue;
        if (row->status == DNS_FOUND && is_of_type(row->type, row->record))
            scene->records[at][to->count++] = row->record;
        else if (row->status != DNS_FOUND)
            to->status = row->status;
    }
    to->status = to->count > 0 ? DNS_FOUND : to->status;
    to->records = scene->records[at];
}

static void check_lacks(const struct scene *scene, const struct sender_result *result)
{
    if (result->lack_count > 0 && scene->request.is_last)
        abort();
    for (size_t i = 0; i < result->lack_count; i++)
        for (size_t j = 0; j < scene->request.answer_count; j++)
            if (scene->answers[j].type == result->lacks[i].type &&
                span_equal(scene->answers[j].name, result->lacks[i].name))
                abort();
}

/* One round, both ways in bytes. lacks_r: in arena. */
static size_t ask_worker(struct scene *scene, struct arena *arena,
                         struct sender_lack lacks_r[SENDER_NAMES_MAX])
{
    static struct sender_result result, read;
    struct str question = STR_EMPTY, bytes = STR_EMPTY;
    struct sender_request request;

    result = (struct sender_result){.lack_count = 0};
    sender_request_write(&question, &scene->request);
    if (sender_request_read(str_span(&question), arena, &request, NULL) < 0)
        abort();
    if (request.job == SENDER_SPF)
        spf_check(&request, arena, &result);
    else
        signatures_check(&request, scene->message, arena, &result);
    sender_result_write(&bytes, &result);
    if (sender_result_read(str_span(&bytes), &read, NULL) < 0)
        abort();
    check_lacks(scene, &read);
    for (size_t i = 0; i < read.lack_count; i++)
        lacks_r[i] =
            (struct sender_lack){read.lacks[i].type, arena_span(arena, read.lacks[i].name)};
    str_clear(&question);
    str_clear(&bytes);
    return read.lack_count;
}

static bool is_known(const struct scene *scene, const struct sender_lack *lack)
{
    for (size_t i = 0; i < scene->request.answer_count; i++)
        if (scene->answers[i].type == lack->type &&
            span_equal(scene->answers[i].name, lack->name))
            return true;
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct scene scene;
    struct arena *arena = arena_new();
    struct sender_lack lacks[SENDER_NAMES_MAX];
    size_t count = 1;

    read_scene(&scene, span_from(data, size));
    for (int round = 1; round <= SENDER_ROUNDS_MAX && count > 0; round++) {
        scene.request.is_last =
            round == SENDER_ROUNDS_MAX || scene.request.answer_count == SENDER_NAMES_MAX;
        count = ask_worker(&scene, arena, lacks);
        for (size_t i = 0; i < count && scene.request.answer_count < SENDER_NAMES_MAX; i++)
            if (!is_known(&scene, &lacks[i]))
                answer(&scene, &lacks[i]);
    }
    if (count > 0)
        abort();
    arena_free(&arena);
    return 0;
}
