/* fuzz_quarantine: any bytes as a quarantine file: header, then notes; what is taken must print and read as the same. Decision codes ride along. */
#include <stdlib.h>

#include "store/decision_code.h"
#include "store/quarantine_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct name_value words[] = {{"sending", 1}, {"released", 2}, {NULL, 0}};

static bool is_same(const struct quarantine_entry *a, const struct quarantine_entry *b)
{
    return span_equal(a->sender, b->sender) && span_equal(a->subject, b->subject) &&
           span_equal(a->reasons, b->reasons) && a->recipient_count == b->recipient_count &&
           a->message_bytes == b->message_bytes && a->time_ms == b->time_ms;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span bytes = span_from(data, size), notes;
    struct arena *arena = arena_new();
    struct quarantine_entry entry, again;
    struct quarantine_text text;
    struct str printed = STR_EMPTY;
    uint64_t code;
    struct err err;

    if (quarantine_text_parse(bytes, arena, &entry, &text, &err) == 0) {
        if (text.header_bytes > size)
            abort();
        (void)quarantine_notes_parse(
            span_from(data + text.header_bytes, size - text.header_bytes), words, arena,
            &notes);
        if (quarantine_text_print(&printed, &entry, &err) == 0 &&
            (quarantine_text_parse(str_span(&printed), arena, &again, &text, &err) < 0 ||
             !is_same(&entry, &again)))
            abort();
    }
    (void)quarantine_notes_parse(bytes, words, arena, &notes);
    (void)decision_code_parse(bytes, &code);
    str_clear(&printed);
    arena_free(&arena);
    return 0;
}
