/* test_mail.c - every t/mail/NAME.eml gives the facts in NAME.facts. With BLESS=1 in the environment it writes them instead:
 * read the difference before you keep it. */
#include "facts/derive.h"
#include "milter/inspect/mime.h"
#include "t/lib/mail_facts.h"
#include "t/lib/suite.h"

static char names[MAIL_FACTS_MAX][100];

static void inspect(struct str *out, const struct mail_case *mail)
{
    struct mime_request *request = calloc(1, sizeof *request);
    struct facts *facts = facts_new();

    request->message = str_span(&mail->message);
    request->limits = mail->limits;
    request->wants_links = mail->wants_links;
    request->want_count = mail->want_count;
    for (size_t i = 0; i < mail->want_count; i++)
        request->wants[i] = mail->wants[i];
    mime_inspect(request, facts);
    facts_derive(facts);
    mail_facts_print(out, mail, facts);
    facts_free(&facts);
    free(request);
}

START_TEST(test_mail)
{
    struct str got = STR_EMPTY;
    struct mail_case mail;

    mail_facts_read(names[_i], &mail);
    inspect(&got, &mail);
    if (getenv("BLESS") != NULL)
        mail_facts_bless(names[_i], str_span(&got));
    else
        ck_assert_msg(span_equal(str_span(&got), str_span(&mail.expected)),
                      "%s\n--- want\n%s--- got\n%s", names[_i], str_cstr(&mail.expected),
                      str_cstr(&got));
    str_clear(&got);
    mail_facts_clear(&mail);
}
END_TEST

int main(void)
{
    size_t count = mail_facts_names(names);
    Suite *suite = suite_create("inspect/mail");
    TCase *tcase = tcase_create("mail");
    SRunner *runner;
    int failed;

    mime_prepare();
    tcase_add_loop_test(tcase, test_mail, 0, (int)count);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0 || count == 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
