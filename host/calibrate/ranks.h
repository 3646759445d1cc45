/* ranks.h: rank correlation. */
#ifndef FC_HOST_RANKS_H
#define FC_HOST_RANKS_H

#include <stddef.h>

enum { FC_RANKED_MOST = 256 };

/* Spearman's: the correlation of the ranks of n values (at most FC_RANKED_MOST), ties at their mean rank; NAN where one
 * of the two does not vary. */
double fc_rank_correlation(const double *x, const double *y, size_t n);

#endif
