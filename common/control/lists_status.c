/* lists_status.c - block lists that do not answer, and MaxMind files with their dates, for `status`. */
#include "control/lists_status.h"
#include "base/clock.h"
#include "base/str.h"
#include "checks/dnsbl.h"
#include "checks/geoip.h"
#include "control/protocol.h"

static bool set_dnsbl(json_t *row, json_t *problems)
{
    struct dnsbl_trouble trouble;
    size_t count = 0;

    json_object_set_new(row, "dnsbl_zones", json_integer((json_int_t)dnsbl_zone_count()));
    while (dnsbl_trouble_at(count, &trouble)) {
        struct str name = STR_EMPTY;
        str_printf(&name, "%s %.*s", trouble.kind, SPAN_ARG(trouble.zone));
        json_object_set_new(problems, str_cstr(&name), control_text(span_of(trouble.text)));
        str_clear(&name);
        count++;
    }
    return count == 0;
}

/* "geoip_country": "2026-11-01" of the file in use; empty when there is none. */
static bool set_geoip(json_t *row, json_t *problems)
{
    struct geoip_state states[GEOIP_FILES];
    bool is_well = true;

    geoip_status(states);
    for (size_t i = 0; i < GEOIP_FILES; i++) {
        char date[24] = "";
        if (states[i].built > 0)
            clock_iso(states[i].built * 1000, date);
        json_object_set_new(row, states[i].setting,
                            control_text(span_from(date, date[0] ? 10 : 0)));
        if (states[i].problem[0] == '\0')
            continue;
        json_object_set_new(problems, states[i].setting,
                            control_text(span_of(states[i].problem)));
        is_well = false;
    }
    return is_well;
}

bool lists_status_set(json_t *row, json_t *problems)
{
    bool is_well = set_dnsbl(row, problems);

    return set_geoip(row, problems) && is_well;
}
