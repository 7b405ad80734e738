/* signing_key_file.c - DOMAIN/SELECTOR.key and its mark SELECTOR.published, below STATE_DIR/milter/dkim. */
#include "milter/signing_key_file.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/xalloc.h"

#define KEY_END       ".key"
#define PUBLISHED_END ".published"
#define KEYS_PER_DIR  256 /* of one domain; more are not read */

char *signing_key_dir(const char *state_dir)
{
    return file_path(state_dir, "milter/dkim");
}

/* RFC 6376 section 3.6.1, RFC 8463 section 4.2. */
static void write_record(struct signing_key *key)
{
    struct str bytes = STR_EMPTY;

    private_key_public(key->private_key, &bytes);
    str_printf(&key->record, "v=DKIM1; k=%s; p=",
               private_key_kind(key->private_key) == PRIVATE_KEY_RSA ? "rsa" : "ed25519");
    hash_base64(&key->record, str_span(&bytes));
    str_clear(&bytes);
}

static char *published_path(const struct signing_key *key)
{
    struct str path = STR_EMPTY;

    str_add(&path, span_from(key->path, strlen(key->path) - strlen(KEY_END)));
    str_adds(&path, PUBLISHED_END);
    return str_take(&path);
}

/* Takes private_key over. */
static struct signing_key *key_new(const char *dir, const char *domain, const char *selector,
                                   struct private_key *private_key)
{
    struct signing_key *key = xcalloc(1, sizeof *key);
    struct str path = STR_EMPTY;

    snprintf(key->domain, sizeof key->domain, "%s", domain);
    snprintf(key->selector, sizeof key->selector, "%s", selector);
    key->private_key = private_key;
    str_printf(&path, "%s/%s/%s" KEY_END, dir, domain, selector);
    key->path = str_take(&path);
    atomic_init(&key->references, 1);
    if (private_key != NULL)
        write_record(key);
    return key;
}

struct signing_key *signing_key_make(const char *dir, const char *domain, const char *selector,
                                     struct private_key *private_key, struct err *err)
{
    struct signing_key *key = key_new(dir, domain, selector, private_key);
    char *of_domain = file_path(dir, domain);
    struct str pem = STR_EMPTY;

    key->made = clock_now_ms();
    private_key_write(private_key, &pem);
    if (file_make_dir(dir, 0700, err) != 0 || file_make_dir(of_domain, 0700, err) != 0 ||
        file_replace(key->path, str_span(&pem), 0600, err) != 0)
        signing_key_unpin(&key);
    str_wipe(&pem);
    xfree(&of_domain);
    return key;
}

void signing_key_note(struct signing_key *key)
{
    char *path;
    struct err err;

    if (atomic_exchange(&key->is_noted, true))
        return;
    err_reset(&err);
    path = published_path(key);
    if (file_replace(path, SPAN("its record was seen in DNS\n"), 0600, &err) != 0)
        log_warn("DKIM key %s of %s: %s", key->selector, key->domain, err.text);
    xfree(&path);
}

int signing_key_remove(const struct signing_key *key, struct err *err)
{
    char *published = published_path(key);
    int rc = file_remove(key->path);

    if (rc != 0)
        err_set(err, "%s: %s", key->path, strerror(errno));
    else
        (void)file_remove(published);
    xfree(&published);
    return rc;
}

/* NULL after a warning. */
static struct signing_key *key_read(const char *dir, const char *domain, const char *selector)
{
    struct signing_key *key = key_new(dir, domain, selector, NULL);
    struct private_key *private_key = NULL;
    struct str pem = STR_EMPTY;
    struct stat st;
    struct err err;

    err_reset(&err);
    if (file_read(key->path, PRIVATE_KEY_PEM_MAX, &pem, &err) == 0)
        private_key = private_key_read(str_span(&pem), &err);
    str_wipe(&pem);
    if (private_key == NULL) {
        log_warn("%s is left out, mail is not signed with it: %s", key->path, err.text);
        signing_key_unpin(&key);
        return NULL;
    }
    key->private_key = private_key;
    write_record(key);
    if (stat(key->path, &st) == 0)
        key->made = (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000;
    char *published = published_path(key);
    atomic_store(&key->is_noted, access(published, F_OK) == 0);
    atomic_store(&key->is_published, atomic_load(&key->is_noted));
    xfree(&published);
    return key;
}

/* Names that we would have written ourselves. */
static bool is_name(const char *name, const char *domain_r)
{
    return name[0] != '.' && strcmp(name, domain_r) == 0;
}

static void read_domain(const char *dir, const char *domain,
                        void (*take)(void *ctx, struct signing_key *key), void *ctx)
{
    char *path = file_path(dir, domain);
    DIR *entries = opendir(path);
    struct dirent *entry;
    size_t count = 0;

    while (entries != NULL && count < KEYS_PER_DIR && (entry = readdir(entries)) != NULL) {
        struct span name = span_of(entry->d_name);
        char selector[DOMAIN_SIZE], text[DOMAIN_SIZE];
        if (!span_ends(name, SPAN(KEY_END)) || name.len >= sizeof text)
            continue;
        snprintf(text, sizeof text, "%.*s", (int)(name.len - strlen(KEY_END)), name.ptr);
        if (!domain_normalize(span_of(text), selector) || !is_name(text, selector) ||
            strlen(selector) >= SIGNING_SELECTOR_SIZE)
            continue;
        struct signing_key *key = key_read(dir, domain, selector);
        if (key != NULL)
            take(ctx, key);
        count++;
    }
    if (entries != NULL)
        closedir(entries);
    xfree(&path);
}

int signing_key_read_all(const char *dir, void (*take)(void *ctx, struct signing_key *key),
                         void *ctx, struct err *err)
{
    DIR *domains = opendir(dir);
    struct dirent *entry;

    if (domains == NULL)
        return errno == ENOENT ? 0 : err_set(err, "%s: %s", dir, strerror(errno));
    while ((entry = readdir(domains)) != NULL) {
        char domain[DOMAIN_SIZE];
        if (domain_normalize(span_of(entry->d_name), domain) && is_name(entry->d_name, domain))
            read_domain(dir, domain, take, ctx);
    }
    closedir(domains);
    return 0;
}
