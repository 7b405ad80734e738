/* The facts of one transaction (or of one recipient of it): typed values in three states, plus "not learnt yet".
 * Owns all its bytes. Not thread-safe: only the owning thread reads and writes it; checks answer through a mailbox. */
#ifndef FACTS_FACTS_H
#define FACTS_FACTS_H
#include "base/arena.h"
#include "base/ipnet.h"
#include "facts/fact_table.h"

enum fact_state {
    FACT_PENDING = 0, /* not learnt yet */
    FACT_VALUE,
    FACT_ABSENT, /* we looked, there is none */
    FACT_UNKNOWN /* could not be learnt; reason says why */
};

struct value {
    int64_t number;   /* bool, number, size, duration, score, enum word */
    struct ip ip;     /* TYPE_IP */
    struct span text; /* domain, address, string */
};

/* A set has count 0..FACTS_MAX_SET values (an empty set is a value); everything else exactly one. */
struct fact {
    enum fact_state state;
    struct span reason; /* of unknown */
    uint32_t count;
    const struct value *values;
};

/* Limits of one transaction. What exceeds them is refused by the setter (returns false) and must become unknown. */
#define FACTS_MAX_SET     4096
#define FACTS_MAX_RECORDS 20000
#define FACTS_MAX_KEYED   1024
#define FACTS_MAX_TEXT    (1024 * 1024)      /* one value */
#define FACTS_MAX_REASON  1000               /* a reason or a key; longer reasons are cut */
#define FACTS_MAX_BYTES   (16 * 1024 * 1024) /* all of one transaction */

struct facts;

struct facts *facts_new(void);
void facts_free(struct facts **facts);
struct facts *facts_copy(const struct facts *facts);

const struct fact *facts_get(const struct facts *facts,
                             enum fact_id id); /* never NULL; PENDING when not learnt */
/* Setting again replaces. Bytes are copied. Each returns false (and stores unknown "too large") past a limit above. */
bool facts_set(struct facts *facts, enum fact_id id, struct value value);
bool facts_set_number(struct facts *facts, enum fact_id id, int64_t number);
bool facts_set_text(struct facts *facts, enum fact_id id, struct span text);
bool facts_set_ip(struct facts *facts, enum fact_id id, const struct ip *ip);
bool facts_set_many(struct facts *facts, enum fact_id id, const struct value *values,
                    size_t count);
void facts_set_absent(struct facts *facts, enum fact_id id);
void facts_set_unknown(struct facts *facts, enum fact_id id, struct span reason);
void facts_forget(struct facts *facts, enum fact_id id); /* back to PENDING */

/* Records: a list that is pending until facts_records_learnt; then complete, or incomplete with a reason. */
struct record_list {
    enum fact_state
        state; /* PENDING, VALUE (learnt, maybe incomplete), UNKNOWN (nothing could be learnt) */
    bool is_incomplete;
    struct span reason; /* of incomplete or unknown */
    size_t count;
};
const struct record_list *facts_records(const struct facts *facts, enum record record);
const struct fact *facts_record_get(const struct facts *facts, enum record record, size_t index,
                                    enum fact_id id);
/* Adds an element whose facts are all absent; its index, or -1 past FACTS_MAX_RECORDS. */
int facts_record_add(struct facts *facts, enum record record);
/* As facts_set_many and friends, for one element. fact: copied whole. */
bool facts_record_set(struct facts *facts, enum record record, size_t index, enum fact_id id,
                      const struct fact *fact);
void facts_records_learnt(struct facts *facts, enum record record, bool is_incomplete,
                          struct span reason);
void facts_records_unknown(struct facts *facts, enum record record, struct span reason);

/* Facts with an argument: header("Name") under the lower-case name; counters under their canonical text
 * ("messages auth.user 3600"). Never NULL; PENDING when not learnt. */
const struct fact *facts_keyed(const struct facts *facts, enum fact_id id, struct span key);
bool facts_set_keyed(struct facts *facts, enum fact_id id, struct span key,
                     const struct fact *fact);
struct keyed_fact {
    enum fact_id id;
    struct span key;
    struct fact fact;
};
size_t facts_keyed_count(const struct facts *facts);
const struct keyed_fact *facts_keyed_at(const struct facts *facts, size_t index);

/* Puts every fact of `from` that is not PENDING into `to` (records and keyed too). False past a limit. */
bool facts_merge(struct facts *to, const struct facts *from);

/* What an evaluation sees: facts of the message, and those of one recipient (PER_RECIPIENT rows and `recipient` itself),
 * which may be NULL where no recipient is meant. */
struct facts_view {
    const struct facts *message;
    const struct facts *recipient;
};
const struct fact *facts_view_get(const struct facts_view *view, enum fact_id id);

/* The same state, and the same values in the same order (of unknown: the same reason). */
bool fact_equal(enum fact_id id, const struct fact *a, const struct fact *b);
/* Prints a fact as rules write it: 192.0.2.1, "text", {a, b}, absent, unknown (reason). */
void fact_print(struct str *out, enum fact_id id, const struct fact *fact);
#endif
