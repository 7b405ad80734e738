/* lex.c - cuts a rules file into tokens, and says what is meant where another language's signs are used. */
#include "rules/lex.h"

#include <ctype.h>

#include "base/utf8.h"

/* Signs, longest first. */
static const struct {
    const char *text;
    enum token_kind kind;
    enum compare_op op;
    const char *teach; /* another language's sign: what would be right */
} signs[] = {
    {"==", TOKEN_OPERATOR, OP_EQ, "write = to compare"},
    {"=~", TOKEN_OPERATOR, OP_MATCHES, "write matches /pattern/"},
    {"=>", TOKEN_OPERATOR, OP_GE, "write >= for \"at least\""},
    {"=<", TOKEN_OPERATOR, OP_LE, "write <= for \"at most\""},
    {"!=", TOKEN_OPERATOR, OP_NE, NULL},
    {"<=", TOKEN_OPERATOR, OP_LE, NULL},
    {">=", TOKEN_OPERATOR, OP_GE, NULL},
    {"<>", TOKEN_NULL_ADDRESS, 0, NULL},
    {"=", TOKEN_OPERATOR, OP_EQ, NULL},
    {"<", TOKEN_OPERATOR, OP_LT, NULL},
    {">", TOKEN_OPERATOR, OP_GT, NULL},
    {"{", TOKEN_OPEN, 0, NULL},
    {"}", TOKEN_CLOSE, 0, NULL},
    {"(", TOKEN_OPEN_ROUND, 0, NULL},
    {")", TOKEN_CLOSE_ROUND, 0, NULL},
    {"[", TOKEN_OPEN_SQUARE, 0, NULL},
    {"]", TOKEN_CLOSE_SQUARE, 0, NULL},
    {",", TOKEN_COMMA, 0, NULL},
    {"&&", TOKEN_BAD, 0, "write and"},
    {"||", TOKEN_BAD, 0, "write or"},
    {"&", TOKEN_BAD, 0, "write and"},
    {"|", TOKEN_BAD, 0, "write or"},
    {"!", TOKEN_BAD, 0, "write not"},
    {";", TOKEN_BAD, 0, "nothing stands at the end of a rule; actions are separated by commas"},
    {"//", TOKEN_BAD, 0, "a comment begins with #"},
    {"/*", TOKEN_BAD, 0, "a comment begins with #, on each of its lines"},
    {"'", TOKEN_BAD, 0, "text stands in double quotes: \"text\""},
    {"`", TOKEN_BAD, 0, "text stands in double quotes: \"text\""},
    {"\xe2\x80\x9c", TOKEN_BAD, 0, "text stands in straight double quotes: \"text\""},
    {"\xe2\x80\x9d", TOKEN_BAD, 0, "text stands in straight double quotes: \"text\""},
    {"\xe2\x80\x9e", TOKEN_BAD, 0, "text stands in straight double quotes: \"text\""},
};

#define SIGN_COUNT (sizeof(signs) / sizeof(signs[0]))

static struct place place_here(const struct lexer *lexer)
{
    return (struct place){lexer->line, (uint32_t)(lexer->at - lexer->line_start) + 1};
}

static struct span rest(const struct lexer *lexer)
{
    return span_from(lexer->at, (size_t)(lexer->end - lexer->at));
}

/* Once a sentence: what follows is mostly a consequence. */
static void fail(struct lexer *lexer, struct place place, const char *what)
{
    if (!lexer->has_failed)
        problems_error(lexer->problems, place.line, place.column, "%s", what);
    lexer->has_failed = true;
}

bool lex_begin(struct lexer *lexer, struct arena *arena, struct span text,
               struct problems *problems)
{
    *lexer = (struct lexer){.arena = arena, .problems = problems, .line = 1};
    lexer->at = lexer->line_start = text.ptr;
    lexer->end = text.ptr + text.len;
    for (struct span left = text; left.len > 0;) {
        const char *here = left.ptr;
        uint32_t code = utf8_next(&left);

        if (code == '\n') {
            lexer->line++;
            lexer->line_start = left.ptr;
        }
        if (code != UTF8_BAD && (code >= ' ' || code == '\t' || code == '\n' || code == '\r') &&
            code != 0x7f)
            continue;
        lexer->at = here;
        fail(lexer, place_here(lexer),
             code == UTF8_BAD ? "this byte is not UTF-8; save the file as UTF-8"
                              : "a control character; rules are plain text");
        return false;
    }
    lexer->line = 1;
    lexer->line_start = text.ptr;
    if (span_starts(text, SPAN("\xef\xbb\xbf")))
        lexer->at += 3;
    return true;
}

/* Asked once a token: looks at what stands before the first one of a line only, however long its indent is. */
static bool begins_line(struct lexer *lexer)
{
    bool is_first = lexer->begun_line != lexer->line;

    lexer->begun_line = lexer->line;
    for (const char *p = lexer->line_start; is_first && p < lexer->at; p++)
        is_first = *p == ' ' || *p == '\t';
    return is_first;
}

static void skip_comment(struct lexer *lexer)
{
    while (lexer->at < lexer->end && *lexer->at != '\n')
        lexer->at++;
}

static void skip_blanks(struct lexer *lexer)
{
    for (; lexer->at < lexer->end; lexer->at++) {
        if (*lexer->at == '#') {
            skip_comment(lexer);
            if (lexer->at == lexer->end)
                return;
        }
        if (*lexer->at == '\n') {
            lexer->line++;
            lexer->line_start = lexer->at + 1;
        } else if (*lexer->at != ' ' && *lexer->at != '\t' && *lexer->at != '\r') {
            return;
        }
    }
}

/* Where the text ends: at the closing quote or slash, or at the end of the line. A backslash protects what follows. */
static const char *quoted_end(const struct lexer *lexer, char quote)
{
    const char *p = lexer->at + 1;

    while (p < lexer->end && *p != '\n' && *p != quote)
        p += *p == '\\' && p + 1 < lexer->end && p[1] != '\n' ? 2 : 1;
    return p;
}

/* In strings a backslash protects the quote and itself, nothing else; in patterns everything but the slash keeps its backslash. */
static void quoted(struct lexer *lexer, struct token *token, char quote)
{
    const char *end = quoted_end(lexer, quote);
    char *out = arena_alloc(lexer->arena, (size_t)(end - lexer->at));
    size_t len = 0;

    for (lexer->at++; lexer->at < end; lexer->at++) {
        bool is_escape = *lexer->at == '\\' && lexer->at + 1 < end;

        if (is_escape && (lexer->at[1] == quote || (quote == '"' && lexer->at[1] == '\\')))
            lexer->at++;
        else if (is_escape && quote == '"')
            fail(
                lexer, place_here(lexer),
                "in text a backslash stands only before \" and \\; write \\\\ for a backslash");
        else if (is_escape)
            out[len++] = *lexer->at++;
        out[len++] = *lexer->at;
    }
    token->text = span_from(out, len);
    if (lexer->at < lexer->end && *lexer->at == quote)
        lexer->at++;
    else
        fail(lexer, token->place,
             quote == '"' ? "this text has no end; close it with \" on the same line"
                          : "this pattern has no end; close it with / on the same line");
}

static bool is_word_byte(char c)
{
    return isalnum((unsigned char)c) || (unsigned char)c >= 0x80 ||
           (c != '\0' && strchr("_.-:/@%+*?~^\\", c) != NULL);
}

static void word(struct lexer *lexer, struct token *token)
{
    const char *from = lexer->at;

    while (lexer->at < lexer->end && is_word_byte(*lexer->at))
        lexer->at++;
    token->kind = TOKEN_WORD;
    token->text = span_from(from, (size_t)(lexer->at - from));
}

static void pattern(struct lexer *lexer, struct token *token)
{
    token->kind = TOKEN_PATTERN;
    quoted(lexer, token, '/');
    for (; lexer->at < lexer->end && isalnum((unsigned char)*lexer->at); lexer->at++) {
        if (*lexer->at == 'i')
            token->ignore_case = true;
        else
            fail(lexer, place_here(lexer),
                 "a pattern takes one letter after it: i, which ignores upper and lower case");
    }
}

static void list_name(struct lexer *lexer, struct token *token)
{
    lexer->at++;
    word(lexer, token);
    token->kind = TOKEN_LIST;
    if (token->text.len == 0)
        fail(lexer, token->place, "$ stands before the name of a list: $partners");
}

/* Where ours means the same, reading goes on with it. */
static void teach(struct lexer *lexer, const struct token *token, const char *what)
{
    if (!lexer->has_failed)
        problems_error(lexer->problems, token->place.line, token->place.column,
                       "%.*s is not used in rules; %s", SPAN_ARG(token->text), what);
    lexer->has_failed |= token->kind == TOKEN_BAD;
}

/* A sign of the table, or nothing. */
static bool sign(struct lexer *lexer, struct token *token)
{
    for (size_t i = 0; i < SIGN_COUNT; i++) {
        struct span text = span_of(signs[i].text);

        if (!span_starts(rest(lexer), text))
            continue;
        token->kind = signs[i].kind;
        token->op = signs[i].op;
        token->text = text;
        if (signs[i].teach != NULL)
            teach(lexer, token, signs[i].teach);
        lexer->at += text.len;
        return true;
    }
    return false;
}

static void lex_token(struct lexer *lexer, struct token *token_r)
{
    if (*lexer->at == '"') {
        token_r->kind = TOKEN_STRING;
        quoted(lexer, token_r, '"');
    } else if (sign(lexer, token_r)) {
        return;
    } else if (*lexer->at == '/') {
        pattern(lexer, token_r);
    } else if (*lexer->at == '$') {
        list_name(lexer, token_r);
    } else {
        word(lexer, token_r);
    }
}

void lex_next(struct lexer *lexer, struct token *token_r)
{
    skip_blanks(lexer);
    *token_r = (struct token){.kind = TOKEN_END,
                              .begins_line = begins_line(lexer),
                              .place = place_here(lexer),
                              .text = {"", 0}};
    if (lexer->at == lexer->end) {
        if (lexer->last.line > 0)
            token_r->place = lexer->last;
        return;
    }
    lex_token(lexer, token_r);
    lexer->last = place_here(lexer);
}
static bool ends_item(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ',' || c == '}';
}

void lex_item(struct lexer *lexer, bool may_be_pattern, struct token *token_r)
{
    do
        skip_blanks(lexer);
    while (lexer->at < lexer->end && *lexer->at == ',' && lexer->at++ != NULL);
    *token_r = (struct token){.kind = TOKEN_END,
                              .begins_line = begins_line(lexer),
                              .place = place_here(lexer),
                              .text = {"", 0}};
    if (lexer->at == lexer->end)
        return;
    if (*lexer->at == '"' || *lexer->at == '}' || (may_be_pattern && *lexer->at == '/')) {
        lex_next(lexer, token_r);
        return;
    }
    token_r->kind = TOKEN_WORD;
    token_r->text.ptr = lexer->at;
    while (lexer->at < lexer->end && !ends_item(*lexer->at))
        lexer->at++;
    token_r->text.len = (size_t)(lexer->at - token_r->text.ptr);
}

const char *lex_describe(struct arena *arena, const struct token *token)
{
    int len = token->text.len < 60 ? (int)token->text.len : 60;

    switch (token->kind) {
    case TOKEN_END:
        return "the end of the file";
    case TOKEN_STRING:
        return arena_printf(arena, "\"%.*s\"", len, token->text.ptr);
    case TOKEN_PATTERN:
        return arena_printf(arena, "/%.*s/", len, token->text.ptr);
    case TOKEN_LIST:
        return arena_printf(arena, "$%.*s", len, token->text.ptr);
    default:
        return arena_printf(arena, "%.*s", len, token->text.ptr);
    }
}
