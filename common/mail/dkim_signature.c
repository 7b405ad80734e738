/* dkim_signature.c - reads signature fields. A table says which tags each kind must have and which it must not. */
#include "mail/dkim_signature.h"
#include "base/names.h"
#include "base/xalloc.h"
#include "mail/tags.h"

#define OF(kind) (1u << (kind))
#define DKIM     OF(DKIM_SIGNATURE)
#define AMS      OF(DKIM_ARC_MESSAGE)
#define SEAL     OF(DKIM_ARC_SEAL)

static const struct {
    const char *name;
    unsigned needed, refused; /* kinds */
} rules[] = {
    {"v", DKIM, 0},
    {"a", DKIM | AMS | SEAL, 0},
    {"b", DKIM | AMS | SEAL, 0},
    {"bh", DKIM | AMS, SEAL},
    {"d", DKIM | AMS | SEAL, 0},
    {"h", DKIM | AMS, SEAL},
    {"s", DKIM | AMS | SEAL, 0},
    {"i", AMS | SEAL, 0},
    {"cv", SEAL, 0},
};

static const struct name_value algorithms[] = {
    {"rsa-sha256", DKIM_RSA_SHA256},
    {"ed25519-sha256", DKIM_ED25519_SHA256},
    {"rsa-sha1", DKIM_RSA_SHA1},
    {NULL, 0},
};
static const struct name_value canons[] = {
    {"simple", DKIM_SIMPLE},
    {"relaxed", DKIM_RELAXED},
    {NULL, 0},
};
static const struct name_value chains[] = {
    {"none", DKIM_CV_NONE},
    {"pass", DKIM_CV_PASS},
    {"fail", DKIM_CV_FAIL},
    {NULL, 0},
};

static int check_tags(enum dkim_kind kind, const struct tags *tags, struct err *err)
{
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        bool has = tags_find(tags, rules[i].name) != NULL;

        if (!has && (rules[i].needed & OF(kind)) != 0)
            return err_set(err, "%s= is missing", rules[i].name);
        if (has && (rules[i].refused & OF(kind)) != 0)
            return err_set(err, "%s= must not stand there", rules[i].name);
    }
    if (kind == DKIM_SIGNATURE && !span_is(tags_find(tags, "v")->value, "1"))
        return err_set(err, "v= is not 1");
    if (!tags_has_piece(tags_value(tags, "q", SPAN("dns/txt")), ':', "dns/txt"))
        return err_set(err, "q= is not dns/txt");
    return 0;
}

static int read_word(const struct tags *tags, const char *name, const struct name_value *words,
                     struct err *err)
{
    int value;

    if (!names_value(words, tags_value(tags, name, SPAN("")), &value))
        return err_set(err, "%s= is unknown", name);
    return value;
}

/* c= is HEADER/BODY, both simple when they are not said (RFC 6376 section 3.5). */
static int read_canons(const struct tags *tags, struct dkim_signature *signature,
                       struct err *err)
{
    struct span body = tags_value(tags, "c", SPAN("simple/simple")), header;
    int header_canon, body_canon = DKIM_SIMPLE;

    span_cut(&body, '/', &header);
    if (!names_value(canons, header, &header_canon) ||
        (body.ptr != NULL && !names_value(canons, body, &body_canon)))
        return err_set(err, "c= is unknown");
    signature->header_canon = (enum dkim_canon)header_canon;
    signature->body_canon = (enum dkim_canon)body_canon;
    return 0;
}

/* Digits only; what is larger than anything real is UINT64_MAX. False: something else. */
static bool read_number(struct span text, uint64_t *value_r)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
    if (text.len > 0 && !span_to_u64(text, UINT64_MAX, value_r))
        *value_r = UINT64_MAX;
    return text.len > 0;
}

static int read_times(const struct tags *tags, int64_t now, struct err *err)
{
    const struct tag *made = tags_find(tags, "t"), *ends = tags_find(tags, "x");
    uint64_t made_at = 0, ends_at = UINT64_MAX, at = now > 0 ? (uint64_t)now : 0;

    if ((made != NULL && !read_number(made->value, &made_at)) ||
        (ends != NULL && !read_number(ends->value, &ends_at)))
        return err_set(err, "t= or x= is not a time");
    if (made_at > at + DKIM_CLOCK_SLACK)
        return err_set(err, "made in the future");
    if (ends_at < made_at)
        return err_set(err, "x= lies before t=");
    return ends_at < at ? err_set(err, "expired") : 0;
}

/* i= must be of d= or below it. */
static int read_identity(struct dkim_signature *signature, struct err *err)
{
    char domain[DOMAIN_SIZE];
    struct span text = signature->identity;

    if (text.len == 0)
        return 0;
    for (size_t at = text.len; at-- > 0;)
        if (text.ptr[at] == '@') {
            if (!domain_normalize(span_from(text.ptr + at + 1, text.len - at - 1), domain) ||
                !domain_is_within(span_of(domain), span_of(signature->domain)))
                return err_set(err, "i= is not of the domain d=");
            signature->is_identity_below = strcmp(domain, signature->domain) != 0;
            return 0;
        }
    return err_set(err, "i= is no address");
}

/* Without From in it nothing is said of who wrote the message (RFC 6376 section 5.4); with a seal in it an ARC set covers itself. */
static int read_names(struct dkim_signature *signature, struct err *err)
{
    struct span rest = signature->names, name;
    bool has_from = false;

    for (size_t count = 0; tags_piece(&rest, ':', &name);) {
        if (++count > DKIM_NAMES_MAX)
            return err_set(err, "more than %d names in h=", DKIM_NAMES_MAX);
        if (signature->kind == DKIM_ARC_MESSAGE && span_iequal(name, SPAN("ARC-Seal")))
            return err_set(err, "ARC-Seal in h=");
        has_from |= span_iequal(name, SPAN("From"));
    }
    return has_from ? 0 : err_set(err, "From is not in h=");
}

/* Decodes a tag of at most limit bytes. */
static bool read_bytes(struct span value, uint8_t *to, size_t limit, size_t *len_r)
{
    struct str bytes = STR_EMPTY;
    bool is_good = tags_base64(value, &bytes) && bytes.len <= limit;

    if (is_good) {
        memcpy(to, bytes.ptr, bytes.len);
        *len_r = bytes.len;
    }
    str_clear(&bytes);
    return is_good;
}

/* What only a signature over a message has: not a seal. */
static int read_message_tags(const struct tags *tags, struct dkim_signature *signature,
                             struct err *err)
{
    const struct tag *length = tags_find(tags, "l");
    size_t hash_len = 0;

    signature->names = tags_value(tags, "h", SPAN(""));
    signature->has_length = length != NULL;
    if (length != NULL && !read_number(length->value, &signature->length))
        return err_set(err, "l= is not a number");
    if (read_canons(tags, signature, err) < 0 || read_names(signature, err) < 0)
        return -1;
    /* SHA-1, which is refused anyway, has a shorter one. */
    if (signature->algorithm != DKIM_RSA_SHA1 &&
        (!read_bytes(tags_value(tags, "bh", SPAN("")), signature->body_hash, HASH_SHA256_SIZE,
                     &hash_len) ||
         hash_len != HASH_SHA256_SIZE))
        return err_set(err, "bh= is not a SHA-256 digest in base64");
    return 0;
}

static int read_instance(const struct tags *tags, struct dkim_signature *signature,
                         struct err *err)
{
    uint64_t instance;

    if (!read_number(tags_value(tags, "i", SPAN("")), &instance) || instance < 1 ||
        instance > DKIM_INSTANCE_MAX)
        return err_set(err, "i= is not a number from 1 to %d", DKIM_INSTANCE_MAX);
    signature->instance = (unsigned)instance;
    return 0;
}

/* What a report names a signature by is read first, and as far as it goes. */
static void read_names_of(const struct tags *tags, struct dkim_signature *signature)
{
    const struct tag *b = tags_find(tags, "b");
    size_t len = 0;

    domain_normalize(tags_value(tags, "d", SPAN("")), signature->domain);
    domain_normalize(tags_value(tags, "s", SPAN("")), signature->selector);
    signature->algorithm_text = tags_value(tags, "a", SPAN(""));
    if (signature->kind == DKIM_SIGNATURE)
        signature->identity = tags_value(tags, "i", SPAN(""));
    for (size_t i = 0; b != NULL && i < b->value.len && len + 1 < sizeof signature->begin; i++)
        if (strchr(" \t\r\n", b->value.ptr[i]) == NULL)
            signature->begin[len++] = b->value.ptr[i];
}

static int read_tags(const struct tags *tags, struct dkim_signature *signature, int64_t now,
                     struct err *err)
{
    int algorithm, chain = 0;

    read_names_of(tags, signature);
    if (check_tags(signature->kind, tags, err) < 0)
        return -1;
    if (signature->domain[0] == '\0' || signature->selector[0] == '\0')
        return err_set(err, "d= or s= is no domain name");
    algorithm = read_word(tags, "a", algorithms, err);
    if (signature->kind == DKIM_ARC_SEAL)
        chain = read_word(tags, "cv", chains, err);
    if (algorithm < 0 || chain < 0)
        return -1;
    signature->algorithm = (enum dkim_algorithm)algorithm;
    signature->chain = (enum dkim_chain)chain;
    signature->signature_raw = tags_find(tags, "b")->raw;
    if (!read_bytes(tags_find(tags, "b")->value, signature->signature, DKIM_SIGNATURE_BYTES,
                    &signature->signature_len))
        return err_set(err, "b= is not a signature in base64");
    if (signature->kind != DKIM_SIGNATURE && read_instance(tags, signature, err) < 0)
        return -1;
    if (signature->kind != DKIM_ARC_SEAL && read_message_tags(tags, signature, err) < 0)
        return -1;
    return read_identity(signature, err) < 0 ? -1 : read_times(tags, now, err);
}

int dkim_signature_read(enum dkim_kind kind, struct span value, int64_t now,
                        struct dkim_signature *signature_r, struct err *err)
{
    struct tags *tags = xmalloc(sizeof *tags);
    int rc;

    memset(signature_r, 0, sizeof *signature_r);
    signature_r->kind = kind;
    rc = tags_read(value, tags, err);
    if (rc == 0)
        rc = read_tags(tags, signature_r, now, err);
    xfree(&tags);
    return rc;
}

void dkim_signature_canon(const struct dkim_signature *signature,
                          const struct dkim_field *field, enum dkim_canon canon,
                          struct str *out)
{
    struct span value = field->value, raw = signature->signature_raw;
    struct str without = STR_EMPTY;
    size_t before = (size_t)(raw.ptr - value.ptr);

    str_add(&without, span_from(value.ptr, before));
    str_add(&without, span_from(raw.ptr + raw.len, value.len - before - raw.len));
    dkim_canon_field(out, canon, field->name, str_span(&without));
    str_clear(&without);
}
