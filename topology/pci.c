/* pci.c: PCI addresses as text. */
#include "topology.h"

#include <stdio.h>

bool fc_pci_address_equal(struct fc_pci_address a, struct fc_pci_address b)
{
    return a.domain == b.domain && a.bus == b.bus && a.device == b.device && a.function == b.function;
}

bool fc_pci_address_read(const char *text, struct fc_pci_address *out)
{
    struct fc_pci_address a = {0};
    char extra;
    if (!text)
        return false;
    if (sscanf(text, "%8x:%2x:%2x.%1x%c", &a.domain, &a.bus, &a.device, &a.function, &extra) != 4) {
        a.domain = 0;
        if (sscanf(text, "%2x:%2x.%1x%c", &a.bus, &a.device, &a.function, &extra) != 3)
            return false;
    }
    *out = a;
    return true;
}
