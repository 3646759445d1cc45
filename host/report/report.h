/* report.h: a result as tables for people. */
#ifndef FC_HOST_REPORT_H
#define FC_HOST_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "host/result/result.h"

/* Prints what was asked, one line per metric with errors, a small histogram per headline metric, the
 * probabilities and the provenance. `utf8` allows block characters. */
void fc_report_result(FILE *out, const struct fc_result *result, bool utf8);

/* Whether the environment's locale asks for UTF-8. */
bool fc_locale_is_utf8(void);

#endif
