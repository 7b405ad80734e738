/* local_domains.c - asks postconf what Postfix delivers by itself. */
#include "policyd/maps/local_domains.h"
#include "mail/domain.h"
#include "policyd/maps/postfix_tool.h"

static bool is_separator(char c)
{
    return c == ' ' || c == '\t' || c == ',' || c == '\r';
}

/* The next element of a list; each call takes at least one byte. */
static bool next_word(struct span *list, struct span *word_r)
{
    size_t begin = 0, end;

    while (begin < list->len && is_separator(list->ptr[begin]))
        begin++;
    end = begin;
    while (end < list->len && !is_separator(list->ptr[end]))
        end++;
    *word_r = span_from(list->ptr + begin, end - begin);
    *list = span_skip(*list, end);
    return word_r->len > 0;
}

/* type:table, /file and !name are none. */
static bool names(struct span list, const char *domain)
{
    char normal[DOMAIN_SIZE];
    struct span word;

    while (next_word(&list, &word))
        if (domain_normalize(word, normal) && strcmp(normal, domain) == 0)
            return true;
    return false;
}

struct span local_domains_find(struct span lines, const char *domain)
{
    struct span line, name;

    while (span_cut(&lines, '\n', &line))
        if (span_cut(&line, '=', &name) && line.len > 0 && names(line, domain))
            return span_trim(name);
    return SPAN("");
}

bool local_domains_hold(const struct settings *settings, const char *domain, struct err *err)
{
    const char *const argv[] = {"postconf",
                                "-c",
                                settings->postfix_config_dir,
                                "-x",
                                "mydestination",
                                "virtual_alias_domains",
                                "virtual_mailbox_domains",
                                NULL};
    struct str out = STR_EMPTY;
    struct span parameter = SPAN("");

    if (postfix_tool_run(argv, &out, NULL) == 0)
        parameter = local_domains_find(str_span(&out), domain);
    if (parameter.len > 0)
        err_set(err,
                "Postfix keeps its mail to itself, since %.*s in %s/main.cf names %s too; take "
                "it out there",
                SPAN_ARG(parameter), settings->postfix_config_dir, domain);
    str_clear(&out);
    return parameter.len > 0;
}
