/* SPDX-License-Identifier: MIT */
/*
 * MC146818A real-time clock (data sheet ADI856R2) with the 128 bytes of RAM of a PC/AT; the century
 * is byte 32h. Date and flags are computed when somebody looks or when an enabled interrupt falls
 * due. The divider chain (sub-second phase) goes on while SET holds the date, and starts half a
 * second before an update when the guest releases it from reset.
 */
#include "hw/pc/cmos_rtc.h"

#include "core/trace.h"
#include "hw/isa/isa_ports.h"

enum {
    REG_SEC,
    REG_SEC_ALARM,
    REG_MIN,
    REG_MIN_ALARM,
    REG_HOUR,
    REG_HOUR_ALARM,
    REG_DOW,
    REG_DAY,
    REG_MONTH,
    REG_YEAR,
    REG_A,
    REG_B,
    REG_C,
    REG_D,
    REG_CENTURY = 0x32,
};

#define A_UIP     0x80
#define B_SET     0x80
#define B_PIE     0x40
#define B_AIE     0x20
#define B_UIE     0x10
#define B_SQWE    0x08
#define B_DM      0x04
#define B_24H     0x02
#define C_IRQF    0x80
#define C_PF      0x40
#define C_AF      0x20
#define C_UF      0x10
#define D_VRT     0x80
#define HOUR_PM   0x80
#define ALARM_ANY 0xc0

/* UIP rises 244 us before the update cycle, which takes 1984 us with a 32 kHz crystal. */
#define UIP_NS     (2228 * NS_PER_US)
#define CRYSTAL_HZ 32768
#define DAY_S      86400

struct cmos_rtc {
    struct device dev;
    struct isa_ports ports;
    struct clock *clock;
    struct timer timer;
    struct irq irq8;
    enum tick_policy policy;
    uint8_t index;           /* port 70h, with the NMI bit */
    uint8_t ram[128];        /* also A, B, C, alarm bytes; the date while it is held */
    int64_t chain_offset_ns; /* divider chain - clock_rtc_ns; whole seconds of it don't matter */
    int64_t offset_s;        /* the guest's date - the chain's seconds */
    unsigned dow_offset;     /* day of week as set - as computed */
    int64_t synced_ns;       /* chain time up to which C holds the events */
    uint32_t owed;           /* periodic interrupts that found PF set */
};

struct rtc_fields {
    unsigned sec, min, hour, dow, day, month;
    int64_t year;
};

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* Gregorian calendar; month may be any 0..15, day 0..63: what is too much carries over. */
static int64_t days_from_date(int64_t year, unsigned month, unsigned day)
{
    int64_t y = year - (month < 3);
    unsigned shifted = (month + 9) % 12; /* from March */
    int64_t era = floor_div(y, 400), of_era = y - era * 400;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + (153 * shifted + 2) / 5 +
           (int64_t)day - 1 - 719468;
}

static void date_from_days(int64_t days, struct rtc_fields *f)
{
    int64_t era, doe, yoe, doy, shifted;

    f->dow = (unsigned)((days % 7 + 11) % 7); /* 1970-01-01 was a Thursday; 0 = Sunday */
    days += 719468;
    era = floor_div(days, 146097);
    doe = days - era * 146097;
    yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    shifted = (5 * doy + 2) / 153;
    f->day = (unsigned)(doy - (153 * shifted + 2) / 5) + 1;
    f->month = (unsigned)(shifted < 10 ? shifted + 3 : shifted - 9);
    f->year = yoe + era * 400 + (f->month <= 2);
}

/* --- time ------------------------------------------------------------------------------------ */

static bool rtc_chain_running(const struct cmos_rtc *r)
{
    return (r->ram[REG_A] & 0x70) <= 0x20;
}

/* The date stands still and its bytes are in RAM. */
static bool rtc_held(const struct cmos_rtc *r)
{
    return (r->ram[REG_B] & B_SET) || !rtc_chain_running(r);
}

static int64_t rtc_chain_ns(const struct cmos_rtc *r)
{
    return clock_rtc_ns(r->clock) + r->chain_offset_ns;
}

static int64_t rtc_chain_s(const struct cmos_rtc *r)
{
    return floor_div(rtc_chain_ns(r), NS_PER_SEC);
}

static uint8_t rtc_encode(const struct cmos_rtc *r, unsigned value)
{
    return (uint8_t)(r->ram[REG_B] & B_DM ? value : value / 10 << 4 | value % 10);
}

static unsigned rtc_decode(const struct cmos_rtc *r, uint8_t byte)
{
    return r->ram[REG_B] & B_DM ? byte : (byte >> 4) * 10u + (byte & 15u);
}

static uint8_t rtc_encode_hour(const struct cmos_rtc *r, unsigned hour)
{
    if (r->ram[REG_B] & B_24H) {
        return rtc_encode(r, hour);
    }
    return rtc_encode(r, hour % 12 ? hour % 12 : 12) | (hour >= 12 ? HOUR_PM : 0);
}

static unsigned rtc_decode_hour(const struct cmos_rtc *r, uint8_t byte)
{
    if (r->ram[REG_B] & B_24H) {
        return rtc_decode(r, byte);
    }
    return rtc_decode(r, byte & (uint8_t)~HOUR_PM) % 12 + (byte & HOUR_PM ? 12 : 0);
}

/* The running date's bytes. */
static void rtc_store(const struct cmos_rtc *r, int64_t seconds, uint8_t *ram)
{
    int64_t days = floor_div(seconds, DAY_S);
    unsigned tod = (unsigned)(seconds - days * DAY_S);
    struct rtc_fields f;

    date_from_days(days, &f);
    ram[REG_SEC] = rtc_encode(r, tod % 60);
    ram[REG_MIN] = rtc_encode(r, tod / 60 % 60);
    ram[REG_HOUR] = rtc_encode_hour(r, tod / 3600);
    ram[REG_DOW] = rtc_encode(r, (f.dow + r->dow_offset) % 7 + 1);
    ram[REG_DAY] = rtc_encode(r, f.day);
    ram[REG_MONTH] = rtc_encode(r, f.month);
    ram[REG_YEAR] = rtc_encode(r, (unsigned)(((f.year % 100) + 100) % 100));
    ram[REG_CENTURY] = (uint8_t)(f.year / 100 % 100 / 10 << 4 | f.year / 100 % 10);
}

/* The date goes on from the bytes in RAM. */
static void rtc_load(struct cmos_rtc *r)
{
    const uint8_t *ram = r->ram;
    unsigned century = (ram[REG_CENTURY] >> 4) * 10u + (ram[REG_CENTURY] & 15u);
    struct rtc_fields f;
    int64_t days = days_from_date(century * 100 + rtc_decode(r, ram[REG_YEAR]),
                                  rtc_decode(r, ram[REG_MONTH]), rtc_decode(r, ram[REG_DAY]));

    r->offset_s = days * DAY_S + rtc_decode_hour(r, ram[REG_HOUR]) * 3600 +
                  rtc_decode(r, ram[REG_MIN]) * 60 + rtc_decode(r, ram[REG_SEC]) - rtc_chain_s(r);
    date_from_days(days, &f);
    r->dow_offset = (rtc_decode(r, ram[REG_DOW]) + 6 + 7 - f.dow) % 7;
}

/* --- events ---------------------------------------------------------------------------------- */

/* Crystal pulses a periodic interrupt; 0 = off. */
static int64_t rtc_period(const struct cmos_rtc *r)
{
    unsigned rate = r->ram[REG_A] & 15;

    if (rate == 0) {
        return 0;
    }
    return 1ll << (rate <= 2 ? rate + 6 : rate - 1);
}

static int64_t rtc_pulses(int64_t chain_ns)
{
    int64_t s = floor_div(chain_ns, NS_PER_SEC);

    return s * CRYSTAL_HZ + (chain_ns - s * NS_PER_SEC) * CRYSTAL_HZ / NS_PER_SEC;
}

static bool rtc_alarm_field(const struct cmos_rtc *r, unsigned reg, unsigned value)
{
    uint8_t byte = r->ram[reg];

    if ((byte & ALARM_ANY) == ALARM_ANY) {
        return true;
    }
    return (reg == REG_HOUR_ALARM ? rtc_decode_hour(r, byte) : rtc_decode(r, byte)) == value;
}

/* Seconds from `after` to the next alarm (1..86400), or 0 if none ever comes. */
static int64_t rtc_next_alarm(const struct cmos_rtc *r, int64_t after)
{
    int64_t start = after + 1, day = floor_div(start, DAY_S), first = start - day * DAY_S;

    for (unsigned pass = 0; pass < 2; pass++) {
        unsigned from = pass ? 0 : (unsigned)first;

        for (unsigned h = from / 3600; h < 24; h++) {
            if (!rtc_alarm_field(r, REG_HOUR_ALARM, h)) {
                continue;
            }
            for (unsigned m = h == from / 3600 ? from / 60 % 60 : 0; m < 60; m++) {
                if (!rtc_alarm_field(r, REG_MIN_ALARM, m)) {
                    continue;
                }
                for (unsigned s = h * 60 + m == from / 60 ? from % 60 : 0; s < 60; s++) {
                    if (rtc_alarm_field(r, REG_SEC_ALARM, s)) {
                        return (pass ? DAY_S : 0) + h * 3600 + m * 60 + s - first + 1;
                    }
                }
            }
        }
    }
    return 0;
}

static void rtc_update_irq(struct cmos_rtc *r)
{
    bool level = r->ram[REG_C] & r->ram[REG_B] & (C_PF | C_AF | C_UF);

    r->ram[REG_C] = (r->ram[REG_C] & (uint8_t)~C_IRQF) | (level ? C_IRQF : 0);
    irq_set(r->irq8, level);
}

static void rtc_owe(struct cmos_rtc *r, int64_t periods)
{
    if (r->policy == TICK_DELAY && (r->ram[REG_B] & B_PIE)) {
        uint32_t room = TICK_OWED_MAX - r->owed;

        r->owed += periods > room ? room : (uint32_t)periods;
    }
}

/* Brings register C up to now. */
static void rtc_sync(struct cmos_rtc *r)
{
    int64_t now = rtc_chain_ns(r), period = rtc_period(r), last = r->synced_ns;
    uint8_t *c = &r->ram[REG_C];

    r->synced_ns = now;
    if (!rtc_chain_running(r)) {
        return;
    }
    if (period) {
        int64_t n = floor_div(rtc_pulses(now), period) - floor_div(rtc_pulses(last), period);

        if (n > 0) {
            rtc_owe(r, n - !(*c & C_PF));
            *c |= C_PF;
        }
    }
    if (!rtc_held(r)) {
        int64_t from = floor_div(last, NS_PER_SEC), to = floor_div(now, NS_PER_SEC);

        if (to > from) {
            int64_t alarm = rtc_next_alarm(r, from + r->offset_s);

            *c |= C_UF | (alarm && alarm <= to - from ? C_AF : 0);
        }
    }
    rtc_update_irq(r);
}

/* Arms the timer for the next event that interrupts. */
static void rtc_arm(struct cmos_rtc *r)
{
    uint8_t enabled = r->ram[REG_B] & (uint8_t)~r->ram[REG_C];
    int64_t now = r->synced_ns, second = floor_div(now, NS_PER_SEC), next = INT64_MAX;
    int64_t period = rtc_period(r);

    if (rtc_chain_running(r) && period && (r->ram[REG_B] & B_PIE)) {
        int64_t pulse = (floor_div(rtc_pulses(now), period) + 1) * period;
        int64_t s = floor_div(pulse, CRYSTAL_HZ);

        next =
            s * NS_PER_SEC + ((pulse - s * CRYSTAL_HZ) * NS_PER_SEC + CRYSTAL_HZ - 1) / CRYSTAL_HZ;
    }
    if (!rtc_held(r) && (enabled & B_UIE)) {
        next = MIN(next, (second + 1) * NS_PER_SEC);
    }
    if (!rtc_held(r) && (enabled & B_AIE)) {
        int64_t alarm = rtc_next_alarm(r, second + r->offset_s);

        if (alarm) {
            next = MIN(next, (second + alarm) * NS_PER_SEC);
        }
    }
    if (next == INT64_MAX) {
        timer_del(&r->timer);
    } else {
        timer_mod(&r->timer, clock_now_ns(r->clock) + (next - now));
    }
}

static void rtc_fire(void *opaque)
{
    struct cmos_rtc *r = opaque;

    trace_rtc_timer(clock_now_ns(r->clock));
    rtc_sync(r);
    rtc_arm(r);
}

/* --- registers ------------------------------------------------------------------------------- */

static bool rtc_is_date(unsigned index)
{
    return index == REG_CENTURY || (index <= REG_YEAR && index != REG_SEC_ALARM &&
                                    index != REG_MIN_ALARM && index != REG_HOUR_ALARM);
}

static uint8_t rtc_read_a(struct cmos_rtc *r)
{
    int64_t now = rtc_chain_ns(r);
    int64_t left = NS_PER_SEC - (now - floor_div(now, NS_PER_SEC) * NS_PER_SEC);

    return r->ram[REG_A] | (!rtc_held(r) && left <= UIP_NS ? A_UIP : 0);
}

/* Reading clears the flags; an owed periodic interrupt follows at once. */
static uint8_t rtc_read_c(struct cmos_rtc *r)
{
    uint8_t value = r->ram[REG_C];

    r->ram[REG_C] = 0;
    rtc_update_irq(r);
    if (r->owed && (r->ram[REG_B] & B_PIE) && (value & C_PF)) {
        r->owed--;
        r->ram[REG_C] = C_PF;
        rtc_update_irq(r);
    }
    rtc_arm(r);
    return value;
}

static uint8_t rtc_get(struct cmos_rtc *r, unsigned index)
{
    rtc_sync(r);
    if (rtc_is_date(index)) {
        if (!rtc_held(r)) {
            rtc_store(r, rtc_chain_s(r) + r->offset_s, r->ram);
        }
        return r->ram[index];
    }
    switch (index) {
    case REG_A: return rtc_read_a(r);
    case REG_C: return rtc_read_c(r);
    case REG_D: return D_VRT;
    default: return r->ram[index];
    }
}

/* A or B may stop or start the date. */
static void rtc_control(struct cmos_rtc *r, unsigned index, uint8_t value)
{
    bool was_held = rtc_held(r), was_running = rtc_chain_running(r);

    if (!was_held) {
        rtc_store(r, rtc_chain_s(r) + r->offset_s, r->ram);
    }
    if (index == REG_A) {
        value &= (uint8_t)~A_UIP;
        if ((value ^ r->ram[REG_A]) & 15) {
            r->owed = 0;
        }
    } else {
        if (value & B_SET) {
            value &= (uint8_t)~B_UIE;
        }
        if (!(value & B_PIE)) {
            r->owed = 0;
        }
    }
    r->ram[index] = value;
    if (rtc_chain_running(r) && !was_running) {
        int64_t now = rtc_chain_ns(r);

        r->chain_offset_ns += NS_PER_SEC / 2 - (now - floor_div(now, NS_PER_SEC) * NS_PER_SEC);
        r->synced_ns = rtc_chain_ns(r);
    }
    if (was_held && !rtc_held(r)) {
        rtc_load(r);
    }
    rtc_update_irq(r);
}

static void rtc_put(struct cmos_rtc *r, unsigned index, uint8_t value)
{
    rtc_sync(r);
    if (rtc_is_date(index)) {
        if (rtc_held(r)) {
            r->ram[index] = value;
        } else {
            rtc_store(r, rtc_chain_s(r) + r->offset_s, r->ram);
            r->ram[index] = value;
            rtc_load(r);
        }
    } else if (index == REG_A || index == REG_B) {
        rtc_control(r, index, value);
    } else if (index != REG_C && index != REG_D) {
        r->ram[index] = value;
    }
    rtc_arm(r);
}

static uint32_t rtc_read(void *opaque, uint16_t off, unsigned size)
{
    struct cmos_rtc *r = opaque;

    (void)size;
    return off == 0 ? 0xff : rtc_get(r, r->index & 0x7f);
}

static void rtc_write(void *opaque, uint16_t off, uint32_t value, unsigned size)
{
    struct cmos_rtc *r = opaque;

    (void)size;
    if (off == 0) {
        r->index = (uint8_t)value;
    } else {
        rtc_put(r, r->index & 0x7f, (uint8_t)value);
    }
}

static const struct ioport_ops rtc_ops = { .read = rtc_read, .write = rtc_write };

void cmos_set(struct cmos_rtc *r, unsigned index, uint8_t value)
{
    rtc_put(r, index & 0x7f, value);
}

uint8_t cmos_get(struct cmos_rtc *r, unsigned index)
{
    if ((index & 0x7f) == REG_C) {
        rtc_sync(r);
        return r->ram[REG_C];
    }
    return rtc_get(r, index & 0x7f);
}

bool cmos_nmi_disabled(const struct cmos_rtc *r)
{
    return r->index & 0x80;
}

void cmos_rtc_set_lost_ticks(struct cmos_rtc *r, enum tick_policy policy)
{
    r->policy = policy;
    r->owed = 0;
}

/* The RESET pin: interrupts off; date, rate and RAM are on the battery. */
static void rtc_reset(struct device *d)
{
    struct cmos_rtc *r = (struct cmos_rtc *)d;

    r->index = 0;
    rtc_put(r, REG_B, r->ram[REG_B] & (uint8_t) ~(B_PIE | B_AIE | B_UIE | B_SQWE));
    r->ram[REG_C] = 0;
    r->owed = 0;
    rtc_update_irq(r);
}

static bool rtc_realize(struct device *d, GError **err)
{
    struct cmos_rtc *r = (struct cmos_rtc *)d;

    timer_init(&r->timer, r->clock, rtc_fire, r);
    r->policy = TICK_DISCARD;
    r->ram[REG_A] = 0x26;
    r->ram[REG_B] = B_24H;
    r->synced_ns = rtc_chain_ns(r);
    return isa_ports_claim(&r->ports, d, 0x70, 2, false, &rtc_ops, r, err);
}

static void rtc_unrealize(struct device *d)
{
    struct cmos_rtc *r = (struct cmos_rtc *)d;

    timer_del(&r->timer);
    isa_ports_release(&r->ports);
}

struct cmos_rtc *cmos_rtc_new(struct ioport_space *io, struct clock *clock, struct irq irq8,
                              GError **err)
{
    struct device *d = device_new(&cmos_rtc_class);
    struct cmos_rtc *r = (struct cmos_rtc *)d;

    r->ports.io = io;
    r->clock = clock;
    r->irq8 = irq8;
    if (!device_realize(d, err)) {
        device_free(d);
        return NULL;
    }
    return r;
}

const struct device_class cmos_rtc_class = {
    .name = "mc146818rtc",
    .desc = "real-time clock and CMOS RAM",
    .size = sizeof(struct cmos_rtc),
    .realize = rtc_realize,
    .unrealize = rtc_unrealize,
    .reset = rtc_reset,
};
