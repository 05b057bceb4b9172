/* SPDX-License-Identifier: MIT */
#ifndef FAULT_STREAMS_H
#define FAULT_STREAMS_H

/* fault_streams.h: the calls of fault_calls.h that have descriptors. */

int fault_file(void);
int fault_pipe(void);
int fault_pair(void);
int fault_tcp(void);
int fault_name(void);
int fault_unix(void);
int fault_http(void);
int fault_http_post(void);
int fault_http_stream(void);
int fault_ws(void);

#endif
