/* What `milter-ctl report` can be by: the words of command line and question alike. */
#ifndef CONTROL_REPORT_BY_H
#define CONTROL_REPORT_BY_H
#include "base/names.h"

extern const struct name_value report_by_words[]; /* their values mean nothing */
#endif
