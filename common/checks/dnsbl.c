/* dnsbl.c - the check that asks the lists of clients and senders at once; what they say is put together in dnsbl_facts.c. */
#include "checks/dnsbl.h"
#include "checks/dnsbl_work.h"

static const struct fact *client_of(const struct facts *facts)
{
    const struct fact *client = facts_get(facts, FACT_CLIENT_IP);

    return client->state == FACT_VALUE && dnsbl_is_public(&client->values[0].ip) ? client
                                                                                 : NULL;
}

/* What this list is to be asked about this message; false: nothing. */
static bool name_for(const struct dnsbl_list *list, const struct facts *facts, struct str *name)
{
    const struct fact *domain = facts_get(facts, FACT_SENDER_DOMAIN);
    const struct fact *client = client_of(facts);

    if (list->kind == DNSBL_SENDER)
        return domain->state == FACT_VALUE &&
               dnsbl_domain_name(name, list, domain->values[0].text);
    if (list->kind == DNSBL_URL || client == NULL)
        return false;
    dnsbl_address_name(name, list, &client->values[0].ip);
    return true;
}

void dnsbl_ahead(const struct facts *facts, int64_t deadline)
{
    struct dnsbl_batch batch;
    struct dnsbl_list *list;

    if (dnsbl_list_at(0) == NULL)
        return;
    dnsbl_batch_begin(&batch, facts, deadline, DNSBL_LISTS_MAX);
    for (size_t i = 0; (list = dnsbl_list_at(i)) != NULL; i++) {
        struct str name = STR_EMPTY;
        if (!dnsbl_is_out(list) && name_for(list, facts, &name))
            (void)dnsbl_batch_add(&batch, str_span(&name));
        str_clear(&name);
    }
    dnsbl_batch_send(&batch);
}

/* What the rules ask; all when nobody says. */
static void note_wants(struct dnsbl_work *work)
{
    const struct check_request *request = work->request;

    for (size_t k = 0; k < DNSBL_URL; k++) {
        work->is_wanted[k] = request->want_count == 0;
        for (size_t i = 0; i < request->want_count; i++)
            work->is_wanted[k] |= request->wants[i].fact == FACT_DNSBL_SCORE ||
                                  request->wants[i].fact == dnsbl_kinds[k].fact;
    }
}

static int dnsbl_start(struct check_request *request, struct err *err)
{
    struct dnsbl_work *work = dnsbl_work_new(request, DNSBL_LISTS_MAX, dnsbl_facts);
    struct dnsbl_list *list;

    (void)err;
    note_wants(work);
    for (size_t i = 0; (list = dnsbl_list_at(i)) != NULL; i++) {
        struct str name = STR_EMPTY;
        if (work->is_wanted[list->kind] && name_for(list, request->facts, &name))
            dnsbl_work_ask(work, list, &name, 1);
        str_clear(&name);
    }
    dnsbl_work_send(&work);
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
