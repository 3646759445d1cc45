/* version.h: the version of the program, as `flopcast --version`, results and the manual page state it. */
#ifndef FC_HOST_VERSION_H
#define FC_HOST_VERSION_H

#define FC_VERSION "0.2.0"

#endif
