/* show_metric.h: what a metric is, and the list of them. */
#ifndef FC_HOST_SHOW_METRIC_H
#define FC_HOST_SHOW_METRIC_H

#include <stdbool.h>

#include "host/base/error.h"
#include "host/result/metrics.h"

/* Prints name, unit, meaning, adverse tail, what a world without a value means and where a report prints it. Returns
 * 0, or -1 with `error` filled. */
int fc_show_metric(const struct fc_metric_info *info, bool json, struct fc_error *error);

/* All metrics, by the chapters of a report. */
int fc_list_metrics(bool json, struct fc_error *error);

#endif
