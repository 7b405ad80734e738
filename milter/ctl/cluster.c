/* cluster: init, token, join, leave, reseed, rotate-key. */
#include <stdio.h>
#include "base/hash.h"
#include "milter/ctl/nouns.h"
#include "milter/ctl/print.h"

#define TOKEN_MAX 1024
#define HASH_HEX  64 /* what a token ends with */

static enum control_exit ask(struct ctl *ctl, const char *command, json_t *args,
                             void (*row)(void *ctx, json_t *row))
{
    struct control_sink sink = {row, NULL, ctl};
    struct ctl_question question = {
        .command = command, .args = args, .role = ROLE_ADMIN, .sink = &sink};

    return ctl_ask(ctl, &question, NULL);
}

/* Redis' users go to the standard output as they are, to be put into its settings. */
static void print_users(void *ctx, json_t *row)
{
    const struct ctl *ctl = ctx;

    if (ctl->is_json)
        print_json(row);
    else
        print_bytes(ctl, span_of(json_string_value(json_object_get(row, "redis_users"))));
}

int cluster_init_run(struct ctl *ctl, const struct arguments *arguments)
{
    (void)arguments;
    return ask(ctl, "cluster.init", NULL, print_users);
}

/* The token and nothing else. */
static void print_token(void *ctx, json_t *row)
{
    const struct ctl *ctl = ctx;
    const char *token = json_string_value(json_object_get(row, "token"));

    if (ctl->is_json)
        print_json(row);
    else
        printf("%s\n", token ? token : "");
}

int cluster_token_run(struct ctl *ctl, const struct arguments *arguments)
{
    (void)arguments;
    return ask(ctl, "cluster.token", NULL, print_token);
}

static bool looks_like_token(struct span text)
{
    uint8_t digest[HASH_HEX / 2];

    return text.len > HASH_HEX && text.ptr[text.len - HASH_HEX - 1] == '.' &&
           hash_unhex(span_from(text.ptr + text.len - HASH_HEX, HASH_HEX), digest,
                      sizeof digest);
}

int cluster_join_run(struct ctl *ctl, const struct arguments *arguments)
{
    const char *path = arguments_get(arguments, "--token-file");
    struct str text = STR_EMPTY;
    enum control_exit code;

    if (looks_like_token(span_of(path))) {
        ctl_say(
            "--token-file takes the name of a file. The token itself does not belong on the "
            "command line, where other users can see it and the shell keeps it; this one "
            "should not be used any more");
        return EXIT_USAGE;
    }
    if (ctl_read_file(path, TOKEN_MAX, &text) == -1)
        return EXIT_INVALID;
    code = ask(ctl, "cluster.join", json_pack("{s:o}", "token", control_text(str_span(&text))),
               print_row);
    str_clear(&text);
    return code;
}

int cluster_leave_run(struct ctl *ctl, const struct arguments *arguments)
{
    (void)arguments;
    return ask(ctl, "cluster.leave", NULL, print_row);
}

static void no_row(void *ctx, json_t *row)
{
    const struct ctl *ctl = ctx;

    if (ctl->is_json)
        print_json(row);
}

int cluster_reseed_run(struct ctl *ctl, const struct arguments *arguments)
{
    bool supersedes = arguments_has(arguments, "--supersede");

    return ask(ctl, "cluster.reseed", json_pack("{s:b}", "supersede", (int)supersedes), no_row);
}

int cluster_rotate_run(struct ctl *ctl, const struct arguments *arguments)
{
    bool is_signing = arguments_get(arguments, "--signing") != NULL;

    return ask(ctl, "cluster.rotate-key", json_pack("{s:b}", "signing", (int)is_signing),
               print_row);
}
