/* metrics.h: names, units and the bad side of the metrics of cuda/model/metrics.h. */
#ifndef FC_HOST_METRICS_H
#define FC_HOST_METRICS_H

#include <stddef.h>

#include "cuda/model/metrics.h"
#include "cuda/model/program.h"
#include "tally.h"

struct fc_metric_info {
    int metric;       /* enum fc_metric; for a metric with run sizes, that of the first size */
    const char *name; /* as in results; a metric with run sizes gets "@5e26" behind it */
    const char *unit;
    int worst_is_high; /* 1: high values are bad (cost), 0: low values are bad (goodput); ask
                          fc_metric_worst_is_high, since for some the scenario decides */
    int sizes;         /* 1: one metric per run size */
    int headline;      /* 1: shown with a histogram */
    int probability;   /* 1: a 0/1 metric, reported as a probability under `name` */
    int whole;         /* 1: counts something: every value is a whole number */
    const char *what;  /* one line for people */
};

/* What is known of a metric, or NULL for a number that is not in use. */
const struct fc_metric_info *fc_metric_find(int metric);

/* What a scenario holds fixed decides which side of some metrics is bad: GPU-hours are a cost of given work,
 * and the yield of given money. */
enum fc_fixed {
    FC_FIXED_WORK,  /* a run to its last token */
    FC_FIXED_TIME,  /* a run watched for a stretch of time */
    FC_FIXED_MONEY, /* a contract */
};

enum fc_fixed fc_metric_fixed(const struct fc_program *program);

/* The same for a whole result, of which only the tally is at hand (a metric left out would mislead). */
enum fc_fixed fc_metric_fixed_of_tally(const struct fc_tally *tally);

/* 1: high values of the metric are bad, 0: low ones. */
int fc_metric_worst_is_high(int metric, enum fc_fixed fixed);

/* Index of the run size that a metric belongs to, or -1. */
int fc_metric_size_index(int metric);

/* Full name into text, e.g. "run_cost_usd@5e26"; run_flop are the scenario's run sizes. */
void fc_metric_name(int metric, const float *run_flop, char *text, size_t size);

#endif
