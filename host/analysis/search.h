/* search.h: the best plan under uncertainty: the fastest plans at the median, followed through the same worlds.
 *
 * Three sieves. All plans that the rules permit are ranked at the median of the efficiency factors
 * (host/step/plan_search.h). The first `contenders` of them meet the same uncertain worlds in the step layer. The
 * first `finalists`, and the plan that the scenario states, are simulated through all its layers, also on the same
 * worlds; they are ranked by the figure that the user names. */
#ifndef FC_HOST_SEARCH_H
#define FC_HOST_SEARCH_H

#include "analysis.h"
#include "answer.h"
#include "host/step/plan_search.h"
#include "host/step/step_time.h"
#include "regret.h"

enum { FC_SEARCH_CHANGES = 12, FC_SEARCH_CHANGE_BYTES = 64, FC_SEARCH_PRECISIONS = 4 };

struct fc_search_request {
    const char *scenario; /* NULL: what the options describe (quick.h) */
    const struct fc_analysis_options *options;
    const char *by; /* "p90(wall_clock_days)"; NULL: the run's P50 days, or the step's time without a run */
    bool keep;      /* what the scenario states of the plan stays; else all of the plan is searched */
    unsigned precision; /* bits of the precisions to search; 0: the scenario's alone */
    double fits;        /* least probability to fit in memory */
    size_t contenders, finalists;
};

/* A plan that came into the second sieve. */
struct fc_contender {
    struct fc_plan_candidate point;
    char text[120];
    char changes[FC_SEARCH_CHANGES][FC_SEARCH_CHANGE_BYTES]; /* PATH=VALUE texts that make a scenario of it */
    size_t change_count;
    bool stated, final;
    double step_p5, step_p50, step_p95; /* s, over the worlds; INFINITY where the job does not fit */
    double fits, memory_bytes;          /* share of the worlds it fits in; median */
    struct fc_regret step_regret;       /* of the step time among the contenders, s */
    struct fc_step_breakdown parts;     /* at the median of all factors */
    /* finalists */
    struct fc_estimate figure; /* what they are ranked by */
    struct fc_regret regret;   /* of the metric behind it, among the finalists */
    struct fc_tally tally;     /* all metrics */
    bool front;                /* no other finalist is as good in time, cost and memory, and better in one */
};

struct fc_search {
    struct fc_plan_found found;      /* of the first sieve */
    double seconds;                  /* it took */
    struct fc_contender *contenders; /* finalists first, best first; then by the step time */
    size_t count, finalists;
    struct fc_answer by;
    bool high_is_better; /* of the figure: a probability, tokens per second */
    char by_name[80];
    char stated_fault[400]; /* why the scenario's own plan cannot be compared; empty when it can or is open */
    struct fc_scenario scenario; /* with the best plan */
    const char *path;            /* as the request names the scenario; NULL: it has no file */
    uint64_t trials;
    uint64_t step_trials;
};

/* Fails with FC_BAD_INPUT when no plan fits. To be freed, also after a failure. */
int fc_search_plans(struct fc_search *search, struct fc_analysis *analysis,
                    const struct fc_search_request *request, struct fc_error *error);
void fc_search_free(struct fc_search *search);

#endif
