/* check.c - the order of the checks, and how they report. */
#include "rules/check.h"

#include <stdarg.h>
#include <stdio.h>

#define TEXT_SIZE 1024

void check_error(struct checker *c, struct place place, const char *fmt, ...)
{
    char text[TEXT_SIZE];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    problems_error(c->problems, place.line, place.column, "%s", text);
}

void check_warn(struct checker *c, struct place place, const char *fmt, ...)
{
    char text[TEXT_SIZE];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    problems_warn(c->problems, place.line, place.column, "%s", text);
}

/* What concerns all rules together is looked at when each of them makes sense. */
void check_file(struct checker *c)
{
    check_lists(c);
    check_rules(c);
    check_tests(c);
    if (c->problems->errors > 0)
        return;
    check_set(c);
    check_slips(c);
    check_unknown(c);
}
