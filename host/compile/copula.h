/* copula.h: from the rank correlations of a scenario to the Gaussian copula that devices draw from.
 *
 * A rank correlation r (Spearman's) of two inputs becomes the correlation 2 sin(pi r / 6) of two standard
 * normals (Pearson 1907; exact for the Gaussian copula). The matrix must be positive semidefinite (a rank of 1 or -1
 * makes one value follow another exactly); where it is not, it is an error that names the smallest eigenvalue, or, with `repair`, the nearest correlation matrix
 * takes its place (Higham, "Computing the nearest correlation matrix", IMA J. Numer. Anal. 22, 2002:
 * alternating projections with Dykstra's correction; eigenvalues kept at 1e-6 or more). */
#ifndef FC_HOST_COPULA_H
#define FC_HOST_COPULA_H

#include "compiled.h"

enum { FC_COPULA_MAX = FC_CORRELATED };

/* Spearman's rank correlation to that of the normals behind it. */
double fc_copula_pearson(double rank);

/* Eigenvalues (ascending order not promised) and vectors of a symmetric n x n matrix by Jacobi rotations;
 * vectors in columns. a is destroyed. */
void fc_copula_eigen(int n, double a[FC_COPULA_MAX][FC_COPULA_MAX], double values[FC_COPULA_MAX],
                     double vectors[FC_COPULA_MAX][FC_COPULA_MAX]);

/* Replaces a matrix with unit diagonal by the nearest positive definite one; returns by how much the entry
 * that moved most moved. */
double fc_copula_repair(int n, double matrix[FC_COPULA_MAX][FC_COPULA_MAX]);

/* Lower triangular factor of a positive semidefinite matrix; a pivot of 0 leaves its column 0. Returns 0, or -1 when it is not. */
int fc_copula_factor(int n, double matrix[FC_COPULA_MAX][FC_COPULA_MAX],
                     double factor[FC_COPULA_MAX][FC_COPULA_MAX]);

/* Adds the copula to a program whose draws are complete and sorted: the draws of the correlated inputs become
 * draws over a standard normal. Inputs that are certain, or not drawn at all, are left out. A
 * repair of the correlations is noted. */
int fc_copula_compile(struct fc_compiled *compiled, const struct fc_settings *settings,
                      struct fc_error *error);

/* The table of fc_table_z (cuda/model/base/draw.h) for a distribution: FC_Z_TABLE_SIZE floats. */
void fc_copula_table(const struct fc_distribution *distribution, float *table);

#endif
