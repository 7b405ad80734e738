/* What every sentence of milter-ctl gets: settings, how to print, and whom to ask. */
#ifndef CTL_CTL_H
#define CTL_CTL_H
#include "conf/settings.h"
#include "control/client.h"
#include "milter/ctl/arguments.h"

struct ctl {
    const char *config_path;
    struct settings *settings; /* NULL for sentences that need none */
    bool is_json;
    bool is_terminal; /* stdout is one */
    bool has_colour;  /* a terminal, and NO_COLOR is not set */
};

/* One question to a daemon. args is taken over. */
struct ctl_question {
    const char *command;
    json_t *args;
    enum control_role role;         /* the least that may ask it */
    struct span (*body)(void *ctx); /* or NULL */
    void *body_ctx;
    const bool *is_body_broken;      /* or NULL; true when body could not be read to its end */
    const struct control_sink *sink; /* or NULL */
    bool is_quiet;                   /* the caller prints the message */
    bool milter_too;                 /* when policyd is down, the milter can answer it itself */
};
/* Asks policyd; its message goes to stderr and, when message_r is not NULL, there too. */
enum control_exit ctl_ask(const struct ctl *ctl, const struct ctl_question *question,
                          struct err *message_r);
/* Reads postgate.cf unless it is read already. -1 after saying what is wrong with it. */
int ctl_load_settings(struct ctl *ctl);
/* A line on stderr: "milter-ctl: ...", escaped. */
void ctl_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Many lines on stderr, escaped line by line. */
void ctl_say_lines(struct span text);
/* A file, or the standard input for "-", at most limit bytes. 0, or -1 after saying why. */
int ctl_read_file(const char *path, size_t limit, struct str *out);
#endif
