/* command_value.c: `flopcast value`: what a clause of a contract is worth to each side. */
#include <getopt.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "host/base/fold.h"
#include "host/base/help.h"
#include "host/analysis/clause_terms.h"
#include "host/base/document_write.h"
#include "host/base/format.h"
#include "host/base/options.h"
#include "host/base/table.h"
#include "host/report/outputs.h"

static const char help_head[] = "usage: flopcast value CLAUSE SCENARIO [OPTIONS]\n"
                                "\n"
                                "What a clause of a contract adds for the customer and for the provider, as "
                                "an interval: the lower end is what\n"
                                "a policy that knows only prices so far gets, the upper end what no policy "
                                "can exceed (two standard errors\n"
                                "included). Beside it: without the clause, with the future known, and the "
                                "fee at which it is worth nothing.\n"
                                "\n"
                                "CLAUSE is one of\n";

static const char help_options[] =
    "\n"
    "  -n, --trials N        worlds to follow (default: 40000)\n"
    "  -s, --seed N          seed of the random numbers (default: the scenario's, else 1)\n"
    "      --set PATH=VALUE  change one value of the scenario, as often as needed\n"
    "  -q, --quiet           no notes\n"
    "  -o FILE               write the JSON (.json) or a table (.csv) to a file\n"
    "      --json            print JSON instead of a table\n"
    "  -h, --help            this text\n"
    "\n"
    "The keys: flopcast show clause, flopcast show events, flopcast show contract.termination_fee.\n";

enum {
    OPTION_SET = 256,
    OPTION_JSON,
    SCHEDULE_WORLDS = 400,
    PATHS = 40000,
    FIT = 20000,
    DUAL = 300,
    INNER = 64
};

static const struct option long_options[] = {
    {"trials", required_argument, NULL, 'n'},
    {"seed", required_argument, NULL, 's'},
    {"set", required_argument, NULL, OPTION_SET},
    {"quiet", no_argument, NULL, 'q'},
    {"json", no_argument, NULL, OPTION_JSON},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

struct options {
    struct fc_scenario_options scenario_options;
    struct fc_outputs outputs;
    enum fc_clause clause;
    const char *scenario;
    uint64_t paths;
    bool json, quiet;
};

static void print_help(void)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out) {
        fc_lose();
        return;
    }
    fputs(help_head, out);
    for (int c = 0; c < FC_CLAUSES; c++)
        fprintf(out, "  %-10s %s\n", fc_clause_name((enum fc_clause)c), fc_clause_what((enum fc_clause)c));
    if (fclose(out) == 0)
        fc_help_print(text, help_options);
    else
        fc_lose();
    free(text);
}

static int find_clause(const char *name, enum fc_clause *clause, struct fc_error *error)
{
    char known[160] = "";
    int found = fc_clause_find(name);
    if (found >= 0) {
        *clause = (enum fc_clause)found;
        return 0;
    }
    for (int c = 0; c < FC_CLAUSES; c++) {
        strcat(known, c ? ", " : "");
        strcat(known, fc_clause_name((enum fc_clause)c));
    }
    return fc_fail(error, FC_BAD_INPUT, "the clause '%.60s' is not modelled; those that are: %s", name,
                   known);
}

static int read_option(int option, char **argv, struct options *o, struct fc_error *error)
{
    switch (option) {
    case 'n':
        return fc_option_count("-n", optarg, 1000, 10000000, &o->paths, error);
    case 's':
        o->scenario_options.has_seed = true;
        return fc_option_count("-s", optarg, 0, UINT64_MAX, &o->scenario_options.seed, error);
    case 'o':
        return fc_outputs_add(&o->outputs, "-o", optarg, FC_OUTPUT_JSON | FC_OUTPUT_CSV, error);
    case 'q':
        o->quiet = true;
        return 0;
    case OPTION_SET:
        return fc_scenario_add_override(&o->scenario_options, optarg, error);
    case OPTION_JSON:
        o->json = true;
        return 0;
    default:
        return fc_option_error("value", option, argv, long_options, error);
    }
}

static int read_options(int argc, char **argv, struct options *o, struct fc_error *error)
{
    int option;
    optind = 1;
    opterr = 0;
    o->paths = PATHS;
    while ((option = getopt_long(argc, argv, ":n:s:o:qh", long_options, NULL)) != -1) {
        if (option == 'h')
            return 1;
        if (read_option(option, argv, o, error))
            return -1;
    }
    if (optind >= argc)
        return fc_fail(error, FC_BAD_INPUT, "value needs a clause and a scenario; see flopcast value --help");
    if (find_clause(argv[optind], &o->clause, error))
        return -1;
    if (optind + 1 >= argc)
        return fc_fail(error, FC_BAD_INPUT,
                       "value needs a scenario behind the clause; see flopcast list scenarios");
    if (optind + 2 < argc)
        return fc_fail(error, FC_BAD_INPUT,
                       "unexpected argument '%.80s': value takes one clause and one scenario",
                       argv[optind + 2]);
    o->scenario = argv[optind + 1];
    return 0;
}

/* The scenario with moving prices: where it does not say otherwise, market.paths is on. */
static int open_scenario(struct fc_scenario *s, const struct options *o, bool *moved, struct fc_error *error)
{
    struct fc_scenario_options options = {0};
    int status = fc_scenario_open(s, o->scenario, &o->scenario_options, error);
    if (status || !s->settings->fields[FC_FIELD_MARKET_PATHS].from_default)
        return status;
    fc_scenario_close(s);
    options.seed = o->scenario_options.seed;
    options.has_seed = o->scenario_options.has_seed;
    for (size_t i = 0; i < o->scenario_options.override_count && !status; i++)
        status = fc_scenario_add_override(&options, o->scenario_options.overrides[i], error);
    if (!status)
        status = fc_scenario_add_override(&options, "market.paths=true", error);
    if (!status)
        status = fc_scenario_open(s, o->scenario, &options, error);
    fc_scenario_options_free(&options);
    *moved = true;
    return status;
}

static void share_text(double value, char text[32])
{
    if (isnan(value))
        snprintf(text, 32, "-");
    else if (isinf(value))
        snprintf(text, 32, "more than 100 %%");
    else
        snprintf(text, 32, "%.3g %%", 100 * value);
}

static void add_row(struct fc_table *table, const char *what, double lower, double upper, double value)
{
    fc_table_cell(table, "%s", what);
    fc_table_cell(table, "%.5g", lower / 1e6);
    fc_table_cell(table, "%.5g", upper / 1e6);
    fc_table_cell(table, "%.3g %%", 100 * lower / value);
    fc_table_cell(table, "%.3g %%", 100 * upper / value);
}

static void print_table(const struct options *o, const struct fc_scenario *s, const struct fc_clause_terms *t,
                        const struct fc_clause_value *v)
{
    struct fc_table table;
    char text[32];
    printf("%s: %s, %s\n\n", s->name, fc_clause_name(o->clause), fc_clause_what(o->clause));
    fc_table_start(&table, 5, 1);
    static const char *const head[] = {"the clause adds, M USD of today", "at least", "at most",
                                       "of the bills", ""};
    for (int i = 0; i < 5; i++)
        fc_table_cell(&table, "%s", head[i]);
    add_row(&table, "for the customer", v->lower, v->upper, t->value);
    add_row(&table, "for the provider", v->provider_lower, v->provider_upper, t->value);
    fc_table_print(&table, stdout, 0);
    fc_table_free(&table);
    printf(
        "\nnever used: 0. The contract alone is worth %.5g M USD to the customer, against renting the same "
        "month by month; its bills are %.5g M USD\n",
        v->never / 1e6, t->value / 1e6);
    if (v->decided) {
        bool often = o->clause == FC_CLAUSE_EXPAND && t->rights > 1;
        printf("with hindsight: %.5g M USD (the best date%s of each world, known beforehand). Used in %.1f %% "
               "of the "
               "worlds",
               v->hindsight / 1e6, often ? "s" : "", 100 * v->used);
        if (often)
            printf(", %.2f times of at most %d in the mean", v->times, t->rights);
        printf("\n");
    } else
        printf("no date is chosen: the interval is two standard errors to each side\n");
    printf("worth nothing to the customer when it costs %.5g M USD on signing", v->upper / 1e6);
    if (fc_clause_has_fee(o->clause)) {
        share_text(v->fee_of_nothing, text);
        if (v->fee_of_nothing == 0)
            printf("; it is below %g %% of the bills at any fee", 100 * FC_CLAUSE_NOTHING);
        else
            printf(", or less than %g %% of the bills at a fee of %s of %s (now %.3g %%)",
                   100 * FC_CLAUSE_NOTHING, text,
                   (o->clause == FC_CLAUSE_EXPAND || o->clause == FC_CLAUSE_EXTEND)
                       ? "what the addition costs"
                       : "what is left to pay",
                   100 * t->fee);
    }
    printf("\n");
}

static int write_json(FILE *out, const struct options *o, const struct fc_scenario *s,
                      const struct fc_clause_terms *t, const struct fc_clause_value *v,
                      struct fc_error *error)
{
    struct fc_writer *w;
    if (fc_writer_open(&w, out, FC_JSON, error))
        return -1;
    const struct {
        const char *key;
        double lower, upper;
    } sides[] = {{"customer", v->lower, v->upper}, {"provider", v->provider_lower, v->provider_upper}};
    fc_write_map(w, NULL);
    fc_write_text(w, "command", "value");
    fc_write_text(w, "scenario", s->name);
    fc_write_text(w, "clause", fc_clause_name(o->clause));
    fc_write_unsigned(w, "seed", s->seed);
    fc_write_unsigned(w, "trials", o->paths);
    fc_write_text(w, "unit", "USD");
    fc_write_number(w, "bills", t->value);
    fc_write_number(w, "contract_alone", v->never);
    fc_write_number(w, "never", 0);
    for (int i = 0; i < 2; i++) {
        fc_write_map(w, sides[i].key);
        fc_write_number(w, "lower", sides[i].lower);
        fc_write_number(w, "upper", sides[i].upper);
        fc_write_end(w);
    }
    fc_write_number(w, "with_hindsight", v->hindsight);
    fc_write_number(w, "with_hindsight_se", v->hindsight_se);
    fc_write_number(w, "used", v->used);
    fc_write_number(w, "times_used", v->times);
    fc_write_number(w, "fee", fc_clause_has_fee(o->clause) ? t->fee : NAN);
    fc_write_number(w, "fee_of_nothing", v->fee_of_nothing);
    fc_write_end(w);
    return fc_writer_close(w, error);
}

static int write_csv(FILE *out, const struct options *o, const struct fc_clause_value *v)
{
    fprintf(out, "clause,side,lower_usd,upper_usd\n");
    fprintf(out, "%s,customer,%.17g,%.17g\n", fc_clause_name(o->clause), v->lower, v->upper);
    fprintf(out, "%s,provider,%.17g,%.17g\n", fc_clause_name(o->clause), v->provider_lower,
            v->provider_upper);
    return 0;
}

static int write_files(struct options *o, const struct fc_scenario *s, const struct fc_clause_terms *t,
                       const struct fc_clause_value *v, struct fc_error *error)
{
    for (int i = 0; i < o->outputs.count; i++) {
        FILE *out = fc_output_begin(o->outputs.list[i].output, error);
        if (!out)
            return -1;
        int status = o->outputs.list[i].kind == FC_OUTPUT_CSV ? write_csv(out, o, v)
                                                              : write_json(out, o, s, t, v, error);
        if (status || fc_output_commit(o->outputs.list[i].output, error))
            return -1;
    }
    return 0;
}

static void print_notes(const struct fc_scenario *s, const struct options *o, const struct fc_clause_terms *t,
                        bool moved)
{
    fc_scenario_print_notes(s, stderr, o->quiet);
    if (o->quiet)
        return;
    if (moved)
        fprintf(stderr,
                "flopcast: note: prices move from month to month here (market.paths: true), by the keys of "
                "market\n");
    fprintf(stderr,
            "flopcast: note: capacity is worth the price of a new contract of the day: to the customer %.3g "
            "%% more "
            "(contract.switching_cost), to the provider %.3g of it (clause.relet); delays, demand and "
            "outages count "
            "with their means, %.3g %% a year discounts\n",
            100 * t->switching, t->relet, 100 * t->rate);
}

static int value_of(struct options *o, const struct fc_scenario *s, bool moved, struct fc_error *error)
{
    struct fc_clause_terms terms;
    struct fc_clause_market market;
    struct fc_clause_value value;
    struct fc_clause_options options = {s->seed, FIT, (int64_t)o->paths, DUAL, INNER, true};
    if (fc_clause_terms_read(o->clause, s, SCHEDULE_WORLDS, &terms, &market, error) ||
        fc_clause_value(o->clause, &terms, &market, &options, &value, error))
        return -1;
    print_notes(s, o, &terms, moved);
    if (write_files(o, s, &terms, &value, error))
        return -1;
    if (o->json)
        return write_json(stdout, o, s, &terms, &value, error);
    if (fc_outputs_leave_room(&o->outputs, false)) {
        fc_fold_start();
        print_table(o, s, &terms, &value);
    }
    return 0;
}

int fc_command_value(int argc, char **argv)
{
    struct fc_error error = {0};
    struct options o = {0};
    struct fc_scenario scenario = {0};
    bool opened = false, moved = false;
    int status = read_options(argc, argv, &o, &error);
    if (status > 0) {
        print_help();
        return FC_DONE;
    }
    if (!status)
        status = fc_outputs_open(&o.outputs, &error);
    if (!status) {
        status = open_scenario(&scenario, &o, &moved, &error);
        opened = !status;
    }
    if (!status)
        status = value_of(&o, &scenario, moved, &error);
    if (status)
        fprintf(stderr, "flopcast: %s\n", error.text);
    if (opened)
        fc_scenario_close(&scenario);
    fc_outputs_close(&o.outputs);
    fc_scenario_options_free(&o.scenario_options);
    return status ? (int)error.status : FC_DONE;
}
