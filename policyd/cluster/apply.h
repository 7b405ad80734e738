/* What the feed does with verified entries (struct ledger_kind), and how their payloads are written.
 *   rules     the text of the rules; the envelope's number is the revision's
 *   list/NAME {"type":"ip","verb":"add|remove|replace","items":[TEXT or {"base64":...}]}
 *   domains   {"verb":"put","domain","routes":[HOP]} | {"verb":"remove","domain"} | {"verb":"replace","domains":[{"domain","routes"}]} */
#ifndef CLUSTER_APPLY_H
#define CLUSTER_APPLY_H
#include "policyd/cluster/envelope.h"
#include "store/domains.h"
#include "store/list_items.h"

int apply_rules(const struct envelope *e, struct span payload, struct err *err);
/* Compiles, runs the tests, makes the lists they leave to the store. */
int apply_rules_prepare(const struct envelope *e, struct span payload, struct err *err);
int apply_rules_whole(struct span subject, struct str *payload, struct err *err);

int apply_list(const struct envelope *e, struct span payload, struct err *err);
int apply_list_whole(struct span subject, struct str *payload, struct err *err);
bool apply_list_is_in_force(struct span subject);

int apply_domains(const struct envelope *e, struct span payload, struct err *err);
int apply_domains_whole(struct span subject, struct str *payload, struct err *err);
/* Postfix's map files and addresses, once after all entries of a reading. */
void apply_domains_settle(void);

/* Items as list_items_check gives them. */
struct list_payload {
    enum list_type type;
    enum list_verb verb;
    const struct span *items;
    size_t count;
};
void list_payload_print(struct str *out, const struct list_payload *list);
/* Checks shape and bounds; items in arena. */
int list_payload_read(struct span payload, struct arena *arena, struct list_payload *list_r,
                      struct err *err);
/* domain NULL in hops: remove. */
void domain_payload_print(struct str *out, struct span domain, const struct next_hop *hops,
                          size_t hop_count);
#endif
