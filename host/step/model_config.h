/* model_config.h: reads a model's configuration as Hugging Face writes it (config.json) into an architecture.
 *
 * Every key is looked up in one table (model_config_keys.c): taken, known to change neither operators nor
 * shapes, or refused by name. A key that the table lacks is refused as well, for it may stand for an operator
 * that is not modelled. Keys that are absent take the default of the family's own modelling code. */
#ifndef FC_HOST_MODEL_CONFIG_H
#define FC_HOST_MODEL_CONFIG_H

#include <stdbool.h>

#include "architecture.h"
#include "host/base/document.h"

struct fc_model_config {
    char family[64];      /* model_type */
    bool vision_left_out; /* the file describes a tower for images or sound beside the language model */
    double max_positions; /* longest sequence stated; 0: none */
};

/* Reads the configuration in `root` (its text_config and the like where it nests one). Returns 0, or -1 with
 * `error` filled: file, line, column, what was read and what is not modelled. `about` may be NULL. */
int fc_model_config_read(struct fc_architecture *architecture, struct fc_model_config *about,
                         const struct fc_node *root, struct fc_error *error);

/* Opens the file at `path` and reads it. */
int fc_model_config_open(struct fc_architecture *architecture, struct fc_model_config *about,
                         const char *path, struct fc_error *error);

/* True where a model's name is meant as a file: it has a slash or ends in .json. */
bool fc_model_is_file(const char *name);

/* The model of a scenario: an entry of the catalog by its name, or the file of a configuration, whose path counts
 * from the folder of the file that names it (`place`), or from the current one when that is an option. */
int fc_model_read(struct fc_architecture *architecture, const struct fc_catalog *catalog, const char *name,
                  const struct fc_place *place, struct fc_error *error);

#endif
