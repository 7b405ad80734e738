/* authres_write.c - results and properties as text that holds nothing else. */
#include "mail/authres_write.h"

#include "mail/authres_scan.h"

#define TAB_WIDTH 8

static bool is_word_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Of a value that is printed as it is: RFC 2045's token in ASCII. */
static bool is_bare(struct span value)
{
    for (size_t i = 0; i < value.len; i++)
        if ((unsigned char)value.ptr[i] >= 0x80)
            return false;
    return authres_is_token(value);
}

static bool is_dot_atom(struct span s, const char *further)
{
    char before = '.';

    for (size_t i = 0; i < s.len; before = s.ptr[i++])
        if (s.ptr[i] == '.' ? before == '.'
                            : !is_word_byte(s.ptr[i]) &&
                                  (s.ptr[i] == '\0' || strchr(further, s.ptr[i]) == NULL))
            return false;
    return before != '.';
}

bool authres_is_plain_address(struct span address)
{
    struct span domain = address, local;

    span_cut(&domain, '@', &local);
    return domain.ptr != NULL && is_dot_atom(local, "!#$%&'*+-/?^_`{|}~") &&
           is_dot_atom(domain, "-_");
}

/* Printable ASCII but quotes, backslashes, and what results and comments are made of. */
static void add_filtered(struct str *out, struct span s, const char *refused)
{
    for (size_t i = 0; i < s.len; i++) {
        bool is_fine =
            s.ptr[i] >= 0x20 && s.ptr[i] <= 0x7e && strchr(refused, s.ptr[i]) == NULL;
        str_addc(out, is_fine ? s.ptr[i] : '?');
    }
}

static void add_value(struct str *out, struct span value)
{
    if (is_bare(value) || authres_is_plain_address(value)) {
        str_add(out, value);
        return;
    }
    str_addc(out, '"');
    add_filtered(out, value, "\"\\=;(),");
    str_addc(out, '"');
}

/* A piece that is not torn apart, on this line or the next. */
static void put(struct authres_writer *writer, const struct str *piece)
{
    if (writer->column + 1 + piece->len > AUTHRES_FOLD_AT) {
        str_adds(writer->out, "\n\t");
        writer->column = TAB_WIDTH;
    } else {
        str_addc(writer->out, ' ');
        writer->column++;
    }
    str_add(writer->out, str_span(piece));
    writer->column += piece->len;
}

void authres_begin(struct authres_writer *writer, struct str *out, struct span id)
{
    size_t start = out->len;

    add_value(out, id);
    *writer = (struct authres_writer){
        .out = out, .column = sizeof AUTHRES_HEADER ": " - 1 + out->len - start};
}

void authres_result(struct authres_writer *writer, const char *method, const char *word)
{
    size_t start = writer->out->len;

    str_printf(writer->out, ";\n\t%s=%s", method, word);
    writer->column = TAB_WIDTH + writer->out->len - start - 3;
    writer->count++;
}

void authres_comment_add(struct authres_writer *writer, const char *before, struct span text)
{
    struct str piece = STR_EMPTY;

    if (text.len == 0 || text.len > AUTHRES_TEXT_MAX)
        return;
    str_printf(&piece, "(%s", before);
    add_filtered(&piece, text, "\"\\=;(),");
    str_addc(&piece, ')');
    put(writer, &piece);
    str_clear(&piece);
}

/* "l= leaves bytes out" may be said, "x=pass" not. */
static void add_reason(struct str *out, struct span text)
{
    size_t start = out->len;

    add_filtered(out, text, "\"\\;()");
    for (size_t i = start; i + 1 < out->len; i++)
        if (out->ptr[i] == '=' && is_word_byte(out->ptr[i + 1]))
            out->ptr[i] = '?';
}

void authres_reason(struct authres_writer *writer, struct span text)
{
    struct str piece = STR_EMPTY;

    if (text.len == 0)
        return;
    if (text.len > AUTHRES_TEXT_MAX)
        text.len = AUTHRES_TEXT_MAX;
    str_adds(&piece, "reason=\"");
    add_reason(&piece, text);
    str_addc(&piece, '"');
    put(writer, &piece);
    str_clear(&piece);
}

void authres_property_add(struct authres_writer *writer, const char *name, struct span value)
{
    struct str piece = STR_EMPTY;

    if (value.len == 0 || value.len > AUTHRES_TEXT_MAX)
        return;
    str_printf(&piece, "%s=", name);
    add_value(&piece, value);
    put(writer, &piece);
    str_clear(&piece);
}

void authres_end(struct authres_writer *writer)
{
    if (writer->count == 0)
        str_adds(writer->out, "; none");
}
