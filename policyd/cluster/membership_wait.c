/* membership_wait.c - is an entry in force on all live nodes? Read from their heartbeats. */
#include <poll.h>

#include "base/clock.h"
#include "control/protocol.h"
#include "policyd/cluster/heartbeat_content.h"
#include "policyd/cluster/ledger.h"
#include "policyd/cluster/membership.h"

#define LOOK_MS      50
#define LOOK_SLOW_MS 250
#define SLOW_AFTER   40 /* looks */

struct wanted {
    struct span subject;
    uint64_t number;
    const char *digest; /* of all that is applied here */
};
enum acknowledged { ACK = 1, NACK, SILENT, AWAY };
static const struct name_value acknowledged_names[] = {
    {"ACK", ACK}, {"NACK", NACK}, {"silent", SILENT}, {"down", AWAY}, {NULL, 0}};

struct answer {
    enum acknowledged state;
    uint64_t applied;
    const char *why; /* in the heartbeat */
};

static uint64_t number_of(const json_t *value)
{
    json_int_t number = json_integer_value(value);

    return number > 0 ? (uint64_t)number : 0;
}

static bool is_refusal(const char *state)
{
    int value;

    return state != NULL && names_value(ledger_state_names, span_of(state), &value) &&
           (value == LEDGER_REFUSED || value == LEDGER_FORGED || value == LEDGER_FORK);
}

/* A row {"state","head","why"} of what is not in order. */
static void take_refusal(const json_t *row, const struct wanted *wanted, struct answer *answer)
{
    if (!is_refusal(json_string_value(json_object_get(row, "state"))) ||
        number_of(json_object_get(row, "head")) < wanted->number)
        return;
    answer->state = NACK;
    answer->why = json_string_value(json_object_get(row, "why"));
}

static const json_t *trouble_of(const json_t *heartbeat, struct span subject)
{
    const json_t *row;
    size_t i;

    json_array_foreach(json_object_get(heartbeat, "troubled"), i, row)
    {
        const char *name = json_string_value(json_object_get(row, "subject"));

        if (name != NULL && span_is(subject, name))
            return row;
    }
    return NULL;
}

static void look_at_rules(const json_t *heartbeat, const struct wanted *wanted,
                          struct answer *answer)
{
    const json_t *rules = json_object_get(heartbeat, "rules");

    answer->applied = number_of(json_object_get(rules, "number"));
    if (answer->applied >= wanted->number)
        answer->state = ACK;
    else
        take_refusal(rules, wanted, answer);
}

/* Nodes with very many lists do not name all of them: an equal digest says that they have what we have. */
static void look_at_other(const json_t *heartbeat, const struct wanted *wanted,
                          struct answer *answer)
{
    const json_t *applied = json_object_getn(json_object_get(heartbeat, "heads"),
                                             wanted->subject.ptr, wanted->subject.len);
    const char *digest = json_string_value(json_object_get(heartbeat, "digest"));

    answer->applied = number_of(applied);
    if (answer->applied >= wanted->number ||
        (applied == NULL && digest != NULL && strcmp(digest, wanted->digest) == 0))
        answer->state = ACK;
    else
        take_refusal(trouble_of(heartbeat, wanted->subject), wanted, answer);
}

/* One that has just joined has not said anything yet. */
static bool is_away(const struct node_seen *node)
{
    return node->state == NODE_DOWN ||
           (node->state == NODE_NEVER_SEEN &&
            clock_now_ms() - node->member.since_ms > HEARTBEAT_DOWN_MS);
}

static struct answer answer_of(const struct node_seen *node, const struct wanted *wanted)
{
    struct answer answer = {.state = SILENT};

    if (is_away(node))
        answer.state = AWAY;
    else if (span_is(wanted->subject, "rules"))
        look_at_rules(node->heartbeat, wanted, &answer);
    else
        look_at_other(node->heartbeat, wanted, &answer);
    return answer;
}

static void add_row(json_t *rows, const struct node_seen *node, const struct answer *answer)
{
    json_t *row = json_object();

    json_object_set_new(row, "node", control_text(span_of(node->member.name)));
    json_object_set_new(row, "state",
                        json_string(names_name(acknowledged_names, (int)answer->state)));
    json_object_set_new(row, "applied", json_integer((json_int_t)answer->applied));
    json_object_set_new(row, "why", control_text(span_of(answer->why)));
    json_array_append_new(rows, row);
}

/* One look: how many have not answered; *is_whole_r: all live ones said ACK. */
static size_t look(const struct wanted *wanted, json_t *rows, bool *is_whole_r)
{
    struct node_seen *nodes;
    size_t count = membership_list(true, &nodes), silent = 0;

    json_array_clear(rows);
    *is_whole_r = count > 0;
    for (size_t i = 0; i < count; i++) {
        struct answer answer = answer_of(&nodes[i], wanted);

        silent += answer.state == SILENT;
        *is_whole_r = *is_whole_r && (answer.state == ACK || answer.state == AWAY);
        add_row(rows, &nodes[i], &answer);
    }
    membership_free(&nodes, count);
    return silent;
}

int membership_wait_applied(struct span subject, uint64_t number, int timeout_ms, json_t *rows)
{
    int64_t until = clock_mono_ms() + timeout_ms;
    struct str digest = STR_EMPTY;
    struct wanted wanted = {subject, number, NULL};
    bool is_whole = false;

    for (unsigned looks = 0;; looks++) {
        str_reset(&digest);
        heartbeat_digest(&digest);
        wanted.digest = str_cstr(&digest);
        if (look(&wanted, rows, &is_whole) == 0 || clock_mono_ms() >= until)
            break;
        poll(NULL, 0, looks < SLOW_AFTER ? LOOK_MS : LOOK_SLOW_MS);
    }
    str_clear(&digest);
    return is_whole ? EXIT_OK : EXIT_PARTIAL;
}
