/* tail.h: the probability of what is rare, of any figure of a world that is a function of its random words.
 *
 * A world is `words` whole numbers of 32 bits, each uniform; its score is above a limit with a probability p far below one in the
 * number of worlds that can be looked at. Two estimates, which share no random number:
 *
 * splitting  p = P(score > L1) P(score > L2 | > L1) ... P(score > limit | > Ln) (Kahn, Harris 1951; Au, Beck 2001,
 *            Probabilistic Engineering Mechanics 16: subset simulation). The levels come from a run of their own, so that with
 *            levels fixed the estimate has no bias, however well the moves mix (Del Moral 2004, Feynman-Kac Formulae). From
 *            level to level those above are copied in place of those below, and all are moved by a Markov chain that leaves
 *            the uniform words as they are and refuses to go back below the level: some words, from one to all, take a step
 *            of plus or minus up to 2^b, b from 0 to 32, reflected at the ends. How often which number and which b is tried at a
 *            level follows from how far scores moved by it in the first run (Pasarica, Gelman 2010, Statistica Sinica 20), a third
 *            being tried at random. 16 repetitions, independent of one another, give mean and standard error.
 * tilted     importance sampling: words whose share in the cells of their range (halved towards both ends) has moved in the
 *            worlds of the repetitions above the limit, by more than the repetitions differ, are drawn by those shares, the others
 *            as ever; a tenth of the worlds is drawn plainly, so that no weight is above 10 (Hesterberg 1995, Technometrics
 *            37). Before the shares are taken, worlds exchange words of theirs, for what makes a world rare may be a few events
 *            in any of many months; and the outermost cells have one ratio together.
 *
 * Whole numbers, and + - * / and square root of doubles in fixed order: the same bits on every machine and for any number of
 * threads, if the score has them. */
#ifndef FC_HOST_TAIL_H
#define FC_HOST_TAIL_H

#include <stdbool.h>
#include <stdint.h>

#include "host/base/error.h"

enum { FC_TAIL_LEVELS = 30, FC_TAIL_REPEATS = 16, FC_TAIL_BLOCK = 64, FC_TAIL_SCRATCH_MOST = 256 };

struct fc_tail_model {
    int words;
    void *of;
    /* score[i] of worlds 0 ... count - 1; word w of world i is words[w × stride + i], padded to a multiple of FC_TAIL_BLOCK
     * worlds. Called by several threads, `thread` counted from 0. NaN: below every level. */
    void (*score)(void *of, int thread, const uint32_t *words, int64_t stride, int64_t count, double *score);
    double limit; /* what is rare is a score above it */
};

struct fc_tail_options {
    uint64_t seed, worlds; /* about so many are simulated, at least 1e5 */
    int threads;
};

enum fc_tail_verdict {
    FC_TAIL_GOOD,     /* both estimates agree, and many worlds of the first day have heirs in the tail */
    FC_TAIL_APART,    /* they do not, or one of them is too rough to say */
    FC_TAIL_NOT_RARE, /* counted: at least 1 in 500; or no levels lead there, and there were at least 30 worlds */
    FC_TAIL_STUCK     /* neither levels that lead there nor enough worlds that get there: low and high are all that is known */
};

struct fc_tail_estimate {
    double p, error; /* and its standard error */
};

struct fc_tail {
    enum fc_tail_verdict verdict;
    struct fc_tail_estimate splitting, tilted; /* counted: splitting is the count */
    /* What to say. Of two that agree the mean, weighted by their errors, between two standard errors below the lower and above
     * the higher of mean and splitting: a part of the tail that importance sampling misses is seen by the splitting alone. Of two
     * that are apart the splitting's, between the lower end of the one and the upper end of the other. */
    double p, low, high;
    int levels;
    double level[FC_TAIL_LEVELS];
    int ancestors;    /* of the worlds in the tail, how many worlds of the first day they descend from, all repetitions */
    double hits;      /* share of the tilted worlds in the tail */
    int tilted_words; /* how many words are drawn otherwise */
    uint64_t counted; /* worlds drawn tilted or, where it is counted, plainly */
    uint64_t worlds;  /* simulated, all */
    double reached;   /* the highest score seen */
};

/* Returns 0, or -1 with `error` filled (no memory). */
int fc_tail(struct fc_tail *tail, const struct fc_tail_model *model, const struct fc_tail_options *options,
            struct fc_error *error);

#endif
