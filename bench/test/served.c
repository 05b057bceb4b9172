/* SPDX-License-Identifier: MIT */
#include "served.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    LIMIT_S = 120 /* for one test; only a hang reaches it */
};

struct origin served;

const char *served_program(void)
{
    static char path[4096];
    const char *folder = getenv("COBENCH_BIN");

    snprintf(path, sizeof path, "%s/origin", folder ? folder : "build/bin");
    return path;
}

int served_set_up(void **state)
{
    (void)state;
    alarm(LIMIT_S);
    return origin_start(&served, served_program(), -1);
}

int served_tear_down(void **state)
{
    (void)state;
    origin_stop(&served);
    alarm(0);
    return 0;
}

struct origin_stats served_stats(void)
{
    struct origin_stats out = { 0 };

    assert_int_equal(origin_stats(&served, &out), 0);
    return out;
}

int served_dial(unsigned port)
{
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons((uint16_t)port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

void served_send(int fd, const void *data, size_t bytes)
{
    const char *from = data;

    while (bytes > 0) {
        ssize_t n = send(fd, from, bytes, MSG_NOSIGNAL);
        assert_true(n > 0);
        from += n;
        bytes -= (size_t)n;
    }
}

void served_receive(int fd, void *data, size_t bytes)
{
    char *to = data;

    while (bytes > 0) {
        ssize_t n = recv(fd, to, bytes, 0);
        assert_true(n > 0);
        to += n;
        bytes -= (size_t)n;
    }
}
