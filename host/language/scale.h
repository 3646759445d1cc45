/* scale.h: "--set PATH=*FACTOR": a value of the scenario times a factor, whether it is a number or a
 * distribution.
 *
 * A shock or a sweep can so be said without knowing what the scenario states: prices.gpu_hour=*1.5 makes
 * every price half as high again and keeps the shape of its distribution. */
#ifndef FC_HOST_SCALE_H
#define FC_HOST_SCALE_H

#include <stdbool.h>

#include "settings.h"

/* Whether the text reads PATH=*FACTOR. */
bool fc_scale_is_one(const char *text);

/* Applies it. The product is confined to what the field allows, as a written value would be. Refused: a path
 * that is no number or distribution, a field that is not set, a factor that is not positive. Returns 0, or -1
 * with `error` filled. */
int fc_scale_apply(struct fc_settings *settings, const char *text, struct fc_error *error);

#endif
