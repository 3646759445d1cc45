/* facts.h: dated facts of the market and of delivery, forecast from what was known before and scored.
 *
 * A row of the table says what was known when: a price of a GPU-hour, how late something came, how long an outage took
 * (columns by name, in any order: date_known, quantity, value, unit; what_happened_date, source, grade, note are kept).
 *   prices       from the price of the same series a year before, by the price process of the market (market.*):
 *                what follows the index (contracts, rentals, medians over providers), one provider's list price, spot
 *   electricity  from the price a year before, by energy.price_growth
 *   delays       by contract.delay_probability and contract.delay_length, as the contract layer draws them
 *   shares late  by contract.delay_probability
 *   outages      by contract.outage_length
 * Series differ by GPU and form: a rental of three years is another series than one of a year, and a quotation
 * by a single place is a series of its own. */
#ifndef FC_HOST_FACTS_H
#define FC_HOST_FACTS_H

#include <stdbool.h>
#include <stddef.h>

#include "analysis.h"

enum { FC_FACT_POINTS = 2000 };

enum fc_fact_class {
    FC_FACT_INDEX, /* rentals, contracts, medians over providers: the market's index */
    FC_FACT_LIST,  /* one provider's list price */
    FC_FACT_SPOT,
    FC_FACT_ELECTRICITY,
    FC_FACT_DELAY,  /* months */
    FC_FACT_SHARE,  /* of projects that are late */
    FC_FACT_OUTAGE, /* hours */
    FC_FACT_NONE
};

struct fc_fact {
    int line; /* of the table's file */
    char known[24], quantity[200], series[200], unit[48], grade[32];
    enum fc_fact_class class;
    double low, high; /* what is said, in the unit of the class; one value: equal */
    bool at_least;    /* or more */
    int month;        /* of date_known, counted from year 0; -1: none is stated */
    char reason[200]; /* why there is no forecast; "" when there is one */

    int origin;                      /* prices: index of the row it is forecast from; else -1 */
    int horizon;                     /* prices: months between them */
    bool year_ahead;                 /* prices: about a year between them */
    double forecast[FC_FACT_POINTS]; /* quantiles (k + 0.5) / POINTS, rising */
    double percentile;               /* of what happened */
    bool inside90;                   /* what is said overlaps P5 to P95 */
    double log_error, crps;          /* of ln; NAN for delays and shares */
};

/* Means over some of the rows. */
struct fc_fact_mean {
    char name[200];
    enum fc_fact_class class;
    size_t rows, inside90;
    double bias_log, mae_log, crps; /* NAN where there are no logarithms */
    double mae_log_unchanged;       /* of 'as it was' */
};

/* How many of the prices a year ahead (FC_FACT_INDEX) a forecast holds that is exactly right: the prices of each world,
 * in the months of the table's rows, against the intervals that their own process gives. */
struct fc_fact_luck {
    size_t rows;     /* 0: the table has none */
    double by_series; /* of what happened: share inside, each series counted once */
    double mean;     /* of the worlds' shares inside */
    double all, in_band, fewer; /* shares of the worlds that hold all rows, 85 to 95 % of them, fewer than those */
};

struct fc_facts {
    struct fc_fact *rows;
    size_t count;
    struct fc_fact_luck luck;
};

/* Reads the table: of the file, or the bundled one when `path` is NULL. */
int fc_facts_read(struct fc_facts *facts, const char *path, struct fc_error *error);
void fc_facts_free(struct fc_facts *facts);

/* Forecasts and scores every row that has no reason against it. */
int fc_facts_run(struct fc_facts *facts, struct fc_analysis *analysis,
                 const struct fc_analysis_options *options, struct fc_error *error);

/* What the rows of a class are called, in the plural: "rentals, contracts, medians of lists". */
const char *fc_fact_class_name(enum fc_fact_class class);

/* The mean over the rows of a class that were forecast (prices: over those a year ahead, or over the others). */
struct fc_fact_mean fc_facts_mean(const struct fc_facts *facts, enum fc_fact_class class, bool year_ahead);

/* The mean over the rows of the series of row `first`, when it is the first of them that was forecast, else 0 rows. */
struct fc_fact_mean fc_facts_series(const struct fc_facts *facts, size_t first);

#endif
