/* setting_type: one row a type of setting, with its shape for people and its check. */
#include "conf/setting_type.h"
#include "base/utf8.h"
#include "conf/type_texts.h"

static const struct type_row {
    const char *shape;
    int (*check)(struct span text, struct err *err); /* NULL: kept as a number */
} types[SETTING_TYPE__COUNT] = {
    [SETTING_NAME] = {"a host name", type_check_name},
    [SETTING_TOKEN] = {"a word", type_check_token},
    [SETTING_ZONE] = {"a time zone such as Europe/Madrid", type_check_zone},
    [SETTING_PATH] = {"an absolute path", type_check_path},
    [SETTING_SOCKET] = {"unix:/PATH or inet:HOST:PORT", type_check_socket},
    [SETTING_SOCKETS] = {"unix:/PATH or inet:HOST:PORT, several with commas",
                         type_check_sockets},
    [SETTING_LISTENER] = {"ADDRESS:PORT", type_check_listener},
    [SETTING_RESOLVERS] = {"ADDRESS@PORT, several with commas", type_check_resolvers},
    [SETTING_TRUSTED] = {"ID@NETWORK, several with commas", type_check_trusted},
    [SETTING_REDIS] = {"unix:/PATH, inet:HOST:PORT or sentinel:NAME@HOST:PORT,...",
                       type_check_redis},
    [SETTING_DOMAINS] = {"domains, several with commas", type_check_domains},
    [SETTING_ADDRESS] = {"an address such as postmaster@example.com", type_check_address},
    [SETTING_ZONES] = {"ZONE=ANSWERS*WEIGHT, several with commas", type_check_zones},
    [SETTING_NUMBER] = {"a number", NULL},
    [SETTING_MS] = {"a time such as 500ms, 5s, 2m", NULL},
    [SETTING_SECONDS] = {"a time such as 30s, 2h, 5d", NULL},
    [SETTING_BYTES] = {"a size such as 65536, 256KB, 10MB, 2GB", NULL},
    [SETTING_BOOL] = {"yes or no", NULL},
};

/* Largest first, so that printing finds the largest exact one. */
static const struct unit {
    const char *name;
    enum setting_type type;
    int64_t factor;
} units[] = {
    {"d", SETTING_MS, 86400000},    {"h", SETTING_MS, 3600000},
    {"m", SETTING_MS, 60000},       {"s", SETTING_MS, 1000},
    {"ms", SETTING_MS, 1},          {"d", SETTING_SECONDS, 86400},
    {"h", SETTING_SECONDS, 3600},   {"m", SETTING_SECONDS, 60},
    {"s", SETTING_SECONDS, 1},      {"GB", SETTING_BYTES, 1073741824},
    {"MB", SETTING_BYTES, 1048576}, {"KB", SETTING_BYTES, 1024},
    {"", SETTING_BYTES, 1},         {"", SETTING_NUMBER, 1},
};
#define UNIT_COUNT (sizeof(units) / sizeof(units[0]))

const char *setting_type_shape(enum setting_type type)
{
    return types[type].shape;
}

bool setting_type_is_text(enum setting_type type)
{
    return types[type].check != NULL;
}

/* What holds for every text, whatever its type: mistakes that come from other files' habits. */
static int check_habits(struct span text, struct err *err)
{
    struct span rest = text;
    size_t at;

    if (text.len > SETTING_MAX_TEXT)
        return err_set(err, "a value may have %d bytes; this one has %zu", SETTING_MAX_TEXT,
                       text.len);
    while (rest.len > 0)
        if (!utf8_is_printable(utf8_next(&rest)))
            return err_set(err, "the value holds a byte that is not printable text; remove it");
    if (text.ptr[0] == '"' || text.ptr[0] == '\'')
        return err_set(err, "quotes would be part of the value; write it without them");
    if (span_find(text, SPAN(" #"), &at))
        return err_set(err,
                       "a comment stands on a line of its own; move the part from # there");
    if (span_find(text, SPAN("$"), &at))
        return err_set(err, "$ names are not expanded here; write the value itself");
    return 0;
}

int setting_type_check(enum setting_type type, struct span text, struct err *err)
{
    if (text.len == 0)
        return err_set(err, "the value is empty; write %s", types[type].shape);
    if (check_habits(text, err) == -1)
        return -1;
    return types[type].check(text, err);
}

static int parse_bool(struct span text, int64_t *value_r, struct err *err)
{
    static const char *const others[] = {"true", "false", "on", "off", "1", "0"};

    *value_r = span_is(text, "yes");
    if (*value_r || span_is(text, "no"))
        return 0;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        if (span_iequal(text, span_of(others[i])))
            return err_set(err, "write %s, not %s", i % 2 == 0 ? "yes" : "no", others[i]);
    return err_set(err, "write yes or no");
}

static int64_t unit_factor(enum setting_type type, struct span name)
{
    for (size_t i = 0; i < UNIT_COUNT; i++)
        if (units[i].type == type && span_iequal(name, span_of(units[i].name)))
            return units[i].factor;
    return 0;
}

int setting_type_parse(enum setting_type type, struct span text, int64_t *value_r,
                       struct err *err)
{
    struct span digits = text, unit;
    uint64_t number;
    int64_t factor;

    if (text.len == 0)
        return err_set(err, "the value is empty; write %s", types[type].shape);
    if (check_habits(text, err) == -1)
        return -1;
    if (type == SETTING_BOOL)
        return parse_bool(text, value_r, err);
    for (digits.len = 0; digits.len < text.len; digits.len++)
        if (text.ptr[digits.len] < '0' || text.ptr[digits.len] > '9')
            break;
    unit = span_trim(span_from(text.ptr + digits.len, text.len - digits.len));
    if (digits.len == 0 || !span_to_u64(digits, INT64_MAX, &number))
        return err_set(err, "this is not %s", types[type].shape);
    factor = unit_factor(type, unit);
    if (factor == 0 && unit.len == 0)
        return err_set(err, "a time needs its unit; write %s",
                       type == SETTING_MS ? "500ms, 5s, 2m" : "30s, 2h, 5d");
    if (factor == 0)
        return err_set(err, "`%.*s` is no unit; write %s", SPAN_ARG(unit), types[type].shape);
    if (number > (uint64_t)(INT64_MAX / factor))
        return err_set(err, "this number is too large");
    *value_r = (int64_t)number * factor;
    return 0;
}

void setting_type_print(enum setting_type type, int64_t value, struct str *out)
{
    if (type == SETTING_BOOL) {
        str_adds(out, value ? "yes" : "no");
        return;
    }
    for (size_t i = 0; i < UNIT_COUNT; i++) {
        if (units[i].type != type || value % units[i].factor != 0)
            continue;
        if (value == 0 && units[i].factor != 1)
            continue;
        str_printf(out, "%lld%s", (long long)(value / units[i].factor), units[i].name);
        return;
    }
}
