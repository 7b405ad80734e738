/* final_fields.c - the message's fields with the rules' edits applied, for signing. */
#include "milter/final_fields.h"
#include "milter/edits.h"

static bool is_removed(const struct transaction *t, struct span name)
{
    for (size_t i = 0; t->verdict != NULL && i < t->verdict->edit_count; i++) {
        const struct edit *edit = &t->verdict->edits[i];
        if (edit->kind == EDIT_REMOVE_HEADER && header_name_is(name, edit->name))
            return true;
    }
    return false;
}

/* Each one that is added stands above those before it. */
static size_t put_added(const struct transaction *t, struct arena *arena,
                        struct dkim_field *fields)
{
    size_t count = 0;

    for (size_t i = t->verdict != NULL ? t->verdict->edit_count : 0; i-- > 0;) {
        const struct edit *edit = &t->verdict->edits[i];
        struct str value = STR_EMPTY;
        if (edit->kind != EDIT_ADD_HEADER)
            continue;
        edits_header_value(&value, edit->value);
        fields[count++] = (struct dkim_field){.name = edit->name,
                                              .value = arena_span(arena, str_span(&value))};
        str_clear(&value);
    }
    return count;
}

static size_t put_kept(const struct transaction *t, struct dkim_field *fields)
{
    size_t count = 0;

    for (size_t i = 0; i < t->message.header_count; i++) {
        const struct message_header *header = &t->message.headers[i];
        struct span name = header_name_trim(header->name);
        if (!is_removed(t, name))
            fields[count++] = (struct dkim_field){.name = name, .value = header->value};
    }
    return count;
}

/* The first Subject with its prefixes; without one they stand alone, on top. */
static size_t put_subject(const struct transaction *t, struct arena *arena,
                          struct dkim_field *fields, size_t count)
{
    struct str value = STR_EMPTY;
    struct span text;

    if (!edits_subject_value(t, &value))
        return count;
    text = arena_span(arena, str_span(&value));
    str_clear(&value);
    for (size_t i = 0; i < count; i++)
        if (span_iequal(fields[i].name, SPAN("Subject"))) {
            fields[i].value = text;
            return count;
        }
    fields[count] = (struct dkim_field){.name = SPAN("Subject"), .value = text};
    return count + 1;
}

void final_fields(const struct transaction *t, struct arena *arena,
                  struct dkim_header *header_r)
{
    size_t room =
        t->message.header_count + (t->verdict != NULL ? t->verdict->edit_count : 0) + 1;
    struct dkim_field *fields = arena_array(arena, room, sizeof *fields);
    size_t count = put_added(t, arena, fields);

    count += put_kept(t, fields + count);
    count = put_subject(t, arena, fields, count);
    dkim_header_index(fields, count, arena, header_r);
}
