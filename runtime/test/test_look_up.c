/* SPDX-License-Identifier: MIT */

/* Connecting by a name, with a look-up of our own in place of the C library's:
 * it finds what the test wants and takes as long. */

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <semaphore.h>
#include <string.h>

#include "test.h"

enum {
    ADDRESSES = 2
};

/* What is found; the main task changes it between look-ups. */
static struct {
    int code; /* of getaddrinfo(3) */
    struct addrinfo all[ADDRESSES];
    struct sockaddr_in addresses[ADDRESSES];
    int given_back;
} found;

static sem_t begun, may_end;

int getaddrinfo(const char *node, const char *service,
                const struct addrinfo *hints, struct addrinfo **result)
{
    (void)service;
    (void)hints;
    if (strcmp(node, "slow.test") == 0) {
        sem_post(&begun);
        while (sem_wait(&may_end) != 0)
            continue; /* a signal */
    }
    if (found.code == 0)
        *result = found.all;
    return found.code;
}

void freeaddrinfo(struct addrinfo *all)
{
    found.given_back += all == found.all;
}

/* The name stands for these ports of 127.0.0.1, in this order. */
static void find(unsigned first, unsigned second)
{
    const unsigned ports[ADDRESSES] = { first, second };

    found.code = 0;
    found.given_back = 0;
    for (int i = 0; i < ADDRESSES; i++) {
        found.addresses[i] =
            (struct sockaddr_in){ .sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)ports[i]),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        found.all[i] = (struct addrinfo){
            .ai_family = AF_INET,
            .ai_addr = (struct sockaddr *)&found.addresses[i],
            .ai_addrlen = sizeof found.addresses[i],
            .ai_next = i + 1 < ADDRESSES ? &found.all[i + 1] : NULL
        };
    }
}

/* Listens at a port; another, in *nobody, is left free. */
static bool listen_at_one(struct rt_sock **listener, unsigned *nobody)
{
    struct rt_sock *other;

    if (!CHECK_INT(rt_sock_listen(&other, "127.0.0.1", 0, 4), 0))
        return false;
    *nobody = rt_sock_port(other);
    bool listens = CHECK_INT(rt_sock_listen(listener, "127.0.0.1", 0, 4), 0);
    rt_sock_close(other);
    return listens;
}

/* ---- several addresses ---- */

/* Connecting by the name leads to the listener. */
static void check_leads_to(struct rt_sock *listener)
{
    struct rt_sock *client, *server;

    if (!CHECK_INT(rt_sock_connect(&client, "two.test", 1, test_late()), 0))
        return;
    if (CHECK_INT(rt_sock_accept(&server, listener, test_late()), 0))
        rt_sock_close(server);
    rt_sock_close(client);
    CHECK_INT(found.given_back, 1);
}

static int connect_in_order(void *arg)
{
    struct rt_sock *listener, *client;
    unsigned nobody;

    (void)arg;
    if (!listen_at_one(&listener, &nobody))
        return 0;
    find(nobody, rt_sock_port(listener));
    check_leads_to(listener);
    find(rt_sock_port(listener), nobody);
    check_leads_to(listener);
    find(nobody, nobody);
    CHECK_INT(rt_sock_connect(&client, "two.test", 1, test_late()),
              -ECONNREFUSED);
    CHECK_INT(found.given_back, 1);
    rt_sock_close(listener);
    return 0;
}

static void the_addresses_of_a_name_are_tried_in_order(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, connect_in_order, NULL), 0);
}

/* ---- cancelled meanwhile ---- */

static int connect_slowly(void *arg)
{
    struct rt_sock **client = arg;

    return rt_sock_connect(client, "slow.test", 1, RT_FOREVER);
}

static int cancel_look_up(void *arg)
{
    struct rt_sock *listener, *client, *server;
    struct rt_task *task;
    unsigned nobody;
    int status = 0;

    (void)arg;
    if (!listen_at_one(&listener, &nobody))
        return 0;
    find(rt_sock_port(listener), nobody);
    CHECK_INT(rt_spawn(&task, connect_slowly, &client), 0);
    while (sem_trywait(&begun) != 0)
        CHECK_INT(rt_yield(), 0);
    CHECK_INT(rt_cancel(task), 0);
    CHECK_INT(rt_join(task, &status, test_soon()), -ETIMEDOUT);
    sem_post(&may_end);
    CHECK_INT(rt_join(task, &status, test_late()), 0);
    CHECK_INT(status, -ECANCELED);
    CHECK_INT(found.given_back, 1);
    CHECK_INT(rt_sock_accept(&server, listener, 0), -ETIMEDOUT);
    rt_sock_close(listener);
    return 0;
}

static void a_look_up_under_way_is_completed_before_it_is_cancelled(
    void **state)
{
    (void)state;
    needs_tasks(1);
    assert_int_equal(test_run(1, cancel_look_up, NULL), 0);
}

/* ---- errors ---- */

static int fail_to_look_up(void *arg)
{
    static const struct {
        int code;
        int error;
    } errors[] = {
        { EAI_NONAME, -ENOENT }, { EAI_AGAIN, -EAGAIN }, { EAI_FAIL, -ENOENT },
        { EAI_MEMORY, -ENOMEM }, { EAI_SYSTEM, -EIO },
    };
    struct rt_sock *client;

    (void)arg;
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        found.code = errors[i].code;
        CHECK_INT(rt_sock_connect(&client, "none.test", 1, test_late()),
                  errors[i].error);
    }
    return 0;
}

static void errors_of_a_look_up_have_their_names(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, fail_to_look_up, NULL), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(the_addresses_of_a_name_are_tried_in_order),
        TEST(a_look_up_under_way_is_completed_before_it_is_cancelled),
        TEST(errors_of_a_look_up_have_their_names),
    };

    sem_init(&begun, 0, 0);
    sem_init(&may_end, 0, 0);
    return cmocka_run_group_tests(tests, test_warm_up, NULL);
}
