/* action_table.c - THE table of actions: name, chains, kind, shape, help. Parser, checker, man page and completion read it. */
#include "rules/ruleset.h"

#define POL  ACTION_IN_POLICY
#define FIL  ACTION_IN_FILTER
#define BOTH (ACTION_IN_POLICY | ACTION_IN_FILTER)
#define END  ACTION_IS_FINAL
#define RES  ACTION_RESTRICTS
#define PER  ACTION_PERMITS
#define DONE ACTION_IMPLEMENTED

/* clang-format off */
const struct action_row action_table[ACTION__COUNT] = {
    [0] = {"", 0, "", ""},
    [ACTION_ACCEPT] = {"accept", BOTH | END | PER | DONE, "",
        "ends this chain: nothing below is asked"},
    [ACTION_PERMIT_RELAY] = {"permit relay", POL | PER | DONE, "",
        "the answer on the staging path is OK if nothing below refuses"},
    [ACTION_VERIFY] = {"verify", POL | DONE, "",
        "the answer is reject_unverified_recipient if nothing below refuses"},
    [ACTION_REJECT] = {"reject", BOTH | END | RES | DONE, "\"5.x.y text\"",
        "refuses for good"},
    [ACTION_DEFER] = {"defer", BOTH | END | RES | DONE, "\"4.x.y text\"",
        "refuses for now: the client tries again"},
    [ACTION_GREYLIST] = {"greylist", POL | END | RES | DONE, "3m",
        "defers for so long what a client's network sends from a sender to a recipient for the first time"},
    [ACTION_QUARANTINE] = {"quarantine", FIL | END | RES | DONE, "[\"reason\"]",
        "kept here, never delivered; 250 to the client, or the reject that follows in the same rule"},
    [ACTION_KEEP] = {"keep", FIL | DONE, "",
        "delivered, and a copy stored"},
    [ACTION_DISCARD] = {"discard", FIL | END | RES | DONE, "",
        "250 to the client, and nothing more"},
    [ACTION_HOLD] = {"hold", FIL | END | RES | DONE, "",
        "into Postfix's hold queue"},
    [ACTION_SCORE] = {"score", BOTH | DONE, "N",
        "adds N points (1, 2.5, -1) for rules below that ask score"},
    [ACTION_TAG] = {"tag", BOTH | DONE, "\"name\"",
        "marks the message for rules below that ask tag(\"name\")"},
    [ACTION_LOG] = {"log", BOTH | DONE, "\"text\"",
        "one line in the log"},
    [ACTION_SKIP] = {"skip", BOTH | PER | DONE, "RULE, ...",
        "the named rules below are not asked"},
    [ACTION_ADD_HEADER] = {"add header", FIL | DONE, "\"Name\" \"value\"",
        "adds a header at the top"},
    [ACTION_REMOVE_HEADER] = {"remove header", FIL | DONE, "\"Name\"",
        "removes every header of this name"},
    [ACTION_PREFIX_SUBJECT] = {"prefix subject", FIL | DONE, "\"text\"",
        "puts text before the subject"},
    [ACTION_APPEND_TEXT] = {"append text", FIL, "\"text\"",
        "puts text below the message"},
    [ACTION_REDIRECT] = {"redirect", FIL, "\"address\"",
        "delivered to this address instead"},
    [ACTION_COPY] = {"copy", FIL, "\"address\"",
        "delivered to this address too"},
    [ACTION_STRIP] = {"strip", FIL | RES, "",
        "the part that holds the match becomes a notice; the original is kept in quarantine"},
};
/* clang-format on */

const struct name_value list_type_names[] = {
    {"ip", LIST_IP},         {"domain", LIST_DOMAIN},   {"address", LIST_ADDRESS},
    {"string", LIST_STRING}, {"pattern", LIST_PATTERN}, {NULL, 0},
};

const struct name_value compare_op_names[] = {
    {"=", OP_EQ},
    {"!=", OP_NE},
    {"<", OP_LT},
    {"<=", OP_LE},
    {">", OP_GT},
    {">=", OP_GE},
    {"in", OP_IN},
    {"not in", OP_NOT_IN},
    {"contains", OP_CONTAINS},
    {"starts with", OP_STARTS_WITH},
    {"ends with", OP_ENDS_WITH},
    {"matches", OP_MATCHES},
    {NULL, 0},
};

const struct name_value disposition_names[] = {
    {"pass", DISPOSITION_PASS},
    {"permit", DISPOSITION_PERMIT},
    {"verify", DISPOSITION_VERIFY},
    {"deliver", DISPOSITION_DELIVER},
    {"reject", DISPOSITION_REJECT},
    {"defer", DISPOSITION_DEFER},
    {"discard", DISPOSITION_DISCARD},
    {"hold", DISPOSITION_HOLD},
    {"quarantine", DISPOSITION_QUARANTINE},
    {NULL, 0},
};
