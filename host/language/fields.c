/* fields.c: the table of fields.h. */
#include "fields.h"

#include <string.h>

#include "cuda/model/run/classes.h"
#include "cuda/model/contract/contract_program.h"
#include "cuda/model/inputs.h"

#define LIST(name, list) static const char *const list[] = {
#define WORD(id, text) [id] = text,
#define END(count)                                                                                           \
    [count] = NULL                                                                                           \
    }                                                                                                        \
    ;
#include "words.def"

/* Where the model has numbers of its own for the words, they are the same. */
_Static_assert((int)FC_WORD_POOLED == FC_SPARES_POOLED && (int)FC_WORD_IN_RACK == FC_SPARES_IN_RACK &&
                   (int)FC_WORD_RACKS == FC_SPARES_RACKS,
               "cluster.spare_policy");
_Static_assert((int)FC_WORD_WAIT == FC_SHORTAGE_WAIT && (int)FC_WORD_SHRINK == FC_SHORTAGE_SHRINK &&
                   (int)FC_WORD_REDUCE == FC_SHORTAGE_REDUCE,
               "cluster.shortage");
_Static_assert((int)FC_WORD_TAKE_OR_PAY == FC_FORM_TAKE_OR_PAY && (int)FC_WORD_MINIMUM == FC_FORM_MINIMUM &&
                   (int)FC_WORD_RESERVATION == FC_FORM_RESERVATION && (int)FC_WORD_BLOCK == FC_FORM_BLOCK &&
                   (int)FC_WORD_ON_DEMAND == FC_FORM_ON_DEMAND && (int)FC_WORD_SPOT == FC_FORM_SPOT &&
                   (int)FC_WORD_OWN == FC_FORM_OWN,
               "provider1.form");
_Static_assert((int)FC_WORD_NO_REVENUE == FC_REVENUE_NONE && (int)FC_WORD_PER_GW == FC_REVENUE_PER_GW &&
                   (int)FC_WORD_PATH == FC_REVENUE_PATH &&
                   (int)FC_WORD_PER_GPU_HOUR == FC_REVENUE_PER_HOUR &&
                   (int)FC_WORD_PER_TOKEN == FC_REVENUE_PER_TOKEN,
               "finance.revenue");
_Static_assert((int)FC_WORD_CARRIED == FC_LOSSES_CARRIED && (int)FC_WORD_OFFSET == FC_LOSSES_OFFSET &&
                   (int)FC_WORD_LOST == FC_LOSSES_LOST,
               "finance.tax_losses");

/* STATED("byte"): the name of the key says the unit; kept as a mark before it. */
#define STATED(text) "=" text
#define UNIT(text) .unit = &(text)[(text)[0] == '='], .stated = (text)[0] == '='
#define UNCERTAIN(id_, path_, use_, input_, unit_, lo_, hi_, what_)                                          \
    {                                                                                                        \
        .id = id_, .path = path_, .use = FC_USE_##use_, .type = FC_FIELD_UNCERTAIN, .input = input_,         \
        .lo = lo_, .hi = hi_, .what = what_, UNIT(unit_)                                                     \
    },
#define NUMERIC(type_, id_, path_, use_, unit_, lo_, hi_, what_)                                             \
    {                                                                                                        \
        .id = id_, .path = path_, .use = FC_USE_##use_, .type = type_, .input = -1, .lo = lo_, .hi = hi_,    \
        .what = what_, UNIT(unit_)                                                                           \
    },
#define WORDS(type_, id_, path_, use_, words_, unit_, what_)                                                 \
    {                                                                                                        \
        .id = id_, .path = path_, .use = FC_USE_##use_, .type = type_, .input = -1, .choices = words_,       \
        .unit = unit_, .what = what_                                                                         \
    },
#define INPUT(name, number, id, path, use, ...) UNCERTAIN(id, path, use, FC_IN_##name, __VA_ARGS__)
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
#include "cuda/model/fields.def"
};

_Static_assert(sizeof fc_fields / sizeof fc_fields[0] == FC_FIELD_COUNT, "one row per field");

enum fc_unit_policy fc_field_unit_policy(const struct fc_field *field)
{
    static const char *const plain[] = {"1", "GPU", "node"}, *const obvious[] = {"token", "FLOP", "1/year"};
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

const char *fc_field_word(enum fc_field_id field, int number)
{
    return fc_fields[field].choices[number];
}

int fc_field_number_of(enum fc_field_id field, const char *word)
{
    const char *const *words = fc_fields[field].choices;
    for (int i = 0; words[i]; i++)
        if (strcmp(words[i], word) == 0)
            return i;
    return -1;
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

const char *fc_field_unstated(const struct fc_field *field)
{
    static const char *const texts[FC_FIELD_COUNT] = {
#define UNSTATED(id, text) [id] = text,
#include "unstated.def"
    };
    return texts[field->id];
}

/* Names of earlier versions, which are read as today's. */
static const char *const renamed[][2] = {{"own.utilisation", "own.utilization"}};

const struct fc_field *fc_field_find(const char *path)
{
    for (size_t i = 0; i < sizeof renamed / sizeof renamed[0]; i++)
        if (strcmp(path, renamed[i][0]) == 0)
            path = renamed[i][1];
    for (size_t i = 0; i < FC_FIELD_COUNT; i++)
        if (strcmp(fc_fields[i].path, path) == 0)
            return &fc_fields[i];
    return NULL;
}
