/* linear.h: symmetric positive definite matrices, small and dense, row-major n x n. */
#ifndef FC_HOST_LINEAR_H
#define FC_HOST_LINEAR_H

#include <stdbool.h>

/* Replaces the lower triangle of `a` by its Cholesky factor L (a = L L'); the upper triangle is left alone.
 * Returns false when `a` is not positive definite. */
bool fc_cholesky(double *a, int n);

/* Solves L L' x = b in place of b. */
void fc_cholesky_solve(const double *factor, int n, double *b);

/* inverse = (L L')^-1, both triangles. */
void fc_cholesky_inverse(const double *factor, int n, double *inverse);

#endif
