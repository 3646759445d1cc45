/* history_score.c: what people and programme add, fitted to published runs, and forecasts against what happened; see
 * history.h. */
#include <math.h>
#include <stdlib.h>

#include "history.h"
#include "host/base/order.h"

/* Before any run is seen, ln of the median overhead is normal about this with this spread: 1 to 120 % of the training
 * time. Judgement; the table adds 3 first runs and 15 others. */
#define PRIOR_MU (-2.3) /* ln 0.1 */
#define PRIOR_SD 1.5
#define PRIOR_SIGMA 1.5
#define PRIOR_SIGMA_SD 0.5
#define LEAST_SD 0.05 /* of ln of the machine's forecast: what no simulation resolves */
#define FROM (-6.0)   /* grid of mu */
#define STEP 0.1
enum { NODES = 60, STEPS = 76 };

double fc_history_quantile(const double *quantiles, size_t count, double p)
{
    double at = p * (double)count - 0.5;
    if (at <= 0)
        return quantiles[0];
    size_t i = (size_t)at;
    if (i + 1 >= count)
        return quantiles[count - 1];
    return quantiles[i] + (at - (double)i) * (quantiles[i + 1] - quantiles[i]);
}

/* Quantile of the standard normal distribution: bisection on erfc, exact enough for a table. */
static double normal_quantile(double p)
{
    double low = -9, high = 9;
    for (int i = 0; i < 60; i++) {
        double middle = (low + high) / 2;
        if (0.5 * erfc(-middle / sqrt(2)) < p)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* ln of the likelihood of a row: ln(actual / machine) = ln(1 + o) + normal(0, spread of the machine). */
static double log_likelihood(const struct fc_history_row *row, double mu, double sigma, const double *z)
{
    double middle = log(fc_history_quantile(row->base, FC_HISTORY_POINTS, 0.5));
    double width = log(fc_history_quantile(row->base, FC_HISTORY_POINTS, 0.95)) -
                   log(fc_history_quantile(row->base, FC_HISTORY_POINTS, 0.05));
    double sd = fmax(width / 3.29, LEAST_SD), sum = 0; /* 3.29: from P5 to P95 of a normal distribution */
    for (int i = 0; i < NODES; i++) {
        double d = (log(row->actual) - middle - log1p(exp(mu + sigma * z[i]))) / sd;
        sum += exp(-0.5 * d * d) / sd;
    }
    return log(sum / NODES + 1e-12);
}

/* Moments of mu of one kind of operation given sigma, over the prior and the rows, each row in the kind of its own. */
struct moments {
    double log_sum, mean, square;
};

static struct moments moments_of(const struct fc_history_row *rows, size_t count, size_t without, int kind,
                                 double sigma, const double *z)
{
    double value[STEPS], most = -INFINITY, sum = 0;
    struct moments m = {0};
    for (int j = 0; j < STEPS; j++) {
        double mu = FROM + STEP * j;
        value[j] = -0.5 * pow((mu - PRIOR_MU) / PRIOR_SD, 2);
        for (size_t i = 0; i < count; i++) /* the runs do not tell experienced and automated apart */
            if (i != without && !rows[i].reason[0] && rows[i].of != FC_HISTORY_WINDOW && !rows[i].steps_alone &&
                (rows[i].maturity == 0) == (kind == 0))
                value[j] += log_likelihood(&rows[i], mu, sigma, z);
        most = fmax(most, value[j]);
    }
    for (int j = 0; j < STEPS; j++) {
        double mu = FROM + STEP * j, weight = exp(value[j] - most);
        sum += weight;
        m.mean += weight * mu;
        m.square += weight * mu * mu;
    }
    m.log_sum = most + log(sum);
    m.mean /= sum;
    m.square /= sum;
    return m;
}

/* The posterior of mu and sigma on a grid; the next run's ln of the overhead has its mean, and the variance of both. One
 * sigma, and a mu of first runs and one of the others. */
struct fc_history_fit fc_history_fit_to(const struct fc_history_row *rows, size_t count, size_t without)
{
    enum { SIGMAS = 21 };
    struct moments first[SIGMAS], others[SIGMAS];
    double z[NODES], value[SIGMAS], most = -INFINITY, sum = 0, sigma_square = 0;
    double mean[2] = {0}, square[2] = {0};
    for (int i = 0; i < NODES; i++)
        z[i] = normal_quantile((i + 0.5) / NODES);
    for (int k = 0; k < SIGMAS; k++) {
        double sigma = 0.5 + 0.1 * k;
        first[k] = moments_of(rows, count, without, 0, sigma, z);
        others[k] = moments_of(rows, count, without, 1, sigma, z);
        value[k] =
            first[k].log_sum + others[k].log_sum - 0.5 * pow((sigma - PRIOR_SIGMA) / PRIOR_SIGMA_SD, 2);
        most = fmax(most, value[k]);
    }
    for (int k = 0; k < SIGMAS; k++) {
        double sigma = 0.5 + 0.1 * k, weight = exp(value[k] - most);
        sum += weight;
        sigma_square += weight * sigma * sigma;
        mean[0] += weight * first[k].mean;
        mean[1] += weight * others[k].mean;
        square[0] += weight * first[k].square;
        square[1] += weight * others[k].square;
    }
    struct fc_history_fit fit;
    for (int kind = 0; kind < FC_HISTORY_MATURITIES; kind++) {
        int at = kind > 0;
        fit.mu[kind] = mean[at] / sum;
        fit.sigma[kind] = sqrt(sigma_square / sum + square[at] / sum - fit.mu[kind] * fit.mu[kind]);
    }
    return fit;
}

void fc_history_add(const struct fc_history_fit *fit, struct fc_history_row *row)
{
    enum { COUNT = FC_HISTORY_POINTS };
    /* each quantile of the machine meets one of the overhead: a stride that shares no factor with the count mixes them */
    for (size_t i = 0; i < COUNT; i++) {
        double p = ((double)(i * 769 % COUNT) + 0.5) / COUNT;
        double overhead = exp(fit->mu[row->maturity] + fit->sigma[row->maturity] * normal_quantile(p));
        row->forecast[i] = row->base[i] * (1 + overhead);
    }
    qsort(row->forecast, COUNT, sizeof row->forecast[0], fc_by_double);
}

struct fc_history_score fc_history_score_of(const double *quantiles, size_t count, double actual)
{
    struct fc_history_score score = {0};
    double y = log(actual), sum = 0, pairs = 0;
    size_t below = 0, equal = 0;
    for (size_t i = 0; i < count; i++) {
        double x = log(quantiles[i]);
        below += quantiles[i] < actual;
        equal += !(quantiles[i] < actual) && !(quantiles[i] > actual);
        sum += fabs(x - y);
        pairs += x * (2 * (double)i + 1 -
                      (double)count); /* sum over pairs of |x - x'| of rising values, half of it */
    }
    double n = (double)count;
    score.log_error = y - log(fc_history_quantile(quantiles, count, 0.5));
    score.percentile = ((double)below + 0.5 * (double)equal) / n;
    score.crps = sum / n - pairs / (n * n);
    return score;
}
