/* kernels.c: see kernels.h. */
#include "kernels.h"

#include <stddef.h>
#include <string.h>

#include "given.h"

/* FC_KERNELS(ROW): a row for each instruction set that build.mk builds (ISAS), narrowest first. */
#define DECLARE(name) extern const struct fc_kernel fc_kernel_##name;
FC_KERNELS(DECLARE)

#define ADDRESS(name) &fc_kernel_##name,
const struct fc_kernel *const fc_kernels[] = {FC_KERNELS(ADDRESS) NULL};

const struct fc_kernel *fc_kernel_find(const char *name)
{
    for (int i = 0; fc_kernels[i]; i++)
        if (strcmp(fc_kernels[i]->name, name) == 0)
            return fc_kernels[i];
    return NULL;
}

/* The level of x86-64 (what the compiler means by x86-64-v3 and -v4) that this CPU has. */
static int level_here(void)
{
#ifdef __x86_64__
    bool v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
              __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
              __builtin_cpu_supports("popcnt") && __builtin_cpu_supports("sse4.2");
    bool v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
              __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
              __builtin_cpu_supports("avx512vl");
    return v4 ? 4 : v3 ? 3 : 1;
#else
    return 0;
#endif
}

bool fc_kernel_runs_here(const struct fc_kernel *kernel)
{
    return kernel && kernel->level <= level_here();
}

/* Under the address sanitizer no loop is vectorised, and one lane is the fastest. */
#ifdef __SANITIZE_ADDRESS__
enum { SIGN = -1 };
#else
enum { SIGN = 1 };
#endif

const struct fc_kernel *fc_kernel_best(void)
{
    const struct fc_kernel *best = fc_kernels[0];
    for (int i = 0; fc_kernels[i]; i++)
        if (fc_kernel_runs_here(fc_kernels[i]) && SIGN * fc_kernels[i]->lanes > SIGN * best->lanes)
            best = fc_kernels[i];
    return best;
}

const struct fc_kernel *fc_kernel_rival(const struct fc_kernel *kernel)
{
    const struct fc_kernel *rival = NULL;
    for (int i = 0; fc_kernels[i]; i++) {
        const struct fc_kernel *k = fc_kernels[i];
        if (k->level == kernel->level - 1 && k->lanes > 1 && k->lanes < kernel->lanes)
            rival = k;
    }
    return rival;
}

#define DECLARE_GIVEN(name) extern const struct fc_given_kernel fc_given_kernel_##name;
FC_KERNELS(DECLARE_GIVEN)
#define GIVEN(name) &fc_given_kernel_##name,
static const struct fc_given_kernel *const given[] = {FC_KERNELS(GIVEN)};

const struct fc_given_kernel *fc_given_best(void)
{
    return fc_given_find(fc_kernel_best()->name);
}

const struct fc_given_kernel *fc_given_find(const char *name)
{
    for (size_t i = 0; i < sizeof given / sizeof given[0]; i++)
        if (strcmp(given[i]->name, name) == 0)
            return given[i]->level <= level_here() ? given[i] : NULL;
    return NULL;
}

const char *fc_kernel_names(void)
{
#define COMMA_NAME(name) ", " #name
    return &FC_KERNELS(COMMA_NAME)[strlen(", ")];
}

const char *fc_kernel_compiler(void)
{
#ifdef __clang__
    return "clang " __clang_version__;
#else
    return "gcc " __VERSION__;
#endif
}
