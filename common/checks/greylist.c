/* greylist.c - the check that asks how long a client's network has been trying to reach this recipient from this sender. */
#include "base/xalloc.h"
#include "checks/counting.h"
#include "checks/ports.h"

struct greylist_work {
    struct greylist_look look;
    struct arena *arena;
    struct check_request *request;
};

static void on_look(struct greylist_look *look)
{
    struct greylist_work *work = look->ctx;
    struct arena *arena = work->arena; /* the work lies in it */
    struct facts *facts = facts_new();

    if (look->age >= 0)
        facts_set_number(facts, FACT_GREYLIST_AGE, look->age);
    else
        facts_set_unknown(facts, FACT_GREYLIST_AGE, SPAN("the greylist cannot be asked"));
    mailbox_post(work->request->mailbox, work->request->check, &facts);
    check_request_unpin(&work->request);
    arena_free(&arena);
}

static struct span text_of(const struct facts *facts, enum fact_id id, struct arena *arena)
{
    const struct fact *fact = facts_get(facts, id);

    return fact->state == FACT_VALUE ? arena_span(arena, fact->values[0].text) : SPAN("");
}

static int greylist_start(struct check_request *request, struct err *err)
{
    const struct fact *client = facts_get(request->facts, FACT_CLIENT_IP);
    struct arena *arena;
    struct greylist_work *work;

    if (ports_greylist() == NULL)
        return err_set(err, "nobody keeps a greylist here");
    if (client->state != FACT_VALUE)
        return err_set(err, "the client's address is not known");
    arena = arena_new();
    work = arena_alloc(arena, sizeof *work);
    *work = (struct greylist_work){.arena = arena, .request = check_request_pin(request)};
    work->look = (struct greylist_look){
        .triplet = {.client = client->values[0].ip,
                    .sender = text_of(request->facts, FACT_SENDER, arena),
                    .recipient = text_of(request->facts, FACT_RECIPIENT, arena)},
        .is_trial = request->is_trial,
        .begun = request->begun,
        .age = -1,
        .done = on_look,
        .ctx = work,
    };
    ports_greylist()->look(&work->look);
    return 0;
}

static const enum fact_id learns[] = {FACT_GREYLIST_AGE, FACT__COUNT};

const struct check greylist_check = {
    .name = "greylist",
    .stage = STAGE_RCPT,
    .facts = learns,
    .reads_facts = true,
    .start = greylist_start,
};
