/* opencl_device.c: OpenCL devices: which there are, what they are called, and why some cannot be used. */
#include "opencl.h"

#ifdef FC_WITH_OPENCL
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { PLATFORMS_MAX = 16 };

const char *fc_opencl_cache_advice(char *text, size_t size)
{
    static const struct {
        const char *variable, *below;
    } places[] = {{"POCL_CACHE_DIR", ""}, {"XDG_CACHE_HOME", "/pocl"}, {"HOME", "/.cache/pocl"}};
    char folder[1024] = "/tmp";
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        const char *value = getenv(places[i].variable);
        if (value && value[0]) {
            snprintf(folder, sizeof folder, "%.900s%s", value, places[i].below);
            break;
        }
    }
    char shown[sizeof folder], *slash;
    memcpy(shown, folder, sizeof shown);
    while (access(folder, F_OK) != 0 && (slash = strrchr(folder, '/')) && slash != folder)
        *slash = '\0'; /* the folder above, which would have to take the new one */
    struct statfs system;
    bool process_files = statfs(folder, &system) == 0 && system.f_type == PROC_SUPER_MAGIC;
    text[0] = '\0';
    if (access(folder, W_OK) != 0 || process_files)
        snprintf(text, size,
                 "; PoCL cannot write its cache, %.100s: set POCL_CACHE_DIR to a folder that can be written",
                 shown);
    return text;
}

int fc_opencl_devices(const struct fc_opencl *cl, cl_device_id *devices, int max, char *why, size_t why_size)
{
    cl_platform_id platforms[PLATFORMS_MAX];
    cl_uint platform_count = 0;
    cl_int code = cl->get_platform_ids(PLATFORMS_MAX, platforms, &platform_count);
    if (code != CL_SUCCESS || platform_count == 0) {
        snprintf(why, why_size, "no OpenCL platform (%s)",
                 code == CL_SUCCESS ? "no OpenCL driver is installed" : fc_opencl_code(code));
        return 0;
    }
    if (platform_count > PLATFORMS_MAX)
        platform_count = PLATFORMS_MAX;
    int count = 0;
    for (cl_uint p = 0; p < platform_count && count < max; p++) {
        cl_uint found = 0;
        code = cl->get_device_ids(platforms[p], CL_DEVICE_TYPE_ALL, (cl_uint)(max - count), devices + count,
                                  &found);
        if (code == CL_SUCCESS)
            count += (int)found < max - count ? (int)found : max - count;
    }
    char advice[200];
    snprintf(why, why_size, "%s%s", count ? "" : "the OpenCL platforms of this machine have no device",
             count ? "" : fc_opencl_cache_advice(advice, sizeof advice));
    return count;
}

/* A text property, cut to `size`; empty when it is not available. */
static void text_of(const struct fc_opencl *cl, cl_device_id device, cl_device_info what, char *text,
                    size_t size)
{
    char whole[1024] = "";
    if (cl->get_device_info(device, what, sizeof whole - 1, whole, NULL) != CL_SUCCESS)
        whole[0] = '\0';
    snprintf(text, size, "%.*s", (int)size - 1, whole);
}

const char *fc_opencl_refusal(const struct fc_opencl_abilities *able)
{
    if (!able->available)
        return "it is not available";
    if (!able->compiler)
        return "its driver has no compiler";
    if (!able->full_profile)
        return "it has only the embedded profile (no 64-bit integers)";
    if (!able->little_endian)
        return "it is big-endian";
    if (able->version < 102)
        return "its OpenCL is older than 1.2";
    if (!(able->single & CL_FP_FMA))
        return "it has no fused multiply-add in single precision";
    if (!(able->single & CL_FP_DENORM))
        return "it flushes denormal numbers to zero";
    if (!(able->single & CL_FP_CORRECTLY_ROUNDED_DIVIDE_SQRT))
        return "its division and square root are not correctly rounded";
    if (!(able->single & CL_FP_INF_NAN) || !(able->single & CL_FP_ROUND_TO_NEAREST))
        return "it lacks infinities or rounding to nearest";
    return NULL;
}

static void abilities_of(const struct fc_opencl *cl, cl_device_id device, struct fc_opencl_abilities *able)
{
    *able = (struct fc_opencl_abilities){0};
    cl_bool flag = CL_FALSE;
    able->available =
        cl->get_device_info(device, CL_DEVICE_AVAILABLE, sizeof flag, &flag, NULL) == CL_SUCCESS && flag;
    able->compiler =
        cl->get_device_info(device, CL_DEVICE_COMPILER_AVAILABLE, sizeof flag, &flag, NULL) == CL_SUCCESS &&
        flag;
    able->little_endian =
        cl->get_device_info(device, CL_DEVICE_ENDIAN_LITTLE, sizeof flag, &flag, NULL) == CL_SUCCESS && flag;
    char text[256];
    text_of(cl, device, CL_DEVICE_PROFILE, text, sizeof text);
    able->full_profile = strcmp(text, "FULL_PROFILE") == 0;
    text_of(cl, device, CL_DEVICE_OPENCL_C_VERSION, text, sizeof text); /* "OpenCL C 1.2 ..." */
    int major = 0, minor = 0;
    if (sscanf(text, "OpenCL C %d.%d", &major, &minor) == 2)
        able->version = major * 100 + minor;
    if (cl->get_device_info(device, CL_DEVICE_SINGLE_FP_CONFIG, sizeof able->single, &able->single, NULL) !=
        CL_SUCCESS)
        able->single = 0;
}

/* The PCI address, by the extensions that tell it: cl_khr_pci_bus_info, or NVIDIA's or AMD's own. */
static bool pci_of(const struct fc_opencl *cl, cl_device_id device, struct fc_pci_address *pci)
{
    enum {
        PCI_BUS_INFO_KHR = 0x410f,
        BUS_ID_NV = 0x4008,
        SLOT_ID_NV = 0x4009,
        DOMAIN_ID_NV = 0x400a,
        TOPOLOGY_AMD = 0x4037
    };
    cl_uint khr[4];
    if (cl->get_device_info(device, PCI_BUS_INFO_KHR, sizeof khr, khr, NULL) == CL_SUCCESS) {
        *pci = (struct fc_pci_address){khr[0], khr[1], khr[2], khr[3]};
        return true;
    }
    cl_uint bus, slot, domain = 0;
    if (cl->get_device_info(device, BUS_ID_NV, sizeof bus, &bus, NULL) == CL_SUCCESS &&
        cl->get_device_info(device, SLOT_ID_NV, sizeof slot, &slot, NULL) == CL_SUCCESS) {
        if (cl->get_device_info(device, DOMAIN_ID_NV, sizeof domain, &domain, NULL) != CL_SUCCESS)
            domain = 0;
        *pci = (struct fc_pci_address){domain, bus, slot >> 3, slot & 7};
        return true;
    }
    unsigned char amd[24]; /* type 1, 17 unused bytes, ... bus, device, function in the last three */
    if (cl->get_device_info(device, TOPOLOGY_AMD, sizeof amd, amd, NULL) == CL_SUCCESS && amd[0] == 1) {
        *pci = (struct fc_pci_address){0, amd[21], amd[22], amd[23]};
        return true;
    }
    return false;
}

void fc_opencl_describe(const struct fc_opencl *cl, cl_device_id device, struct fc_device_info *info)
{
    *info = (struct fc_device_info){0};
    text_of(cl, device, CL_DEVICE_NAME, info->name, sizeof info->name);
    char version[64];
    text_of(cl, device, CL_DRIVER_VERSION, version, sizeof version);
    cl_platform_id platform;
    char platform_name[64] = "OpenCL";
    if (cl->get_device_info(device, CL_DEVICE_PLATFORM, sizeof platform, &platform, NULL) == CL_SUCCESS)
        cl->get_platform_info(platform, CL_PLATFORM_NAME, sizeof platform_name - 1, platform_name, NULL);
    snprintf(info->driver, sizeof info->driver, "%.50s, driver %s", platform_name, version);
    cl_device_type type = 0;
    cl->get_device_info(device, CL_DEVICE_TYPE, sizeof type, &type, NULL);
    info->is_gpu = (type & CL_DEVICE_TYPE_GPU) != 0;
    info->has_pci = pci_of(cl, device, &info->pci);
    struct fc_opencl_abilities able;
    abilities_of(cl, device, &able);
    const char *refusal = fc_opencl_refusal(&able);
    snprintf(info->refused, sizeof info->refused, "%s", refusal ? refusal : "");
}
#endif
