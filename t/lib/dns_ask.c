/* dns_ask: the resolver as a program, for tests and measures: dns_ask RESOLVER ANCHOR-FILE TIMEOUT-MS, both may be empty. Each line of stdin is
 * a batch of TYPE:NAME[:ASKER[:ours]]; each answer is a line of stdout: "ms status secure|- count name record", in the order in which they come.
 * "status" prints the counts; "measure NAMES TIMES SUFFIX" the CPU of a lookup in batches of 20: 0.SUFFIX to NAMES.SUFFIX, TIMES times. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/log.h"
#include "conf/settings.h"
#include "dns/dns.h"

#define BATCH_MAX 3000
#define LINE_SIZE (1 << 18)

struct ask {
    int64_t begun;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static size_t answered;

static const char *const statuses[] = {"?", "found", "none", "failed", "timeout", "limited"};

static void print_answer(void *ctx, const struct dns_answer *answer)
{
    struct ask *ask = ctx;
    struct span record = answer->count > 0 ? answer->records[0] : span_of("");
    char text[200] = "";

    for (size_t i = 0, at = 0; i < record.len && at + 5 < sizeof text; i++)
        at += (size_t)snprintf(text + at, sizeof text - at,
                               record.ptr[i] > ' ' && record.ptr[i] < 0x7f ? "%c" : "\\%03o",
                               (unsigned char)record.ptr[i]);
    pthread_mutex_lock(&mutex);
    printf("%.3f %s %s %zu %.*s %s\n", (double)(clock_mono_us() - ask->begun) / 1000,
           answer->is_nxdomain ? "nxdomain" : statuses[answer->status],
           answer->is_secure ? "secure" : "-", answer->count, SPAN_ARG(answer->name), text);
    fflush(stdout);
    pthread_mutex_unlock(&mutex);
    free(ask);
}

static enum dns_type type_of(struct span text)
{
    static const enum dns_type types[] = {DNS_A, DNS_PTR, DNS_MX, DNS_TXT, DNS_AAAA};

    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (span_is(text, dns_type_text(types[i])))
            return types[i];
    abort();
}

static void ask_batch(struct span line, int64_t timeout)
{
    static struct dns_question questions[BATCH_MAX];
    struct span word, part;
    size_t count = 0;

    while (count < BATCH_MAX && span_cut(&line, ' ', &word)) {
        struct dns_question *question = &questions[count++];
        struct ask *ask = calloc(1, sizeof *ask);

        span_cut(&word, ':', &part);
        *question =
            (struct dns_question){.type = type_of(part), .done = print_answer, .ctx = ask};
        span_cut(&word, ':', &question->name);
        if (span_cut(&word, ':', &part))
            span_to_u64(part, UINT64_MAX, &question->asker);
        question->is_ours = span_cut(&word, ':', &part);
        ask->begun = clock_mono_us();
        question->deadline = clock_mono_ms() + timeout;
    }
    dns_ask(questions, count);
}

static void print_status(void)
{
    struct dns_counts counts;

    dns_count(&counts);
    pthread_mutex_lock(&mutex);
    printf("status asked=%llu joined=%llu answered=%llu failed=%llu timeouts=%llu limited=%llu "
           "under_way=%u servers=%u silent=%d validating=%d\n",
           (unsigned long long)counts.asked, (unsigned long long)counts.joined,
           (unsigned long long)counts.answered, (unsigned long long)counts.failed,
           (unsigned long long)counts.timeouts, (unsigned long long)counts.limited,
           counts.under_way, counts.servers, counts.is_silent, counts.is_validating);
    fflush(stdout);
    pthread_mutex_unlock(&mutex);
}

static void count_answer(void *ctx, const struct dns_answer *answer)
{
    size_t *good = ctx;

    pthread_mutex_lock(&mutex);
    *good += answer->status == DNS_FOUND;
    answered++;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&mutex);
}

static double cpu_us(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

/* measure NAMES TIMES SUFFIX */
static void measure(struct span line)
{
    uint64_t names = 0, times = 0;
    size_t good = 0, asked = 0;
    struct span word;
    double begun;

    span_cut(&line, ' ', &word);
    if (!span_cut(&line, ' ', &word) || !span_to_u64(word, 1000000, &names) ||
        !span_cut(&line, ' ', &word) || !span_to_u64(word, 1000000, &times))
        abort();
    begun = cpu_us();
    answered = 0;
    for (uint64_t i = 0; i < names * times;) {
        struct dns_question questions[20];
        char texts[20][200];
        size_t count = 0;

        for (; count < 20 && i < names * times; i++, count++) {
            snprintf(texts[count], sizeof *texts, "%llu.%.*s", (unsigned long long)(i % names),
                     SPAN_ARG(line));
            questions[count] = (struct dns_question){.type = DNS_A,
                                                     .name = span_of(texts[count]),
                                                     .is_ours = true,
                                                     .deadline = clock_mono_ms() + 10000,
                                                     .done = count_answer,
                                                     .ctx = &good};
        }
        dns_ask(questions, count);
        asked += count;
        pthread_mutex_lock(&mutex);
        while (answered < asked)
            pthread_cond_wait(&changed, &mutex);
        pthread_mutex_unlock(&mutex);
    }
    printf("measured %zu found %zu us %.2f\n", asked, good, (cpu_us() - begun) / (double)asked);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    static char line[LINE_SIZE];
    struct settings settings = {.dns_timeout = 10000};
    struct err err;

    if (argc != 4)
        return 2;
    settings.resolver = argv[1];
    settings.dnssec_anchor_file = argv[2];
    settings.dns_timeout = atoi(argv[3]);
    log_open("dns_ask", true);
    if (dns_begin(&settings, &err) != 0)
        log_fatal("%s", err.text);
    while (fgets(line, sizeof line, stdin) != NULL) {
        struct span text = span_trim(span_of(line));

        if (span_is(text, "status"))
            print_status();
        else if (span_starts(text, SPAN("measure ")))
            measure(text);
        else if (text.len > 0)
            ask_batch(text, settings.dns_timeout);
    }
    dns_end();
    return 0;
}
