/* recipes.c: see recipes.h. */
#include "recipes.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "host/base/csv.h"
#include "host/language/embedded.h"
#include "host/language/fields.h"
#include "plan.h"

static const char file_name[] = "catalog/recipes.csv";

enum { SOFTWARE, MODEL, GPU, PRECISION, GRAPH, DISPATCH, OVERLAP, FUSED, ATTENTION, RELEASE, COLUMNS };
static const char *const columns[COLUMNS] = {
    "software",        "model",          "gpu",           "precision",     "cuda_graph",
    "expert_dispatch", "expert_overlap", "fused_experts", "attention_fp8", "release"};
/* The number of a precision that a plan may have, or -1. */
static int precision_of(const char *word)
{
    for (int i = 0; i < FC_RECIPES; i++)
        if (strcmp(word, fc_precision_name((enum fc_precision)i)) == 0)
            return i;
    return -1;
}

static int read_row(struct fc_recipe recipes[FC_RECIPES], const struct fc_csv *csv, size_t row,
                    struct fc_error *error)
{
    int precision = precision_of(fc_csv_cell(csv, row, PRECISION));
    int graph = fc_field_number_of(FC_FIELD_CUDA_GRAPH, fc_csv_cell(csv, row, GRAPH));
    if (precision < 0 || graph < 0)
        return fc_fail(error, FC_FAULT, "%s:%d: precision '%s' or cuda_graph '%s' is not known", file_name,
                       csv->lines[row], fc_csv_cell(csv, row, PRECISION), fc_csv_cell(csv, row, GRAPH));
    struct fc_recipe *r = &recipes[precision];
    *r = (struct fc_recipe){.known = true, .graph = graph};
    r->dedup_dispatch =
        fc_field_number_of(FC_FIELD_EXPERT_DISPATCH, fc_csv_cell(csv, row, DISPATCH)) == FC_WORD_PER_DOMAIN;
    r->overlaps_ep = strcmp(fc_csv_cell(csv, row, OVERLAP), "true") == 0;
    r->fused_experts = strcmp(fc_csv_cell(csv, row, FUSED), "true") == 0;
    r->attention_fp8 = strcmp(fc_csv_cell(csv, row, ATTENTION), "true") == 0;
    snprintf(r->release, sizeof r->release, "%.31s", fc_csv_cell(csv, row, RELEASE));
    return 0;
}

int fc_recipes_read(struct fc_recipe recipes[FC_RECIPES], const char *software, const char *model,
                    const char *gpu, struct fc_error *error)
{
    struct fc_csv csv;
    const struct fc_embedded_file *file = fc_embedded_find(file_name);
    memset(recipes, 0, FC_RECIPES * sizeof *recipes);
    if (!file)
        return fc_fail(error, FC_FAULT, "this build carries no %s", file_name);
    if (fc_csv_read(&csv, file_name, (const char *)file->data, file->size, error))
        return -1;
    int status = 0;
    for (size_t c = 0; c < COLUMNS && !status; c++)
        if (c >= csv.columns || strcmp(fc_csv_cell(&csv, 0, c), columns[c]) != 0)
            status = fc_fail(error, FC_FAULT, "%s: column %zu is not '%s'", file_name, c + 1, columns[c]);
    for (size_t row = 1; row < csv.rows && !status; row++)
        if (strcmp(fc_csv_cell(&csv, row, SOFTWARE), software) == 0 &&
            strcmp(fc_csv_cell(&csv, row, MODEL), model) == 0 &&
            strcmp(fc_csv_cell(&csv, row, GPU), gpu) == 0)
            status = read_row(recipes, &csv, row, error);
    fc_csv_free(&csv);
    return status;
}

/* How far two models are apart, as far as recipes go: infinite where their operators differ. */
static double apart(const struct fc_architecture *a, const struct fc_architecture *b)
{
    if (fc_architecture_is_mixture(a) != fc_architecture_is_mixture(b) ||
        fc_architecture_is_latent(a) != fc_architecture_is_latent(b) ||
        fc_architecture_is_hybrid(a) != fc_architecture_is_hybrid(b))
        return INFINITY;
    return fabs(log(a->hidden / b->hidden)) + fabs(log(a->layers / b->layers)) +
           fabs(log(fmax(a->experts, 1) / fmax(b->experts, 1)));
}

/* A row of the bundled catalog, under whatever name it comes. */
static bool same_model(const struct fc_architecture *a, const struct fc_architecture *b)
{
    return apart(a, b) == 0 && a->heads == b->heads && a->ffn == b->ffn && a->vocab == b->vocab &&
           a->topk == b->topk && a->moe_ffn == b->moe_ffn;
}

int fc_recipes_for(struct fc_recipe recipes[FC_RECIPES], const char *software,
                   const struct fc_architecture *model, const char *name, const char *gpu,
                   const struct fc_catalog *catalog, struct fc_error *error)
{
    const struct fc_catalog_entry *entry = fc_catalog_get(catalog, "model", name);
    double nearest[FC_RECIPES];
    for (int k = 0; k < FC_RECIPES; k++)
        nearest[k] = INFINITY;
    memset(recipes, 0, FC_RECIPES * sizeof *recipes);
    if (entry && !entry->own && !entry->stated)
        return fc_recipes_read(recipes, software, name, gpu, error);
    for (size_t i = 0; i < fc_catalog_count(catalog); i++) {
        struct fc_architecture other;
        struct fc_recipe found[FC_RECIPES];
        struct fc_error unusable; /* reported when the row is named */
        entry = fc_catalog_at(catalog, i);
        if (strcmp(entry->kind, "model") != 0 || entry->own || entry->stated ||
            fc_architecture_read(&other, entry, NULL, &unusable))
            continue;
        if (same_model(model, &other))
            return fc_recipes_read(recipes, software, entry->name, gpu, error);
        double distance = apart(model, &other);
        if (!isfinite(distance) || fc_recipes_read(found, software, entry->name, gpu, &unusable))
            continue;
        for (int k = 0; k < FC_RECIPES; k++)
            if (found[k].known && distance < nearest[k]) {
                nearest[k] = distance;
                recipes[k] = found[k];
                snprintf(recipes[k].of, sizeof recipes[k].of, "%.55s", entry->name);
            }
    }
    return 0;
}
