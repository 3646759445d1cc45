/* gpu.h: a GPU of the catalog with its links. catalog/gpus.yaml says all that is known of it: nothing is decided by
 * its name. */
#ifndef FC_HOST_GPU_H
#define FC_HOST_GPU_H

#include <stdbool.h>

#include "host/language/catalog.h"

/* Whose measured efficiency factors hold. */
enum fc_family { FC_AMPERE, FC_HOPPER, FC_BLACKWELL };

/* A GPU with its links, all rates per GPU and at their stated peak. It holds its own texts: plans outlive the scenario and the
 * catalog that they were read from. */
struct fc_accelerator {
    char name[56];       /* in the catalog */
    char generation[24]; /* of the chip, for people */
    enum fc_family family;
    double bf16_flop_per_s, fp8_flop_per_s, mxfp8_flop_per_s, fp4_flop_per_s; /* dense; 0: it has none */
    double fp4_base_flop_per_s; /* what the measured FP4 efficiency refers to; at most fp4_flop_per_s */
    double memory_bytes, memory_bytes_per_s;
    double nvlink_bytes_per_s; /* one direction */
    double nic_bytes_per_s;    /* one direction */
    bool ethernet;             /* between domains (RoCE), not InfiniBand */
    double
        host_link_bytes_per_s; /* to or from the host's memory, one direction, as copies reach it; 0: not known */
    double host_memory_bytes, host_memory_bytes_per_s; /* of the host, its share for one GPU; 0: not known */
    double domain;                                     /* GPUs in one NVLink domain */
    double domain_most;                                /* in the largest one sold */
    bool rack;      /* whole racks of it are one domain by default, however many GPUs of one a job uses */
    double node;    /* GPUs in one server or tray */
    bool grace;     /* kernels are launched by a Grace, or by a Vera, which counts as one */
    char clock[40]; /* the efficiency factor of its clock; "": as its family */
    double
        clock_ratio; /* sustained clock over what that factor says, for a generation that nobody measured; else 1 */
    double tdp_w; /* 0: not stated */
    double
        inherited_sd_log; /* further spread of the log of the step time; 0: its own efficiency is measured */
};

/* A GPU of the catalog with its links; `place` is where its name was read, or NULL. A row without the figures that a
 * step needs, or with a word that is not known, is refused at its place in the catalog. */
int fc_accelerator_read(struct fc_accelerator *gpu, const struct fc_catalog *catalog, const char *name,
                        const struct fc_place *place, struct fc_error *error);

/* "hopper", "blackwell" ... */
const char *fc_family_name(enum fc_family family);

#endif
