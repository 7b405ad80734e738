/* cluster/members: what entries of the ledger do to the table, which signatures count, and what is refused. */
#include "policyd/cluster/members.h"

#include <stdio.h>
#include <sys/stat.h>

#include "conf/settings.h"
#include "policyd/cluster/cluster.h"
#include "store/cluster_key.h"
#include "t/lib/suite.h"
#include "t/lib/temp_dir.h"

static char dir[200];
static struct settings settings = {.state_dir = dir, .cluster_key_file = ""};
static struct err err;

const struct settings *cluster_settings(void)
{
    return &settings;
}

#define A64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B64 "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define C64 "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
#define NODE(id, number, name, sign, seal)                                                     \
    "{\"verb\":\"node\",\"id\":\"" id "\",\"number\":" number ",\"name\":\"" name              \
    "\",\"sign\":\"" sign "\",\"seal\":\"" seal "\"}"
#define ID1 "1111111111111111"
#define ID2 "2222222222222222"
#define ID3 "3333333333333333"
#define BEGIN                                                                                  \
    "{\"verb\":\"begin\",\"signers\":[\"" A64 "\"],\"nodes\":[{\"id\":\"" ID1                  \
    "\",\"number\":1,\"name\":\"gate1\",\"sign\":\"" A64 "\",\"seal\":\"" B64 "\"}]}"

static int apply(uint64_t number, const char *text)
{
    const struct envelope e = {.number = number, .base = 1, .time_ms = (int64_t)number * 1000};

    err_reset(&err);
    return members_apply(&e, span_of(text), &err);
}

static void begin(void)
{
    members_reset();
    ck_assert_msg(apply(1, BEGIN) == 0, "%s", err.text);
}

static void key_id(const char *hex, char id_r[SIGN_ID_SIZE])
{
    uint8_t public_key[SIGN_PUBLIC_SIZE];

    ck_assert(hash_unhex(span_of(hex), public_key, sizeof public_key));
    sign_id(public_key, id_r);
}

START_TEST(test_nodes)
{
    struct member member, *all;

    begin();
    ck_assert_int_eq(apply(2, NODE(ID2, "2", "gate2", A64, B64)), 0);
    ck_assert_int_eq(apply(2, NODE(ID2, "2", "gate2", A64, B64)), 0); /* again */
    ck_assert(members_by_id(ID2, &member));
    ck_assert_str_eq(member.name, "gate2");
    ck_assert_int_eq(member.since_ms, 2000);
    ck_assert(members_by_number(1, &member));
    ck_assert_str_eq(member.id, ID1);
    ck_assert(members_by_name(SPAN("GATE2"), &member, &err));
    ck_assert(members_by_name(SPAN(ID2), &member, &err));
    ck_assert(!members_by_name(SPAN("gate9"), &member, &err));
    members_note_name(ID1, ID2); /* calls itself as another one's id is */
    ck_assert(members_by_name(SPAN(ID2), &member, &err));
    ck_assert_str_eq(member.id, ID2);
    members_note_name(ID1, "mx1");
    ck_assert(members_by_name(SPAN("mx1"), &member, &err));
    ck_assert_int_eq(apply(3, NODE(ID3, "3", "gate2", A64, B64)), 0);
    ck_assert(!members_by_name(SPAN("gate2"), &member, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "2 nodes"));
    ck_assert_uint_eq(members_free_number(), 4);
    ck_assert_int_eq(apply(4, "{\"verb\":\"forget\",\"id\":\"" ID2 "\"}"), 0);
    ck_assert(members_by_name(SPAN("gate2"), &member, &err));
    ck_assert_str_eq(member.id, ID3);
    ck_assert(members_by_id(ID2, &member) && member.is_forgotten);
    ck_assert_uint_eq(members_all(&all), 2);
    free(all);
    ck_assert_uint_eq(members_free_number(),
                      4); /* not a forgotten one's while there are others */
    members_reset();
    ck_assert(!members_by_id(ID1, &member));
}
END_TEST

START_TEST(test_refused)
{
    static const struct {
        const char *text, *says;
    } rows[] = {
        {"", "verb"},
        {"[]", "verb"},
        {"{\"verb\":3}", "verb"},
        {"{\"verb\":\"node\",\"verb\":\"key\"}", "verb"},
        {BEGIN, "first entry"},
        {NODE("1", "2", "x", A64, B64), "16 hexadecimal"},
        {NODE("111111111111111G", "2", "x", A64, B64), "16 hexadecimal"},
        {NODE(ID2, "0", "x", A64, B64), "number"},
        {NODE(ID2, "-1", "x", A64, B64), "number"},
        {NODE(ID2, "65537", "x", A64, B64), "number"},
        {NODE(ID2, "4001", "x", A64, B64), "number"},
        {NODE(ID2, "1", "x", A64, B64), "is the node gate1's"},
        {NODE(ID1, "1", "x", B64, B64), "other keys"},
        {NODE(ID2, "2", "", A64, B64), "name"},
        {NODE(ID2, "2", "a b", A64, B64), "name"},
        {NODE(ID2, "2", "a\\u0000b", A64, B64), "verb"},
        {NODE(ID2, "2", "\\u001b[1m", A64, B64), "name"},
        {NODE(ID2, "2", "x", "aa", B64), "keys"},
        {"{\"verb\":\"forget\",\"id\":\"x\"}", "16 hexadecimal"},
        {"{\"verb\":\"signer\",\"public\":\"x\"}", "64 hexadecimal"},
        {"{\"verb\":\"signer\",\"public\":\"" B64 "\",\"retire\":[3]}", "16 hexadecimal"},
        {"{\"verb\":\"signer\",\"public\":\"" B64 "\",\"retire\":[\"" ID1 "\"]}",
         "no signing key"},
        {"{\"verb\":\"key\",\"generation\":0}", "generation"},
    };
    struct member *all;

    begin();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ck_assert_msg(apply(2, rows[i].text) == -1, "row %zu: %s", i, rows[i].text);
        ck_assert_msg(strstr(err.text, rows[i].says) != NULL, "row %zu: %s", i, err.text);
    }
    ck_assert_uint_eq(members_all(&all), 1);
    free(all);
    ck_assert_int_eq(apply(2, "{\"verb\":\"dance\",\"x\":1}"), 0); /* a later release's */
}
END_TEST

/* A retired key's entries stay good up to where it was retired; what it signs afterwards is not. */
START_TEST(test_signers)
{
    char a[SIGN_ID_SIZE], b[SIGN_ID_SIZE], c[SIGN_ID_SIZE];
    struct str text = STR_EMPTY;
    uint8_t public_key[SIGN_PUBLIC_SIZE];

    begin();
    key_id(A64, a);
    key_id(B64, b);
    key_id(C64, c);
    ck_assert(members_signer(a, SPAN("rules"), 100, public_key));
    ck_assert(!members_signer(b, SPAN("rules"), 1, public_key));
    str_printf(&text,
               "{\"verb\":\"signer\",\"public\":\"" B64 "\",\"retire\":[\"%s\"],\"heads\":{"
               "\"rules\":17}}",
               a);
    ck_assert_msg(apply(2, text.ptr) == 0, "%s", err.text);
    ck_assert(members_signer(b, SPAN("rules"), 18, public_key));
    ck_assert_int_eq(public_key[0], 0xbb);
    ck_assert(members_signer(a, SPAN("rules"), 17, public_key));
    ck_assert(!members_signer(a, SPAN("rules"), 18, public_key));
    ck_assert(!members_signer(a, SPAN("list/new"), 1, public_key));
    ck_assert(members_signer(a, SPAN("members"), 2, public_key));
    ck_assert(!members_signer(a, SPAN("members"), 3, public_key));
    ck_assert_int_eq(apply(2, text.ptr), 0); /* again */
    ck_assert(members_signer(a, SPAN("rules"), 17, public_key));
    ck_assert(!members_signer(c, SPAN("rules"), 1, public_key));
    str_clear(&text);
}
END_TEST

START_TEST(test_first_signer)
{
    struct envelope e = {.number = 1};
    uint8_t public_key[SIGN_PUBLIC_SIZE];

    key_id(A64, e.signer);
    ck_assert(members_first_signer(&e, SPAN(BEGIN), public_key));
    key_id(B64, e.signer);
    ck_assert(!members_first_signer(&e, SPAN(BEGIN), public_key));
    ck_assert(!members_first_signer(&e, SPAN("x"), public_key));
}
END_TEST

/* A new cluster key opens where it is sealed to, once, and the one before is kept. */
START_TEST(test_key)
{
    struct identity own = {.cluster = "mail", .id = ID1, .name = "gate1", .number = 1};
    struct str sealed = STR_EMPTY, text = STR_EMPTY;
    struct cluster_key key = {.count = 1, .node = 1, .of = {{.generation = 1}}};
    uint8_t master[HASH_KEY_SIZE];

    temp_dir_make(dir);
    begin();
    sign_key_new(&own.sign);
    seal_key_new(&own.seal);
    ck_assert_msg(identity_store(dir, &own, &err) == 0, "%s", err.text);
    ck_assert_int_eq(cluster_key_store(&settings, &key, &err), 0);
    memset(master, 9, sizeof master);
    seal_to(&sealed, own.seal.public, SPAN("cluster key 2"), span_from(master, sizeof master));
    str_adds(&text, "{\"verb\":\"key\",\"generation\":2,\"sealed\":{\"" ID1 "\":\"");
    hash_base64(&text, str_span(&sealed));
    str_adds(&text, "\"}}");
    ck_assert_msg(apply(2, text.ptr) == 0, "%s", err.text);
    ck_assert_int_eq(apply(2, text.ptr), 0);
    ck_assert_int_eq(cluster_key_load(&settings, &key, &err), 1);
    ck_assert_uint_eq(key.count, 2);
    ck_assert_uint_eq(key.of[0].generation, 2);
    ck_assert_mem_eq(key.of[0].master, master, sizeof master);
    ck_assert_uint_eq(key.of[1].generation, 1);
    /* sealed to others only; not opened; damaged */
    ck_assert_int_eq(apply(3, "{\"verb\":\"key\",\"generation\":3,\"sealed\":{}}"), 0);
    ck_assert_int_eq(
        apply(3, "{\"verb\":\"key\",\"generation\":3,\"sealed\":{\"" ID1 "\":\"AAAA\"}}"), -1);
    ck_assert_int_eq(cluster_key_load(&settings, &key, &err), 1);
    ck_assert_uint_eq(key.of[0].generation, 2);
    str_clear(&sealed);
    str_clear(&text);
    temp_dir_remove(dir);
}
END_TEST

START_TEST(test_identity)
{
    struct identity own = {.cluster = "mail", .id = ID1, .name = "gate1", .number = 12}, got;
    char path[NODE_NAME_SIZE], file[300];

    temp_dir_make(dir);
    ck_assert_int_eq(identity_load(dir, "mail", &err), 0);
    ck_assert(!identity_get(&got));
    sign_key_new(&own.sign);
    seal_key_new(&own.seal);
    sign_key_new(&own.signing);
    own.has_signing_key = true;
    ck_assert_int_eq(identity_store(dir, &own, &err), 0);
    ck_assert_msg(identity_load(dir, "mail", &err) == 1, "%s", err.text);
    ck_assert(identity_get(&got));
    ck_assert_uint_eq(got.number, 12);
    ck_assert_mem_eq(&got.sign, &own.sign, sizeof own.sign);
    ck_assert_mem_eq(&got.seal, &own.seal, sizeof own.seal);
    ck_assert(got.has_signing_key);
    ck_assert_mem_eq(&got.signing, &own.signing, sizeof own.signing);
    ck_assert_uint_eq(strlen(got.boot), 16);
    ck_assert_int_eq(identity_load(dir, "other", &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "cluster_name is other"));
    snprintf(file, sizeof file, "%s/cluster/node", dir);
    ck_assert_int_eq(chmod(file, 0640), 0);
    ck_assert_int_eq(identity_load(dir, "mail", &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "chmod 0600"));
    ck_assert_int_eq(chmod(file, 0600), 0);
    identity_retire_signing();
    ck_assert(identity_get(&got) && !got.has_signing_key);
    ck_assert_int_eq(identity_leave(dir, path, &err), 0);
    ck_assert(!identity_get(&got));
    ck_assert_int_eq(identity_load(dir, "mail", &err), 0);
    ck_assert_int_eq(access(path, F_OK), 0);
    temp_dir_remove(dir);
}
END_TEST

SUITE_MAIN("members", test_nodes, test_refused, test_signers, test_first_signer, test_key,
           test_identity)
