/* metrics.h: the table of metrics (cuda/model/metrics.def) for the host. */
#ifndef FC_HOST_METRICS_H
#define FC_HOST_METRICS_H

#include <stdbool.h>
#include <stddef.h>

#include "cuda/model/metrics.h"
#include "cuda/model/program.h"
#include "tally.h"

/* Where a metric is printed. */
enum fc_chapter_id {
    FC_CHAPTER_NONE = -1,
    FC_CHAPTER_SPEED,
    FC_CHAPTER_LENGTH,
    FC_CHAPTER_TIME,
    FC_CHAPTER_FAILURES,
    FC_CHAPTER_RUN_ENERGY,
    FC_CHAPTER_CAPACITY,
    FC_CHAPTER_RUNS,
    FC_CHAPTER_MONEY,
    FC_CHAPTER_PROVIDER,
    FC_CHAPTER_COMPANY,
    FC_CHAPTER_POWER,
    FC_CHAPTER_DELIVERY,
    FC_CHAPTER_PRICES,
    FC_CHAPTER_OWN,
    FC_CHAPTER_COUNT
};

/* Which scenarios have a metric (host/compile/program.c decides). */
enum fc_when {
    FC_WHEN_STEP,                /* a step is simulated */
    FC_WHEN_RUN,                 /* a run is simulated, */
    FC_WHEN_RUN_TO_END,          /*   to its end, not for a fixed time */
    FC_WHEN_RUN_OF_TOKENS,       /*   with its step, and no contract around it */
    FC_WHEN_OPERATION,           /*   with people and programme (operation.overhead), */
    FC_WHEN_DETAILED_RUN,        /*   with classes of failures, */
    FC_WHEN_IDLE_FAILURES,       /*     spares that fail while idle, */
    FC_WHEN_LEMONS,              /*     trays that fail again and again, */
    FC_WHEN_FAILURE_CLASS,       /*     one metric per class that is on and stops the job */
    FC_WHEN_RUN_OR_CONTRACT,     /* a run or a contract is simulated */
    FC_WHEN_DEADLINE,            /* a deadline is stated, */
    FC_WHEN_BUDGET,              /*   a budget, */
    FC_WHEN_DEADLINE_AND_BUDGET, /* both */
    FC_WHEN_CONTRACT,            /* a contract is simulated, */
    FC_WHEN_RUN_SIZES,           /*   with run sizes to price, */
    FC_WHEN_RUN_SIZES_TIMED,     /*   and GPUs for a run, so that it takes a time */
    FC_WHEN_MONTHS,              /*   month by month, */
    FC_WHEN_REVENUE,             /*     with revenue, */
    FC_WHEN_COMPANY,             /*     that of the whole company, */
    FC_WHEN_EARNING,             /*     by hours or tokens that serve, */
    FC_WHEN_TAX,                 /*     with taxes, */
    FC_WHEN_TAX_ON_REVENUE,      /*       on revenue, */
    FC_WHEN_BOOKS,               /*     with the provider's books, */
    FC_WHEN_BOOKS_AND_REVENUE,   /*       beside revenue, */
    FC_WHEN_PROVIDERS,           /*     with several providers, */
    FC_WHEN_THREE_PROVIDERS,     /*     with three at least, */
    FC_WHEN_FOUR_PROVIDERS,      /*     with four, */
    FC_WHEN_EVENTS,              /*     with defaults or a collapse of the demand, */
    FC_WHEN_SITES,               /*     with sites that may be stopped, */
    FC_WHEN_SPOT,                /*     with spot capacity, */
    FC_WHEN_MARKET,              /*     with paths of market prices, */
    FC_WHEN_EXPANSION,           /*     with an option to expand, */
    FC_WHEN_PROGRAMME,           /*     with a growing programme of runs */
    FC_WHEN_OWN,                 /* owning is compared with renting */
    FC_WHEN_TESTS                /* never: the model's tests ask for it by number */
};

/* Which tail of a metric is adverse. */
enum fc_worst { FC_WORST_LOW, FC_WORST_HIGH, FC_WORST_COST_OF_RUN, FC_WORST_HIGH_UNLESS_WATCHED };

struct fc_metric_info {
    int metric;       /* enum fc_metric; for a metric with run sizes, that of the first size */
    const char *name; /* as in results; a metric with run sizes gets "@5e26" behind it */
    const char *unit;
    enum fc_worst worst;            /* ask fc_metric_worst_is_high, since for some the scenario decides */
    bool sizes;                     /* one metric per run size */
    bool headline;                  /* said first */
    bool probability;               /* a 0/1 metric, reported as a probability under `name` */
    bool whole;                     /* counts something: every value is a whole number */
    bool picture, contract_picture; /* a histogram in the report of a run, of a contract */
    double cap; /* a value that reaches it stands for any above, and has no mean; infinity: there is none */
    enum fc_when when;
    enum fc_chapter_id run_chapter, contract_chapter;
    const char *old_name; /* a name of earlier versions, still understood, or NULL */
    const char *input;    /* of a probability: the key that fixes it, so that it is no result; or NULL */
    const char *missing;  /* what is wrong with a world that has no value, or NULL where all have one */
    const char *what;     /* one line for people */
};

/* All rows, in the order in which reports print them. */
extern const struct fc_metric_info fc_metric_infos[];
extern const size_t fc_metric_info_count;

/* What is known of a metric, or NULL for a number that is not in use. */
const struct fc_metric_info *fc_metric_find(int metric);

/* The row of this name, or of this earlier name; NULL when there is none. A size ("@5e26") is no part of it. */
const struct fc_metric_info *fc_metric_named(const char *name, size_t length);

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

/* The key whose value a probability of this tally gives back, or NULL: what several providers deliver in time
 * depends on more than the chance that one is late. */
const char *fc_metric_fixed_by(const struct fc_tally *tally, int metric);

/* 1: high values of the metric are bad, 0: low ones. */
int fc_metric_worst_is_high(int metric, enum fc_fixed fixed);

/* Index of the run size that a metric belongs to, or -1. */
int fc_metric_size_index(int metric);

/* Full name into text, e.g. "run_cost_usd@5e26"; run_flop are the scenario's run sizes. */
void fc_metric_name(int metric, const float *run_flop, char *text, size_t size);

#endif
