/* SPDX-License-Identifier: MIT */
#ifndef RT_OS_SOCK_H
#define RT_OS_SOCK_H

/* sock.h: what streams (sock.c) and the ways to get one (connect.c) share. */

#include "os/os.h"

struct rt_sock {
    int fd;
    bool is_pipe;
    bool drained; /* the reader's: the last read left nothing behind */
};

/* Takes the descriptor over, also on failure: -ENOMEM. */
int os_sock_new(struct rt_sock **out, int fd, bool is_pipe);

#endif
