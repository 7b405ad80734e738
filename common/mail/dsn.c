/* Enhanced status codes: checked where a rule is read, so that no reply is malformed later. */
#include "mail/dsn.h"

#include <stdio.h>

/* A reply to RCPT or to the message is 550 unless RFC 5321 section 4.2.3 and habit say otherwise for the subject. */
static const struct {
    int status_class;
    int subject;
    int smtp_code;
} default_codes[] = {
    {5, 4, 554},
    {5, 6, 554},
    {5, -1, 550},
    {4, -1, 451},
};

static int default_code(int status_class, int subject)
{
    size_t i = 0;

    while (default_codes[i].status_class != status_class ||
           (default_codes[i].subject >= 0 && default_codes[i].subject != subject))
        i++;
    return default_codes[i].smtp_code;
}

static bool to_part(struct span text, uint64_t *value_r)
{
    return (text.len == 1 || (text.len > 1 && text.ptr[0] != '0')) &&
           span_to_u64(text, 999, value_r);
}

static bool parse_code(struct span code, uint64_t part[3])
{
    struct span rest = code, text;
    size_t count = 0;

    if (code.ptr == NULL)
        return false;
    while (span_cut(&rest, '.', &text)) {
        if (count == 3 || !to_part(text, &part[count]))
            return false;
        count++;
    }
    return count == 3 && (part[0] == 4 || part[0] == 5);
}

int dsn_parse(struct span reply, int wanted_class, struct dsn *dsn_r, struct err *err)
{
    int example = wanted_class == 4 ? 4 : 5;
    struct span rest = reply, code;
    uint64_t part[3];

    if (!span_cut(&rest, ' ', &code) || !parse_code(code, part))
        return err_set(
            err,
            "the text does not begin with an enhanced status code; write \"%d.7.1 the reason\"",
            example);
    if (wanted_class != 0 && (int)part[0] != wanted_class)
        return err_set(err, "%.*s is of class %d; here the code must begin with %d",
                       SPAN_ARG(code), (int)part[0], wanted_class);
    rest = span_trim(rest);
    if (rest.len == 0)
        return err_set(err, "no text follows the code; write \"%.*s the reason\"",
                       SPAN_ARG(code));
    dsn_r->status_class = (int)part[0];
    dsn_r->smtp_code = default_code((int)part[0], (int)part[1]);
    snprintf(dsn_r->code, sizeof(dsn_r->code), "%.*s", SPAN_ARG(code));
    dsn_r->text = rest;
    return 0;
}
