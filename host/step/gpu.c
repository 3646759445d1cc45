/* gpu.c: see gpu.h. */
#include "gpu.h"

#include <stdio.h>
#include <string.h>

static const char *const families[] = {"ampere", "hopper", "blackwell"}; /* by enum fc_family */
static const char *const hosts[] = {"x86", "grace", "vera"};

const char *fc_family_name(enum fc_family family)
{
    return families[family];
}

/* The text of a figure, or NULL when the row has none. */
static const char *text_of(const struct fc_catalog_entry *entry, const char *key)
{
    struct fc_figure figure;
    bool found = fc_catalog_figure(entry, key, &figure) && figure.value && figure.value->kind == FC_NODE_TEXT;
    return found ? figure.value->text : NULL;
}

/* The number of one of `words`, or -1 with `error` filled. */
static int word_of(const struct fc_catalog_entry *entry, const char *key, const char *const *words, int count,
                   struct fc_error *error)
{
    const char *text = text_of(entry, key);
    for (int i = 0; text && i < count; i++)
        if (strcmp(text, words[i]) == 0)
            return i;
    return fc_fail_at(error, &entry->place, "GPU '%s': '%s' is %s%s%s; write one of %s, %s, %s", entry->name,
                      key, text ? "'" : "not stated", text ? text : "", text ? "'" : "", words[0], words[1],
                      words[2]);
}

static int read_peaks(struct fc_accelerator *gpu, const struct fc_catalog_entry *entry,
                      const struct fc_place *place, struct fc_error *error)
{
    if (fc_catalog_number(entry, "bf16_flop_per_s", &gpu->bf16_flop_per_s, place, error) ||
        fc_catalog_number_or(entry, "fp8_flop_per_s", 0, &gpu->fp8_flop_per_s, error) ||
        fc_catalog_number_or(entry, "mxfp8_flop_per_s", 0, &gpu->mxfp8_flop_per_s, error) ||
        fc_catalog_number_or(entry, "fp4_flop_per_s", 0, &gpu->fp4_flop_per_s, error) ||
        fc_catalog_number_or(entry, "fp4_base_flop_per_s", gpu->fp4_flop_per_s, &gpu->fp4_base_flop_per_s,
                             error))
        return -1;
    if (gpu->fp8_flop_per_s > 0 && gpu->fp8_flop_per_s < gpu->bf16_flop_per_s)
        return fc_fail_at(error, &entry->place,
                          "GPU '%s': fp8_flop_per_s is below bf16_flop_per_s; correct one, or leave FP8 out",
                          entry->name);
    if (gpu->fp4_base_flop_per_s > gpu->fp4_flop_per_s)
        return fc_fail_at(error, &entry->place,
                          "GPU '%s': fp4_base_flop_per_s is above fp4_flop_per_s; it is a part of it",
                          entry->name);
    return 0;
}

static int read_links(struct fc_accelerator *gpu, const struct fc_catalog_entry *entry,
                      const struct fc_place *place, struct fc_error *error)
{
    double nvlink = 0, nic = 0;
    if (fc_catalog_number(entry, "hbm_bytes", &gpu->memory_bytes, place, error) ||
        fc_catalog_number(entry, "hbm_bytes_per_s", &gpu->memory_bytes_per_s, place, error) ||
        fc_catalog_number(entry, "nvlink_bytes_per_s", &nvlink, place, error) ||
        fc_catalog_number(entry, "nic_bits_per_s", &nic, place, error) ||
        fc_catalog_number_or(entry, "host_link_bytes_per_s", 0, &gpu->host_link_bytes_per_s, error) ||
        fc_catalog_number_or(entry, "host_memory_bytes", 0, &gpu->host_memory_bytes, error) ||
        fc_catalog_number_or(entry, "host_memory_bytes_per_s", 0, &gpu->host_memory_bytes_per_s, error) ||
        fc_catalog_number(entry, "node_gpus", &gpu->node, place, error) ||
        fc_catalog_number(entry, "domain_gpus", &gpu->domain, place, error) ||
        fc_catalog_number_or(entry, "domain_most", gpu->domain, &gpu->domain_most, error))
        return -1;
    if (gpu->node > gpu->domain || gpu->domain > gpu->domain_most)
        return fc_fail_at(
            error, &entry->place,
            "GPU '%s': node_gpus %g, domain_gpus %g and domain_most %g must not fall (a node is in "
            "one domain); correct one",
            entry->name, gpu->node, gpu->domain, gpu->domain_most);
    gpu->rack = gpu->domain > 8;
    gpu->nvlink_bytes_per_s = nvlink / 2;
    gpu->nic_bytes_per_s = nic / 8;
    return 0;
}

/* Whose efficiency and whose failures it has. */
static int read_kin(struct fc_accelerator *gpu, const struct fc_catalog *catalog,
                    const struct fc_catalog_entry *entry, struct fc_error *error)
{
    const struct fc_catalog_entry *clock;
    int family = word_of(entry, "measured_family", families, 3, error);
    int host = family < 0 ? -1 : word_of(entry, "host", hosts, 3, error);
    if (host < 0 || fc_catalog_number_or(entry, "inherited_sd_log", 0, &gpu->inherited_sd_log, error) ||
        fc_catalog_number_or(entry, "clock_ratio", 1, &gpu->clock_ratio, error) ||
        fc_catalog_number_or(entry, "tdp_w", 0, &gpu->tdp_w, error))
        return -1;
    if (!(gpu->clock_ratio > 0.1 && gpu->clock_ratio < 10))
        return fc_fail_at(error, &entry->place, "GPU '%s': clock_ratio is a share near 1", entry->name);
    gpu->family = (enum fc_family)family;
    gpu->grace = host > 0;
    const char *generation = text_of(entry, "generation"), *named = text_of(entry, "clock");
    snprintf(gpu->generation, sizeof gpu->generation, "%s", generation ? generation : families[family]);
    if (strcmp(gpu->generation, families[family]) != 0 && !(gpu->inherited_sd_log > 0))
        return fc_fail_at(
            error, &entry->place,
            "GPU '%s' is of generation '%s' with the efficiency of '%s', but has no inherited_sd_log; "
            "state how much wider its step time is",
            entry->name, gpu->generation, families[family]);
    if (named && fc_catalog_find(catalog, "efficiency", named, &entry->place, &clock, error))
        return -1;
    snprintf(gpu->clock, sizeof gpu->clock, "%s", named ? named : "");
    return 0;
}

int fc_accelerator_read(struct fc_accelerator *gpu, const struct fc_catalog *catalog, const char *name,
                        const struct fc_place *place, struct fc_error *error)
{
    const struct fc_catalog_entry *entry;
    *gpu = (struct fc_accelerator){0};
    if (fc_catalog_find(catalog, "gpu", name, place, &entry, error))
        return -1;
    snprintf(gpu->name, sizeof gpu->name, "%s", entry->name);
    return read_peaks(gpu, entry, place, error) || read_links(gpu, entry, place, error) ||
                   read_kin(gpu, catalog, entry, error)
               ? -1
               : 0;
}
