/* What is wrong with a rules file: errors and warnings with place, text and the line with a caret. Printed as
 *   file:line:col: error: what is wrong; what would be right
 *       the line
 *           ^                                                                                            */
#ifndef RULES_PROBLEMS_H
#define RULES_PROBLEMS_H
#include "base/arena.h"
#include "base/str.h"

#define PROBLEMS_MAX 50 /* more are counted, not kept */

struct problem {
    bool is_warning;
    uint32_t line, column; /* from 1; column in bytes */
    const char *text;
};

struct problems {
    struct arena *arena;
    const char *file;
    struct span source;
    struct problem list[PROBLEMS_MAX];
    size_t count;    /* kept */
    size_t errors;   /* all */
    size_t warnings; /* all */
};

void problems_init(struct problems *p, const char *file, struct span source);
void problems_clear(struct problems *p);
void problems_error(struct problems *p, uint32_t line, uint32_t column, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
void problems_warn(struct problems *p, uint32_t line, uint32_t column, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
void problems_print(struct str *out, const struct problems *p); /* in order of place */
#endif
