/* first_start.c - takes rules and lists from files, once. */
#include <errno.h>
#include <unistd.h>
#include "base/file.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "store/list_items.h"
#include "store/revisions.h"
#include "engine/revision_check.h"
#include "policyd/first_start.h"
#include "policyd/lines.h"
#include "policyd/publish.h"

#define MAX_LIST_FILE (512 * 1024 * 1024)

static void list_path(struct str *out, const char *rules_file, struct span name)
{
    struct span file = span_of(rules_file);

    while (file.len > 0 && file.ptr[file.len - 1] != '/')
        file.len--;
    str_printf(out, "%.*slists/%.*s", SPAN_ARG(file), SPAN_ARG(name));
}

static int fill_from(const char *path, struct policy_db *db, struct span name, struct err *err)
{
    struct str text = STR_EMPTY;
    struct list_edit edit = {.verb = LIST_REPLACE, .is_forced = true, .is_file = true};
    struct list_edited edited;
    struct span *lines = NULL;
    int state = file_read(path, MAX_LIST_FILE, &text, err);

    if (state == 0)
        state = lines_split(str_span(&text), &lines, &edit.count, err);
    edit.items = lines;
    if (state == 0)
        state = list_items_edit(db, name, &edit, &edited, err);
    if (state != 0)
        err_prefix(err, "%s", path);
    else
        log_info("list %.*s: %zu items from %s", SPAN_ARG(name), edited.added, path);
    xfree(&lines);
    str_clear(&text);
    return state;
}

static int fill(const char *rules_file, struct policy_db *db, struct span name, struct err *err)
{
    struct str path = STR_EMPTY;
    int state = 0;

    list_path(&path, rules_file, name);
    if (access(str_cstr(&path), F_OK) == 0)
        state = fill_from(str_cstr(&path), db, name, err);
    str_clear(&path);
    return state;
}

int first_start_lists(const struct settings *settings, struct policy_db *db,
                      const struct ruleset *rules, bool fills, struct err *err)
{
    for (size_t i = 0; i < rules->list_count; i++) {
        const struct list_decl *list = &rules->lists[i];
        if (list->has_items)
            continue;
        if (list_items_create(db, list->name, list->type, err) < 0)
            return err_prefix(err, "list %.*s", SPAN_ARG(list->name));
        if (fills && fill(settings->rules_file, db, list->name, err) != 0)
            return -1;
    }
    return 0;
}

static int add_revision(const struct settings *settings, struct policy_db *db, struct span text,
                        struct err *err)
{
    const struct revision_draft draft = {
        .text = text, .author = "rules_file", .note = settings->rules_file};
    uint64_t number;

    return revisions_add(db, &draft, &number, err) == 1 ? 1 : -1;
}

static void log_lines(enum log_level level, struct span text)
{
    struct span line;

    while (span_cut(&text, '\n', &line)) {
        if (line.len > 0)
            log_write(level, NULL, "%.*s", SPAN_ARG(line));
    }
}

static int refused(const char *path, const struct revision_report *report, struct err *err)
{
    log_lines(LOG_LEVEL_ERROR, str_span(&report->failures));
    return err_set(err, "%s does not hold (errors: %zu, tests that fail: %zu)", path,
                   report->errors, report->failed);
}

static int take_rules(const struct settings *settings, struct policy_db *db, struct err *err)
{
    struct revision_report report;
    struct ruleset *rules;
    struct str text = STR_EMPTY;
    int state = file_read(settings->rules_file, RULES_MAX_BYTES, &text, err);

    if (state == 0) {
        rules = revision_check(str_span(&text), settings->rules_file, &report);
        log_lines(rules == NULL ? LOG_LEVEL_ERROR : LOG_LEVEL_WARN, str_span(&report.problems));
        if (rules == NULL)
            state = refused(settings->rules_file, &report, err);
        else if ((state = first_start_lists(settings, db, rules, true, err)) == 0)
            state = add_revision(settings, db, str_span(&text), err);
        ruleset_unpin(&rules);
        revision_report_clear(&report);
    }
    str_clear(&text);
    return state;
}

int first_start(const struct settings *settings, struct policy_db *db, struct err *err)
{
    struct revision head;
    int state = revisions_head(db, &head, err);

    if (state < 0)
        return -1;
    if (state == 1) {
        revision_clear(&head);
        return 0;
    }
    publish_distrust();
    if (take_rules(settings, db, err) == 1)
        return 1;
    return err_prefix(err,
                      "no rules are in force and mail is deferred; mend the file, then "
                      "`milter-ctl rules apply %s`",
                      settings->rules_file);
}
