/* redis_job.c - commands formatted, scripts by their sha1, and the lists in which they wait. */
#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include "base/clock.h"
#include "base/hash.h"
#include "base/xalloc.h"
#include "policyd/cluster/redis_job.h"

#define TIMEOUT_MAX_MS 60000
#define COMMAND_MAX    (64 * 1024 * 1024)
#define COMMAND_WORDS  100000
#define SCRIPT_WORDS   2 /* EVALSHA and the sum */

static pthread_mutex_t sums_lock = PTHREAD_MUTEX_INITIALIZER;

static void fill_sum(struct redis_script *script)
{
    uint8_t sum[EVP_MAX_MD_SIZE];
    struct str hex = STR_EMPTY;
    unsigned len = 0;

    pthread_mutex_lock(&sums_lock);
    if (script->sha1[0] == '\0' &&
        EVP_Digest(script->text, strlen(script->text), sum, &len, EVP_sha1(), NULL) == 1) {
        hash_hex(&hex, sum, len);
        snprintf(script->sha1, sizeof script->sha1, "%s", str_cstr(&hex));
        str_clear(&hex);
    }
    pthread_mutex_unlock(&sums_lock);
}

static struct redis_job *new_job(int timeout_ms)
{
    struct redis_job *job = xcalloc(1, sizeof *job);

    job->begun_ms = clock_mono_ms();
    job->deadline_ms =
        job->begun_ms + (timeout_ms < TIMEOUT_MAX_MS ? timeout_ms : TIMEOUT_MAX_MS);
    return job;
}

static void free_bytes(struct redis_job *job)
{
    if (job->bytes != NULL)
        redisFreeCommand(job->bytes);
    job->bytes = NULL;
}

static int check_size(const struct redis_command *command, struct err *err)
{
    size_t bytes = 0;

    if (command->argc > COMMAND_WORDS)
        return err_set(err, "a command of %zu words; at most %d", command->argc, COMMAND_WORDS);
    for (size_t i = 0; i < command->argc; i++) {
        if (command->argv[i].len > COMMAND_MAX - bytes)
            return err_set(err, "a command of more than %d bytes", COMMAND_MAX);
        bytes += command->argv[i].len;
    }
    return 0;
}

static const char *word_of(const struct redis_script *script)
{
    return script->only_reads ? "EVALSHA_RO" : "EVALSHA";
}

/* hiredis copies what the words point to. */
static int format(struct redis_job *job, const struct redis_command *command)
{
    size_t first = job->script != NULL ? SCRIPT_WORDS : 0, count = first + command->argc;
    const char **words = xcalloc(count + 1, sizeof *words);
    size_t *lengths = xcalloc(count + 1, sizeof *lengths);
    int len;

    if (job->script != NULL) {
        words[0] = word_of(job->script);
        lengths[0] = strlen(words[0]);
        words[1] = job->script->sha1;
        lengths[1] = 40;
    }
    for (size_t i = 0; i < command->argc; i++) {
        words[first + i] = command->argv[i].len > 0 ? command->argv[i].ptr : "";
        lengths[first + i] = command->argv[i].len;
    }
    len = redisFormatCommandArgv(&job->bytes, (int)count, words, lengths);
    job->len = len > 0 ? (size_t)len : 0;
    xfree(&words);
    xfree(&lengths);
    return len > 0 ? 0 : -1;
}

struct redis_job *redis_job_new(const struct redis_command *command, struct err *err)
{
    struct redis_job *job;

    if (check_size(command, err) != 0)
        return NULL;
    if (command->script != NULL)
        fill_sum(command->script);
    job = new_job(command->timeout_ms);
    job->script = command->script;
    job->argc = command->argc;
    if (format(job, command) == 0)
        return job;
    err_set(err, "the command cannot be formatted");
    xfree(&job);
    return NULL;
}

struct redis_job *redis_job_format(int timeout_ms, struct err *err, const char *form,
                                   va_list args)
{
    struct redis_job *job = new_job(timeout_ms);
    int len = redisvFormatCommand(&job->bytes, form, args);

    job->len = len > 0 ? (size_t)len : 0;
    if (len > 0)
        return job;
    err_set(err, "the command `%s` cannot be formatted", form);
    xfree(&job);
    return NULL;
}

/* Both forms differ in their first two words alone. */
void redis_job_put_in_full(struct redis_job *job)
{
    const char *word = word_of(job->script), *text = job->script->text;
    size_t words = job->argc + SCRIPT_WORDS;
    size_t head = (size_t)snprintf(NULL, 0, "*%zu\r\n$%zu\r\n%s\r\n$40\r\n%s\r\n", words,
                                   strlen(word), word, job->script->sha1);
    struct str full = STR_EMPTY;

    word = job->script->only_reads ? "EVAL_RO" : "EVAL";
    str_printf(&full, "*%zu\r\n$%zu\r\n%s\r\n$%zu\r\n", words, strlen(word), word,
               strlen(text));
    str_adds(&full, text);
    str_adds(&full, "\r\n");
    str_add(&full, span_from(job->bytes + head, job->len - head));
    free_bytes(job);
    job->len = full.len;
    job->bytes = str_take(&full);
    job->is_in_full = true;
}

void redis_job_give_up(struct redis_job *job, const char *why)
{
    job->is_given_up = true;
    job->done(job->ctx, NULL, why);
}

void redis_job_finish(struct redis_job **job, redisReply *reply, const char *why)
{
    bool is_taken = (*job)->is_handed_over && !(*job)->is_given_up;

    if (!(*job)->is_given_up)
        (*job)->done((*job)->ctx, reply, why);
    if (reply != NULL && !is_taken)
        freeReplyObject(reply);
    free_bytes(*job);
    xfree(job);
}

void redis_jobs_add(struct redis_jobs *jobs, struct redis_job *job)
{
    if (jobs->first == NULL)
        jobs->end = &jobs->first;
    job->next = NULL;
    *jobs->end = job;
    jobs->end = &job->next;
    jobs->count++;
    jobs->bytes += job->len;
}

struct redis_job *redis_jobs_take(struct redis_jobs *jobs)
{
    struct redis_job *job = jobs->first;

    if (job == NULL)
        return NULL;
    jobs->first = job->next;
    if (job->next == NULL)
        jobs->end = &jobs->first;
    jobs->count--;
    jobs->bytes -= job->len;
    return job;
}

void redis_jobs_move(struct redis_jobs *to, struct redis_jobs *from)
{
    struct redis_job *job;

    while ((job = redis_jobs_take(from)) != NULL)
        redis_jobs_add(to, job);
}
