/* history_row.c: from a row of published runs to a scenario; the reading half of history.h. */
#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/language/fields.h"
#include "host/step/plan.h"
#include "history.h"

/* Assumptions where a row is silent. The batch of the time: GPT-3 to Llama 2 trained on 2 to 4 million tokens a step
 * (arXiv 2005.14165, 2205.01068, 2307.09288), later models on twice that and more (2407.21783: 4 to 16); half of it in half
 * of the worlds, as it decides where parameters are gathered anew for each step. A GPU count that is not stated is taken so that the run lasts some 60 days. */
#define BATCH_TOKENS 4194304.0
#define BATCH_TOKENS_LATER 8388608.0
#define SEQUENCE 4096.0
#define VOCABULARY 65536.0
#define USUAL_DAYS 60.0
#define USUAL_MFU 0.36
#define ABOUT_UNIT 128.0 /* GPUs: sixteen nodes */
#define SAME_PARAMETERS 0.08
/* Attention without a matrix of scores is known since 27 May 2022 (FlashAttention, arXiv 2205.14135), and no sequence of
 * 8,192 was trained with one. */
#define FUSED_SINCE "2022-07"
#define FUSED_SEQUENCE 8192
/* Below this nobody had trained before 2023 on A100 without adventures (OPT, GLM, BLOOM, Luminous): judgement */
#define LARGE_PARAMETERS 60e9

struct cells {
    const struct fc_csv *csv;
    size_t line;
};

static const char *cell(const struct cells *c, const char *name)
{
    for (size_t k = 0; k < c->csv->columns; k++)
        if (strcmp(fc_csv_cell(c->csv, 0, k), name) == 0)
            return fc_csv_cell(c->csv, c->line, k);
    return "";
}

static bool holds(const char *text, const char *word)
{
    size_t n = strlen(word);
    for (; *text; text++)
        if (strncasecmp(text, word, n) == 0)
            return true;
    return false;
}

/* The first number in a text such as "about 1,024 (from memory)"; NAN when there is none. *rest: behind it. */
static double number_in(const char *text, const char **rest)
{
    char copy[64];
    while (*text && !isdigit((unsigned char)*text))
        text++;
    size_t n = 0;
    const char *at = text;
    while ((isdigit((unsigned char)*at) || *at == '.' || (*at == ',' && isdigit((unsigned char)at[1])) ||
            ((*at == 'e' || *at == 'E') &&
             (isdigit((unsigned char)at[1]) || (at[1] == '+' && isdigit((unsigned char)at[2]))))) &&
           n + 2 < sizeof copy) {
        if (*at != ',')
            copy[n++] = *at;
        if ((*at == 'e' || *at == 'E') && at[1] == '+')
            at++;
        at++;
    }
    copy[n] = '\0';
    if (rest)
        *rest = at;
    return n ? strtod(copy, NULL) : (double)NAN;
}

static double number(const struct cells *c, const char *name)
{
    return number_in(cell(c, name), NULL);
}

/* NAN becomes `otherwise`. */
static double or (double value, double otherwise)
{
    return isfinite(value) && value > 0 ? value : otherwise;
}

static void say(char *text, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void say(char *text, size_t size, const char *format, ...)
{
    size_t used = strlen(text);
    va_list list;
    va_start(list, format);
    if (used > 0 && used + 2 < size)
        used += (size_t)snprintf(text + used, size - used, "; ");
    if (used < size)
        (void)vsnprintf(text + used, size - used, format, list);
    va_end(list);
}

/* The catalog's GPU of a text such as "A100-80" or "H100 (from memory)"; NULL: none. */
static const char *gpu_of(const char *text)
{
    static const char *const names[][2] = {
        {"gb300", "gb300"},     {"gb200", "gb200"},     {"gh200", "gh200"},     {"vr200", "vr200"},
        {"b300", "b300"},       {"b200", "b200"},       {"h200", "h200"},       {"h800", "h800"},
        {"h100", "h100"},       {"a100-80", "a100-80"}, {"a100 80", "a100-80"}, {"a100-40", "a100-40"},
        {"a100 40", "a100-40"}, {"a100", "a100-80"},    {"a800", "a100-80"}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (holds(text, names[i][0]))
            return names[i][1];
    return NULL;
}

/* The generation of training software nearest to what the row names, else to what was common on its GPU. */
static const char *software_of(const struct cells *c, const char *gpu, bool low)
{
    const char *text = cell(c, "software"), *begun = cell(c, "period_start");
    bool ampere = gpu[0] == 'a';
    static const struct {
        const char *text;
        enum fc_software_id software;
    } words[] = {{"foundry", FC_LLM_FOUNDRY},
                 {"torchtitan", FC_TORCHTITAN},
                 {"olmo-core", FC_TORCHTITAN},
                 {"nanotron", FC_TORCHTITAN},
                 {"megascale", FC_MEGASCALE},
                 {"maxtext", FC_JAX},
                 {"jax", FC_JAX},
                 {"bridge", FC_BRIDGE_25},
                 {"hai-llm", FC_BRIDGE_25}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (holds(text, words[i].text))
            return fc_softwares[words[i].software].name;
    if (holds(text, "meta") && !holds(text, "metaseq") && !ampere)
        return fc_softwares[FC_META_LLAMA3].name;
    /* before sequence parallelism and selective recomputation (Megatron-LM 3.0, mid-2022) */
    static const char *const early[] = {"megatron 2.", "megatron-lm 1.", "megatron-lm 2.", "metaseq",
                                        "fairseq"};
    if (ampere && holds(text, "deepspeed"))
        return fc_softwares[FC_MEGATRON_DEEPSPEED].name;
    for (size_t i = 0; ampere && i < sizeof early / sizeof early[0]; i++)
        if (holds(text, early[i]))
            return fc_softwares[FC_MEGATRON_2021].name;
    if (ampere)
        return fc_softwares[strcmp(begun, FUSED_SINCE) >= 0 || number(c, "seq") >= FUSED_SEQUENCE
                                ? FC_MEGATRON_2023
                                : FC_MEGATRON_2022]
            .name;
    if (gpu[0] == 'b' || strncmp(gpu, "gb", 2) == 0 || low)
        return fc_softwares[FC_BRIDGE_25].name;
    return fc_softwares[FC_NEMO_24].name;
}

/* How practised the operation was, as far as one could know before: a column `operation` decides where there is one. */
static void find_maturity(struct fc_history_row *row, const struct cells *c, const char *gpu, double total)
{
    static const char *const own[] = {"meta internal", "hai-llm", "megascale", "byterobust", "pathways"};
    const char *stated = cell(c, "operation");
    for (int k = 0; k < FC_HISTORY_MATURITIES; k++)
        if (strcmp(stated, fc_history_maturity(k)) == 0) {
            row->maturity = k;
            row->why_maturity = "stated";
            return;
        }
    row->maturity = 1;
    row->why_maturity = "neither of the other two";
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (holds(cell(c, "software"), own[i])) {
            row->maturity = 2;
            row->why_maturity = "a laboratory's own stack";
        }
    if (row->maturity == 1 && gpu[0] == 'a' && total >= LARGE_PARAMETERS) {
        row->maturity = 0;
        row->why_maturity = "60 billion parameters or more on A100";
    }
}

struct shape {
    double layers, hidden, ffn, heads, kv_heads, head_dim, vocab, experts, topk, moe_ffn, shared_ffn;
    bool gated;
    const char *catalog; /* the catalog's model with this shape, or NULL */
    bool latent;         /* that model's attention has a latent of keys and values */
};

/* Another count of parameters is another model: one with fewer key-value heads, say. Cards round, and count the active
 * ones with and without embeddings. */
static bool same_parameters(const struct fc_catalog_entry *entry, double active, double total)
{
    struct fc_architecture a;
    struct fc_error ignored;
    if (fc_architecture_read(&a, entry, NULL, &ignored))
        return false;
    struct fc_parameters count = fc_architecture_count(&a);
    return fabs(log(count.total / total)) < SAME_PARAMETERS &&
           (fabs(log(count.active / active)) < SAME_PARAMETERS ||
            fabs(log(count.active_without_embedding / active)) < SAME_PARAMETERS);
}

/* A model of the catalog with these layers, width, experts and parameters: its shape is known in full. */
static const char *catalog_model(const struct fc_catalog *catalog, const struct shape *s, double active,
                                 double total)
{
    for (size_t i = 0; i < fc_catalog_count(catalog); i++) {
        const struct fc_catalog_entry *entry = fc_catalog_at(catalog, i);
        struct fc_error ignored;
        double layers, hidden, experts, heads, ffn;
        if (strcmp(entry->kind, "model") != 0 ||
            fc_catalog_number(entry, "layers", &layers, NULL, &ignored) ||
            fc_catalog_number(entry, "hidden", &hidden, NULL, &ignored) ||
            fc_catalog_number(entry, "ffn", &ffn, NULL, &ignored) ||
            fc_catalog_number(entry, "heads", &heads, NULL, &ignored) ||
            fc_catalog_number_or(entry, "experts", 0, &experts, &ignored))
            continue;
        bool same_ffn = !(s->ffn > 0) || fabs(ffn - s->ffn) < 0.5 || s->experts > 0;
        if (fabs(layers - s->layers) < 0.5 && fabs(hidden - s->hidden) < 0.5 &&
            fabs(experts - s->experts) < 0.5 && fabs(heads - s->heads) < 0.5 && same_ffn &&
            same_parameters(entry, active, total))
            return entry->name;
    }
    return NULL;
}

/* Completes the shape from the parameter counts where the row leaves it open. Returns whether there is one. */
static bool find_shape(struct shape *s, struct fc_history_row *row, const struct cells *c,
                       const struct fc_catalog *catalog, double active, double total)
{
    s->layers = number(c, "layers");
    s->hidden = number(c, "hidden");
    if (!(s->layers >= 1 && s->hidden >= 1)) {
        snprintf(row->reason, sizeof row->reason, "the shape of the model is not stated (layers and hidden)");
        return false;
    }
    double default_heads = fmax(1, round(s->hidden / 128));
    s->experts = or (number(c, "experts"), 0);
    s->topk = or (number(c, "topk"), 0);
    s->heads = or (number(c, "heads"), default_heads);
    s->vocab = or (number(c, "vocab"), VOCABULARY);
    s->gated = !holds(cell(c, "gated"), "no");
    s->ffn = or (number(c, "ffn"), 0);
    s->catalog = catalog_model(catalog, s, active, total);
    if (s->catalog) {
        const struct fc_catalog_entry *entry = fc_catalog_get(catalog, "model", s->catalog);
        s->latent = fc_node_get(entry->node, "mla_kv_lora") != NULL;
        return true;
    }
    if (fmod(s->hidden, s->heads) > 0 && s->experts < 1)
        s->heads = default_heads;
    s->kv_heads = or (number(c, "kv_heads"), s->heads);
    if (fmod(s->heads, s->kv_heads) > 0)
        s->kv_heads = s->heads;
    s->head_dim = fmod(s->hidden, s->heads) > 0 ? 128 : s->hidden / s->heads;
    double matrices = s->gated ? 3 : 2,
           attention = s->hidden * s->head_dim * (2 * s->heads + 2 * s->kv_heads);
    double embedding = 2 * s->vocab * s->hidden;
    if (s->experts >= 1 && s->topk >= 1) {
        double whole =
            (total - embedding - s->layers * attention) / (s->layers * matrices * s->hidden * s->experts);
        s->moe_ffn = or (number(c, "moe_ffn"), total > 0 ? fmax(64, 64 * round(whole / 64)) : 0);
        s->shared_ffn = or (number(c, "shared_experts"), 0) * s->moe_ffn;
        if (!(s->moe_ffn > 0)) {
            snprintf(row->reason, sizeof row->reason,
                     "the width of the experts is not stated, nor all parameters");
            return false;
        }
        if (!(number(c, "moe_ffn") > 0))
            say(row->assumed, sizeof row->assumed, "experts %.0f wide, from all parameters", s->moe_ffn);
        if (!(s->ffn > 0))
            s->ffn = s->moe_ffn * s->topk;
        if (!(number(c, "kv_heads") >
              0)) { /* latent attention: a width of heads that has as many parameters */
            double blocks = s->layers * matrices * s->hidden * (s->topk * s->moe_ffn + s->shared_ffn);
            double per_layer = (active - embedding - blocks) / s->layers;
            double width = 8 * round(per_layer / (s->hidden * (2 * s->heads + 2 * s->kv_heads)) / 8);
            s->head_dim = fmin(256, fmax(16, width));
            say(row->assumed, sizeof row->assumed, "heads %.0f wide, from the active parameters",
                s->head_dim);
        }
        return true;
    }
    s->experts = 0;
    if (!(s->ffn > 0)) {
        double width = (active - embedding - s->layers * attention) / (s->layers * matrices * s->hidden);
        s->ffn = fmax(128, 128 * round(width / 128));
        say(row->assumed, sizeof row->assumed, "feed-forward width %.0f, from the parameters", s->ffn);
    }
    return true;
}

/* Sequences, a multiple of `unit` where that is not too large. */
static double rounded_batch(double batch, double unit)
{
    while (unit > batch && fmod(unit, 2) < 0.5)
        unit /= 2;
    return fmax(1, round(batch / unit)) * unit;
}

/* Fills the row's batch in sequences per step; where none is stated, both ends of what was usual. */
static void find_batch(struct fc_history_row *row, const struct cells *c, const char *gpu, double sequence,
                       double unit)
{
    double most = gpu[0] == 'a' ? BATCH_TOKENS : BATCH_TOKENS_LATER, least = most / 2;
    const char *text = cell(c, "global_batch_sequences"), *rest;
    double batch = number_in(text, &rest);
    if (isfinite(batch) && strncmp(rest, " to ", 4) == 0) /* a ramp: its end, on which most is trained */
        batch = or (number_in(rest, NULL), batch);
    if (batch >= 1) {
        row->batch = rounded_batch(batch, unit);
        return;
    }
    row->batch = rounded_batch(fmax(most / sequence, unit), unit);
    row->batch_small = rounded_batch(fmax(least / sequence, unit), unit);
    if (!(row->batch_small < row->batch))
        row->batch_small = 0;
    if (row->batch_small > 0)
        say(row->assumed, sizeof row->assumed,
            "%.3g million tokens a step in half of the worlds, %.3g in the others",
            row->batch_small * sequence / 1e6, row->batch * sequence / 1e6);
    else
        say(row->assumed, sizeof row->assumed, "%.3g million tokens a step", row->batch * sequence / 1e6);
}

static void print_shape(FILE *out, const struct shape *s)
{
    if (s->catalog) {
        fprintf(out, "  model: %s\n", s->catalog);
        return;
    }
    fprintf(out,
            "  model: {layers: %.0f, hidden: %.0f, ffn: %.0f, heads: %.0f, kv_heads: %.0f, head_dim: %.0f, "
            "vocab: %.0f, "
            "gated: %s",
            s->layers, s->hidden, s->ffn, s->heads, s->kv_heads, s->head_dim, s->vocab,
            s->gated ? "true" : "false");
    if (s->experts > 0)
        fprintf(out, ", experts: %.0f, topk: %.0f, moe_ffn: %.0f, shared_ffn: %.0f", s->experts, s->topk,
                s->moe_ffn, s->shared_ffn);
    fputs("}\n", out);
}

/* The plan's lines: what is stated, the rest open. */
static void print_plan(FILE *out, struct fc_history_row *row, const struct cells *c, double layers,
                       bool latent, double tp, double pp)
{
    const char *recompute = cell(c, "recompute"), *sharding = cell(c, "dp_or_fsdp");
    double vpp = number(c, "vpp"), ep = number(c, "ep"), cp = number(c, "cp"), mbs = number(c, "mbs");
    row->opens_recompute = !holds(recompute, "full") && !holds(recompute, "none");
    bool fsdp = holds(sharding, "fsdp") || holds(sharding, "zero-3") || holds(cell(c, "software"), "zero-3");
    row->gathers = fsdp;
    row->half_layers = (int)fmax(1, floor(ceil(layers / pp) / 2));
    row->opens_zero = !fsdp && pp < 2; /* pipelines went with a shared optimizer at most */
    fprintf(out, "plan:\n  tp: %.0f\n  pp: %.0f\n  cp: %.0f\n  ep: %.0f\n", tp, pp, or (cp, 1), or (ep, 1));
    row->opens_vpp = pp > 1 && !(vpp >= 1) && !holds(cell(c, "software"), "dualpipe");
    if (!row->opens_vpp)
        fprintf(out, "  vpp: %.0f\n", or (vpp, 1));
    if (mbs >= 1)
        fprintf(out, "  micro_batch: %.0f\n", mbs);
    else
        fputs("  micro_batch: auto\n", out);
    if (holds(cell(c, "software"), "dualpipe"))
        fputs("  schedule: dualpipe\n", out);
    if (holds(cell(c, "software"), "dualpipe") || holds(cell(c, "software"), "hai-llm"))
        fputs("  expert_overlap: true\n  expert_dispatch: per_domain\n", out);
    if (latent && (holds(recompute, "mla") || holds(recompute, "up-proj")))
        fputs("  recompute_mla_up: true\n", out);
    if (!row->opens_recompute)
        fprintf(out, "  recompute: %s\n", holds(recompute, "full") ? "full" : "none");
    if (fsdp)
        fputs("  zero: parameters\n", out);
}

/* What happened. Returns false with the reason when the row tells nothing. */
static bool find_outcome(struct fc_history_row *row, const struct cells *c, bool has_tokens)
{
    const char *days = cell(c, "actual_days"), *stops = cell(c, "interruptions");
    double actual = number_in(days, NULL), hours = number(c, "gpu_hours");
    row->at_least = holds(days, "at least") || holds(days, "more than");
    const char *rest = stops;
    double first = number_in(stops, &rest);
    row->stops = first;
    row->stops_all = !holds(stops, "failure");
    const char *unexpected = NULL;
    for (const char *at = stops; *at; at++)
        if (strncmp(at, " unexpected", 11) == 0)
            unexpected = at;
    if (unexpected) { /* "466 (419 unexpected, 47 planned)" */
        const char *from = unexpected;
        while (from > stops && (isdigit((unsigned char)from[-1]) || from[-1] == ','))
            from--;
        row->stops = number_in(from, NULL);
        row->stops_all = false;
    }
    bool derived = holds(days, "derived");
    if (!has_tokens) {
        row->of = FC_HISTORY_WINDOW;
        row->actual = actual;
        if (actual > 0 && isfinite(row->stops))
            return true;
        snprintf(row->reason, sizeof row->reason, "tokens are not stated as a number");
        return false;
    }
    row->of =
        hours > 0 && (!(actual > 0) || derived || !(row->gpus > 0)) ? FC_HISTORY_GPU_HOURS : FC_HISTORY_DAYS;
    row->steps_alone = row->of == FC_HISTORY_GPU_HOURS && holds(days, "ideal");
    row->actual = row->of == FC_HISTORY_DAYS ? actual : hours;
    if (row->actual > 0 && !(row->of == FC_HISTORY_DAYS && !(row->gpus > 0)))
        return true;
    snprintf(row->reason, sizeof row->reason,
             row->actual > 0 ? "the number of GPUs is not stated, and so no days follow"
                             : "neither actual_days nor gpu_hours holds a number");
    return false;
}

int fc_history_row_fill(struct fc_history_row *row, const struct fc_csv *csv, size_t line,
                        const struct fc_catalog *catalog, struct fc_error *error)
{
    struct cells cells = {csv, line}, *c = &cells;
    struct shape shape = {0};
    snprintf(row->id, sizeof row->id, "%s", cell(c, "id"));
    snprintf(row->model, sizeof row->model, "%s", cell(c, "model"));
    snprintf(row->grade, sizeof row->grade, "%s", cell(c, "grade"));
    row->planned_days = or (number(c, "planned_days"), 0);
    row->gpus = or (number(c, "gpus"), 0);
    const char *gpu = gpu_of(cell(c, "gpu")), *end;
    const char *tokens_text = cell(c, "tokens");
    double tokens = strtod(tokens_text, (char **)&end);
    bool has_tokens = end != tokens_text && tokens > 1;
    double active = 1e9 * number(c, "active_params_b"), total = 1e9 * number(c, "total_params_b");
    total = or (total, active);
    if (!gpu)
        snprintf(row->reason, sizeof row->reason, "the GPU '%.60s' is not in the catalog", cell(c, "gpu"));
    else if (holds(cell(c, "network"), "internet"))
        snprintf(row->reason, sizeof row->reason, "trained over the internet, with nodes that come and go");
    else if (holds(cell(c, "notes"), "not 6nd"))
        snprintf(row->reason, sizeof row->reason,
                 "parts of the model are frozen: its FLOP do not follow from the shape");
    else if (holds(cell(c, "model"), "encoder-decoder"))
        snprintf(row->reason, sizeof row->reason, "an encoder-decoder: its operators are not modelled");
    else if (!(active > 0))
        snprintf(row->reason, sizeof row->reason, "active_params_b is not stated as a number");
    if (row->reason[0] || !find_outcome(row, c, has_tokens) ||
        !find_shape(&shape, row, c, catalog, active, total))
        return 0;
    const struct fc_catalog_entry *entry = fc_catalog_get(catalog, "gpu", gpu);
    if (fc_catalog_number(entry, "bf16_flop_per_s", &row->peak_flop_s, NULL, error))
        return -1;
    row->flop6nt = 6 * active * (has_tokens ? tokens : 0);
    find_maturity(row, c, gpu, total);

    double sequence = or (number(c, "seq"), SEQUENCE), gpus = row->gpus;
    if (!(number(c, "seq") > 0))
        say(row->assumed, sizeof row->assumed, "sequences of %.0f tokens", sequence);
    if (!(gpus > 0)) {
        gpus = exp2(round(log2(row->flop6nt / (USUAL_MFU * row->peak_flop_s * USUAL_DAYS * 86400))));
        gpus = fmax(64, gpus);
        say(row->assumed, sizeof row->assumed, "%.0f GPUs, for some 60 days", gpus);
    }
    double tp = number(c, "tp"), pp = number(c, "pp"), cp = or (number(c, "cp"), 1);
    if (!(tp >= 1) && pp >= 1)
        tp = 1;
    bool all_shared = holds(cell(c, "dp_or_fsdp"), "fsdp") || holds(cell(c, "software"), "zero-3");
    if (!(tp >= 1) && all_shared) /* parameters shared out over all GPUs, and no other cut stated */
        tp = pp = 1;
    bool layout = tp >= 1 && pp >= 1, low = holds(cell(c, "precision"), "fp8");
    double unit = layout ? tp * pp * cp : 8;
    /* "about 1,000": a number that groups divide, as a cluster has it */
    if (!layout && holds(cell(c, "gpus"), "about") && gpus >= ABOUT_UNIT)
        unit = ABOUT_UNIT;
    gpus = fmax(unit, (unit > 8 && !layout ? round(gpus / unit) : floor(gpus / unit)) * unit);
    double mbs = or (number(c, "mbs"), 1);
    find_batch(row, c, gpu, sequence, layout ? gpus / unit * mbs : gpus);
    if (!layout)
        say(row->assumed, sizeof row->assumed, "the layout is searched");

    size_t size = 0;
    FILE *out = open_memstream(&row->scenario, &size);
    if (!out)
        return fc_fail(error, FC_FAULT, "no memory for the scenario of a row");
    fprintf(out, "# Made from the row '%s' of a table of published runs: what was known before the run.\n",
            row->id);
    fprintf(out, "layers: run\nprices: {gpu_hour: 2 USD} # not looked at\noperation: {maturity: none}\n");
    fprintf(out, "cluster: {gpu: %s, gpus: %.0f}\ntraining:\n", gpu, gpus);
    print_shape(out, &shape);
    if (row->of == FC_HISTORY_WINDOW)
        fprintf(out, "  wall: %.6g day\n", row->actual);
    else
        fprintf(out, "  tokens: %.10g token\n", tokens);
    fprintf(out, "  sequence: %.0f token\n  global_batch: %.0f\n  precision: %s\n  software: @\n", sequence,
            row->batch,
            fc_field_word(FC_FIELD_PRECISION, low                                   ? FC_WORD_FP8
                                              : holds(cell(c, "precision"), "fp16") ? FC_WORD_FP16
                                                                                    : FC_WORD_BF16));
    row->software = software_of(c, gpu, low);
    if (layout)
        print_plan(out, row, c, shape.layers, shape.latent, tp, pp);
    return fclose(out) ? fc_fail(error, FC_FAULT, "no memory for the scenario of a row") : 0;
}

static int layouts_of(const struct fc_history_row *row)
{
    return (row->opens_recompute ? 4 : 1) * (row->opens_zero ? 2 : 1) * (row->opens_vpp ? 2 : 1);
}

bool fc_history_newer(const struct fc_history_row *row, int attempt)
{
    return attempt >= layouts_of(row);
}

char *fc_history_text(const struct fc_history_row *row, int attempt)
{
    /* HALF: of each stage's layers */
    enum { HALF = -1 };
    static const int recomputes[] = {FC_RECOMPUTE_NONE, FC_RECOMPUTE_SELECTIVE, HALF, FC_RECOMPUTE_FULL};
    static const enum fc_zero zeros[] = {FC_ZERO_OPTIMIZER, FC_ZERO_PARAMETERS};
    static const char *const chunks[] = {"auto", "1"};
    int recompute = row->opens_recompute ? 4 : 1, zero = row->opens_zero ? 2 : 1;
    const struct fc_software *software = fc_software_find(row->software);
    int early = software && software->early_megatron ? 1 : 0, layouts = layouts_of(row);
    char *text = NULL;
    size_t size = 0;
    if (attempt >= layouts * (1 + early))
        return NULL;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return NULL;
    const char *at = strchr(row->scenario, '@'); /* where the software goes; a newer one needs less memory */
    fprintf(out, "%.*s%s%s", (int)(at - row->scenario), row->scenario,
            attempt < layouts ? row->software : fc_softwares[FC_MEGATRON_2022].name, at + 1);
    attempt %= layouts;
    int again = recomputes[attempt % recompute];
    if (row->opens_recompute && again == HALF)
        fprintf(out, "  recompute: full\n  recompute_layers: %d\n", row->half_layers);
    else if (row->opens_recompute)
        fprintf(out, "  recompute: %s\n", fc_field_word(FC_FIELD_RECOMPUTE, again));
    if (row->opens_zero)
        fprintf(out, "  zero: %s\n", fc_field_word(FC_FIELD_ZERO, (int)zeros[attempt / recompute % zero]));
    if (row->opens_vpp)
        fprintf(out, "  vpp: %s\n", chunks[attempt / recompute / zero]);
    fclose(out);
    return text;
}

char *fc_history_text_small(const struct fc_history_row *row, int attempt)
{
    static const char key[] = "global_batch: ";
    char *text = row->batch_small > 0 ? fc_history_text(row, attempt) : NULL, *changed = NULL;
    char *at = text ? strstr(text, key) : NULL;
    size_t size = 0;
    FILE *out = at ? open_memstream(&changed, &size) : NULL;
    if (out) {
        at += sizeof key - 1;
        fprintf(out, "%.*s%.0f%s", (int)(at - text), text, row->batch_small, at + strcspn(at, "\n"));
        fclose(out);
    }
    free(text);
    return changed;
}
