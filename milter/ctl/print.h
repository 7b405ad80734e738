/* What milter-ctl prints on stdout: JSON lines, tables, records, raw text. Foreign bytes reach a terminal only through base/sinks. */
#ifndef CTL_PRINT_H
#define CTL_PRINT_H
#include "milter/ctl/ctl.h"

#define PRINT_VERSION 1

/* One line {"v":1,...row...}, ASCII. row is borrowed. */
void print_json(json_t *row);
/* Name and value a line, in the order of the row; empty ones are left out, lists and objects are indented. title may be NULL. */
void print_record(const struct ctl *ctl, const char *title, json_t *row);
/* JSON line or record, as asked for; fits control_sink.row with a struct ctl as ctx. */
void print_row(void *ctl, json_t *row);
/* A line of text, escaped on a terminal, byte for byte otherwise; print_bytes keeps line ends. */
void print_bytes(const struct ctl *ctl, struct span bytes);

/* The same line by line, each in a colour of its own where there are colours. */
enum colour { COLOUR_NONE = 0, COLOUR_RED = 31, COLOUR_GREEN = 32 };
void print_coloured(const struct ctl *ctl, struct span text,
                    enum colour (*colour_of)(struct span line));

struct column {
    const char *title, *key;
    bool is_number; /* set to the right */
};
#define COLUMNS_MAX 10
/* Rows that become a table when all are there; with --json each is printed as it comes. */
struct table {
    const struct ctl *ctl;
    const struct column *columns; /* ended by { NULL } */
    json_t *rows;
    bool has_titles; /* they are printed, with these widths: */
    size_t widths[COLUMNS_MAX];
};
void table_begin(struct table *table, const struct ctl *ctl, const struct column *columns);
void table_row(void *table, json_t *row); /* fits control_sink.row */
void table_flush(struct table *table);    /* prints what is there; more may follow */
void table_end(
    struct table *table,
    const char
        *when_empty); /* prints and frees; when_empty: said on stderr instead of a table */
#endif
