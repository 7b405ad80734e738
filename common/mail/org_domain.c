/* org_domain.c - organisational domains, by the public suffix list (libpsl's only door). */
#include "mail/org_domain.h"
#include <libpsl.h>
#include <pthread.h>
#include "mail/domain.h"

static const psl_ctx_t *list;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* The system's file when it is newer than what libpsl was built with. Kept for the life of the process. */
static void list_read(void)
{
    list = psl_latest(NULL);
}

static const psl_ctx_t *list_get(void)
{
    pthread_once(&once, list_read);
    return list;
}

/* libpsl wants C strings. */
static const char *text_of(struct span domain, char buf[DOMAIN_SIZE])
{
    if (domain.len == 0 || domain.len >= DOMAIN_SIZE)
        return NULL;
    memcpy(buf, domain.ptr, domain.len);
    buf[domain.len] = '\0';
    return buf;
}

struct span org_domain(struct span domain)
{
    char buf[DOMAIN_SIZE];
    const char *text = text_of(domain, buf), *registered;

    if (text == NULL || list_get() == NULL)
        return domain;
    registered = psl_registrable_domain(list_get(), text);
    if (registered == NULL)
        return domain;
    return span_from(domain.ptr + (registered - text),
                     domain.len - (size_t)(registered - text));
}

bool org_domain_is_same(struct span a, struct span b)
{
    return span_iequal(org_domain(a), org_domain(b));
}

bool org_domain_is_suffix(struct span domain)
{
    char buf[DOMAIN_SIZE];
    const char *text = text_of(domain, buf);

    return text != NULL && list_get() != NULL && psl_is_public_suffix(list_get(), text);
}

bool org_domain_is_known(struct span domain)
{
    char buf[DOMAIN_SIZE];
    const char *text = text_of(domain, buf);

    return text != NULL && list_get() != NULL &&
           psl_is_public_suffix2(list_get(), text, PSL_TYPE_ANY | PSL_TYPE_NO_STAR_RULE);
}
