/* flows.h: what a contract pays, earns and delivers month by month, in worlds of the model: the ledger of
 * cuda/model/contract looked at after each month. Same bits as the kernels. */
#ifndef FC_HOST_FLOWS_H
#define FC_HOST_FLOWS_H

#include <stdint.h>

#include "cuda/model/inputs.h"
#include "cuda/model/program.h"
#include "host/base/error.h"

/* Money in whole cents, positive where the customer receives; then quantities. */
enum fc_flow {
    FC_FLOW_BILLS,
    FC_FLOW_EXTRAS,
    FC_FLOW_PREPAID, /* paid at the start, credited and refunded later */
    FC_FLOW_FEES,
    FC_FLOW_CREDITS, /* for outages */
    FC_FLOW_OWNED,   /* capital, operations, energy, value at the end of what is bought */
    FC_FLOW_REVENUE,
    FC_FLOW_OTHER,    /* costs that are no compute, as a share of the revenue */
    FC_FLOW_NET,      /* of the customer: the sum of those above */
    FC_FLOW_PROVIDER, /* of the providers: bills, extras, prepayment, fees and credits from their side */
    FC_FLOW_PROVIDER_COSTS, /* of the providers: capital, operations, energy, less what is left at the end (negative) */
    FC_FLOW_TAX,            /* the customer's taxes (negative) */
    FC_FLOW_MONEY,          /* how many are money */
    FC_FLOW_DELIVERED = FC_FLOW_MONEY, /* GPU-hours */
    FC_FLOW_USED,                      /* GPU-hours in use */
    FC_FLOW_ENERGY,                    /* MWh */
    FC_FLOW_COUNT
};

/* "bills_usd" ..., and the unit. */
const char *fc_flow_name(enum fc_flow flow);
const char *fc_flow_unit(enum fc_flow flow);

struct fc_flows_world {
    int months;
    int64_t cents[FC_MONTHS][FC_FLOW_MONEY];
    double quantity[FC_MONTHS][FC_FLOW_COUNT - FC_FLOW_MONEY];
    float metrics[FC_METRIC_COUNT]; /* in the order of program->metrics */
    float gpus;                     /* at full capacity */
    float inputs[FC_INPUT_COUNT];   /* enum fc_input: those that the contract draws */
};

/* World `number`. Fails with FC_BAD_INPUT when the program has no contract. */
int fc_flows_of_world(const struct fc_program *program, const float *tables, uint64_t seed, uint64_t number,
                      struct fc_flows_world *world, struct fc_error *error);

/* A flow in a month: USD, GPU-h or MWh. */
double fc_flow_in(const struct fc_flows_world *world, int month, enum fc_flow flow);

#endif
