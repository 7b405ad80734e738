/* The sentences of milter-ctl and the words of one call matched to them. The table is grammar, help, completion and man page at once.
 *   "list add NAME ITEM... [--force]"    lower case: said as it stands; upper case: a parameter of that type (parameters.c);
 *   ... any number; [ ] may be left out; --option, or --option VALUE */
#ifndef CTL_ARGUMENTS_H
#define CTL_ARGUMENTS_H
#include "base/err.h"
#include "base/names.h"
#include "base/span.h"

struct ctl;
struct arguments;

#define SENTENCE_NO_SETTINGS 0x01u /* runs without reading postgate.cf */
#define SENTENCE_SECRET      0x02u /* works with a secret: a word too many may be that */
struct sentence {
    const char *grammar;
    int (*run)(struct ctl *ctl,
               const struct arguments *arguments); /* returns enum control_exit */
    unsigned flags;
    const char *help;   /* one line, without a dot */
    const char *detail; /* sentences for the man page, or NULL */
};
extern const struct sentence sentences[]; /* ended by a row without grammar */

/* What they begin with, for "did you mean"; a test compares it with the table. */
extern const struct name_value sentence_nouns[];

enum slot_kind { SLOT_WORD = 1, SLOT_PARAMETER, SLOT_FLAG, SLOT_OPTION };
struct slot {
    enum slot_kind kind;
    struct span name; /* "add", "NAME", "--force" */
    struct span type; /* of the value: "NAME"; of SLOT_OPTION "TEXT" */
    bool is_optional, is_repeated;
};
#define SLOTS_MAX 24
/* Cuts a grammar into slots; returns how many. A wrong table is a bug: the unit test calls this for every row. */
size_t sentence_slots(const struct sentence *sentence, struct slot slots_r[SLOTS_MAX]);
/* How many of the grammar's words argv begins with; *all_r when that is all of them. */
size_t sentence_matches(const struct sentence *sentence, char *const *argv, size_t argc,
                        bool *all_r);

struct argument {
    struct span name;  /* of the slot */
    const char *value; /* "" for a flag */
};
struct arguments {
    const struct sentence *sentence;
    size_t count;
    struct argument *list;
};
/* Fits argv (behind the words of the sentence) into its slots, each value checked by its type. -1: err says what is wrong. */
int arguments_parse(struct arguments *arguments_r, const struct sentence *sentence,
                    char *const *argv, size_t argc, struct err *err);
void arguments_clear(struct arguments *arguments);
const char *arguments_get(const struct arguments *arguments,
                          const char *name); /* the first, or NULL */
bool arguments_has(const struct arguments *arguments, const char *name);
/* Walks the values of a repeated one: *at begins as 0; NULL ends. */
const char *arguments_next(const struct arguments *arguments, const char *name, size_t *at);

struct parameter {
    const char *name;
    int (*check)(const char *value, struct err *err);
    const char *help;
};
extern const struct parameter parameters[]; /* ended by a row without name */
const struct parameter *parameter_find(struct span name);
#endif
