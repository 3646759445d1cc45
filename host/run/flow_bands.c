/* flow_bands.c: see flow_bands.h. */
#include "flow_bands.h"

#include <stdlib.h>

#include "host/base/order.h"

const char *fc_band_name(int flow)
{
    return flow == FC_BAND_CUMULATIVE_NET        ? "cumulative_net_usd"
           : flow == FC_BAND_CUMULATIVE_PROVIDER ? "cumulative_provider_usd"
                                                 : fc_flow_name((enum fc_flow)flow);
}

const char *fc_band_unit(int flow)
{
    return fc_flow_unit(flow < FC_FLOW_COUNT ? (enum fc_flow)flow : FC_FLOW_NET);
}

static double *band(const struct fc_flow_bands *b, int flow, int period)
{
    return b->values + ((size_t)flow * (size_t)b->periods + (size_t)period) * b->worlds;
}

int fc_flow_bands_simulate(struct fc_flow_bands *b, const struct fc_program *program, const float *tables,
                           uint64_t seed, uint64_t first, uint64_t worlds, int months, struct fc_error *error)
{
    struct fc_flows_world *world = malloc(sizeof *world);
    int all = program->contract.months.months, status = 0;
    b->periods = (all + months - 1) / months;
    b->worlds = worlds;
    b->values = calloc((size_t)FC_BANDS * (size_t)b->periods * worlds, sizeof *b->values);
    if (!world || !b->values)
        status = fc_fail(error, FC_FAULT, "out of memory for the flows");
    for (uint64_t i = 0; i < worlds && !status; i++) {
        status = fc_flows_of_world(program, tables, seed, first + i, world, error);
        for (int t = 0; !status && t < world->months; t++)
            for (int f = 0; f < FC_FLOW_COUNT; f++)
                band(b, f, t / months)[i] += fc_flow_in(world, t, (enum fc_flow)f);
        for (int p = 0; p < b->periods && !status; p++)
            for (int f = FC_BAND_CUMULATIVE_NET; f <= FC_BAND_CUMULATIVE_PROVIDER; f++)
                band(b, f, p)[i] =
                    (p ? band(b, f, p - 1)[i] : 0) +
                    band(b, f == FC_BAND_CUMULATIVE_NET ? FC_FLOW_NET : FC_FLOW_PROVIDER, p)[i];
    }
    for (int f = 0; f < FC_BANDS && !status; f++)
        for (int p = 0; p < b->periods; p++)
            qsort(band(b, f, p), worlds, sizeof(double), fc_by_double);
    free(world);
    return status;
}

void fc_flow_bands_free(struct fc_flow_bands *b)
{
    free(b->values);
    b->values = NULL;
}

void fc_flow_bands_figures(const struct fc_flow_bands *b, int flow, int period, double out[4])
{
    static const double at[] = {0.05, 0.5, 0.95};
    const double *v = band(b, flow, period);
    double sum = 0;
    for (uint64_t i = 0; i < b->worlds; i++)
        sum += v[i];
    out[0] = sum / (double)b->worlds;
    for (int q = 0; q < 3; q++)
        out[q + 1] = fc_quantile_sorted(v, b->worlds, at[q]);
}

bool fc_flow_bands_zero(const struct fc_flow_bands *b, int flow)
{
    for (int p = 0; p < b->periods; p++)
        for (uint64_t i = 0; i < b->worlds; i++)
            if (band(b, flow, p)[i] != 0)
                return false;
    return true;
}

void fc_flow_bands_write(const struct fc_flow_bands *b, const char *by, bool all, struct fc_writer *w)
{
    static const char *const keys[] = {"mean", "p5", "p50", "p95"};
    double v[4];
    fc_write_text(w, "by", by);
    fc_write_list(w, "period");
    for (int p = 0; p < b->periods; p++)
        fc_write_signed(w, NULL, p + 1);
    fc_write_end(w);
    fc_write_map(w, "flows");
    for (int f = 0; f < FC_BANDS; f++) {
        if (!all && fc_flow_bands_zero(b, f))
            continue;
        fc_write_map(w, fc_band_name(f));
        fc_write_text(w, "unit", fc_band_unit(f));
        for (int k = 0; k < 4; k++) {
            fc_write_list(w, keys[k]);
            for (int p = 0; p < b->periods; p++) {
                fc_flow_bands_figures(b, f, p, v);
                fc_write_number(w, NULL, v[k]);
            }
            fc_write_end(w);
        }
        fc_write_end(w);
    }
    fc_write_end(w);
}
