/* chapters.h: the order in which the figures of a run and of a contract are printed: by question.
 *
 * The table of metrics (cuda/model/metrics.def) gives every metric a chapter in the report of a run, of a contract
 * or of both; what both have (cost, energy, goals) goes into the contract's chapters where a contract is
 * simulated. Within a chapter the order is that of the table. */
#ifndef FC_HOST_CHAPTERS_H
#define FC_HOST_CHAPTERS_H

#include "host/result/metrics.h"

/* The question that a chapter answers, by enum fc_chapter_id. */
extern const char *const fc_chapter_titles[FC_CHAPTER_COUNT];

/* The chapter of a metric in a result with or without a contract; FC_CHAPTER_NONE where it is printed last. */
enum fc_chapter_id fc_chapter_of(const struct fc_metric_info *info, bool contract);

/* Whether what is 0 in every trial is only named at the chapter's end. */
bool fc_chapter_folds(enum fc_chapter_id chapter);

#endif
