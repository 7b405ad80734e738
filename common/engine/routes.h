/* Accepted domains and where their mail goes, as published: what domain.accepted and route.next_hops are learnt from. Immutable. */
#ifndef ENGINE_ROUTES_H
#define ENGINE_ROUTES_H
#include "facts/facts.h"
#include "store/routes_file.h"

struct routes;
/* Reads a published routes file (store/routes_file.h). */
struct routes *routes_parse(struct span text, struct err *err);
void routes_free(struct routes **routes);
size_t routes_count(const struct routes *routes);
/* NULL: not accepted. domain: normalised (mail/domain.h). */
const struct published_route *routes_find(const struct routes *routes, struct span domain);

/* domain.accepted and route.next_hops of one recipient, from its recipient.domain. What is not listed, or has no domain, is not
 * accepted and has no next hops; a hop whose addresses are not known makes them unknown. */
void routes_learn(const struct routes *routes, struct facts *recipient);
#endif
