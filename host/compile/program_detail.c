/* program_detail.c: see program_detail.h. */
#include "program_detail.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cuda/model/run/timeline_state.h"
#include "host/language/in_use.h"
#include "host/language/special.h"

#define ALWAYS 1e9

/* Which failures need something replaced, relative to reliability.swap_probability; and which can be blamed
 * on the wrong node. Estimates: the parts that are soldered in are swapped, the network is mended in place,
 * software restarts. The factors are scaled so that their mean over the shares is 1. */
static const struct class_rule {
    double swap; /* ALWAYS: whatever the probability */
    bool blame, replica, memory_lost;
    enum fc_blast blast;
} class_rules[FC_CLASS_COUNT] = {
    [FC_CLASS_GPU] = {1.25, true, true, false, FC_BLAST_TRAY},
    [FC_CLASS_HOST] = {1.5, true, true, false, FC_BLAST_TRAY},
    [FC_CLASS_NVLINK] = {1.25, true, true, false, FC_BLAST_TRAY},
    [FC_CLASS_NETWORK] = {0.25, true, true, false, FC_BLAST_TRAY},
    [FC_CLASS_SOFTWARE] = {0, false, true, false, FC_BLAST_TRAY},
    [FC_CLASS_HANG] = {0.5, true, true, false, FC_BLAST_TRAY},
    [FC_CLASS_SILENT] = {2, false, false, false, FC_BLAST_TRAY},
    [FC_CLASS_RACK] = {ALWAYS, false, true, true, FC_BLAST_RACK},
    [FC_CLASS_JOB] = {0, false, false, true, FC_BLAST_TRAY},
    [FC_CLASS_SLOW_NODE] = {0, false, false, false, FC_BLAST_TRAY},
    [FC_CLASS_SLOW_NETWORK] = {0, false, false, false, FC_BLAST_TRAY},
    [FC_CLASS_SITE] = {0, false, false, true, FC_BLAST_TRAY},
    [FC_CLASS_POD] = {ALWAYS, false, false, true, FC_BLAST_POD},
    [FC_CLASS_IDLE] = {ALWAYS, false, false, false, FC_BLAST_TRAY},
};

/* A distribution that may be a table or a constant. */
static int make_draw_of(struct fc_compiled *compiled, const struct fc_settings *settings, enum fc_field_id id,
                        struct fc_draw *draw, struct fc_error *error)
{
    const struct fc_setting *setting = &settings->fields[id];
    if (fc_program_make_draw(compiled, setting->distribution, draw, error))
        return -1;
    if (draw->kind == FC_DRAW_DISCRETE)
        return fc_fail_at(error, &setting->place,
                          "%s is a list of values (this distribution must be continuous in a run with a "
                          "profile); give a range "
                          "or a distribution",
                          fc_fields[id].path);
    return 0;
}

/* A constant becomes a table of one value. */
static int as_table(struct fc_compiled *compiled, struct fc_draw *distribution, struct fc_error *error)
{
    if (distribution->kind == FC_DRAW_TABLE)
        return 0;
    float *table = fc_program_add_table(compiled, FC_TABLE_SIZE, &distribution->table, error);
    if (!table)
        return -1;
    for (int i = 0; i < FC_TABLE_SIZE; i++)
        table[i] = distribution->value;
    distribution->kind = FC_DRAW_TABLE;
    return 0;
}

/* Quantile table of the Weibull distribution of mean 1, or of its residual distribution in a steady state: P(1/k, (t/a)^k). */
static int weibull_table(struct fc_compiled *compiled, double shape, bool residual, struct fc_draw *draw,
                         struct fc_error *error)
{
    float *table = fc_program_add_table(compiled, FC_TABLE_SIZE, &draw->table, error);
    if (!table)
        return -1;
    double scale = 1 / tgamma(1 + 1 / shape);
    for (int i = 0; i < FC_TABLE_SIDE; i++) {
        double t =
            ldexp(1 + (i % FC_TABLE_PER_OCTAVE) / (double)FC_TABLE_PER_OCTAVE, i / FC_TABLE_PER_OCTAVE - 33);
        for (int upper = 0; upper < 2; upper++) {
            struct fc_tails tails = {upper ? 1 - t : t, upper ? t : 1 - t};
            double h = residual ? fc_gamma_quantile(1 / shape, tails) : upper ? -log(t) : -log1p(-t);
            table[upper * FC_TABLE_SIDE + i] = (float)(scale * pow(h, 1 / shape));
        }
    }
    draw->kind = FC_DRAW_TABLE;
    return 0;
}

/* Keys that only a run in detail reads. */
static int refuse_unused(const struct fc_settings *settings, struct fc_error *error)
{
    for (int id = 0; id < FC_FIELD_COUNT; id++)
        if (fc_field_of_detail(&fc_fields[id]) && settings->fields[id].is_set &&
            !settings->fields[id].from_default)
            return fc_fail_at(
                error, &settings->fields[id].place,
                "%s is stated, but reliability.profile is 'plain' (one rate of interruptions); state "
                "reliability.profile: gb200-era or h100-era",
                fc_fields[id].path);
    return 0;
}

static bool constant_zero(const struct fc_setting *setting)
{
    return fc_distribution_is_constant(setting->distribution) &&
           !(fc_distribution_quantile(setting->distribution, 0.5, 0.5) > 0);
}

/* Which trays of a rack hang together, where spare trays stand in the racks. */
static int compile_segments(struct fc_run_detail *d, const struct fc_settings *settings,
                            struct fc_error *error)
{
    const struct fc_setting *segment = &settings->fields[FC_FIELD_SEGMENT];
    int used = (int)((double)d->trays / d->racks + 0.5), asked = (int)segment->integer;
    d->segment_trays = used > 0 ? used : 1;
    d->segments = 1;
    if (asked == 0)
        return 0;
    if (d->spare_policy != FC_SPARES_IN_RACK)
        return fc_fail_at(
            error, &segment->place,
            "cluster.segment is stated, but spares do not stand in the racks (a segment is part of "
            "a rack); state cluster.spare_policy: in-rack, or drop it");
    if (used % asked)
        return fc_fail_at(
            error, &segment->place,
            "cluster.segment is %d trays, which do not divide the %d trays of a rack that the job uses (%g "
            "in %d racks); choose a divisor of %d",
            asked, used, (double)d->trays, (int)d->racks, used);
    d->segment_trays = asked;
    d->segments = used / asked;
    return 0;
}

/* Distribution of the number of lemons in the job: binomial, without what lies beyond 1e-12 on either side. */
static int compile_lemons(struct fc_compiled *compiled, const struct fc_settings *settings,
                          struct fc_error *error)
{
    const struct fc_setting *f = settings->fields;
    struct fc_run_detail *d = &compiled->program.run.detail;
    double p = f[FC_FIELD_LEMON_SHARE].number, n = (double)d->trays, sum = 0;
    d->lemon_share = (float)p;
    d->lemons = p > 0;
    if (!d->lemons)
        return 0;
    if (d->ages != FC_AGES_NONE)
        return fc_fail_at(
            error, &f[FC_FIELD_LEMON_SHARE].place,
            "reliability.lemon_share and reliability.ages are both stated (lemons fail at a constant "
            "rate); drop one");
    double most = fc_distribution_quantile(f[FC_FIELD_LEMON_FAILURES].distribution, 1e-9, 1 - 1e-9);
    if (most < p)
        return fc_fail_at(
            error, &f[FC_FIELD_LEMON_FAILURES].place,
            "reliability.lemon_failures may be %g, less than reliability.lemon_share %g (lemons would "
            "fail less than other trays); state a larger share of the failures",
            most, p);
    int first = -1, count = 0, trays = (int)n;
    double mode = floor((n + 1) * p), top = lgamma(n + 1) - lgamma(mode + 1) - lgamma(n - mode + 1);
    enum { MOST = 20000 };
    double *weight = malloc(MOST * sizeof *weight);
    if (!weight)
        return fc_fail(error, FC_FAULT, "out of memory while compiling the scenario");
    for (int k = 0; k <= trays; k++) {
        double log_ratio =
            lgamma(n + 1) - lgamma(k + 1.0) - lgamma(n - k + 1.0) - top + (k - mode) * (log(p) - log1p(-p));
        if (log_ratio < -30 || count == MOST)
            continue;
        first = first < 0 ? k : first;
        weight[count] = exp(log_ratio);
        sum += weight[count++];
    }
    float *table = fc_program_add_table(compiled, 2 * (size_t)count, &d->lemon_count.table, error);
    double below = 0;
    for (int i = 0; table && i < count; i++) {
        below += weight[i] / sum;
        table[i] = (float)(first + i);
        table[count + i] = i == count - 1 ? 1 : (float)below;
    }
    free(weight);
    d->lemon_count.kind = FC_DRAW_DISCRETE;
    d->lemon_count.count = count;
    return table ? 0 : -1;
}

static double median(const struct fc_setting *setting)
{
    return setting->distribution ? fc_distribution_quantile(setting->distribution, 0.5, 0.5) : 0;
}

static int compile_classes(struct fc_compiled *compiled, const struct fc_settings *settings,
                           struct fc_error *error)
{
    struct fc_run *run = &compiled->program.run;
    struct fc_classes *classes = &run->detail.classes;
    double sum = 0, swaps = 0;
    for (int c = 0; c < FC_CLASS_SHARED; c++) {
        double share = median(&settings->fields[fc_field_of_input(FC_IN_CLASS_SHARE + c)]);
        sum += share;
        swaps += share * class_rules[c].swap;
    }
    if (!(sum > 0))
        return fc_fail_at(error, &settings->fields[FC_FIELD_SHARE_GPU].place,
                          "the shares of the classes are all 0 (reliability.share_*); state one above 0");
    struct fc_draw hang = {0}, lag = {0}, slow_node = {0}, slow_network = {0}, outage = {0},
                   other = run->detection;
    if (make_draw_of(compiled, settings, FC_FIELD_HANG_DETECTION, &hang, error) ||
        make_draw_of(compiled, settings, FC_FIELD_SILENT_LAG, &lag, error) ||
        make_draw_of(compiled, settings, FC_FIELD_SLOW_NODE_LENGTH, &slow_node, error) ||
        make_draw_of(compiled, settings, FC_FIELD_SLOW_NETWORK_LENGTH, &slow_network, error) ||
        make_draw_of(compiled, settings, FC_FIELD_SITE_OUTAGE, &outage, error))
        return -1;
    for (int c = 0; c < FC_CLASS_COUNT; c++) {
        const struct class_rule *rule = &class_rules[c];
        struct fc_draw *distribution = c == FC_CLASS_HANG           ? &hang
                                       : c == FC_CLASS_SILENT       ? &lag
                                       : c == FC_CLASS_SLOW_NODE    ? &slow_node
                                       : c == FC_CLASS_SLOW_NETWORK ? &slow_network
                                       : c == FC_CLASS_SITE         ? &outage
                                                                    : &other;
        if (as_table(compiled, distribution, error))
            return -1;
        classes->time_table[c] = distribution->table;
        classes->swap[c] = rule->swap >= ALWAYS ? (float)ALWAYS
                           : swaps > 0          ? (float)(rule->swap * sum / swaps)
                                                : 0;
        classes->blamed |= (fc_u32)rule->blame << c;
        classes->replica |= (fc_u32)rule->replica << c;
        classes->scaled |= (fc_u32)(distribution == &hang || distribution == &other) << c;
        classes->memory_lost[c] = rule->memory_lost;
        classes->blast[c] = (fc_i32)rule->blast;
    }
    return 0;
}

int fc_program_compile_detail(struct fc_compiled *compiled, const struct fc_settings *settings,
                              struct fc_error *error)
{
    const struct fc_setting *f = settings->fields;
    struct fc_run *run = &compiled->program.run;
    struct fc_run_detail *d = &run->detail;
    d->durable_every = 1;
    if (!f[FC_FIELD_PROFILE].is_set || f[FC_FIELD_PROFILE].choice == 0)
        return refuse_unused(settings, error) || fc_cluster_check_run(&compiled->cluster, settings, error)
                   ? -1
                   : 0;
    if (fc_cluster_check_run(&compiled->cluster, settings, error))
        return -1;
    for (int id = 0; id < FC_FIELD_COUNT; id++) {
        const enum fc_field_id one[] = {(enum fc_field_id)id};
        if (fc_field_of_detail(&fc_fields[id]) && id != FC_FIELD_RACKS &&
            fc_program_require(settings, one, 1, "run", error))
            return -1;
    }
    if (run->detection.kind == FC_DRAW_DISCRETE || run->repair.kind == FC_DRAW_DISCRETE)
        return fc_fail_at(
            error, &f[FC_FIELD_DETECTION].place,
            "reliability.detection or repair is a list of values (they must be continuous in a run with a "
            "profile); give a range or a distribution");
    const struct fc_cluster *cluster = &compiled->cluster;
    double gpus = cluster->gpus;
    run->detailed = 1;
    d->racks = cluster->racks;
    d->trays = (float)cluster->trays;
    d->rack_trays = d->trays / (float)d->racks;
    d->log_scale = (float)(gpus > 32000 ? log(gpus / 32000) : 0);
    d->spare_policy = f[FC_FIELD_SPARE_POLICY].choice;
    d->spares_per_rack = cluster->spares_per_rack;
    d->spare_racks = cluster->spare_racks;
    d->pod_racks = (fc_i32)f[FC_FIELD_POD_RACKS].integer;
    d->crews = (fc_i32)f[FC_FIELD_CREWS].integer;
    d->shortage = f[FC_FIELD_SHORTAGE].choice;
    d->elastic = f[FC_FIELD_ELASTIC].choice;
    d->asynchronous = f[FC_FIELD_CHECKPOINT_KIND].choice;
    d->durable_every = (fc_i32)f[FC_FIELD_DURABLE_EVERY].integer;
    d->ages = f[FC_FIELD_AGES].choice ? FC_AGES_UNITS : FC_AGES_NONE;
    d->age_units = (fc_i32)d->trays;
    d->idle = !constant_zero(&f[FC_FIELD_IDLE_FAILURES]);
    if (compile_segments(d, settings, error) || compile_lemons(compiled, settings, error))
        return -1;
    run->automatic =
        run->automatic ? FC_INTERVAL_EXACT + f[FC_FIELD_CHECKPOINT_RULE].choice : FC_INTERVAL_STATED;
    double shape = f[FC_FIELD_WEIBULL_SHAPE].number;
    if (compile_classes(compiled, settings, error) ||
        make_draw_of(compiled, settings, FC_FIELD_REPAIR_AUTOMATIC, &d->repair_automatic, error) ||
        make_draw_of(compiled, settings, FC_FIELD_RACK_REPAIR, &d->rack_repair, error))
        return -1;
    if (d->ages && (weibull_table(compiled, shape, f[FC_FIELD_AGES].choice == 2, &d->first_failure, error) ||
                    weibull_table(compiled, shape, false, &d->next_failure, error)))
        return -1;
    struct fc_draw by_hand = run->repair;
    if (as_table(compiled, &by_hand, error) || as_table(compiled, &d->repair_automatic, error) ||
        as_table(compiled, &d->rack_repair, error))
        return -1;
    d->repair_table = by_hand.table;
    return 0;
}
