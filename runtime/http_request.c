/* SPDX-License-Identifier: MIT */
/*
 * http_request.c: how libcurl's handle is set up for a request, and how that
 * changes when the request is redirected.
 *
 * Four kinds of request go to libcurl: GET, HEAD and POST as such, and others
 * as a GET or, with a body, a POST under another name.  That name libcurl
 * would keep in all redirects; 303 has to end it (RFC 9110, 15.4.4).  301 and
 * 302 make a GET of a POST only (15.4.2, 15.4.3).
 *
 * Invariant: the options set here are set for every request, so nothing is
 * left of the one before.
 */
#include "http.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    BODY_MAX = 64 << 20,
    HEAD_MAX = 256 << 10
};

/* ---- what can be asked ---- */

/* The rest behind a token (RFC 9110, 5.6.2); NULL when there is none. */
static const char *skip_token(const char *text)
{
    size_t n = strspn(text, "!#$%&'*+-.^_`|~0123456789"
                            "abcdefghijklmnopqrstuvwxyz"
                            "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    return n > 0 ? text + n : NULL;
}

/* Whether the field has that name; "Content-" stands for all such. */
static bool is_field(const char *field, const char *name)
{
    size_t n = strlen(name);
    return strncasecmp(field, name, n) == 0 &&
           (name[n - 1] == '-' || field[n] == ':');
}

/* These say how the body is sent, which is not the caller's business. */
static bool is_framing(const char *field)
{
    return is_field(field, "Content-Length") ||
           is_field(field, "Transfer-Encoding") || is_field(field, "Expect");
}

static bool is_sendable(const char *field)
{
    const char *colon = skip_token(field);
    return colon && *colon == ':' && !strpbrk(colon, "\r\n") &&
           !is_framing(field);
}

static bool has_body(const struct rt_http_request *request)
{
    return request->body || request->source;
}

static const char *method_of(const struct rt_http_request *request)
{
    if (request->method)
        return request->method;
    return has_body(request) ? "POST" : "GET";
}

int http_check(const struct rt_http_request *request)
{
    /* libcurl would take any word for a host name. */
    if (strncasecmp(request->url, "http://", 7) != 0 &&
        strncasecmp(request->url, "https://", 8) != 0)
        return -EINVAL;
    const char *rest = skip_token(method_of(request));
    if (!rest || *rest || (request->body && request->source) ||
        (has_body(request) && strcmp(method_of(request), "HEAD") == 0))
        return -EINVAL;
    for (const char *const *h = request->headers; h && *h; h++)
        if (!is_sendable(*h))
            return -EINVAL;
    return 0;
}

/* ---- header fields ---- */

void http_request_fini(struct rt_http *http)
{
    curl_slist_free_all(http->fields);
    http->fields = NULL;
}

static int add_fields(struct rt_http *http, const char *const *fields,
                      bool with_content)
{
    for (const char *const *field = fields; field && *field; field++) {
        if (!with_content && is_field(*field, "Content-"))
            continue;
        struct curl_slist *list = curl_slist_append(http->fields, *field);
        if (!list)
            return -ENOMEM;
        http->fields = list;
    }
    return 0;
}

/* What describes a body goes with it (RFC 9110, 15.4). */
static int set_fields(struct rt_http *http, bool with_content)
{
    /* For a body libcurl would say that it is a form, unless there is a field
     * of that name already; and, before a large one, it would give the server
     * a second to object. */
    static const char *const unsaid[] = { "Content-Type:", "Expect:", NULL };
    const struct rt_http_request *request = http->request;
    http_request_fini(http);
    int error = add_fields(http, request->headers, with_content);
    if (!error && with_content && has_body(request))
        error = add_fields(http, unsaid, true);
    curl_easy_setopt(http->curl, CURLOPT_HTTPHEADER, http->fields);
    return error;
}

/* ---- method and body ---- */

static int set_source(struct rt_http *http)
{
    const struct rt_http_request *request = http->request;
    struct http_source *source = &http->source;
    bool sized = request->body_bytes > 0;
    if (!request->source)
        return 0;
    if (!source->piece)
        source->piece = malloc(HTTP_PIECE);
    if (!source->piece)
        return -ENOMEM;
    *source = (struct http_source){
        .fn = request->source,
        .arg = request->source_arg,
        .piece = source->piece,
        .left = sized ? request->body_bytes : UINT64_MAX,
        .sized = sized,
    };
    return 0;
}

/* As a POST, whatever it is called; of an unknown size it is sent in chunks. */
static int set_body(struct rt_http *http)
{
    const struct rt_http_request *request = http->request;
    bool chunked = request->source && request->body_bytes == 0;
    bool has_source = request->source != NULL;
    curl_off_t bytes = chunked ? -1 : (curl_off_t)request->body_bytes;
    const char *body = request->body ? request->body : "";
    curl_easy_setopt(http->curl, CURLOPT_POST, 1L);
    curl_easy_setopt(http->curl, CURLOPT_POSTFIELDS, has_source ? NULL : body);
    curl_easy_setopt(http->curl, CURLOPT_POSTFIELDSIZE_LARGE, bytes);
    return set_source(http);
}

static int set_method(struct rt_http *http)
{
    const char *method = method_of(http->request);
    http->post = strcmp(method, "POST") == 0;
    http->head = strcmp(method, "HEAD") == 0;
    bool as_body = http->post || has_body(http->request);
    bool own =
        http->post || http->head || (!as_body && strcmp(method, "GET") == 0);
    if (curl_easy_setopt(http->curl, CURLOPT_CUSTOMREQUEST,
                         own ? NULL : method))
        return -ENOMEM;
    /* A POST by another name is none to RFC 9110. */
    long kept = CURL_REDIR_POST_301 | CURL_REDIR_POST_302;
    curl_easy_setopt(http->curl, CURLOPT_POSTREDIR, own ? 0L : kept);
    if (as_body)
        return set_body(http);
    curl_easy_setopt(http->curl, CURLOPT_HTTPGET, 1L);
    if (http->head)
        curl_easy_setopt(http->curl, CURLOPT_NOBODY, 1L);
    return 0;
}

/* ---- redirects ---- */

static void set_redirects(struct rt_http *http)
{
    unsigned redirects = http->request->redirects;
    curl_easy_setopt(http->curl, CURLOPT_FOLLOWLOCATION, redirects ? 1L : 0L);
    curl_easy_setopt(http->curl, CURLOPT_MAXREDIRS, (long)redirects);
    http->follows = redirects > 0;
}

/* Whether libcurl will follow, or has had enough of it. */
static bool is_followed(struct rt_http *http, long status)
{
    if (!http->follows || status < 300 || status >= 400)
        return false;
    const char *location = http_field(http, "Location", 0);
    return location && *location;
}

/* HEAD stays what it is, and a GET can become one once more. */
static bool becomes_get(const struct rt_http *http, long status)
{
    if (status == 303)
        return !http->head;
    return http->post && (status == 301 || status == 302);
}

static int head_ended(struct rt_http *http)
{
    long status = 0;
    curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, &status);
    if (status < 200)
        return 0; /* the reply itself is still to come */
    if (!is_followed(http, status)) {
        http->replied = true;
        if (http->streaming)
            http_changed(http);
        return 0;
    }
    if (!becomes_get(http, status))
        return 0;
    http->post = false;
    curl_easy_setopt(http->curl, CURLOPT_CUSTOMREQUEST, NULL);
    return set_fields(http, false);
}

/* Called for every line of a head; the last one is empty. */
size_t http_head(char *line, size_t one, size_t bytes, void *arg)
{
    (void)one; /* is 1, says the manual */
    struct rt_http *http = arg;
    int error = 0;
    http->head_bytes += bytes;
    if (http->head_bytes > HEAD_MAX)
        error = -EMSGSIZE;
    else if (line[0] == '\r' || line[0] == '\n')
        error = head_ended(http);
    if (error)
        http->error = error;
    return error ? 0 : bytes;
}

/* ---- all of it ---- */

int http_believe(struct rt_http *http, const char *file)
{
    const curl_version_info_data *libcurl = curl_version_info(CURLVERSION_NOW);
    const char *folder = file || libcurl->cainfo ? NULL : libcurl->capath;
    /* Without a folder libcurl keeps what it has read of the file. */
    http->own_authority = file != NULL;
    if (!file)
        file = libcurl->cainfo;
    if (curl_easy_setopt(http->curl, CURLOPT_CAINFO, file) ||
        curl_easy_setopt(http->curl, CURLOPT_CAPATH, folder))
        return -ENOMEM;
    return 0;
}

static void set_limit(struct rt_http *http)
{
    const struct rt_http_request *request = http->request;
    http->left = http->streaming ? SIZE_MAX : BODY_MAX;
    if (request->body_max > 0)
        http->left = request->body_max;
    /* Told beforehand; but of HEAD the length is that of another reply. */
    bool tell = http->left < SIZE_MAX && !http->head;
    curl_easy_setopt(http->curl, CURLOPT_MAXFILESIZE_LARGE,
                     tell ? (curl_off_t)http->left : (curl_off_t)0);
}

int http_begin(struct rt_http *http)
{
    if (curl_easy_setopt(http->curl, CURLOPT_URL, http->request->url))
        return -ENOMEM;
    int error = set_method(http);
    if (error == 0)
        error = set_fields(http, true);
    const char *ca_file = http->request->ca_file;
    if (error == 0 && (ca_file || http->own_authority))
        error = http_believe(http, ca_file);
    set_redirects(http);
    set_limit(http);
    return error;
}
