/* From tokens to sentences: what stands in a rules file, in its own words; nothing is looked up yet. check.h gives it meaning.
 * All memory is the parser's arena's. Private to the front half of rules/. */
#ifndef RULES_PARSE_H
#define RULES_PARSE_H
#include "rules/lex.h"

#define PARSE_MAX_ARGUMENTS 1000 /* items of one pair of braces, arguments of one action */
#define PARSE_MAX_ACTIONS   50   /* of one rule */
#define PARSE_MAX_SETS      200  /* of one test, members of one record */
#define PARSE_MAX_NAME      80   /* bytes of the name of a rule or list */

enum raw_kind {
    RAW_WORD = 1,
    RAW_STRING,
    RAW_PATTERN,
    RAW_LIST,         /* $text */
    RAW_NULL_ADDRESS, /* <> */
    RAW_CALL,         /* text(items) */
    RAW_PAIR,         /* (items), inside a call */
    RAW_BRACES        /* { items } */
};
struct raw_term {
    enum raw_kind kind;
    struct span text;
    bool ignore_case;
    size_t count;
    const struct raw_term *items;
    struct place place;
};

struct raw_expr {
    enum expr_kind kind;
    enum compare_op op;
    enum fact_state state;
    struct span record;
    size_t child_count;
    const struct raw_expr **children;
    struct raw_term left, right;
    struct place place; /* of the operator, or of the first word */
};

struct raw_action {
    enum action_kind kind;
    size_t count;
    const struct raw_term *arguments;
    struct place place;
};

struct raw_rule {
    struct span name;
    enum chain chain;
    bool is_warn, is_off, unknown_passes;
    const struct raw_expr *when, *unless;
    size_t action_count;
    const struct raw_action *actions;
    struct place place;
};

struct raw_list {
    struct span name;
    enum list_type type;
    bool has_items;
    size_t count;
    const struct raw_term *items;
    struct place place;
};

struct raw_set {
    bool is_list;            /* list NAME { items } */
    bool is_record;          /* RECORD { FACT literal, ... } */
    struct raw_term subject; /* fact, or name of the record or list */
    enum fact_state state;   /* of a fact: VALUE with a term, ABSENT, UNKNOWN */
    struct raw_term value;
    size_t count; /* items of a list, members of a record */
    const struct raw_term *items;
    const struct raw_set *members;
};

struct raw_test {
    struct span name;
    enum chain chain;
    size_t set_count;
    const struct raw_set *sets;
    struct span expect, by;
    struct place place, expect_place, by_place;
};

struct raw_file {
    size_t list_count, rule_count, test_count;
    const struct raw_list *lists;
    const struct raw_rule *rules;
    const struct raw_test *tests;
};

struct parser {
    struct arena *arena;
    struct problems *problems;
    struct lexer lexer;
    struct token token; /* not yet taken */
    struct raw_file file;
    int chain; /* the one last named, or -1 */
    bool has_chain[2];
    size_t nodes; /* of all conditions */
    size_t items; /* in braces */
    unsigned depth;
    bool
        is_fresh; /* no error was reported since the last sentence began: the next one is worth saying */
};

/* Reads everything there is; sentences with errors are left out. */
void parse_file(struct parser *parser, struct arena *arena, struct span text,
                struct problems *problems, struct raw_file *file_r);

/* parse_token.c: what the parts share. Each returns false after an error. */
void parse_advance(struct parser *p);
bool parse_is_word(const struct parser *p, const char *word);
bool parse_take_word(struct parser *p, const char *word); /* takes it if it is there */
bool parse_take(struct parser *p, enum token_kind kind);
bool parse_fail(struct parser *p, struct place place, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));       /* always false */
const char *parse_found(const struct parser *p); /* the token, for an error text */
bool parse_expect(struct parser *p, enum token_kind kind, const char *what);
/* The name of a rule or list: a word of letters, digits, - _ . that is no keyword. */
bool parse_name(struct parser *p, const char *of, struct span *name_r);
/* Makes room for one more: a new array of twice the size whenever count is 0 or a power of two. */
void *parse_grow(struct arena *arena, const void *array, size_t count, size_t size);
/* The items of a list up to the closing brace, the opening one being the current token. */
bool parse_items(struct parser *p, bool may_be_pattern, size_t *count_r,
                 const struct raw_term **items_r);

/* parse_expr.c, parse_term.c */
bool parse_expr(struct parser *p, const struct raw_expr **expr_r);
bool parse_term(struct parser *p, struct raw_term *term_r);
/* parse_action.c: the actions after then. */
bool parse_actions(struct parser *p, struct raw_rule *rule);
bool parse_is_action(const struct parser *p); /* the token begins an action */
/* parse_test.c: after the word test. */
bool parse_test(struct parser *p);
#endif
