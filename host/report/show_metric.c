/* show_metric.c: see show_metric.h. */
#include "show_metric.h"

#include <stdio.h>
#include <string.h>

#include "chapters.h"
#include "host/base/document_write.h"
#include "host/base/format.h"
#include "host/base/terminal.h"

static const char *chapter_of(const struct fc_metric_info *info)
{
    enum fc_chapter_id chapter =
        info->run_chapter != FC_CHAPTER_NONE ? info->run_chapter : info->contract_chapter;
    return chapter == FC_CHAPTER_NONE ? NULL : fc_chapter_titles[chapter];
}

static const char *worst_of(const struct fc_metric_info *info)
{
    static const char *const words[] = {[FC_WORST_LOW] = "low",
                                        [FC_WORST_HIGH] = "high",
                                        [FC_WORST_COST_OF_RUN] = "high for a run, low for a contract",
                                        [FC_WORST_HIGH_UNLESS_WATCHED] =
                                            "high, low for a run of a fixed time"};
    return words[info->worst];
}

static void write_metric(struct fc_writer *w, const struct fc_metric_info *info)
{
    fc_write_map(w, info->name);
    fc_write_text(w, "what", info->what);
    fc_write_text(w, "unit", info->unit);
    fc_write_text(w, "worst", worst_of(info));
    fc_write_flag(w, "probability", info->probability);
    fc_write_flag(w, "per_run_size", info->sizes);
    fc_write_text(w, "without_value", info->missing);
    fc_write_text(w, "fixed_by", info->input);
    fc_write_text(w, "chapter", chapter_of(info));
    fc_write_text(w, "earlier_name", info->old_name);
    fc_write_end(w);
}

int fc_show_metric(const struct fc_metric_info *info, bool json, struct fc_error *error)
{
    if (json) {
        struct fc_writer *w;
        if (fc_writer_open(&w, stdout, FC_JSON, error))
            return -1;
        fc_write_map(w, NULL);
        write_metric(w, info);
        fc_write_end(w);
        return fc_writer_close(w, error);
    }
    printf("%s%s%s%s%s\n  ", info->name, info->sizes ? "@SIZE" : "", strcmp(info->unit, "1") ? " [" : "",
           strcmp(info->unit, "1") ? info->unit : "", strcmp(info->unit, "1") ? "]" : "");
    fc_print_wrapped(stdout, info->what, 2, 2, fc_terminal_width());
    if (info->probability)
        puts("  a probability, with its 95 % interval; a world without an answer counts as 'no'");
    else
        printf("  adverse values: %s\n", worst_of(info));
    if (info->missing)
        printf("  'never': %s; such a world counts as the worst\n", info->missing);
    if (info->input)
        printf("  fixed by an input, so no forecast: %s\n", info->input);
    if (info->sizes)
        puts("  one for each run size of contract.run_flop, with its size behind '@'");
    if (chapter_of(info))
        printf("  printed under: %s\n", chapter_of(info));
    if (info->old_name)
        printf("  called %s in earlier versions, which is still understood\n", info->old_name);
    return 0;
}

int fc_list_metrics(bool json, struct fc_error *error)
{
    struct fc_writer *w = NULL;
    if (json && fc_writer_open(&w, stdout, FC_JSON, error))
        return -1;
    if (w)
        fc_write_map(w, NULL);
    const char *chapter = "";
    for (size_t i = 0; i < fc_metric_info_count; i++) {
        const struct fc_metric_info *info = &fc_metric_infos[i];
        const char *here = chapter_of(info);
        if (!here)
            continue;
        if (w) {
            write_metric(w, info);
            continue;
        }
        if (strcmp(chapter, here) != 0)
            printf("%s-- %s\n", chapter[0] ? "\n" : "", here);
        chapter = here;
        int at = printf("%-30s %-8s ", info->name,
                        info->probability         ? "P"
                        : strcmp(info->unit, "1") ? info->unit
                                                  : "");
        fc_print_wrapped(stdout, info->what, at, 40, fc_terminal_width());
    }
    if (!w)
        return 0;
    fc_write_end(w);
    return fc_writer_close(w, error);
}
