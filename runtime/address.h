/* SPDX-License-Identifier: MIT */
#ifndef RT_ADDRESS_H
#define RT_ADDRESS_H

/* address.h: what a host and a port mean, for all runtimes alike. */

#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>

union address {
    struct sockaddr any;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
    struct sockaddr_un un;
};

/* Reads a numeric address, or "unix:" and a path.  Returns the length used,
 * or -EINVAL. */
int address_parse(union address *out, const char *host, unsigned port);

/* Whether a host that is no address can be a name: labels of letters, digits,
 * hyphens and underscores, the last not all digits. */
bool address_is_name(const char *host);

/* What a look-up that failed is to be called: -EMFILE, -ENFILE or -ENOMEM when
 * nothing can be opened, else the error given.  To glibc, and so to libcurl, a
 * name that it had no descriptor to ask for is one that does not exist, or a
 * system error of whatever errno. */
int address_not_found(int otherwise);

/* Looks a name up, which blocks.  freeaddrinfo() frees *out.  -EINVAL (the
 * port), -ENOENT, -EAGAIN, -ENOMEM, -EMFILE, -ENFILE or -EIO. */
int address_resolve(struct addrinfo **out, const char *name, unsigned port);

/* Whether accept(2) is to be called again after this errno: it was interrupted,
 * or what became of a connection before we took it is not the listener's error
 * (accept(2), "Error handling"). */
bool address_accept_again(int error);

/* The local port of a socket, 0 when there is none. */
unsigned address_port(int fd);

#endif
