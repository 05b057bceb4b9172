/* SPDX-License-Identifier: MIT */
#ifndef BENCH_LISTEN_H
#define BENCH_LISTEN_H

#include <stdint.h>

#define LISTEN_UNKNOWN UINT64_MAX

/*
 * What the TCP listeners on this IPv4 port have dropped so far, asked from the
 * kernel by sock_diag(7): connections for a full queue, but also stray
 * segments.  LISTEN_UNKNOWN when nobody listens there or the kernel does not
 * tell.
 */
uint64_t listen_drops(unsigned port);

/* Connections dropped for a full queue so far, by all listeners of this
 * network namespace (ListenOverflows of /proc/net/netstat). */
uint64_t listen_overflows(void);

#endif
