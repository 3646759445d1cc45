/* quick.c: see quick.h. */
#include "quick.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    SEQUENCE = 4096, /* tokens: the first stage of DeepSeek-V3, Llama 3 and Qwen3 is 4096 or 8192 */
    /* tokens of a step: Llama 3 405B trained on 16 Mi, DeepSeek-V3 on 60 Mi (arXiv 2407.21783, 2412.19437) */
    BATCH_TOKENS = 16 << 20
};

bool fc_quick_take(struct fc_quick *q, int option, const char *value)
{
    const char **const slots[] = {&q->model,     &q->gpus,     &q->tokens, &q->deadline, &q->budget,
                                  &q->precision, &q->sequence, &q->batch,  &q->price};
    int i = option - FC_QUICK_FIRST;
    if (i < 0 || i >= (int)(sizeof slots / sizeof slots[0]))
        return false;
    *slots[i] = value;
    return true;
}

bool fc_quick_given(const struct fc_quick *q)
{
    return q->model || q->gpus || q->tokens || q->deadline || q->budget || q->precision || q->sequence ||
           q->batch || q->price;
}

/* A number with K, M, B, G or T behind it, and nothing else. */
static int read_count(const char *option, const char *text, double most, double *value,
                      struct fc_error *error)
{
    static const char letters[] = "kKmMbBgGtT";
    static const double scales[] = {1e3, 1e3, 1e6, 1e6, 1e9, 1e9, 1e9, 1e9, 1e12, 1e12};
    char *end;
    *value = strtod(text, &end);
    const char *letter = end != text && *end ? strchr(letters, *end) : NULL;
    if (letter) {
        *value *= scales[letter - letters];
        end++;
    }
    if (end == text || *end || !(*value >= 1 && *value <= most) || isspace((unsigned char)*text))
        return fc_fail(error, FC_BAD_INPUT, "%s '%.40s' is not a number from 1 to %g, such as 15T or 2e12",
                       option, text, most);
    return 0;
}

/* 2048xgb200: the number and the name behind it. */
static int read_gpus(const char *text, double *count, const char **gpu, struct fc_error *error)
{
    char *end;
    *count = strtod(text, &end);
    while (*end == ' ')
        end++;
    bool cross = *end == 'x' || *end == 'X' || *end == '*';
    *gpu = end + 1;
    while (cross && **gpu == ' ')
        ++*gpu;
    if (end == text || !cross || !**gpu || !(*count >= 1 && *count <= 1e7) || *count != floor(*count))
        return fc_fail(error, FC_BAD_INPUT,
                       "--gpus '%.60s' is not a number and a GPU, such as 2048xgb200 (flopcast list gpu)",
                       text);
    return 0;
}

/* A value is put into a line of YAML as it stands. */
static int check_value(const char *option, const char *text, struct fc_error *error)
{
    if (!text)
        return 0;
    for (const char *c = text; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr(" .,+-_/%()=", *c))
            return fc_fail(error, FC_BAD_INPUT, "%s '%.60s' holds a character that no value has", option,
                           text);
    return *text ? 0 : fc_fail(error, FC_BAD_INPUT, "%s has an empty value", option);
}

static int check_name(const char *option, const char *text, struct fc_error *error)
{
    for (const char *c = text; *c; c++)
        if ((unsigned char)*c < ' ' || *c == '"' || *c == '\\')
            return fc_fail(error, FC_BAD_INPUT, "%s '%.60s' holds a quote, backslash or control character",
                           option, text);
    return *text ? 0 : fc_fail(error, FC_BAD_INPUT, "%s has an empty value", option);
}

struct figures {
    double gpus, tokens, sequence, batch;
    const char *gpu;
    bool own_sequence, own_batch;
};

static int read_figures(const struct fc_quick *q, struct figures *f, struct fc_error *error)
{
    const char *missing = !q->model ? "--model" : !q->gpus ? "--gpus" : !q->tokens ? "--tokens" : NULL;
    if (missing)
        return fc_fail(error, FC_BAD_INPUT,
                       "%s is missing; a scenario needs a model, GPUs and tokens (--model deepseek-v3 --gpus "
                       "2048xgb200 --tokens 15T)",
                       missing);
    *f = (struct figures){.sequence = SEQUENCE, .own_sequence = q->sequence, .own_batch = q->batch};
    if (read_gpus(q->gpus, &f->gpus, &f->gpu, error) || check_name("--gpus", f->gpu, error) ||
        check_name("--model", q->model, error) ||
        read_count("--tokens", q->tokens, 1e17, &f->tokens, error) ||
        (q->sequence && read_count("--sequence", q->sequence, 1e7, &f->sequence, error)) ||
        check_value("--deadline", q->deadline, error) || check_value("--budget", q->budget, error) ||
        check_value("--precision", q->precision, error) || check_value("--gpu-hour", q->price, error))
        return -1;
    /* whole sequences for every GPU */
    f->batch = f->gpus * ceil(fmax(1, BATCH_TOKENS / f->sequence / f->gpus));
    return q->batch ? read_count("--batch", q->batch, 1e7, &f->batch, error) : 0;
}

static void print_goals(FILE *out, const struct fc_quick *q)
{
    if (!q->deadline && !q->budget) {
        fprintf(out,
                "# goals: {deadline: 60 days, budget: 20M USD} # give the chance to meet them\n");
        return;
    }
    fprintf(out, "goals: # give P(deadline_met), P(budget_met), P(both)\n");
    if (q->deadline)
        fprintf(out, "  deadline: %s\n", q->deadline);
    if (q->budget)
        fprintf(out, "  budget: %s\n", q->budget);
}

static void print(FILE *out, const struct fc_quick *q, const struct figures *f)
{
    const char *slash = strrchr(q->model, '/');
    fprintf(out,
            "# %s on %.0f %s, made by flopcast init.\n"
            "# Change what you know better; flopcast show --defaults FILE lists all else.\n",
            slash ? slash + 1 : q->model, f->gpus, f->gpu);
    /* a name would stay behind when GPUs or the model are set to others */
    fprintf(out, "# name: my-run # in the place of the file's name\n");
    fprintf(out, "layers: run # step: one training step alone\n\n");
    fprintf(out, "cluster:\n  gpu: \"%s\" # flopcast list gpu\n  gpus: %.0f\n", f->gpu, f->gpus);
    fprintf(out, "  # network: ...          # flopcast list network; else as the GPU usually comes\n");
    if (q->spares > 0)
        fprintf(out, "  # spare_nodes: %-8d # assumed and billed: %.*s\n", q->spares,
                (int)strcspn(q->spares_why, ";"), q->spares_why);
    fprintf(out, "  # spare_racks: 1        # see flopcast show cluster\n\n");
    fprintf(out, "training:\n  model: \"%s\" # flopcast list model, or the path of a config.json\n",
            q->model);
    const char *power = f->tokens >= 1e12 ? "e12" : f->tokens >= 1e9 ? "e9" : "";
    fprintf(out, "  tokens: %.15g%s token\n", f->tokens / (f->tokens >= 1e12 ? 1e12 : f->tokens >= 1e9 ? 1e9 : 1), power);
    fprintf(out, "  sequence: %.0f token%s\n", f->sequence,
            f->own_sequence ? "" : " # assumed, as most models begin");
    fprintf(out, "  global_batch: %.0f # sequences%s\n", f->batch,
            f->own_batch ? ""
                         : "; assumed: about 16 million tokens a step");
    if (q->precision)
        fprintf(out, "  precision: %s\n", q->precision);
    else
        fprintf(out,
                "  # precision: fp8 # bf16 unless stated; fp8, mxfp8, nvfp4 where the GPU can\n");
    fprintf(out, "\n# The parallel plan is searched unless it is stated:\n"
                 "# plan: {tp: 1, pp: 8, ep: 64, micro_batch: 1, recompute: selective}\n\n");
    if (q->price)
        fprintf(out, "prices:\n  gpu_hour: %s\n\n", q->price);
    else
        fprintf(out,
                "# prices: {gpu_hour: 3 to 5 USD}\n"
                "# reliability: {profile: gb200-era} # classes of faults, whole racks among them\n\n");
    print_goals(out, q);
}

const char *fc_quick_assumed(const struct fc_quick *q, char *text, size_t size)
{
    struct figures f;
    struct fc_error ignored = {0};
    size_t used = 0;
    text[0] = '\0';
    if (read_figures(q, &f, &ignored))
        return text;
    if (!f.own_sequence)
        used = (size_t)snprintf(text, size, "sequences of %.0f tokens (--sequence)", f.sequence);
    if (!f.own_batch && used < size)
        used += (size_t)snprintf(text + used, size - used, "%sa global batch of %.0f sequences (--batch)",
                                 used ? ", " : "", f.batch);
    if (!q->precision && used < size)
        (void)snprintf(text + used, size - used, "%sbf16 (--precision)", used ? ", " : "");
    return text;
}

char *fc_quick_text(const struct fc_quick *q, struct fc_error *error)
{
    struct figures f;
    char *text = NULL;
    size_t size = 0;
    if (read_figures(q, &f, error))
        return NULL;
    FILE *out = open_memstream(&text, &size);
    if (!out) {
        (void)fc_fail(error, FC_FAULT, "out of memory for the scenario");
        return NULL;
    }
    print(out, q, &f);
    if (fclose(out)) {
        free(text);
        (void)fc_fail(error, FC_FAULT, "out of memory for the scenario");
        return NULL;
    }
    return text;
}
