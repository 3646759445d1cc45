/* classes.h: the classes of trouble that a run meets, and what the host prepares for each (failures.h uses
 * it).
 *
 * A class has its own rate and scale, its own detection, its own blast radius. Numbers are permanent: they
 * name metrics (interruptions@gpu) and keys of scenarios; names stand in host/result/metrics.c. */
#ifndef FC_MODEL_CLASSES_H
#define FC_MODEL_CLASSES_H

#include "../base/lang.h"

enum fc_class {
    /* shares of the interruptions that grow with the number of GPUs (FC_IN_GPU_MTBF_H) */
    FC_CLASS_GPU = 0,  /* GPU and its memory */
    FC_CLASS_HOST = 1, /* other parts of a tray or server */
    FC_CLASS_NVLINK = 2,
    FC_CLASS_NETWORK = 3,
    FC_CLASS_SOFTWARE = 4,
    FC_CLASS_HANG = 5,   /* found by a time-out only */
    FC_CLASS_SILENT = 6, /* silent corruption: training goes back by the lag of its detection */
    /* with a rate of their own */
    FC_CLASS_RACK = 7, /* one rack out: backplane, switch tray, cooling, power shelf; rate per rack */
    FC_CLASS_JOB = 8,  /* does not depend on size: storage, operator; rate per job */
    /* slow, not dead: no stop, but lower speed for a while */
    FC_CLASS_SLOW_NODE = 9,     /* rate per tray */
    FC_CLASS_SLOW_NETWORK = 10, /* rate per job */
    /* again with a rate of their own */
    FC_CLASS_SITE = 11, /* the site is out for a while: power, cooling; rate per site, and a job has one */
    FC_CLASS_POD = 12,  /* several racks at once; rate per pod of pod_racks racks */
    FC_CLASS_IDLE = 13, /* an idle spare fails: no stop, but it is not there when it is needed */
    FC_CLASS_COUNT = 14
};
#define FC_CLASS_SHARED 7 /* the first seven share one rate */
#define FC_CLASSES_SLOW (1u << FC_CLASS_SLOW_NODE | 1u << FC_CLASS_SLOW_NETWORK)
#define FC_CLASSES_SOFT (FC_CLASSES_SLOW | 1u << FC_CLASS_IDLE) /* those that do not stop the job */

#define FC_CLASSES_RACKS (1u << FC_CLASS_RACK | 1u << FC_CLASS_POD) /* repaired as racks */

/* Whether class c is one of a set that has bit c. */
FC_INLINE fc_i32 fc_class_in(fc_u32 set, fc_i32 c)
{
    return (fc_i32)((set >> (fc_u32)c) & 1u);
}

/* What a failure takes out when something must be replaced. */
enum fc_blast {
    FC_BLAST_TRAY = 0,
    FC_BLAST_RACK = 1,
    FC_BLAST_POD = 2 /* pod_racks racks at once */
};

/* Where a replacement for a tray comes from. */
enum fc_spare_policy {
    FC_SPARES_POOLED = 0, /* from one pool of trays (or servers, or segments of several trays) */
    FC_SPARES_IN_RACK =
        1, /* from the spare trays of the same rack; when they are out, the whole rack is replaced */
    FC_SPARES_RACKS = 2 /* the whole rack is replaced and comes back when its tray is repaired */
};

/* How the times between failures of trays are distributed. */
enum fc_ages {
    FC_AGES_NONE = 0,  /* exponential */
    FC_AGES_UNITS = 1, /* every tray has its own age and only a failed one is renewed (ages.h) */
    FC_AGES_RESTART =
        2 /* one clock for the job, renewed at every restart; gap distribution = `next_failure` */
};

/* What the job does while a unit is missing that no spare can replace. */
enum fc_shortage {
    FC_SHORTAGE_WAIT = 0,   /* stands still until there is one */
    FC_SHORTAGE_SHRINK = 1, /* goes on without the replicas that are hurt; losses add up */
    FC_SHORTAGE_REDUCE =
        2 /* keeps the affected replica at a smaller tensor parallel size; the slowest sets the
                               pace, so losses do not add up */
};

/* Per class, the same in every trial. Sets have bit c for class c. */
struct fc_classes {
    fc_i32 blast[FC_CLASS_COUNT]; /* enum fc_blast */
    /* quantile table of the time to the decision to restart, s; SILENT: training to be done again; SLOW_*:
     * length of the slow time; SITE: length of the outage */
    fc_i32 time_table[FC_CLASS_COUNT];
    float swap[FC_CLASS_COUNT]; /* chance that something must be replaced, as a factor on the input; SLOW_*: 0
                                 */
    float memory_lost[FC_CLASS_COUNT]; /* chance that the copies of a checkpoint in memory are lost */
    fc_u32 scaled;                     /* set: FC_IN_DETECTION_SCALE applies to the time */
    fc_u32 blamed;                     /* set: the wrong node can be blamed, and the fault comes back */
    fc_u32 replica; /* set: with elastic replicas only one replica falls out; else the whole job stops */
};

#endif
