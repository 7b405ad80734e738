/* Memory that cannot fail: whoever asks either gets it or the process ends here. */
#include "base/xalloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

static void *checked(void *ptr, size_t size)
{
    if (ptr == NULL)
        log_fatal("out of memory: %zu more bytes were refused; give the process more memory",
                  size);
    return ptr;
}

/* A zero size still gives a pointer of its own, so that NULL never means two things. */
static size_t product(size_t count, size_t size)
{
    size_t total;

    if (__builtin_mul_overflow(count, size, &total))
        log_fatal("allocation of %zu times %zu bytes overflows", count, size);
    return total > 0 ? total : 1;
}

void *xmalloc(size_t size)
{
    size = product(1, size);
    return checked(malloc(size), size);
}

void *xcalloc(size_t count, size_t size)
{
    size_t total = product(count, size);

    return checked(calloc(1, total), total);
}

void *xrealloc(void *ptr, size_t size)
{
    size = product(1, size);
    return checked(realloc(ptr, size), size);
}

void *xreallocarray(void *ptr, size_t count, size_t size)
{
    return xrealloc(ptr, product(count, size));
}

char *xstrdup(const char *s)
{
    return xmemdup(s, strlen(s) + 1);
}

char *xstrndup(const char *s, size_t len)
{
    size_t n = strnlen(s, len);
    char *copy = xmalloc(n + 1);

    memcpy(copy, s, n);
    copy[n] = '\0';
    return copy;
}

void *xmemdup(const void *ptr, size_t size)
{
    void *copy = xmalloc(size);

    if (size > 0)
        memcpy(copy, ptr, size);
    return copy;
}

void xfree_ptr(void **pp)
{
    free(*pp);
    *pp = NULL;
}
