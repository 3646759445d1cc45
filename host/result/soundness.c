/* soundness.c: see soundness.h. */
#include "soundness.h"

#include "cuda/model/metrics.h"
#include "host/base/format.h"
#include "statistics.h"

uint64_t fc_worlds_overflowed(const struct fc_tally *tally)
{
    const struct fc_tally_metric *m = fc_tally_find(tally, FC_M_OVERFLOWS);
    if (!m || m->count == 0)
        return 0;
    /* a count: the worlds with none are those of the lowest bin, when that is zero */
    return fc_statistics_min(m) > 0 ? m->count : m->count - m->bins[fc_tally_bin(m->min_key)];
}

void fc_print_overflowed(FILE *out, const char *lead, bool lines, const struct fc_tally *tally)
{
    char worlds[32], all[32];
    uint64_t full = fc_worlds_overflowed(tally);
    if (full == 0)
        return;
    fc_format_count(full, worlds, sizeof worlds);
    fc_format_count(fc_tally_trials(tally), all, sizeof all);
    fprintf(out,
            "%sa table of the model was full in %s of %s worlds, so those count wrongly (too many trays%s"
            "failed or were under repair at a time); let there be fewer failures, shorter repairs or more "
            "crews, or a shorter run\n",
            lead, worlds, all, lines ? "\n  " : " ");
}
