/* recipes.h: what the published recipe of a software generation switches on for a model on a GPU: CUDA graphs, how
 * tokens reach their experts and whether that overlaps, fused experts, attention in FP8.
 *
 * catalog/recipes.csv holds a row for each generation, model, GPU and precision; docs/model/step-time.md says how it was
 * made of the presets of Megatron-Bridge. */
#ifndef FC_HOST_RECIPES_H
#define FC_HOST_RECIPES_H

#include <stdbool.h>

#include "host/base/error.h"
#include "host/language/catalog.h"
#include "host/step/architecture.h"

enum { FC_RECIPES = 4 }; /* one for each enum fc_precision */

struct fc_recipe {
    bool known;       /* there is one; else all of it is off */
    char of[56];      /* the model of the catalog that it is of, where that is another one; else "" */
    char release[32]; /* where it was published, "Megatron-Bridge v0.6.0" */
    int graph;        /* enum fc_graph */
    bool dedup_dispatch, overlaps_ep, fused_experts, attention_fp8;
};

/* The recipes of the generation `software` for a model and a GPU of the catalog, by enum fc_precision. Returns 0, or -1
 * with `error` filled when the bundled table cannot be read. */
int fc_recipes_read(struct fc_recipe recipes[FC_RECIPES], const char *software, const char *model,
                    const char *gpu, struct fc_error *error);

/* The same for any model. One of the bundled catalog, by its name or by its figures, has its own recipes or none, as in the fit.
 * Any other has those of the nearest bundled model with the same operators (mixture of experts, latent attention, state-space or
 * linear layers) that has one for this generation, GPU and precision: nearest in width, layers and
 * experts, each as a ratio. */
int fc_recipes_for(struct fc_recipe recipes[FC_RECIPES], const char *software,
                   const struct fc_architecture *model, const char *name, const char *gpu,
                   const struct fc_catalog *catalog, struct fc_error *error);

#endif
