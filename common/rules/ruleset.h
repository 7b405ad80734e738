/* A compiled rule set: immutable, counted, shared by all threads. Made from text by ruleset_compile (lex, parse, check, patterns),
 * read by eval, explain, rule_test. All memory is its arena's. */
#ifndef RULES_RULESET_H
#define RULES_RULESET_H
#include "facts/facts.h"
#include "rules/problems.h"

/* Limits; a file beyond them is refused with an error that names the limit. */
#define RULES_MAX_BYTES    (4 * 1024 * 1024)
#define RULES_MAX_RULES    2000
#define RULES_MAX_LISTS    500
#define RULES_MAX_TESTS    2000
#define RULES_MAX_DEPTH    40     /* nesting of one condition */
#define RULES_MAX_NODES    20000  /* of one file */
#define RULES_MAX_ITEMS    100000 /* in braces, one file */
#define RULES_MAX_PATTERNS 2000
#define RULES_MAX_PATTERN  1000 /* bytes of one */
/* Different header(...) and counters of one chain, and bytes of their names: what the inspector takes, and one transaction holds. */
#define RULES_MAX_FUNCTIONS      500
#define RULES_MAX_FUNCTION_BYTES 32000
#define RULES_LANGUAGE           1 /* the version of the language this build speaks */

enum list_type { LIST_IP = 1, LIST_DOMAIN, LIST_ADDRESS, LIST_STRING, LIST_PATTERN };
extern const struct name_value list_type_names[];

struct place {
    uint32_t line, column;
};

struct list_decl {
    struct span name;
    enum list_type type;
    bool has_items; /* braces: part of the revision */
    size_t item_count;
    const struct span *items;  /* as written, checked */
    struct list_image *image;  /* of the items; NULL without braces (rules/list_image.h) */
    struct patterns *patterns; /* LIST_PATTERN with braces (rules/pattern.h) */
    struct place place;
};

enum term_kind { TERM_FACT = 1, TERM_LIST, TERM_LITERALS, TERM_PATTERN };
struct term {
    enum term_kind kind;
    enum value_type type;
    bool is_set;
    enum fact_id fact; /* TERM_FACT; functions too */
    struct span
        key; /* of a function: canonical argument ("subject" lower-case for header, "messages auth.user 3600") */
    int key_fact[2]; /* of counters: the facts the key is made of, FACT_NONE when fewer */
    uint32_t list;   /* TERM_LIST: index into ruleset lists */
    size_t count;    /* TERM_LITERALS: values; `{}` braces and single ones alike */
    const struct value *values;
    const struct ipnet *nets;        /* TERM_LITERALS of TYPE_IP */
    const struct patterns *patterns; /* TERM_PATTERN: exactly one */
    struct span pattern_text;        /* as written: /text/i */
    struct place place;
};

enum expr_kind {
    EXPR_AND = 1,
    EXPR_OR,
    EXPR_NOT,
    EXPR_COMPARE, /* left op right */
    EXPR_TRUTH,   /* a bool term alone */
    EXPR_STATE, /* term known | absent | unknown; also sender = <> (absent) and, under NOT, sender != <> */
    EXPR_ANY,
    EXPR_ALL,
    EXPR_NO
};
enum compare_op {
    OP_EQ = 1,
    OP_NE,
    OP_LT,
    OP_LE,
    OP_GT,
    OP_GE,
    OP_IN,
    OP_NOT_IN,
    OP_CONTAINS,
    OP_STARTS_WITH,
    OP_ENDS_WITH,
    OP_MATCHES
};
extern const struct name_value compare_op_names[];

struct expr {
    enum expr_kind kind;
    enum compare_op op;
    enum fact_state state; /* EXPR_STATE: VALUE, ABSENT, UNKNOWN */
    enum record record;    /* ANY ALL NO */
    size_t child_count;    /* AND OR: 2 or more; NOT ANY ALL NO: 1 */
    const struct expr *const *children;
    struct term left, right;
    bool reads_recipient; /* it or anything below */
    struct place place;
};

/* Text with facts in braces: parts in order. */
struct text_part {
    bool is_fact;
    struct span literal;
    enum fact_id fact;
    struct span key; /* header("X") */
};
struct text_template {
    size_t count;
    const struct text_part *parts;
};

enum action_kind {
    ACTION_ACCEPT = 1,
    ACTION_PERMIT_RELAY,
    ACTION_VERIFY,
    ACTION_REJECT,
    ACTION_DEFER,
    ACTION_GREYLIST,
    ACTION_QUARANTINE,
    ACTION_KEEP,
    ACTION_DISCARD,
    ACTION_HOLD,
    ACTION_SCORE,
    ACTION_TAG,
    ACTION_LOG,
    ACTION_SKIP,
    ACTION_ADD_HEADER,
    ACTION_REMOVE_HEADER,
    ACTION_PREFIX_SUBJECT,
    ACTION_APPEND_TEXT,
    ACTION_REDIRECT,
    ACTION_COPY,
    ACTION_STRIP,
    ACTION__COUNT
};
/* THE table of actions: name as written, chains, final, restricting or permitting, learnt by this build. */
#define ACTION_IN_POLICY   0x01u
#define ACTION_IN_FILTER   0x02u
#define ACTION_IS_FINAL    0x04u
#define ACTION_RESTRICTS   0x08u
#define ACTION_PERMITS     0x10u
#define ACTION_IMPLEMENTED 0x20u /* else `apply` refuses an enforced rule with it */
struct action_row {
    const char *name;
    unsigned flags;
    const char *arguments; /* shape, for help: "\"5.x.y text\"" */
    const char *help;
};
extern const struct action_row action_table[ACTION__COUNT];

struct action {
    enum action_kind kind;
    struct span name; /* header or tag name; address of redirect, copy */
    struct text_template
        text; /* reject, defer (without the code), quarantine reason, log, header value, ... */
    char code[12];  /* enhanced status: "5.7.1" */
    int64_t number; /* score in thousandths, greylist seconds */
    size_t skip_count;
    const uint32_t *skips; /* rule indexes in the same chain, all below this rule */
    struct place place;
};

struct rule {
    struct span name;
    enum chain chain;
    bool is_warn, is_off, unknown_passes;
    const struct expr *when;   /* never NULL */
    const struct expr *unless; /* or NULL */
    size_t action_count;
    const struct action *actions;
    bool restricts, permits, is_final;
    bool reads_recipient;
    enum stage stage; /* the latest stage of a fact it asks */
    struct place place;
};

/* `with` of a test. */
struct test_set {
    enum record record;  /* RECORD_NONE: a message fact */
    enum fact_id fact;   /* message fact; FACT_NONE for records and lists */
    struct span key;     /* header("X") */
    struct fact value;   /* state and values */
    size_t member_count; /* RECORD { FACT literal, ... } */
    const struct test_set *members;
    int list; /* >= 0: list NAME { items } */
    size_t item_count;
    const struct span *items;
    struct place place;
};
enum disposition {
    DISPOSITION_PASS = 1, /* policy: DUNNO; filter: see DELIVER */
    DISPOSITION_PERMIT,
    DISPOSITION_VERIFY,
    DISPOSITION_DELIVER,
    DISPOSITION_REJECT,
    DISPOSITION_DEFER,
    DISPOSITION_DISCARD,
    DISPOSITION_HOLD,
    DISPOSITION_QUARANTINE
};
extern const struct name_value disposition_names[];
struct rule_test {
    struct span name;
    enum chain chain; /* [filter] unless `test policy` */
    size_t set_count;
    const struct test_set *sets;
    enum disposition expect;
    struct span by; /* rule name, or empty */
    struct place place;
};

/* A fact somebody asks: plain, keyed, or the records of a kind (fact = the record's first fact then). */
struct fact_ref {
    enum fact_id fact;
    struct span key;
    enum record record;
};

struct ruleset {
    struct arena *arena;
    struct span text; /* the source */
    const char *file;
    size_t list_count;
    struct list_decl *lists;
    size_t rule_count;
    const struct rule *rules; /* in file order; each names its chain */
    size_t test_count;
    const struct rule_test *tests;
    int relay_networks; /* index of the list $relay_networks, or -1: direction reads it */
    /* Everything the rules of a chain ask (not off), without repetition: what may have to be learnt, started early. */
    size_t ask_count[2];
    const struct fact_ref *asks[2];
    bool reads_recipient[2];
    size_t pattern_count; /* what must be freed beside the arena; private to ruleset.c */
    struct patterns **patterns;
    size_t image_count;
    struct list_image **images;
    unsigned references; /* atomic */
};

/* Compiles. NULL when problems->errors > 0. Warnings may be there in both cases. text is copied. problems: after problems_init with the same
 * text, or all zero (then it is begun here; problems_clear it in both cases). */
struct ruleset *ruleset_compile(struct span text, const char *file, struct problems *problems);
struct ruleset *ruleset_pin(struct ruleset *rules);
void ruleset_unpin(struct ruleset **rules);
int ruleset_list(const struct ruleset *rules, struct span name); /* index or -1 */
/* What an enforced (or warn) rule uses that this build cannot learn or do yet: errors into problems
 * ("dmarc is not learnt by this version; mark the rule (off)"). True when there is nothing. */
bool ruleset_is_applicable(const struct ruleset *rules, struct problems *problems);
#endif
