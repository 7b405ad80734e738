/* pattern.c - linear-time patterns (vectorscan). The only file that includes hs.h.
 * Owns the compiled databases and a few scratch spaces for each, lent to one match at a time. */
#include "rules/pattern.h"

#include <hs/hs.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/sinks.h"
#include "base/utf8.h"
#include "base/xalloc.h"
#include "rules/pattern_refusal.h"

#define SCRATCH_KEPT 8 /* idle ones of one set; more matches at a time make their own */
/* Without HS_FLAG_UCP, which knows no \b: a word boundary is wanted more often than a \w of all alphabets. */
#define PATTERN_FLAGS (HS_FLAG_UTF8 | HS_FLAG_SINGLEMATCH)

struct patterns {
    hs_database_t *database;
    hs_scratch_t *prototype;
    pthread_mutex_t mutex;
    hs_scratch_t *idle[SCRATCH_KEPT];
    size_t idle_count;
};

static unsigned flags_of(const struct pattern_source *source)
{
    return PATTERN_FLAGS | (source->ignore_case ? HS_FLAG_CASELESS : 0);
}

/* 0 when the pattern can be used. */
static int check_source(const struct pattern_source *source, const char *text, struct err *err)
{
    const char *teach = pattern_refusal(source->text);
    hs_compile_error_t *error = NULL;
    hs_expr_info_t *info = NULL;
    bool is_empty;

    if (source->text.len == 0)
        return err_set(
            err, "this pattern is empty and would match everything; ask `FACT known` instead");
    if (teach != NULL)
        return err_set(err, "%s", teach);
    if (hs_expression_info(text, flags_of(source) | HS_FLAG_ALLOWEMPTY, &info, &error) !=
        HS_SUCCESS) {
        err_set(err, "this is no pattern: %s",
                error != NULL ? error->message : "unknown reason");
        hs_free_compile_error(error);
        return -1;
    }
    is_empty = info->min_width == 0;
    free(info);
    if (is_empty)
        return err_set(err, "this pattern matches the empty text, so it always matches; write "
                            "+ instead of *, or leave out what may be missing");
    return 0;
}

/* Arrays as vectorscan wants them. */
struct input {
    char **texts;
    unsigned *flags, *ids;
    size_t count;
};

static int compile(struct patterns *patterns, const struct input *input, size_t *failed_r,
                   struct err *err)
{
    hs_compile_error_t *error = NULL;

    if (hs_compile_multi((const char *const *)input->texts, input->flags, input->ids,
                         (unsigned)input->count, HS_MODE_BLOCK, NULL, &patterns->database,
                         &error) != HS_SUCCESS) {
        *failed_r =
            error != NULL && error->expression >= 0 && (size_t)error->expression < input->count
                ? (size_t)error->expression
                : 0;
        err_set(err, "this is no pattern: %s",
                error != NULL ? error->message : "unknown reason");
        hs_free_compile_error(error);
        return -1;
    }
    if (hs_alloc_scratch(patterns->database, &patterns->prototype) != HS_SUCCESS)
        return err_set(err, "no memory to match this pattern");
    return 0;
}

static int check_input(struct input *input, const struct pattern_source *sources,
                       size_t *failed_r, struct err *err)
{
    for (size_t i = 0; i < input->count; i++) {
        *failed_r = i;
        input->texts[i] = xstrndup(sources[i].text.ptr, sources[i].text.len);
        input->flags[i] = flags_of(&sources[i]);
        input->ids[i] = (unsigned)i;
        if (check_source(&sources[i], input->texts[i], err) < 0)
            return -1;
    }
    return 0;
}

static void free_input(struct input *input)
{
    for (size_t i = 0; i < input->count; i++)
        xfree(&input->texts[i]);
    xfree(&input->texts);
    xfree(&input->flags);
    xfree(&input->ids);
}

struct patterns *patterns_compile(const struct pattern_source *sources, size_t count,
                                  size_t *failed_r, struct err *err)
{
    struct patterns *patterns = xcalloc(1, sizeof(*patterns));
    struct input input = {xcalloc(count, sizeof(char *)), xcalloc(count, sizeof(unsigned)),
                          xcalloc(count, sizeof(unsigned)), count};
    int rc = -1;

    *failed_r = 0;
    pthread_mutex_init(&patterns->mutex, NULL);
    if (hs_valid_platform() != HS_SUCCESS)
        err_set(err, "this processor cannot match patterns (it lacks SSSE3 or NEON); write "
                     "contains, starts with or ends with");
    else if (check_input(&input, sources, failed_r, err) == 0)
        rc = compile(patterns, &input, failed_r, err);
    free_input(&input);
    if (rc < 0)
        patterns_free(&patterns);
    return patterns;
}

void patterns_free(struct patterns **patterns)
{
    struct patterns *old = *patterns;

    *patterns = NULL;
    if (old == NULL)
        return;
    for (size_t i = 0; i < old->idle_count; i++)
        hs_free_scratch(old->idle[i]);
    hs_free_scratch(old->prototype);
    hs_free_database(old->database);
    pthread_mutex_destroy(&old->mutex);
    free(old);
}

static hs_scratch_t *scratch_take(struct patterns *patterns)
{
    hs_scratch_t *scratch = NULL;

    pthread_mutex_lock(&patterns->mutex);
    if (patterns->idle_count > 0)
        scratch = patterns->idle[--patterns->idle_count];
    pthread_mutex_unlock(&patterns->mutex);
    if (scratch == NULL && hs_clone_scratch(patterns->prototype, &scratch) != HS_SUCCESS)
        abort(); /* out of memory ends the process, as in base/xalloc */
    return scratch;
}

static void scratch_give(struct patterns *patterns, hs_scratch_t *scratch)
{
    pthread_mutex_lock(&patterns->mutex);
    if (patterns->idle_count < SCRATCH_KEPT) {
        patterns->idle[patterns->idle_count++] = scratch;
        scratch = NULL;
    }
    pthread_mutex_unlock(&patterns->mutex);
    hs_free_scratch(scratch);
}

struct match {
    bool is_found;
    size_t which;
};

/* One match is enough: ends the scan. */
static int on_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
                    void *ctx)
{
    struct match *match = ctx;

    (void)from;
    (void)to;
    (void)flags;
    match->is_found = true;
    match->which = id;
    return 1;
}

static bool is_utf8(struct span text)
{
    while (text.len > 0)
        if (utf8_next(&text) == UTF8_BAD)
            return false;
    return true;
}

bool patterns_match(const struct patterns *patterns, struct span text, size_t *which_r)
{
    struct patterns *lender = (struct patterns *)(uintptr_t)
        patterns; /* only the idle scratches change, under the mutex */
    hs_scratch_t *scratch = scratch_take(lender);
    struct match match = {false, 0};
    struct str valid = STR_EMPTY;

    if (!is_utf8(text)) {
        sink_utf8(&valid, text);
        text = str_span(&valid);
    }
    hs_scan(patterns->database, text.len > 0 ? text.ptr : "", (unsigned)text.len, 0, scratch,
            on_match, &match);
    scratch_give(lender, scratch);
    str_clear(&valid);
    if (match.is_found && which_r != NULL)
        *which_r = match.which;
    return match.is_found;
}
