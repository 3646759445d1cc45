/* history.h: published runs forecast from what was known before them, and scored against what happened.
 *
 * A row of the table (columns by name, in any order; README of docs/validation/history.md) becomes a scenario of the
 * model's shape, tokens, GPUs and, where they are stated, layout, software and precision. What is stated of the outcome
 * (days, GPU-hours, interruptions, MFU, planned days) is not read by the scenario. GPU-hours are the run's length times
 * the GPUs of the job, as model cards count them: nobody publishes the hours of spare nodes. */
#ifndef FC_HOST_HISTORY_H
#define FC_HOST_HISTORY_H

#include <stdbool.h>
#include <stddef.h>

#include "analysis.h"
#include "host/base/csv.h"

enum { FC_HISTORY_POINTS = 2000, FC_HISTORY_MATURITIES = 3 };

/* What a row says of the outcome. */
enum fc_history_of {
    FC_HISTORY_DAYS,
    FC_HISTORY_GPU_HOURS,
    FC_HISTORY_WINDOW /* a stretch of a run: interruptions alone */
};

struct fc_history_row {
    char id[96], model[96], grade[32];
    char reason[240];  /* why there is no forecast; "" when there is one */
    char assumed[600]; /* what the scenario assumes beyond the row */
    char *scenario;    /* its text, in YAML, but for what is tried in turn */
    bool opens_recompute, opens_zero,
        opens_vpp;   /* not stated: tried from fast to frugal until the job fits */
    bool gathers;    /* parameters shared out over all GPUs: the fastest of those that fit */
    int half_layers; /* half the layers of a stage: recomputed where none and selective do not fit */
    double batch, batch_small; /* sequences per step; batch_small: of half the worlds; 0: of none */
    const char *software;      /* training.software of the first tries */
    int attempt;               /* the try that was taken */
    enum fc_history_of of;
    double actual;             /* in days, GPU-hours; the length of a window, days */
    double planned_days, gpus; /* 0: not stated */
    double flop6nt;            /* 6 x active parameters x tokens */
    double peak_flop_s;        /* dense BF16, of one GPU */
    double stops;              /* interruptions that happened; NAN: not stated */
    bool stops_all;            /* they count planned stops and restarts by hand too */
    bool at_least;             /* the text says that there were more */
    bool steps_alone;          /* the hours are said to be those of the steps, from a step time: no stop, no people */
    int maturity;              /* 0 first run, 1 experienced, 2 automated */
    const char *why_maturity;

    /* after fc_history_forecast */
    size_t worlds;                      /* that fit in memory */
    double base[FC_HISTORY_POINTS];     /* quantiles (k + 0.5) / POINTS of the machine alone, rising */
    double forecast[FC_HISTORY_POINTS]; /* with people and programme */
    double stops_forecast[FC_HISTORY_POINTS];
    bool has_stops;
    bool left_out_of_fit; /* the fit was made without this row */
};

/* A forecast beside what happened, in logs. */
struct fc_history_score {
    double log_error;  /* ln(actual / median) */
    double percentile; /* of what happened, 0 to 1 */
    double crps;       /* of ln */
};

/* Means over the rows that were forecast. */
struct fc_history_mean {
    size_t rows;
    double coverage50, coverage90, bias_log, mae_log, crps;
};

/* ln of the overhead is normal(mu[maturity], sigma[maturity]). */
struct fc_history_fit {
    double mu[FC_HISTORY_MATURITIES], sigma[FC_HISTORY_MATURITIES];
};

struct fc_history {
    struct fc_history_row *rows;
    size_t count;
    struct fc_history_fit fit; /* as shipped */
    struct fc_history_mean ours, constant_mfu, fitted_mfu, plan, ours_with_plan, ours_stops;
};

/* Reads the table: of the file, or the bundled one when `path` is NULL. */
int fc_history_read(struct fc_history *history, const char *path, const struct fc_catalog *catalog,
                    struct fc_error *error);
void fc_history_free(struct fc_history *history);

/* Fills a row from its cells; a row that cannot be forecast gets its reason. Returns 0, or -1 without memory. */
int fc_history_row_fill(struct fc_history_row *row, const struct fc_csv *csv, size_t line,
                        const struct fc_catalog *catalog, struct fc_error *error);

/* The scenario's text with the layout of try `attempt` (0 first); to be freed. NULL: no more to try. */
char *fc_history_text(const struct fc_history_row *row, int attempt);

/* The same with batch_small; NULL: the row has none. To be freed. */
char *fc_history_text_small(const struct fc_history_row *row, int attempt);

/* Whether that try is of newer software than the row's own, which is for what fits in memory with no other. */
bool fc_history_newer(const struct fc_history_row *row, int attempt);

/* Runs every row of the table at `path` (NULL: the shipped one), adds what people and programme add (catalog/operation.yaml;
 * a row of the shipped table gets a fit that has not seen it) and scores. */
int fc_history_run(struct fc_history *history, struct fc_analysis *analysis, const char *path,
                   const struct fc_catalog *catalog, const struct fc_analysis_options *options,
                   struct fc_error *error);

/* The fit to all rows but `without` (count: to all). */
struct fc_history_fit fc_history_fit_to(const struct fc_history_row *rows, size_t count, size_t without);

/* Adds people and programme to the machine's quantiles. */
void fc_history_add(const struct fc_history_fit *fit, struct fc_history_row *row);

/* The words of operation.maturity that a row may have, by number. */
const char *fc_history_maturity(int maturity);

/* Of the interruptions. */
struct fc_history_score fc_history_stops_score(const struct fc_history_row *row);

struct fc_history_score fc_history_score_of(const double *quantiles, size_t count, double actual);

/* The p-quantile of rising values. */
double fc_history_quantile(const double *quantiles, size_t count, double p);

#endif
