/* device_tally.h: from what cuda/reduce.h leaves in a device's memory to a struct fc_tally. Used by the
 * OpenCL and the CUDA backend, which differ only in how memory is read. */
#ifndef FC_HOST_DEVICE_TALLY_H
#define FC_HOST_DEVICE_TALLY_H

#include <stddef.h>
#include <stdint.h>

#include "host/base/error.h"
#include "host/result/tally.h"

/* A launch is counted in `slices` stretches of trials, each with a tally of its own (1 where all items share
 * one). Sizes in 32-bit words: the tallies of `rows` metrics, slice after slice, all zero before a batch; and
 * the extremes of `launches` launches, launch after launch, slice after slice. */
size_t fc_device_tally_words(int rows, size_t slices);
size_t fc_device_extremes_words(int rows, size_t slices, size_t launches);

/* Start values of the extremes. */
void fc_device_extremes_clear(uint32_t *extremes, size_t words);

/* Reads `words` 32-bit words from word `at` of the device's tallies and zeroes them there; 0, or -1 with
 * `error` filled. */
typedef int fc_device_tally_take(void *context, size_t at, size_t words, uint32_t *to,
                                 struct fc_error *error);

/* Adds a batch, trials first ... first + count - 1, to the empty tally `part`. `extremes` are those of its
 * launches. Fails with FC_FAULT when the device's counts do not add up to the batch. */
int fc_device_tally_collect(struct fc_tally *part, uint64_t first, uint64_t count, const uint32_t *extremes,
                            size_t slices, size_t launches, fc_device_tally_take *take, void *context,
                            struct fc_error *error);

#endif
