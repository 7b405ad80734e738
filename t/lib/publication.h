/* A published snapshot directory for tests: rules, routes, one stored list, written as policyd writes them. */
#ifndef T_LIB_PUBLICATION_H
#define T_LIB_PUBLICATION_H
#include <check.h>
#include <stdio.h>
#include <string.h>
#include "base/file.h"
#include "base/hash.h"
#include "base/xalloc.h"
#include "store/list_file.h"
#include "store/manifest.h"
#include "store/overlay_file.h"
#include "store/routes_file.h"

struct publication {
    uint64_t generation;
    const char *rules, *sha256; /* sha256 NULL: the right one */
    const char *routes;         /* the file's text, NULL: none accepted */
    const char
        *items; /* of the image of list "stored" (type ip), blank-separated; NULL: no image */
    const char *changes; /* overlay: "+10.0.0.0/8 -::1"; NULL: none */
    int64_t published_ms;
};

static inline void publication_put(const char *dir, const char *stem, struct span bytes,
                                   struct manifest_file *file)
{
    char name[MANIFEST_MAX_FILE + 1];
    uint8_t digest[HASH_SHA256_SIZE];

    hash_sha256(bytes, digest);
    snprintf(name, sizeof name, "%s.%02x%02x%02x", stem, digest[0], digest[1], digest[2]);
    ck_assert_int_eq(manifest_put_file(dir, name, bytes, file, NULL), 0);
}

static inline size_t publication_words(const char *text, struct span words[16])
{
    struct span rest = span_of(text);
    size_t count = 0;

    while (count < 16 && span_cut(&rest, ' ', &words[count]))
        count++;
    return count;
}

static inline void publication_list(const char *dir, const struct publication *p,
                                    struct manifest_list *list)
{
    struct list_change changes[16];
    struct span words[16];
    struct str text = STR_EMPTY;
    size_t count;
    char *path;

    *list =
        (struct manifest_list){.name = "stored", .type = LIST_IP, .generation = p->generation};
    if (p->items != NULL) {
        count = publication_words(p->items, words);
        snprintf(list->image.name, sizeof list->image.name, "stored.%zu.image",
                 strlen(p->items));
        path = file_path(dir, list->image.name);
        ck_assert_int_eq(list_file_write(path, LIST_IP, words, count, &list->image.bytes, NULL),
                         0);
        xfree(&path);
    }
    if (p->changes != NULL) {
        count = publication_words(p->changes, words);
        for (size_t i = 0; i < count; i++)
            changes[i] = (struct list_change){span_from(words[i].ptr + 1, words[i].len - 1),
                                              words[i].ptr[0] == '-'};
        overlay_file_print(&text, LIST_IP, changes, count);
        publication_put(dir, "stored.overlay", str_span(&text), &list->overlay);
    }
    str_clear(&text);
}

/* Puts all files and the manifest into dir. */
static inline void publication_write(const char *dir, const struct publication *p)
{
    const char *routes = p->routes != NULL ? p->routes : "postgate-routes 1 0\nend\n";
    struct manifest manifest = {
        .generation = p->generation, .published_ms = 1 + p->published_ms, .revision = 1};
    uint8_t digest[HASH_SHA256_SIZE];
    struct manifest_list list;
    struct str hex = STR_EMPTY;
    struct err err;

    hash_sha256(span_of(p->rules), digest);
    hash_hex(&hex, digest, sizeof digest);
    snprintf(manifest.sha256, sizeof manifest.sha256, "%s",
             p->sha256 != NULL ? p->sha256 : str_cstr(&hex));
    publication_put(dir, "rules", span_of(p->rules), &manifest.revision_file);
    publication_put(dir, "routes", span_of(routes), &manifest.routes);
    publication_list(dir, p, &list);
    manifest.lists = &list;
    manifest.list_count = 1;
    ck_assert_msg(manifest_write(dir, &manifest, &err) == 0, "%s", err.text);
    str_clear(&hex);
}
#endif
