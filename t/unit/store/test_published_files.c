/* Overlay, routes and image files: read back as written, broken ones refused. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "store/list_file.h"
#include "store/overlay_file.h"
#include "store/routes_file.h"
#include "t/lib/suite.h"
#include "t/lib/temp_dir.h"

START_TEST(test_overlay)
{
    static const char text[] = "postgate-overlay 1 domain 2\n+.a.example\n-b.example\nend\n";
    struct arena *arena = arena_new();
    struct list_change *changes;
    struct str printed = STR_EMPTY;
    size_t count;
    struct err err;

    ck_assert_int_eq(
        overlay_file_parse(span_of(text), LIST_DOMAIN, arena, &changes, &count, &err), 0);
    ck_assert_uint_eq(count, 2);
    ck_assert(!changes[0].is_removed && changes[1].is_removed);
    overlay_file_print(&printed, LIST_DOMAIN, changes, count);
    ck_assert_str_eq(str_cstr(&printed), text);
    str_clear(&printed);
    arena_free(&arena);
}
END_TEST

static const char *const broken_overlays[] = {
    "",
    "postgate-overlay 1 domain 1\n",
    "postgate-overlay 1 domain 1\n+a.example\n",
    "postgate-overlay 1 domain 2\n+a.example\nend\n",
    "postgate-overlay 1 domain 0\n+a.example\nend\n",
    "postgate-overlay 1 domain 1\n+A.example\nend\n",
    "postgate-overlay 1 domain 1\na.example\nend\n",
    "postgate-overlay 1 domain 1\n+\nend\n",
    "postgate-overlay 1 domain 1\n+a b\nend\n",
    "postgate-overlay 1 ip 1\n+10.0.0.0/8\nend\n",
    "postgate-overlay 2 domain 0\nend\n",
    "postgate-overlay 1 domain 40001\nend\n",
    "postgate-overlay 1 domain 4000\n+a.example\nend\n",
    "postgate-overlay 1 domain 0\nend\n ",
};

START_TEST(test_broken_overlays)
{
    for (size_t i = 0; i < COUNT_OF(broken_overlays); i++) {
        struct arena *arena = arena_new();
        struct list_change *changes;
        size_t count;
        struct err err;

        ck_assert_msg(overlay_file_parse(span_of(broken_overlays[i]), LIST_DOMAIN, arena,
                                         &changes, &count, &err) == -1,
                      "taken: %s", broken_overlays[i]);
        arena_free(&arena);
    }
}
END_TEST

START_TEST(test_routes)
{
    static const char text[] = "postgate-routes 1 2\n"
                               "domain a.example\nhop 2001:db8::1 25 2001:db8::1\n"
                               "domain b.example\nhop m.internal 2525 192.0.2.1 192.0.2.2\n"
                               "hop n.internal 25\nend\n";
    struct arena *arena = arena_new();
    struct published_route *routes, swapped[2];
    struct str printed = STR_EMPTY;
    size_t count;
    struct err err;

    ck_assert_msg(routes_file_parse(span_of(text), arena, &routes, &count, &err) == 0, "%s",
                  err.text);
    ck_assert_uint_eq(count, 2);
    ck_assert(routes[0].hops[0].hop.is_address);
    ck_assert_uint_eq(routes[1].hop_count, 2);
    ck_assert_uint_eq(routes[1].hops[0].address_count, 2);
    ck_assert_uint_eq(routes[1].hops[1].address_count, 0);
    swapped[0] = routes[1];
    swapped[1] = routes[0];
    routes_file_print(&printed, swapped, 2);
    ck_assert_str_eq(str_cstr(&printed), text);
    str_clear(&printed);
    arena_free(&arena);
}
END_TEST

static const char *const broken_routes[] = {
    "",
    "postgate-routes 1 1\nend\n",
    "postgate-routes 1 1\ndomain a.example\nend\n",
    "postgate-routes 1 1\ndomain A.example\nhop m.internal 25\nend\n",
    "postgate-routes 1 1\ndomain a.example\nhop m.internal 0\nend\n",
    "postgate-routes 1 1\ndomain a.example\nhop m.internal 25 nowhere\nend\n",
    "postgate-routes 1 1\ndomain a.example\nhop m.internal\nend\n",
    "postgate-routes 1 1\ndomain a.example\nhop M.internal 25\nend\n",
    "postgate-routes 1 1\ndomain a.example\nhop 2001:DB8::1 25\nend\n",
    "postgate-routes 1 2\ndomain b.example\nhop m 25\ndomain a.example\nhop m 25\nend\n",
    "postgate-routes 1 2\ndomain a.example\nhop m 25\ndomain a.example\nhop m 25\nend\n",
    "postgate-routes 1 100000\ndomain a.example\nhop m 25\nend\n",
    "postgate-routes 1 0\n",
};

START_TEST(test_broken_routes)
{
    for (size_t i = 0; i < COUNT_OF(broken_routes); i++) {
        struct arena *arena = arena_new();
        struct published_route *routes;
        size_t count;
        struct err err;

        ck_assert_msg(
            routes_file_parse(span_of(broken_routes[i]), arena, &routes, &count, &err) == -1,
            "taken: %s", broken_routes[i]);
        arena_free(&arena);
    }
}
END_TEST

START_TEST(test_image_file)
{
    const struct span items[] = {SPAN("10.0.0.0/8"), SPAN("192.0.2.1")};
    char dir[200], path[300];
    struct list_file *file;
    uint64_t bytes;
    struct stat st;
    struct ip ip;
    struct err err;

    temp_dir_make(dir);
    snprintf(path, sizeof(path), "%s/nets-2.image", dir);
    ck_assert_int_eq(list_file_write(path, LIST_IP, items, 2, &bytes, &err), 0);
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_uint_eq((uint64_t)st.st_size, bytes);
    ck_assert_int_eq(st.st_mode & 0777, 0640);
    file = list_file_map(path, bytes, &err);
    ck_assert_msg(file != NULL, "%s", err.text);
    /* replaced and removed while it is mapped */
    ck_assert_int_eq(list_file_write(path, LIST_IP, items, 1, NULL, &err), 0);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert(ip_parse(SPAN("192.0.2.1"), &ip));
    ck_assert(list_holds_ip(list_file_image(file), NULL, &ip, NULL));
    ck_assert_uint_eq(list_image_count(list_file_image(file)), 2);
    list_file_unmap(&file);
    temp_dir_remove(dir);
}
END_TEST

START_TEST(test_broken_image_file)
{
    const struct span items[] = {SPAN("10.0.0.0/8")};
    char dir[200], path[300];
    uint64_t bytes;
    struct err err;

    temp_dir_make(dir);
    snprintf(path, sizeof(path), "%s/nets-2.image", dir);
    ck_assert_ptr_null(list_file_map(path, 100, &err));
    ck_assert_int_eq(list_file_write(path, LIST_IP, items, 1, &bytes, &err), 0);
    ck_assert_ptr_null(list_file_map(path, bytes + 1, &err));
    ck_assert_msg(strstr(err.text, "the manifest says") != NULL, "%s", err.text);
    ck_assert_int_eq(file_replace(path, SPAN("no image at all"), 0640, &err), 0);
    ck_assert_ptr_null(list_file_map(path, 15, &err));
    ck_assert_msg(strstr(err.text, path) != NULL, "%s", err.text);
    temp_dir_remove(dir);
}
END_TEST

SUITE_MAIN("published_files", test_overlay, test_broken_overlays, test_routes,
           test_broken_routes, test_image_file, test_broken_image_file)
