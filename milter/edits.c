/* edits.c - carries out what a delivered message needs changed. */
#include "base/sinks.h"
#include "mail/authres_write.h"
#include "milter/authentication.h"
#include "milter/authres_header.h"
#include "milter/cleaning.h"
#include "milter/edits.h"
#include "milter/signing.h"

#define HEADER_LIMIT                                                                           \
    900 /* bytes of a value we write: below 998 with its name (RFC 5322 section 2.1.1) */

static char *text_of(const char *text)
{
    return (char *)(uintptr_t)text; /* libmilter takes char * and copies */
}

/* From the last to the first, so that the numbers of those before stay true. */
static int edits_clean(SMFICTX *ctx, const struct transaction *t, struct err *err)
{
    const struct message *message = &t->message;
    struct cleaning cleaning = cleaning_of(t);

    for (size_t i = message->header_count; i-- > 0;) {
        const struct message_header *header = &message->headers[i];
        struct span name = header_name_trim(header->name);
        if (!cleaning_removes(&cleaning, header))
            continue;
        if (smfi_chgheader(ctx, arena_strdup(t->arena, arena_span(t->arena, name).ptr),
                           (int)header->occurrence, NULL) != MI_SUCCESS)
            return err_set(err, "the MTA did not remove a forged %.*s header", SPAN_ARG(name));
    }
    return 0;
}

static bool is_removed(const struct transaction *t, size_t recipient)
{
    return t->verdict != NULL && t->verdict->each[recipient] != DISPOSITION_DELIVER &&
           t->verdict->each[recipient] != DISPOSITION_HOLD;
}

static int edits_remove_recipients(SMFICTX *ctx, const struct transaction *t, struct err *err)
{
    for (size_t i = 0; t->verdict != NULL && i < t->verdict->recipient_count; i++) {
        if (is_removed(t, i) && smfi_delrcpt(ctx, t->recipients[i]) != MI_SUCCESS)
            return err_set(err, "the MTA did not remove a recipient");
    }
    return 0;
}

void edits_header_value(struct str *out, struct span value)
{
    str_addc(out, ' ');
    sink_header(out, value, HEADER_LIMIT);
}

static int insert_header(SMFICTX *ctx, const char *name, struct span value)
{
    struct str safe = STR_EMPTY;
    int rc;

    edits_header_value(&safe, value);
    rc = smfi_insheader(ctx, 0, text_of(name), safe.ptr);
    str_clear(&safe);
    return rc == MI_SUCCESS ? 0 : -1;
}

static int remove_headers(SMFICTX *ctx, const struct transaction *t, const struct edit *edit)
{
    unsigned count = 0;

    for (size_t i = 0; i < t->message.header_count; i++)
        count += header_name_is(t->message.headers[i].name, edit->name);
    for (; count > 0; count--)
        if (smfi_chgheader(ctx, text_of(edit->name.ptr), (int)count, NULL) != MI_SUCCESS)
            return -1;
    return 0;
}

static int edit_apply(SMFICTX *ctx, const struct transaction *t, const struct edit *edit)
{
    switch (edit->kind) {
    case EDIT_ADD_HEADER:
        return insert_header(ctx, edit->name.ptr, edit->value);
    case EDIT_REMOVE_HEADER:
        return remove_headers(ctx, t, edit);
    case EDIT_PREFIX_SUBJECT:
        return 0; /* all of them at once: edits_subject */
    default:
        return -1; /* `rules apply` refuses what this build cannot do */
    }
}

/* What is removed goes first: a header that we add stands above all others, and would be the one that is counted away. */
static int edits_of_rules(SMFICTX *ctx, const struct transaction *t, bool removes,
                          struct err *err)
{
    for (size_t i = 0; t->verdict != NULL && i < t->verdict->edit_count; i++) {
        const struct edit *edit = &t->verdict->edits[i];
        if ((edit->kind == EDIT_REMOVE_HEADER) == removes && edit_apply(ctx, t, edit) != 0)
            return err_set(err, "an edit of rule %.*s was not taken by the MTA",
                           SPAN_ARG(t->deciding.snapshot->rules->rules[edit->rule].name));
    }
    return 0;
}

static const struct message_header *subject_of(const struct transaction *t)
{
    for (size_t i = 0; i < t->message.header_count; i++)
        if (header_kind_exact(t->message.headers[i].name) == HEADER_SUBJECT)
            return &t->message.headers[i];
    return NULL;
}

/* All prefixes that are not there yet, in the order of the rules; true when there is one. */
static bool subject_prefixes(struct str *out, const struct transaction *t, struct span subject)
{
    for (size_t i = 0; t->verdict != NULL && i < t->verdict->edit_count; i++) {
        const struct edit *edit = &t->verdict->edits[i];
        struct str prefix = STR_EMPTY;
        if (edit->kind != EDIT_PREFIX_SUBJECT)
            continue;
        sink_header(&prefix, span_trim(edit->value), HEADER_LIMIT);
        if (!span_starts(subject, str_span(&prefix)))
            str_printf(out, " %s", str_cstr(&prefix));
        str_clear(&prefix);
    }
    return out->len > 0;
}

bool edits_subject_value(const struct transaction *t, struct str *out)
{
    const struct message_header *header = subject_of(t);
    struct span subject = header != NULL ? span_trim(header->value) : span_of("");

    if (!subject_prefixes(out, t, subject))
        return false;
    str_addc(out, ' ');
    str_add(out, subject);
    return true;
}

static int edits_subject(SMFICTX *ctx, const struct transaction *t, struct err *err)
{
    struct str value = STR_EMPTY;
    int rc = MI_SUCCESS;

    if (edits_subject_value(t, &value))
        rc = subject_of(t) != NULL ? smfi_chgheader(ctx, text_of("Subject"), 1, value.ptr)
                                   : smfi_insheader(ctx, 0, text_of("Subject"), value.ptr);
    str_clear(&value);
    return rc == MI_SUCCESS ? 0
                            : err_set(err, "the MTA did not take the prefix of the subject");
}

/* For those who get it: with more than a mark names one by one, a hash over others as well would know nobody again. */
static struct loop_reader mark_reader(const struct transaction *t)
{
    struct span *recipients =
        arena_array(t->arena, t->reader.recipient_count + 1, sizeof *recipients);
    struct loop_reader reader = t->reader;

    reader.recipients = recipients;
    reader.recipient_count = 0;
    for (size_t i = 0; i < t->reader.recipient_count; i++)
        if (!is_removed(t, i))
            recipients[reader.recipient_count++] = t->reader.recipients[i];
    return reader;
}

static int edits_mark(SMFICTX *ctx, const struct transaction *t, struct err *err)
{
    struct loop_reader reader = mark_reader(t);
    struct str mark = STR_EMPTY;
    int rc;

    if (!loop_marks(t->mark_path) || reader.recipient_count == 0)
        return 0;
    str_addc(&mark, ' ');
    loop_mark(&mark, &t->loop, &reader, t->gate->settings->node_name);
    rc = smfi_insheader(ctx, 0, text_of("X-Postgate-Trace"), mark.ptr);
    str_clear(&mark);
    return rc == MI_SUCCESS ? 0 : err_set(err, "the MTA did not take our trace header");
}

/* Last of all, so that it stands on top. It is made of facts and our own words, folded where it may be. */
static int edits_results(SMFICTX *ctx, const struct transaction *t, struct err *err)
{
    struct str value = STR_EMPTY;
    int rc;

    if (!authentication_is_wanted(t))
        return 0;
    str_addc(&value, ' ');
    authres_write(&value, t->deciding.message, span_of(t->gate->settings->authserv_id));
    rc = smfi_insheader(ctx, 0, text_of(AUTHRES_HEADER), value.ptr);
    str_clear(&value);
    return rc == MI_SUCCESS ? 0
                            : err_set(err, "the MTA did not take our Authentication-Results");
}

int edits_apply(SMFICTX *ctx, struct transaction *t, struct err *err)
{
    if (edits_clean(ctx, t, err) != 0 || edits_remove_recipients(ctx, t, err) != 0)
        return -1;
    if (edits_of_rules(ctx, t, true, err) != 0 || edits_of_rules(ctx, t, false, err) != 0)
        return -1;
    if (edits_subject(ctx, t, err) != 0 || edits_mark(ctx, t, err) != 0)
        return -1;
    return edits_results(ctx, t, err) == 0 ? signing_apply(ctx, t, err) : -1;
}
