/* collectives.h: how long a collective takes, by message size and span.
 *
 * One pass (an all-gather or a reduce-scatter; an all-reduce is two) of S bytes over `inside` ranks in each
 * of R NVLink domains:
 *
 *   T = (n - 1) / n S / B + (inside - 1) (h + slice(S / inside) / N) + (R - 1) (H + slice(S / (k R)) / A)
 *
 * N: rate of NVLink; A: of an adapter; k: adapters of a domain that one collective uses. B is the slower of N
 * and the domain's way out, k A R / (R - 1), as a domain sends (R - 1) / R of the message out. h, H: latency
 * of a step inside and between domains. A step also waits for its slice before the next can begin: all of its
 * share of a small message, the buffer of 4 MiB of a large one, slice(m) = m Q / (m + Q).
 *
 * The constants are fitted to the measured table of catalog/networks.yaml (tests/test_collectives.c,
 * docs/model/step-time.md). */
#ifndef FC_HOST_COLLECTIVES_H
#define FC_HOST_COLLECTIVES_H

#include <stdio.h>

#include "host/language/catalog.h"
#include "host/base/document_write.h"

/* NCCL_BUFFSIZE, NVIDIA NCCL user guide, environment variables: 4 MiB unless set. */
#define FC_COLLECTIVE_BUFFER 4194304.0

/* Adapters of an NVL72 that one collective uses, fitted to 144 and 1440 GB200. A server of eight uses all. */
#define FC_COLLECTIVE_ADAPTERS 8.7

/* What one pass asks of the links. */
struct fc_pass {
    double bytes;     /* by each rank over NVLink */
    double out_bytes; /* by each of the adapters used, between domains; 0: one domain */
    double steps, far_steps;
    double slices, far_slices; /* bytes waited for in all steps, over NVLink and adapters */
};

/* A pass over `ranks`, `inside` of them in each domain (1 <= inside <= ranks); in_network: the switches
 * reduce, so that there is one step between domains and no detour. */
struct fc_pass fc_collective_pass(double message_bytes, double ranks, double inside, bool in_network);

/* Rates and latencies of a network (kind network of the catalog). */
struct fc_links {
    double nvlink_bytes_per_s, nic_bytes_per_s, step_s, far_step_s;
};
int fc_links_read(struct fc_links *links, const struct fc_catalog_entry *network, struct fc_error *error);

double fc_collective_seconds(const struct fc_pass *pass, const struct fc_links *links);

/* A measured all-reduce and what the formula says; bus bandwidth as nccl-tests defines it, bytes/s. */
struct fc_collective_row {
    const char *network;
    double ranks, inside, message_bytes, measured, predicted;
    bool in_network;
};
enum { FC_COLLECTIVE_ROWS = 64 };

/* The measured tables of all networks; *count receives how many rows there are. */
int fc_collectives_measured(const struct fc_catalog *catalog,
                            struct fc_collective_row rows[FC_COLLECTIVE_ROWS], int *count,
                            struct fc_error *error);

/* As lines for people, as a Markdown table, as a JSON list. */
void fc_collectives_print(const struct fc_collective_row *rows, int count, bool markdown, FILE *out);
void fc_collectives_json(const struct fc_collective_row *rows, int count, struct fc_writer *writer);

#endif
