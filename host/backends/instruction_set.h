/* instruction_set.h: of a file that is compiled once for each instruction set (build.mk): names made of FC_KERNEL, and what the
 * set asks of a processor. */
#ifndef FC_HOST_INSTRUCTION_SET_H
#define FC_HOST_INSTRUCTION_SET_H

#define FC_JOIN_(a, b) a##b
#define FC_JOIN(a, b) FC_JOIN_(a, b)
#define FC_TEXT_(a) #a
#define FC_TEXT(a) FC_TEXT_(a)

/* As `level` of struct fc_kernel counts. */
#if defined __AVX512F__
#define FC_LEVEL 4
#elif defined __AVX2__
#define FC_LEVEL 3
#elif defined __x86_64__
#define FC_LEVEL 1
#else
#define FC_LEVEL 0
#endif

#endif
