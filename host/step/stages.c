/* stages.c: see stages.h. */
#include "stages.h"

#include <math.h>

/* Layers of the first, of every middle and of the last stage; pp > 1. */
struct split {
    double first, middle, last;
};

static bool divides(double by, double whole)
{
    return floor(whole / by) * by == whole; /* of whole numbers below 2^31: exact, and quicker than fmod */
}

static struct split split_layers(const struct fc_plan *p)
{
    double layers = p->model.layers, mtp = p->model.mtp_layers, whole = layers + mtp;
    double pp = p->pp, chunks = pp * p->vpp;
    if (divides(chunks, layers))
        return (struct split){layers / pp, layers / pp, layers / pp + mtp};
    /* head, embedding and head, or those with a dummy, as a layer each */
    for (double extra = 1; extra <= 3; extra++)
        if (divides(chunks, whole + extra)) {
            double each = (whole + extra) / pp, first = extra == 2 && mtp == 0 ? each - 1 : each;
            double last = whole - first - (pp - 2) * each;
            if (last >= 0)
                return (struct split){first, each, last};
        }
    if (divides(pp, layers))
        return (struct split){layers / pp, layers / pp, layers / pp + mtp};
    double each = ceil(whole / pp), last = whole - (pp - 1) * each;
    return (struct split){each, each, last >= mtp && last > 0 ? last : floor(whole / pp)};
}

struct fc_stage fc_stage_at(const struct fc_plan *p, double index)
{
    const struct fc_architecture *a = &p->model;
    struct fc_stage s = {.embedding = index == 0, .head = index == p->pp - 1};
    double before = 0;
    if (p->pp <= 1) {
        s.layers = a->layers + a->mtp_layers;
    } else {
        struct split split = split_layers(p);
        s.layers = s.embedding ? split.first : s.head ? split.last : split.middle;
        before = s.embedding ? 0 : split.first + (index - 1) * split.middle;
    }
    s.mtp = s.head ? fmin(a->mtp_layers, s.layers) : 0;
    double dense_share = fc_architecture_dense_share(a), mixture_share = fc_architecture_mixture_share(a);
    double apart = fmin(a->dense_layers, a->layers); /* dense layers before all others */
    /* a configuration counts its layers of experts; those behind the first ones may all be such */
    bool first_alone = a->moe_layers <= 0 || a->dense_layers + a->moe_layers == a->layers;
    if (apart > 0 && mixture_share > 0 && first_alone && !a->letters) {
        double first = fmin(fmax(0, apart - before), s.layers), every = a->moe_every > 0 ? a->moe_every : 1;
        s.experts = (s.layers - first - s.mtp) / every + s.mtp;
        s.dense = a->ffn > 0 ? s.layers - s.experts : 0;
    } else {
        s.dense = s.layers * dense_share;
        s.experts = s.layers * mixture_share;
    }
    return s;
}

struct fc_model_weights fc_model_weights(const struct fc_architecture *a)
{
    return (struct fc_model_weights){.mixers = fc_architecture_mixer_params(a),
                                     .block = fc_architecture_block_params(a)};
}

void fc_stage_parameters(const struct fc_plan *p, const struct fc_model_weights *w,
                         const struct fc_stage *stage, double *dense, double *expert)
{
    const struct fc_architecture *a = &p->model;
    double table = a->hidden * a->vocab;
    double layers = stage->layers * w->mixers / a->layers + stage->dense * w->block.dense +
                    stage->experts * (w->block.shared + w->block.router);
    /* the projection of multi-token prediction: two hidden states to one */
    layers += stage->mtp * 2 * a->hidden * a->hidden;
    double tables = (stage->embedding ? 1 : 0) + (stage->head ? 1 : 0) - (p->pp <= 1 && a->tied ? 1 : 0);
    /* a stage of prediction embeds the next tokens itself where the embedding is elsewhere */
    tables += stage->mtp > 0 && !stage->embedding ? 1 : 0;
    *dense = (layers + tables * table) / p->tp;
    *expert = stage->experts * a->experts * w->block.expert / (p->ep * p->expert_tp);
}

double fc_stage_next(const struct fc_plan *p, double index)
{
    const struct fc_architecture *a = &p->model;
    if (index < 1 || index >= p->pp - 1)
        return index + 1;
    struct split split = split_layers(p);
    bool apart = split.first + (index - 1) * split.middle < fmin(a->dense_layers, a->layers);
    return apart ? index + 1 : p->pp - 1;
}

struct fc_stages fc_plan_stages(const struct fc_plan *p)
{
    double whole = p->model.layers + p->model.mtp_layers;
    struct fc_stages s = {.mean = whole / p->pp,
                          .mixture = fc_architecture_mixture_share(&p->model),
                          .dense = fc_architecture_dense_share(&p->model)};
    if (p->pp <= 1) {
        s.longest = s.last = s.chunk = whole;
        return s;
    }
    struct split split = split_layers(p);
    s.longest = fmax(split.first, p->pp > 2 ? split.middle : split.first);
    s.last = split.last;
    s.chunk = ceil(s.longest / p->vpp);
    /* a stage behind the dense first layers is the slowest */
    if (fc_architecture_is_mixture(&p->model)) {
        struct fc_stage behind = fc_stage_at(p, p->pp > 2 ? p->pp - 2 : p->pp - 1);
        if (behind.layers > 0) {
            s.mixture = behind.experts / behind.layers;
            s.dense = behind.dense / behind.layers;
        }
    }
    return s;
}
