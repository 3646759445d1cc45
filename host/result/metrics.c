/* metrics.c: see metrics.h. */
#include "metrics.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { HEADLINE = 1, WHOLE = 2, SIZES = 4, PICTURE = 8, CONTRACT_PICTURE = 16, RATE = 32 };

#define METRIC(id, number, name_, unit_, worst_, flags, when_, run, contract, old, missing_, what_)          \
    {.metric = (number),                                                                                     \
     .name = (name_),                                                                                        \
     .unit = (unit_),                                                                                        \
     .worst = FC_WORST_##worst_,                                                                             \
     .sizes = ((flags)&SIZES) != 0,                                                                          \
     .headline = ((flags)&HEADLINE) != 0,                                                                    \
     .whole = ((flags)&WHOLE) != 0,                                                                          \
     .picture = ((flags)&PICTURE) != 0,                                                                      \
     .contract_picture = ((flags)&CONTRACT_PICTURE) != 0,                                                    \
     .cap = ((flags)&RATE) != 0 ? (double)FC_RATE_CAP : (double)INFINITY,                                                 \
     .when = FC_WHEN_##when_,                                                                                \
     .run_chapter = FC_CHAPTER_##run,                                                                        \
     .contract_chapter = FC_CHAPTER_##contract,                                                              \
     .old_name = (old),                                                                                      \
     .missing = (missing_),                                                                                  \
     .what = (what_)},
#define PROBABILITY(id, number, name_, when_, run, contract, old, input_, what_)                             \
    {.metric = (number),                                                                                     \
     .name = (name_),                                                                                        \
     .unit = "1",                                                                                            \
     .worst = FC_WORST_LOW,                                                                                  \
     .probability = true,                                                                                    \
     .cap = (double)INFINITY,                                                                                \
     .when = FC_WHEN_##when_,                                                                                \
     .run_chapter = FC_CHAPTER_##run,                                                                        \
     .contract_chapter = FC_CHAPTER_##contract,                                                              \
     .old_name = (old),                                                                                      \
     .input = (input_),                                                                                      \
     .what = (what_)},
const struct fc_metric_info fc_metric_infos[] = {
#include "cuda/model/metrics.def"
};
const size_t fc_metric_info_count = sizeof fc_metric_infos / sizeof fc_metric_infos[0];

/* The row of each number in fc_metric_infos, from 1; 0: none begins there. */
enum {
    ROW_BEFORE,
#define METRIC(id, ...) ROW_##id,
#define PROBABILITY(id, ...) ROW_##id,
#include "cuda/model/metrics.def"
};
static const short rows[FC_METRIC_COUNT] = {
#define METRIC(id, number, ...) [number] = ROW_##id,
#define PROBABILITY(id, number, ...) [number] = ROW_##id,
#include "cuda/model/metrics.def"
};

const struct fc_metric_info *fc_metric_find(int metric)
{
    for (int k = 0; k < FC_RUN_SIZES; k++) { /* a row of sizes begins up to so many numbers before */
        int first = metric - k, row = first >= 0 && first < FC_METRIC_COUNT ? rows[first] : 0;
        if (row)
            return k == 0 || fc_metric_infos[row - 1].sizes ? &fc_metric_infos[row - 1] : NULL;
    }
    return NULL;
}

static bool same_name(const char *known, const char *name, size_t length)
{
    return known && strlen(known) == length && memcmp(known, name, length) == 0;
}

const struct fc_metric_info *fc_metric_named(const char *name, size_t length)
{
    for (size_t i = 0; i < fc_metric_info_count; i++)
        if (same_name(fc_metric_infos[i].name, name, length) ||
            same_name(fc_metric_infos[i].old_name, name, length))
            return &fc_metric_infos[i];
    return NULL;
}

enum fc_fixed fc_metric_fixed(const struct fc_program *program)
{
    if (program->layers & FC_LAYER_CONTRACT)
        return FC_FIXED_MONEY;
    return (program->layers & FC_LAYER_RUN) && program->run.watch ? FC_FIXED_TIME : FC_FIXED_WORK;
}

enum fc_fixed fc_metric_fixed_of_tally(const struct fc_tally *tally)
{
    if (fc_tally_find(tally, FC_M_GPUS_FULL_RAMP))
        return FC_FIXED_MONEY;
    return fc_tally_find(tally, FC_M_FINISHED) ? FC_FIXED_WORK : FC_FIXED_TIME;
}

const char *fc_metric_fixed_by(const struct fc_tally *tally, int metric)
{
    bool of_parts = metric == FC_M_ON_TIME || metric == FC_M_DELIVERED_75;
    bool several = fc_tally_find(tally, FC_M_CAPACITY_LEFT) != NULL;
    return of_parts && several ? NULL : fc_metric_find(metric)->input;
}

int fc_metric_worst_is_high(int metric, enum fc_fixed fixed)
{
    switch (fc_metric_find(metric)->worst) {
    case FC_WORST_COST_OF_RUN:
        return fixed != FC_FIXED_MONEY;
    case FC_WORST_HIGH_UNLESS_WATCHED:
        return fixed != FC_FIXED_TIME;
    case FC_WORST_HIGH:
        return 1;
    case FC_WORST_LOW:
        break;
    }
    return 0;
}

int fc_metric_size_index(int metric)
{
    const struct fc_metric_info *info = fc_metric_find(metric);
    return info && info->sizes ? metric - info->metric : -1;
}

void fc_metric_name(int metric, const float *run_flop, char *text, size_t size)
{
    const struct fc_metric_info *info = fc_metric_find(metric);
    if (!info) {
        snprintf(text, size, "metric_%d", metric);
        return;
    }
    int index = fc_metric_size_index(metric);
    if (index < 0) {
        snprintf(text, size, "%s", info->name);
        return;
    }
    double flop = (double)run_flop[index];
    int exponent = (int)floor(log10(flop) + 1e-7);
    snprintf(text, size, "%s@%.4ge%d", info->name, flop / pow(10, exponent), exponent);
}
