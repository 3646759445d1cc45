/* metrics.h: names, units and the bad side of the metrics of cuda/model/metrics.h. */
#ifndef FC_HOST_METRICS_H
#define FC_HOST_METRICS_H

#include <stddef.h>

#include "../cuda/model/metrics.h"

struct fc_metric_info {
    int metric;        /* enum fc_metric; for a metric with run sizes, that of the first size */
    const char *name;  /* as in results; a metric with run sizes gets "@5e26" behind it */
    const char *unit;
    int worst_is_high; /* 1: high values are bad (cost), 0: low values are bad (goodput) */
    int sizes;         /* 1: one metric per run size */
    int headline;      /* 1: shown with a histogram */
    int probability;   /* 1: a 0/1 metric, reported as a probability under `name` */
    int whole;         /* 1: counts something: every value is a whole number */
    const char *what;  /* one line for people */
};

/* What is known of a metric, or NULL for a number that is not in use. */
const struct fc_metric_info *fc_metric_find(int metric);

/* Index of the run size that a metric belongs to, or -1. */
int fc_metric_size_index(int metric);

/* Full name into text, e.g. "run_cost_usd@5e26"; run_flop are the scenario's run sizes. */
void fc_metric_name(int metric, const float *run_flop, char *text, size_t size);

#endif
