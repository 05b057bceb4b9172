/* SPDX-License-Identifier: MIT */
/* Other people's text in Markdown. */

#include "markdown.h"

#include <string.h>

void markdown_text(FILE *file, const char *text)
{
    for (; *text; text++) {
        if (strchr("|<>*`[]\\", *text))
            fputc('\\', file);
        fputc((unsigned char)*text < ' ' ? ' ' : *text, file);
    }
}
