/* selftest.c: see selftest.h. */
#include "selftest.h"

#include <stdlib.h>

#include "host/base/clock.h"
#include "cuda/model/base/random.h"
#include "builtin.h"
#include "host/backends/fault.h"

const int fc_selftest_model_version = 3;
const uint64_t fc_selftest_digest = 0x67374f9e6676cc4fu;

/* The key of Random123's third known answer; counters where the low and the high half of the trial turn over.
 */
const uint64_t fc_selftest_seed = 0x299f31d0a4093822u;
const uint64_t fc_selftest_first[FC_SELFTEST_RANGES] = {0, 0xfffffffeu, 0xfffffffffffffff0u,
                                                        0x85a308d3243f6a88u};

/* First words of philox4x32-10 for the counters {trial low, trial high, FC_IN_PRICE_GPU_HOUR_USD / 4, 0}. */
const uint32_t fc_selftest_words[FC_SELFTEST_RANGES][FC_SELFTEST_RUN] = {
    {0x1dce8483u, 0x4c1eae51u, 0xc6725ebeu, 0xdd567d14u},
    {0xe3126c6eu, 0xdab98c87u, 0x263ec01bu, 0xa1a192a0u},
    {0xc45d1f43u, 0xdec33341u, 0xd35cd9c4u, 0x58b57ec2u},
    {0x3bf663ccu, 0xd47c7ddbu, 0x6540687au, 0xfec791aau},
};

/* Trials of the digest: few enough for a hundredth of a second, and numbered across 2^32. */
enum { DIGEST_TRIALS = 512 };
static const uint64_t digest_first = 0xffffff00u;

/* Fills in the prices of one range of trials; `samples` has room for all rows; the tally comes and goes empty. */
static int measure_words(const struct fc_backend *backend, struct fc_session *session,
                         const struct fc_program *program, int range, struct fc_tally *tally, float *samples,
                         struct fc_selftest_answer *answer, struct fc_error *error)
{
    int status = backend->run(session, fc_selftest_first[range], FC_SELFTEST_RUN, tally, samples, error);
    fc_tally_clear(tally);
    const float *row = samples + program->metric_row[FC_M_CONTRACT_PRICE_END_USD] * FC_SELFTEST_RUN;
    for (int i = 0; !status && i < FC_SELFTEST_RUN; i++)
        answer->price[range][i] = row[i];
    return status;
}

int fc_selftest_measure(const struct fc_backend *backend, int device, const struct fc_host *host,
                        struct fc_selftest_answer *answer, struct fc_error *error)
{
    struct fc_builtin builtin = {0};
    struct fc_session *session = NULL;
    struct fc_tally tally = {0};
    float *samples = NULL;
    int status = -1;
    double start_s = fc_clock_s();
    *answer = (struct fc_selftest_answer){0};
    if (fc_builtin_make(&builtin, FC_BUILTIN_SELFTEST, error))
        goto out;
    const struct fc_program *program = &builtin.program;
    struct fc_job job = {program, builtin.tables, builtin.table_floats, fc_selftest_seed};
    samples = malloc((size_t)program->metric_count * FC_SELFTEST_RUN * sizeof *samples);
    if (!samples) {
        fc_fail(error, FC_FAULT, "out of memory for the self-test");
        goto out;
    }
    if (fc_tally_create(&tally, program->metrics, program->metric_count, error) ||
        backend->open(&session, device, &job, host, error))
        goto out;
    for (int range = 0; range < FC_SELFTEST_RANGES; range++)
        if (measure_words(backend, session, program, range, &tally, samples, answer, error))
            goto out;
    if (backend->run(session, digest_first, DIGEST_TRIALS, &tally, NULL, error))
        goto out;
    answer->digest = fc_tally_digest(&tally, fc_selftest_seed);
    if (fc_fault_asked(backend->name, "selftest"))
        answer->digest ^= 1;
    answer->wall_s = fc_clock_s() - start_s;
    status = 0;
out:
    if (session)
        backend->close(session);
    fc_tally_free(&tally);
    free(samples);
    fc_builtin_free(&builtin);
    return status;
}

/* The price that a word leads to, which shows the word (builtin.c). */
static float expected_price(uint32_t word)
{
    bool upper = word >> 31;
    float distance = (float)(int32_t)((upper ? ~word : word) & 0x7fffffffu) + 0.5f;
    return distance * (upper ? 0x1p-31f : 0x1p-32f);
}

int fc_selftest(const struct fc_backend *backend, int device, const struct fc_host *host, double *wall_s,
                struct fc_error *error)
{
    struct fc_selftest_answer answer;
    if (fc_selftest_measure(backend, device, host, &answer, error))
        return -1;
    if (wall_s)
        *wall_s = answer.wall_s;
    for (int range = 0; range < FC_SELFTEST_RANGES; range++)
        for (int i = 0; i < FC_SELFTEST_RUN; i++)
            if (fc_bits_of(answer.price[range][i]) != fc_bits_of(expected_price(fc_selftest_words[range][i])))
                return fc_fail(
                    error, FC_NO_DEVICE,
                    "self-test failed (trial %llu draws other random numbers than philox4x32-10 gives); "
                    "update the driver or choose another device",
                    (unsigned long long)fc_selftest_first[range] + (unsigned long long)i);
    if (answer.digest != fc_selftest_digest)
        return fc_fail(error, FC_NO_DEVICE,
                       "self-test failed (%d known trials give digest %016llx instead of %016llx); "
                       "update the driver or choose another device",
                       DIGEST_TRIALS, (unsigned long long)answer.digest,
                       (unsigned long long)fc_selftest_digest);
    return 0;
}
