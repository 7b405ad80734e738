/* Quarantined messages: one file each, and the file is the truth. quarantine_dir holds
 *   tmp/        being written; removed at the next start
 *   held/       waits for somebody's decision
 *   releasing/  claimed by one release, under way
 *   released/   was handed to Postfix; kept as proof until it expires
 *   unknown/    a release whose outcome cannot be known (a crash between Postfix's 250 and our note); never sent again by itself
 *   deleted/    tombstone: its message is cut off
 *   copy/       another node's message ("Holder: ID" in its header, under that node's id for it), kept in case that node is lost
 * A state is the directory, a change of state one rename, durable when the call returns; so a release is claimed exactly once.
 *
 * A file: "Postgate-Quarantine: 1", then "Name: value" lines (values as sink_log writes them, so a line is a line whatever the sender sent),
 * "Message-Bytes", "Message-Sha256", "Message-Kept" last, a blank line, the message as received, then notes, one a line
 * ("1795309323000 released: text"). A tombstone says "Message-Kept: no " and goes on with its notes.
 * milter.db holds a copy of the headers for listing; it is a cache, rebuilt by quarantine_reindex and by itself when it is damaged.
 *
 * All functions may be called from any thread. One process at a time (lock file). Ids are foreign input: checked here. */
#ifndef STORE_QUARANTINE_H
#define STORE_QUARANTINE_H
#include "base/arena.h"
#include "base/err.h"
#include "base/ipnet.h"
#include "base/names.h"

#define QUARANTINE_ID_SIZE                                                                     \
    26 /* "20261122-0123456789abcdef" and NUL; those of before have 4 digits less */
#define QUARANTINE_MAX_HEADER (1024 * 1024)
#define QUARANTINE_MAX_NOTES  (64 * 1024)
#define QUARANTINE_MAX_LIST   10000
/* Client networks counted apart in a day; later ones share one account. */
#define QUARANTINE_MAX_NETWORKS 65536

enum quarantine_state {
    QUARANTINE_HELD = 1,
    QUARANTINE_RELEASING,
    QUARANTINE_RELEASED,
    QUARANTINE_UNKNOWN,
    QUARANTINE_DELETED,
    QUARANTINE_COPY
};
extern const struct name_value quarantine_state_names[];

struct quarantine_options {
    const char *dir;
    const char *index_path;                            /* state_dir/milter.db; NULL: none */
    int64_t max_percent, min_free, client_bytes, days; /* settings quarantine_* */
};
struct quarantine;
/* Makes the directories (0700), clears tmp, settles what a crash left in releasing (quarantine_sending was called: unknown; else held
 * again), sums up what is there. NULL on error, also when another process holds it. */
struct quarantine *quarantine_open(const struct quarantine_options *options, struct err *err);
void quarantine_close(struct quarantine **quarantine);

/* Of one message; NULL or empty spans: none. */
struct quarantine_entry {
    char id[QUARANTINE_ID_SIZE];
    enum quarantine_state state;
    int64_t time_ms;
    struct span code; /* decision code */
    struct span kind; /* quarantine, reject, partial (for some recipients), keep, study */
    struct span node, path;
    struct span holder; /* of a copy: the id of the node that holds the message */
    struct span client, client_name, helo, auth_user; /* client: address as text */
    struct span sender;                               /* without <>; empty: null sender */
    size_t recipient_count;                           /* those it is kept for; at most 10,000 */
    const struct span *recipients;                    /* without <> */
    struct span queue_id, message_id, from, subject;
    struct span rule, reason, reasons; /* reasons: rules/explain text */
    uint64_t revision;
    uint64_t message_bytes;
    char sha256[65];   /* of the message as stored */
    struct span notes; /* read only: one a line */
};

enum quarantine_put {
    QUARANTINE_FAILED = -1, /* not durable (disk full, I/O): the caller defers */
    QUARANTINE_STORED = 0,
    QUARANTINE_OVER = 1 /* a bound is reached, nothing was written; err names the setting */
};
/* Stores the whole of message_fd (sealed memfd; its position is neither used nor changed). entry: id, state, bytes and sha256 are
 * ignored, time_ms 0 means now. When it returns STORED the file is durable under its id. */
enum quarantine_put quarantine_put(struct quarantine *quarantine,
                                   const struct quarantine_entry *entry, int message_fd,
                                   char id_r[QUARANTINE_ID_SIZE], struct err *err);

/* The same for a copy of another node's message: under that node's id for it (entry->id), in the state copy; entry->holder and sha256 must be set,
 * bytes that are not those are FAILED. STORED also when the id is here already. */
enum quarantine_put quarantine_put_copy(struct quarantine *quarantine,
                                        const struct quarantine_entry *entry, int message_fd,
                                        struct err *err);
/* Removes a copy, with its message: 1; 0 there is no copy of that holder under this id; -1. */
int quarantine_drop_copy(struct quarantine *quarantine, const char *id, struct span holder,
                         struct err *err);

/* 1 found, 0 there is none, -1 unreadable. All in arena. what: an id, or a decision code (the newest entry with it). */
int quarantine_read(struct quarantine *quarantine, struct span what, struct arena *arena,
                    struct quarantine_entry *entry_r, struct err *err);
/* The same, and the message as a descriptor at its first byte (read exactly entry_r->message_bytes, or pread from *offset_r); the stored
 * bytes are checked against their sha256 first. The caller closes it. */
int quarantine_open_message(struct quarantine *quarantine, struct span what,
                            struct arena *arena, struct quarantine_entry *entry_r, int *fd_r,
                            int64_t *offset_r, struct err *err);

struct quarantine_filter {
    enum quarantine_state state; /* 0: any */
    int64_t since_ms;            /* 0: any */
    struct span before;          /* an id: only older ones; empty: any */
    size_t limit;                /* 1 .. QUARANTINE_MAX_LIST */
};
/* Newest first, from the index, or from the files when there is no usable index. notes are empty. */
int quarantine_list(struct quarantine *quarantine, const struct quarantine_filter *filter,
                    struct arena *arena, struct quarantine_entry **list_r, size_t *count_r,
                    struct err *err);

/* held -> releasing. 1 claimed; 0 not held (err says its state); -1. Of two who try at once, one gets 1. */
int quarantine_claim(struct quarantine *quarantine, const char *id, struct err *err);
/* copy -> releasing, the same. A claim that ends with held makes it a copy again. */
int quarantine_claim_copy(struct quarantine *quarantine, const char *id, struct err *err);
/* Durably notes that the message may now reach Postfix: call before the final dot; from here on a crash leaves it unknown. */
int quarantine_sending(struct quarantine *quarantine, const char *id, struct err *err);
/* Ends a claim, or settles an unknown one: to released, unknown or held; held and unknown may also go to deleted. note (may be NULL) is
 * kept with it. 1 done; 0 not in a state from which that is possible (err says it); -1. */
int quarantine_settle(struct quarantine *quarantine, const char *id, enum quarantine_state to,
                      const char *note, struct err *err);
/* held or unknown -> deleted: = quarantine_settle(..., QUARANTINE_DELETED, note, ...). */
int quarantine_delete(struct quarantine *quarantine, const char *id, const char *note,
                      struct err *err);

/* Removes entries of any state but releasing stored more than `days` ago. *removed_r may be NULL. Call now and then (hourly). */
int quarantine_expire(struct quarantine *quarantine, size_t *removed_r, struct err *err);
int quarantine_reindex(struct quarantine *quarantine, size_t *count_r, struct err *err);

struct quarantine_usage {
    uint64_t bytes, limit_bytes, free_bytes; /* limit: the share of the file system */
    size_t entries;
    bool is_index_failing;
};
void quarantine_use(struct quarantine *quarantine, struct quarantine_usage *usage_r);
#endif
