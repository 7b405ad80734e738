/* Waiting until all nodes have an entry: who said ACK, NACK, nothing, and who is not there. */
#include "base/clock.h"
#include "base/xalloc.h"
#include "control/protocol.h"
#include "policyd/cluster/heartbeat_content.h"
#include "policyd/cluster/ledger.h"
#include "policyd/cluster/membership.h"

#include "t/lib/suite.h"

const struct name_value ledger_state_names[] = {
    {"in order", LEDGER_IN_ORDER}, {"behind", LEDGER_BEHIND}, {"refused", LEDGER_REFUSED},
    {"forged", LEDGER_FORGED},     {"fork", LEDGER_FORK},     {NULL, 0}};

/* What the nodes say, look after look: the last row stays. */
struct said {
    enum node_state state;
    const char *heartbeat;
};
static const struct said *looks[4];
static size_t node_count, look_count, looked;

size_t membership_list(bool is_fresh, struct node_seen **nodes_r)
{
    const struct said *said = looks[looked < look_count ? looked : look_count - 1];

    ck_assert(is_fresh);
    looked++;
    *nodes_r = xcalloc(node_count, sizeof **nodes_r);
    for (size_t i = 0; i < node_count; i++) {
        (*nodes_r)[i] = (struct node_seen){.state = said[i].state,
                                           .heartbeat = json_loads(said[i].heartbeat, 0, NULL)};
        (*nodes_r)[i].member.name[0] = (char)('a' + i);
    }
    return node_count;
}

void membership_free(struct node_seen **nodes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        json_decref((*nodes)[i].heartbeat);
    xfree(nodes);
}

void heartbeat_digest(struct str *out)
{
    str_adds(out, "d1");
}

static const char *state_of(const json_t *rows, size_t i)
{
    return json_string_value(json_object_get(json_array_get(rows, i), "state"));
}

static json_t *wait_for(const char *subject, uint64_t number, int timeout_ms, int want)
{
    json_t *rows = json_array();

    looked = 0;
    ck_assert_int_eq(membership_wait_applied(span_of(subject), number, timeout_ms, rows), want);
    ck_assert_uint_eq(json_array_size(rows), node_count);
    return rows;
}

#define RULES(number, state, head)                                                             \
    "{\"rules\":{\"number\":" #number ",\"state\":\"" state "\",\"head\":" #head               \
    ",\"why\":\"no\"}}"

START_TEST(test_rules)
{
    static const struct {
        struct said said;
        const char *want;
    } cases[] = {
        {{NODE_ALIVE, RULES(7, "in order", 7)}, "ACK"},
        {{NODE_ALIVE, RULES(9, "in order", 9)}, "ACK"},
        {{NODE_ALIVE, RULES(6, "in order", 6)}, "silent"},
        {{NODE_ALIVE, RULES(6, "behind", 7)}, "silent"},
        {{NODE_ALIVE, RULES(6, "refused", 7)}, "NACK"},
        {{NODE_ALIVE, RULES(5, "refused", 6)}, "silent"},
        {{NODE_ALIVE, RULES(6, "forged", 8)}, "NACK"},
        {{NODE_SUSPECT, RULES(6, "in order", 6)}, "silent"},
        {{NODE_DOUBLE, RULES(7, "in order", 7)}, "ACK"},
        {{NODE_DOWN, RULES(7, "in order", 7)}, "down"},
        {{NODE_NEVER_SEEN, "{}"}, "down"},
        {{NODE_ALIVE, "{}"}, "silent"},
        {{NODE_ALIVE, "{\"rules\":{\"number\":\"7\",\"state\":7,\"why\":{}}}"}, "silent"},
        {{NODE_ALIVE, "{\"rules\":[7]}"}, "silent"},
    };

    node_count = look_count = 1;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        bool is_well = strcmp(cases[i].want, "ACK") == 0 || strcmp(cases[i].want, "down") == 0;
        json_t *rows;

        looks[0] = &cases[i].said;
        rows = wait_for("rules", 7, 0, is_well ? EXIT_OK : EXIT_PARTIAL);
        ck_assert_msg(strcmp(state_of(rows, 0), cases[i].want) == 0, "case %zu: %s", i,
                      state_of(rows, 0));
        json_decref(rows);
    }
}
END_TEST

#define LIST(number) "{\"heads\":{\"list/a\":" #number "},\"digest\":\"x\"}"

START_TEST(test_lists)
{
    static const struct said said[] = {
        {NODE_ALIVE, LIST(7)},
        {NODE_ALIVE, LIST(6)},
        {NODE_ALIVE, "{\"heads\":{},\"digest\":\"d1\"}"},
        {NODE_ALIVE, "{\"heads\":{},\"digest\":\"d2\"}"},
        {NODE_ALIVE, "{\"heads\":{\"list/a\":6},\"troubled\":[7,{\"subject\":\"list/b\","
                     "\"state\":\"refused\",\"head\":7},{\"subject\":\"list/a\",\"state\":"
                     "\"refused\",\"head\":7,\"why\":\"another type\"}]}"},
    };
    static const char *const want[] = {"ACK", "silent", "ACK", "silent", "NACK"};
    json_t *rows;

    node_count = COUNT_OF(said);
    look_count = 1;
    looks[0] = said;
    rows = wait_for("list/a", 7, 0, EXIT_PARTIAL);
    for (size_t i = 0; i < COUNT_OF(want); i++)
        ck_assert_msg(strcmp(state_of(rows, i), want[i]) == 0, "node %zu: %s", i,
                      state_of(rows, i));
    json_decref(rows);
}
END_TEST

/* It ends as soon as all have answered, not before. */
START_TEST(test_until_all)
{
    static const struct said first[] = {{NODE_ALIVE, RULES(7, "in order", 7)},
                                        {NODE_ALIVE, RULES(6, "behind", 7)}};
    static const struct said second[] = {{NODE_ALIVE, RULES(7, "in order", 7)},
                                         {NODE_ALIVE, RULES(7, "in order", 7)}};
    json_t *rows;

    node_count = look_count = 2;
    looks[0] = first;
    looks[1] = second;
    rows = wait_for("rules", 7, 60000, EXIT_OK);
    ck_assert_uint_eq(looked, 2);
    json_decref(rows);
}
END_TEST

SUITE_MAIN("membership_wait", test_rules, test_lists, test_until_all)
