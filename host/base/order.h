/* order.h: orders for qsort. */
#ifndef FC_HOST_ORDER_H
#define FC_HOST_ORDER_H

/* Numbers (double, float), the smallest first; NaN is equal to everything, so leave it out. */
int fc_by_double(const void *a, const void *b);
int fc_by_float(const void *a, const void *b);

#endif
