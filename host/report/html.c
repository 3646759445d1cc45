/* html.c: see html.h. */
#include "html.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/error.h"

/* Colours: blue and orange of Okabe and Ito, which stay apart for the colour-blind, on quiet greys. */
static const char style[] =
    ":root{color-scheme:light dark;--ink:#1b2430;--soft:#5a6675;--line:#d5dbe3;--page:#fff;--card:#f5f7fa;"
    "--one:#0072b2;--two:#d55e00;--band:#9cc8e6;--good:#007a5a}"
    "@media (prefers-color-scheme:dark){:root{--ink:#e6ebf1;--soft:#9aa7b6;--line:#364250;--page:#12181f;"
    "--card:#1b232d;--one:#56b4e9;--two:#f0904a;--band:#24506e;--good:#4cc9a0}}"
    "*{box-sizing:border-box}"
    "body{margin:0 auto;padding:1.2rem;max-width:72rem;background:var(--page);color:var(--ink);"
    "font:1rem/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'Liberation Sans',sans-serif}"
    "header p{margin:0;color:var(--soft)}h1{margin:.1rem 0 .4rem;font-size:1.7rem;line-height:1.2;"
    "overflow-wrap:anywhere}h2{margin:1.8rem 0 .5rem;font-size:1.15rem;border-bottom:1px solid var(--line)}"
    "h3{margin:1rem 0 .2rem;font-size:1rem}.answer p{font-size:1.1rem;margin:.4rem 0;max-width:60rem}"
    ".answer data{font-weight:650}.answer .more p{font-size:.95rem;margin:.15rem "
    "0}.plots{columns:2 25rem;column-gap:1rem}"
    "figure{margin:0 0 1rem;break-inside:avoid;padding:.7rem "
    ".8rem;background:var(--card);border-radius:.5rem;min-width:0;max-width:46rem}"
    "figcaption{font-size:.92rem;margin-bottom:.3rem;overflow-wrap:anywhere}figcaption b{font-weight:650}"
    "svg{display:block;width:100%;height:auto;font-size:12px}svg text{fill:var(--ink)}"
    ".soft,svg text.soft{color:var(--soft);fill:var(--soft)}"
    ".axis{stroke:var(--soft);stroke-width:1}.grid{stroke:var(--line);stroke-width:1}"
    ".one{fill:var(--one)}.two{fill:var(--two)}.band{fill:var(--band)}.line-one,.line-two,.mark{fill:none;"
    "stroke-width:2}.line-one{stroke:var(--one)}.line-two{stroke:var(--two)}.mark{stroke:var(--ink);"
    "stroke-width:1.5}.target{stroke:var(--two);stroke-width:1.5;stroke-dasharray:5 4}"
    ".table{overflow-x:auto}table{border-collapse:collapse;font-size:.9rem;"
    "font-variant-numeric:tabular-nums}th,td{padding:.2rem .6rem;text-align:right;vertical-align:top;"
    "border-bottom:1px solid var(--line);white-space:nowrap}th:first-child,td:first-child,.left td,.left "
    "th{text-align:left}"
    "th{font-weight:600;color:var(--soft)}td:first-child,.left td{white-space:normal}"
    "td:first-child{overflow-wrap:anywhere;min-width:11rem}"
    "@media (max-width:40rem){.table td:first-child,.table th:first-child{position:sticky;left:0;"
    "background:var(--page);min-width:8.5rem;max-width:9.5rem}"
    ".left table,.left tbody,.left tr,.left td{display:block}.left thead{display:none}.left tr{border-bottom:1px solid "
    "var(--line);padding:.3rem 0}.left td{border:0;padding:0 .2rem;max-width:none}.left td:empty{display:none}"
    ".left .table td:first-child{font-weight:600;position:static;max-width:none}"
    ".left td:nth-child(5):not(:empty)::before{content:'rank correlation '}}"
    "td small{display:block;color:var(--soft);line-height:1.3}"
    ".left td{overflow-wrap:anywhere;min-width:5rem}.left td:first-child{white-space:nowrap}"
    "ul{padding-left:1.2rem;margin:.3rem 0}.warning{border-left:.3rem solid var(--two);padding-left:.6rem;"
    "list-style:none}pre{white-space:pre-wrap;overflow-wrap:anywhere;background:var(--card);padding:.6rem;"
    "border-radius:.4rem;font-size:.85rem}footer,.fine{color:var(--soft);font-size:.85rem;"
    "overflow-wrap:anywhere}summary{cursor:pointer}"
    "@media print{:root{color-scheme:light;--ink:#000;--soft:#444;--line:#bbb;--page:#fff;--card:#fff;"
    "--one:#0072b2;--two:#d55e00;--band:#9cc8e6}@page{size:A4;margin:11mm}"
    "html{font-size:8.2pt}body{padding:0;max-width:none;line-height:1.35}h1{font-size:15pt}h2{font-size:11pt;margin:.6rem 0 "
    ".3rem;"
    "break-after:avoid}h3{break-after:avoid;margin:.6rem 0 .1rem}.answer p{margin:.1rem 0;max-width:none;font-size:1rem}.answer .more p{font-size:.85rem;margin:0}"
    ".plots{columns:2;column-gap:.4rem}"
    "figure{margin:0 0 .4rem;border:1px solid var(--line);padding:.3rem .5rem;max-width:none}"
    "table{font-size:6.8pt;line-height:1.2}.left td:nth-child(2){min-width:13rem}.left td:last-child{width:100%}th,td{padding:.02rem .35rem}td:first-child{min-width:0}tr{break-inside:avoid}"
    ".table{overflow:visible}td small{display:none}.screen{display:none}pre{border:1px solid var(--line);"
    "padding:.3rem}.fine{margin:.2rem 0}}";

void fc_html_raw(FILE *out, const char *markup)
{
    fputs(markup, out);
}

void fc_html_text(FILE *out, const char *text)
{
    for (; text && *text; text++) {
        const char *entity = *text == '&'    ? "&amp;"
                             : *text == '<'  ? "&lt;"
                             : *text == '>'  ? "&gt;"
                             : *text == '"'  ? "&quot;"
                             : *text == '\'' ? "&#39;"
                                             : NULL;
        if (entity)
            fputs(entity, out);
        else if ((unsigned char)*text >= ' ' || *text == '\n' || *text == '\t')
            fputc(*text, out);
    }
}

void fc_html_say(FILE *out, const char *markup, const char *format, ...)
{
    char *text = NULL;
    va_list list;
    va_start(list, format);
    int length = vasprintf(&text, format, list);
    va_end(list);
    fputs(markup, out);
    if (length < 0) {
        fc_lose();
        return;
    }
    fc_html_text(out, text);
    free(text);
}

void fc_html_open(FILE *out, const char *title, const char *kind)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
          "content=\"width=device-width, initial-scale=1\">\n<meta name=\"generator\" "
          "content=\"flopcast\">\n<title>",
          out);
    fc_html_text(out, title);
    fprintf(out, "</title>\n<style>%s</style>\n</head>\n<body>\n<header>\n<p>", style);
    fc_html_text(out, kind);
    fputs("</p>\n<h1>", out);
    fc_html_text(out, title);
    fputs("</h1>\n</header>\n<main>\n", out);
}

void fc_html_close(FILE *out)
{
    fputs("</main>\n</body>\n</html>\n", out);
}

void fc_html_section(FILE *out, const char *heading)
{
    fc_html_say(out, "<section>\n<h2>", "%s", heading);
    fputs("</h2>\n", out);
}

void fc_html_section_end(FILE *out)
{
    fputs("</section>\n", out);
}

void fc_html_data(FILE *out, const char *value, const char *shown)
{
    fc_html_say(out, "<data value=\"", "%s", value);
    fputs("\">", out);
    fc_html_text(out, shown);
    fputs("</data>", out);
}

double fc_html_number(const struct fc_node *map, const char *key)
{
    const char *text = fc_node_text(map, key);
    char *end;
    double value = text ? strtod(text, &end) : NAN;
    return text && end != text && !*end ? value : (double)NAN;
}

bool fc_html_is_never(const struct fc_node *map, const char *key)
{
    const char *why = fc_node_text(map, "why");
    size_t length = strlen(key);
    while (why && *why) { /* "p95, p99: never: ...; cvar_worst5: ..." */
        const char *colon = strchr(why, ':'), *next = strstr(why, "; ");
        bool named = false;
        for (const char *at = why; colon && at < colon; at++)
            named = named || ((at == why || at[-1] == ' ') && strncmp(at, key, length) == 0 &&
                              (at[length] == ',' || at[length] == ':'));
        if (named && strncmp(colon, ": never", 7) == 0)
            return true;
        why = next ? next + 2 : NULL;
    }
    return false;
}

void fc_html_figure(FILE *out, const struct fc_node *map, const char *key, const struct fc_scale *scale,
                    bool with_error)
{
    char name[80], shown[96];
    const char *text = fc_node_text(map, key);
    double value = fc_html_number(map, key);
    if (!text || !isfinite(value)) {
        fputs(fc_html_is_never(map, key) ? "never" : "n/a", out);
        return;
    }
    snprintf(name, sizeof name, "%s_se", key);
    fc_format_figure(value, fc_html_number(map, name), scale, shown, sizeof shown);
    char *error = strstr(shown, " ±");
    if (error && !with_error)
        *error = '\0';
    fc_format_group(shown, sizeof shown);
    fc_html_data(out, text, shown);
}

void fc_html_figure_in_words(FILE *out, const struct fc_node *map, const char *key,
                             const struct fc_scale *scale)
{
    char shown[64], plural[48];
    const char *text = fc_node_text(map, key);
    double value = fc_html_number(map, key);
    if (!text || !isfinite(value)) {
        fputs(fc_html_is_never(map, key) ? "never" : "n/a", out);
        return;
    }
    double scaled = value / scale->factor;
    int digits = fabs(scaled) >= 1000 ? 4 : 3;
    fc_format_number(scaled, digits, shown, sizeof shown);
    fc_format_group(shown, sizeof shown);
    bool days = strcmp(scale->unit, "day") == 0;
    if (strncmp(scale->unit, "1e", 2) == 0) /* 2.7 of "1e28 FLOP" */
        snprintf(plural, sizeof plural, "%s", scale->unit + 1);
    else
        snprintf(plural, sizeof plural, "%s%s%s", *scale->unit ? " " : "", scale->unit, days ? "s" : "");
    strncat(shown, plural, sizeof shown - strlen(shown) - 1);
    fc_html_data(out, text, shown);
}

void fc_html_probability(FILE *out, const struct fc_node *map)
{
    char shown[64], all[64];
    double p = fc_html_number(map, "p"), lo = fc_html_number(map, "lo"), hi = fc_html_number(map, "hi");
    if (!isfinite(p)) {
        fputs("n/a", out);
        return;
    }
    fc_format_probability(p, lo, hi, all, sizeof all);
    snprintf(shown, sizeof shown, "%.*s", (int)strcspn(all, "("), all);
    size_t end = strlen(shown);
    while (end && shown[end - 1] == ' ')
        shown[--end] = '\0';
    fc_html_data(out, fc_node_text(map, "p"), shown);
    char *low = strchr(all, '('), *to = low ? strstr(low, " to ") : NULL,
         *close = to ? strchr(to, ')') : NULL;
    if (!close)
        return;
    *to = *close = '\0';
    fputs(" (", out);
    fc_html_data(out, fc_node_text(map, "lo"), low + 1);
    fputs(" to ", out);
    fc_html_data(out, fc_node_text(map, "hi"), to + 4);
    fputs(")", out);
}

void fc_html_value(FILE *out, const struct fc_node *map, const char *key, double factor, int digits)
{
    char shown[64];
    const char *text = fc_node_text(map, key);
    double value = fc_html_number(map, key);
    if (!text || !isfinite(value)) {
        fputs(text ? text : "n/a", out);
        return;
    }
    double scaled = value * factor;
    if (scaled == floor(scaled) && fabs(scaled) < 1e15) /* a whole number has no decimals */
        snprintf(shown, sizeof shown, "%.0f", scaled);
    else
        fc_format_number(scaled, digits, shown, sizeof shown);
    fc_format_group(shown, sizeof shown);
    fc_html_data(out, text, shown);
}

void fc_html_percent(FILE *out, const struct fc_node *map, const char *key)
{
    char shown[64];
    const char *text = fc_node_text(map, key);
    double percent = 100 * fc_html_number(map, key);
    if (!text || !isfinite(percent)) {
        fputs("n/a", out);
        return;
    }
    bool whole = percent == floor(percent);
    snprintf(shown, sizeof shown, "%.*f %%", whole ? 0 : fabs(percent) < 10 || percent > 99 ? 2 : 1, percent);
    fc_html_data(out, text, shown);
}

void fc_html_name(FILE *out, const char *name)
{
    char part[2] = "";
    for (; *name; name++) {
        part[0] = *name;
        fc_html_text(out, part);
        if (strchr("_@.", *name) && name[1])
            fputs("<wbr>", out);
    }
}

void fc_html_table(FILE *out, const char *const *heads)
{
    fputs("<div class=\"table\"><table>\n<thead><tr>", out);
    for (; *heads; heads++) {
        fputs("<th>", out);
        fc_html_text(out, *heads);
        fputs("</th>", out);
    }
    fputs("</tr></thead>\n<tbody>\n", out);
}

void fc_html_table_end(FILE *out)
{
    fputs("</tbody>\n</table></div>\n", out);
}
