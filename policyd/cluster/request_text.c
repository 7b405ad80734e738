/* request_text.c - writes, signs and seals a request; reads one, judging every part of it. */
#include "policyd/cluster/request_text.h"
#include <stdio.h>
#include <stdlib.h>

#define SIGNED_PREFIX "postgate request 1\n"
#define VERSION       1

static void context_of(struct str *out, const struct answer_about *about)
{
    str_printf(out, "postgate request 1 %s %s %s", about->request, about->to, about->from);
}

void request_id_new(char id_r[REQUEST_ID_SIZE])
{
    uint8_t random[(REQUEST_ID_SIZE - 1) / 2];
    struct str text = STR_EMPTY;

    hash_random(random, sizeof random);
    hash_hex(&text, random, sizeof random);
    snprintf(id_r, REQUEST_ID_SIZE, "%s", str_cstr(&text));
    str_clear(&text);
}

static bool is_hex(struct span text, size_t len)
{
    bool is_good = text.len == len;

    for (size_t i = 0; is_good && i < len; i++)
        is_good = (text.ptr[i] >= '0' && text.ptr[i] <= '9') ||
                  (text.ptr[i] >= 'a' && text.ptr[i] <= 'f');
    return is_good;
}

bool request_id_is_valid(struct span id)
{
    return is_hex(id, REQUEST_ID_SIZE - 1);
}

static void dump(struct str *out, json_t *object)
{
    char *text = json_dumps(object, JSON_COMPACT | JSON_ENSURE_ASCII);

    str_adds(out, text);
    free(text);
    json_decref(object);
}

/* The part for the asked node alone, as base64. */
static void seal_inner(struct str *out, const struct request *request,
                       const uint8_t to[SEAL_PUBLIC_SIZE])
{
    struct str plain = STR_EMPTY, sealed = STR_EMPTY, context = STR_EMPTY, key = STR_EMPTY;

    hash_hex(&key, request->key, sizeof request->key);
    dump(&plain,
         json_pack("{s:s,s:O,s:s,s:o,s:s}", "command", request->command, "args", request->args,
                   "role", names_name(control_role_names, (int)request->role), "user",
                   control_text(span_of(request->user)), "key", str_cstr(&key)));
    context_of(&context, &request->about);
    seal_to(&sealed, to, str_span(&context), str_span(&plain));
    hash_base64(out, str_span(&sealed));
    str_clear(&plain);
    str_clear(&sealed);
    str_clear(&context);
    str_clear(&key);
}

static void sign_line(struct str *out, const struct identity *self, struct span line)
{
    uint8_t signature[SIGN_SIZE];
    struct str text = STR_EMPTY;

    str_adds(&text, SIGNED_PREFIX);
    str_add(&text, line);
    sign_bytes(&self->sign, str_span(&text), signature);
    str_clear(&text);
    str_add(out, line);
    str_addc(out, '\n');
    hash_hex(out, signature, sizeof signature);
}

int request_write(struct str *out, const struct request *request, const struct identity *self,
                  const struct member *asked, struct err *err)
{
    struct str sealed = STR_EMPTY, line = STR_EMPTY;
    bool is_good;

    seal_inner(&sealed, request, asked->seal_public);
    dump(&line,
         json_pack("{s:i,s:s,s:s,s:s,s:s,s:I,s:I,s:s}", "v", VERSION, "cluster", self->cluster,
                   "id", request->about.request, "from", request->about.to, "to",
                   request->about.from, "time", (json_int_t)request->time_ms, "deadline",
                   (json_int_t)request->deadline_ms, "sealed", str_cstr(&sealed)));
    is_good = line.len + 2 * SIGN_SIZE + 1 <= REQUEST_MAX_BYTES;
    if (is_good)
        sign_line(out, self, str_span(&line));
    str_clear(&line);
    str_clear(&sealed);
    return is_good ? 0
                   : err_set(err, "the request is longer than %d KB", REQUEST_MAX_BYTES / 1024);
}

/* Copies a text of the object that fits and has no control bytes; "" and false otherwise. */
static bool take_text(const json_t *object, const char *name, char *out, size_t size)
{
    const json_t *value = json_object_get(object, name);
    const char *text = json_string_value(value);
    size_t len = json_string_length(value);
    bool is_good = text && len > 0 && len < size;

    for (size_t i = 0; is_good && i < len; i++)
        is_good = (unsigned char)text[i] >= ' ' && text[i] != 0x7f;
    snprintf(out, size, "%s", is_good ? text : "");
    return is_good;
}

static bool take_time(const json_t *object, const char *name, int64_t *out)
{
    const json_t *value = json_object_get(object, name);

    *out = (int64_t)json_integer_value(value);
    return json_is_integer(value) && *out > 0 && *out < INT64_MAX / 2;
}

static int judge_outer(const json_t *outer, const struct identity *self, struct request *r,
                       struct err *err)
{
    char cluster[NODE_NAME_SIZE];

    if (json_integer_value(json_object_get(outer, "v")) != VERSION)
        return err_set(err, "a request of another version");
    if (!take_text(outer, "cluster", cluster, sizeof cluster) ||
        strcmp(cluster, self->cluster) != 0)
        return err_set(err, "a request of another cluster");
    if (!take_text(outer, "id", r->about.request, sizeof r->about.request) ||
        !request_id_is_valid(span_of(r->about.request)) ||
        !take_text(outer, "from", r->about.to, sizeof r->about.to) ||
        !take_text(outer, "to", r->about.from, sizeof r->about.from))
        return err_set(err, "a request without id, from or to");
    if (strcmp(r->about.from, self->id) != 0)
        return err_set(err, "a request to another node");
    if (!take_time(outer, "time", &r->time_ms) ||
        !take_time(outer, "deadline", &r->deadline_ms) || r->deadline_ms < r->time_ms ||
        r->deadline_ms - r->time_ms > REQUEST_MAX_LIFE_MS)
        return err_set(err, "a request whose deadline makes no sense");
    return 0;
}

static int judge_signature(struct span line, struct span hex, const char *from,
                           struct member *asker, struct err *err)
{
    uint8_t signature[SIGN_SIZE];
    struct str text = STR_EMPTY;
    bool is_good;

    if (!members_by_id(from, asker) || asker->is_forgotten)
        return err_set(err, "a request of %.16s, which is no member of this cluster", from);
    if (!hash_unhex(hex, signature, sizeof signature))
        return err_set(err, "a request without a signature");
    str_adds(&text, SIGNED_PREFIX);
    str_add(&text, line);
    is_good = sign_verify(asker->sign_public, str_span(&text), signature);
    str_clear(&text);
    return is_good
               ? 0
               : err_set(err, "a request in the name of %s that it did not sign", asker->name);
}

static json_t *open_inner(const json_t *outer, const struct identity *self,
                          const struct answer_about *about)
{
    const json_t *value = json_object_get(outer, "sealed");
    struct span text = span_from(json_string_value(value), json_string_length(value));
    struct str sealed = STR_EMPTY, plain = STR_EMPTY, context = STR_EMPTY;
    json_t *inner = NULL;

    context_of(&context, about);
    if (text.ptr && hash_unbase64(text, &sealed) &&
        seal_open(&plain, &self->seal, str_span(&context), str_span(&sealed)))
        inner = json_loadb(plain.ptr, plain.len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
    str_clear(&sealed);
    str_clear(&plain);
    str_clear(&context);
    return inner;
}

static int judge_inner(const json_t *inner, struct request *r, struct err *err)
{
    const char *key = json_string_value(json_object_get(inner, "key"));
    const char *role = json_string_value(json_object_get(inner, "role"));
    json_t *args = json_object_get(inner, "args");
    int value = 0;

    if (!json_is_object(inner))
        return err_set(err, "a request that is not sealed to this node");
    if (!take_text(inner, "command", r->command, sizeof r->command) ||
        !take_text(inner, "user", r->user, sizeof r->user) || !json_is_object(args))
        return err_set(err, "a request without command, user or args");
    if (!names_value(control_role_names, span_of(role), &value))
        return err_set(err, "a request without a role");
    if (!hash_unhex(span_of(key), r->key, sizeof r->key))
        return err_set(err, "a request without a key for its answer");
    r->role = (enum control_role)value;
    r->args = json_incref(args);
    return 0;
}

struct reading {
    struct span line, hex;
    const struct identity *self;
    struct request *request;
    struct member *asker;
};

/* Nothing is opened that its sender did not sign. */
static int judge(const struct reading *r, const json_t *outer, struct err *err)
{
    json_t *inner;
    int result;

    if (judge_outer(outer, r->self, r->request, err) == -1 ||
        judge_signature(r->line, r->hex, r->request->about.to, r->asker, err) == -1)
        return -1;
    inner = open_inner(outer, r->self, &r->request->about);
    result = judge_inner(inner, r->request, err);
    json_decref(inner);
    return result;
}

int request_read(struct span text, const struct identity *self, struct request *request_r,
                 struct member *asker_r, struct err *err)
{
    struct reading reading = {.self = self, .request = request_r, .asker = asker_r};
    struct span rest = text;
    json_t *outer;
    int result;

    *request_r = (struct request){0};
    if (text.len > REQUEST_MAX_BYTES)
        return err_set(err, "a request of %zu bytes; %d is the most", text.len,
                       REQUEST_MAX_BYTES);
    if (!span_cut(&rest, '\n', &reading.line) || !span_cut(&rest, '\n', &reading.hex) ||
        rest.ptr)
        return err_set(err, "a request that is not two lines");
    outer = json_loadb(reading.line.ptr, reading.line.len, JSON_REJECT_DUPLICATES, NULL);
    result = json_is_object(outer) ? judge(&reading, outer, err)
                                   : err_set(err, "a request that is no JSON object");
    json_decref(outer);
    return result;
}

void request_clear(struct request *request)
{
    json_decref(request->args);
    request->args = NULL;
}
