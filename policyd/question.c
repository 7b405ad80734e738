/* question.c - from a request to facts, from facts to an outcome, from an outcome to answer, log line and record. */
#include "base/clock.h"
#include "base/log.h"
#include "base/sinks.h"
#include "base/xalloc.h"
#include "facts/from_policy.h"
#include "rules/explain.h"
#include "checks/counting.h"
#include "engine/arrival.h"
#include "engine/drain.h"
#include "engine/origin.h"
#include "engine/record.h"
#include "engine/staging.h"
#include "policyd/answer.h"
#include "policyd/counters.h"
#include "policyd/loops.h"
#include "policyd/question.h"

/* RFC 3463 section 3.5: X.4.6, a routing loop was detected. */
#define LOOP_CODE "5.4.6"

struct question {
    struct arena *arena;
    const struct snapshot *snapshot;
    struct facts *message, *recipient;
    struct deciding deciding;
    struct span queue_id;
    int64_t begun_us;
};

static struct {
    int64_t deadline_ms;
    struct decisions *decisions; /* NULL: nothing is recorded */
    void (*wake)(void *ctx);
    void *wake_ctx;
    question_decided *decided; /* or NULL */
} questions;

static const struct disposition_counter {
    enum disposition disposition;
    enum counter counter;
} disposition_counters[] = {
    {DISPOSITION_PASS, COUNTER_PASSED},     {DISPOSITION_PERMIT, COUNTER_PERMITTED},
    {DISPOSITION_VERIFY, COUNTER_VERIFIED}, {DISPOSITION_REJECT, COUNTER_REJECTED},
    {DISPOSITION_DEFER, COUNTER_DEFERRED},
};

void questions_begin(const struct settings *settings, struct decisions *decisions,
                     void (*wake)(void *ctx), void *ctx)
{
    questions.deadline_ms = settings->policy_deadline;
    questions.decisions = decisions;
    questions.wake = wake;
    questions.wake_ctx = ctx;
}

void questions_on_decided(question_decided *decided)
{
    questions.decided = decided;
}

static void count_disposition(enum disposition disposition)
{
    for (size_t i = 0; i < sizeof disposition_counters / sizeof disposition_counters[0]; i++) {
        if (disposition_counters[i].disposition == disposition)
            counters_add(disposition_counters[i].counter, 1);
    }
}

static void learn(struct question *q, const struct request *request)
{
    struct policy_attributes *attributes = from_policy_begin();

    for (size_t i = 0; i < request->count; i++)
        from_policy_add(attributes, request->attributes[i].name, request->attributes[i].value);
    from_policy_end(&attributes, q->message, q->recipient);
    arrival_learn(q->message, clock_now_ms());
    staging_learn(q->message);
    snapshot_learn_routing(q->snapshot, q->recipient);
    origin_learn(q->snapshot, q->message);
}

static struct question *question_new(const struct request *request,
                                     const struct snapshot *snapshot)
{
    struct question *q = xcalloc(1, sizeof *q);

    q->arena = arena_new();
    q->snapshot = snapshot;
    q->begun_us = clock_mono_us();
    q->message = facts_new();
    q->recipient = facts_new();
    q->queue_id = arena_span(q->arena, request->queue_id);
    learn(q, request);
    q->deciding = (struct deciding){.arena = q->arena,
                                    .snapshot = snapshot,
                                    .chain = CHAIN_POLICY,
                                    .message = q->message,
                                    .recipients = &q->recipient,
                                    .recipient_count = 1,
                                    .message_fd = -1,
                                    .mailbox = mailbox_new(),
                                    .begun = clock_mono_ms(),
                                    .deadline = clock_mono_ms() + questions.deadline_ms,
                                    .transaction = arena_span(q->arena, request->instance),
                                    .is_trial = request->state != REQUEST_RCPT};
    return q;
}

void question_free(struct question **question)
{
    struct question *q = *question;

    *question = NULL;
    if (q == NULL)
        return;
    mailbox_set_wake(q->deciding.mailbox, NULL, NULL); /* answers may still come, to nobody */
    mailbox_unpin(&q->deciding.mailbox);
    facts_free(&q->message);
    facts_free(&q->recipient);
    snapshot_unpin(&q->snapshot);
    arena_free(&q->arena);
    xfree(&q);
}

int64_t question_deadline(const struct question *question)
{
    return question->deciding.deadline;
}

/* A rule decided, warned or wants a line: then it is logged and recorded. What no rule cared for is not. */
static bool is_noteworthy(const struct outcome *outcome)
{
    if (outcome->rule >= 0 || outcome->log_count > 0 ||
        outcome->disposition != DISPOSITION_PASS)
        return true;
    for (size_t i = 0; i < outcome->reason_count; i++) {
        if (outcome->reasons[i].what == REASON_WARNED)
            return true;
    }
    return false;
}

static void add_envelope(struct str *line, const struct question *q)
{
    struct span path = record_text(q->arena, q->message, FACT_PATH);
    struct span client = record_text(q->arena, q->message, FACT_CLIENT_IP);

    str_printf(line, " path=%.*s client=%.*s", SPAN_ARG(path.len > 0 ? path : SPAN("-")),
               SPAN_ARG(client.len > 0 ? client : SPAN("-")));
    record_add_address(line, "from", record_text(q->arena, q->message, FACT_SENDER));
    record_add_address(line, "to", record_text(q->arena, q->recipient, FACT_RECIPIENT));
}

/* A loop is for somebody to mend: a warning, kept for status. */
static void warn_of_loop(const struct str *line)
{
    struct str escaped = STR_EMPTY;

    log_warn("routing loop:%s", str_cstr(line));
    sink_log(&escaped, str_span(line));
    loops_note(span_trim(str_span(&escaped)), clock_now_ms());
    counters_add(COUNTER_LOOPS, 1);
    str_clear(&escaped);
}

/* The first word of an answer: what Postfix will do. */
static struct span answer_word(struct span answer)
{
    struct span word = answer;

    span_cut(&answer, ' ', &word);
    return word;
}

static void log_outcome(const struct question *q, const struct outcome *outcome,
                        const char *code, struct span answer)
{
    struct str line = STR_EMPTY;

    add_envelope(&line, q);
    str_printf(&line, " verdict=%s answer=%.*s code=%s ",
               names_name(disposition_names, (int)outcome->disposition),
               SPAN_ARG(answer_word(answer)), code);
    explain_line(&line, q->snapshot->rules, outcome);
    for (size_t i = 0; i < outcome->log_count; i++)
        record_add_words(&line, "log", outcome->logs[i]);
    if (outcome->disposition == DISPOSITION_REJECT && strcmp(outcome->code, LOOP_CODE) == 0)
        warn_of_loop(&line);
    else
        log_info("policy:%s", str_cstr(&line));
    str_clear(&line);
}

static void record(struct question *q, const struct outcome *outcome,
                   const struct decision_ticket *ticket, struct span reply)
{
    struct decision_facts of = {.snapshot = q->snapshot,
                                .message = q->message,
                                .recipients = &q->recipient,
                                .recipient_count = 1,
                                .disposition = outcome->disposition,
                                .outcome = outcome,
                                .reply = reply,
                                .queue_id = q->queue_id};

    if (questions.decisions != NULL)
        record_put(questions.decisions, ticket, &of);
}

static void finish(struct question *q, const struct outcome *outcome, struct str *answer)
{
    struct facts_view view = {q->message, q->recipient};
    struct decision_ticket ticket = {.code = ""};
    size_t start = answer->len;
    struct span said;

    count_disposition(outcome->disposition);
    if (questions.decided != NULL && !q->deciding.is_trial)
        questions.decided(q->snapshot, &view, outcome, clock_mono_us() - q->begun_us);
    if (!q->deciding.is_trial)
        counting_follow(outcome, &q->snapshot->lists, &view, q->deciding.transaction);
    if (!is_noteworthy(outcome)) {
        answer_write(answer, outcome, &view, SPAN(""));
        return;
    }
    if (questions.decisions != NULL)
        decisions_reserve(questions.decisions, &ticket);
    answer_write(answer, outcome, &view, span_of(ticket.code));
    start += strlen("action=");
    said = span_trim(span_from(answer->ptr + start, answer->len - start));
    log_outcome(q, outcome, ticket.code, said);
    record(q, outcome, &ticket, said);
}

bool question_step(struct question *question, struct str *answer)
{
    const struct outcome *outcome = NULL;
    enum decide_state state = decide_recipient(&question->deciding, 0, STAGE_RCPT, &outcome);

    if (state == DECIDE_WAIT)
        return false;
    if (state == DECIDE_PENDING) {
        /* Such rules are refused when they are loaded. If not, nothing can be said: that is no yes. */
        answer_later(answer, "the rules ask what is not known yet");
        counters_add(COUNTER_DEFERRED, 1);
        return true;
    }
    finish(question, outcome, answer);
    return true;
}

struct question *question_ask(const struct request *request, struct str *answer)
{
    const struct snapshot *snapshot;
    struct question *question;

    if (request->state == REQUEST_OTHER) {
        answer_dunno(answer);
        return NULL;
    }
    if (drain_is()) {
        answer_drained(answer);
        return NULL;
    }
    snapshot = snapshot_pin();
    log_state("policy", snapshot == NULL, LOG_LEVEL_ERROR,
              "no rules are in force: every recipient is deferred; `milter-ctl rules apply "
              "FILE` mends it");
    if (snapshot == NULL) {
        counters_add(COUNTER_DEFERRED, 1);
        answer_later(answer, "no rules are in force yet");
        return NULL;
    }
    question = question_new(request, snapshot);
    mailbox_set_wake(question->deciding.mailbox, questions.wake, questions.wake_ctx);
    decide_start_early(&question->deciding, STAGE_RCPT);
    if (question_step(question, answer))
        question_free(&question);
    return question;
}

struct question *question_try(const struct request *request, struct question_tried *tried_r)
{
    const struct snapshot *snapshot = snapshot_pin();
    struct question *q;

    if (snapshot == NULL)
        return NULL;
    q = question_new(request, snapshot);
    q->deciding.is_trial = true;
    *tried_r = (struct question_tried){snapshot, q->message, q->recipient, NULL};
    while (decide_recipient(&q->deciding, 0, STAGE_RCPT, &tried_r->outcome) == DECIDE_WAIT)
        mailbox_wait(q->deciding.mailbox, q->deciding.deadline);
    return q;
}
