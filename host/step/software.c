/* software.c: see software.h. */
#include "software.h"

#include <string.h>

/* Sources of the habits: the projects' own documentation of each release; where that is silent, what the
 * published measurements need (graded as estimates in docs/model/step-time.md). */
const struct fc_software fc_softwares[FC_SOFTWARE_COUNT] = {
    {FC_MEGATRON_2021, "megatron-2021", "Megatron-LM of SC'21", FC_MEGATRON_FUSED, FC_UNFUSED, false, false,
     false, false, true, false, 4, 2, 12, true, false, false, false},
    {FC_MEGATRON_2022, "megatron-2022", "Megatron-LM with sequence parallelism and selective recomputation",
     FC_MEGATRON_FUSED, FC_UNFUSED, false, false, false, false, true, false, 4, 2, 12, true, false, false,
     false},
    {FC_LLM_FOUNDRY, "llm-foundry", "MosaicML llm-foundry, FSDP", FC_EAGER, FC_FLASH_ALIBI, true, false, true,
     true, false, false, 4, 2, 12, false, false, false, false},
    {FC_TORCHTITAN, "torchtitan", "torchtitan, FSDP2", FC_EAGER, FC_FLASH_2, true, false, true, true, false,
     false, 4, 2, 12, false, false, false, false},
    {FC_JAX, "jax", "MaxText", FC_FUSED, FC_FLASH, true, false, true, true, false, true, 4, 2, 12, false,
     false, false, false},
    {FC_SIMUMAX, "simumax", "the test program of SimuMax 1.2", FC_FUSED, FC_FLASH, false, false, true, true,
     true, false, 4, 2, 12, false, false, false, false},
    {FC_AUTOMODEL, "automodel", "NeMo AutoModel, PyTorch FSDP2", FC_EAGER, FC_FLASH, true, false, true, true,
     false, true, 4, 2, 12, false, true, false, false},
    {FC_NEMO_24, "nemo-24", "NeMo 24.x", FC_FUSED, FC_FLASH, false, true, true, true, true, true, 2, 2, 10,
     false, false, false, true},
    {FC_NEMO_25, "nemo-25", "NeMo up to 25.07", FC_FUSED, FC_FLASH, false, true, true, true, true, true, 2, 2,
     10, false, false, true, false},
    {FC_BRIDGE_25, "bridge-25", "Megatron-Bridge of NeMo 25.09 and 25.11", FC_FUSED, FC_FLASH, false, true,
     true, true, true, true, 2, 1, 12, false, true, true, false},
    {FC_BRIDGE_26_04, "bridge-26.04", "Megatron-Bridge of NeMo 26.02 to 26.04", FC_FUSED, FC_FLASH, false,
     true, true, true, true, true, 2, 1, 12, false, false, false, false},
    {FC_BRIDGE_26_06, "bridge-26.06", "Megatron-Bridge of NeMo 26.06 and 26.08", FC_FUSED, FC_FLASH, false,
     true, true, true, true, true, 2, 1, 12, false, false, false, false},
    {FC_MLPERF, "mlperf", "NVIDIA's MLPerf Training submissions", FC_FUSED, FC_FLASH, false, true, true, true,
     true, true, 2, 1, 10, false, false, false, false},
    {FC_META_LLAMA3, "meta-llama3", "Meta's software of Llama 3", FC_EAGER, FC_FLASH_2, false, false, true,
     true, true, true, 4, 2, 12, false, false, false, false},
    {FC_PAXML, "paxml", "Paxml", FC_FUSED, FC_FLASH, true, false, true, true, false, true, 4, 2, 12, false,
     false, false, false},
};

const struct fc_software *fc_software_find(const char *name)
{
    for (int i = 0; i < FC_SOFTWARE_COUNT; i++)
        if (strcmp(fc_softwares[i].name, name) == 0)
            return &fc_softwares[i];
    return NULL;
}

const struct fc_software *fc_software_newest(void)
{
    return &fc_softwares[FC_BRIDGE_26_06];
}
