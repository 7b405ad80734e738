/* What is published: the directory state_dir/snapshot/. Files there never change once they have their name; the manifest names those that
 * belong together and is renamed into place last, so that a revision and its lists become visible together or not at all.
 *
 * The manifest is text, one field a line, in this order:
 *   postgate-manifest 1
 *   generation 17
 *   published 1795309323000                       (ms since 1970)
 *   revision 3 FILE BYTES SHA256
 *   trial SHA256                                  (only while rules are on trial: FILE is theirs, this is the sha256 of revision 3 itself)
 *   routes FILE BYTES                             (store/routes_file.h)
 *   list NAME TYPE GENERATION IMAGE BYTES OVERLAY BYTES      (as often as there are lists; "-" and 0 for a file there is none of)
 *   end
 * File names: letters, digits, '.', '_', '-', not beginning with a dot, no directory. */
#ifndef STORE_MANIFEST_H
#define STORE_MANIFEST_H
#include "base/arena.h"
#include "rules/list_image.h"
#include "store/list_items.h"

#define MANIFEST_VERSION   1
#define MANIFEST_MAX_BYTES (1024 * 1024)
#define MANIFEST_MAX_FILE  128   /* bytes of a file name */
#define MANIFEST_KEEP_MS   60000 /* how long a file stays after no manifest names it */
#define MANIFEST_FILE_MAX  (4ULL * 1024 * 1024 * 1024) /* bytes of one file */

struct manifest_file {
    char name[MANIFEST_MAX_FILE + 1]; /* empty: there is none */
    uint64_t bytes;
};
struct manifest_list {
    char name[LIST_NAME_MAX + 1];
    enum list_type type;
    uint64_t generation;
    struct manifest_file image;   /* none: an empty list */
    struct manifest_file overlay; /* none: no changes since the image */
};
struct manifest {
    uint64_t generation; /* of the publication: rises with each one */
    int64_t published_ms;
    uint64_t revision;
    struct manifest_file revision_file;
    char sha256[65]; /* of the text in FILE */
    char replaced
        [65]; /* that is on trial: sha256 of the revision it stands in for; empty: none is */
    struct manifest_file routes;
    size_t list_count; /* at most LISTS_MAX, names all different */
    struct manifest_list *lists;
};

/* Reads dir/manifest. 1 read, 0 nothing is published yet, -1. Free with manifest_free. A reader that then finds a file gone reads again. */
int manifest_read(const char *dir, struct manifest **manifest_r, struct err *err);
/* 0 or -1; every field is checked and bounded. */
int manifest_parse(struct span text, struct manifest **manifest_r, struct err *err);
void manifest_free(struct manifest **manifest);
/* NULL: none. */
const struct manifest_list *manifest_list_find(const struct manifest *manifest,
                                               struct span name);

/* Publishes: all files it names must be in dir, durable. Keeps the one before as dir/manifest.previous. */
int manifest_write(const char *dir, const struct manifest *manifest, struct err *err);
void manifest_print(struct str *out, const struct manifest *manifest);
/* Removes what neither dir/manifest nor dir/manifest.previous names and has not named for MANIFEST_KEEP_MS; leftovers of a crash too. */
int manifest_clean(const char *dir, struct err *err);

/* Makes state_dir/snapshot (0750) and returns its path; free() it. NULL on error. */
char *manifest_make_dir(const char *state_dir, struct err *err);
/* Writes a small file (revision text, overlay, routes) of the directory durably, mode 0640. Fills *file_r. */
int manifest_put_file(const char *dir, const char *name, struct span bytes,
                      struct manifest_file *file_r, struct err *err);
/* Reads a file that the manifest names; another size than it says is an error, and so is more than limit. */
int manifest_get_file(const char *dir, const struct manifest_file *file, size_t limit,
                      struct str *out, struct err *err);
#endif
