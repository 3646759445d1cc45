/* contract_mfu.c: see contract_mfu.h. */
#include "contract_mfu.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/document_write.h"
#include "host/language/distribution.h"
#include "host/language/in_use.h"
#include "host/step/gpu.h"
#include "cuda/model/inputs.h"

/* How catalog/mfu.yaml calls the arithmetic of a precision. */
static const char *const precision_words[FC_PRECISION_WORDS] = {[FC_WORD_BF16] = "bf16",
                                                                [FC_WORD_FP16] = "bf16",
                                                                [FC_WORD_FP8] = "fp8",
                                                                [FC_WORD_MXFP8] = "fp8",
                                                                [FC_WORD_NVFP4] = "fp4"};

/* The rows that stand for the scenario, and what they had to be borrowed from. */
struct choice {
    const struct fc_catalog_entry *entry; /* NULL: there is none */
    char borrowed[160];                   /* "" where the rows are of the scenario's own kind */
    bool assumed_mixture;                 /* no model is stated */
};

static bool is_mixture(const struct fc_settings *settings, const struct fc_catalog *catalog, bool *assumed)
{
    const struct fc_setting *model = &settings->fields[FC_FIELD_MODEL];
    const struct fc_catalog_entry *entry =
        model->is_set && model->name ? fc_catalog_get(catalog, "model", model->name) : NULL;
    struct fc_figure figure;
    *assumed = !entry;
    if (!entry)
        return true;
    return fc_catalog_figure(entry, "experts", &figure) && figure.value && figure.value->text &&
           atof(figure.value->text) > 0;
}

static void choose(struct choice *c, const struct fc_settings *settings, const struct fc_catalog *catalog,
                   const struct fc_accelerator *gpu)
{
    const struct fc_setting *precision = &settings->fields[FC_FIELD_PRECISION];
    const char *family = fc_family_name(gpu->family), *word = precision_words[precision->choice];
    bool mixture = is_mixture(settings, catalog, &c->assumed_mixture);
    char name[64];
    c->borrowed[0] = '\0';
    snprintf(name, sizeof name, "%s-%s-%s", family, word, mixture ? "mixture" : "dense");
    c->entry = fc_catalog_get(catalog, "mfu", name);
    if (c->entry) {
        if (strcmp(gpu->generation, family) != 0)
            snprintf(c->borrowed, sizeof c->borrowed, "inherited: no step is measured on %s",
                     gpu->generation);
        return;
    }
    snprintf(c->borrowed, sizeof c->borrowed, "inherited: too few measured steps of a %s in %s on %s",
             mixture ? "mixture" : "dense model", word, family);
    /* the same family of models on the nearest generation of chips, then the other family on this one */
    static const int nearest[] = {1, -1, 2, -2};
    for (int k = 0; k < 4 && !c->entry; k++) {
        int other = (int)gpu->family + nearest[k];
        if (other < FC_AMPERE || other > FC_BLACKWELL)
            continue;
        snprintf(name, sizeof name, "%s-%s-%s", fc_family_name((enum fc_family)other), word,
                 mixture ? "mixture" : "dense");
        c->entry = fc_catalog_get(catalog, "mfu", name);
    }
    if (!c->entry) {
        snprintf(name, sizeof name, "%s-%s-%s", family, word, mixture ? "dense" : "mixture");
        c->entry = fc_catalog_get(catalog, "mfu", name);
    }
}

static bool reads_mfu(const struct fc_settings *settings)
{
    return settings->fields[FC_FIELD_LAYERS].is_set && fc_field_in_use(settings, &fc_fields[FC_FIELD_MFU]);
}

static int figures_of(const struct fc_catalog_entry *entry, double f[5], struct fc_error *error)
{
    static const char *const keys[5] = {"p5", "p50", "p95", "rows", "models"};
    for (int i = 0; i < 5; i++)
        if (fc_catalog_number(entry, keys[i], &f[i], NULL, error))
            return -1;
    return 0;
}

int fc_contract_mfu_apply(struct fc_settings *settings, const struct fc_catalog *catalog,
                          struct fc_error *error)
{
    const struct fc_setting *f = settings->fields, *name = &f[FC_FIELD_GPU];
    struct fc_accelerator gpu;
    struct fc_document *document = NULL;
    struct fc_writer *w;
    struct choice c;
    char value[96], source[480], *text = NULL;
    double q[5];
    size_t size = 0;
    if (!reads_mfu(settings) || f[FC_FIELD_MFU].is_set || !name->is_set ||
        !fc_catalog_get(catalog, "gpu", name->name)) /* whoever reads the GPU refuses it */
        return 0;
    if (fc_accelerator_read(&gpu, catalog, name->name, &name->place, error))
        return -1;
    choose(&c, settings, catalog, &gpu);
    if (!c.entry) /* contract.mfu is then asked for by whoever needs it */
        return 0;
    if (figures_of(c.entry, q, error))
        return -1;
    snprintf(value, sizeof value, "quantiles(p5: %g, p50: %g, p95: %g)", q[0], q[1], q[2]);
    snprintf(source, sizeof source,
             "%s: P5, P50, P95 of %g measured rows of %g model%s (catalog/mfu.yaml)%s%s%s", c.entry->name,
             q[3], q[4], q[4] == 1 ? "" : "s",
             c.assumed_mixture ? "; a mixture of experts, as training.model is not stated" : "",
             c.borrowed[0] ? "; " : "", c.borrowed);
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return fc_fail(error, FC_FAULT, "no memory for the default of contract.mfu");
    int status = fc_writer_open(&w, out, FC_JSON, error);
    if (status == 0) {
        fc_write_map(w, NULL);
        fc_write_map(w, fc_fields[FC_FIELD_MFU].path);
        fc_write_scalar(w, "value", value);
        fc_write_text(w, "source", source);
        fc_write_text(w, "grade", c.borrowed[0] || q[4] < 2 ? "estimate" : "derived");
        fc_write_end(w);
        fc_write_end(w);
        status = fc_writer_close(w, error);
    }
    fclose(out);
    if (status == 0)
        status = fc_document_open_text(&document, c.entry->place.file, text, size, FC_SCENARIO_BYTES, error);
    if (status == 0)
        status = fc_settings_apply_defaults(settings, document, error);
    fc_document_close(document);
    free(text);
    return status;
}

void fc_contract_mfu_check(struct fc_settings *settings, const struct fc_catalog *catalog)
{
    const struct fc_setting *mfu = &settings->fields[FC_FIELD_MFU], *name = &settings->fields[FC_FIELD_GPU];
    struct fc_accelerator gpu;
    struct fc_error error;
    struct choice c;
    double q[5];
    if (!reads_mfu(settings) || !mfu->is_set || mfu->from_default || !mfu->distribution || !name->is_set ||
        !fc_catalog_get(catalog, "gpu", name->name) ||
        fc_accelerator_read(&gpu, catalog, name->name, NULL, &error))
        return;
    choose(&c, settings, catalog, &gpu);
    if (!c.entry || figures_of(c.entry, q, &error))
        return;
    double median = fc_distribution_quantile(mfu->distribution, 0.5, 0.5);
    if (median > q[2])
        fc_note(
            &settings->notes, FC_WARNING, "mfu-above-measured", &mfu->place,
            "contract.mfu is %.3g in the median, relative to the %s peak of %s; 95 %% of %g measured steps "
            "(%s) reach at most %.3g. Is it relative to another precision's peak? (training.precision)",
            median, precision_words[settings->fields[FC_FIELD_PRECISION].choice], gpu.name, q[3],
            c.entry->name, q[2]);
}
