/* control_doctor.c - doctor: what the milter depends on, tried out one by one. */
#include <stdio.h>
#include <string.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "checks/dnsbl_list.h"
#include "checks/geoip.h"
#include "conf/dnsbl_zone.h"
#include "dns/dns_wait.h"
#include "milter/control.h"
#include "milter/signing_publish.h"

#define WAIT_MS   5000
#define ZONES_MAX 64 /* of each kind, as the setting bounds them */

enum finding { FINDING_OK = 0, FINDING_WARNING, FINDING_ERROR };
static const char *const finding_words[] = {"ok", "warning", "error"};

struct doctor {
    struct control_call *call;
    struct arena *arena;
    const struct settings *settings;
    enum finding worst;
};

static void tell(struct doctor *d, const char *subject, enum finding finding, const char *text)
{
    if (finding > d->worst)
        d->worst = finding;
    control_row(d->call,
                json_pack("{s:o,s:s,s:o}", "subject", control_text(span_of(subject)), "state",
                          finding_words[finding], "text", control_text(span_of(text))));
}

/* --- the resolver --- */

static void look_at_resolver(struct doctor *d)
{
    struct dns_wanted wanted = {.type = DNS_A, .name = SPAN("a.root-servers.net")};
    struct dns_counts counts;

    dns_wait(&wanted, 1, WAIT_MS, d->arena);
    dns_count(&counts);
    if (wanted.answer.status == DNS_FOUND || wanted.answer.status == DNS_NONE)
        tell(d, "resolver", FINDING_OK, "it answers");
    else
        tell(d, "resolver", FINDING_ERROR,
             "it does not answer; see the setting resolver, or /etc/resolv.conf when it is "
             "empty");
    if (counts.is_validating)
        tell(d, "DNSSEC", FINDING_OK, "answers are validated");
    else if (d->settings->dnssec_anchor_file[0] != '\0')
        tell(d, "DNSSEC", FINDING_WARNING,
             "answers are not validated: the resolver does not pass DNSSEC on, or "
             "dnssec_anchor_file is missing");
}

/* --- block lists: RFC 5782 section 5 says what each must list and what it must not --- */

static const char *test_entry(enum dnsbl_kind kind, bool is_listed)
{
    if (dnsbl_kinds[kind].has_addresses)
        return is_listed ? "2.0.0.127" : "1.0.0.127";
    return is_listed ? "test" : "invalid";
}

static bool counts_any(const struct dnsbl_zone *zone, const struct dns_answer *answer)
{
    for (size_t i = 0; i < answer->count; i++)
        if (answer->records[i].len == 4 &&
            dnsbl_zone_counts(zone, (const uint8_t *)answer->records[i].ptr))
            return true;
    return false;
}

/* A refusal is no listing of the test entry, and no sign that everything is listed. */
static bool tell_refusal(struct doctor *d, const struct dnsbl_list *list, const char *name,
                         const struct dns_wanted answers[2])
{
    char why[DNSBL_TEXT];

    for (size_t i = 0; i < 2; i++)
        switch (dnsbl_read(list, &answers[i].answer, why)) {
        case DNSBL_FAILED:
        case DNSBL_REFUSED:
            tell(d, name, FINDING_ERROR, why);
            return true;
        case DNSBL_NOT_ASKED:
            tell(d, name, FINDING_WARNING, "too much is asked at once; try again");
            return true;
        case DNSBL_LISTED:
        case DNSBL_NOT_LISTED:
            break;
        }
    return false;
}

static void tell_zone(struct doctor *d, const struct dnsbl_zone *zone, enum dnsbl_kind kind,
                      const struct dns_wanted answers[2])
{
    const char *name = arena_span(d->arena, zone->name).ptr;
    struct dnsbl_list list = {.zone = *zone, .kind = kind};

    if (tell_refusal(d, &list, name, answers))
        return;
    if (counts_any(zone, &answers[1].answer))
        tell(d, name, FINDING_ERROR,
             arena_printf(d->arena, "the list lists everything: take it out of %s",
                          dnsbl_kinds[kind].name));
    else if (!counts_any(zone, &answers[0].answer))
        tell(d, name, FINDING_WARNING,
             "the list does not list its own test entry with an answer that counts: is the "
             "name of the zone right, and may this resolver ask it?");
    else
        tell(d, name, FINDING_OK, "the list answers as it should");
}

static void look_at_zones(struct doctor *d, enum dnsbl_kind kind)
{
    struct span rest = span_of(dnsbl_setting(d->settings, kind)), part;
    struct dns_wanted *wanted = arena_array(d->arena, 2 * ZONES_MAX, sizeof *wanted);
    struct dnsbl_zone *zones = arena_array(d->arena, ZONES_MAX, sizeof *zones);
    size_t count = 0;

    while (rest.len > 0 && count < ZONES_MAX && span_cut(&rest, ',', &part)) {
        const char *name;
        if (dnsbl_zone_parse(span_trim(part), &zones[count], NULL) != 0)
            continue;
        name = arena_span(d->arena, zones[count].name).ptr;
        for (size_t i = 0; i < 2; i++)
            wanted[2 * count + i] = (struct dns_wanted){
                .type = DNS_A,
                .name =
                    span_of(arena_printf(d->arena, "%s.%s", test_entry(kind, i == 0), name))};
        count++;
    }
    dns_wait(wanted, 2 * count, WAIT_MS, d->arena);
    for (size_t i = 0; i < count; i++)
        tell_zone(d, &zones[i], kind, &wanted[2 * i]);
}

static void look_at_lists(struct doctor *d)
{
    for (size_t kind = 0; kind < DNSBL_KIND__COUNT; kind++)
        look_at_zones(d, (enum dnsbl_kind)kind);
}

/* --- files of countries --- */

static void look_at_geoip(struct doctor *d)
{
    struct geoip_state states[GEOIP_FILES];
    char when[24];

    geoip_status(states);
    for (size_t i = 0; i < GEOIP_FILES; i++) {
        if (states[i].path[0] == '\0')
            continue;
        if (states[i].problem[0] != '\0')
            tell(d, states[i].setting, FINDING_ERROR, states[i].problem);
        else
            tell(d, states[i].setting, FINDING_OK,
                 arena_printf(d->arena, "of %s", clock_iso(states[i].built * 1000, when)));
    }
}

/* --- keys that sign --- */

static const struct {
    enum finding finding;
    const char *text;
} published[] = {
    [SIGNING_PUBLISHED] = {FINDING_OK, "its record is published"},
    [SIGNING_NOT_THERE] = {FINDING_WARNING,
                           "its record is not in DNS; milter-ctl domain keys DOMAIN --records "
                           "prints it"},
    [SIGNING_OTHER_KEY] = {FINDING_ERROR,
                           "there is a record of another key, or more than one; publish what "
                           "milter-ctl domain keys DOMAIN --records prints"},
    [SIGNING_NO_ANSWER] = {FINDING_WARNING, "DNS did not answer for its record"},
};

/* A key whose record went away signs what nobody can verify. */
static void tell_key(struct doctor *d, struct signing_key *key, const struct dns_wanted *wanted)
{
    bool signs = atomic_load(&key->is_published);
    enum signing_published state = signing_publish_take(key, &wanted->answer);
    enum finding finding = published[state].finding;

    if (state == SIGNING_NOT_THERE && signs)
        finding = FINDING_ERROR;
    tell(d, arena_span(d->arena, wanted->name).ptr, finding, published[state].text);
}

static void look_at_keys(struct doctor *d)
{
    struct signing_key **keys = xcalloc(SIGNING_KEYS_MAX, sizeof *keys);
    size_t count = signing_keys_list(milter_control_gate()->signing_keys, SPAN(""), keys,
                                     SIGNING_KEYS_MAX);
    struct dns_wanted *wanted = arena_array(d->arena, count + 1, sizeof *wanted);

    for (size_t i = 0; i < count; i++) {
        char name[DNS_NAME_MAX + 1];
        signing_publish_name(keys[i], name);
        wanted[i] =
            (struct dns_wanted){.type = DNS_TXT, .name = arena_span(d->arena, span_of(name))};
    }
    dns_wait(wanted, count, WAIT_MS, d->arena);
    for (size_t i = 0; i < count; i++) {
        tell_key(d, keys[i], &wanted[i]);
        signing_key_unpin(&keys[i]);
    }
    xfree(&keys);
}

static void (*const looks[])(struct doctor *) = {look_at_resolver, look_at_lists, look_at_geoip,
                                                 look_at_keys};

enum control_exit control_doctor(struct control_call *call, struct err *err)
{
    struct doctor d = {
        .call = call, .arena = arena_new(), .settings = milter_control_gate()->settings};

    (void)err;
    for (size_t i = 0; i < sizeof looks / sizeof *looks; i++)
        looks[i](&d);
    arena_free(&d.arena);
    return d.worst == FINDING_OK ? EXIT_OK : EXIT_DIFFERS;
}
