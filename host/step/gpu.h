/* gpu.h: a GPU of the catalog with its links. */
#ifndef FC_HOST_GPU_H
#define FC_HOST_GPU_H

#include <stdbool.h>

#include "host/language/catalog.h"

enum fc_family { FC_AMPERE, FC_HOPPER, FC_BLACKWELL };

/* A GPU with its links, all rates per GPU and at their stated peak. */
struct fc_accelerator {
    const char *name; /* in the catalog */
    enum fc_family family;
    double bf16_flop_per_s, fp8_flop_per_s, fp4_flop_per_s;
    double memory_bytes, memory_bytes_per_s;
    double nvlink_bytes_per_s; /* one direction */
    double nic_bytes_per_s;    /* one direction */
    double domain;             /* GPUs in one NVLink domain */
    bool grace;                /* the host is a Grace */
    bool ultra;                /* 300 series */
};

/* A GPU of the catalog with its links; `place` is where its name was read, or NULL. */
int fc_accelerator_read(struct fc_accelerator *gpu, const struct fc_catalog *catalog, const char *name,
                        const struct fc_place *place, struct fc_error *error);

#endif
