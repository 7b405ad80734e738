/* The text of the manifest: printed, and read with every field checked and bounded. */
#include "store/manifest.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/xalloc.h"
#include "store/text_lines.h"

void manifest_free(struct manifest **manifest)
{
    if (*manifest != NULL)
        xfree(&(*manifest)->lists);
    xfree(manifest);
}

const struct manifest_list *manifest_list_find(const struct manifest *manifest,
                                               struct span name)
{
    for (size_t i = 0; i < manifest->list_count; i++)
        if (span_is(name, manifest->lists[i].name))
            return &manifest->lists[i];
    return NULL;
}

static void print_file(struct str *out, const struct manifest_file *file)
{
    str_printf(out, " %s %llu", file->name[0] != '\0' ? file->name : "-",
               (unsigned long long)file->bytes);
}

static void print_list(struct str *out, const struct manifest_list *list)
{
    str_printf(out, "list %s %s %llu", list->name, names_name(list_type_names, (int)list->type),
               (unsigned long long)list->generation);
    print_file(out, &list->image);
    print_file(out, &list->overlay);
    str_addc(out, '\n');
}

void manifest_print(struct str *out, const struct manifest *m)
{
    str_printf(out, "postgate-manifest %d\ngeneration %llu\npublished %lld\nrevision %llu",
               MANIFEST_VERSION, (unsigned long long)m->generation, (long long)m->published_ms,
               (unsigned long long)m->revision);
    print_file(out, &m->revision_file);
    str_printf(out, " %s\n", m->sha256);
    if (m->replaced[0] != '\0')
        str_printf(out, "trial %s\n", m->replaced);
    str_adds(out, "routes");
    print_file(out, &m->routes);
    str_addc(out, '\n');
    for (size_t i = 0; i < m->list_count; i++)
        print_list(out, &m->lists[i]);
    str_adds(out, "end\n");
}

static bool is_file_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '.' || c == '_' || c == '-';
}

static bool is_file_name(struct span name)
{
    for (size_t i = 0; i < name.len; i++)
        if (!is_file_char(name.ptr[i]))
            return false;
    return name.len > 0 && name.len <= MANIFEST_MAX_FILE && name.ptr[0] != '.' &&
           name.ptr[0] != '-';
}

/* Two fields: name and bytes; "-" and 0 where there need not be one. */
static bool take_file(const struct span *field, bool may_lack, struct manifest_file *file_r)
{
    *file_r = (struct manifest_file){0};
    if (!span_to_u64(field[1], MANIFEST_FILE_MAX, &file_r->bytes))
        return false;
    if (span_is(field[0], "-"))
        return may_lack && file_r->bytes == 0;
    if (!is_file_name(field[0]) || file_r->bytes == 0)
        return false;
    memcpy(file_r->name, field[0].ptr, field[0].len);
    return true;
}

static int read_number(struct text_lines *lines, const char *word, uint64_t *number_r,
                       struct err *err)
{
    struct span field[2];

    if (text_lines_fields(lines, word, field, 2, err) < 0)
        return -1;
    return span_to_u64(field[1], INT64_MAX, number_r)
               ? 0
               : text_lines_bad(lines, "should be a number", err);
}

static int read_revision(struct text_lines *lines, struct manifest *m, struct err *err)
{
    struct span field[5];
    uint8_t digest[HASH_SHA256_SIZE];

    if (text_lines_fields(lines, "revision", field, 5, err) < 0)
        return -1;
    if (!span_to_u64(field[1], INT64_MAX, &m->revision) || m->revision == 0 ||
        !take_file(field + 2, false, &m->revision_file) ||
        !hash_unhex(field[4], digest, sizeof(digest)))
        return text_lines_bad(lines, "should be \"revision N FILE BYTES SHA256\"", err);
    memcpy(m->sha256, field[4].ptr, 64);
    return 0;
}

static int read_trial(struct text_lines *lines, struct manifest *m, struct err *err)
{
    struct span field[2];
    uint8_t digest[HASH_SHA256_SIZE];

    if (!span_starts(lines->rest, SPAN("trial ")))
        return 0;
    if (text_lines_fields(lines, "trial", field, 2, err) < 0)
        return -1;
    if (!hash_unhex(field[1], digest, sizeof(digest)))
        return text_lines_bad(lines, "should be \"trial SHA256\"", err);
    memcpy(m->replaced, field[1].ptr, 64);
    return 0;
}

static int read_routes(struct text_lines *lines, struct manifest *m, struct err *err)
{
    struct span field[3];

    if (text_lines_fields(lines, "routes", field, 3, err) < 0)
        return -1;
    return take_file(field + 1, false, &m->routes)
               ? 0
               : text_lines_bad(lines, "should be \"routes FILE BYTES\"", err);
}

static bool take_list(const struct span *field, struct manifest_list *list)
{
    int type;

    *list = (struct manifest_list){0};
    if (!list_name_is_valid(field[1]) || !names_value(list_type_names, field[2], &type) ||
        !span_to_u64(field[3], INT64_MAX, &list->generation) ||
        !take_file(field + 4, true, &list->image) ||
        !take_file(field + 6, true, &list->overlay))
        return false;
    memcpy(list->name, field[1].ptr, field[1].len);
    list->type = (enum list_type)type;
    return true;
}

static int read_lists(struct text_lines *lines, struct manifest *m, struct err *err)
{
    struct span field[8];

    while (span_starts(lines->rest, SPAN("list "))) {
        if (text_lines_fields(lines, "list", field, 8, err) < 0)
            return -1;
        if (m->list_count == LISTS_MAX)
            return text_lines_bad(lines, "there are too many lists", err);
        if (manifest_list_find(m, field[1]) != NULL)
            return text_lines_bad(lines, "a list is named twice", err);
        if (!take_list(field, &m->lists[m->list_count]))
            return text_lines_bad(
                lines, "should be \"list NAME TYPE GENERATION IMAGE BYTES OVERLAY BYTES\"",
                err);
        m->list_count++;
    }
    return 0;
}

static int read_all(struct text_lines *lines, struct manifest *m, struct err *err)
{
    uint64_t version, published;

    if (read_number(lines, "postgate-manifest", &version, err) < 0)
        return -1;
    if (version != MANIFEST_VERSION)
        return text_lines_bad(lines, "is of a version that is not known here", err);
    if (read_number(lines, "generation", &m->generation, err) < 0 ||
        read_number(lines, "published", &published, err) < 0)
        return -1;
    m->published_ms = (int64_t)published;
    if (read_revision(lines, m, err) < 0 || read_trial(lines, m, err) < 0 ||
        read_routes(lines, m, err) < 0 || read_lists(lines, m, err) < 0)
        return -1;
    return text_lines_end(lines, err);
}

int manifest_parse(struct span text, struct manifest **manifest_r, struct err *err)
{
    struct text_lines lines = {.what = "manifest", .rest = text};
    struct manifest *m = xcalloc(1, sizeof(*m));

    m->lists = xcalloc(LISTS_MAX, sizeof(*m->lists));
    *manifest_r = m;
    if (text.len > MANIFEST_MAX_BYTES)
        err_set(err, "manifest: has more than %d bytes", MANIFEST_MAX_BYTES);
    else if (read_all(&lines, m, err) == 0)
        return 0;
    manifest_free(manifest_r);
    return -1;
}
