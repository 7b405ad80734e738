/* Does a recorded decision fit a query? Asked of the row as SQLite has it, so that nothing is copied of those that do not. */
#include "store/decision_words.h"

#include "mail/address.h"

#define BLOCK_NUMBERS 10 /* of a block of facts: magic, length, how many names */

static void fold(struct str *out, struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];

        str_addc(out, (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c));
    }
}

void decisions_address(struct str *out, struct span text)
{
    char domain[DOMAIN_SIZE];
    struct address address;
    int kind;

    text = span_trim(text);
    if (text.len > 1 && text.ptr[0] == '@' && domain_normalize(span_skip(text, 1), domain)) {
        str_printf(out, "@%s", domain);
        return;
    }
    kind = address_parse(text, &address, NULL);
    if (kind == 0)
        str_adds(out, "<>");
    else if (kind == 1)
        fold(out, address_text(&address));
    else
        fold(out, text);
}

static bool is_address(struct span address, struct span wanted)
{
    if (span_is(wanted, "<>"))
        return address.len == 0;
    if (wanted.ptr[0] != '@')
        return span_iequal(address, wanted);
    return address.len >= wanted.len &&
           span_iequal(span_from(address.ptr + address.len - wanted.len, wanted.len), wanted);
}

static bool is_one_of(struct span lines, struct span wanted)
{
    struct span line;

    while (span_cut(&lines, '\n', &line))
        if (line.len > 0 && is_address(line, wanted))
            return true;
    return false;
}

static unsigned char lower(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static bool is_at(const char *at, struct span wanted)
{
    for (size_t i = 0; i < wanted.len; i++)
        if (lower(at[i]) != lower(wanted.ptr[i]))
            return false;
    return true;
}

static bool holds(struct span text, struct span wanted)
{
    for (size_t i = 0; wanted.len <= text.len && i <= text.len - wanted.len; i++)
        if (lower(text.ptr[i]) == lower(wanted.ptr[0]) && is_at(text.ptr + i, wanted))
            return true;
    return false;
}

static size_t number_at(struct span bytes, size_t at, size_t size)
{
    size_t number = 0;

    for (size_t i = 0; i < size; i++)
        number |= (size_t)(uint8_t)bytes.ptr[at + i] << (8 * i);
    return number;
}

/* The values of blocks of facts, one behind the other; their lists of names are left out. Whatever is odd is searched as it is. */
static bool facts_hold(struct span blocks, struct span wanted)
{
    while (blocks.len >= BLOCK_NUMBERS) {
        size_t total = number_at(blocks, 4, 4), names = number_at(blocks, 8, 2);
        size_t at = BLOCK_NUMBERS;

        if (total < BLOCK_NUMBERS || total > blocks.len)
            break;
        while (names-- > 0 && at + 2 <= total)
            at += 2 + number_at(blocks, at + 1, 1);
        if (at <= total && holds(span_from(blocks.ptr + at, total - at), wanted))
            return true;
        blocks = span_skip(blocks, total);
    }
    return holds(blocks, wanted);
}

static bool has_text(const struct decisions_query *q, sqlite3_stmt *stmt)
{
    for (int i = COLUMN_PATH; i <= COLUMN_MESSAGE_ID; i++)
        if (holds(sql_span(stmt, i), q->text))
            return true;
    return holds(sql_span(stmt, COLUMN_REASONS), q->text) ||
           facts_hold(sql_span(stmt, COLUMN_FACTS), q->text);
}

static bool has_verdict(const struct decisions_query *q, sqlite3_stmt *stmt)
{
    struct span verdict = sql_span(stmt, COLUMN_DISPOSITION);

    for (size_t i = 0; i < q->verdict_count; i++)
        if (span_equal(verdict, q->verdicts[i]))
            return true;
    return q->verdict_count == 0;
}

static bool has_client(const struct decisions_query *q, sqlite3_stmt *stmt)
{
    struct ip ip;

    return !q->has_client ||
           (ip_parse(sql_span(stmt, COLUMN_CLIENT), &ip) && ipnet_holds(&q->client, &ip));
}

static bool is_in_time(const struct decisions_query *q, sqlite3_stmt *stmt)
{
    int64_t time = sqlite3_column_int64(stmt, COLUMN_TIME);

    return time >= q->since_ms && (q->until_ms == 0 || time < q->until_ms);
}

static bool has_ids(const struct decisions_query *q, sqlite3_stmt *stmt)
{
    return (q->rule.len == 0 || span_equal(sql_span(stmt, COLUMN_RULE), q->rule)) &&
           (q->queue_id.len == 0 || span_equal(sql_span(stmt, COLUMN_QUEUE_ID), q->queue_id)) &&
           (q->message_id.len == 0 ||
            span_equal(decision_message_id(sql_span(stmt, COLUMN_MESSAGE_ID)),
                       decision_message_id(q->message_id)));
}

bool decision_fits(const struct decisions_query *q, sqlite3_stmt *stmt)
{
    return is_in_time(q, stmt) && has_verdict(q, stmt) && has_ids(q, stmt) &&
           (q->sender.len == 0 || is_address(sql_span(stmt, COLUMN_SENDER), q->sender)) &&
           (q->recipient.len == 0 ||
            is_one_of(sql_span(stmt, COLUMN_RECIPIENTS), q->recipient)) &&
           has_client(q, stmt) && (q->text.len == 0 || has_text(q, stmt));
}
