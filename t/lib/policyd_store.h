/* What policyd has open when it publishes, in a directory of the suite's own: database, snapshot directory, threads that follow them. */
#ifndef T_LIB_POLICYD_STORE_H
#define T_LIB_POLICYD_STORE_H
#include <check.h>
#include "base/file.h"
#include "base/xalloc.h"
#include "engine/reload.h"
#include "engine/snapshot.h"
#include "policyd/images.h"
#include "policyd/milter_link.h"
#include "policyd/next_hops.h"
#include "policyd/publish.h"
#include "t/lib/temp_dir.h"

static char dir[200], rules_file[220];
static struct settings settings = {.state_dir = dir,
                                   .control_dir = dir,
                                   .rules_file = rules_file,
                                   .postfix_config_dir = dir,
                                   .maps_dir = dir};
static struct policy_db *db;

static inline void open_db(void)
{
    char *path = file_path(dir, "policyd.db");
    struct err err;

    db = policy_db_open(path, &err);
    ck_assert_msg(db != NULL, "%s", err.text);
    xfree(&path);
    milter_link_begin(dir);
    ck_assert_int_eq(reload_start(&settings, &err), 0);
    ck_assert_int_eq(publish_begin(&settings, db, &err), 0);
    ck_assert_int_eq(next_hops_begin(&settings, db, &err), 0);
    ck_assert_int_eq(images_begin(&settings, db, &err), 0);
}

static inline void close_db(void)
{
    struct snapshot *none = NULL;

    images_end();
    reload_stop();
    publish_end();
    snapshot_swap(&none);
    policy_db_close(&db);
}
#endif
