/* signing.c - makes DKIM signatures: c=relaxed/relaxed, the fields of RFC 6376 section 5.4.1, From and what readers see oversigned. */
#include "milter/signing.h"
#include <sys/mman.h>
#include "base/log.h"
#include "engine/origin.h"
#include "mail/dkim_canon.h"
#include "milter/final_fields.h"
#include "milter/signing_keys.h"

#define LINE_MAX_BYTES 72 /* of b= and h= in one line */

/* Oversigned: listed once more than it stands there, so that none can be added behind our back. */
static const struct signed_name {
    const char *name;
    bool is_oversigned;
} signed_names[] = {
    {"from", true},
    {"sender", false},
    {"reply-to", false},
    {"subject", true},
    {"date", true},
    {"message-id", false},
    {"to", false},
    {"cc", false},
    {"mime-version", true},
    {"content-type", true},
    {"content-transfer-encoding", true},
    {"content-id", false},
    {"content-description", false},
    {"resent-date", false},
    {"resent-from", false},
    {"resent-sender", false},
    {"resent-to", false},
    {"resent-cc", false},
    {"resent-message-id", false},
    {"in-reply-to", false},
    {"references", false},
    {"list-id", false},
    {"list-help", false},
    {"list-unsubscribe", false},
    {"list-unsubscribe-post", false},
    {"list-subscribe", false},
    {"list-post", false},
    {"list-owner", false},
    {"list-archive", false},
};

#define INSTANCES_MAX                                                                          \
    50 /* of one name; more are left unsigned, but for those that are oversigned */

bool signing_is_due(const struct transaction *t)
{
    if (t->is_ours)
        return signing_keys_exist(t->gate->signing_keys);
    return (t->session->path == PATH_STAGING || t->session->path == PATH_SUBMISSION) &&
           t->deciding.snapshot != NULL && signing_keys_exist(t->gate->signing_keys) &&
           !origin_is_outside(t->deciding.snapshot, t->deciding.message);
}

/* "from:from:subject:..." */
static void list_names(const struct dkim_header *header, struct str *names)
{
    for (size_t i = 0; i < sizeof signed_names / sizeof *signed_names; i++) {
        const struct dkim_group *group =
            dkim_header_group(header, span_of(signed_names[i].name));
        size_t count = group != NULL ? group->count : 0;
        if (count > INSTANCES_MAX)
            count = INSTANCES_MAX;
        for (count += signed_names[i].is_oversigned; count > 0; count--)
            str_printf(names, "%s%s", names->len > 0 ? ":" : "", signed_names[i].name);
    }
}

/* In lines that no program has a reason to break; blanks within h= and b= do not count. */
static void add_folded(struct str *out, struct span text, char after)
{
    size_t line = 0;

    for (size_t i = 0; i < text.len; i++) {
        str_addc(out, text.ptr[i]);
        line++;
        if (line >= LINE_MAX_BYTES && i + 1 < text.len &&
            (after == '\0' || text.ptr[i] == after)) {
            str_adds(out, "\n\t ");
            line = 0;
        }
    }
}

struct signing {
    struct transaction *t;
    struct arena *arena;
    struct str names;  /* h= */
    struct str fields; /* canonical, a line end behind each */
    uint8_t body_hash[HASH_SHA256_SIZE];
};

/* The sealed memfd, read where it lies: nobody can cut it short any more. */
static int hash_body(struct signing *s, struct err *err)
{
    const struct message *message = &s->t->message;
    struct dkim_body body;
    struct dkim_header unused;
    struct span rest;
    void *map = message->size > 0
                    ? mmap(NULL, message->size, PROT_READ, MAP_PRIVATE, message->fd, 0)
                    : MAP_FAILED;

    if (map == MAP_FAILED)
        return err_set(err, "the message cannot be read");
    dkim_header_read(span_from(map, message->size), s->arena, &unused, &rest);
    dkim_body_begin(&body, DKIM_RELAXED, NULL, 0);
    dkim_body_add(&body, rest);
    (void)dkim_body_end(&body, s->body_hash);
    munmap(map, message->size);
    return 0;
}

static int signing_begin(struct signing *s, struct err *err)
{
    struct dkim_header header;

    final_fields(s->t, s->arena, &header);
    list_names(&header, &s->names);
    if (!dkim_header_select(&header, str_span(&s->names), DKIM_RELAXED, DKIM_NO_FIELD,
                            &s->fields))
        return err_set(err, "it has too many header fields");
    return hash_body(s, err);
}

static void signing_end(struct signing *s)
{
    str_clear(&s->names);
    str_clear(&s->fields);
    arena_free(&s->arena);
}

/* All but the value of b=. */
static void write_head(const struct signing *s, const struct signing_key *key,
                       struct str *value)
{
    str_printf(value, " v=1; a=%s-sha256; c=relaxed/relaxed; d=%s; s=%s;\n\t t=%lld; h=",
               private_key_kind(key->private_key) == PRIVATE_KEY_RSA ? "rsa" : "ed25519",
               key->domain, key->selector, (long long)(s->t->begun / 1000));
    add_folded(value, str_span(&s->names), ':');
    str_adds(value, ";\n\t bh=");
    hash_base64(value, span_from(s->body_hash, sizeof s->body_hash));
    str_adds(value, ";\n\t b=");
}

static int sign_with(const struct signing *s, const struct signing_key *key, struct str *value,
                     struct err *err)
{
    uint8_t digest[HASH_SHA256_SIZE];
    struct str hashed = STR_EMPTY, signature = STR_EMPTY, text = STR_EMPTY;
    int rc;

    write_head(s, key, value);
    str_add(&hashed, str_span(&s->fields));
    dkim_canon_field(&hashed, DKIM_RELAXED, SPAN("DKIM-Signature"), str_span(value));
    hash_sha256(str_span(&hashed), digest);
    rc = private_key_sign(key->private_key, digest, &signature, err);
    if (rc == 0) {
        hash_base64(&text, str_span(&signature));
        add_folded(value, str_span(&text), '\0');
    }
    str_clear(&hashed);
    str_clear(&signature);
    str_clear(&text);
    return rc;
}

static int insert_signature(SMFICTX *ctx, const struct signing *s, struct signing_key *key,
                            struct err *err)
{
    static char name[] = "DKIM-Signature";
    struct str value = STR_EMPTY;
    int rc = 0;

    signing_key_note(key);
    rc = sign_with(s, key, &value, err);
    log_state("signing", rc != 0, LOG_LEVEL_WARN, "mail of %s goes unsigned: %s", key->domain,
              rc != 0 ? err->text : "");
    if (rc != 0)
        rc = 0; /* better unsigned than not at all */
    else if (smfi_insheader(ctx, 0, name, value.ptr) != MI_SUCCESS)
        rc = err_set(err, "the MTA did not take our DKIM signature");
    str_clear(&value);
    return rc;
}

/* The one domain of From; a second would be signed for by nobody who means it. */
static struct span from_domain(const struct transaction *t)
{
    const struct fact *domain = facts_get(t->deciding.message, FACT_FROM_DOMAIN);

    return domain->state == FACT_VALUE && domain->count == 1 ? domain->values[0].text
                                                             : SPAN("");
}

int signing_apply(SMFICTX *ctx, struct transaction *t, struct err *err)
{
    struct signing_key *keys[SIGNING_KINDS];
    struct signing s = {.t = t};
    size_t count;
    int rc = 0;

    if (!signing_is_due(t))
        return 0;
    count = signing_keys_choose(t->gate->signing_keys, from_domain(t), keys);
    if (count == 0)
        return 0;
    s.arena = arena_new();
    if (signing_begin(&s, err) != 0)
        log_state("signing", true, LOG_LEVEL_WARN, "a message goes unsigned: %s", err->text);
    else
        for (size_t i = 0; i < count && rc == 0; i++)
            rc = insert_signature(ctx, &s, keys[i], err);
    for (size_t i = 0; i < count; i++)
        signing_key_unpin(&keys[i]);
    signing_end(&s);
    return rc;
}
