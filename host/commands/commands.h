/* commands.h: what a person can type after "flopcast". */
#ifndef FC_HOST_COMMANDS_H
#define FC_HOST_COMMANDS_H

#include <stdio.h>

struct fc_command {
    const char *name;
    const char *what;                  /* one line for --help */
    int (*run)(int argc, char **argv); /* argv[0] is the command's name; returns the exit status */
};

/* All commands; the last has no name. */
extern const struct fc_command fc_commands[];

int fc_command_init(int argc, char **argv);
int fc_command_run(int argc, char **argv);
int fc_command_explain(int argc, char **argv);
int fc_command_solve(int argc, char **argv);
int fc_command_stress(int argc, char **argv);
int fc_command_sweep(int argc, char **argv);
int fc_command_merge(int argc, char **argv);
int fc_command_compare(int argc, char **argv);

/* `compare` where an argument names a scenario: reads the options (-h prints `help`) and returns the exit status. */
int fc_command_compare_scenarios(int argc, char **argv, const char *help);

int fc_command_devices(int argc, char **argv);
int fc_command_search(int argc, char **argv);
int fc_command_update(int argc, char **argv);
int fc_command_backtest(int argc, char **argv);
int fc_command_bench(int argc, char **argv);
int fc_command_flows(int argc, char **argv);
int fc_command_value(int argc, char **argv);
int fc_command_outages(int argc, char **argv);
int fc_command_replay(int argc, char **argv);
int fc_command_step(int argc, char **argv);
int fc_command_validate(int argc, char **argv);
int fc_command_calibrate(int argc, char **argv);
int fc_command_list(int argc, char **argv);
int fc_command_report(int argc, char **argv);
int fc_command_show(int argc, char **argv);

/* Program version, model version, and what the build holds. */
void fc_print_version(FILE *out);

#endif
