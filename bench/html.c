/* SPDX-License-Identifier: MIT */
/* What a page of HTML is made of besides its content. */

#include "html.h"

#include <string.h>

void html_characters(FILE *file, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        switch (text[i]) {
        case '&':
            fputs("&amp;", file);
            break;
        case '<':
            fputs("&lt;", file);
            break;
        case '>':
            fputs("&gt;", file);
            break;
        case '"':
            fputs("&quot;", file);
            break;
        case '\'':
            fputs("&#39;", file);
            break;
        default:
            fputc((unsigned char)text[i] < ' ' || text[i] == 127 ? ' '
                                                                 : text[i],
                  file);
        }
}

void html_text(FILE *file, const char *text)
{
    html_characters(file, text, strlen(text));
}

/*
 * Charts are drawn for a white page.  In the dark their lightness is turned
 * round and their hues are kept, so that one drawing serves both.
 */
const char *const html_style[] = {
    ":root { --paper: #fff; --ink: #222; --grey: #595959; --line: #ddd;",
    "  --shade: #f5f5f5; --link: #005a8e; --good: #00704f; --bad: #a84a00 }",
    "@media screen and (prefers-color-scheme: dark) {",
    "  :root { --paper: #171717; --ink: #e4e4e4; --grey: #a8a8a8;",
    "    --line: #3a3a3a; --shade: #232323; --link: #7cc0ee;",
    "    --good: #4fc79f; --bad: #f09a5b }",
    "  svg { filter: invert(.93) hue-rotate(180deg) brightness(1.3) }",
    "}",
    "* { box-sizing: border-box }",
    "html { background: var(--paper); color: var(--ink);",
    "  font: 16px/1.5 system-ui, 'DejaVu Sans', Verdana, sans-serif;",
    "  -webkit-text-size-adjust: 100% }",
    "body { margin: 0 }",
    "main { max-width: 1280px; margin: 0 auto; padding: 16px }",
    "h1 { font-size: 1.7rem; line-height: 1.2; margin: .4em 0 }",
    "h2 { font-size: 1.25rem; line-height: 1.3; margin: 2.2em 0 .5em;",
    "  padding-top: .5em; border-top: 1px solid var(--line) }",
    "p, li { max-width: 46em; overflow-wrap: anywhere }",
    "h1, h2 { overflow-wrap: anywhere }",
    "a { color: var(--link) }",
    "nav { margin: 1.5em 0 }",
    "nav p { display: flex; flex-wrap: wrap; gap: .2em 1em; margin: .3em 0;",
    "  max-width: none }",
    "summary { cursor: pointer; color: var(--link) }",
    "a.word { color: inherit; text-decoration: underline dotted var(--grey) }",
    ":target { background: var(--shade) }",
    ".fact { white-space: nowrap }",
    "code { font-size: .9em; background: var(--shade); padding: 0 .2em }",
    "pre { background: var(--shade); padding: .8em }",
    "pre code { padding: 0 }",
    ".wide { overflow-x: auto; max-width: 100%; margin: 1em 0 }",
    "figure svg { display: block; width: 100%; min-width: 680px;",
    "  max-width: 860px; height: auto;",
    "  font-family: 'DejaVu Sans', Verdana, Helvetica, Arial, sans-serif }",
    /* A cut chart looks like a whole one: touch screens show no bar. */
    "@media screen and (max-width: 712px) {",
    "  figure::before { content: 'Wider than the screen: scroll it sideways.';",
    "    display: block; position: sticky; left: 0; width: fit-content;",
    "    font-size: .8rem; color: var(--grey) }",
    "}",
    "table { border-collapse: collapse; font-size: .8rem;",
    "  font-variant-numeric: tabular-nums }",
    "th, td { padding: .25em .5em; text-align: left; vertical-align: top;",
    "  border-bottom: 1px solid var(--line) }",
    "td { max-width: 36em; overflow-wrap: break-word }",
    "td:first-child { min-width: 11em }",
    ".f, .n { white-space: nowrap }",
    "th { background: var(--shade); vertical-align: bottom }",
    ".n { text-align: right }",
    "#verdict-for-this-machine ~ .wide table { font-size: .95rem }",
    "#verdict-for-this-machine ~ .wide td:nth-child(3) { min-width: 26em }",
    ".again { font-size: 0 }",
    ".sorted .again { font-size: inherit }",
    ".faster { color: var(--good); font-weight: bold }",
    ".slower { color: var(--bad); font-weight: bold }",
    ".same { color: var(--grey) }",
    "th button { all: unset; cursor: pointer; font-weight: bold;",
    "  text-decoration: underline dotted var(--grey) }",
    "th button:focus-visible { outline: 2px solid var(--link) }",
    "th[aria-sort=ascending] button::after { content: ' \\2191' }",
    "th[aria-sort=descending] button::after { content: ' \\2193' }",
    /* The answers at a glance, one below the other where it is narrow. */
    "@media screen and (max-width: 500px) {",
    "  #verdict-for-this-machine ~ .wide thead { display: none }",
    "  #verdict-for-this-machine ~ .wide td { display: block; border: 0;",
    "    padding: 0; min-width: 0 !important }",
    "  #verdict-for-this-machine ~ .wide td:first-child { font-weight: bold;",
    "    padding-top: .8em }",
    "  #verdict-for-this-machine ~ .wide td:nth-child(2)::before",
    "    { content: 'Winner: ' }",
    "  #verdict-for-this-machine ~ .wide td:nth-child(4)::before",
    "    { content: 'Where threads win: ' }",
    "  #verdict-for-this-machine ~ figure svg { min-width: 520px }",
    "}",
    "@media print {",
    "  #verdict-for-this-machine ~ .wide td:nth-child(3) { min-width: 0 }",
    "  main { max-width: none; padding: 0 }",
    "  html { font-size: 11px }",
    "  nav { display: none }",
    "  .wide { overflow: visible }",
    "  figure, tr { break-inside: avoid }",
    "  h2 { break-after: avoid }",
    /* None is cut by the edge of a sheet. */
    "  figure svg { min-width: 0; max-width: 16cm; max-height: 24cm }",
    "  .f { white-space: normal }",
    "  a { color: inherit; text-decoration: none }",
    "}",
    NULL,
};

/* Paper has no folds.  A head that is pressed sorts by its column; figures with
 * units by size, what is not there last. */
const char *const html_script[] = {
    "'use strict';",
    "const units = { '': 1, ns: 1, us: 1e3, ms: 1e6, s: 1e9, x: 1, '%': 1,",
    "  B: 1, K: 1024, M: 1048576, G: 1073741824, T: 1099511627776 };",
    "function size(text) {",
    "  const m = /^\\[?(-?[\\d.]+) ?(ns|us|ms|s|[BKMGTx%])?(?![\\w:])/",
    "    .exec(text);",
    "  return m ? parseFloat(m[1]) * units[m[2] || ''] : NaN;",
    "}",
    "function order(a, b) {",
    "  const x = size(a), y = size(b);",
    "  return isNaN(x) || isNaN(y) ?",
    "    a.localeCompare(b, 'en', { numeric: true }) : x - y;",
    "}",
    "function sort(table, head, column) {",
    "  const up = head.ariaSort !== 'ascending', body = table.tBodies[0];",
    "  const text = row => row.cells[column].textContent;",
    "  const absent = row => text(row) === '-' || text(row) === '';",
    "  const rows = [...body.rows].sort((a, b) => absent(a) - absent(b) ||",
    "    (up ? 1 : -1) * order(text(a), text(b)));",
    "  for (const th of table.tHead.rows[0].cells) th.ariaSort = null;",
    "  head.ariaSort = up ? 'ascending' : 'descending';",
    "  table.classList.add('sorted');",
    "  body.append(...rows);",
    "}",
    "addEventListener('beforeprint', () => {",
    "  for (const fold of document.querySelectorAll('details'))",
    "    fold.open = true;",
    "});",
    "for (const table of document.querySelectorAll('table'))",
    "  [...table.tHead.rows[0].cells].forEach((head, column) => {",
    "    const button = document.createElement('button');",
    "    button.append(...head.childNodes);",
    "    head.append(button);",
    "    button.onclick = () => sort(table, head, column);",
    "  });",
    NULL,
};
