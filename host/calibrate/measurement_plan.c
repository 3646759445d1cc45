/* measurement_plan.c: see measurement_plan.h. */
#include "measurement_plan.h"

#include "host/language/fields.h"
#include "host/step/plan_check.h"
#include "host/step/plan_options.h"
#include "unstated.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *const fc_column_names[FC_COLUMNS] = {"id",
                                                 "source",
                                                 "hardware",
                                                 "gpus",
                                                 "model",
                                                 "layers",
                                                 "hidden",
                                                 "ffn",
                                                 "heads",
                                                 "kv_heads",
                                                 "vocab",
                                                 "seq",
                                                 "experts",
                                                 "topk",
                                                 "moe_ffn",
                                                 "precision",
                                                 "tp",
                                                 "pp",
                                                 "vpp",
                                                 "cp",
                                                 "ep",
                                                 "dp_or_fsdp",
                                                 "mbs",
                                                 "gbs",
                                                 "recompute",
                                                 "step_time_s",
                                                 "tokens_per_s_per_gpu",
                                                 "tflops_per_gpu",
                                                 "notes",
                                                 "software",
                                                 "gpu",
                                                 "zero",
                                                 "measured_gib",
                                                 "kind",
                                                 "gating",
                                                 "network",
                                                 "cuda_graph",
                                                 "ep_overlap",
                                                 "dispatcher",
                                                 "fused_experts",
                                                 "attention_precision",
                                                 "router",
                                                 "tuned_by"};

/* The precisions that attention may have: FP8 is its lowest. */
static const char *const *attention_words(void)
{
    static const char *words[FC_WORD_FP8 + 2];
    for (int i = 0; i <= FC_WORD_FP8; i++)
        words[i] = fc_field_word(FC_FIELD_PRECISION, i);
    return words;
}

/* Those of plan.zero, or the stage as a digit. */
static const char *const *zero_words(void)
{
    static const char *const stages[FC_ZERO_WORDS] = {"0", "1", "2", "3"};
    static const char *words[2 * FC_ZERO_WORDS + 1];
    for (int i = 0; i < FC_ZERO_WORDS; i++) {
        words[i] = fc_field_word(FC_FIELD_ZERO, i);
        words[FC_ZERO_WORDS + i] = stages[i];
    }
    return words;
}

/* Those of plan.recompute, and torchtitan's for the activations of single operations. */
static const char *const *recompute_words(void)
{
    static const char *words[8] = {"per-op"};
    const char *const *choices = fc_fields[FC_FIELD_RECOMPUTE].choices;
    for (int i = 0; i < 6 && choices[i]; i++)
        words[1 + i] = choices[i];
    return words;
}

const char *const *fc_column_words(enum fc_column column)
{
    static const char *const gating[] = {"gated", "plain", NULL};
    static const char *const flag[] = {"yes", "no", "true", "false", "on", "off", "1", "0", NULL};
    static const char *const dispatcher[] = {"alltoall", "allgather",  "deepep",
                                             "hybridep", "token-drop", NULL};
    static const char *const router[] = {"balanced", "natural", NULL};
    static const char *const precision[] = {"BF16", "bfloat16", "FP16", "FP8", "MXFP8", "NVFP4", "FP4", NULL};
    switch (column) {
    case FC_COLUMN_GATING:
        return gating;
    case FC_COLUMN_GRAPH:
        return fc_fields[FC_FIELD_CUDA_GRAPH].choices;
    case FC_COLUMN_EP_OVERLAP:
    case FC_COLUMN_FUSED_EXPERTS:
        return flag;
    case FC_COLUMN_DISPATCHER:
        return dispatcher;
    case FC_COLUMN_ATTENTION_PRECISION:
        return attention_words();
    case FC_COLUMN_ROUTER:
        return router;
    case FC_COLUMN_TUNED_BY:
        return fc_fields[FC_FIELD_TUNED_BY].choices;
    case FC_COLUMN_ZERO:
        return zero_words();
    case FC_COLUMN_PRECISION:
        return precision;
    case FC_COLUMN_RECOMPUTE:
        return recompute_words();
    default:
        return NULL;
    }
}

static double number(const char *const *cells, enum fc_column column)
{
    char *end;
    double value = strtod(cells[column], &end);
    return end != cells[column] && isfinite(value) && value > 0 ? value : 0;
}

static bool has(const char *const *cells, enum fc_column column, const char *text)
{
    return strstr(cells[column], text) != NULL;
}

static bool starts(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* --- what is left out
 * --------------------------------------------------------------------------------------------- */

static bool is_sc21(const char *const *cells)
{
    return starts(cells[FC_COLUMN_ID], "megatron-sc21");
}
static bool is_llama3_paper(const char *const *cells)
{
    return starts(cells[FC_COLUMN_ID], "llama3-herd");
}

/* The catalog's entry whose measured_name begins the row's model name; the longest one. */
static const struct fc_catalog_entry *find_model(const struct fc_catalog *catalog, const char *model)
{
    const struct fc_catalog_entry *best = NULL;
    size_t longest = 0;
    for (size_t i = 0; i < fc_catalog_count(catalog); i++) {
        const struct fc_catalog_entry *entry = fc_catalog_at(catalog, i);
        const char *name =
            strcmp(entry->kind, "model") == 0 ? fc_node_text(entry->node, "measured_name") : NULL;
        if (name && starts(model, name) && strlen(name) > longest) {
            best = entry;
            longest = strlen(name);
        }
        if (strcmp(entry->kind, "model") == 0 && strcasecmp(entry->name, model) == 0)
            return entry;
    }
    return best;
}

/* The row names a model whose shape it leaves to the catalog. */
static bool takes_shape_from_catalog(const char *const *cells, const struct fc_catalog *catalog)
{
    return number(cells, FC_COLUMN_LAYERS) == 0 && number(cells, FC_COLUMN_HIDDEN) == 0 &&
           find_model(catalog, cells[FC_COLUMN_MODEL]) != NULL;
}

static bool is_shape(enum fc_column column)
{
    return column == FC_COLUMN_LAYERS || column == FC_COLUMN_HIDDEN || column == FC_COLUMN_FFN ||
           column == FC_COLUMN_HEADS || column == FC_COLUMN_KV_HEADS || column == FC_COLUMN_VOCAB;
}

static void find_reason(struct fc_measurement *m, const char *const *cells, const struct fc_catalog *catalog)
{
    static const enum fc_column needed[] = {FC_COLUMN_GBS,      FC_COLUMN_GPUS,  FC_COLUMN_LAYERS,
                                            FC_COLUMN_HIDDEN,   FC_COLUMN_FFN,   FC_COLUMN_HEADS,
                                            FC_COLUMN_KV_HEADS, FC_COLUMN_VOCAB, FC_COLUMN_SEQ};
    if (has(cells, FC_COLUMN_MODEL, "LoRA") || has(cells, FC_COLUMN_MODEL, "SFT") ||
        has(cells, FC_COLUMN_ID, "lora")) {
        snprintf(m->left_out, sizeof m->left_out, "fine-tuning or LoRA, not pretraining");
        return;
    }
    size_t used = 0;
    bool mixture = number(cells, FC_COLUMN_EXPERTS) > 0 && !takes_shape_from_catalog(cells, catalog);
    bool completed = is_sc21(cells) || is_llama3_paper(cells); /* from the papers' text and scripts, below */
    bool known = takes_shape_from_catalog(cells, catalog);
    for (size_t i = 0; i < sizeof needed / sizeof needed[0] && !completed; i++)
        if (number(cells, needed[i]) == 0 && !(known && is_shape(needed[i])) &&
            used + 16 < sizeof m->left_out)
            used += (size_t)snprintf(m->left_out + used, sizeof m->left_out - used, "%s%s",
                                     used ? " " : "not stated: ", fc_column_names[needed[i]]);
    static const enum fc_column of_mixtures[] = {FC_COLUMN_TOPK, FC_COLUMN_MOE_FFN};
    for (size_t i = 0; i < 2 && mixture; i++)
        if (number(cells, of_mixtures[i]) == 0 && used + 16 < sizeof m->left_out)
            used += (size_t)snprintf(m->left_out + used, sizeof m->left_out - used, "%s%s",
                                     used ? " " : "not stated: ", fc_column_names[of_mixtures[i]]);
    if (used)
        return;
    if (has(cells, FC_COLUMN_NOTES, "untuned"))
        snprintf(m->left_out, sizeof m->left_out, "its source calls the recipe untuned");
    else if (has(cells, FC_COLUMN_NOTES, "cuDNN-frontend regression"))
        snprintf(m->left_out, sizeof m->left_out, "its source names a software regression");
}

/* --- model
 * -------------------------------------------------------------------------------------------------------- */

static int read_model(struct fc_architecture *a, const char *const *cells, const struct fc_catalog *catalog,
                      struct fc_error *error)
{
    const struct fc_catalog_entry *entry = find_model(catalog, cells[FC_COLUMN_MODEL]);
    *a = (struct fc_architecture){.gated = true, .moe_every = 1, .norms = 2};
    if (entry && fc_architecture_read(a, entry, NULL, error))
        return -1;
    if (cells[FC_COLUMN_GATING][0])
        a->gated = strcmp(cells[FC_COLUMN_GATING], "gated") == 0;
    if (!takes_shape_from_catalog(cells, catalog)) {
        fc_architecture_set_layers(a, number(cells, FC_COLUMN_LAYERS));
        a->hidden = number(cells, FC_COLUMN_HIDDEN);
        a->ffn = number(cells, FC_COLUMN_FFN);
        /* a model that the catalog lacks: exactly four times the hidden width is the habit of two-matrix blocks
     */
        if (!entry && !cells[FC_COLUMN_GATING][0])
            a->gated = a->ffn != 4 * a->hidden;
        a->heads = number(cells, FC_COLUMN_HEADS);
        a->kv_heads = number(cells, FC_COLUMN_KV_HEADS);
        a->vocab = number(cells, FC_COLUMN_VOCAB);
        a->experts = number(cells, FC_COLUMN_EXPERTS);
        a->topk = number(cells, FC_COLUMN_TOPK);
        a->moe_ffn = number(cells, FC_COLUMN_MOE_FFN);
        if (a->head_dim == 0)
            a->head_dim = a->hidden / a->heads;
        if (a->experts == 0)
            a->dense_layers = a->shared_ffn = a->mtp_layers = 0;
    }
    if (has(cells, FC_COLUMN_NOTES, "dense_layers=1")) {
        a->dense_layers = 1;
        a->mtp_layers = 0;
    }
    /* stated, or known of the release: no multi-token prediction */
    if (has(cells, FC_COLUMN_NOTES, "w/o MTP") || has(cells, FC_COLUMN_SOURCE, "25.11") ||
        has(cells, FC_COLUMN_SOURCE, "AutoModel"))
        a->mtp_layers = 0;
    return 0;
}

/* --- hardware, software, precision
 * -------------------------------------------------------------------------------- */

static const char *gpu_name(const char *const *cells)
{
    static const char *const words[][2] = {
        {"A100-40GB", "a100-40"}, {"A100", "a100-80"}, {"500W", "h100-96-500w"}, {"GB300", "gb300"},
        {"GB200", "gb200"},       {"B300", "b300"},    {"B200", "b200"},         {"H800", "h800"},
        {"H200", "h200"},         {"H100", "h100"}};
    if (cells[FC_COLUMN_GPU][0])
        return cells[FC_COLUMN_GPU];
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (has(cells, FC_COLUMN_HARDWARE, words[i][0]))
            return words[i][1];
    return NULL;
}

/* The generation behind a source's name; NULL when it is not known. */
static const struct fc_software *software_of_source(const char *const *cells)
{
    static const struct {
        const char *word;
        enum fc_software_id id;
    } words[] = {{"SC'21", FC_MEGATRON_2021},
                 {"README (2022)", FC_MEGATRON_2021},
                 {"Korthikanti", FC_MEGATRON_2022},
                 {"llm-foundry", FC_LLM_FOUNDRY},
                 {"torchtitan", FC_TORCHTITAN},
                 {"maxtext", FC_JAX},
                 {"paxml", FC_PAXML},
                 {"SimuMax", FC_SIMUMAX},
                 {"AutoModel", FC_AUTOMODEL},
                 {"Llama 3 herd", FC_META_LLAMA3},
                 {"Table 2 (Megatron-LM)", FC_MEGATRON_2023},
                 {"Table 2 (MegaScale)", FC_MEGASCALE},
                 {"MLPerf", FC_MLPERF},
                 {"NeMo 24", FC_NEMO_24},
                 {"NeMo 25.0x", FC_NEMO_25},
                 {"NeMo 25.04", FC_NEMO_25},
                 {"NeMo 25.07", FC_NEMO_25},
                 {"NeMo 25.09", FC_BRIDGE_25},
                 {"NeMo 25.11", FC_BRIDGE_25},
                 {"NeMo 26.06", FC_BRIDGE_26_06},
                 {"NeMo 26.08", FC_BRIDGE_26_06},
                 {"NeMo 26", FC_BRIDGE_26_04},
                 {"v24.11", FC_NEMO_24},
                 {"v25.04", FC_NEMO_25},
                 {"v25.05", FC_NEMO_25},
                 {"v25.10", FC_BRIDGE_25},
                 {"v25.08", FC_BRIDGE_25},
                 {"v26.02", FC_BRIDGE_26_04},
                 {"ModelZoo", FC_BRIDGE_26_04},
                 {"Scalable Training of MoE", FC_BRIDGE_26_04},
                 {"Megatron-LM examples", FC_NEMO_25}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (has(cells, FC_COLUMN_SOURCE, words[i].word))
            return &fc_softwares[words[i].id];
    return NULL;
}

static const struct fc_software *software_of(const char *const *cells)
{
    /* Megatron's layers under DeepSpeed's engine, whose ZeRO-3 is also what SC'21 compares itself with */
    if (has(cells, FC_COLUMN_SOURCE, "DeepSpeed") ||
        (is_sc21(cells) && has(cells, FC_COLUMN_SHARDING, "ZeRO-3")))
        return &fc_softwares[FC_MEGATRON_DEEPSPEED];
    return cells[FC_COLUMN_SOFTWARE][0] ? fc_software_find(cells[FC_COLUMN_SOFTWARE])
                                        : software_of_source(cells);
}

static enum fc_precision precision_of(const char *const *cells)
{
    const char *text = cells[FC_COLUMN_PRECISION];
    return strncasecmp(text, "NVFP4", 5) == 0 || strncasecmp(text, "FP4", 3) == 0 ? FC_NVFP4
           : strncasecmp(text, "MXFP8", 5) == 0                                   ? FC_MXFP8
           : strncasecmp(text, "FP8", 3) == 0                                     ? FC_FP8
                                                                                  : FC_BF16;
}

/* --- layout
 * ------------------------------------------------------------------------------------------------------- */

/* Micro-batch and chunks of SC'21 table 1, from the script that the authors published beside it. */
static void complete_sc21(struct fc_plan *p, const char *id)
{
    static const struct {
        const char *size;
        double micro_batch, vpp;
    } rows[] = {{"-1.7b", 16, 1}, {"-3.6b", 16, 1},  {"-7.5b", 16, 1},  {"-18.4b", 8, 1},  {"-39.1b", 4, 1},
                {"-76.1b", 2, 1}, {"-145.6b", 2, 2}, {"-310.1b", 1, 2}, {"-529.6b", 1, 3}, {"-1008b", 1, 2}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strstr(id, rows[i].size)) {
            p->micro_batch = rows[i].micro_batch;
            p->vpp = rows[i].vpp;
        }
}

static void read_recompute(struct fc_plan_options *o, const struct fc_plan *p, const char *const *cells)
{
    char text[64] = "";
    for (size_t i = 0; cells[FC_COLUMN_RECOMPUTE][i] && i + 1 < sizeof text; i++)
        text[i] = (char)tolower((unsigned char)cells[FC_COLUMN_RECOMPUTE][i]);
    if (!text[0] && (has(cells, FC_COLUMN_NOTES, "includes recompute") ||
                     has(cells, FC_COLUMN_NOTES, "Includes recompute")))
        snprintf(text, sizeof text, "full");
    /* of MaxText and Paxml no policy is published, whatever the table's summary says */
    bool unpublished = p->software->id == FC_JAX || p->software->id == FC_PAXML;
    o->recompute_stated = text[0] && !unpublished;
    o->recompute = unpublished                                           ? FC_RECOMPUTE_NONE
                   : starts(text, "full")                                ? FC_RECOMPUTE_FULL
                   : starts(text, "selective") || starts(text, "per-op") ? FC_RECOMPUTE_SELECTIVE
                                                                         : FC_RECOMPUTE_NONE;
    if (starts(text, "full x"))
        o->recompute_layers = strtod(text + strlen("full x"), NULL);
    o->recompute_mla_up = strstr(text, "mla_up_proj") != NULL;
    if (strchr(text, '('))
        o->recompute_modules = (strstr(text, "layernorm") ? FC_MODULE_NORMS : 0) |
                               (strstr(text, "moe_act") ? FC_MODULE_MOE_ACTIVATION : 0);
}

/* Whether the row says nothing of its features, and its source is none whose rows say what they use: then they are
 * those of the published recipe. */
static bool leaves_features_open(const char *const *cells)
{
    static const char *const words[] = {"cuda_graph",    "full_iteration",  "transformer_engine",
                                        "cutedsl_fused", "fp8_dot_product", "A2A overlap",
                                        "hybridep",      "HybridEP",        "deepep",
                                        "DeepEP",        "token-drop"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (has(cells, FC_COLUMN_NOTES, words[i]))
            return false;
    return !software_of_source(cells);
}

static void read_notes(struct fc_plan_options *o, const char *const *cells)
{
    const char *notes = cells[FC_COLUMN_NOTES];
    o->offloads_activations = strstr(notes, "activation offload") != NULL;
    const char *offload = strstr(notes, "cpu_offload ");
    if (offload && strstr(offload, "layers"))
        o->offload_layers = strtod(offload + strlen("cpu_offload "), NULL);
    /* by force, as the notes of most rows say, or by synthetic data */
    o->router = strstr(notes, "token-drop")           ? FC_ROUTER_DROPPING
                : strstr(notes, "NOT force-balanced") ? FC_ROUTER_TRAINED
                                                      : FC_ROUTER_BALANCED;
    if (has(cells, FC_COLUMN_ID, "asynctp"))
        o->overlaps_tp = 1;
    if (strstr(notes, "torch.compile"))
        o->compile = strstr(notes, "compiled loss") ? FC_COMPILE_LOSS_TOO : FC_COMPILE_LAYERS;
    if (strstr(notes, "DualPipe")) { /* with dispatch and combine behind the other direction's computation */
        o->schedule = FC_DUALPIPE;
        o->overlaps_ep = 1;
        o->dispatch = FC_DISPATCH_PER_DOMAIN;
    }
    if (leaves_features_open(cells))
        return;
    bool full = strstr(notes, "full_iteration") && !strstr(notes, "none:full");
    o->graph = full                                   ? FC_GRAPH_FULL
               : !strstr(notes, "transformer_engine") ? FC_GRAPH_NONE
               : strstr(notes, "'attn'")              ? FC_GRAPH_PARTIAL
                                                      : FC_GRAPH_ROUTER;
    o->fused_experts = strstr(notes, "cutedsl_fused_grouped_mlp") != NULL;
    o->attention_fp8 = strstr(notes, "fp8_dot_product_attention") != NULL;
    o->overlaps_ep = strstr(notes, "A2A overlap") != NULL;
    bool once = strstr(notes, "hybridep") || strstr(notes, "HybridEP") || strstr(notes, "deepep") ||
                strstr(notes, "DeepEP");
    o->dispatch = once ? FC_DISPATCH_PER_DOMAIN : FC_DISPATCH_SOFTWARE;
}

/* FC_UNSTATED where the cell is empty. */
static int zero_of(const char *word)
{
    if (word[0] >= '0' && word[0] < '0' + FC_ZERO_WORDS && !word[1]) /* stage 0 to 3 */
        return word[0] - '0';
    return fc_field_number_of(FC_FIELD_ZERO, word);
}

static void read_sharding(struct fc_plan_options *o, const struct fc_plan *p, const char *const *cells)
{
    const char *fsdp = strstr(cells[FC_COLUMN_SHARDING], "FSDP");
    double dense, expert;
    o->zero = zero_of(cells[FC_COLUMN_ZERO]);
    o->fsdp_group = fsdp ? fmax(0, strtod(fsdp + 4, NULL)) : 0;
    if (is_llama3_paper(cells))
        o->zero = FC_ZERO_GRADIENTS; /* its form of FSDP keeps gathered weights */
    else if (fsdp || has(cells, FC_COLUMN_SHARDING, "ZeRO-3"))
        o->zero = FC_ZERO_PARAMETERS;
    else if (o->zero == FC_UNSTATED && has(cells, FC_COLUMN_NOTES, "ZeRO-1"))
        o->zero = FC_ZERO_OPTIMIZER;
    if (o->zero == FC_ZERO_PARAMETERS || cells[FC_COLUMN_ZERO][0])
        return;
    /* where weights and gradients alone exceed the memory, they must be shared out */
    fc_plan_most_parameters(p, &dense, &expert);
    if (!is_llama3_paper(cells) && (dense + expert) * 4 > p->gpu.memory_bytes)
        o->zero = FC_ZERO_PARAMETERS;
}

static double or_one(double x)
{
    return x > 0 ? floor(x) : 1;
}

static bool yes(const char *word)
{
    return strchr("yto1", word[0]) && strcmp(word, "off") != 0;
}

/* What columns of their own say goes before the notes. */
static void read_own_columns(struct fc_plan_options *o, const char *const *cells)
{
    const char *graph = cells[FC_COLUMN_GRAPH], *dispatcher = cells[FC_COLUMN_DISPATCHER];
    if (graph[0])
        o->graph = fc_field_number_of(FC_FIELD_CUDA_GRAPH, graph);
    if (cells[FC_COLUMN_EP_OVERLAP][0])
        o->overlaps_ep = yes(cells[FC_COLUMN_EP_OVERLAP]);
    if (cells[FC_COLUMN_FUSED_EXPERTS][0])
        o->fused_experts = yes(cells[FC_COLUMN_FUSED_EXPERTS]);
    if (cells[FC_COLUMN_ATTENTION_PRECISION][0])
        o->attention_fp8 = strcmp(cells[FC_COLUMN_ATTENTION_PRECISION], "fp8") == 0;
    if (cells[FC_COLUMN_ROUTER][0])
        o->router = strcmp(cells[FC_COLUMN_ROUTER], "balanced") == 0 ? FC_ROUTER_BALANCED : FC_ROUTER_TRAINED;
    if (dispatcher[0])
        o->dispatch =
            dispatcher[0] == 'd' || dispatcher[0] == 'h' ? FC_DISPATCH_PER_DOMAIN : FC_DISPATCH_ALL_TO_ALL;
    if (dispatcher[0] == 't')
        o->router = FC_ROUTER_DROPPING;
}

static void read_layout(struct fc_plan *p, const char *const *cells)
{
    p->gpus = number(cells, FC_COLUMN_GPUS);
    p->tp = or_one(number(cells, FC_COLUMN_TP));
    p->pp = or_one(number(cells, FC_COLUMN_PP));
    p->vpp = or_one(number(cells, FC_COLUMN_VPP));
    p->cp = or_one(number(cells, FC_COLUMN_CP));
    p->ep = or_one(number(cells, FC_COLUMN_EP));
    p->micro_batch = or_one(number(cells, FC_COLUMN_MBS));
    p->global_batch = number(cells, FC_COLUMN_GBS);
    p->sequence = number(cells, FC_COLUMN_SEQ);
    if (is_sc21(cells))
        complete_sc21(p, cells[FC_COLUMN_ID]);
    if (is_llama3_paper(cells)) { /* the interleaved schedule of the paper; neither is stated */
        p->micro_batch = 1;
        p->vpp = 8;
    }
    bool whole = starts(cells[FC_COLUMN_MODEL], "Grok") || starts(cells[FC_COLUMN_MODEL], "Mixtral") ||
                 has(cells, FC_COLUMN_NOTES, "expert TP=4");
    p->expert_tp = whole ? p->tp : 1;
    fc_plan_place(p);
    struct fc_plan_options options = fc_plan_default_options();
    read_recompute(&options, p, cells);
    read_notes(&options, cells);
    read_own_columns(&options, cells);
    read_sharding(&options, p, cells);
    fc_plan_set_options(p, &options);
}

int fc_measurement_layout(struct fc_plan *p, const char *const cells[FC_COLUMNS], char why[160])
{
    enum fc_plan_part part;
    char problem[FC_PLAN_FAULT_BYTES];
    p->precision = precision_of(cells);
    p->fp16 = strncasecmp(cells[FC_COLUMN_PRECISION], "FP16", 4) == 0;
    read_layout(p, cells);
    if (fc_plan_peak(p) <= 0) {
        snprintf(why, 160, "the catalog has no peak of this precision for %s", p->gpu.name);
        return -1;
    }
    if (fc_plan_check(p, &part, problem)) {
        snprintf(why, 160, "%.159s", problem);
        return -1;
    }
    return 0;
}

/* --- time
 * ---------------------------------------------------------------------------------------------------------
 */

/* FLOP per token of the published TFLOP/s where the convention is known (facts of each release). */
static double published_flop_per_token(const char *const *cells, const struct fc_plan *p)
{
    static const struct {
        const char *model;
        double flop;
    } known[] = {{"Llama3.1-405B", 2.524e12},
                 {"Llama3-70B", 4.49e11},
                 {"DeepSeek-V3", 2.60e11},
                 {"Qwen3-235B-A22B", 1.481e11},
                 {"Qwen3-30B-A3B", 2.30e10}};
    if (starts(cells[FC_COLUMN_MODEL], "GPT-OSS"))
        return has(cells, FC_COLUMN_SOURCE, "26.04.01") ? 2.71e10 : 3.26e10;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(cells[FC_COLUMN_MODEL], known[i].model) == 0)
            return known[i].flop;
    return fc_architecture_flop_per_token(&p->model, p->sequence, true);
}

/* Memory in use, or that it ran out, and who measured it. */
static void read_memory(struct fc_measurement *m, const char *const *cells)
{
    m->memory_bytes = number(cells, FC_COLUMN_MEMORY) * 1073741824;
    m->out_of_memory = starts(cells[FC_COLUMN_MEMORY], "OOM");
    m->memory_kind = m->out_of_memory ? FC_MEMORY_DRIVER /* all that the card holds */
                     : has(cells, FC_COLUMN_KIND, "nvidia-smi") ? FC_MEMORY_DRIVER
                     : has(cells, FC_COLUMN_KIND, "allocated")  ? FC_MEMORY_ALLOCATED
                                                                : FC_MEMORY_RESERVED;
}

static void read_time(struct fc_measurement *m, const char *const *cells)
{
    const struct fc_plan *p = &m->plan;
    double per_gpu = p->global_batch * p->sequence / p->gpus; /* tokens per step */
    double time = number(cells, FC_COLUMN_STEP_TIME), rate = number(cells, FC_COLUMN_TOKENS);
    double flops = number(cells, FC_COLUMN_TFLOPS) * 1e12;
    /* releases whose tokens/s are rounded to few digits */
    bool rounded = has(cells, FC_COLUMN_SOURCE, "NeMo 26.04.01 container") ||
                   has(cells, FC_COLUMN_SOURCE, "NeMo 26.06.01 container") ||
                   has(cells, FC_COLUMN_SOURCE, "NeMo 26.08 container");
    double full = fc_architecture_flop_per_token(&p->model, p->sequence, false);
    double head = 6 * p->model.hidden * p->model.vocab;
    if (time > 0) {
        m->seconds = time;
        m->how = "step time";
    } else if (rate > 0 && !rounded) {
        m->seconds = per_gpu / rate;
        m->how = "tokens/s";
    } else if (flops > 0 && has(cells, FC_COLUMN_SOURCE, "SC'21")) { /* FLOP with recomputation */
        m->seconds = per_gpu * ((full - head) * 4 / 3 + head) / flops;
        m->how = "TFLOP/s with recomputation";
    } else if (flops > 0 && (is_llama3_paper(cells) ||
                             (starts(cells[FC_COLUMN_SOURCE], "NVIDIA NeMo") &&
                              (p->software->id == FC_NEMO_24 || p->software->id == FC_NEMO_25)))) {
        m->seconds = per_gpu * full / flops;
        m->how = "TFLOP/s, full attention";
    } else if (flops > 0) {
        m->seconds = per_gpu *
                     (rounded ? published_flop_per_token(cells, p)
                              : fc_architecture_flop_per_token(&p->model, p->sequence, true)) /
                     flops;
        m->how = "TFLOP/s";
    } else if (m->memory_bytes <= 0 && !m->out_of_memory) {
        snprintf(m->left_out, sizeof m->left_out, "neither step time, tokens/s nor TFLOP/s");
    }
}

/* A network of the catalog by name, or words and a rate per GPU in Gbit/s. */
static void read_network(struct fc_plan *p, const char *text, const struct fc_catalog *catalog)
{
    const struct fc_catalog_entry *entry = fc_catalog_get(catalog, "network", text);
    double bits;
    struct fc_error ignored;
    if (entry && !fc_catalog_number(entry, "nic_bits_per_s", &bits, NULL, &ignored))
        p->gpu.nic_bytes_per_s = bits / 8;
    else if (strtod(text, NULL) >= 1 && strtod(text, NULL) <= 10000)
        p->gpu.nic_bytes_per_s = strtod(text, NULL) * 1e9 / 8;
    if (strcasestr(text, "roce") || strcasestr(text, "ethernet") || strcasestr(text, "spectrum"))
        p->roce = true;
}

/* Published by who sells the GPU, or by who writes its libraries. */
static bool tuned_by_vendor(const char *const *cells)
{
    static const char *const makers[] = {
        "NVIDIA",      "Megatron-LM SC'21",     "Megatron-LM examples",    "Megatron-LM README",
        "Korthikanti", "Megatron-MoE-ModelZoo", "Scalable Training of MoE"};
    if (cells[FC_COLUMN_TUNED_BY][0])
        return fc_field_number_of(FC_FIELD_TUNED_BY, cells[FC_COLUMN_TUNED_BY]) == FC_TUNED_BY_VENDOR;
    for (size_t i = 0; i < sizeof makers / sizeof makers[0]; i++)
        if (has(cells, FC_COLUMN_SOURCE, makers[i]))
            return true;
    return false;
}

/* The source without numbers of releases: two releases of one summary are one source. */
static void name_source(char *to, size_t size, const char *source)
{
    size_t used = 0;
    for (const char *at = source; *at && used + 1 < size;) {
        const char *end = at + strcspn(at, " ");
        bool digits = false;
        for (const char *c = at; c < end; c++)
            digits |= isdigit((unsigned char)*c) != 0;
        if (!digits && used + (size_t)(end - at) + 2 < size) {
            if (used)
                to[used++] = ' ';
            memcpy(to + used, at, (size_t)(end - at));
            used += (size_t)(end - at);
        }
        at = end + strspn(end, " ");
    }
    to[used] = '\0';
}

int fc_measurement_fill(struct fc_measurement *m, const char *const cells[FC_COLUMNS],
                        const struct fc_catalog *catalog, struct fc_error *error)
{
    snprintf(m->id, sizeof m->id, "%.95s", cells[FC_COLUMN_ID]);
    snprintf(m->model, sizeof m->model, "%.63s", cells[FC_COLUMN_MODEL]);
    name_source(m->source, sizeof m->source, cells[FC_COLUMN_SOURCE]);
    find_reason(m, cells, catalog);
    if (m->left_out[0])
        return 0;
    struct fc_plan *p = &m->plan;
    const char *gpu = gpu_name(cells);
    p->software = software_of(cells);
    if (!gpu || !fc_catalog_get(catalog, "gpu", gpu)) {
        snprintf(m->left_out, sizeof m->left_out, "the catalog has no GPU '%.60s'",
                 gpu ? gpu : cells[FC_COLUMN_HARDWARE]);
        return 0;
    }
    if (!p->software && cells[FC_COLUMN_SOFTWARE][0]) {
        snprintf(m->left_out, sizeof m->left_out, "'%.60s' is not a known software generation",
                 cells[FC_COLUMN_SOFTWARE]);
        return 0;
    }
    p->software_assumed = !p->software;
    if (!p->software)
        p->software = fc_software_newest();
    if (fc_accelerator_read(&p->gpu, catalog, gpu, NULL, error) ||
        read_model(&p->model, cells, catalog, error))
        return -1;
    /* stated adapters that are not the GPU's usual: Jean Zay shares four of 100 Gbit/s between eight GPUs, the
     * cluster of fms-fsdp has 400 Gbit/s per node of eight */
    if (has(cells, FC_COLUMN_HARDWARE, "4 x 100G") || has(cells, FC_COLUMN_HARDWARE, "400Gbps/node"))
        p->gpu.nic_bytes_per_s = 50e9 / 8;
    p->roce = has(cells, FC_COLUMN_NOTES, "RoCE") || has(cells, FC_COLUMN_HARDWARE, "RoCE") ||
              has(cells, FC_COLUMN_HARDWARE, "Ethernet") || has(cells, FC_COLUMN_NOTES, "Spectrum-X") ||
              is_llama3_paper(cells);
    /* "400 Gbit/s per GPU", "roce", "infiniband": what the network column says goes before the GPU's usual link */
    read_network(p, cells[FC_COLUMN_NETWORK], catalog);
    p->tuned_by_vendor = tuned_by_vendor(cells);
    const struct fc_catalog_entry *model = find_model(catalog, cells[FC_COLUMN_MODEL]);
    if (model && leaves_features_open(cells) &&
        fc_recipes_read(p->recipes, p->software->name, model->name, gpu, error))
        return -1;
    char why[160];
    bool open = fc_measurement_is_open(m, cells);
    if (fc_measurement_layout(p, cells, why) && !open) {
        snprintf(m->left_out, sizeof m->left_out, "%s", why);
        return 0;
    }
    read_memory(m, cells);
    read_time(m, cells);
    return 0;
}

/* --- notes
 * -------------------------------------------------------------------------------------------------------- */

void fc_measurement_note(struct fc_notes *notes, const char *file, int line, const char *text)
{
    /* what read_notes and its like look for */
    static const char *const known[] = {"full_iteration",
                                        "transformer_engine",
                                        "cuda_graph",
                                        "cutedsl_fused",
                                        "fp8_dot_product",
                                        "A2A overlap",
                                        "hybridep",
                                        "HybridEP",
                                        "deepep",
                                        "DeepEP",
                                        "token-drop",
                                        "activation offload",
                                        "cpu_offload",
                                        "dense_layers",
                                        "MTP",
                                        "force-balanced",
                                        "RoCE",
                                        "Spectrum-X",
                                        "ZeRO",
                                        "expert TP",
                                        "untuned",
                                        "recompute",
                                        "cuDNN-frontend regression",
                                        "dispatcher="};
    enum { MOST = 8 };
    while (*text) {
        size_t length = strcspn(text, ";,");
        while (length && *text == ' ') {
            text++;
            length--;
        }
        char phrase[64];
        snprintf(phrase, sizeof phrase, "%.*s", (int)(length < 60 ? length : 60), text);
        bool understood = !phrase[0];
        for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
            understood |= strstr(phrase, known[i]) != NULL;
        size_t count = 0;
        for (size_t i = 0; i < notes->count; i++)
            count += strcmp(notes->list[i].id, "note-not-read") == 0;
        if (!understood && count < MOST)
            fc_note(notes, FC_NOTE, "note-not-read", &(struct fc_place){file, line, 1},
                    "'%s' in the notes says nothing to this program; what matters has columns of its own",
                    phrase);
        else if (!understood && count == MOST)
            fc_note(notes, FC_NOTE, "note-not-read", NULL,
                    "further notes say nothing to this program either");
        text += length;
        text += *text == ';' || *text == ',';
    }
}
