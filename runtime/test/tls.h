/* SPDX-License-Identifier: MIT */
#ifndef TLS_H
#define TLS_H

/*
 * tls.h: the server of server.h behind TLS, by GnuTLS, which is no part of
 * what is tested; and the certificates it shows, made on the spot.
 */

#include "server.h"

/* What is wrong with the certificate. */
enum tls_flaw {
    TLS_GOOD,    /* nothing: for 127.0.0.1, by the authority */
    TLS_HOST,    /* it is for elsewhere.example */
    TLS_EXPIRED, /* since yesterday */
    TLS_FLAWS
};

/* Makes authorities and certificates; once per program.  False when GnuTLS
 * fails. */
bool tls_init(void);
void tls_fini(void);

/* Files of the authority, of another one, and one that makes no sense. */
extern char tls_ca[64], tls_other_ca[64], tls_no_ca[64];

/* server_start() with the certificate of that kind. */
bool tls_server_start(enum tls_flaw flaw);

#endif
