/* opendkim_lib.c - the calls of libopendkim in the order it wants them. One library handle for all. */
#include "t/lib/opendkim_lib.h"
#include <check.h>
#include <stdio.h>
#include <sys/types.h>
#include <dkim.h>
#include "base/arena.h"
#include "mail/dkim_header.h"

static DKIM_LIB *lib;
static const char *the_record;

static DKIM_CBSTAT look_up(DKIM *dkim, DKIM_SIGINFO *sig, unsigned char *buf, size_t size)
{
    (void)dkim, (void)sig;
    snprintf((char *)buf, size, "%s", the_record);
    return DKIM_CBSTAT_CONTINUE;
}

static void open_lib(void)
{
    if (lib != NULL)
        return;
    lib = dkim_init(NULL, NULL);
    ck_assert_ptr_nonnull(lib);
    ck_assert_int_eq(dkim_set_key_lookup(lib, look_up), DKIM_STAT_OK);
}

/* It wants fields without their line ends, then the body. */
static DKIM_STAT feed(DKIM *dkim, struct span message)
{
    struct arena *arena = arena_new();
    struct dkim_header header;
    struct span body;
    DKIM_STAT status = DKIM_STAT_OK;
    _Bool is_test = false;

    dkim_header_read(message, arena, &header, &body);
    for (size_t i = 0; i < header.count && status == DKIM_STAT_OK; i++) {
        struct span name = header.fields[i].name, value = header.fields[i].value;

        status = dkim_header(dkim, (u_char *)(uintptr_t)(const void *)name.ptr,
                             (size_t)(value.ptr + value.len - name.ptr));
    }
    if (status == DKIM_STAT_OK)
        status = dkim_eoh(dkim);
    if (status == DKIM_STAT_OK && body.len > 0)
        status = dkim_body(dkim, (u_char *)(uintptr_t)(const void *)body.ptr, body.len);
    if (status == DKIM_STAT_OK)
        status = dkim_eom(dkim, &is_test);
    arena_free(&arena);
    return status;
}

static dkim_canon_t canon(enum dkim_canon of)
{
    return of == DKIM_RELAXED ? DKIM_CANON_RELAXED : DKIM_CANON_SIMPLE;
}

void opendkim_sign(const struct opendkim_how *how, struct span message, struct str *out)
{
    DKIM_STAT status;
    DKIM *dkim;
    u_char *field = NULL;
    size_t len = 0;

    open_lib();
    dkim = dkim_sign(lib, (const u_char *)"id", NULL, (dkim_sigkey_t)(uintptr_t)how->pem,
                     (const u_char *)how->selector, (const u_char *)how->domain,
                     canon(how->header), canon(how->body), DKIM_SIGN_RSASHA256, -1, &status);
    ck_assert_msg(dkim != NULL, "dkim_sign: %s", dkim_getresultstr(status));
    status = feed(dkim, message);
    ck_assert_msg(status == DKIM_STAT_OK, "signing \"%.*s\": %s: %s", SPAN_ARG(message),
                  dkim_getresultstr(status),
                  dkim_geterror(dkim) != NULL ? dkim_geterror(dkim) : "");
    ck_assert_int_eq(dkim_getsighdr_d(dkim, sizeof "DKIM-Signature: " - 1, &field, &len),
                     DKIM_STAT_OK);
    str_adds(out, "DKIM-Signature: ");
    for (size_t i = 0; i < len; i++)
        if (field[i] != '\r')
            str_add(out, field[i] == '\n' ? SPAN("\r\n") : span_from(&field[i], 1));
    str_adds(out, "\r\n");
    dkim_free(dkim);
}

bool opendkim_verify(const char *record, struct span message)
{
    DKIM_STAT status;
    DKIM *dkim;

    open_lib();
    the_record = record;
    dkim = dkim_verify(lib, (const u_char *)"id", NULL, &status);
    ck_assert_ptr_nonnull(dkim);
    status = feed(dkim, message);
    dkim_free(dkim);
    return status == DKIM_STAT_OK;
}
