/* authserv_ids.c - one small file that says by which names the cluster's nodes sign their results. */
#include "store/authserv_ids.h"

#include <errno.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/xalloc.h"
#include "conf/setting_type.h"
#include "store/text_lines.h"

#define VERSION   1
#define BYTES_MAX (AUTHSERV_IDS_MAX * (AUTHSERV_ID_SIZE + 32))

bool authserv_id_is_valid(struct span id)
{
    return id.len > 0 && id.len < AUTHSERV_ID_SIZE &&
           setting_type_check(SETTING_TOKEN, id, NULL) == 0;
}

const char *authserv_ids_find(const struct authserv_ids *ids, const char *node)
{
    for (size_t i = 0; i < ids->count; i++)
        if (strcmp(ids->list[i].node, node) == 0)
            return ids->list[i].id;
    return NULL;
}

void authserv_ids_print(struct str *out, const struct authserv_ids *ids)
{
    str_printf(out, "postgate-authserv-ids %d\n", VERSION);
    for (size_t i = 0; i < ids->count; i++)
        str_printf(out, "node %s %s\n", ids->list[i].node, ids->list[i].id);
    str_adds(out, "end\n");
}

static bool is_node(struct span node)
{
    for (size_t i = 0; i < node.len; i++)
        if (memchr("0123456789abcdef", node.ptr[i], 16) == NULL)
            return false;
    return node.len == AUTHSERV_NODE_LEN;
}

static int read_nodes(struct text_lines *lines, struct authserv_ids *ids, struct err *err)
{
    struct span field[3];

    while (span_starts(lines->rest, SPAN("node "))) {
        struct authserv_id *next = &ids->list[ids->count];

        if (text_lines_fields(lines, "node", field, 3, err) < 0)
            return -1;
        if (ids->count == AUTHSERV_IDS_MAX)
            return text_lines_bad(lines, "there are too many nodes", err);
        if (!is_node(field[1]) || !authserv_id_is_valid(field[2]))
            return text_lines_bad(lines, "should be \"node ID AUTHSERV-ID\"", err);
        memcpy(next->node, field[1].ptr, field[1].len);
        memcpy(next->id, field[2].ptr, field[2].len);
        ids->count++;
    }
    return text_lines_end(lines, err);
}

static int read_all(struct text_lines *lines, struct authserv_ids *ids, struct err *err)
{
    struct span field[2];
    uint64_t version;

    if (text_lines_fields(lines, "postgate-authserv-ids", field, 2, err) < 0)
        return -1;
    if (!span_to_u64(field[1], INT64_MAX, &version) || version != VERSION)
        return text_lines_bad(lines, "is of a version that is not known here", err);
    return read_nodes(lines, ids, err);
}

int authserv_ids_parse(struct span text, struct authserv_ids *ids_r, struct err *err)
{
    struct text_lines lines = {.what = "authserv_ids", .rest = text};

    *ids_r = (struct authserv_ids){.list = xcalloc(AUTHSERV_IDS_MAX + 1, sizeof *ids_r->list)};
    if (read_all(&lines, ids_r, err) == 0)
        return 0;
    authserv_ids_clear(ids_r);
    return -1;
}

char *authserv_ids_path(const char *state_dir)
{
    return file_path(state_dir, "authserv_ids");
}

int authserv_ids_read(const char *state_dir, struct authserv_ids *ids_r, struct err *err)
{
    char *path = authserv_ids_path(state_dir);
    struct str text = STR_EMPTY;
    int state = 1;

    *ids_r = (struct authserv_ids){0};
    errno = 0;
    if (file_read(path, BYTES_MAX, &text, err) < 0)
        state = errno == ENOENT ? 0 : -1;
    else if (authserv_ids_parse(str_span(&text), ids_r, err) < 0)
        state = err_prefix(err, "%s", path);
    str_clear(&text);
    free(path);
    return state;
}

static int remove_file(const char *path, struct err *err)
{
    return file_remove(path) == 0 ? 0 : err_set(err, "%s cannot be removed: %m", path);
}

int authserv_ids_write(const char *state_dir, const struct authserv_ids *ids, struct err *err)
{
    char *path = authserv_ids_path(state_dir);
    struct str text = STR_EMPTY;
    int state;

    authserv_ids_print(&text, ids);
    state = ids->count == 0 ? remove_file(path, err)
                            : file_replace(path, str_span(&text), 0640, err);
    str_clear(&text);
    free(path);
    return state;
}

void authserv_ids_clear(struct authserv_ids *ids)
{
    xfree(&ids->list);
    ids->count = 0;
}
