/* redis_tls.c - contexts and sessions of OpenSSL. */
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include "base/ipnet.h"
#include "policyd/cluster/redis_tls.h"

static int fail(struct err *err, const char *what, const char *file)
{
    char text[200];

    ERR_error_string_n(ERR_peek_last_error(), text, sizeof text);
    ERR_clear_error();
    return err_set(err, "%s %s cannot be used: %s", what, file, text);
}

static int load(SSL_CTX *tls, const char *ca_file, const char *certificate_file,
                const char *key_file, struct err *err)
{
    if (*ca_file == '\0' ? SSL_CTX_set_default_verify_paths(tls) != 1
                         : SSL_CTX_load_verify_locations(tls, ca_file, NULL) != 1)
        return fail(err, "the authorities", *ca_file == '\0' ? "of the system" : ca_file);
    if (*certificate_file == '\0')
        return 0;
    if (SSL_CTX_use_certificate_chain_file(tls, certificate_file) != 1)
        return fail(err, "the certificate", certificate_file);
    if (*key_file == '\0')
        key_file = certificate_file; /* both in one file */
    if (SSL_CTX_use_PrivateKey_file(tls, key_file, SSL_FILETYPE_PEM) != 1)
        return fail(err, "the key", key_file);
    return 0;
}

SSL_CTX *redis_tls_new(const char *ca_file, const char *certificate_file, const char *key_file,
                       struct err *err)
{
    SSL_CTX *tls;

    ERR_clear_error();
    tls = SSL_CTX_new(TLS_client_method());
    if (tls == NULL) {
        fail(err, "TLS", "of OpenSSL");
        return NULL;
    }
    SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION);
    SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, NULL);
    if (load(tls, ca_file, certificate_file, key_file, err) != 0) {
        SSL_CTX_free(tls);
        return NULL;
    }
    return tls;
}

SSL *redis_tls_session(SSL_CTX *tls, const char *host, struct err *err)
{
    SSL *session = SSL_new(tls);
    struct ip ip;
    bool is_set;

    if (session == NULL) {
        err_set(err, "OpenSSL gives no session");
        return NULL;
    }
    if (ip_parse(span_of(host), &ip)) /* addresses are no server names (RFC 6066 section 3) */
        is_set = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), host) == 1;
    else
        is_set = SSL_set1_host(session, host) == 1 &&
                 SSL_ctrl(session, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                          (void *)(uintptr_t)host) == 1;
    if (!is_set) {
        SSL_free(session);
        err_set(err, "`%s` cannot be the name in a certificate", host);
        return NULL;
    }
    return session;
}

bool redis_tls_why(SSL *session, unsigned long code, struct err *err)
{
    long verified = SSL_get_verify_result(session);
    const char *reason = code != 0 ? ERR_reason_error_string(code) : NULL;

    ERR_clear_error();
    if (verified != X509_V_OK)
        err_set(err, "its certificate is not accepted: %s",
                X509_verify_cert_error_string(verified));
    else if (reason != NULL)
        err_set(err, "TLS: %s", reason);
    return verified != X509_V_OK || reason != NULL;
}
