/* assumed.h: the unstated inputs that decide an answer, said before it is computed. */
#ifndef FC_HOST_ASSUMED_H
#define FC_HOST_ASSUMED_H

#include "host/language/settings.h"

/* Adds one note that names them with value, source and grade: what of the money and of the runs of a contract, of the cost and the
 * date of a run rests on defaults, the weightiest first by what a world at their 5 % and 95 % points is off (assumed.def). To
 * be called when all defaults are there. */
void fc_assumed_note(struct fc_settings *settings);

#endif
