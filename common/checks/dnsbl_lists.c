/* dnsbl_lists.c - the table of lists, read from the settings once. */
#include "checks/dnsbl_lists.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "checks/dnsbl.h"
#include "checks/link_places.h"

static const struct settings *settings;
static struct dnsbl_list *lists;
static size_t list_count;

const struct dnsbl_kind_row dnsbl_kinds[DNSBL_KIND__COUNT] = {
    [DNSBL_CLIENT] = {"block list", "dnsbl_client_zones", FACT_DNSBL,
                      offsetof(struct settings, dnsbl_client_zones), .has_addresses = true},
    [DNSBL_ALLOW] = {"allow list", "dnsbl_allow_zones", FACT_DNSBL_ALLOW,
                     offsetof(struct settings, dnsbl_allow_zones), .has_addresses = true},
    [DNSBL_SENDER] = {"block list of senders", "dnsbl_sender_zones", FACT_DNSBL_SENDER,
                      offsetof(struct settings, dnsbl_sender_zones), .has_addresses = false},
    [DNSBL_URL] = {"block list of links", "dnsbl_url_zones", FACT_DNSBL_URL,
                   offsetof(struct settings, dnsbl_url_zones), .has_addresses = false},
};

const char *dnsbl_setting(const struct settings *from, enum dnsbl_kind kind)
{
    return *(const char *const *)((const char *)from + dnsbl_kinds[kind].setting);
}

static void add_lists(enum dnsbl_kind kind)
{
    struct dnsbl_zone *zones = xcalloc(DNSBL_ZONES_MAX, sizeof *zones);
    struct err err = {""};
    int count = dnsbl_zones_parse(span_of(dnsbl_setting(settings, kind)), zones, &err);

    for (int i = 0; i < count; i++)
        dnsbl_list_init(&lists[list_count++], &zones[i], kind);
    if (count < 0) /* the reader of the settings took it */
        log_error("block lists: %s", err.text);
    xfree(&zones);
}

void dnsbl_begin(const struct settings *of_program)
{
    settings = of_program;
    link_places_init();
    list_count = 0;
    if (lists == NULL)
        lists = xcalloc(DNSBL_LISTS_MAX, sizeof *lists);
    for (size_t kind = 0; kind < DNSBL_KIND__COUNT; kind++)
        add_lists((enum dnsbl_kind)kind);
}

const struct settings *dnsbl_settings(void)
{
    return settings;
}

struct dnsbl_list *dnsbl_list_at(size_t index)
{
    return index < list_count ? &lists[index] : NULL;
}

size_t dnsbl_count_of(enum dnsbl_kind kind)
{
    size_t count = 0;

    for (size_t i = 0; i < list_count; i++)
        count += lists[i].kind == kind;
    return count;
}

size_t dnsbl_zone_count(void)
{
    return list_count;
}

bool dnsbl_trouble_at(size_t index, struct dnsbl_trouble *trouble_r)
{
    for (size_t i = 0; i < list_count; i++) {
        trouble_r->kind = dnsbl_kinds[lists[i].kind].title;
        trouble_r->zone = lists[i].zone.name;
        if (dnsbl_list_trouble(&lists[i], trouble_r->text) && index-- == 0)
            return true;
    }
    return false;
}
