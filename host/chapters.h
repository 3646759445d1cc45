/* chapters.h: the order in which a contract's figures are told: by question, not by number.
 *
 * Every metric of a contract belongs to one chapter; what belongs to none is told last. */
#ifndef FC_HOST_CHAPTERS_H
#define FC_HOST_CHAPTERS_H

#include <stddef.h>

enum { FC_CHAPTER_ROWS = 24 };

struct fc_chapter {
    const char *title;            /* the question */
    int picture;                  /* metric whose histogram is shown, or -1 */
    int metrics[FC_CHAPTER_ROWS]; /* enum fc_metric, the first of those with run sizes or bases; -1 ends */
};

extern const struct fc_chapter fc_chapters[];
extern const size_t fc_chapter_count;

/* The chapter of a metric (any size of it), or -1. */
int fc_chapter_of(int metric);

#endif
