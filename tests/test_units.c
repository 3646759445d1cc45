/* test_units.c: every unit by its meaning, and what is refused. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "host/language/units.h"

struct good {
    const char *text, *canonical;
    double value;
};

static const struct good good[] = {
    {"6 h", "s", 21600},
    {"30e3 h", "h", 30000},
    {"30e3 GPU-h", "h", 30000},
    {"30e3 GPU-hours", "h", 30000},
    {"5 min", "s", 300},
    {"54 d", "h", 1296},
    {"1 day", "h", 24},
    {"2 weeks", "day", 14},
    {"1 year", "h", 8766},
    {"12 months", "year", 1},
    {"1 month", "h", 730.5},
    {"14mo", "month", 14},
    {"0.1/year", "1/year", 0.1},
    {"3 /month", "1/year", 36},
    {"0.1 per year", "1/year", 0.1},
    {"2e-3/GPU-h", "1/h", 2e-3},
    {"250 ms", "s", 0.25},
    {"3 us", "s", 3e-6},
    {"3 \xc2\xb5s", "s", 3e-6},
    {"38 B USD", "USD", 38e9},
    {"38B USD", "USD", 38e9},
    {"38 B", "USD", 38e9},
    {"38 billion", "USD", 38e9},
    {"250 billion USD", "USD", 250e9},
    {"1.5k $", "USD", 1500},
    {"2 MUSD", "USD", 2e6},
    {"3.5 USD/GPU-h", "USD/GPU-h", 3.5},
    {"3.5 USD", "USD/GPU-h", 3.5},
    {"84 USD/day", "USD/GPU-h", 3.5},
    {"350 cents/GPU-h", "USD/GPU-h", 3.5},
    {"70 USD/MWh", "USD/kWh", 0.07},
    {"7 cents/kWh", "USD/kWh", 0.07},
    {"7 cents", "USD/kWh", 0.07},
    {"400 g/kWh", "g/kWh", 400},
    {"400 kg/MWh", "g/kWh", 400},
    {"0.4 t/MWh", "g/kWh", 400},
    {"18 TWh", "MWh", 18e6},
    {"1 GWh", "kWh", 1e6},
    {"1900 W", "kW", 1.9},
    {"1.9 kW/GPU", "kW", 1.9},
    {"0.25 GW", "MW", 250},
    {"800 Gb/s", "GB/s", 100},
    {"800 Gbit/s", "GB/s", 100},
    {"400 Gbps", "GB/s", 50},
    {"8 TB/s", "B/s", 8e12},
    {"192 GiB", "B", 206158430208.0},
    {"4 B", "B", 4},
    {"2.5 PFLOP/s", "FLOP/s", 2.5e15},
    {"2.5 PFLOPS", "FLOP/s", 2.5e15},
    {"5e26 FLOP", "FLOP", 5e26},
    {"500 YFLOP", "FLOP", 5e26},
    {"15.6 T tokens", "token", 15.6e12},
    {"15.6T tokens", "token", 15.6e12},
    {"15.6T", "token", 15.6e12},
    {"16 million tokens", "token", 16e6},
    {"3 M GPU-h", "GPU-h", 3e6},
    {"3 bn GPU-h", "GPU-h", 3e9},
    {"4.78 M token/s", "token/s", 4.78e6},
    {"1 Mtoken", "token", 1e6},
    {"40 %", "1", 0.4},
    {"40%", "1", 0.4},
    {"0.4", "1", 0.4},
    {"0.4 1", "1", 0.4},
    {"16k", "GPU", 16000},
    {"1_000_000", "1", 1e6},
    {"+1.5e3", "1", 1500},
    {".5", "1", 0.5},
    {"-2 h", "s", -7200},
};

static void test_good(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct fc_source source = fc_source_of("x", good[i].text);
        struct fc_error error = {0};
        double value;
        if (fc_quantity_read(&source, good[i].canonical, &value, &error))
            fail_msg("'%s': %s", good[i].text, error.text);
        if (!(fabs(value - good[i].value) <= 1e-14 * fabs(good[i].value)))
            fail_msg("'%s' is %.17g %s, not %.17g", good[i].text, value, good[i].canonical, good[i].value);
    }
}

static const struct {
    const char *text, *canonical, *message;
} bad[] = {
    {"6 kWh", "h", "x:1:3: the unit 'kWh' does not fit here; write h or a unit of the same kind"},
    {"6 h", "1", "x:1:3: the unit 'h' does not fit here (a plain number or a percentage is expected)"},
    {"6 hoours", "h", "x:1:3: 'hoours' is not a known unit; did you mean 'hours'?"},
    {"6 usd", "USD", "x:1:3: 'usd' is not a known unit; did you mean 'USD'?"},
    {"6 USD/GPU-hh", "USD", "x:1:11: 'hh' is not a known unit; did you mean 'h'?"},
    {"6 USD/", "USD", "x:1:7: a unit is missing here; write for example USD/GPU-h"},
    {"6 /h", "h", "x:1:3: the unit '/h' does not fit here; write h or a unit of the same kind"},
    {"6 *h", "h", "x:1:3: a unit is missing before '*'; write for example USD/GPU-h"},
    {"6 /", "1/h", "x:1:4: a unit is missing here; write for example USD/GPU-h"},
    {"6 per", "1/h", "x:1:6: a unit is missing here; write for example USD/GPU-h"},
    {"6 M h", "h", "x:1:3: 'M' is not a known unit"},
    {"6 nodes", "GPU", "x:1:3: 'nodes' counts nodes, but GPUs are counted here; write the number of GPUs"},
    {"6 GPUs", "node", "x:1:3: 'GPUs' counts GPUs, but nodes are counted here; write the number of nodes"},
    {"6 USD/node-h", "USD/GPU-h", "x:1:3: 'USD/node-h' is per node, and nothing here is; write it per GPU"},
    {"6 kW/node", "kW", "x:1:3: 'kW/node' is per node, and nothing here is; write it per GPU"},
    {"6 zorkmid", "USD", "x:1:3: 'zorkmid' is not a known unit; write for example"},
    {"6 kGPU", "GPU", "x:1:3: 'kGPU' is not a known unit; did you mean 'GPU'?"},
    {"inf", "h", "x:1:1: 'inf' is not a number; write for example 3.5 or 15.6e12"},
    {"NaN", "h", "x:1:1: 'NaN' is not a number"},
    {"0x1p3", "h", "x:1:1: '0x1p3' is not a decimal number; write it without 0x"},
    {"1e400", "h", "x:1:1: 1e400 is too large a number"},
    {"1__0", "h", "x:1:2: '__0' is not a known unit"},
    {"2.6..4.0 USD", "USD", "x:1:4: '..4.0' cannot follow a number; for a range, write '2 to 5 h'"},
    {"2.6 - 4.0 USD", "USD", "x:1:5: '-' cannot follow a number; for a range, write '2 to 5 h'"},
    {"2.6-4.0 USD", "USD", "x:1:4: '-' cannot follow a number; for a range, write '2 to 5 h'"},
    {"2.6\xe2\x80\x93"
     "4 USD",
     "USD",
     "x:1:4: '\xe2\x80\x93"
     "4' cannot follow a number; for a range"},
    {"3 \xc2\xb1 0.5 h", "h",
     "x:1:3: '\xc2\xb1' cannot follow a number; for a spread, write 'normal(3, 0.5) h'"},
    {"3+/-0.5 h", "h", "x:1:2: '+' cannot follow a number; for a spread"},
    {"3,5 h", "h",
     "x:1:2: ',5' cannot follow a number; write decimals with a point, and thousands without a comma"},
    {"", "h", "x:1:1: '' is not a number"},
    {"1e308 year", "s", "x:1:1: the value is too large a number"},
};

static void test_bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct fc_source source = fc_source_of("x", bad[i].text);
        struct fc_error error = {0};
        double value;
        if (fc_quantity_read(&source, bad[i].canonical, &value, &error) == 0)
            fail_msg("'%s' was read as %g", bad[i].text, value);
        assert_int_equal(error.status, FC_BAD_INPUT);
        if (strncmp(error.text, bad[i].message, strlen(bad[i].message)) != 0)
            fail_msg("'%s':\n  said   %s\n  wanted %s", bad[i].text, error.text, bad[i].message);
    }
}

static void test_number_too_long(void **state)
{
    (void)state;
    char text[4000];
    memset(text, '9', sizeof text);
    text[sizeof text - 1] = '\0';
    struct fc_source source = fc_source_of("x", text);
    struct fc_error error = {0};
    double value;
    assert_int_equal(fc_quantity_read(&source, "h", &value, &error), -1);
    assert_non_null(strstr(error.text, "the number is too long (3999 characters); write at most 300"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_good), cmocka_unit_test(test_bad),
                                       cmocka_unit_test(test_number_too_long)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
