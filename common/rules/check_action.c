/* check_action.c - actions: their arguments, and which may stand where. */
#include "mail/address.h"
#include "mail/dsn.h"
#include "mail/header.h"
#include "rules/check.h"

#define REPLY_MAX                                                                              \
    300 /* bytes of text in a reply, facts not counted (RFC 5321 section 4.5.3.1.5: 512 in all) */
#define TEXT_MAX     2000
#define SCORE_MAX    1000000 /* thousandths */
#define GREYLIST_MAX 86400

static bool is_ascii(struct span text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] >= 0x80)
            return false;
    return true;
}

static bool check_text(struct checker *c, const struct raw_term *raw, struct action *action)
{
    if (raw->text.len <= TEXT_MAX)
        return check_template(c, raw->text, raw->place, &action->text);
    check_error(c, raw->place, "this text is %zu bytes long; %d are the most", raw->text.len,
                TEXT_MAX);
    return false;
}

/* "5.7.1 text": the class fits the action. */
static bool check_reply(struct checker *c, const struct raw_term *raw, struct action *action)
{
    int wanted = action->kind == ACTION_REJECT ? 5 : 4;
    struct err err = {""};
    struct dsn dsn;

    if (dsn_parse(raw->text, 0, &dsn, &err) < 0)
        check_error(c, raw->place,
                    "%s needs an enhanced status code and a text: %s \"%d.7.1 text\"",
                    action_table[action->kind].name, action_table[action->kind].name, wanted);
    else if (dsn.status_class != wanted)
        check_error(c, raw->place,
                    wanted == 5
                        ? "reject refuses for good, %s says for now; write 5.x.y, or defer"
                        : "defer refuses for now, %s says for good; write 4.x.y, or reject",
                    dsn.code);
    else if (!is_ascii(dsn.text))
        check_error(
            c, raw->place,
            "a reply goes out in plain ASCII; write it without accents and other letters");
    else if (dsn.text.len > REPLY_MAX)
        check_error(c, raw->place, "a reply has at most %d bytes; this text has %zu", REPLY_MAX,
                    dsn.text.len);
    else {
        memcpy(action->code, dsn.code, sizeof(action->code));
        return check_template(c, dsn.text, raw->place, &action->text);
    }
    return false;
}

static bool check_score(struct checker *c, const struct raw_term *raw, struct action *action)
{
    if (check_points(raw->text, &action->number) && action->number != 0 &&
        action->number <= SCORE_MAX && action->number >= -SCORE_MAX)
        return true;
    check_error(c, raw->place,
                "score takes a number other than 0, from -1000 to 1000, like 2, 0.5 or -1");
    return false;
}

static bool check_greylist(struct checker *c, const struct raw_term *raw, struct action *action)
{
    if (check_duration(raw->text, &action->number) && action->number > 0 &&
        action->number <= GREYLIST_MAX)
        return true;
    check_error(c, raw->place, "greylist takes a duration up to 1d, like 3m");
    return false;
}

static bool check_name(struct checker *c, const struct raw_term *raw, struct action *action)
{
    bool is_tag = action->kind == ACTION_TAG;

    action->name = raw->text;
    if (is_tag ? raw->text.len > 0 && raw->text.len <= 64 : header_name_is_valid(raw->text))
        return true;
    check_error(c, raw->place,
                is_tag ? "a tag has 1 to 64 bytes"
                       : "this is no name of a header; it has no blanks and no colon");
    return false;
}

static bool check_header(struct checker *c, const struct raw_term *raw, struct action *action)
{
    if (header_kind_of(raw->text) >= HEADER_POSTGATE_TRACE &&
        header_kind_of(raw->text) <= HEADER_POSTGATE) {
        check_error(c, raw->place,
                    "headers named X-Postgate-... are our own; choose another name");
        return false;
    }
    return check_name(c, raw, action) &&
           (action->kind == ACTION_REMOVE_HEADER || check_text(c, raw + 1, action));
}

/* Mail goes to the local part as it was written: whether case matters there is for its host to say (RFC 5321 section 2.4). */
static struct span mailbox_written(struct checker *c, struct span text,
                                   const struct address *address)
{
    struct span local = span_trim(text);
    const char *at;

    if (span_starts(local, SPAN("<")))
        local = span_skip(local, 1);
    at = memrchr(local.ptr, '@', local.len);
    local.len = at != NULL ? (size_t)(at - local.ptr) : local.len;
    return span_of(arena_printf(c->arena, "%.*s@%.*s", SPAN_ARG(local),
                                SPAN_ARG(address_domain(address))));
}

static bool check_mailbox(struct checker *c, const struct raw_term *raw, struct action *action)
{
    struct address address;

    if (address_parse(raw->text, &address, NULL) == 1 && address.has_domain &&
        !address.is_routed) {
        action->name = mailbox_written(c, raw->text, &address);
        return true;
    }
    check_error(c, raw->place, "\"%.*s\" is no mail address; write %s \"user@example.com\"",
                SPAN_ARG(raw->text), action_table[action->kind].name);
    return false;
}

/* The rules of this chain are known by name only here; check_set.c sees that they stand below. */
static bool check_skip(struct checker *c, const struct raw_action *raw, struct action *action)
{
    uint32_t *skips = arena_array(c->arena, raw->count, sizeof(*skips));

    for (size_t i = 0; i < raw->count; i++) {
        size_t index = 0;

        while (index < c->raw->rule_count &&
               !span_equal(c->raw->rules[index].name, raw->arguments[i].text))
            index++;
        if (index == c->raw->rule_count) {
            check_error(c, raw->arguments[i].place, "there is no rule %.*s",
                        SPAN_ARG(raw->arguments[i].text));
            return false;
        }
        skips[i] = (uint32_t)index;
    }
    action->skips = skips;
    action->skip_count = raw->count;
    return true;
}

static bool check_arguments(struct checker *c, const struct raw_action *raw,
                            struct action *action)
{
    switch (raw->kind) {
    case ACTION_REJECT:
    case ACTION_DEFER:
        return check_reply(c, raw->arguments, action);
    case ACTION_GREYLIST:
        return check_greylist(c, raw->arguments, action);
    case ACTION_SCORE:
        return check_score(c, raw->arguments, action);
    case ACTION_TAG:
        return check_name(c, raw->arguments, action);
    case ACTION_ADD_HEADER:
    case ACTION_REMOVE_HEADER:
        return check_header(c, raw->arguments, action);
    case ACTION_REDIRECT:
    case ACTION_COPY:
        return check_mailbox(c, raw->arguments, action);
    case ACTION_SKIP:
        return check_skip(c, raw, action);
    default:
        return raw->count == 0 || check_text(c, raw->arguments, action);
    }
}

static bool check_chain(struct checker *c, const struct raw_action *raw)
{
    unsigned here = c->chain == CHAIN_POLICY ? ACTION_IN_POLICY : ACTION_IN_FILTER;

    if ((action_table[raw->kind].flags & here) != 0)
        return true;
    check_error(c, raw->place, "%s is an action of [%s]; [%s] %s", action_table[raw->kind].name,
                c->chain == CHAIN_POLICY ? "filter" : "policy",
                c->chain == CHAIN_POLICY ? "policy" : "filter",
                c->chain == CHAIN_POLICY ? "answers before there is a message"
                                         : "comes after the recipients were answered");
    return false;
}

/* One final action, but for `quarantine, reject`. */
static bool check_final(struct checker *c, const struct rule *rule)
{
    const struct action *final = NULL;

    for (size_t i = 0; i < rule->action_count; i++) {
        const struct action *action = &rule->actions[i];

        if ((action_table[action->kind].flags & ACTION_IS_FINAL) == 0)
            continue;
        if (final != NULL && final->kind == ACTION_REJECT && action->kind == ACTION_QUARANTINE)
            check_error(c, action->place,
                        "the copy comes first; write quarantine, reject \"5.7.1 text\"");
        else if (final != NULL &&
                 !(final->kind == ACTION_QUARANTINE && action->kind == ACTION_REJECT))
            check_error(c, action->place,
                        "%s comes too late: %s ends the chain; only quarantine may be followed "
                        "by reject",
                        action_table[action->kind].name, action_table[final->kind].name);
        else {
            final = action;
            continue;
        }
        return false;
    }
    return true;
}

static unsigned kind_flags(const struct action *action)
{
    if (action->kind == ACTION_SCORE)
        return action->number > 0 ? ACTION_RESTRICTS : ACTION_PERMITS;
    return action_table[action->kind].flags;
}

static bool check_mixture(struct checker *c, struct rule *rule)
{
    const struct action *restricting = NULL, *permitting = NULL;

    for (size_t i = 0; i < rule->action_count; i++) {
        const struct action *action = &rule->actions[i];

        rule->is_final |= (action_table[action->kind].flags & ACTION_IS_FINAL) != 0;
        if ((kind_flags(action) & ACTION_RESTRICTS) != 0)
            restricting = action;
        if ((kind_flags(action) & ACTION_PERMITS) != 0)
            permitting = action;
    }
    rule->restricts = restricting != NULL;
    rule->permits = permitting != NULL;
    if (restricting == NULL || permitting == NULL)
        return true;
    check_error(c, (restricting > permitting ? restricting : permitting)->place,
                "%s restricts and %s permits; write two rules, so that it is clear what an "
                "unknown fact means",
                action_table[restricting->kind].name, action_table[permitting->kind].name);
    return false;
}

bool check_actions(struct checker *c, const struct raw_rule *raw, struct rule *rule)
{
    struct action *actions = arena_array(c->arena, raw->action_count, sizeof(*actions));
    bool is_good = true;

    for (size_t i = 0; i < raw->action_count; i++) {
        actions[i] =
            (struct action){.kind = raw->actions[i].kind, .place = raw->actions[i].place};
        is_good &= check_chain(c, &raw->actions[i]) &&
                   check_arguments(c, &raw->actions[i], &actions[i]);
    }
    rule->actions = actions;
    rule->action_count = raw->action_count;
    return is_good && check_final(c, rule) && check_mixture(c, rule);
}
