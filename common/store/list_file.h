/* Image files of lists: written once under their final name, never changed, mapped read-only by both daemons.
 * A mapping stays good when the file is removed or replaced. It would fault if somebody cut the file in place: nothing of ours does
 * (replace by rename only), and the directory belongs to policyd alone. */
#ifndef STORE_LIST_FILE_H
#define STORE_LIST_FILE_H
#include "rules/list_image.h"

/* Builds the image and puts it at path: temporary name, fsync, rename, fsync of the directory; mode 0640. *bytes_r (may be NULL): its size. */
int list_file_write(const char *path, enum list_type type, const struct span *items,
                    size_t count, uint64_t *bytes_r, struct err *err);

struct list_file;
/* Maps and checks it. bytes: what the manifest says it has; another size is an error. Free once no snapshot uses it. */
struct list_file *list_file_map(const char *path, uint64_t bytes, struct err *err);
void list_file_unmap(struct list_file **file);
const struct list_image *list_file_image(const struct list_file *file);
#endif
