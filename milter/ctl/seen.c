/* seen: a set that forgets the oldest. */
#include "milter/ctl/seen.h"
#include <jansson.h>
#include <stdlib.h>
#include "base/xalloc.h"

struct seen {
    json_t *set;
    char *ring[SEEN_MAX];
    size_t next;
};

struct seen *seen_new(void)
{
    struct seen *seen = xcalloc(1, sizeof(*seen));

    seen->set = json_object();
    return seen;
}

void seen_free(struct seen **seen)
{
    if (*seen == NULL)
        return;
    for (size_t i = 0; i < SEEN_MAX; i++)
        free((*seen)->ring[i]);
    json_decref((*seen)->set);
    xfree(seen);
}

bool seen_add(struct seen *seen, const char *text)
{
    char **place = &seen->ring[seen->next];

    if (json_object_get(seen->set, text) != NULL)
        return false;
    if (*place != NULL)
        json_object_del(seen->set, *place);
    free(*place);
    *place = xstrdup(text);
    json_object_set_new(seen->set, text, json_true());
    seen->next = (seen->next + 1) % SEEN_MAX;
    return true;
}
