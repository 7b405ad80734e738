/* Changes of domains and routes from the cluster. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/names.h"
#include "base/sinks.h"
#include "base/xalloc.h"
#include "policyd/cluster/apply.h"
#include "policyd/cluster/cluster.h"
#include "policyd/maps/maps.h"
#include "policyd/next_hops.h"

static bool has_changed; /* the feed's thread alone */

static struct span text_of(const json_t *value)
{
    return json_is_string(value)
               ? span_from(json_string_value(value), json_string_length(value))
               : SPAN("");
}

static int read_domain(const json_t *row, struct domain *domain_r, struct err *err)
{
    const json_t *routes = json_object_get(row, "routes");
    struct span name = text_of(json_object_get(row, "domain"));

    *domain_r = (struct domain){.hop_count = json_array_size(routes)};
    if (!domains_normalize(name, domain_r->name))
        return err_set(err, "\"%.*s\" is not a domain", (int)(name.len < 200 ? name.len : 200),
                       name.ptr);
    if (domain_r->hop_count == 0 || domain_r->hop_count > DOMAIN_MAX_HOPS)
        return err_set(err, "domain %s needs 1 to %d next hops", domain_r->name,
                       DOMAIN_MAX_HOPS);
    for (size_t i = 0; i < domain_r->hop_count; i++)
        if (next_hop_parse(text_of(json_array_get(routes, i)), &domain_r->hops[i], err) < 0)
            return -1;
    return 0;
}

static int put(const json_t *root, struct err *err)
{
    struct domain domain;

    if (read_domain(root, &domain, err) < 0)
        return -1;
    return domains_put(cluster_db(), span_of(domain.name), domain.hops, domain.hop_count, err) <
                   0
               ? -1
               : 0;
}

static int take_away(const json_t *root, struct err *err)
{
    return domains_remove(cluster_db(), text_of(json_object_get(root, "domain")), err) < 0 ? -1
                                                                                           : 0;
}

static int replace(const json_t *root, struct err *err)
{
    const json_t *rows = json_object_get(root, "domains");
    size_t count = json_array_size(rows);
    struct domain *domains;
    int state = 0;

    if (!json_is_array(rows) || count > DOMAINS_MAX)
        return err_set(err, "it has no list of at most %d domains", DOMAINS_MAX);
    domains = xcalloc(count + 1, sizeof *domains);
    for (size_t i = 0; i < count && state == 0; i++)
        state = read_domain(json_array_get(rows, i), &domains[i], err);
    if (state == 0)
        state = domains_replace(cluster_db(), domains, count, err);
    xfree(&domains);
    return state;
}

static const struct verb {
    const char *name;
    int (*run)(const json_t *root, struct err *err);
} verbs[] = {{"put", put}, {"remove", take_away}, {"replace", replace}, {NULL, NULL}};

int apply_domains(const struct envelope *e, struct span payload, struct err *err)
{
    json_t *root = json_loadb(payload.ptr, payload.len, JSON_REJECT_DUPLICATES, NULL);
    struct span name = text_of(json_object_get(root, "verb"));
    int state;
    const struct verb *verb = verbs;

    (void)e;
    while (verb->name != NULL && !span_is(name, verb->name))
        verb++;
    state = verb->name != NULL ? verb->run(root, err)
                               : err_set(err, "it names no verb that this release knows");
    if (root != NULL)
        json_decref(root);
    has_changed |= state == 0;
    return state;
}

static void print_routes(struct str *out, const struct next_hop *hops, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        str_adds(out, i > 0 ? ",\"" : "\"");
        next_hop_print(out, &hops[i]);
        str_addc(out, '"');
    }
}

void domain_payload_print(struct str *out, struct span domain, const struct next_hop *hops,
                          size_t hop_count)
{
    str_printf(out, "{\"verb\":\"%s\",\"domain\":", hops != NULL ? "put" : "remove");
    sink_json(out, domain);
    if (hops != NULL) {
        str_adds(out, ",\"routes\":[");
        print_routes(out, hops, hop_count);
        str_addc(out, ']');
    }
    str_addc(out, '}');
}

int apply_domains_whole(struct span subject, struct str *payload, struct err *err)
{
    struct domain *domains;
    size_t count;

    (void)subject;
    if (domains_list(cluster_db(), &domains, &count, NULL, err) < 0)
        return -1;
    str_adds(payload, "{\"verb\":\"replace\",\"domains\":[");
    for (size_t i = 0; i < count; i++) {
        str_printf(payload, "%s{\"domain\":\"%s\",\"routes\":[", i > 0 ? "," : "",
                   domains[i].name);
        print_routes(payload, domains[i].hops, domains[i].hop_count);
        str_adds(payload, "]}");
    }
    str_adds(payload, "]}");
    free(domains);
    return 0;
}

void apply_domains_settle(void)
{
    struct err err;

    if (!has_changed)
        return;
    has_changed = false;
    maps_update(cluster_settings(), cluster_db(), &err); /* what fails is said there */
    next_hops_changed();
}
