/* order.c: see order.h. */
#include "order.h"

int fc_by_double(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int fc_by_float(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

double fc_quantile_sorted(const double *sorted, size_t count, double p)
{
    double place = p * (double)(count - 1);
    size_t i = (size_t)place;
    return i + 1 < count ? sorted[i] + (place - (double)i) * (sorted[i + 1] - sorted[i]) : sorted[count - 1];
}
