/* test_result.c: the JSON of a result: strict JSON with every member that other programs rely on, read back
 * as it was, and refused with a place when it is damaged. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <libfyaml.h>

#include "host/base/document.h"
#include "scenario_run.h"

static struct fc_result frontier, aws, whole; /* whole: the first of them as read from its file */
static char directory[] = "/tmp/flopcast-result-XXXXXX";

static const char *path_of(const char *name)
{
    static char path[64];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    return path;
}

static int prepare(void **state)
{
    (void)state;
    if (!mkdtemp(directory))
        return -1;
    frontier = scenario_run("scenarios/gb300-nvl72-frontier.yaml", NULL, 100, 3000);
    aws = scenario_run("scenarios/openai-aws-38b-contract.yaml", NULL, 0, 20000);
    return 0;
}

static int tidy(void **state)
{
    (void)state;
    fc_result_free(&frontier);
    fc_result_free(&aws);
    fc_result_free(&whole);
    for (char name[] = "a.json"; name[0] <= 'f'; name[0]++)
        remove(path_of(name));
    return rmdir(directory);
}

static char *json_of(const struct fc_result *result)
{
    struct fc_error error;
    char *text = fc_result_json(result, &error);
    if (!text)
        fail_msg("%s", error.text);
    return text;
}

/* libfyaml in its JSON mode takes no YAML. */
static int is_json(const char *text)
{
    struct fy_parse_cfg quiet = {.flags = FYPCF_JSON_FORCE | FYPCF_QUIET};
    struct fy_document *document = fy_document_build_from_string(&quiet, text, strlen(text));
    fy_document_destroy(document);
    return document != NULL;
}

static void strict_json(void **state)
{
    (void)state;
    assert_false(is_json("{a: 1}"));
    assert_false(is_json("{\"a\": [1, 2}"));
    const struct fc_result *results[] = {&frontier, &aws};
    for (int i = 0; i < 2; i++) {
        char *text = json_of(results[i]);
        assert_true(is_json(text));
        free(text);
    }
}

/* The members of every metric; a refused figure is null, with its error, and there is a `why`. */
static void check_metric(const struct fc_node *metric)
{
    static const char *const figures[] = {"mean", "sd",  "p5",  "p25",        "p50",
                                          "p75",  "p95", "p99", "cvar_worst5"};
    bool refused = false;
    assert_non_null(fc_node_text(metric, "unit"));
    assert_non_null(fc_node_text(metric, "min"));
    assert_non_null(fc_node_text(metric, "max"));
    const char *worst = fc_node_text(metric, "worst");
    assert_true(worst && (strcmp(worst, "high") == 0 || strcmp(worst, "low") == 0));
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++) {
        char name[32];
        snprintf(name, sizeof name, "%s_se", figures[i]);
        const struct fc_node *value = fc_node_get(metric, figures[i]), *error = fc_node_get(metric, name);
        if (!value || !error)
            fail_msg("%s lacks %s or its error", metric->key, figures[i]);
        assert_int_equal(value->kind, error->kind);
        refused |= value->kind == FC_NODE_EMPTY;
    }
    assert_int_equal(refused, fc_node_text(metric, "why") != NULL);
}

static struct fc_document *opened(const char *text)
{
    struct fc_document *document;
    struct fc_error error;
    if (fc_document_open_text(&document, "result", text, strlen(text), FC_RESULT_BYTES, &error))
        fail_msg("%s", error.text);
    return document;
}

static void members(void **state)
{
    (void)state;
    static const char *const keys[] = {
        "format", "model_version", "name",    "scenario",      "origins", "input_digest",
        "seed",   "trials",        "digest",  "backend",       "devices", "topology",
        "build",  "wall_s",        "metrics", "probabilities", "notes",   "tally",
    };
    static const char *const run_metrics[] = {
        "step_time_s",
        "tokens_per_s",
        "tokens_per_s_per_gpu",
        "tflops_per_gpu",
        "mfu",
        "memory_per_gpu_bytes",
        "wall_clock_days",
        "goodput",
        "interruptions",
        "time_productive_h",
        "time_lost_work_h",
        "time_checkpoint_h",
        "time_detection_h",
        "time_restart_h",
        "time_waiting_h",
        "time_planned_downtime_h",
        "gpu_hours",
        "cost_usd",
        "cost_per_mtoken_usd",
        "energy_mwh",
        "co2_t",
    };
    static const char *const contract_metrics[] = {
        "gpu_hours",         "gpus_full_ramp",      "useful_flop",
        "cost_usd",          "energy_mwh",          "co2_t",
        "runs_final@5e26",   "runs_final@6e27",     "run_cost_usd@5e26",
        "run_cost_usd@6e27", "run_energy_mwh@5e26", "run_energy_mwh@6e27",
    };
    char *text = json_of(&frontier);
    struct fc_document *document = opened(text);
    const struct fc_node *root = fc_document_root(document), *metrics = fc_node_get(root, "metrics");
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (!fc_node_get(root, keys[i]))
            fail_msg("the result lacks '%s'", keys[i]);
    for (size_t i = 0; i < sizeof run_metrics / sizeof run_metrics[0]; i++)
        if (!fc_node_get(metrics, run_metrics[i]))
            fail_msg("the result lacks '%s'", run_metrics[i]);
    for (const struct fc_node *metric = metrics->first; metric; metric = metric->next)
        check_metric(metric);
    /* 3000 trials have 30 beyond P99 */
    assert_non_null(fc_node_find(root, "metrics.wall_clock_days.why"));
    assert_int_equal(fc_node_find(root, "metrics.wall_clock_days.p99")->kind, FC_NODE_EMPTY);
    assert_int_equal(fc_node_find(root, "metrics.wall_clock_days.p95")->kind, FC_NODE_TEXT);
    static const char *const goals[] = {"deadline_met", "budget_met", "deadline_and_budget_met"};
    for (int i = 0; i < 3; i++) {
        const struct fc_node *goal = fc_node_get(fc_node_get(root, "probabilities"), goals[i]);
        double p = atof(fc_node_text(goal, "p"));
        assert_true(atof(fc_node_text(goal, "lo")) <= p && p <= atof(fc_node_text(goal, "hi")));
    }
    const struct fc_node *range = fc_node_get(root, "trials")->first;
    assert_string_equal(range->first->text, "100");
    assert_string_equal(range->last->text, "3000");
    assert_int_equal(strlen(fc_node_text(root, "digest")), 16);
    assert_string_equal(fc_node_find(root, "scenario.cluster.gpu")->text, "gb300");
    fc_document_close(document);
    free(text);

    text = json_of(&aws);
    document = opened(text);
    metrics = fc_node_get(fc_document_root(document), "metrics");
    for (size_t i = 0; i < sizeof contract_metrics / sizeof contract_metrics[0]; i++)
        if (!fc_node_get(metrics, contract_metrics[i]))
            fail_msg("the result lacks '%s'", contract_metrics[i]);
    for (const struct fc_node *metric = metrics->first; metric; metric = metric->next)
        check_metric(metric);
    fc_document_close(document);
    free(text);
}

static int write_file(const struct fc_result *result, const char *path, struct fc_error *error)
{
    struct fc_output *output;
    if (fc_output_open(&output, "-o", path, error))
        return -1;
    int status = fc_result_write(result, output, error);
    fc_output_close(output);
    return status;
}

/* Read after another part of the run, a result is what it is when read alone, in a tally that held other numbers too. */
static void parts_of_a_run(void **state)
{
    (void)state;
    struct fc_error error;
    struct fc_result part;
    struct fc_tally room = {0};
    assert_int_equal(write_file(&frontier, path_of("c.json"), &error), 0);
    assert_int_equal(fc_result_read(&whole, path_of("c.json"), &error), 0);
    assert_non_null(strstr(whole.told, "\"scenario\": {"));
    assert_non_null(strstr(whole.told, "\"origins\": {"));
    char *text = json_of(&frontier);
    static const char *const names[] = {"d.json", "e.json", "f.json"}; /* what was read is not written again */
    for (int i = 0; i < 3; i++) { /* the third has other metrics, and finds no room */
        const struct fc_result *result = i < 2 ? &frontier : &aws;
        assert_int_equal(write_file(result, path_of(names[i]), &error), 0);
        const uint64_t *bins = room.metrics ? room.metrics[0].bins : NULL;
        assert_int_equal(fc_result_read_part(&part, path_of(names[i]), &whole, &room, &error), 0);
        assert_int_equal(fc_tally_digest(&part.tally, part.seed), fc_tally_digest(&result->tally, result->seed));
        assert_int_equal(strcmp(part.scenario_json, whole.scenario_json) == 0, i < 2);
        assert_int_equal(bins && part.tally.metrics[0].bins == bins, i == 1);
        assert_null(part.told);
        if (i < 2) {
            char *again = json_of(&part);
            assert_string_equal(again, text);
            free(again);
            for (int r = 0; i == 0 && r < part.tally.metric_count; r++) /* as an altered file would leave it */
                part.tally.metrics[r].sum[511] = 3;
        }
        fc_tally_free(&room);
        fc_tally_clear(&part.tally);
        room = part.tally;
        part.tally = (struct fc_tally){0};
        fc_result_free(&part);
    }
    fc_tally_free(&room);
    free(text);
}

static void round_trip(void **state)
{
    (void)state;
    const struct fc_result *results[] = {&frontier, &aws};
    for (int i = 0; i < 2; i++) {
        struct fc_error error;
        struct fc_result again;
        const char *path = path_of(i ? "b.json" : "a.json"); /* what was read is not written again */
        if (write_file(results[i], path, &error) || fc_result_read(&again, path, &error))
            fail_msg("%s", error.text);
        assert_int_equal(fc_tally_digest(&again.tally, again.seed),
                         fc_tally_digest(&results[i]->tally, results[i]->seed));
        char *before = json_of(results[i]), *after = json_of(&again);
        assert_string_equal(before, after);
        free(before);
        free(after);
        fc_result_free(&again);
    }
}

/* The text with the first `from` replaced by `to`; *line is where it stood. */
static char *changed(const char *text, const char *from, const char *to, int *line)
{
    const char *at = strstr(text, from);
    if (!at)
        fail_msg("the result does not hold %s", from);
    *line = 1 + (*from == '\n');
    for (const char *p = text; p < at; p++)
        *line += *p == '\n';
    size_t size = strlen(text) + strlen(to) + 1;
    char *copy = malloc(size);
    assert_non_null(copy);
    snprintf(copy, size, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    return copy;
}

static void put(const char *path, const char *text, size_t length)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

/* Reads the text as a file and expects a refusal that begins with file:line:column (line 0: any) and says
 * `why`. */
static void expect_refusal(const char *text, int line, const char *why)
{
    struct fc_result result;
    struct fc_error error = {0};
    const char *path = path_of("a.json");
    int got_line, column, length = (int)strlen(path);
    put(path, text, strlen(text));
    if (fc_result_read(&result, path, &error) == 0)
        fail_msg("was read, but should be refused: %s", why);
    assert_int_equal(error.status, FC_BAD_INPUT);
    if (strncmp(error.text, path, (size_t)length) != 0 ||
        sscanf(error.text + length, ":%d:%d: ", &got_line, &column) != 2 || !strstr(error.text, why) ||
        (line && line != got_line))
        fail_msg("line %d, '%s' is expected, not: %s", line, why, error.text);
    struct fc_error of_part = {0};
    assert_int_equal(fc_result_read_part(&result, path, &whole, NULL, &of_part), -1);
    assert_string_equal(of_part.text, error.text);
}

static void damaged_files(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *why;
        bool elsewhere; /* the message points at another line than the damage */
    } damages[] = {
        {"\"format\": 2", "\"format\": 99", "format 99 is not the one this version reads", false},
        {"\"format\"", "\"fromat\"", "'format' is missing", true},
        {"\n  \"seed\": 1", "\n  \"seed\": -1", "'-1' is not an integer", false},
        {"\n  \"seed\": 1", "\n  \"seed\": \"x\"", "'x' is not an integer", false},
        {"\n  \"seed\": 1", "\n  \"seed\": 2", "the file was altered", true},
        {"\n  \"seed\": 1", "\n  \"seed\": []", "is not an integer", false},
        {"3000", "-3000", "a range of trials is [first, count]", false},
        {"3000", "0", "with one trial at least", true},
        {"3000", "18446744073709551615", "with one trial at least", true},
        {"3000", "3001", "trials are not the 3000 of the metrics", true},
        {"\"trials\": [", "\"trials\": [[100, 10], ", "counted twice", true},
        {"\"backend\": \"cpu\"", "\"backend\": {}", "'backend' is a map, not text", false},
        {"\"metric\": 0", "\"metric\": 9999", "metric 9999 is unknown", true},
        {"\"metric\": 0", "\"metric\": 7", "is unknown", true},
        {"\"metric\": 17", "\"metric\": 3", "out of order", true},
        {"\"count\": 3000", "\"count\": 2999", "do not hold its 2999 values", true},
        {"\"bins\": \"", "\"bins\": \"1:2x ", "'bins' is damaged near '2x ", false},
        {"\"bins\": \"", "\"bins\": \"4000000000:1 ", "'bins' has no place 4000000000", false},
        {"\"sums\": \"", "\"sums\": \"1:2 ", "'sums' is damaged near '2 ", false},
        {"\"min_trial\": ", "\"min_trial\": 7", "the file was altered", true},
    };
    char *text = json_of(&frontier);
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        int line;
        char *copy = changed(text, damages[i].from, damages[i].to, &line);
        expect_refusal(copy, damages[i].elsewhere ? 0 : line, damages[i].why);
        free(copy);
    }
    for (size_t cut = 0; cut < strlen(text) - 2; cut += strlen(text) / 23) { /* a file that was cut short */
        char *copy = strdup(text);
        copy[cut] = '\0';
        expect_refusal(copy, 0, "");
        free(copy);
    }
    expect_refusal("[1, 2]", 1, "not a result of flopcast");
    expect_refusal("{\"name\": \"x\"}", 1, "'format' is missing");
    free(text);
}

/* Whatever byte is changed: the file is refused, unless the change is one of space between members. */
static void any_byte(void **state)
{
    (void)state;
    struct fc_error error;
    char *text = json_of(&frontier);
    size_t length = strlen(text);
    uint64_t digest = fc_tally_digest(&frontier.tally, frontier.seed);
    uint32_t random = 12345;
    int refused = 0;
    for (int i = 0; i < 400; i++) {
        random = random * 1664525u + 1013904223u; /* the generator of Numerical Recipes */
        size_t at = (size_t)(random >> 4) % length;
        char old = text[at];
        text[at] = "0917:x\" ,[]{}\\\n\x01"[i % 16];
        put(path_of("a.json"), text, length);
        struct fc_result result;
        int as_part = fc_result_read_part(&result, path_of("a.json"), &whole, NULL, &error);
        if (as_part == 0)
            fc_result_free(&result);
        int alone = fc_result_read(&result, path_of("a.json"), &error);
        assert_int_equal(as_part, alone);
        if (alone) {
            refused++;
        } else {
            assert_true(old == text[at] || (strchr(" \n", old) && strchr(" \n", text[at])));
            assert_int_equal(fc_tally_digest(&result.tally, result.seed), digest);
            fc_result_free(&result);
        }
        text[at] = old;
    }
    assert_in_range(refused, 100, 400);
    free(text);
}

static void cannot_be_written(void **state)
{
    (void)state;
    struct fc_error error = {0};
    assert_int_not_equal(write_file(&aws, "/nonexistent/a.json", &error), 0);
    assert_string_equal(
        error.text, "/nonexistent/a.json: cannot be written (No such file or directory); name another file");
    assert_int_not_equal(write_file(&aws, directory, &error), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strict_json),   cmocka_unit_test(members),  cmocka_unit_test(parts_of_a_run), cmocka_unit_test(round_trip),
        cmocka_unit_test(damaged_files), cmocka_unit_test(any_byte), cmocka_unit_test(cannot_be_written),
    };
    return cmocka_run_group_tests_name("result", tests, prepare, tidy);
}
