/* SPDX-License-Identifier: MIT */
/* address.c: hosts and ports.  The one place where the errors of
 * getaddrinfo(3) become ours. */

#include "address.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

static int parse_unix(union address *out, const char *path)
{
    size_t bytes = strlen(path);
    if (bytes == 0 || bytes >= sizeof out->un.sun_path)
        return -EINVAL;
    out->un.sun_family = AF_UNIX;
    memcpy(out->un.sun_path, path, bytes + 1);
    return sizeof out->un;
}

int address_parse(union address *out, const char *host, unsigned port)
{
    if (port > UINT16_MAX)
        return -EINVAL;
    memset(out, 0, sizeof *out);
    if (strncmp(host, "unix:", 5) == 0)
        return parse_unix(out, host + 5);
    if (inet_pton(AF_INET, host, &out->in.sin_addr) == 1) {
        out->in.sin_family = AF_INET;
        out->in.sin_port = htons((uint16_t)port);
        return sizeof out->in;
    }
    if (inet_pton(AF_INET6, host, &out->in6.sin6_addr) == 1) {
        out->in6.sin6_family = AF_INET6;
        out->in6.sin6_port = htons((uint16_t)port);
        return sizeof out->in6;
    }
    return -EINVAL;
}

bool address_is_name(const char *host)
{
    bool digits = true; /* the label so far */
    for (const char *at = host; *at; at++) {
        unsigned char c = (unsigned char)*at;
        if (c == '.' && at > host && at[-1] != '.')
            digits = at[1] ? true : digits;
        else if (isalpha(c) || c == '-' || c == '_')
            digits = false;
        else if (!isdigit(c))
            return false;
    }
    return !digits;
}

int address_not_found(int otherwise)
{
    int fd = eventfd(0, EFD_CLOEXEC);
    if (fd < 0)
        return -errno;
    close(fd);
    return otherwise;
}

static int resolve_error(int code)
{
    switch (code) {
    case 0:
        return 0;
    case EAI_NONAME:
    case EAI_NODATA:
    case EAI_FAIL:
        return address_not_found(-ENOENT);
    case EAI_AGAIN:
        return address_not_found(-EAGAIN);
    case EAI_MEMORY:
        return -ENOMEM;
    default:
        return address_not_found(-EIO);
    }
}

int address_resolve(struct addrinfo **out, const char *name, unsigned port)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
                              .ai_flags = AI_NUMERICSERV };
    char service[8];
    if (port > UINT16_MAX)
        return -EINVAL;
    snprintf(service, sizeof service, "%u", port);
    return resolve_error(getaddrinfo(name, service, &hints, out));
}

bool address_accept_again(int error)
{
    switch (error) {
    case EINTR:
    case ECONNABORTED:
    case ENETDOWN:
    case EPROTO:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case ENETUNREACH:
        return true;
    default:
        return false;
    }
}

unsigned address_port(int fd)
{
    union address address = { 0 };
    socklen_t bytes = sizeof address;
    if (getsockname(fd, &address.any, &bytes) != 0)
        return 0;
    switch (address.any.sa_family) {
    case AF_INET:
        return ntohs(address.in.sin_port);
    case AF_INET6:
        return ntohs(address.in6.sin6_port);
    default:
        return 0;
    }
}
