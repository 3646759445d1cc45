/* inputs.h: the numbers of the uncertain inputs of a trial.
 *
 * A number is permanent: it names the random stream of its input (draw.h), so two scenarios that share an input share
 * its random numbers, whatever else differs. Never renumber; append within the layer's range. The names, units, ranges
 * and meanings that users see stand in host/fields.c. */
#ifndef FC_MODEL_INPUTS_H
#define FC_MODEL_INPUTS_H

enum fc_input {
    /* step layer: 0 to 63 */
    FC_IN_STEP_FIRST = 0,

    /* timeline layer: 64 to 127 */
    FC_IN_GPU_MTBF_H = 64,      /* GPU-hours of running per unplanned interruption, h */
    FC_IN_JOB_MTBF_H = 65,      /* running time per interruption that does not depend on size, h; 0: none */
    FC_IN_SWAP_PROBABILITY = 66, /* share of interruptions that need a node replaced */
    FC_IN_DETECTION_SCALE = 67, /* factor on the detection law, 1 */
    FC_IN_RESTART_S = 68,       /* from the decision to restart to the first new step, s */
    FC_IN_REPAIR_SCALE = 69,    /* factor on the repair law, 1 */
    FC_IN_PLANNED_EVERY_H = 70, /* wall time between planned stops, h; 0: none */
    FC_IN_PLANNED_STOP_S = 71,  /* length of a planned stop, restart not included, s */
    FC_IN_CHECKPOINT_STALL_S = 72, /* training stopped per checkpoint, s */

    /* contract layer: 128 to 255 */
    FC_IN_CONTRACT_FIRST = 128,
    FC_IN_PRICE_GPU_HOUR_USD = 128,
    FC_IN_USABLE_FRACTION = 129, /* share of paid GPU-hours that a job can use */
    FC_IN_GOODPUT = 130,         /* productive share of used time, where no timeline is simulated */
    FC_IN_MFU = 131,             /* model FLOP utilisation, where no step is simulated */
    FC_IN_DELAY_PROBABILITY = 132,
    FC_IN_DELAY_MONTHS = 133, /* length of the delay when there is one, months */
    FC_IN_DELAY_CHANCE = 134, /* internal: uniform number against delay_probability */
    FC_IN_IT_POWER_KW = 135,  /* IT power per GPU at nameplate, network and hosts included, kW */
    FC_IN_LOAD_FACTOR = 136,  /* mean draw over nameplate */
    FC_IN_PUE = 137,
    FC_IN_TRAINING_SHARE = 138,  /* research and development share of all compute */
    FC_IN_FINAL_RUN_SHARE = 139, /* final runs' share of that */
    FC_IN_CARBON_G_PER_KWH = 140,
    FC_IN_ENERGY_PRICE_USD_PER_KWH = 141,

    FC_INPUT_COUNT = 256
};

#endif
