/* Words, strings, patterns and signs of a rules file, one at a time, each with its place. Private to the front half of rules/. */
#ifndef RULES_LEX_H
#define RULES_LEX_H
#include "rules/problems.h"
#include "rules/ruleset.h"

enum token_kind {
    TOKEN_END = 1, /* of the file */
    TOKEN_WORD,    /* names, numbers, addresses, networks: up to a blank or a sign */
    TOKEN_STRING,  /* text: between the quotes, \" and \\ undone */
    TOKEN_PATTERN, /* text: between the slashes as written, \/ undone */
    TOKEN_LIST,    /* $NAME; text: NAME */
    TOKEN_OPEN,    /* { */
    TOKEN_CLOSE,   /* } */
    TOKEN_OPEN_ROUND,
    TOKEN_CLOSE_ROUND,
    TOKEN_OPEN_SQUARE,
    TOKEN_CLOSE_SQUARE,
    TOKEN_COMMA,
    TOKEN_OPERATOR,     /* op: = != < <= > >= */
    TOKEN_NULL_ADDRESS, /* <> */
    TOKEN_BAD           /* an error was reported */
};

struct token {
    enum token_kind kind;
    enum compare_op op;
    bool ignore_case; /* TOKEN_PATTERN with i */
    bool begins_line; /* nothing but blanks before it */
    struct span text;
    struct place place;
};

struct lexer {
    struct arena *arena; /* of strings with escapes */
    struct problems *problems;
    const char *at, *end;
    const char *line_start;
    uint32_t line;
    uint32_t begun_line; /* the last one in which a token was taken */
    struct place
        last; /* behind the last token: where something is missing at the end of the file */
    bool
        has_failed; /* a sign or string made no sense: what follows in the same rule is not to be trusted */
};

/* False when the text is not UTF-8 or holds control characters: reported, and nothing can be read. */
bool lex_begin(struct lexer *lexer, struct arena *arena, struct span text,
               struct problems *problems);
void lex_next(struct lexer *lexer, struct token *token_r);
/* The same inside the braces of a list, where everything but a blank, a comma and } belongs to the item: WORD, STRING,
 * CLOSE, END or BAD; with may_be_pattern also PATTERN. */
void lex_item(struct lexer *lexer, bool may_be_pattern, struct token *token_r);
/* The token as an error text names it: "then", `"text"`, end of file. At most 60 bytes of it. */
const char *lex_describe(struct arena *arena, const struct token *token);
#endif
