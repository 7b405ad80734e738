/* direction.c - outbound: a login or a client in $relay_networks; internal: outbound to an accepted domain; else inbound. */
#include "rules/eval_inside.h"

#define BIT(direction) (1u << DIRECTION_##direction)
#define ALL            (BIT(INBOUND) | BIT(OUTBOUND) | BIT(INTERNAL))

static struct answer not_there(const struct eval *e, enum fact_id id, const struct fact *fact)
{
    struct fact_ref ref = {.fact = id};

    if (fact->state == FACT_PENDING &&
        (e->view->recipient != NULL || (fact_table[id].flags & FACT_PER_RECIPIENT) == 0))
        return answer_missing(e, ref, fact_table[id].stage);
    return answer_unknown(ref);
}

static struct answer has_login(const struct eval *e)
{
    const struct fact *user = facts_get(e->view->message, FACT_AUTH_USER);

    if (user->state == FACT_PENDING)
        return not_there(e, FACT_AUTH_USER, user);
    return answer_of(user->state == FACT_VALUE);
}

static struct answer is_relay_client(const struct eval *e)
{
    const struct fact *ip = facts_get(e->view->message, FACT_CLIENT_IP);

    if (e->rules->relay_networks < 0 || ip->state == FACT_ABSENT)
        return answer_of(false);
    if (ip->state != FACT_VALUE)
        return not_there(e, FACT_CLIENT_IP, ip);
    return answer_of(lists_hold(e->lists, (uint32_t)e->rules->relay_networks, TYPE_IP,
                                &ip->values[0], NULL));
}

/* Somebody may have said which: a test, a recorded block. */
static const struct fact *stored(const struct eval *e)
{
    return facts_view_get(e->view, FACT_DIRECTION);
}

struct answer direction_is_outbound(const struct eval *e)
{
    const struct fact *said = stored(e);
    struct answer login, relay;

    if (said->state == FACT_VALUE)
        return answer_of(said->values[0].number != DIRECTION_INBOUND);
    login = has_login(e);
    if (login.truth == YES)
        return login;
    relay = is_relay_client(e);
    if (relay.truth == YES)
        return relay;
    answer_join(&login, relay);
    return login;
}

static unsigned possible_of(struct answer outbound, struct answer accepted)
{
    unsigned out = accepted.truth == YES  ? BIT(INTERNAL)
                   : accepted.truth == NO ? BIT(OUTBOUND)
                                          : BIT(OUTBOUND) | BIT(INTERNAL);

    if (outbound.truth == YES)
        return out;
    return outbound.truth == NO ? BIT(INBOUND) : out | BIT(INBOUND);
}

static struct answer is_accepted(const struct eval *e)
{
    const struct fact *accepted = facts_view_get(e->view, FACT_DOMAIN_ACCEPTED);

    if (accepted->state == FACT_VALUE)
        return answer_of(accepted->values[0].number != 0);
    if (accepted->state == FACT_ABSENT)
        return answer_of(false);
    return not_there(e, FACT_DOMAIN_ACCEPTED, accepted);
}

void direction_of(const struct eval *e, struct direction_state *out)
{
    const struct fact *said = stored(e);
    struct answer outbound, accepted;

    *out = (struct direction_state){.possible = 0};
    if (said->state == FACT_VALUE) {
        out->possible = 1u << said->values[0].number;
    } else if (said->state == FACT_UNKNOWN) {
        out->possible = ALL;
        out->why = answer_unknown((struct fact_ref){.fact = FACT_DIRECTION});
    } else if (said->state == FACT_PENDING) {
        outbound = direction_is_outbound(e);
        accepted = outbound.truth == NO ? answer_of(false) : is_accepted(e);
        out->possible = possible_of(outbound, accepted);
        out->why = outbound;
        answer_join(&out->why, accepted);
    }
}

void evaluate_direction(const struct lists *lists, const struct facts_view *view,
                        struct fact *out)
{
    static const struct value words[] = {{.number = 0},
                                         {.number = DIRECTION_INBOUND},
                                         {.number = DIRECTION_OUTBOUND},
                                         {.number = DIRECTION_INTERNAL}};
    struct eval e = {.lists = lists, .rules = lists->rules, .view = view, .stage = STAGE_EOM};
    struct direction_state direction;

    direction_of(&e, &direction);
    *out = (struct fact){.state = FACT_ABSENT};
    for (unsigned i = DIRECTION_INBOUND; i <= DIRECTION_INTERNAL; i++)
        if (direction.possible == 1u << i)
            *out = (struct fact){.state = FACT_VALUE, .count = 1, .values = &words[i]};
    if (out->state == FACT_ABSENT && direction.possible != 0)
        *out =
            (struct fact){.state = direction.why.truth == MISSING ? FACT_PENDING : FACT_UNKNOWN,
                          .reason = SPAN("client or login unknown")};
}
