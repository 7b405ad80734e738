/* The words of reports. */
#include "control/report_by.h"

const struct name_value report_by_words[] = {
    {"time", 1},   {"node", 1},    {"verdict", 1}, {"rule", 1},
    {"reason", 1}, {"domain", 1},  {"sender", 1},  {"sender-domain", 1},
    {"client", 1}, {"country", 1}, {"path", 1},    {"direction", 1},
    {NULL, 0},
};
