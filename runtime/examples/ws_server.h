/* SPDX-License-Identifier: MIT */
#ifndef WS_SERVER_H
#define WS_SERVER_H

/* ws_server.h: somebody for the WebSocket example to talk to, within the same
 * program: a server that has its moods. */

#include "rt.h"

enum ws_mood {
    WS_LEAVES,  /* answers two messages, then is gone without a Close */
    WS_REFUSES, /* is overloaded and says so instead of a handshake */
    WS_SLEEPS,  /* lets everybody in, then answers nothing at all */
    WS_ANSWERS  /* until the client closes */
};

struct ws_server {
    struct rt_sock *listener;
    const enum ws_mood *moods; /* one for each connection, in order */
    int connections;
};

/* A task's body; arg is the server.  It greets each client with the text
 * "patience N": a pong takes no longer than N milliseconds. */
int ws_server(void *arg);

#endif
