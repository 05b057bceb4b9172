/* SPDX-License-Identifier: MIT */
/*
 * Stands in for libcurl: its functions, each found in the library when it is
 * first called.
 */
#define CURL_DISABLE_TYPECHECK /* its macros would hide the functions */
#include "late_curl.h"

#include <assert.h>
#include <curl/curl.h>
#include <dlfcn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>

/* The name of its interface, the same since 2006. */
static const char library[] = "libcurl.so.4";
/* The youngest of its functions here. */
static const char youngest[] = "curl_easy_header";

static void *curl; /* set before there are threads */

typedef void (*any_fn)(void);

const char *late_curl_load(void)
{
    curl = dlopen(library, RTLD_NOW);
    if (curl == NULL)
        return dlerror();
    return dlsym(curl, youngest) == NULL ? "libcurl is older than 7.83" : NULL;
}

/* `slot` keeps it; atomic: whoever comes second finds the same. */
static any_fn find(_Atomic(any_fn) *slot, const char *name)
{
    any_fn function = atomic_load_explicit(slot, memory_order_relaxed);
    if (function != NULL)
        return function;
    assert(curl != NULL && "what uses HTTP has the flag WORK_HTTP");
    *(void **)&function = dlsym(curl, name);
    assert(function != NULL && "what has the youngest has them all");
    atomic_store_explicit(slot, function, memory_order_relaxed);
    return function;
}

#define CALL(result, name, parameters) \
    static _Atomic(any_fn) slot;       \
    result(*call) parameters = (result(*) parameters)find(&slot, #name)

#define FUNCTION(result, name, parameters, arguments) \
    result name parameters                            \
    {                                                 \
        CALL(result, name, parameters);               \
        return call arguments;                        \
    }

#define PROCEDURE(name, parameters, arguments) \
    void name parameters                       \
    {                                          \
        CALL(void, name, parameters);          \
        call arguments;                        \
    }

/* Its last argument is one long, pointer or curl_off_t, as `what` has it: here
 * one and the same register. */
#define VARIADIC(result, name, object, option)     \
    result(name)(object handle, option what, ...)  \
    {                                              \
        CALL(result, name, (object, option, ...)); \
        va_list list;                              \
        va_start(list, what);                      \
        void *value = va_arg(list, void *);        \
        va_end(list);                              \
        return call(handle, what, value);          \
    }
_Static_assert(sizeof(long) == sizeof(void *) &&
                   sizeof(curl_off_t) == sizeof(void *),
               "LP64");

FUNCTION(CURLcode, curl_global_init, (long flags), (flags))
FUNCTION(curl_version_info_data *, curl_version_info, (CURLversion age), (age))

FUNCTION(CURL *, curl_easy_init, (void), ())
FUNCTION(CURLcode, curl_easy_pause, (CURL * easy, int mask), (easy, mask))
FUNCTION(CURLHcode, curl_easy_header,
         (CURL * easy, const char *name, size_t index, unsigned origin,
          int request, struct curl_header **out),
         (easy, name, index, origin, request, out))
VARIADIC(CURLcode, curl_easy_setopt, CURL *, CURLoption)
VARIADIC(CURLcode, curl_easy_getinfo, CURL *, CURLINFO)
PROCEDURE(curl_easy_cleanup, (CURL * easy), (easy))

FUNCTION(CURLM *, curl_multi_init, (void), ())
FUNCTION(CURLMcode, curl_multi_add_handle, (CURLM * multi, CURL *easy),
         (multi, easy))
FUNCTION(CURLMcode, curl_multi_remove_handle, (CURLM * multi, CURL *easy),
         (multi, easy))
FUNCTION(CURLMcode, curl_multi_socket_action,
         (CURLM * multi, curl_socket_t fd, int events, int *running),
         (multi, fd, events, running))
FUNCTION(CURLMcode, curl_multi_perform, (CURLM * multi, int *running),
         (multi, running))
FUNCTION(CURLMcode, curl_multi_poll,
         (CURLM * multi, struct curl_waitfd more[], unsigned n, int ms,
          int *ready),
         (multi, more, n, ms, ready))
FUNCTION(CURLMcode, curl_multi_wakeup, (CURLM * multi), (multi))
FUNCTION(CURLMsg *, curl_multi_info_read, (CURLM * multi, int *left),
         (multi, left))
VARIADIC(CURLMcode, curl_multi_setopt, CURLM *, CURLMoption)
FUNCTION(CURLMcode, curl_multi_cleanup, (CURLM * multi), (multi))

FUNCTION(CURLSH *, curl_share_init, (void), ())
VARIADIC(CURLSHcode, curl_share_setopt, CURLSH *, CURLSHoption)
FUNCTION(CURLSHcode, curl_share_cleanup, (CURLSH * share), (share))

FUNCTION(struct curl_slist *, curl_slist_append,
         (struct curl_slist * list, const char *text), (list, text))
PROCEDURE(curl_slist_free_all, (struct curl_slist * list), (list))
