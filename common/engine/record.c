/* record.c - writes decisions down, and reads their facts back. */
#include "base/clock.h"
#include "engine/record.h"
#include "facts/block.h"
#include "rules/explain.h"

#define BLOCK_HEAD 8 /* magic and length, see facts/block.h */

struct span record_text(struct arena *arena, const struct facts *facts, enum fact_id id)
{
    const struct fact *fact = facts_get(facts, id);
    struct str text = STR_EMPTY;
    struct span copy;

    if (fact->state != FACT_VALUE || fact->count == 0)
        return span_of("");
    switch (fact_table[id].type) {
    case TYPE_DOMAIN:
    case TYPE_ADDRESS:
    case TYPE_STRING:
        return arena_span(arena, fact->values[0].text);
    default:
        fact_print(&text, id, fact);
    }
    copy = arena_span(arena, str_span(&text));
    str_clear(&text);
    return copy;
}

void record_add_address(struct str *line, const char *name, struct span address)
{
    str_printf(line, " %s=<", name);
    for (size_t i = 0; i < address.len; i++)
        str_addc(line, memchr(" <>=\"", address.ptr[i], 5) != NULL ? '?' : address.ptr[i]);
    str_addc(line, '>');
}

void record_add_words(struct str *line, const char *name, struct span words)
{
    str_printf(line, " %s=\"", name);
    for (size_t i = 0; i < words.len; i++)
        str_addc(line, words.ptr[i] == '"' ? '\'' : words.ptr[i]);
    str_addc(line, '"');
}

static void add_recipients(struct str *out, struct arena *arena,
                           const struct decision_facts *of)
{
    for (size_t i = 0; i < of->recipient_count && out->len < DECISIONS_MAX_TEXT; i++) {
        if (i > 0)
            str_addc(out, '\n');
        str_add(out, record_text(arena, of->recipients[i], FACT_RECIPIENT));
    }
}

static void add_facts(struct str *out, const struct decision_facts *of)
{
    if (block_write(out, of->message, NULL) != 0)
        return;
    for (size_t i = 0; i < of->recipient_count && out->len < DECISIONS_MAX_FACTS; i++)
        if (block_write(out, of->recipients[i], NULL) != 0)
            return;
}

static void add_reasons(struct str *out, const struct decision_facts *of)
{
    str_add(out, of->note);
    if (of->snapshot != NULL && of->snapshot->is_trial)
        str_printf(out, "on trial: rules %.12s instead of revision %llu\n",
                   of->snapshot->sha256, (unsigned long long)of->snapshot->revision);
    if (of->outcome != NULL && of->snapshot != NULL)
        explain_outcome(out, of->snapshot->rules, of->outcome);
}

static void fill_envelope(struct decision_record *row, struct arena *arena,
                          const struct facts *facts)
{
    row->path = record_text(arena, facts, FACT_PATH);
    row->client = record_text(arena, facts, FACT_CLIENT_IP);
    row->helo = record_text(arena, facts, FACT_HELO_NAME);
    row->auth_user = record_text(arena, facts, FACT_AUTH_USER);
    row->sender = record_text(arena, facts, FACT_SENDER);
    row->message_id = record_text(arena, facts, FACT_MESSAGE_ID);
}

void record_put(struct decisions *decisions, const struct decision_ticket *ticket,
                const struct decision_facts *of)
{
    struct arena *arena = arena_new();
    struct str recipients = STR_EMPTY, reasons = STR_EMPTY, facts = STR_EMPTY;
    struct decision_record row = {
        .time_ms = clock_now_ms(), .reply = of->reply, .queue_id = of->queue_id};

    fill_envelope(&row, arena, of->message);
    add_recipients(&recipients, arena, of);
    add_reasons(&reasons, of);
    add_facts(&facts, of);
    row.recipients = str_span(&recipients);
    row.reasons = str_span(&reasons);
    row.facts = str_span(&facts);
    row.disposition = span_of(names_name(disposition_names, (int)of->disposition));
    if (of->snapshot != NULL) {
        row.revision = of->snapshot->revision;
        row.generation = of->snapshot->generation;
        if (of->outcome != NULL && of->outcome->rule >= 0)
            row.rule = of->snapshot->rules->rules[of->outcome->rule].name;
    }
    (void)decisions_put(decisions, ticket, &row);
    str_clear(&recipients);
    str_clear(&reasons);
    str_clear(&facts);
    arena_free(&arena);
}

static int next_block(struct span *rest, struct span *block_r, struct err *err)
{
    uint32_t length;

    if (rest->len < BLOCK_HEAD)
        return err_set(err, "the recorded facts end in the middle of a block");
    const unsigned char *head = (const unsigned char *)rest->ptr;
    length = (uint32_t)head[4] | (uint32_t)head[5] << 8 | (uint32_t)head[6] << 16 |
             (uint32_t)head[7] << 24;
    if (length < BLOCK_HEAD || length > rest->len)
        return err_set(err, "a recorded block says %u bytes, %zu are there", length, rest->len);
    *block_r = span_from(rest->ptr, length);
    *rest = span_skip(*rest, length);
    return 0;
}

int record_read_facts(struct span blocks, struct facts *message,
                      struct record_recipients *recipients, struct err *err)
{
    struct span block;

    recipients->count = 0;
    if (next_block(&blocks, &block, err) != 0 || block_read(message, block, err) != 0)
        return -1;
    while (blocks.len > 0 && recipients->count < recipients->room) {
        struct facts *facts = facts_new();
        recipients->list[recipients->count++] = facts;
        if (next_block(&blocks, &block, err) != 0 || block_read(facts, block, err) != 0)
            return -1;
    }
    return 0;
}
