/* moments.c: see moments.h. The quantile function is integrated octave by octave into both tails. */
#include "moments.h"

#include <math.h>
#include <string.h>

/* Gauss-Legendre nodes and weights on [-1, 1], 16 points (DLMF 3.5(v)); the other half mirrors them. */
static const double nodes[8] = {0.09501250983763744, 0.28160355077925891, 0.45801677765722739,
                                0.61787624440264375, 0.75540440835500303, 0.86563120238783174,
                                0.94457502307323258, 0.98940093499164993};
static const double weights[8] = {0.18945061045506850, 0.18260341504492359, 0.16915651939500254,
                                  0.14959598881657673, 0.12462897125553387, 0.09515851168249278,
                                  0.06225352393864789, 0.02715245941175409};

enum { OCTAVES = 400, MAX_BREAKS = FC_MAX_QUANTILES + 2 };

/* Integral of (Q - centre)^power over tail probabilities from a to b on one side. */
static double piece(const struct fc_distribution *d, int upper_side, double a, double b, double centre,
                    int power)
{
    double middle = 0.5 * (a + b), half = 0.5 * (b - a), sum = 0.0;
    for (int i = 0; i < 16; i++) {
        double t = middle + half * (i < 8 ? -nodes[i] : nodes[i - 8]);
        double value =
            (upper_side ? fc_distribution_quantile(d, 1.0 - t, t) : fc_distribution_quantile(d, t, 1.0 - t));
        value -= centre;
        sum += weights[i % 8] * (power == 2 ? value * value : value);
    }
    return sum * half;
}

/* Tail probabilities at which the quantile function has a kink, on one side. */
static int find_breaks(const struct fc_distribution *d, int upper_side, double *breaks)
{
    int count = 0;
    if (strcmp(d->kind->name, "triangular") == 0) {
        struct fc_tails tails = fc_distribution_tails(d, d->parameter[1]);
        breaks[count++] = upper_side ? tails.upper : tails.lower;
    }
    for (size_t i = 0; i < d->count; i++) {
        struct fc_tails tails = fc_distribution_tails(d, d->values[i]);
        breaks[count++] = upper_side ? tails.upper : tails.lower;
    }
    return count;
}

static double integrate(const struct fc_distribution *d, double centre, int power)
{
    double total = 0.0;
    for (int side = 0; side < 2; side++) {
        double breaks[MAX_BREAKS];
        int count = find_breaks(d, side, breaks);
        for (int octave = 1; octave <= OCTAVES; octave++) {
            double low = ldexp(1.0, -octave - 1), high = ldexp(1.0, -octave), sum = 0.0, from = low;
            while (from < high) { /* up to the next kink, or the end of the octave */
                double to = high;
                for (int i = 0; i < count; i++)
                    if (breaks[i] > from && breaks[i] < to)
                        to = breaks[i];
                sum += piece(d, side, from, to, centre, power);
                from = to;
            }
            total += sum;
            if (octave > 60 && fabs(sum) < 1e-18 * fabs(total))
                break;
        }
    }
    return total;
}

static double discrete_moment(const struct fc_distribution *d, double centre, int power)
{
    double sum = 0.0;
    for (size_t i = 0; i < d->count; i++) {
        double before = i > 0 ? d->tails[i - 1].lower : 0.0;
        double value = d->values[i] - centre;
        sum += (d->tails[i].lower - before) * (power == 2 ? value * value : value);
    }
    return sum;
}

double moments_mean(const struct fc_distribution *d)
{
    if (d->kind->single_values)
        return d->count > 0 ? discrete_moment(d, 0.0, 1) : fc_distribution_quantile(d, 0.5, 0.5);
    double centre = fc_distribution_quantile(d, 0.5, 0.5);
    return centre + integrate(d, centre, 1);
}

double moments_sd(const struct fc_distribution *d)
{
    double mean = moments_mean(d);
    return sqrt(d->kind->single_values ? discrete_moment(d, mean, 2) : integrate(d, mean, 2));
}
