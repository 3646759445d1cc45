#!/usr/bin/env python3
"""Writes the modelled machines in machines/ as hwloc XML (version 2). The tests read what is committed and
never run this script; run it only to change a machine: python3 tests/topology/make_machines.py

The machines are models after the makers' public descriptions, not captures: they exist to exercise
discovery, joining and placement, and no figure of them enters a forecast."""
import pathlib
from xml.sax.saxutils import quoteattr

HERE = pathlib.Path(__file__).resolve().parent / "machines"
KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30


def mask(bits):
    """A set of numbers as hwloc writes it: 32-bit words, highest first."""
    value = sum(1 << b for b in bits)
    words = []
    while value:
        words.append(f"0x{value & 0xffffffff:08x}")
        value >>= 32
    return ",".join(reversed(words)) or "0x0"


class Machine:
    def __init__(self):
        self.lines, self.depth, self.ids = [], 1, 0

    def open(self, kind, close=False, **attributes):
        self.ids += 1
        text = "".join(f" {k}={quoteattr(str(v))}" for k, v in attributes.items())
        self.lines.append("  " * self.depth + f'<object type="{kind}"{text} gp_index="{self.ids}"' + ("/>" if close else ">"))
        self.depth += not close

    def close(self):
        self.depth -= 1
        self.lines.append("  " * self.depth + "</object>")

    def info(self, name, value):
        self.lines.append("  " * self.depth + f"<info name={quoteattr(name)} value={quoteattr(value)}/>")

    def place(self, pus, nodes):
        return dict(cpuset=mask(pus), complete_cpuset=mask(pus), nodeset=mask(nodes), complete_nodeset=mask(nodes))

    def root(self, pus, nodes, allowed=None):
        allowed = pus if allowed is None else allowed
        self.open("Machine", os_index=0, allowed_cpuset=mask(allowed), allowed_nodeset=mask(nodes),
                  **self.place(pus, nodes))

    def numa(self, index, pus, size, gpu=None):
        extra = dict(subtype="GPUMemory") if gpu else {}
        self.open("NUMANode", os_index=index, local_memory=size, **self.place(pus, [index]), **extra)
        self.lines.append("  " * self.depth + f'<page_type size="4096" count="{size // 4096}"/>')
        if gpu:
            self.info("PCIBusID", gpu)
        self.close()

    def cache(self, level, size, pus, nodes, line=64):
        kind = "L1Cache" if level == 1 else f"L{level}Cache"
        self.open(kind, cache_size=size, depth=level, cache_linesize=line, cache_associativity=0,
                  cache_type=1 if level == 1 else 0, **self.place(pus, nodes))

    def core(self, index, pus, nodes, l1=None, l2=None):
        if l2:
            self.cache(2, l2, pus, nodes)
        if l1:
            self.cache(1, l1, pus, nodes)
        self.open("Core", os_index=index, **self.place(pus, nodes))
        for pu in pus:
            self.open("PU", close=True, os_index=pu, **self.place([pu], nodes))
        for _ in range(1 + bool(l1) + bool(l2)):
            self.close()

    def host_bridge(self, domain, first, last):
        self.open("Bridge", bridge_type="0-1", depth=0, bridge_pci=f"{domain:04x}:[{first:02x}-{last:02x}]")

    def pci(self, address, kind, vendor, device, children=(), vendor_name=None, device_name=None):
        self.open("PCIDev", pci_busid=address, pci_type=f"{kind} [{vendor}:{device}] [{vendor}:0000] a1",
                  pci_link_speed="0.000000")
        if vendor_name:
            self.info("PCIVendor", vendor_name)
        if device_name:
            self.info("PCIDevice", device_name)
        for name, os_type, subtype, infos in children:
            self.open("OSDev", name=name, osdev_type=os_type, **(dict(subtype=subtype) if subtype else {}))
            for key, value in infos.items():
                self.info(key, value)
            self.close()
        self.close()

    def write(self, name, kinds=()):
        while self.depth > 1:
            self.close()
        self.lines.append('  <support name="discovery.pu"/>')
        for pus, efficiency, core_type in kinds:
            self.lines.append(f'  <cpukind cpuset="{mask(pus)}" forced_efficiency="{efficiency}">')
            self.lines.append(f'    <info name="CoreType" value="{core_type}"/>')
            self.lines.append("  </cpukind>")
        text = ('<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE topology SYSTEM "hwloc2.dtd">\n'
                '<topology version="2.0">\n' + "\n".join(self.lines) + "\n</topology>\n")
        (HERE / f"{name}.xml").write_text(text)


BLOCK, GPU, NET, FABRIC, COPROC = 0, 1, 2, 3, 5


def nic(machine, address, net, fabric=None):
    children = [(net, NET, None, {})] + ([(fabric, FABRIC, None, {})] if fabric else [])
    machine.pci(address, "0207" if fabric else "0200", "15b3", "1021", children)


def nvidia(machine, address, device, index, model):
    machine.pci(address, "0302", "10de", device, [
        (f"cuda{index}", COPROC, "CUDA", {"GPUVendor": "NVIDIA Corporation", "GPUModel": model}),
        (f"nvml{index}", GPU, "NVML", {"GPUVendor": "NVIDIA Corporation", "GPUModel": model})])


def laptop():
    """4 performance cores with two threads, 8 efficiency cores in two clusters, graphics on the chip."""
    m, pus = Machine(), list(range(16))
    m.root(pus, [0])
    m.open("Package", os_index=0, **m.place(pus, [0]))
    m.info("CPUModel", "12th Gen Intel(R) Core(TM) i7-1260P")
    m.numa(0, pus, 16 * GIB)
    m.cache(3, 18 * MIB, pus, [0])
    for c in range(4):
        m.core(c, [2 * c, 2 * c + 1], [0], 48 * KIB, 1280 * KIB)
    for cluster in range(2):
        four = [8 + 4 * cluster + k for k in range(4)]
        m.cache(2, 2 * MIB, four, [0])
        for pu in four:
            m.core(pu, [pu], [0], 32 * KIB)
        m.close()
    m.close()
    m.close()
    m.host_bridge(0, 0, 2)
    m.pci("0000:00:02.0", "0300", "8086", "46a6", [("card0", GPU, None, {})], "Intel Corporation",
          "Alder Lake-P Integrated Graphics Controller")
    m.pci("0000:00:14.3", "0280", "8086", "51f0", [("wlan0", NET, None, {})])
    m.pci("0000:01:00.0", "0108", "144d", "a80a", [("nvme0n1", BLOCK, "Disk", {})])
    m.write("laptop", [(range(8, 16), 0, "IntelAtom"), (range(8), 1, "IntelCore")])


def dgx_h100():
    """Two 56-core packages with two threads per core, eight GPUs, ten network ports, a screen chip."""
    m, pus = Machine(), list(range(224))
    m.root(pus, [0, 1])
    buses = [[0x1b, 0x43, 0x52, 0x61], [0x9d, 0xc3, 0xd1, 0xdf]]
    nics = [[0x18, 0x40, 0x4f, 0x5e], [0x9a, 0xc0, 0xce, 0xdc]]
    for p in range(2):
        mine = [56 * p + c for c in range(56)] + [112 + 56 * p + c for c in range(56)]
        m.open("Package", os_index=p, **m.place(mine, [p]))
        m.info("CPUModel", "Intel(R) Xeon(R) Platinum 8480C")
        m.numa(p, mine, 1024 * GIB)
        m.cache(3, 105 * MIB, mine, [p])
        for c in range(56):
            first = 56 * p + c
            m.core(c, [first, 112 + first], [p], 48 * KIB, 2 * MIB)
        m.close()
        for k in range(4):
            m.host_bridge(0, nics[p][k] - 1, buses[p][k] + 1)
            nic(m, f"0000:{nics[p][k]:02x}:00.0", f"ibp{4 * p + k}", f"mlx5_{4 * p + k}")
            nvidia(m, f"0000:{buses[p][k]:02x}:00.0", "2330", 4 * p + k, "NVIDIA H100 80GB HBM3")
            m.close()
        if p == 0:
            m.host_bridge(0, 0, 4)
            m.pci("0000:03:00.0", "0300", "1a03", "2000", [("card0", GPU, None, {})])
            m.pci("0000:04:00.0", "0108", "144d", "a824", [("nvme0n1", BLOCK, "Disk", {})])
            m.close()
        m.close()
    m.write("dgx_h100")


def gb200_tray():
    """Two 72-core Grace packages; each holds two Blackwell GPUs whose memory is a NUMA node of the machine,
    with numbers that leave gaps."""
    m, pus = Machine(), list(range(144))
    memory = {0: ("0008:01:00.0", 2), 1: ("0009:01:00.0", 10), 2: ("0018:01:00.0", 18), 3: ("0019:01:00.0", 26)}
    m.root(pus, [0, 1] + [n for _, n in memory.values()])
    for p in range(2):
        mine = [72 * p + c for c in range(72)]
        near = [p, memory[2 * p][1], memory[2 * p + 1][1]]
        m.open("Package", os_index=p, **m.place(mine, near))
        m.info("CPUModel", "Neoverse-V2")
        m.numa(p, mine, 480 * GIB)
        for g in (2 * p, 2 * p + 1):
            m.numa(memory[g][1], mine, 186 * GIB, memory[g][0])
        m.cache(3, 114 * MIB, mine, near)
        for c in range(72):
            m.core(c, [mine[c]], near, 64 * KIB, 1 * MIB)
        m.close()
        for g in (2 * p, 2 * p + 1):
            domain = int(memory[g][0][:4], 16)
            m.host_bridge(domain, 0, 1)
            nvidia(m, memory[g][0], "2941", g, "NVIDIA GB200")
            m.close()
        for k in range(2):
            domain = (0x0, 0x2, 0x10, 0x12)[2 * p + k]
            m.host_bridge(domain, 0, 3)
            nic(m, f"{domain:04x}:03:00.0", f"ibp{2 * p + k}", f"mlx5_{2 * p + k}")
            m.close()
        m.close()
    m.write("gb200_tray")


def container():
    """A server of 16 cores seen from a container that may use one of them."""
    m, pus = Machine(), list(range(32))
    m.root(pus, [0], allowed=[5])
    m.open("Package", os_index=0, **m.place(pus, [0]))
    m.info("CPUModel", "AMD EPYC 9124 16-Core Processor")
    m.numa(0, pus, 128 * GIB)
    for x in range(4):
        cores = range(4 * x, 4 * x + 4)
        eight = [c for c in cores] + [16 + c for c in cores]
        m.cache(3, 16 * MIB, eight, [0])
        for c in cores:
            m.core(c, [c, 16 + c], [0], 32 * KIB, 1 * MIB)
        m.close()
    m.close()
    m.write("container")


def flat():
    """A virtual machine that shows two packages but hangs every PCI device under the root."""
    m = Machine()
    m.root([0, 1, 2, 3], [0, 1])
    for p in range(2):
        mine = [2 * p, 2 * p + 1]
        m.open("Package", os_index=p, **m.place(mine, [p]))
        m.numa(p, mine, 32 * GIB)
        for pu in mine:
            m.core(pu, [pu], [p])
        m.close()
    m.host_bridge(0, 0, 1)
    m.pci("0000:00:05.0", "0300", "1a03", "2000")
    m.pci("0000:00:06.0", "0302", "10de", "2330")
    m.pci("0000:00:07.0", "1200", "1002", "74a1")
    m.write("flat")


if __name__ == "__main__":
    flat()
    laptop()
    dgx_h100()
    gb200_tray()
    container()
    (HERE / "nothing.xml").write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE topology SYSTEM "hwloc2.dtd">\n'
        '<topology version="2.0">\n  <object type="Machine" gp_index="1"/>\n</topology>\n')
