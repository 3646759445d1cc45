/* spans.c: see spans.h. */
#include "spans.h"

#include <math.h>

/* The group whose first rank is GPU `at` of a domain. */
static struct fc_span place(double ranks, double stride, double at, double domain)
{
    double first = fmin(ranks, ceil((domain - at) / stride));
    struct fc_span span = {.domains = 1, .inside = ranks, .fewest = ranks};
    if (first >= ranks)
        return span;
    double each = fmax(1, floor(domain / stride)), left = ranks - first;
    double tail = fmod(left, each);
    span.domains = 1 + ceil(left / each);
    span.inside = ranks / span.domains;
    span.fewest = fmin(first, tail > 0 ? tail : each);
    return span;
}

struct fc_span fc_span_of(double ranks, double stride, double gpus, double domain)
{
    double block = ranks * stride, groups = fmax(1, floor(gpus / block));
    struct fc_span worst = place(ranks, stride, 0, domain);
    if (gpus <= domain)
        return (struct fc_span){1, ranks, ranks};
    if (floor(domain / block) * block == domain) /* whole groups fill it: each lies inside */
        return worst;
    /* the pattern repeats after at most `domain` blocks */
    for (double k = 1; k < groups && k < domain; k++) {
        double at = fmod(k * block, domain);
        struct fc_span span = place(ranks, stride, at, domain);
        if (at == 0)
            break;
        if (span.domains > worst.domains || (span.domains == worst.domains && span.fewest < worst.fewest))
            worst = span;
    }
    return worst;
}
