/* Whole messages with DKIM signatures, ARC sets and a gateway's results, every key being the one that the samples are signed with: whatever
 * is found can be told to the milter. */
#include <stdlib.h>

#include "base/arena.h"
#include "base/xalloc.h"
#include "milter/inspect/signatures.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define KEY "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="

static void check(bool is_fine)
{
    if (!is_fine)
        abort();
}

/* A name's length decides how its question went. */
static struct dns_answer answer(struct span name, const struct span *record)
{
    enum dns_status status = name.len % 13 == 0   ? DNS_TIMEOUT
                             : name.len % 11 == 0 ? DNS_NONE
                                                  : DNS_FOUND;

    return (struct dns_answer){.type = DNS_TXT,
                               .status = status,
                               .name = name,
                               .count = status == DNS_FOUND,
                               .records = record};
}

/* What is written reads, and says the same. */
static void tell(const struct sender_result *result)
{
    struct sender_result *read = xcalloc(1, sizeof *read);
    struct str bytes = STR_EMPTY;

    sender_result_write(&bytes, result);
    check(bytes.len <= SENDER_RESULT_BYTES);
    check(sender_result_read(str_span(&bytes), read, NULL) == 0);
    check(read->lack_count == result->lack_count && read->arc == result->arc);
    check(read->signature_count == result->signature_count);
    check(read->seal_count == result->seal_count);
    xfree(&read);
    str_clear(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sender_request request = {
        .job = SENDER_SIGNATURES, .now = 1700000000, .trusted_id = SPAN("gate.example")};
    struct span message = span_from(data, size), record = SPAN(KEY);
    struct sender_result *result = xcalloc(1, sizeof *result);
    struct dns_answer answers[SENDER_NAMES_MAX];
    struct arena *arena = arena_new();

    signatures_check(&request, message, arena, result);
    tell(result);
    if (result->lack_count > 0) {
        for (size_t i = 0; i < result->lack_count; i++)
            answers[i] = answer(result->lacks[i].name, &record);
        request.answers = answers;
        request.answer_count = result->lack_count;
        request.is_last = true;
        signatures_check(&request, message, arena, result);
        check(result->lack_count == 0 && result->arc != 0);
        tell(result);
    }
    arena_free(&arena);
    xfree(&result);
    return 0;
}
