/* Revisions of the rules: text, numbered 1, 2, 3 ..., immutable, each naming the sha256 of its parent. The highest number is the head.
 * The store does not compile: whoever adds has checked and tested the text. */
#ifndef STORE_REVISIONS_H
#define STORE_REVISIONS_H
#include "base/span.h"
#include "store/policy_db.h"

#define REVISIONS_ANY_BASE   UINT64_MAX
#define REVISIONS_MAX_NOTE   1000 /* bytes; longer ones are refused */
#define REVISIONS_MAX_AUTHOR 200
#define REVISIONS_MAX_LIST   1000 /* of one revisions_list */

struct revision {
    uint64_t number;
    int64_t time_ms;
    char *author, *note; /* never NULL in one that was read */
    char sha256[65];     /* of text, lower case hexadecimal */
    char parent[65];     /* sha256 of number - 1; empty for the first */
    struct span text;    /* empty in revisions_list */
    char *memory;        /* owns text */
};
void revision_clear(struct revision *revision);

struct revision_draft {
    struct span text; /* 1 .. RULES_MAX_BYTES bytes */
    const char *author;
    const char *note; /* NULL: none */
    uint64_t base;    /* the head it was made from (0: none yet), or REVISIONS_ANY_BASE */
};
/* 1 added (*number_r), 0 the head is no longer `base` (err says which it is), -1. */
int revisions_add(struct policy_db *db, const struct revision_draft *draft, uint64_t *number_r,
                  struct err *err);
/* A revision as a signed log says it: with its number, time, author and note; one of that number that is there is replaced. parent is filled in
 * from the one below, when it is there. is_first: those of before are another history, and go. */
int revisions_take(struct policy_db *db, const struct revision *revision, bool is_first,
                   struct err *err);
/* 1 found (clear it), 0 there is none, -1. A text that no longer has its sha256 is an error. */
int revisions_get(struct policy_db *db, uint64_t number, struct revision *revision_r,
                  struct err *err);
int revisions_head(struct policy_db *db, struct revision *revision_r, struct err *err);
/* Newest first, without text, those below `before` (0: from the head), at most limit. Free with revisions_free. */
int revisions_list(struct policy_db *db, uint64_t before, size_t limit,
                   struct revision **list_r, size_t *count_r, struct err *err);
void revisions_free(struct revision **list, size_t count);
#endif
