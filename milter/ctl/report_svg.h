/* A report as a picture: SVG 1.1 that stands alone, any browser shows it. */
#ifndef CTL_REPORT_SVG_H
#define CTL_REPORT_SVG_H
#include <jansson.h>
#include "base/str.h"

#define REPORT_SVG_WIDTH 960

struct picture {
    const char *title;
    const json_t *rows; /* as the command `report` gives them */
    bool is_by_time;    /* bars over time; else a bar a name, the longest first */
};
void report_svg(struct str *out, const struct picture *picture);
#endif
