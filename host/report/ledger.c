/* ledger.c: see ledger.h. */
#include "ledger.h"

#include <math.h>
#include <string.h>

#include "host/base/format.h"
#include "host/base/terminal.h"
#include "host/language/in_use.h"

enum { DRIVERS = 5, INDENT = 4 };

/* "KEY = VALUE (default, estimate): SOURCE", wrapped. */
static void print_value(FILE *out, const char *lead, int id, const struct fc_setting *setting)
{
    char text[1200];
    snprintf(text, sizeof text, "%s%s = %s (%s%s%s)%s%s", lead, fc_fields[id].path,
             setting->text ? setting->text : "",
             setting->found          ? "found by search"
             : setting->from_default ? "default"
                                     : "stated",
             setting->grade ? ", " : "", setting->grade ? setting->grade : "", setting->source ? ": " : "",
             setting->source ? setting->source : "");
    fputs("  ", out);
    fc_print_wrapped(out, text, 2, INDENT, fc_terminal_width());
}

void fc_ledger_print_drivers(FILE *out, const struct fc_scenario *scenario, int metric,
                             const struct fc_influence *influences, int count, uint64_t worlds)
{
    char name[64], all[32];
    fc_metric_name(metric, scenario->compiled.program.contract.run_flop, name, sizeof name);
    fc_format_count(worlds, all, sizeof all);
    fprintf(out, "\n-- what this rests on: the inputs that move %s most (over %s worlds)\n", name, all);
    for (int i = 0; i < count && i < DRIVERS; i++) {
        const struct fc_influence *found = &influences[i];
        const struct fc_setting *setting = &scenario->settings->fields[found->field];
        char lead[120], moves[40];
        if (isfinite(found->change))
            snprintf(moves, sizeof moves, "%+.0f %%", 100 * found->change);
        else
            snprintf(moves, sizeof moves, isnan(found->change) ? "n/a" : "to or from never");
        snprintf(lead, sizeof lead, "%s%s (rank correlation %+.2f): ",
                 fc_assumption_decides(setting, found) ? "DECIDES, AND IS AN ESTIMATE: " : "", moves,
                 found->rank);
        print_value(out, lead, found->field, setting);
    }
    if (count == 0)
        fputs("  no input moves it by more than chance; flopcast show --assumptions lists what is assumed\n", out);
    else
        fc_print_wrapped(
            out,
            "percentage: median of the fifth of the worlds with the highest input less that with the "
            "lowest; all values: flopcast show --assumptions",
            0, 2, fc_terminal_width());
}

int fc_show_assumptions(const char *path_or_name, const struct fc_scenario_options *options, bool json,
                        struct fc_error *error)
{
    struct fc_scenario scenario;
    struct fc_writer *writer = NULL;
    if (fc_scenario_open(&scenario, path_or_name, options, error))
        return -1;
    int status = 0;
    if (json) {
        status = fc_writer_open(&writer, stdout, FC_JSON, error);
        if (status == 0) {
            fc_write_map(writer, NULL);
            fc_write_text(writer, "scenario", scenario.name);
            fc_assumptions_write(scenario.settings, NULL, 0, writer, "assumptions");
            fc_write_end(writer);
            status = fc_writer_close(writer, error);
        }
        fc_scenario_close(&scenario);
        return status;
    }
    for (int stated = 1; stated >= 0; stated--) {
        puts(stated ? "stated:" : "\nassumed (defaults):");
        for (int i = 0; i < FC_FIELD_COUNT; i++) {
            const struct fc_setting *setting = &scenario.settings->fields[i];
            if (setting->is_set && setting->text && setting->from_default == !stated &&
                fc_fields[i].type != FC_FIELD_TEXT && fc_field_in_use(scenario.settings, &fc_fields[i]))
                print_value(stdout, "", i, setting);
        }
    }
    fc_scenario_close(&scenario);
    return 0;
}
