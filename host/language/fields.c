/* fields.c: the table of fields.h. */
#include "fields.h"

#include <string.h>

#include "cuda/model/run/classes.h"
#include "cuda/model/contract/contract_program.h"
#include "cuda/model/inputs.h"

static const char *const layers[] = {"step", "run", "contract", "all", NULL};
static const char *const precisions[] = {"bf16", "fp16", "fp8", "mxfp8", "nvfp4", NULL};
static const char *const zero_stages[] = {"none", "optimizer", "gradients", "parameters", NULL};
static const char *const softwares[] = {
    "newest",    "megatron-2021", "megatron-2022", "llm-foundry", "torchtitan",
    "jax",       "simumax",       "automodel",     "nemo-24",     "nemo-25",
    "bridge-25", "bridge-26.04",  "bridge-26.06",  "mlperf",      "meta-llama3",
    "paxml",     "megatron-2023", "megascale",     NULL};
static const char *const dispatches[] = {"auto", "all_to_all", "per_domain", NULL};
static const char *const schedules[] = {"auto", "1f1b", "interleaved", "zero_bubble", "dualpipe", NULL};
static const char *const routers[] = {"trained", "balanced", "dropping", NULL};
static const char *const graphs[] = {"none", "partial", "full", NULL};
static const char *const posteriors[] = {"on", "prior", "fixed", NULL};
static const char *const profiles[] = {"plain", "h100-era", "gb200-era", NULL};
static const char *const spare_policies[] = {"pooled", "in-rack", "racks", NULL};
static const char *const shortages[] = {"wait", "shrink", "reduce", NULL};
static const char *const failovers[] = {"job", "replica", NULL};
static const char *const checkpoint_kinds[] = {"synchronous", "asynchronous", NULL};
static const char *const checkpoint_rules[] = {"exact", "young", "daly", NULL};
static const char *const ages[] = {"none", "new", "steady", NULL};
static const char *const recomputes[] = {"none", "selective", "full", NULL};

static const char *const contract_details[] = {"months", NULL};
static const char *const forms[] = {"take_or_pay", "minimum", "reservation", "block",
                                    "on_demand",   "spot",    "own",         NULL};
static const char *const regimes[] = {"glut", "balance", "shortage", NULL};
static const char *const revenues[] = {"none", "per_gw", "path", NULL};
static const char *const own_methods[] = {"capital_recovery", "value_decline", NULL};
static const char *const own_bases[] = {"all_in", "parts", NULL};

#define UNCERTAIN(id, path, input, unit, lo, hi, what)                                                       \
    {                                                                                                        \
        id, path, FC_FIELD_UNCERTAIN, input, unit, lo, hi, NULL, what                                        \
    }
#define DISTRIBUTION(id, path, unit, lo, hi, what)                                                           \
    {                                                                                                        \
        id, path, FC_FIELD_DISTRIBUTION, -1, unit, lo, hi, NULL, what                                        \
    }
#define NUMBER(id, path, unit, lo, hi, what)                                                                 \
    {                                                                                                        \
        id, path, FC_FIELD_NUMBER, -1, unit, lo, hi, NULL, what                                              \
    }
#define INTEGER(id, path, unit, lo, hi, what)                                                                \
    {                                                                                                        \
        id, path, FC_FIELD_INTEGER, -1, unit, lo, hi, NULL, what                                             \
    }
#define CHOICE(id, path, words, what)                                                                        \
    {                                                                                                        \
        id, path, FC_FIELD_CHOICE, -1, NULL, 0, 0, words, what                                               \
    }
#define FLAG(id, path, what)                                                                                 \
    {                                                                                                        \
        id, path, FC_FIELD_FLAG, -1, NULL, 0, 0, NULL, what                                                  \
    }
#define FACTOR(name, path, unit, lo, hi, what)                                                               \
    {                                                                                                        \
        FC_FIELD_EFFICIENCY + FC_IN_##name, "efficiency." path, FC_FIELD_UNCERTAIN, FC_IN_##name, unit, lo,  \
            hi, NULL, what                                                                                   \
    }
#define NAME(id, path, kind, what)                                                                           \
    {                                                                                                        \
        id, path, FC_FIELD_NAME, -1, kind, 0, 0, NULL, what                                                  \
    }
#define TEXT(id, path, what)                                                                                 \
    {                                                                                                        \
        id, path, FC_FIELD_TEXT, -1, NULL, 0, 0, NULL, what                                                  \
    }

#define NUMBERS(id, path, unit, lo, hi, what)                                                                \
    {                                                                                                        \
        id, path, FC_FIELD_NUMBERS, -1, unit, lo, hi, NULL, what                                             \
    }
const struct fc_field fc_fields[] = {
#include "fields.def"
};

_Static_assert(sizeof fc_fields / sizeof fc_fields[0] == FC_FIELD_COUNT, "one row per field");

enum fc_unit_policy fc_field_unit_policy(const struct fc_field *field)
{
    static const char *const plain[] = {"1", "GPU"}, *const obvious[] = {"token", "FLOP", "1/year"};
    if (!field->unit || field->type == FC_FIELD_NAME)
        return FC_UNIT_NONE;
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        if (strcmp(field->unit, plain[i]) == 0)
            return FC_UNIT_NONE;
    for (size_t i = 0; i < sizeof obvious / sizeof obvious[0]; i++)
        if (strcmp(field->unit, obvious[i]) == 0)
            return FC_UNIT_ASSUMED;
    const char *dot = strrchr(field->path, '.'); /* "years" and "quantize_bytes" say it */
    const char *named = dot ? strstr(dot + 1, field->unit) : NULL;
    bool whole =
        named && (named == dot + 1 || named[-1] == '_') && strcmp(named + strlen(field->unit), "s") == 0;
    return whole ? FC_UNIT_ASSUMED : FC_UNIT_REQUIRED;
}

const struct fc_field *fc_field_find(const char *path)
{
    for (size_t i = 0; i < FC_FIELD_COUNT; i++)
        if (strcmp(fc_fields[i].path, path) == 0)
            return &fc_fields[i];
    return NULL;
}
