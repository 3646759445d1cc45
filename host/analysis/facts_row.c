/* facts_row.c: see facts_row.h. */
#include "facts_row.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HOURS_PER_MONTH 730.5
#define MONTHS_PER_DAY (24 / HOURS_PER_MONTH)

static const char *cell(const struct fc_csv *csv, size_t row, const char *name)
{
    for (size_t k = 0; k < csv->columns; k++)
        if (strcmp(fc_csv_cell(csv, 0, k), name) == 0)
            return fc_csv_cell(csv, row, k);
    return "";
}

static void lower(char *to, size_t size, const char *from)
{
    size_t n = 0;
    for (; from[n] && n + 1 < size; n++)
        to[n] = (char)tolower((unsigned char)from[n]);
    to[n] = 0;
}

/* The first number of a text, thousands apart by commas; *end is where it ends. */
static bool first_number(const char *text, double *value, const char **end)
{
    for (; *text; text++) {
        bool sign = *text == '-' && isdigit((unsigned char)text[1]);
        if (!sign && !isdigit((unsigned char)*text))
            continue;
        char digits[64];
        size_t n = 0;
        for (; n + 1 < sizeof digits; text++) {
            bool thousands = *text == ',' && isdigit((unsigned char)text[1]);
            if (thousands)
                continue;
            bool part = isdigit((unsigned char)*text) || *text == '.' || (n == 0 && *text == '-');
            if (!part)
                break;
            digits[n++] = *text;
        }
        digits[n] = 0;
        *value = strtod(digits, NULL);
        *end = text;
        return true;
    }
    return false;
}

/* "3.5", "6 to 9", "about 12". */
static bool read_range(const char *text, double *low, double *high)
{
    const char *rest;
    if (!first_number(text, low, &rest))
        return false;
    *high = *low;
    while (*rest == ' ')
        rest++;
    double second;
    bool range = strncmp(rest, "to ", 3) == 0 || (*rest == '-' && isdigit((unsigned char)rest[1]));
    if (range && first_number(rest + (*rest == '-'), &second, &rest))
        *high = second;
    if (*high < *low) {
        double swap = *low;
        *low = *high;
        *high = swap;
    }
    return true;
}

/* Months since year 0 of "2025-11", "2025-11-03" or "2025"; -1 when the text is no date. */
static int month_of(const char *text)
{
    char *end;
    long year = strtol(text, &end, 10);
    if (end - text != 4 || year < 1900 || year > 2200)
        return -1;
    if (*end != '-')
        return (int)year * 12;
    long month = strtol(end + 1, &end, 10);
    return month >= 1 && month <= 12 ? (int)(year * 12 + month - 1) : -1;
}

/* A word of time and its months. */
static bool period_months(const char *unit, double *months)
{
    static const struct {
        const char *word;
        double months;
    } periods[] = {{"month", 1},
                   {"quarter", 3},
                   {"week", 7 * MONTHS_PER_DAY},
                   {"day", MONTHS_PER_DAY},
                   {"year", 12},
                   {"h", 1 / HOURS_PER_MONTH},
                   {"min", 1 / HOURS_PER_MONTH / 60}};
    for (size_t i = 0; i < sizeof periods / sizeof periods[0]; i++)
        if (strncmp(unit, periods[i].word, strlen(periods[i].word)) == 0) {
            *months = periods[i].months;
            return true;
        }
    return false;
}

/* Lengths in words, hours. */
static bool told_length(const char *text, double *low, double *high)
{
    static const struct {
        const char *word;
        double low, high;
    } terms[] = {{"month", HOURS_PER_MONTH, 6 * HOURS_PER_MONTH},
                 {"week", 168, HOURS_PER_MONTH},
                 {"day", 24, 168},
                 {"hour", 1, 24}};
    for (size_t i = 0; i < sizeof terms / sizeof terms[0]; i++)
        if (strstr(text, terms[i].word)) {
            *low = terms[i].low;
            *high = terms[i].high;
            return true;
        }
    return false;
}

static void no(struct fc_fact *fact, const char *reason)
{
    fact->class = FC_FACT_NONE;
    snprintf(fact->reason, sizeof fact->reason, "%s", reason);
}

/* "price GB300, 3-year rental", by GPU and form. */
static void fill_price(struct fc_fact *fact, const char *quantity, const char *unit)
{
    char gpu[64] = "";
    if (!strstr(unit, "gpu")) {
        no(fact, strchr(unit, '%') ? "a change of price: from which day it counts is not said"
                                   : "its unit is not money per GPU-hour");
        return;
    }
    if (!(fact->low > 0)) {
        no(fact, "no price is stated as a number");
        return;
    }
    sscanf(quantity, "%*s %60[^,:;]", gpu);
    for (char *c = gpu; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    const char *years = strstr(quantity, "-year");
    if (years && years > quantity && isdigit((unsigned char)years[-1])) {
        fact->class = FC_FACT_INDEX;
        snprintf(fact->series, sizeof fact->series, "%s, rented for %c year%s", gpu, years[-1],
                 years[-1] == '1' ? "" : "s");
    } else if (strstr(quantity, "median") || strstr(quantity, "index")) {
        fact->class = FC_FACT_INDEX;
        snprintf(fact->series, sizeof fact->series, "%s, %s", gpu,
                 strstr(quantity, "spot") ? "spot, median" : "on demand, median of lists");
        if (strstr(quantity, "spot"))
            fact->class = FC_FACT_SPOT;
    } else {
        fact->class = strstr(quantity, "spot") ? FC_FACT_SPOT : FC_FACT_LIST;
        snprintf(fact->series, sizeof fact->series, "%.190s", fact->quantity);
    }
}

static void fill_outage(struct fc_fact *fact, const char *value, const char *unit, bool number)
{
    double months, low, high;
    fact->class = FC_FACT_OUTAGE;
    snprintf(fact->series, sizeof fact->series, "outages");
    if (number && period_months(unit, &months)) {
        fact->low *= months * HOURS_PER_MONTH;
        fact->high *= months * HOURS_PER_MONTH;
    } else if (!number && told_length(value, &low, &high)) {
        fact->low = low;
        fact->high = high;
    } else {
        no(fact, "the length of the outage is not stated");
        return;
    }
    if (!(fact->low > 0))
        no(fact, "the length of the outage is not stated");
}

static void fill_delay(struct fc_fact *fact, const char *unit, bool number)
{
    double months;
    fact->class = FC_FACT_DELAY;
    snprintf(fact->series, sizeof fact->series, "delays");
    if (!number || !period_months(unit, &months)) {
        no(fact, "how late it came is not stated as a number");
        return;
    }
    fact->low = fmax(0, fact->low) * months;
    fact->high = fmax(0, fact->high) * months;
}

static void classify(struct fc_fact *fact, const char *value, bool number)
{
    char quantity[200], unit[64];
    lower(quantity, sizeof quantity, fact->quantity);
    lower(unit, sizeof unit, fact->unit);
    if (strstr(quantity, "outage") || strstr(unit, "outage") || strstr(quantity, "cluster deleted"))
        fill_outage(fact, value, unit, number);
    else if (strstr(unit, "late"))
        fill_delay(fact, unit, number);
    else if (!number)
        no(fact, "an event without a figure, or what happened is not known");
    else if (strncmp(quantity, "price ", 6) == 0)
        fill_price(fact, quantity, unit);
    else if (strchr(unit, '%') && (strstr(quantity, " late") || strstr(quantity, "delayed"))) {
        fact->class = FC_FACT_SHARE;
        snprintf(fact->series, sizeof fact->series, "share of projects that are late");
        fact->low /= 100;
        fact->high /= 100;
    } else if (strstr(quantity, "electricity") && strstr(unit, "wh")) {
        fact->class = FC_FACT_ELECTRICITY;
        snprintf(fact->series, sizeof fact->series, "%.190s", fact->quantity);
    } else if (strstr(quantity, "capacity price"))
        no(fact, "a part of the price of electricity that is not modelled apart");
    else if (strncmp(quantity, "contract ", 9) == 0)
        no(fact, "a contract of its own kind: no later one to set beside it");
    else if (strstr(unit, "after launch") || (strstr(quantity, "announced") && strstr(unit, "month")))
        no(fact, "the time since an announcement: no date was promised that it could miss");
    else if (strstr(unit, "day") &&
             (strstr(quantity, "planned") || strstr(quantity, "ideal") || strstr(quantity, "tokens")))
        no(fact, "the length of a training run: 'flopcast backtest' forecasts those");
    else if (strchr(unit, '%') && strstr(quantity, "on demand"))
        no(fact, "a change of price: from which day it counts is not said");
    else
        no(fact, "not a quantity that is modelled (prices, delays, outages, electricity are)");
}

void fc_fact_fill(struct fc_fact *fact, const struct fc_csv *csv, size_t row)
{
    const char *value = cell(csv, row, "value");
    *fact = (struct fc_fact){.line = csv->lines[row], .origin = -1};
    snprintf(fact->known, sizeof fact->known, "%s", cell(csv, row, "date_known"));
    snprintf(fact->quantity, sizeof fact->quantity, "%s", cell(csv, row, "quantity"));
    snprintf(fact->unit, sizeof fact->unit, "%s", cell(csv, row, "unit"));
    snprintf(fact->grade, sizeof fact->grade, "%s", cell(csv, row, "grade"));
    fact->month = month_of(fact->known);
    fact->at_least = strstr(value, "or more") || strstr(fact->unit, "or more") || strstr(value, "at least");
    classify(fact, value, read_range(value, &fact->low, &fact->high));
}
