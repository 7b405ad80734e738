/* Each case of the public RFC 7208 test suite (Debian's python3-spf), result and explanation; t/lib/spf_suite.py reads it for us. */
#include <stdio.h>

#include "base/xalloc.h"
#include "facts/fact_words.h"
#include "t/lib/spf_zone.h"
#include "t/lib/suite.h"

#define SUITE     "/usr/bin/python3 t/lib/spf_suite.py"
#define CASES_MAX 400
#define CASES     203
#define LINE_MAX  9000
#define WORDS_MAX 8

struct one {
    char *words[WORDS_MAX];
    struct spf_zone *zone;
};

static struct one cases[CASES_MAX];
static int case_count;

/* Hexadecimal; "-" is nothing. */
static struct span unhex(char *word)
{
    size_t len = strlen(word) / 2;

    for (size_t i = 0; i < len; i++) {
        char digits[3] = {word[2 * i], word[2 * i + 1], '\0'};

        word[i] = (char)strtoul(digits, NULL, 16);
    }
    return span_from(word, len);
}

static void add_record(struct spf_zone *zone, char **words)
{
    struct span name = unhex(words[1]),
                data = unhex(words[strcmp(words[2], "MX") == 0 ? 4 : 3]);
    char text[DNS_NAME_MAX + 3];

    if (strcmp(words[2], "TXT") == 0)
        spf_zone_add(zone, DNS_TXT, name, data);
    else if (strcmp(words[2], "CNAME") == 0)
        spf_zone_add(zone, SPF_ZONE_CNAME, name, data);
    else if (strcmp(words[2], "PTR") == 0)
        spf_zone_add(zone, DNS_PTR, name, data);
    else if (strcmp(words[2], "MX") == 0) {
        snprintf(text, sizeof text, "00%.*s", SPAN_ARG(data));
        spf_zone_add(zone, DNS_MX, name, span_of(text));
    } else {
        char *owner = xstrndup(name.ptr, name.len), *address = xstrndup(data.ptr, data.len);

        spf_zone_text(zone, owner, words[2], address);
        xfree(&owner);
        xfree(&address);
    }
}

static void read_line(char *line, struct spf_zone **zone)
{
    char *words[WORDS_MAX] = {NULL}, *save = NULL;
    size_t count = 0;

    for (char *word = strtok_r(line, " \n", &save); word != NULL && count < WORDS_MAX;
         word = strtok_r(NULL, " \n", &save))
        words[count++] = word;
    if (count == 1)
        *zone = spf_zone_new();
    else if (strcmp(words[0], "rr") == 0)
        add_record(*zone, words);
    else if (strcmp(words[0], "timeout") == 0)
        spf_zone_status(*zone, unhex(words[1]), DNS_TIMEOUT);
    else if (case_count < CASES_MAX) {
        for (size_t i = 0; i < count; i++)
            cases[case_count].words[i] = xstrdup(words[i]);
        cases[case_count++].zone = *zone;
    }
}

static void load(void)
{
    char *line = xmalloc(LINE_MAX);
    struct spf_zone *zone = NULL;
    FILE *suite = popen(SUITE, "r");

    while (suite != NULL && fgets(line, LINE_MAX, suite) != NULL)
        read_line(line, &zone);
    if (suite != NULL)
        pclose(suite);
    xfree(&line);
}

START_TEST(test_case)
{
    char **words = cases[_i].words;
    struct arena *arena = arena_new();
    struct sender_request request = {.job = SENDER_SPF,
                                     .receiver = SPAN("mx.receiver.example")};
    struct sender_result result;
    struct span rest = span_of(words[5]), wanted;
    bool is_wanted = false;

    ck_assert(ip_parse(span_of(words[2]), &request.client));
    request.helo = unhex(words[3]);
    request.sender = unhex(words[4]);
    ck_assert_int_ge(spf_rounds(cases[_i].zone, &request, arena, &result), 1);
    while (span_cut(&rest, ',', &wanted))
        is_wanted = is_wanted || span_is(wanted, names_name(spf_names, result.spf));
    ck_assert_msg(is_wanted, "%s: %s, not %s (%.*s)", words[1],
                  names_name(spf_names, result.spf), words[5], SPAN_ARG(result.spf_reason));
    ck_assert_msg(result.spf_reason.len > 0, "%s: no reason", words[1]);
    if (strcmp(words[6], "any") != 0) {
        wanted = unhex(words[6]);
        ck_assert_msg(span_equal(result.spf_explanation, wanted),
                      "%s: explained as <%.*s>, not <%.*s>", words[1],
                      SPAN_ARG(result.spf_explanation), SPAN_ARG(wanted));
    }
    arena_free(&arena);
}
END_TEST

START_TEST(test_all_are_there)
{
    ck_assert_int_eq(case_count, CASES);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("RFC 7208");
    TCase *tcase = tcase_create("RFC 7208");
    SRunner *runner;
    int failed;

    load();
    tcase_add_test(tcase, test_all_are_there);
    tcase_add_loop_test(tcase, test_case, 0, case_count);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
