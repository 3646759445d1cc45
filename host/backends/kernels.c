/* kernels.c: see kernels.h. */
#include "kernels.h"

#include <string.h>

extern const struct fc_kernel fc_kernel_portable, fc_kernel_scalar;
#ifdef __x86_64__
extern const struct fc_kernel fc_kernel_avx2, fc_kernel_avx512;
#endif

const struct fc_kernel *const fc_kernels[] = {
    &fc_kernel_portable,
    &fc_kernel_scalar,
#ifdef __x86_64__
    &fc_kernel_avx2,
    &fc_kernel_avx512,
#endif
    NULL,
};

const struct fc_kernel *fc_kernel_find(const char *name)
{
    for (int i = 0; fc_kernels[i]; i++)
        if (strcmp(fc_kernels[i]->name, name) == 0)
            return fc_kernels[i];
    return NULL;
}

bool fc_kernel_runs_here(const struct fc_kernel *kernel)
{
#ifdef __x86_64__
    /* the levels x86-64-v3 and x86-64-v4 that build.mk asks of the compiler */
    bool v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
              __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
              __builtin_cpu_supports("popcnt") && __builtin_cpu_supports("sse4.2");
    bool v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
              __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
              __builtin_cpu_supports("avx512vl");
    if (kernel == &fc_kernel_avx512)
        return v4;
    if (kernel == &fc_kernel_avx2 || kernel == &fc_kernel_scalar)
        return v3;
#endif
    return kernel != NULL;
}

const struct fc_kernel *fc_kernel_best(void)
{
#ifdef __x86_64__
    if (fc_kernel_runs_here(&fc_kernel_avx512))
        return &fc_kernel_avx512;
    if (fc_kernel_runs_here(&fc_kernel_avx2))
        return &fc_kernel_avx2;
#endif
    return &fc_kernel_portable;
}

const struct fc_kernel *fc_kernel_rival(const struct fc_kernel *kernel)
{
#ifdef __x86_64__
    if (kernel == &fc_kernel_avx512)
        return &fc_kernel_avx2;
#endif
    (void)kernel;
    return NULL;
}

const char *fc_kernel_names(void)
{
#ifdef __x86_64__
    return "portable, scalar, avx2, avx512";
#else
    return "portable, scalar";
#endif
}

const char *fc_kernel_compiler(void)
{
#ifdef __clang__
    return "clang " __clang_version__;
#else
    return "gcc " __VERSION__;
#endif
}
