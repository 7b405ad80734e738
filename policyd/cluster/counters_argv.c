/* counters_argv.c - words of a command. */
#include <stdarg.h>
#include <stdio.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "policyd/cluster/cluster.h"
#include "policyd/cluster/counters_argv.h"

struct argv *argv_new(void)
{
    struct argv *argv = xmalloc(sizeof *argv);

    argv->count = 0;
    argv->arena = arena_new();
    return argv;
}

void argv_free(struct argv **argv)
{
    if (*argv == NULL)
        return;
    arena_free(&(*argv)->arena);
    xfree(argv);
}

void argv_add(struct argv *argv, struct span word)
{
    if (argv->count < ARGV_MAX)
        argv->of[argv->count++] = arena_span(argv->arena, word);
}

void argv_number(struct argv *argv, int64_t number)
{
    argv_add(argv, span_of(arena_printf(argv->arena, "%lld", (long long)number)));
}

void argv_key(struct argv *argv, const char *fmt, ...)
{
    struct str key = STR_EMPTY;
    char rest[200];
    va_list args;

    va_start(args, fmt);
    vsnprintf(rest, sizeof rest, fmt, args);
    va_end(args);
    cluster_key(&key, "%s", rest);
    argv_add(argv, str_span(&key));
    str_clear(&key);
}

int counters_patience(int64_t begun_ms)
{
    int64_t most = cluster_settings()->redis_counter_timeout;
    int64_t left = begun_ms + most - clock_mono_ms();

    return (int)(left < 0 ? 0 : left < most ? left : most);
}
