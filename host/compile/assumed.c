/* assumed.c: see assumed.h. */
#include "assumed.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "host/language/in_use.h"

enum of { MONEY, RUNS, COST, DATE, ANSWERS };
enum when { ALWAYS, WITH_REVENUE, WITHOUT_REVENUE };
enum kind { REST, ADDED, SHARE, SCALE, YEARS };

static const struct row {
    enum fc_field_id field;
    enum of of;
    enum when when;
    enum kind kind;
    double weight;
    const char *role;
} rows[] = {
#define DECIDES(id, of_, when_, kind_, weight_, role_)                                                                 \
    {.field = id, .of = of_, .when = when_, .kind = kind_, .weight = weight_, .role = role_},
#include "assumed.def"
};
enum { ROWS = sizeof rows / sizeof rows[0] };

static const char *const answers[ANSWERS] = {"the money", "the runs", "the cost", "the date"};

/* Of each answer so many are named, and none that moves it by less than 5 %. */
enum { NAMED = 4, SOURCE = 52 };
static const double LEAST = 0.05;

/* Of a lane's factor against one of a world without it, the logarithm. */
static double off(const struct row *row, double x, double median, double years)
{
    const double least = 1e-6; /* nothing is left, or nothing is there */
    switch (row->kind) {
    case REST:
        return log(fmax(1 - x, least));
    case ADDED:
        return log(fmax(1 + x, least));
    case SHARE:
        return log(fmax(x, least));
    case SCALE:
        return median > 0 ? log(fmax(x / median, least)) : 0;
    case YEARS:
        return years / 2 * log(fmax(1 + x, least));
    }
    return 0;
}

static double weight_of(const struct row *row, const struct fc_settings *settings)
{
    const struct fc_setting *s = &settings->fields[row->field], *term = &settings->fields[FC_FIELD_CONTRACT_YEARS];
    double ends[2] = {s->number, s->number}, median = s->number, years = term->is_set ? term->number : 1;
    if (s->distribution) {
        median = fc_distribution_quantile(s->distribution, 0.5, 0.5);
        ends[0] = fc_distribution_quantile(s->distribution, 0.05, 0.95);
        ends[1] = fc_distribution_quantile(s->distribution, 0.95, 0.05);
    }
    return row->weight * fmax(fabs(off(row, ends[0], median, years)), fabs(off(row, ends[1], median, years)));
}

/* A default that this scenario reads for this answer. */
static bool counts(const struct row *row, const struct fc_settings *settings)
{
    const struct fc_setting *s = &settings->fields[row->field];
    int layers = settings->fields[FC_FIELD_LAYERS].choice;
    bool contract = layers == FC_LAYERS_CONTRACT || layers == FC_LAYERS_ALL,
         run = layers == FC_LAYERS_RUN || layers == FC_LAYERS_ALL;
    bool revenue = settings->fields[FC_FIELD_REVENUE].choice > 0;
    bool asked = row->of == MONEY || row->of == RUNS ? contract : row->of == COST ? layers == FC_LAYERS_RUN : run;
    return asked && s->is_set && s->from_default && !s->found && fc_field_in_use(settings, &fc_fields[row->field]) &&
           (row->when == ALWAYS || (row->when == WITH_REVENUE) == revenue);
}

__attribute__((format(printf, 3, 4))) static void add(char *text, size_t size, const char *format, ...)
{
    size_t used = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + used, size - used, format, arguments);
    va_end(arguments);
}

/* " contract.extras = pert(...) (on top of the price; trade pages ..., estimate)": a source is cut at its first clause. */
static void name(char *text, size_t size, const struct row *row, const struct fc_setting *s)
{
    const char *source = s->source ? s->source : "";
    int length = (int)strcspn(source, ";"), cut = length;
    if (length > SOURCE) {
        cut = SOURCE;
        while (cut > 0 && source[cut] != ' ')
            cut--;
    }
    add(text, size, "%s = %s (%s%s%.*s%s%s%s)", fc_fields[row->field].path, s->text ? s->text : "",
        row->role ? row->role : "", row->role && cut ? "; " : "", cut, source, cut < length ? " ..." : "",
        s->grade ? ", " : "", s->grade ? s->grade : "");
}

void fc_assumed_note(struct fc_settings *settings)
{
    char text[2400] = "";
    for (int of = 0; of < ANSWERS; of++) {
        const struct row *best[ROWS];
        double weight[ROWS];
        int count = 0;
        for (int i = 0; i < ROWS; i++) {
            double w = rows[i].of == (enum of)of && counts(&rows[i], settings) ? weight_of(&rows[i], settings) : 0;
            if (w < LEAST)
                continue;
            int at = count++;
            for (; at > 0 && weight[at - 1] < w; at--) {
                best[at] = best[at - 1];
                weight[at] = weight[at - 1];
            }
            best[at] = &rows[i];
            weight[at] = w;
        }
        if (count)
            add(text, sizeof text, "%s%s: ", text[0] ? ". For " : "for ", answers[of]);
        for (int i = 0; i < count && i < NAMED; i++) {
            add(text, sizeof text, "%s", i ? "; " : "");
            name(text, sizeof text, best[i], &settings->fields[best[i]->field]);
        }
        if (count > NAMED)
            add(text, sizeof text, "; and %d more", count - NAMED);
    }
    if (!text[0])
        return;
    char whole[2700];
    snprintf(whole, sizeof whole,
             "not stated, taken from the catalog, the weightiest first, %s. State what you know better, or see 'flopcast show "
             "--assumptions SCENARIO'",
             text);
    fc_notes_put(&settings->notes, FC_NOTE, "assumed", "", whole);
}
