/* fact_words.c - the words of TYPE_ENUM facts. Numbers are stored in decision records: add at the end, never renumber. */
#include "facts/fact_words.h"
#include "facts/fact_table.h"

const struct name_value path_names[] = {
    {"proxy", PATH_PROXY}, {"staging", PATH_STAGING}, {"submission", PATH_SUBMISSION},
    {"local", PATH_LOCAL}, {"release", PATH_RELEASE}, {NULL, 0},
};

const struct name_value direction_names[] = {
    {"inbound", DIRECTION_INBOUND},
    {"outbound", DIRECTION_OUTBOUND},
    {"internal", DIRECTION_INTERNAL},
    {NULL, 0},
};

const struct name_value weekday_names[] = {
    {"sunday", WEEKDAY_SUNDAY},
    {"monday", 1},
    {"tuesday", 2},
    {"wednesday", 3},
    {"thursday", 4},
    {"friday", 5},
    {"saturday", WEEKDAY_SATURDAY},
    {NULL, 0},
};

const struct name_value spf_names[] = {
    {"none", 1},     {"neutral", 2},   {"pass", 3},      {"fail", 4},
    {"softfail", 5}, {"temperror", 6}, {"permerror", 7}, {NULL, 0},
};

const struct name_value dkim_names[] = {
    {"none", 1},    {"pass", 2},      {"fail", 3},      {"policy", 4},
    {"neutral", 5}, {"temperror", 6}, {"permerror", 7}, {NULL, 0},
};

const struct name_value dmarc_names[] = {
    {"none", 1}, {"pass", 2}, {"fail", 3}, {"temperror", 4}, {"permerror", 5}, {NULL, 0},
};

const struct name_value dmarc_policy_names[] = {
    {"none", 1},
    {"quarantine", 2},
    {"reject", 3},
    {NULL, 0},
};

const struct name_value arc_names[] = {
    {"none", 1}, {"pass", 2}, {"fail", 3}, {"temperror", 4}, {NULL, 0},
};

const struct name_value author_by_names[] = {
    {"login", 1},
    {"dkim", 2},
    {"spf", 3},
    {NULL, 0},
};

const struct name_value magic_names[] = {
    {"executable", 1}, {"script", 2},     {"archive", 3},   {"office", 4}, {"pdf", 5},
    {"html", 6},       {"image", 7},      {"audio", 8},     {"video", 9},  {"text", 10},
    {"message", 11},   {"diskimage", 12}, {"shortcut", 13}, {"other", 14}, {NULL, 0},
};
