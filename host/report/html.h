/* html.h: the parts that a page of results is made of. Every text is escaped; every figure stands in a <data> element
 * whose value is the number of the JSON as it stands there.
 *
 *     fc_html_open(out, "gb300-nvl72-frontier", "flopcast run");
 *     fc_html_section(out, "The answer");  fc_html_say(out, "<p>", "Half of the worlds end within ");
 *     fc_html_figure(out, metric, "p50", &scale, true);  fc_html_raw(out, "</p>");
 *     fc_html_section_end(out);
 *     fc_html_close(out);
 * Failures to write are those of the stream: ask ferror. */
#ifndef FC_HOST_HTML_H
#define FC_HOST_HTML_H

#include <stdbool.h>
#include <stdio.h>

#include "host/base/document.h"
#include "host/base/format.h"

/* The page's head with its style (screen in light and dark, paper), its title, and above that what kind of page it is. */
void fc_html_open(FILE *out, const char *title, const char *kind);
void fc_html_close(FILE *out);

/* A section with a heading. */
void fc_html_section(FILE *out, const char *heading);
void fc_html_section_end(FILE *out);

void fc_html_raw(FILE *out, const char *markup);
void fc_html_text(FILE *out, const char *text); /* escaped; NULL prints nothing */

/* `markup` as it stands, then the formatted text escaped. */
void fc_html_say(FILE *out, const char *markup, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A number of the JSON and how it is shown. */
void fc_html_data(FILE *out, const char *value, const char *shown);

/* The number under `key` of a map: NAN where it is missing or null. */
double fc_html_number(const struct fc_node *map, const char *key);

/* The figure under `key`, with the error under KEY_se where there is one and `with_error`; "never" where the map's
 * `why` says so, "n/a" where it is refused. Without its unit. */
void fc_html_figure(FILE *out, const struct fc_node *map, const char *key, const struct fc_scale *scale,
                    bool with_error);

/* The same with its unit behind it, for a sentence. */
void fc_html_figure_in_words(FILE *out, const struct fc_node *map, const char *key,
                             const struct fc_scale *scale);

/* Whether the map's `why` says that this figure is 'never': no such value in too many of the worlds. */
bool fc_html_is_never(const struct fc_node *map, const char *key);

/* A map {p, lo, hi} as "84 % (80 to 88)". */
void fc_html_probability(FILE *out, const struct fc_node *map);

/* A number times `factor`, with `digits` significant digits, or whole. */
void fc_html_value(FILE *out, const struct fc_node *map, const char *key, double factor, int digits);

/* A share in percent, "67.4 %", "0.02 %". */
void fc_html_percent(FILE *out, const struct fc_node *map, const char *key);

/* A name of words between underscores, which may be broken there. */
void fc_html_name(FILE *out, const char *name);

/* A table: its head from `heads` (NULL-terminated; the first column is flush left), then rows of cells. */
void fc_html_table(FILE *out, const char *const *heads);
void fc_html_table_end(FILE *out);

#endif
