/* value_text.h: a value of a scenario as one line of text, however it was written.
 *
 * `pert(2.6, 3.5, 6.5) USD` may also be written as a map; both are brought to the first form, which is what
 * the reader of host/language/value.h parses, what is printed, and what a resolved scenario holds. Each part remembers
 * its place. Maps: {pert: [2.6, 3.5, 6.5], unit: USD}           {lognormal: {median: 6 h, sigma: 0.9}}
 *     {discrete: {10.5: 0.4, 16: 0.6}}             {quantiles: {p5: 1, p50: 2, p95: 4}}, or {p5: 1, p50: 2,
 * p95: 4} {low: 2.6, mode: 3.5, high: 6.5}  (a PERT)   {low: 2.6, high: 6.5}  (a 5-95 % range) {normal:
 * [0.14, 0.03], truncated: [0.05, 0.25]},  {value: 3, unit: h}                                        */
#ifndef FC_HOST_VALUE_TEXT_H
#define FC_HOST_VALUE_TEXT_H

#include "host/base/document.h"

enum { FC_VALUE_BYTES = 4096, FC_VALUE_SEGMENTS = 256 };

struct fc_value_text {
    char text[FC_VALUE_BYTES];
    size_t length;
    struct fc_segment segments[FC_VALUE_SEGMENTS];
    size_t segment_count;
};

/* Brings the node to one line. *source points into *text and is ready for the reader. Returns 0, or -1 with
 * `error` filled when the node has no such form. */
int fc_value_text_read(struct fc_value_text *text, const struct fc_node *node, struct fc_source *source,
                       struct fc_error *error);

#endif
