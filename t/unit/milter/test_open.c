/* test_open.c - what the sessions share, opened at a start: all of it or a reason; the hourly house-keeping; the socket, and its end. */
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/file.h"
#include "base/xalloc.h"
#include "engine/reload.h"
#include "milter/keys.h"
#include "milter/listen.h"
#include "milter/open.h"
#include "milter/releases.h"
#include "milter/signing_keys.h"
#include "store/decisions.h"
#include "t/lib/log_capture.h"
#include "t/lib/quarantine_samples.h"
#include "t/lib/set_clock.h"
#include "t/lib/suite.h"
#include "t/lib/temp_dir.h"

static char dir[200], quarantine_dir[220];
static struct settings settings = {.node_name = "gate1",
                                   .time_zone = "",
                                   .staging_listener = "",
                                   .resolver = "127.0.0.1@9",
                                   .dnssec_anchor_file = "",
                                   .dns_never_ask = "",
                                   .dns_timeout = 1000,
                                   .dnsbl_client_zones = "",
                                   .dnsbl_allow_zones = "",
                                   .dnsbl_sender_zones = "",
                                   .geoip_country = "",
                                   .geoip_asn = "",
                                   .trusted_authserv_ids = "",
                                   .state_dir = dir,
                                   .quarantine_dir = quarantine_dir,
                                   .quarantine_max_percent = 100,
                                   .quarantine_client_bytes = 1 << 30,
                                   .quarantine_days = 1,
                                   .decisions_days = 1,
                                   .decisions_max_bytes = 1 << 30};

static void begin(void)
{
    temp_dir_make(dir);
    snprintf(quarantine_dir, sizeof quarantine_dir, "%s/quarantine", dir);
}

static void end(struct gate *gate)
{
    keys_end();
    reload_stop();
    gate_close(gate);
    decisions_close(&gate->decisions);
    quarantine_close(&gate->quarantine);
    releases_free(&gate->releases);
    signing_keys_close(&gate->signing_keys);
    xfree(&gate);
    temp_dir_remove(dir);
}

START_TEST(test_open)
{
    static const uint8_t zeros[32];
    struct gate *gate;
    struct stat st;
    struct err err;

    begin();
    gate = gate_open(&settings, &err);
    ck_assert_msg(gate != NULL, "%s", err.text);
    ck_assert_ptr_nonnull(gate->decisions);
    ck_assert_ptr_nonnull(gate->quarantine);
    ck_assert_ptr_nonnull(gate->releases);
    ck_assert_mem_ne(gate->release_key, zeros, 32);
    ck_assert_mem_ne(gate->release_key, gate->trace.of[0], 32);
    ck_assert_int_eq(stat(quarantine_dir, &st), 0);
    ck_assert_int_eq(st.st_mode & 0777, 0700); /* nobody else reads others' mail */
    end(gate);
}
END_TEST

START_TEST(test_house)
{
    struct gate *gate;
    char id[QUARANTINE_ID_SIZE];
    struct err err;

    begin();
    gate = gate_open(&settings, &err);
    log_capture_begin();
    sample_put(gate->quarantine, id);
    gate_keep_house(gate);
    ck_assert_int_eq(sample_state(gate->quarantine, id), QUARANTINE_HELD);
    ck_assert_str_eq(log_capture_text(), "");
    set_clock(SET_CLOCK_BEGIN + 3 * SET_CLOCK_DAY);
    gate_keep_house(gate);
    ck_assert_int_eq(sample_state(gate->quarantine, id), 0);
    ck_assert_ptr_nonnull(strstr(log_capture_text(), "old message"));
    end(gate);
}
END_TEST

/* Each is named with what it needs. */
START_TEST(test_refused)
{
    struct settings broken = settings;
    char *path;
    struct err err;

    begin();
    broken.time_zone = "Europe/Zurrich";
    ck_assert_ptr_null(gate_open(&broken, &err));
    ck_assert_msg(strstr(err.text, "time_zone") != NULL, "%s", err.text);
    broken.time_zone = "";
    broken.state_dir = "/nowhere/at/all";
    ck_assert_ptr_null(gate_open(&broken, &err));
    ck_assert_msg(strstr(err.text, "/nowhere/at/all") != NULL, "%s", err.text);
    broken.state_dir = dir;
    broken.quarantine_dir = "/nowhere/quarantine";
    ck_assert_ptr_null(gate_open(&broken, &err));
    ck_assert_msg(strstr(err.text, "/nowhere/quarantine") != NULL, "%s", err.text);
    path = file_path(dir, "node.key");
    ck_assert_int_eq(file_replace(path, SPAN("short"), 0640, NULL), 0);
    ck_assert_ptr_null(gate_open(&settings, &err));
    ck_assert_msg(strstr(err.text, "node.key") != NULL, "%s", err.text);
    ck_assert_int_eq(file_replace(path, SPAN("01234567890123456789012345678901"), 0644, NULL),
                     0);
    ck_assert_int_eq(chmod(path, 0644), 0);
    ck_assert_ptr_null(gate_open(&settings, &err));
    ck_assert_msg(strstr(err.text, "everybody can read it; chmod 0640") != NULL, "%s",
                  err.text);
    xfree(&path);
    temp_dir_remove(dir);
}
END_TEST

START_TEST(test_socket)
{
    struct socket_address address = {.is_unix = true};
    struct sockaddr_un own = {.sun_family = AF_UNIX};
    int fd, client = socket(AF_UNIX, SOCK_STREAM, 0);
    struct pollfd quiet;
    struct err err;

    begin();
    snprintf(address.path, sizeof address.path, "%.90s/milter", dir);
    memcpy(own.sun_path, address.path, sizeof own.sun_path);
    fd = listen_open(&address, &err);
    ck_assert_msg(fd >= 0, "%s", err.text);
    ck_assert_int_eq(listen_open(&address, &err), -1);
    ck_assert_msg(strncmp(err.text, "milter_socket: ", 15) == 0, "%s", err.text);
    listen_close(fd, &address);
    ck_assert_int_eq(access(address.path, F_OK), -1);
    ck_assert_int_eq(connect(client, (const struct sockaddr *)&own, sizeof own), -1);
    quiet = (struct pollfd){.fd = fd, .events = POLLIN};
    ck_assert_int_eq(poll(&quiet, 1, 0), 0); /* libmilter polls on: nothing, no error */
    close(fd);
    close(client);
    temp_dir_remove(dir);
}
END_TEST

SUITE_MAIN("milter/open", test_open, test_house, test_refused, test_socket)
