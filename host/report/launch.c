/* launch.c: see launch.h.
 *
 * Names of the settings: Megatron-LM d98e8a6 (22 August 2026; megatron/training/arguments.py and the fields of its
 * transformer_config.py and model_parallel_config.py), Megatron-Bridge v0.6.0, torchtitan v0.2.2 (torchtitan/config/job_config.py). */
#include "launch.h"

#include <math.h>
#include <stdbool.h>

#include "host/language/fields.h"

const char *const fc_launcher_names[FC_LAUNCHERS + 1] = {"megatron", "nemo", "torchtitan", NULL};

static bool mixture(const struct fc_plan *p)
{
    return fc_architecture_is_mixture(&p->model);
}

/* Layers of a virtual stage where they divide, else 0: an explicit layout is needed then. */
static double layers_per_chunk(const struct fc_plan *p)
{
    double chunks = p->pp * p->vpp;
    return fmod(p->model.layers, chunks) == 0 ? p->model.layers / chunks : 0;
}

/* The layout string of Megatron Core for layers that do not divide: E embedding, t decoder layer, m multi-token
 * prediction, L loss, | the end of a chunk. Embedding and loss take the place of a layer each. */
static void print_layout(FILE *out, const struct fc_plan *p)
{
    int chunks = (int)(p->pp * p->vpp), items = (int)(p->model.layers + p->model.mtp_layers) + 2, done = 0;
    for (int k = 0; k < chunks; k++) {
        int here = items / chunks + (k < items % chunks);
        for (int i = 0; i < here; i++, done++)
            fputc(done == 0                                         ? 'E'
                  : done == items - 1                               ? 'L'
                  : done > (int)p->model.layers && done < items - 1 ? 'm'
                                                                    : 't',
                  out);
        if (k < chunks - 1)
            fputc('|', out);
    }
}

static void print_no_order(FILE *out, const struct fc_plan *p)
{
    if (p->order != FC_ORDER_TP_DP_PP)
        fprintf(out, "# ranks in the order %s are no option of this version; they lie tp-dp-pp\n",
                fc_field_word(FC_FIELD_ORDER, (int)p->order));
}

static void print_megatron(FILE *out, const struct fc_plan *p, const struct fc_plan_options *o)
{
    fprintf(out, "# Megatron-LM d98e8a6 (2026-08-22); data, optimizer and paths are yours\n");
    fprintf(out, "--tensor-model-parallel-size %g\n--pipeline-model-parallel-size %g\n", p->tp, p->pp);
    if (p->sequence_parallel)
        fprintf(out, "--sequence-parallel\n");
    if (p->pp > 1 && layers_per_chunk(p) == 0) {
        fprintf(out, "--pipeline-model-parallel-layout \"");
        print_layout(out, p);
        fprintf(out, "\"\n");
    } else if (p->vpp > 1) {
        fprintf(out, "--num-layers-per-virtual-pipeline-stage %g\n", layers_per_chunk(p));
    }
    fprintf(out, "--context-parallel-size %g\n", p->cp);
    if (mixture(p))
        fprintf(out,
                "--expert-model-parallel-size %g\n--expert-tensor-parallel-size %g\n--moe-grouped-gemm\n",
                p->ep, p->expert_tp);
    if (mixture(p) && p->ep > 1)
        fprintf(out, p->dedup_dispatch
                         ? "--moe-token-dispatcher-type flex\n--moe-flex-dispatcher-backend hybridep\n"
                         : "--moe-token-dispatcher-type alltoall\n");
    if (p->overlaps_ep)
        fprintf(out, "--overlap-moe-expert-parallel-comm\n--delay-wgrad-compute\n");
    fprintf(out, "--micro-batch-size %g\n--global-batch-size %g\n--seq-length %g\n--bf16\n", p->micro_batch,
            p->global_batch, p->sequence);
    if (p->precision == FC_FP8)
        fprintf(out, "--fp8-format hybrid\n--fp8-recipe tensorwise\n--fp8-param-gather\n");
    if (p->precision == FC_MXFP8)
        fprintf(out, "--fp8-format e4m3\n--fp8-recipe mxfp8\n--fp8-param-gather\n");
    if (p->precision == FC_NVFP4)
        fprintf(out, "--fp4-format e2m1\n--fp4-recipe nvfp4\n");
    if (p->attention_fp8)
        fprintf(out, "--fp8-dot-product-attention\n");
    if (o->bf16_layers > 0)
        fprintf(out, "--first-last-layers-bf16\n");
    if (o->zero == FC_ZERO_OPTIMIZER)
        fprintf(out, "--use-distributed-optimizer\n--overlap-grad-reduce\n--overlap-param-gather\n");
    if (o->zero == FC_ZERO_GRADIENTS || o->zero == FC_ZERO_PARAMETERS)
        fprintf(out, "--use-megatron-fsdp\n--data-parallel-sharding-strategy %s\n",
                o->zero == FC_ZERO_GRADIENTS ? "optim_grads" : "optim_grads_params");
    if (o->recompute == FC_RECOMPUTE_FULL)
        fprintf(out, "--recompute-granularity full\n--recompute-method uniform\n--recompute-num-layers 1\n");
    if (o->recompute == FC_RECOMPUTE_SELECTIVE)
        fprintf(out, "--recompute-granularity selective\n--recompute-modules %s\n",
                mixture(p) ? "layernorm moe_act" : "layernorm");
    if (p->graph != FC_GRAPH_NONE)
        fprintf(out, "--cuda-graph-impl %s\n--te-rng-tracker\n",
                p->graph == FC_GRAPH_FULL ? "full_iteration"
                                          : "transformer_engine\n--cuda-graph-modules attn");
    if (p->overlaps_tp && p->tp > 1)
        fprintf(out, "--tp-comm-overlap\n");
    if (p->order == FC_ORDER_TP_PP_DP)
        fprintf(out, "--use-tp-pp-dp-mapping\n");
    else
        print_no_order(out, p);
    if (o->offload & FC_OFFLOAD_OPTIMIZER)
        fprintf(out, "--optimizer-cpu-offload\n--optimizer-offload-fraction 1.0\n");
    if (p->offloaded_layers > 0 && p->pp > 1)
        fprintf(out,
                "# layers are offloaded there without a pipeline alone; their activations stay on the GPU\n");
    else if (p->offloaded_layers > 0)
        fprintf(out, "--cpu-offloading-num-layers %g\n", fmin(p->offloaded_layers, p->model.layers - 1));
    if (o->offload & FC_OFFLOAD_WEIGHTS)
        fprintf(out, "# weights in host memory are no option of its command line; they stay on the GPU\n");
    if (o->schedule == FC_ZERO_BUBBLE)
        fprintf(out, "# the zero-bubble schedule is not in this version: it runs 1F1B, slower\n");
}

static void print_bridge(FILE *out, const struct fc_plan *p, const struct fc_plan_options *o)
{
    static const char *const precisions[] = {"bf16_mixed", "bf16_with_fp8_current_scaling_mixed",
                                             "bf16_with_mxfp8_mixed", "bf16_with_nvfp4_mixed"};
    fprintf(out, "# Megatron-Bridge v0.6.0, overrides of a recipe; data, optimizer and paths are yours\n");
    fprintf(out, "mixed_precision=%s\n", precisions[p->precision]);
    if (p->attention_fp8)
        fprintf(out, "mixed_precision.fp8_dot_product_attention=True\n");
    if (p->precision == FC_FP8 || o->bf16_layers > 0)
        fprintf(out, "mixed_precision.first_last_layers_bf16=%s\n", o->bf16_layers > 0 ? "True" : "False");
    fprintf(out, "model.tensor_model_parallel_size=%g\nmodel.sequence_parallel=%s\n", p->tp,
            p->sequence_parallel ? "True" : "False");
    fprintf(out, "model.pipeline_model_parallel_size=%g\n", p->pp);
    if (p->pp > 1 && layers_per_chunk(p) == 0) {
        fprintf(out, "model.pipeline_model_parallel_layout=\"");
        print_layout(out, p);
        fprintf(out, "\"\n");
    } else {
        if (p->vpp > 1)
            fprintf(out, "model.virtual_pipeline_model_parallel_size=%g\n", p->vpp);
        else
            fprintf(out, "model.virtual_pipeline_model_parallel_size=null\n");
    }
    fprintf(out, "model.context_parallel_size=%g\n", p->cp);
    if (mixture(p))
        fprintf(out, "model.expert_model_parallel_size=%g\nmodel.expert_tensor_parallel_size=%g\n", p->ep,
                p->expert_tp);
    if (mixture(p) && p->ep > 1)
        fprintf(out,
                p->dedup_dispatch
                    ? "model.moe_token_dispatcher_type=flex\nmodel.moe_flex_dispatcher_backend=hybridep\n"
                    : "model.moe_token_dispatcher_type=alltoall\n");
    if (p->overlaps_ep)
        fprintf(
            out,
            "comm_overlap.overlap_moe_expert_parallel_comm=True\ncomm_overlap.delay_wgrad_compute=True\n");
    fprintf(out, "train.micro_batch_size=%g\ntrain.global_batch_size=%g\nmodel.seq_length=%g\n",
            p->micro_batch, p->global_batch, p->sequence);
    if (o->zero == FC_ZERO_GRADIENTS || o->zero == FC_ZERO_PARAMETERS)
        fprintf(out, "ddp.use_megatron_fsdp=True\nddp.data_parallel_sharding_strategy=%s\n",
                o->zero == FC_ZERO_GRADIENTS ? "optim_grads" : "optim_grads_params");
    else
        fprintf(out, "ddp.use_distributed_optimizer=%s\n", o->zero == FC_ZERO_NONE ? "False" : "True");
    if (o->recompute == FC_RECOMPUTE_FULL)
        fprintf(out, "model.recompute_granularity=full\nmodel.recompute_method=uniform\nmodel.recompute_num_"
                     "layers=1\n");
    if (o->recompute == FC_RECOMPUTE_SELECTIVE)
        fprintf(out, "model.recompute_granularity=selective\nmodel.recompute_modules=[%s]\n",
                mixture(p) ? "layernorm,moe_act" : "layernorm");
    if (p->graph == FC_GRAPH_FULL)
        fprintf(
            out,
            "model.cuda_graph_impl=local\nmodel.cuda_graph_scope=full_iteration\nrng.te_rng_tracker=True\n");
    if (p->graph == FC_GRAPH_PARTIAL)
        fprintf(out, "model.cuda_graph_impl=transformer_engine\nmodel.cuda_graph_scope=[attn]\nrng.te_rng_"
                     "tracker=True\n");
    if (p->fused_experts)
        fprintf(out, "model.use_transformer_engine_op_fuser=True\nmodel.moe_mlp_glu_interleave_size=32\n");
    if (p->order == FC_ORDER_TP_PP_DP)
        fprintf(out, "dist.use_tp_pp_dp_mapping=True\n");
    else
        print_no_order(out, p);
    if (o->offload & FC_OFFLOAD_OPTIMIZER)
        fprintf(out, "optimizer.optimizer_cpu_offload=True\noptimizer.optimizer_offload_fraction=1.0\n");
    if (p->offloaded_layers > 0 || o->offload & FC_OFFLOAD_WEIGHTS)
        fprintf(out,
                "model.cpu_offloading=True\nmodel.cpu_offloading_num_layers=%g\nmodel.cpu_offloading_weights="
                "%s\n",
                fmin(p->offloaded_layers > 0 ? p->offloaded_layers : p->model.layers, p->model.layers - 1),
                o->offload & FC_OFFLOAD_WEIGHTS ? "True" : "False");
    if (o->schedule == FC_ZERO_BUBBLE)
        fprintf(out, "# the zero-bubble schedule is not in this version: it runs 1F1B, slower\n");
}

static void print_torchtitan(FILE *out, const struct fc_plan *p, const struct fc_plan_options *o)
{
    double replicas = fc_plan_data_parallel(p);
    bool sharded = p->fsdp || o->zero != FC_ZERO_NONE;
    fprintf(out, "# torchtitan v0.2.2, TOML; model, data, optimizer and paths are yours\n");
    print_no_order(out, p);
    fprintf(out, "[training]\nlocal_batch_size = %g\nglobal_batch_size = %g\nseq_len = %g\n",
            p->pp > 1 ? p->global_batch / replicas : p->micro_batch, p->global_batch, p->sequence);
    fprintf(out, "mixed_precision_param = \"bfloat16\"\nmixed_precision_reduce = \"float32\"\n");
    if (o->offload & (FC_OFFLOAD_OPTIMIZER | FC_OFFLOAD_WEIGHTS))
        fprintf(out, "enable_cpu_offload = true  # parameters, gradients and optimizer\n");
    if (p->offloaded_layers > 0)
        fprintf(out, "# activations in host memory are not in this version; they stay on the GPU\n");
    fprintf(out, "\n[parallelism]\n");
    fprintf(out, "data_parallel_replicate_degree = %g\ndata_parallel_shard_degree = %g\n",
            sharded ? 1 : replicas, sharded ? replicas : 1);
    if (sharded && !p->fsdp)
        fprintf(out, "fsdp_reshard_after_forward = \"never\"  # parameters stay; the plan shares out %s\n",
                o->zero == FC_ZERO_GRADIENTS ? "gradients and optimizer" : "the optimizer");
    fprintf(out, "tensor_parallel_degree = %g\npipeline_parallel_degree = %g\n", p->tp, p->pp);
    if (p->pp > 1)
        fprintf(out, "pipeline_parallel_schedule = \"%s\"\npipeline_parallel_microbatch_size = %g\n",
                p->vpp > 1                      ? "Interleaved1F1B"
                : o->schedule == FC_ZERO_BUBBLE ? "ZBVZeroBubble"
                                                : "1F1B",
                p->micro_batch);
    if (p->vpp > 1 && layers_per_chunk(p) > 0)
        fprintf(out, "pipeline_parallel_layers_per_stage = %g\n", layers_per_chunk(p));
    else if (p->vpp > 1)
        fprintf(out, "# %g layers do not divide into %g chunks: state module_fqns_per_model_part\n",
                p->model.layers, p->pp * p->vpp);
    fprintf(out, "context_parallel_degree = %g\n", p->cp);
    if (mixture(p))
        fprintf(out,
                "expert_parallel_degree = %g\nexpert_tensor_parallel_degree = "
                "%g\nexpert_parallel_comm_backend = \"%s\"\n",
                p->ep, p->expert_tp, p->dedup_dispatch ? "deepep" : "standard");
    static const char *const modes[] = {"none", "selective", "full"};
    fprintf(out, "\n[activation_checkpoint]\nmode = \"%s\"\n", modes[o->recompute]);
    if (p->precision == FC_FP8)
        fprintf(out, "\n[quantize.linear.float8]\nrecipe_name = "
                     "\"tensorwise\"\nenable_fsdp_float8_all_gather = true\n");
    if (p->precision == FC_MXFP8)
        fprintf(out, "\n[quantize.linear.mx]\nrecipe_name = \"mxfp8_cublas\"\n");
    if (p->precision == FC_NVFP4)
        fprintf(out, "\n# NVFP4 is not in this version; it runs BF16, slower\n");
}

void fc_launch_print(FILE *out, enum fc_launcher launcher, const struct fc_plan *plan,
                     const struct fc_plan_options *options)
{
    switch (launcher) {
    case FC_MEGATRON_LM:
        print_megatron(out, plan, options);
        break;
    case FC_MEGATRON_BRIDGE:
        print_bridge(out, plan, options);
        break;
    default:
        print_torchtitan(out, plan, options);
    }
}
