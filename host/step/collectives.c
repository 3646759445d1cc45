/* collectives.c: see collectives.h. */
#include "collectives.h"

#include <math.h>
#include <string.h>

static double slice(double share)
{
    return share * FC_COLLECTIVE_BUFFER / (share + FC_COLLECTIVE_BUFFER);
}

struct fc_pass fc_collective_pass(double message_bytes, double ranks, double inside, bool in_network)
{
    double domains = ranks / inside, adapters = fmin(inside, FC_COLLECTIVE_ADAPTERS);
    struct fc_pass pass = {.bytes = message_bytes * (ranks - 1) / ranks,
                           .steps = inside - 1,
                           .slices = (inside - 1) * slice(message_bytes / inside)};
    if (domains > 1 + 1e-9) {
        /* of an all-reduce in the switches, half a step for each of the two passes */
        pass.far_steps = in_network ? 0.5 : domains - 1;
        pass.far_slices = pass.far_steps * slice(message_bytes / (adapters * domains));
        pass.out_bytes =
            message_bytes / adapters * (in_network ? (ranks - 1) / ranks : (domains - 1) / domains);
    }
    return pass;
}

int fc_links_read(struct fc_links *links, const struct fc_catalog_entry *network, struct fc_error *error)
{
    return fc_catalog_number(network, "nvlink_saturated_bytes_per_s", &links->nvlink_bytes_per_s, NULL,
                             error) ||
                   fc_catalog_number(network, "nic_bytes_per_s", &links->nic_bytes_per_s, NULL, error) ||
                   fc_catalog_number(network, "nvlink_latency_s", &links->step_s, NULL, error) ||
                   fc_catalog_number(network, "nic_latency_s", &links->far_step_s, NULL, error)
               ? -1
               : 0;
}

double fc_collective_seconds(const struct fc_pass *p, const struct fc_links *links)
{
    return fmax(p->bytes / links->nvlink_bytes_per_s, p->out_bytes / links->nic_bytes_per_s) +
           p->steps * links->step_s + p->far_steps * links->far_step_s +
           p->slices / links->nvlink_bytes_per_s + p->far_slices / links->nic_bytes_per_s;
}

/* --- the measured table */

static int add_rows(const struct fc_catalog_entry *network, const char *table, double domain,
                    struct fc_collective_row *rows, int *count, struct fc_error *error)
{
    struct fc_links links;
    double points[FC_COLLECTIVE_ROWS][3], in_network;
    size_t found;
    if (fc_catalog_points(network, table, 3, points[0], FC_COLLECTIVE_ROWS, &found, error) ||
        fc_catalog_number_or(network, "in_network", 0, &in_network, error))
        return -1;
    if (found && fc_links_read(&links, network, error))
        return -1;
    for (size_t i = 0; i < found && *count < FC_COLLECTIVE_ROWS; i++) {
        struct fc_collective_row *row = &rows[(*count)++];
        *row = (struct fc_collective_row){.network = network->name,
                                          .ranks = points[i][0],
                                          .inside = fmin(points[i][0], domain),
                                          .message_bytes = points[i][1],
                                          .measured = points[i][2],
                                          .in_network = in_network != 0};
        struct fc_pass pass =
            fc_collective_pass(row->message_bytes, row->ranks, row->inside, row->in_network);
        row->predicted =
            row->message_bytes * (row->ranks - 1) / row->ranks / fc_collective_seconds(&pass, &links);
    }
    return 0;
}

int fc_collectives_measured(const struct fc_catalog *catalog,
                            struct fc_collective_row rows[FC_COLLECTIVE_ROWS], int *count,
                            struct fc_error *error)
{
    *count = 0;
    for (size_t i = 0; i < fc_catalog_count(catalog); i++) {
        const struct fc_catalog_entry *entry = fc_catalog_at(catalog, i);
        double domain;
        if (strcmp(entry->kind, "network") != 0)
            continue;
        if (fc_catalog_number_or(entry, "domain_gpus", 8, &domain, error) ||
            add_rows(entry, "all_reduce_busbw", domain, rows, count, error) ||
            add_rows(entry, "all_reduce_scale_out_busbw", domain, rows, count, error))
            return -1;
    }
    return 0;
}

void fc_collectives_print(const struct fc_collective_row *rows, int count, bool markdown, FILE *out)
{
    double sum = 0;
    fputs(markdown ? "| network | ranks | message MB | measured GB/s | predicted GB/s | error % |\n"
                     "|---|---:|---:|---:|---:|---:|\n"
                   : "network               ranks  message MB  measured GB/s  predicted GB/s  error %\n",
          out);
    for (int i = 0; i < count; i++) {
        const struct fc_collective_row *r = &rows[i];
        double error = r->predicted / r->measured - 1;
        sum += fabs(error);
        fprintf(out,
                markdown ? "| %s | %.0f | %.0f | %.0f | %.1f | %+.1f |\n"
                         : "%-20s %6.0f %11.0f %14.0f %15.1f %+8.1f\n",
                r->network, r->ranks, r->message_bytes / 1e6, r->measured / 1e9, r->predicted / 1e9,
                100 * error);
    }
    fprintf(out, "\nmean |error| of %d rows: %.1f %%\n", count, count ? 100 * sum / count : 0);
}

void fc_collectives_json(const struct fc_collective_row *rows, int count, struct fc_writer *w)
{
    fc_write_list(w, "collectives");
    for (int i = 0; i < count; i++) {
        fc_write_map(w, NULL);
        fc_write_text(w, "network", rows[i].network);
        fc_write_number(w, "ranks", rows[i].ranks);
        fc_write_number(w, "message_bytes", rows[i].message_bytes);
        fc_write_number(w, "measured_bytes_per_s", rows[i].measured);
        fc_write_number(w, "predicted_bytes_per_s", rows[i].predicted);
        fc_write_end(w);
    }
    fc_write_end(w);
}
