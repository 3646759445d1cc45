/* muon.h: what the Muon optimizer costs beside Adam (Jordan et al. 2024, kellerjordan.github.io/posts/muon; Liu et al. 2025,
 * arXiv 2502.16982).
 *
 * It orthogonalizes the momentum of each matrix of the layers by rounds of Newton-Schulz, which need the whole matrix.
 * Embedding, output layer and vectors stay on Adam. Megatron-Core's way: whole matrices are shared out over the replicas where
 * the optimizer is, and every tensor parallel rank repeats the work (muon_tp_mode duplicated, its default). */
#ifndef FC_HOST_MUON_H
#define FC_HOST_MUON_H

#include "plan.h"
#include "stages.h"

/* FLOP to orthogonalize a matrix of these sides, s the shorter and b the longer one: five rounds of A = X X' (2 s s b),
 * A A (2 s s s) and B X (2 s s b). */
double fc_muon_matrix_flop(double a, double b);

/* The same of all matrices of an average layer, and of the largest one; of those outside the experts, and of one expert. */
struct fc_muon_layer {
    double dense, largest, expert;
};
struct fc_muon_layer fc_muon_layer(const struct fc_architecture *a, double mixture_share, double dense_share);

/* FLOP per step of the GPU that has most to do, of a stage with the plan's most layers. */
double fc_muon_flop(const struct fc_plan *plan, const struct fc_stages *stages);

#endif
