/* SPDX-License-Identifier: MIT */
#ifndef SERVER_WS_H
#define SERVER_WS_H

/* server_ws.h: what the server does with a connection to /ws. */

#include "server.h"

/* Serves it to its end; head is the request's. */
void server_ws(const struct server_peer *peer, const char *head);

#endif
