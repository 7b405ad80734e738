/* Words of decisions: hashed, gathered into sorted segments by the keeper, found again by binary search. */
#include "store/decision_words.h"

#include <stdlib.h>

#include "base/xalloc.h"

/* On disk: another seed would find nothing in files that are there. */
static const uint64_t seed[2] = {0x706f737467617465u, 0x736567206d656e74u};

enum word_kind {
    WORD_SENDER = 1,
    WORD_RECIPIENT,
    WORD_CLIENT,
    WORD_NETWORK,
    WORD_RULE,
    WORD_VERDICT,
    WORD_QUEUE_ID,
    WORD_MESSAGE_ID
};

static const char schema[] = "CREATE TABLE IF NOT EXISTS segment (last INTEGER PRIMARY KEY,"
                             " first INTEGER NOT NULL, since INTEGER NOT NULL,"
                             " until INTEGER NOT NULL, words BLOB NOT NULL)";
static const char rows_text[] = "SELECT " DECISION_COLUMNS " FROM decision"
                                " WHERE row > ?1 AND row < ?2 ORDER BY row LIMIT ?3";
static const char insert_text[] = "INSERT OR REPLACE INTO segment VALUES (?1, ?2, ?3, ?4, ?5)";

#define KEY_MAX 1400 /* a longer text is known by its beginning */

static uint32_t hash_word(enum word_kind kind, struct span text)
{
    char key[1 + KEY_MAX];

    if (text.len > KEY_MAX)
        text.len = KEY_MAX;
    key[0] = (char)kind;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];

        key[1 + i] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
    return (uint32_t)hash_table64(seed, span_from(key, 1 + text.len));
}

struct span decision_message_id(struct span id)
{
    id = span_trim(id);
    if (id.len >= 2 && id.ptr[0] == '<' && id.ptr[id.len - 1] == '>')
        id = span_from(id.ptr + 1, id.len - 2);
    return id;
}

/* Its /24 or /64. */
static struct span network_of(const struct ip *ip)
{
    return span_from(ip->byte, ip_is_v4(ip) ? 15 : 8);
}

/* A segment while it is gathered: hash and row in one number each, so that sorting them sorts both. */
struct gathering {
    uint64_t *words;
    size_t count, room;
    int64_t first, last, since, until;
    size_t rows;
};

static void add(struct gathering *g, uint32_t word)
{
    if (g->count == g->room) {
        g->room = g->room == 0 ? 4096 : 2 * g->room;
        g->words = xreallocarray(g->words, g->room, sizeof(*g->words));
    }
    g->words[g->count++] = (uint64_t)word << 32 | (uint32_t)g->last;
}

static struct span domain_of(struct span address)
{
    size_t at = address.len;

    while (at > 0 && address.ptr[at - 1] != '@')
        at--;
    return at == 0 ? SPAN("") : span_from(address.ptr + at - 1, address.len - at + 1);
}

static void add_address(struct gathering *g, enum word_kind kind, struct span address)
{
    struct span domain = domain_of(address);

    add(g, hash_word(kind, address.len > 0 ? address : SPAN("<>")));
    if (domain.len > 0)
        add(g, hash_word(kind, domain));
}

static void add_client(struct gathering *g, struct span text)
{
    struct ip ip;

    if (!ip_parse(text, &ip))
        return;
    add(g, hash_word(WORD_CLIENT, span_from(ip.byte, sizeof(ip.byte))));
    add(g, hash_word(WORD_NETWORK, network_of(&ip)));
}

static void add_text(struct gathering *g, enum word_kind kind, struct span text)
{
    if (text.len > 0)
        add(g, hash_word(kind, text));
}

static void add_row(struct gathering *g, sqlite3_stmt *stmt)
{
    struct span recipients = sql_span(stmt, COLUMN_RECIPIENTS), recipient;
    int64_t time = sqlite3_column_int64(stmt, COLUMN_TIME);

    g->last = sqlite3_column_int64(stmt, COLUMN_ROW);
    g->first = g->rows == 0 ? g->last : g->first;
    g->since = g->rows == 0 || time < g->since ? time : g->since;
    g->until = g->rows == 0 || time > g->until ? time : g->until;
    g->rows++;
    add_address(g, WORD_SENDER, sql_span(stmt, COLUMN_SENDER));
    while (span_cut(&recipients, '\n', &recipient))
        if (recipient.len > 0)
            add_address(g, WORD_RECIPIENT, recipient);
    add_client(g, sql_span(stmt, COLUMN_CLIENT));
    add_text(g, WORD_RULE, sql_span(stmt, COLUMN_RULE));
    add_text(g, WORD_VERDICT, sql_span(stmt, COLUMN_DISPOSITION));
    add_text(g, WORD_QUEUE_ID, sql_span(stmt, COLUMN_QUEUE_ID));
    add_text(g, WORD_MESSAGE_ID, decision_message_id(sql_span(stmt, COLUMN_MESSAGE_ID)));
}

static int compare(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

    return left < right ? -1 : left > right;
}

/* A domain of ten recipients is one word. */
static void sort(struct gathering *g)
{
    size_t kept = 0;

    qsort(g->words, g->count, sizeof(*g->words), compare);
    for (size_t i = 0; i < g->count; i++)
        if (kept == 0 || g->words[kept - 1] != g->words[i])
            g->words[kept++] = g->words[i];
    g->count = kept;
}

static int gather(struct sql *sql, int64_t from, int64_t below, struct gathering *g,
                  struct err *err)
{
    sqlite3_stmt *stmt = sql_prepare(sql, rows_text, err);
    int result = stmt == NULL ? -1 : 1;

    if (stmt != NULL) {
        sql_bind(stmt, 1, from);
        sql_bind(stmt, 2, below);
        sql_bind(stmt, 3, SEGMENT_ROWS);
    }
    while (result == 1 && g->count < SEGMENT_WORDS) {
        result = sql_step(sql, stmt, err);
        if (result == 1)
            add_row(g, stmt);
    }
    sqlite3_finalize(stmt);
    return result < 0 ? -1 : 0;
}

static int store(struct sql *sql, const struct gathering *g, struct err *err)
{
    sqlite3_stmt *stmt = sql_prepare(sql, insert_text, err);
    int result;

    if (stmt == NULL)
        return -1;
    sql_bind(stmt, 1, g->last);
    sql_bind(stmt, 2, g->first);
    sql_bind(stmt, 3, g->since);
    sql_bind(stmt, 4, g->until);
    sql_bind_span(stmt, 5, span_from(g->words, g->count * sizeof(*g->words)));
    result = sql_step(sql, stmt, err);
    sqlite3_finalize(stmt);
    return result < 0 ? -1 : 0;
}

/* One segment: 1 made, 0 there are not rows enough, -1. */
static int keep_one(const struct word_keeping *k, int64_t *from, struct err *err)
{
    struct gathering g = {0};
    int result = gather(k->sql, *from, k->below, &g, err);

    if (result == 0 && g.rows > 0 &&
        (k->is_over || g.rows == SEGMENT_ROWS || g.count >= SEGMENT_WORDS)) {
        sort(&g);
        result = store(k->sql, &g, err) < 0 ? -1 : 1;
        *from = g.last;
    }
    free(g.words);
    return result;
}

int decision_words_keep(const struct word_keeping *keeping, struct err *err)
{
    int64_t from = 0;
    int result;

    if (sql_run(keeping->sql, schema, err) < 0)
        return -1;
    result = sql_number(keeping->sql, "SELECT max(last) FROM segment WHERE last > ?1", -1,
                        &from, err);
    while (result >= 0 && keeping->should_stop(keeping->ctx) == 0) {
        result = keep_one(keeping, &from, err);
        if (result <= 0)
            break;
    }
    return result < 0 ? -1 : 0;
}

static size_t add_client_word(const struct decisions_query *q, uint32_t *words, size_t count)
{
    if (!q->has_client)
        return count;
    if (q->client.prefix == 128)
        words[count++] = hash_word(WORD_CLIENT, span_from(q->client.ip.byte, 16));
    else if (q->client.prefix >= (ip_is_v4(&q->client.ip) ? 120 : 64))
        words[count++] = hash_word(WORD_NETWORK, network_of(&q->client.ip));
    return count;
}

size_t decision_words_of(const struct decisions_query *query, uint32_t words_r[WORDS_MAX])
{
    const struct {
        enum word_kind kind;
        struct span text;
    } texts[] = {{WORD_SENDER, query->sender},
                 {WORD_RECIPIENT, query->recipient},
                 {WORD_RULE, query->rule},
                 {WORD_VERDICT, query->verdict_count == 1 ? query->verdicts[0] : SPAN("")},
                 {WORD_QUEUE_ID, query->queue_id},
                 {WORD_MESSAGE_ID, decision_message_id(query->message_id)}};
    size_t count = 0;

    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        if (texts[i].text.len > 0)
            words_r[count++] = hash_word(texts[i].kind, texts[i].text);
    return add_client_word(query, words_r, count);
}

static uint64_t entry_at(struct span segment, size_t i)
{
    uint64_t entry;

    memcpy(&entry, segment.ptr + i * sizeof(entry), sizeof(entry));
    return entry;
}

/* The first entry that is not below. */
static size_t lower_bound(struct span segment, uint64_t value)
{
    size_t from = 0, to = segment.len / sizeof(value);

    while (from < to) {
        size_t middle = from + (to - from) / 2;

        if (entry_at(segment, middle) < value)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

size_t decision_words_find(struct span segment, const uint32_t *words, size_t word_count,
                           size_t *count_r)
{
    size_t best = 0;

    *count_r = SIZE_MAX;
    for (size_t i = 0; i < word_count; i++) {
        size_t from = lower_bound(segment, (uint64_t)words[i] << 32);
        size_t to = words[i] == UINT32_MAX
                        ? segment.len / sizeof(uint64_t)
                        : lower_bound(segment, ((uint64_t)words[i] + 1) << 32);

        if (to - from < *count_r) {
            *count_r = to - from;
            best = from;
        }
    }
    if (word_count == 0)
        *count_r = 0;
    return best;
}

uint32_t decision_words_row(struct span segment, size_t entry)
{
    return (uint32_t)entry_at(segment, entry);
}
