/* rounds_names.c - the DNS of a question: what a worker may make us ask, all of it at once, and the answers kept for the next round. */
#include "base/arena.h"
#include "base/clock.h"
#include "base/xalloc.h"
#include "checks/rounds_inside.h"
#include "dns/dns.h"
#include "dns/name.h"
#include "mail/domain_list.h"
#include "mail/org_domain.h"

/* Of one question at once, so that its own lookups, with those of its message's other questions, stay below the resolver's bounds: what goes
 * beyond these is refused there. */
#define WAVE_MAX      (DNS_ASKER_MAX / 2)
#define WAVE_ZONE_MAX (DNS_ZONE_MAX / 2)

static const char *never = ""; /* the settings live as long as the program */

void round_never_ask(const char *domains)
{
    never = domains;
}

/* Of the name that would be asked: an escape must not spell a forbidden one. */
static bool may_ask(struct span name)
{
    struct name_text spelt;

    return name_normalize(name, &spelt) &&
           !domain_list_holds(never, span_from(spelt.text, spelt.len));
}

bool round_knows(const struct round *round, const struct sender_lack *lack)
{
    for (size_t i = 0; i < round->request.answer_count; i++)
        if (round->answers[i].type == lack->type &&
            span_equal(round->answers[i].name, lack->name))
            return true;
    return false;
}

static void keep(struct arena *arena, struct dns_answer *to, const struct dns_answer *from)
{
    bool has_room = from->count <= DNS_RECORDS_MAX;
    struct span *records = arena_array(arena, has_room ? from->count : 0, sizeof *records);

    to->status = has_room ? from->status : DNS_FAILED;
    to->is_nxdomain = from->is_nxdomain;
    to->is_secure = from->is_secure;
    to->ttl = from->ttl;
    to->count = has_room ? from->count : 0;
    for (size_t i = 0; i < to->count; i++)
        records[i] = arena_span(arena, from->records[i]);
    to->records = records;
}

static void ask_wave(struct round *round);

static void one_less(struct round *round)
{
    if (atomic_fetch_sub(&round->awaited, 1) == 1)
        ask_wave(round);
}

static void on_answer(void *ctx, const struct dns_answer *answer)
{
    struct round_slot *slot = ctx;

    pthread_mutex_lock(&slot->round->lock);
    keep(slot->round->arena, slot->answer, answer);
    pthread_mutex_unlock(&slot->round->lock);
    one_less(slot->round);
}

/* The place of its answer; DNS_LIMITED stays there when nobody asks. */
static void add_slot(struct round *round, const struct sender_lack *lack)
{
    size_t at = round->request.answer_count++;

    round->answers[at] = (struct dns_answer){.type = lack->type,
                                             .status = DNS_LIMITED,
                                             .name = arena_span(round->arena, lack->name)};
    round->slots[at] = (struct round_slot){round, &round->answers[at], may_ask(lack->name)};
}

static bool has_zone_room(const struct dns_question *questions, unsigned count,
                          struct span name)
{
    unsigned same = 0;

    for (unsigned i = 0; i < count && count >= WAVE_ZONE_MAX; i++)
        same += org_domain_is_same(questions[i].name, name);
    return same < WAVE_ZONE_MAX;
}

/* Those that wait, as many as may go at once. */
static unsigned pick_wave(struct round *round, struct dns_question questions[WAVE_MAX])
{
    unsigned count = 0;

    for (size_t i = 0; i < round->request.answer_count && count < WAVE_MAX; i++) {
        struct round_slot *slot = &round->slots[i];
        if (!slot->is_waiting || !has_zone_room(questions, count, slot->answer->name))
            continue;
        slot->is_waiting = false;
        questions[count++] = (struct dns_question){.type = slot->answer->type,
                                                   .name = slot->answer->name,
                                                   .asker = round->question.asker,
                                                   .deadline = round->dns_deadline,
                                                   .done = on_answer,
                                                   .ctx = slot};
    }
    return count;
}

static void give_up_waiting(struct round *round)
{
    for (size_t i = 0; i < round->request.answer_count; i++)
        if (round->slots[i].is_waiting) {
            round->slots[i].is_waiting = false;
            round->answers[i].status = DNS_TIMEOUT;
        }
}

/* Called again when a wave is answered: at most SENDER_NAMES_MAX times. */
static void ask_wave(struct round *round)
{
    struct dns_question questions[WAVE_MAX];
    unsigned count;

    if (clock_mono_ms() >= round->dns_deadline)
        give_up_waiting(round);
    count = pick_wave(round, questions);
    if (count == 0) {
        round->then(round);
        return;
    }
    atomic_store(&round->awaited, count + 1);
    dns_ask(questions, count);
    one_less(round);
}

void round_ask(struct round *round, const struct sender_lack *lacks, size_t count)
{
    for (size_t i = 0; i < count && round->request.answer_count < SENDER_NAMES_MAX; i++)
        if (!round_knows(round, &lacks[i]))
            add_slot(round, &lacks[i]);
    ask_wave(round);
}
