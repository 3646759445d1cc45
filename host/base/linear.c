/* linear.c: see linear.h. */
#include "linear.h"

#include <math.h>
#include <string.h>

bool fc_cholesky(double *a, int n)
{
    for (int i = 0; i < n; i++)
        for (int j = 0; j <= i; j++) {
            double sum = a[i * n + j];
            for (int k = 0; k < j; k++)
                sum -= a[i * n + k] * a[j * n + k];
            if (i == j && !(sum > 0))
                return false;
            a[i * n + j] = i == j ? sqrt(sum) : sum / a[j * n + j];
        }
    return true;
}

void fc_cholesky_solve(const double *factor, int n, double *b)
{
    for (int i = 0; i < n; i++) {
        for (int k = 0; k < i; k++)
            b[i] -= factor[i * n + k] * b[k];
        b[i] /= factor[i * n + i];
    }
    for (int i = n - 1; i >= 0; i--) {
        for (int k = i + 1; k < n; k++)
            b[i] -= factor[k * n + i] * b[k];
        b[i] /= factor[i * n + i];
    }
}

void fc_cholesky_inverse(const double *factor, int n, double *inverse)
{
    memset(inverse, 0, sizeof *inverse * (size_t)n * (size_t)n);
    for (int c = 0; c < n; c++) {
        inverse[c * n + c] = 1; /* the matrix is symmetric: row c serves as column c */
        fc_cholesky_solve(factor, n, inverse + c * n);
    }
}
