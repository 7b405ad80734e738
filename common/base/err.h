/* An error text for a human: what is wrong; what would be right. No allocation, so always readable. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

struct err {
    char text[1024]; /* empty when no error was set; longer texts are cut with "..." */
};

/* Always returns -1, so that `return err_set(err, "...")` reads well. err may be NULL. */
int err_set(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Puts "prefix: " before the text there is. Returns -1. */
int err_prefix(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void err_reset(struct err *err);
#endif
