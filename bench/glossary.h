/* SPDX-License-Identifier: MIT */
#ifndef BENCH_GLOSSARY_H
#define BENCH_GLOSSARY_H

/*
 * The words of a report that its readers may not know: those of the list in
 * glossary.c that have to do with what was measured, and the parameters in the
 * names of its cells ("cut:"), which mean what vocabulary.c says.
 */

#include "analysis.h"
#include "page.h"

/* In alphabetical order; their number, at most PAGE_WORDS. */
size_t glossary_make(struct page_word words[PAGE_WORDS],
                     const struct analysis *analysis);

#endif
