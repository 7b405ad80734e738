/* geoip_value.c - the layouts of MaxMind files: GeoLite2's, and the flat ones that others make. */
#include <maxminddb.h>
#include "base/str.h"
#include "base/utf8.h"
#include "checks/geoip.h"
#include "checks/geoip_value.h"

#define PATH_MAX_PARTS 3
#define PATHS          4

/* Where a value may stand; the first that is there and fits is taken. */
static const char *const country_paths[PATHS][PATH_MAX_PARTS] = {
    {"country", "iso_code", NULL},            /* GeoLite2, DB-IP */
    {"registered_country", "iso_code", NULL}, /* of networks that are in no country */
    {"country_code", NULL},                   /* ip-location-db, ipinfo lite */
    {"country", NULL},                        /* ipinfo */
};
static const char *const number_paths[PATHS][PATH_MAX_PARTS] = {
    {"autonomous_system_number", NULL}, /* GeoLite2, DB-IP, ip-location-db */
    {"traits", "autonomous_system_number", NULL},
    {"asn", NULL}, /* ipinfo: "AS64496" */
    {"as_number", NULL},
};
static const char *const name_paths[PATHS][PATH_MAX_PARTS] = {
    {"autonomous_system_organization", NULL},
    {"traits", "autonomous_system_organization", NULL},
    {"as_name", NULL},
    {"as_organization", NULL},
};

static bool get(const struct geoip_entry *entry, const char *const *path,
                MMDB_entry_data_s *data_r)
{
    MMDB_entry_s start = {entry->mmdb, entry->offset};

    return MMDB_aget_value(&start, data_r, path) == MMDB_SUCCESS && data_r->has_data;
}

static bool get_text(const struct geoip_entry *entry, const char *const *path,
                     struct span *text_r)
{
    MMDB_entry_data_s data;

    if (!get(entry, path, &data) || data.type != MMDB_DATA_TYPE_UTF8_STRING)
        return false;
    *text_r = span_from(data.utf8_string, data.data_size);
    return text_r->len > 0;
}

static char to_upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
}

void geoip_set_country(struct facts *facts, const struct geoip_entry *entry)
{
    struct span text;

    facts_set_absent(facts, FACT_CLIENT_COUNTRY);
    for (size_t i = 0; i < PATHS; i++) {
        char code[2];
        if (!get_text(entry, country_paths[i], &text) || text.len != sizeof code)
            continue;
        code[0] = to_upper(text.ptr[0]);
        code[1] = to_upper(text.ptr[1]);
        if (code[0] < 'A' || code[0] > 'Z' || code[1] < 'A' || code[1] > 'Z')
            continue;
        facts_set_text(facts, FACT_CLIENT_COUNTRY, span_from(code, sizeof code));
        return;
    }
}

/* A number of 32 bits (RFC 6793), or "AS64496" as text. */
static bool get_number(const struct geoip_entry *entry, const char *const *path,
                       uint64_t *number_r)
{
    MMDB_entry_data_s data;
    struct span text;

    if (get_text(entry, path, &text)) {
        if (span_istarts(text, SPAN("AS")))
            text = span_skip(text, 2);
        return span_to_u64(text, UINT32_MAX, number_r);
    }
    if (!get(entry, path, &data))
        return false;
    *number_r = data.type == MMDB_DATA_TYPE_UINT16   ? data.uint16
                : data.type == MMDB_DATA_TYPE_UINT32 ? data.uint32
                : data.type == MMDB_DATA_TYPE_UINT64 ? data.uint64
                                                     : UINT64_MAX;
    return *number_r <= UINT32_MAX;
}

/* Cut at a character; what cannot be seen, or is no UTF-8, becomes a question mark. */
static void clean(struct str *out, struct span text)
{
    while (text.len > 0 && out->len < GEOIP_NAME_MAX) {
        uint32_t code = utf8_next(&text);
        char bytes[4];
        bool is_good = utf8_is_printable(code) && !utf8_is_deceptive(code);
        size_t len = is_good ? utf8_put(code, bytes) : 1;
        if (out->len + len > GEOIP_NAME_MAX)
            return;
        str_add(out, is_good ? span_from(bytes, len) : SPAN("?"));
    }
}

static void set_name(struct facts *facts, struct span text)
{
    struct str name = STR_EMPTY;

    clean(&name, text);
    facts_set_text(facts, FACT_CLIENT_AS_NAME, str_span(&name));
    str_clear(&name);
}

void geoip_set_network(struct facts *facts, const struct geoip_entry *entry)
{
    uint64_t number;
    struct span name;
    size_t i = 0;

    facts_set_absent(facts, FACT_CLIENT_ASN);
    facts_set_absent(facts, FACT_CLIENT_AS_NAME);
    while (i < PATHS && !get_number(entry, number_paths[i], &number))
        i++;
    if (i < PATHS)
        facts_set_number(facts, FACT_CLIENT_ASN, (int64_t)number);
    for (i = 0; i < PATHS && !get_text(entry, name_paths[i], &name);)
        i++;
    if (i < PATHS)
        set_name(facts, name);
}
