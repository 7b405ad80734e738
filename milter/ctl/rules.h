/* Shared by the sentences about rules: a file read and checked here, a revision fetched from policyd. */
#ifndef CTL_RULES_H
#define CTL_RULES_H
#include "milter/ctl/ctl.h"
#include "rules/ruleset.h"

struct rules_source {
    const char *name; /* the file, as people know it */
    struct str text;
    struct ruleset *rules; /* NULL until checked without errors */
    bool is_beyond_us;     /* right, but this version cannot put it in force */
};
/* path NULL: the setting rules_file. EXIT_OK or EXIT_INVALID, said on stderr. */
enum control_exit rules_source_read(struct ctl *ctl, const char *path,
                                    struct rules_source *source_r);
/* Compiles and prints what is wrong; then whether this build could put it in force. */
enum control_exit rules_source_check(const struct ctl *ctl, struct rules_source *source);
/* Runs its tests and prints them: all, or only those that fail. */
enum control_exit rules_source_test(const struct ctl *ctl, const struct rules_source *source,
                                    bool only_failed);
void rules_source_clear(struct rules_source *source);

struct fetched {
    struct str text;
    json_t *row; /* {revision, author, time, note, sha256, parent} */
};
/* number 0: the one in force. Says nothing when there is none in force (number 0): EXIT_OK, row NULL. */
enum control_exit fetched_get(const struct ctl *ctl, uint64_t number,
                              struct fetched *fetched_r);
uint64_t fetched_number(const struct fetched *revision);
void fetched_clear(struct fetched *revision);
#endif
