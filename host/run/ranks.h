/* ranks.h: many machines by MPI: rank 0 has the queue (run.h), and every other rank is one more of its devices.
 *
 * All ranks are started with the same command and read the same scenario. Rank 0 gives batches to the others and takes
 * their tallies, which it adds as it adds those of its own devices: exactly, so that the digest does not depend on the
 * number of ranks. Open MPI's library is opened when the program was started by mpirun or srun and never else: nothing
 * is linked. What is called of it are twelve functions of MPI 1 to 3 in the binary interface of Open MPI 1.8 to 5. */
#ifndef FC_HOST_RANKS_H
#define FC_HOST_RANKS_H

#include "run.h"

struct fc_ranks {
    int rank, count; /* count 1: no other */
};

/* Our rank and their number by the environment that mpirun or srun (--mpi=pmix) leaves; {0, 1} where there is none. */
struct fc_ranks fc_ranks_told(void);

/* Joins the others, where there are any. `digest` and `seed` must be alike in all. */
int fc_ranks_join(struct fc_ranks *ranks, uint64_t digest, uint64_t seed, struct fc_error *error);

/* Rank 0: `workers` has room for ranks->count - 1 more; fills them in. */
void fc_ranks_add_workers(const struct fc_ranks *ranks, struct fc_worker *workers);

/* Names those that have answered by their machines; at any time. */
void fc_ranks_name_workers(const struct fc_ranks *ranks, struct fc_worker *workers);

/* The others: does what rank 0 asks for, with the job and the workers of `request`, until it asks for no more. */
int fc_ranks_serve(const struct fc_run_request *request, struct fc_error *error);

/* Rank 0: nothing more will be asked for. All: leaves MPI. */
void fc_ranks_leave(const struct fc_ranks *ranks);

#endif
