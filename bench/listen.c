/* SPDX-License-Identifier: MIT */
/*
 * One dump of the listening sockets by netlink, filtered by port; one line of
 * /proc/net/netstat.
 */

#include "listen.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static bool ask(int fd)
{
    struct {
        struct nlmsghdr header;
        struct inet_diag_req_v2 diag;
    } request = { .header = { .nlmsg_len = sizeof(request),
                              .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                              .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
                  .diag = { .sdiag_family = AF_INET,
                            .sdiag_protocol = IPPROTO_TCP,
                            .idiag_ext = 1 << (INET_DIAG_SKMEMINFO - 1),
                            .idiag_states = 1 << TCP_LISTEN } };
    return send(fd, &request, sizeof(request), 0) == sizeof(request);
}

/* What one socket of the dump has dropped, if it listens on port. */
static uint64_t socket_drops(const struct nlmsghdr *header, unsigned port)
{
    const struct inet_diag_msg *diag = NLMSG_DATA(header);
    if (ntohs(diag->id.idiag_sport) != port)
        return LISTEN_UNKNOWN;
    int left = (int)(header->nlmsg_len - NLMSG_LENGTH(sizeof(*diag)));
    const struct rtattr *attribute = (const struct rtattr *)(diag + 1);
    for (; RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left)) {
        uint32_t memory[SK_MEMINFO_VARS];
        if (attribute->rta_type != INET_DIAG_SKMEMINFO ||
            RTA_PAYLOAD(attribute) < sizeof(memory))
            continue;
        memcpy(memory, RTA_DATA(attribute), sizeof(memory));
        return memory[SK_MEMINFO_DROPS];
    }
    return LISTEN_UNKNOWN;
}

/* Adds up one answer; returns false at the end of the dump. */
static bool add_answer(const void *answer, size_t bytes, unsigned port,
                       uint64_t *drops)
{
    size_t left = bytes;
    for (const struct nlmsghdr *header = answer; NLMSG_OK(header, left);
         header = NLMSG_NEXT(header, left)) {
        if (header->nlmsg_type == NLMSG_DONE ||
            header->nlmsg_type == NLMSG_ERROR)
            return false;
        uint64_t more = socket_drops(header, port);
        if (more != LISTEN_UNKNOWN)
            *drops = (*drops == LISTEN_UNKNOWN ? 0 : *drops) + more;
    }
    return true;
}

uint64_t listen_drops(unsigned port)
{
    uint64_t drops = LISTEN_UNKNOWN;
    _Alignas(struct nlmsghdr) static char answer[16384];
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (fd < 0)
        return LISTEN_UNKNOWN;
    ssize_t n = ask(fd) ? recv(fd, answer, sizeof(answer), 0) : 0;
    while (n > 0 && add_answer(answer, (size_t)n, port, &drops))
        n = recv(fd, answer, sizeof(answer), 0);
    close(fd);
    return drops;
}

/* The n-th blank-separated word of a line. */
static const char *word(const char *line, int n)
{
    for (; n > 0; n--) {
        line += strcspn(line, " \n");
        line += strspn(line, " ");
    }
    return line;
}

uint64_t listen_overflows(void)
{
    /* Two lines, names above values: "TcpExt: A B" and "TcpExt: 1 2". */
    static char text[16384];
    int fd = open("/proc/net/netstat", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
    if (fd >= 0)
        close(fd);
    text[n > 0 ? n : 0] = '\0';
    const char *values = strchr(text, '\n');
    if (strncmp(text, "TcpExt:", 7) != 0 || values == NULL)
        return LISTEN_UNKNOWN;
    values++;
    for (int i = 1; word(text, i) < values - 1; i++)
        if (strncmp(word(text, i), "ListenOverflows ", 16) == 0)
            return strtoull(word(values, i), NULL, 10);
    return LISTEN_UNKNOWN;
}
