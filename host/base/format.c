/* format.c: see format.h. */
#include "format.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct prefix {
    double factor;
    const char *word;
};

static const struct prefix money[] = {{1e12, "T "}, {1e9, "B "}, {1e6, "M "},
                                      {1e3, "k "},  {1, ""},     {0, NULL}};
static const struct prefix counts[] = {{1e12, "T "}, {1e9, "bn "}, {1e6, "M "},
                                       {1e3, "k "},  {1, ""},      {0, NULL}};

static struct fc_scale scaled(const struct prefix *prefixes, double typical, const char *unit)
{
    struct fc_scale scale = {1, ""};
    const struct prefix *p = prefixes;
    while (p->factor > typical && p[1].word)
        p++;
    scale.factor = p->factor;
    snprintf(scale.unit, sizeof scale.unit, "%s%s", p->word, unit);
    return scale;
}

/* Units that people say with a prefix glued on: MWh -> GWh, TWh; B -> GB. */
static struct fc_scale glued(double typical, const char *const *names, double first, double step)
{
    struct fc_scale scale = {first, ""};
    int i = 0;
    while (names[i + 1] && typical >= scale.factor * step) {
        scale.factor *= step;
        i++;
    }
    snprintf(scale.unit, sizeof scale.unit, "%s", names[i]);
    return scale;
}

struct fc_scale fc_scale_for(const char *unit, double typical)
{
    static const char *const energy[] = {"MWh", "GWh", "TWh", NULL};
    static const char *const bytes[] = {"B", "kB", "MB", "GB", "TB", NULL};
    static const char *const mass[] = {"t", "kt", "Mt", NULL};
    double size = fabs(typical);
    if (strcmp(unit, "USD") == 0)
        return scaled(money, size, unit);
    if (strcmp(unit, "GPU-h") == 0 || strcmp(unit, "GPU") == 0 || strcmp(unit, "token/s") == 0)
        return scaled(counts, size, unit);
    if (strcmp(unit, "MWh") == 0)
        return glued(size, energy, 1, 1e3);
    if (strcmp(unit, "t") == 0)
        return glued(size, mass, 1, 1e3);
    if (strcmp(unit, "B") == 0)
        return glued(size, bytes, 1, 1e3);
    struct fc_scale scale = {1, ""};
    if (strncmp(unit, "FLOP", 4) == 0 && size > 0 && isfinite(size)) {
        int exponent = (int)floor(log10(size));
        scale.factor = pow(10, exponent);
        snprintf(scale.unit, sizeof scale.unit, "1e%d %s", exponent, unit);
        return scale;
    }
    snprintf(scale.unit, sizeof scale.unit, "%s", strcmp(unit, "1") == 0 ? "" : unit);
    return scale;
}

void fc_format_number(double value, int digits, char *text, size_t size)
{
    if (!isfinite(value)) {
        snprintf(text, size, isnan(value) ? "n/a" : "never");
        return;
    }
    int exponent = value == 0 ? 0 : (int)floor(log10(fabs(value)));
    if (exponent < -4 || exponent > 9) {
        snprintf(text, size, "%.*e", digits - 1, value);
        return;
    }
    int decimals = digits - 1 - exponent;
    snprintf(text, size, "%.*f", decimals > 0 ? decimals : 0, value);
}

void fc_format_group(char *text, size_t size)
{
    size_t from = strcspn(text, "0123456789"), digits = strspn(text + from, "0123456789"), length = strlen(text);
    size_t commas = digits > 4 ? (digits - 1) / 3 : 0;
    if (commas == 0 || length + commas + 1 > size)
        return;
    for (size_t behind = 3; behind < digits; behind += 3) {
        char *at = text + from + digits - behind;
        memmove(at + 1, at, strlen(at) + 1);
        *at = ',';
    }
}

void fc_format_figure(double value, double error, const struct fc_scale *scale, char *text, size_t size)
{
    double v = value / scale->factor, e = error / scale->factor;
    if (!isfinite(v)) {
        snprintf(text, size, isnan(v) ? "n/a" : "never");
        return;
    }
    if (!(e > 0) || !isfinite(e) || e < fabs(v) * 1e-6) {
        char number[48];
        fc_format_number(v, 6, number, sizeof number);
        if (strchr(number, '.') && !strchr(number, 'e')) { /* no idle zeros */
            char *end = number + strlen(number);
            while (end[-1] == '0')
                *--end = '\0';
            if (end[-1] == '.')
                end[-1] = '\0';
        }
        snprintf(text, size, "%s", number);
        return;
    }
    /* the error to one digit; the value to that digit, but to five significant ones at most */
    int error_digit = (int)floor(log10(e) + 1e-9),
        value_digit = v == 0 ? error_digit : (int)floor(log10(fabs(v)));
    int last = error_digit > value_digit - 4 ? error_digit : value_digit - 4;
    int decimals = last < 0 ? -last : 0;
    char spread[32];
    int places = -error_digit > decimals ? -error_digit : decimals;
    if (places <= 4)
        snprintf(spread, sizeof spread, "%.*f", places, e);
    else {
        bool carried = e / pow(10, error_digit) >= 9.5; /* 9.7e-5 is 1e-4 */
        snprintf(spread, sizeof spread, "%.0fe%d", carried ? 1 : e / pow(10, error_digit),
                 error_digit + carried);
    }
    if (value_digit < -5 || value_digit > 8)
        snprintf(text, size, "%.*e ±%.0e", value_digit > last ? value_digit - last : 0, v, e);
    else
        snprintf(text, size, "%.*f ±%s", decimals, v, spread);
}

void fc_format_probability(double p, double lo, double hi, char *text, size_t size)
{
    double half = 50 * (hi - lo);
    int decimals = half > 0 ? (int)ceil(-log10(half) + 0.3) : 2;
    decimals = decimals < 0 ? 0 : decimals > 4 ? 4 : decimals;
    snprintf(text, size, "%.*f %% (%.*f to %.*f)", decimals, 100 * p, decimals, 100 * lo, decimals, 100 * hi);
}

void fc_format_count(unsigned long long count, char *text, size_t size)
{
    char digits[32];
    int length = snprintf(digits, sizeof digits, "%llu", count);
    size_t used = 0;
    for (int i = 0; i < length && used + 2 < size; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            text[used++] = ',';
        text[used++] = digits[i];
    }
    text[used < size ? used : size - 1] = '\0';
}

int fc_text_width(const char *text)
{
    int width = 0;
    for (; *text; text++)
        width += (*text & 0xc0) != 0x80;
    return width;
}

void fc_print_wrapped(FILE *out, const char *text, int at, int indent, int width)
{
    bool first = true;
    while (*text) {
        size_t length = strcspn(text, " ");
        char word[256];
        snprintf(word, sizeof word, "%.*s", (int)length, text);
        int wide = fc_text_width(word);
        if (!first && at + 1 + wide > width) {
            fprintf(out, "\n%*s", indent, "");
            at = indent;
            first = true;
        }
        at += fprintf(out, "%s", first ? "" : " ") + wide;
        fputs(word, out);
        first = false;
        text += length;
        text += strspn(text, " ");
    }
    fputc('\n', out);
}
