/* dnsbl_work.c - the way of questions to lists: sent together, counted, concluded when the last answer is in. */
#include "checks/dnsbl_work.h"
#include "base/clock.h"
#include "base/xalloc.h"

/* Before the end of the request: what has come by then still counts. */
#define MARGIN_MS 50
/* Who had less time than half of this, or of dns_timeout, is not to be blamed for no answer. */
#define FAIR_MS 1000

void dnsbl_batch_begin(struct dnsbl_batch *batch, const struct facts *facts, int64_t deadline,
                       size_t max)
{
    const struct fact *client = facts_get(facts, FACT_CLIENT_IP);

    batch->arena = arena_new();
    batch->deadline = deadline;
    batch->asker = client->state == FACT_VALUE ? dns_asker(&client->values[0].ip) : 0;
    batch->count = 0;
    batch->questions = arena_array(batch->arena, max + 1, sizeof *batch->questions);
}

struct dns_question *dnsbl_batch_add(struct dnsbl_batch *batch, struct span name)
{
    struct dns_question *question = &batch->questions[batch->count++];

    *question = (struct dns_question){.type = DNS_A,
                                      .name = arena_span(batch->arena, name),
                                      .asker = batch->asker,
                                      .is_ours = true,
                                      .deadline = batch->deadline};
    return question;
}

void dnsbl_batch_send(struct dnsbl_batch *batch)
{
    if (batch->count > 0)
        dns_ask(batch->questions, batch->count);
    arena_free(&batch->arena);
}

static bool is_short(int64_t deadline)
{
    int64_t timeout = dnsbl_settings()->dns_timeout;

    return deadline - clock_mono_ms() < (timeout < FAIR_MS ? timeout : FAIR_MS) / 2;
}

struct dnsbl_work *dnsbl_work_new(struct check_request *request, size_t max,
                                  struct facts *(*conclude)(const struct dnsbl_work *work))
{
    size_t room =
        max +
        DNSBL_LISTS_MAX; /* one question more of each, to see whether it lists everything */
    struct dnsbl_work *work = xcalloc(1, sizeof *work + room * sizeof work->asked[0]);
    int64_t deadline = request->deadline - MARGIN_MS;

    work->request = check_request_pin(request);
    work->conclude = conclude;
    work->open = 1;
    work->max = room;
    work->is_short = is_short(deadline);
    dnsbl_batch_begin(&work->batch, request->facts, deadline, room);
    return work;
}

/* The last answer posts. */
static void let_go(struct dnsbl_work *work)
{
    struct facts *facts;

    if (__atomic_sub_fetch(&work->open, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    facts = work->conclude(work);
    mailbox_post(work->request->mailbox, work->request->check, &facts);
    check_request_unpin(&work->request);
    xfree(&work);
}

static void on_answer(void *ctx, const struct dns_answer *answer)
{
    struct dnsbl_asked *asked = ctx;
    char why[DNSBL_TEXT];

    asked->said = dnsbl_read(asked->list, answer, why);
    if (answer->status != DNS_TIMEOUT || !asked->work->is_short)
        dnsbl_note(asked->list, asked->said, why, false);
    let_go(asked->work);
}

/* Of a list that is left out: no message waits for this. */
static void on_try(void *ctx, const struct dns_answer *answer)
{
    struct dnsbl_list *list = ctx;
    char why[DNSBL_TEXT];
    enum dnsbl_said said = dnsbl_read(list, answer, why);

    dnsbl_note(list, said, why, true);
}

static bool is_resolver_silent(void)
{
    struct dns_counts counts;

    dns_count(&counts);
    return counts.is_silent;
}

static struct dnsbl_asked *add_asked(struct dnsbl_work *work, struct dnsbl_list *list)
{
    struct dnsbl_asked *asked = &work->asked[work->count++];

    *asked = (struct dnsbl_asked){.work = work, .list = list, .said = DNSBL_NOT_ASKED};
    return asked;
}

static void ask(struct dnsbl_work *work, struct dnsbl_list *list, const struct str *names,
                size_t at)
{
    struct dns_question *question = dnsbl_batch_add(&work->batch, str_span(&names[at]));
    struct dnsbl_asked *asked = add_asked(work, list);

    asked->name = at;
    question->done = on_answer;
    question->ctx = asked;
    work->open++;
}

/* Its answer is waited for: what the list says now counts only if it does not list everything. */
static void on_probe(void *ctx, const struct dns_answer *answer)
{
    struct dnsbl_asked *asked = ctx;
    char why[DNSBL_TEXT];

    dnsbl_note_probe(asked->list, dnsbl_read(asked->list, answer, why));
    let_go(asked->work);
}

static void probe(struct dnsbl_work *work, struct dnsbl_list *list)
{
    struct str name = STR_EMPTY;
    struct dns_question *question;
    struct dnsbl_asked *asked = add_asked(work, list);

    dnsbl_probe_name(&name, list);
    question = dnsbl_batch_add(&work->batch, str_span(&name));
    question->done = on_probe;
    question->ctx = asked;
    asked->said = DNSBL_NOT_LISTED;
    work->open++;
    str_clear(&name);
}

static struct span first_of(const struct str *names, size_t count)
{
    size_t at = 0;

    while (at + 1 < count && names[at].len == 0)
        at++;
    return str_span(&names[at]);
}

void dnsbl_work_ask(struct dnsbl_work *work, struct dnsbl_list *list, const struct str *names,
                    size_t count)
{
    enum dnsbl_turn turn = dnsbl_turn(list);
    struct dns_question *question;

    if (dnsbl_probe_is_due(list))
        probe(work, list);
    if (turn == DNSBL_ASK) {
        for (size_t i = 0; i < count && work->count < work->max; i++)
            if (names[i].len > 0)
                ask(work, list, names, i);
        return;
    }
    if (turn == DNSBL_TRY) {
        question = dnsbl_batch_add(&work->batch, first_of(names, count));
        question->done = on_try;
        question->ctx = list;
    }
    if (is_resolver_silent()) /* else it counts as not listing */
        (void)add_asked(work, list);
}

void dnsbl_work_send(struct dnsbl_work **work)
{
    dnsbl_batch_send(&(*work)->batch);
    let_go(*work);
    *work = NULL;
}
