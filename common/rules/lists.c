/* lists.c - asks whether a value is in a list of the rule set, whatever the list is made of. */
#include "rules/lists.h"
#include "rules/pattern.h"

/* The domain of an address is what follows the last @; a domain list asked with an address looks at that. */
static struct span domain_part(struct span text)
{
    for (size_t i = text.len; i-- > 0;)
        if (text.ptr[i] == '@')
            return span_from(text.ptr + i + 1, text.len - i - 1);
    return text;
}

static bool matches(const struct patterns *patterns, struct span text)
{
    size_t which;

    return patterns != NULL && patterns_match(patterns, text, &which);
}

bool lists_hold(const struct lists *lists, uint32_t list, enum value_type type,
                const struct value *value, struct str *item_r)
{
    const struct list_decl *decl = &lists->rules->lists[list];
    struct list_content content = {0};
    struct span text = value->text;

    if (lists->each != NULL && list < lists->count)
        content = lists->each[list];
    if (content.image == NULL)
        content.image = decl->image;
    if (decl->type == LIST_PATTERN)
        return matches(decl->patterns, text) || matches(content.patterns, text);
    if (decl->type == LIST_IP)
        return type == TYPE_IP &&
               list_holds_ip(content.image, content.overlay, &value->ip, item_r);
    if (decl->type == LIST_DOMAIN && type == TYPE_ADDRESS)
        text = domain_part(text);
    return list_holds_text(content.image, content.overlay, decl->type, text, item_r);
}
