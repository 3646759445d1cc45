/* residual.c: see residual.h. */
#include "residual.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Judgements, as no table measures them: a site's tuning carries over in half of its variance to another GPU, and in
 * half to other software; the vendor's runs on other GPUs share nothing. */
static const double OTHER_GPU = 0.5, OTHER_SOFTWARE = 0.5;

/* Layouts that differ by one doubling share 0.78 of the plan's variance, by two 0.37; another precision or way of
 * recomputation counts as two doublings. Judgement, inside what rows of one source show: one doubling leaves 0.03 to
 * 0.06 of ln between two dense layouts (7 groups), this 0.04. */
static const double DOUBLINGS = 1.41421356, WAY = 2;
/* More GPUs or another batch under the same layout leave each GPU the same kernels on the same shapes: 186 pairs of rows of
 * one source, model and precision, up to seven doublings apart, differ by 0.009 of ln in the median (as a standard
 * deviation of one) and, strange rows and all, by 0.020, 0.022 and 0.031 in the mean of their groups where they are up to
 * 1.4, 2.8 and 4.2 doublings apart. A doubling of either therefore counts as 0.4 of one of the layout, and what two
 * measurements differ by is shared like the rest: 0.016, 0.026 and 0.037. */
static const double SCALE = 0.4;

void fc_plan_traits_of(const struct fc_plan *p, struct fc_plan_traits *t)
{
    const struct fc_architecture *a = &p->model;
    const double sizes[FC_TRAIT_SIZES] = {p->gpus, p->tp,          p->pp,           p->vpp,     p->cp,
                                          p->ep,   p->micro_batch, p->global_batch, p->sequence}; /* see is_scale */
    const double shape[FC_TRAIT_SHAPE] = {a->layers,  a->hidden, a->ffn,  a->heads,
                                          a->experts, a->topk,   a->vocab};
    const double ways[FC_TRAIT_WAYS] = {(double)p->precision, p->again_gemm + p->again_elementwise, p->fsdp,
                                        (double)p->graph, p->overlaps_ep};
    *t = (struct fc_plan_traits){.vendor = p->tuned_by_vendor,
                                 .mixture = fc_architecture_is_mixture(a),
                                 .inherited_sd = p->gpu.inherited_sd_log};
    snprintf(t->gpu, sizeof t->gpu, "%s", p->gpu.name);
    snprintf(t->software, sizeof t->software, "%s", p->software->name);
    for (int i = 0; i < FC_TRAIT_SIZES; i++)
        t->sizes[i] = log2(fmax(1, sizes[i]));
    memcpy(t->shape, shape, sizeof shape);
    memcpy(t->ways, ways, sizeof ways);
}

double fc_residual_mean(const struct fc_residual_parts *r, const struct fc_plan_traits *t)
{
    return t->vendor ? 0 : r->site_mean;
}

static bool same_model(const struct fc_plan_traits *a, const struct fc_plan_traits *b)
{
    for (int i = 0; i < FC_TRAIT_SHAPE; i++)
        if (fabs(a->shape[i] - b->shape[i]) > 1e-6 * fabs(a->shape[i]))
            return false;
    return true;
}

/* The GPUs and the global batch of fc_plan_traits.sizes. */
static bool is_scale(int size)
{
    return size == 0 || size == 7;
}

double fc_residual_covariance(const struct fc_residual_parts *r, const struct fc_plan_traits *a,
                              const struct fc_plan_traits *b)
{
    bool gpu = strcmp(a->gpu, b->gpu) == 0, software = strcmp(a->software, b->software) == 0;
    bool model = same_model(a, b);
    double sum = gpu ? a->inherited_sd * b->inherited_sd : 0, layout = 0, scale = 0;
    if (a->vendor && b->vendor)
        sum += gpu ? r->vendor_sd * r->vendor_sd : 0;
    else if (!a->vendor && !b->vendor)
        sum += r->site_sd * r->site_sd * (gpu ? 1 : OTHER_GPU) * (software ? 1 : OTHER_SOFTWARE);
    if (!model)
        return sum;
    sum += a->router_sd * b->router_sd;
    sum += r->model_sd[a->mixture] * r->model_sd[b->mixture] * (gpu ? 1 : OTHER_GPU);
    for (int i = 0; i < FC_TRAIT_SIZES; i++)
        *(is_scale(i) ? &scale : &layout) += (a->sizes[i] - b->sizes[i]) * (a->sizes[i] - b->sizes[i]);
    for (int i = 0; i < FC_TRAIT_WAYS; i++)
        layout += fabs(a->ways[i] - b->ways[i]) > 1e-9 ? WAY * WAY : 0;
    layout += (gpu && software && a->vendor == b->vendor ? 0 : 2 * WAY * WAY);
    double part = r->plan_sd[a->mixture] * r->plan_sd[b->mixture] * exp(-0.5 * layout / (DOUBLINGS * DOUBLINGS));
    if (layout < 1e-12)
        part += r->noise_sd * r->noise_sd;
    return sum + part * exp(-0.5 * SCALE * SCALE * scale / (DOUBLINGS * DOUBLINGS));
}

static int read_part(const struct fc_catalog *catalog, const char *name, double *sd, double *mean,
                     struct fc_error *error)
{
    const struct fc_catalog_entry *entry;
    double median = 1;
    if (fc_catalog_find(catalog, "posterior", name, NULL, &entry, error) ||
        fc_catalog_number(entry, "sd_log", sd, NULL, error) ||
        fc_catalog_number_or(entry, "median", 1, &median, error))
        return -1;
    if (!(*sd >= 0 && *sd < 5) || !(median > 0.1 && median < 10))
        return fc_fail_at(error, &entry->place, "'%s' needs a sd_log from 0 to 5 and a median near 1", name);
    if (mean)
        *mean = log(median);
    return 0;
}

int fc_residual_read(struct fc_residual_parts *r, const struct fc_catalog *catalog, struct fc_error *error)
{
    return read_part(catalog, "residual_site", &r->site_sd, &r->site_mean, error) ||
                   read_part(catalog, "residual_vendor", &r->vendor_sd, NULL, error) ||
                   read_part(catalog, "residual_model_dense", &r->model_sd[0], NULL, error) ||
                   read_part(catalog, "residual_model_mixture", &r->model_sd[1], NULL, error) ||
                   read_part(catalog, "residual_plan_dense", &r->plan_sd[0], NULL, error) ||
                   read_part(catalog, "residual_plan_mixture", &r->plan_sd[1], NULL, error) ||
                   read_part(catalog, "residual_noise", &r->noise_sd, NULL, error)
               ? -1
               : 0;
}
