/* bench_lists - lists of 1,000,000 items as the daemons have them: time to build, bytes an item, CPU time of a look-up. */
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "base/file.h"
#include "base/xalloc.h"
#include "store/list_file.h"
#include "t/bench/list_kinds.h"
#include "t/lib/random.h"
#include "t/lib/temp_dir.h"

#define ITEMS   1000000
#define VALUES  1000000 /* different ones; each is looked up once before one comes again */
#define ROUNDS  200
#define LOOKUPS 10000 /* of a round */

/* What is asked for. Look-ups count by the median of the rounds: the slowest show what else the machine did. */
#define MAX_BUILD_MS 2000
#define MAX_BYTES    100
#define MAX_NS       200

/* Of this thread: what it is kept waiting for others does not count. */
static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void die(const char *what, const struct err *err)
{
    fprintf(stderr, "%s: %s\n", what, err->text);
    exit(1);
}

struct bench {
    const struct kind *kind;
    char (*text)[KIND_TEXT];
    struct list_file *file;
    const struct list_image *image;
    struct kind_value *values;
    double build_ms, bytes;
};

/* Built in memory, written, and mapped as the daemons map it. */
static void build(struct bench *b)
{
    struct span *items = xreallocarray(NULL, ITEMS, sizeof *items);
    uint64_t state = random_seeded(7);
    struct str bytes = STR_EMPTY;
    char dir[200], *path;
    struct err err;
    int64_t begin;

    for (size_t i = 0; i < ITEMS; i++) {
        b->kind->make(&state, b->text[i]);
        items[i] = span_of(b->text[i]);
    }
    begin = now_ns();
    if (list_image_build(&bytes, b->kind->type, items, ITEMS, &err) < 0)
        die(b->kind->name, &err);
    b->build_ms = (double)(now_ns() - begin) / 1e6;
    path = file_path(temp_dir_make(dir), "list");
    if (file_replace(path, str_span(&bytes), 0600, &err) < 0 ||
        (b->file = list_file_map(path, bytes.len, &err)) == NULL)
        die(b->kind->name, &err);
    b->image = list_file_image(b->file);
    b->bytes = (double)bytes.len / (double)list_image_count(b->image);
    temp_dir_remove(dir);
    str_clear(&bytes);
    xfree(&path);
    xfree(&items);
}

/* is_alone: each look-up ends before the next begins; otherwise the processor may overlap them as far as it can. */
static double time_round(const struct bench *b, size_t first, bool is_alone)
{
    int64_t begin = now_ns();
    size_t found = 0;

    for (size_t i = first; i < first + LOOKUPS; i++) {
        found += kind_holds(b->kind, b->image, &b->values[i % VALUES]);
        if (is_alone)
            atomic_thread_fence(memory_order_seq_cst);
    }
    if (found > LOOKUPS)
        exit(1);
    return (double)(now_ns() - begin) / LOOKUPS;
}

struct times {
    double median, p99;
};

static int by_time(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static struct times time_lookups(const struct bench *b, bool is_alone)
{
    double ns[ROUNDS];

    for (size_t i = 0; i < ROUNDS; i++)
        ns[i] = time_round(b, i * LOOKUPS, is_alone);
    qsort(ns, ROUNDS, sizeof ns[0], by_time);
    return (struct times){ns[ROUNDS / 2], ns[ROUNDS * 99 / 100]};
}

static bool measure(const struct kind *kind)
{
    struct bench b = {.kind = kind, .text = xreallocarray(NULL, ITEMS, KIND_TEXT)};
    struct times row, alone;
    bool is_good;

    build(&b);
    b.values = kind_values(kind, b.image, b.text, ITEMS, VALUES);
    row = time_lookups(&b, false);
    alone = time_lookups(&b, true);
    is_good = b.build_ms < MAX_BUILD_MS && b.bytes < MAX_BYTES && row.median < MAX_NS;
    printf("%-16s %9zu %8.0f %8.1f %10.1f %7.1f %10.1f %7.1f  %s\n", kind->name,
           list_image_count(b.image), b.build_ms, b.bytes, row.median, row.p99, alone.median,
           alone.p99, is_good ? "" : "MISSED");
    fflush(stdout);
    list_file_unmap(&b.file);
    xfree(&b.text);
    xfree(&b.values);
    return is_good;
}

/* Measures all kinds, or those whose names begin with the argument. */
int main(int argc, char **argv)
{
    const char *wanted = argc > 1 ? argv[1] : "";
    bool is_good = true;

    printf("Lists of %d items, mapped from their files. Random values, half of them in the "
           "list, %d different ones.\n"
           "CPU time of the thread; median and slowest of a hundred out of %d rounds of %d "
           "look-ups.\n\n",
           ITEMS, VALUES, ROUNDS, LOOKUPS);
    printf("%-16s %9s %8s %8s %18s %18s\n", "", "items", "build", "bytes", "look-up in a row",
           "look-up alone");
    printf("%-16s %9s %8s %8s %10s %7s %10s %7s\n", "", "", "ms", "an item", "median ns", "p99",
           "median ns", "p99");
    printf("%-16s %9d %8d %8d %10d\n", "target (below)", ITEMS, MAX_BUILD_MS, MAX_BYTES,
           MAX_NS);
    for (size_t i = 0; i < kinds_count; i++)
        if (strncmp(kinds[i].name, wanted, strlen(wanted)) == 0)
            is_good = measure(&kinds[i]) && is_good;
    printf("%s\n", is_good ? "all targets met" : "a target was MISSED");
    return is_good ? 0 : 1;
}
