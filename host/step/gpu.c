/* gpu.c: see gpu.h. */
#include "gpu.h"

#include <string.h>

static bool starts(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

int fc_accelerator_read(struct fc_accelerator *gpu, const struct fc_catalog *catalog, const char *name,
                        const struct fc_place *place, struct fc_error *error)
{
    const struct fc_catalog_entry *entry;
    double nvlink = 0, nic = 0;
    *gpu = (struct fc_accelerator){0};
    if (fc_catalog_find(catalog, "gpu", name, place, &entry, error) ||
        fc_catalog_number(entry, "bf16_flop_per_s", &gpu->bf16_flop_per_s, place, error) ||
        fc_catalog_number_or(entry, "fp8_flop_per_s", 0, &gpu->fp8_flop_per_s, error) ||
        fc_catalog_number_or(entry, "fp4_flop_per_s", 0, &gpu->fp4_flop_per_s, error) ||
        fc_catalog_number(entry, "hbm_bytes", &gpu->memory_bytes, place, error) ||
        fc_catalog_number(entry, "hbm_bytes_per_s", &gpu->memory_bytes_per_s, place, error) ||
        fc_catalog_number(entry, "nvlink_bytes_per_s", &nvlink, place, error) ||
        fc_catalog_number(entry, "nic_bits_per_s", &nic, place, error) ||
        fc_catalog_number(entry, "domain_gpus", &gpu->domain, place, error))
        return -1;
    gpu->name = entry->name;
    gpu->nvlink_bytes_per_s = nvlink / 2;
    gpu->nic_bytes_per_s = nic / 8;
    gpu->grace = starts(name, "gb");
    gpu->ultra = starts(name, "gb300") || starts(name, "b300");
    gpu->family = gpu->fp8_flop_per_s == 0 ? FC_AMPERE : gpu->fp4_flop_per_s == 0 ? FC_HOPPER : FC_BLACKWELL;
    return 0;
}
