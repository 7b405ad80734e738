/* control_rules.c - rules show, history, apply, rollback. */
#include "base/clock.h"
#include "store/revisions.h"
#include "engine/revision_check.h"
#include "policyd/cluster/change.h"
#include "policyd/cluster/cluster.h"
#include "policyd/cluster/membership.h"
#include "policyd/control.h"
#include "policyd/first_start.h"
#include "policyd/publish.h"

static json_t *revision_row(const struct revision *revision)
{
    char time[24];
    json_t *row = json_object();

    json_object_set_new(row, "revision", json_integer((json_int_t)revision->number));
    json_object_set_new(row, "author", control_text(span_of(revision->author)));
    json_object_set_new(row, "time", json_string(clock_iso(revision->time_ms, time)));
    json_object_set_new(row, "note", control_text(span_of(revision->note)));
    json_object_set_new(row, "sha256", json_string(revision->sha256));
    json_object_set_new(row, "parent", json_string(revision->parent));
    return row;
}

/* The one asked for, or the head. */
static int get_revision(struct policy_db *db, uint64_t number, struct revision *revision_r,
                        struct err *err)
{
    int state = number > 0 ? revisions_get(db, number, revision_r, err)
                           : revisions_head(db, revision_r, err);

    if (state == 0 && number > 0)
        err_set(err, "there is no revision %llu; `milter-ctl rules history` lists them",
                (unsigned long long)number);
    else if (state == 0)
        err_set(err, "there is no revision yet; `milter-ctl rules apply FILE` makes the first");
    return state == 1 ? 0 : -1;
}

enum control_exit control_rules_show(struct control_call *call, struct err *err)
{
    struct policy_db *db = control_db(err);
    struct revision revision;

    if (db == NULL)
        return EXIT_PARTIAL;
    if (get_revision(db, control_number(call, "revision", 0), &revision, err) != 0)
        return EXIT_INVALID;
    control_row(call, revision_row(&revision));
    for (size_t at = 0; at < revision.text.len; at += CONTROL_MAX_FRAME) {
        size_t left = revision.text.len - at;
        struct span piece = span_from(revision.text.ptr + at,
                                      left < CONTROL_MAX_FRAME ? left : CONTROL_MAX_FRAME);
        if (control_data(call, piece) != 0)
            break;
    }
    revision_clear(&revision);
    return EXIT_OK;
}

enum control_exit control_rules_history(struct control_call *call, struct err *err)
{
    struct policy_db *db = control_db(err);
    struct revision *list;
    size_t count;

    if (db == NULL || revisions_list(db, control_number(call, "before", 0), REVISIONS_MAX_LIST,
                                     &list, &count, err) != 0)
        return EXIT_PARTIAL;
    for (size_t i = 0; i < count; i++)
        control_row(call, revision_row(&list[i]));
    revisions_free(&list, count);
    return EXIT_OK;
}

static void report_row(struct control_call *call, const struct revision_report *report)
{
    json_t *row = json_object();

    json_object_set_new(row, "problems", control_text(str_span(&report->problems)));
    json_object_set_new(row, "errors", json_integer((json_int_t)report->errors));
    json_object_set_new(row, "warnings", json_integer((json_int_t)report->warnings));
    json_object_set_new(row, "tests", json_integer((json_int_t)report->tests));
    json_object_set_new(row, "failed", json_integer((json_int_t)report->failed));
    json_object_set_new(row, "failures", control_text(str_span(&report->failures)));
    control_row(call, row);
}

/* Makes the lists the rules leave to the store, the very first time with what stands beside rules_file. */
static int make_lists(struct policy_db *db, const struct ruleset *rules, struct err *err)
{
    struct revision head;
    int state = revisions_head(db, &head, err);

    if (state < 0)
        return -1;
    if (state == 1)
        revision_clear(&head);
    return first_start_lists(control_shared.settings, db, rules, state == 0, err);
}

/* Stored and published here; a node of a cluster writes it for all, and has it from there. */
static enum control_exit store(struct policy_db *db, const struct revision_draft *draft,
                               uint64_t *number_r, struct err *err)
{
    int state;

    if (cluster_is_member())
        return change_rules(draft, number_r, err);
    state = revisions_add(db, draft, number_r, err);
    if (state != 1)
        return state == 0 ? EXIT_DIFFERS : EXIT_INVALID;
    return control_publish(err);
}

static void say_in_force(uint64_t number, struct err *err)
{
    size_t alive = membership_alive();

    if (cluster_is_member() && alive > 1)
        err_set(err,
                "revision %llu in force here, on its way to %zu other nodes (--wait tells of "
                "each, `milter-ctl node list` later)",
                (unsigned long long)number, alive - 1);
    else
        err_set(err, "revision %llu in force", (unsigned long long)number);
}

/* Puts in force what was checked, and says which revision it is. */
static enum control_exit put_in_force(struct control_call *call, struct policy_db *db,
                                      const struct revision_draft *draft, struct err *err)
{
    uint64_t number = 0;
    struct revision revision;
    enum control_exit code = store(db, draft, &number, err);

    if (code != EXIT_OK && code != EXIT_PARTIAL)
        return code;
    if (revisions_get(db, number, &revision, NULL) == 1) {
        control_row(call, revision_row(&revision));
        revision_clear(&revision);
    }
    if (code == EXIT_OK)
        say_in_force(number, err);
    return code;
}

static enum control_exit check_and_put(struct control_call *call, struct policy_db *db,
                                       struct revision_draft *draft, struct err *err)
{
    struct revision_report report;
    struct ruleset *rules = revision_check(draft->text, "rules", &report);
    enum control_exit code = EXIT_INVALID;

    report_row(call, &report);
    if (rules == NULL)
        err_set(err, "not applied: %zu errors, %zu of %zu tests fail", report.errors,
                report.failed, report.tests);
    else if (make_lists(db, rules, err) == 0)
        code = put_in_force(call, db, draft, err);
    ruleset_unpin(&rules);
    revision_report_clear(&report);
    return code;
}

enum control_exit control_rules_apply(struct control_call *call, struct err *err)
{
    struct policy_db *db = control_db(err);
    struct revision_draft draft = {.author = call->user,
                                   .base = control_number(call, "base", REVISIONS_ANY_BASE)};
    struct str text = STR_EMPTY, note = STR_EMPTY;
    enum control_exit code = EXIT_PARTIAL;

    if (db != NULL) {
        code = EXIT_INVALID;
        str_add(&note, control_argument(call, "note"));
        draft.note = str_cstr(&note);
        if (control_collect(call, RULES_MAX_BYTES, &text, err) == 0) {
            draft.text = str_span(&text);
            code = check_and_put(call, db, &draft, err);
        }
    }
    str_clear(&text);
    str_clear(&note);
    return code;
}

enum control_exit control_rules_rollback(struct control_call *call, struct err *err)
{
    struct policy_db *db = control_db(err);
    uint64_t number = control_number(call, "revision", 0);
    struct revision old;
    struct str note = STR_EMPTY;
    enum control_exit code;

    if (db == NULL)
        return EXIT_PARTIAL;
    if (number == 0) {
        err_set(err, "rollback to which revision? `milter-ctl rules history` lists them");
        return EXIT_USAGE;
    }
    if (get_revision(db, number, &old, err) != 0)
        return EXIT_INVALID;
    str_add(&note, control_argument(call, "note"));
    if (note.len == 0)
        str_printf(&note, "rollback to revision %llu", (unsigned long long)number);
    struct revision_draft draft = {.text = old.text,
                                   .author = call->user,
                                   .note = str_cstr(&note),
                                   .base = REVISIONS_ANY_BASE};
    code = check_and_put(call, db, &draft, err);
    if (code == EXIT_OK) {
        struct err said = *err;
        err_set(err, "%s, with the text of revision %llu", said.text,
                (unsigned long long)number);
    }
    revision_clear(&old);
    str_clear(&note);
    return code;
}
