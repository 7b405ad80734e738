/* mail_facts.c - reads the messages of t/mail with what is expected of them, and prints facts as text. */
#include <dirent.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include "base/file.h"
#include "base/sinks.h"
#include "t/lib/mail_facts.h"

#define MAIL_DIR        "t/mail"
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

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

static void set_limit(struct mail_case *mail, struct span name, struct span value)
{
    for (size_t i = 0; i < COUNT_OF(limits); i++) {
        uint64_t number;
        if (span_is(name, limits[i].name) && span_to_u64(value, UINT32_MAX, &number))
            *(uint32_t *)(void *)((char *)&mail->limits + limits[i].offset) = (uint32_t)number;
    }
}

/* The first line of the expected facts, when it is a comment. */
static void read_options(struct mail_case *mail)
{
    struct span expected = str_span(&mail->expected), line, word, value;
    bool wants = false;

    span_cut(&expected, '\n', &line);
    if (!span_starts(line, SPAN("# ")))
        return;
    line = span_from(line.ptr + 2, line.len - 2);
    while (span_cut(&line, ' ', &word)) {
        if (span_is(word, "wants"))
            wants = true;
        else if (span_is(word, "links"))
            mail->wants_links = true;
        else if (wants && mail->want_count < MAIL_FACTS_WANTS)
            mail->wants[mail->want_count++] = word;
        else if (span_cut(&line, ' ', &value))
            set_limit(mail, word, value);
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

/* ending: before the reason of an incomplete list. */
static void print_records(struct str *out, const struct facts *facts, enum record record,
                          const char *ending)
{
    const struct record_list *list = facts_records(facts, record);

    for (size_t i = 0; i < list->count; i++) {
        str_printf(out, "%s\n", names_name(record_names, record));
        for (size_t j = 0; j < record_count(record); j++) {
            enum fact_id id = (enum fact_id)(record_first(record) + j);
            const struct fact *fact = facts_record_get(facts, record, i, id);
            bool is_plain_no = fact_table[id].type == TYPE_BOOL && fact->state == FACT_VALUE &&
                               fact->values[0].number == 0;
            if (fact->state == FACT_ABSENT || is_plain_no)
                continue;
            str_adds(out, "  ");
            print_line(out, fact_short_name(id), id, fact);
        }
    }
    if (list->is_incomplete)
        str_printf(out, "%s %.*s\n", ending, SPAN_ARG(list->reason));
}

static void print_all(struct str *out, const struct facts *facts)
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
    print_records(out, facts, RECORD_ATTACHMENT, "incomplete");
    print_records(out, facts, RECORD_URL, "links incomplete");
}

size_t mail_facts_names(char names[MAIL_FACTS_MAX][100])
{
    DIR *dir = opendir(MAIL_DIR);
    struct dirent *entry;
    size_t count = 0;

    while (dir != NULL && (entry = readdir(dir)) != NULL && count < MAIL_FACTS_MAX) {
        struct span name = span_of(entry->d_name);
        if (span_ends(name, SPAN(".eml")) && name.len < 100)
            snprintf(names[count++], 100, "%.*s", (int)name.len - 4, name.ptr);
    }
    if (dir != NULL)
        closedir(dir);
    return count;
}

static void path_of(char path[200], const char *name, const char *suffix)
{
    snprintf(path, 200, "%s/%s.%s", MAIL_DIR, name, suffix);
}

void mail_facts_read(const char *name, struct mail_case *mail)
{
    char path[200];

    *mail = (struct mail_case){.limits = {.parts = 2000,
                                          .depth = 30,
                                          .headers = 1000,
                                          .header_bytes = 262144,
                                          .parameters = 200,
                                          .time_ms = 20000}};
    path_of(path, name, "eml");
    (void)file_read(path, 1 << 26, &mail->message, NULL);
    path_of(path, name, "facts");
    (void)file_read(path, 1 << 20, &mail->expected, NULL);
    read_options(mail);
}

void mail_facts_clear(struct mail_case *mail)
{
    str_clear(&mail->message);
    str_clear(&mail->expected);
}

void mail_facts_print(struct str *out, const struct mail_case *mail, const struct facts *facts)
{
    struct span rest = str_span(&mail->expected), line;

    span_cut(&rest, '\n', &line);
    if (span_starts(line, SPAN("#")))
        str_printf(out, "%.*s\n", SPAN_ARG(line));
    print_all(out, facts);
}

void mail_facts_bless(const char *name, struct span got)
{
    char path[200];

    path_of(path, name, "facts");
    (void)file_replace(path, got, 0644, NULL);
}
