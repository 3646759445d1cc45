/* peers.h: our speed on cases that other simulators of failures have published or were measured on.
 *
 * Their figures are of other machines and of models that differ from ours in what they follow (each row says
 * in what), so a ratio tells orders of magnitude, no more. No time is given unless our answer agrees with the
 * closed form of the case. */
#ifndef FC_BENCH_PEERS_H
#define FC_BENCH_PEERS_H

#include <stdbool.h>

#include "host/base/error.h"

struct fc_peer_row {
    const char *peer, *what, *scenario; /* who; the case and where we differ; the scenario that we run */
    double theirs;                      /* trials per second of the peer, one thread */
    double expected;                    /* wall time in closed form, days */
    /* filled by fc_bench_peers: one thread of the CPU */
    double trials_per_s, days, days_se;
    bool wrong;
};

/* Wall time in closed form, days: work in pieces of `interval`, each followed by `stall`; a failure in mean
 * time `mtbf` of running; `down` free of failures, then `restart` in which they strike. Minutes. E[piece] =
 * e^(restart/mtbf) (mtbf + down) (e^((interval + stall)/mtbf) - 1) (Daly 2006; Robert, Herault et al.) */
double fc_bench_closed_form_days(double work, double interval, double stall, double mtbf, double down,
                                 double restart);

enum { FC_BENCH_PEERS = 3 };

/* Runs each case for about `seconds`. */
int fc_bench_peers(struct fc_peer_row rows[FC_BENCH_PEERS], double seconds, struct fc_error *error);

#endif
