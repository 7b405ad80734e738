/* How a node is, from its heartbeats: told as stories of readings. */
#include "policyd/cluster/node_track.h"

#include "t/lib/suite.h"

static struct node_track track;
static int64_t now;

static void begin(void)
{
    node_track_begin(&track);
    now = 1000000;
}

/* One reading after so long. */
static enum node_state see(int64_t after_ms, const char *boot, uint64_t seq, int64_t age_ms)
{
    const struct track_sight sight = {boot, seq, age_ms, now += after_ms};

    node_track_see(&track, &sight);
    return node_track_state(&track, now);
}

static void beat(const char *boot, uint64_t from, int times)
{
    for (int i = 0; i < times; i++)
        ck_assert_int_eq(see(HEARTBEAT_MS, boot, from + (uint64_t)i, 100), NODE_ALIVE);
}

START_TEST(test_ages)
{
    static const struct {
        int64_t age;
        enum node_state want;
    } cases[] = {{0, NODE_ALIVE},       {14999, NODE_ALIVE}, {15000, NODE_SUSPECT},
                 {59999, NODE_SUSPECT}, {60000, NODE_DOWN},  {86400000, NODE_DOWN}};

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        begin();
        ck_assert_int_eq(see(0, "a", 1, cases[i].age), cases[i].want);
    }
    begin();
    ck_assert_int_eq(see(0, NULL, 0, 0), NODE_NEVER_SEEN);
}
END_TEST

START_TEST(test_dies_and_comes_back)
{
    begin();
    beat("a", 1, 5);
    for (int64_t age = 5000; age < 15000; age += 5000)
        ck_assert_int_eq(see(HEARTBEAT_MS, "a", 5, age), NODE_ALIVE);
    ck_assert_int_eq(see(HEARTBEAT_MS, "a", 5, 15100), NODE_SUSPECT);
    for (int64_t age = 20100; age < 60000; age += 5000)
        ck_assert_int_eq(see(HEARTBEAT_MS, "a", 5, age), NODE_SUSPECT);
    ck_assert_int_eq(see(HEARTBEAT_MS, "a", 5, 60100), NODE_DOWN);
    ck_assert_int_eq(see(HEARTBEAT_MS, "b", 1u << 20, 50), NODE_ALIVE);
    ck_assert_int_eq(track.is_replay, false);
}
END_TEST

/* Somebody writes its last heartbeat, or an earlier one, into Redis each second: as dead as before. */
START_TEST(test_replay)
{
    begin();
    beat("a", 1, 5);
    for (int i = 0; i < 14; i++)
        see(1000, "a", 5, 10);
    ck_assert_int_eq(see(1000, "a", 3, 10), NODE_SUSPECT);
    ck_assert(see(1000, "a", 5, 10) == NODE_SUSPECT && track.is_replay);
    for (int i = 0; i < 44; i++)
        see(1000, "a", 4, 10);
    ck_assert_int_eq(see(1000, "a", 5, 10), NODE_DOWN);
    /* of a run before: no sign of a second machine either */
    begin();
    beat("old", 1, 3);
    beat("new", 100, 3);
    for (int i = 0; i < 20; i++)
        ck_assert_int_ne(see(1000, "old", 3, 10), NODE_DOUBLE);
    ck_assert_int_eq(node_track_state(&track, now), NODE_SUSPECT);
}
END_TEST

START_TEST(test_restart_is_no_alarm)
{
    begin();
    for (unsigned run = 1; run < 10; run++) {
        char boot[8] = {'r', (char)('0' + run), '\0'};

        beat(boot, (uint64_t)run << 32, 3);
    }
}
END_TEST

/* Two machines, each going above what it finds of the other. */
START_TEST(test_double)
{
    begin();
    beat("a", 1, 2);
    ck_assert_int_eq(see(2500, "b", 10, 100), NODE_ALIVE);
    ck_assert_int_eq(see(2500, "a", 11, 100), NODE_DOUBLE);
    ck_assert_int_eq(see(2500, "b", 12, 100), NODE_DOUBLE);
    for (uint64_t seq = 13; seq < 24; seq++)
        ck_assert_int_eq(see(HEARTBEAT_MS, "b", seq, 100), NODE_DOUBLE);
    beat("b", 30, 3); /* one of them has ended */
}
END_TEST

/* Redis was away for ten minutes: nobody gets worse while they all come back. */
START_TEST(test_gap)
{
    begin();
    beat("a", 1, 3);
    ck_assert_int_eq(see(600000, "a", 3, 600000), NODE_ALIVE);
    ck_assert_int_eq(see(HEARTBEAT_MS, "a", 3, 605000), NODE_ALIVE);
    ck_assert_int_eq(see(HEARTBEAT_MS, "a", 4, 20), NODE_ALIVE);
    ck_assert_int_eq(see(15000 - HEARTBEAT_MS, "a", 4, 10000), NODE_ALIVE);
    /* its last one before the gap was not read by then */
    begin();
    beat("a", 1, 3);
    ck_assert_int_eq(see(20000, "a", 4, 16000), NODE_ALIVE);
    ck_assert_int_eq(see(HEARTBEAT_MS, "a", 5, 20), NODE_ALIVE);
    ck_assert_int_eq(see(HEARTBEAT_MS, "a", 5, 15000), NODE_SUSPECT);
    /* and who does not come back is down in the end */
    begin();
    beat("a", 1, 3);
    ck_assert_int_eq(see(600000, NULL, 0, 0), NODE_ALIVE);
    for (int64_t waited = 0; waited < TRACK_GRACE_MS - HEARTBEAT_MS; waited += HEARTBEAT_MS)
        ck_assert_int_eq(see(HEARTBEAT_MS, NULL, 0, 0), NODE_ALIVE);
    ck_assert_int_eq(see(HEARTBEAT_MS, NULL, 0, 0), NODE_SUSPECT);
    for (int i = 0; i < 4; i++)
        see(HEARTBEAT_MS, NULL, 0, 0);
    ck_assert_int_eq(node_track_state(&track, now), NODE_DOWN);
}
END_TEST

/* A Redis begun empty: what is not there is as old as it is, not younger. */
START_TEST(test_lost)
{
    begin();
    beat("a", 1, 3);
    ck_assert_int_eq(see(HEARTBEAT_MS, NULL, 0, 0), NODE_ALIVE);
    ck_assert_int_eq(see(HEARTBEAT_MS, NULL, 0, 0), NODE_ALIVE);
    ck_assert_int_eq(see(HEARTBEAT_MS, NULL, 0, 0), NODE_SUSPECT);
}
END_TEST

SUITE_MAIN("node_track", test_ages, test_dies_and_comes_back, test_replay,
           test_restart_is_no_alarm, test_double, test_gap, test_lost)
