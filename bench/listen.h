/* SPDX-License-Identifier: MIT */
#ifndef BENCH_LISTEN_H
#define BENCH_LISTEN_H

#include <stdint.h>

#define LISTEN_UNKNOWN UINT64_MAX

/*
 * Connection attempts that the TCP listeners on this IPv4 port have dropped so
 * far, for a full queue above all; asked from the kernel by sock_diag(7).
 * (ListenOverflows in /proc/net/netstat counts everybody's.)  LISTEN_UNKNOWN
 * when nobody listens there or the kernel does not tell.
 */
uint64_t listen_drops(unsigned port);

#endif
