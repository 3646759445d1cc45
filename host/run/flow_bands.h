/* flow_bands.h: what a contract pays, earns and delivers by month, quarter or year: quantiles over worlds. */
#ifndef FC_HOST_FLOW_BANDS_H
#define FC_HOST_FLOW_BANDS_H

#include <stdbool.h>

#include "flows.h"
#include "host/base/document_write.h"

/* What is reported: the flows, and two of them summed from the start on. */
enum { FC_BAND_CUMULATIVE_NET = FC_FLOW_COUNT, FC_BAND_CUMULATIVE_PROVIDER, FC_BANDS };

const char *fc_band_name(int flow);
const char *fc_band_unit(int flow);

/* Of all worlds, each band sorted: values[(flow x periods + period) x worlds + world]. */
struct fc_flow_bands {
    double *values;
    int periods;
    uint64_t worlds;
};

/* Worlds `first` to first + worlds of the contract, summed over periods of `months` months. To be freed, also on error. Returns
 * 0, or -1 with `error` filled. */
int fc_flow_bands_simulate(struct fc_flow_bands *bands, const struct fc_program *program, const float *tables,
                           uint64_t seed, uint64_t first, uint64_t worlds, int months,
                           struct fc_error *error);
void fc_flow_bands_free(struct fc_flow_bands *bands);

/* Mean, P5, P50, P95, linear between order statistics. */
void fc_flow_bands_figures(const struct fc_flow_bands *bands, int flow, int period, double out[4]);
bool fc_flow_bands_zero(const struct fc_flow_bands *bands, int flow);

/* Writes `by` (the period's name), `period` (1, 2 ...) and `flows`: name -> {unit, mean, p5, p50, p95}, lists over periods;
 * `all`: also those that are 0 everywhere. */
void fc_flow_bands_write(const struct fc_flow_bands *bands, const char *by, bool all, struct fc_writer *w);

#endif
