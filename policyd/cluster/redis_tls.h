/* TLS of the link: OpenSSL sessions that verify the chain and the name or address of whom they talk to. */
#ifndef CLUSTER_REDIS_TLS_H
#define CLUSTER_REDIS_TLS_H
#include <openssl/ssl.h>
#include "base/err.h"

/* ca "": the system's authorities; certificate and key "": none of our own. Read anew each time, so that renewed files count. NULL with a text. */
SSL_CTX *redis_tls_new(const char *ca_file, const char *certificate_file, const char *key_file,
                       struct err *err);
/* A session for that host: SNI, and the certificate must name it. */
SSL *redis_tls_session(SSL_CTX *tls, const char *host, struct err *err);
/* Why a handshake failed: the certificate, or the code that OpenSSL gave (0: none). False: TLS knows of nothing. */
bool redis_tls_why(SSL *session, unsigned long code, struct err *err);
#endif
