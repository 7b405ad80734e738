/* mime_zone.c - time zones of Date fields. GLib looks for a file of any name that is no offset ("+00:80"), which the sandbox takes for an attack:
 * GMime is given this instead, and what is no offset is no zone. */
#include "milter/inspect/mime_zone.h"
#include <dlfcn.h>
#include <glib.h>
#include "base/span.h"

#define HOURS_MAX   24
#define MINUTES_MAX 59

static GTimeZone *(*of_glib)(const gchar *identifier);

static bool is_number(struct span text, uint64_t most)
{
    uint64_t value;

    return text.len == 2 && span_to_u64(text, most, &value);
}

/* "+hh:mm" or "+hh:mm:ss" */
static bool is_offset(struct span text)
{
    struct span hours, minutes;

    if (text.len == 0 || (text.ptr[0] != '+' && text.ptr[0] != '-'))
        return false;
    text = span_skip(text, 1);
    span_cut(&text, ':', &hours);
    span_cut(&text, ':', &minutes);
    return is_number(hours, HOURS_MAX) && is_number(minutes, MINUTES_MAX) &&
           (text.ptr == NULL || is_number(text, MINUTES_MAX));
}

/* Stands before GLib's own. */
GTimeZone *g_time_zone_new_identifier(const gchar *identifier)
{
    bool is_fine = identifier != NULL &&
                   (is_offset(span_of(identifier)) || span_is(span_of(identifier), "UTC"));

    return is_fine && of_glib != NULL ? of_glib(identifier) : NULL;
}

void mime_zone_prepare(void)
{
    *(void **)&of_glib = dlsym(RTLD_NEXT, "g_time_zone_new_identifier");
    g_time_zone_unref(g_time_zone_new_utc());
}
