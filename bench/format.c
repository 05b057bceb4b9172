/* SPDX-License-Identifier: MIT */
#include "format.h"

#include <errno.h>
#include <string.h>

const char *const format_names = "table, csv, json, md, html";

int format_find(enum format *out, const char *name)
{
    static const char *const names[FORMATS] = { "table", "csv", "json", "md",
                                                "html" };
    for (int i = 0; i < FORMATS; i++)
        if (strcmp(names[i], name) == 0) {
            *out = (enum format)i;
            return 0;
        }
    return -EINVAL;
}
