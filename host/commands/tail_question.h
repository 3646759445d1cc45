/* tail_question.h: `flopcast run CONTRACT --tail 'METRIC > VALUE'`: how probable is what hardly ever happens? */
#ifndef FC_HOST_TAIL_QUESTION_H
#define FC_HOST_TAIL_QUESTION_H

#include <stdbool.h>
#include <stdint.h>

#include "host/compile/scenario.h"

struct fc_tail_run {
    const char *text;  /* METRIC > VALUE */
    const char *isa;   /* NULL: the fastest */
    uint64_t worlds;   /* 0: FC_TAIL_WORLDS */
    int threads;       /* 0: one per processor */
    bool json, quiet;
};
enum { FC_TAIL_WORLDS = 3000000 };

/* Whether the text of --tail asks this, and not for the mean of the worst. */
bool fc_tail_asked(const char *text);

/* Answers it on standard output. Returns the exit status: 0, or 1 where the two estimates do not support each other; -1 with `error`
 * filled. */
int fc_tail_answer(struct fc_scenario *scenario, const struct fc_tail_run *run, struct fc_error *error);

#endif
