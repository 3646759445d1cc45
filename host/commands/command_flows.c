/* command_flows.c: `flopcast flows`: a contract's money and capacity by month, quarter or year. */
#include <getopt.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "host/base/fold.h"
#include "host/base/help.h"
#include "host/base/command_line.h"
#include "host/base/document_write.h"
#include "host/base/options.h"
#include "host/base/format.h"
#include "host/base/table.h"
#include "host/base/notes_write.h"
#include "host/compile/assumptions.h"
#include "host/compile/scenario.h"
#include "host/report/outputs.h"
#include "host/run/flow_bands.h"

static const char help[] =
    "usage: flopcast flows SCENARIO [--by month|quarter|year] [OPTIONS]\n"
    "\n"
    "What a contract pays, earns and delivers in each period: mean, P5, P50, P95 over the worlds. Money is\n"
    "positive where the customer receives it; provider_usd is what all providers receive; cumulative_... is\n"
    "the sum so far. Nothing is discounted.\n"
    "\n"
    "      --by PERIOD       month, quarter or year, counted from the start (default: year)\n"
    "      --trial N         the world with this number, instead of bands over many\n"
    "  -n, --trials N        number of worlds (default: 2000)\n"
    "  -s, --seed N          seed of the random numbers (default: the scenario's, else 1)\n"
    "      --set PATH=VALUE  change one value of the scenario, as often as needed\n"
    "  -o, --output FILE     write it too: .json, .csv, .xlsx or .html; - is standard output\n"
    "      --report F.html   write it as a page with fan charts\n"
    "      --csv             print CSV instead of a table\n"
    "      --json            print JSON instead of a table\n"
    "  -q, --quiet           no notes on stderr\n"
    "  -h, --help            this text\n";

enum {
    OPTION_BY = 256,
    OPTION_TRIAL,
    OPTION_SET,
    OPTION_CSV,
    OPTION_JSON,
    OPTION_REPORT,
    WORLDS = 2000,
    WORLDS_MOST = 100000
};

static const struct option long_options[] = {
    {"by", required_argument, NULL, OPTION_BY},
    {"trial", required_argument, NULL, OPTION_TRIAL},
    {"trials", required_argument, NULL, 'n'},
    {"seed", required_argument, NULL, 's'},
    {"set", required_argument, NULL, OPTION_SET},
    {"output", required_argument, NULL, 'o'},
    {"report", required_argument, NULL, OPTION_REPORT},
    {"csv", no_argument, NULL, OPTION_CSV},
    {"json", no_argument, NULL, OPTION_JSON},
    {"quiet", no_argument, NULL, 'q'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static const struct period {
    const char *name;
    int months;
} periods[] = {{"month", 1}, {"quarter", 3}, {"year", 12}};

struct options {
    struct fc_scenario_options scenario_options;
    const char *scenario, *output, *report;
    struct fc_outputs outputs;
    const struct period *by;
    uint64_t trial;
    bool has_trial, csv, json, quiet;
};

static int read_options(int argc, char **argv, struct options *o, struct fc_error *error)
{
    int option;
    optind = 1;
    opterr = 0;
    o->by = &periods[2];
    while ((option = getopt_long(argc, argv, ":n:s:o:qh", long_options, NULL)) != -1) {
        switch (option) {
        case OPTION_BY:
            o->by = NULL;
            for (int i = 0; i < 3; i++)
                o->by = strcmp(optarg, periods[i].name) == 0 ? &periods[i] : o->by;
            if (!o->by)
                return fc_fail(error, FC_BAD_INPUT, "--by '%.40s' is none of month, quarter, year", optarg);
            break;
        case OPTION_TRIAL:
            if (fc_option_count("--trial", optarg, 0, 9007199254740992, &o->trial, error))
                return -1;
            o->has_trial = true;
            break;
        case 'n':
        case 's':
        case OPTION_SET:
            if (fc_scenario_take_option(&o->scenario_options, option, OPTION_SET, optarg, WORLDS_MOST, error))
                return -1;
            break;
        case 'o':
            o->output = optarg;
            break;
        case OPTION_REPORT:
            o->report = optarg;
            break;
        case OPTION_CSV:
            o->csv = true;
            break;
        case OPTION_JSON:
            o->json = true;
            break;
        case 'q':
            o->quiet = true;
            break;
        case 'h':
            return 1;
        default:
            return fc_option_error("flows", option, argv, long_options, error);
        }
    }
    if (optind >= argc)
        return fc_fail(error, FC_BAD_INPUT, "flows needs a scenario; see flopcast list scenarios");
    if (optind + 1 < argc)
        return fc_fail(error, FC_BAD_INPUT, "unexpected argument '%.80s': flows takes a single scenario",
                       argv[optind + 1]);
    if (o->csv && o->json)
        return fc_fail(error, FC_BAD_INPUT, "--csv and --json are both given; drop one");
    o->scenario = argv[optind];
    return fc_outputs_take(&o->outputs, o->output, o->report, 0, error);
}

/* One scale for all flows of a unit, so that they can be added by eye; money in millions at most, as in accounts. */
struct flow_scale {
    struct fc_scale scale;
    int decimals; /* five significant digits for the largest */
};

static struct flow_scale scale_of(const struct fc_flow_bands *b, const char *unit, bool one_world)
{
    double most = 0, v[4];
    for (int f = 0; f < FC_BANDS; f++)
        for (int p = 0; p < b->periods && strcmp(fc_band_unit(f), unit) == 0; p++) {
            fc_flow_bands_figures(b, f, p, v);
            for (int q = 0; q < (one_world ? 1 : 4); q++)
                most = fmax(most, fabs(v[q]));
        }
    struct flow_scale found = {.scale = fc_scale_for(unit, strcmp(unit, "USD") == 0 ? fmin(most, 9e8) : most)};
    double scaled = most / found.scale.factor;
    found.decimals = scaled > 0 ? (int)fmax(4 - floor(log10(scaled)), 0) : 0;
    return found;
}

static void print_table(const struct fc_flow_bands *b, const struct fc_scenario *s, const struct options *o)
{
    struct fc_table table;
    struct flow_scale scales[FC_BANDS];
    double v[4];
    for (int f = 0; f < FC_BANDS; f++) {
        int same = 0;
        while (strcmp(fc_band_unit(same), fc_band_unit(f)) != 0)
            same++;
        scales[f] = same < f ? scales[same] : scale_of(b, fc_band_unit(f), o->has_trial);
    }
    fc_table_start(&table, o->has_trial ? 3 : 6, 1);
    fc_table_cell(&table, "flow");
    fc_table_cell(&table, "%s", o->by->name);
    fc_table_cell(&table, o->has_trial ? "value" : "mean");
    for (int q = 0; q < 3 && !o->has_trial; q++)
        fc_table_cell(&table, "%s", q == 0 ? "P5" : q == 1 ? "P50" : "P95");
    for (int f = 0; f < FC_BANDS; f++)
        for (int p = 0; p < b->periods && !fc_flow_bands_zero(b, f); p++) {
            fc_flow_bands_figures(b, f, p, v);
            if (p == 0)
                fc_table_cell(&table, "%s [%s]", fc_band_name(f), scales[f].scale.unit);
            else
                fc_table_cell(&table, "%s", "");
            fc_table_cell(&table, "%d", p + 1);
            for (int q = 0; q < (o->has_trial ? 1 : 4); q++)
                if (v[q] == 0)
                    fc_table_cell(&table, "0");
                else
                    fc_table_cell(&table, "%.*f", scales[f].decimals, v[q] / scales[f].scale.factor);
        }
    if (o->has_trial)
        printf("%s: world %llu, seed %llu\n\n", s->name, (unsigned long long)o->trial,
               (unsigned long long)s->seed);
    else
        printf("%s: %llu worlds, seed %llu\n\n", s->name, (unsigned long long)b->worlds,
               (unsigned long long)s->seed);
    fc_table_print(&table, stdout, 0);
    fc_table_free(&table);
    printf("\nmoney is positive where the customer receives it; not discounted; flows that are 0 everywhere "
           "are left out\n");
}

static void print_csv(const struct fc_flow_bands *b, const struct options *o)
{
    double v[4];
    printf("flow,unit,%s,mean,p5,p50,p95\n", o->by->name);
    for (int f = 0; f < FC_BANDS; f++)
        for (int p = 0; p < b->periods; p++) {
            fc_flow_bands_figures(b, f, p, v);
            printf("%s,%s,%d,%.17g,%.17g,%.17g,%.17g\n", fc_band_name(f),
                   fc_band_unit(f), p + 1, v[0], v[1], v[2], v[3]);
        }
}

static int print_json(FILE *out, const struct fc_flow_bands *b, const struct fc_scenario *s, const struct options *o,
                      struct fc_error *error)
{
    struct fc_writer *w;
    if (fc_writer_open(&w, out, FC_JSON, error))
        return -1;
    fc_write_map(w, NULL);
    fc_write_text(w, "command", "flows");
    fc_write_text(w, "command_line", fc_command_line());
    char digest[17];
    snprintf(digest, sizeof digest, "%016llx", (unsigned long long)s->compiled.input_digest);
    fc_write_signed(w, "model_version", FC_MODEL_VERSION);
    fc_write_text(w, "scenario", s->name);
    fc_write_text(w, "input_digest", digest);
    fc_write_unsigned(w, "seed", s->seed);
    fc_write_unsigned(w, "trials", b->worlds);
    if (o->has_trial)
        fc_write_unsigned(w, "trial", o->trial);
    struct fc_notes notes = {0};
    fc_scenario_notes(s, &notes);
    fc_notes_write(&notes, w);
    fc_notes_free(&notes);
    fc_assumptions_write(s->settings, NULL, 0, w, "assumptions");
    fc_flow_bands_write(b, o->by->name, true, w);
    fc_write_end(w);
    return fc_writer_close(w, error);
}

int fc_command_flows(int argc, char **argv)
{
    struct fc_error error = {0};
    struct options o = {0};
    struct fc_scenario scenario = {0};
    struct fc_flow_bands bands = {0};
    bool opened = false;
    int status = read_options(argc, argv, &o, &error);
    if (status > 0) {
        fc_help_print(help, NULL);
        status = 0;
        goto out;
    }
    if (!status)
        status = fc_scenario_open(&scenario, o.scenario, &o.scenario_options, &error);
    opened = !status;
    if (opened)
        fc_scenario_print_notes(&scenario, stderr, o.quiet);
    if (!status)
        status = fc_outputs_open(&o.outputs, &error);
    if (!status)
        status = fc_flow_bands_simulate(&bands, &scenario.compiled.program, scenario.compiled.tables, scenario.seed,
                                        o.has_trial ? o.trial : 0,
                                        o.has_trial                  ? 1
                                        : o.scenario_options.trials ? o.scenario_options.trials
                                                                    : WORLDS,
                                        o.by->months, &error);
    if (!status && (o.json || fc_outputs_any(&o.outputs))) {
        FILE *stream = fc_outputs_begin(&o.outputs, &error);
        status = stream ? fc_outputs_end(&o.outputs, print_json(stream, &bands, &scenario, &o, &error) != 0,
                                         o.json, &error)
                        : -1;
    }
    bool tables = !status && fc_outputs_leave_room(&o.outputs, o.json);
    if (tables && o.csv)
        print_csv(&bands, &o);
    else if (tables) {
        fc_fold_start();
        print_table(&bands, &scenario, &o);
    }
out:
    fc_outputs_close(&o.outputs);
    if (status)
        fprintf(stderr, "flopcast: %s\n", error.text);
    fc_flow_bands_free(&bands);
    if (opened)
        fc_scenario_close(&scenario);
    fc_scenario_options_free(&o.scenario_options);
    return status ? (int)error.status : FC_DONE;
}
