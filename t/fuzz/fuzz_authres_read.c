/* Reading Authentication-Results: any value reads or does not; whatever reads lies within the limits and is ours when it says our id. */
#include <stdlib.h>

#include "mail/authres_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* As the setting authserv_id may be written. */
static bool is_plain(struct span id)
{
    for (size_t i = 0; i < id.len; i++)
        if (id.ptr[i] <= 0x20 || id.ptr[i] >= 0x7f || strchr("()<>,;\\\"?=", id.ptr[i]) != NULL)
            return false;
    return id.len <= 255;
}

static void read_as(struct span value, enum authres_kind kind)
{
    struct arena *arena = arena_new();
    struct authres a;
    struct authres_result one;

    if (authres_read(value, kind, arena, &a, NULL) == 0) {
        if (a.count > AUTHRES_RESULTS_MAX || a.id.len == 0)
            abort();
        if (kind == AUTHRES_OF_ARC && (a.instance == 0 || a.instance > AUTHRES_INSTANCE_MAX))
            abort();
        for (size_t i = 0; i < a.count; i++)
            if (a.results[i].property_count > AUTHRES_PROPERTIES_MAX ||
                a.results[i].method.len == 0)
                abort();
        /* What may be believed as ours is never overlooked by the removal. */
        if (is_plain(a.id) && !authres_claims(value, kind, &a.id, 1))
            abort();
    }
    (void)authres_read_result(value, arena, &one, NULL);
    arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_as(span_from(data, size), AUTHRES_PLAIN);
    read_as(span_from(data, size), AUTHRES_OF_ARC);
    return 0;
}
