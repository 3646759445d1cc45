/* precision.c: see precision.h. */
#include "precision.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/result/metrics.h"

int fc_precision_read(const struct fc_program *program, const char *text, struct fc_precision *precision,
                      struct fc_notes *notes, struct fc_error *error)
{
    size_t length = strlen(text);
    while (length > 0 && text[length - 1] == ' ')
        length--;
    size_t from = length;
    while (from > 0 && text[from - 1] != ' ')
        from--;
    char *end = NULL;
    precision->bound = strtod(text + from, &end);
    precision->relative = *end == '%';
    if (precision->relative)
        precision->bound /= 100;
    if (from == 0 || end == text + from || end + (precision->relative ? 1 : 0) != text + length ||
        !(precision->bound > 0) || !isfinite(precision->bound))
        return fc_fail(error, FC_BAD_INPUT,
                       "--until '%s' is not a figure and a bound of its error; write for example "
                       "'p95(cost_usd) 0.5%%' or "
                       "'mean(wall_clock_days) 0.01'",
                       text);
    if (fc_answer_read(program, text, from, &precision->answer, error))
        return -1;
    const char *unit = fc_metric_find(precision->answer.metric)->unit;
    if (!precision->relative && strcmp(unit, "1") != 0)
        fc_note(notes, FC_NOTE, "no-unit", NULL, "--until: the bound of the error is read as %s %s", text + from, unit);
    return 0;
}

bool fc_precision_reached(const struct fc_precision *precision, const struct fc_tally *tally, uint64_t *next,
                          double *now)
{
    struct fc_estimate e = fc_answer_value(&precision->answer, tally);
    uint64_t have = fc_tally_trials(tally);
    double most = 8 * (double)have, wanted = (double)e.need;
    *now = (double)NAN;
    if (!isfinite(e.value) && e.why != FC_WHY_FEW && have >= 1000)
        return true; /* 'never', or no mean: more worlds do not make it known */
    if (!e.refused) {
        double scale = precision->relative ? fabs(e.value) : 1;
        *now = scale > 0 ? e.error / scale : e.error > 0 ? INFINITY : 0;
        if (*now <= precision->bound)
            return true;
        wanted = 1.05 * (double)have * (*now / precision->bound) * (*now / precision->bound);
    }
    wanted = fmin(fmax(wanted, 1.25 * (double)have), most);
    *next = wanted > (double)have ? (uint64_t)ceil(wanted) : have + 1;
    return false;
}
