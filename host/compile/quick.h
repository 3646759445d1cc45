/* quick.h: from what one knows (a model, GPUs, tokens) to a scenario.
 *
 *     flopcast init -o my.yaml --model deepseek-v3 --gpus 2048xgb200 --tokens 15T
 *     flopcast run --model deepseek-v3 --gpus 2048xgb200 --tokens 15T
 * Both make the same text here; init keeps it with its comments, run reads it at once. */
#ifndef FC_HOST_QUICK_H
#define FC_HOST_QUICK_H

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>

#include "host/base/error.h"

/* As given; NULL: not given. */
struct fc_quick {
    const char *model;                                /* name in the catalog, or the path of a config.json */
    const char *gpus;                                 /* 2048xgb200 */
    const char *tokens;                               /* 15T, 3e12 */
    const char *deadline, *budget;                    /* values of goals.deadline and goals.budget */
    const char *precision, *sequence, *batch, *price; /* of training.precision, .sequence, .global_batch (in
                                                         sequences), prices.gpu_hour */
    int spares;             /* nodes that such a run assumes, for the comment of its text; 0: not known */
    const char *spares_why; /* how they were counted */
};

/* The options of the command line, for a table of getopt_long, and where they begin. */
enum { FC_QUICK_FIRST = 2000 };
#define FC_QUICK_OPTIONS                                                                                     \
    {"model", required_argument, NULL, FC_QUICK_FIRST},                                                      \
        {"gpus", required_argument, NULL, FC_QUICK_FIRST + 1},                                               \
        {"tokens", required_argument, NULL, FC_QUICK_FIRST + 2},                                             \
        {"deadline", required_argument, NULL, FC_QUICK_FIRST + 3},                                           \
        {"budget", required_argument, NULL, FC_QUICK_FIRST + 4},                                             \
        {"precision", required_argument, NULL, FC_QUICK_FIRST + 5},                                          \
        {"sequence", required_argument, NULL, FC_QUICK_FIRST + 6},                                           \
        {"batch", required_argument, NULL, FC_QUICK_FIRST + 7},                                              \
    {                                                                                                        \
        "gpu-hour", required_argument, NULL, FC_QUICK_FIRST + 8                                              \
    }

/* Text for --help. */
#define FC_QUICK_HELP                                                                                        \
    "      --model M         a model of the catalog, or the path of a config.json of Hugging Face\n"         \
    "      --gpus NxGPU      how many of which GPU: 2048xgb200 (flopcast list gpu)\n"                        \
    "      --tokens N        tokens to train on: 15T, 300B, 2e12\n"                                          \
    "      --deadline D, --budget B   goals, with units: '60 days', '20M USD'\n"                             \
    "      --precision P, --sequence N, --batch N, --gpu-hour 'P USD'   training.precision (bf16 unless "    \
    "given),\n"                                                                                              \
    "                        training.sequence (4096), training.global_batch in sequences, "                 \
    "prices.gpu_hour\n"

/* The same for commands that mostly have a file. */
#define FC_QUICK_INSTEAD                                                                                     \
    "      --model M, --gpus NxGPU, --tokens N   instead of SCENARIO, and what goes with them (flopcast run "  \
    "--help)\n"

/* Takes one of these options; false when `option` is none of them. */
bool fc_quick_take(struct fc_quick *quick, int option, const char *value);

/* True when any is given. */
bool fc_quick_given(const struct fc_quick *quick);

/* The text of the scenario, with comments, to be freed. Model, GPUs and tokens must be given. Returns NULL with
 * `error` filled. */
char *fc_quick_text(const struct fc_quick *quick, struct fc_error *error);

/* What such a text assumes, for a note; "" where all is given. Returns text. */
const char *fc_quick_assumed(const struct fc_quick *quick, char *text, size_t size);

/* The name by which places in such a text are called. */
#define FC_QUICK_NAME "--model, --gpus, --tokens"

#endif
