/* outages.h: outages of several sites, or of one service, followed one by one in continuous time, and what of them overlaps.
 *
 * Sites go up and down: each is up for an exponential time, down for a length, up again. A common cause, where there is one, is up
 * and down in the same way and takes all sites with it. Or there is one service, whose incidents begin as a Poisson process and may
 * overlap (M/G/infinity). A world begins with all up and is followed over the term, and on to the end of the busy period (from all
 * up until all up again) that the term ends in. Words are counted by world, source and outage (FC_STREAM_SITES), and blocks of
 * worlds are added in their order: any number of threads gives the same bits.
 *
 * Two figures of each kind are made of the same outages. `counted`: hours and beginnings with at least k down at once, as they came.
 * `placed`: the mean of the same over all moments at which the sources could have begun their own outages, each independently of the
 * others and each outage kept as long as it was (conditional expectation: with shares down d_i and n_i outages of site i in the term
 * T, the chance that at least k are down is that of independent events of chances d_i, and at least k begins at rate
 * sum of n_i / T × P(k - 1 of the others down)). It has the same mean and needs no overlap to be seen, so that one in a hundred
 * million is known to a percent from some thousands of worlds.
 *
 * Exact figures, where all worlds have the same rates and lengths: products and binomial sums of u = l M / (1 + l M) for l outages
 * per hour up of mean length M (stationary; renewal theory, only means enter), Poisson of l M for incidents; a busy period lasts
 * (1 / P(all up) - 1) / (sum of l) in the mean. At least once in the term: a chain of births and deaths that is stopped at k, for
 * sites alike with exponential lengths. Incidents that find all of s places taken: Erlang's loss formula (B). */
#ifndef FC_HOST_OUTAGES_H
#define FC_HOST_OUTAGES_H

#include <stdbool.h>
#include <stdint.h>

#include "host/base/error.h"

enum {
    FC_OUTAGES_SITES = 64,
    FC_OUTAGES_LEVELS = 16,
    FC_OUTAGES_LOAD = 20,
    FC_OUTAGES_EXPECTED = 25000,
    FC_OUTAGES_SEEN = 100
};

enum fc_outages_lengths {
    FC_LENGTHS_EXPONENTIAL,
    FC_LENGTHS_FIXED,
    FC_LENGTHS_UNIFORM,
    FC_LENGTHS
}; /* uniform: 0 to twice the mean */

extern const char *const fc_outages_length_names[FC_LENGTHS + 1];

struct fc_outages_source {
    double rate; /* outages per hour that it is up; of incidents per hour */
    double mean; /* length, h */
};

struct fc_outages_question {
    int sites; /* 1 to FC_OUTAGES_SITES; 1 where they are incidents */
    bool incidents, common;
    int levels; /* at least 1 to this many down, at most FC_OUTAGES_LEVELS; of sites at most so many */
    int spare;  /* places to fail over to, of sites without a common cause; -1: not asked */
    enum fc_outages_lengths lengths;
    double term_h;
    uint64_t worlds, seed;
    /* sources[i] of site i, then the common cause's; where `uncertain`, those of world w begin at w × (their number). */
    const struct fc_outages_source *sources;
    bool uncertain;
};

struct fc_outages_figure {
    double value, error; /* the mean, and its standard error */
};

/* At least k down at once: chance at a moment, times it begins per hour, mean length in hours. */
struct fc_outages_overlap {
    struct fc_outages_figure chance, times, length;
};

struct fc_outages_level {
    struct fc_outages_overlap placed, counted;
    /* At least once in the term: share of the worlds that have it; and 1 - exp(-placed times × term). */
    struct fc_outages_figure in_term, by_rate;
    uint64_t seen; /* worlds that have it */
};

struct fc_outages_answer {
    struct fc_outages_level level[FC_OUTAGES_LEVELS + 1]; /* [k]; [0] is empty */
    struct fc_outages_figure busy,
        lost; /* mean busy period, h; share of the outages that find no place (NaN: not asked) */
    uint64_t outages,
        unfinished; /* in all worlds; worlds whose last busy period was cut after a second term */
};

/* NaN where it is not known. */
struct fc_outages_exact {
    double chance[FC_OUTAGES_LEVELS + 1], times[FC_OUTAGES_LEVELS + 1], in_term[FC_OUTAGES_LEVELS + 1], busy,
        lost;
};

int fc_outages_sources(const struct fc_outages_question *question); /* per world, the common cause included */

/* The source with this rate per hour of calendar time. */
struct fc_outages_source fc_outages_by_calendar(double rate, double mean);

/* Follows all worlds. Returns 0, or -1 with `error` filled: more than FC_OUTAGES_EXPECTED outages of a source expected in the term, more than
 * FC_OUTAGES_LOAD incidents at once in the mean, no memory. */
int fc_outages_follow(const struct fc_outages_question *question, struct fc_outages_answer *answer,
                      struct fc_error *error);

/* For a question that is not uncertain. */
void fc_outages_exact(const struct fc_outages_question *question, struct fc_outages_exact *exact);

#endif
