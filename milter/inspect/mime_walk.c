/* mime_walk.c - all parts of a message and of the messages inside it, in document order, to a limited depth. */
#include "milter/inspect/mime_state.h"
#include "mail/header.h"
#include "milter/inspect/mime_params.h"

/* One message, outer or inner: which part is its text. */
struct letter {
    bool has_body;
    GMimeObject *
        alternatives; /* the multipart/alternative the body stands in: its other texts are bodies too */
};

struct node {
    GMimeObject *object;
    GMimeObject *alternatives; /* the nearest multipart/alternative around it, or NULL */
    const char *location;      /* "" for the outermost */
    unsigned depth;
    unsigned nesting; /* of multiparts and messages, against the limit */
};

static void walk(struct mime_state *s, struct letter *letter, const struct node *node);

static const char *numbered(struct mime_state *s, const char *location, int number)
{
    return arena_printf(s->arena, "%s%s%d", location, location[0] != '\0' ? "." : "", number);
}

/* The readable text of the letter: no name, not said to be an attachment, and the first one or its alternative. */
static bool is_body(struct mime_state *s, struct letter *letter, const struct node *node)
{
    GMimeContentType *type = g_mime_object_get_content_type(node->object);
    const char *disposition = g_mime_object_get_disposition(node->object);
    struct mime_names *names = arena_alloc(s->arena, sizeof *names);

    if (type == NULL || !g_mime_content_type_is_type(type, "text", "*") ||
        (disposition != NULL && g_ascii_strcasecmp(disposition, "inline") != 0))
        return false;
    mime_names(s, node->object, names);
    if (names->count > 0)
        return false;
    if (letter->has_body)
        return letter->alternatives != NULL && letter->alternatives == node->alternatives;
    letter->has_body = true;
    letter->alternatives = node->alternatives;
    return true;
}

static void add_part(struct mime_state *s, struct letter *letter, const struct node *node,
                     const char *uninspected)
{
    struct mime_part part = {.object = node->object,
                             .location = node->location[0] != '\0' ? node->location : "1",
                             .depth = node->depth,
                             .uninspected = uninspected};

    part.is_body = GMIME_IS_PART(node->object) && is_body(s, letter, node);
    mime_part(s, &part);
}

/* Why its parts are not all that some program may find in it, or NULL. RFC 2045 section 6.4: parts are not encoded as a whole. */
static const char *sealed(struct mime_state *s, GMimeObject *object)
{
    GMimeContentType *type = g_mime_object_get_content_type(object);

    if (mime_encoding(s, object) != ENCODING_IDENTITY)
        return "parts that are encoded as a whole";
    if (g_mime_content_type_is_type(type, "multipart", "encrypted"))
        return "encrypted";
    return g_mime_multipart_get_count(GMIME_MULTIPART(object)) == 0
               ? "a multipart without parts"
               : NULL;
}

/* Two boundaries, or one in pieces: programs will find other parts than we do. */
static bool has_one_boundary(struct mime_state *s, GMimeObject *object)
{
    GMimeHeaderList *list = g_mime_object_get_header_list(object);
    const char *raw = NULL;
    struct field field;
    size_t found = 0;

    for (int i = 0; i < g_mime_header_list_get_count(list); i++) {
        GMimeHeader *header = g_mime_header_list_get_header_at(list, i);
        if (header_name_is(span_of(g_mime_header_get_name(header)), SPAN("Content-Type")))
            raw = g_mime_header_get_raw_value(header);
    }
    params_read(s->arena, mime_unfold(s, raw), s->request->limits.parameters, &field);
    for (size_t i = 0; i < field.count; i++) {
        const struct param *param = &field.params[i];
        if (span_is(param->name, "boundary"))
            found += param->section >= 0 || param->is_extended ? 2 : 1;
    }
    return found <= 1;
}

static void walk_multipart(struct mime_state *s, struct letter *letter, const struct node *node)
{
    GMimeMultipart *multipart = GMIME_MULTIPART(node->object);
    GMimeContentType *type = g_mime_object_get_content_type(node->object);
    int count = g_mime_multipart_get_count(multipart);
    const char *why;

    if (!mime_part_headers(s, node->object, &why))
        mime_incomplete(s, why);
    if (!has_one_boundary(s, node->object)) {
        s->is_ambiguous = true;
        mime_incomplete(s, "the boundary of its parts can be read in two ways");
    }
    why = sealed(s, node->object);
    if (why != NULL)
        add_part(s, letter, node, why);
    for (int i = 0; i < count; i++) {
        struct node child = *node;
        child.object = g_mime_multipart_get_part(multipart, i);
        if (g_mime_content_type_is_type(type, "multipart", "alternative"))
            child.alternatives = node->object;
        child.location = numbered(s, node->location, i + 1);
        child.depth++;
        child.nesting++;
        walk(s, letter, &child);
    }
}

/* A message inside: itself an attachment, and then its parts. A single part of it is numbered 1 as in IMAP. */
static void walk_message(struct mime_state *s, struct letter *letter, const struct node *node)
{
    GMimeMessage *inner = g_mime_message_part_get_message(GMIME_MESSAGE_PART(node->object));
    GMimeObject *root = inner != NULL ? g_mime_message_get_mime_part(inner) : NULL;
    struct letter inside = {.has_body = false};
    struct node child = *node;

    add_part(s, letter, node, root == NULL ? "a message without content" : NULL);
    if (root == NULL)
        return;
    child.object = root;
    child.alternatives = NULL;
    child.depth++;
    child.nesting++;
    if (!GMIME_IS_MULTIPART(root))
        child.location = numbered(s, node->location, 1);
    walk(s, &inside, &child);
}

static bool within_limits(struct mime_state *s, const struct node *node)
{
    const struct wire_limits *limits = &s->request->limits;

    if (s->parts++ >= limits->parts)
        mime_incomplete(s, "too many parts");
    else if (node->nesting > limits->depth)
        mime_incomplete(s, "nested too deep");
    else
        return mime_has_time(s);
    return false;
}

/* Recursion ends at the limit on depth. */
static void walk(struct mime_state *s, struct letter *letter, const struct node *node)
{
    if (node->object == NULL || !within_limits(s, node))
        return;
    if (GMIME_IS_MULTIPART(node->object))
        walk_multipart(s, letter, node);
    else if (GMIME_IS_MESSAGE_PART(node->object))
        walk_message(s, letter, node);
    else
        add_part(s, letter, node, NULL);
}

void mime_walk(struct mime_state *s, GMimeMessage *message)
{
    struct letter letter = {.has_body = false};
    struct node root = {.object = g_mime_message_get_mime_part(message), .location = ""};

    if (root.object == NULL) {
        s->is_broken = true;
        return;
    }
    if (!GMIME_IS_MULTIPART(root.object))
        root.location = "1";
    walk(s, &letter, &root);
}
