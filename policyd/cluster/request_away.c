/* request_away.c - which nodes are away, since when. */
#include "policyd/cluster/request_away.h"
#include "base/clock.h"

bool node_is_away(const struct node_seen *node)
{
    return node->state == NODE_DOWN || node->state == NODE_NEVER_SEEN;
}

char *node_since(const struct node_seen *node, char *buf)
{
    buf[0] = '\0';
    return node->age_ms < 0 ? buf : clock_iso(node->seen_ms, buf);
}

void node_away_text(const struct node_seen *node, struct str *out)
{
    char since[24];

    if (node->age_ms < 0)
        str_printf(out, "node %s was never seen", node->member.name);
    else
        str_printf(out, "node %s is %s since %s", node->member.name,
                   names_name(node_state_names, (int)node->state), node_since(node, since));
}

bool request_is_away(const char *node_id, struct err *err)
{
    struct node_seen *nodes;
    size_t count = membership_list(false, &nodes);
    struct str text = STR_EMPTY;

    for (size_t i = 0; i < count; i++)
        if (strcmp(nodes[i].member.id, node_id) == 0 && node_is_away(&nodes[i]))
            node_away_text(&nodes[i], &text);
    membership_free(&nodes, count);
    if (text.len > 0)
        err_set(err, "%s", str_cstr(&text));
    str_clear(&text);
    return err->text[0] != '\0';
}
