/* The text of a join token, and the file of those given. */
#include "policyd/cluster/token.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/xalloc.h"

#define FIRST_LINE "postgate-tokens 1"
#define FILE_MAX   16384

static int no_token(struct err *err)
{
    return err_set(err, "that is no join token; one is CLUSTER.ID.SECRET.HASH as `milter-ctl "
                        "cluster token` prints it, in one line");
}

static bool is_hex(struct span s, size_t len)
{
    for (size_t i = 0; i < s.len; i++)
        if (!((s.ptr[i] >= '0' && s.ptr[i] <= '9') || (s.ptr[i] >= 'a' && s.ptr[i] <= 'f')))
            return false;
    return s.len == len;
}

/* What stands behind the last dot, which is taken off. */
static bool take_last(struct span *rest, size_t len, struct span *part_r)
{
    if (rest->len < len + 1 || rest->ptr[rest->len - len - 1] != '.')
        return false;
    *part_r = span_from(rest->ptr + rest->len - len, len);
    rest->len -= len + 1;
    return is_hex(*part_r, len);
}

static bool is_cluster(struct span name)
{
    for (size_t i = 0; i < name.len; i++)
        if (name.ptr[i] <= 0x20 || name.ptr[i] >= 0x7f)
            return false;
    return name.len > 0 && name.len < NODE_NAME_SIZE;
}

int token_parse(struct span text, struct token *token_r, struct err *err)
{
    struct span rest = span_trim(text), id, secret, hash;

    memset(token_r, 0, sizeof *token_r);
    if (rest.len > TOKEN_MAX_TEXT || !take_last(&rest, ENVELOPE_HASH_SIZE - 1, &hash) ||
        !take_last(&rest, 2 * HASH_KEY_SIZE, &secret) ||
        !take_last(&rest, NODE_ID_SIZE - 1, &id) || !is_cluster(rest) ||
        !hash_unhex(secret, token_r->secret, HASH_KEY_SIZE))
        return no_token(err);
    snprintf(token_r->cluster, sizeof token_r->cluster, "%.*s", SPAN_ARG(rest));
    snprintf(token_r->id, sizeof token_r->id, "%.*s", SPAN_ARG(id));
    snprintf(token_r->hash, sizeof token_r->hash, "%.*s", SPAN_ARG(hash));
    return 0;
}

void token_print(struct str *out, const struct token *token)
{
    str_printf(out, "%s.%s.", token->cluster, token->id);
    hash_hex(out, token->secret, HASH_KEY_SIZE);
    str_printf(out, ".%s", token->hash);
}

void token_key(const struct token *token, uint8_t key_r[HASH_KEY_SIZE])
{
    hash_subkey(token->secret, "join token", key_r);
}

static bool read_line(struct span line, struct token_given *token)
{
    struct span field[4];
    size_t count = 0;
    uint64_t expires;

    while (count < 4 && span_cut(&line, ' ', &field[count]))
        count++;
    if (count != 4 || line.ptr != NULL || !is_hex(field[0], NODE_ID_SIZE - 1) ||
        !hash_unhex(field[1], token->key, HASH_KEY_SIZE) ||
        !span_to_u64(field[2], INT64_MAX, &expires) ||
        !(span_is(field[3], "-") || is_hex(field[3], NODE_ID_SIZE - 1)))
        return false;
    snprintf(token->id, sizeof token->id, "%.*s", SPAN_ARG(field[0]));
    snprintf(token->used_by, sizeof token->used_by, "%.*s",
             span_is(field[3], "-") ? 0 : NODE_ID_SIZE - 1, field[3].ptr);
    token->expires_ms = (int64_t)expires;
    return true;
}

static int parse_given(struct span text, struct token_given *tokens_r, size_t *count_r)
{
    struct span line;

    if (!span_cut(&text, '\n', &line) || !span_is(line, FIRST_LINE))
        return -1;
    while (span_cut(&text, '\n', &line) && line.len > 0) {
        struct token_given token;

        if (*count_r == TOKENS_MAX || !read_line(line, &token))
            return -1;
        if (token.expires_ms + TOKEN_VALID_MS > clock_now_ms())
            tokens_r[(*count_r)++] = token;
    }
    return 0;
}

int tokens_read(const char *state_dir, struct token_given *tokens_r, size_t *count_r,
                struct err *err)
{
    char *path = file_path(state_dir, "cluster/tokens");
    struct str text = STR_EMPTY;
    struct stat st;
    int result = 0;

    *count_r = 0;
    if (stat(path, &st) == 0) {
        result = file_read(path, FILE_MAX, &text, err);
        if (result == 0 && parse_given(str_span(&text), tokens_r, count_r) < 0)
            result = err_set(err, "%s is damaged; remove it: tokens given before are void then",
                             path);
    }
    str_wipe(&text);
    free(path);
    return result;
}

int tokens_write(const char *state_dir, const struct token_given *tokens, size_t count,
                 struct err *err)
{
    char *path = file_path(state_dir, "cluster/tokens");
    struct str text = STR_EMPTY;
    int result;

    str_adds(&text, FIRST_LINE "\n");
    for (size_t i = 0; i < count; i++) {
        str_printf(&text, "%s ", tokens[i].id);
        hash_hex(&text, tokens[i].key, HASH_KEY_SIZE);
        str_printf(&text, " %lld %s\n", (long long)tokens[i].expires_ms,
                   tokens[i].used_by[0] != '\0' ? tokens[i].used_by : "-");
    }
    result = file_replace(path, str_span(&text), 0600, err);
    str_wipe(&text);
    free(path);
    return result;
}
