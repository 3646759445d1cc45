/* site.h: named sites: price of electricity and carbon of a place, from catalog/energy.yaml.
 *
 *     energy:    {site: texas}          sets energy.price, energy.carbon, energy.carbon_marginal, energy.pue
 *     provider2: {site: norway}         sets the same of that provider
 * What the scenario states wins. What the catalog does not know of a site is that of an unknown site (the
 * default); `show --defaults` says which is which. */
#ifndef FC_HOST_SITE_H
#define FC_HOST_SITE_H

#include "catalog.h"
#include "settings.h"

/* Fills in what the named sites give, with source and grade; to be called before the general defaults.
 * Returns 0, or -1 with `error` at the name, listing the sites. */
int fc_site_apply(struct fc_settings *settings, const struct fc_catalog *catalog, struct fc_error *error);

#endif
