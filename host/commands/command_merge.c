/* command_merge.c: `flopcast merge RESULT...`: puts the parts of a run together, from shards or machines. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "host/base/fold.h"
#include "host/base/help.h"
#include "host/base/options.h"
#include "host/base/read_file.h"
#include "host/compile/scenario.h"
#include "host/report/outputs.h"
#include "host/report/report.h"
#include "host/result/result.h"
#include "cuda/model/program.h"
#include "host/result/soundness.h"

static const char help[] =
    "usage: flopcast merge RESULT... [-o FILE] [--json]\n"
    "\n"
    "Adds result files of one run (flopcast run --shard I/N -o RESULT, on any machines) and prints the "
    "whole.\n"
    "The sum is exact: it has the digest that one run over all the trials has. One file alone is printed again.\n"
    "\n"
    "  -o, --output FILE     write the whole: .json, which can be merged again, .csv, .xlsx or .html; - is "
    "standard\n"
    "                        output\n"
    "      --report F.html   write it as a page\n"
    "      --quantiles LIST  percentiles of the table, e.g. 10,50,90\n"
    "      --tail P          the mean of the worst P % of the worlds (default: 5 %)\n"
    "      --only METRIC     print this metric alone, as often as needed\n"
    "      --sort ORDER      of the metrics of a chapter: table, name or spread\n"
    "      --json            print the whole as JSON instead of tables\n"
    "  -q, --quiet           no notes on stderr (warnings stay)\n"
    "  -h, --help            this text\n"
    "\n"
    "Refused: parts of another scenario, seed or model version, and trials that are in two parts. Trials "
    "that are in\n"
    "no part are listed, and the exit status is 1.\n";

struct options {
    const char *output, *page;
    struct fc_outputs outputs;
    struct fc_report_options report;
    bool json, quiet;
};

enum { OPTION_JSON = 256, OPTION_REPORT };

static const struct option long_options[] = {
    {"output", required_argument, NULL, 'o'},
    {"report", required_argument, NULL, OPTION_REPORT},
    FC_REPORT_OPTION_ROWS,
    {"json", no_argument, NULL, OPTION_JSON},
    {"quiet", no_argument, NULL, 'q'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

/* Returns 0, 1 when help was asked for, or -1. The result files are argv[optind ... argc - 1]. */
static int read_options(int argc, char **argv, struct options *o, struct fc_error *error)
{
    int option;
    optind = 1;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":o:qh", long_options, NULL)) != -1) {
        switch (option) {
        case 'o':
            o->output = optarg;
            break;
        case 'q':
            o->quiet = true;
            break;
        case OPTION_JSON:
            o->json = true;
            break;
        case OPTION_REPORT:
            o->page = optarg;
            break;
        case 'h':
            return 1;
        case FC_OPTION_QUANTILES:
        case FC_OPTION_TAIL:
        case FC_OPTION_ONLY:
        case FC_OPTION_SORT:
            if (fc_report_option(option, optarg, &o->report, error))
                return -1;
            break;
        default:
            return fc_option_error("merge", option, argv, long_options, error);
        }
    }
    if (optind >= argc)
        return fc_fail(error, FC_BAD_INPUT,
                       "merge needs result files (flopcast run --shard I/N -o FILE writes them)");
    return fc_outputs_take(&o->outputs, o->output, o->page, 0, error);
}

/* Refuses a part that does not belong to the run that `whole` (read from `first`) began with. */
static int same_run(const struct fc_result *whole, const char *first, const struct fc_result *part,
                    const char *path, struct fc_error *error)
{
    if (part->model_version != whole->model_version)
        return fc_fail(error, FC_BAD_INPUT, "%s: is of model version %d, but %s of %d; run one of them again",
                       path, part->model_version, first, whole->model_version);
    if (part->input_digest != whole->input_digest)
        return fc_fail(error, FC_BAD_INPUT,
                       "%s: has other inputs than %s (input digest %016" PRIx64 " and %016" PRIx64
                       "; scenarios '%s' and '%s'); merge parts of one scenario",
                       path, first, part->input_digest, whole->input_digest, part->scenario_name,
                       whole->scenario_name);
    if (part->seed != whole->seed)
        return fc_fail(error, FC_BAD_INPUT,
                       "%s: has seed %" PRIu64 ", but %s has %" PRIu64 "; merge parts of one seed", path,
                       part->seed, first, whole->seed);
    return 0;
}

/* The inputs of a result are those that its digest is of; where that cannot be known, it is said. */
static int inputs_fit(const struct fc_result *result, const char *path, struct fc_error *error)
{
    int checked = fc_scenario_check_result(result, path, error);
    if (checked == 1)
        fprintf(stderr, "flopcast: warning: %s\n", error->text);
    return checked < 0 ? -1 : 0;
}

/* `room`: an empty tally for the part, or none yet. */
static int add_part(struct fc_result *whole, const char *first, const char *path, struct fc_tally *room,
                    struct fc_error *error)
{
    struct fc_result part;
    struct fc_error why;
    if (fc_result_read_part(&part, path, whole, room, error))
        return -1;
    int status = same_run(whole, first, &part, path, error);
    if (status == 0 && strcmp(part.scenario_json, whole->scenario_json) != 0)
        status = inputs_fit(&part, path, error);
    if (status == 0 && fc_tally_merge(&whole->tally, &part.tally, &why))
        status = fc_fail(error, why.status, "%s: %s", path, why.text);
    if (status == 0) {
        fc_result_add_provenance(whole, &part);
    }
    fc_tally_free(room);
    fc_tally_clear(&part.tally);
    *room = part.tally;
    part.tally = (struct fc_tally){0};
    fc_result_free(&part);
    return status;
}

/* Says which of the trials first ... end - 1 are in no part; returns their number. */
static uint64_t print_gaps_in(const struct fc_tally *tally, uint64_t first, uint64_t end)
{
    uint64_t next = first, missing = 0;
    for (size_t i = 0; i <= tally->range_count && next < end; i++) {
        bool last = i == tally->range_count;
        const struct fc_trial_range *range = last ? NULL : &tally->ranges[i];
        if (range && range->first + range->count <= next)
            continue;
        uint64_t have = !range || range->first > end ? end : range->first;
        if (have > next) {
            fprintf(stderr, "flopcast: warning: trials %" PRIu64 " to %" PRIu64 " are in no part\n", next,
                    have - 1);
            missing += have - next;
        }
        next = range ? range->first + range->count : end;
    }
    return missing;
}

/* The same of all trials that were asked for; with shifts, of each. */
static uint64_t print_gaps(const struct fc_result *whole)
{
    uint64_t missing = 0, shifts = (uint64_t)whole->tally.shifts;
    if (shifts == 0)
        return print_gaps_in(&whole->tally, 0, whole->trials_asked);
    for (uint64_t s = 0; s < shifts; s++)
        missing += print_gaps_in(&whole->tally, s << FC_SHIFT_BIT, (s << FC_SHIFT_BIT) + whole->trials_asked / shifts);
    return missing;
}

/* The files and, where asked for, the JSON on standard output; else the tables. */
static int write_whole(struct options *o, const struct fc_result *whole, struct fc_error *error)
{
    if (o->json || fc_outputs_any(&o->outputs)) {
        FILE *stream = fc_outputs_begin(&o->outputs, error);
        char *text = stream ? fc_result_json(whole, error) : NULL;
        if (text)
            fputs(text, stream);
        if (!stream || fc_outputs_end(&o->outputs, !text, o->json, error)) {
            free(text);
            return -1;
        }
        free(text);
    }
    if (!fc_outputs_leave_room(&o->outputs, o->json))
        return 0;
    o->report.utf8 = fc_locale_is_utf8();
    fc_fold_start();
    fc_report_result(stdout, whole, &o->report);
    return 0;
}

static int merge(struct options *o, char **paths, int count, struct fc_error *error)
{
    struct fc_result whole;
    struct fc_tally room = {0};
    int status = -1;
    for (int i = 0; i < count; i++)
        fc_read_file_remember(paths[i]);
    if (fc_outputs_open(&o->outputs, error) || fc_result_read(&whole, paths[0], error))
        return -1;
    int32_t metrics[FC_METRIC_COUNT];
    for (int r = 0; r < whole.tally.metric_count; r++)
        metrics[r] = (int32_t)whole.tally.metrics[r].metric;
    if (inputs_fit(&whole, paths[0], error) ||
        fc_report_check(&o->report, metrics, whole.tally.metric_count, error))
        goto out;
    for (int i = 1; i < count; i++)
        if (add_part(&whole, paths[0], paths[i], &room, error))
            goto out;
    whole.tail = o->report.tail;
    fc_print_overflowed(stderr, "flopcast: warning: ", false, &whole.tally);
    if (write_whole(o, &whole, error))
        goto out;
    uint64_t missing = print_gaps(&whole);
    status = missing == 0
                 ? 0
                 : fc_fail(error, FC_ANSWER_NO,
                           "the parts lack %" PRIu64 " trials of %" PRIu64 "; the answer is of the others",
                           missing, missing + fc_tally_trials(&whole.tally));
out:
    fc_tally_free(&room);
    fc_result_free(&whole);
    return status;
}

int fc_command_merge(int argc, char **argv)
{
    struct options o = {0};
    struct fc_error error = {0};
    int parsed = read_options(argc, argv, &o, &error);
    if (parsed == 1) {
        fc_help_print(help, NULL);
        return FC_DONE;
    }
    int status = parsed ? -1 : merge(&o, argv + optind, argc - optind, &error);
    fc_outputs_close(&o.outputs);
    if (status == 0)
        return FC_DONE;
    fprintf(stderr, "flopcast: %s\n", error.text);
    return (int)error.status;
}
