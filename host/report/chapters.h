/* chapters.h: the order in which the figures of a run and of a contract are told: by question, not by number.
 *
 * Every metric of a result belongs to one chapter; what belongs to none is told last. What both a run and a
 * contract have (cost, energy, goals) is told where a contract is simulated in the contract's chapters. */
#ifndef FC_HOST_CHAPTERS_H
#define FC_HOST_CHAPTERS_H

#include <stddef.h>

enum { FC_CHAPTER_ROWS = 28, FC_CHAPTER_PICTURES = 2 };

struct fc_chapter {
    const char *title;                 /* the question */
    int of_contract;                   /* 1: of a contract, 0: of a step or a run */
    int pictures[FC_CHAPTER_PICTURES]; /* metrics whose histograms are shown; -1: none */
    int metrics[FC_CHAPTER_ROWS]; /* enum fc_metric, the first of those with run sizes or bases; -1 ends */
};

extern const struct fc_chapter fc_chapters[];
extern const size_t fc_chapter_count;

/* The chapter of a metric (any size of it) in a result with or without a contract, or -1. */
int fc_chapter_of(int metric, int contract);

/* 1: the metric's histogram is shown there. */
int fc_chapter_has_picture(int chapter, int metric);

#endif
