/* muon.c: see muon.h. */
#include "muon.h"

#include <math.h>

double fc_muon_matrix_flop(double a, double b)
{
    double s = fmin(a, b), l = fmax(a, b);
    return 5 * (4 * s * s * l + 2 * s * s * s);
}

/* Queries, keys and values are matrices of their own, though one product makes all three; so are gate and up. */
static double attention(const struct fc_architecture *a, const struct fc_mixer *m, double *largest)
{
    double h = a->hidden, q = m->heads * m->qk_dim, o = m->heads * m->v_dim;
    double each[] = {fc_muon_matrix_flop(q, h), a->attention_gate ? fc_muon_matrix_flop(o, h) : 0,
                     fc_muon_matrix_flop(m->kv_heads * m->qk_dim, h), fc_muon_matrix_flop(m->kv_heads * m->v_dim, h),
                     fc_muon_matrix_flop(o, h)};
    double sum = 0;
    for (size_t i = 0; i < sizeof each / sizeof each[0]; i++) {
        sum += each[i];
        *largest = fmax(*largest, each[i]);
    }
    return sum;
}

static double mixer(const struct fc_architecture *a, const struct fc_mixer *m, double *largest)
{
    struct fc_product products[FC_PRODUCTS];
    double sum = 0, h = a->hidden;
    if (m->kind == FC_MIXER_ATTENTION)
        return attention(a, m, largest);
    for (int i = 0, n = fc_mixer_products(a, m, products); i < n; i++) {
        bool both = m->kind == FC_MIXER_LATENT && i == 0; /* both down-projections */
        double one = both ? fc_muon_matrix_flop(a->q_lora, h) + fc_muon_matrix_flop(a->kv_lora + a->rope_dim, h)
                          : fc_muon_matrix_flop(products[i].outputs, products[i].inputs);
        sum += one;
        *largest = fmax(*largest, one);
    }
    return sum;
}

struct fc_muon_layer fc_muon_layer(const struct fc_architecture *a, double mixture_share, double dense_share)
{
    struct fc_muon_layer l = {0};
    struct fc_mixer mixers[FC_MIXERS];
    double h = a->hidden, matrices = a->gated ? 3 : 2, latent_width = a->moe_latent > 0 ? a->moe_latent : h;
    for (int i = 0, n = fc_architecture_mixers(a, mixers); i < n; i++)
        l.dense += mixers[i].layers / a->layers * mixer(a, &mixers[i], &l.largest);
    double block = fc_muon_matrix_flop(a->ffn, h), shared = fc_muon_matrix_flop(a->shared_ffn, h);
    l.dense += dense_share * matrices * block;
    l.dense += mixture_share * (matrices * shared + fc_muon_matrix_flop(a->experts, h) +
                                2 * fc_muon_matrix_flop(a->moe_latent, h));
    l.largest = fmax(l.largest, fmax(dense_share > 0 ? block : 0, mixture_share > 0 ? shared : 0));
    l.expert = mixture_share > 0 ? matrices * fc_muon_matrix_flop(a->moe_ffn, latent_width) : 0;
    return l;
}

double fc_muon_flop(const struct fc_plan *p, const struct fc_stages *stages)
{
    struct fc_muon_layer l = fc_muon_layer(&p->model, stages->mixture, stages->dense);
    double dense = stages->longest * l.dense;
    double experts = stages->longest * stages->mixture * p->model.experts / p->ep;
    if (p->shards_optimizer || p->fsdp) { /* whole matrices: a rank has none or one at least */
        double over = p->fsdp ? p->fsdp_group : fc_plan_replicas(p);
        dense = fmax(dense / over, l.largest);
        double matrices = p->model.gated ? 3 : 2;
        experts = fmax(experts / fc_plan_expert_replicas(p), experts > 0 ? 1 / matrices : 0);
    }
    return dense + experts * l.expert;
}
