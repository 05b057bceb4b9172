/* SPDX-License-Identifier: MIT */
/* Where each kind of line begins, and how it is wrapped. */

#include "sheet.h"

#include "wrap.h"

enum {
    INDENT = 2
};

void sheet_heading(const struct sheet *sheet, const char *text)
{
    fputs(sheet->bold ? "\033[1m" : "", sheet->file);
    wrap_print(sheet->file, text, 0, INDENT, sheet->columns);
    fputs(sheet->bold ? "\033[0m" : "", sheet->file);
}

void sheet_sentence(const struct sheet *sheet, const char *text)
{
    wrap_print(sheet->file, text, 0, 0, sheet->prose);
}

void sheet_hint(const struct sheet *sheet, const char *text)
{
    fprintf(sheet->file, "%*s", INDENT, "");
    wrap_print(sheet->file, text, INDENT, INDENT, sheet->columns);
}

void sheet_note(const struct sheet *sheet, const char *name, const char *text)
{
    fprintf(sheet->file, "%*s%-*.*s  ", INDENT, "", sheet->names, sheet->names,
            name);
    wrap_print(sheet->file, text, INDENT + sheet->names + 2, 2 * INDENT,
               sheet->columns);
}
