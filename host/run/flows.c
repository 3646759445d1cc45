/* flows.c: see flows.h. */
#include "flows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FC_W 1
#define FC_CHUNK 1
#include "cuda/model/contract/ledger.h"

static _Thread_local struct fc_flows_world *seen;
static _Thread_local struct totals {
    int64_t cash[FC_CASH_KINDS];
    int64_t taxes, costs;
    double delivered, worked, kwh;
} before_this;

/* What the providers have spent so far, less what they keep, cents. */
static int64_t costs_of(const struct fc_books *books)
{
    double usd = (double)books->capital[0] + (double)books->operations[0] + (double)books->energy[0] -
                 (double)books->end[0];
    return llround(100 * usd);
}

/* A year's taxes, known in its last month t, fall on its months alike; of[month × FC_FLOW_MONEY + flow]. */
static void spread_tax(int t, int months, int64_t *of)
{
    int first = t / 12 * 12, count = t + 1 - first;
    if (t % 12 != 11 && t != months - 1)
        return;
    int64_t year = of[t * FC_FLOW_MONEY + FC_FLOW_TAX];
    for (int m = first; m <= t; m++)
        of[m * FC_FLOW_MONEY + FC_FLOW_TAX] =
            year * (m + 1 - first) / count - year * (m - first) / count;
}

/* What the month added to the totals. */
static void see(int t, const struct fc_months *terms, const struct fc_ledger *ledger)
{
    if (!seen)
        return;
    struct totals now = {.delivered = (double)ledger->delivered[0],
                         .worked = (double)ledger->worked_all[0],
                         .kwh = (double)ledger->kwh[0]};
    int64_t *cents = seen->cents[t], provider = 0;
    for (int k = 0; k < FC_CASH_KINDS; k++) {
        now.cash[k] = ledger->cash[k][0];
        cents[k] = now.cash[k] - before_this.cash[k];
        cents[FC_FLOW_NET] += cents[k];
        provider -= k <= FC_CASH_CREDITS ? cents[k] : 0;
    }
    cents[FC_FLOW_PROVIDER] = provider;
    now.taxes = terms->taxed ? ledger->taxes[0] : 0;
    now.costs = terms->books ? costs_of(&ledger->books) : 0;
    cents[FC_FLOW_TAX] = before_this.taxes - now.taxes;
    spread_tax(t, terms->months, cents - t * FC_FLOW_MONEY);
    cents[FC_FLOW_PROVIDER_COSTS] = before_this.costs - now.costs;
    seen->quantity[t][FC_FLOW_DELIVERED - FC_FLOW_MONEY] = now.delivered - before_this.delivered;
    seen->quantity[t][FC_FLOW_USED - FC_FLOW_MONEY] = now.worked - before_this.worked;
    seen->quantity[t][FC_FLOW_ENERGY - FC_FLOW_MONEY] = (now.kwh - before_this.kwh) / 1000;
    seen->months = t + 1;
    before_this = now;
}
#define FC_MONTH_SEEN(t, ledger) see(t, terms, ledger)
#include "cuda/model/trial.h"

_Static_assert(FC_FLOW_BILLS == (int)FC_CASH_BILLS && FC_FLOW_OTHER == (int)FC_CASH_OTHER &&
                   FC_FLOW_NET == (int)FC_CASH_KINDS,
               "the flows of money are the kinds of the ledger, in their order");

static const struct {
    const char *name, *unit;
} flows[FC_FLOW_COUNT] = {
    {"bills_usd", "USD"},    {"extras_usd", "USD"},          {"prepayment_usd", "USD"},
    {"fees_usd", "USD"},     {"service_credits_usd", "USD"}, {"owned_usd", "USD"},
    {"revenue_usd", "USD"},  {"other_costs_usd", "USD"},     {"net_usd", "USD"},
    {"provider_usd", "USD"}, {"provider_costs_usd", "USD"}, {"tax_usd", "USD"},
    {"delivered_gpu_h", "GPU-h"}, {"used_gpu_h", "GPU-h"},  {"energy_mwh", "MWh"},
};

const char *fc_flow_name(enum fc_flow flow)
{
    return flows[flow].name;
}

const char *fc_flow_unit(enum fc_flow flow)
{
    return flows[flow].unit;
}

double fc_flow_in(const struct fc_flows_world *world, int month, enum fc_flow flow)
{
    return flow < FC_FLOW_MONEY ? (double)world->cents[month][flow] / 100
                                : world->quantity[month][flow - FC_FLOW_MONEY];
}

int fc_flows_of_world(const struct fc_program *program, const float *tables, uint64_t seed, uint64_t number,
                      struct fc_flows_world *world, struct fc_error *error)
{
    if (!(program->layers & FC_LAYER_CONTRACT))
        return fc_fail(error, FC_BAD_INPUT,
                       "the scenario has no contract (its layers stop before it); state layers: contract");
    struct fc_chunk *chunk = calloc(1, sizeof *chunk);
    struct fc_timeline_lanes *lane = calloc(1, sizeof *lane);
    int status = chunk && lane ? 0 : fc_fail(error, FC_FAULT, "out of memory for the world");
    memset(world, 0, sizeof *world);
    if (status == 0) {
        fc_trial_begin(program, tables, seed, number, 1, chunk);
        if ((program->layers & FC_LAYER_RUN) && chunk->timeline.by[0] != FC_BY_SUMS) {
            fc_timeline_start(&program->run, &chunk->timeline, number, 0, 0, lane);
            while (!lane->over[0])
                fc_timeline_event(&program->run, tables, seed, lane);
            fc_timeline_finish(&program->run, &chunk->timeline, 0, lane);
        }
        seen = world;
        before_this = (struct totals){0};
        fc_trial_end(program, tables, seed, number, 1, chunk, world->metrics, 1);
        seen = NULL;
        world->gpus = (float)chunk->ledger.gpus[0];
        for (int i = 0; i < FC_INPUT_COUNT; i++)
            world->inputs[i] = (float)chunk->inputs[i][0];
    }
    free(chunk);
    free(lane);
    return status;
}
