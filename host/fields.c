/* fields.c: the table of fields.h. */
#include "fields.h"

#include <string.h>

#include "../cuda/model/classes.h"
#include "../cuda/model/inputs.h"

static const char *const layers[] = {"step", "run", "contract", NULL};
static const char *const precisions[] = {"bf16", "fp16", "fp8", "mxfp8", "nvfp4", NULL};
static const char *const zero_stages[] = {"none", "optimizer", "gradients", "parameters", NULL};
static const char *const softwares[] = {"newest",       "megatron-2021", "megatron-2022", "llm-foundry",
                                        "torchtitan",   "jax",           "simumax",       "automodel",
                                        "nemo-24",      "nemo-25",       "bridge-25",     "bridge-26.04",
                                        "bridge-26.06", "mlperf",        "meta-llama3",   NULL};
static const char *const dispatches[] = {"auto", "all_to_all", "per_domain", NULL};
static const char *const graphs[] = {"none", "partial", "full", NULL};
static const char *const posteriors[] = {"on", "prior", "fixed", NULL};
static const char *const profiles[] = {"plain", "h100-era", "gb200-era", NULL};
static const char *const spare_policies[] = {"pooled", "in-rack", "racks", NULL};
static const char *const shortages[] = {"wait", "shrink", NULL};
static const char *const failovers[] = {"job", "replica", NULL};
static const char *const checkpoint_kinds[] = {"synchronous", "asynchronous", NULL};
static const char *const checkpoint_rules[] = {"exact", "young", "daly", NULL};
static const char *const ages[] = {"none", "new", "steady", NULL};
static const char *const recomputes[] = {"none", "selective", "full", NULL};

#define UNCERTAIN(id, path, input, unit, lo, hi, what)                                                       \
    {                                                                                                        \
        id, path, FC_FIELD_UNCERTAIN, input, unit, lo, hi, NULL, what                                        \
    }
#define LAW(id, path, unit, lo, hi, what)                                                                    \
    {                                                                                                        \
        id, path, FC_FIELD_LAW, -1, unit, lo, hi, NULL, what                                                 \
    }
#define NUMBER(id, path, unit, lo, hi, what)                                                                 \
    {                                                                                                        \
        id, path, FC_FIELD_NUMBER, -1, unit, lo, hi, NULL, what                                              \
    }
#define INTEGER(id, path, unit, lo, hi, what)                                                                \
    {                                                                                                        \
        id, path, FC_FIELD_INTEGER, -1, unit, lo, hi, NULL, what                                             \
    }
#define CHOICE(id, path, words, what)                                                                        \
    {                                                                                                        \
        id, path, FC_FIELD_CHOICE, -1, NULL, 0, 0, words, what                                               \
    }
#define FLAG(id, path, what)                                                                                 \
    {                                                                                                        \
        id, path, FC_FIELD_FLAG, -1, NULL, 0, 0, NULL, what                                                  \
    }
#define FACTOR(name, path, unit, lo, hi, what)                                                               \
    {                                                                                                        \
        FC_FIELD_EFFICIENCY + FC_IN_##name, "efficiency." path, FC_FIELD_UNCERTAIN, FC_IN_##name, unit, lo,  \
            hi, NULL, what                                                                                   \
    }
#define NAME(id, path, kind, what)                                                                           \
    {                                                                                                        \
        id, path, FC_FIELD_NAME, -1, kind, 0, 0, NULL, what                                                  \
    }
#define TEXT(id, path, what)                                                                                 \
    {                                                                                                        \
        id, path, FC_FIELD_TEXT, -1, NULL, 0, 0, NULL, what                                                  \
    }

const struct fc_field fc_fields[] = {
    TEXT(FC_FIELD_SCENARIO_NAME, "name", "short name of the scenario"),
    TEXT(FC_FIELD_DESCRIPTION, "description", "what the scenario asks"),
    CHOICE(FC_FIELD_LAYERS, "layers", layers, "how far a trial goes: a step, one run, or the contract"),
    INTEGER(FC_FIELD_TRIALS, "trials", "1", 1, 1e12, "trials when the command line does not say"),
    INTEGER(FC_FIELD_SEED, "seed", "1", 0, 9.007199254740992e15, "seed when the command line does not say"),

    NAME(FC_FIELD_GPU, "cluster.gpu", "gpu", "the GPU, from the catalog"),
    NAME(FC_FIELD_NETWORK, "cluster.network", "network", "the scale-out network, from the catalog"),
    INTEGER(FC_FIELD_GPUS, "cluster.gpus", "GPU", 1, 1e8, "GPUs that the job uses"),
    INTEGER(FC_FIELD_DOMAIN_GPUS, "cluster.domain", "GPU", 1, 1024,
            "GPUs that one NVLink domain gives to the job"),
    INTEGER(FC_FIELD_NODE_GPUS, "cluster.node", "GPU", 1, 72, "GPUs replaced together when one fails"),
    INTEGER(FC_FIELD_SPARE_NODES, "cluster.spare_nodes", "1", 0, 63,
            "nodes kept ready to replace failed ones"),
    NUMBER(FC_FIELD_OVERSUBSCRIPTION, "cluster.oversubscription", "1", 1, 100,
           "of the network between domains: all adapters together over what it carries"),

    NAME(FC_FIELD_MODEL, "training.model", "model", "the model, from the catalog"),
    NUMBER(FC_FIELD_TOKENS, "training.tokens", "token", 1, 1e18,
           "tokens to train on; or state training.flop"),
    NUMBER(FC_FIELD_FLOP, "training.flop", "FLOP", 1, 1e32,
           "model FLOP of the run; or state training.tokens"),
    NUMBER(FC_FIELD_WALL, "training.wall", "s", 1, 1e9, "watch the run for this long instead of to its end"),
    CHOICE(FC_FIELD_PRECISION, "training.precision", precisions, "arithmetic of the matrix products"),
    INTEGER(FC_FIELD_SEQUENCE, "training.sequence", "token", 1, 1.6e7, "tokens in a sequence"),
    INTEGER(FC_FIELD_GLOBAL_BATCH, "training.global_batch", "1", 1, 1e8, "sequences per step"),
    CHOICE(FC_FIELD_SOFTWARE, "training.software", softwares, "generation of the training software"),
    FLAG(FC_FIELD_ATTENTION_FP8_ON, "training.attention_fp8", "attention in FP8 too"),
    FLAG(FC_FIELD_FUSED_EXPERTS, "training.fused_experts", "one kernel for the grouped feed-forward block"),
    INTEGER(FC_FIELD_MICRO_BATCH, "plan.micro_batch", "1", 1, 1e6, "sequences per micro-batch and replica"),
    INTEGER(FC_FIELD_TP, "plan.tp", "1", 1, 1024, "tensor parallel size"),
    INTEGER(FC_FIELD_PP, "plan.pp", "1", 1, 1024, "pipeline parallel size"),
    INTEGER(FC_FIELD_VPP, "plan.vpp", "1", 1, 256, "model chunks per pipeline stage"),
    INTEGER(FC_FIELD_CP, "plan.cp", "1", 1, 1024, "context parallel size"),
    INTEGER(FC_FIELD_EP, "plan.ep", "1", 1, 4096, "expert parallel size"),
    INTEGER(FC_FIELD_DP, "plan.dp", "1", 1, 1e8, "data parallel size; GPUs / (tp pp cp) when not stated"),
    CHOICE(FC_FIELD_ZERO, "plan.zero", zero_stages, "what data parallel replicas share out (ZeRO)"),
    CHOICE(FC_FIELD_RECOMPUTE, "plan.recompute", recomputes,
           "activations computed again in the backward pass"),
    INTEGER(FC_FIELD_EXPERT_TP, "plan.expert_tp", "1", 1, 1024, "tensor parallel size of the experts"),
    CHOICE(FC_FIELD_EXPERT_DISPATCH, "plan.expert_dispatch", dispatches,
           "tokens sent to each expert, or once per domain (DeepEP, HybridEP); auto: as the software does"),
    FLAG(FC_FIELD_EXPERT_OVERLAP, "plan.expert_overlap", "expert exchange overlaps with computation"),
    CHOICE(FC_FIELD_CUDA_GRAPH, "plan.cuda_graph", graphs,
           "kernels launched as graphs: of parts, or of the whole step"),

    NUMBER(FC_FIELD_CHECKPOINT_INTERVAL, "checkpoint.interval", "s", 1, 1e8,
           "training between checkpoints; 'auto' is the exact optimum"),
    UNCERTAIN(FC_FIELD_CHECKPOINT_STALL, "checkpoint.stall", FC_IN_CHECKPOINT_STALL_S, "s", 0, 1e6,
              "training stopped per checkpoint"),
    UNCERTAIN(FC_FIELD_GPU_MTBF, "reliability.gpu_mtbf", FC_IN_GPU_MTBF_H, "h", 1, 1e12,
              "GPU-hours of running per unplanned interruption"),
    UNCERTAIN(FC_FIELD_JOB_MTBF, "reliability.job_mtbf", FC_IN_JOB_MTBF_H, "h", 0, 1e9,
              "time per interruption that does not depend on the job's size; 0: none"),
    UNCERTAIN(FC_FIELD_SWAP_PROBABILITY, "reliability.swap_probability", FC_IN_SWAP_PROBABILITY, "1", 0, 1,
              "share of interruptions that need a node replaced"),
    LAW(FC_FIELD_DETECTION, "reliability.detection", "s", 0, 1e7,
        "from the fault to the decision to restart"),
    UNCERTAIN(FC_FIELD_DETECTION_SCALE, "reliability.detection_scale", FC_IN_DETECTION_SCALE, "1", 0, 1e4,
              "factor on the detection time, one per world"),
    UNCERTAIN(FC_FIELD_RESTART, "reliability.restart", FC_IN_RESTART_S, "s", 0, 1e7,
              "from the decision to restart to the first new step"),
    LAW(FC_FIELD_REPAIR, "reliability.repair", "s", 0, 1e8, "repair time of a replaced node"),
    UNCERTAIN(FC_FIELD_REPAIR_SCALE, "reliability.repair_scale", FC_IN_REPAIR_SCALE, "1", 0, 1e4,
              "factor on the repair time, one per world"),
    UNCERTAIN(FC_FIELD_PLANNED_EVERY, "reliability.planned_every", FC_IN_PLANNED_EVERY_H, "h", 0, 1e9,
              "wall time between planned stops; 0: none"),
    UNCERTAIN(FC_FIELD_PLANNED_STOP, "reliability.planned_stop", FC_IN_PLANNED_STOP_S, "s", 0, 1e7,
              "length of a planned stop, restart not included"),

    CHOICE(FC_FIELD_PROFILE, "reliability.profile", profiles,
           "failure model: one rate (plain), or the classes and priors of a hardware era"),
    CHOICE(FC_FIELD_SPARE_POLICY, "cluster.spare_policy", spare_policies,
           "where a replacement for a tray comes from: a pool, its own rack, or a whole spare rack"),
    INTEGER(FC_FIELD_RACKS, "cluster.racks", "1", 1, 1e+06,
            "racks that the job uses; GPUs / domain when not stated"),
    INTEGER(FC_FIELD_SPARES_PER_RACK, "cluster.spares_per_rack", "1", 0, 64,
            "spare trays in each rack that the job uses"),
    INTEGER(FC_FIELD_SPARE_RACKS, "cluster.spare_racks", "1", 0, 31, "racks kept ready to replace others"),
    CHOICE(FC_FIELD_SHORTAGE, "cluster.shortage", shortages,
           "no spare ready: wait for one, or go on smaller"),
    CHOICE(FC_FIELD_ELASTIC, "reliability.failover", failovers,
           "a hardware failure stops the job, or one elastic replica of it"),
    CHOICE(FC_FIELD_CHECKPOINT_KIND, "checkpoint.kind", checkpoint_kinds,
           "training waits for the write, or it goes on in the background"),
    CHOICE(FC_FIELD_CHECKPOINT_RULE, "checkpoint.rule", checkpoint_rules, "what interval 'auto' means"),
    INTEGER(FC_FIELD_DURABLE_EVERY, "checkpoint.durable_every", "1", 1, 1000,
            "every how many checkpoints one is durable, the others in memory; 1: all"),
    CHOICE(FC_FIELD_AGES, "reliability.ages", ages,
           "Weibull ages of the trays: none, all new at the start, or in a steady state"),
    NUMBER(FC_FIELD_WEIBULL_SHAPE, "reliability.weibull_shape", "1", 0.3, 5,
           "shape of the time to failure of a tray, where ages are on"),
    UNCERTAIN(FC_FIELD_LARGE_SCALE, "reliability.large_scale_exponent", FC_IN_LARGE_SCALE_EXPONENT, "1", 0, 3,
              "a in (GPUs / 32000)^a, factor on the rate above 32000 GPUs"),
    UNCERTAIN(FC_FIELD_SHARE_GPU, "reliability.share_gpu", FC_IN_CLASS_SHARE + FC_CLASS_GPU, "1", 0, 1e+06,
              "share of the interruptions, relative to the other shares: GPU and its memory"),
    UNCERTAIN(FC_FIELD_SHARE_HOST, "reliability.share_host", FC_IN_CLASS_SHARE + FC_CLASS_HOST, "1", 0, 1e+06,
              "share of the interruptions, relative to the other shares: other parts of a tray"),
    UNCERTAIN(
        FC_FIELD_SHARE_NVLINK, "reliability.share_nvlink", FC_IN_CLASS_SHARE + FC_CLASS_NVLINK, "1", 0, 1e+06,
        "share of the interruptions, relative to the other shares: NVLink, switch and cable of the rack"),
    UNCERTAIN(FC_FIELD_SHARE_NETWORK, "reliability.share_network", FC_IN_CLASS_SHARE + FC_CLASS_NETWORK, "1",
              0, 1e+06, "share of the interruptions, relative to the other shares: scale-out network"),
    UNCERTAIN(FC_FIELD_SHARE_SOFTWARE, "reliability.share_software", FC_IN_CLASS_SHARE + FC_CLASS_SOFTWARE,
              "1", 0, 1e+06,
              "share of the interruptions, relative to the other shares: software and firmware"),
    UNCERTAIN(FC_FIELD_SHARE_HANG, "reliability.share_hang", FC_IN_CLASS_SHARE + FC_CLASS_HANG, "1", 0, 1e+06,
              "share of the interruptions, relative to the other shares: hangs that only a time-out finds"),
    UNCERTAIN(FC_FIELD_SHARE_SILENT, "reliability.share_silent", FC_IN_CLASS_SHARE + FC_CLASS_SILENT, "1", 0,
              1e+06, "share of the interruptions, relative to the other shares: silent corruption"),
    UNCERTAIN(FC_FIELD_RACK_MTBF, "reliability.rack_mtbf", FC_IN_RACK_MTBF_H, "h", 0, 1e+09,
              "running time of a rack per event that takes it out whole; 0: none"),
    UNCERTAIN(FC_FIELD_SLOW_NODE_MTBF, "reliability.slow_node_mtbf", FC_IN_SLOW_NODE_MTBF_H, "h", 0, 1e+12,
              "running time of a tray until it turns slow; 0: never"),
    UNCERTAIN(FC_FIELD_SLOW_NODE_LOSS, "reliability.slow_node_loss", FC_IN_SLOW_NODE_LOSS, "1", 0, 0.99,
              "share of the job's speed lost to a slow tray"),
    UNCERTAIN(FC_FIELD_SLOW_NETWORK_MTBF, "reliability.slow_network_mtbf", FC_IN_SLOW_NETWORK_MTBF_H, "h", 0,
              1e+09, "time between slow episodes of the network; 0: none"),
    UNCERTAIN(FC_FIELD_SLOW_NETWORK_LOSS, "reliability.slow_network_loss", FC_IN_SLOW_NETWORK_LOSS, "1", 0,
              0.99, "share of speed lost in one"),
    UNCERTAIN(FC_FIELD_SWING, "reliability.swing", FC_IN_SWING_LOSS, "1", 0, 0.5,
              "mean share of speed lost to the swing of day and night"),
    UNCERTAIN(FC_FIELD_MANUAL, "reliability.manual_repair", FC_IN_MANUAL_PROBABILITY, "1", 0, 1,
              "share of repairs that need a person; the others take repair_automatic"),
    UNCERTAIN(FC_FIELD_INEFFECTIVE, "reliability.repair_ineffective", FC_IN_REPAIR_INEFFECTIVE, "1", 0, 0.9,
              "chance that a repair must be done again"),
    UNCERTAIN(FC_FIELD_WRONG_NODE, "reliability.wrong_node", FC_IN_WRONG_NODE, "1", 0, 0.95,
              "chance that the wrong node is blamed and the fault strikes again after the restart"),
    UNCERTAIN(FC_FIELD_BURST, "reliability.burst", FC_IN_BURST_PROBABILITY, "1", 0, 0.9,
              "chance of each further tray in the same failure"),
    UNCERTAIN(FC_FIELD_RESTART_PER_GPU, "reliability.restart_per_gpu", FC_IN_RESTART_PER_GPU_S, "s", 0, 10,
              "part of the restart that grows with the job, per GPU"),
    UNCERTAIN(FC_FIELD_WARMUP, "reliability.warmup", FC_IN_WARMUP_S, "s", 0, 1e+06,
              "time lost to slower first steps after a restart"),
    UNCERTAIN(FC_FIELD_REPLICA_OUT, "reliability.replica_out", FC_IN_REPLICA_OUT_S, "s", 0, 1e+06,
              "how long a failed elastic replica is away"),
    UNCERTAIN(FC_FIELD_DEGRADED_LOSS, "reliability.degraded_loss", FC_IN_DEGRADED_LOSS, "1", 0, 1,
              "share of speed lost per missing tray, rack or replica"),
    UNCERTAIN(FC_FIELD_SPARE_START, "reliability.spare_start", FC_IN_SPARE_START_S, "s", 0, 1e+06,
              "bringing a spare in: power on, cabling, tests"),
    UNCERTAIN(FC_FIELD_CHECKPOINT_LOAD, "checkpoint.load", FC_IN_CHECKPOINT_LOAD_S, "s", 0, 1e+06,
              "reading a checkpoint back, added to the restart"),
    UNCERTAIN(FC_FIELD_CHECKPOINT_WRITE, "checkpoint.write", FC_IN_CHECKPOINT_WRITE_S, "s", 0, 1e+06,
              "background write of an asynchronous checkpoint"),
    UNCERTAIN(FC_FIELD_DURABLE_STALL, "checkpoint.durable_stall", FC_IN_DURABLE_STALL_S, "s", 0, 1e+06,
              "training stopped for a durable checkpoint, the one in memory included"),
    UNCERTAIN(FC_FIELD_DURABLE_LOAD, "checkpoint.durable_load", FC_IN_DURABLE_LOAD_S, "s", 0, 1e+06,
              "reading a durable checkpoint back, added to the restart"),
    UNCERTAIN(FC_FIELD_CHECKPOINT_BYTES, "checkpoint.bytes", FC_IN_CHECKPOINT_BYTES, "byte", 0, 1e+18,
              "size of a checkpoint; with a bandwidth it adds to write and load"),
    UNCERTAIN(FC_FIELD_STORAGE_BANDWIDTH, "checkpoint.bandwidth", FC_IN_STORAGE_BYTES_PER_S, "byte/s", 0,
              1e+18, "bandwidth of the storage, all GPUs together"),
    LAW(FC_FIELD_HANG_DETECTION, "reliability.hang_detection", "s", 0, 1e+07, "the same for a hang"),
    LAW(FC_FIELD_SILENT_LAG, "reliability.silent_lag", "s", 0, 1e+08,
        "training since a silent corruption when it is found"),
    LAW(FC_FIELD_SLOW_NODE_LENGTH, "reliability.slow_node_length", "s", 0, 1e+08,
        "how long a tray is slow before it is found"),
    LAW(FC_FIELD_SLOW_NETWORK_LENGTH, "reliability.slow_network_length", "s", 0, 1e+08,
        "length of a slow episode of the network"),
    LAW(FC_FIELD_REPAIR_AUTOMATIC, "reliability.repair_automatic", "s", 0, 1e+08,
        "repair without a person: reset, reboot, new image"),
    LAW(FC_FIELD_RACK_REPAIR, "reliability.rack_repair", "s", 0, 1e+08, "bringing a rack back"),

    UNCERTAIN(FC_FIELD_PRICE_GPU_HOUR, "prices.gpu_hour", FC_IN_PRICE_GPU_HOUR_USD, "USD/GPU-h", 1e-4, 1e4,
              "all-in price of a GPU-hour"),
    NUMBER(FC_FIELD_CONTRACT_VALUE, "contract.value", "USD", 1, 1e14, "committed value"),
    NUMBER(FC_FIELD_CONTRACT_YEARS, "contract.years", "year", 0.01, 100, "term"),
    NUMBER(FC_FIELD_RAMP, "contract.ramp", "month", 0, 1200, "from the start to full capacity, linear"),
    UNCERTAIN(FC_FIELD_DELAY_PROBABILITY, "contract.delay_probability", FC_IN_DELAY_PROBABILITY, "1", 0, 1,
              "chance that delivery is late"),
    UNCERTAIN(FC_FIELD_DELAY_LENGTH, "contract.delay_length", FC_IN_DELAY_MONTHS, "month", 0, 1200,
              "how late, when late"),
    UNCERTAIN(FC_FIELD_USABLE_FRACTION, "contract.usable_fraction", FC_IN_USABLE_FRACTION, "1", 0, 1,
              "share of paid GPU-hours that jobs can use (spares, maintenance)"),
    UNCERTAIN(FC_FIELD_GOODPUT, "contract.goodput", FC_IN_GOODPUT, "1", 0, 1,
              "productive share of used time, where no run is simulated"),
    UNCERTAIN(FC_FIELD_MFU, "contract.mfu", FC_IN_MFU, "1", 0, 1,
              "model FLOP utilisation of the BF16 peak, where no step is simulated"),
    UNCERTAIN(FC_FIELD_TRAINING_SHARE, "contract.training_share", FC_IN_TRAINING_SHARE, "1", 0, 1,
              "share of the compute that goes to research and training"),
    UNCERTAIN(FC_FIELD_FINAL_RUN_SHARE, "contract.final_run_share", FC_IN_FINAL_RUN_SHARE, "1", 0, 1,
              "share of that which goes to final runs"),
    {FC_FIELD_RUN_FLOP, "contract.run_flop", FC_FIELD_NUMBERS, -1, "FLOP", 1, 1e32, NULL,
     "sizes of the runs to price"},

    UNCERTAIN(FC_FIELD_IT_POWER, "energy.it_power_per_gpu", FC_IN_IT_POWER_KW, "kW", 0.001, 100,
              "IT power per GPU, hosts, network and storage included"),
    UNCERTAIN(FC_FIELD_LOAD_FACTOR, "energy.load_factor", FC_IN_LOAD_FACTOR, "1", 0, 1,
              "mean draw over nameplate"),
    UNCERTAIN(FC_FIELD_PUE, "energy.pue", FC_IN_PUE, "1", 1, 5, "power usage effectiveness of the site"),
    UNCERTAIN(FC_FIELD_CARBON, "energy.carbon", FC_IN_CARBON_G_PER_KWH, "g/kWh", 0, 5000, "CO2 per energy"),
    UNCERTAIN(FC_FIELD_ENERGY_PRICE, "energy.price", FC_IN_ENERGY_PRICE_USD_PER_KWH, "USD/kWh", 0, 100,
              "price of electricity"),

    NUMBER(FC_FIELD_DEADLINE, "goals.deadline", "day", 0.001, 1e5, "days from the start; gives P(deadline)"),
    NUMBER(FC_FIELD_BUDGET, "goals.budget", "USD", 0.01, 1e15, "gives P(budget)"),

    CHOICE(FC_FIELD_POSTERIOR, "efficiency.posterior", posteriors,
           "efficiency factors drawn from the fit to measurements (on), from the prior, or fixed at their "
           "medians"),

    /* one row per input of the step layer, in the order of cuda/model/inputs.h */
    FACTOR(CLOCK, "clock", "1", 0.05, 2, "sustained clock over the one of the stated peak"),
    FACTOR(GEMM_BF16, "gemm_bf16", "1", 0.01, 1, "BF16 matrix products over the dense peak"),
    FACTOR(GEMM_LOW, "gemm_low", "1", 0.01, 1, "FP8 or FP4 matrix products over the dense peak"),
    FACTOR(MXFP8, "mxfp8", "1", 0.1, 2, "MXFP8 matrix products against per-tensor FP8"),
    FACTOR(FP4_ULTRA, "fp4_ultra", "1", 0, 1, "share of the additional FP4 peak of the 300 series"),
    FACTOR(GROUPED_GEMM, "grouped_gemm", "1", 0.05, 1, "grouped against dense matrix products"),
    FACTOR(GROUPED_ROWS, "grouped_rows", "1", 0, 100000, "rows lost per expert to tiles"),
    FACTOR(ATTENTION, "attention", "1", 0.01, 1, "fused attention over the BF16 peak"),
    FACTOR(ATTENTION_KERNEL, "attention_kernel", "1", 0.01, 2, "an older attention kernel against that"),
    FACTOR(ATTENTION_FP8, "attention_fp8", "1", 0.1, 4, "gain by FP8 attention"),
    FACTOR(ATTENTION_UNFUSED, "attention_unfused", "1", 0.01, 1,
           "products of unfused attention over the BF16 peak"),
    FACTOR(HBM, "hbm", "1", 0.05, 1, "streaming rate over the peak of the memory"),
    FACTOR(OPERAND_TRAFFIC, "operand_traffic", "1", 0, 10,
           "share of the operand traffic of matrix products that is not hidden"),
    FACTOR(ACCUMULATE_TRAFFIC, "accumulate_traffic", "1", 0, 10,
           "the same for the accumulation of weight gradients"),
    FACTOR(ELEMENTWISE, "elementwise", "1", 0, 20,
           "factor on the counted bytes of norms, activations and residuals"),
    FACTOR(QUANTIZE_BYTES, "quantize_bytes", "byte", 0, 1000, "byte per element cast to low precision"),
    FACTOR(MAMBA_BYTES, "mamba_bytes", "byte", 0, 100000, "byte per element of a state-space scan"),
    FACTOR(CLAMP_BYTES, "clamp_bytes", "byte", 0, 100000, "byte per element of a clamped expert activation"),
    FACTOR(EXPERT_TRAFFIC, "expert_traffic", "1", 0.1, 100,
           "elementwise traffic of an unfused expert block against a fused one"),
    FACTOR(KERNEL_GAP, "kernel_gap", "s", 0, 1, "gap between two kernels"),
    FACTOR(LAUNCH, "launch", "s", 0, 1, "host time per kernel"),
    FACTOR(LAUNCH_GRACE, "launch_grace", "1", 0.01, 100, "factor on that for a Grace host"),
    FACTOR(LAUNCH_OVERLAP, "launch_overlap", "1", 0.01, 100, "factor on that when expert exchange overlaps"),
    FACTOR(MOE_LAUNCHES, "moe_launches", "1", 0, 1e+06,
           "kernels of router, permutation and dispatch per layer"),
    FACTOR(EXPERT_LAUNCHES, "expert_launches", "1", 0, 1e+06, "kernels per local expert and layer"),
    FACTOR(DROP_LAUNCHES, "drop_launches", "1", 0, 10, "factor on that with static shapes"),
    FACTOR(SOFTWARE, "software", "1", 0.1, 10, "factor of the software generation on compute time"),
    FACTOR(SOFTWARE_BLACKWELL, "software_blackwell", "1", 0.1, 10,
           "factor of the first releases for Blackwell"),
    FACTOR(SOFTWARE_MOE, "software_moe", "1", 0.1, 10, "factor of the 2024 releases on mixture models"),
    FACTOR(NVLINK, "nvlink", "1", 0.01, 1.5, "bus bandwidth over the rate of NVLink in one direction"),
    FACTOR(NIC, "nic", "1", 0.01, 1.5, "bus bandwidth over the rate of the adapter"),
    FACTOR(LATENCY, "latency", "s", 0, 1, "latency of a collective step"),
    FACTOR(ALL_TO_ALL, "all_to_all", "1", 0.01, 10, "all-to-all against ring rate"),
    FACTOR(TP_EXPOSED, "tp_exposed", "1", 0, 10, "share of tensor parallel communication left exposed"),
    FACTOR(CP_EXPOSED, "cp_exposed", "1", 0, 10, "the same of context parallel"),
    FACTOR(EP_EXPOSED, "ep_exposed", "1", 0, 10, "the same of expert parallel"),
    FACTOR(PP_EXPOSED, "pp_exposed", "1", 0, 10, "the same of pipeline parallel"),
    FACTOR(DP_EXPOSED, "dp_exposed", "1", 0, 10, "the same of data parallel"),
    FACTOR(DP_WINDOW, "dp_window", "1", 0, 1e+06, "micro-batches that may hide data parallel communication"),
    FACTOR(FSDP_EXPOSED, "fsdp_exposed", "1", 0, 10, "share of FSDP communication left exposed"),
    FACTOR(OPTIMIZER_BYTES, "optimizer_bytes", "byte", 0, 10000, "byte per parameter of an optimizer step"),
    FACTOR(STEP_FIXED, "step_fixed", "s", 0, 10000, "fixed time per step"),
    FACTOR(STRAGGLING, "straggling", "1", 0, 1, "growth of the step per doubling of GPUs beyond eight"),
    FACTOR(STEP_RESIDUAL, "residual", "1", 0.01, 100, "what the model does not explain"),
    FACTOR(MEMORY_ACTIVATIONS, "memory_activations", "1", 0.01, 100, "factor on the counted activations"),
    FACTOR(MEMORY_ALLOCATOR, "memory_allocator", "1", 1, 10, "memory reserved over memory in use"),
    FACTOR(MEMORY_FRAMEWORK, "memory_framework", "byte", 0, 1e+12,
           "context, collective buffers and workspaces"),
};

_Static_assert(sizeof fc_fields / sizeof fc_fields[0] == FC_FIELD_COUNT, "one row per field");

const struct fc_field *fc_field_find(const char *path)
{
    for (size_t i = 0; i < FC_FIELD_COUNT; i++)
        if (strcmp(fc_fields[i].path, path) == 0)
            return &fc_fields[i];
    return NULL;
}
