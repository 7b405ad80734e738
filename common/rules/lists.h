/* The lists a rule set reads, bound to their content at one moment: brace items of the revision, or a stored image plus overlay.
 * Immutable once built; counted by whoever holds it (engine/snapshot, rule_test). */
#ifndef RULES_LISTS_H
#define RULES_LISTS_H
#include "rules/list_image.h"
#include "rules/ruleset.h"

/* Content of one list: image (may be NULL: empty) and overlay (may be NULL: none). Neither is owned. */
struct list_content {
    const struct list_image *image;
    const struct list_overlay *overlay;
    const struct patterns *patterns; /* LIST_PATTERN: besides those in braces; NULL: none */
};

struct lists {
    const struct ruleset *rules;
    size_t count; /* rules->list_count */
    const struct list_content
        *each; /* for a list with braces without own content, the revision's image is used */
};

/* True when the value is in the list: ip (longest prefix), domain (x itself, .x below), address (user@domain, @domain), string.
 * *item_r (may be NULL): the item that matched, as written, appended; for explain. */
bool lists_hold(const struct lists *lists, uint32_t list, enum value_type type,
                const struct value *value, struct str *item_r);
#endif
