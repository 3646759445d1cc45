/* date.c: see date.h. */
#include "date.h"

#include <stdio.h>
#include <string.h>

/* Days from civil, and back (Hinnant's algorithms, proleptic Gregorian calendar). */
bool fc_date_read(const char *text, long *day)
{
    int y, m, d, used = 0;
    if (sscanf(text, "%4d-%2d-%2d%n", &y, &m, &d, &used) != 3 || used != 10 || m < 1 || m > 12 || d < 1 ||
        d > 31 || y < 1970)
        return false;
    long year = m <= 2 ? y - 1 : y, era = year / 400, of_era = year - era * 400;
    long of_year = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    *day = era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
    char again[16];
    fc_date_print(*day, again);
    return strncmp(again, text, 10) == 0; /* no 31st of June */
}

void fc_date_print(long day, char *text)
{
    long z = day + 719468, era = z / 146097, doe = z - era * 146097;
    long yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365,
         doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    long mp = (5 * doy + 2) / 153, d = doy - (153 * mp + 2) / 5 + 1, m = mp < 10 ? mp + 3 : mp - 9;
    long y = yoe + era * 400 + (m <= 2);
    snprintf(text, 11, "%04u-%02u-%02u", (unsigned)(y % 10000), (unsigned)m % 100u, (unsigned)d % 100u);
}
