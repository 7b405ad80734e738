/* cleaning.c - tells what is to be removed from a message. */
#include "milter/cleaning.h"

#include "conf/trusted_ids.h"
#include "engine/origin.h"
#include "mail/authres.h"
#include "mail/authres_read.h"
#include "milter/own_ids.h"

static bool has_results(const struct message *message)
{
    for (size_t i = 0; i < message->header_count; i++)
        if (message->headers[i].kind == HEADER_AUTHRES ||
            message->headers[i].kind == HEADER_ARC_AUTHRES)
            return true;
    return false;
}

static bool is_from_outside(const struct transaction *t)
{
    return t->session->path == PATH_RELEASE || t->deciding.snapshot == NULL ||
           origin_is_outside(t->deciding.snapshot, t->deciding.message);
}

/* Those that this client may bring. This node's own are never among them. */
static void trusted_here(const struct transaction *t, struct str *out)
{
    const struct fact *client = facts_get(t->deciding.message, FACT_CLIENT_IP);

    if (client->state == FACT_VALUE)
        (void)trusted_ids_of(t->gate->settings->trusted_authserv_ids, &client->values[0].ip,
                             out);
}

/* Drops those that may stay; the first is this node's own. */
static size_t keep_forged(struct span *ids, size_t count, struct span may_stay)
{
    size_t kept = 1;

    for (size_t i = 1; i < count; i++)
        if (authres_which(ids[i], may_stay).len == 0)
            ids[kept++] = ids[i];
    return kept;
}

static void add_gateways(struct cleaning *cleaning, const struct transaction *t,
                         struct span may_stay)
{
    struct str all = STR_EMPTY;
    struct span rest, id, *ids;

    trusted_ids_all(t->gate->settings->trusted_authserv_ids, &all);
    rest = arena_span(t->arena, str_span(&all));
    ids = arena_array(t->arena, cleaning->id_count + all.len / 2 + 2, sizeof *ids);
    memcpy(ids, cleaning->ids, cleaning->id_count * sizeof *ids);
    cleaning->ids = ids;
    while (span_cut(&rest, ',', &id))
        if (id.len > 0 && authres_which(id, may_stay).len == 0)
            ids[cleaning->id_count++] = id;
    str_clear(&all);
}

struct cleaning cleaning_of(const struct transaction *t)
{
    struct cleaning cleaning = {.is_from_outside = is_from_outside(t)};
    struct str may_stay = STR_EMPTY;

    if (!has_results(&t->message))
        return cleaning;
    trusted_here(t, &may_stay);
    cleaning.own_count = own_ids(t->gate->settings, t->arena, &cleaning.ids);
    cleaning.own_count = keep_forged(cleaning.ids, cleaning.own_count, str_span(&may_stay));
    cleaning.id_count = cleaning.own_count;
    if (cleaning.is_from_outside)
        add_gateways(&cleaning, t, str_span(&may_stay));
    str_clear(&may_stay);
    return cleaning;
}

bool cleaning_removes(const struct cleaning *cleaning, const struct message_header *header)
{
    switch (header->kind) {
    case HEADER_AUTHRES:
        return authres_claims(header->value, AUTHRES_PLAIN, cleaning->ids, cleaning->id_count);
    case HEADER_ARC_AUTHRES:
        return authres_claims(header->value, AUTHRES_OF_ARC, cleaning->ids,
                              cleaning->own_count);
    case HEADER_EXCHANGE:
        return cleaning->is_from_outside;
    case HEADER_POSTGATE:
    case HEADER_POSTGATE_TRACE:
    case HEADER_POSTGATE_RELEASE:
        return !header->is_kept;
    default:
        return false;
    }
}
