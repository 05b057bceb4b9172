/* SPDX-License-Identifier: MIT */
/* Small files of the kernel's. */
#include "sysfile.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

char *sysfile_line(char *line, size_t size, const char *format, ...)
{
    char path[PATH_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(path, sizeof path, format, args);
    va_end(args);
    FILE *f = fopen(path, "re");
    char *got = f ? fgets(line, (int)size, f) : NULL;
    if (f)
        fclose(f);
    if (got)
        line[strcspn(line, "\n")] = 0;
    return got;
}

char *sysfile_field(char *line, size_t size, const char *path, const char *key)
{
    FILE *f = fopen(path, "re");
    char *found = NULL;
    while (f && !found && fgets(line, (int)size, f)) {
        size_t n = strlen(key);
        char *colon = strchr(line, ':');
        if (!colon || strncmp(line, key, n) != 0)
            continue;
        if (line + n + strspn(line + n, " \t") != colon)
            continue;
        found = colon + 1 + strspn(colon + 1, " \t");
        found[strcspn(found, "\n")] = 0;
    }
    if (f)
        fclose(f);
    return found;
}
