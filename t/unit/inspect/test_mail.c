/* test_mail.c - every t/mail/NAME.eml gives the facts in NAME.facts. With BLESS=1 in the environment it writes them instead:
 * read the difference before you keep it. A first line "# parts 3 depth 2" sets limits; "# wants Name ..." asks for headers. */
#include <dirent.h>
#include <stdio.h>
#include "base/file.h"
#include "base/sinks.h"
#include "facts/derive.h"
#include "milter/inspect/mime.h"
#include "t/lib/suite.h"

#define MAIL_DIR "t/mail"
#define MAIL_MAX 300

static char names[MAIL_MAX][100];
static size_t name_count;

static const struct {
    const char *name;
    size_t offset;
} limits[] = {
    {"parts", offsetof(struct wire_limits, parts)},
    {"depth", offsetof(struct wire_limits, depth)},
    {"headers", offsetof(struct wire_limits, headers)},
    {"header_bytes", offsetof(struct wire_limits, header_bytes)},
    {"parameters", offsetof(struct wire_limits, parameters)},
    {"time_ms", offsetof(struct wire_limits, time_ms)},
};

static void set_limit(struct mime_request *request, struct span name, struct span value)
{
    for (size_t i = 0; i < COUNT_OF(limits); i++) {
        uint64_t number;
        if (span_is(name, limits[i].name) && span_to_u64(value, UINT32_MAX, &number))
            *(uint32_t *)(void *)((char *)&request->limits + limits[i].offset) =
                (uint32_t)number;
    }
}

/* The first line of the expected facts, when it is a comment. */
static void read_options(struct mime_request *request, struct span expected)
{
    struct span line, word, value;
    bool wants = false;

    span_cut(&expected, '\n', &line);
    if (!span_starts(line, SPAN("# ")))
        return;
    line = span_from(line.ptr + 2, line.len - 2);
    while (span_cut(&line, ' ', &word)) {
        if (span_is(word, "wants"))
            wants = true;
        else if (wants)
            request->wants[request->want_count++] = word;
        else if (span_cut(&line, ' ', &value))
            set_limit(request, word, value);
    }
}

static void print_line(struct str *out, const char *name, enum fact_id id,
                       const struct fact *fact)
{
    struct str text = STR_EMPTY;

    fact_print(&text, id, fact);
    str_printf(out, "%s ", name);
    sink_terminal(out, str_span(&text));
    str_addc(out, '\n');
    str_clear(&text);
}

static void print_attachments(struct str *out, const struct facts *facts)
{
    const struct record_list *list = facts_records(facts, RECORD_ATTACHMENT);

    for (size_t i = 0; i < list->count; i++) {
        str_adds(out, "attachment\n");
        for (size_t j = 0; j < record_count(RECORD_ATTACHMENT); j++) {
            enum fact_id id = (enum fact_id)(record_first(RECORD_ATTACHMENT) + j);
            const struct fact *fact = facts_record_get(facts, RECORD_ATTACHMENT, i, id);
            bool is_plain_no = id == FACT_ATTACHMENT_DECEPTIVE && fact->state == FACT_VALUE &&
                               fact->values[0].number == 0;
            if (fact->state == FACT_ABSENT || is_plain_no)
                continue;
            str_adds(out, "  ");
            print_line(out, fact_short_name(id), id, fact);
        }
    }
    if (list->is_incomplete)
        str_printf(out, "incomplete %.*s\n", SPAN_ARG(list->reason));
}

static void print_facts(struct str *out, const struct facts *facts)
{
    for (int id = 0; id < FACT_MESSAGE__COUNT; id++)
        if (facts_get(facts, (enum fact_id)id)->state != FACT_PENDING)
            print_line(out, fact_table[id].name, (enum fact_id)id,
                       facts_get(facts, (enum fact_id)id));
    for (size_t i = 0; i < facts_keyed_count(facts); i++) {
        const struct keyed_fact *keyed = facts_keyed_at(facts, i);
        char name[100];
        snprintf(name, sizeof name, "header(\"%.*s\")", SPAN_ARG(keyed->key));
        print_line(out, name, keyed->id, &keyed->fact);
    }
    print_attachments(out, facts);
}

static void inspect(struct str *out, struct span message, struct span expected)
{
    struct mime_request *request = calloc(1, sizeof *request);
    struct facts *facts = facts_new();

    request->message = message;
    request->limits = (struct wire_limits){.parts = 2000,
                                           .depth = 30,
                                           .headers = 1000,
                                           .header_bytes = 262144,
                                           .parameters = 200,
                                           .time_ms = 20000};
    read_options(request, expected);
    mime_inspect(request, facts);
    facts_derive(facts);
    print_facts(out, facts);
    facts_free(&facts);
    free(request);
}

static void keep_options(struct str *out, struct span expected)
{
    struct span line;

    span_cut(&expected, '\n', &line);
    if (span_starts(line, SPAN("#")))
        str_printf(out, "%.*s\n", SPAN_ARG(line));
}

START_TEST(test_mail)
{
    char eml[200], expected_path[200];
    struct str message = STR_EMPTY, expected = STR_EMPTY, got = STR_EMPTY;
    struct err err;

    snprintf(eml, sizeof eml, "%s/%s.eml", MAIL_DIR, names[_i]);
    snprintf(expected_path, sizeof expected_path, "%s/%s.facts", MAIL_DIR, names[_i]);
    ck_assert_int_eq(file_read(eml, 1 << 26, &message, &err), 0);
    (void)file_read(expected_path, 1 << 20, &expected, &err);
    keep_options(&got, str_span(&expected));
    inspect(&got, str_span(&message), str_span(&expected));
    if (getenv("BLESS") != NULL)
        ck_assert_int_eq(file_replace(expected_path, str_span(&got), 0644, &err), 0);
    else
        ck_assert_msg(span_equal(str_span(&got), str_span(&expected)),
                      "%s\n--- want\n%s--- got\n%s", eml, str_cstr(&expected), str_cstr(&got));
    str_clear(&message);
    str_clear(&expected);
    str_clear(&got);
}
END_TEST

static void read_names(void)
{
    DIR *dir = opendir(MAIL_DIR);
    struct dirent *entry;

    while (dir != NULL && (entry = readdir(dir)) != NULL && name_count < MAIL_MAX) {
        struct span name = span_of(entry->d_name);
        if (!span_ends(name, SPAN(".eml")) || name.len >= sizeof *names)
            continue;
        snprintf(names[name_count++], sizeof *names, "%.*s", (int)name.len - 4, name.ptr);
    }
    if (dir != NULL)
        closedir(dir);
}

int main(void)
{
    Suite *suite = suite_create("inspect/mail");
    TCase *tcase = tcase_create("mail");
    SRunner *runner;
    int failed;

    read_names();
    mime_prepare();
    tcase_add_loop_test(tcase, test_mail, 0, (int)name_count);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0 || name_count == 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
