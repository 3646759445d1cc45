/* format.h: numbers for people: scaled to a readable unit, and with no more digits than their error allows.
 */
#ifndef FC_HOST_FORMAT_H
#define FC_HOST_FORMAT_H

#include <stddef.h>
#include <stdio.h>

/* How the values of one metric are printed: divided by `factor`, under the name `unit`. */
struct fc_scale {
    double factor;
    char unit[32];
};

/* A scale that makes values of about `typical` (in `unit`) readable: "1e10 GPU-h" -> 10 "bn GPU-h". */
struct fc_scale fc_scale_for(const char *unit, double typical);

/* value and error, both divided by the scale, as "10.13 ±0.02": the error to one digit, the value to that
 * digit and to five significant ones at most; an error of 0, or one that is not known, prints up to six significant digits without "±". Infinite is "never",
 * not a number "n/a". */
void fc_format_figure(double value, double error, const struct fc_scale *scale, char *text, size_t size);

/* A share with as many digits as its interval lo to hi allows, in percent: "84 % (80 to 88)", "84.33 % (84.10 to
 * 84.56)". */
void fc_format_probability(double p, double lo, double hi, char *text, size_t size);

/* A plain number with `digits` significant digits, without an exponent where that stays short. */
void fc_format_number(double value, int digits, char *text, size_t size);

/* 1234567 as "1,234,567". */
void fc_format_count(unsigned long long count, char *text, size_t size);

/* Puts commas between the thousands of the first number in `text`, where it has five digits or more before its point and the room
 * is there: "15984 ±409" -> "15,984 ±409". */
void fc_format_group(char *text, size_t size);

/* Columns that `text` takes on a terminal: UTF-8 characters, not bytes. */
int fc_text_width(const char *text);

/* Prints words in lines of at most `width` columns, each after the first behind `indent` blanks; `at` columns
 * of the first are taken. */
void fc_print_wrapped(FILE *out, const char *text, int at, int indent, int width);

#endif
