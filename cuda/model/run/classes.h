/* classes.h: the classes of trouble that a run meets (../classes.def), and what the host prepares for each (failures.h uses
 * it). A class has its own rate and scale, its own detection, its own blast radius. */
#ifndef FC_MODEL_CLASSES_H
#define FC_MODEL_CLASSES_H

#include "../base/lang.h"

enum fc_class {
#define CLASS_SHARED(id, number, ...) FC_CLASS_##id = number,
#define CLASS_OWN(id, number, ...) FC_CLASS_##id = number,
#define CLASS_SOFT(id, number, ...) FC_CLASS_##id = number,
#include "../classes.def"
    FC_CLASS_COUNT = 0
#define CLASS_SHARED(...) +1
#define CLASS_OWN(...) +1
#define CLASS_SOFT(...) +1
#include "../classes.def"
    ,
    FC_CLASS_SHARED = 0 /* so many share one rate, the first ones */
#define CLASS_SHARED(...) +1
#define CLASS_OWN(...)
#define CLASS_SOFT(...)
#include "../classes.def"
};

/* What a failure takes out when something must be replaced. */
enum fc_blast {
    FC_BLAST_TRAY = 0,
    FC_BLAST_RACK = 1,
    FC_BLAST_POD = 2 /* pod_racks racks at once */
};

/* Sets: bit c for class c. */
#define FC_CLASSES_SLOW (1u << FC_CLASS_SLOW_NODE | 1u << FC_CLASS_SLOW_NETWORK)
enum fc_class_sets {
    FC_CLASSES_SOFT = 0 /* those that do not stop the job */
#define CLASS_SHARED(...)
#define CLASS_OWN(...)
#define CLASS_SOFT(id, number, ...) | 1 << number
#include "../classes.def"
    ,
    FC_CLASSES_RACKS = 0 /* repaired as racks */
#define CLASS_SHARED(...)
#define CLASS_OWN(id, number, name, rate, input, flags, swap, blast, ...)                                    \
    | (FC_BLAST_##blast != FC_BLAST_TRAY) << number
#define CLASS_SOFT(...)
#include "../classes.def"
};

/* Whether class c is one of a set that has bit c. */
FC_INLINE fc_i32 fc_class_in(fc_u32 set, fc_i32 c)
{
    return (fc_i32)((set >> (fc_u32)c) & 1u);
}

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
