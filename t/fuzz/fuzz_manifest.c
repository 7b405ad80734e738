/* fuzz_manifest: what policyd publishes, read by both daemons. The first byte chooses manifest, overlay or routes; what is taken must be printed
 * as it was read. */
#include <stdlib.h>

#include "store/manifest.h"
#include "store/overlay_file.h"
#include "store/routes_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect_same(struct span text, struct str *printed)
{
    if (!span_equal(text, str_span(printed)))
        abort();
    str_clear(printed);
}

static void read_manifest(struct span text)
{
    struct manifest *manifest;
    struct str printed = STR_EMPTY, again = STR_EMPTY;
    struct err err;

    if (manifest_parse(text, &manifest, &err) < 0)
        return;
    /* numbers may have been written with leading zeros, digests in upper case: the second time they are not */
    manifest_print(&printed, manifest);
    manifest_free(&manifest);
    if (manifest_parse(str_span(&printed), &manifest, &err) < 0)
        abort();
    manifest_print(&again, manifest);
    expect_same(str_span(&printed), &again);
    str_clear(&printed);
    manifest_free(&manifest);
}

static void read_overlay(struct span text)
{
    static const enum list_type types[] = {LIST_IP, LIST_DOMAIN, LIST_ADDRESS, LIST_STRING};
    struct arena *arena = arena_new();
    struct list_overlay *overlay;
    struct list_change *changes;
    size_t count;
    struct err err;

    for (size_t i = 0; i < 4; i++)
        if (overlay_file_parse(text, types[i], arena, &changes, &count, &err) == 0) {
            overlay = list_overlay_new(types[i], changes, count);
            list_overlay_free(&overlay);
        }
    arena_free(&arena);
}

static void read_routes(struct span text)
{
    struct arena *arena = arena_new();
    struct published_route *routes;
    struct str printed = STR_EMPTY, again = STR_EMPTY;
    size_t count;
    struct err err;

    if (routes_file_parse(text, arena, &routes, &count, &err) == 0) {
        routes_file_print(&printed, routes, count);
        if (routes_file_parse(str_span(&printed), arena, &routes, &count, &err) < 0)
            abort();
        routes_file_print(&again, routes, count);
        expect_same(str_span(&printed), &again);
    }
    str_clear(&printed);
    arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const readers[])(struct span text) = {read_manifest, read_overlay,
                                                        read_routes};

    if (size > 0)
        readers[data[0] % 3](span_from(data + 1, size - 1));
    return 0;
}
