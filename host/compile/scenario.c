/* scenario.c: see scenario.h. */
#include "scenario.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cuda/model/contract/contract_program.h"
#include "assumed.h"
#include "contract_mfu.h"
#include "era.h"
#include "operation.h"
#include "plan_auto.h"
#include "sampling.h"
#include "spares.h"
#include "host/language/embedded.h"
#include "host/language/in_use.h"
#include "host/backends/kernels.h"
#include "host/language/scale.h"
#include "host/language/scenario_file.h"
#include "host/language/settings.h"
#include "host/language/site.h"
#include "host/language/usual.h"
#include "host/base/date.h"
#include "host/base/options.h"
#include "host/base/source.h"
#include "host/base/version.h"

#define DEFAULT_TRIALS 100000u
#define DEFAULT_SEED 1u

int fc_scenario_add_override(struct fc_scenario_options *options, const char *text, struct fc_error *error)
{
    char **grown = realloc(options->overrides, (options->override_count + 1) * sizeof *grown);
    if (!grown)
        return fc_fail(error, FC_FAULT, "out of memory for --set");
    options->overrides = grown;
    grown[options->override_count] = strdup(text);
    if (!grown[options->override_count])
        return fc_fail(error, FC_FAULT, "out of memory for --set");
    options->override_count++;
    return 0;
}

int fc_scenario_refuse_override(const struct fc_scenario_options *options, const char *path, const char *giver,
                                struct fc_error *error)
{
    size_t length = strlen(path);
    for (size_t i = 0; i < options->override_count; i++) {
        const char *text = options->overrides[i];
        if (strncmp(text, path, length) == 0 && text[length + strspn(text + length, " ")] == '=')
            return fc_fail(error, FC_BAD_INPUT, "--set %.80s counts for nothing: %s gives the values of %.80s; drop one",
                           text, giver, path);
    }
    return 0;
}

/* Of two values for one path the last holds, and it is said. */
static void note_set_twice(const struct fc_scenario_options *options, struct fc_notes *notes)
{
    for (size_t i = 0; i < options->override_count; i++) {
        const char *text = options->overrides[i];
        const size_t length = strcspn(text, " =");
        for (size_t k = i + 1; k < options->override_count && !fc_scale_is_one(text); k++) {
            const char *later = options->overrides[k];
            if (fc_scale_is_one(later) || strcspn(later, " =") != length || strncmp(text, later, length) != 0)
                continue;
            fc_note(notes, FC_NOTE, "set-twice", NULL, "--set %.80s counts for nothing: --set %.80s stands behind it", text,
                    later);
            break;
        }
    }
}

int fc_scenario_take_option(struct fc_scenario_options *options, int option, int set, const char *value,
                            uint64_t most, struct fc_error *error)
{
    if (option == 'n')
        return fc_option_count("-n", value, 1, most, &options->trials, error);
    if (option == set)
        return fc_scenario_add_override(options, value, error);
    if (option != 's')
        return 1;
    options->has_seed = true;
    return fc_option_count("-s", value, 0, UINT64_MAX, &options->seed, error);
}

void fc_scenario_options_free(struct fc_scenario_options *options)
{
    for (size_t i = 0; i < options->override_count; i++)
        free(options->overrides[i]);
    free(options->overrides);
    *options = (struct fc_scenario_options){0};
}

static int apply_file(struct fc_settings *settings, const char *name, struct fc_error *error)
{
    const struct fc_embedded_file *file = fc_embedded_find(name);
    struct fc_document *defaults;
    if (!file)
        return fc_fail(error, FC_FAULT, "%s is not embedded in this build", name);
    if (fc_document_open_text(&defaults, file->name, (const char *)file->data, file->size, FC_SCENARIO_BYTES,
                              error))
        return -1;
    int status = fc_settings_apply_defaults(settings, defaults, error);
    fc_document_close(defaults);
    return status;
}

/* What the hardware's era brings goes before what follows from the GPU, and that before the general defaults. */
static int apply_defaults(struct fc_settings *settings, const struct fc_catalog *catalog,
                          struct fc_error *error)
{
    if (fc_operation_apply(settings, catalog, error) || fc_era_apply(settings, catalog, error) ||
        fc_cluster_apply_defaults(settings, catalog, error) ||
        apply_file(settings, "catalog/defaults.yaml", error) || fc_spares_apply(settings, catalog, error) ||
        fc_contract_mfu_apply(settings, catalog, error))
        return -1;
    fc_cluster_withhold_defaults(settings, catalog);
    return 0;
}

/* A capacity block whose term is not stated is as long as one can be; the default is that of the other forms.
 */
static void default_block_terms(struct fc_settings *settings)
{
    for (int k = 0; k < fc_contract_providers(settings); k++) {
        struct fc_setting *term =
            &settings->fields[k == 0 ? FC_FIELD_P1_TERM : fc_field_of_provider(k, FC_FIELD_P2_TERM)];
        if (fc_contract_form(settings, k) != FC_FORM_BLOCK || !term->from_default)
            continue;
        term->integer = 6;
        term->number = 6;
        term->text = "6 months";
        term->source = "a capacity block is for 1 to 6 months; the longest unless stated";
    }
}

/* A file, a bundled scenario, or what the options describe. */
static int open_document(struct fc_scenario *scenario, const char *path_or_name,
                         const struct fc_scenario_options *options, struct fc_error *error)
{
    const struct fc_quick *quick = &options->quick;
    if (options->text)
        return fc_document_open_text(&scenario->document, path_or_name, options->text, strlen(options->text),
                                     FC_SCENARIO_BYTES, error);
    if (!fc_quick_given(quick))
        return fc_scenario_file_open(&scenario->document, path_or_name, error);
    if (path_or_name)
        return fc_fail(
            error, FC_BAD_INPUT,
            "'%.80s' is a scenario, and --model, --gpus, --tokens and what goes with them (--deadline, --budget, "
            "--gpu-hour ...) describe another; give one (--set goals.deadline='60 days' changes a value of a file)",
            path_or_name);
    char *text = fc_quick_text(quick, error);
    if (!text)
        return -1;
    int status = fc_document_open_text(&scenario->document, FC_QUICK_NAME, text, strlen(text),
                                       FC_SCENARIO_BYTES, error);
    free(text);
    return status;
}

/* A model, GPU or network that the scenario states itself joins the catalog under the path of its key. */
static int add_stated(struct fc_catalog *catalog, const struct fc_document *document, struct fc_error *error)
{
    static const enum fc_field_id ids[] = {FC_FIELD_MODEL, FC_FIELD_GPU, FC_FIELD_NETWORK};
    const struct fc_node *root = fc_document_root(document);
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        const struct fc_field *field = &fc_fields[ids[i]];
        const struct fc_node *node = fc_node_find(root, field->path);
        if (!node)
            node = fc_node_get(root, field->path);
        if (node && node->kind == FC_NODE_MAP &&
            fc_catalog_add_stated(catalog, field->unit, field->path, node, error))
            return -1;
    }
    return 0;
}

/* `start` must be a date; a deadline that is one becomes the days from start to its end. */
static int settle_dates(struct fc_document *document, struct fc_notes *notes, struct fc_error *error)
{
    const struct fc_node *root = fc_document_root(document), *start = fc_node_get(root, "start");
    const struct fc_node *deadline = fc_node_find(root, "goals.deadline");
    long first = 0, last;
    char change[64];
    if (!deadline && fc_node_get(root, "goals"))
        deadline = fc_node_get(fc_node_get(root, "goals"), "deadline");
    if (start && (start->kind != FC_NODE_TEXT || !fc_date_read(start->text, &first)))
        return fc_fail_at(error, &start->place, "start is not a date; write it as 2026-12-01");
    if (!deadline || deadline->kind != FC_NODE_TEXT || !fc_date_read(deadline->text, &last))
        return 0;
    if (!start)
        return fc_fail_at(error, &deadline->place,
                          "goals.deadline is a date, but the scenario has none to count from; state "
                          "start: YYYY-MM-DD");
    if (last < first)
        return fc_fail_at(error, &deadline->place, "goals.deadline is before start");
    fc_note(notes, FC_NOTE, "deadline-date", &deadline->place,
            "goals.deadline %.10s is %ld days from start, its own day included", deadline->text,
            last - first + 1);
    snprintf(change, sizeof change, "goals.deadline=%ld days", last - first + 1);
    return fc_document_set(document, change, error);
}

/* A key that is stated and that nothing in this scenario reads changes nothing: a note says so. */
static void note_unread(struct fc_settings *settings)
{
    for (int i = 0; i < FC_FIELD_COUNT; i++) {
        const struct fc_setting *s = &settings->fields[i];
        if (!s->is_set || s->from_default || fc_field_in_use(settings, &fc_fields[i]))
            continue;
        if (fc_fields[i].use == FC_USE_TERMINATION)
            fc_note(&settings->notes, FC_NOTE, "key-unread", &s->place,
                    "%s counts in 'flopcast value terminate'; nothing else reads it without contract.terminate",
                    fc_fields[i].path);
        else
            fc_note(&settings->notes, FC_NOTE, "key-unread", &s->place,
                    "%s is stated, but nothing in this scenario reads it (layers: %s)", fc_fields[i].path,
                    fc_fields[FC_FIELD_LAYERS].choices[settings->fields[FC_FIELD_LAYERS].choice]);
    }
}

/* The name as stated, else that of the file; without a file what the settings describe, --set included. */
static void name_it(struct fc_scenario *scenario, const char *path_or_name)
{
    const struct fc_setting *f = scenario->settings->fields, *model = &f[FC_FIELD_MODEL];
    const char *slash = model->is_set ? strrchr(model->name, '/') : NULL;
    if (f[FC_FIELD_SCENARIO_NAME].is_set)
        snprintf(scenario->name, sizeof scenario->name, "%s", f[FC_FIELD_SCENARIO_NAME].name);
    else if (!path_or_name && model->is_set && f[FC_FIELD_GPU].is_set)
        snprintf(scenario->name, sizeof scenario->name, "%s on %.0f %s", slash ? slash + 1 : model->name,
                 f[FC_FIELD_GPUS].number, f[FC_FIELD_GPU].name);
    else
        snprintf(scenario->name, sizeof scenario->name, "%s", path_or_name ? path_or_name : "");
    fc_make_printable(scenario->name, false);
}

int fc_scenario_open(struct fc_scenario *scenario, const char *path_or_name,
                     const struct fc_scenario_options *options, struct fc_error *error)
{
    *scenario = (struct fc_scenario){0};
    scenario->settings = malloc(sizeof *scenario->settings);
    if (!scenario->settings)
        return fc_fail(error, FC_FAULT, "out of memory for the scenario");
    fc_settings_init(scenario->settings);
    if (open_document(scenario, path_or_name, options, error))
        goto failed;
    if (fc_quick_given(&options->quick)) {
        char assumed[256];
        if (fc_quick_assumed(&options->quick, assumed, sizeof assumed)[0])
            fc_note(&scenario->settings->notes, FC_NOTE, "scenario-assumed", NULL,
                    "not stated and so assumed: %s; flopcast init writes the scenario to change", assumed);
    }
    note_set_twice(options, &scenario->settings->notes);
    for (size_t i = 0; i < options->override_count; i++)
        if (!fc_scale_is_one(options->overrides[i]) &&
            fc_document_set(scenario->document, options->overrides[i], error))
            goto failed;
    if (settle_dates(scenario->document, &scenario->settings->notes, error) ||
        fc_catalog_open(&scenario->catalog, error) ||
        add_stated(scenario->catalog, scenario->document, error) ||
        fc_settings_read(scenario->settings, scenario->document, error) ||
        fc_site_apply(scenario->settings, scenario->catalog, error) ||
        apply_defaults(scenario->settings, scenario->catalog, error))
        goto failed;
    struct fc_place place;
    size_t unquoted = fc_document_unquoted(scenario->document, &place);
    if (unquoted > 0)
        fc_note(&scenario->settings->notes, FC_NOTE, "unquoted-call", &place,
                "%zu %s without quotes and would be split by other YAML readers; write \"pert(2.6, 3.5, 6.5) "
                "USD\" in "
                "quotes, or {pert: [2.6, 3.5, 6.5], unit: USD}",
                unquoted, unquoted == 1 ? "distribution stands" : "distributions stand");
    fc_catalog_note(scenario->catalog, &scenario->settings->notes);
    if (fc_catalog_posterior() && scenario->settings->fields[FC_FIELD_POSTERIOR].is_set)
        scenario->settings->fields[FC_FIELD_POSTERIOR].note = fc_catalog_posterior();
    default_block_terms(scenario->settings);
    for (size_t i = 0; i < options->override_count; i++)
        if (fc_scale_is_one(options->overrides[i]) &&
            fc_scale_apply(scenario->settings, options->overrides[i], error))
            goto failed;
    if (fc_spares_apply(scenario->settings, scenario->catalog, error)) /* cluster.gpus may be scaled */
        goto failed;
    if (fc_plan_settle(scenario->settings, scenario->catalog, error))
        goto failed;
    if (fc_program_compile(&scenario->compiled, scenario->settings, scenario->catalog, error))
        goto failed;
    fc_contract_mfu_check(scenario->settings, scenario->catalog);
    note_unread(scenario->settings);
    fc_usual_check(scenario->settings);
    fc_assumed_note(scenario->settings);
    const struct fc_setting *f = scenario->settings->fields;
    scenario->trials = options->trials             ? options->trials
                       : f[FC_FIELD_TRIALS].is_set ? (uint64_t)f[FC_FIELD_TRIALS].integer
                                                   : DEFAULT_TRIALS;
    scenario->seed = options->has_seed         ? options->seed
                     : f[FC_FIELD_SEED].is_set ? (uint64_t)f[FC_FIELD_SEED].integer
                                               : DEFAULT_SEED;
    if (options->quasi) {
        fc_sampling_lattice(&scenario->compiled.program);
        fc_program_digest(&scenario->compiled);
    }
    name_it(scenario, path_or_name);
    return 0;
failed:
    fc_scenario_close(scenario);
    return -1;
}

void fc_scenario_close(struct fc_scenario *scenario)
{
    if (scenario->settings)
        fc_settings_free(scenario->settings);
    free(scenario->settings);
    fc_document_close(scenario->document);
    fc_catalog_close(scenario->catalog);
    fc_program_free(&scenario->compiled);
    *scenario = (struct fc_scenario){0};
}

void fc_scenario_notes(const struct fc_scenario *scenario, struct fc_notes *notes)
{
    for (int i = 0; i < FC_FIELD_COUNT; i++) {
        const struct fc_setting *s = &scenario->settings->fields[i];
        if (s->is_set && s->note && !s->from_default)
            fc_note(notes, FC_NOTE, "value-changed", &s->place, "%s: %s", fc_fields[i].path, s->note);
    }
    fc_notes_add(notes, &scenario->settings->notes);
    fc_notes_add(notes, &scenario->compiled.notes);
}

void fc_scenario_print_notes(const struct fc_scenario *scenario, FILE *out, bool quiet)
{
    struct fc_notes notes = {0};
    fc_scenario_notes(scenario, &notes);
    fc_notes_print(&notes, out, quiet);
    fc_notes_free(&notes);
}

/* {"scenario": ..., "origins": ...} on one line. */
static char *resolved_json(const struct fc_settings *settings, const struct fc_influence *influences,
                           size_t count, struct fc_error *error)
{
    char *text = NULL;
    size_t size = 0;
    struct fc_writer *writer;
    FILE *out = open_memstream(&text, &size);
    if (!out) {
        fc_fail(error, FC_FAULT, "out of memory for the resolved scenario");
        return NULL;
    }
    int status = fc_writer_open(&writer, out, FC_JSON, error);
    if (status == 0) {
        fc_write_map(writer, NULL);
        fc_settings_write_scenario(settings, writer, "scenario");
        fc_settings_write_origins(settings, writer, "origins");
        fc_assumptions_write(settings, influences, count, writer, "assumptions");
        fc_write_end(writer);
        status = fc_writer_close(writer, error);
    }
    fclose(out);
    if (status) {
        free(text);
        return NULL;
    }
    return text;
}

int fc_scenario_add_influences(const struct fc_scenario *scenario, const struct fc_influence *influences,
                               size_t count, struct fc_result *result, struct fc_error *error)
{
    char *text = resolved_json(scenario->settings, influences, count, error);
    if (!text)
        return -1;
    free(result->scenario_json);
    result->scenario_json = text;
    return 0;
}

int fc_scenario_start_result(const struct fc_scenario *scenario, struct fc_result *result,
                             struct fc_error *error)
{
    const struct fc_program *program = &scenario->compiled.program;
    *result = (struct fc_result){0};
    result->scenario_json = resolved_json(scenario->settings, NULL, 0, error);
    if (!result->scenario_json)
        return -1;
    result->scenario_name = strdup(scenario->name);
    if (!result->scenario_name) {
        fc_result_free(result);
        return fc_fail(error, FC_FAULT, "out of memory for the result");
    }
    fc_scenario_notes(scenario, &result->notes);
    result->input_digest = scenario->compiled.input_digest;
    result->seed = scenario->seed;
    result->model_version = FC_MODEL_VERSION;
    memcpy(result->run_flop, program->contract.run_flop, sizeof result->run_flop);
    result->deadline_days = (double)program->contract.deadline_days;
    result->budget_usd = (double)program->contract.budget_usd;
    if ((program->layers & FC_LAYER_RUN) && !program->run.watch)
        result->longest_days = (double)program->run.tick_s * program->run.horizon / 86400;
    snprintf(result->build, sizeof result->build, "flopcast " FC_VERSION ", %s", fc_kernel_compiler());
    if (fc_tally_create_shifts(&result->tally, program->metrics, program->metric_count, program->shifts, error)) {
        fc_result_free(result);
        return -1;
    }
    return 0;
}

/* The scenario of a result as a text of its own; NULL with `error` filled. */
static char *scenario_text(const struct fc_result *result, struct fc_error *error)
{
    struct fc_document *document;
    struct fc_writer *writer;
    char *text = NULL;
    size_t size = 0;
    if (fc_document_open_text(&document, "scenario", result->scenario_json, strlen(result->scenario_json),
                              FC_RESULT_BYTES, error))
        return NULL;
    const struct fc_node *node = fc_node_get(fc_document_root(document), "scenario");
    FILE *out = node ? open_memstream(&text, &size) : NULL;
    int status = out ? fc_writer_open(&writer, out, FC_JSON, error)
                     : fc_fail(error, node ? FC_FAULT : FC_BAD_INPUT, node ? "out of memory" : "it holds no scenario");
    if (status == 0) {
        fc_write_node(writer, NULL, node);
        status = fc_writer_close(writer, error);
    }
    if (out && fclose(out) && status == 0)
        status = fc_fail(error, FC_FAULT, "out of memory");
    fc_document_close(document);
    if (status) {
        free(text);
        return NULL;
    }
    return text;
}

int fc_scenario_check_result(const struct fc_result *result, const char *path, struct fc_error *error)
{
    struct fc_scenario scenario;
    struct fc_error why;
    if (result->model_version != FC_MODEL_VERSION || !result->scenario_json) {
        (void)fc_fail(error, FC_BAD_INPUT, "%s: is of model version %d, and this program has %d", path,
                      result->model_version, FC_MODEL_VERSION);
        return 1;
    }
    char *text = scenario_text(result, &why);
    struct fc_scenario_options options = {.text = text, .quasi = result->tally.shifts > 0};
    bool open = text && fc_scenario_open(&scenario, "scenario", &options, &why) == 0;
    free(text);
    if (!open && why.status == FC_FAULT)
        return fc_fail(error, FC_FAULT, "%s: its inputs cannot be checked: %s", path, why.text);
    if (!open) {
        (void)fc_fail(error, why.status, "%s: its inputs are not checked (%s)", path, why.text);
        return 1;
    }
    uint64_t digest = scenario.compiled.input_digest;
    fc_scenario_close(&scenario);
    if (digest == result->input_digest)
        return 0;
    return fc_fail(error, FC_BAD_INPUT,
                   "%s: its scenario gives the input digest %016llx, not %016llx as it states (it was "
                   "edited, or the run "
                   "had another catalog or --posterior: name the same here)",
                   path, (unsigned long long)digest, (unsigned long long)result->input_digest);
}
