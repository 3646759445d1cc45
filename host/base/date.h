/* date.h: days of the calendar. */
#ifndef FC_HOST_DATE_H
#define FC_HOST_DATE_H

#include <stdbool.h>

/* Days from 1970-01-01 to the date YYYY-MM-DD that the text is; false when it is none. */
bool fc_date_read(const char *text, long *day);

/* The date of a day, as YYYY-MM-DD in 11 bytes. */
void fc_date_print(long day, char *text);

#endif
