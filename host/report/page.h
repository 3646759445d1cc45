/* page.h: the page of a result: one HTML file without anything from elsewhere, made of the JSON that the command prints,
 * so that both hold the same numbers.
 *
 * The answer in sentences comes first, then plots, tables with units and standard errors, notes, the assumptions with
 * source and grade, and where and how it was computed. docs/decisions/0012 says why the JSON is the source and why the
 * plots are our own SVG. */
#ifndef FC_HOST_PAGE_H
#define FC_HOST_PAGE_H

#include <stddef.h>
#include <stdio.h>

#include "host/base/document.h"
#include "host/base/error.h"

/* Writes the page of a JSON of run, compare, sweep, explain, solve, search, step, stress, flows or validate. Returns 0, or -1 with
 * `error` filled where it is none of these. */
int fc_page_write(FILE *out, const struct fc_node *root, struct fc_error *error);

#endif
