/* Searching recorded decisions: newest first, row by row, bounded by a number of rows and by time. Only the owner's process; any thread; the writer is
 * never held up. What is about ten minutes old is found through words (decision_words.h), the rest and what no word tells by reading the rows. */
#ifndef STORE_DECISIONS_SEARCH_H
#define STORE_DECISIONS_SEARCH_H
#include "base/ipnet.h"
#include "store/decisions.h"

#define DECISIONS_MAX_FOUND    10000 /* rows of one search */
#define DECISIONS_MAX_VERDICTS 16
/* Rows are not quite written in their order: a search `after` a mark looks again at so many before it, and gives those that are young. */
#define DECISIONS_OVERLAP    64
#define DECISIONS_OVERLAP_MS 1000

struct decisions_mark { /* how far the records went; day 0: none */
    uint16_t day;
    uint32_t row;
    int64_t time_ms; /* when that was */
};
/* All that is given must hold; empty or zero: any. Spans live as long as the search. */
struct decisions_query {
    int64_t since_ms, until_ms; /* since <= time < until */
    struct span sender,
        recipient; /* decisions_address: "a@b", "@b" (all of that domain), "<>" (the null sender) */
    bool has_client;
    struct ipnet client;
    size_t verdict_count;
    struct span verdicts[DECISIONS_MAX_VERDICTS]; /* one of these */
    struct span rule, queue_id;
    struct span message_id; /* with or without < > */
    struct span text; /* a part of any text of the decision, facts too; ASCII case folded */
    struct span code; /* a decision code: at most one row */
    struct decisions_mark after;
    size_t limit;  /* 1 .. DECISIONS_MAX_FOUND */
    int budget_ms; /* then it ends with what it has; 0: none */
};
/* How an address is written in a query: folded as the facts are; also "@domain" and "<>". What is no address is folded only. Appended. */
void decisions_address(struct str *out, struct span text);

struct decisions_found {
    size_t count;
    bool has_more;              /* there are older ones beyond the limit */
    bool is_out_of_time;        /* older ones were not looked at */
    struct err trouble;         /* a day that could not be read (the others were); else empty */
    struct decisions_mark mark; /* for a search after this one */
};
/* take: in the order found, newest first but for a few (sort by time); the decision, without facts, is gone when it returns.
 * -1 when nothing could be searched at all. */
struct decisions_reader {
    void (*take)(void *ctx, const struct decision *decision);
    void *ctx;
};
int decisions_search(struct decisions *decisions, const struct decisions_query *query,
                     const struct decisions_reader *reader, struct decisions_found *found_r,
                     struct err *err);
#endif
