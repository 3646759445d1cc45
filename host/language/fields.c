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
static const char *const graphs[] = {"none", "partial", "full", "router", NULL};
static const char *const tuners[] = {"site", "vendor", NULL};
static const char *const posteriors[] = {"on", "prior", "fixed", NULL};
static const char *const profiles[] = {"plain", "h100-era", "gb200-era", NULL};
static const char *const maturities[] = {"none", "first_run", "experienced", "automated", "mixed", NULL};
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
static const char *const regimes[] = {"glut", "balance", "shortage", "unknown", NULL};
static const char *const revenues[] = {"none", "per_gw", "path", NULL};
static const char *const discountings[] = {"start", "middle", "end", NULL};
static const char *const rate_kinds[] = {"effective", "nominal", NULL};
static const char *const own_methods[] = {"capital_recovery", "value_decline", NULL};
static const char *const own_bases[] = {"all_in", "parts", NULL};

/* STATED("byte"): the name of the key says the unit; kept as a mark before it. */
#define STATED(text) "=" text
#define UNIT(text) .unit = &(text)[(text)[0] == '='], .stated = (text)[0] == '='
#define UNCERTAIN(id_, path_, use_, input_, unit_, lo_, hi_, what_)                                          \
    {                                                                                                        \
        .id = id_, .path = path_, .use = FC_USE_##use_, .type = FC_FIELD_UNCERTAIN, .input = input_,         \
        .lo = lo_, .hi = hi_, .what = what_, UNIT(unit_)                                                     \
    }
#define NUMERIC(type_, id_, path_, use_, unit_, lo_, hi_, what_)                                             \
    {                                                                                                        \
        .id = id_, .path = path_, .use = FC_USE_##use_, .type = type_, .input = -1, .lo = lo_, .hi = hi_,    \
        .what = what_, UNIT(unit_)                                                                           \
    }
#define WORDS(type_, id_, path_, use_, words_, unit_, what_)                                                 \
    {                                                                                                        \
        .id = id_, .path = path_, .use = FC_USE_##use_, .type = type_, .input = -1, .choices = words_,       \
        .unit = unit_, .what = what_                                                                         \
    }
#define DISTRIBUTION(id, path, use, unit, lo, hi, what)                                                      \
    NUMERIC(FC_FIELD_DISTRIBUTION, id, path, use, unit, lo, hi, what)
#define NUMBER(id, path, use, unit, lo, hi, what) NUMERIC(FC_FIELD_NUMBER, id, path, use, unit, lo, hi, what)
#define INTEGER(id, path, use, unit, lo, hi, what)                                                           \
    NUMERIC(FC_FIELD_INTEGER, id, path, use, unit, lo, hi, what)
#define NUMBERS(id, path, use, unit, lo, hi, what)                                                           \
    NUMERIC(FC_FIELD_NUMBERS, id, path, use, unit, lo, hi, what)
#define CHOICE(id, path, use, words, what) WORDS(FC_FIELD_CHOICE, id, path, use, words, NULL, what)
#define FLAG(id, path, use, what) WORDS(FC_FIELD_FLAG, id, path, use, NULL, NULL, what)
#define NAME(id, path, use, kind, what) WORDS(FC_FIELD_NAME, id, path, use, NULL, kind, what)
#define TEXT(id, path, use, what) WORDS(FC_FIELD_TEXT, id, path, use, NULL, NULL, what)
#define FACTOR(name, path, unit, lo, hi, what)                                                               \
    UNCERTAIN(FC_FIELD_EFFICIENCY_##name, "efficiency." path, STEP, FC_IN_##name, unit, lo, hi, what)
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
    return field->stated ? FC_UNIT_ASSUMED : FC_UNIT_REQUIRED;
}

int fc_field_of_input(int input)
{
    for (int i = 0; i < FC_FIELD_COUNT; i++)
        if (fc_fields[i].type == FC_FIELD_UNCERTAIN && fc_fields[i].input == input)
            return i;
    return -1;
}

/* provider.def is included once for each of them, so that their rows follow in one order. */
enum { FIELDS_PER_PROVIDER = FC_FIELD_P3_NAME - FC_FIELD_P2_NAME };
_Static_assert(FC_FIELD_P4_SITE - FC_FIELD_P3_SITE == FIELDS_PER_PROVIDER, "providers have the same keys");

enum fc_field_id fc_field_of_provider(int provider, enum fc_field_id p2)
{
    return (enum fc_field_id)((int)p2 + (provider - 1) * FIELDS_PER_PROVIDER);
}

const struct fc_field *fc_field_find(const char *path)
{
    for (size_t i = 0; i < FC_FIELD_COUNT; i++)
        if (strcmp(fc_fields[i].path, path) == 0)
            return &fc_fields[i];
    return NULL;
}
