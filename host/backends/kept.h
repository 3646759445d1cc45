/* kept.h: the simulated runs of trials 0, 1, 2 ... of one scenario, kept so that a change that cannot affect a simulated run
 * (a price, a goal, a carbon intensity) need not simulate them again.
 *
 * What is kept is the state of each chunk of trials between timeline and contract, whole, so the second
 * answer has the bits of a fresh run. Only the CPU backend keeps; the others simulate anew. */
#ifndef FC_HOST_KEPT_H
#define FC_HOST_KEPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fc_kept {
    uint64_t chunk, chunks;
    size_t chunk_bytes;
    int *have;           /* trials that are kept of each chunk, 0: none yet */
    unsigned char *data; /* chunks x chunk_bytes */
};

/* Room for `trials` trials of the kernel that runs here (`isa` as in fc_host), or NULL where that would be
 * more than 1 GiB or memory is short: nothing is kept then. */
struct fc_kept *fc_kept_new(uint64_t trials, const char *isa);
void fc_kept_free(struct fc_kept *kept);

/* Whether a change of this path of a scenario leaves every simulated run as it is. */
bool fc_kept_path(const char *path);

#endif
