/* lemons.h: trays that fail far more often than their like.
 *
 * A tray is a lemon with chance p; lemons cause the share s of the failures of trays in a new fleet, so that
 * with the mean rate r a lemon fails at r s / p and another tray at r (1 - s) / (1 - p). Lemons of a kind are
 * alike, so all that a run has to know is how many of them the job holds and how many its spares: each
 * failure is a lemon's in proportion to the rates, and each swap moves one tray out and one in. A lemon that
 * failed comes back from its repair as a lemon, unless it is found out and retired. So a fleet gets better
 * while it runs, as fleets do (Kokolis et al., arXiv 2410.21680: removing lemons cut the failures of large
 * jobs from 14 to 4 %). Spares count as one population, wherever they stand. */
#ifndef FC_MODEL_LEMONS_H
#define FC_MODEL_LEMONS_H

#include "timeline_state.h"

/* How many trays the job's spares are. */
FC_FN fc_i32 fc_lemons_pool(FC_GLOBAL const struct fc_run *run)
{
    FC_GLOBAL const struct fc_run_detail *detail = &run->detail;
    fc_i32 racks = (fc_i32)((fc_real)detail->spare_racks * detail->rack_trays);
    return detail->spare_policy == FC_SPARES_POOLED    ? run->spares
           : detail->spare_policy == FC_SPARES_IN_RACK ? detail->spares_per_rack * detail->racks + racks
                                                       : racks;
}

/* Before the first event of a run. */
FC_FN void fc_lemons_begin(FC_GLOBAL const struct fc_run *run, FC_GLOBAL const float *tables, fc_u64 seed,
                           fc_i32 l, struct fc_timeline_lanes *lane)
{
    FC_GLOBAL const struct fc_draw *distribution = &run->detail.lemon_count;
    fc_u32 words[4];
    fc_random_one(seed, lane->trial_low[l], lane->trial_high[l], 0u, FC_STREAM_START, words);
    lane->lemons[l] = (fc_i32)fc_discrete_draw(tables, distribution->table, distribution->count, words[0]);
    fc_real pool = (fc_real)fc_lemons_pool(run) * run->detail.lemon_share;
    /* the nearest whole numbers around the mean, with the right mean */
    fc_real whole = fc_floor(pool);
    lane->pool_lemons[l] = (fc_i32)whole + (fc_uniform(words[1]) < pool - whole ? 1 : 0);
}

/* A tray of the job has failed and is swapped for a spare. `lemon`: it is known to be one. */
FC_FN void fc_lemons_swap(FC_GLOBAL const struct fc_run *run, fc_u64 seed, fc_u32 event, fc_i32 lemon,
                          fc_i32 l, struct fc_timeline_lanes *lane)
{
    fc_real trays = (fc_real)run->detail.trays, share = run->detail.lemon_share;
    fc_u32 words[4];
    fc_random_one(seed, lane->trial_low[l], lane->trial_high[l], event, FC_STREAM_LEMONS, words);
    fc_i32 out = lemon | (fc_uniform(words[0]) * trays < (fc_real)lane->lemons[l]);
    fc_i32 retired = fc_uniform(words[1]) < lane->lemon_retired[l];
    fc_i32 fresh = fc_uniform(words[2]) < share; /* what comes in the place of a retired one */
    fc_i32 back = out & retired ? fresh : out;
    fc_i32 pool = fc_lemons_pool(run), in = back; /* without spares the tray itself comes back */
    if (pool > 0) {
        in = fc_uniform(words[3]) * (fc_real)pool < (fc_real)lane->pool_lemons[l];
        lane->pool_lemons[l] += back - in;
    }
    lane->lemons[l] += in - out;
}

#endif
