/* tail_contract.c: see tail_contract.h. */
#include "tail_contract.h"

#include <math.h>
#include <stdlib.h>

#include "host/backends/given.h"

_Static_assert((int)FC_TAIL_BLOCK == (int)FC_GIVEN_BLOCK, "worlds come in blocks of the same length");

struct worlds {
    const struct fc_compiled *compiled;
    const struct fc_tail_question *question;
    const struct fc_given_kernel *kernel;
    struct fc_given_rows rows;
    void *scratch[FC_TAIL_SCRATCH_MOST]; /* by thread */
};

static void score(void *of, int thread, const uint32_t *words, int64_t stride, int64_t count, double *out)
{
    struct worlds *w = of;
    float value[FC_TAIL_BLOCK];
    for (int64_t base = 0; base < count; base += FC_TAIL_BLOCK) {
        int64_t rest = count - base < FC_TAIL_BLOCK ? count - base : FC_TAIL_BLOCK;
        w->kernel->run(&w->compiled->program, w->compiled->tables, &w->rows, words + base, stride, rest,
                       w->question->metric, w->scratch[thread], value);
        for (int64_t i = 0; i < rest; i++)
            out[base + i] = w->question->above ? (double)value[i] : -(double)value[i];
    }
}

static int check(const struct fc_compiled *compiled, struct fc_error *error)
{
    const struct fc_program *p = &compiled->program;
    if (p->layers != FC_LAYER_CONTRACT)
        return fc_fail(error, FC_BAD_INPUT,
                       "--tail with a value asks for a scenario that follows the contract alone (layers: contract); this one "
                       "follows single runs too, whose failures are drawn as they come. Put their MFU and goodput into "
                       "contract.mfu and contract.goodput, as openai-aws-38b-contract does for openai-aws-38b");
    if (p->shifts)
        return fc_fail(error, FC_BAD_INPUT, "--tail with a value takes plain worlds; leave --sampling qmc out");
    return 0;
}

int fc_tail_contract(struct fc_tail *tail, const struct fc_compiled *compiled, const struct fc_tail_question *question,
                     const struct fc_tail_options *options, const char *kernel, struct fc_error *error)
{
    struct worlds *w = calloc(1, sizeof *w);
    struct fc_tail_options o = *options;
    int status = -1;
    if (!w)
        return fc_fail(error, FC_FAULT, "no memory for worlds in the tail");
    if (check(compiled, error)) {
        free(w);
        return -1;
    }
    w->compiled = compiled;
    w->question = question;
    w->kernel = kernel ? fc_given_find(kernel) : fc_given_best();
    o.threads = o.threads < 1 ? 1 : o.threads > FC_TAIL_SCRATCH_MOST ? FC_TAIL_SCRATCH_MOST : o.threads;
    if (!w->kernel) {
        fc_fail(error, FC_BAD_INPUT, "--isa %s: this processor does not run it", kernel);
        goto out;
    }
    for (int t = 0; t < o.threads; t++)
        if (!(w->scratch[t] = aligned_alloc(64, (w->kernel->scratch_bytes + 63) / 64 * 64))) {
            fc_fail(error, FC_FAULT, "no memory for worlds in the tail");
            goto out;
        }
    w->kernel->record(&compiled->program, compiled->tables, &w->rows, w->scratch[0]);
    if (w->rows.lost) {
        fc_fail(error, FC_FAULT, "%d draws of a contract's world have no place among its words", w->rows.lost);
        goto out;
    }
    double limit = question->above ? question->value : -question->value;
    struct fc_tail_model model = {w->rows.words, w, score, question->equal ? nextafter(limit, -INFINITY) : limit};
    status = fc_tail(tail, &model, &o, error);
out:
    for (int t = 0; t < o.threads; t++)
        free(w->scratch[t]);
    free(w);
    return status;
}
