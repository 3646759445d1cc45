/* units.c: see units.h. */
#include "units.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum dimension { TIME, MASS, MONEY, DATA, WORK, TOKENS, ENERGY };

/* Which prefixes a unit takes. */
enum prefixes { NO_PREFIX, LARGE, SMALL, ANY_SIZE, BINARY_TOO };

struct word {
    const char *name;
    double factor; /* to base units */
    int power[FC_DIMENSIONS];
    enum prefixes prefixes;
};

/* Base units: s, g, USD, byte, FLOP, token, J. A year of 8766 h is the Julian year of 365.25 days. */
static const struct word words[] = {
    {"s", 1, {[TIME] = 1}, SMALL},
    {"sec", 1, {[TIME] = 1}, NO_PREFIX},
    {"second", 1, {[TIME] = 1}, NO_PREFIX},
    {"seconds", 1, {[TIME] = 1}, NO_PREFIX},
    {"min", 60, {[TIME] = 1}, NO_PREFIX},
    {"minute", 60, {[TIME] = 1}, NO_PREFIX},
    {"minutes", 60, {[TIME] = 1}, NO_PREFIX},
    {"h", 3600, {[TIME] = 1}, NO_PREFIX},
    {"hr", 3600, {[TIME] = 1}, NO_PREFIX},
    {"hour", 3600, {[TIME] = 1}, NO_PREFIX},
    {"hours", 3600, {[TIME] = 1}, NO_PREFIX},
    {"d", 86400, {[TIME] = 1}, NO_PREFIX},
    {"day", 86400, {[TIME] = 1}, NO_PREFIX},
    {"days", 86400, {[TIME] = 1}, NO_PREFIX},
    {"week", 604800, {[TIME] = 1}, NO_PREFIX},
    {"weeks", 604800, {[TIME] = 1}, NO_PREFIX},
    {"month", 2629800, {[TIME] = 1}, NO_PREFIX},
    {"months", 2629800, {[TIME] = 1}, NO_PREFIX},
    {"mo", 2629800, {[TIME] = 1}, NO_PREFIX},
    {"year", 31557600, {[TIME] = 1}, NO_PREFIX},
    {"years", 31557600, {[TIME] = 1}, NO_PREFIX},
    {"yr", 31557600, {[TIME] = 1}, NO_PREFIX},
    {"y", 31557600, {[TIME] = 1}, NO_PREFIX},
    {"g", 1, {[MASS] = 1}, LARGE},
    {"t", 1e6, {[MASS] = 1}, LARGE},
    {"tonne", 1e6, {[MASS] = 1}, NO_PREFIX},
    {"tonnes", 1e6, {[MASS] = 1}, NO_PREFIX},
    {"USD", 1, {[MONEY] = 1}, LARGE},
    {"$", 1, {[MONEY] = 1}, NO_PREFIX},
    {"dollar", 1, {[MONEY] = 1}, NO_PREFIX},
    {"dollars", 1, {[MONEY] = 1}, NO_PREFIX},
    {"cent", 0.01, {[MONEY] = 1}, NO_PREFIX},
    {"cents", 0.01, {[MONEY] = 1}, NO_PREFIX},
    {"B", 1, {[DATA] = 1}, BINARY_TOO},
    {"byte", 1, {[DATA] = 1}, NO_PREFIX},
    {"bytes", 1, {[DATA] = 1}, NO_PREFIX},
    {"b", 0.125, {[DATA] = 1}, BINARY_TOO},
    {"bit", 0.125, {[DATA] = 1}, BINARY_TOO},
    {"bits", 0.125, {[DATA] = 1}, BINARY_TOO},
    {"bps", 0.125, {[DATA] = 1, [TIME] = -1}, LARGE},
    {"FLOP", 1, {[WORK] = 1}, LARGE},
    {"FLOPs", 1, {[WORK] = 1}, LARGE},
    {"FLOPS", 1, {[WORK] = 1, [TIME] = -1}, LARGE}, /* a capital S is "per second" */
    {"token", 1, {[TOKENS] = 1}, LARGE},
    {"tokens", 1, {[TOKENS] = 1}, LARGE},
    {"J", 1, {[ENERGY] = 1}, LARGE},
    {"Wh", 3600, {[ENERGY] = 1}, LARGE},
    {"W", 1, {[ENERGY] = 1, [TIME] = -1}, ANY_SIZE},
    {"%", 0.01, {0}, NO_PREFIX},
    {"percent", 0.01, {0}, NO_PREFIX},
    {"1", 1, {0}, NO_PREFIX},
    {"GPU", 1, {0}, NO_PREFIX},
    {"GPUs", 1, {0}, NO_PREFIX},
    {"node", 1, {0}, NO_PREFIX},
    {"nodes", 1, {0}, NO_PREFIX},
    {"sequence", 1, {0}, NO_PREFIX},
    {"sequences", 1, {0}, NO_PREFIX},
};
enum { WORDS = sizeof words / sizeof words[0] };

struct scale {
    const char *name;
    double factor;
};

static const struct scale large_prefixes[] = {{"k", 1e3},  {"M", 1e6},  {"G", 1e9},  {"T", 1e12},
                                              {"P", 1e15}, {"E", 1e18}, {"Z", 1e21}, {"Y", 1e24}};
static const struct scale small_prefixes[] = {
    {"m", 1e-3}, {"u", 1e-6}, {"\xc2\xb5", 1e-6}, {"\xce\xbc", 1e-6}, {"n", 1e-9}};
static const struct scale binary_prefixes[] = {{"Ki", 1024.0},
                                               {"Mi", 1048576.0},
                                               {"Gi", 1073741824.0},
                                               {"Ti", 1099511627776.0},
                                               {"Pi", 1125899906842624.0}};

/* Scales as words go before any unit; as letters only before what people count that way. */
static const struct scale scale_words[] = {{"thousand", 1e3},  {"million", 1e6}, {"billion", 1e9},
                                           {"trillion", 1e12}, {"mn", 1e6},      {"bn", 1e9},
                                           {"tn", 1e12}};
static const struct scale scale_letters[] = {{"k", 1e3}, {"K", 1e3}, {"M", 1e6}, {"B", 1e9}, {"T", 1e12}};

#define COUNT_OF(table) (sizeof(table) / sizeof((table)[0]))

static bool equals(const char *text, size_t length, const char *name)
{
    return strlen(name) == length && memcmp(text, name, length) == 0;
}

static double find_scale(const struct scale *scales, size_t count, const char *text, size_t length)
{
    for (size_t i = 0; i < count; i++)
        if (equals(text, length, scales[i].name))
            return scales[i].factor;
    return 0.0;
}

/* The factor of the prefix that makes text[0, length) the unit `word`, 0 when it does not. */
static double match(const struct word *word, const char *text, size_t length)
{
    size_t name_length = strlen(word->name);
    if (length < name_length || memcmp(text + length - name_length, word->name, name_length) != 0)
        return 0.0;
    size_t prefix = length - name_length;
    if (prefix == 0)
        return 1.0;
    double factor = 0.0;
    if (word->prefixes == LARGE || word->prefixes == ANY_SIZE || word->prefixes == BINARY_TOO)
        factor = find_scale(large_prefixes, COUNT_OF(large_prefixes), text, prefix);
    if (factor == 0.0 && (word->prefixes == SMALL || word->prefixes == ANY_SIZE))
        factor = find_scale(small_prefixes, COUNT_OF(small_prefixes), text, prefix);
    if (factor == 0.0 && word->prefixes == BINARY_TOO)
        factor = find_scale(binary_prefixes, COUNT_OF(binary_prefixes), text, prefix);
    return factor;
}

/* How people go on after a number where they mean a range, a spread or a decimal comma: what to write instead; NULL where the
 * text at `offset` is none of these. */
static const char *meant(const char *text, size_t offset)
{
    static const struct {
        const char *mark, *write;
    } marks[] = {{"..", "for a range, write '2 to 5 h'"},
                 {"\xe2\x80\xa6", "for a range, write '2 to 5 h'"}, /* ellipsis */
                 {"\xe2\x80\x93", "for a range, write '2 to 5 h'"}, /* en dash */
                 {"-", "for a range, write '2 to 5 h'"},
                 {"\xc2\xb1", "for a spread, write 'normal(3, 0.5) h'"},
                 {"+-", "for a spread, write 'normal(3, 0.5) h'"},
                 {"+/-", "for a spread, write 'normal(3, 0.5) h'"},
                 {",", "write decimals with a point, and thousands without a comma"}};
    size_t before = offset;
    while (before > 0 && text[before - 1] == ' ')
        before--;
    if (before == 0 || !fc_is_digit(text[before - 1]))
        return NULL;
    for (size_t i = 0; i < COUNT_OF(marks); i++) {
        size_t mark = strlen(marks[i].mark);
        if (strncmp(text + offset, marks[i].mark, mark) == 0 &&
            fc_is_digit(text[offset + mark + strspn(text + offset + mark, " ")]))
            return marks[i].write;
    }
    return NULL;
}

/* Words worth suggesting that are made with a prefix. */
static const char *const suggestions[] = {
    "ms",  "us",  "kg",  "kUSD", "MUSD", "kB",    "MB",       "GB",      "TB",      "PB",      "KiB",
    "MiB", "GiB", "TiB", "Gb",   "Gbit", "TFLOP", "PFLOP",    "EFLOP",   "TFLOPS",  "PFLOPS",  "kWh",
    "MWh", "GWh", "TWh", "kW",   "MW",   "GW",    "thousand", "million", "billion", "trillion"};

static int unknown_word(const struct fc_source *source, size_t offset, size_t length, struct fc_error *error)
{
    const char *names[WORDS + COUNT_OF(suggestions)];
    for (size_t i = 0; i < WORDS; i++)
        names[i] = words[i].name;
    for (size_t i = 0; i < COUNT_OF(suggestions); i++)
        names[WORDS + i] = suggestions[i];
    struct fc_place place = fc_source_at(source, offset);
    char shown[64], hint[96];
    fc_printable(shown, sizeof shown, source->text + offset, length);
    const char *write = meant(source->text, offset);
    if (write)
        return fc_fail_at(error, &place, "'%s' cannot follow a number; %s", shown, write);
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (strlen(names[i]) == length && strncmp(names[i], source->text + offset, length) == 0)
            return fc_fail_at(error, &place, "the unit '%s' is one too many here; leave it out", shown);
    fc_did_you_mean(hint, sizeof hint, source->text + offset, length, names, COUNT_OF(names));
    return fc_fail_at(error, &place, "'%s' is not a known unit%s", shown,
                      hint[0] ? hint : "; write for example s, h, USD, kWh, GB/s or tokens");
}

static bool is_separator(const char *text)
{
    return *text == '/' || *text == '*' || *text == '-' || *text == ' ' || *text == '\t' ||
           strncmp(text, "\xc2\xb7", 2) == 0;
}

int fc_unit_read(const struct fc_source *source, size_t offset, size_t length, struct fc_unit *unit,
                 struct fc_error *error)
{
    const char *text = source->text;
    size_t at = offset, end = offset + length;
    int sign = 1;
    bool expect_word = true;
    *unit = (struct fc_unit){.factor = 1.0};
    while (at < end) {
        if (text[at] == ' ' || text[at] == '\t') {
            at++;
            continue;
        }
        size_t word = 0;
        while (at + word < end && !is_separator(text + at + word))
            word++;
        struct fc_place place = fc_source_at(source, at);
        if (at == offset && equals(text + at, word, "per")) { /* 0.1 per year */
            sign = -1;
            at += word;
        } else if (word > 0 && expect_word) {
            const struct word *found = NULL;
            double prefix = 0.0;
            for (size_t i = 0; i < WORDS && !found; i++) {
                prefix = match(&words[i], text + at, word);
                if (prefix > 0.0)
                    found = &words[i];
            }
            if (!found)
                return unknown_word(source, at, word, error);
            unit->factor *= sign > 0 ? prefix * found->factor : 1.0 / (prefix * found->factor);
            for (int i = 0; i < FC_DIMENSIONS; i++)
                unit->power[i] += sign * found->power[i];
            unit->gpus += sign * (strncmp(found->name, "GPU", 3) == 0);
            unit->nodes += sign * (strncmp(found->name, "node", 4) == 0);
            expect_word = false;
            at += word;
        } else if (word > 0) {
            if (!equals(text + at, word, "per"))
                return unknown_word(source, at, word, error);
            sign = -1;
            expect_word = true;
            at += word;
        } else if (at == offset && text[at] == '/') { /* 0.1/year */
            sign = -1;
            at++;
        } else if (!expect_word) {
            if (text[at] == '/')
                sign = -1; /* a/b-c and a/b/c are both a/(b c) */
            expect_word = true;
            at += text[at] == '\xc2' ? 2 : 1;
        } else {
            const char *write = meant(text, at);
            if (write)
                return fc_fail_at(error, &place, "'-' cannot follow a number; %s", write);
            return fc_fail_at(error, &place, "a unit is missing before '%c'; write for example USD/GPU-h",
                              text[at]);
        }
    }
    if (expect_word) {
        struct fc_place place = fc_source_at(source, end);
        return fc_fail_at(error, &place, "a unit is missing here; write for example USD/GPU-h");
    }
    return 0;
}

static bool same_dimension(const struct fc_unit *a, const struct fc_unit *b)
{
    return memcmp(a->power, b->power, sizeof a->power) == 0;
}

/* People count money, tokens, FLOP and plain things in k, M, B and T. */
static bool counts_in_letters(const struct fc_unit *unit)
{
    return unit->power[TIME] <= 0 && unit->power[MASS] == 0 && unit->power[DATA] == 0 &&
           unit->power[ENERGY] <= 0;
}

/* The canonical unit and what stands before its denominator. */
static int read_canonical(const char *canonical, struct fc_unit *whole, struct fc_unit *numerator,
                          struct fc_error *error)
{
    struct fc_source source = fc_source_of(NULL, canonical);
    size_t top = strcspn(canonical, "/");
    if (fc_unit_read(&source, 0, strlen(canonical), whole, error))
        return -1;
    return fc_unit_read(&source, 0, top, numerator, error);
}

/* Whether the unit counts nodes where GPUs are meant, or the other way; fills `error` then. What a node holds is the
 * scenario's to say, so neither can be turned into the other here. */
static bool counts_another(const struct fc_unit *unit, const struct fc_unit *wanted, const struct fc_place *place,
                           const char *shown, struct fc_error *error)
{
    if (unit->nodes < 0)
        (void)fc_fail_at(error, place, "'%s' is per node, and nothing here is; write it per GPU", shown);
    else if (unit->nodes > 0 && wanted->gpus > 0)
        (void)fc_fail_at(error, place, "'%s' counts nodes, but GPUs are counted here; write the number of GPUs", shown);
    else if (unit->gpus > 0 && wanted->nodes > 0)
        (void)fc_fail_at(error, place, "'%s' counts GPUs, but nodes are counted here; write the number of nodes", shown);
    else
        return false;
    return true;
}

int fc_unit_factor(const struct fc_source *source, size_t offset, size_t length, const char *canonical,
                   double *factor, struct fc_error *error)
{
    const char *text = source->text;
    struct fc_unit wanted, wanted_top, unit;
    if (read_canonical(canonical, &wanted, &wanted_top, error))
        return -1;
    size_t end = offset + length;
    while (offset < end && (text[offset] == ' ' || text[offset] == '\t'))
        offset++;
    while (end > offset && (text[end - 1] == ' ' || text[end - 1] == '\t'))
        end--;
    *factor = 1.0;
    if (offset == end)
        return 0;

    /* A scale: a word before any unit, a letter before countable ones. */
    size_t word = 0;
    while (offset + word < end && !is_separator(text + offset + word))
        word++;
    size_t rest = offset + word;
    while (rest < end && (text[rest] == ' ' || text[rest] == '\t'))
        rest++;
    bool alone = rest == end, before_divisor = rest < end && text[rest] == '/';
    double scale = find_scale(scale_words, COUNT_OF(scale_words), text + offset, word);
    if (scale == 0.0 && !before_divisor) {
        double letter = find_scale(scale_letters, COUNT_OF(scale_letters), text + offset, word);
        struct fc_error ignored;
        if (letter > 0.0 && alone && counts_in_letters(&wanted))
            scale = letter;
        if (letter > 0.0 && !alone && rest > offset + word && text[rest] != '-' && text[rest] != '*' &&
            fc_unit_read(source, rest, end - rest, &unit, &ignored) == 0 &&
            (counts_in_letters(&unit) || strncmp(text + rest, "GPU", 3) == 0)) /* as tables print GPU-hours */
            scale = letter;
        else if (letter > 0.0 && !alone && rest > offset + word && counts_in_letters(&wanted) &&
                 fc_unit_read(source, rest, end - rest, &unit, &ignored)) /* 10 M EUR: EUR is what is not known */
            return fc_unit_read(source, rest, end - rest, &unit, error);
    }
    if (scale > 0.0) {
        *factor = scale;
        offset = rest;
        if (alone)
            return 0;
    }

    if (fc_unit_read(source, offset, end - offset, &unit, error))
        return -1;
    struct fc_place place = fc_source_at(source, offset);
    char shown[64];
    fc_printable(shown, sizeof shown, text + offset, end - offset);
    if (counts_another(&unit, &wanted, &place, shown, error))
        return -1;
    if (same_dimension(&unit, &wanted)) {
        *factor *= unit.factor / wanted.factor;
        return 0;
    }
    if (same_dimension(&unit, &wanted_top)) {
        *factor *= unit.factor / wanted_top.factor;
        return 0;
    }
    if (strcmp(canonical, "1") == 0)
        return fc_fail_at(error, &place,
                          "the unit '%s' does not fit here (a plain number or a percentage is expected)",
                          shown);
    return fc_fail_at(error, &place, "the unit '%s' does not fit here; write %s or a unit of the same kind",
                      shown, canonical);
}

bool fc_unit_is_scale(const struct fc_source *source, size_t offset, size_t length, const char *canonical)
{
    const char *text = source->text + offset;
    struct fc_unit wanted, top;
    struct fc_error ignored;
    if (read_canonical(canonical, &wanted, &top, &ignored))
        return false;
    return find_scale(scale_words, COUNT_OF(scale_words), text, length) > 0.0 ||
           (counts_in_letters(&wanted) &&
            find_scale(scale_letters, COUNT_OF(scale_letters), text, length) > 0.0);
}

int fc_quantity_read(const struct fc_source *source, const char *canonical, double *value,
                     struct fc_error *error)
{
    size_t at = fc_source_skip(source, 0);
    double factor = 1.0;
    if (fc_source_number(source, &at, value, error))
        return -1;
    if (fc_unit_factor(source, at, strlen(source->text + at), canonical, &factor, error))
        return -1;
    *value *= factor;
    if (!isfinite(*value)) {
        struct fc_place place = fc_source_at(source, 0);
        return fc_fail_at(error, &place, "the value is too large a number; at most 1.8e308 can be held");
    }
    return 0;
}
