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

struct fc_span fc_span_of_rows(double inner, double near, double outer, double far, double gpus,
                               double domain)
{
    if (outer <= 1 || far == inner * near)
        return fc_span_of(inner * outer, near, gpus, domain);
    if (inner <= 1)
        return fc_span_of(outer, far, gpus, domain);
    struct fc_span row = fc_span_of(inner, near, gpus, domain);
    if (row.domains <= 1) { /* a row goes where its first rank goes */
        struct fc_span column = fc_span_of(outer, far, gpus, domain);
        return (struct fc_span){column.domains, inner * column.inside, inner * column.fewest};
    }
    return (struct fc_span){row.domains * outer, row.inside, row.fewest};
}
