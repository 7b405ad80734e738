/* redis_login.c - AUTH, ROLE, PING. */
#include <openssl/crypto.h>
#include <sys/stat.h>
#include "base/file.h"
#include "base/log.h"
#include "policyd/cluster/redis_login.h"

#define PASSWORD_MAX 4096

static void add_command(struct str *out, size_t argc, const char **argv, const size_t *lengths)
{
    char *text = NULL;
    int len = redisFormatCommandArgv(&text, (int)argc, argv, lengths);

    if (len < 0)
        return; /* out of memory: the answer does not come, and the deadline says so */
    str_add(out, span_from(text, (size_t)len));
    OPENSSL_cleanse(text, (size_t)len);
    redisFreeCommand(text);
}

/* Said once for all files: the link works all the same. */
static void look_at_mode(const char *file)
{
    struct stat st;

    if (stat(file, &st) == 0 && (st.st_mode & 07) != 0)
        log_state("redis password", true, LOG_LEVEL_WARN,
                  "%s: everybody on this machine can read it; chmod 0640 it", file);
}

static int read_password(const char *file, struct str *password, struct err *err)
{
    struct span text;

    if (*file == '\0')
        return 0;
    if (file_read(file, PASSWORD_MAX, password, err) != 0)
        return -1;
    look_at_mode(file);
    text = span_trim(str_span(password));
    if (text.len == 0)
        return err_set(err, "%s is empty; it holds the password of Redis' user", file);
    memmove(password->ptr, text.ptr, text.len);
    str_truncate(password, text.len);
    return 0;
}

int redis_login_auth(const struct redis_options *options, struct str *out, struct err *err)
{
    struct str password = STR_EMPTY;
    const char *argv[3] = {"AUTH"};
    size_t lengths[3] = {4}, argc = 1;
    int state = 0;

    if (*options->user == '\0' && *options->password_file == '\0')
        return 0;
    if (read_password(options->password_file, &password, err) != 0) {
        state = -1;
    } else {
        if (*options->user != '\0') {
            argv[argc] = options->user;
            lengths[argc++] = strlen(options->user);
        }
        argv[argc] = str_cstr(&password);
        lengths[argc++] = password.len;
        add_command(out, argc, argv, lengths);
        state = 1;
    }
    if (password.ptr != NULL)
        OPENSSL_cleanse(password.ptr, password.cap);
    str_clear(&password);
    return state;
}

static int judge_auth(const char *user, const redisReply *reply, struct err *err)
{
    if (reply->type == REDIS_REPLY_STATUS)
        return 0;
    return err_set(err, "it refuses the user %s: %s", *user != '\0' ? user : "(default)",
                   reply->type == REDIS_REPLY_ERROR ? reply->str : "an odd answer");
}

/* What a user lacks is said as it can be mended. */
static int judge_error(const char *user, const redisReply *reply, const char *command,
                       struct err *err)
{
    struct span text = span_from(reply->str, reply->len);

    if (span_starts(text, SPAN("NOAUTH")))
        return err_set(err, "it asks for a password; set redis_password_file (and redis_user)");
    if (span_starts(text, SPAN("NOPERM")))
        return err_set(
            err,
            "its ACL keeps the user %s from %s; the right lines are in etc/redis/users.conf",
            *user != '\0' ? user : "(default)", command);
    return err_set(err, "it says %.*s", SPAN_ARG(text));
}

static int judge_role(const char *user, const redisReply *reply, struct err *err)
{
    const redisReply *role;

    if (reply->type == REDIS_REPLY_ERROR)
        return judge_error(user, reply, "ROLE", err);
    role = reply->type == REDIS_REPLY_ARRAY && reply->elements > 0 ? reply->element[0] : NULL;
    if (role == NULL || role->type != REDIS_REPLY_STRING)
        return err_set(err, "it gives an odd answer to ROLE");
    if (!span_is(span_from(role->str, role->len), "master"))
        return err_set(err, "it is no primary but a %.*s",
                       SPAN_ARG(span_from(role->str, role->len < 20 ? role->len : 20)));
    return 0;
}

/* LOADING is said to this one: AUTH and ROLE are answered before the data are there. */
static int judge_ping(const char *user, const redisReply *reply, struct err *err)
{
    return reply->type == REDIS_REPLY_ERROR ? judge_error(user, reply, "PING", err) : 0;
}

int redis_login_begin(struct redis_login *login, const struct redis_options *options,
                      struct str *out, struct err *err)
{
    int has_auth = redis_login_auth(options, out, err);

    *login = (struct redis_login){0};
    if (has_auth < 0)
        return -1;
    if (has_auth > 0)
        login->judge[login->count++] = judge_auth;
    login->judge[login->count++] = judge_role;
    login->judge[login->count++] = judge_ping;
    str_adds(out, "*1\r\n$4\r\nROLE\r\n*1\r\n$4\r\nPING\r\n");
    return 0;
}

int redis_login_reply(struct redis_login *login, const struct redis_options *options,
                      const redisReply *reply, struct err *err)
{
    if (login->at >= login->count)
        return err_set(err, "it answers what was not asked");
    if (login->judge[login->at++](options->user, reply, err) != 0)
        return -1;
    return login->at == login->count;
}
