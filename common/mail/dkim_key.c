/* dkim_key.c - key records of DKIM, and their names. */
#include "mail/dkim_key.h"
#include "base/names.h"
#include "mail/domain.h"
#include "mail/tags.h"

#define BETWEEN "._domainkey."

static const struct name_value kinds[] = {
    {"rsa", DKIM_KEY_RSA},
    {"ed25519", DKIM_KEY_ED25519},
    {NULL, 0},
};

size_t dkim_key_place(struct span selector, struct span domain, char name_r[DNS_NAME_MAX + 1])
{
    size_t len = selector.len + sizeof BETWEEN - 1 + domain.len;

    name_r[0] = '\0';
    if (selector.len == 0 || domain.len == 0 || len > DNS_NAME_MAX)
        return 0;
    memcpy(name_r, selector.ptr, selector.len);
    memcpy(name_r + selector.len, BETWEEN, sizeof BETWEEN - 1);
    memcpy(name_r + len - domain.len, domain.ptr, domain.len);
    name_r[len] = '\0';
    return len;
}

size_t dkim_key_name(struct span signature_value, char name_r[DNS_NAME_MAX + 1])
{
    char domain[DOMAIN_SIZE], selector[DOMAIN_SIZE];
    struct tags tags;

    name_r[0] = '\0';
    if (tags_read(signature_value, &tags, NULL) < 0 ||
        !domain_normalize(tags_value(&tags, "d", SPAN("")), domain) ||
        !domain_normalize(tags_value(&tags, "s", SPAN("")), selector))
        return 0;
    return dkim_key_place(span_of(selector), span_of(domain), name_r);
}

/* What the record allows is checked before the key itself is looked at. */
static int check_uses(const struct tags *tags, struct err *err)
{
    struct span services = tags_value(tags, "s", SPAN("*"));
    const struct tag *hashes = tags_find(tags, "h");

    /* RFC 6376 section 3.6.1: v= stands first when it stands there. */
    if (tags_find(tags, "v") != NULL &&
        (!span_is(tags->list[0].name, "v") || !span_is(tags->list[0].value, "DKIM1")))
        return err_set(err, "the key record is not of version DKIM1");
    if (hashes != NULL && !tags_has_piece(hashes->value, ':', "sha256"))
        return err_set(err, "the key is not for SHA-256");
    if (!tags_has_piece(services, ':', "*") && !tags_has_piece(services, ':', "email"))
        return err_set(err, "the key is not for mail");
    return 0;
}

int dkim_key_read(struct span record, struct str *out, struct dkim_key *key_r, struct err *err)
{
    struct tags tags;
    const struct tag *key;
    struct span flags;
    size_t before = out->len;
    int kind;

    if (tags_read(record, &tags, err) < 0)
        return err_prefix(err, "the key record does not read");
    if (check_uses(&tags, err) < 0)
        return -1;
    if (!names_value(kinds, tags_value(&tags, "k", SPAN("rsa")), &kind))
        return err_set(err, "the key is of an unknown kind");
    key = tags_find(&tags, "p");
    if (key == NULL)
        return err_set(err, "the key record has no p=");
    flags = tags_value(&tags, "t", SPAN(""));
    *key_r = (struct dkim_key){.kind = (enum dkim_key_kind)kind,
                               .is_revoked = key->value.len == 0,
                               .is_testing = tags_has_piece(flags, ':', "y"),
                               .is_own_identity = tags_has_piece(flags, ':', "s")};
    if (!key_r->is_revoked && !tags_base64(key->value, out))
        return err_set(err, "the key is not base64");
    if (!key_r->is_revoked)
        key_r->bytes = span_from(out->ptr + before, out->len - before);
    return 0;
}
