/* plain_loop.c: see plain_loop.h. */
#include "plain_loop.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/peers.h"
#include "bench/race.h"
#include "host/backends/kernels.h"
#include "host/compile/scenario.h"
#include "host/result/statistics.h"

/* Ours come in batches as large as those of a run: what a batch costs is no part of a trial. */
enum { SPARES_MAX = 64, CHECKED = 4096, BATCH = 65536, LOOP_BATCH = 512 };

/* The question, minutes: work in whole pieces of `interval`, each followed by `stall`; failures with mean gap `gap` while
 * the job runs or restarts; `detection` without failures, then `restart`; with probability `swap` a node goes to repair
 * (lognormal, cut at `longest`), for which a spare steps in where one is ready. */
struct question {
    double interval, stall, gap, detection, restart, swap, median, sigma, longest;
    int pieces, spares;
};

/* xoshiro256+ (Blackman and Vigna 2021). */
struct stream {
    uint64_t s[4];
};

static inline uint64_t rotated(uint64_t x, int k)
{
    return x << k | x >> (64 - k);
}

/* Uniform in (0, 1). */
static inline double uniform(struct stream *r)
{
    uint64_t *s = r->s, sum = s[0] + s[3], shifted = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotated(s[3], 45);
    return ((double)(sum >> 12) + 0.5) * 0x1p-52;
}

/* Standard normal, Marsaglia's polar method. */
static double normal(struct stream *r)
{
    double x, y, square;
    do {
        x = 2 * uniform(r) - 1;
        y = 2 * uniform(r) - 1;
        square = x * x + y * y;
    } while (square >= 1 || square == 0);
    return x * sqrt(-2 * log(square) / square);
}

/* How long the job waits for a node, its pool being `ready`. */
static double wait_for_node(const struct question *q, struct stream *r, double now, double *ready, int *at)
{
    double repair, earliest = INFINITY;
    int which = -1;
    do
        repair = q->median * exp(q->sigma * normal(r));
    while (repair > q->longest);
    double own = now + repair;
    for (int k = 0; k < q->spares && earliest > now; k++) {
        *at = *at + 1 < q->spares ? *at + 1 : 0;
        if (ready[*at] < earliest) {
            earliest = ready[*at];
            which = *at;
        }
    }
    if (own <= earliest)
        return repair;
    ready[which] = own;
    return earliest > now ? earliest - now : 0;
}

/* Wall time of one run. */
static double one_run(const struct question *q, struct stream *r, double *failures)
{
    double period = q->interval + q->stall, per_period = 1 / period, wall = 0, restart = 0, ready[SPARES_MAX];
    int left = q->pieces, at = 0;
    for (int k = 0; k < q->spares; k++)
        ready[k] = 0;
    for (;;) {
        double gap = -q->gap * log(uniform(r)), needed = restart + left * period;
        if (gap >= needed)
            return wall + needed;
        if (gap > restart)
            left -= (int)((gap - restart) * per_period);
        *failures += 1;
        wall += gap + q->detection;
        restart = q->restart;
        if (uniform(r) < q->swap)
            wall += wait_for_node(q, r, wall, ready, &at);
    }
}

struct moments {
    double count, sum[5]; /* powers of the distance from `centre` */
    double centre;
};

static double loop(const struct question *q, struct stream *r, int count, struct moments *m)
{
    double failures = 0;
    for (int i = 0; i < count; i++) {
        double x = one_run(q, r, &failures) / 1440 - m->centre, power = 1;
        for (int k = 0; k < 5; k++, power *= x)
            m->sum[k] += power;
    }
    m->count += count;
    return failures / count;
}

static double cpu_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

struct ours {
    struct fc_scenario scenario;
    struct fc_session *session;
    struct fc_tally tally;
    struct fc_job job;
    uint64_t done;
};

static int open_ours(struct ours *o, const char *name, const char *timeline, struct fc_error *error)
{
    struct fc_scenario_options options = {0};
    const struct fc_host host = {.threads = 1};
    int status = fc_scenario_add_override(&options, timeline, error) ||
                 fc_scenario_open(&o->scenario, name, &options, error);
    fc_scenario_options_free(&options);
    if (status)
        return -1;
    const struct fc_program *program = &o->scenario.compiled.program;
    o->job = (struct fc_job){program, o->scenario.compiled.tables, o->scenario.compiled.table_floats, 1};
    return fc_tally_create(&o->tally, program->metrics, program->metric_count, error) ||
                   fc_backend_cpu.open(&o->session, 0, &o->job, &host, error)
               ? -1
               : 0;
}

static void close_ours(struct ours *o)
{
    if (o->session)
        fc_backend_cpu.close(o->session);
    fc_tally_free(&o->tally);
    fc_scenario_close(&o->scenario);
}

static int run_ours(struct ours *o, uint64_t count, struct fc_error *error)
{
    if (fc_backend_cpu.run(o->session, o->done, count, &o->tally, NULL, error))
        return -1;
    o->done += count;
    return 0;
}

/* Both answers against the closed form, and their variances against one another: that of a variance is
 * (fourth moment - variance^2) / n. */
static void check(struct fc_loop_row *row, const struct moments *m, const struct fc_tally *tally,
                  const struct fc_tally *by_sums)
{
    struct fc_estimate sums = fc_statistics_mean(fc_tally_find(by_sums, FC_M_WALL_CLOCK_DAYS));
    const struct fc_tally_metric *wall = fc_tally_find(tally, FC_M_WALL_CLOCK_DAYS);
    struct fc_estimate days = fc_statistics_mean(wall), sd = fc_statistics_sd(wall);
    double n = m->count, mean = m->sum[1] / n, square = m->sum[2] / n, variance = square - mean * mean;
    double fourth =
        m->sum[4] / n - 4 * mean * m->sum[3] / n + 6 * mean * mean * square - 3 * mean * mean * mean * mean;
    row->loop_days = m->centre + mean;
    row->loop_z = (row->loop_days - row->expected) / sqrt(variance / n);
    row->days = days.value;
    row->z = (days.value - row->expected) / days.error;
    row->sums_days = sums.value;
    row->sums_z = (sums.value - row->expected) / sums.error;
    row->variance_ratio = sd.value * sd.value / variance;
    row->variance_z = (row->variance_ratio - 1) / sqrt(2 * (fourth / (variance * variance) - 1) / n);
    row->wrong =
        !(fabs(row->loop_z) < 4 && fabs(row->z) < 4 && fabs(row->sums_z) < 4 && fabs(row->variance_z) < 4);
}

static int by_value(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static int race(struct fc_loop_row *row, const struct question *q, struct ours ours[2], double seconds,
                struct fc_error *error)
{
    struct stream r = {{0x9e3779b97f4a7c15u, 0xbf58476d1ce4e5b9u, 0x94d049bb133111ebu, 0x2545f4914f6cdd1du}};
    struct moments m = {.centre = row->expected}, later = m;
    double per_s[3][FC_BENCH_ROUNDS] = {{0}}, begin_s, took_s;
    row->failures = loop(q, &r, CHECKED, &m);
    if (run_ours(&ours[0], CHECKED, error) || run_ours(&ours[1], CHECKED, error))
        return -1;
    check(row, &m, &ours[0].tally, &ours[1].tally);
    for (int i = 0; i < FC_BENCH_ROUNDS && !row->wrong; i++) {
        for (int k = 0; k < 2; k++) {
            uint64_t done = ours[k].done;
            for (begin_s = cpu_s(), took_s = 0; took_s < seconds / FC_BENCH_ROUNDS;
                 took_s = cpu_s() - begin_s)
                if (run_ours(&ours[k], BATCH, error))
                    return -1;
            per_s[k][i] = (double)(ours[k].done - done) / took_s;
        }
        later.count = 0;
        for (begin_s = cpu_s(), took_s = 0; took_s < seconds / FC_BENCH_ROUNDS; took_s = cpu_s() - begin_s)
            loop(q, &r, LOOP_BATCH, &later);
        per_s[2][i] = later.count / took_s;
    }
    for (int k = 0; k < 3; k++)
        qsort(per_s[k], FC_BENCH_ROUNDS, sizeof per_s[k][0], by_value);
    row->per_s = per_s[0][FC_BENCH_ROUNDS / 2];
    row->sums_per_s = per_s[1][FC_BENCH_ROUNDS / 2];
    row->loop_per_s = per_s[2][FC_BENCH_ROUNDS / 2];
    return 0;
}

int fc_bench_loops(struct fc_loop_row rows[FC_BENCH_LOOPS], double seconds, struct fc_error *error)
{
    /* the numbers of the two scenarios; their files say where they are from */
    static const struct {
        const char *scenario;
        struct question q;
    } known[FC_BENCH_LOOPS] = {
        {"anchor-daly", {.interval = 30000.0 / 526, .stall = 5, .gap = 360, .restart = 10, .pieces = 526}},
        {"anchor-llama3-like",
         {.interval = 10,
          .stall = 0.05,
          .gap = 50.7e3 * 60 / 16384,
          .detection = 1,
          .restart = 5,
          .swap = 0.37,
          .median = 24 * 60,
          .sigma = 1.3,
          .longest = 720 * 60,
          .pieces = 54 * 144,
          .spares = 63}},
    };
    for (int i = 0; i < FC_BENCH_LOOPS; i++) {
        const struct question *q = &known[i].q;
        struct ours ours[2];
        memset(ours, 0, sizeof ours);
        rows[i] = (struct fc_loop_row){.scenario = known[i].scenario, .kernel = fc_kernel_best()->name};
        rows[i].expected = fc_bench_closed_form_days(q->pieces * q->interval, q->interval, q->stall, q->gap,
                                                     q->detection, q->restart);
        int status = open_ours(&ours[0], known[i].scenario, "reliability.timeline=events", error) ||
                     open_ours(&ours[1], known[i].scenario, "reliability.timeline=sums", error) ||
                     race(&rows[i], q, ours, seconds, error);
        close_ours(&ours[0]);
        close_ours(&ours[1]);
        if (status)
            return -1;
    }
    return 0;
}
