/* signed_case.c - reads cases of signed mail, checks and prints them. */
#include "t/lib/signed_case.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/names.h"
#include "base/xalloc.h"
#include "facts/fact_words.h"
#include "milter/inspect/signatures.h"

#define WORDS_MAX 8

static const struct name_value statuses[] = {
    {"failed", DNS_FAILED}, {"timeout", DNS_TIMEOUT}, {"limited", DNS_LIMITED}, {NULL, 0}};

static void unhex(const char *word, struct str *out)
{
    for (; word[0] != '-' && word[0] != '\0'; word += 2) {
        char digits[3] = {word[0], word[1], '\0'};

        str_addc(out, (char)strtoul(digits, NULL, 16));
    }
}

static char *unhex_text(const char *word)
{
    struct str out = STR_EMPTY;

    unhex(word, &out);
    str_adds(&out, "");
    return out.ptr != NULL ? str_take(&out) : xstrdup("");
}

static struct dns_answer *add_answer(struct signed_cases *cases, const char *name,
                                     enum dns_status status)
{
    struct dns_answer *answer;

    cases->keys = xreallocarray(cases->keys, cases->key_count + 1, sizeof *cases->keys);
    answer = &cases->keys[cases->key_count++];
    *answer =
        (struct dns_answer){.type = DNS_TXT, .status = status, .name = span_of(xstrdup(name))};
    return answer;
}

void signed_cases_add_key(struct signed_cases *cases, const char *name,
                          const struct span *records, size_t count)
{
    struct dns_answer *answer = add_answer(cases, name, DNS_FOUND);
    struct span *copies = xcalloc(count, sizeof *copies);

    for (size_t i = 0; i < count; i++)
        copies[i] = span_from(xmemdup(records[i].ptr, records[i].len + 1), records[i].len);
    answer->records = copies;
    answer->count = count;
}

static void add_key(struct signed_cases *cases, char *const *words, size_t count)
{
    struct str texts[WORDS_MAX];
    struct span records[WORDS_MAX] = {{NULL, 0}};

    for (size_t i = 2; i < count; i++) {
        texts[i] = (struct str)STR_EMPTY;
        unhex(words[i], &texts[i]);
        records[i - 2] = span_from(str_cstr(&texts[i]), texts[i].len);
    }
    signed_cases_add_key(cases, words[1], records, count - 2);
    for (size_t i = 2; i < count; i++)
        str_clear(&texts[i]);
}

static void add_case(struct signed_cases *cases, char *const *words)
{
    struct signed_case *one;

    cases->list = xreallocarray(cases->list, cases->count + 1, sizeof *cases->list);
    one = &cases->list[cases->count++];
    *one = (struct signed_case){.name = unhex_text(words[1]),
                                .wanted = unhex_text(words[2]),
                                .trusted = unhex_text(words[4])};
    unhex(words[3], &one->message);
}

static void read_line(struct signed_cases *cases, char *line)
{
    char *words[WORDS_MAX], *save = NULL;
    size_t count = 0;
    int status = 0;

    for (char *word = strtok_r(line, " \n", &save); word != NULL && count < WORDS_MAX;
         word = strtok_r(NULL, " \n", &save))
        words[count++] = word;
    ck_assert_uint_gt(count, 1);
    if (strcmp(words[0], "now") == 0)
        cases->now = strtoll(words[1], NULL, 10);
    else if (strcmp(words[0], "txt") == 0)
        add_key(cases, words, count);
    else if (strcmp(words[0], "fails") == 0) {
        ck_assert(names_value(statuses, span_of(words[2]), &status));
        add_answer(cases, words[1], (enum dns_status)status);
    } else
        add_case(cases, words);
}

void signed_cases_read(struct signed_cases *cases_r, const char *command)
{
    FILE *from = popen(command, "r");
    char *line = NULL;
    size_t room = 0;

    memset(cases_r, 0, sizeof *cases_r);
    ck_assert_ptr_nonnull(from);
    while (getline(&line, &room, from) > 0)
        read_line(cases_r, line);
    free(line);
    ck_assert_msg(pclose(from) == 0, "%s failed", command);
}

/* What a test has was made by xmalloc, whatever its type says. */
static void drop(const void *bytes)
{
    void *ptr = (void *)(uintptr_t)bytes;

    xfree(&ptr);
}

static void drop_key(const struct dns_answer *key)
{
    drop(key->name.ptr);
    for (size_t i = 0; i < key->count; i++)
        drop(key->records[i].ptr);
    drop(key->records);
}

void signed_cases_clear(struct signed_cases *cases)
{
    for (size_t i = 0; i < cases->key_count; i++)
        drop_key(&cases->keys[i]);
    for (size_t i = 0; i < cases->count; i++) {
        xfree(&cases->list[i].name);
        xfree(&cases->list[i].wanted);
        xfree(&cases->list[i].trusted);
        str_clear(&cases->list[i].message);
    }
    xfree(&cases->keys);
    xfree(&cases->list);
}

static struct dns_answer look_up(const struct signed_cases *cases, struct span name)
{
    for (size_t i = 0; i < cases->key_count; i++)
        if (span_equal(cases->keys[i].name, name))
            return cases->keys[i];
    return (struct dns_answer){
        .type = DNS_TXT, .status = DNS_NONE, .is_nxdomain = true, .name = name};
}

void signed_case_check(const struct signed_cases *cases, struct span message,
                       struct span trusted, struct arena *arena, struct sender_result *result_r)
{
    struct sender_request request = {
        .job = SENDER_SIGNATURES, .now = cases->now, .trusted_id = trusted};
    struct dns_answer answers[SENDER_NAMES_MAX];

    signatures_check(&request, message, arena, result_r);
    if (result_r->lack_count == 0)
        return;
    request.answer_count = result_r->lack_count;
    for (size_t i = 0; i < result_r->lack_count; i++) {
        ck_assert_int_eq(result_r->lacks[i].type, DNS_TXT);
        ck_assert(dns_name_is_valid(result_r->lacks[i].name));
        answers[i] = look_up(cases, result_r->lacks[i].name);
    }
    request.answers = answers;
    signatures_check(&request, message, arena, result_r);
    ck_assert_uint_eq(result_r->lack_count, 0);
}

static void print_taken(struct str *out, const struct sender_taken *taken)
{
    const struct {
        const char *name;
        int word;
        const struct name_value *words;
        struct span domain;
    } rows[] = {{"spf", taken->spf, spf_names, taken->spf_domain},
                {"dkim", taken->dkim, dkim_names, taken->dkim_domains[0]},
                {"dmarc", taken->dmarc, dmarc_names, taken->dmarc_domain},
                {"arc", taken->arc, arc_names, {NULL, 0}}};

    str_printf(out, ", by %.*s", SPAN_ARG(taken->id));
    for (size_t i = 0; i < 4; i++) {
        if (rows[i].word == 0)
            continue;
        str_printf(out, " %s=%s", rows[i].name, names_name(rows[i].words, rows[i].word));
        if (rows[i].domain.len > 0)
            str_printf(out, "(%.*s)", SPAN_ARG(rows[i].domain));
    }
}

static void print_arc(struct str *out, const struct sender_result *result)
{
    str_printf(out, ", arc=%s", names_name(arc_names, result->arc));
    if (result->arc_reason.len > 0)
        str_printf(out, ": %.*s", SPAN_ARG(result->arc_reason));
    for (size_t i = 0; i < result->seal_count; i++) {
        const struct sender_seal *seal = &result->seals[i];

        str_printf(out, " %.*s", SPAN_ARG(seal->domain));
        if (seal->dmarc_domain.len > 0)
            str_printf(out, "(%.*s)", SPAN_ARG(seal->dmarc_domain));
    }
}

void signed_case_print(struct str *out, const struct sender_result *result)
{
    struct str text = STR_EMPTY;

    for (size_t i = 0; i < result->signature_count; i++) {
        const struct sender_signature *one = &result->signatures[i];

        str_printf(&text, "%s%s%s", i > 0 ? " | " : ", ", names_name(dkim_names, one->result),
                   one->is_whole ? " whole" : "");
        if (one->reason.len > 0)
            str_printf(&text, ": %.*s", SPAN_ARG(one->reason));
    }
    if (result->has_more_signatures)
        str_adds(&text, " and more");
    if (result->arc != 1)
        print_arc(&text, result);
    if (result->taken.is_there)
        print_taken(&text, &result->taken);
    if (text.len > 2)
        str_add(out, span_from(text.ptr + 2, text.len - 2));
    str_clear(&text);
}
