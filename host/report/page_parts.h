/* page_parts.h: what the files that make a page share. Each command's part prints its sections from the JSON. */
#ifndef FC_HOST_PAGE_PARTS_H
#define FC_HOST_PAGE_PARTS_H

#include "host/result/metrics.h"
#include "html.h"
#include "svg.h"

void fc_page_run(FILE *out, const struct fc_node *root);     /* page_run.c */
void fc_page_compare(FILE *out, const struct fc_node *root); /* page_compare.c */
void fc_page_compare_results(FILE *out, const struct fc_node *root);
void fc_page_sweep(FILE *out, const struct fc_node *root); /* page_sweep.c */
void fc_page_solve(FILE *out, const struct fc_node *root);
void fc_page_explain(FILE *out, const struct fc_node *root); /* page_explain.c */
void fc_page_search(FILE *out, const struct fc_node *root);  /* page_plan.c */
void fc_page_step(FILE *out, const struct fc_node *root);
void fc_page_stress(FILE *out, const struct fc_node *root); /* page_stress.c */
void fc_page_flows(FILE *out, const struct fc_node *root);  /* page_flows.c */
void fc_page_validate(FILE *out, const struct fc_node *root); /* page_validate.c */

/* Fan charts of the flows in `root`, a map with the members `by`, `period` and `flows` as flows prints them.
 * `brief`: those of single periods are left out on paper. */
void fc_page_flow_fans(FILE *out, const struct fc_node *root, bool brief);

/* The same of a run's course (host/analysis/course.h). */
void fc_page_course(FILE *out, const struct fc_node *root);

/* The table's row of a metric by the name in a result, with or without a size ("run_days@5e26"), or NULL. */
const struct fc_metric_info *fc_page_metric(const char *name);

/* What a metric is, for people: the `what` of its row, with the size of a run ("... (run of 5e26 FLOP)"). */
void fc_page_describe(const char *name, char *text, size_t size);

/* "name [unit]" as a cell, with what it is in small print below. */
void fc_page_metric_cell(FILE *out, const char *name, const char *unit);

/* A scale for the values under these keys of a map, by the largest of them. */
struct fc_scale fc_page_scale(const struct fc_node *map, const char *unit, const char *const *keys);

/* The worlds of a set against all, as `shifts` of explain and stress list them: bars of the inputs, and a table whose
 * first column is called `head`. */
void fc_page_plot_shifts(FILE *out, const struct fc_node *list, const char *caption);
void fc_page_shifts(FILE *out, const struct fc_node *list, const char *head);

/* Seconds of a step by part, as bars: a map part -> seconds and the sum they are a share of. */
void fc_page_parts(FILE *out, const char *caption, const struct fc_node *parts, double whole);

#endif
