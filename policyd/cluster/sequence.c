/* sequence.c - numbers that only rise. */
#include "policyd/cluster/sequence.h"

#include "base/file.h"
#include "base/xalloc.h"

/* A run of policyd has so many numbers of its own: at twenty a second, six years. */
#define RUN_BITS 32
#define RUN_MAX  (UINT64_C(1) << 30)
/* Above the next numbers of another machine, too, so that it sees ours as newer in its turn. */
#define LEAP 1000

static uint64_t last;

static uint64_t read_run(const char *path)
{
    struct str text = STR_EMPTY;
    uint64_t run = 0;

    if (file_read(path, 64, &text, NULL) != 0 ||
        !span_to_u64(span_trim(str_span(&text)), RUN_MAX, &run))
        run = 0;
    str_clear(&text);
    return run;
}

int sequence_begin(const char *state_dir, struct err *err)
{
    char *path = file_path(state_dir, "cluster/sequence");
    uint64_t run = read_run(path) + 1;
    struct str text = STR_EMPTY;
    int state;

    str_printf(&text, "%llu\n", (unsigned long long)run);
    state = file_replace(path, str_span(&text), 0640, err);
    last = run << RUN_BITS;
    str_clear(&text);
    xfree(&path);
    return state;
}

uint64_t sequence_next(void)
{
    return ++last;
}

void sequence_above(uint64_t found)
{
    if (found >= last && found < INT64_MAX - 2 * LEAP)
        last = found + LEAP;
}
