/* control_domains.c - domain list, add, remove. */
#include <stdlib.h>
#include "base/xalloc.h"
#include "store/domains.h"
#include "policyd/cluster/change.h"
#include "policyd/cluster/cluster.h"
#include "policyd/control.h"
#include "policyd/maps/local_domains.h"
#include "policyd/maps/maps.h"
#include "policyd/next_hops.h"

enum control_exit control_domain_list(struct control_call *call, struct err *err)
{
    struct policy_db *db = control_db(err);
    struct domain *domains;
    size_t count;

    if (db == NULL || domains_list(db, &domains, &count, NULL, err) != 0)
        return EXIT_PARTIAL;
    for (size_t i = 0; i < count; i++) {
        json_t *row = json_object(), *routes = json_array();
        for (size_t j = 0; j < domains[i].hop_count; j++) {
            struct str hop = STR_EMPTY;
            next_hop_print(&hop, &domains[i].hops[j]);
            json_array_append_new(routes, control_text(str_span(&hop)));
            str_clear(&hop);
        }
        json_object_set_new(row, "domain", control_text(span_of(domains[i].name)));
        json_object_set_new(row, "routes", routes);
        control_row(call, row);
    }
    free(domains);
    return EXIT_OK;
}

/* Map files, snapshot, addresses. Postfix learns of the maps by itself; of a new domain after maps_settle. */
static enum control_exit domains_changed(struct policy_db *db, const char *how, struct err *err)
{
    struct err why;
    bool has_maps = maps_update(control_shared.settings, db, &why) >= 0;
    enum control_exit code = control_publish(err);

    next_hops_changed();
    if (code == EXIT_OK && !has_maps) {
        err_set(err, "%s, but Postfix does not know it yet: %s", how, why.text);
        code = EXIT_PARTIAL;
    }
    return code;
}

static enum control_exit no_such_domain(struct span name, struct err *err)
{
    err_set(err, "%.*s is no accepted domain; `milter-ctl domain list` shows them",
            SPAN_ARG(name));
    return EXIT_INVALID;
}

static bool is_accepted(struct policy_db *db, struct span name)
{
    char normal[NEXT_HOP_HOST_SIZE];
    struct domain *domains;
    size_t count;
    bool is_there = false;

    if (!domains_normalize(name, normal) || domains_list(db, &domains, &count, NULL, NULL) < 0)
        return false;
    for (size_t i = 0; i < count && !is_there; i++)
        is_there = strcmp(domains[i].name, normal) == 0;
    free(domains);
    return is_there;
}

static int parse_routes(const json_t *array, struct next_hop *hops, size_t *count_r,
                        struct err *err)
{
    size_t count = json_array_size(array);

    if (count == 0 || count > DOMAIN_MAX_HOPS)
        return err_set(err, "a domain needs 1 to %d next hops; write --route HOST[:PORT],...",
                       DOMAIN_MAX_HOPS);
    for (size_t i = 0; i < count; i++) {
        json_t *item = json_array_get(array, i);
        struct span text = span_from(json_is_string(item) ? json_string_value(item) : "",
                                     json_string_length(item));
        if (next_hop_parse(text, &hops[i], err) != 0)
            return -1;
    }
    *count_r = count;
    return 0;
}

static enum control_exit put_domain(struct policy_db *db, const struct domain_change *change,
                                    struct err *err)
{
    int state = domains_put(db, change->name, change->hops, change->hop_count, err);
    enum control_exit code;

    if (state < 0)
        return EXIT_INVALID;
    code = domains_changed(db, "accepted", err);
    if (code == EXIT_OK)
        err_set(err, "domain %.*s %s", SPAN_ARG(change->name),
                state == 1 ? "added" : "has its new routes");
    return code;
}

/* Of a domain that was taken: will its mail come as far as its route? */
static enum control_exit look_for_local(struct span name, struct err *err)
{
    char normal[NEXT_HOP_HOST_SIZE];
    struct err done = *err, why;

    if (!domains_normalize(name, normal) ||
        !local_domains_hold(control_shared.settings, normal, &why))
        return EXIT_OK;
    err_set(err, "%s, but %s", done.text, why.text);
    return EXIT_PARTIAL;
}

enum control_exit control_domain_add(struct control_call *call, struct err *err)
{
    struct policy_db *db = control_db(err);
    struct next_hop hops[DOMAIN_MAX_HOPS];
    struct domain_change change = {control_argument(call, "domain"), hops, 0, call->user};
    enum control_exit code;

    if (db == NULL)
        return EXIT_PARTIAL;
    if (parse_routes(json_object_get(call->args, "routes"), hops, &change.hop_count, err) != 0)
        return EXIT_INVALID;
    code = cluster_is_member() ? change_domain(&change, err) : put_domain(db, &change, err);
    return code == EXIT_OK ? look_for_local(change.name, err) : code;
}

enum control_exit control_domain_remove(struct control_call *call, struct err *err)
{
    struct policy_db *db = control_db(err);
    struct span name = control_argument(call, "domain");
    enum control_exit code;
    int state;

    if (db == NULL)
        return EXIT_PARTIAL;
    if (cluster_is_member())
        return is_accepted(db, name)
                   ? change_domain(&(struct domain_change){.name = name, .author = call->user},
                                   err)
                   : no_such_domain(name, err);
    state = domains_remove(db, name, err);
    if (state <= 0)
        return state < 0 ? EXIT_INVALID : no_such_domain(name, err);
    code = domains_changed(db, "removed", err);
    if (code == EXIT_OK)
        err_set(err, "domain %.*s removed", SPAN_ARG(name));
    return code;
}
