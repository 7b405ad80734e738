/* dnsbl.c - the check that asks all lists at once; what they say is put together in dnsbl_facts.c. */
#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "checks/dnsbl.h"
#include "checks/dnsbl_work.h"
#include "dns/dns.h"

#define LISTS_MAX (DNSBL_KIND__COUNT * DNSBL_ZONES_MAX)
/* Before the end of the request: what has come by then still counts. */
#define MARGIN_MS 50
/* Who had less time than half of this, or of dns_timeout, is not to be blamed for no answer. */
#define FAIR_MS 1000

static struct dnsbl_list *lists;
static size_t list_count;
static int64_t timeout_ms;

static void add_lists(const char *setting, enum dnsbl_kind kind)
{
    struct dnsbl_zone *zones = xcalloc(DNSBL_ZONES_MAX, sizeof *zones);
    struct err err = {""};
    int count = dnsbl_zones_parse(span_of(setting), zones, &err);

    for (int i = 0; i < count; i++)
        dnsbl_list_init(&lists[list_count++], &zones[i], kind);
    if (count < 0) /* the reader of the settings took it */
        log_error("block lists: %s", err.text);
    xfree(&zones);
}

void dnsbl_begin(const struct settings *settings)
{
    list_count = 0;
    if (lists == NULL)
        lists = xcalloc(LISTS_MAX, sizeof *lists);
    timeout_ms = settings->dns_timeout;
    add_lists(settings->dnsbl_client_zones, DNSBL_CLIENT);
    add_lists(settings->dnsbl_allow_zones, DNSBL_ALLOW);
    add_lists(settings->dnsbl_sender_zones, DNSBL_SENDER);
}

/* Questions that go out together, and the memory their names lie in. */
struct batch {
    struct arena *arena;
    const struct facts *facts;
    int64_t deadline;
    uint64_t asker;
    size_t count;
    struct dns_question questions[LISTS_MAX];
};

static const struct fact *client_of(const struct facts *facts)
{
    const struct fact *client = facts_get(facts, FACT_CLIENT_IP);

    return client->state == FACT_VALUE && dnsbl_is_public(&client->values[0].ip) ? client
                                                                                 : NULL;
}

static void batch_begin(struct batch *batch, const struct facts *facts, int64_t deadline)
{
    const struct fact *client = facts_get(facts, FACT_CLIENT_IP);

    batch->arena = arena_new();
    batch->facts = facts;
    batch->deadline = deadline;
    batch->asker = client->state == FACT_VALUE ? dns_asker(&client->values[0].ip) : 0;
    batch->count = 0;
}

static void batch_end(struct batch *batch)
{
    if (batch->count > 0)
        dns_ask(batch->questions, batch->count);
    arena_free(&batch->arena);
}

/* What this list is to be asked about this message; false: nothing. */
static bool name_for(const struct dnsbl_list *list, const struct facts *facts, struct str *name)
{
    const struct fact *domain = facts_get(facts, FACT_SENDER_DOMAIN);
    const struct fact *client = client_of(facts);

    if (list->kind == DNSBL_SENDER)
        return domain->state == FACT_VALUE &&
               dnsbl_sender_name(name, list, domain->values[0].text);
    if (client != NULL)
        dnsbl_client_name(name, list, &client->values[0].ip);
    return client != NULL;
}

/* The question to this list, to be completed; NULL: there is none. */
static struct dns_question *batch_add(struct batch *batch, const struct dnsbl_list *list)
{
    struct dns_question *question = NULL;
    struct str name = STR_EMPTY;

    if (name_for(list, batch->facts, &name)) {
        question = &batch->questions[batch->count++];
        *question = (struct dns_question){.type = DNS_A,
                                          .name = arena_span(batch->arena, str_span(&name)),
                                          .asker = batch->asker,
                                          .is_ours = true,
                                          .deadline = batch->deadline};
    }
    str_clear(&name);
    return question;
}

void dnsbl_ahead(const struct facts *facts, int64_t deadline)
{
    struct batch batch;

    if (list_count == 0)
        return;
    batch_begin(&batch, facts, deadline);
    for (size_t i = 0; i < list_count; i++)
        if (!dnsbl_is_out(&lists[i]))
            (void)batch_add(&batch, &lists[i]);
    batch_end(&batch);
}

/* The last answer posts. */
static void let_go(struct dnsbl_work *work)
{
    struct facts *facts;

    if (__atomic_sub_fetch(&work->open, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    facts = dnsbl_facts(work);
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

static void ask_list(struct batch *batch, struct dnsbl_work *work, struct dnsbl_list *list)
{
    struct dns_question *question = batch_add(batch, list);
    struct dnsbl_asked *asked = &work->asked[work->count];
    enum dnsbl_turn turn;

    if (question == NULL)
        return;
    turn = dnsbl_turn(list);
    *asked = (struct dnsbl_asked){work, list, DNSBL_NOT_ASKED};
    if (turn == DNSBL_ASK) {
        question->done = on_answer;
        question->ctx = asked;
        work->open++;
        work->count++;
        return;
    }
    question->done = on_try;
    question->ctx = list;
    batch->count -= turn == DNSBL_LEAVE_OUT;
    work->count += is_resolver_silent(); /* else it counts as not listing */
}

/* What the rules ask; all when nobody says. */
static void note_wants(struct dnsbl_work *work)
{
    const struct check_request *request = work->request;

    for (size_t k = 0; k < DNSBL_KIND__COUNT; k++) {
        work->is_wanted[k] = request->want_count == 0;
        for (size_t i = 0; i < request->want_count; i++)
            work->is_wanted[k] |= request->wants[i].fact == FACT_DNSBL_SCORE ||
                                  request->wants[i].fact == dnsbl_kind_facts[k];
    }
}

static struct dnsbl_work *work_new(struct check_request *request, int64_t deadline)
{
    struct dnsbl_work *work = xcalloc(1, sizeof *work + list_count * sizeof work->asked[0]);

    work->request = check_request_pin(request);
    work->open = 1;
    work->is_short =
        deadline - clock_mono_ms() < (timeout_ms < FAIR_MS ? timeout_ms : FAIR_MS) / 2;
    note_wants(work);
    return work;
}

static int dnsbl_start(struct check_request *request, struct err *err)
{
    int64_t deadline = request->deadline - MARGIN_MS;
    struct dnsbl_work *work = work_new(request, deadline);
    struct batch batch;

    (void)err;
    batch_begin(&batch, request->facts, deadline);
    for (size_t i = 0; i < list_count; i++)
        if (work->is_wanted[lists[i].kind])
            ask_list(&batch, work, &lists[i]);
    batch_end(&batch);
    let_go(work);
    return 0;
}

static const enum fact_id learns[] = {FACT_DNSBL, FACT_DNSBL_ALLOW, FACT_DNSBL_SENDER,
                                      FACT_DNSBL_SCORE, FACT__COUNT};

const struct check dnsbl_check = {
    .name = "dnsbl",
    .stage = STAGE_MAIL,
    .facts = learns,
    .reads_facts = true,
    .start = dnsbl_start,
    .asks_dns = true,
};

size_t dnsbl_zone_count(void)
{
    return list_count;
}

bool dnsbl_trouble_at(size_t index, struct dnsbl_trouble *trouble_r)
{
    for (size_t i = 0; i < list_count; i++) {
        trouble_r->zone = lists[i].zone.name;
        if (dnsbl_list_trouble(&lists[i], trouble_r->text) && index-- == 0)
            return true;
    }
    return false;
}
