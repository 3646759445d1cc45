/* stop.c: see stop.h. */
#include "stop.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t asked;

static void on_signal(int number)
{
    (void)number;
    asked = 1;
}

/* A terminal that closes sends SIGHUP twice, once by itself and once by its shell: only who types or sends a stop a
 * second time wants the end at once. */
static const struct {
    int number, flags;
} signals[] = {{SIGINT, (int)SA_RESETHAND | SA_RESTART},
               {SIGTERM, (int)SA_RESETHAND | SA_RESTART},
               {SIGHUP, SA_RESTART},
               {SIGXCPU, SA_RESTART}}; /* comes again every second until the hard limit */

void fc_stop_watch(void)
{
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        struct sigaction before, ours = {.sa_handler = on_signal, .sa_flags = signals[i].flags};
        /* a driver's compiler (LLVM) may have put a handler of its own there, which ends the program */
        if (sigaction(signals[i].number, NULL, &before) == 0 && before.sa_handler != SIG_IGN &&
            before.sa_handler != on_signal && !asked)
            (void)sigaction(signals[i].number, &ours, NULL);
    }
}

void fc_stop_by_launcher(void)
{
    struct sigaction ours = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    (void)sigaction(SIGTERM, &ours, NULL);
}

bool fc_stop_asked(void)
{
    return asked;
}
