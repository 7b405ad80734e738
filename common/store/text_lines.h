/* Published files are text: lines that end in \n, fields apart by one blank. Read strictly: what we did not write so is an error. */
#ifndef STORE_TEXT_LINES_H
#define STORE_TEXT_LINES_H
#include "base/err.h"
#include "base/span.h"

struct text_lines {
    const char *what; /* for error texts: "manifest" */
    struct span rest;
    size_t number; /* of the line read last */
};

/* 1 and the line without its \n, or -1: nothing is left, or a last line without \n. */
int text_lines_next(struct text_lines *lines, struct span *line_r, struct err *err);
/* Reads a line of exactly `count` fields of which the first is `word`. */
int text_lines_fields(struct text_lines *lines, const char *word, struct span *fields_r,
                      size_t count, struct err *err);
int text_lines_end(struct text_lines *lines,
                   struct err *err); /* the line "end", and nothing after it */
/* err_set with "WHAT line N: TEXT; it is written by ... only". Returns -1. */
int text_lines_bad(const struct text_lines *lines, const char *text, struct err *err);

/* Splits at blanks into at most max fields; the count, or max + 1 when there are more. */
size_t text_fields(struct span line, struct span *fields_r, size_t max);
#endif
