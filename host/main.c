/* main.c: finds the command that was asked for and ends with its status. */
#include <errno.h>
#include <signal.h>
#include <malloc.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/run/ranks.h"
#include "host/base/command_line.h"
#include "host/commands/commands.h"
#include "host/base/error.h"
#include "host/base/fold.h"
#include "host/base/help.h"
#include "host/base/process.h"
#include "host/base/source.h"
#include "host/language/catalog.h"

static const struct fc_command *find(const char *name)
{
    for (const struct fc_command *c = fc_commands; c->name; c++)
        if (strcmp(c->name, name) == 0)
            return c;
    return NULL;
}

static void print_help(FILE *out)
{
    fputs(
        "flopcast: how fast, how long and at what cost a training workload runs on a GPU\n"
        "cluster, as probability distributions.\n\n"
        "usage: flopcast COMMAND [ARGUMENTS]; each command explains itself with --help\n\n"
        "  $ flopcast run --model deepseek-v3 --gpus 2048xgb200 --tokens 15T  # a date\n"
        "  $ flopcast run openai-aws-38b --report page.html  # a page to send\n"
        "  $ flopcast list scenarios  # what there is\n\n",
        out);
    for (const struct fc_command *c = fc_commands; c->name; c++)
        fprintf(out, "  %-10s %s\n", c->name, c->what);
    fputs("\n--posterior FILE, of every command that forecasts: steps of your own, as\n"
          "flopcast calibrate wrote them\n",
          out);
    fputs("\nexit status: 0 done; 1 the answer is 'no'; 2 the input or usage is wrong;\n"
          "3 the requested device is not available; 4 runtime failure (completed batches\n"
          "are kept)\n",
          out);
}

/* Whether standard output is a pipe that nobody reads any more ("| head"). */
static bool is_closed_pipe(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
    struct stat info;
    return fstat(STDOUT_FILENO, &info) == 0 && (S_ISFIFO(info.st_mode) || S_ISSOCK(info.st_mode)) &&
           poll(&out, 1, 0) == 1 && (out.revents & (POLLERR | POLLHUP));
}

/* What was printed must have arrived: a full disk is a fault, not a result. A reader who has read enough is
 * neither. */
static int end(int status)
{
    errno = 0;
    fc_fold_end();
    bool failed = fflush(stdout) != 0 || ferror(stdout);
    if (failed && is_closed_pipe())
        return status;
    if (failed && status == FC_DONE) {
        fprintf(stderr, "flopcast: standard output could not be written in full%s%s\n", errno ? ": " : "",
                errno ? strerror(errno) : "");
        return FC_FAULT;
    }
    if (status == FC_DONE && fc_lost()) {
        fputs("flopcast: out of memory for a part of the result or its notes: what is shown is not all\n", stderr);
        return FC_FAULT;
    }
    return status;
}

/* Takes --posterior FILE, which all commands share, out of the arguments. */
static int take_posterior(int *argc, char **argv, const char **path)
{
    static const char name[] = "--posterior";
    int to = 2;
    for (int i = 2; i < *argc; i++) {
        if (strcmp(argv[i], "--") == 0) {
            while (i < *argc)
                argv[to++] = argv[i++];
            break;
        }
        if (strcmp(argv[i], name) == 0 && i + 1 == *argc) {
            fprintf(stderr, "flopcast: --posterior needs a file; flopcast calibrate -o FILE writes one\n");
            return -1;
        }
        if (strcmp(argv[i], name) == 0)
            *path = argv[++i];
        else if (strncmp(argv[i], name, sizeof name - 1) == 0 && argv[i][sizeof name - 1] == '=')
            *path = argv[i] + sizeof name;
        else
            argv[to++] = argv[i];
    }
    if (to < *argc) {
        *argc = to;
        argv[to] = NULL;
    }
    return 0;
}

/* Started by mpirun: `run` is shared among the ranks; all else is done by the first alone. Whether we are to do it. */
static bool is_ours(int argc, char **argv)
{
    struct fc_ranks ranks = fc_ranks_told();
    bool shared = argc > 1 && strcmp(argv[1], "run") == 0;
    if (ranks.count > 1 && ranks.rank == 0 && !shared)
        fprintf(stderr, "flopcast: note: under MPI only run is shared among ranks; rank 0 does this alone\n");
    return shared || ranks.rank == 0;
}

static int run(int argc, char **argv)
{
    if (!is_ours(argc, argv))
        return FC_DONE;
    if (argc < 2) {
        print_help(stderr);
        return FC_BAD_INPUT;
    }
    if (argc == 3 && strcmp(argv[1], "help") == 0) { /* flopcast help run */
        static char option[] = "--help";
        char *asked[] = {argv[2], option, NULL};
        const struct fc_command *about = find(argv[2]);
        if (about)
            return end(about->run(2, asked));
        argv[1] = argv[2]; /* no such command: said below */
        argc = 2;
    } else if (argc == 4 && strcmp(argv[1], "help") == 0 && strcmp(argv[2], "--man") == 0 && find(argv[3])) {
        static char option[] = "--help"; /* what `make` installs as flopcast-COMMAND.1 */
        char *asked[] = {argv[3], option, NULL};
        const struct fc_command *about = find(argv[3]);
        fc_help_as_manual(about->name, about->what);
        return end(about->run(2, asked));
    } else if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        fc_fold_start();
        print_help(stdout);
        return end(FC_DONE);
    }
    if (strcmp(argv[1], "--version") == 0) {
        fc_fold_start();
        fc_print_version(stdout);
        return end(FC_DONE);
    }
    const char *posterior = NULL;
    if (take_posterior(&argc, argv, &posterior))
        return FC_BAD_INPUT;
    fc_catalog_use_posterior(posterior);
    const struct fc_command *command = find(argv[1]);
    if (!command) {
        const char *names[64];
        int count = 0;
        for (const struct fc_command *c = fc_commands; c->name && count < 64; c++)
            names[count++] = c->name;
        const char *near = fc_nearest_word(argv[1], strlen(argv[1]), names, (size_t)count);
        char shown[64];
        fprintf(stderr, "flopcast: no command '%s'%s%s%s; see flopcast --help\n",
                fc_printable(shown, sizeof shown, argv[1], strlen(argv[1])),
                near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "");
        return FC_BAD_INPUT;
    }
    return end(command->run(argc - 1, argv + 1));
}

int main(int argc, char **argv)
{
    /* glibc would learn to take large blocks from its heap and clear them by hand; as mappings of their own,
     * the histograms' pages that no value reaches cost nothing. */
    (void)mallopt(M_MMAP_THRESHOLD, 1 << 20);
    signal(SIGPIPE, SIG_IGN); /* the write that fails says that the pipe was closed */
    signal(SIGXFSZ, SIG_IGN); /* ... or that the file is larger than its limit */
    fc_command_line_set(argc, argv);
    return fc_process_run(run, argc, argv);
}
