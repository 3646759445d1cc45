/* failures.h: what strikes next in a detailed run: which class, what it costs, what it takes out.
 *
 * All classes with exponential gaps are one Poisson stream with the sum of their rates; thinning gives each
 * event its class. A fault whose wrong node was blamed strikes again when the restart ends. */
#ifndef FC_MODEL_FAILURES_H
#define FC_MODEL_FAILURES_H

#include "ages.h"
#include "spares.h"

/* The event of each lane, as far as it is known before time is cut at it. Times in ticks. */
struct fc_failure_lanes {
    fc_i32 class_of[FC_W], swap[FC_W], blame[FC_W], replica[FC_W], aged[FC_W];
    fc_i32
        time[FC_W]; /* of the class's law: detection, depth of a silent corruption, length of a slow time */
    fc_real memory_lost[FC_W];
};

/* Two numbers in [0, 1) from one word, of 16 bits each. */
FC_FN fc_real fc_high_half(fc_u32 word)
{
    return (fc_real)(fc_i32)(word >> 16) * (fc_real)1.52587890625e-5f;
}
FC_FN fc_real fc_low_half(fc_u32 word)
{
    return (fc_real)(fc_i32)(word & 0xffffu) * (fc_real)1.52587890625e-5f;
}

/* Chooses the class of what would strike after to_failure[l] ticks, and shortens to_failure where a unit's
 * age or a fault that was not removed comes first. */
FC_INLINE void fc_failure_choose(FC_GLOBAL const struct fc_run *run, const fc_u32 *class_word,
                                 fc_i32 *to_failure, struct fc_failure_lanes *failure,
                                 const struct fc_timeline_lanes *lane)
{
    FC_LANES (l) {
        failure->class_of[l] = 0;
        failure->aged[l] = 0;
    }
    for (fc_i32 c = 0; c < FC_CLASS_COUNT - 1; c++) {
        FC_LANES (l)
            failure->class_of[l] += fc_uniform(class_word[l]) >= lane->edge[c][l] ? 1 : 0;
    }
    if (run->detail.ages == FC_AGES_UNITS) {
        FC_LANES (l) {
            fc_i32 due = fc_max_i32(lane->next_age[l] - lane->exposure[l], 1);
            failure->aged[l] = due <= to_failure[l];
            to_failure[l] = failure->aged[l] ? due : to_failure[l];
            failure->class_of[l] = failure->aged[l] ? (fc_i32)FC_CLASS_GPU : failure->class_of[l];
        }
    }
    FC_LANES (l) {
        fc_i32 due = fc_max_i32(lane->pending_restart[l], 1);
        fc_i32 again = (lane->again[l] > 0) & (due < to_failure[l]);
        to_failure[l] = again ? due : to_failure[l];
        failure->class_of[l] = again ? lane->again[l] - 1 : failure->class_of[l];
        failure->aged[l] = again ? 0 : failure->aged[l];
    }
}

/* The rest of what is known of the event from its class. */
FC_INLINE void fc_failure_describe(FC_GLOBAL const struct fc_run *run, FC_GLOBAL const float *tables,
                                   fc_u32 words[4][FC_W], fc_u32 detail_words[4][FC_W],
                                   struct fc_failure_lanes *failure, const struct fc_timeline_lanes *lane)
{
    FC_GLOBAL const struct fc_classes *classes = &run->detail.classes;
    fc_real ticks_per_s = (fc_real)1.0f / (fc_real)run->tick_s;
    fc_i32 elastic = run->detail.elastic;
    FC_LANES (l) {
        fc_i32 c = failure->class_of[l];
        fc_real law = fc_table_draw(tables, classes->time_table[c], words[2][l]);
        fc_real seconds = fc_fma(law, (fc_real)classes->time_factor[c], (fc_real)classes->time_value[c]);
        fc_real own = (fc_real)classes->time_scaled[c]; /* 1 or 0: the world's factor on detection applies */
        fc_real scale = fc_fma(own, lane->detection_scale[l] - ticks_per_s, ticks_per_s);
        failure->time[l] = fc_to_ticks(seconds * scale);
        fc_real chance = lane->swap_probability[l] * (fc_real)classes->swap[c];
        failure->swap[l] = fc_uniform(words[1][l]) < chance ? 1 : 0;
        failure->blame[l] =
            fc_low_half(detail_words[3][l]) < lane->wrong_node[l] * (fc_real)classes->blame[c] ? 1 : 0;
        failure->replica[l] = elastic & classes->replica[c];
        failure->memory_lost[l] = (fc_real)classes->memory_lost[c];
    }
}

/* Repair time of each lane's tray, ticks: automatic or manual, done again while it does not help. */
FC_INLINE void fc_failure_repair(FC_GLOBAL const struct fc_run *run, FC_GLOBAL const float *tables,
                                 const fc_u32 *repair_word, const fc_u32 *kind_word, fc_i32 *repair,
                                 struct fc_timeline_lanes *lane)
{
    FC_GLOBAL const struct fc_draw *by_hand = &run->repair, *by_itself = &run->detail.repair_automatic;
    fc_i32 hand_table = by_hand->kind == FC_DRAW_TABLE ? by_hand->table : 0;
    fc_i32 self_table = by_itself->kind == FC_DRAW_TABLE ? by_itself->table : 0;
    fc_real hand_factor = by_hand->kind == FC_DRAW_TABLE ? (fc_real)1.0f : (fc_real)0.0f;
    fc_real self_factor = by_itself->kind == FC_DRAW_TABLE ? (fc_real)1.0f : (fc_real)0.0f;
    fc_real hand_value = (fc_real)by_hand->value - (fc_real)by_hand->value * hand_factor;
    fc_real self_value = (fc_real)by_itself->value - (fc_real)by_itself->value * self_factor;
    FC_LANES (l) {
        fc_i32 hand = fc_high_half(kind_word[l]) < lane->manual[l];
        fc_real law = fc_table_draw(tables, hand ? hand_table : self_table, repair_word[l]);
        fc_real seconds = fc_fma(law, hand ? hand_factor : self_factor, hand ? hand_value : self_value);
        fc_real again = lane->ineffective[l], chance = again, u = fc_low_half(kind_word[l]);
        fc_real rounds = (fc_real)1.0f;
        for (int k = 0; k < 8; k++) {
            rounds += u < chance ? (fc_real)1.0f : (fc_real)0.0f;
            chance *= again;
        }
        repair[l] = fc_min_i32(fc_to_ticks(seconds * rounds * lane->repair_scale[l]), FC_HORIZON_LIMIT);
    }
}

/* Replaces what the failures took out. pause[l] receives how long the job waits, missing[l] the sum of all
 * waits. */
FC_INLINE void fc_failure_replace(FC_GLOBAL const struct fc_run *run, FC_GLOBAL const float *tables,
                                  fc_u32 words[4][FC_W], fc_u32 detail_words[4][FC_W],
                                  const struct fc_failure_lanes *failure, fc_i32 *pause, fc_i32 *missing,
                                  struct fc_timeline_lanes *lane)
{
    fc_i32 repair[FC_W], swapping[FC_W], count = 0;
    fc_failure_repair(run, tables, words[3], detail_words[1], repair, lane);
    for (fc_i32 l = 0; l < FC_W; l++) {
        swapping[count] = l;
        count += failure->swap[l];
        pause[l] = 0;
        missing[l] = 0;
    }
    for (fc_i32 s = 0; s < count; s++) {
        fc_i32 l = swapping[s];
        fc_i32 blast = run->detail.classes.blast[failure->class_of[l]], rack_repair = 0, units = 1;
        fc_real u = fc_high_half(detail_words[3][l]), chance = lane->burst[l];
        while (u < chance && units < 8) {
            units++;
            chance *= lane->burst[l];
        }
        if (blast != FC_BLAST_TRAY) {
            FC_GLOBAL const struct fc_draw *law = &run->detail.rack_repair;
            fc_real seconds = law->kind == FC_DRAW_TABLE ? fc_table_draw(tables, law->table, words[3][l])
                                                         : (fc_real)law->value;
            rack_repair = fc_min_i32(fc_to_ticks(seconds * lane->repair_scale[l]), FC_HORIZON_LIMIT - 1);
        }
        fc_i32 rack = (fc_i32)(((fc_u64)detail_words[2][l] * (fc_u64)(fc_u32)run->detail.racks) >> 32);
        fc_spares_replace(run, blast, units, repair[l], rack_repair, rack, l, lane, &pause[l], &missing[l]);
    }
}

#endif
