/* order.h: orders for qsort, and quantiles of what is in order. */
#ifndef FC_HOST_ORDER_H
#define FC_HOST_ORDER_H

#include <stddef.h>

/* Numbers (double, float), the smallest first; NaN is equal to everything, so leave it out. */
int fc_by_double(const void *a, const void *b);
int fc_by_float(const void *a, const void *b);

/* The p-quantile of count > 0 numbers in ascending order: linear between the two at p (count - 1). */
double fc_quantile_sorted(const double *sorted, size_t count, double p);

#endif
