/* spans.h: how a communication group lies across NVLink domains. */
#ifndef FC_HOST_SPANS_H
#define FC_HOST_SPANS_H

/* The worst-placed of all groups of a job: its ranks wait for the slowest, and every group must finish. */
struct fc_span {
    double domains; /* that it touches, at least 1 */
    double inside;  /* ranks per domain, in the mean */
    double fewest;  /* ranks in the domain with the fewest of them: those send most of their data out */
};

/* Groups of `ranks` ranks, `stride` GPUs apart, laid one after another over `gpus` GPUs in domains of `domain`
 * GPUs: ranks 0, stride, 2 stride ... of each block of ranks x stride GPUs. */
struct fc_span fc_span_of(double ranks, double stride, double gpus, double domain);

/* Groups of `inner` x `outer` ranks: `outer` rows, `far` GPUs apart, of `inner` ranks, `near` GPUs apart; inner x near <= far.
 * Exact where rows lie one after another, or sizes and domain are powers of two. */
struct fc_span fc_span_of_rows(double inner, double near, double outer, double far, double gpus,
                               double domain);

#endif
