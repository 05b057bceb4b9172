/* SPDX-License-Identifier: MIT */
/*
 * Reads Perf-Accept trailers.
 */
#include "gate_accept.h"

#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    REASON = 160 /* bytes of it that are shown */
};

/* How many bytes of the text are at most that many, and whole characters of
 * UTF-8. */
static size_t cut(const char *text, size_t most)
{
    size_t n = strlen(text);
    if (n <= most)
        return n;
    for (n = most; n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80; n--)
        ;
    return n;
}

/* The " +NN% " in the line: the names of metrics have blanks themselves, so
 * the glob ends where a number in per cent begins. */
static const char *find_percent(const char *line, double *percent,
                                const char **reason)
{
    for (const char *at = strstr(line, " +"); at; at = strstr(at + 1, " +")) {
        char *end;
        *percent = strtod(at + 2, &end);
        if (end != at + 2 && end[0] == '%' && end[1] == ' ') {
            *reason = end + 1 + strspn(end + 1, " ");
            return at;
        }
    }
    return NULL;
}

json_t *gate_accept_parse(const char *line)
{
    double percent;
    const char *reason;
    line += strspn(line, " ");
    const char *end = find_percent(line, &percent, &reason);
    if (!end || end == line || !*reason || !isfinite(percent) || percent <= 0)
        return NULL;
    while (end[-1] == ' ')
        end--;
    return json_pack("{s:s%, s:f, s:s%}", "glob", line, (size_t)(end - line),
                     "percent", percent, "reason", reason, cut(reason, REASON));
}

void gate_accept_read(json_t *accepts, const char *text, char *bad,
                      size_t bad_size)
{
    bad[0] = 0;
    while (*text) {
        char line[4096];
        size_t n = strcspn(text, "\n");
        snprintf(line, sizeof line, "%.*s", (int)n, text);
        json_t *accept = gate_accept_parse(line);
        if (accept)
            json_array_append_new(accepts, accept);
        else if (line[strspn(line, " ")] && !*bad)
            snprintf(bad, bad_size, "%s", line);
        text += n + (text[n] == '\n');
    }
}

const json_t *gate_accept_find(const json_t *accepts, const char *name)
{
    const json_t *best = NULL;
    double most = 0;
    size_t i;
    json_t *accept;
    json_array_foreach(accepts, i, accept)
    {
        const char *glob = json_string_value(json_object_get(accept, "glob"));
        double percent = json_number_value(json_object_get(accept, "percent"));
        if (glob && fnmatch(glob, name, 0) == 0 && percent > most) {
            best = accept;
            most = percent;
        }
    }
    return best;
}
