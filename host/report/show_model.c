/* show_model.c: see show_model.h. */
#include "show_model.h"

#include <stdlib.h>
#include <string.h>

#include "host/base/source.h"
#include "host/step/model_config.h"

static double without_multi_token(const struct fc_architecture *a, double sequence)
{
    struct fc_architecture main_model = *a;
    main_model.mtp_layers = 0;
    return fc_architecture_flop_per_token(&main_model, sequence, true);
}

static void print_mixers(FILE *out, const struct fc_architecture *a)
{
    static const char *const names[] = {[FC_MIXER_ATTENTION] = "attention",
                                        [FC_MIXER_LATENT] = "latent attention",
                                        [FC_MIXER_MAMBA] = "Mamba",
                                        [FC_MIXER_MAMBA2] = "Mamba-2",
                                        [FC_MIXER_DELTA] = "gated DeltaNet"};
    struct fc_mixer mixers[FC_MIXERS];
    for (int i = 0, n = fc_architecture_mixers(a, mixers); i < n; i++) {
        const struct fc_mixer *m = &mixers[i];
        bool attends = m->kind == FC_MIXER_ATTENTION || m->kind == FC_MIXER_LATENT;
        const char *name =
            m->kind == FC_MIXER_DELTA && a->delta_per_channel ? "Kimi Delta Attention" : names[m->kind];
        fprintf(out, "  %5.0f layers of %s", m->layers, name);
        if (m->window > 0)
            fprintf(out, " within %s of %.0f tokens", m->chunked ? "chunks" : "a window", m->window);
        if (m->index_topk > 0)
            fprintf(out, " to the %.0f keys that an indexer keeps", m->index_topk);
        if (attends)
            fprintf(out, ": %.0f heads", m->heads);
        if (m->kind == FC_MIXER_ATTENTION)
            fprintf(out, ", %.0f of keys and values, %.0f wide", m->kv_heads, m->qk_dim);
        fputc('\n', out);
    }
}

static void print_feeds(FILE *out, const struct fc_architecture *a)
{
    double dense = fc_architecture_dense_share(a) * a->layers,
           mixture = fc_architecture_mixture_share(a) * a->layers;
    const char *gated = a->gated ? "gated" : a->squared_relu ? "squared ReLU" : "two matrices";
    if (dense > 0)
        fprintf(out, "  %5.0f dense feed-forward blocks %.0f wide (%s)%s\n", dense, a->ffn, gated,
                a->parallel_block ? ", beside attention on the same input" : "");
    if (mixture > 0) {
        fprintf(out, "  %5.0f mixtures of %.0f experts %.0f wide, %.0f per token (%s)", mixture, a->experts,
                a->moe_ffn, a->topk, gated);
        if (a->shared_ffn > 0)
            fprintf(out, ", shared ones %.0f wide", a->shared_ffn);
        if (a->moe_latent > 0)
            fprintf(out, ", in a latent width of %.0f", a->moe_latent);
        fputc('\n', out);
    }
    if (a->mtp_layers > 0)
        fprintf(out, "  %5.0f for multi-token prediction, beside them\n", a->mtp_layers);
}

void fc_show_model(FILE *out, const struct fc_architecture *a, double sequence)
{
    struct fc_parameters p = fc_architecture_count(a);
    fprintf(out, "%.0f layers, hidden width %.0f, vocabulary %.0f (output layer %s)\n", a->layers, a->hidden,
            a->vocab, a->tied ? "tied to the embedding" : "of its own");
    print_mixers(out, a);
    print_feeds(out, a);
    fprintf(out, "\nparameters, counted from the shape\n");
    fprintf(out, "  total                               %10.3f billion\n", 1e-9 * p.total);
    fprintf(out,
            "  active for one token                %10.3f billion, embedding and output layer included\n",
            1e-9 * p.active);
    fprintf(out, "  active without the input embedding  %10.3f billion%s\n",
            1e-9 * p.active_without_embedding, a->tied ? " (it is the output layer too, so it counts)" : "");
    if (a->mtp_layers > 0)
        fprintf(out, "  multi-token prediction, beside them %10.3f billion\n", 1e-9 * p.multi_token);
    fprintf(out, "\nFLOP to train one token, in sequences of %.0f tokens, causal attention\n", sequence);
    fprintf(out, "  %.5g GFLOP", 1e-9 * fc_architecture_flop_per_token(a, sequence, true));
    if (a->mtp_layers > 0)
        fprintf(out, "; without multi-token prediction %.5g GFLOP", 1e-9 * without_multi_token(a, sequence));
    fputc('\n', out);
}

void fc_write_model(struct fc_writer *writer, const struct fc_architecture *a, double sequence)
{
    struct fc_parameters p = fc_architecture_count(a);
    fc_write_number(writer, "parameters_total", p.total);
    fc_write_number(writer, "parameters_active", p.active);
    fc_write_number(writer, "parameters_active_without_embedding", p.active_without_embedding);
    fc_write_number(writer, "parameters_multi_token", p.multi_token);
    fc_write_number(writer, "sequence", sequence);
    fc_write_number(writer, "flop_per_token", fc_architecture_flop_per_token(a, sequence, true));
    fc_write_number(writer, "flop_per_token_without_multi_token", without_multi_token(a, sequence));
}

int fc_show_model_file(FILE *out, const char *path, double sequence, bool as_json, struct fc_error *error)
{
    struct fc_architecture a;
    struct fc_model_config about;
    struct fc_writer *writer;
    if (fc_model_config_open(&a, &about, path, error))
        return -1;
    if (!as_json) {
        char *shown = strdup(path);
        fprintf(out, "model of the family %s, read from %s\n", about.family,
                shown ? fc_make_printable(shown, false) : "a file");
        free(shown);
        if (about.vision_left_out)
            fprintf(out, "only its language part; what it has for images or sound is not counted\n");
        fputc('\n', out);
        fc_show_model(out, &a, sequence);
        return 0;
    }
    if (fc_writer_open(&writer, out, FC_JSON, error))
        return -1;
    fc_write_map(writer, NULL);
    fc_write_text(writer, "kind", "model");
    fc_write_text(writer, "file", path);
    fc_write_text(writer, "family", about.family);
    fc_write_flag(writer, "language_part_only", about.vision_left_out);
    fc_write_model(writer, &a, sequence);
    fc_write_end(writer);
    return fc_writer_close(writer, error);
}
