/* One pass over the values of a column: counts, moments, an adaptive histogram, distinct values, runs, spikes, windows.
 *
 * Every state is a block of plain memory that numpy owns (see state.py for its fields), so that it can be kept, copied
 * and merged. All functions let go of the interpreter while they work; two of them never share a block.
 */
#define Py_LIMITED_API 0x030B0000
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3", "associative-math", "no-signed-zeros", "finite-math-only", "no-trapping-math", "no-math-errno")
#if defined(__x86_64__) && defined(__gnu_linux__)
#define WIDE __attribute__((target_clones("arch=x86-64-v3", "default"))) /* by the machine that it runs on */
#endif
#endif
#ifndef WIDE
#define WIDE
#endif

#define CAP 4096     /* values, or ranges of values, that a histogram tells apart at most */
#define SLOTS 8192   /* of its hash table: a power of two, twice as many, for short searches */
#define NEAR 8192    /* ranges of either sign that are counted in place while one batch is taken in */
#define REGISTERS 4096
#define SIZES 512    /* quarter octaves from 2^-64 to 2^64 */
#define LENGTHS 48   /* octaves of the length of a run */
#define KEPT 32      /* largest spikes, longest runs */
#define BLOCK 1024

typedef struct { double size, value, around; int64_t row, track; } Spike; /* around: the mean of both neighbours */
typedef struct { int64_t length; double value; int64_t row; int64_t track; } Run;

typedef struct { uint64_t key; int64_t count; } Entry; /* the key plus one: zero is free */

typedef struct {
    int64_t rows, missing, infinite, below, above;
    int64_t known, zeros, repeats, extremes, at_low, at_high;
    double low, high, mean, m2, m3, m4;
    double allowed_low, allowed_high; /* range of the contract, infinite where none is said */
    int64_t level;                    /* bits of each value that the histogram does not tell apart */
    int64_t used;
    int64_t spikes, runs;             /* kept so far */
    Entry table[SLOTS];
    uint8_t registers[REGISTERS];
    int64_t sizes[SIZES];
    int64_t lengths[LENGTHS];
    Spike spike[KEPT];
    Run run[KEPT];
} Column;

typedef struct { /* where the values of one asset begin and end */
    int64_t known;             /* values so far */
    double first[2], last[2];  /* last[1] is the newest */
    int64_t first_row[2], last_row[2];
    int64_t lead, trail;       /* length of the first and of the newest run */
    int64_t lead_row, trail_row;
} Track;

typedef struct { int64_t n; double mean, m2, low, high; } Window;
typedef struct { int64_t begin, end, track, window, slot; } Stretch;

static inline uint64_t bits_of(double x) {
    uint64_t bits;
    memcpy(&bits, &x, 8);
    return bits;
}

static inline uint64_t ordered(double x) { /* whole numbers in the order of the values; both zeros are one */
    uint64_t bits = bits_of(x), top = 0x8000000000000000ull;
    bits = bits == top ? 0 : bits;
    return bits ^ (bits & top ? ~0ull : top);
}

static inline uint64_t mixed(uint64_t key) { /* both halves of a product, folded */
#ifdef __SIZEOF_INT128__
    unsigned __int128 product = (unsigned __int128)(key ^ 0x2D358DCCAA6C78A5ull) * 0x8BB84B93962EACC9ull;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
#else
    uint64_t h = (key ^ (key >> 32)) * 0xBF58476D1CE4E5B9ull;
    h = (h ^ (h >> 29)) * 0x94D049BB133111EBull;
    return h ^ (h >> 32);
#endif
}

static inline Entry *place(Column *c, uint64_t key) {
    uint64_t at = (key * 0x9E3779B97F4A7C15ull) >> 51;
    while (c->table[at].key && c->table[at].key != key + 1) at = (at + 1) & (SLOTS - 1);
    return &c->table[at];
}

static inline void told(Column *c, uint64_t h) { /* distinct values: HyperLogLog */
    uint8_t rank = (uint8_t)(__builtin_clzll((h << 12) | 2048) + 1), *r = &c->registers[h >> 52];
    *r = rank > *r ? rank : *r;
}

static int least(const Column *c) { /* of the registers */
    uint8_t found = 255;
    for (int64_t i = 0; i < REGISTERS; i++) found = c->registers[i] < found ? c->registers[i] : found;
    return found;
}

static void coarser(Column *c) { /* forget one bit; until then the values themselves were told apart */
    if (c->level == 0)
        for (int64_t i = 0; i < SLOTS; i++)
            if (c->table[i].key) told(c, mixed(c->table[i].key - 1));
    Entry kept[CAP + 1];
    int64_t n = 0;
    for (int64_t i = 0; i < SLOTS; i++)
        if (c->table[i].key) kept[n++] = (Entry){(c->table[i].key - 1) >> 1, c->table[i].count};
    memset(c->table, 0, sizeof c->table);
    c->level++;
    c->used = 0;
    for (int64_t i = 0; i < n; i++) {
        Entry *e = place(c, kept[i].key);
        c->used += !e->key;
        e->key = kept[i].key + 1;
        e->count += kept[i].count;
    }
}

static void counted(Column *c, uint64_t key, int64_t times) {
    Entry *e = place(c, key);
    c->used += !e->key;
    e->key = key + 1;
    e->count += times;
    while (c->used > CAP) coarser(c);
}

static inline int octave(int64_t n) { int b = 63 - __builtin_clzll((uint64_t)n); return b < LENGTHS ? b : LENGTHS - 1; }

static void keep_spike(Column *c, Spike s) {
    int64_t i = c->spikes < KEPT ? c->spikes++ : KEPT;
    if (i == KEPT) {
        if (s.size < c->spike[KEPT - 1].size || (s.size == c->spike[KEPT - 1].size && s.row >= c->spike[KEPT - 1].row)) return;
        i = KEPT - 1;
    }
    while (i > 0 && (c->spike[i - 1].size < s.size || (c->spike[i - 1].size == s.size && c->spike[i - 1].row > s.row))) { c->spike[i] = c->spike[i - 1]; i--; }
    c->spike[i] = s;
}

static void keep_run(Column *c, Run r) {
    int64_t i = c->runs < KEPT ? c->runs++ : KEPT;
    if (i == KEPT) {
        if (r.length < c->run[KEPT - 1].length || (r.length == c->run[KEPT - 1].length && r.row >= c->run[KEPT - 1].row)) return;
        i = KEPT - 1;
    }
    while (i > 0 && (c->run[i - 1].length < r.length || (c->run[i - 1].length == r.length && c->run[i - 1].row > r.row))) { c->run[i] = c->run[i - 1]; i--; }
    c->run[i] = r;
}

static inline int64_t bin(double size) {
    int64_t at = (int64_t)(bits_of(size) >> 50) - ((1023 - 64) << 2);
    return at < 0 ? 0 : at >= SIZES ? SIZES - 1 : at;
}

static void leapt(Column *c, double before, double x, double after, int64_t row, int64_t track) {
    double up = x - before, down = x - after;
    if (!(up * down > 0)) return;
    double size = fabs(up) < fabs(down) ? fabs(up) : fabs(down);
    c->sizes[bin(size)]++;
    c->extremes++;
    keep_spike(c, (Spike){size, x, (before + after) / 2, row, track});
}

static void ended(Column *c, const Track *t, int64_t track) { /* the newest run is over */
    c->lengths[octave(t->trail)]++;
    if (t->trail > 1 && (c->runs < KEPT || t->trail > c->run[KEPT - 1].length))
        keep_run(c, (Run){t->trail, t->last[1], t->trail_row, track});
}

static void summed(double *mean, double *m2, int64_t *n, double mean_b, double m2_b, int64_t nb) {
    double d = mean_b - *mean, all = (double)(*n + nb);
    *m2 += m2_b + d * d * (double)*n * (double)nb / all;
    *mean += d * (double)nb / all;
    *n += nb;
}

static void moments(Column *c, int64_t nb, double mean, double m2, double m3, double m4) { /* Pebay 2008 */
    double a = (double)c->known, b = (double)nb, n = a + b, d = mean - c->mean, q = d / n;
    if (!nb) return;
    c->m4 += m4 + d * q * q * q * a * b * (a * a - a * b + b * b) + 6 * q * q * (a * a * m2 + b * b * c->m2) + 4 * q * (a * m3 - b * c->m3);
    c->m3 += m3 + d * q * q * a * b * (a - b) + 3 * q * (a * m2 - b * c->m2);
    c->m2 += m2 + d * q * a * b;
    c->mean += q * b;
    c->known += nb;
}

typedef struct { uint64_t base[2]; int64_t level; int32_t count[2][2][NEAR]; } Near;

static void emptied(Column *c, Near *near) { /* what was counted in place goes to the table */
    int64_t level = near->level;
    if (level <= 0) return;
    for (int s = 0; s < 2; s++)
        for (int64_t i = 0; i < NEAR; i++)
            if (near->count[0][s][i] | near->count[1][s][i]) {
                int64_t times = (int64_t)near->count[0][s][i] + near->count[1][s][i];
                counted(c, (near->base[s] + (uint64_t)i) >> (c->level - level), times);
                near->count[0][s][i] = near->count[1][s][i] = 0;
            }
    near->level = 0;
}

static void aimed(const Column *c, Near *near, const double *x, int64_t n) { /* where most values of a block lie */
    uint64_t low[2] = {~0ull, ~0ull}, high[2] = {0, 0};
    for (int64_t i = 0; i < n; i++) {
        uint64_t key = ordered(x[i]) >> c->level;
        int s = x[i] >= 0;
        low[s] = key < low[s] ? key : low[s];
        high[s] = key > high[s] ? key : high[s];
    }
    near->level = c->level;
    for (int s = 0; s < 2; s++) {
        uint64_t span = high[s] - low[s], room = NEAR / 8;
        if (low[s] > high[s]) near->base[s] = 0;
        else if (span < NEAR) near->base[s] = low[s] - (NEAR - span) / 2;
        else near->base[s] = s ? high[s] + room - NEAR : low[s] - room; /* the largest sizes, and all but the smallest */
    }
}

WIDE static void histogram(Column *c, Near *near, const double *x, int64_t n, double low, double high) {
    uint64_t key[BLOCK];
    for (int64_t i = 0; i < n; i++) key[i] = ordered(x[i]);
    if (c->level == 0) { /* each value by itself */
        for (int64_t i = 0; i < n; i++) {
            Entry *e = &c->table[(key[i] * 0x9E3779B97F4A7C15ull) >> 51];
            if (e->key == key[i] + 1 && c->level == 0) { e->count++; continue; }
            if (c->level) told(c, mixed(key[i]));
            counted(c, key[i] >> c->level, 1);
        }
        return;
    }
    if (near->level != c->level) { emptied(c, near); aimed(c, near, x, n); }
    int64_t level = c->level;
    uint64_t common = ~0ull >> least(c); /* a digest above it changes no register */
    for (int64_t i = 0; i < n; i++) {
        uint64_t h = mixed(key[i]);
        if ((h << 12) <= common) told(c, h);
    }
    uint64_t first = ordered(low) >> level, last = ordered(high) >> level;
    int side = low >= 0;
    if (side == (high >= 0) && first - near->base[side] < NEAR && last - near->base[side] < NEAR) { /* all of them near */
        int32_t *one = near->count[0][side], *two = near->count[1][side];
        uint64_t base = near->base[side];
        int64_t i = 0;
        for (; i + 1 < n; i += 2) { /* in turns: the same place twice would have to wait */
            one[(key[i] >> level) - base]++;
            two[(key[i + 1] >> level) - base]++;
        }
        if (i < n) one[(key[i] >> level) - base]++;
        return;
    }
    for (int64_t i = 0; i < n; i++) {
        int s = (int)(key[i] >> 63);
        uint64_t k = key[i] >> level, at = k - near->base[s];
        if (at < NEAR) near->count[i & 1][s][at]++;
        else counted(c, k >> (c->level - level), 1);
    }
    if (c->level != level) emptied(c, near);
}

WIDE static void shape(const double *x, int64_t n, double *mean, double *m2, double *m3, double *m4, double *low, double *high) {
    double s = 0, a = x[0], b = x[0];
    for (int64_t i = 0; i < n; i++) s += x[i];
    for (int64_t i = 0; i < n; i++) a = x[i] < a ? x[i] : a;
    for (int64_t i = 0; i < n; i++) b = x[i] > b ? x[i] : b;
    double m = s / (double)n, q2 = 0, q3 = 0, q4 = 0;
    for (int64_t i = 0; i < n; i++) {
        double d = x[i] - m, q = d * d;
        q2 += q; q3 += q * d; q4 += q * q;
    }
    *mean = m; *m2 = q2; *m3 = q3; *m4 = q4; *low = a; *high = b;
}

WIDE static int64_t same_as_next(const double *x, int64_t n) {
    int64_t same = 0;
    for (int64_t i = 0; i + 1 < n; i++) same += x[i] == x[i + 1];
    return same;
}

WIDE static void leaps(const double *x, int64_t n, double *size) { /* of each value between its neighbours; 0 = none */
    for (int64_t i = 1; i + 1 < n; i++) {
        double up = x[i] - x[i - 1], down = x[i] - x[i + 1], a = fabs(up), b = fabs(down);
        double least = a < b ? a : b;
        size[i] = up * down > 0 ? least : 0;
    }
}

WIDE static void sized(Column *c, const double *size, int64_t n) {
    int16_t at[BLOCK];
    int64_t none = 0;
    for (int64_t i = 0; i < n; i++) {
        int64_t b = (int64_t)(bits_of(size[i]) >> 50) - ((1023 - 64) << 2);
        b = b < 0 ? 0 : b;
        at[i] = (int16_t)(b >= SIZES ? SIZES - 1 : b);
        none += size[i] == 0;
    }
    for (int64_t i = 0; i < n; i++) c->sizes[at[i]]++;
    c->sizes[0] -= none;
    c->extremes += n - none;
}

static inline void run_on(Column *c, Track *t, double v, int64_t row, int64_t track) {
    if (t->known && v == t->last[1]) {
        c->repeats++;
        t->trail++;
    } else {
        if (t->known) {
            if (t->trail == t->known) t->lead = t->trail; else ended(c, t, track);
        }
        t->trail = 1;
        t->trail_row = row;
    }
    if (t->known < 2) { t->first[t->known] = v; t->first_row[t->known] = row; }
    t->last[0] = t->last[1]; t->last[1] = v;
    t->last_row[0] = t->last_row[1]; t->last_row[1] = row;
    t->known++;
}

static void sequence(Column *c, Track *t, const double *x, const int64_t *rows, int64_t n, int64_t track) {
    double size[BLOCK];
    /* the seam, then the inside */
    if (t->known > 1) leapt(c, t->last[0], t->last[1], x[0], t->last_row[1], track);
    if (t->known > 0 && n > 1) leapt(c, t->last[1], x[0], x[1], rows[0], track);
    if (n > 2) {
        leaps(x, n, size);
        sized(c, size + 1, n - 2);
        double least = c->spikes < KEPT ? 0 : c->spike[KEPT - 1].size;
        for (int64_t i = 1; i + 1 < n; i++)
            if (size[i] > least) {
                keep_spike(c, (Spike){size[i], x[i], (x[i - 1] + x[i + 1]) / 2, rows[i], track});
                least = c->spikes < KEPT ? 0 : c->spike[KEPT - 1].size;
            }
    }
    run_on(c, t, x[0], rows[0], track);
    if (n > 1) run_on(c, t, x[1], rows[1], track);
    if (n < 3) return;
    int64_t single = 0, repeats = 0, i = 2;
    for (; i < n && t->trail == t->known; i++) run_on(c, t, x[i], rows[i], track); /* the first run goes on */
    if (!same_as_next(x + i - 1, n - i + 1)) { /* runs of one, but for the newest */
        if (i < n) { ended(c, t, track); c->lengths[0] += n - i - 1; t->trail = 1; t->trail_row = rows[n - 1]; }
    } else {
        int64_t begin = i - t->trail; /* may lie before the block: only its distance counts */
        for (int64_t j = i; j < n; j++) {
            if (x[j] == x[j - 1]) { repeats++; continue; }
            if (j - begin == 1) single++;
            else { t->trail = j - begin; t->last[1] = x[j - 1]; if (begin >= i) t->trail_row = rows[begin]; ended(c, t, track); }
            begin = j;
        }
        t->trail = n - begin;
        if (begin >= i) t->trail_row = rows[begin];
    }
    c->lengths[0] += single;
    c->repeats += repeats;
    t->last[0] = x[n - 2]; t->last[1] = x[n - 1];
    t->last_row[0] = rows[n - 2]; t->last_row[1] = rows[n - 1];
    t->known += n - i;
}

WIDE static int64_t equal_to(const double *x, int64_t n, double value) {
    int64_t same = 0;
    for (int64_t i = 0; i < n; i++) same += x[i] == value;
    return same;
}

static void into(Window *w, int64_t n, double mean, double m2, double low, double high) {
    if (!w->n || low < w->low) w->low = low;
    if (!w->n || high > w->high) w->high = high;
    summed(&w->mean, &w->m2, &w->n, mean, m2, n);
}

/* One block of values that all are known, of one asset, in one window and slot. */
static void block(Column *c, Near *near, Track *t, Window *w, Window *s, const double *x, const int64_t *rows, int64_t n, int64_t track) {
    double mean, m2, m3, m4, low, high;
    shape(x, n, &mean, &m2, &m3, &m4, &low, &high);
    if (low < c->low || !c->known) { c->low = low; c->at_low = 0; }
    if (high > c->high || !c->known) { c->high = high; c->at_high = 0; }
    if (low == c->low) c->at_low += equal_to(x, n, low);
    if (high == c->high) c->at_high += equal_to(x, n, high);
    if (low <= 0 && high >= 0) c->zeros += equal_to(x, n, 0);
    if (low < c->allowed_low) for (int64_t i = 0; i < n; i++) c->below += x[i] < c->allowed_low;
    if (high > c->allowed_high) for (int64_t i = 0; i < n; i++) c->above += x[i] > c->allowed_high;
    moments(c, n, mean, m2, m3, m4);
    if (w) into(w, n, mean, m2, low, high);
    if (s) into(s, n, mean, m2, low, high);
    sequence(c, t, x, rows, n, track);
    histogram(c, near, x, n, low, high);
}

WIDE static int64_t odd(const double *x, int64_t n) { /* how many are no finite number */
    int64_t found = 0;
    for (int64_t i = 0; i < n; i++) found += (bits_of(x[i]) & 0x7FF0000000000000ull) == 0x7FF0000000000000ull;
    return found;
}

static void update(Column *c, Track *tracks, Window *windows, Window *slots, int64_t n_windows, const double *values, const int32_t *order, const int64_t *rows, const Stretch *stretch, int64_t count) {
    double x[BLOCK];
    int64_t at[BLOCK];
    Near near;
    memset(&near, 0, sizeof near);
    for (int64_t k = 0; k < count; k++) {
        Stretch s = stretch[k];
        Window *w = windows && s.window >= 0 ? windows + s.track * n_windows + s.window : NULL;
        Window *o = slots && s.slot >= 0 ? slots + s.slot : NULL;
        c->rows += s.end - s.begin;
        for (int64_t i = s.begin; i < s.end; i += BLOCK) {
            int64_t n = s.end - i < BLOCK ? s.end - i : BLOCK, known = 0;
            if (!order && !odd(values + i, n)) {
                block(c, &near, tracks + s.track, w, o, values + i, rows + i, n, s.track);
                continue;
            }
            for (int64_t j = i; j < i + n; j++) {
                int64_t p = order ? order[j] : j;
                x[known] = values[p];
                at[known] = rows[p];
                uint64_t size = bits_of(values[p]) & 0x7FFFFFFFFFFFFFFFull;
                c->missing += size > 0x7FF0000000000000ull;
                c->infinite += size == 0x7FF0000000000000ull;
                known += size < 0x7FF0000000000000ull;
            }
            if (known) block(c, &near, tracks + s.track, w, o, x, at, known, s.track);
        }
    }
    emptied(c, &near);
}

static void joined(Column *c, Track *a, const Track *b, int64_t track) { /* b follows a */
    if (!b->known) return;
    if (!a->known) { *a = *b; return; }
    /* the places at the seam that neither side could judge */
    if (a->known > 1) leapt(c, a->last[0], a->last[1], b->first[0], a->last_row[1], track);
    if (b->known > 1) leapt(c, a->last[1], b->first[0], b->first[1], b->first_row[0], track);
    int64_t b_lead = b->trail == b->known ? b->known : b->lead;
    int same = a->last[1] == b->first[0];
    int a_one = a->trail == a->known, b_one = b->trail == b->known;
    Track out = *a;
    if (same) {
        c->repeats++;
        int64_t bridged = a->trail + b_lead;
        if (b_one) { out.trail = bridged; if (a_one) out.lead = bridged; }
        else {
            if (a_one) out.lead = bridged;
            else { Track t = *a; t.trail = bridged; ended(c, &t, track); }
            out.trail = b->trail; out.trail_row = b->trail_row;
        }
    } else {
        if (a_one) out.lead = a->trail; else ended(c, a, track);
        if (b_one) { out.trail = b->trail; out.trail_row = b->trail_row; }
        else {
            Track t = *b; t.trail = b_lead; t.last[1] = b->first[0]; t.trail_row = b->first_row[0];
            ended(c, &t, track);
            out.trail = b->trail; out.trail_row = b->trail_row;
        }
    }
    if (a->known == 1) { out.first[1] = b->first[0]; out.first_row[1] = b->first_row[0]; }
    if (b->known > 1) { out.last[0] = b->last[0]; out.last_row[0] = b->last_row[0]; }
    else { out.last[0] = a->last[1]; out.last_row[0] = a->last_row[1]; }
    out.last[1] = b->last[1]; out.last_row[1] = b->last_row[1];
    out.known = a->known + b->known;
    *a = out;
}

static void merged(Column *a, const Column *b) {
    a->rows += b->rows; a->missing += b->missing; a->infinite += b->infinite;
    a->below += b->below; a->above += b->above; a->zeros += b->zeros;
    a->repeats += b->repeats; a->extremes += b->extremes;
    if (b->known) {
        if (!a->known || b->low < a->low) { a->low = b->low; a->at_low = b->at_low; } else if (b->low == a->low) a->at_low += b->at_low;
        if (!a->known || b->high > a->high) { a->high = b->high; a->at_high = b->at_high; } else if (b->high == a->high) a->at_high += b->at_high;
        moments(a, b->known, b->mean, b->m2, b->m3, b->m4);
    }
    while (a->level < b->level) coarser(a);
    for (int64_t i = 0; i < SLOTS; i++)
        if (b->table[i].key) {
            if (a->level > 0 && b->level == 0) told(a, mixed(b->table[i].key - 1));
            counted(a, (b->table[i].key - 1) >> (a->level - b->level), b->table[i].count);
        }
    for (int64_t i = 0; i < REGISTERS; i++) if (b->registers[i] > a->registers[i]) a->registers[i] = b->registers[i];
    for (int64_t i = 0; i < SIZES; i++) a->sizes[i] += b->sizes[i];
    for (int64_t i = 0; i < LENGTHS; i++) a->lengths[i] += b->lengths[i];
    for (int64_t i = 0; i < b->spikes; i++) keep_spike(a, b->spike[i]);
    for (int64_t i = 0; i < b->runs; i++) keep_run(a, b->run[i]);
}

static PyObject *py_update(PyObject *self, PyObject *args) {
    Py_buffer c, t, w, s, v, o, r, k;
    (void)self;
    if (!PyArg_ParseTuple(args, "w*w*w*w*y*y*y*y*", &c, &t, &w, &s, &v, &o, &r, &k)) return NULL;
    int64_t tracks = t.len / (Py_ssize_t)sizeof(Track), count = k.len / (Py_ssize_t)sizeof(Stretch);
    int64_t n_windows = tracks ? w.len / (Py_ssize_t)sizeof(Window) / tracks : 0, n = v.len / 8;
    int bad = c.len != sizeof(Column) || r.len != v.len || (o.len && o.len != n * 4);
    for (int64_t i = 0; !bad && i < count; i++) {
        const Stretch *x = (const Stretch *)k.buf + i;
        bad = x->begin < 0 || x->end > n || x->begin > x->end || x->track < 0 || x->track >= tracks || x->window >= n_windows || x->slot >= s.len / (Py_ssize_t)sizeof(Window);
    }
    if (!bad) {
        Py_BEGIN_ALLOW_THREADS
        update(c.buf, t.buf, w.len ? w.buf : NULL, s.len ? s.buf : NULL, n_windows, v.buf, o.len ? o.buf : NULL, r.buf, k.buf, count);
        Py_END_ALLOW_THREADS
    }
    PyBuffer_Release(&c); PyBuffer_Release(&t); PyBuffer_Release(&w); PyBuffer_Release(&s);
    PyBuffer_Release(&v); PyBuffer_Release(&o); PyBuffer_Release(&r); PyBuffer_Release(&k);
    if (bad) { PyErr_SetString(PyExc_ValueError, "blocks of memory do not fit one another"); return NULL; }
    Py_RETURN_NONE;
}

static PyObject *py_merge(PyObject *self, PyObject *args) {
    Py_buffer a, b, ta, tb;
    (void)self;
    if (!PyArg_ParseTuple(args, "w*y*w*y*", &a, &b, &ta, &tb)) return NULL;
    int bad = a.len != sizeof(Column) || b.len != a.len || ta.len != tb.len || ta.len % sizeof(Track);
    if (!bad) {
        Py_BEGIN_ALLOW_THREADS
        merged(a.buf, b.buf);
        for (int64_t i = 0; i < ta.len / (Py_ssize_t)sizeof(Track); i++) joined(a.buf, (Track *)ta.buf + i, (const Track *)tb.buf + i, i);
        Py_END_ALLOW_THREADS
    }
    PyBuffer_Release(&a); PyBuffer_Release(&b); PyBuffer_Release(&ta); PyBuffer_Release(&tb);
    if (bad) { PyErr_SetString(PyExc_ValueError, "blocks of memory do not fit one another"); return NULL; }
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"update", py_update, METH_VARARGS, "update(column, tracks, windows, slots, values, order, rows, stretches): take in one batch of one column"},
    {"merge", py_merge, METH_VARARGS, "merge(a, b, tracks_a, tracks_b): the rows of b follow those of a; the result is left in a"},
    {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_kernel", "One compiled pass over the values of a column.", -1, methods, NULL, NULL, NULL, NULL};
PyMODINIT_FUNC PyInit__kernel(void) {
    PyObject *m = PyModule_Create(&module);
    if (m && PyModule_AddIntConstant(m, "COLUMN", sizeof(Column))) return NULL;
    return m;
}
