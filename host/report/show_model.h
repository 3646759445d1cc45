/* show_model.h: what a model's shape comes to: parameters, FLOP per token, layers by kind. */
#ifndef FC_HOST_SHOW_MODEL_H
#define FC_HOST_SHOW_MODEL_H

#include <stdio.h>

#include "host/base/document_write.h"
#include "host/step/architecture.h"

enum { FC_SHOW_SEQUENCE = 4096 }; /* tokens, unless stated: what models are mostly trained at first */

/* As text, for a sequence of so many tokens. */
void fc_show_model(FILE *out, const struct fc_architecture *a, double sequence);

/* As members of the map that is open: parameters_total, parameters_active (input embedding and output layer
 * included), parameters_active_without_embedding (without the input embedding), parameters_multi_token (beside the
 * total), sequence, flop_per_token (to train one token, multi-token prediction included),
 * flop_per_token_without_multi_token. */
void fc_write_model(struct fc_writer *writer, const struct fc_architecture *a, double sequence);

/* The same of a configuration in a file, alone. */
int fc_show_model_file(FILE *out, const char *path, double sequence, bool as_json, struct fc_error *error);

#endif
