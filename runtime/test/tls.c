/* SPDX-License-Identifier: MIT */

/* Certificates and TLS for the HTTP server of the tests. */

#include "tls.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum {
    DAY = 24 * 60 * 60
};

struct identity {
    gnutls_x509_privkey_t key;
    gnutls_x509_crt_t crt;
};

static char folder[] = "/tmp/cobench-tls-XXXXXX";
char tls_ca[64], tls_other_ca[64], tls_no_ca[64];

static struct identity ca, other_ca, shown[TLS_FLAWS];
static gnutls_certificate_credentials_t credentials; /* the server's */

/* ---- certificates ---- */

/* A key and what every certificate says. */
static void draft(struct identity *id, const char *name, time_t from, time_t to)
{
    static unsigned char serial;
    time_t now = time(NULL);
    const char *wrong;

    serial++;
    gnutls_x509_privkey_init(&id->key);
    gnutls_x509_privkey_generate(
        id->key, GNUTLS_PK_ECDSA,
        GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
    gnutls_x509_crt_init(&id->crt);
    gnutls_x509_crt_set_version(id->crt, 3);
    gnutls_x509_crt_set_serial(id->crt, &serial, 1);
    gnutls_x509_crt_set_dn(id->crt, name, &wrong);
    gnutls_x509_crt_set_activation_time(id->crt, now + from);
    gnutls_x509_crt_set_expiration_time(id->crt, now + to);
    gnutls_x509_crt_set_key(id->crt, id->key);
}

static int sign(struct identity *id, const struct identity *by)
{
    return gnutls_x509_crt_sign2(id->crt, by->crt, by->key, GNUTLS_DIG_SHA256,
                                 0);
}

static int make_authority(struct identity *id, const char *name)
{
    draft(id, name, -DAY, DAY);
    gnutls_x509_crt_set_basic_constraints(id->crt, 1, -1);
    gnutls_x509_crt_set_key_usage(id->crt, GNUTLS_KEY_KEY_CERT_SIGN);
    return sign(id, id);
}

static int make_shown(enum tls_flaw flaw)
{
    static const unsigned char here[] = { 127, 0, 0, 1 };
    static const char elsewhere[] = "elsewhere.example";
    struct identity *id = &shown[flaw];

    draft(id, "CN=server", -2 * DAY, flaw == TLS_EXPIRED ? -DAY : DAY);
    gnutls_x509_crt_set_basic_constraints(id->crt, 0, -1);
    if (flaw == TLS_HOST)
        gnutls_x509_crt_set_subject_alt_name(id->crt, GNUTLS_SAN_DNSNAME,
                                             elsewhere, sizeof elsewhere - 1,
                                             GNUTLS_FSAN_SET);
    else
        gnutls_x509_crt_set_subject_alt_name(id->crt, GNUTLS_SAN_IPADDRESS,
                                             here, sizeof here,
                                             GNUTLS_FSAN_SET);
    return sign(id, &ca);
}

static bool write_file(char path[64], const char *name, const void *data,
                       size_t bytes)
{
    snprintf(path, 64, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    if (!file)
        return false;
    bool whole = fwrite(data, 1, bytes, file) == bytes;
    return fclose(file) == 0 && whole;
}

static bool write_crt(char path[64], const char *name,
                      const struct identity *id)
{
    gnutls_datum_t pem = { 0 };

    if (gnutls_x509_crt_export2(id->crt, GNUTLS_X509_FMT_PEM, &pem) < 0)
        return false;
    bool written = write_file(path, name, pem.data, pem.size);
    gnutls_free(pem.data);
    return written;
}

bool tls_init(void)
{
    int error = make_authority(&ca, "CN=authority");

    if (error == 0)
        error = make_authority(&other_ca, "CN=another authority");
    for (int flaw = 0; error == 0 && flaw < TLS_FLAWS; flaw++)
        error = make_shown((enum tls_flaw)flaw);
    return error == 0 && mkdtemp(folder) && write_crt(tls_ca, "ca.pem", &ca) &&
           write_crt(tls_other_ca, "other-ca.pem", &other_ca) &&
           write_file(tls_no_ca, "no-ca.pem", "nonsense\n", 9);
}

static void forget(struct identity *id)
{
    gnutls_x509_crt_deinit(id->crt);
    gnutls_x509_privkey_deinit(id->key);
}

void tls_fini(void)
{
    unlink(tls_ca);
    unlink(tls_other_ca);
    unlink(tls_no_ca);
    rmdir(folder);
    forget(&ca);
    forget(&other_ca);
    for (int flaw = 0; flaw < TLS_FLAWS; flaw++)
        forget(&shown[flaw]);
}

/* ---- the server's side of a connection ---- */

static ssize_t read_tls(void *cookie, char *buffer, size_t bytes)
{
    ssize_t n;

    do
        n = gnutls_record_recv(cookie, buffer, bytes);
    while (n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED);
    return n < 0 ? 0 : n; /* a client that just hangs up is as good */
}

static ssize_t write_tls(void *cookie, const char *buffer, size_t bytes)
{
    ssize_t n;

    do
        n = gnutls_record_send(cookie, buffer, bytes);
    while (n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED);
    return n < 0 ? 0 : n;
}

static bool dress_in_tls(struct server_peer *peer)
{
    const cookie_io_functions_t functions = { .read = read_tls,
                                              .write = write_tls };
    gnutls_session_t session;
    int rc;

    gnutls_init(&session, GNUTLS_SERVER);
    gnutls_set_default_priority(session);
    gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials);
    gnutls_transport_set_int(session, peer->fd);
    do
        rc = gnutls_handshake(session);
    while (rc < 0 && !gnutls_error_is_fatal(rc));
    if (rc < 0)
        return false;
    peer->in = fopencookie(session, "r", functions);
    peer->out = fopencookie(session, "w", functions);
    return peer->in && peer->out;
}

bool tls_server_start(enum tls_flaw flaw)
{
    gnutls_certificate_allocate_credentials(&credentials);
    bool ok = gnutls_certificate_set_x509_key(credentials, &shown[flaw].crt, 1,
                                              shown[flaw].key) >= 0 &&
              server_start(dress_in_tls);
    /* The server has a copy. */
    gnutls_certificate_free_credentials(credentials);
    return ok;
}
