/* counters.c - the check that reads counters: keys from the facts of the request, readings from the port. */
#include "base/xalloc.h"
#include "checks/counting.h"
#include "checks/ports.h"

/* One reading under way, with all that its asks point to. */
struct counters_work {
    struct counter_read read;
    struct arena *arena;
    struct check_request *request;
    const struct fact_ref **wants; /* by ask */
};

static struct span keep(struct arena *arena, struct str *text)
{
    struct span kept = arena_span(arena, str_span(text));

    str_clear(text);
    return kept;
}

/* What one more of it adds; a client that does not say how large its message is adds nothing yet. */
static int64_t amount_of(const struct charge_counter *counter, const struct facts_view *view)
{
    const struct fact *size = facts_view_get(view, FACT_MESSAGE_DECLARED_SIZE);

    if (counter->kind != CHARGE_SIZE)
        return 1;
    return size->state == FACT_VALUE ? size->values[0].number : 0;
}

static bool fill_ask(struct arena *arena, struct span name, const struct lists *lists,
                     const struct facts_view *view, struct counter_ask *ask)
{
    struct str key = STR_EMPTY, member = STR_EMPTY;
    bool is_there = charge_counter_parse(name, &ask->counter) &&
                    charge_key(&ask->counter, lists, view, &key) &&
                    (ask->counter.kind != CHARGE_DISTINCT ||
                     charge_member(&ask->counter, lists, view, &member));

    ask->name = arena_span(arena, name);
    ask->key = keep(arena, &key);
    ask->member = keep(arena, &member);
    if (is_there)
        ask->amount = amount_of(&ask->counter, view);
    return is_there;
}

static void answer(struct counters_work *work)
{
    struct arena *arena = work->arena; /* the work lies in it */
    struct facts *facts = facts_new();

    for (size_t i = 0; i < work->read.count; i++) {
        struct value value = {.number = work->read.asks[i].reading};
        struct fact fact = {.state = FACT_VALUE, .count = 1, .values = &value};
        facts_set_keyed(facts, work->wants[i]->fact, work->wants[i]->key, &fact);
    }
    mailbox_post(work->request->mailbox, work->request->check, &facts);
    check_request_unpin(&work->request);
    arena_free(&arena);
}

static void on_read(struct counter_read *read)
{
    answer(read->ctx);
}

static void fill(struct counters_work *work)
{
    const struct check_request *request = work->request;
    struct facts_view view = {request->facts, request->facts};

    work->wants = arena_array(work->arena, request->want_count + 1, sizeof *work->wants);
    work->read.asks =
        arena_array(work->arena, request->want_count + 1, sizeof *work->read.asks);
    for (size_t i = 0; i < request->want_count; i++) {
        if (!fill_ask(work->arena, request->wants[i].key, NULL, &view,
                      &work->read.asks[work->read.count]))
            continue;
        work->wants[work->read.count++] = &request->wants[i];
    }
}

static int counters_start(struct check_request *request, struct err *err)
{
    struct arena *arena;
    struct counters_work *work;

    if (ports_counters() == NULL)
        return err_set(err, "nobody counts here");
    arena = arena_new();
    work = arena_alloc(arena, sizeof *work);
    *work = (struct counters_work){.arena = arena, .request = check_request_pin(request)};
    fill(work);
    work->read.transaction = request->transaction;
    work->read.begun = request->begun;
    work->read.done = on_read;
    work->read.ctx = work;
    if (work->read.count > 0)
        ports_counters()->read(&work->read);
    else
        answer(work);
    return 0;
}

static const enum fact_id learns[] = {FACT_COUNT_OF, FACT_SUM_OF, FACT_DISTINCT, FACT__COUNT};

const struct check counters_check = {
    .name = "counters",
    .stage = STAGE_RCPT,
    .facts = learns,
    .reads_facts = true,
    .start = counters_start,
};

static void promise(const struct outcome *outcome, const struct lists *lists,
                    const struct facts_view *view, struct span transaction)
{
    struct arena *arena = arena_new();
    struct counter_ask *asks = arena_array(arena, outcome->charge_count, sizeof *asks);
    size_t count = 0;

    for (size_t i = 0; i < outcome->charge_count; i++)
        if (fill_ask(arena, outcome->charges[i].key, lists, view, &asks[count]))
            count++;
    ports_counters()->promise(transaction, asks, count);
    arena_free(&arena);
}

static void note_passed(const struct facts_view *view)
{
    const struct fact *client = facts_view_get(view, FACT_CLIENT_IP);
    const struct fact *sender = facts_view_get(view, FACT_SENDER);
    const struct fact *recipient = facts_view_get(view, FACT_RECIPIENT);
    struct greylist_triplet triplet = {.sender = SPAN("")};

    if (client->state != FACT_VALUE || recipient->state != FACT_VALUE)
        return;
    triplet.client = client->values[0].ip;
    triplet.recipient = recipient->values[0].text;
    if (sender->state == FACT_VALUE)
        triplet.sender = sender->values[0].text;
    ports_greylist()->passed(&triplet);
}

void counting_follow(const struct outcome *outcome, const struct lists *lists,
                     const struct facts_view *view, struct span transaction)
{
    if (outcome->disposition == DISPOSITION_REJECT || outcome->disposition == DISPOSITION_DEFER)
        return;
    if (outcome->charge_count > 0 && transaction.len > 0 && ports_counters() != NULL)
        promise(outcome, lists, view, transaction);
    if (outcome->greylist_passed && ports_greylist() != NULL)
        note_passed(view);
}
