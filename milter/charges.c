/* charges.c - tells policyd which counters a delivered message is charged to. */
#include "base/clock.h"
#include "control/notice.h"
#include "milter/charges.h"
#include "rules/charge.h"

/* A part holds so many bytes of charges at most: half of a notice, since JSON adds its own. */
#define PART_BYTES (NOTICE_MAX / 2)
#define JSON_BYTES 40 /* of one entry beside its texts */

static json_t *text_of(struct span text)
{
    return json_stringn(text.len > 0 ? text.ptr : "", text.len);
}

static json_t *entry_of(const struct charge *charge)
{
    json_t *entry = json_pack("{s:o,s:o,s:I}", "c", text_of(charge->counter), "k",
                              text_of(charge->key), "n", (json_int_t)charge->amount);

    if (entry != NULL && charge->member.len > 0)
        json_object_set_new(entry, "m", text_of(charge->member));
    return entry;
}

static size_t bytes_of(const struct charge *charge)
{
    return charge->counter.len + charge->key.len + charge->member.len + JSON_BYTES;
}

/* Sends charges from *at on, as many as fit into one notice. */
static void send_part(const struct charges *charges, size_t *at, int part)
{
    json_t *entries = json_array();
    json_t *notice = json_pack("{s:s,s:i,s:I,s:o}", "what", "message", "part", part, "time",
                               (json_int_t)clock_now_ms(), "charges", entries);

    for (size_t bytes = 0; *at < charges->count; (*at)++) {
        bytes += bytes_of(&charges->of[*at]);
        if (bytes > PART_BYTES && json_array_size(entries) > 0)
            break;
        json_array_append_new(entries, entry_of(&charges->of[*at]));
    }
    notice_send(notice);
    json_decref(notice);
}

static void add_delivered(struct transaction *t, struct charges *charges)
{
    const struct lists *lists = &t->deciding.snapshot->lists;

    for (size_t i = 0; i < t->verdict->recipient_count; i++) {
        struct facts_view view = {t->deciding.message, t->deciding.recipients[i]};
        if (t->verdict->each[i] == DISPOSITION_DELIVER)
            charges_add(charges, lists, &view, (int64_t)t->message.size);
    }
}

void charges_tell(struct transaction *t, enum disposition disposition)
{
    struct charges charges = {.arena = t->arena};

    if (t->session->is_trial || t->verdict == NULL || t->deciding.snapshot == NULL ||
        disposition != DISPOSITION_DELIVER)
        return;
    add_delivered(t, &charges);
    for (size_t at = 0, part = 1; at < charges.count; part++)
        send_part(&charges, &at, (int)part);
}
