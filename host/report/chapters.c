/* chapters.c: see chapters.h. */
#include "chapters.h"

const char *const fc_chapter_titles[FC_CHAPTER_COUNT] = {
    [FC_CHAPTER_SPEED] = "how fast",
    [FC_CHAPTER_LENGTH] = "how long and at what cost",
    [FC_CHAPTER_TIME] = "where the time goes",
    [FC_CHAPTER_FAILURES] = "failures and spares",
    [FC_CHAPTER_RUN_ENERGY] = "energy and carbon",
    [FC_CHAPTER_CAPACITY] = "what it buys",
    [FC_CHAPTER_RUNS] = "frontier runs: how many, how long, at what cost",
    [FC_CHAPTER_MONEY] = "money: what is paid and earned, and when it pays back",
    [FC_CHAPTER_PROVIDER] = "the provider's side of the contract",
    [FC_CHAPTER_COMPANY] = "the whole company on three loss bases",
    [FC_CHAPTER_POWER] = "energy, power and carbon",
    [FC_CHAPTER_DELIVERY] = "delivery and outages",
    [FC_CHAPTER_PRICES] = "prices to come: commit now, or wait",
    [FC_CHAPTER_OWN] = "rent or own",
};

enum fc_chapter_id fc_chapter_of(const struct fc_metric_info *info, bool contract)
{
    return contract && info->contract_chapter != FC_CHAPTER_NONE ? info->contract_chapter : info->run_chapter;
}

bool fc_chapter_folds(enum fc_chapter_id chapter)
{
    return chapter <= FC_CHAPTER_RUN_ENERGY;
}
