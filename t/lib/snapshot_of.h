/* A snapshot of a rules text, for tests that decide by it. */
#ifndef T_LIB_SNAPSHOT_OF_H
#define T_LIB_SNAPSHOT_OF_H
#include "engine/piece.h"
#include "engine/routes.h"
#include "rules/ruleset.h"
#include "t/lib/suite.h"

static inline void snapshot_of_release(void *thing)
{
    struct ruleset *rules = thing;

    ruleset_unpin(&rules);
}

static inline void snapshot_of_release_routes(void *thing)
{
    struct routes *routes = thing;

    routes_free(&routes);
}

static inline const struct snapshot *snapshot_of(const char *text)
{
    struct snapshot *snapshot = snapshot_new();
    struct problems problems;
    struct ruleset *rules;
    struct piece *piece;

    problems_init(&problems, "rules", span_of(text));
    rules = ruleset_compile(span_of(text), "rules", &problems);
    ck_assert_msg(rules != NULL, "%s", problems.count > 0 ? problems.list[0].text : "");
    problems_clear(&problems);
    snapshot_bind(snapshot, rules);
    piece = piece_new("rules", rules, snapshot_of_release);
    snapshot_hold(snapshot, &piece);
    snapshot->routes = routes_parse(SPAN("postgate-routes 1 0\nend\n"), NULL);
    piece = piece_new("routes", snapshot->routes, snapshot_of_release_routes);
    snapshot_hold(snapshot, &piece);
    return snapshot;
}
#endif
