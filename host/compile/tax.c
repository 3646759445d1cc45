/* tax.c: see tax.h. */
#include "tax.h"

#include <math.h>

/* Percent of the price. */
static const double macrs[FC_DEPRECIATION_WORDS][8] = {
    [FC_DEPRECIATION_MACRS_3] = {33.33, 44.45, 14.81, 7.41},
    [FC_DEPRECIATION_MACRS_5] = {20.00, 32.00, 19.20, 11.52, 11.52, 5.76},
    [FC_DEPRECIATION_MACRS_7] = {14.29, 24.49, 17.49, 12.49, 8.93, 8.92, 8.93, 4.46},
};

void fc_tax_schedule(enum fc_depreciation depreciation, double life, double bonus,
                     float written[FC_TAX_YEARS])
{
    double before = 0;
    for (int y = 0; y < FC_TAX_YEARS; y++) {
        double by_end = fmin((y + 0.5) / life, 1), share = by_end - before;
        if (depreciation != FC_DEPRECIATION_LINE)
            share = y < 8 ? macrs[depreciation][y] / 100 : 0;
        before = by_end;
        written[y] = (float)((y == 0 ? bonus : 0) + (1 - bonus) * share);
    }
}
