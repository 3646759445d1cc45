/* drivers.h: what makes the worlds of a scenario differ: its uncertain inputs, one by one or in groups, and
 * chance.
 *
 * A driver is a set of inputs that is moved together: one uncertain field; fields that are correlated; the
 * efficiency factors of the step, which are calibrated together; a group that the user asks for. "Chance" is
 * what no input says: when failures strike, how long each repair takes, whether a delivery is late. */
#ifndef FC_HOST_DRIVERS_H
#define FC_HOST_DRIVERS_H

#include <stdbool.h>

#include "host/compile/scenario.h"

enum { FC_DRIVER_NAME = 160 };

struct fc_driver {
    char name[FC_DRIVER_NAME];
    int field; /* enum fc_field_id when the driver is one uncertain field, else -1 */
    bool chance;
    int count; /* of inputs */
    unsigned char inputs[FC_INPUT_COUNT];
};

/* The drivers of a compiled scenario, at most FC_INPUT_COUNT + 1 at `drivers`. `groups` is NULL (every field
 * for itself, but for correlated ones), "sections" (by the first part of their path) or
 * "NAME=PATH,PATH;NAME=PATH" where a PATH may also be the beginning of one ("reliability"). Returns their
 * number, or -1 with `error` filled. */
int fc_drivers_list(const struct fc_scenario *scenario, const char *groups, struct fc_driver *drivers,
                    struct fc_error *error);

/* Lets the inputs of the driver, and nothing else, come from the twin of each world. For chance, a run over
 * the twins with everything else alternating does that: *first is the trial number to begin at then. */
void fc_driver_alternate(const struct fc_driver *driver, struct fc_program *program, uint64_t *first);

/* Whether one of the `count` drivers holds this input. */
bool fc_drivers_hold(const struct fc_driver *drivers, int count, int input);

/* The uncertain field that feeds this input, or -1. */
int fc_driver_field(const struct fc_settings *settings, int input);

#endif
