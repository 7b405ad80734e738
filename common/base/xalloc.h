/* Memory that cannot fail: out of memory logs once and ends the process, in one place.
 * Sizes must be bounded by the caller before they get here; hostile input never decides a size unchecked. */
#ifndef BASE_XALLOC_H
#define BASE_XALLOC_H
#include <stddef.h>

void *xmalloc(size_t size);
void *xcalloc(size_t count,
              size_t size); /* zeroed; an overflow of count * size ends the process */
void *xrealloc(void *ptr, size_t size);
void *xreallocarray(void *ptr, size_t count, size_t size);
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t len);
void *xmemdup(const void *ptr, size_t size);
/* Frees what *pp points to and leaves NULL there; NULL is fine. Use as xfree(&p). */
#define xfree(pp) xfree_ptr((void **)(pp))
void xfree_ptr(void **pp);
#endif
