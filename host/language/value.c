/* value.c: see value.h. A recursive-descent reader over one line of text. */
#include "value.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "units.h"

enum { MAX_ARGUMENTS = FC_MAX_QUANTILES + 1, MAX_DEPTH = 8 };

struct reader {
    const struct fc_source *source;
    const char *canonical;
    struct fc_error *error;
    int depth;
    bool unit_given; /* a unit behind the parenthesis holds where an argument has none */
    bool bare;       /* some number but 0 has no unit */
    size_t bare_at;  /* the first of them */
};

struct argument {
    size_t at;                   /* offset of its first byte: where errors point */
    size_t name_at, name_length; /* of `name=`; length 0 when it has none */
    size_t number_at;
    double number;
    size_t unit_at, unit_length;
    size_t weight_at; /* of the number behind `:`, 0 when there is none */
    double weight;
};

/* Names that stand before a parenthesis; those of fc_forms and three more. */
static size_t list_names(const char **names, size_t room)
{
    size_t count = 0;
    for (size_t i = 0; i < fc_form_count && count < room; i++)
        if (i == 0 || strcmp(fc_forms[i].name, fc_forms[i - 1].name) != 0)
            names[count++] = fc_forms[i].name;
    static const char *const others[] = {"discrete", "quantiles", "truncated"};
    for (size_t i = 0; i < 3 && count < room; i++)
        names[count++] = others[i];
    return count;
}

static int fail(struct reader *reader, size_t offset, const char *text)
{
    struct fc_place place = fc_source_at(reader->source, offset);
    return fc_fail_at(reader->error, &place, "%s", text);
}

static bool word_is(const struct fc_source *source, size_t at, size_t length, const char *word)
{
    return strlen(word) == length && memcmp(source->text + at, word, length) == 0;
}

/* The offset of the end of what stands at `at`: of the text, or of the argument it is in. */
static size_t end_of_part(const struct reader *reader, size_t at)
{
    return at + strcspn(reader->source->text + at, reader->depth > 0 ? ",():" : "()");
}

static size_t trimmed_length(const char *text, size_t length)
{
    while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\t' || text[length - 1] == '\n'))
        length--;
    return length;
}

static int unexpected(struct reader *reader, size_t at, const char *expected)
{
    struct fc_place place = fc_source_at(reader->source, at);
    const char *text = reader->source->text + at;
    char shown[64];
    if (!*text)
        return fc_fail_at(reader->error, &place, "the value ends early; %s is missing", expected);
    return fc_fail_at(reader->error, &place, "unexpected '%s'; write %s here",
                      fc_printable(shown, sizeof shown, text, 1 + strcspn(text + 1, " ,()")), expected);
}

/* Keeps in mind that the number at `at` has no unit of its own; 0 is the same in every unit. */
static void note_bare(struct reader *reader, size_t at, double number, size_t unit_at, size_t unit_length)
{
    bool given = reader->unit_given || (unit_length > 0 && !fc_unit_is_scale(reader->source, unit_at,
                                                                             unit_length, reader->canonical));
    if (given || number == 0.0 || reader->bare)
        return;
    reader->bare = true;
    reader->bare_at = at;
}

/* ---- arguments ---- */

/* Reads "[name=|name:] NUMBER [UNIT] [: NUMBER]" up to a comma or the closing parenthesis. */
static int read_argument(struct reader *reader, size_t *at, struct argument *argument)
{
    const struct fc_source *source = reader->source;
    const char *text = source->text;
    memset(argument, 0, sizeof *argument);
    argument->at = *at;
    size_t word = fc_source_word(source, *at);
    while (word > 1 && text[*at] == 'p' && text[*at + word] == '.' && text[*at + word + 1] >= '0' &&
           text[*at + word + 1] <= '9') /* p2.5 */
        for (word++; text[*at + word] >= '0' && text[*at + word] <= '9';)
            word++;
    size_t behind = fc_source_skip(source, *at + word);
    if (word > 0 && (text[behind] == '=' || text[behind] == ':')) {
        argument->name_at = *at;
        argument->name_length = word;
        *at = fc_source_skip(source, behind + 1);
    } else if (word > 0) {
        struct fc_place place = fc_source_at(source, *at);
        char shown[64];
        return fc_fail_at(reader->error, &place,
                          "'%s' is not a number; arguments are numbers, named or not, as sd=3",
                          fc_printable(shown, sizeof shown, text + *at, word));
    }
    argument->number_at = *at;
    if (!text[*at])
        return unexpected(reader, *at, "a number and ')'");
    if (fc_source_number(source, at, &argument->number, reader->error))
        return -1;
    argument->unit_at = fc_source_skip(source, *at);
    size_t length = strcspn(text + argument->unit_at, ",():");
    argument->unit_length = trimmed_length(text + argument->unit_at, length);
    *at = argument->unit_at + length;
    if (text[*at] == ':') {
        double factor;
        argument->weight_at = *at = fc_source_skip(source, *at + 1);
        if (fc_source_number(source, at, &argument->weight, reader->error))
            return -1;
        length = strcspn(text + *at, ",():");
        if (fc_unit_factor(source, *at, length, "1", &factor, reader->error))
            return -1;
        argument->weight *= factor;
        *at += length;
    }
    return 0;
}

/* Reads arguments from behind "(" or a comma up to and with ")". */
static int read_arguments(struct reader *reader, size_t *at, struct argument *arguments, size_t *count)
{
    const struct fc_source *source = reader->source;
    *count = 0;
    *at = fc_source_skip(source, *at);
    if (source->text[*at] == ')') {
        ++*at;
        return 0;
    }
    for (;;) {
        if (*count == MAX_ARGUMENTS)
            return fail(reader, *at, "there are too many arguments here; at most 62 can be given");
        *at = fc_source_skip(source, *at);
        if (read_argument(reader, at, &arguments[*count]))
            return -1;
        ++*count;
        *at = fc_source_skip(source, *at);
        char next = source->text[*at];
        if (next != ',' && next != ')')
            return unexpected(reader, *at, "',' or ')'");
        ++*at;
        if (next == ')')
            return 0;
    }
}

/* The argument's value in the canonical unit (or as a plain number). */
static int argument_value(struct reader *reader, const struct argument *argument, bool in_unit,
                          double default_factor, double *value)
{
    double factor = in_unit ? default_factor : 1.0;
    if (argument->unit_length > 0 &&
        fc_unit_factor(reader->source, argument->unit_at, argument->unit_length,
                       in_unit ? reader->canonical : "1", &factor, reader->error))
        return -1;
    if (in_unit)
        note_bare(reader, argument->number_at, argument->number, argument->unit_at, argument->unit_length);
    *value = argument->number * factor;
    if (!isfinite(*value))
        return fail(reader, argument->number_at,
                    "the number is too large in this unit; at most 1.8e308 can be held");
    return 0;
}

static int fail_with_fault(struct reader *reader, size_t at, const char *name, const struct fc_fault *fault,
                           const char *usage)
{
    struct fc_place place = fc_source_at(reader->source, at);
    return fc_fail_at(reader->error, &place, "%s: %s%s%s", name, fault->text, usage ? "; write " : "",
                      usage ? usage : "");
}

/* ---- the forms of fc_forms ---- */

/* The parameter of the form that is called `name`, or -1. */
static int find_parameter(const struct fc_form *form, const struct fc_source *source,
                          const struct argument *argument)
{
    for (size_t i = 0; i < form->count; i++)
        if (word_is(source, argument->name_at, argument->name_length, form->parameters[i].name))
            return (int)i;
    return -1;
}

static bool form_fits(const struct fc_form *form, const struct fc_source *source,
                      const struct argument *arguments, size_t count)
{
    if (count < form->required || count > form->count)
        return false;
    for (size_t i = 0; i < count; i++)
        if (arguments[i].name_length > 0 && find_parameter(form, source, &arguments[i]) < 0)
            return false;
    return true;
}

/* Of the forms with this name: the one that the arguments fit, else the first. */
static const struct fc_form *choose_form(const struct fc_source *source, size_t at, size_t length,
                                         const struct argument *arguments, size_t count)
{
    const struct fc_form *first = NULL;
    for (size_t i = 0; i < fc_form_count; i++) {
        if (!word_is(source, at, length, fc_forms[i].name))
            continue;
        if (form_fits(&fc_forms[i], source, arguments, count))
            return &fc_forms[i];
        if (!first)
            first = &fc_forms[i];
    }
    return first;
}

static int unknown_parameter(struct reader *reader, const struct fc_form *form,
                             const struct argument *argument)
{
    const char *names[16];
    size_t count = 0;
    for (size_t i = 0; i < fc_form_count; i++) /* all forms of this name */
        for (size_t j = 0; strcmp(fc_forms[i].name, form->name) == 0 && j < fc_forms[i].count && count < 16;
             j++)
            names[count++] = fc_forms[i].parameters[j].name;
    struct fc_place place = fc_source_at(reader->source, argument->name_at);
    const char *name = reader->source->text + argument->name_at;
    char shown[64], hint[96];
    for (size_t i = 0; i < count; i++) /* a parameter of another form than the first one named */
        if (strlen(names[i]) == argument->name_length && memcmp(names[i], name, argument->name_length) == 0)
            return fc_fail_at(reader->error, &place,
                              "%s does not take '%s' together with the others; write %s", form->name,
                              names[i], form->usage);
    return fc_fail_at(reader->error, &place, "%s has no parameter '%s'%s; write %s", form->name,
                      fc_printable(shown, sizeof shown, name, argument->name_length),
                      fc_did_you_mean(hint, sizeof hint, name, argument->name_length, names, count),
                      form->usage);
}

static int make_form(struct reader *reader, size_t at, const struct fc_form *form,
                     const struct argument *arguments, size_t count, double default_factor,
                     struct fc_distribution *distribution)
{
    double values[4] = {0};
    int from[4] = {-1, -1, -1, -1}; /* the argument that gave each parameter */
    struct fc_place place = fc_source_at(reader->source, at);
    for (size_t i = 0; i < count; i++) {
        int parameter = (int)i;
        if (arguments[i].weight_at > 0)
            return fail(reader, arguments[i].weight_at,
                        "a value with a probability belongs in discrete(...)");
        if (arguments[i].name_length > 0) {
            parameter = find_parameter(form, reader->source, &arguments[i]);
            if (parameter < 0)
                return unknown_parameter(reader, form, &arguments[i]);
        } else if (i >= form->count) {
            place = fc_source_at(reader->source, arguments[i].at);
            return fc_fail_at(reader->error, &place, "%s has too many arguments (%zu); write %s", form->name,
                              count, form->usage);
        }
        if (from[parameter] >= 0) {
            place = fc_source_at(reader->source, arguments[i].at);
            return fc_fail_at(reader->error, &place, "%s is given its parameter '%s' twice; write %s",
                              form->name, form->parameters[parameter].name, form->usage);
        }
        from[parameter] = (int)i;
        if (argument_value(reader, &arguments[i], form->parameters[parameter].in_unit, default_factor,
                           &values[parameter]))
            return -1;
    }
    for (size_t i = 0; i < form->count; i++) {
        if (from[i] >= 0)
            continue;
        if (i < form->required)
            return fc_fail_at(reader->error, &place, "%s lacks its parameter '%s'; write %s", form->name,
                              form->parameters[i].name, form->usage);
        values[i] = form->parameters[i].default_value;
    }
    struct fc_fault fault;
    if (fc_distribution_make(distribution, form, values, &fault) == 0)
        return 0;
    bool known = fault.parameter >= 0 && fault.parameter < 4 && from[fault.parameter] >= 0;
    return fail_with_fault(reader, known ? arguments[from[fault.parameter]].number_at : at, form->name,
                           &fault, form->usage);
}

/* ---- discrete, quantiles, truncated ---- */

static int make_discrete(struct reader *reader, size_t at, const struct argument *arguments, size_t count,
                         double default_factor, struct fc_distribution *distribution)
{
    static const char usage[] = "discrete(10: 0.4, 16: 0.6) or discrete(10, 16)";
    double values[MAX_ARGUMENTS], probabilities[MAX_ARGUMENTS];
    size_t weighted = 0;
    for (size_t i = 0; i < count; i++) {
        if (arguments[i].name_length > 0)
            return fail(reader, arguments[i].name_at,
                        "discrete takes values, not names; write discrete(10: 0.4, 16: 0.6)");
        if (argument_value(reader, &arguments[i], true, default_factor, &values[i]))
            return -1;
        probabilities[i] = arguments[i].weight;
        weighted += arguments[i].weight_at > 0;
    }
    for (size_t i = 0; weighted > 0 && i < count; i++)
        if (arguments[i].weight_at == 0)
            return fail(reader, arguments[i].at,
                        "discrete: this value has no probability; give all one, or none");
    struct fc_fault fault;
    if (fc_distribution_discrete(distribution, values, weighted ? probabilities : NULL, count, &fault) == 0)
        return 0;
    size_t wrong = at;
    if (fault.parameter >= 0 && (size_t)fault.parameter < count)
        wrong = arguments[fault.parameter].weight_at ? arguments[fault.parameter].weight_at
                                                     : arguments[fault.parameter].at;
    return fail_with_fault(reader, wrong, "discrete", &fault, usage);
}

static int make_quantiles(struct reader *reader, size_t at, const struct argument *arguments, size_t count,
                          double default_factor, struct fc_distribution *distribution)
{
    static const char usage[] = "quantiles(p5: 1, p50: 2, p95: 4)";
    const struct fc_source *source = reader->source;
    double values[MAX_ARGUMENTS], probabilities[MAX_ARGUMENTS];
    for (size_t i = 0; i < count; i++) {
        size_t digits = arguments[i].name_at + 1, end = arguments[i].name_at + arguments[i].name_length;
        if (arguments[i].name_length < 2 || source->text[digits - 1] != 'p' ||
            !fc_source_is_number(source, digits))
            return fail(reader, arguments[i].at,
                        "quantiles takes pNN: value; write quantiles(p5: 1, p50: 2, p95: 4)");
        if (fc_source_number(source, &digits, &probabilities[i], reader->error))
            return -1;
        if (digits != end)
            return fail(reader, arguments[i].at,
                        "quantiles takes pNN: value; write quantiles(p5: 1, p50: 2, p95: 4)");
        probabilities[i] /= 100.0;
        if (argument_value(reader, &arguments[i], true, default_factor, &values[i]))
            return -1;
    }
    struct fc_fault fault;
    if (fc_distribution_quantiles(distribution, probabilities, values, count, &fault) == 0)
        return 0;
    bool known = fault.parameter >= 0 && (size_t)fault.parameter < count;
    return fail_with_fault(reader, known ? arguments[fault.parameter].at : at, "quantiles", &fault, usage);
}

/* Applies the bounds of truncated(..., lo, hi) or of a suffix truncated(lo, hi); either may be left out by
 * name. */
static int truncate_to(struct reader *reader, size_t at, const struct argument *arguments, size_t count,
                       double default_factor, struct fc_distribution *distribution)
{
    double bounds[2] = {-INFINITY, INFINITY};
    bool given[2] = {false, false};
    static const char *const names[] = {"lo", "hi"};
    if (count == 0)
        return fail(reader, at,
                    "truncated lacks its bounds; write truncated(normal(0.14, 0.03), 0.05, 0.25)");
    for (size_t i = 0; i < count; i++) {
        size_t which = i;
        if (arguments[i].name_length > 0)
            for (which = 0; which < 2; which++)
                if (word_is(reader->source, arguments[i].name_at, arguments[i].name_length, names[which]))
                    break;
        if (which > 1 || given[which] || arguments[i].weight_at > 0)
            return fail(
                reader, arguments[i].at,
                "truncated takes lo and hi once each; write truncated(normal(0.14, 0.03), 0.05, 0.25)");
        given[which] = true;
        if (argument_value(reader, &arguments[i], true, default_factor, &bounds[which]))
            return -1;
    }
    struct fc_fault fault;
    if (fc_distribution_truncate(distribution, bounds[0], bounds[1], &fault) == 0)
        return 0;
    return fail_with_fault(reader, at, "truncated", &fault, NULL);
}

/* ---- values ---- */

static int read_value(struct reader *reader, size_t *at, double default_factor,
                      struct fc_distribution *distribution);

/* The offset behind the parenthesis that closes the one at `open`, or 0. */
static size_t closing(const struct fc_source *source, size_t open)
{
    size_t depth = 0;
    for (size_t i = open; source->text[i]; i++) {
        if (source->text[i] == '(')
            depth++;
        else if (source->text[i] == ')' && --depth == 0)
            return i + 1;
    }
    return 0;
}

static int unknown_distribution(struct reader *reader, size_t at, size_t length)
{
    const char *names[24];
    size_t count = list_names(names, 24);
    struct fc_place place = fc_source_at(reader->source, at);
    const char *word = reader->source->text + at;
    char shown[64], hint[96], list[400] = "";
    fc_did_you_mean(hint, sizeof hint, word, length, names, count);
    for (size_t i = 0, used = 0; i < count && !hint[0]; i++)
        used +=
            (size_t)snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "; known are ", names[i]);
    return fc_fail_at(reader->error, &place, "'%s' is not a known distribution%s",
                      fc_printable(shown, sizeof shown, word, length), hint[0] ? hint : list);
}

/* Reads "name(arguments)" with what may follow: a unit, and a suffix truncated(lo, hi). */
static int read_call(struct reader *reader, size_t *at, size_t length, double default_factor,
                     struct fc_distribution *distribution)
{
    const struct fc_source *source = reader->source;
    size_t name_at = *at, open = fc_source_skip(source, *at + length), close = closing(source, open);
    if (close == 0)
        return fail(reader, open, "this parenthesis is never closed; write ')' after the last argument");
    if (reader->depth >= MAX_DEPTH)
        return fail(reader, name_at, "distributions are nested too deeply; 8 levels at most");

    /* What follows the parenthesis comes first: its unit holds for the arguments. */
    size_t unit_at = fc_source_skip(source, close), unit_end = end_of_part(reader, unit_at),
           behind = unit_end;
    size_t suffix_at = 0;
    for (size_t i = unit_at; i < unit_end; i++) {
        size_t word = fc_source_word(source, i);
        bool starts = i == unit_at || strchr(" \t", source->text[i - 1]);
        if (starts && word_is(source, i, word, "truncated") &&
            source->text[fc_source_skip(source, i + word)] == '(') {
            suffix_at = i;
            unit_end = i;
            break;
        }
    }
    size_t unit_length = trimmed_length(source->text + unit_at, unit_end - unit_at);
    bool suffix_has_unit = false;
    if (suffix_at) { /* "normal(5, 1) truncated(3, 9) h": the last unit holds for both, too */
        size_t suffix_close = closing(source, fc_source_skip(source, suffix_at + strlen("truncated")));
        if (suffix_close == 0)
            return fail(reader, suffix_at,
                        "this parenthesis is never closed; write ')' after the last argument");
        size_t last_at = fc_source_skip(source, suffix_close);
        behind = end_of_part(reader, last_at);
        size_t last_length = trimmed_length(source->text + last_at, behind > last_at ? behind - last_at : 0);
        suffix_has_unit = last_length > 0;
        if (suffix_has_unit &&
            fc_unit_factor(source, last_at, last_length, reader->canonical, &default_factor, reader->error))
            return -1;
    }
    double suffix_factor = default_factor;
    bool outer_given = reader->unit_given;
    bool suffix_given =
        outer_given || suffix_has_unit ||
        (unit_length > 0 && !fc_unit_is_scale(source, unit_at, unit_length, reader->canonical));
    reader->unit_given = suffix_given;
    if (unit_length > 0 &&
        fc_unit_factor(source, unit_at, unit_length, reader->canonical, &default_factor, reader->error))
        return -1;
    if (unit_length > 0 && !suffix_has_unit)
        suffix_factor = default_factor;

    struct argument arguments[MAX_ARGUMENTS];
    size_t count = 0, inside = open + 1;
    bool is_truncated = word_is(source, name_at, length, "truncated");
    reader->depth++;
    int failed = 0;
    if (is_truncated) {
        inside = fc_source_skip(source, inside);
        failed = read_value(reader, &inside, default_factor, distribution);
        if (!failed) {
            inside = fc_source_skip(source, inside);
            if (source->text[inside] == ',' || source->text[inside] == ')')
                inside += source->text[inside] == ',';
            else
                failed = unexpected(reader, inside, "',' or ')'");
        }
    }
    failed = failed || read_arguments(reader, &inside, arguments, &count);
    reader->depth--;
    if (failed)
        return -1;

    const struct fc_form *form = choose_form(source, name_at, length, arguments, count);
    if (is_truncated)
        failed = truncate_to(reader, name_at, arguments, count, default_factor, distribution);
    else if (word_is(source, name_at, length, "discrete"))
        failed = make_discrete(reader, name_at, arguments, count, default_factor, distribution);
    else if (word_is(source, name_at, length, "quantiles"))
        failed = make_quantiles(reader, name_at, arguments, count, default_factor, distribution);
    else if (form)
        failed = make_form(reader, name_at, form, arguments, count, default_factor, distribution);
    if (failed)
        return -1;
    if (suffix_at) {
        inside = fc_source_skip(source, suffix_at + strlen("truncated")) + 1;
        reader->depth++;
        failed = read_arguments(reader, &inside, arguments, &count);
        reader->depth--;
        if (failed || truncate_to(reader, suffix_at, arguments, count, suffix_factor, distribution))
            return -1;
    }
    reader->unit_given = outer_given;
    *at = behind;
    return 0;
}

/* The offset of the word "to" of a range between `at` and `end`, or 0. */
static size_t find_to(const struct fc_source *source, size_t at, size_t end)
{
    for (size_t i = at + 1; i + 2 < end; i++)
        if (source->text[i] == 't' && source->text[i + 1] == 'o' && strchr(" \t", source->text[i - 1]) &&
            strchr(" \t", source->text[i + 2]))
            return i;
    return 0;
}

/* Reads "NUMBER [UNIT]" or "NUMBER [UNIT] to NUMBER [UNIT]". */
static int read_number_or_range(struct reader *reader, size_t *at, double default_factor,
                                struct fc_distribution *distribution)
{
    const struct fc_source *source = reader->source;
    size_t first_at = *at, end = end_of_part(reader, *at);
    if (source->text[end] == '(' || (reader->depth > 0 && source->text[end] == ':'))
        return unexpected(reader, end, "a number with its unit, a range, or a distribution");
    double first, second, factor = default_factor;
    if (fc_source_number(source, at, &first, reader->error))
        return -1;
    size_t to = find_to(source, *at, end), unit_at = fc_source_skip(source, *at);
    size_t unit_length =
        trimmed_length(source->text + unit_at, (to ? to : end) > unit_at ? (to ? to : end) - unit_at : 0);
    if (unit_length > 0 &&
        fc_unit_factor(source, unit_at, unit_length, reader->canonical, &factor, reader->error))
        return -1;
    *at = end;
    if (!to) {
        note_bare(reader, first_at, first, unit_at, unit_length);
        if (!isfinite(first * factor))
            return fail(reader, first_at,
                        "the number is too large in this unit; at most 1.8e308 can be held");
        fc_distribution_constant(distribution, first * factor);
        return 0;
    }
    size_t second_at = fc_source_skip(source, to + 2), behind = second_at;
    if (fc_source_number(source, &behind, &second, reader->error))
        return -1;
    size_t second_unit = fc_source_skip(source, behind);
    size_t second_length =
        trimmed_length(source->text + second_unit, end > second_unit ? end - second_unit : 0);
    double second_factor = factor; /* "6 h to 9": the unit of the first; "6 to 9 h": of the second for both */
    if (second_length > 0 &&
        fc_unit_factor(source, second_unit, second_length, reader->canonical, &second_factor, reader->error))
        return -1;
    if (unit_length == 0)
        factor = second_factor;
    size_t of = second_length > 0 ? second_unit : unit_at;
    note_bare(reader, first_at, second, of, second_length > 0 ? second_length : unit_length);
    struct fc_fault fault;
    if (!isfinite(first * factor) || !isfinite(second * second_factor))
        return fail(reader, first_at, "the range is too large in this unit; at most 1.8e308 can be held");
    if (fc_distribution_range(distribution, first * factor, second * second_factor, &fault)) {
        struct fc_place place = fc_source_at(source, second_at);
        return fc_fail_at(reader->error, &place, "%s", fault.text);
    }
    return 0;
}

static int read_value(struct reader *reader, size_t *at, double default_factor,
                      struct fc_distribution *distribution)
{
    const struct fc_source *source = reader->source;
    *at = fc_source_skip(source, *at);
    if (fc_source_is_number(source, *at))
        return read_number_or_range(reader, at, default_factor, distribution);
    size_t word = fc_source_word(source, *at);
    const char *text = source->text + *at;
    if (word > 0 && source->text[fc_source_skip(source, *at + word)] == '(') {
        const char *names[24];
        size_t count = list_names(names, 24), i = 0;
        while (i < count && !word_is(source, *at, word, names[i]))
            i++;
        if (i == count)
            return unknown_distribution(reader, *at, word);
        return read_call(reader, at, word, default_factor, distribution);
    }
    struct fc_place place = fc_source_at(source, *at);
    if (!*text)
        return unexpected(reader, *at, "a value");
    char shown[64];
    return fc_fail_at(
        reader->error, &place,
        "'%s' is not a value; write a number with its unit, a range as '2 to 5 h', or a distribution as "
        "pert(2, 3, 5)",
        fc_printable(shown, sizeof shown, text, trimmed_length(text, strlen(text))));
}

/* What a missing unit leads to: nothing, a note or a refusal. */
static int judge_unit(const struct reader *reader, enum fc_unit_policy policy, char *note, size_t size)
{
    if (size > 0)
        note[0] = '\0';
    if (!reader->bare || policy == FC_UNIT_NONE)
        return 0;
    const char *text = reader->source->text + reader->bare_at;
    char shown[64], example[64];
    size_t length = trimmed_length(text, strcspn(text, ",()"));
    bool rate = strncmp(reader->canonical, "1/", 2) == 0; /* 0.1/year, not 0.1 1/year */
    snprintf(example, sizeof example, "%s%s%s",
             fc_printable(shown, sizeof shown, text, length < 24 ? length : strcspn(text, " ,()")),
             rate ? "" : " ", reader->canonical + rate);
    if (policy == FC_UNIT_ASSUMED) {
        snprintf(note, size, "no unit is given; read as %s", example);
        return 0;
    }
    struct fc_place place = fc_source_at(reader->source, reader->bare_at);
    return fc_fail_at(reader->error, &place,
                      "'%s' has no unit (only 0 and plain counts may omit it); write for example %s", shown,
                      example);
}

static int read_whole(const struct fc_source *source, const char *canonical, enum fc_unit_policy policy,
                      struct fc_distribution *distribution, char *note, size_t size, struct fc_error *error)
{
    struct reader reader = {.source = source, .canonical = canonical, .error = error};
    size_t at = 0;
    if (read_value(&reader, &at, 1.0, distribution))
        return -1;
    at = fc_source_skip(source, at);
    if (source->text[at])
        return unexpected(&reader, at, "nothing more");
    return judge_unit(&reader, policy, note, size);
}

int fc_value_read(const struct fc_source *source, const char *canonical, enum fc_unit_policy policy,
                  double lo, double hi, struct fc_distribution *distribution, char *note, size_t size,
                  struct fc_error *error)
{
    struct fc_fault fault;
    char cut[256];
    if (read_whole(source, canonical, policy, distribution, note, size, error))
        return -1;
    if (fc_distribution_confine(distribution, lo, hi, cut, sizeof cut, &fault)) {
        struct fc_place place = fc_source_at(source, fc_source_skip(source, 0));
        bool counts = strcmp(canonical, "1") == 0;
        return fc_fail_at(error, &place, "%s%s%s", fault.text, counts ? "" : " ", counts ? "" : canonical);
    }
    size_t used = size > 0 ? strlen(note) : 0;
    if (cut[0] && used < size)
        snprintf(note + used, size - used, "%s%s", used ? "; " : "", cut);
    return 0;
}

int fc_value_read_number(const struct fc_source *source, const char *canonical, enum fc_unit_policy policy,
                         double lo, double hi, double *value, char *note, size_t size, struct fc_error *error)
{
    struct fc_place place = fc_source_at(source, fc_source_skip(source, 0));
    struct fc_distribution distribution = {0};
    if (read_whole(source, canonical, policy, &distribution, note, size, error))
        return -1;
    if (!fc_distribution_is_number(&distribution))
        return fc_fail_at(error, &place, "expected a single number, got a distribution; write its value");
    *value = distribution.parameter[0];
    double slack = 1e-12 * fabs(*value);
    if (*value < lo - slack || *value > hi + slack) {
        bool counts = strcmp(canonical, "1") == 0;
        return fc_fail_at(error, &place, "%.6g lies outside what is allowed, %.6g to %.6g%s%s", *value, lo,
                          hi, counts ? "" : " ", counts ? "" : canonical);
    }
    return 0;
}
