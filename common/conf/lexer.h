/* postgate.cf cut into name and value, as Postfix reads main.cf: a line that begins with a blank continues the one before, empty lines
 * and lines whose first character (blanks aside) is # count for nothing, also between continued lines. */
#ifndef CONF_LEXER_H
#define CONF_LEXER_H
#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"

struct conf_lexer {
    struct span rest;
    uint32_t line; /* number of the line at the front of rest, from 1 */
    struct arena *arena;
};

struct conf_line {
    struct span name, value; /* trimmed; continued parts joined by one blank */
    uint32_t line;           /* where the name stands */
};

void conf_lexer_init(struct conf_lexer *lexer, struct span text, struct arena *arena);
/* 1 a setting, 0 the end, -1 this line is no setting: err says why, line_r->line where; the next call goes on behind it. */
int conf_lexer_next(struct conf_lexer *lexer, struct conf_line *line_r, struct err *err);
#endif
