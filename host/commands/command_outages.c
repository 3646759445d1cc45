/* command_outages.c: `flopcast outages`: outages of several sites one by one, and what of them overlaps. */
#include <getopt.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "host/analysis/outages.h"
#include "host/base/command_line.h"
#include "host/base/document_write.h"
#include "host/base/fold.h"
#include "host/base/format.h"
#include "host/base/help.h"
#include "host/base/notes_write.h"
#include "host/base/options.h"
#include "host/base/table.h"
#include "host/compile/scenario.h"
#include "host/language/units.h"
#include "host/report/outputs.h"
#include "host/run/worlds.h"

static const char help[] =
    "usage: flopcast outages SCENARIO [OPTIONS]\n"
    "       flopcast outages --sites N --rate R --length L --term T [OPTIONS]\n"
    "       flopcast outages --incidents --rate R --length L --term T [OPTIONS]\n"
    "\n"
    "Outages one by one in continuous time: how often, for how long and with what chance at least 1, 2, 3 "
    "... sites are down at "
    "once. Of a contract: its providers, by their outage rates and lengths in each world. Or sites alike, or "
    "the incidents of "
    "one service, which may overlap. Where all inputs are numbers the exact figures stand below.\n"
    "\n"
    "      --sites N         sites alike, up and down in turn (1 to 64)\n"
    "      --incidents       one service instead, with incidents that may overlap\n"
    "      --rate R          outages of each while it is up, such as 6/year; incidents of the service\n"
    "      --length L        mean length of an outage, such as 4h\n"
    "      --term T          time to follow, such as 7y; it begins with all up\n"
    "      --common SHARE    share of the outages that takes all sites at once (beta factor; default: 0)\n"
    "      --lengths KIND    exponential (default), fixed, or uniform from 0 to twice the mean\n"
    "      --spare N         places to fail over to: which share of the outages finds none free\n"
    "      --levels N        rows: at least 1 to N down (default: all sites, at most 8; 5 of incidents)\n"
    "  -n, --trials N        number of worlds (default: 100000)\n"
    "  -s, --seed N          seed of the random numbers (default: the scenario's, else 1)\n"
    "      --set PATH=VALUE  change one value of the scenario, as often as needed\n"
    "  -o, --output FILE     write it too: .json or .csv; - is standard output\n"
    "      --csv             print CSV instead of a table\n"
    "      --json            print JSON instead of a table\n"
    "  -q, --quiet           no notes on stderr\n"
    "  -h, --help            this text\n";

enum {
    OPTION_SITES = 256,
    OPTION_INCIDENTS,
    OPTION_RATE,
    OPTION_LENGTH,
    OPTION_TERM,
    OPTION_COMMON,
    OPTION_LENGTHS,
    OPTION_SPARE,
    OPTION_LEVELS,
    OPTION_SET,
    OPTION_CSV,
    OPTION_JSON,
    WORLDS = 100000,
    WORLDS_MOST = 10000000,
    ROWS = 8,
    ROWS_OF_INCIDENTS = 5
};

static const double HOURS = FC_HOURS_PER_YEAR;

static const struct option long_options[] = {
    {"sites", required_argument, NULL, OPTION_SITES},
    {"incidents", no_argument, NULL, OPTION_INCIDENTS},
    {"rate", required_argument, NULL, OPTION_RATE},
    {"length", required_argument, NULL, OPTION_LENGTH},
    {"term", required_argument, NULL, OPTION_TERM},
    {"common", required_argument, NULL, OPTION_COMMON},
    {"lengths", required_argument, NULL, OPTION_LENGTHS},
    {"spare", required_argument, NULL, OPTION_SPARE},
    {"levels", required_argument, NULL, OPTION_LEVELS},
    {"trials", required_argument, NULL, 'n'},
    {"seed", required_argument, NULL, 's'},
    {"set", required_argument, NULL, OPTION_SET},
    {"output", required_argument, NULL, 'o'},
    {"csv", no_argument, NULL, OPTION_CSV},
    {"json", no_argument, NULL, OPTION_JSON},
    {"quiet", no_argument, NULL, 'q'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

struct options {
    struct fc_scenario_options scenario_options;
    struct fc_outputs outputs;
    const char *scenario, *stated; /* stated: an option that describes sites, or NULL */
    uint64_t sites, levels, spare;
    double rate, length, term, common; /* 1/year, h, years, share; NaN: not stated */
    enum fc_outages_lengths lengths;
    bool incidents, has_spare, csv, json, quiet;
};

static const struct number {
    int option;
    const char *name, *unit, *example;
    double lo, hi;
} numbers[] = {{OPTION_RATE, "--rate", "1/year", "6/year", 1e-6, 100000},
               {OPTION_LENGTH, "--length", "h", "4h", 1e-4, 100000},
               {OPTION_TERM, "--term", "year", "7y", 1e-3, 1000},
               {OPTION_COMMON, "--common", "1", "0.05", 0, 1}};

static int read_number(const struct number *n, double *value, struct fc_error *error)
{
    struct fc_source source = fc_source_of(n->name, optarg);
    size_t end = fc_source_skip(&source, 0);
    if (fc_source_is_number(&source, end) && !fc_source_number(&source, &end, value, error) &&
        !optarg[fc_source_skip(&source, end)] && strcmp(n->unit, "1") != 0)
        return fc_fail(error, FC_BAD_INPUT, "%s '%.40s' has no unit; such as %s", n->name, optarg,
                       n->example);
    if (fc_quantity_read(&source, n->unit, value, error))
        return -1;
    if (!(*value >= n->lo && *value <= n->hi))
        return fc_fail(error, FC_BAD_INPUT, "%s '%.40s' is outside %g to %g %s; such as %s", n->name, optarg,
                       n->lo, n->hi, strcmp(n->unit, "1") == 0 ? "" : n->unit, n->example);
    return 0;
}

static int read_lengths(struct options *o, struct fc_error *error)
{
    for (int k = 0; k < FC_LENGTHS; k++)
        if (strcmp(optarg, fc_outages_length_names[k]) == 0) {
            o->lengths = (enum fc_outages_lengths)k;
            return 0;
        }
    return fc_fail(error, FC_BAD_INPUT, "--lengths '%.40s' is none of exponential, fixed, uniform", optarg);
}

static int read_option(int option, char **argv, struct options *o, struct fc_error *error)
{
    double *const values[] = {&o->rate, &o->length, &o->term, &o->common};
    if (option >= OPTION_SITES && option <= OPTION_COMMON)
        o->stated = long_options[option - OPTION_SITES].name;
    for (size_t k = 0; k < sizeof numbers / sizeof numbers[0]; k++)
        if (numbers[k].option == option)
            return read_number(&numbers[k], values[k], error);
    switch (option) {
    case OPTION_SITES:
        return fc_option_count("--sites", optarg, 1, FC_OUTAGES_SITES, &o->sites, error);
    case OPTION_INCIDENTS:
        o->incidents = true;
        return 0;
    case OPTION_LENGTHS:
        return read_lengths(o, error);
    case OPTION_SPARE:
        o->has_spare = true;
        return fc_option_count("--spare", optarg, 0, FC_OUTAGES_SITES, &o->spare, error);
    case OPTION_LEVELS:
        return fc_option_count("--levels", optarg, 1, FC_OUTAGES_LEVELS, &o->levels, error);
    case 'n':
    case 's':
    case OPTION_SET:
        return fc_scenario_take_option(&o->scenario_options, option, OPTION_SET, optarg, WORLDS_MOST, error);
    case 'o':
        return fc_outputs_add(&o->outputs, "-o", optarg, FC_OUTPUT_JSON | FC_OUTPUT_CSV, error);
    case OPTION_CSV:
        o->csv = true;
        return 0;
    case OPTION_JSON:
        o->json = true;
        return 0;
    case 'q':
        o->quiet = true;
        return 0;
    default:
        return fc_option_error("outages", option, argv, long_options, error);
    }
}

/* A scenario, or sites or incidents with rate, length and term. */
static int check_options(const struct options *o, struct fc_error *error)
{
    if (o->csv && o->json)
        return fc_fail(error, FC_BAD_INPUT, "--csv and --json are both given; drop one");
    if (o->scenario && o->stated)
        return fc_fail(error, FC_BAD_INPUT,
                       "--%s is given beside a scenario, which states its own providers; drop one (--set "
                       "changes the scenario)",
                       o->stated);
    if (o->scenario)
        return 0;
    if (!o->stated)
        return fc_fail(error, FC_BAD_INPUT,
                       "outages needs a scenario, or --sites with --rate, --length and --term; see flopcast "
                       "outages --help");
    if (o->scenario_options.override_count)
        return fc_fail(error, FC_BAD_INPUT, "--set changes a scenario, and none is given");
    if (!o->sites == !o->incidents)
        return fc_fail(error, FC_BAD_INPUT,
                       o->sites
                           ? "--sites and --incidents are both given (sites that go down, or incidents of "
                             "one service); drop one"
                           : "--%s is given without --sites or --incidents; add one",
                       o->stated);
    const double values[] = {o->rate, o->length, o->term};
    for (int k = 0; k < 3; k++)
        if (isnan(values[k]))
            return fc_fail(error, FC_BAD_INPUT, "%s is missing; add it, such as %s %s", numbers[k].name,
                           numbers[k].name, numbers[k].example);
    if (o->incidents && o->common > 0)
        return fc_fail(error, FC_BAD_INPUT, "--common is of sites, and --incidents is given; drop one");
    return 0;
}

static int read_options(int argc, char **argv, struct options *o, struct fc_error *error)
{
    int option;
    optind = 1;
    opterr = 0;
    o->rate = o->length = o->term = NAN;
    while ((option = getopt_long(argc, argv, ":n:s:o:qh", long_options, NULL)) != -1) {
        if (option == 'h')
            return 1;
        if (read_option(option, argv, o, error))
            return -1;
    }
    if (optind + 1 < argc)
        return fc_fail(error, FC_BAD_INPUT, "unexpected argument '%.80s': outages takes a single scenario",
                       argv[optind + 1]);
    o->scenario = argv[optind];
    return check_options(o, error);
}

/* ---- what is asked ---- */

struct asked {
    struct fc_scenario scenario;
    bool opened;
    struct fc_outages_question question;
    struct fc_outages_source *sources;
    struct fc_notes notes;
    const char *what; /* "providers", "sites", "incidents" */
};

/* Sources of one world from rates by calendar time: of the lowest rate a share is common, as long as the shortest outages are. */
static void sources_of(const double *rate, const double *mean, int sites, double common,
                       struct fc_outages_source *sources)
{
    double least = INFINITY, shortest = INFINITY;
    for (int i = 0; i < sites; i++) {
        least = fmin(least, rate[i]);
        shortest = fmin(shortest, mean[i]);
    }
    for (int i = 0; i < sites; i++)
        sources[i] = fc_outages_by_calendar(rate[i] - common * least, mean[i]);
    if (common > 0)
        sources[sites] = fc_outages_by_calendar(common * least, shortest);
}

static void ask_stated(const struct options *o, struct asked *a)
{
    struct fc_outages_question *q = &a->question;
    double rate[FC_OUTAGES_SITES], mean[FC_OUTAGES_SITES], up = o->rate / HOURS;
    a->what = o->incidents ? "incidents" : "sites";
    q->sites = o->incidents ? 1 : (int)o->sites;
    q->incidents = o->incidents;
    q->common = o->common > 0;
    q->term_h = o->term * HOURS;
    q->seed = o->scenario_options.has_seed ? o->scenario_options.seed : 1;
    for (int i = 0; i < q->sites; i++) {
        rate[i] = up / (1 + up * o->length);
        mean[i] = o->length;
    }
    sources_of(rate, mean, q->sites, o->common, a->sources);
    if (o->incidents)
        a->sources[0] = (struct fc_outages_source){up, o->length};
}

/* The providers' rates and lengths in every world, as it draws them. */
static int ask_scenario(struct asked *a, struct fc_error *error)
{
    struct fc_outages_question *q = &a->question;
    const struct fc_compiled *compiled = &a->scenario.compiled;
    const struct fc_months *months = &compiled->program.contract.months;
    const struct fc_setting *f = a->scenario.settings->fields;
    int inputs[2 * FC_PROVIDERS], sites = 0;
    if (!(compiled->program.layers & FC_LAYER_CONTRACT))
        return fc_fail(
            error, FC_BAD_INPUT,
            "%s has no contract, whose providers' outages could be followed; add layers: contract, or "
            "state --sites, --rate, --length and --term",
            a->scenario.name);
    for (int k = 0; k < months->providers; k++)
        if (months->provider[k].share > 0) {
            inputs[2 * sites] = months->provider[k].input[FC_P_OUTAGE_RATE];
            inputs[2 * sites++ + 1] = months->provider[k].input[FC_P_OUTAGE_H];
        }
    if (sites < 1)
        return fc_fail(error, FC_BAD_INPUT, "%s has no provider with a share of the contract",
                       a->scenario.name);
    double common = sites > 1 ? f[FC_FIELD_COMMON_OUTAGES].number : 0;
    a->what = sites > 1 ? "providers" : "provider";
    q->sites = sites;
    q->common = common > 0;
    q->term_h = f[FC_FIELD_CONTRACT_YEARS].number * HOURS;
    q->seed = a->scenario.seed;
    size_t stride = (size_t)fc_outages_sources(q), worlds = (size_t)q->worlds;
    float *drawn = malloc(worlds * 2 * (size_t)sites * sizeof *drawn);
    free(a->sources);
    a->sources = malloc(worlds * stride * sizeof *a->sources);
    if (!drawn || !a->sources) {
        free(drawn);
        return fc_fail(error, FC_FAULT, "out of memory for the providers of %llu worlds",
                       (unsigned long long)q->worlds);
    }
    fc_worlds_inputs(compiled, q->seed, 0, q->worlds, inputs, 2 * sites, drawn);
    for (size_t w = 0; w < worlds; w++) {
        double rate[FC_PROVIDERS], mean[FC_PROVIDERS];
        for (int i = 0; i < sites; i++) {
            rate[i] = (double)drawn[(size_t)(2 * i) * worlds + w] / HOURS;
            mean[i] = (double)drawn[(size_t)(2 * i + 1) * worlds + w];
        }
        sources_of(rate, mean, sites, common, a->sources + w * stride);
        q->uncertain =
            q->uncertain || memcmp(a->sources + w * stride, a->sources, stride * sizeof *a->sources) != 0;
    }
    free(drawn);
    fc_note(&a->notes, FC_NOTE, "outages-by-calendar", NULL,
            "outage rates of a scenario are per year of calendar time; its ramps, delays and events do not "
            "enter here");
    return 0;
}

/* Independence alone must not be all that is shown: what a usual common cause makes of it. */
static void note_independence(struct asked *a)
{
    struct fc_outages_question q = a->question;
    struct fc_outages_source sources[FC_OUTAGES_SITES + 1];
    struct fc_outages_exact alone, with;
    double rate[FC_OUTAGES_SITES], mean[FC_OUTAGES_SITES];
    if (q.incidents || q.common || q.sites < 2)
        return;
    for (int i = 0; i < q.sites; i++) {
        rate[i] = q.sources[i].rate / (1 + q.sources[i].rate * q.sources[i].mean);
        mean[i] = q.sources[i].mean;
    }
    if (q.uncertain) {
        fc_note(&a->notes, FC_NOTE, "outages-independent", NULL,
                "no common cause is stated, and independence says little of what is rare; ask with --set "
                "contract.common_outages=0.05 too");
        return;
    }
    fc_outages_exact(&q, &alone);
    sources_of(rate, mean, q.sites, 0.05, sources);
    q.common = true;
    q.sources = sources;
    fc_outages_exact(&q, &with);
    fc_note(&a->notes, FC_NOTE, "outages-independent", NULL,
            "no common cause is stated; were a twentieth of the outages common, at least %d would be down at "
            "a moment with a chance of "
            "%.3g instead of %.3g",
            q.levels, with.chance[q.levels], alone.chance[q.levels]);
}

static int ask(const struct options *o, struct asked *a, struct fc_error *error)
{
    struct fc_outages_question *q = &a->question;
    a->sources = calloc(FC_OUTAGES_SITES + 1, sizeof *a->sources);
    if (!a->sources)
        return fc_fail(error, FC_FAULT, "out of memory for the sites");
    q->worlds = o->scenario_options.trials ? o->scenario_options.trials : WORLDS;
    q->lengths = o->lengths;
    q->spare = o->has_spare ? (int)o->spare : -1;
    if (o->scenario && fc_scenario_open(&a->scenario, o->scenario, &o->scenario_options, error))
        return -1;
    a->opened = o->scenario != NULL;
    if (a->opened)
        fc_scenario_notes(&a->scenario, &a->notes);
    if (!o->scenario)
        ask_stated(o, a);
    else if (ask_scenario(a, error))
        return -1;
    q->sources = a->sources;
    if (q->common && o->has_spare)
        return fc_fail(error, FC_BAD_INPUT,
                       "--spare is not followed where outages have a common cause (%s); drop one",
                       o->scenario ? "contract.common_outages" : "--common");
    if (!q->incidents && o->levels > (uint64_t)q->sites)
        return fc_fail(error, FC_BAD_INPUT, "--levels %llu: there are %d %s", (unsigned long long)o->levels,
                       q->sites, a->what);
    q->levels = o->levels         ? (int)o->levels
                : q->incidents    ? ROWS_OF_INCIDENTS
                : q->sites < ROWS ? q->sites
                                  : ROWS;
    note_independence(a);
    return 0;
}

/* ---- what is shown ---- */

/* A figure of level k: which, its unit, what stands for it and what is exact. */
struct shown {
    const char *key, *title;
    struct fc_outages_figure value, counted;
    double exact;
};

enum { SHOWN = 5 };

static struct fc_outages_figure times(struct fc_outages_figure f, double factor)
{
    return (struct fc_outages_figure){f.value * factor, f.error * factor};
}

static bool by_rate(const struct fc_outages_level *l)
{
    return l->seen < FC_OUTAGES_SEEN;
}

/* exact: NULL where it is not known. */
static void figures_of(const struct fc_outages_level *l, const struct fc_outages_exact *e, int k,
                       struct shown shown[SHOWN])
{
    const double chance = e ? e->chance[k] : NAN, begins = e ? e->times[k] : NAN;
    const struct shown all[SHOWN] = {
        {"chance", "chance at a moment", l->placed.chance, l->counted.chance, chance},
        {"hours_per_year", "hours a year", times(l->placed.chance, HOURS), times(l->counted.chance, HOURS),
         chance * HOURS},
        {"times_per_year", "times a year", times(l->placed.times, HOURS), times(l->counted.times, HOURS),
         begins * HOURS},
        {"mean_length_h", "mean length, h", l->placed.length, l->counted.length, chance / begins},
        {"once_in_term", "once in the term", by_rate(l) ? l->by_rate : l->in_term, l->in_term,
         e ? e->in_term[k] : NAN}};
    memcpy(shown, all, sizeof all);
}

static void figure_cell(struct fc_table *table, struct fc_outages_figure f, const char *mark)
{
    static const struct fc_scale scale = {1, ""};
    char text[64];
    fc_format_figure(f.value, f.error, &scale, text, sizeof text);
    fc_table_cell(table, "%s%s", mark, text);
}

static void print_levels(const struct asked *a, const struct fc_outages_answer *answer,
                         const struct fc_outages_exact *e)
{
    struct fc_table table;
    struct shown shown[SHOWN];
    fc_table_start(&table, SHOWN + 1, 1);
    fc_table_cell(&table, "at least");
    figures_of(&answer->level[1], e, 1, shown);
    for (int i = 0; i < SHOWN; i++)
        fc_table_cell(&table, "%s", shown[i].title);
    for (int k = 1; k <= a->question.levels; k++) {
        figures_of(&answer->level[k], e, k, shown);
        fc_table_cell(&table, "%d %s", k, a->question.incidents ? "open" : "down");
        for (int i = 0; i < SHOWN; i++)
            figure_cell(&table, shown[i].value, i == SHOWN - 1 && by_rate(&answer->level[k]) ? "~" : "");
        if (!e)
            continue;
        fc_table_cell(&table, "  exact");
        for (int i = 0; i < SHOWN; i++)
            fc_table_cell(&table, isnan(shown[i].exact) ? "-" : "%.7g", shown[i].exact);
    }
    fc_table_print(&table, stdout, 0);
    fc_table_free(&table);
}

static void print_one(const char *what, struct fc_outages_figure f, const char *unit, double exact)
{
    static const struct fc_scale scale = {1, ""};
    char text[64];
    fc_format_figure(f.value, f.error, &scale, text, sizeof text);
    printf("%s: %s%s", what, text, unit);
    if (!isnan(exact))
        printf(" (exact %.8g)", exact);
    printf("\n");
}

static void print_table(const struct asked *a, const struct fc_outages_answer *answer,
                        const struct fc_outages_exact *e)
{
    const struct fc_outages_question *q = &a->question;
    char count[32], text[96];
    fc_format_count(q->worlds, count, sizeof count);
    if (q->incidents)
        snprintf(text, sizeof text, "incidents of one service");
    else
        snprintf(text, sizeof text, "%d %s", q->sites, a->what);
    printf("%s%s%s: %s worlds of %g years, seed %llu\n\n", a->opened ? a->scenario.name : "",
           a->opened ? ", " : "", text, count, q->term_h / HOURS, (unsigned long long)q->seed);
    print_levels(a, answer, e);
    printf("\n");
    print_one("from all up until all up again", answer->busy, " h", e ? e->busy : NAN);
    if (q->spare >= 0) {
        snprintf(text, sizeof text, "share of the outages that find none of %d places free", q->spare);
        print_one(text, answer->lost, "", e ? e->lost : NAN);
    }
    printf("\nChance, hours, times and length: the outages of each world, placed at random against each "
           "other, so that what is rare "
           "need not be seen. Once in the term: counted%s.\n",
           by_rate(&answer->level[q->levels])
               ? "; ~ where fewer than 100 worlds have it, 1 - exp(-times in the term)"
               : "");
}

static void write_figure(struct fc_writer *w, const char *key, struct fc_outages_figure f,
                         const struct fc_outages_figure *counted, double exact)
{
    fc_write_map(w, key);
    fc_write_number(w, "value", f.value);
    fc_write_number(w, "se", f.error);
    if (counted) {
        fc_write_number(w, "counted", counted->value);
        fc_write_number(w, "counted_se", counted->error);
    }
    fc_write_number(w, "exact", exact);
    fc_write_end(w);
}

static int write_json(FILE *out, const struct asked *a, const struct fc_outages_answer *answer,
                      const struct fc_outages_exact *e, struct fc_error *error)
{
    const struct fc_outages_question *q = &a->question;
    struct fc_writer *w;
    struct shown shown[SHOWN];
    if (fc_writer_open(&w, out, FC_JSON, error))
        return -1;
    fc_write_map(w, NULL);
    fc_write_text(w, "command", "outages");
    fc_write_text(w, "command_line", fc_command_line());
    fc_write_text(w, "scenario", a->opened ? a->scenario.name : NULL);
    fc_write_unsigned(w, "seed", q->seed);
    fc_write_unsigned(w, "trials", q->worlds);
    fc_write_number(w, "term_years", q->term_h / HOURS);
    fc_write_text(w, "of", a->what);
    fc_write_signed(w, "sites", q->sites);
    fc_write_text(w, "lengths", fc_outages_length_names[q->lengths]);
    fc_write_unsigned(w, "outages", answer->outages);
    fc_notes_write(&a->notes, w);
    fc_write_list(w, "levels");
    for (int k = 1; k <= q->levels; k++) {
        figures_of(&answer->level[k], e, k, shown);
        fc_write_map(w, NULL);
        fc_write_signed(w, "at_least", k);
        fc_write_unsigned(w, "worlds_with_it", answer->level[k].seen);
        for (int i = 0; i < SHOWN; i++)
            write_figure(w, shown[i].key, shown[i].value, &shown[i].counted, shown[i].exact);
        fc_write_end(w);
    }
    fc_write_end(w);
    write_figure(w, "busy_period_h", answer->busy, NULL, e ? e->busy : NAN);
    if (q->spare >= 0) {
        fc_write_signed(w, "spare", q->spare);
        write_figure(w, "finds_no_place", answer->lost, NULL, e ? e->lost : NAN);
    }
    fc_write_end(w);
    return fc_writer_close(w, error);
}

static void csv_number(FILE *out, double value, char end)
{
    if (isfinite(value))
        fprintf(out, "%.17g", value);
    fputc(end, out);
}

static void csv_row(FILE *out, int level, const char *key, struct fc_outages_figure f, double exact)
{
    fprintf(out, "%d,%s,", level, key);
    csv_number(out, f.value, ',');
    csv_number(out, f.error, ',');
    csv_number(out, exact, '\n');
}

static void write_csv(FILE *out, const struct asked *a, const struct fc_outages_answer *answer,
                      const struct fc_outages_exact *e)
{
    struct shown shown[SHOWN];
    fprintf(out, "at_least,figure,value,se,exact\n");
    for (int k = 1; k <= a->question.levels; k++) {
        figures_of(&answer->level[k], e, k, shown);
        for (int i = 0; i < SHOWN; i++)
            csv_row(out, k, shown[i].key, shown[i].value, shown[i].exact);
    }
    csv_row(out, 1, "busy_period_h", answer->busy, e ? e->busy : NAN);
    if (a->question.spare >= 0)
        csv_row(out, 1, "finds_no_place", answer->lost, e ? e->lost : NAN);
}

static int follow(struct options *o, struct asked *a, struct fc_error *error)
{
    struct fc_outages_answer found;
    struct fc_outages_exact exact = {0}, *e = a->question.uncertain ? NULL : &exact;
    if (fc_outages_follow(&a->question, &found, error))
        return -1;
    if (e)
        fc_outages_exact(&a->question, e);
    if (found.unfinished)
        fc_note(&a->notes, FC_WARNING, "busy-period-cut", NULL,
                "in %llu worlds not all was up again before a second term was over: the mean time until it "
                "is is too short",
                (unsigned long long)found.unfinished);
    fc_notes_print(&a->notes, stderr, o->quiet);
    for (int i = 0; i < o->outputs.count; i++) {
        FILE *out = fc_output_begin(o->outputs.list[i].output, error);
        if (!out)
            return -1;
        if (o->outputs.list[i].kind == FC_OUTPUT_CSV)
            write_csv(out, a, &found, e);
        else if (write_json(out, a, &found, e, error))
            return -1;
        if (fc_output_commit(o->outputs.list[i].output, error))
            return -1;
    }
    if (o->json)
        return write_json(stdout, a, &found, e, error);
    if (!fc_outputs_leave_room(&o->outputs, false))
        return 0;
    if (o->csv) {
        write_csv(stdout, a, &found, e);
        return 0;
    }
    fc_fold_start();
    print_table(a, &found, e);
    return 0;
}

int fc_command_outages(int argc, char **argv)
{
    struct fc_error error = {0};
    struct options o = {0};
    struct asked asked = {0};
    int status = read_options(argc, argv, &o, &error);
    if (status > 0) {
        fc_help_print(help, NULL);
        status = 0;
        goto out;
    }
    if (!status)
        status = fc_outputs_open(&o.outputs, &error);
    if (!status)
        status = ask(&o, &asked, &error);
    if (!status)
        status = follow(&o, &asked, &error);
out:
    if (status)
        fprintf(stderr, "flopcast: %s\n", error.text);
    if (asked.opened)
        fc_scenario_close(&asked.scenario);
    fc_notes_free(&asked.notes);
    free(asked.sources);
    fc_outputs_close(&o.outputs);
    fc_scenario_options_free(&o.scenario_options);
    return status ? (int)error.status : FC_DONE;
}
