/* selftest.h: known answers that a device must reproduce before it works.
 *
 * Two parts, both on a built-in program (builtin.h): words of the random numbers, which the published
 * generator gives for counters at the edges of their range; and the digest of 512 trials through draws,
 * timeline, contract and tally.
 *
 * The expected digest stands in selftest.c with its model version. When the model changes on purpose,
 * tests/test_selftest fails and prints the line to put there. The hidden fault "BACKEND:selftest" (fault.h)
 * makes the test of a backend fail. */
#ifndef FC_HOST_SELFTEST_H
#define FC_HOST_SELFTEST_H

#include "host/backends/backend.h"

/* Model version and digest that the test expects. */
extern const int fc_selftest_model_version;
extern const uint64_t fc_selftest_digest;

/* Random words behind the price of trials fc_selftest_first[i] ... + 3. */
enum { FC_SELFTEST_RANGES = 4, FC_SELFTEST_RUN = 4 };
extern const uint64_t fc_selftest_seed;
extern const uint64_t fc_selftest_first[FC_SELFTEST_RANGES];
extern const uint32_t fc_selftest_words[FC_SELFTEST_RANGES][FC_SELFTEST_RUN];

/* What a device answers. */
struct fc_selftest_answer {
    float price[FC_SELFTEST_RANGES][FC_SELFTEST_RUN]; /* 1 / price, in units of the contract's value */
    uint64_t digest;
    double wall_s;
};

/* Runs the test's work on a device without judging it. */
int fc_selftest_measure(const struct fc_backend *backend, int device, const struct fc_host *host,
                        struct fc_selftest_answer *answer, struct fc_error *error);

/* Runs and judges it; wall_s may be NULL. Fails with FC_NO_DEVICE when the device cannot be opened or gives a
 * wrong answer. */
int fc_selftest(const struct fc_backend *backend, int device, const struct fc_host *host, double *wall_s,
                struct fc_error *error);

/* The same at arm's length (apart.h): a driver that crashes, or that has not answered after `limit_s`, fails its test, and
 * what its compiler prints is dropped. A backend without a driver is tested directly. `name` is the device's, for the
 * terminal. */
int fc_selftest_apart(const struct fc_backend *backend, int device, const char *name,
                      const struct fc_host *host, double limit_s, double *wall_s, struct fc_error *error);

/* Seconds that `flopcast devices` waits (FLOPCAST_SELFTEST_S in tests): PoCL compiles for a quarter of them on a core
 * of 2023. */
double fc_selftest_limit_s(void);

/* The same for a run, which waits five minutes (in tests FLOPCAST_SELFTEST_S or FLOPCAST_HUNG_S): OpenCL at arm's length, for it compiles; other
 * drivers on a thread of this process, so that what they set up serves the run. One that does not answer leaves its thread
 * behind, and the process ends without it (fc_process_leave, host/base/process.h). */
int fc_selftest_patient(const struct fc_backend *backend, int device, const char *name,
                        const struct fc_host *host, struct fc_error *error);

#endif
