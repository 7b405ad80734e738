/* check_literal.c - values as administrators write them: 10MB, 15m, 2.5, 192.0.2.0/24, "text", words. */
#include "mail/address.h"
#include "rules/check.h"

struct unit {
    const char *name;
    int64_t factor;
};

static const struct unit size_units[] = {
    {"", 1}, {"B", 1}, {"KB", 1024}, {"MB", 1024 * 1024}, {"GB", 1024 * 1024 * 1024}, {NULL, 0},
};

static const struct unit duration_units[] = {
    {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}, {"w", 604800}, {NULL, 0},
};

#define NUMBER_MAX 1000000000000 /* of what is written; far from overflow after any unit */

static const struct {
    enum value_type type;
    const char *advice;
} advices[] = {
    {TYPE_BOOL, "let it stand alone, or after not"},
    {TYPE_NUMBER, "compare it with a number like 5"},
    {TYPE_SIZE, "compare it with a size like 10MB (units B, KB, MB, GB)"},
    {TYPE_DURATION, "write a duration like 15m (units s, m, h, d, w)"},
    {TYPE_SCORE, "compare it with a number like 5 or 2.5"},
    {TYPE_IP, "compare it with an address like 192.0.2.1, without quotes, or use `in` with a "
              "network or a list of type ip"},
    {TYPE_DOMAIN, "compare it with a domain in quotes like \"example.com\", or use `in` with a "
                  "list of type domain"},
    {TYPE_ADDRESS, "compare it with an address in quotes like \"user@example.com\", or use "
                   "`in` with a list of type address"},
    {TYPE_STRING, "compare it with text in quotes, or use `in` with a list of type string"},
    {TYPE_ENUM, "compare it with one of its words, without quotes"},
};

const char *check_advice(enum value_type type)
{
    for (size_t i = 0; i < sizeof(advices) / sizeof(advices[0]); i++)
        if (advices[i].type == type)
            return advices[i].advice;
    return "";
}

static bool with_unit(struct span text, const struct unit *units, int64_t *value_r)
{
    size_t digits = 0;
    uint64_t number;

    while (digits < text.len && text.ptr[digits] >= '0' && text.ptr[digits] <= '9')
        digits++;
    if (!span_to_u64(span_from(text.ptr, digits), NUMBER_MAX, &number))
        return false;
    for (; units->name != NULL; units++) {
        if (!span_iequal(span_skip(text, digits), span_of(units->name)))
            continue;
        if (number > (uint64_t)(INT64_MAX / units->factor))
            return false;
        *value_r = (int64_t)number * units->factor;
        return true;
    }
    return false;
}

bool check_size(struct span text, int64_t *bytes_r)
{
    return with_unit(text, size_units, bytes_r);
}

bool check_duration(struct span text, int64_t *seconds_r)
{
    return with_unit(text, duration_units, seconds_r);
}

static bool take_sign(struct span *text)
{
    bool is_negative = text->len > 1 && text->ptr[0] == '-';

    if (is_negative || (text->len > 1 && text->ptr[0] == '+'))
        *text = span_skip(*text, 1);
    return is_negative;
}

bool check_points(struct span text, int64_t *thousandths_r)
{
    bool is_negative = take_sign(&text);
    struct span rest = text, whole, fraction;
    uint64_t points, parts = 0;
    int64_t scale = 1000;

    span_cut(&rest, '.', &whole);
    fraction = rest;
    if (!span_to_u64(whole, 1000000, &points))
        return false;
    if (fraction.ptr != NULL && (fraction.len > 3 || !span_to_u64(fraction, 999, &parts)))
        return false;
    for (size_t i = 0; i < fraction.len; i++)
        scale /= 10;
    *thousandths_r = (int64_t)points * 1000 + (int64_t)parts * scale;
    if (is_negative)
        *thousandths_r = -*thousandths_r;
    return true;
}

static bool read_number(struct span text, struct value *value)
{
    bool is_negative = take_sign(&text);
    uint64_t number;

    if (!span_to_u64(text, NUMBER_MAX, &number))
        return false;
    value->number = is_negative ? -(int64_t)number : (int64_t)number;
    return true;
}

static bool read_domain(struct checker *c, struct span text, struct value *value)
{
    char domain[DOMAIN_SIZE];

    if (!domain_normalize(text, domain))
        return false;
    value->text = arena_span(c->arena, span_of(domain));
    return true;
}

static bool read_address(struct checker *c, struct span text, struct value *value)
{
    struct address address;

    if (address_parse(text, &address, NULL) != 1 || !address.has_domain)
        return false;
    value->text = arena_span(c->arena, address_text(&address));
    return true;
}

static const struct name_value truth_words[] = {{"false", 0}, {"true", 1}, {NULL, 0}};

static bool read_word(const struct name_value *words, struct span text, struct value *value)
{
    int number;

    if (!names_value(words, text, &number))
        return false;
    value->number = number;
    return true;
}

static bool read_ip(struct span text, struct value *value, struct ipnet *net)
{
    if (ipnet_parse(text, net, NULL) < 0)
        return false;
    value->ip = net->ip;
    return true;
}

static bool read_text(struct checker *c, enum value_type type, struct span text,
                      struct value *value)
{
    if (type == TYPE_DOMAIN)
        return read_domain(c, text, value);
    if (type == TYPE_ADDRESS)
        return read_address(c, text, value);
    value->text = text;
    return true;
}

static bool read_as(const struct literal_type *type, struct span text, struct value *value,
                    struct ipnet *net)
{
    switch (type->type) {
    case TYPE_BOOL:
        return read_word(truth_words, text, value);
    case TYPE_NUMBER:
        return read_number(text, value);
    case TYPE_SIZE:
        return check_size(text, &value->number);
    case TYPE_DURATION:
        return check_duration(text, &value->number);
    case TYPE_SCORE:
        return check_points(text, &value->number);
    case TYPE_IP:
        return read_ip(text, value, net);
    case TYPE_ENUM:
        return read_word(type->words, text, value);
    default:
        return false;
    }
}

static bool is_text(enum value_type type)
{
    return type == TYPE_DOMAIN || type == TYPE_ADDRESS || type == TYPE_STRING;
}

static bool wrong_word(struct checker *c, const struct literal_type *type,
                       const struct raw_term *raw)
{
    const char *near = names_nearest_in(type->words, raw->text);
    struct str words = STR_EMPTY;

    names_join(type->words, &words);
    if (near != NULL)
        check_error(c, raw->place, "%.*s is no word of %s; did you mean %s?",
                    SPAN_ARG(raw->text), type->of, near);
    else
        check_error(c, raw->place, "%.*s is no word of %s; it is %s", SPAN_ARG(raw->text),
                    type->of, str_cstr(&words));
    str_clear(&words);
    return false;
}

static bool wrong_text(struct checker *c, const struct literal_type *type,
                       const struct raw_term *raw)
{
    if (type->type == TYPE_DOMAIN && raw->text.len > 1 && raw->text.ptr[0] == '.')
        check_error(c, raw->place,
                    "\"%.*s\" is no single domain; use `ends with`, or `in` with a list of "
                    "type domain, which knows .x for everything below x",
                    SPAN_ARG(raw->text));
    else
        check_error(c, raw->place, "\"%.*s\" is no %s; %s is %s: %s", SPAN_ARG(raw->text),
                    type->type == TYPE_DOMAIN ? "domain" : "mail address", type->of,
                    value_type_article(type->type), check_advice(type->type));
    return false;
}

static bool wrong_value(struct checker *c, const struct literal_type *type,
                        const struct raw_term *raw)
{
    const char *quote = raw->kind == RAW_STRING ? "\"" : "";
    struct err err = {""};
    struct ipnet net;

    if (type->type == TYPE_IP && raw->kind == RAW_WORD &&
        ipnet_parse(raw->text, &net, &err) < 0 && strstr(err.text, "is no IP") == NULL)
        check_error(c, raw->place, "%s", err.text);
    else if (raw->kind == RAW_STRING && type->type == TYPE_ENUM &&
             names_value(type->words, raw->text, &(int){0}))
        check_error(c, raw->place, "%s is compared with words; write %.*s without quotes",
                    type->of, SPAN_ARG(raw->text));
    else
        check_error(c, raw->place, "%s is %s, %s%.*s%s is not; %s", type->of,
                    value_type_article(type->type), quote, SPAN_ARG(raw->text), quote,
                    check_advice(type->type));
    return false;
}

bool check_literal(struct checker *c, const struct literal_type *type,
                   const struct raw_term *raw, struct value *value_r, struct ipnet *net_r)
{
    *value_r = (struct value){.text = {"", 0}};
    memset(net_r, 0, sizeof(*net_r));
    if (is_text(type->type))
        return (raw->kind == RAW_STRING || raw->kind == RAW_WORD) &&
                       read_text(c, type->type, raw->text, value_r)
                   ? true
                   : wrong_text(c, type, raw);
    if (raw->kind == RAW_WORD && read_as(type, raw->text, value_r, net_r))
        return true;
    if (raw->kind == RAW_WORD && type->type == TYPE_ENUM)
        return wrong_word(c, type, raw);
    return wrong_value(c, type, raw);
}
