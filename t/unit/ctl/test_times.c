/* Times as people write them, and texts that were met before. */
#include "milter/ctl/seen.h"
#include "milter/ctl/times.h"
#include "t/lib/suite.h"
#include <stdio.h>

#define NOW INT64_C(1795305600000) /* 2026-11-22T00:00:00Z */

START_TEST(test_good)
{
    static const struct {
        const char *text;
        int64_t want;
    } cases[] = {
        {"0s", NOW},
        {"90s", NOW - 90000},
        {"30m", NOW - 1800000},
        {"2h", NOW - 7200000},
        {"14d", NOW - INT64_C(1209600000)},
        {"2w", NOW - INT64_C(1209600000)},
        {"100000d", 0}, /* before 1970 */
        {"2026-11-22", NOW},
        {"2026-11-22T10:30", NOW + 37800000},
        {"2026-11-22T10:30Z", NOW + 37800000},
        {"2026-11-22T10:30:15", NOW + 37815000},
        {"2026-11-22T10:30:15Z", NOW + 37815000},
    };
    struct err err;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t ms = -1;

        ck_assert_msg(time_parse(cases[i].text, NOW, &ms, &err) == 0, "%s", cases[i].text);
        ck_assert_msg(ms == cases[i].want, "%s: %lld", cases[i].text, (long long)ms);
    }
}
END_TEST

START_TEST(test_bad)
{
    static const char *const texts[] = {"",
                                        "h",
                                        "2",
                                        "2y",
                                        "-2h",
                                        "2 h",
                                        "yesterday",
                                        "22:00",
                                        "2026-11-22 10:30",
                                        "2026-13-01",
                                        "1.5h",
                                        "99999999999999999999h",
                                        "1900-01-01",
                                        "2026-11-22T10:30:15ZZ"};
    struct err err;
    int64_t ms;

    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        ck_assert_msg(time_parse(texts[i], NOW, &ms, &err) == -1, "%s", texts[i]);
        ck_assert(strstr(err.text, "2h") != NULL);
    }
}
END_TEST

START_TEST(test_seen)
{
    struct seen *seen = seen_new();
    char text[16];

    for (int i = 0; i <= SEEN_MAX; i++) {
        snprintf(text, sizeof(text), "%d", i);
        ck_assert(seen_add(seen, text));
        ck_assert(!seen_add(seen, text));
    }
    ck_assert(!seen_add(seen, "1"));
    ck_assert(seen_add(seen, "0")); /* the oldest was forgotten */
    seen_free(&seen);
    ck_assert(seen == NULL);
    seen_free(&seen);
}
END_TEST

SUITE_MAIN("ctl/times", test_good, test_bad, test_seen)
