/* model_config.c: see model_config.h. */
#include "model_config.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/base/source.h"
#include "model_config_keys.h"

enum { LAYERS_MOST = 2048, KEYS_MOST = 512 };

/* What has been read of a file; `nodes` by enum fc_key_kind. */
struct reading {
    const char *type;
    const struct fc_model_family *family;
    const struct fc_node *root;
    double value[FC_SLOTS]; /* negative: absent */
    const struct fc_node *at[FC_SLOTS];
    const struct fc_node *special[FC_KEY_NESTED + 1];
    char mixer
        [LAYERS_MOST]; /* per layer: f attends to all, w within a window, m Mamba, d delta rule, - none */
    char feed[LAYERS_MOST]; /* per layer: d dense, e experts, - none */
    size_t layers;
    bool squared_relu;
    struct fc_error *error;
};

static bool has(const struct reading *r, int slot)
{
    return r->value[slot] >= 0;
}
static double get(const struct reading *r, int slot)
{
    return has(r, slot) ? r->value[slot] : 0;
}
static bool is_type(const struct reading *r, const char *types)
{
    return fc_word_among(r->type, types);
}
static bool is_absent(const struct fc_node *node)
{
    return node->kind == FC_NODE_EMPTY || (node->kind == FC_NODE_TEXT && (strcmp(node->text, "auto") == 0 ||
                                                                          strcmp(node->text, "null") == 0));
}
static bool is_word(const struct fc_node *node, const char *word)
{
    return node->kind == FC_NODE_TEXT && !node->quoted && strcmp(node->text, word) == 0;
}

/* --- single values ------------------------------------------------------------------------------------ */

static int read_number(const struct fc_node *node, double *value, struct fc_error *error)
{
    if (node->kind == FC_NODE_TEXT && !node->quoted) {
        char *end;
        *value = strtod(node->text, &end);
        if (end != node->text && !*end && *value >= 0 && *value < 1e9)
            return 0;
    }
    return fc_fail_at(error, &node->place, "%s%s%s is %s%s; write a number from 0 to 1e9%s",
                      node->key ? "key '" : "this", node->key ? node->key : "", node->key ? "'" : "",
                      node->quoted ? "the text " : "",
                      node->kind == FC_NODE_TEXT ? node->text : fc_node_kind_name(node->kind),
                      node->quoted ? " without quotes" : "");
}

static int take_number(struct reading *r, const struct fc_node *node, int slot)
{
    double value;
    if (is_absent(node)) { /* no window, where the family has one unless it says otherwise */
        if (slot == FC_SLOT_WINDOW || slot == FC_SLOT_CHUNK)
            r->value[slot] = -1;
        return 0;
    }
    /* the end of a range may be -1: none */
    if (slot == FC_SLOT_MOE_END && is_word(node, "-1"))
        return 0;
    if (read_number(node, &value, r->error))
        return -1;
    if (slot != FC_SLOT_EXPANSION && slot != FC_SLOT_MAMBA_EXPAND && value != floor(value))
        return fc_fail_at(r->error, &node->place, "key '%s' is %s; write a whole number", node->key,
                          node->text);
    if (has(r, slot) && r->at[slot] && r->value[slot] != value)
        return fc_fail_at(r->error, &node->key_place,
                          "key '%s' is %g, but '%s', which means the same, is %g; correct one", node->key,
                          value, r->at[slot]->key, r->value[slot]);
    r->value[slot] = value;
    r->at[slot] = node;
    return 0;
}

static int take_flag(struct reading *r, const struct fc_node *node, int slot)
{
    if (is_absent(node))
        return 0;
    if (!is_word(node, "true") && !is_word(node, "false"))
        return fc_fail_at(r->error, &node->place, "key '%s' is %s; write true or false", node->key,
                          node->kind == FC_NODE_TEXT ? node->text : fc_node_kind_name(node->kind));
    r->value[slot] = is_word(node, "true");
    r->at[slot] = node;
    return 0;
}

/* One number for every layer, or a list of equal ones. */
static int take_widths(struct reading *r, const struct fc_node *node)
{
    static const struct {
        const char *key;
        int slot;
    } slots[] = {{"moe_topk", FC_SLOT_TOPK},
                 {"num_shared_expert", FC_SLOT_SHARED_EXPERTS},
                 {"moe_intermediate_size", FC_SLOT_MOE_FFN}};
    int slot = FC_SLOT_TOPK;
    for (size_t i = 0; i < sizeof slots / sizeof slots[0]; i++)
        if (strcmp(node->key, slots[i].key) == 0)
            slot = slots[i].slot;
    if (node->kind != FC_NODE_LIST)
        return take_number(r, node, slot);
    for (const struct fc_node *item = node->first; item; item = item->next) {
        double value;
        if (read_number(item, &value, r->error))
            return -1;
        if (item != node->first && value != r->value[slot])
            return fc_fail_at(r->error, &item->place,
                              "'%s' differs from layer to layer, and that is not modelled", node->key);
        r->value[slot] = value;
    }
    return 0;
}

static int take_activation(struct reading *r, const struct fc_node *node)
{
    static const char known[] = "silu swish swiglu gelu gelu_new gelu_fast gelu_pytorch_tanh gelu_python "
                                "gelu_10 quick_gelu relu relu2 xielu geglu";
    if (is_absent(node))
        return 0;
    char shown[64];
    if (node->kind != FC_NODE_TEXT || !fc_word_among(node->text, known))
        return fc_fail_at(
            r->error, &node->place, "key '%s': the activation '%s' is not modelled; known are %s", node->key,
            node->text ? fc_printable(shown, sizeof shown, node->text, strlen(node->text)) : "", known);
    r->squared_relu = strcmp(node->text, "relu2") == 0;
    return 0;
}

/* What is not modelled must be switched off: false, null, zero, or lists of such. */
static int must_be_off(const struct fc_node *node)
{
    double value;
    struct fc_error ignored = {0};
    if (is_absent(node) || is_word(node, "false"))
        return 0;
    if (node->kind == FC_NODE_LIST || node->kind == FC_NODE_MAP) {
        for (const struct fc_node *item = node->first; item; item = item->next)
            if (must_be_off(item))
                return -1;
        return 0;
    }
    return read_number(node, &value, &ignored) == 0 && value == 0 ? 0 : -1;
}

/* --- all keys ----------------------------------------------------------------------------------------- */

static int unknown_key(const struct reading *r, const struct fc_node *node)
{
    const char *names[KEYS_MOST];
    char hint[160], shown[64];
    size_t count = 0;
    for (size_t i = 0; i < fc_key_rule_count && count < KEYS_MOST; i++)
        names[count++] = fc_key_rules[i].key;
    fc_did_you_mean(hint, sizeof hint, node->key, strlen(node->key), names, count);
    return fc_fail_at(r->error, &node->key_place,
                      "key '%s' of a %s model is not known, and it may stand for an operator that is not "
                      "modelled; remove it if it changes neither layers nor shapes%s",
                      fc_printable(shown, sizeof shown, node->key, strlen(node->key)), r->type, hint);
}

static int read_map(struct reading *r, const struct fc_node *map)
{
    for (const struct fc_node *node = map->first; node; node = node->next) {
        const struct fc_key_rule *rule = fc_key_rule_find(node->key, r->type);
        int status = 0;
        if (!rule)
            return unknown_key(r, node);
        switch (rule->kind) {
        case FC_KEY_IGNORED:
            break;
        case FC_KEY_NUMBER:
            status = take_number(r, node, rule->slot);
            break;
        case FC_KEY_FLAG:
            status = take_flag(r, node, rule->slot);
            break;
        case FC_KEY_WIDTHS:
            status = take_widths(r, node);
            break;
        case FC_KEY_ACTIVATION:
            status = take_activation(r, node);
            break;
        case FC_KEY_OFF:
            if (must_be_off(node))
                status = fc_fail_at(r->error, &node->key_place, "key '%s' asks for %s, which is not modelled",
                                    node->key, rule->what);
            break;
        case FC_KEY_NESTED:
            if (node->kind == FC_NODE_MAP)
                status = read_map(r, node);
            break;
        default:
            if (!is_absent(node))
                r->special[rule->kind] = node;
        }
        if (status)
            return -1;
    }
    return 0;
}

static int require(const struct reading *r, int slot, const char *key)
{
    if (has(r, slot) && r->value[slot] > 0)
        return 0;
    return fc_fail_at(r->error, r->at[slot] ? &r->at[slot]->place : &r->root->place,
                      "a configuration of a %s model needs '%s', a number above 0", r->type, key);
}

/* --- layers ------------------------------------------------------------------------------------------- */

static int wrong_length(const struct reading *r, const struct fc_node *node, size_t length)
{
    return fc_fail_at(r->error, &node->place, "'%s' has %zu entries, but the model has %zu layers", node->key,
                      length, r->layers);
}

static int read_layer_types(struct reading *r, const struct fc_node *list)
{
    static const struct {
        const char *word;
        char mixer, feed;
    } kinds[] = {{"full_attention", 'f', 0},
                 {"attention", 'f', 0},
                 {"global_attention", 'f', 0},
                 {"sliding_attention", 'w', 0},
                 {"chunked_attention", 'w', 0},
                 {"linear_attention", 'd', 0},
                 {"indexed_attention", 'f', 0},
                 {"mamba", 'm', 0},
                 {"moe", '-', 'e'},
                 {"mlp", '-', 'd'}};
    size_t i = 0;
    bool letters = strcmp(list->key, "layers_block_type") == 0 && is_type(r, "nemotron_h");
    if (list->kind != FC_NODE_LIST)
        return fc_fail_at(r->error, &list->place, "'%s' is %s; write a list of words", list->key,
                          fc_node_kind_name(list->kind));
    for (const struct fc_node *item = list->first; item; item = item->next, i++) {
        size_t k = 0;
        while (k < sizeof kinds / sizeof kinds[0] && (!item->text || strcmp(item->text, kinds[k].word) != 0))
            k++;
        if (k == sizeof kinds / sizeof kinds[0])
            return fc_fail_at(r->error, &item->place,
                              "layers of the type '%s' are not modelled; known are full_attention, "
                              "sliding_attention, chunked_attention, linear_attention, mamba, moe and mlp",
                              item->text ? item->text : fc_node_kind_name(item->kind));
        if (i >= r->layers)
            break;
        r->mixer[i] = kinds[k].mixer;
        if (letters)
            r->feed[i] = kinds[k].feed ? kinds[k].feed : '-';
    }
    return list->count == r->layers ? 0 : wrong_length(r, list, list->count);
}

/* "dense" or "sparse" for every layer. */
static int read_feed_types(struct reading *r, const struct fc_node *list)
{
    size_t i = 0;
    if (list->kind != FC_NODE_LIST)
        return fc_fail_at(r->error, &list->place, "'%s' is %s; write a list of words", list->key,
                          fc_node_kind_name(list->kind));
    for (const struct fc_node *item = list->first; item; item = item->next, i++) {
        bool dense = item->text && strcmp(item->text, "dense") == 0;
        if (!dense && !(item->text && strcmp(item->text, "sparse") == 0))
            return fc_fail_at(r->error, &item->place, "'%s' holds %s; write dense or sparse", list->key,
                              item->text ? item->text : fc_node_kind_name(item->kind));
        if (i < r->layers)
            r->feed[i] = dense ? 'd' : 'e';
    }
    return list->count == r->layers ? 0 : wrong_length(r, list, list->count);
}

static int read_letters(struct reading *r, const struct fc_node *node)
{
    size_t i = 0;
    if (node->kind != FC_NODE_TEXT)
        return fc_fail_at(r->error, &node->place, "'%s' is %s; write letters, M * - E", node->key,
                          fc_node_kind_name(node->kind));
    for (const char *c = node->text; *c; c++) {
        if (!strchr("M*-E", *c))
            return fc_fail_at(
                r->error, &node->place,
                "layers of the letter '%c' are not modelled; known are M (Mamba-2), * (attention), "
                "- (feed-forward) and E (experts)",
                *c);
        if (i < r->layers) {
            r->mixer[i] = *c == 'M' ? 'm' : *c == '*' ? 'f' : '-';
            r->feed[i] = *c == '-' ? 'd' : *c == 'E' ? 'e' : '-';
        }
        i++;
    }
    return i == r->layers ? 0 : wrong_length(r, node, i);
}

/* Sets the layers whose numbers, counted from `first`, a list holds. */
static int mark(struct reading *r, const struct fc_node *list, double first, char *layers, char to)
{
    if (list->kind != FC_NODE_LIST)
        return fc_fail_at(r->error, &list->place, "'%s' is %s; write a list of layers", list->key,
                          fc_node_kind_name(list->kind));
    for (const struct fc_node *item = list->first; item; item = item->next) {
        double n;
        if (read_number(item, &n, r->error))
            return -1;
        if (n - first < 0 || n - first >= (double)r->layers)
            return fc_fail_at(r->error, &item->place, "there is no layer %g: the model has %zu", n,
                              r->layers);
        layers[(size_t)(n - first)] = to;
    }
    return 0;
}

/* Sets one of two letters by a list of 0 and 1 per layer. */
static int choose(struct reading *r, const struct fc_node *list, char *layers, char zero, char one)
{
    size_t i = 0;
    if (list->kind != FC_NODE_LIST)
        return fc_fail_at(r->error, &list->place, "'%s' is %s; write a list of 0 and 1", list->key,
                          fc_node_kind_name(list->kind));
    if (list->count == 0) /* as if it were not there */
        return 0;
    for (const struct fc_node *item = list->first; item; item = item->next, i++) {
        double n;
        if (read_number(item, &n, r->error))
            return -1;
        if (n != 0 && n != 1)
            return fc_fail_at(r->error, &item->place, "'%s' holds %g; write 0 or 1 per layer", list->key, n);
        if (i < r->layers)
            layers[i] = n == 0 ? zero : one;
    }
    return list->count == r->layers ? 0 : wrong_length(r, list, list->count);
}

static int read_linear_config(struct reading *r, const struct fc_node *map)
{
    static const struct {
        const char *key;
        int slots[2];
    } numbers[] = {{"num_heads", {FC_SLOT_DELTA_KEY_HEADS, FC_SLOT_DELTA_VALUE_HEADS}},
                   {"head_dim", {FC_SLOT_DELTA_KEY_DIM, FC_SLOT_DELTA_VALUE_DIM}},
                   {"short_conv_kernel_size", {FC_SLOT_DELTA_CONV, FC_SLOT_DELTA_CONV}}};
    const struct fc_node *full = fc_node_get(map, "full_attn_layers"),
                         *delta = fc_node_get(map, "kda_layers");
    for (const struct fc_node *node = map->first; node; node = node->next) {
        bool known = node == full || node == delta;
        for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
            if (strcmp(node->key, numbers[i].key) == 0) {
                double value;
                known = true;
                if (read_number(node, &value, r->error))
                    return -1;
                r->value[numbers[i].slots[0]] = r->value[numbers[i].slots[1]] = value;
            }
        const struct fc_key_rule *rule = fc_key_rule_find(node->key, r->type);
        if (rule && rule->kind == FC_KEY_OFF && must_be_off(node))
            return fc_fail_at(r->error, &node->key_place, "key '%s' asks for %s, which is not modelled",
                              node->key, rule->what);
        if (!known && !(rule && (rule->kind == FC_KEY_OFF || rule->kind == FC_KEY_IGNORED)))
            return unknown_key(r, node);
    }
    if (!full || !delta)
        return fc_fail_at(r->error, &map->place, "'%s' needs full_attn_layers and kda_layers", map->key);
    memset(r->mixer, '?', r->layers);
    if (mark(r, full, 1, r->mixer, 'f') || mark(r, delta, 1, r->mixer, 'd'))
        return -1;
    return memchr(r->mixer, '?', r->layers)
               ? fc_fail_at(r->error, &map->place, "'%s' leaves out layers of the %zu", map->key, r->layers)
               : 0;
}

/* Sliding windows by a rhythm, where no list names them. */
static int place_windows(struct reading *r)
{
    const struct fc_node *word = r->special[FC_KEY_WINDOW_WORD];
    bool chunks = has(r, FC_SLOT_CHUNK);
    double window = chunks ? get(r, FC_SLOT_CHUNK) : get(r, FC_SLOT_WINDOW),
           every = get(r, FC_SLOT_WINDOW_EVERY);
    bool unless_asked = strncmp(r->type, "qwen", 4) == 0 || is_type(r, "smollm3");
    if (has(r, FC_SLOT_USE_WINDOW) ? get(r, FC_SLOT_USE_WINDOW) == 0 : unless_asked)
        window = 0;
    if (window <= 0)
        return 0;
    size_t letters = 0;
    if (word && read_number(word, &every, r->error)) {
        letters = word->kind == FC_NODE_TEXT ? strlen(word->text) : 0;
        if (letters == 0 || strspn(word->text, "LG") != letters)
            return -1;
        *r->error = (struct fc_error){0};
    }
    for (size_t i = 0; i < r->layers; i++) {
        bool all = is_type(r, "cwm") ? i % 4 == 0
                   : letters         ? word->text[i % letters] == 'G'
                                     : every > 0 && fmod((double)i + 1, every) == 0;
        if (r->mixer[i] == 'f' && !all && !((double)i < get(r, FC_SLOT_WINDOW_FROM)))
            r->mixer[i] = 'w';
    }
    return 0;
}

/* A list of the kinds of attention in which only full attention, 1, is modelled. */
static int read_ones(const struct reading *r, const struct fc_node *list)
{
    double n;
    for (const struct fc_node *item = list->first; item; item = item->next)
        if (read_number(item, &n, r->error))
            return -1;
        else if (n != 1)
            return fc_fail_at(r->error, &item->place,
                              "'%s' asks for attention of kind %g; only full attention "
                              "(1) is modelled",
                              list->key, n);
    return 0;
}

static int place_mixers(struct reading *r)
{
    const struct fc_node *types = r->special[FC_KEY_LAYER_TYPES], *letters = r->special[FC_KEY_LETTERS];
    bool mamba = is_type(r, "mamba mamba2 bamba jamba");
    memset(r->mixer, mamba ? 'm' : 'f', r->layers);
    memset(r->feed, is_type(r, "mamba mamba2") ? '-' : 'd', r->layers);
    if (is_type(r, "jamba"))
        for (size_t i = 0; i < r->layers; i++)
            if (fmod((double)i, get(r, FC_SLOT_ATTENTION_EVERY)) == get(r, FC_SLOT_ATTENTION_OFFSET))
                r->mixer[i] = 'f';
    if (r->special[FC_KEY_ATTENTION_LIST] && mark(r, r->special[FC_KEY_ATTENTION_LIST], 0, r->mixer, 'f'))
        return -1;
    if (r->special[FC_KEY_LINEAR_CONFIG] && read_linear_config(r, r->special[FC_KEY_LINEAR_CONFIG]))
        return -1;
    if (r->special[FC_KEY_ONES] && read_ones(r, r->special[FC_KEY_ONES]))
        return -1;
    if (letters)
        return read_letters(r, letters);
    if (types)
        return read_layer_types(r, types);
    if (r->special[FC_KEY_WINDOW_LIST])
        return choose(r, r->special[FC_KEY_WINDOW_LIST], r->mixer, 'f', 'w');
    if (r->special[FC_KEY_FULL_LIST] && r->special[FC_KEY_FULL_LIST]->count > 0)
        return choose(r, r->special[FC_KEY_FULL_LIST], r->mixer, 'f', 'w');
    if (has(r, FC_SLOT_FULL_EVERY) && get(r, FC_SLOT_FULL_EVERY) > 0 && has(r, FC_SLOT_DELTA_VALUE_HEADS))
        for (size_t i = 0; i < r->layers; i++)
            r->mixer[i] = fmod((double)i + 1, get(r, FC_SLOT_FULL_EVERY)) == 0 ? 'f' : 'd';
    return place_windows(r);
}

static int place_experts(struct reading *r)
{
    const struct fc_node *list = r->special[FC_KEY_MOE_LIST], *dense = r->special[FC_KEY_DENSE_LIST],
                         *named = r->special[FC_KEY_EXPERT_LIST];
    double every = has(r, FC_SLOT_MOE_EVERY) ? get(r, FC_SLOT_MOE_EVERY) : 1, end = get(r, FC_SLOT_MOE_END);
    bool from_zero = has(r, FC_SLOT_MOE_OFFSET);
    bool one = get(r, FC_SLOT_EXPERTS) == 1 && is_type(r, "jamba hunyuan hunyuan_v1_moe");
    if (get(r, FC_SLOT_EXPERTS) <= 0 || one || r->special[FC_KEY_LETTERS] || is_type(r, "nemotron_h"))
        return 0;
    if (list && list->kind != FC_NODE_LIST && read_number(list, &every, r->error))
        return -1;
    if (every < 1)
        return fc_fail_at(r->error, &r->root->place, "experts in every %g-th layer; write 1 or more", every);
    for (size_t i = 0; i < r->layers; i++) {
        bool in = from_zero ? fmod((double)i, every) == fmod(get(r, FC_SLOT_MOE_OFFSET), every)
                            : fmod((double)i + (list ? 0 : 1), every) == 0;
        if (in && (double)i >= get(r, FC_SLOT_FIRST_DENSE) && !(end > 0 && (double)i > end))
            r->feed[i] = 'e';
    }
    if (r->special[FC_KEY_FEED_TYPES])
        return read_feed_types(r, r->special[FC_KEY_FEED_TYPES]);
    if (list && list->kind == FC_NODE_LIST && choose(r, list, r->feed, 'd', 'e'))
        return -1;
    if (named && named->kind == FC_NODE_LIST && named->count > 0) {
        memset(r->feed, 'd', r->layers);
        if (mark(r, named, 0, r->feed, 'e'))
            return -1;
    }
    return dense ? mark(r, dense, 0, r->feed, 'd') : 0;
}

static double count(const char *layers, size_t n, char which)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += layers[i] == which;
    return sum;
}

/* --- the architecture --------------------------------------------------------------------------------- */

static void put_attention(const struct reading *r, struct fc_architecture *a)
{
    const struct fc_model_family *f = r->family;
    bool bias = get(r, FC_SLOT_BIAS) > 0;
    a->heads = get(r, FC_SLOT_HEADS);
    a->kv_heads = has(r, FC_SLOT_KV_HEADS) ? get(r, FC_SLOT_KV_HEADS) : a->heads;
    if (is_type(r, "falcon") && get(r, FC_SLOT_NEW_DECODER) == 0)
        a->kv_heads = get(r, FC_SLOT_MULTI_QUERY) > 0 ? 1 : a->heads;
    if (is_type(r, "gpt_bigcode") && (!has(r, FC_SLOT_MULTI_QUERY) || get(r, FC_SLOT_MULTI_QUERY) > 0))
        a->kv_heads = 1;
    if (is_type(r, "chatglm") && get(r, FC_SLOT_MULTI_QUERY) == 0)
        a->kv_heads = a->heads;
    a->head_dim = has(r, FC_SLOT_HEAD_DIM) ? get(r, FC_SLOT_HEAD_DIM)
                  : a->heads > 0           ? a->hidden / a->heads
                                           : 0;
    a->v_dim = get(r, FC_SLOT_V_HEAD_DIM);
    a->q_lora = get(r, FC_SLOT_Q_LORA);
    a->kv_lora = get(r, FC_SLOT_KV_LORA);
    a->rope_dim = get(r, FC_SLOT_ROPE_DIM);
    a->nope_dim = get(r, FC_SLOT_NOPE_DIM);
    if (get(r, FC_SLOT_INDEX_TOPK) > 0) {
        a->index_heads = get(r, FC_SLOT_INDEX_HEADS);
        a->index_dim = get(r, FC_SLOT_INDEX_DIM);
        a->index_topk = get(r, FC_SLOT_INDEX_TOPK);
    }
    a->window_layers = count(r->mixer, r->layers, 'w');
    if (a->window_layers > 0) {
        a->window_is_chunk = has(r, FC_SLOT_CHUNK);
        a->window = get(r, a->window_is_chunk ? FC_SLOT_CHUNK : FC_SLOT_WINDOW);
        a->window_heads = get(r, FC_SLOT_WINDOW_HEADS);
        a->window_kv_heads = get(r, FC_SLOT_WINDOW_KV_HEADS);
        a->window_head_dim = get(r, FC_SLOT_WINDOW_HEAD_DIM);
        a->window_v_dim = get(r, FC_SLOT_WINDOW_V_DIM);
    }
    a->attention_gate = f->attention_gate;
    a->qkv_bias = has(r, FC_SLOT_QKV_BIAS) ? get(r, FC_SLOT_QKV_BIAS) > 0 : f->qkv_bias || bias;
    a->out_bias = f->out_bias || bias;
    a->mlp_bias = has(r, FC_SLOT_MLP_BIAS) ? get(r, FC_SLOT_MLP_BIAS) > 0 : f->mlp_bias || bias;
    a->qk_norm = has(r, FC_SLOT_QK_NORM) ? get(r, FC_SLOT_QK_NORM) > 0 : f->qk_norm;
}

static void put_recurrent(const struct reading *r, struct fc_architecture *a)
{
    a->mamba_layers = count(r->mixer, r->layers, 'm');
    if (a->mamba_layers > 0) {
        double expanded = get(r, FC_SLOT_MAMBA_EXPAND) * a->hidden;
        a->mamba_heads = get(r, FC_SLOT_MAMBA_HEADS);
        a->mamba_inner = get(r, FC_SLOT_MAMBA_INNER) > 0 ? get(r, FC_SLOT_MAMBA_INNER)
                         : is_type(r, "nemotron_h")      ? a->mamba_heads * get(r, FC_SLOT_MAMBA_HEAD_DIM)
                                                         : expanded;
        if (a->mamba_heads <= 0 && get(r, FC_SLOT_MAMBA_HEAD_DIM) > 0)
            a->mamba_heads = a->mamba_inner / get(r, FC_SLOT_MAMBA_HEAD_DIM);
        a->mamba_groups = has(r, FC_SLOT_MAMBA_GROUPS) ? get(r, FC_SLOT_MAMBA_GROUPS) : 1;
        a->mamba_state = get(r, FC_SLOT_MAMBA_STATE);
        a->mamba_conv = has(r, FC_SLOT_MAMBA_CONV) ? get(r, FC_SLOT_MAMBA_CONV) : 4;
        a->mamba_chunk = has(r, FC_SLOT_MAMBA_CHUNK) ? get(r, FC_SLOT_MAMBA_CHUNK) : 256;
        if (is_type(r, "mamba jamba"))
            a->mamba_rank = has(r, FC_SLOT_MAMBA_RANK) ? get(r, FC_SLOT_MAMBA_RANK) : ceil(a->hidden / 16);
    }
    a->delta_layers = count(r->mixer, r->layers, 'd');
    if (a->delta_layers > 0) {
        a->delta_key_heads = get(r, FC_SLOT_DELTA_KEY_HEADS);
        a->delta_key_dim = get(r, FC_SLOT_DELTA_KEY_DIM);
        a->delta_value_heads = get(r, FC_SLOT_DELTA_VALUE_HEADS);
        a->delta_value_dim = get(r, FC_SLOT_DELTA_VALUE_DIM);
        a->delta_conv = has(r, FC_SLOT_DELTA_CONV) ? get(r, FC_SLOT_DELTA_CONV) : 4;
        a->delta_per_channel = is_type(r, "kimi_linear");
        if (a->delta_per_channel) { /* as many keys as values */
            a->delta_key_heads = a->delta_value_heads;
            a->delta_key_dim = a->delta_value_dim;
        }
    }
    a->attention_layers = count(r->mixer, r->layers, 'f') + a->window_layers;
    a->letters = count(r->mixer, r->layers, '-') > 0;
    a->mlp_layers = a->letters ? count(r->feed, r->layers, 'd') : 0;
}

static void put_feed(const struct reading *r, struct fc_architecture *a)
{
    const struct fc_model_family *f = r->family;
    double shared = get(r, FC_SLOT_SHARED_EXPERTS);
    a->gated = !f->plain_ffn;
    a->squared_relu = r->squared_relu;
    a->parallel_block = has(r, FC_SLOT_PARALLEL) ? get(r, FC_SLOT_PARALLEL) > 0 : f->parallel_block;
    a->ffn = get(r, FC_SLOT_FFN);
    if (a->ffn <= 0 && has(r, FC_SLOT_EXPANSION))
        a->ffn = get(r, FC_SLOT_EXPANSION) * a->hidden;
    if (is_type(r, "qwen")) /* both halves of a gated block together */
        a->ffn /= 2;
    a->experts = get(r, FC_SLOT_EXPERTS);
    if (a->experts == 1 && is_type(r, "jamba hunyuan hunyuan_v1_moe"))
        a->experts = 0;
    if (a->experts <= 0) {
        if (get(r, FC_SLOT_SHARED_FFN) > 0 &&
            is_type(r, "granitemoehybrid granitemoeshared")) /* the shared block is all there is */
            a->ffn = get(r, FC_SLOT_SHARED_FFN);
        return;
    }
    a->topk = get(r, FC_SLOT_TOPK);
    a->moe_ffn = has(r, FC_SLOT_MOE_FFN)             ? get(r, FC_SLOT_MOE_FFN)
                 : f->experts || is_type(r, "jamba") ? a->ffn
                                                     : 0;
    a->moe_latent = get(r, FC_SLOT_MOE_LATENT);
    a->shared_ffn =
        has(r, FC_SLOT_SHARED_FFN) ? get(r, FC_SLOT_SHARED_FFN) * fmax(1, shared) : shared * a->moe_ffn;
    if (is_type(r, "llama4_text llama4"))
        a->shared_ffn = a->moe_ffn;
    if (is_type(r, "arctic"))
        a->shared_ffn = a->hidden;
    a->shared_gate = a->shared_ffn > 0 && is_type(r, "qwen2_moe qwen3_next qwen3_5_moe_text qwen3_5_moe");
    a->router_bias = is_type(r, "gpt_oss minimax_m2 deepseek_v3 deepseek_v32 kimi_k2 glm_moe_dsa glm4_moe "
                                "glm4_moe_lite kimi_linear nemotron_h mimo_v2_flash afmoe dots1");
    a->clamped = a->expert_bias = is_type(r, "gpt_oss");
    a->moe_layers = count(r->feed, r->layers, 'e');
    a->moe_every = 1;
    while (a->dense_layers < a->layers && r->feed[(size_t)a->dense_layers] == 'd' && a->moe_layers > 0)
        a->dense_layers++;
}

static int check_feed(const struct reading *r, const struct fc_architecture *a)
{
    const struct fc_place *place = &r->root->place;
    if (count(r->feed, r->layers, 'd') > 0 && a->ffn <= 0)
        return fc_fail_at(r->error, place,
                          "layers without experts need 'intermediate_size', a number above 0");
    if (count(r->feed, r->layers, 'e') > 0 && a->experts <= 0)
        return fc_fail_at(r->error, place, "layers of experts need the number of experts");
    if (a->window_layers > 0 && a->window <= 0)
        return fc_fail_at(r->error, place, "sliding layers need 'sliding_window', a number above 0");
    if (a->heads > 0 && !has(r, FC_SLOT_HEAD_DIM) && a->kv_lora <= 0 && fmod(a->hidden, a->heads) != 0)
        return fc_fail_at(r->error, r->at[FC_SLOT_HEADS] ? &r->at[FC_SLOT_HEADS]->place : place,
                          "hidden_size %g cannot be split over %g heads; state 'head_dim'", a->hidden,
                          a->heads);
    if (has(r, FC_SLOT_EMBEDDING) && get(r, FC_SLOT_EMBEDDING) != a->hidden)
        return fc_fail_at(r->error, &r->at[FC_SLOT_EMBEDDING]->place,
                          "an embedding of another width than the layers (%g against %g) is not modelled",
                          get(r, FC_SLOT_EMBEDDING), a->hidden);
    if (a->kv_lora > 0 && (a->rope_dim <= 0 || a->nope_dim <= 0 || a->v_dim <= 0))
        return fc_fail_at(r->error, &r->at[FC_SLOT_KV_LORA]->place,
                          "latent attention needs qk_rope_head_dim, qk_nope_head_dim and v_head_dim");
    return 0;
}

static int build(struct reading *r, struct fc_architecture *a)
{
    if (r->special[FC_KEY_LETTERS] && r->special[FC_KEY_LETTERS]->text && !has(r, FC_SLOT_LAYERS))
        r->value[FC_SLOT_LAYERS] = (double)strlen(r->special[FC_KEY_LETTERS]->text);
    if (r->special[FC_KEY_LAYER_TYPES] && !has(r, FC_SLOT_LAYERS))
        r->value[FC_SLOT_LAYERS] = (double)r->special[FC_KEY_LAYER_TYPES]->count;
    if (require(r, FC_SLOT_HIDDEN, "hidden_size") || require(r, FC_SLOT_LAYERS, "num_hidden_layers") ||
        require(r, FC_SLOT_VOCAB, "vocab_size") ||
        (!is_type(r, "mamba mamba2") && require(r, FC_SLOT_HEADS, "num_attention_heads")))
        return -1;
    if (r->value[FC_SLOT_LAYERS] > LAYERS_MOST)
        return fc_fail_at(r->error, &r->at[FC_SLOT_LAYERS]->place, "more than %d layers are not modelled",
                          LAYERS_MOST);
    r->layers = (size_t)r->value[FC_SLOT_LAYERS];
    if (place_mixers(r) || place_experts(r))
        return -1;
    *a = (struct fc_architecture){
        .layers = get(r, FC_SLOT_LAYERS), .hidden = get(r, FC_SLOT_HIDDEN), .vocab = get(r, FC_SLOT_VOCAB)};
    put_attention(r, a);
    put_recurrent(r, a);
    put_feed(r, a);
    a->tied = has(r, FC_SLOT_TIED) ? get(r, FC_SLOT_TIED) > 0 : r->family->tied;
    a->norms = r->family->norms > 0 ? r->family->norms : 2;
    if (r->family->positions > 0)
        a->positions = get(r, FC_SLOT_POSITIONS) + (r->family->positions > 1 ? 2 : 0);
    a->mtp_layers = has(r, FC_SLOT_USE_MTP) && get(r, FC_SLOT_USE_MTP) == 0 ? 0 : get(r, FC_SLOT_MTP);
    if (check_feed(r, a))
        return -1;
    return fc_architecture_check(a, &r->root->place, r->error);
}

/* --- the file ----------------------------------------------------------------------------------------- */

static const char *const nests[] = {"text_config", "language_config", "llm_config"};

/* The map that describes the language model: the root, or what it nests beside towers for other input. */
static const struct fc_node *language_part(const struct fc_node *root)
{
    for (size_t i = 0; i < sizeof nests / sizeof nests[0]; i++) {
        const struct fc_node *nested = fc_node_get(root, nests[i]);
        if (nested && nested->kind == FC_NODE_MAP && nested->count > 0)
            return nested;
    }
    return root;
}

static int no_family(const struct fc_node *root, const struct fc_node *type, struct fc_error *error)
{
    static char copies[256][32];
    const char *names[256];
    char hint[160], shown[64];
    size_t n = 0;
    if (!type || !type->text)
        return fc_fail_at(error, &root->place,
                          "a model's configuration needs 'model_type', the family it belongs to");
    for (size_t i = 0; i < fc_model_family_count; i++)
        for (const char *w = fc_model_families[i].types; *w && n < 256;) {
            size_t length = strcspn(w, " ");
            snprintf(copies[n], sizeof copies[n], "%.*s", (int)length, w);
            names[n] = copies[n];
            n++;
            w += length + strspn(w + length, " ");
        }
    fc_did_you_mean(hint, sizeof hint, type->text, strlen(type->text), names, n);
    return fc_fail_at(
        error, &type->place,
        "models of the type '%s' are not known; describe it by hand (docs/how-to/own-model.md)%s",
        fc_printable(shown, sizeof shown, type->text, strlen(type->text)), hint);
}

int fc_model_config_read(struct fc_architecture *a, struct fc_model_config *about, const struct fc_node *root,
                         struct fc_error *error)
{
    const struct fc_node *part = language_part(root), *type = fc_node_get(part, "model_type");
    struct fc_model_config unused;
    about = about ? about : &unused;
    *about = (struct fc_model_config){0};
    if (root->kind != FC_NODE_MAP)
        return fc_fail_at(error, &root->place, "a model's configuration is a map, and this is %s",
                          fc_node_kind_name(root->kind));
    if (!type)
        type = fc_node_get(root, "model_type");
    struct reading *r = calloc(1, sizeof *r);
    if (!r)
        return fc_fail(error, FC_FAULT, "out of memory for a model's configuration");
    *r = (struct reading){.type = type && type->text ? type->text : "", .root = part, .error = error};
    r->family = fc_model_family_find(r->type);
    int status = 0;
    if (!r->family)
        status = no_family(root, type, error);
    else if (r->family->refused)
        status = fc_fail_at(error, &type->place, "models of the type '%s' are not modelled: %s", r->type,
                            r->family->refused);
    if (status == 0) {
        for (int i = 0; i < FC_SLOTS; i++)
            r->value[i] = -1;
        for (size_t i = 0;
             i < 8 && (i == 0 ? r->family->defaults[0].value > 0 : r->family->defaults[i].slot < FC_SLOTS);
             i++)
            r->value[r->family->defaults[i].slot] = r->family->defaults[i].value;
        status = read_map(r, part);
        const struct fc_node *tied = part != root ? fc_node_get(root, "tie_word_embeddings") : NULL;
        if (status == 0 && tied && !r->at[FC_SLOT_TIED])
            status = take_flag(r, tied, FC_SLOT_TIED);
    }
    if (status == 0)
        status = build(r, a);
    if (status == 0) {
        snprintf(about->family, sizeof about->family, "%s", r->type);
        about->vision_left_out = part != root || fc_node_get(root, "vision_config") != NULL;
        about->max_positions = get(r, FC_SLOT_POSITIONS);
    }
    free(r);
    return status;
}

int fc_model_config_open(struct fc_architecture *a, struct fc_model_config *about, const char *path,
                         struct fc_error *error)
{
    struct fc_document *document;
    if (fc_document_open(&document, path, FC_SCENARIO_BYTES, error))
        return -1;
    int status = fc_model_config_read(a, about, fc_document_root(document), error);
    fc_document_close(document);
    return status;
}

bool fc_model_is_file(const char *name)
{
    size_t length = strlen(name);
    return strchr(name, '/') != NULL || (length > 5 && strcmp(name + length - 5, ".json") == 0);
}

/* The path of a file that stands in another: from that one's folder. */
static const char *path_from(const struct fc_place *place, const char *name, char *path, size_t size)
{
    const char *slash = place && place->file && name[0] != '/' ? strrchr(place->file, '/') : NULL;
    if (!slash || strncmp(place->file, "--", 2) == 0)
        return name;
    snprintf(path, size, "%.*s/%s", (int)(slash - place->file), place->file, name);
    return path;
}

int fc_model_read(struct fc_architecture *a, const struct fc_catalog *catalog, const char *name,
                  const struct fc_place *place, struct fc_error *error)
{
    const struct fc_catalog_entry *entry;
    char path[4096], shown[64];
    if (!fc_model_is_file(name))
        return fc_catalog_find(catalog, "model", name, place, &entry, error)
                   ? -1
                   : fc_architecture_read(a, entry, place, error);
    const char *from = path_from(place, name, path, sizeof path);
    if (access(from, R_OK) == 0)
        return fc_model_config_open(a, NULL, from, error);
    fc_printable(shown, sizeof shown, from, strlen(from));
    if (place)
        return fc_fail_at(error, place, "the model's configuration '%s' cannot be read (%s)", shown,
                          strerror(errno));
    return fc_fail(error, FC_BAD_INPUT, "the model's configuration '%s' cannot be read (%s)", shown,
                   strerror(errno));
}
