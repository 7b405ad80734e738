/* client.country, client.asn and client.as_name from MaxMind files (settings geoip_country, geoip_asn): looked up at once, so no check.
 * Each file is read into memory of our own; a thread notices a replaced one within about two seconds, and keeps the old one when the new
 * one is broken. */
#ifndef CHECKS_GEOIP_H
#define CHECKS_GEOIP_H
#include "conf/settings.h"
#include "facts/facts.h"

#define GEOIP_FILE_MAX ((int64_t)512 << 20) /* bytes; a larger file is refused */
#define GEOIP_NAME_MAX 200                  /* bytes of client.as_name; longer ones are cut */

/* Loads what is set and starts the thread when something is. A file that cannot be read is logged: its facts are unknown until it can be.
 * Settings must last until geoip_end. After any fork. */
void geoip_begin(const struct settings *settings);
/* Ends the thread and lets the files go: from here on all is unknown. Other threads may still be in geoip_learn. */
void geoip_end(void);

/* Sets all three facts: the value, absent when the file does not hold the address, unknown with the setting that is missing or does not
 * work. Thread-safe; never waits for a file. Addresses of mail from outside only: the caller sets them absent for other mail. */
void geoip_learn(struct facts *facts, const struct ip *client);

/* For `status`. */
struct geoip_state {
    const char *setting;
    const char *path;  /* empty: not set */
    int64_t built;     /* s since 1970, as the file in use says; 0: none is in use */
    char problem[256]; /* why what lies at path is not in use; empty: it is */
};
#define GEOIP_FILES 2
void geoip_status(struct geoip_state state_r[GEOIP_FILES]);
#endif
