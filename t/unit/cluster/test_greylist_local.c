/* test_greylist_local.c - the greylist of one node: ages, what passes, what is forgotten, bounds, a restart. */
#include <stdio.h>
#include "policyd/cluster/greylist_local.h"
#include "t/lib/set_clock.h"
#include "t/lib/suite.h"

static const uint8_t secret[32] = "a secret of thirty-two bytes ...";

#define MINUTE INT64_C(60000)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)
#define BEGIN  SET_CLOCK_BEGIN

static struct greylist_key key_of(const char *client, const char *sender, const char *recipient)
{
    struct greylist_triplet triplet = {.sender = span_of(sender),
                                       .recipient = span_of(recipient)};
    struct greylist_key key;

    ck_assert(ip_parse(span_of(client), &triplet.client));
    greylist_key_make(secret, &triplet, &key);
    return key;
}

static int64_t look(const char *client, const char *sender, int64_t at)
{
    struct greylist_key key = key_of(client, sender, "bob@one.example");

    return greylist_local_look(&key, at, false);
}

static void pass(const char *client, const char *sender, int64_t at)
{
    struct greylist_key key = key_of(client, sender, "bob@one.example");

    greylist_local_passed(&key, at);
}

START_TEST(a_triplet_grows_old_and_passes)
{
    ck_assert_int_eq(look("192.0.2.1", "a@x.example", BEGIN), 0);
    ck_assert_int_eq(look("192.0.2.77", "A@X.example", BEGIN + MINUTE), 60); /* its /24 */
    ck_assert_int_eq(look("192.0.3.1", "a@x.example", BEGIN + MINUTE), 0);
    ck_assert_int_eq(look("192.0.2.1", "b@x.example", BEGIN + MINUTE), 0);
    pass("192.0.2.1", "a@x.example", BEGIN + 4 * MINUTE);
    ck_assert_int_eq(look("192.0.2.1", "a@x.example", BEGIN + 5 * MINUTE), GREYLIST_KNOWN);
    ck_assert_int_eq(look("192.0.2.1", "a@x.example", BEGIN + 34 * DAY), GREYLIST_KNOWN);
    pass("192.0.2.1", "a@x.example", BEGIN + 34 * DAY); /* used again */
    ck_assert_int_eq(look("192.0.2.1", "a@x.example", BEGIN + 60 * DAY), GREYLIST_KNOWN);
    ck_assert_int_eq(look("192.0.2.1", "a@x.example", BEGIN + 70 * DAY), 0);
}
END_TEST

START_TEST(networks_are_24_and_64)
{
    ck_assert_int_eq(look("2001:db8::1", "a@x.example", BEGIN), 0);
    ck_assert_int_eq(look("2001:db8::ffff:1", "a@x.example", BEGIN + 1000), 1);
    ck_assert_int_eq(look("2001:db8:0:1::1", "a@x.example", BEGIN + 1000), 0);
}
END_TEST

START_TEST(an_untried_entry_is_forgotten)
{
    ck_assert_int_eq(look("192.0.2.1", "", BEGIN), 0); /* the null sender is one as any other */
    ck_assert_int_eq(look("192.0.2.1", "", BEGIN + 6 * HOUR - 1000), 6 * 3600 - 1);
    ck_assert_int_eq(look("192.0.2.1", "", BEGIN + 6 * HOUR), 0);
    ck_assert_int_eq(look("192.0.2.1", "", BEGIN + 6 * HOUR + MINUTE), 60);
}
END_TEST

START_TEST(a_network_that_passed_five_times_is_known)
{
    char sender[40];

    for (int i = 0; i < 5; i++) {
        snprintf(sender, sizeof sender, "s%d@x.example", i);
        ck_assert_int_eq(look("192.0.2.1", sender, BEGIN), 0);
        pass("192.0.2.1", sender, BEGIN);
        pass("192.0.2.1", sender, BEGIN); /* the same one counts once */
    }
    ck_assert_int_eq(look("192.0.2.200", "new@x.example", BEGIN), GREYLIST_KNOWN);
    ck_assert_int_eq(look("192.0.3.1", "new@x.example", BEGIN), 0);
    ck_assert_int_eq(look("192.0.2.200", "new@x.example", BEGIN + 36 * DAY), 0);
}
END_TEST

START_TEST(a_trial_notes_nothing)
{
    struct greylist_key key = key_of("192.0.2.1", "a@x.example", "bob@one.example");

    ck_assert_int_eq(greylist_local_look(&key, BEGIN, true), 0);
    ck_assert_int_eq(greylist_local_look(&key, BEGIN + HOUR, true), 0);
    ck_assert_int_eq(greylist_local_look(&key, BEGIN + HOUR, false), 0);
    ck_assert_int_eq(greylist_local_look(&key, BEGIN + 2 * HOUR, true), 3600);
}
END_TEST

START_TEST(a_crowded_network_stands_for_itself)
{
    char sender[40];

    for (int i = 0; i < GREYLIST_TRIES; i++) {
        snprintf(sender, sizeof sender, "s%d@x.example", i);
        ck_assert_int_eq(look("192.0.2.1", sender, BEGIN), 0);
    }
    ck_assert_int_eq(look("192.0.2.1", "more@x.example", BEGIN), 0);
    ck_assert_int_eq(look("192.0.2.1", "other@x.example", BEGIN + 5 * MINUTE), 300);
    ck_assert_int_eq(look("192.0.2.1", "s7@x.example", BEGIN + MINUTE), 60);
}
END_TEST

START_TEST(a_flood_of_networks_is_bounded)
{
    size_t unknown = 0, drawers = 0, drawer;
    struct str name = STR_EMPTY, bytes = STR_EMPTY;
    char client[60];

    for (unsigned i = 0; i < 700000; i++) {
        snprintf(client, sizeof client, "2001:db8:%x:%x::1", i >> 16, i & 0xffff);
        unknown += look(client, "a@x.example", BEGIN) < 0;
    }
    ck_assert_uint_gt(unknown, 700000 - GREYLIST_DRAWERS * GREYLIST_ROOM - 1);
    while (greylist_local_changed(&name, &drawer, &bytes)) {
        drawers++;
        ck_assert_uint_le(bytes.len, GREYLIST_ROOM * (SHELF_KEY_SIZE + 2 + 6));
        str_reset(&bytes);
    }
    ck_assert_uint_le(drawers, GREYLIST_DRAWERS);
    ck_assert_int_eq(look(client, "a@x.example", BEGIN + 7 * HOUR),
                     0); /* there is room again */
    str_clear(&name);
    str_clear(&bytes);
    greylist_local_clear();
}
END_TEST

START_TEST(it_comes_back_after_a_restart)
{
    struct str names[4] = {STR_EMPTY, STR_EMPTY, STR_EMPTY, STR_EMPTY};
    struct str bytes[4] = {STR_EMPTY, STR_EMPTY, STR_EMPTY, STR_EMPTY};
    size_t drawers[4], count = 0;

    look("192.0.2.1", "a@x.example", BEGIN);
    look("192.0.9.1", "b@x.example", BEGIN);
    pass("192.0.9.1", "b@x.example", BEGIN);
    while (count < 4 && greylist_local_changed(&names[count], &drawers[count], &bytes[count]))
        count++;
    greylist_local_clear();
    for (size_t i = 0; i < count; i++)
        greylist_local_restore(
            &(struct drawer_row){str_span(&names[i]), drawers[i], str_span(&bytes[i])});
    greylist_local_restore(&(struct drawer_row){SPAN("another"), 0, SPAN("x")});
    ck_assert_int_eq(look("192.0.2.1", "a@x.example", BEGIN + MINUTE), 60);
    ck_assert_int_eq(look("192.0.9.1", "b@x.example", BEGIN + MINUTE), GREYLIST_KNOWN);
    for (size_t i = 0; i < 4; i++) {
        str_clear(&names[i]);
        str_clear(&bytes[i]);
    }
    greylist_local_clear();
}
END_TEST

SUITE_MAIN("cluster/greylist_local", a_triplet_grows_old_and_passes, networks_are_24_and_64,
           an_untried_entry_is_forgotten, a_network_that_passed_five_times_is_known,
           a_trial_notes_nothing, a_crowded_network_stands_for_itself,
           a_flood_of_networks_is_bounded, it_comes_back_after_a_restart)
