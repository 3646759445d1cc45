/* command_init.c: `flopcast init`: from a model, GPUs and tokens to a commented scenario that runs. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "host/base/help.h"
#include "host/base/options.h"
#include "host/base/output.h"
#include "host/compile/scenario.h"
#include "host/step/model_config.h"

static const char help[] =
    "usage: flopcast init --model M --gpus NxGPU --tokens N [OPTIONS]\n"
    "       flopcast init\n"
    "\n"
    "Writes a commented scenario that runs as it is. On a terminal it asks for what is not given. The same "
    "options\n"
    "with flopcast run or flopcast step run that scenario without keeping it.\n"
    "\n" FC_QUICK_HELP
    "  -o, --output FILE     write it there (an existing file is never overwritten); default: the terminal\n"
    "  -q, --quiet           no notes on stderr (warnings stay)\n"
    "  -h, --help            this text\n";

enum { ANSWER = 512 };

/* Asks until something is answered; an empty line takes `otherwise`, where there is one. */
static int ask(const char *question, const char *otherwise, char answer[ANSWER], struct fc_error *error)
{
    do {
        fprintf(stderr, otherwise ? "%s [%s]: " : "%s: ", question, otherwise);
        if (!fgets(answer, ANSWER, stdin))
            return fc_fail(error, FC_BAD_INPUT, "the answers ended early");
        answer[strcspn(answer, "\r\n")] = '\0';
        if (!answer[0] && otherwise)
            snprintf(answer, ANSWER, "%s", otherwise);
    } while (!answer[0]);
    return 0;
}

static int ask_for_missing(struct fc_quick *quick, char answers[5][ANSWER], struct fc_error *error)
{
    if (!quick->model &&
        ask("Model (a name of flopcast list model, or the path of a config.json)", NULL, answers[0], error))
        return -1;
    quick->model = quick->model ? quick->model : answers[0];
    if (!quick->gpus && ask("GPUs (number and kind, as 2048xgb200)", NULL, answers[1], error))
        return -1;
    quick->gpus = quick->gpus ? quick->gpus : answers[1];
    if (!quick->tokens && ask("Tokens to train on (as 15T)", NULL, answers[2], error))
        return -1;
    quick->tokens = quick->tokens ? quick->tokens : answers[2];
    if (!quick->deadline && ask("Deadline (as 60 days; none: -)", "-", answers[3], error))
        return -1;
    if (!quick->deadline && strcmp(answers[3], "-") != 0)
        quick->deadline = answers[3];
    if (!quick->budget && ask("Budget (as 20M USD; none: -)", "-", answers[4], error))
        return -1;
    if (!quick->budget && strcmp(answers[4], "-") != 0)
        quick->budget = answers[4];
    return 0;
}

/* The text of the scenario, with what it assumes as comments, or NULL: what does not run is not written. */
static char *text_of(struct fc_quick *quick, bool quiet, struct fc_error *error)
{
    struct fc_scenario scenario;
    struct fc_scenario_options options = {.quick = *quick};
    if (fc_scenario_open(&scenario, NULL, &options, error))
        return NULL;
    fc_scenario_print_notes(&scenario, stderr, quiet);
    const struct fc_setting *spares = &scenario.settings->fields[FC_FIELD_SPARE_NODES];
    if (spares->from_default && spares->source) {
        quick->spares = (int)spares->integer;
        quick->spares_why = spares->source;
    }
    char *text = fc_quick_text(quick, error);
    fc_scenario_close(&scenario);
    return text;
}

static int keep(const char *text, const char *path, bool quiet, struct fc_error *error)
{
    struct fc_output *output = NULL;
    if (path && fc_output_open_new(&output, "-o", path, error))
        return -1;
    FILE *out = path ? fc_output_begin(output, error) : stdout;
    int status = 0;
    if (!out || fputs(text, out) < 0 || fflush(out))
        status = out ? fc_fail(error, FC_FAULT, "%s: cannot be written (%s)", path ? path : "the output",
                               strerror(errno))
                     : -1;
    if (path && status == 0)
        status = fc_output_commit(output, error);
    fc_output_close(output);
    if (path && status == 0 && !quiet)
        fprintf(stderr, "flopcast: %s is written; flopcast run %s\n", path, path);
    return status;
}

int fc_command_init(int argc, char **argv)
{
    static const struct option words[] = {FC_QUICK_OPTIONS,
                                          {"output", required_argument, NULL, 'o'},
                                          {"quiet", no_argument, NULL, 'q'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    struct fc_quick quick = {0};
    struct fc_error error = {0};
    char answers[5][ANSWER];
    const char *path = NULL;
    bool quiet = false;
    int status = 0;
    optind = 1;
    opterr = 0;
    for (int c; !status && (c = getopt_long(argc, argv, ":o:qh", words, NULL)) != -1;) {
        if (c == 'h') {
            fc_help_print(help, NULL);
            return FC_DONE;
        }
        if (c == 'o')
            path = strcmp(optarg, "-") == 0 ? NULL : optarg; /* -: standard output, where it goes without -o too */
        else if (c == 'q')
            quiet = true;
        else if (!fc_quick_take(&quick, c, optarg))
            status = fc_option_error("init", c, argv, words, &error);
    }
    if (!status && optind < argc)
        status = fc_fail(&error, FC_BAD_INPUT, "unexpected argument '%.80s': init takes options only",
                         argv[optind]);
    bool asks = !(quick.model && quick.gpus && quick.tokens) && isatty(STDIN_FILENO);
    if (!status && asks)
        status = ask_for_missing(&quick, answers, &error);
    /* the path of a model counts from the folder of the scenario */
    char full[PATH_MAX];
    if (!status && path && strchr(path, '/') && quick.model && fc_model_is_file(quick.model) &&
        realpath(quick.model, full))
        quick.model = full;
    char *text = status ? NULL : text_of(&quick, quiet, &error);
    if (text)
        (void)keep(text, path, quiet, &error);
    free(text);
    if (error.status != FC_DONE)
        fprintf(stderr, "flopcast init: %s\n", error.text);
    return (int)error.status;
}
