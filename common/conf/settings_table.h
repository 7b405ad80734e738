/* One row a setting: what the reader, the checks and all printers are driven by. */
#ifndef CONF_SETTINGS_TABLE_H
#define CONF_SETTINGS_TABLE_H
#include "conf/setting_type.h"
#include "conf/settings.h"

#define SETTING_OPTIONAL 0x01u /* may be empty */
#define SETTING_LATER                                                                          \
    0x02u /* keeps its name for a later version: accepted, checked, named in a warning */

struct setting_row {
    const char *section; /* of the first row of a section: its title; else NULL */
    const char *name;
    size_t offset; /* into struct settings */
    enum setting_type type;
    unsigned flags;
    const char *default_text; /* as written in the file; "" for an empty one */
    int64_t min,
        max; /* of types kept as numbers, in the type's unit; both 0: the type's own bounds */
    const char *help; /* sentences for a person, no line ends */
};

extern const struct setting_row settings_table[]; /* ended by a row without name */

size_t settings_table_count(void);
int settings_table_find(struct span name); /* index or -1 */
const char *settings_table_nearest(struct span name);
/* Parses text into the row's field of settings; texts are copied into its arena. -1: the field is unchanged. */
int settings_table_set(const struct setting_row *row, struct settings *settings,
                       struct span text, struct err *err);
/* Appends the value of the row's field as the file would write it. */
void settings_table_print(const struct setting_row *row, const struct settings *settings,
                          struct str *out);
bool settings_table_is_default(const struct setting_row *row, const struct settings *settings);
#endif
