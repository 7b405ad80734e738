/* What no single setting can know: whether they fit together. */
#ifndef CONF_SETTINGS_CHECK_H
#define CONF_SETTINGS_CHECK_H
#include "conf/settings.h"

/* Takes one complaint of the cross-checks: about the setting `name`, printed at the line that set it. */
struct settings_complaints {
    void (*add)(void *ctx, const char *name, const char *text);
    void *ctx;
};
/* Adds a complaint for everything that does not fit. */
void settings_check(const struct settings *settings,
                    const struct settings_complaints *complaints);
#endif
