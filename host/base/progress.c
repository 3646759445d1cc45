/* progress.c: see progress.h. */
#include "progress.h"

#include <stdio.h>
#include <unistd.h>

#include "format.h"

void fc_progress_start(struct fc_progress_line *line, const char *unit, bool quiet)
{
    *line = (struct fc_progress_line){.unit = unit, .quiet = quiet || !isatty(STDERR_FILENO)};
}

/* "45 s", "3 min 20 s", "2 h 05 min" */
static void format_duration(double seconds, char *text, size_t size)
{
    long s = (long)(seconds + 0.5);
    if (s < 60)
        snprintf(text, size, "%ld s", s);
    else if (s < 3600)
        snprintf(text, size, "%ld min %02ld s", s / 60, s % 60);
    else
        snprintf(text, size, "%ld h %02ld min", s / 3600, s % 3600 / 60);
}

void fc_progress_update(struct fc_progress_line *line, uint64_t done, uint64_t total, double elapsed_s)
{
    if (line->quiet || elapsed_s < 0.5 || elapsed_s - line->last_s < 0.1)
        return;
    line->last_s = elapsed_s;
    char a[32], b[32], left[48] = "";
    fc_format_count(done, a, sizeof a);
    fc_format_count(total, b, sizeof b);
    if (done > 0)
        format_duration(elapsed_s * (double)(total - done) / (double)done, left, sizeof left);
    double percent = total ? 100 * (double)done / (double)total : 100;
    fprintf(stderr, "\r\033[K%s of %s %s, %.0f %%%s%s", a, b, line->unit, percent, done ? ", about " : "",
            left);
    if (done > 0)
        fputs(" left", stderr);
    fflush(stderr);
    line->shown = true;
}

void fc_progress_end(struct fc_progress_line *line)
{
    if (line->shown)
        fputs("\r\033[K", stderr);
    line->shown = false;
}

static struct {
    bool on, shown;
    long second; /* the last one shown */
} waiting;

void fc_progress_waits(bool shown)
{
    waiting.on = shown && isatty(STDERR_FILENO);
}

void fc_progress_wait(const char *what, double elapsed_s)
{
    long second = (long)elapsed_s;
    if (!waiting.on || second < 1 || (waiting.shown && second == waiting.second))
        return;
    fprintf(stderr, "\r\033[K%s, %ld s", what, second);
    fflush(stderr);
    waiting.second = second;
    waiting.shown = true;
}

void fc_progress_waited(void)
{
    if (waiting.shown)
        fputs("\r\033[K", stderr);
    waiting.shown = false;
}
