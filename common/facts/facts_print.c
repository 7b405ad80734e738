/* facts_print.c - prints a fact as rules write it. */
#include <inttypes.h>
#include "facts/facts.h"

struct unit {
    int64_t factor;
    const char *name;
};

static const struct unit size_units[] = {
    {1 << 30, "GB"}, {1 << 20, "MB"}, {1 << 10, "KB"}, {1, ""}};
static const struct unit duration_units[] = {{86400, "d"}, {3600, "h"}, {60, "m"}, {1, "s"}};

/* In the largest unit that divides it. The last unit divides everything. */
static void print_unit(struct str *out, int64_t number, const struct unit *unit)
{
    while (unit->factor > 1 && (number == 0 || number % unit->factor != 0))
        unit++;
    str_printf(out, "%" PRId64 "%s", number / unit->factor, unit->name);
}

/* Thousandths, without zeros at the end. */
static void print_score(struct str *out, int64_t number)
{
    uint64_t size = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    unsigned fraction = (unsigned)(size % 1000), digits = 3;

    str_printf(out, "%s%" PRIu64, number < 0 ? "-" : "", size / 1000);
    if (fraction == 0)
        return;
    for (; fraction % 10 == 0; fraction /= 10)
        digits--;
    str_printf(out, ".%0*u", (int)digits, fraction);
}

static void print_quoted(struct str *out, struct span text)
{
    str_addc(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"' || text.ptr[i] == '\\')
            str_addc(out, '\\');
        str_addc(out, text.ptr[i]);
    }
    str_addc(out, '"');
}

static void print_word(struct str *out, enum fact_id id, int64_t number)
{
    const char *word = names_name(fact_table[id].words, (int)number);

    str_adds(out, word != NULL ? word : "?");
}

static void print_value(struct str *out, enum fact_id id, const struct value *value)
{
    char buf[IP_TEXT_SIZE];

    switch (fact_table[id].type) {
    case TYPE_BOOL:
        str_adds(out, value->number != 0 ? "true" : "false");
        break;
    case TYPE_NUMBER:
        str_printf(out, "%" PRId64, value->number);
        break;
    case TYPE_SIZE:
        print_unit(out, value->number, size_units);
        break;
    case TYPE_DURATION:
        print_unit(out, value->number, duration_units);
        break;
    case TYPE_SCORE:
        print_score(out, value->number);
        break;
    case TYPE_IP:
        str_adds(out, ip_text(&value->ip, buf));
        break;
    case TYPE_ENUM:
        print_word(out, id, value->number);
        break;
    case TYPE_DOMAIN:
    case TYPE_ADDRESS:
    case TYPE_STRING:
        print_quoted(out, value->text);
        break;
    }
}

static void print_values(struct str *out, enum fact_id id, const struct fact *fact)
{
    bool is_set = (fact_table[id].flags & FACT_IS_SET) != 0;

    if (is_set)
        str_addc(out, '{');
    for (uint32_t i = 0; i < fact->count; i++) {
        if (i > 0)
            str_adds(out, ", ");
        print_value(out, id, &fact->values[i]);
    }
    if (is_set)
        str_addc(out, '}');
}

void fact_print(struct str *out, enum fact_id id, const struct fact *fact)
{
    switch (fact->state) {
    case FACT_VALUE:
        print_values(out, id, fact);
        break;
    case FACT_ABSENT:
        str_adds(out, "absent");
        break;
    case FACT_UNKNOWN:
        str_printf(out, "unknown (%.*s)", SPAN_ARG(fact->reason));
        break;
    case FACT_PENDING:
        str_adds(out, "not learnt yet");
        break;
    }
}
