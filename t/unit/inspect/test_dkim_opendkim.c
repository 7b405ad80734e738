/* What libopendkim signs verifies here, in every canonical form, and the other way round; both see what was altered. Only RSA: what
 * Debian's libopendkim signs with Ed25519 it does not verify itself. */
#include "base/private_key.h"
#include "mail/dkim_signature.h"
#include "t/lib/opendkim_lib.h"
#include "t/lib/signed_case.h"
#include "t/lib/suite.h"

#define NAME "s1._domainkey.example.com"

static const char *const bodies[] = {
    "Hello,\r\n\r\nsee  you \t soon. \r\nAnn\r\n\r\n",
    "",
    "\r\n",
    "\r\n\r\n",
    " \t\r\n \r\n",
    "x \r\n \r\n\r\n",
    "\r\n\r\nx\r\n",
    "\xc3\xa9\xff\r\n",
};

struct signer {
    struct str pem, record;
    struct opendkim_how how;
};

static void make_signer(struct signer *signer_r)
{
    struct err err;
    struct private_key *key = private_key_new(PRIVATE_KEY_RSA, &err);
    struct str bytes = STR_EMPTY;

    memset(signer_r, 0, sizeof *signer_r);
    private_key_write(key, &signer_r->pem);
    private_key_public(key, &bytes);
    str_adds(&signer_r->record, "v=DKIM1; k=rsa; p=");
    hash_base64(&signer_r->record, str_span(&bytes));
    signer_r->how = (struct opendkim_how){
        .pem = str_cstr(&signer_r->pem), .selector = "s1", .domain = "example.com"};
    str_clear(&bytes);
    private_key_free(&key);
}

static int check(const struct signer *signer, struct span message)
{
    struct signed_cases cases = {.now = INT32_MAX};
    struct span record = str_span(&signer->record);
    struct arena *arena = arena_new();
    struct sender_result result;
    int found;

    signed_cases_add_key(&cases, NAME, &record, 1);
    signed_case_check(&cases, message, SPAN(""), arena, &result);
    ck_assert_uint_eq(result.signature_count, 1);
    found = result.signatures[0].result;
    signed_cases_clear(&cases);
    arena_free(&arena);
    return found;
}

static void check_one(struct signer *signer, const char *body)
{
    struct str plain = STR_EMPTY, message = STR_EMPTY;
    size_t at;

    str_printf(
        &plain,
        "From: Ann <ann@example.com>\r\nSubject: a  b\r\n\t c \r\nTo: x@y.example\r\n\r\n%s",
        body);
    opendkim_sign(&signer->how, str_span(&plain), &message);
    str_add(&message, str_span(&plain));
    ck_assert_msg(check(signer, str_span(&message)) == DKIM_PASS, "%d/%d: %s",
                  signer->how.header, signer->how.body, str_cstr(&message));
    ck_assert(opendkim_verify(str_cstr(&signer->record), str_span(&message)));
    ck_assert(span_find(str_span(&message), SPAN("Ann"), &at));
    message.ptr[at] = 'E';
    ck_assert_int_eq(check(signer, str_span(&message)), DKIM_FAIL);
    ck_assert(!opendkim_verify(str_cstr(&signer->record), str_span(&message)));
    str_clear(&plain);
    str_clear(&message);
}

START_TEST(test_rsa)
{
    struct signer signer;

    make_signer(&signer);
    for (int canons = 0; canons < 4; canons++)
        for (size_t i = 0; i < COUNT_OF(bodies); i++) {
            signer.how.header = (enum dkim_canon)(canons & 1);
            signer.how.body = (enum dkim_canon)(canons >> 1);
            check_one(&signer, bodies[i]);
        }
    str_clear(&signer.pem);
    str_clear(&signer.record);
}
END_TEST

SUITE_MAIN("dkim_opendkim", test_rsa)
