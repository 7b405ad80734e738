/* control_signing.c - keys that mail of our domains is signed with: made, shown, removed. */
#include "base/clock.h"
#include "base/xalloc.h"
#include "milter/control.h"
#include "milter/signing_publish.h"

#define LIST_MAX SIGNING_KEYS_MAX

static const struct name_value kind_names[] = {
    {"rsa", PRIVATE_KEY_RSA},
    {"ed25519", PRIVATE_KEY_ED25519},
    {NULL, 0},
};

static struct signing_keys *keys_of_gate(void)
{
    return milter_control_gate()->signing_keys;
}

/* newer: who signs in its place, or NULL. */
static json_t *key_row(const struct signing_key *key, const struct signing_key *newer)
{
    char name[DNS_NAME_MAX + 1], when[24];

    signing_publish_name(key, name);
    return json_pack(
        "{s:s,s:s,s:s,s:s,s:s,s:b,s:s?,s:s}", "domain", key->domain, "selector", key->selector,
        "algorithm", names_name(kind_names, (int)private_key_kind(key->private_key)), "name",
        name, "record", str_cstr(&key->record), "signs",
        newer == NULL && atomic_load(&key->is_published), "newer",
        newer != NULL ? newer->selector : NULL, "made", clock_iso(key->made, when));
}

/* The key that signs for the domain of this one, of the same kind, if that is another one. */
static struct signing_key *newer_of(const struct signing_key *key)
{
    struct signing_key *chosen[SIGNING_KINDS], *newer = NULL;
    size_t count = signing_keys_choose(keys_of_gate(), span_of(key->domain), chosen);

    for (size_t i = 0; i < count; i++)
        if (private_key_kind(chosen[i]->private_key) == private_key_kind(key->private_key) &&
            chosen[i] != key && atomic_load(&key->is_published))
            newer = chosen[i];
        else
            signing_key_unpin(&chosen[i]);
    return newer;
}

static void tell_key(struct control_call *call, const struct signing_key *key)
{
    struct signing_key *newer = newer_of(key);

    control_row(call, key_row(key, newer));
    signing_key_unpin(&newer);
}

/* What the administrator brought along as PEM, or a new one. */
static struct private_key *key_for(struct control_call *call, enum private_key_kind kind,
                                   struct err *err)
{
    struct private_key *key = NULL;
    struct str pem = STR_EMPTY;
    struct span bytes;
    int rc;

    while ((rc = control_body(call, &bytes, err)) == 1 && pem.len <= PRIVATE_KEY_PEM_MAX)
        str_add(&pem, bytes);
    if (rc == 0)
        key = pem.len > 0 ? private_key_read(str_span(&pem), err) : private_key_new(kind, err);
    else if (rc == 1)
        err_set(err, "the file is larger than a key");
    str_wipe(&pem);
    return key;
}

enum control_exit control_signing_add(struct control_call *call, struct err *err)
{
    struct span algorithm = control_argument(call, "algorithm");
    struct private_key *private_key;
    struct signing_key *key = NULL;
    int kind = PRIVATE_KEY_RSA;

    if (algorithm.len > 0 && !names_value(kind_names, algorithm, &kind)) {
        err_set(err, "algorithm: %.*s is none; write rsa or ed25519", SPAN_ARG(algorithm));
        return EXIT_INVALID;
    }
    private_key = key_for(call, (enum private_key_kind)kind, err);
    if (private_key != NULL && algorithm.len > 0 &&
        (int)private_key_kind(private_key) != kind) {
        private_key_free(&private_key);
        err_set(err, "the key is not of the algorithm %.*s; leave --algorithm out",
                SPAN_ARG(algorithm));
        return EXIT_INVALID;
    }
    if (private_key != NULL)
        key = signing_keys_add(keys_of_gate(), control_argument(call, "domain"),
                               control_argument(call, "selector"), private_key, err);
    if (key == NULL)
        return EXIT_INVALID;
    if (json_is_true(json_object_get(call->args, "now"))) {
        atomic_store(&key->is_published, true);
        signing_key_note(key);
    }
    control_row(call, key_row(key, NULL));
    signing_key_unpin(&key);
    return EXIT_OK;
}

enum control_exit control_signing_list(struct control_call *call, struct err *err)
{
    struct signing_key **list = xcalloc(LIST_MAX, sizeof *list);
    struct span wanted = control_argument(call, "domain");
    char domain[DOMAIN_SIZE] = "";
    size_t count = 0;

    if (wanted.len > 0 && !domain_normalize(wanted, domain)) {
        xfree(&list);
        err_set(err, "%.*s is not a domain", SPAN_ARG(wanted));
        return EXIT_INVALID;
    }
    count = signing_keys_list(keys_of_gate(), span_of(domain), list, LIST_MAX);
    for (size_t i = 0; i < count; i++) {
        tell_key(call, list[i]);
        signing_key_unpin(&list[i]);
    }
    xfree(&list);
    return EXIT_OK;
}

enum control_exit control_signing_remove(struct control_call *call, struct err *err)
{
    struct span domain = control_argument(call, "domain");
    int removed =
        signing_keys_remove(keys_of_gate(), domain, control_argument(call, "selector"), err);

    if (removed > 0)
        return EXIT_OK;
    if (removed == 0)
        err_set(err, "there is no such key of %.*s; milter-ctl domain keys shows them",
                SPAN_ARG(domain));
    return EXIT_INVALID;
}
