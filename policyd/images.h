/* New images of stored lists, built by a thread of its own while the old image and its overlay go on being used. */
#ifndef POLICYD_IMAGES_H
#define POLICYD_IMAGES_H
#include "conf/settings.h"
#include "store/manifest.h"
#include "store/policy_db.h"

int images_begin(const struct settings *settings, struct policy_db *db, struct err *err);
void images_end(void); /* waits for the one being built */
/* Asks for a new image; publish_now follows when it is there. At once; a list asked for twice is built once. */
void images_want(const char *name);
/* The same, here and now. */
int images_build(const char *name, struct err *err);
/* The image file of list->image_generation, when `there` (the list as published before, or NULL) names it and it lies in dir: true. True
 * with an empty name when the list has none and needs none (image_generation 0). */
bool images_find(const char *dir, const struct stored_list *list,
                 const struct manifest_list *there, struct manifest_file *file_r);
#endif
