/* recipes.c: see recipes.h. */
#include "recipes.h"

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
